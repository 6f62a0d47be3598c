# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rehearse a release in a copy of the HEAD commit, and optionally write the changelog and the tag. See docs/releasing.md.

Afterward, .cache/release/out contains the tarball for the nox session ``publish`` and the notes for the release page.
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
TRANSPORT = "plugins/module_utils/_http/transport.py"
# A version according to https://semver.org, but without build metadata, which Galaxy ignores.
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?")


class ReleaseError(Exception):
    """An error that prevents the release of the commit. The exception's text is the complete message."""


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, check=False, capture_output=True, text=True)
    if done.returncode:
        raise ReleaseError(f"git {words[0]} failed: {done.stderr.strip()}")
    return done.stdout


def version_of(root: Path) -> str:
    """Return the version in galaxy.yml. Raise ReleaseError if the version is not semantic or does not match USER_AGENT."""
    galaxy = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))
    name, version = f"{galaxy['namespace']}.{galaxy['name']}", str(galaxy["version"])
    if not SEMANTIC.fullmatch(version):
        raise ReleaseError(f"The version {version} in galaxy.yml must be X.Y.Z. See https://semver.org.")
    agent = re.search(r'^USER_AGENT = "(.*)"$', (root / TRANSPORT).read_text(encoding="utf-8"), re.MULTILINE)
    wanted = f"ansible-collection-{name}/{version}"
    if not agent or agent.group(1) != wanted:
        raise ReleaseError(f"The version in galaxy.yml is {version}. USER_AGENT in {TRANSPORT} must be {wanted!r}.")
    return version


def released(root: Path) -> list[str]:
    """Return the released versions in the changelog."""
    return list(yaml.safe_load((root / CHANGES).read_text(encoding="utf-8"))["releases"] or {})


def fragments(root: Path) -> list[str]:
    return sorted(path.name for ending in ("yml", "yaml") for path in (root / FRAGMENTS).glob(f"*.{ending}"))


def require_new(root: Path, version: str) -> None:
    """Raise ReleaseError if the version has already been released, or if no changelog fragments exist."""
    tag = f"v{version}"
    if git(root, "tag", "--list", tag):
        raise ReleaseError(f"The tag {tag} already exists. Increase the version in galaxy.yml and in {TRANSPORT}.")
    if version in released(root):
        raise ReleaseError(
            f"{CHANGES} already contains {version}. Increase the version in galaxy.yml and in {TRANSPORT}."
        )
    if not fragments(root):
        raise ReleaseError(f"{FRAGMENTS} is empty. Add a fragment that describes the changes for users in {version}.")


def require_tagged(root: Path, version: str, tag: str) -> None:
    """Raise ReleaseError unless the tag matches this commit, its version and its changelog."""
    if tag != f"v{version}":
        raise ReleaseError(f"The tag is {tag} and the version in galaxy.yml is {version}. The tag must be v{version}.")
    if not git(root, "tag", "--list", tag):
        raise ReleaseError(f"The tag {tag} was not found.")
    at = git(root, "rev-parse", "--quiet", "--verify", f"refs/tags/{tag}^{{commit}}").strip()
    if at != git(root, "rev-parse", "HEAD").strip():
        raise ReleaseError(f"The tag {tag} points to {at[:12]}, not to the commit that is checked out.")
    if version not in released(root):
        raise ReleaseError(f"{CHANGES} does not contain {version}. Create tags with ./dev nox -s release -- --tag.")
    if left := fragments(root):
        raise ReleaseError(f"The changelog of {version} lacks these fragments: {', '.join(left)}.")


def copy(root: Path, home: Path) -> None:
    """Copy only the files in the HEAD commit."""
    archive = subprocess.run(["git", "archive", "--format=tar", "HEAD"], cwd=root, check=True, capture_output=True)
    home.mkdir(parents=True)
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as commit:
        # In Python 3.11.0 to 3.11.3, tarfile does not have extraction filters. The archive can be trusted, because Git created it.
        commit.extractall(home, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    # antsibull-changelog skips files that Git ignores. The checkout's repository ignores this folder, so the folder requires a separate repository.
    git(home, "init", "--quiet")


def write_changelog(home: Path, version: str) -> None:
    """Generate the changelog from the fragments and from new modules and plugins, and delete the fragments."""
    run(["antsibull-changelog", "release", "--date", datetime.datetime.now(tz=datetime.UTC).date().isoformat()], home)
    if (newest := released(home)[-1:]) != [version]:
        raise ReleaseError(f"The newest release in the changelog is {newest}, not {version}.")


def commit_and_tag(root: Path, home: Path, version: str) -> None:
    """Commit and tag the rehearsed changelog in the checkout. Nothing is pushed."""
    for name in ("CHANGELOG.md", CHANGES):
        shutil.copyfile(home / name, root / name)
    for name in {*fragments(root)} - {*fragments(home)}:
        (root / FRAGMENTS / name).unlink()
    git(root, "add", "--all", "CHANGELOG.md", "changelogs")
    git(root, "commit", "--quiet", "--message", f"Release {version}")
    git(root, "tag", "--annotate", f"v{version}", "--message", f"Release {version}")
    say(
        f"The commit and the tag v{version} were created. Check them, then run: git push --atomic origin HEAD v{version}"
    )


def release(root: Path, work: Path, *, write: bool, tagged: str) -> None:
    if changed := git(root, "status", "--porcelain"):
        raise ReleaseError(f"These changes are not committed. Commit or stash them:\n{changed.rstrip()}")
    version = version_of(root)
    if tagged:
        require_tagged(root, version, tagged)
    else:
        require_new(root, version)
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
    trial.demo(archive, work)
    if write:
        commit_and_tag(root, home, version)
    elif not tagged:
        say("The rehearsal is complete, and nothing was written. To release, run: ./dev nox -s release -- --tag")
    say(f"These files would be published: {archive.relative_to(root)}, {notes.relative_to(root)}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="release", description=__doc__, allow_abbrev=False)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--tag", action="store_true", help="write the changelog, commit it, and tag the commit")
    how.add_argument("--tagged", metavar="TAG", default="", help="rehearse the release of this tag")
    options = parser.parse_args(arguments)
    root = Path(git(Path.cwd(), "rev-parse", "--show-toplevel").strip())
    release(root, root / ".cache" / "release", write=options.tag, tagged=options.tagged)
    return 0


if __name__ == "__main__":
    # Start the tools from this Python environment, not other tools with the same names.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    try:
        sys.exit(main(sys.argv[1:]))
    except (ReleaseError, trial.Failed) as reason:
        say(str(reason))
        sys.exit(1)
