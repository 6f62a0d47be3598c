# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the calls of one run share: how often they may repeat themselves, how fast they go, and that a service has closed."""

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


def _get(server: Loopback, *, paced: bool = False, **more: t.Any) -> Request:
    return Request("look at it", "GET", f"{server.url}/x", paced=paced, **more)


def _fails(http: HttpClient, request: Request) -> CallError:
    with pytest.raises(CallError) as caught:
        http.send(request)
    return caught.value


# Works that fail together


@pytest.mark.parametrize("nested", [False, True])
def test_works_that_fail_together_are_given_up_together(nested: bool) -> None:
    """One of them is rejected at once; the other does not retry after that. The first error is the one that is raised."""
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
        slow = (lambda: pool.run_parallel(*lists)) if nested else lists[0]
        with pytest.raises(CallError) as caught:
            pool.run_parallel(slow, lambda: client.send(_get(bad)))
        time.sleep(0.5)

        assert (len(bad.seen), len(down.seen)) == (1, 2 if nested else 1)
    assert caught.value.status == 403
    client.close()


@pytest.mark.parametrize("count", [30])
def test_clusters_that_fail_do_not_stop_each_other(http: HttpClient, count: int) -> None:
    """Each call has all of its attempts."""
    with Loopback(DOWN, keep=True) as server:
        errors = WorkerPool(4, Clock()).map_errors(range(count), lambda _number: http.send(_get(server)))

        assert len(server.seen) == 5 * count
    assert [error.call.attempts for error in errors if isinstance(error, CallError)] == [5] * count


# The pace


@pytest.fixture
def pace(fake_time: FakeTime, tmp_path: pathlib.Path) -> RateLimiter:
    """A request each ten seconds."""
    return RateLimiter("x", 0.1, fake_time.clock, folder=str(tmp_path / "rate_limit"))


@pytest.fixture
def paced(fake_time: FakeTime, tmp_path: pathlib.Path, pace: RateLimiter) -> t.Iterator[HttpClient]:
    (tmp_path / "rate_limit").mkdir()
    client = HttpClient(timeout=5.0, clock=fake_time.clock, rate_limiter=pace, policy=RetryPolicy(budget=30.0))
    yield client
    client.close()


def _sent(tmp_path: pathlib.Path) -> int:
    files = list((tmp_path / "rate_limit").iterdir())
    return sum(len(json.loads(file.read_text())["sent"]) for file in files)


def test_paced_calls_wait_for_their_turn(paced: HttpClient, fake_time: FakeTime) -> None:
    """Each of them, and nobody else."""
    with Loopback(GOOD, keep=True) as server:
        for _call in range(3):
            paced.send(_get(server, paced=True))

    assert sum(fake_time.sleeps) == pytest.approx(20.0)


def test_calls_to_other_services_do_not_wait(paced: HttpClient, fake_time: FakeTime, tmp_path: pathlib.Path) -> None:
    """The token service and the clusters have no part in that limit, and take nothing of it."""
    with Loopback(GOOD, keep=True) as server:
        for _call in range(20):
            paced.send(_get(server))

    assert (fake_time.sleeps, _sent(tmp_path)) == ([], 0)


def test_repeated_attempts_wait_for_their_turn_too(paced: HttpClient, fake_time: FakeTime) -> None:
    """The service counts them like the first."""
    with Loopback(DOWN, GOOD, keep=True) as server:
        assert paced.send(_get(server, paced=True)) == {"a": 1}

    assert fake_time.seconds == pytest.approx(1010.0)


def test_waiting_for_ones_turn_is_no_part_of_the_budget(
    paced: HttpClient, pace: RateLimiter, fake_time: FakeTime
) -> None:
    """A call that had to stand in a queue for longer than a service may take is sent all the same."""
    pace.refused(fake_time.seconds, 60.0)
    with Loopback(GOOD, keep=True) as server:
        assert paced.send(_get(server, paced=True)) == {"a": 1}

    assert fake_time.seconds == pytest.approx(1060.0)


def test_waiting_again_is_no_part_of_the_budget_either(paced: HttpClient, fake_time: FakeTime) -> None:
    """Three more turns take longer than the call may; each attempt has its full time all the same."""
    with Loopback(DOWN, DOWN, DOWN, DOWN, GOOD, keep=True) as server:
        assert paced.send(_get(server, paced=True)) == {"a": 1}

    assert fake_time.seconds >= 1040.0


def test_a_refusal_is_a_pause_for_all(paced: HttpClient, fake_time: FakeTime, tmp_path: pathlib.Path) -> None:
    """Another process waits as well, for as long as the service has asked for."""
    other = RateLimiter("x", 0.1, fake_time.clock, folder=str(tmp_path / "rate_limit"))
    with Loopback(answer(status=429, head={"Retry-After": "25"}), GOOD) as server:
        heard: list[float] = []
        fake_time.on_sleep = lambda _seconds: heard.append(_closed_until(tmp_path))
        assert paced.send(_get(server, paced=True)) == {"a": 1}

    assert heard[0] == pytest.approx(1025.0)
    assert fake_time.seconds == pytest.approx(1025.0)
    assert other.wait() > 1025.0


def _closed_until(tmp_path: pathlib.Path) -> float:
    (file,) = (tmp_path / "rate_limit").iterdir()
    return float(json.loads(file.read_text())["closed_until"])


def test_a_refusal_of_another_service_is_none(paced: HttpClient, tmp_path: pathlib.Path) -> None:
    """What the token service finds too much says nothing of this one."""
    with Loopback(answer(status=429, head={"Retry-After": "5"}), GOOD) as server:
        assert paced.send(_get(server)) == {"a": 1}

    assert list((tmp_path / "rate_limit").iterdir()) == []


# A service that has closed


CLOSED = answer({"code": "E429", "description": "come back later"}, status=429, head={"Retry-After": "600"})


def test_a_service_that_has_closed_is_left_alone(http: HttpClient, fake_time: FakeTime) -> None:
    """Asking again for each cluster would make it longer: the other calls fail in its words, without being sent."""
    with Loopback(CLOSED, GOOD) as server:
        first, second, third = (_fails(http, _get(server, paced=True)) for _call in range(3))

        assert len(server.seen) == 1

    assert fake_time.sleeps == []
    for error in (first, second, third):
        assert isinstance(error, APIError)
        assert (error.kind, error.status, error.error_details) == ("throttled", 429, first.error_details)
        assert "HTTP 429, retry after 600 s (more than the 60 s that we wait) [E429: come back later]" in str(error)
        assert error.hint == first.hint != ""


def test_it_is_asked_again_when_it_opens(http: HttpClient, fake_time: FakeTime) -> None:
    """As it has said, and not before."""
    with Loopback(CLOSED, GOOD) as server:
        _fails(http, _get(server, paced=True))
        fake_time.seconds += 599
        _fails(http, _get(server, paced=True))
        fake_time.seconds += 1

        assert http.send(_get(server, paced=True)) == {"a": 1}


def test_other_services_are_open(http: HttpClient) -> None:
    """A closed containers API keeps nobody from logging in or out."""
    with Loopback(CLOSED, GOOD) as server:
        _fails(http, _get(server, paced=True))

        assert http.send(_get(server)) == {"a": 1}


def test_a_closed_token_service_closes_nothing(http: HttpClient) -> None:
    """Only of the paced service it is known that it counts all calls together."""
    with Loopback(CLOSED, GOOD) as server:
        _fails(http, _get(server))

        assert http.send(_get(server)) == {"a": 1}
        assert http.send(_get(server, paced=True)) == {"a": 1}


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(answer(status=429, head={"Retry-After": "60"}), id="the-longest-pause-that-we-wait"),
        pytest.param(answer(status=503, head={"Retry-After": "600"}), id="an-outage-says-nothing-of-the-number"),
        pytest.param(answer(status=403), id="refused"),
    ],
)
def test_what_does_not_close_a_service(fake_time: FakeTime, script: bytes) -> None:
    """The next call is sent."""
    client = HttpClient(clock=fake_time.clock, policy=RetryPolicy(attempts=1))
    with Loopback(script, GOOD) as server:
        _fails(client, _get(server, paced=True))

        assert client.send(_get(server, paced=True)) == {"a": 1}
    client.close()
