# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the worker pool with exceptions, interrupts and errors of single items, and tests of the watch function."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    IBMCloudError,
    InputError,
    LookupFailed,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool

if t.TYPE_CHECKING:
    import types

    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

# Maximum time in seconds that a test waits for a thread
LONGEST = 10.0


def _fleet(concurrency: int, watch: t.Callable[[], None] | None = None) -> WorkerPool:
    return WorkerPool(concurrency, Clock(), watch)


class Broken(Exception):
    """A bug in a step."""


@pytest.mark.parametrize("concurrency", [1, 2, 8])
def test_an_exception_ends_the_run(concurrency: int) -> None:
    """The exception is raised in the calling thread, and the pool processes no more items."""
    done = []

    def work(number: int) -> None:
        if number == 5:
            raise Broken(number)
        done.append(number)
        time.sleep(0.001)

    with pytest.raises(Broken, match="5"):
        _fleet(concurrency).map(range(10_000), work)

    time.sleep(0.01)
    assert len(done) < 1000


def test_an_exception_ends_the_run_while_items_wait() -> None:
    """The waiting items are due in an hour."""

    def step(number: int) -> float | None:
        if number == 3:
            raise Broken
        return time.monotonic() + 3600

    started = time.monotonic()
    with pytest.raises(Broken):
        _fleet(2).run(range(4), step)

    assert time.monotonic() - started < LONGEST


def test_an_exception_of_the_last_step_is_raised() -> None:
    """In this test, the calling thread wakes up after another thread has taken the last step from the queue, but before this step starts."""
    taken = threading.Event()
    steps: list[int] = []

    def step(number: int) -> float | None:
        steps.append(number)
        if steps.count(1) == 2:
            raise Broken
        return time.monotonic() + 0.5 if number == 1 else None

    def slow(frame: types.FrameType, event: str, arg: t.Any) -> t.Any:
        if frame.f_code.co_name == "_next" and event == "return" and arg is not None and len(steps) == 2:
            taken.set()
            time.sleep(0.2)
        return slow

    threading.settrace(slow)
    try:
        with pytest.raises(Broken):
            _fleet(2, lambda: taken.wait(LONGEST) and None).run([0, 1], step)
    finally:
        threading.settrace(None)  # type: ignore[arg-type]  # as documented


def test_the_first_of_several_exceptions_is_raised() -> None:
    """Raising one exception is enough, because all exceptions usually have the same cause."""
    barrier = threading.Barrier(4)

    def work(_number: int) -> None:
        barrier.wait(LONGEST)
        raise Broken

    with pytest.raises(Broken):
        _fleet(4).map(range(100), work)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, Broken])
def test_an_interrupt_ends_the_run(interrupt: type[BaseException]) -> None:
    """The calling thread, which runs the watch function, receives the interrupt."""
    begun = []
    go_on = threading.Event()

    def watch() -> None:
        raise interrupt

    def work(number: int) -> None:
        begun.append(number)
        go_on.wait(LONGEST)

    before = set(threading.enumerate())
    with pytest.raises(interrupt):
        _fleet(4, watch).map(range(100), work)
    left = set(threading.enumerate()) - before
    go_on.set()
    # Each thread finishes its current step and ends.
    for thread in left:
        thread.join(LONGEST)

    assert not any(thread.is_alive() for thread in left)
    assert set(begun) <= {0, 1, 2, 3}


# Errors of single items


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_error_of_an_item_is_its_result(concurrency: int) -> None:
    errors: dict[int, IBMCloudError] = {2: InputError("x"), 5: LookupFailed("y", kind="not_found")}

    def work(number: int) -> str:
        if number in errors:
            raise errors[number]
        return str(number)

    assert _fleet(concurrency).map_errors(range(7), work) == ["0", "1", errors[2], "3", "4", errors[5], "6"]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_bug_is_raised_and_not_returned(concurrency: int) -> None:
    """Only the collection's own errors become results."""

    def work(number: int) -> None:
        if number == 3:
            raise Broken

    with pytest.raises(Broken):
        _fleet(concurrency).map_errors(range(7), work)


# Watch function


def test_the_calling_thread_runs_the_watch_function() -> None:
    watchers: set[int] = set()
    seen = threading.Event()

    def watch() -> None:
        watchers.add(threading.get_ident())
        seen.set()

    def work(_number: int) -> None:
        # The run must not end before the watch function has run.
        assert seen.wait(LONGEST)

    _fleet(3, watch).map(range(6), work)

    assert watchers == {threading.get_ident()}


def test_without_threads_the_watch_function_runs_after_each_step(fake_time: FakeTime) -> None:
    """The watch function can report the outcome of the step."""
    done: list[int] = []
    watched: list[int] = []

    WorkerPool(1, fake_time.clock, lambda: watched.append(len(done))).map(range(4), done.append)

    assert watched == [1, 2, 3, 4]
