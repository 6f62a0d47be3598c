# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nox sessions for checks, tests and releases. More sessions are configured in antsibull-nox.toml."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import antsibull_nox
import nox

if t.TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent
REQUIREMENTS = "tests/requirements"
CONSTRAINTS = f"{REQUIREMENTS}/constraints.txt"

# The latest release of each supported ansible-core version, and the Python versions for the controller, in order of preference.
CORES = {
    "2.16": ("2.16.19", ("3.11", "3.12", "3.10")),
    "2.17": ("2.17.14", ("3.11", "3.12", "3.10")),
    "2.18": ("2.18.19", ("3.11", "3.12", "3.13")),
    "2.19": ("2.19.14", ("3.11", "3.12", "3.13")),
    "2.20": ("2.20.10", ("3.12", "3.13", "3.14")),
    "2.21": ("2.21.5", ("3.13", "3.14", "3.12")),
}
NAME = "ibmcloud.kubernetes"
# Tests whose results can depend on the ansible-core release. Tests with the marker one_core are deselected. Unlisted unit tests do not import Ansible.
WITH_EACH_CORE = (
    *("tests/unit/faults", "tests/unit/module", "tests/unit/clusters", "tests/unit/test_inventory.py"),
    *(
        f"tests/integration/test_{name}.py"
        for name in (
            *("runners", "role", "refresh", "inventory", "examples", "input_plays", "leaks", "generation_role"),
            *("clients", "no_session"),
        )
    ),
)

nox.needs_version = ">=2025.2.9"
nox.options.error_on_missing_interpreters = True
antsibull_nox.load_antsibull_nox_toml()


def interpreter(core: str) -> str | None:
    """Return the first of this ansible-core's Python versions that starts on this machine, or None."""
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for version in CORES[core][1]:
        python = sys.executable if version == running else shutil.which(f"python{version}")
        if python and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return version
    return None


@contextlib.contextmanager
def one_processor() -> Iterator[None]:
    """Run child processes on one processor, if the system supports this.

    ansible-test starts one pylint process for each processor. pylint infers types only from modules in the same process, so the findings depend
    on the number of processes. For example, pylint reported "unbalanced-dict-unpacking" with two processes but not with one.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, processors)


@nox.session(venv_backend="none", default=False)
def style(session: nox.Session) -> None:
    """Search the prose for words to avoid."""
    session.run("python", "tests/tools/style.py")


@nox.session(default=False)
def ruff(session: nox.Session) -> None:
    """Check the format of all Python files, and lint the files."""
    session.install("-c", CONSTRAINTS, "ruff")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session(default=False)
def typing(session: nox.Session) -> None:
    """Check the types of the plugins, the simulator and the benchmarks."""
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
    """Run ansible-test sanity with the session's ansible-core. Ignored findings are not allowed."""
    ignored = sorted(path.name for path in (ROOT / "tests" / "sanity").glob("ignore-*.txt") if path.read_text().strip())
    if ignored:
        session.error(f"Ignored findings are not allowed. Empty these files in tests/sanity: {', '.join(ignored)}")
    session.run("python", "tests/tools/ansible_test_pip.py")
    # Each ansible-core version has a separate source tree, because ansible-test stores environments in the tree.
    tree = ROOT / ".cache" / f"tree-{core}"
    session.run("python", "tests/tools/copy_collection.py", str(tree))
    with session.chdir(tree / "ansible_collections" / "ibmcloud" / "kubernetes"), one_processor():
        session.run("ansible-test", "sanity", "--venv", "--color", "no", *arguments)


@nox.session(default=False)
def tests(session: nox.Session) -> None:
    """Run all tests with the default ansible-core."""
    # test_workflows.py uses nox to read the sessions.
    session.install("-r", f"{REQUIREMENTS}/typing.txt", "-c", CONSTRAINTS, "antsibull-nox", "nox")
    session.run("pytest", "-n", "2", "--dist", "loadgroup", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Run the modules against 3,000 randomly changed responses. The environment variables FUZZ_CASES and FUZZ_FIRST select other cases."""
    session.install("-r", f"{REQUIREMENTS}/ansible-core.txt", "-r", f"{REQUIREMENTS}/tests.txt")
    cases = {"FUZZ_CASES": os.environ.get("FUZZ_CASES", "3000")}
    session.run(
        "pytest", "-n", "2", "--dist", "loadgroup", "tests/unit/faults/test_fuzz.py", *session.posargs, env=cases
    )


def build_site(session: nox.Session) -> Path:
    """Write the site's sources to .cache/docs: the guides, and the reference from antsibull-docs. Only the installation of packages needs network access."""
    session.install("-r", f"{REQUIREMENTS}/docs.txt")
    place = ROOT / ".cache" / "docs"
    shutil.rmtree(place, ignore_errors=True)
    reference = place / "source" / "reference"
    # antsibull-docs accepts only folders that other users cannot write to.
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
    """Build the site in .cache/docs/html, check its links, and run the browser tests if a browser is installed."""
    place = build_site(session)
    sphinx(session, place, "html", "html")
    session.run("python", "docs/site/links.py", str(ROOT), str(place / "html"))
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session(name="docs-links", default=False)
def docs_links(session: nox.Session) -> None:
    """Request every external page that the documentation links to. No other session requests external pages."""
    sphinx(session, build_site(session), "linkcheck", "links")


@nox.session(default=False)
def ee(session: nox.Session) -> None:
    """Prepare the example execution environment with this checkout. If podman is installed, also build and test the image."""
    session.install("-c", CONSTRAINTS, "-r", f"{REQUIREMENTS}/ansible-core.txt", "ansible-builder")
    session.run("python", "tests/tools/execution_environment.py", ".cache/ee")
    if not shutil.which("podman"):
        session.skip("podman is not installed: .cache/ee/context was prepared, but the image was not built")
    image = ("podman", "run", "--rm", "localhost/ibmcloud-kubernetes-ee:checkout")
    session.run("podman", "build", "--tag", image[-1], ".cache/ee/context", external=True)
    session.run(*image, "ansible-doc", "--list", NAME, external=True)
    session.run(*image, "ansible-playbook", "--syntax-check", f"{NAME}.fleet_report", external=True)


@nox.session(name="fresh-machine", venv_backend="none", default=False)
def fresh_machine(session: nox.Session) -> None:
    """Run ./dev demo in a minimal Debian system with only Python and Git. With "-- test --quick", run "./dev test --quick" instead."""
    if not shutil.which("debootstrap") or os.geteuid() != 0:
        session.skip("This session needs root and debootstrap. On Debian and Ubuntu: sudo apt install debootstrap")
    session.run("python", "tests/tools/fresh_machine.py", ".cache/fresh-machine", *session.posargs)


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Rehearse a release. "-- --tag" writes the changelog and the tag, and "-- --tagged TAG" rehearses the tagged commit."""
    session.install("-r", f"{REQUIREMENTS}/release.txt")
    session.run("python", "tests/tools/release.py", *session.posargs)


@nox.session(default=False)
def publish(session: nox.Session) -> None:
    """Publish the release session's tarball to Galaxy with the token in GALAXY_TOKEN."""
    session.install("-r", f"{REQUIREMENTS}/ansible-core.txt")
    session.run("python", "tests/tools/publish.py", ".cache/release/out")


def add_core_sessions(core: str) -> None:
    """Add the sessions sanity-CORE and tests-CORE for one ansible-core version. tests-CORE runs the tests that depend on Ansible or Python."""
    release, python = CORES[core][0], interpreter(core)

    def install(session: nox.Session, *requirements: str) -> None:
        if not python:
            wanted = ", ".join(CORES[core][1])
            session.skip(
                f"ansible-core {core} requires one of these Python versions, but none of them could be started: {wanted}"
            )
        session.install(f"ansible-core=={release}", *requirements)

    @nox.session(name=f"sanity-{core}", python=python or False, default=False)
    def sanity(session: nox.Session) -> None:
        install(session)
        run_sanity(session, core, *session.posargs)

    @nox.session(name=f"tests-{core}", python=python or False, default=False)
    def tests_with_core(session: nox.Session) -> None:
        install(session, "-r", f"{REQUIREMENTS}/tests.txt", "kubernetes")
        session.install("--no-deps", "-r", f"{REQUIREMENTS}/collections.txt")
        session.run(
            "pytest", "-n", "2", "--dist", "loadgroup", *(session.posargs or ("-m", "not one_core", *WITH_EACH_CORE))
        )

    sanity.__doc__ = (
        f"Run ansible-test sanity with ansible-core {release}, without containers and without ignored findings."
    )
    tests_with_core.__doc__ = f"Run the tests that depend on Ansible with ansible-core {release}."


for supported in CORES:
    add_core_sessions(supported)
