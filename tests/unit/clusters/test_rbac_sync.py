# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the RBAC synchronization and of the wait for authorization."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.rbac_sync import (
    ClusterSync,
    Synchronizer,
    SyncOptions,
    wait_until_authorized,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    IBMCloudError,
    RbacSyncError,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.progress import Progress
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.kubernetes import AccessReview, Kubernetes
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Script, answer, reset

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

    from simulator import Simulator

ADA = "IBMid-2700ABCDEF"
SHOP, TEST, BROKEN, NEVER = (
    "a1shop0dev0000000000",
    "a2shop0test000000000",
    "a8broken0dev00000000",
    "a9never0dev000000000",
)
LEGACY = "0123456789abcdef0123456789abcdef"
YES, NO, ERROR = (
    {"synchronized": True, "error": False},
    {"synchronized": False, "error": False},
    {
        "synchronized": False,
        "error": True,
    },
)


def _synchronized(containers: Containers, fake_time: FakeTime, *clusters: str, **rules: t.Any) -> list[ClusterSync]:
    progress = Progress(lambda _line: None, fake_time.clock)
    synchronizer = Synchronizer(containers, SyncOptions(**rules), fake_time.clock, progress)
    return synchronizer.run({cluster: {"id": cluster} for cluster in clusters}, 1)


class Bench:
    """A simulated fleet whose clock advances with the fake time."""

    def __init__(self, fleet: Simulator, http: HttpClient, fake_time: FakeTime) -> None:
        token = Iam(http, fleet.iam_url).api_key("not-a-real-key/ada+dev=")
        fleet._running.log.reset()
        fake_time.on_sleep = fleet.cloud.advance
        self.fleet = fleet
        self.time = fake_time
        self._containers = Containers(http, fleet.containers_url, BearerAuth(lambda: token.access))

    def run(self, *clusters: str, **rules: t.Any) -> list[ClusterSync]:
        return _synchronized(self._containers, self.time, *clusters, **rules)

    @property
    def calls(self) -> list[str]:
        return [entry.path.rpartition("/")[2] for entry in self.fleet.requests]


@pytest.fixture
def bench(fleet: Simulator, fleet_http: HttpClient, fake_time: FakeTime) -> Bench:
    return Bench(fleet, fleet_http, fake_time)


def test_a_synchronized_cluster_is_not_changed(bench: Bench) -> None:
    """F106: the RBAC status is checked only once."""
    (sync,) = bench.run(LEGACY)

    assert bench.calls == ["getRBACStatus"]
    assert (sync.needs_sync, sync.applied, sync.failure) == (False, False, None)
    assert sync.to_record() == {
        "cluster": LEGACY,
        "id": LEGACY,
        "synchronized": True,
        "applied": False,
        "attempts": 1,
        "elapsed": 0.0,
    }


def test_a_cluster_that_is_not_synchronized_is_synchronized(bench: Bench) -> None:
    (sync,) = bench.run(SHOP)

    assert bench.calls == ["getRBACStatus", "applyRBAC", "getRBACStatus", "getRBACStatus"]
    assert (sync.needs_sync, sync.applied, sync.attempts, sync.failure) == (True, True, 3, None)
    assert sync.to_record()["synchronized"] is True
    assert sync.elapsed == pytest.approx(0.5)


def test_force_always_requests_a_sync(bench: Bench) -> None:
    """IAM policies may have changed since the last sync."""
    (sync,) = bench.run(LEGACY, force=True)

    assert bench.calls == ["getRBACStatus", "applyRBAC", "getRBACStatus"]
    assert (sync.needs_sync, sync.applied) == (True, True)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(("cluster", "wanted"), [(LEGACY, False), (SHOP, True)])
def test_check_mode_requests_no_sync(bench: Bench, cluster: str, wanted: bool, force: bool) -> None:
    """F112: check mode reads the status and predicts the result."""
    (sync,) = bench.run(cluster, apply=False, force=force)

    assert bench.calls == ["getRBACStatus"]
    assert (sync.needs_sync, sync.applied, sync.failure) == (wanted or force, False, None)
    assert bench.time.sleeps == []


def test_without_wait_the_status_is_not_checked_again(bench: Bench) -> None:
    (sync,) = bench.run(SHOP, wait=False)

    assert bench.calls == ["getRBACStatus", "applyRBAC"]
    assert (sync.applied, sync.status.synchronized, sync.failure) == (True, False, None)


def test_an_error_flag_is_an_error(bench: Bench) -> None:
    """F99: IBM's client treats a failed synchronization as a success."""
    (sync,) = bench.run(BROKEN)

    assert isinstance(sync.failure, RbacSyncError)
    assert sync.failure.kind == "rbac_error"
    assert f"cluster {BROKEN} failed: the service reports an error" in str(sync.failure)
    assert "the last state was synchronized=false, error=true after 0.5 s and 3 checks" in str(sync.failure)
    assert (sync.applied, sync.status.synchronized) == (True, False)


def test_a_sync_is_requested_again_after_an_earlier_error(bench: Bench, fleet: Simulator) -> None:
    """The error flag in the first status belongs to an earlier synchronization request."""
    fleet.cluster(BROKEN).rbac.apply(ADA, 0.0)

    (sync,) = bench.run(BROKEN, wait=False)

    assert sync.stale_error is True
    assert (sync.applied, sync.failure) == (True, None)


@pytest.mark.parametrize(
    ("statuses", "kind", "attempts"),
    [
        pytest.param([ERROR, ERROR, YES], "", 3, id="old-error-shown-once-more"),
        pytest.param([ERROR, ERROR, ERROR, NO, YES], "", 5, id="old-error-shown-for-a-while"),
        pytest.param([ERROR, ERROR, NO, ERROR], "rbac_error", 4, id="old-error-and-a-new-one"),
        pytest.param([ERROR, NO, ERROR], "rbac_error", 3, id="old-error-cleared-at-once-and-a-new-one"),
        pytest.param([ERROR] * 50, "rbac_error", 31, id="error-that-is-not-the-old-one-after-30-s"),
        pytest.param([NO, ERROR], "rbac_error", 2, id="new-error-at-once"),
        pytest.param([NO, NO, NO, ERROR], "rbac_error", 4, id="F99-error-after-three"),
        pytest.param([NO, YES, NO], "", 2, id="F101-stops-at-the-first-true"),
        pytest.param([NO, {**YES, "error": True}], "", 2, id="both-flags-count-as-done"),
        pytest.param([{**YES, "error": True}], "", 1, id="both-flags-at-once"),
    ],
)
def test_sequences_of_statuses_have_the_expected_result(
    http: HttpClient, fake_time: FakeTime, statuses: list[dict[str, bool]], kind: str, attempts: int
) -> None:
    """After the statuses of the test case, the service repeats the last status."""
    scripts: list[bytes] = [answer(statuses[0]), answer(b""), *map(answer, statuses[1:])]
    with Loopback(*scripts) as server:
        containers = Containers(http, server.url, BearerAuth(lambda: "t"))
        (sync,) = _synchronized(containers, fake_time, "c")

    assert sync.attempts == attempts
    assert (sync.failure.kind if sync.failure else "") == kind


@pytest.mark.parametrize(("timeout", "checks"), [(0, 2), (10, 19), (100, 47)])
def test_a_sync_that_does_not_finish_is_a_timeout(bench: Bench, timeout: int, checks: int) -> None:
    """F100: the error message contains the last status, the elapsed time and the number of checks."""
    (sync,) = bench.run(NEVER, wait_timeout=timeout)

    assert sync.failure is not None
    assert sync.failure.kind == "rbac_timeout"
    assert f"did not finish within {timeout} s: the last state was synchronized=false, error=false" in str(sync.failure)
    assert f"after {checks} checks" in str(sync.failure)
    assert sync.elapsed == pytest.approx(timeout)
    assert sum(bench.time.sleeps) == pytest.approx(timeout)
    assert sync.attempts == checks


def test_pauses_grow_with_the_elapsed_time(bench: Bench) -> None:
    """A pause lasts a tenth of the elapsed time, but at least 0.5 s and at most the configured maximum."""
    bench.run(NEVER, wait_timeout=120, longest_pause=4)

    pauses, passed = bench.time.sleeps[:-1], 0.0
    for pause in pauses:
        assert pause == pytest.approx(max(0.5, min(4.0, passed / 10)))
        passed += pause
    assert len(pauses) < 60


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 0.375), (0.5, 0.4375), (1.0, 0.5)])
def test_pauses_have_jitter(bench: Bench, chance: float, pause: float) -> None:
    """Jitter shortens pauses by up to a quarter, so that concurrent runs do not poll at the same time."""
    bench.time.chance = chance

    bench.run(SHOP)

    assert bench.time.sleeps[0] == pytest.approx(pause)


def test_all_syncs_are_requested_before_the_first_wait(bench: Bench) -> None:
    """The run takes as long as the slowest synchronization, not as long as all synchronizations together."""
    syncs = bench.run(SHOP, TEST, LEGACY)

    first_look = bench.calls.index("getRBACStatus", bench.calls.index("applyRBAC"))
    assert bench.calls[:5] == ["getRBACStatus", "applyRBAC", "getRBACStatus", "applyRBAC", "getRBACStatus"]
    assert first_look == 2
    assert bench.calls.count("applyRBAC") == 2
    assert [sync.cluster for sync in syncs] == [SHOP, TEST, LEGACY]
    assert all(sync.status.synchronized for sync in syncs)
    assert sum(bench.time.sleeps) == pytest.approx(1.0, abs=0.5)


def test_a_failed_cluster_does_not_stop_the_others(bench: Bench) -> None:
    """F107: the result contains a separate entry and error for each cluster."""
    syncs = bench.run(BROKEN, SHOP, "nowhere", NEVER, wait_timeout=5)

    kinds = [sync.failure.kind if sync.failure else "" for sync in syncs]
    assert kinds == ["rbac_error", "", "rbac_timeout", "rbac_timeout"]
    assert [sync.status.synchronized for sync in syncs] == [False, True, False, False]
    assert [sync.applied for sync in syncs] == [True, True, False, True]


def test_an_unknown_cluster_is_checked_until_the_timeout(bench: Bench) -> None:
    """The cluster was in the list of clusters, so HTTP 404 is treated as a transient error."""
    (sync,) = bench.run("nowhere", wait_timeout=5)

    assert sync.failure is not None
    assert (sync.failure.kind, sync.applied) == ("rbac_timeout", False)
    assert "G0004" in str(sync.failure)


def test_a_transient_error_of_a_check_is_retried(http: HttpClient, fake_time: FakeTime) -> None:
    """F104: HTTP 500, HTTP 429 and a connection reset are transient errors."""
    scripts: list[Script | bytes] = [
        *(answer(NO), answer(b""), answer(status=500), answer(NO)),
        *(answer(status=429), reset, answer(YES)),
    ]
    with Loopback(*scripts) as server:
        containers = Containers(http, server.url, BearerAuth(lambda: "t"))
        (sync,) = _synchronized(containers, fake_time, "c")

        assert len(server.seen) == len(scripts)

    assert (sync.failure, sync.attempts) == (None, 3)


def test_an_unexpected_exception_is_raised(http: HttpClient, fake_time: FakeTime) -> None:
    """Only the collection's own errors are stored as a cluster's error."""

    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _synchronized(Containers(http, "https://a.example", BearerAuth(broken)), fake_time, "c")


def test_an_empty_list_sends_no_request(bench: Bench) -> None:
    """I38: an empty list of clusters is valid."""
    assert bench.run() == []
    assert bench.calls == []


def test_sync_errors_have_the_base_class() -> None:
    """The module runner handles only exceptions with this base class."""
    assert issubclass(RbacSyncError, IBMCloudError)


# Waiting for authorization

MAY, MAY_NOT = answer({"status": {"allowed": True}}), answer({"status": {"allowed": False}})


def _wait(
    http: HttpClient, fake_time: FakeTime, *scripts: Script | bytes, timeout: float | None, longest: float = 5
) -> tuple[bool, int]:
    """Wait for authorization with these responses. Return whether the user is authorized, and the number of requests."""
    with Loopback(*scripts) as server:
        allowed = wait_until_authorized(
            Kubernetes(http, server.url, BearerAuth(lambda: "t"), ca=None),
            AccessReview("create", "pods"),
            wait_timeout=timeout,
            longest_pause=longest,
            clock=fake_time.clock,
        )
        return allowed, len(server.seen)


@pytest.mark.parametrize(("script", "allowed"), [(MAY, True), (MAY_NOT, False)])
def test_without_a_timeout_authorization_is_checked_once(
    http: HttpClient, fake_time: FakeTime, script: bytes, allowed: bool
) -> None:
    assert _wait(http, fake_time, script, timeout=None) == (allowed, 1)
    assert fake_time.sleeps == []


@pytest.mark.parametrize("questions", [1, 2, 9])
def test_the_wait_ends_when_the_user_is_authorized(http: HttpClient, fake_time: FakeTime, questions: int) -> None:
    assert _wait(http, fake_time, *[MAY_NOT] * (questions - 1), MAY, timeout=60) == (True, questions)
    assert len(fake_time.sleeps) == questions - 1


@pytest.mark.parametrize(("timeout", "questions"), [(0, 1), (0.5, 2), (10, 18), (100, 46)])
def test_a_user_who_is_not_authorized_is_a_timeout(
    http: HttpClient, fake_time: FakeTime, timeout: float, questions: int
) -> None:
    """The error message contains the permission, the elapsed time and the number of checks."""
    with pytest.raises(RbacSyncError) as caught:
        _wait(http, fake_time, MAY_NOT, timeout=timeout)

    assert caught.value.kind == "rbac_timeout"
    assert (
        caught.value.reason
        == f"The user is still not allowed to create pods after {timeout:.1f} s and {questions} checks"
    )
    assert "cluster_rbac_sync" in caught.value.hint
    assert sum(fake_time.sleeps) == pytest.approx(timeout)


def test_pauses_between_authorization_checks_grow(http: HttpClient, fake_time: FakeTime) -> None:
    """The pauses are as long as those of the RBAC synchronization."""
    with pytest.raises(RbacSyncError):
        _wait(http, fake_time, MAY_NOT, timeout=120, longest=4)

    passed = 0.0
    for pause in fake_time.sleeps[:-1]:
        assert pause == pytest.approx(max(0.5, min(4.0, passed / 10)))
        passed += pause


@pytest.mark.parametrize("status", [401, 403])
def test_a_rejected_token_ends_the_wait(http: HttpClient, fake_time: FakeTime, status: int) -> None:
    """The cluster would also reject the token in a later check."""
    with pytest.raises(APIError):
        _wait(http, fake_time, MAY_NOT, answer(status=status), timeout=60)

    assert len(fake_time.sleeps) == 1


def test_a_transient_error_does_not_end_the_wait(http: HttpClient, fake_time: FakeTime) -> None:
    assert _wait(http, fake_time, MAY_NOT, answer(status=503), reset, MAY, timeout=60) == (True, 4)


def test_the_wait_ends_after_the_synchronization(bench: Bench, fleet_http: HttpClient, fleet: Simulator) -> None:
    iam = Iam(fleet_http, fleet.iam_url)
    token = iam.exchange(iam.delegate(iam.api_key("not-a-real-key/ada+dev=").refresh)).id
    state = fleet.cluster(SHOP)
    cluster = Kubernetes(
        fleet_http, state.master_url or "", BearerAuth(lambda: token), ca=state.serving_ca_pem.decode()
    )
    bench.run(SHOP, wait=False)

    assert (
        wait_until_authorized(cluster, AccessReview(), wait_timeout=10, longest_pause=5, clock=bench.time.clock) is True
    )
    assert bench.time.sleeps == [0.5]
