# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of parallel calls: failures, the shared rate limit, and the shared pause after a long Retry-After."""

from __future__ import annotations

import json
import threading
import time
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import APIError, CallError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.rate_limiter import RateLimiter
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RetryPolicy
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Peer, answer

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

GOOD = answer({"a": 1}, keep=True)
DOWN = answer(status=503, keep=True)


def _call(work: t.Callable[[], t.Any]) -> t.Any:
    return work()


def _get(server: Loopback, *, rate_limited: bool = False) -> Request:
    return Request("look at it", "GET", f"{server.url}/x", rate_limited=rate_limited)


def _fails(http: HttpClient, request: Request) -> CallError:
    with pytest.raises(CallError) as caught:
        http.send(request)
    return caught.value


# A failed task among parallel tasks


@pytest.mark.parametrize("nested", [False, True])
def test_a_task_is_not_retried_after_another_one_failed(nested: bool) -> None:
    """The error of the task that failed first is raised."""
    rejected = threading.Event()

    def refuse(peer: Peer) -> None:
        peer.send(answer(status=403, keep=True))
        rejected.set()

    def fail(peer: Peer) -> None:
        rejected.wait(10.0)
        peer.send(DOWN)

    clock = Clock(random=lambda: 1.0)
    client = HttpClient(timeout=10.0, concurrency=2, clock=clock, policy=RetryPolicy(first=0.2))
    pool = WorkerPool(2, Clock())
    with Loopback(refuse, keep=True) as bad, Loopback(fail, keep=True) as down:
        lists = [lambda: client.send(_get(down))] * 2
        slow = (lambda: pool.map(lists, _call)) if nested else lists[0]
        with pytest.raises(CallError) as caught:
            pool.map([slow, lambda: client.send(_get(bad))], _call)
        time.sleep(0.5)

        assert (len(bad.seen), len(down.seen)) == (1, 2 if nested else 1)
    assert caught.value.status == 403
    client.close()


@pytest.mark.parametrize("count", [30])
def test_a_failed_cluster_does_not_stop_retries_of_others(http: HttpClient, count: int) -> None:
    with Loopback(DOWN, keep=True) as server:
        errors = WorkerPool(4, Clock()).map_errors(range(count), lambda _number: http.send(_get(server)))

        assert len(server.seen) == 5 * count
    assert [error.call.attempts for error in errors if isinstance(error, CallError)] == [5] * count


# The rate limiter


def _limiter(fake_time: FakeTime, tmp_path: pathlib.Path) -> RateLimiter:
    """Return a limiter that allows one request per ten seconds."""
    folder = tmp_path / "rate_limit"
    folder.mkdir(exist_ok=True)
    return RateLimiter("x", 0.1, fake_time.clock, folder=str(folder))


@pytest.fixture
def limited(fake_time: FakeTime, tmp_path: pathlib.Path) -> t.Iterator[HttpClient]:
    limiter = _limiter(fake_time, tmp_path)
    client = HttpClient(timeout=5.0, clock=fake_time.clock, rate_limiter=limiter, policy=RetryPolicy(budget=30.0))
    yield client
    client.close()


def _get_limited(server: Loopback) -> Request:
    return _get(server, rate_limited=True)


def test_only_requests_to_the_limited_service_wait(
    limited: HttpClient, fake_time: FakeTime, tmp_path: pathlib.Path
) -> None:
    """Requests to the token service and to clusters are not rate limited."""
    with Loopback(GOOD, keep=True) as server:
        for _call in range(20):
            limited.send(_get(server))
        assert (fake_time.sleeps, list((tmp_path / "rate_limit").iterdir())) == ([], [])

        for _call in range(3):
            limited.send(_get_limited(server))

    assert sum(fake_time.sleeps) == pytest.approx(20.0)


def test_waits_of_retries_for_the_limiter_do_not_count_against_the_budget(
    limited: HttpClient, fake_time: FakeTime
) -> None:
    """Together, the waits before the four retries exceed the retry budget."""
    with Loopback(DOWN, DOWN, DOWN, DOWN, GOOD, keep=True) as server:
        assert limited.send(_get_limited(server)) == {"a": 1}

    assert fake_time.seconds == pytest.approx(1040.0)


def test_a_first_attempt_that_waits_longer_than_the_budget_is_sent(
    limited: HttpClient, fake_time: FakeTime, tmp_path: pathlib.Path
) -> None:
    _limiter(fake_time, tmp_path).pause(60.0)
    with Loopback(GOOD, keep=True) as server:
        assert limited.send(_get_limited(server)) == {"a": 1}

    assert fake_time.seconds == pytest.approx(1060.0)


def test_all_processes_wait_after_a_429(limited: HttpClient, fake_time: FakeTime, tmp_path: pathlib.Path) -> None:
    other = _limiter(fake_time, tmp_path)
    with Loopback(answer(status=429, head={"Retry-After": "25"}), GOOD) as server:
        paused: list[float] = []
        fake_time.on_sleep = lambda _seconds: paused.append(_paused_until(tmp_path))
        assert limited.send(_get_limited(server)) == {"a": 1}

    assert paused[0] == pytest.approx(1025.0)
    assert fake_time.seconds == pytest.approx(1025.0)
    assert other.wait() > 1025.0


def _paused_until(tmp_path: pathlib.Path) -> float:
    (file,) = (tmp_path / "rate_limit").iterdir()
    return float(json.loads(file.read_text())["paused_until"])


# A Retry-After that is longer than the maximum pause of a call


LATER = answer({"code": "E429", "description": "come back later"}, status=429, head={"Retry-After": "600"})
TOO_LONG = "retry after 600 s (more than the 60 s limit)"


@pytest.mark.parametrize("limit", [0.0, 15.0])
def test_other_requests_are_not_sent_during_a_long_pause(
    fake_time: FakeTime, tmp_path: pathlib.Path, limit: float
) -> None:
    """Otherwise, requests for many clusters could prolong the pause.

    If a rate limit is set, other processes share the pause.
    """
    limiters = [RateLimiter("x", limit, fake_time.clock, folder=str(tmp_path)) for _process in range(2)]
    one, other = (HttpClient(clock=fake_time.clock, rate_limiter=limiter) for limiter in limiters)
    with Loopback(LATER, GOOD) as server:
        first = _fails(one, _get_limited(server))
        errors = [_fails(client, _get_limited(server)) for client in (one, other if limit else one)]
        assert len(server.seen) == 1

        assert f"HTTP 429, {TOO_LONG} [E429: come back later] (attempt 1 of 5" in str(first)
        for error in errors:
            assert isinstance(error, APIError)
            assert (error.kind, error.status, error.hint) == ("throttled", 429, first.hint)
            assert f"not sent: an earlier request received HTTP 429, {TOO_LONG} (attempt 0 of 5, 0.0 s)." in str(error)
        assert fake_time.sleeps == []

        # The pause does not apply to requests to the token service or to clusters.
        assert one.send(_get(server)) == {"a": 1}
        fake_time.seconds += 600
        assert one.send(_get_limited(server)) == {"a": 1}
    one.close()
    other.close()


@pytest.mark.parametrize(
    ("script", "limited"),
    [
        pytest.param(answer(status=429, head={"Retry-After": "60"}), True, id="a-pause-that-a-call-waits"),
        pytest.param(
            answer(status=503, head={"Retry-After": "600"}), True, id="503-is-not-about-the-number-of-requests"
        ),
        pytest.param(answer(status=403), True, id="denied"),
        pytest.param(LATER, False, id="another-service"),
    ],
)
def test_other_responses_do_not_stop_requests(fake_time: FakeTime, script: bytes, limited: bool) -> None:
    client = HttpClient(
        clock=fake_time.clock, policy=RetryPolicy(attempts=1), rate_limiter=RateLimiter("x", 0, fake_time.clock)
    )
    with Loopback(script, GOOD) as server:
        _fails(client, _get(server, rate_limited=limited))

        assert client.send(_get_limited(server)) == {"a": 1}
    client.close()
