# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflows must run existing nox sessions, with minimal permissions and pinned actions."""

from __future__ import annotations

import importlib.util
import re
import shlex
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github" / "workflows").glob("*.yml")}
JOBS = [(file, name, job) for file, workflow in WORKFLOWS.items() for name, job in workflow["jobs"].items()]
MAY_WRITE = {("release", "github"): {"contents": "write"}}


@pytest.fixture(name="noxfile", scope="module")
def _noxfile() -> t.Iterator[t.Any]:
    """Load noxfile.py as nox does."""
    pytest.importorskip("antsibull_nox", reason="nox is not installed in this session")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # antsibull-nox reads its configuration from the current folder.
        spec = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def rows(job: dict[str, t.Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
    return found


def test_sessions_exist(noxfile: t.Any) -> None:
    """Jobs may run only sessions that "nox -l" lists."""
    called = set()
    for _file, _name, job in JOBS:
        for command in (shlex.split(step.get("run", "")) for step in job["steps"]):
            if command[:3] == ["./dev", "nox", "-s"]:
                names = " ".join(command[3:]).partition(" -- ")[0]
                for row in rows(job):
                    called |= {*re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda found: row[found[1]], names).split()}  # noqa: B023

    assert called
    assert called <= set(noxfile.nox.registry.get())


def test_each_ansible_core_is_tested(noxfile: t.Any) -> None:
    """The ``matrix`` job tests each ansible-core version with the first Python version that noxfile.py lists for this version."""
    found = {row["core"]: row["python"] for row in rows(WORKFLOWS["ci"]["jobs"]["matrix"])}

    assert found == {core: pythons[0] for core, (_release, pythons) in noxfile.CORES.items()}


def test_permissions_are_minimal() -> None:
    """Only the ``github`` job of the release workflow can write to the repository.

    No event runs a fork's code with access to secrets.
    """
    for workflow in WORKFLOWS.values():
        assert workflow["permissions"] == {}
        assert set(workflow[True]) <= {"push", "pull_request", "schedule"}  # YAML 1.1 reads the key "on" as true.
    for file, name, job in JOBS:
        assert job["permissions"] == MAY_WRITE.get((file, name), {"contents": "read"}), name


def test_actions_are_pinned_and_commands_have_no_event_values() -> None:
    """Actions are pinned to a commit, and the Git token is not stored. Commands must not contain values from events."""
    steps = [step for _file, _name, job in JOBS for step in job["steps"]]
    for step in steps:
        assert re.findall(r"\$\{\{ (?!matrix\.)", step.get("run", "")) == [], step
        assert "uses" not in step or re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"]), step
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_only_the_publishing_step_has_the_galaxy_token() -> None:
    """The Galaxy token belongs to the ``galaxy`` environment, whose rules require an approval."""
    found = [
        (file, name, step.get("run"), job.get("environment"))
        for file, name, job in JOBS
        for step in job["steps"]
        if "secrets." in str(step)
    ]

    assert found == [("release", "galaxy", "./dev nox -s publish", "galaxy")]
