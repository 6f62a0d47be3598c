# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin that provides the fixture ``ibmcloud``, a simulated cloud for one test.

To load the plugin, add ``pytest_plugins = ["simulator.pytest_plugin"]`` to ``conftest.py``.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

import pytest

from .environment import PREFIXES
from .server import Simulator
from .world import DEFAULT_WORLD

_MARKER = "ibmcloud_world"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{_MARKER}(world): the name or file of the world for the fixture ibmcloud")


@pytest.fixture(scope="session")
def _ibmcloud_simulators() -> t.Iterator[t.Callable[[str], Simulator]]:
    """Provide a function that returns a world's simulator. Each world's simulator is started only once per test session."""
    running: dict[str, Simulator] = {}
    with contextlib.ExitStack() as stack:

        def simulator(world: str) -> Simulator:
            if world not in running:
                running[world] = stack.enter_context(Simulator(world))
            return running[world]

        yield simulator


@pytest.fixture
def ibmcloud(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    _ibmcloud_simulators: t.Callable[[str], Simulator],
) -> Simulator:
    """Return a simulator in its initial state. ``os.environ`` contains the simulator's variables and no other credentials or endpoints."""
    marker = request.node.get_closest_marker(_MARKER)
    simulator = _ibmcloud_simulators(str(marker.args[0]) if marker else DEFAULT_WORLD)
    simulator.reset()
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        monkeypatch.delenv(name)
    for name, value in simulator.env.items():
        monkeypatch.setenv(name, value)
    return simulator
