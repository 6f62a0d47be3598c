# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Synchronise the caller's access with clusters: ask first, request where needed, wait with a bound.

The service answers a request at once and works on it afterwards. IBM's own client gives up on that silently, and takes
``error: true`` for success; here both are failures.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import APIError, IBMCloudError, SyncError
from .._core.worker_pool import Fleet
from .._http.error_messages import may_pass
from .._services.containers import Containers, RBACStatus

if t.TYPE_CHECKING:
    from .._core.clock import Timing
    from .._core.progress import Progress
    from .._services.kubernetes import Access, Kubernetes

# A pause is a tenth of what has passed, so that a sync of any length is noticed about 10 % late.
_FRACTION = 0.1
_SHORTEST_PAUSE = 0.5
# How long an error that stood there before the request may be the old one, in seconds [inferred].
_STALE = 30.0
# How long a service that has taken the request may not know of it yet, in seconds [inferred].
_UNHEARD = 10.0


@dataclass(frozen=True)
class Rules:
    """How far to go. Times in seconds; ``longest_pause`` lies between two looks at one cluster."""

    apply: bool = True
    force: bool = False
    wait: bool = True
    wait_timeout: float = 300
    longest_pause: float = 5
    pace: float = 0  # requests per second that the looks at all waiting clusters may take together; 0 for any number


@dataclass
class Sync:
    """One cluster on its way. ``attempts`` counts the looks at its status."""

    cluster: str
    id: str  # empty when there is no such cluster
    wanted: bool = False
    applied: bool = False
    attempts: int = 0
    started: float = 0.0
    elapsed: float = 0.0
    stale_error: bool = False
    last: RBACStatus = RBACStatus(False, False)
    failure: IBMCloudError | None = None

    def to_result(self) -> dict[str, t.Any]:
        """Return the documented entry of ``clusters``."""
        result: dict[str, t.Any] = {
            "cluster": self.cluster,
            "id": self.id,
            "synchronized": self.last.synchronized,
            "applied": self.applied,
            "attempts": self.attempts,
            "elapsed": round(self.elapsed, 3),
        }
        if self.failure is not None:
            result.update(msg=str(self.failure), error=self.failure.to_result())
        return {name: value for name, value in result.items() if value != ""}


class Synchroniser:
    """Brings clusters in step; all requests go out before the first wait, and whoever waits holds no thread.

    With ``apply`` false nothing is sent, and ``Sync.wanted`` says what would be.
    """

    def __init__(self, containers: Containers, rules: Rules, timing: Timing, progress: Progress) -> None:
        self._containers = containers
        self._rules = rules
        self._timing = timing
        self._progress = progress
        self._syncs: list[Sync] = []

    def run(self, clusters: t.Mapping[str, str], concurrency: int) -> list[Sync]:
        """Synchronise the clusters (name -> ID), and return one entry for each, in order."""
        self._syncs = [Sync(cluster, identifier) for cluster, identifier in clusters.items()]
        Fleet(concurrency, self._timing, self._show).run(self._syncs, self._step)
        return self._syncs

    def _show(self) -> None:
        done = sum(sync.last.synchronized for sync in self._syncs)
        failed = sum(sync.failure is not None for sync in self._syncs)
        self._progress.show(f"{done} of {len(self._syncs)} synchronised, {failed} failed")

    def _step(self, sync: Sync) -> float | None:
        """Do one step for one cluster, and say when the next is due. A failure stays with the cluster that it is of."""
        try:
            pause = self._look(sync) if sync.applied else self._ask_and_apply(sync)
        except IBMCloudError as exc:
            sync.failure = exc
            return None
        return None if pause is None else self._timing.clock() + pause

    def _ask_and_apply(self, sync: Sync) -> float | None:
        sync.last = self._containers.rbac_status(sync.id)
        sync.stale_error = sync.last.error
        sync.attempts = 1
        # An error that stands there from an earlier request is a reason to ask again, not to fail.
        sync.wanted = self._rules.force or not sync.last.synchronized
        if not (sync.wanted and self._rules.apply):
            return None
        self._containers.apply_rbac(sync.id)
        sync.applied = True
        sync.started = self._timing.clock()
        return 0.0 if self._rules.wait else None

    def _look(self, sync: Sync) -> float | None:
        rules = self._rules
        fault: IBMCloudError | None = None
        sync.attempts += 1
        try:
            sync.last = self._containers.rbac_status(sync.id)
        except IBMCloudError as exc:
            fault = exc
        sync.elapsed = self._timing.clock() - sync.started
        if fault and not may_pass(fault) and not _is_unheard(fault, sync):
            raise fault
        if sync.last.synchronized and not fault:
            return None
        # The service may show an older error until it has picked the new request up.
        sync.stale_error = sync.stale_error and sync.last.error and sync.elapsed < _STALE
        if sync.last.error and not sync.stale_error:
            raise SyncError(
                f"The RBAC synchronisation of cluster {sync.cluster} failed: the service reports an error, "
                f"last state synchronized=false, error=true after {sync.elapsed:.1f} s and {sync.attempts} checks",
                kind="rbac_error",
                hint="Run it again; if it fails again, check the identity's access to the cluster and its state.",
            )
        left = rules.wait_timeout - sync.elapsed
        if left <= 0:
            raise fault or SyncError(
                f"The RBAC synchronisation of cluster {sync.cluster} did not finish within {rules.wait_timeout:g} s: "
                f"last state synchronized=false, error={str(sync.last.error).lower()} after {sync.attempts} checks",
                kind="rbac_timeout",
                hint="It goes on at the service: raise wait_timeout, or run this again later.",
            )
        return max(_pause(sync.elapsed, left, rules.longest_pause, self._timing), min(left, self._turn()))

    def _turn(self) -> float:
        """Return how long one look at each waiting cluster takes, in seconds. Looks must not use up the burst and then wait for it."""
        waiting = sum(sync.applied and not sync.last.synchronized and sync.failure is None for sync in self._syncs)
        return waiting / self._rules.pace if self._rules.pace else 0.0


def _is_unheard(fault: IBMCloudError, sync: Sync) -> bool:
    """Say whether the service does not know of the request yet: of the cluster it knew before it."""
    return isinstance(fault, APIError) and fault.status == 404 and sync.elapsed < _UNHEARD


def until_authorized(
    cluster: Kubernetes, access: Access, *, wait_timeout: float | None, longest_pause: float, timing: Timing
) -> bool:
    """Return whether the cluster lets us do this; with a ``wait_timeout`` (seconds) ask until it does.

    :raises SyncError: when it does not within that time.
    """
    started = timing.clock()
    attempts = 0
    while True:
        attempts += 1
        if cluster.allows(access):
            return True
        if wait_timeout is None:
            return False
        elapsed = timing.clock() - started
        if elapsed >= wait_timeout:
            raise SyncError(
                f"The user may still not {access.verb} {access.resource} after {elapsed:.1f} s and {attempts} questions",
                kind="rbac_timeout",
                hint="Run ibmcloud.kubernetes.cluster_rbac_sync, or check the identity's roles in the cluster.",
            )
        timing.sleep(_pause(elapsed, wait_timeout - elapsed, longest_pause, timing))


def _pause(elapsed: float, left: float, longest_pause: float, timing: Timing) -> float:
    """Return how long to wait after ``elapsed`` seconds. Jitter keeps runs apart; the last look is at the end."""
    longest = max(_SHORTEST_PAUSE, min(longest_pause, _FRACTION * elapsed))
    return min(left, longest * (0.75 + timing.random() / 4))
