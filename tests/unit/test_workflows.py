# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflows do what a checkout can do too: they call sessions that exist, with few rights and pinned actions."""

from __future__ import annotations

import importlib.util
import re
import shlex
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CALLS_NOX = ["./dev", "nox", "-s"]
# The one command that is no session: it needs the rights to write, and no code of ours gets those.
OTHER_COMMANDS = (["gh", "release", "create"],)
PINNED = re.compile(r"actions/[a-z-]+@[0-9a-f]{40}")
# What may be written, by whom. Nobody else may do more than read.
MAY_WRITE = {("release", "github"): {"contents": "write"}}

Job = dict[str, t.Any]


def workflow(path: Path) -> dict[t.Any, t.Any]:
    loaded: dict[t.Any, t.Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def jobs() -> list[t.Any]:
    return [
        pytest.param(path.stem, name, job, id=f"{path.stem}-{name}")
        for path in WORKFLOWS
        for name, job in workflow(path)["jobs"].items()
    ]


def expanded(text: str, job: Job) -> list[str]:
    """The text for each row of the job's matrix."""
    texts = []
    for row in job.get("strategy", {}).get("matrix", {}).get("include", [{}]):
        texts.append(text)
        for key, value in row.items():
            texts[-1] = texts[-1].replace(f"${{{{ matrix.{key} }}}}", value)
    return texts


def commands(job: Job) -> list[list[str]]:
    lines = [line for step in job["steps"] if "run" in step for line in expanded(step["run"], job)]
    return [shlex.split(line) for line in lines]


def sessions(command: list[str]) -> list[str]:
    """The names that a call of nox starts; what follows the two hyphens is for the sessions themselves."""
    words = command[len(CALLS_NOX) :]
    return words[: words.index("--")] if "--" in words else words


@pytest.fixture(name="noxfile", scope="module")
def _noxfile() -> t.Iterator[t.Any]:
    """noxfile.py, loaded as nox does it."""
    pytest.importorskip("antsibull_nox", reason="nox is not installed beside these tests")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where antsibull-nox looks for its configuration
        spec = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


@pytest.fixture(name="known", scope="module")
def _known(noxfile: t.Any) -> set[str]:
    """The sessions that nox -l lists."""
    return set(noxfile.nox.registry.get())


def test_the_workflows_are_found() -> None:
    """Without this, an empty folder would pass all other tests here."""
    assert [path.stem for path in WORKFLOWS] == ["ci", "release"]


@pytest.mark.parametrize(("file", "name", "job"), jobs())
def test_a_job_runs_sessions_and_nothing_else(file: str, name: str, job: Job) -> None:
    """One command for each step, which can be run in a checkout as it stands."""
    for step in job["steps"]:
        assert ("run" in step) != ("uses" in step), step
        # A value of the event in a command is a program of whoever made the event.
        assert re.findall(r"\$\{\{ (?!matrix\.)", step.get("run", "")) == [], step
        assert "shell" not in step
        assert "working-directory" not in step
    for command in commands(job):
        allowed = any(command[: len(start)] == start for start in (CALLS_NOX, *OTHER_COMMANDS))
        assert allowed, command
        # Nothing after it, neither: these characters make a second command.
        assert not re.search(r"[;&|<>`\n]|\$\(", " ".join(command)), command


@pytest.mark.parametrize(("file", "name", "job"), jobs())
def test_every_session_that_a_job_calls_exists(file: str, name: str, job: Job, known: set[str]) -> None:
    called = {session for command in commands(job) if command[:3] == CALLS_NOX for session in sessions(command)}

    assert called <= known, called - known


@pytest.mark.parametrize(("file", "name", "job"), jobs())
def test_a_job_says_what_it_may_do(file: str, name: str, job: Job) -> None:
    """What is not named is not allowed; and it ends by itself."""
    allowed = MAY_WRITE.get((file, name), {"contents": "read"})

    assert job["permissions"] == allowed
    assert 0 < job["timeout-minutes"] <= 60


@pytest.mark.parametrize(("file", "name", "job"), jobs())
def test_actions_are_pinned(file: str, name: str, job: Job) -> None:
    """To a commit: tags can be moved. And no step leaves Git's token behind for the next ones."""
    used = [step for step in job["steps"] if "uses" in step]

    assert used
    assert [step["uses"] for step in used if not PINNED.fullmatch(step["uses"])] == []
    for step in used:
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_starts_with_no_rights_and_once(path: Path) -> None:
    """No event runs a stranger's code with our secrets."""
    document = workflow(path)
    events = document[True]  # "on", as YAML 1.1 reads it

    assert document["permissions"] == {}
    assert set(document["concurrency"]) == {"group", "cancel-in-progress"}
    assert set(events) <= {"push", "pull_request", "schedule"}
    # The comment after a commit is all that a reader has; the same commit has the same comment.
    named = re.findall(r"uses: (\S+) # (v\d+\.\d+\.\d+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(named) == sum("uses" in step for job in document["jobs"].values() for step in job["steps"])
    assert len(dict(named)) == len(set(named))


def test_every_ansible_core_has_its_row(noxfile: t.Any) -> None:
    """All that are supported, and no other, each with a Python that its session takes first."""
    rows = workflow(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["matrix"]["strategy"]["matrix"]["include"]

    assert {row["core"]: row["python"] for row in rows} == {core: row[1][0] for core, row in noxfile.CORES.items()}


def test_only_the_step_that_publishes_has_the_token() -> None:
    """And it gets it from the environment galaxy, whose rules say who may use it."""
    with_secrets = [
        (path.stem, name, step.get("run"), job.get("environment"))
        for path in WORKFLOWS
        for name, job in workflow(path)["jobs"].items()
        for step in job["steps"]
        if "secrets." in str(step)
    ]

    assert with_secrets == [("release", "galaxy", "./dev nox -s publish", "galaxy")]
