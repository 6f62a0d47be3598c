# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's tarball, check and install the tarball, and run the demo with the installed collection."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path, PurePosixPath

from demo import CLUSTERS, PLAYBOOK

NAME = "ibmcloud.kubernetes"
REPOSITORY = "https://github.com/ibmcloud-kubernetes/ibmcloud.kubernetes"
# Files that users need. build_ignore in galaxy.yml lists all other files in a checkout.
SHIPPED = (
    *("MANIFEST.json", "FILES.json", "README.md", "CHANGELOG.md", "LICENSE", "LICENSES/", "REUSE.toml", "SECURITY.md"),
    *("requirements.txt", "changelogs/", "docs/images/", "meta/", "playbooks/", "plugins/", "roles/"),
    # The simulator for playbook tests, and the list of its Python packages.
    *("tests/config.yml", "tests/simulator/", "tests/requirements/simulator.txt", "tests/requirements/constraints.txt"),
)
# A Markdown link or image with a relative path.
RELATIVE = re.compile(r"(\]\()(?![a-z]+:|#)([^)\s]+)")
# pycodestyle rules that conflict with the formatter and PEP 8. ansible-test ignores the same rules.
FORMATTED = re.compile(r":\d+:\d+: (W503|E203|E704) ")
# galaxy-importer runs ansible-lint where the collection is not installed, so ansible-lint cannot find playbooks by full name.
MISSING = re.compile(rf"ERROR +Failed to find {re.escape(NAME)}\.(\w+) playbook\.$")


class Failed(Exception):
    """A step failed. The exception's text is the complete message."""


def say(text: str) -> None:
    print(f"release: {text}", flush=True)


def run(command: t.Sequence[str | Path], cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command, print its output, and return the output."""
    say("$ " + " ".join([Path(command[0]).name, *map(str, command[1:])]))
    done = subprocess.run(command, cwd=cwd, env=env, check=False, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    if done.returncode:
        raise Failed(f"{Path(command[0]).name} failed, see above")
    return done.stdout


def absolute_links(page: str, version: str) -> str:
    """Return the page with absolute links to the release's files, because Galaxy shows the page without the files."""
    return RELATIVE.sub(rf"\1{REPOSITORY}/blob/v{version}/\2", page)


def unneeded(names: t.Iterable[str]) -> list[str]:
    """Return the files in a tarball that users do not need."""
    files = {name for name in SHIPPED if not name.endswith("/")}
    folders = tuple(name for name in SHIPPED if name.endswith("/"))
    others = [name for name in names if name not in files and not name.startswith(folders)]
    # The pages of docs/ are in the tarball, but docs/site/ is not.
    return sorted(name for name in others if not PurePosixPath(name).match("docs/*.md"))


def files_of(archive: Path) -> list[str]:
    with tarfile.open(archive) as tarball:
        return [member.name for member in tarball if member.isfile()]


def build(home: Path, out: Path, version: str) -> Path:
    """Build the collection in ``home``, with absolute links in the README, and return the tarball's path."""
    readme = home / "README.md"
    readme.write_text(absolute_links(readme.read_text(encoding="utf-8"), version), encoding="utf-8")
    run(["ansible-galaxy", "collection", "build", "--output-path", out], home)
    archive = out / f"{NAME.replace('.', '-')}-{version}.tar.gz"
    names = files_of(archive)
    if unwanted := unneeded(names):
        raise Failed(
            f"The tarball contains files that users do not need: {', '.join(unwanted)}. Add them to build_ignore in galaxy.yml."
        )
    say(f"{archive.name}: {len(names)} files, {archive.stat().st_size // 1024} KiB")
    return archive


def complaints(log: str, names: t.Container[str]) -> list[str]:
    """Return the warnings and errors in galaxy-importer's log. galaxy-importer's exit code is 0 even if the log contains errors.

    Findings that conflict with the formatter are ignored. Reports of missing playbooks are ignored if the playbooks exist.
    """
    found = [line for line in log.splitlines() if re.match(r"(WARNING|ERROR|CRITICAL): ", line)]
    found = [line for line in found if not FORMATTED.search(line)]
    missing = {line: MISSING.search(line) for line in found}
    return [line for line, playbook in missing.items() if not (playbook and f"playbooks/{playbook[1]}.yml" in names)]


def import_check(archive: Path, configuration: Path, folder: Path) -> None:
    """Check the tarball with galaxy-importer, as Galaxy does."""
    folder.mkdir()
    env = {**os.environ, "GALAXY_IMPORTER_CONFIG": str(configuration)}
    log = run([sys.executable, "-m", "galaxy_importer.main", archive], folder, env)
    if found := complaints(log, files_of(archive)):
        raise Failed("galaxy-importer reports:\n" + "\n".join(found))
    # galaxy-importer's exit code is 0 even if it cannot read the tarball.
    if not (folder / "importer_result.json").exists():
        raise Failed("galaxy-importer did not write a result, see above")


def install(archive: Path, work: Path) -> tuple[Path, dict[str, str]]:
    """Install the tarball as described in the README. Return the folder of the installed programs, and their environment variables."""
    place, venv, home = work / "installed", work / "venv", work / "home"
    home.mkdir()
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "IBMCLOUD_", "IC_"))},
        "ANSIBLE_COLLECTIONS_PATH": str(place),
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "PATH": os.pathsep.join([str(venv / "bin"), os.environ["PATH"]]),
    }
    # The installation works offline, because the collection has no dependencies.
    run(["ansible-galaxy", "collection", "install", "--offline", archive, "-p", place], home, env)
    run([sys.executable, "-m", "venv", "--without-pip", venv], work)
    run([venv / "bin" / "python", Path(__file__).with_name("get_pip.py")], work)
    programs, core = venv / "bin", f"ansible-core=={importlib.metadata.version('ansible-core')}"
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, core, "-r", place / "ansible_collections" / Path(*NAME.split(".")) / "requirements.txt"], work)
    listing = run([programs / "ansible-galaxy", "collection", "list", "--format", "json"], home, env)
    found = [path for path, collections in json.loads(listing).items() if NAME in collections]
    if found != [str(place / "ansible_collections")]:
        raise Failed(
            f"ansible-galaxy must find the collection only in {place}, but finds it in {' and '.join(found) or 'no folder'}"
        )
    return programs, env


def demo(archive: Path, work: Path) -> None:
    """Run the demo with the installed tarball instead of the checkout."""
    programs, env = install(archive, work)
    # The simulator comes from the tarball, as described in docs/testing-offline.md.
    simulator = work / "installed" / "ansible_collections" / Path(*NAME.split(".")) / "tests" / "simulator"
    for cluster in CLUSTERS:
        playbook = [programs / "ansible-playbook", PLAYBOOK, "-e", f"cluster_access_cluster={cluster}"]
        run([sys.executable, simulator, "exec", "--", *playbook], work / "home", env)
