# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Do the same work for many clusters with a limited number of threads.

The work on each item consists of steps. A step returns the time at which the item's next step is due, or None when the item is done.
Waiting items do not occupy a thread.
"""

from __future__ import annotations

import heapq
import threading
import typing as t

from .errors import IBMCloudError

if t.TYPE_CHECKING:
    from .clock import Clock

Item = t.TypeVar("Item")
Found = t.TypeVar("Found")

Step = t.Callable[[Item], t.Optional[float]]
# The number of seconds between two calls of ``watch``
_PROGRESS_INTERVAL = 0.25
_AT_ONCE = float("-inf")


_current = threading.local()


def stop_requested() -> bool:
    """Return whether the run to which this thread belongs, or an enclosing run, has failed. If so, this thread's result is not used."""
    workers: _Workers[t.Any] | None = getattr(_current, "workers", None)
    while workers:
        if workers.failed:
            return True
        workers = workers.parent
    return False


class WorkerPool:
    """Runs steps in up to ``concurrency`` threads, or in the caller's thread if there is only one item or one thread.

    ``watch`` is called regularly in the caller's thread to report progress.
    """

    def __init__(self, concurrency: int, clock: Clock, watch: t.Callable[[], None] | None = None) -> None:
        self._concurrency = concurrency
        self._clock = clock
        self._watch = watch
        self.completed = 0  # the number of items that map() has finished, for progress reports

    def run(self, items: t.Iterable[Item], step: Step[Item]) -> None:
        """Perform all steps of all items. The first steps of all items start before the second step of any item.

        An exception in a step ends the run, so a step must catch errors that concern only its item.
        """
        queue = [(_AT_ONCE, order, item) for order, item in enumerate(items)]
        if min(self._concurrency, len(queue)) > 1:
            _Workers(queue, step, self._clock).run(self._concurrency, self._watch)
            return
        while queue:
            due, order, item = heapq.heappop(queue)
            pause = due - self._clock.now()
            if pause > 0:
                self._clock.sleep(pause)
            again = step(item)
            if again is not None:
                heapq.heappush(queue, (again, order, item))
            if self._watch:
                self._watch()

    def map(self, items: t.Iterable[Item], work: t.Callable[[Item], Found]) -> list[Found]:
        """Return the result of ``work`` for each item, in the order of the items."""
        entries = list(enumerate(items))
        found: dict[int, Found] = {}

        def step(entry: tuple[int, Item]) -> None:
            found[entry[0]] = work(entry[1])
            self.completed = len(found)

        self.run(entries, step)
        return [found[order] for order, _item in entries]

    def map_errors(self, items: t.Iterable[Item], work: t.Callable[[Item], Found]) -> list[Found | IBMCloudError]:
        """Return the result or the error of ``work`` for each item, in the order of the items. A failed item does not stop the other items."""

        def kept(item: Item) -> Found | IBMCloudError:
            try:
                return work(item)
            except IBMCloudError as exc:
                return exc

        return self.map(items, kept)


class _Workers(t.Generic[Item]):
    """The threads of one run and their shared state."""

    def __init__(self, queue: list[tuple[float, int, Item]], step: Step[Item], clock: Clock) -> None:
        self._queue = queue
        self._step = step
        self._now = clock.now
        self._changed = threading.Condition()
        self._busy = 0
        self._failure: BaseException | None = None
        self.parent: _Workers[t.Any] | None = getattr(_current, "workers", None)

    @property
    def failed(self) -> bool:
        return self._failure is not None

    def run(self, size: int, watch: t.Callable[[], None] | None) -> None:
        # The threads are daemon threads, so that a pending response does not keep an interrupted process alive.
        threads = [threading.Thread(target=self._work, daemon=True) for _number in range(min(size, len(self._queue)))]
        try:
            for thread in threads:
                thread.start()
            is_over = False
            while not is_over:
                with self._changed:
                    is_over = self._changed.wait_for(self._is_over, _PROGRESS_INTERVAL if watch else None)
                if watch:
                    watch()
        except BaseException:
            # Only this thread receives the interrupt. The other threads must not begin another step.
            self._failure = self._failure or InterruptedError()
            raise
        if self._failure:
            raise self._failure
        for thread in threads:
            thread.join()

    def _is_over(self) -> bool:
        return self._failure is not None or not (self._queue or self._busy)

    def _work(self) -> None:
        _current.workers = self
        again: float | None
        while True:
            with self._changed:
                entry = self._next()
                if entry is None:
                    return
                self._busy += 1
            _due, order, item = entry
            try:
                again = self._step(item)
            except BaseException as exc:  # noqa: BLE001  # run() raises it in the caller's thread
                again, self._failure = None, self._failure or exc
            with self._changed:
                self._busy -= 1
                if again is not None:
                    heapq.heappush(self._queue, (again, order, item))
                    # Another thread may be waiting for a step that is due later.
                    self._changed.notify()
                if self._is_over():
                    self._changed.notify_all()

    def _next(self) -> tuple[float, int, Item] | None:
        """Wait until a step is due and return it, or return None at the end of the run. The caller must hold the lock."""
        while not self._is_over():
            pause = self._queue[0][0] - self._now() if self._queue else None
            if pause is not None and pause <= 0:
                return heapq.heappop(self._queue)
            self._changed.wait(pause)
        return None
