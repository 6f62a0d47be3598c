# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's tarball and use it as others will: Galaxy, which imports it, and people, who install it."""

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

from demo import CLUSTERS, PLAYBOOK, WORLD, exports

NAME = "ibmcloud.kubernetes"
REPOSITORY = "https://github.com/ibmcloud-kubernetes/ibmcloud.kubernetes"
# What users need. All else that a checkout has belongs into build_ignore of galaxy.yml.
SHIPPED = (
    *("MANIFEST.json", "FILES.json", "README.md", "CHANGELOG.md", "LICENSE", "LICENSES/", "REUSE.toml", "SECURITY.md"),
    *("requirements.txt", "changelogs/", "docs/images/", "meta/", "playbooks/", "plugins/", "roles/"),
    # The simulator, for their own tests, and what it needs of Python.
    *("tests/config.yml", "tests/simulator/", "tests/requirements/simulator.txt", "tests/requirements/constraints.txt"),
)
# A Markdown link to a file beside the page, or an image: not to a place in the page, and not to another host.
RELATIVE = re.compile(r"(\]\()(?![a-z]+:|#)([^)\s]+)")
# The ways of the formatter: operators at the start of a line, blanks in slices, a body that is "...". ansible-test takes
# them too, and says that the rules against them are not those of PEP 8.
FORMATTED = re.compile(r":\d+:\d+: (W503|E203|E704) ")
# galaxy-importer hands ansible-lint a collections path whose playbooks it cannot find by their full names.
MISSING = re.compile(rf"ERROR +Failed to find {re.escape(NAME)}\.(\w+) playbook\.$")


class Failed(Exception):
    """What went wrong; the text is the whole message."""


def say(text: str) -> None:
    print(f"release: {text}", flush=True)


def run(command: t.Sequence[str | Path], cwd: Path, env: dict[str, str] | None = None) -> str:
    """What a command prints, shown too. Its messages go to the screen as they are."""
    say("$ " + " ".join([Path(command[0]).name, *map(str, command[1:])]))
    done = subprocess.run(command, cwd=cwd, env=env, check=False, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    if done.returncode:
        raise Failed(f"{Path(command[0]).name} failed, see above")
    return done.stdout


def absolute_links(page: str, version: str) -> str:
    """The page with links to the repository, as of the release: Galaxy shows it far from the files beside it."""
    return RELATIVE.sub(rf"\1{REPOSITORY}/blob/v{version}/\2", page)


def strangers(names: t.Iterable[str]) -> list[str]:
    """The files of a tarball that users have no need of."""
    files = {name for name in SHIPPED if not name.endswith("/")}
    folders = tuple(name for name in SHIPPED if name.endswith("/"))
    others = [name for name in names if name not in files and not name.startswith(folders)]
    # Of docs the pages, but not what makes a site of them.
    return sorted(name for name in others if not PurePosixPath(name).match("docs/*.md"))


def files_of(archive: Path) -> list[str]:
    with tarfile.open(archive) as tarball:
        return [member.name for member in tarball if member.isfile()]


def build(home: Path, out: Path, version: str) -> Path:
    """The tarball of the collection in ``home``, whose README is prepared for Galaxy's page."""
    readme = home / "README.md"
    readme.write_text(absolute_links(readme.read_text(encoding="utf-8"), version), encoding="utf-8")
    run(["ansible-galaxy", "collection", "build", "--output-path", out], home)
    archive = out / f"{NAME.replace('.', '-')}-{version}.tar.gz"
    names = files_of(archive)
    if unwanted := strangers(names):
        raise Failed(f"nobody who installs this needs {', '.join(unwanted)}: see build_ignore in galaxy.yml")
    say(f"{archive.name}: {len(names)} files, {archive.stat().st_size // 1024} KiB")
    return archive


def complaints(log: str, names: t.Container[str]) -> list[str]:
    """What galaxy-importer found; its notes have no level, and an import goes on after a warning or an error.

    Left out is what is no fault of the collection: how the formatter breaks lines, and playbooks that are there.
    """
    found = [line for line in log.splitlines() if re.match(r"(WARNING|ERROR|CRITICAL): ", line)]
    found = [line for line in found if not FORMATTED.search(line)]
    missing = {line: MISSING.search(line) for line in found}
    return [line for line, playbook in missing.items() if not (playbook and f"playbooks/{playbook[1]}.yml" in names)]


def import_check(archive: Path, configuration: Path, folder: Path) -> None:
    """Let galaxy-importer look at the tarball, as Galaxy does when it is published."""
    folder.mkdir()
    env = {**os.environ, "GALAXY_IMPORTER_CONFIG": str(configuration)}
    log = run([sys.executable, "-m", "galaxy_importer.main", archive], folder, env)
    if found := complaints(log, files_of(archive)):
        raise Failed("galaxy-importer complains:\n" + "\n".join(found))
    # It ends well also when it could not read the tarball.
    if not (folder / "importer_result.json").exists():
        raise Failed("galaxy-importer came to no result, see above")


def install(archive: Path, work: Path) -> tuple[Path, dict[str, str]]:
    """Do what the README says, in empty folders: the programs of that environment, and its variables."""
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
    # Offline, because the collection needs no other one.
    run(["ansible-galaxy", "collection", "install", "--offline", archive, "-p", place], home, env)
    run([sys.executable, "-m", "venv", "--without-pip", venv], work)
    run([venv / "bin" / "python", Path(__file__).with_name("get_pip.py")], work)
    programs, core = venv / "bin", f"ansible-core=={importlib.metadata.version('ansible-core')}"
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, core, "-r", place / "ansible_collections" / Path(*NAME.split(".")) / "requirements.txt"], work)
    listing = run([programs / "ansible-galaxy", "collection", "list", "--format", "json"], home, env)
    found = [path for path, collections in json.loads(listing).items() if NAME in collections]
    if found != [str(place / "ansible_collections")]:
        raise Failed(f"the collection would come from {' or '.join(found) or 'nowhere'}")
    return programs, env


def demo(archive: Path, root: Path, work: Path) -> None:
    """Open the clusters of a simulated IBM Cloud with what was installed: the demo of ./dev, from the tarball alone."""
    programs, env = install(archive, work)
    # That of the tarball: the guide on testing offline promises it there.
    here = work / "installed" / "ansible_collections" / Path(*NAME.split("."))
    simulator = [sys.executable, str(here / "tests" / "simulator")]
    place = ["--dir", str(work / "simulator")]
    try:
        start = [*simulator, "start", "--world", WORLD, *place]
        # Not shown, because it prints the key of its world.
        started = subprocess.run(start, cwd=root, check=False, stdout=subprocess.PIPE, text=True)
        if started.returncode:
            raise Failed("the simulator did not start; its message is above")
        for cluster in CLUSTERS:
            command = [str(programs / "ansible-playbook"), PLAYBOOK, "-e", f"cluster_access_cluster={cluster}"]
            run(command, work / "home", {**env, **exports(started.stdout)})
    finally:
        subprocess.run([*simulator, "stop", *place], cwd=root, check=False, stdout=subprocess.DEVNULL)
