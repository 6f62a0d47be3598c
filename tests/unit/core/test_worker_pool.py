# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the worker pool: order of results, number of threads, and waiting steps."""

from __future__ import annotations

import random
import threading
import time
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

# Maximum time in seconds that a test waits for a thread
LONGEST = 10.0


class Crowd:
    """A context manager that records the threads that enter it, and the maximum number of threads that are inside at the same time."""

    def __init__(self) -> None:
        self.most = 0
        self.threads: set[int] = set()
        self._inside = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
            self.threads.add(threading.get_ident())

    def __exit__(self, *_exception: object) -> None:
        with self._lock:
            self._inside -= 1


def _fleet(concurrency: int, watch: t.Callable[[], None] | None = None) -> WorkerPool:
    return WorkerPool(concurrency, Clock(), watch)


# Results


@pytest.mark.parametrize("concurrency", [1, 2, 7, 64])
def test_results_are_in_the_order_of_the_items(concurrency: int) -> None:
    """The threads finish in a random order."""
    chance = random.Random(1)

    def work(number: int) -> int:
        time.sleep(chance.random() / 1000)
        return number * number

    assert _fleet(concurrency).map(range(50), work) == [number * number for number in range(50)]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_each_item_is_processed_once(concurrency: int) -> None:
    """Items can be equal, and results can be None."""
    done: list[str] = []

    assert _fleet(concurrency).map(["a", "b", "a", "a"], done.append) == [None] * 4
    assert sorted(done) == ["a", "a", "a", "b"]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_empty_list_starts_no_thread(concurrency: int) -> None:
    before = set(threading.enumerate())

    assert _fleet(concurrency, lambda: pytest.fail("there is nothing to watch")).map([], str) == []
    assert set(threading.enumerate()) <= before


# Threads


@pytest.mark.parametrize("concurrency", [2, 5])
def test_as_many_threads_run_as_allowed(concurrency: int) -> None:
    """The barrier breaks if fewer than ``concurrency`` threads run."""
    crowd = Crowd()
    barrier = threading.Barrier(concurrency)

    def work(_number: int) -> None:
        with crowd:
            barrier.wait(LONGEST)

    _fleet(concurrency).map(range(concurrency * 6), work)

    assert crowd.most == len(crowd.threads) == concurrency
    assert threading.get_ident() not in crowd.threads


def test_there_are_no_more_threads_than_items() -> None:
    barrier = threading.Barrier(3)
    before = set(threading.enumerate())
    counts = []

    def work(_number: int) -> None:
        barrier.wait(LONGEST)
        counts.append(len(set(threading.enumerate()) - before))
        barrier.wait(LONGEST)

    _fleet(64).map(range(3), work)

    assert counts == [3, 3, 3]


@pytest.mark.parametrize(("concurrency", "items"), [(1, 5), (16, 1)])
def test_a_single_item_or_a_concurrency_of_one_starts_no_thread(concurrency: int, items: int) -> None:
    """The calling thread processes the items, so a single cluster causes no overhead."""
    crowd = Crowd()

    def work(_number: int) -> None:
        with crowd:
            pass

    _fleet(concurrency).map(range(items), work)

    assert crowd.threads == {threading.get_ident()}


def test_all_threads_have_ended_when_map_returns() -> None:
    before = set(threading.enumerate())

    _fleet(8).map(range(100), str)

    assert set(threading.enumerate()) <= before


# Steps


@pytest.mark.parametrize("concurrency", [1, 3])
def test_first_steps_come_before_second_ones(concurrency: int) -> None:
    """All steps are due from the start."""
    steps: list[tuple[int, int]] = []
    taken: dict[int, int] = {}

    def step(number: int) -> float | None:
        taken[number] = taken.get(number, 0) + 1
        steps.append((taken[number], number))
        # This time is in the past.
        return 0.0 if taken[number] < 3 else None

    _fleet(concurrency).run(range(10), step)

    assert {number for count, number in steps[:10] if count == 1} == set(range(10))
    assert sorted(steps) == [(count, number) for count in (1, 2, 3) for number in range(10)]


def test_steps_run_when_they_are_due(fake_time: FakeTime) -> None:
    """Steps that are due at the same time run in the order of the items."""
    seen: list[tuple[str, float]] = []
    plan = {"a": [1003.0, 1004.0], "b": [1001.0, 1009.0], "c": [1001.0]}

    def step(name: str) -> float | None:
        seen.append((name, fake_time.seconds))
        return plan[name].pop(0) if plan[name] else None

    WorkerPool(1, fake_time.clock).run(["a", "b", "c"], step)

    first = [("a", 1000.0), ("b", 1000.0), ("c", 1000.0)]
    assert seen == [*first, ("b", 1001.0), ("c", 1001.0), ("a", 1003.0), ("a", 1004.0), ("b", 1009.0)]
    assert fake_time.sleeps == [1.0, 2.0, 1.0, 5.0]


def test_waiting_items_do_not_occupy_a_thread() -> None:
    """Two threads are enough for 200 waiting items."""
    crowd = Crowd()
    order: list[int] = []
    due: dict[int, float] = {}
    early: list[float] = []

    def step(number: int) -> float | None:
        with crowd:
            order.append(number)
            if number in due:
                early.append(due[number] - time.monotonic())
                return None
            due[number] = time.monotonic() + 0.2
            return due[number]

    started = time.monotonic()
    _fleet(2).run(range(200), step)

    assert len(crowd.threads) <= 2
    assert sorted(order[:200]) == sorted(order[200:]) == list(range(200))
    assert max(early) <= 0.0
    # If the items waited one after the other, the run would take 40 s.
    assert time.monotonic() - started < 10.0


def test_a_later_step_does_not_delay_an_earlier_one() -> None:
    """One thread already waits for the later step when the earlier step is added."""
    done = threading.Event()
    late = threading.Event()

    def step(name: str) -> float | None:
        if name == "later" and not late.is_set():
            late.set()
            return time.monotonic() + 0.1
        if name == "now" and not done.is_set():
            # The other thread now waits for the later step.
            assert late.wait(LONGEST)
            done.set()
            return time.monotonic()
        order.append(name)
        return None

    order: list[str] = []
    _fleet(2).run(["later", "now"], step)

    assert order == ["now", "later"]
