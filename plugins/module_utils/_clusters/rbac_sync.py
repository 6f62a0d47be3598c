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

from .._core.errors import APIError, IBMCloudError, RbacSyncError
from .._core.worker_pool import WorkerPool
from .._http.error_messages import is_transient
from .._services.containers import Containers, RBACStatus

if t.TYPE_CHECKING:
    from .._core.clock import Clock
    from .._core.progress import Progress
    from .._services.kubernetes import AccessReview, Kubernetes

# A pause is a tenth of what has passed, so that a sync of any length is noticed about 10 % late.
_FRACTION = 0.1
_SHORTEST_PAUSE = 0.5
# How long an error that stood there before the request may be the old one, in seconds [inferred].
_STALE_ERROR_AGE = 30.0
# How long a service that has taken the request may not know of it yet, in seconds [inferred].
_VISIBILITY_DELAY = 10.0


@dataclass(frozen=True)
class SyncOptions:
    """How far to go. Times in seconds; ``longest_pause`` lies between two looks at one cluster."""

    apply: bool = True
    force: bool = False
    wait: bool = True
    wait_timeout: float = 300
    longest_pause: float = 5
    pace: float = 0  # requests per second that the looks at all waiting clusters may take together; 0 for any number


@dataclass
class ClusterSync:
    """One cluster on its way. ``attempts`` counts the looks at its status."""

    cluster: str
    id: str  # empty when there is no such cluster
    needs_sync: bool = False
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


class Synchronizer:
    """Brings clusters in step; all requests go out before the first wait, and whoever waits holds no thread.

    With ``apply`` false nothing is sent, and ``Sync.wanted`` says what would be.
    """

    def __init__(self, containers: Containers, rules: SyncOptions, clock: Clock, progress: Progress) -> None:
        self._containers = containers
        self._rules = rules
        self._clock = clock
        self._progress = progress
        self._syncs: list[ClusterSync] = []

    def run(self, clusters: t.Mapping[str, str], concurrency: int) -> list[ClusterSync]:
        """Synchronise the clusters (name -> ID), and return one entry for each, in order."""
        self._syncs = [ClusterSync(cluster, identifier) for cluster, identifier in clusters.items()]
        WorkerPool(concurrency, self._clock, self._show).run(self._syncs, self._advance)
        return self._syncs

    def _show(self) -> None:
        done = sum(sync.last.synchronized for sync in self._syncs)
        failed = sum(sync.failure is not None for sync in self._syncs)
        self._progress.show(f"{done} of {len(self._syncs)} synchronised, {failed} failed")

    def _advance(self, sync: ClusterSync) -> float | None:
        """Do one step for one cluster, and say when the next is due. A failure stays with the cluster that it is of."""
        try:
            pause = self._poll(sync) if sync.applied else self._ask_and_apply(sync)
        except IBMCloudError as exc:
            sync.failure = exc
            return None
        return None if pause is None else self._clock.now() + pause

    def _ask_and_apply(self, sync: ClusterSync) -> float | None:
        sync.last = self._containers.rbac_status(sync.id)
        sync.stale_error = sync.last.error
        sync.attempts = 1
        # An error that stands there from an earlier request is a reason to ask again, not to fail.
        sync.needs_sync = self._rules.force or not sync.last.synchronized
        if not (sync.needs_sync and self._rules.apply):
            return None
        self._containers.apply_rbac(sync.id)
        sync.applied = True
        sync.started = self._clock.now()
        return 0.0 if self._rules.wait else None

    def _poll(self, sync: ClusterSync) -> float | None:
        rules = self._rules
        error: IBMCloudError | None = None
        sync.attempts += 1
        try:
            sync.last = self._containers.rbac_status(sync.id)
        except IBMCloudError as exc:
            error = exc
        sync.elapsed = self._clock.now() - sync.started
        if error and not is_transient(error) and not _not_visible_yet(error, sync):
            raise error
        if sync.last.synchronized and not error:
            return None
        # The service may show an older error until it has picked the new request up.
        sync.stale_error = sync.stale_error and sync.last.error and sync.elapsed < _STALE_ERROR_AGE
        if sync.last.error and not sync.stale_error:
            raise RbacSyncError(
                f"The RBAC synchronisation of cluster {sync.cluster} failed: the service reports an error, "
                f"last state synchronized=false, error=true after {sync.elapsed:.1f} s and {sync.attempts} checks",
                kind="rbac_error",
                hint="Run it again; if it fails again, check the identity's access to the cluster and its state.",
            )
        left = rules.wait_timeout - sync.elapsed
        if left <= 0:
            raise error or RbacSyncError(
                f"The RBAC synchronisation of cluster {sync.cluster} did not finish within {rules.wait_timeout:g} s: "
                f"last state synchronized=false, error={str(sync.last.error).lower()} after {sync.attempts} checks",
                kind="rbac_timeout",
                hint="It goes on at the service: raise wait_timeout, or run this again later.",
            )
        return max(_pause(sync.elapsed, left, rules.longest_pause, self._clock), min(left, self._fair_share()))

    def _fair_share(self) -> float:
        """Return how long one look at each waiting cluster takes, in seconds. Looks must not use up the burst and then wait for it."""
        waiting = sum(sync.applied and not sync.last.synchronized and sync.failure is None for sync in self._syncs)
        return waiting / self._rules.pace if self._rules.pace else 0.0


def _not_visible_yet(error: IBMCloudError, sync: ClusterSync) -> bool:
    """Say whether the service does not know of the request yet: of the cluster it knew before it."""
    return isinstance(error, APIError) and error.status == 404 and sync.elapsed < _VISIBILITY_DELAY


def wait_until_authorized(
    cluster: Kubernetes, access: AccessReview, *, wait_timeout: float | None, longest_pause: float, clock: Clock
) -> bool:
    """Return whether the cluster lets us do this; with a ``wait_timeout`` (seconds) ask until it does.

    :raises SyncError: when it does not within that time.
    """
    started = clock.now()
    attempts = 0
    while True:
        attempts += 1
        if cluster.can(access):
            return True
        if wait_timeout is None:
            return False
        elapsed = clock.now() - started
        if elapsed >= wait_timeout:
            raise RbacSyncError(
                f"The user may still not {access.verb} {access.resource} after {elapsed:.1f} s and {attempts} questions",
                kind="rbac_timeout",
                hint="Run ibmcloud.kubernetes.cluster_rbac_sync, or check the identity's roles in the cluster.",
            )
        clock.sleep(_pause(elapsed, wait_timeout - elapsed, longest_pause, clock))


def _pause(elapsed: float, left: float, longest_pause: float, clock: Clock) -> float:
    """Return how long to wait after ``elapsed`` seconds. Jitter keeps runs apart; the last look is at the end."""
    longest = max(_SHORTEST_PAUSE, min(longest_pause, _FRACTION * elapsed))
    return min(left, longest * (0.75 + clock.random() / 4))
