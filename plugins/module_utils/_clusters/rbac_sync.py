# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Synchronize the caller's IAM access with the RBAC of clusters.

The containers service processes a synchronization request asynchronously. IBM's own client does not report an error if the synchronization
times out, and treats ``error: true`` as success. This collection reports an error in both cases.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.errors import APIError, IBMCloudError, RbacSyncError
from .._core.worker_pool import WorkerPool
from .._services.containers import Containers, RBACStatus
from .cluster_facts import check_final_state
from .cluster_states import USABLE_STATES
from .polling_pauses import may_succeed_later, next_pause, shared_pause

if t.TYPE_CHECKING:
    from .._core.clock import Clock
    from .._core.progress import Progress
    from .._services.cluster_records import Record
    from .._services.kubernetes import AccessReview, Kubernetes

# For this number of seconds after a request, the service may still report an earlier error [inferred: rbac-stale-error].
_STALE_ERROR_AGE = 30.0


@dataclass(frozen=True)
class SyncOptions:
    """Options for a synchronization. Times are in seconds. ``longest_pause`` limits the pause between two checks of a cluster.

    If ``apply`` is false, no synchronization is requested, and ``ClusterSync.needs_sync`` is a prediction. ``rate_limit`` is the maximum
    number of requests per second for all checks together, or 0 for no limit.
    """

    apply: bool = True
    force: bool = False
    wait: bool = True
    wait_timeout: float = 300
    longest_pause: float = 5
    rate_limit: float = 0


@dataclass
class ClusterSync:
    """The progress of one cluster's synchronization. ``attempts`` is the number of status checks."""

    cluster: str
    record: Record = field(repr=False)
    needs_sync: bool = False
    applied: bool = False
    attempts: int = 0
    started: float | None = None
    elapsed: float = 0.0
    stale_error: bool = False
    status: RBACStatus = RBACStatus(synchronized=False, error=False)
    failure: IBMCloudError | None = None

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def is_waiting(self) -> bool:
        # A cluster counts as synchronized even if the error flag is also set [inferred: rbac-both-flags].
        return self.started is not None and not self.status.synchronized and self.failure is None

    def to_record(self) -> Record:
        """Return the cluster's record, with the keys that the ``cluster_rbac_sync`` module adds."""
        return {
            **self.record,
            "cluster": self.cluster,
            "synchronized": self.status.synchronized,
            "applied": self.applied,
            "attempts": self.attempts,
            "elapsed": round(self.elapsed, 3),
        }


class Synchronizer:
    """Synchronizes many clusters. All synchronizations are requested before the first wait. Waiting clusters do not occupy threads."""

    def __init__(self, containers: Containers, options: SyncOptions, clock: Clock, progress: Progress) -> None:
        self._containers = containers
        self._options = options
        self._clock = clock
        self._progress = progress
        self._syncs: list[ClusterSync] = []

    def run(self, clusters: t.Mapping[str, Record], concurrency: int) -> list[ClusterSync]:
        """Synchronize the clusters, and return their ``ClusterSync`` objects in the same order. ``clusters`` maps each label to a record."""
        self._syncs = [ClusterSync(label, record) for label, record in clusters.items()]
        WorkerPool(concurrency, self._clock, self._show).run(self._syncs, self._advance)
        return self._syncs

    def _show(self) -> None:
        done = sum(sync.status.synchronized for sync in self._syncs)
        failed = sum(sync.failure is not None for sync in self._syncs)
        self._progress.show(f"{done} of {len(self._syncs)} clusters synchronized, {failed} failed")

    def _advance(self, sync: ClusterSync) -> float | None:
        """Perform a cluster's next step. Return the time at which the following step is due, or None if no step is left."""
        try:
            pause = self._poll(sync) if sync.applied else self._check_and_apply(sync)
        except IBMCloudError as exc:
            sync.failure = exc
            return None
        return None if pause is None else self._clock.now() + pause

    def _check_and_apply(self, sync: ClusterSync) -> float | None:
        """Request the synchronization if necessary. Return the pause in seconds before the next step, or None if no step is left."""
        options = self._options
        if sync.started is None:
            sync.status = self._first_status(sync)
            # An error from an earlier request is not a failure, because the synchronization is requested again.
            sync.stale_error = sync.status.error
            sync.needs_sync = options.force or not sync.status.synchronized
            if sync.needs_sync:
                check_final_state(sync.record)
            if not (sync.needs_sync and options.apply):
                return None
            sync.started = self._clock.now()
        try:
            self._containers.apply_rbac(sync.id, sync.record)
        except IBMCloudError as exc:
            if not options.wait or not _is_not_ready(exc):
                raise
            return self._next_pause(sync, exc)
        sync.applied = True
        return 0.0 if options.wait else None

    def _first_status(self, sync: ClusterSync) -> RBACStatus:
        sync.attempts = 1
        try:
            return self._containers.rbac_status(sync.id)
        except APIError as exc:
            # For a minute or two after a cluster is created, the service returns HTTP 404 or 503. The synchronization can be requested
            # even if the status is unknown.
            if exc.status != 404 and not (_is_not_ready(exc) and self._options.apply and self._options.wait):
                raise
        return RBACStatus(synchronized=False, error=False)

    def _poll(self, sync: ClusterSync) -> float | None:
        """Check the status of a requested synchronization.

        Return the pause in seconds before the next check, or None if the cluster is synchronized.
        """
        error: IBMCloudError | None = None
        sync.attempts += 1
        try:
            sync.status = self._containers.rbac_status(sync.id)
        except IBMCloudError as exc:
            if not may_succeed_later(exc):
                raise
            error = exc
        pause = self._next_pause(sync, error) if error or not sync.status.synchronized else None
        if pause is None:
            sync.elapsed = self._clock.now() - t.cast("float", sync.started)
        return pause

    def _next_pause(self, sync: ClusterSync, error: IBMCloudError | None) -> float:
        """Return the pause in seconds before the next step.

        :raises RbacSyncError: if the service reports an error, or if ``wait_timeout`` has elapsed.
        """
        options = self._options
        sync.elapsed = self._clock.now() - t.cast("float", sync.started)
        state = f"the last state was synchronized=false, error={str(sync.status.error).lower()} after"
        # The service may report an older error until the new request is processed.
        sync.stale_error = sync.stale_error and sync.status.error and sync.elapsed < _STALE_ERROR_AGE
        if sync.applied and sync.status.error and not sync.stale_error and not error:
            raise RbacSyncError(
                f"The RBAC synchronization of cluster {sync.cluster} failed: the service reports an error; "
                f"{state} {sync.elapsed:.1f} s and {sync.attempts} checks",
                kind="rbac_error",
                hint="Try again. If the synchronization fails again, check the identity's access to the cluster and the cluster's state.",
            )
        left = options.wait_timeout - sync.elapsed
        if left > 0:
            waiting = sum(one.is_waiting for one in self._syncs)
            limits = (options.longest_pause, self._clock)
            return shared_pause(sync.elapsed, left, *limits, waiting=waiting, rate=options.rate_limit)
        shown = sync.record.get("state")
        note = "" if shown in (None, *USABLE_STATES) else f"; the cluster's state is {shown}"
        if error and not (isinstance(error, APIError) and error.status == 404):
            error.reason += note
            raise error
        if error:
            # The cluster was in the list, so a hint to check the cluster's name would be wrong.
            state = f"the service does not recognize the cluster yet ({error.reason}) after"
        raise RbacSyncError(
            f"The RBAC synchronization of cluster {sync.cluster} did not finish within {options.wait_timeout:g} s: "
            f"{state} {sync.attempts} checks{note}",
            kind="rbac_timeout",
            hint="The service continues the synchronization. Raise wait_timeout, or try again later.",
        )


def _is_not_ready(error: IBMCloudError) -> bool:
    """Return whether the error shows that the service is not ready for the cluster yet.

    For a new cluster, the RBAC calls fail with HTTP 404 or 503 [inferred: rbac-new-cluster].
    """
    return isinstance(error, APIError) and error.status in (404, 503)


def needs_sync(record: Record) -> bool:
    """Return whether the cluster would reject a login because check mode did not synchronize the cluster."""
    return record.get("type") == "openshift" and record.get("synchronized") is False


def request_without_status(containers: Containers, record: Record, *, apply: bool) -> Record:
    """Request the synchronization in an API generation that does not report the RBAC status. Return the record with ``applied`` added.

    No request is sent if ``apply`` is false, or if the generation does not support the request.
    """
    applied = apply and containers.generation.kubeconfig_call_syncs_rbac
    if applied:
        check_final_state(record)
        containers.apply_rbac(str(record["id"]), record)
    return {**record, "applied": applied}


def wait_until_authorized(
    cluster: Kubernetes, access: AccessReview, *, wait_timeout: float | None, longest_pause: float, clock: Clock
) -> bool:
    """Return whether the cluster grants the access. If ``wait_timeout`` (in seconds) is given, repeat the check until the access is granted.

    :raises RbacSyncError: if the cluster does not grant the access within ``wait_timeout``.
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
                f"The user is still not allowed to {access.verb} {access.resource} after {elapsed:.1f} s and {attempts} checks",
                kind="rbac_timeout",
                hint="Run ibmcloud.kubernetes.cluster_rbac_sync, or check the identity's roles in the cluster.",
            )
        clock.sleep(next_pause(elapsed, wait_timeout - elapsed, longest_pause, clock))
