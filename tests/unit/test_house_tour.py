# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tour of the house in CONTRIBUTING.md: what it names is there, and the way that it tells is the one that is taken."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._task import perform
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_access import MODULE

if t.TYPE_CHECKING:
    import types

    from simulator import Simulator

ROOT = Path(__file__).absolute().parents[2]
TOUR = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PICTURE = TOUR.partition("```text\n")[2].partition("```")[0]
PATH = re.compile(r"`((?:plugins|tests|roles|docs|meta|playbooks|benchmarks)/[\w./-]+)(?:: ([\w.]+))?`")
STEP = re.compile(r"^\| `(plugins/[\w/]+\.py)` \| `([\w.]+)` \| (.*) \|$", re.MULTILINE)
REQUEST = re.compile(r"`((?:GET|POST) /\S+)`")


def section(title: str) -> str:
    return TOUR.partition(f"## {title}\n")[2].partition("\n## ")[0]


def defined(path: Path) -> set[str]:
    """The names that a file defines at its top, and those of its classes as Class.name."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("folder", ["module_utils", "plugin_utils"])
def test_the_rooms_are_the_files(folder: str) -> None:
    """Each file of the folder has its line in the picture, once, and there is no other."""
    lines = PICTURE.splitlines()
    if folder == "module_utils":
        first, last = lines.index("plugins/module_utils/") + 1, lines.index(next(filter(_is_of_tests, lines)))
        lines = lines[first:last]
    else:
        lines = [line for line in lines if line.startswith("plugins/plugin_utils/")]
    drawn = [name for line in lines for name in re.findall(r"(_\w+\.py)\b", line.partition("   ")[0] or line)]

    assert sorted(drawn) == sorted(
        path.name for path in (ROOT / "plugins" / folder).glob("_*.py") if path.stem != "__init__"
    )


def _is_of_tests(line: str) -> bool:
    return line.startswith("tests/")


def test_what_the_picture_names_besides_is_there() -> None:
    """Folders, and files that are no room."""
    words = re.findall(r"(?:^|(?<=\s))((?:plugins|tests|playbooks|roles|benchmarks)[\w/.]*)", PICTURE, re.MULTILINE)

    assert len(words) > 8
    assert [word for word in words if not (ROOT / word).exists()] == []


@pytest.mark.parametrize(("path", "name"), sorted(set(PATH.findall(TOUR))))
def test_each_file_and_function_exists(path: str, name: str) -> None:
    """Files and folders by their paths, and what stands behind a colon in them."""
    assert (ROOT / path).exists()
    assert not name or name in defined(ROOT / path)


def test_each_link_leads_somewhere() -> None:
    """To a page of this checkout, or to a headline of this one."""
    headlines = {
        re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)$", TOUR, re.MULTILINE)
    }
    targets = re.findall(r"\]\(([^)]+)\)", TOUR)

    assert targets
    for target in targets:
        assert target[1:] in headlines if target.startswith("#") else (ROOT / target.partition("#")[0]).exists(), target


def test_each_command_exists() -> None:
    """The verbs of ./dev, and the sessions that "./dev nox -s" is asked for."""
    loader = importlib.machinery.SourceFileLoader("dev", str(ROOT / "dev"))
    dev = importlib.util.module_from_spec(t.cast("t.Any", importlib.util.spec_from_loader("dev", loader)))
    loader.exec_module(dev)
    verbs = set(re.findall(r"\./dev ([a-z]+)", TOUR))

    assert {"test", "run", "nox"} <= verbs
    assert verbs <= set(re.findall(r"^\./dev ([a-z]+)", dev.USAGE, re.MULTILINE))


def test_each_session_exists() -> None:
    """As nox lists them."""
    if not importlib.util.find_spec("nox") or not importlib.util.find_spec("antsibull_nox"):
        pytest.skip("nox is not installed in this environment")
    command = [sys.executable, "-m", "nox", "-f", str(ROOT / "noxfile.py"), "--list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    sessions = set(re.findall(r"^[-*] (\S+)", listed.stdout, re.MULTILINE))
    named = {name for names in re.findall(r"\./dev nox -s ([\w. -]+)`", TOUR) for name in names.split()}

    assert named
    assert named <= sessions


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\./dev run pytest -n 2 ([^`|]+)`", TOUR))))
def test_each_ring_has_tests(path: str) -> None:
    """What a command of the table gives to pytest is there."""
    words = [word for word in path.split() if word.startswith("tests/")]

    assert words
    assert all(word.endswith("*.py") or (ROOT / word).exists() for word in words)
    assert all(list(ROOT.glob(word)) for word in words)


# One value's way


def walked(sim: Simulator) -> list[tuple[str, str]]:
    """Give the cluster's name to the module, and return the functions of ours that are called, in order: file and name."""
    calls: list[tuple[str, str]] = []

    def note(frame: types.FrameType, event: str, _argument: object) -> None:
        head, found, tail = frame.f_code.co_filename.rpartition("/plugins/")
        if event == "call" and found and head.endswith("kubernetes"):
            calls.append((f"plugins/{tail}", frame.f_code.co_qualname))

    given = {name: option.get("default") for name, option in MODULE.argument_spec.items()}
    given |= {"cluster": "mycluster", "wait_sleep": 1}
    # The lists are asked for in threads.
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        result, _secrets = perform(MODULE, given, environ={**os.environ, **sim.env}, check_mode=False, warn=pytest.fail)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert "failed" not in result, result
    return calls


def test_the_way_is_the_one_that_is_taken(document: Simulator) -> None:
    """Each function of the table is called, and after the one above it; the requests are sent, in this order."""
    way = section("One value's way")
    steps = [(path, name) for path, name, _what in STEP.findall(way) if "plugin_utils" not in path]
    told = REQUEST.findall(way)
    calls, place = walked(document), 0
    sent = dict.fromkeys(f"{entry.method} {entry.path}" for entry in document.requests)

    assert (len(steps) > 12, len(told) > 2) == (True, True)
    for step in steps:
        assert step in calls[place:], f"{step} is not called after the step above it"
        place = calls.index(step, place)
    assert [request for request in sent if request in told] == told


def test_the_way_begins_in_the_role() -> None:
    """Its variable becomes the module's option, and Ansible calls the runner."""
    (path, line) = re.findall(r"^\| `(roles/\S+)` \| `(.+?)` \|", section("One value's way"), re.MULTILINE)[0]

    assert f"{line},\n" in (ROOT / path).read_text(encoding="utf-8")
    assert "InProcessAction.run" in defined(ROOT / "plugins" / "plugin_utils" / "_in_process.py")
