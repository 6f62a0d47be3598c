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
from dataclasses import dataclass, field

from ._containers import Containers, RBACStatus
from ._errors import IBMCloudError, SyncError

if t.TYPE_CHECKING:
    from ._kubernetes import Access, Kubernetes
    from ._timing import Timing

# A pause is a tenth of what has passed, so that a sync of any length is noticed about 10 % late.
_FRACTION = 0.1
_SHORTEST_PAUSE = 0.5
# How long an error that stood there before the request may be the old one, in seconds [inferred].
_STALE = 30.0


@dataclass(frozen=True)
class Rules:
    """How far to go. Times in seconds; ``longest_pause`` lies between two looks at one cluster."""

    apply: bool = True
    force: bool = False
    wait: bool = True
    wait_timeout: float = 300
    longest_pause: float = 5


@dataclass
class Sync:
    """One cluster on its way. ``attempts`` counts the looks at its status."""

    cluster: str
    id: str
    wanted: bool = False
    applied: bool = False
    attempts: int = 0
    started: float = 0.0
    elapsed: float = 0.0
    due: float = 0.0
    stale_error: bool = False
    last: RBACStatus = RBACStatus(False, False)
    failure: IBMCloudError | None = None
    done: bool = field(default=False)

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
            result["error"] = self.failure.to_result()
        return result


_Step = t.Callable[["Containers", Sync, Rules, "Timing"], None]


def synchronise(containers: Containers, clusters: t.Mapping[str, str], rules: Rules, timing: Timing) -> list[Sync]:
    """Bring all clusters (name -> ID) in step; requests go out to all before the first wait.

    Return one entry for each. With ``apply`` false nothing is sent, and ``wanted`` says what would be.
    """
    syncs = [Sync(cluster, identifier) for cluster, identifier in clusters.items()]
    for sync in syncs:
        _guarded(_ask_and_apply, containers, sync, rules, timing)
    waiting = [sync for sync in syncs if not sync.done]
    while waiting:
        sync = min(waiting, key=lambda sync: sync.due)
        pause = sync.due - timing.clock()
        if pause > 0:
            timing.sleep(pause)
        _guarded(_look, containers, sync, rules, timing)
        waiting = [sync for sync in waiting if not sync.done]
    return syncs


def failures(syncs: list[Sync]) -> IBMCloudError | None:
    """Return the error for the whole run, or None when every cluster is as it should be."""
    failed = [sync for sync in syncs if sync.failure is not None]
    if not failed:
        return None
    first = t.cast("IBMCloudError", failed[0].failure)
    if len(syncs) == 1:
        reason, hint = first.reason, first.hint
    else:
        names = "; ".join(f"{sync.cluster}: {t.cast('IBMCloudError', sync.failure).reason}" for sync in failed)
        reason, hint = f"{len(failed)} of {len(syncs)} clusters failed: {names}", "The result lists every cluster."
    parts = first.details() if len(syncs) == 1 else {}
    return SyncError(reason, kind=first.kind, hint=hint, parts=parts, clusters=[sync.to_result() for sync in syncs])


def _guarded(step: _Step, containers: Containers, sync: Sync, rules: Rules, timing: Timing) -> None:
    """Do one step for one cluster; its failure is kept with it and does not stop the others."""
    try:
        step(containers, sync, rules, timing)
    except IBMCloudError as exc:
        sync.failure = exc
        sync.done = True


def _ask_and_apply(containers: Containers, sync: Sync, rules: Rules, timing: Timing) -> None:
    sync.started = timing.clock()
    sync.last = containers.rbac_status(sync.id)
    sync.stale_error = sync.last.error
    sync.attempts = 1
    # An error that stands there from an earlier request is a reason to ask again, not to fail.
    sync.wanted = rules.force or not sync.last.synchronized
    if sync.wanted and rules.apply:
        containers.apply_rbac(sync.id)
        sync.applied = True
        sync.started = sync.due = timing.clock()
    sync.done = not (sync.applied and rules.wait)


def _look(containers: Containers, sync: Sync, rules: Rules, timing: Timing) -> None:
    sync.last = containers.rbac_status(sync.id)
    sync.attempts += 1
    sync.elapsed = timing.clock() - sync.started
    if sync.last.synchronized:
        sync.done = True
        return
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
        raise SyncError(
            f"The RBAC synchronisation of cluster {sync.cluster} did not finish within {rules.wait_timeout:g} s: "
            f"last state synchronized=false, error={str(sync.last.error).lower()} after {sync.attempts} checks",
            kind="rbac_timeout",
            hint="It goes on at the service: raise wait_timeout, or run this again later.",
        )
    sync.due = timing.clock() + _pause(sync.elapsed, left, rules.longest_pause, timing)


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
    return min(left, longest * (0.75 + timing.random() / 2))
