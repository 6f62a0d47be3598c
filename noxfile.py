# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All checks of the collection; "./dev test" runs them. More of them are configured in antsibull-nox.toml."""

from __future__ import annotations

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


@nox.session(name=f"sanity-{SANITY_CORE}", python=interpreter(SANITY_CORE) or False, default=False)
def sanity(session: nox.Session) -> None:
    """Run ansible-test sanity without containers, and without a single ignored finding."""
    if not interpreter(SANITY_CORE):
        without_interpreter(session, SANITY_CORE)
    ignored = sorted(path.name for path in (ROOT / "tests" / "sanity").glob("ignore-*.txt") if path.read_text().strip())
    if ignored:
        session.error(f"tests/sanity must stay without ignored findings: {', '.join(ignored)}")
    session.install(f"ansible-core=={CORES[SANITY_CORE][0]}")
    session.run("python", "tests/tools/ansible_test_pip.py")
    tree = ROOT / ".cache" / "tree"
    session.run("python", "tests/tools/copy_collection.py", str(tree))
    session.chdir(tree / "ansible_collections" / "ibmcloud" / "kubernetes")
    session.run("ansible-test", "sanity", "--venv", "--color", "no", *session.posargs)


@nox.session(default=False)
def tests(session: nox.Session) -> None:
    """Run all tests with the ansible-core of everyday work."""
    session.install("-r", f"{REQUIREMENTS}/typing.txt")
    session.run("pytest", "-n", "2", *session.posargs)


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


for supported in CORES:
    tests_with(supported, f"tests-{supported}")
tests_with(OLDEST, "tests-oldest")
tests_with(NEWEST, "tests-newest")
