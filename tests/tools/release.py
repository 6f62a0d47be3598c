# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a release from a commit, and try what users would get, before anything is written; docs/releasing.md says how.

Without options it is a rehearsal: all of it happens in a copy. The tarball and the notes are left in
.cache/release/out, for the session publish and for the release's page.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import trial
import yaml
from trial import run, say

CHANGES = "changelogs/changelog.yaml"
FRAGMENTS = "changelogs/fragments"
WIRE = "plugins/module_utils/_http/transport.py"
# https://semver.org, without build metadata: Galaxy ignores it, so two releases could not be told apart.
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?")


class Refused(Exception):
    """Why there is no release, and what to do about it; the text is the whole message."""


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"git {words[0]} failed: {done.stderr.strip()}")
    return done.stdout


def version_of(root: Path) -> str:
    """The version in galaxy.yml, if the services see the same one in the user agent."""
    galaxy = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))
    name, version = f"{galaxy['namespace']}.{galaxy['name']}", str(galaxy["version"])
    if not SEMANTIC.fullmatch(version):
        raise Refused(f"galaxy.yml says version {version}, which is not X.Y.Z; see https://semver.org")
    agent = re.search(r'^USER_AGENT = "(.*)"$', (root / WIRE).read_text(encoding="utf-8"), re.MULTILINE)
    wanted = f"ansible-collection-{name}/{version}"
    if not agent or agent.group(1) != wanted:
        raise Refused(f"galaxy.yml says version {version}: let USER_AGENT in {WIRE} be {wanted!r}")
    return version


def released(root: Path) -> list[str]:
    """The versions in the changelog."""
    return list(yaml.safe_load((root / CHANGES).read_text(encoding="utf-8"))["releases"] or {})


def fragments(root: Path) -> list[str]:
    return sorted(path.name for ending in ("yml", "yaml") for path in (root / FRAGMENTS).glob(f"*.{ending}"))


def refuse(root: Path, version: str) -> None:
    """Say why this commit cannot become the release, if so."""
    tag = f"v{version}"
    if git(root, "tag", "--list", tag):
        raise Refused(f"the tag {tag} exists: raise the version in galaxy.yml and in {WIRE}, or leave it as it is")
    if version in released(root):
        raise Refused(f"{CHANGES} has {version} already: raise the version in galaxy.yml and in {WIRE}")
    if not fragments(root):
        raise Refused(f"{version} has nothing to say: {FRAGMENTS} is empty; describe there what users will notice")


def refuse_tagged(root: Path, version: str, tag: str) -> None:
    """Say why what this tag names cannot be published, if so."""
    if tag != f"v{version}":
        raise Refused(f"the tag is {tag} and galaxy.yml says version {version}: a release has the tag v{version}")
    if not git(root, "tag", "--list", tag):
        raise Refused(f"there is no tag {tag} here")
    at = git(root, "rev-parse", "--quiet", "--verify", f"refs/tags/{tag}^{{commit}}").strip()
    if at != git(root, "rev-parse", "HEAD").strip():
        raise Refused(f"the tag {tag} is at {at[:12]}, not at the commit that is checked out")
    if version not in released(root):
        raise Refused(f"{CHANGES} has no {version}: tags are made by ./dev nox -s release -- --tag")
    if left := fragments(root):
        raise Refused(f"fragments were left out of {version}: {', '.join(left)}")


def copy(root: Path, home: Path) -> None:
    """The commit, and nothing that only lies about in the checkout."""
    archive = subprocess.run(["git", "archive", "--format=tar", "HEAD"], cwd=root, check=True, capture_output=True)
    home.mkdir(parents=True)
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as commit:
        # Python 3.11 has the filter from its fourth patch on, and Git is no stranger.
        commit.extractall(home, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    # A repository of its own: antsibull-changelog looks at what Git knows, and the checkout's Git ignores this folder.
    git(home, "init", "--quiet")


def write_changelog(home: Path, version: str) -> None:
    """From the fragments, which are deleted, and from the modules and plugins that are new."""
    run(["antsibull-changelog", "release", "--date", datetime.datetime.now(tz=datetime.UTC).date().isoformat()], home)
    if (newest := released(home)[-1:]) != [version]:
        raise Refused(f"the changelog's newest release is {newest}, not {version}")


def commit_and_tag(root: Path, home: Path, version: str) -> None:
    """Take into the checkout what was tried. Nothing leaves the machine."""
    for name in ("CHANGELOG.md", CHANGES):
        shutil.copyfile(home / name, root / name)
    for name in {*fragments(root)} - {*fragments(home)}:
        (root / FRAGMENTS / name).unlink()
    git(root, "add", "--all", "CHANGELOG.md", "changelogs")
    git(root, "commit", "--quiet", "--message", f"Release {version}")
    git(root, "tag", "--annotate", f"v{version}", "--message", f"Release {version}")
    say(f"made the commit and the tag v{version}. Look at them, then: git push --atomic origin HEAD v{version}")


def release(root: Path, work: Path, *, write: bool, tagged: str) -> None:
    if changed := git(root, "status", "--porcelain"):
        raise Refused(f"there are changes that no commit has; commit them or put them aside:\n{changed.rstrip()}")
    version = version_of(root)
    if tagged:
        refuse_tagged(root, version, tagged)
    else:
        refuse(root, version)
    shutil.rmtree(work, ignore_errors=True)
    home, out = work / "ansible_collections" / "ibmcloud" / "kubernetes", work / "out"
    copy(root, home)
    out.mkdir()
    if not tagged:
        write_changelog(home, version)
    notes = out / "notes.md"
    run(["antsibull-changelog", "generate", version, "--only-latest", "--output", str(notes)], home)
    print(f"\n{notes.read_text(encoding='utf-8').strip()}\n", flush=True)
    archive = trial.build(home, out, version)
    trial.import_check(archive, root / "galaxy-importer.cfg", work / "import")
    trial.demo(archive, root, work)
    if write:
        commit_and_tag(root, home, version)
    elif not tagged:
        say("that was the rehearsal, and nothing was written; for real: ./dev nox -s release -- --tag")
    say(f"{archive.relative_to(root)} and {notes.relative_to(root)} are what would be published")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="release", description=__doc__, allow_abbrev=False)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--tag", action="store_true", help="write the changelog, commit it, and tag the commit")
    how.add_argument("--tagged", metavar="TAG", default="", help="rehearse what this tag names, before it is published")
    options = parser.parse_args(arguments)
    root = Path(git(Path.cwd(), "rev-parse", "--show-toplevel").strip())
    release(root, root / ".cache" / "release", write=options.tag, tagged=options.tagged)
    return 0


if __name__ == "__main__":
    # Tools that are started by name come from the environment that runs this.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    try:
        sys.exit(main(sys.argv[1:]))
    except (Refused, trial.Failed) as reason:
        say(str(reason))
        sys.exit(1)
