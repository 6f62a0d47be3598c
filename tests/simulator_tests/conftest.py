# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide one simulator for each world during a pytest session. The simulator is reset before each test."""

from __future__ import annotations

import contextlib
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


@pytest.fixture(scope="session")
def _legacy(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[t.Callable[[str], Api]]:
    """Yield a function that returns a client for the world of an earlier edition of IBM's API page. Each simulator starts on first use."""
    running: dict[str, Api] = {}
    with contextlib.ExitStack() as stack:

        def api(year: str) -> Api:
            if year not in running:
                sim = stack.enter_context(Simulator(f"document-{year}"))
                running[year] = Api(sim, tmp_path_factory.mktemp(year))
            running[year].sim.reset()
            return running[year]

        yield api


@pytest.fixture
def legacy(_legacy: t.Callable[[str], Api], document: Api) -> t.Callable[[str], Api]:
    """Return a function that takes a year and returns a client for the world of that year's edition of IBM's API page.

    The world is in its initial state.
    """
    return lambda year: document if year == "2025" else _legacy(year)


@pytest.fixture
def document_2017(_legacy: t.Callable[[str], Api]) -> Api:
    return _legacy("2017")


@pytest.fixture
def document_2020(_legacy: t.Callable[[str], Api]) -> Api:
    return _legacy("2020")


@pytest.fixture
def document_2021(_legacy: t.Callable[[str], Api]) -> Api:
    return _legacy("2021")


@pytest.fixture
def fleet(_fleet: Api) -> Api:
    _fleet.sim.reset()
    return _fleet


@pytest.fixture
def document(_document: Api) -> Api:
    _document.sim.reset()
    return _document
