# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the RBAC synchronization of many clusters: duration, transient errors and progress messages."""

from __future__ import annotations

import functools
import json
import re
import threading
import time
import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.rbac_sync import (
    ClusterSync,
    Synchronizer,
    SyncOptions,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import CallError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.progress import Progress
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.rate_limiter import RateLimiter
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RetryPolicy
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Peer, answer, goodbye, reset


class Service:
    """A service that completes each cluster's sync some time after the request.

    ``seconds`` contains this time for each cluster. ``faults`` contains the responses and errors for the next checks, in order.
    """

    def __init__(self, clock: t.Callable[[], float], seconds: dict[str, float], *, cost: float = 0.0) -> None:
        self.calls: list[tuple[str, str]] = []
        self.applied: dict[str, float] = {}
        self.most = 0
        self.faults: list[t.Callable[[Peer], None] | bytes] = []
        self.on_apply: t.Callable[[], None] = lambda: None
        self._now = clock
        self._seconds = seconds
        self._cost = cost
        self._busy = 0
        self._lock = threading.Lock()
        self.server = Loopback(self._play, keep=True)

    def _play(self, peer: Peer) -> None:
        with self._lock:
            self._busy += 1
            self.most = max(self.most, self._busy)
        time.sleep(self._cost)
        url = urllib.parse.urlsplit(peer.request.target)
        path = url.path.rpartition("/")[2]
        if path == "applyRBAC":
            cluster = json.loads(peer.request.body)["cluster"]
            self.applied.setdefault(cluster, self._now())
            self.on_apply()
            reply: t.Callable[[Peer], None] | bytes = answer(b"", keep=True)
        else:
            cluster = urllib.parse.parse_qs(url.query)["cluster"][0]
            done = cluster in self.applied and self._now() - self.applied[cluster] >= self._seconds[cluster]
            reply = answer({"synchronized": done, "error": False}, keep=True)
            if cluster in self.applied and self.faults:
                reply = self.faults.pop(0)
        with self._lock:
            self._busy -= 1
            self.calls.append((path, cluster))
        if isinstance(reply, bytes):
            peer.send(reply)
        else:
            reply(peer)


def _run(
    service: Service,
    http: HttpClient,
    clock: Clock,
    *,
    concurrency: int = 1,
    lines: list[str] | None = None,
    **rules: t.Any,
) -> list[ClusterSync]:
    containers = Containers(http, service.server.url, BearerAuth(lambda: "t"))
    progress = Progress((lines if lines is not None else []).append, clock)
    clusters: dict[str, t.Any] = {cluster: {"id": cluster} for cluster in service._seconds}
    return Synchronizer(containers, SyncOptions(**rules), clock, progress).run(clusters, concurrency)


@pytest.fixture
def http(fake_time: FakeTime) -> t.Iterator[HttpClient]:
    """Return a client without retries, so that the synchronizer handles each error."""
    client = HttpClient(timeout=5.0, clock=fake_time.clock, policy=RetryPolicy(attempts=1))
    yield client
    client.close()


FIFTY = {f"c{number:02}": float(number % 21) for number in range(50)}


class Fifty:
    """A run for 50 clusters, and the data that it recorded.

    ``before`` contains the number of waits that preceded each sync request.
    """

    def __init__(self) -> None:
        self.time = FakeTime()
        self.lines: list[str] = []
        self.before: list[int] = []
        self.service = Service(lambda: self.time.seconds, FIFTY)
        self.service.on_apply = lambda: self.before.append(len(self.time.sleeps))
        client = HttpClient(timeout=5.0, clock=self.time.clock)
        with self.service.server:
            self.syncs = _run(self.service, client, self.time.clock, lines=self.lines)
        client.close()


@functools.cache
def _fifty() -> Fifty:
    return Fifty()


# Many clusters


def test_the_run_takes_as_long_as_the_slowest_cluster() -> None:
    """Each sync takes up to 20 s, and all syncs together take 448 s."""
    run = _fifty()

    assert all(sync.status.synchronized and sync.failure is None for sync in run.syncs)
    assert 20.0 <= sum(run.time.sleeps) <= 20.0 * 1.1 + 1.0
    for sync in run.syncs:
        assert FIFTY[sync.cluster] <= sync.elapsed <= FIFTY[sync.cluster] * 1.1 + 0.6


def test_results_are_in_order_and_each_sync_is_requested_once() -> None:
    run = _fifty()

    assert [sync.cluster for sync in run.syncs] == list(FIFTY)
    assert sorted(cluster for path, cluster in run.service.calls if path == "applyRBAC") == sorted(FIFTY)
    looks = [cluster for path, cluster in run.service.calls if path == "getRBACStatus"]
    assert {sync.cluster: sync.attempts for sync in run.syncs} == {cluster: looks.count(cluster) for cluster in FIFTY}


def test_all_syncs_are_requested_before_the_first_wait() -> None:
    """Therefore, all clusters can synchronize during the first wait."""
    assert _fifty().before == [0] * 50


def test_many_clusters_are_synchronized_concurrently() -> None:
    """The test uses the real clock."""
    seconds = {f"c{number:02}": number % 5 / 10 for number in range(100)}
    clock = Clock()
    service = Service(time.monotonic, seconds, cost=0.002)
    client = HttpClient(timeout=5.0, concurrency=8)
    threads = set(threading.enumerate())
    with service.server:
        syncs = _run(service, client, clock, concurrency=8)
        client.close()

    assert [sync.cluster for sync in syncs] == list(seconds)
    assert all(sync.status.synchronized and sync.applied and sync.failure is None for sync in syncs)
    assert sorted(cluster for path, cluster in service.calls if path == "applyRBAC") == sorted(seconds)
    assert 2 <= service.most <= 8
    assert set(threading.enumerate()) <= threads


# Transient errors


PASSING: dict[str, t.Callable[[Peer], None] | bytes] = {
    **{str(status): answer(status=status, keep=True) for status in (408, 500, 502, 503, 504, 520)},
    "reset": reset,
    "no-answer": goodbye,
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_failed_check_is_repeated(
    http: HttpClient, fake_time: FakeTime, fault: t.Callable[[Peer], None] | bytes
) -> None:
    """A service can continue the sync during an outage, so 15 failed checks do not end the wait."""
    service = Service(lambda: fake_time.seconds, {"c": 10.0})
    service.faults = [fault] * 15
    with service.server:
        (sync,) = _run(service, http, fake_time.clock)

    assert (sync.failure, sync.status.synchronized) == (None, True)
    assert service.faults == []
    assert 10.0 <= sync.elapsed <= 12.0
    assert sync.attempts == len([path for path, _cluster in service.calls if path == "getRBACStatus"])


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(answer(status=403, keep=True), "permission", id="403"),
        pytest.param(answer(status=401, keep=True), "auth", id="401"),
        pytest.param(answer(b"<html>", keep=True), "response_invalid", id="page"),
        pytest.param(answer({"synchronized": "no"}, keep=True), "response_invalid", id="no-flags"),
    ],
)
def test_a_permanent_error_fails_its_cluster_only(
    http: HttpClient, fake_time: FakeTime, fault: bytes, kind: str
) -> None:
    """The next check would return the same error."""
    service = Service(lambda: fake_time.seconds, {"c": 1.0, "d": 1.0})
    service.faults = [fault]
    with service.server:
        first, second = _run(service, http, fake_time.clock)

    assert first.failure is not None
    assert (first.failure.kind, first.attempts) == (kind, 2)
    assert second.failure is None


def test_a_long_retry_after_does_not_end_the_wait(fake_time: FakeTime) -> None:
    http = HttpClient(timeout=5.0, clock=fake_time.clock, rate_limiter=RateLimiter("x", 0, fake_time.clock))
    service = Service(lambda: fake_time.seconds, {"c": 1.0})
    service.faults = [answer(status=429, head={"Retry-After": "100"}, keep=True)]
    with service.server:
        (sync,) = _run(service, http, fake_time.clock)
    http.close()

    assert sync.failure is None
    assert 100 <= sync.elapsed < 120


@pytest.mark.parametrize(("status", "wait"), [(500, True), (503, False)])
def test_an_error_before_the_sync_request_is_reported(
    http: HttpClient, fake_time: FakeTime, status: int, wait: bool
) -> None:
    service = Service(lambda: fake_time.seconds, {"c": 1.0})
    with Loopback(answer(status=status)) as server:
        service.server = server
        (sync,) = _run(service, http, fake_time.clock, wait=wait)

    assert sync.failure is not None
    assert (sync.failure.kind, sync.applied) == ("server", False)


def test_an_error_at_the_timeout_is_reported(http: HttpClient, fake_time: FakeTime) -> None:
    service = Service(lambda: fake_time.seconds, {"c": 5.0})
    service.faults = [answer({"code": "E1", "description": "down"}, status=503, keep=True)] * 99
    with service.server:
        (sync,) = _run(service, http, fake_time.clock, wait_timeout=20)

    assert isinstance(sync.failure, CallError)
    assert (sync.failure.kind, sync.failure.status) == ("server", 503)
    assert "E1: down" in str(sync.failure)
    assert sync.elapsed == pytest.approx(20.0)


def test_an_earlier_error_is_not_reported_at_the_timeout(http: HttpClient, fake_time: FakeTime) -> None:
    """The last check succeeded, so the error is a timeout."""
    service = Service(lambda: fake_time.seconds, {"c": 500.0})
    service.faults = [answer(status=503, keep=True)] * 3
    with service.server:
        (sync,) = _run(service, http, fake_time.clock, wait_timeout=20)

    assert sync.failure is not None
    assert sync.failure.kind == "rbac_timeout"


def test_with_force_an_earlier_status_is_not_the_result(http: HttpClient, fake_time: FakeTime) -> None:
    """With force, the status before the sync request may already be "synchronized"."""
    service = Service(lambda: fake_time.seconds, {"c": 0.0})
    service.applied["c"] = 0.0
    service.faults = [answer({"synchronized": True, "error": False}, keep=True)] + [reset] * 5
    with service.server:
        (sync,) = _run(service, http, fake_time.clock, force=True)

    assert (sync.failure, sync.applied, sync.attempts) == (None, True, 7)


# Progress messages


def test_progress_is_reported() -> None:
    """At most one message appears every five seconds, and each message differs from the previous one."""
    lines = _fifty().lines

    found = [re.fullmatch(r"(\d+) of 50 clusters synchronized, 0 failed, (\d+) s", line) for line in lines]
    counts, times = [[int(match[part]) for match in found if match] for part in (1, 2)]
    assert len(counts) == len(lines)
    assert 2 <= len(lines) <= 4
    assert counts == sorted(set(counts))
    assert all(after - before >= 4.5 for before, after in zip([0, *times], times, strict=False))


def test_unchanged_progress_is_not_reported(http: HttpClient, fake_time: FakeTime) -> None:
    """Job logs store every message, so repeated messages would fill the logs."""
    lines: list[str] = []
    service = Service(lambda: fake_time.seconds, {"c": 1e9, "d": 1e9})
    with service.server:
        _run(service, http, fake_time.clock, lines=lines, wait_timeout=300)

    assert lines == ["0 of 2 clusters synchronized, 0 failed, 5 s", "0 of 2 clusters synchronized, 1 failed, 300 s"]


def test_a_short_run_reports_no_progress(http: HttpClient, fake_time: FakeTime) -> None:
    lines: list[str] = []
    service = Service(lambda: fake_time.seconds, {"c": 1.0})
    with service.server:
        _run(service, http, fake_time.clock, lines=lines)

    assert lines == []
