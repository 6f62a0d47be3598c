# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All checks of the collection; "./dev test" runs them. More of them are configured in antsibull-nox.toml."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import antsibull_nox
import nox

ROOT = Path(__file__).parent
REQUIREMENTS = "tests/requirements"
CONSTRAINTS = f"{REQUIREMENTS}/constraints.txt"

# The last release of each ansible-core that the collection supports, and the controller Pythons it runs on, best first.
CORES = {
    "2.16": ("2.16.19", ("3.11", "3.12", "3.10")),
    "2.17": ("2.17.14", ("3.11", "3.12", "3.10")),
    "2.18": ("2.18.19", ("3.11", "3.12", "3.13")),
    "2.19": ("2.19.14", ("3.11", "3.12", "3.13")),
    "2.20": ("2.20.10", ("3.12", "3.13", "3.14")),
    "2.21": ("2.21.5", ("3.13", "3.14", "3.12")),
}
SANITY_CORE = "2.19"
NAME = "ibmcloud.kubernetes"
# How the example of an execution environment names the collection.
PUBLISHED = """\
      - name: https://github.com/ibmcloud-kubernetes/ibmcloud.kubernetes.git
        type: git
        version: main
"""
OLDEST, NEWEST = min(CORES), max(CORES)
# What depends on Ansible itself, and so on its release: both runners, the role, the inventory, what is printed and kept. All other tests
# would be the same with each.
WITH_EACH_CORE = tuple(
    f"tests/integration/test_{name}.py"
    for name in ("runners", "role", "refresh", "inventory", "examples", "input_plays", "leaks", "generation_role")
)

nox.needs_version = ">=2025.2.9"
nox.options.error_on_missing_interpreters = True
antsibull_nox.load_antsibull_nox_toml()


def interpreter(core: str) -> str | None:
    """A Python for this ansible-core. Version tools leave names on PATH that do not start, so each is tried."""
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for version in CORES[core][1]:
        python = sys.executable if version == running else shutil.which(f"python{version}")
        if python and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return version
    return None


def without_interpreter(session: nox.Session, core: str) -> None:
    session.skip(f"ansible-core {core} needs one of Python {', '.join(CORES[core][1])}, and none of them starts here")


@nox.session(default=False)
def ruff(session: nox.Session) -> None:
    """Format and lint all Python files."""
    session.install("-c", CONSTRAINTS, "ruff")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session(default=False)
def typing(session: nox.Session) -> None:
    """Check types, strictly: what ships, the simulator and the benchmarks."""
    session.install("-r", f"{REQUIREMENTS}/typing.txt")
    session.run("mypy", *session.posargs)
    session.run("mypy", "benchmarks")


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Check the changelog and its fragments."""
    session.install("-c", CONSTRAINTS, "antsibull-changelog")
    session.run("antsibull-changelog", "lint")
    session.run("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml")


def run_sanity(session: nox.Session, core: str, *arguments: str) -> None:
    """Run ansible-test sanity without containers, and without a single ignored finding; ansible-core is installed."""
    ignored = sorted(path.name for path in (ROOT / "tests" / "sanity").glob("ignore-*.txt") if path.read_text().strip())
    if ignored:
        session.error(f"tests/sanity must stay without ignored findings: {', '.join(ignored)}")
    session.run("python", "tests/tools/ansible_test_pip.py")
    # One for each: ansible-test keeps environments in it.
    tree = ROOT / ".cache" / f"tree-{core}"
    session.run("python", "tests/tools/copy_collection.py", str(tree))
    with session.chdir(tree / "ansible_collections" / "ibmcloud" / "kubernetes"):
        session.run("ansible-test", "sanity", "--venv", "--color", "no", *arguments)


@nox.session(name=f"sanity-{SANITY_CORE}", python=interpreter(SANITY_CORE) or False, default=False)
def sanity(session: nox.Session) -> None:
    """Run ansible-test sanity without containers, and without a single ignored finding."""
    if not interpreter(SANITY_CORE):
        without_interpreter(session, SANITY_CORE)
    session.install(f"ansible-core=={CORES[SANITY_CORE][0]}")
    run_sanity(session, SANITY_CORE, *session.posargs)


@nox.session(default=False)
def tests(session: nox.Session) -> None:
    """Run all tests with the ansible-core of everyday work."""
    # With nox itself, which one of them asks for its sessions.
    session.install("-r", f"{REQUIREMENTS}/typing.txt", "-c", CONSTRAINTS, "antsibull-nox", "nox")
    session.run("pytest", "-n", "2", *session.posargs)


def build_site(session: nox.Session) -> Path:
    """Make .cache/docs: the reference by antsibull-docs, the guides as they are. Nothing is asked of any network."""
    session.install("-r", f"{REQUIREMENTS}/docs.txt")
    place = ROOT / ".cache" / "docs"
    shutil.rmtree(place, ignore_errors=True)
    reference = place / "source" / "reference"
    # antsibull-docs wants folders that nobody else can write to.
    for folder in (place, place / "init", reference.parent, reference):
        folder.mkdir(mode=0o755)
    antsibull = ("antsibull-docs", "--config-file", "docs/site/antsibull-docs.cfg")
    whole = ("--use-current", "--squash-hierarchy")
    more = ("--lenient", "--sphinx-theme", "furo", "--title", NAME, "--dest-dir", str(place / "init"))
    session.run(*antsibull, "sphinx-init", *whole, *more, NAME)
    session.run(*antsibull, "collection", "--fail-on-error", *whole, "--dest-dir", str(reference), NAME)
    session.run("python", "docs/site/assemble.py", str(place / "source"))
    return place


def sphinx(session: nox.Session, place: Path, builder: str, output: str) -> None:
    words = ("-W", "--keep-going", "--quiet", "-b", builder, "-c", "docs/site", "-d", str(place / "doctrees"))
    session.run("sphinx-build", *words, str(place / "source"), str(place / output))


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the site of the documentation in .cache/docs/html, follow its links, and try it in a browser if there is one."""
    place = build_site(session)
    sphinx(session, place, "html", "html")
    session.run("python", "docs/site/links.py", str(ROOT), str(place / "html"))
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session(name="docs-links", default=False)
def docs_links(session: nox.Session) -> None:
    """Ask for every page of other sites that the documentation links to; this alone needs the network."""
    sphinx(session, build_site(session), "linkcheck", "links")


@nox.session(default=False)
def ee(session: nox.Session) -> None:
    """Prepare the example of an execution environment with this checkout; build and try it where podman is."""
    session.install("-c", CONSTRAINTS, "-r", f"{REQUIREMENTS}/ansible-core.txt", "ansible-builder")
    folder = ROOT / ".cache" / "ee"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    session.run("ansible-galaxy", "collection", "build", "--output-path", str(folder))
    (archive,) = folder.glob("*.tar.gz")
    example = (ROOT / "playbooks" / "files" / "awx" / "execution-environment.yml").read_text()
    # The collection as it is here, in the place of the published one.
    head, published, tail = example.partition(PUBLISHED)
    if not published:
        session.error("execution-environment.yml does not name the collection as this session expects it")
    checkout = f"      - name: checkout/{archive.name}\n        type: file\n"
    definition, context = folder / "execution-environment.yml", folder / "context"
    files = f"\nadditional_build_files:\n  - src: {archive}\n    dest: checkout\n"
    definition.write_text(f"{head}{checkout}{tail}{files}")
    words = ("--file", str(definition), "--context", str(context), "--output-filename", "Containerfile")
    session.run("ansible-builder", "create", *words)
    if not shutil.which("podman"):
        session.skip(f"podman is not installed here: {context.relative_to(ROOT)} is prepared, and nothing was built")
    image = ("podman", "run", "--rm", "localhost/ibmcloud-kubernetes-ee:checkout")
    session.run("podman", "build", "--tag", image[-1], str(context), external=True)
    session.run(*image, "ansible-doc", "--list", "ibmcloud.kubernetes", external=True)
    session.run(*image, "ansible-playbook", "--syntax-check", "ibmcloud.kubernetes.fleet_report", external=True)


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Rehearse a release; "-- --tag" writes the changelog and the tag, "-- --tagged TAG" rehearses what is tagged."""
    session.install("-r", f"{REQUIREMENTS}/release.txt")
    session.run("python", "tests/tools/release.py", *session.posargs)


@nox.session(default=False)
def publish(session: nox.Session) -> None:
    """Send Galaxy the tarball that the session release left. The token stands in GALAXY_TOKEN, and nowhere else."""
    token, archives = os.environ.get("GALAXY_TOKEN"), [*(ROOT / ".cache" / "release" / "out").glob("*.tar.gz")]
    if not token:
        session.error("GALAXY_TOKEN is not set: the release workflow has it from the environment galaxy")
    if len(archives) != 1:
        session.error(f"{len(archives)} tarballs in .cache/release/out instead of one: run the session release first")
    session.install("-r", f"{REQUIREMENTS}/ansible-core.txt")
    ask = "from ansible.constants import GALAXY_SERVER; print(GALAXY_SERVER)"
    server = os.environ.get("GALAXY_URL") or str(session.run("python", "-c", ask, silent=True)).strip()
    # By variables, which other users of the machine cannot see, as they could see arguments.
    env = {"ANSIBLE_GALAXY_SERVER_GALAXY_URL": server, "ANSIBLE_GALAXY_SERVER_GALAXY_TOKEN": token}
    env["ANSIBLE_GALAXY_SERVER_LIST"] = "galaxy"
    session.run("ansible-galaxy", "collection", "publish", str(archives[0]), env=env)


def tests_with(core: str, name: str) -> None:
    """Add a session that runs the tests that depend on Ansible with another release of it."""
    release = CORES[core][0]
    python = interpreter(core)

    @nox.session(name=name, python=python or False, default=False)
    def tests_with_core(session: nox.Session) -> None:
        if not python:
            without_interpreter(session, core)
        session.install(f"ansible-core=={release}", "-r", f"{REQUIREMENTS}/tests.txt")
        session.run("pytest", "-n", "2", *(session.posargs or WITH_EACH_CORE))

    tests_with_core.__doc__ = f"Run the tests that depend on Ansible with ansible-core {release}."


def matrix_with(core: str) -> None:
    """Add a session with all that depends on Ansible or on Python, for one release of ansible-core."""
    release = CORES[core][0]
    python = interpreter(core)

    @nox.session(name=f"matrix-{core}", python=python or False, default=False)
    def matrix(session: nox.Session) -> None:
        if not python:
            without_interpreter(session, core)
        session.install(f"ansible-core=={release}", "-r", f"{REQUIREMENTS}/tests.txt")
        run_sanity(session, core)
        session.run("pytest", "-n", "2", *(session.posargs or ("tests/unit", *WITH_EACH_CORE)))

    matrix.__doc__ = f"Run sanity, unit and integration tests with ansible-core {release}."


for supported in CORES:
    tests_with(supported, f"tests-{supported}")
    matrix_with(supported)
tests_with(OLDEST, "tests-oldest")
tests_with(NEWEST, "tests-newest")
