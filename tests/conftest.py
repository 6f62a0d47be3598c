# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the collection and the simulator importable from every working directory."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import typing as t
from pathlib import Path

import pytest

TESTS = Path(__file__).absolute().parent
# Background processes of a shell can ignore SIGINT. Without this line, child processes that the tests interrupt would also ignore SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)


def collections_root() -> Path:
    """Return the folder that contains ansible_collections/.

    With ansible-test, the folder is a parent of this file. Otherwise, the folder is in .cache and contains a link to the checkout.
    """
    checkout = TESTS.parent
    if checkout.parts[-3:] == ("ansible_collections", "ibmcloud", "kubernetes"):
        return checkout.parents[2]
    root = checkout / ".cache" / "collections"
    link = root / "ansible_collections" / "ibmcloud" / "kubernetes"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # ./dev and other workers of pytest-xdist also create the link
        link.symlink_to(os.path.relpath(checkout, link.parent))
    return root


COLLECTIONS = str(collections_root())
sys.path[:0] = [COLLECTIONS, str(TESTS)]
# Child processes find the collection with this variable. ansible-test also sets the variable, and rejects a changed value.
known = [path for path in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep) if path]
if COLLECTIONS not in known:
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join([COLLECTIONS, *known])


# The hooks below print a summary of the fault and input tables. Each test adds the IDs of its table rows to its report. Workers send the reports to the
# controller.


@pytest.hookimpl(tryfirst=True)  # runs before tests are deselected
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.faults import report  # noqa: PLC0415  (the path is set above)

    config.stash[report.TRIED] = {identifier for item in items for identifier in report.ids_of(item)}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.faults import report  # noqa: PLC0415  (the path is set above)

    item.user_properties += [("case", identifier) for identifier in report.ids_of(item)]


def pytest_terminal_summary(terminalreporter: t.Any) -> None:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.faults import report  # noqa: PLC0415  (the path is set above)

    found = []
    for outcome in ("passed", "failed", "error", "xfailed", "skipped"):
        for one in terminalreporter.stats.get(outcome, []):
            ids = [value for name, value in getattr(one, "user_properties", []) if name == "case"]
            reason = one.longrepr[2].removeprefix("Skipped: ") if outcome == "skipped" else ""
            found.append((ids, "failed" if outcome in ("error", "xfailed") else outcome, reason))
    for line in report.summary(found):
        terminalreporter.write_line(line)
