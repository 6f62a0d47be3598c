# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulators for the tests: one of each shipped world for the whole run, as new for each test."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import pytest

TESTS = str(Path(__file__).resolve().parent.parent)
if TESTS not in sys.path:
    sys.path.insert(0, TESTS)

from simulator_tests.calls import Api

from simulator import Simulator


def _api(world: str, directory: Path) -> t.Iterator[Api]:
    with Simulator(world) as sim:
        yield Api(sim, directory)


@pytest.fixture(scope="session")
def _fleet(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Api]:
    yield from _api("fleet", tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="session")
def _document(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Api]:
    yield from _api("document-2025", tmp_path_factory.mktemp("document"))


@pytest.fixture
def fleet(_fleet: Api) -> Api:
    _fleet.sim.reset()
    return _fleet


@pytest.fixture
def document(_document: Api) -> Api:
    _document.sim.reset()
    return _document
