# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Wait until clusters can be used."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.errors import APIError, IBMCloudError, LookupFailed
from .._core.worker_pool import WorkerPool
from .cluster_facts import check_final_state, cluster_facts, display_name, merge_details
from .cluster_states import is_usable
from .polling_pauses import may_succeed_later, shared_pause

if t.TYPE_CHECKING:
    from .._core.clock import Clock
    from .._core.progress import Progress
    from .._services.cluster_records import Record
    from .cluster_facts import FactsReader


@dataclass(frozen=True)
class WaitOptions:
    """Options for a wait. ``timeout`` (in seconds) applies to all clusters together.

    ``longest_pause`` limits the pause in seconds between two checks of a cluster. ``rate_limit`` is the maximum number of requests per
    second for all checks together, or 0 for no limit.
    """

    timeout: float
    longest_pause: float
    rate_limit: float = 0


@dataclass
class _Wait:
    """The wait for one cluster. ``result`` is None during the wait."""

    record: Record = field(repr=False)
    is_checked: bool = False
    result: Record | IBMCloudError | None = None


class ReadyWaiter:
    """Waits for many clusters at the same time. Waiting clusters do not occupy threads."""

    def __init__(self, reader: FactsReader, options: WaitOptions, clock: Clock, progress: Progress) -> None:
        self._reader = reader
        self._containers = reader.containers
        self._options = options
        self._clock = clock
        self._progress = progress
        self._started = clock.now()
        self._waits: list[_Wait] = []

    def run(self, records: t.Mapping[str, Record], concurrency: int) -> list[Record | IBMCloudError]:
        """Wait for all clusters. For each cluster, in the order of ``records``, return the facts or the error."""
        self._reader.check_count(records)
        self._started = self._clock.now()
        self._waits = [_Wait(record) for record in records.values()]
        WorkerPool(concurrency, self._clock, self._show).run(self._waits, self._advance)
        return [wait.result for wait in self._waits if wait.result is not None]

    def _show(self) -> None:
        failed = sum(isinstance(wait.result, IBMCloudError) for wait in self._waits)
        ready = sum(wait.result is not None for wait in self._waits) - failed
        self._progress.show(f"{ready} of {len(self._waits)} clusters ready, {failed} failed")

    def _advance(self, wait: _Wait) -> float | None:
        """Check one cluster. Return the time at which the cluster's next check is due, or None if the wait for the cluster has ended."""
        error: IBMCloudError | None = None
        try:
            wait.result = self._facts_if_ready(wait)
        except IBMCloudError as exc:
            error = exc
        if error and not may_succeed_later(error):
            wait.result = error
        if wait.result is not None:
            return None
        now = self._clock.now()
        elapsed = now - self._started
        left = self._options.timeout - elapsed
        if left > 0:
            waiting = sum(one.result is None for one in self._waits)
            limits = (self._options.longest_pause, self._clock)
            return now + shared_pause(elapsed, left, *limits, waiting=waiting, rate=self._options.rate_limit)
        wait.result = _timeout_error(self._facts(wait.record), elapsed, error)
        return None

    def _facts_if_ready(self, wait: _Wait) -> Record | None:
        """Return the cluster's facts, or None if the cluster is not ready.

        The first check reads the cluster's details only if the record does not yet show that the cluster is ready.

        :raises IBMCloudError: if the cluster will never become ready, or if tokens must not be sent to the cluster's URL.
        """
        self._check(wait.record)
        needs_details = wait.is_checked or not is_usable(self._facts(wait.record))
        wait.is_checked = True
        if needs_details:
            details = self._containers.cluster(str(wait.record["id"]), wait.record)
            wait.record = merge_details(wait.record, details)
            self._check(wait.record)
        return self._reader.read(wait.record) if is_usable(self._facts(wait.record)) else None

    def _check(self, record: Record) -> None:
        check_final_state(record)
        self._reader.check(record)

    def _facts(self, record: Record) -> Record:
        return cluster_facts(record, self._containers.generation.addresses)


def _timeout_error(facts: Record, elapsed: float, error: IBMCloudError | None) -> IBMCloudError:
    """Return the error for a timeout. ``error`` is the error from the last check, if any."""
    reason = f"its state is {facts.get('state') or 'unknown'}"
    if not facts.get("master_url"):
        reason += ", and it has no masterURL"
    if error:
        if not (isinstance(error, APIError) and error.status == 404):
            return error
        # The cluster was in the list, so a hint to check the cluster's name would be wrong.
        reason = f"the service does not recognize the cluster: {error.reason}"
    return LookupFailed(
        f"Cluster {display_name(facts)} is not ready after {elapsed:.0f} s: {reason}",
        kind="not_ready",
        hint="Raise wait_timeout, or try again later.",
    )
