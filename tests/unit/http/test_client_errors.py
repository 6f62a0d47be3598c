# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of network errors: rejected, unanswered, slow, truncated and reset connections, and proxies."""

from __future__ import annotations

import gzip
import json
import socket
import time
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import CallError, NetworkError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import Resend, RetryPolicy
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import (
    Loopback,
    Script,
    answer,
    drip,
    goodbye,
    reset,
    silence,
    then,
)

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

GOOD = answer({"a": 1})
HALF = answer({"a": 1}, length=100)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
SAFE, LIMITED, ONCE = Resend.ALWAYS, Resend.AT_MOST_ONCE, Resend.NEVER
# A host name of more than 255 characters is invalid, so no DNS server is queried.
NO_NAME = ".".join(["label" * 10] * 6)


@pytest.fixture
def http(fake_time: FakeTime) -> t.Iterator[HttpClient]:
    """Return a client with a timeout of 0.15 s in real time."""
    client = HttpClient(timeout=0.15, clock=fake_time.clock)
    yield client
    client.close()


def _request(url: str, resend: Resend = SAFE) -> Request:
    return Request("log in", "POST", url, auth=("bx", "bx"), form={"apikey": "SECRET"}, resend=resend)


def _fails(http: HttpClient, request: Request) -> NetworkError:
    with pytest.raises(CallError) as caught:
        http.send(request)
    assert isinstance(caught.value, NetworkError)
    assert "SECRET" not in str(caught.value) + json.dumps(caught.value.to_result())
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    return caught.value


def _reserved() -> socket.socket:
    """Return a socket that reserves a port without listening."""
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    return place


# Faults before the request arrives, after which every request is retried


@pytest.mark.parametrize("resend", Resend)
def test_a_rejected_connection_is_an_error_after_five_attempts(
    http: HttpClient, fake_time: FakeTime, resend: Resend
) -> None:
    """F02: even a login with a passcode is attempted five times, because no request arrived."""
    with _reserved() as place:
        port = place.getsockname()[1]
        error = _fails(http, _request(f"http://127.0.0.1:{port}", resend))

    assert len(fake_time.sleeps) == 4
    assert error.kind == "connect"
    assert f"127.0.0.1:{port} -> connection refused (attempt 5 of 5" in str(error)
    assert "firewall" in error.hint


@pytest.mark.parametrize("resend", Resend)
def test_a_rejected_connection_is_retried(http: HttpClient, fake_time: FakeTime, resend: Resend) -> None:
    """F01: the service starts during the pause before the retry."""
    with Loopback(GOOD, asleep=True) as server:
        fake_time.on_sleep = lambda _seconds: server.wake()

        assert http.send(_request(server.url, resend)) == {"a": 1}
        assert len(server.seen) == 1

    assert fake_time.sleeps == [0.5]


@pytest.mark.parametrize("resend", Resend)
def test_a_host_name_that_does_not_resolve_is_an_error(http: HttpClient, fake_time: FakeTime, resend: Resend) -> None:
    """F03: the message contains the host name."""
    error = _fails(http, _request(f"http://{NO_NAME}", resend))

    assert len(fake_time.sleeps) == 4
    assert error.kind == "dns"
    assert NO_NAME[:50] in str(error)


def test_a_connection_that_is_not_accepted_is_a_timeout(fake_time: FakeTime) -> None:
    """F05: the timeout also applies to opening a connection."""
    client = HttpClient(timeout=0.1, clock=fake_time.clock, policy=RetryPolicy(attempts=2))
    with _reserved() as place, socket.socket() as first:
        place.listen(0)
        # This connection fills the queue of the listening socket.
        first.connect(place.getsockname())
        error = _fails(client, _request(f"http://127.0.0.1:{place.getsockname()[1]}", ONCE))

    client.close()
    assert error.kind == "timeout"
    assert "no connection within 0.1 s (attempt 2 of 2" in str(error)


# Faults after which the request may have arrived


FAULTS: dict[str, tuple[Script | bytes, str, str]] = {
    "F13-silence": (silence, "timeout", "no response within 0.15 s"),
    "F14-stalls-in-the-body": (then(HALF, silence), "timeout", "no response within 0.15 s"),
    "F15-reset": (reset, "reset", "closed before the response was complete"),
    "F16-reset-in-the-body": (then(HALF, reset), "reset", "closed before the response was complete"),
    "F17-no-answer": (goodbye, "reset", "closed before the response was complete"),
    "F18-cut-body": (HALF, "protocol", "cut off or damaged"),
    "F19-no-last-chunk": (CHUNKED + b"2\r\n{}\r\n", "protocol", "cut off or damaged"),
    "F20-bad-chunk": (CHUNKED + b"zz\r\n{}\r\n", "protocol", "cut off or damaged"),
    "F20-not-http": (b"SSH-2.0-OpenSSH_9.7\r\n", "protocol", "not valid HTTP"),
    "F20-300-headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n", "protocol", "not valid HTTP"),
    "F20-long-header": (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000 + b"\r\n\r\n", "protocol", "not valid HTTP"),
}


@pytest.mark.parametrize(("script", "kind", "text"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize(("resend", "requests"), [(SAFE, 2), (LIMITED, 2), (ONCE, 1)])
def test_a_repeated_network_error_is_raised(
    fake_time: FakeTime, script: Script | bytes, kind: str, text: str, resend: Resend, requests: int
) -> None:
    """Read requests are retried up to the maximum (here once), logins with a password once, and logins with a passcode never."""
    client = HttpClient(timeout=0.15, clock=fake_time.clock, policy=RetryPolicy(attempts=2 if resend is SAFE else 5))
    with Loopback(script) as server:
        error = _fails(client, _request(server.url, resend))

        assert len(server.seen) == requests

    client.close()
    assert error.kind == kind
    assert text in str(error)


@pytest.mark.parametrize("script", [script for script, _kind, _text in FAULTS.values()], ids=FAULTS.keys())
@pytest.mark.parametrize("resend", [SAFE, LIMITED])
def test_a_network_error_is_retried(
    http: HttpClient, fake_time: FakeTime, script: Script | bytes, resend: Resend
) -> None:
    """F12-F20: the second attempt succeeds."""
    with Loopback(script, GOOD) as server:
        assert http.send(_request(server.url, resend)) == {"a": 1}
        assert len(server.seen) == 2

    assert fake_time.sleeps == [0.5]


@pytest.mark.parametrize("script", [script for script, _kind, _text in FAULTS.values()], ids=FAULTS.keys())
def test_a_passcode_is_not_sent_twice(http: HttpClient, fake_time: FakeTime, script: Script | bytes) -> None:
    """The service may have accepted the passcode although no response arrived."""
    with Loopback(script, GOOD) as server:
        _fails(http, _request(server.url, ONCE))

        assert (len(server.seen), fake_time.sleeps) == (1, [])


def test_a_password_is_sent_twice_at_most(http: HttpClient) -> None:
    """Every attempt that sent the request counts."""
    with Loopback(reset, silence, GOOD) as server:
        _fails(http, _request(server.url, LIMITED))

        assert len(server.seen) == 2


# Compressed responses


def test_no_compression_is_requested(http: HttpClient) -> None:
    """Responses that are marked as uncompressed are accepted."""
    with Loopback(answer(b'{"a": 1}', head={"Content-Encoding": "identity"})) as server:
        assert http.send(_request(server.url)) == {"a": 1}
        assert server.seen[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [401, 503])
def test_a_compressed_error_keeps_its_status(http: HttpClient, status: int) -> None:
    """F27: the client reads the status but not the body."""
    script = answer(gzip.compress(b"{}"), status=status, head={"Content-Encoding": "gzip"})
    with Loopback(script) as server, pytest.raises(CallError) as caught:
        http.send(_request(server.url))

    assert caught.value.status == status


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "gzip, gzip", "deflate", "br", "gzip, identity"])
def test_a_compressed_response_is_rejected(http: HttpClient, coding: str) -> None:
    """F26: a response of one kilobyte that was compressed twice can expand to a gigabyte.

    Some libraries expand the body in memory before the client can check its size.
    """
    content = gzip.compress(gzip.compress(b" " * 2**24))
    with Loopback(answer(content, head={"Content-Encoding": coding})) as server:
        with pytest.raises(CallError) as caught:
            http.send(_request(server.url))

        assert len(server.seen) == 1
    assert caught.value.kind == "response_invalid"
    assert "compressed, which was not requested" in str(caught.value)


# Slow responses


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"", id="head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Type: ", id="header"),
        pytest.param(answer(b"", length=200), id="body"),
        pytest.param(CHUNKED, id="length-of-a-chunk"),
        pytest.param(CHUNKED + b"c8\r\n", id="chunk"),
    ],
)
def test_a_slow_response_ends_with_the_budget(head: bytes) -> None:
    """Each byte arrives before the read timeout. The test uses the real clock."""
    client = HttpClient(timeout=5.0, policy=RetryPolicy(budget=0.3))
    started = time.monotonic()
    drops = b"0" * 200 if head == CHUNKED else b" " * 200
    with Loopback(then(head, drip(drops, pause=0.02))) as server:
        error = _fails(client, _request(server.url))

        assert len(server.seen) == 1

    client.close()
    assert error.kind == "deadline"
    assert "no complete response within 0.3 s" in str(error)
    assert time.monotonic() - started < 1.0


def test_a_slow_response_ends_with_the_run() -> None:
    """All calls of a module share a time limit. The test uses the real clock."""
    client = HttpClient(timeout=5.0, longest_run=0.3)
    started = time.monotonic()
    with Loopback(then(answer(b"", length=200), drip(b" " * 200, pause=0.02))) as server:
        errors = [_fails(client, _request(server.url)) for _call in range(3)]

        assert len(server.seen) == 1

    client.close()
    assert {error.kind for error in errors} == {"deadline"}
    assert "not sent: the task has run for 0.3 s" in str(errors[-1])
    assert time.monotonic() - started < 1.0


def test_no_retry_waits_beyond_the_end_of_the_run(fake_time: FakeTime) -> None:
    """The error is reported immediately, because the next attempt would start at the time limit of the run."""
    client = HttpClient(clock=fake_time.clock, longest_run=1.0)
    with Loopback(answer(status=503, head={"Retry-After": "1"})) as server, pytest.raises(CallError, match="HTTP 503"):
        client.send(_request(server.url))

    client.close()
    assert (len(server.seen), fake_time.sleeps) == (1, [])


def test_the_proxy_option_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_PROXY also applies to the proxy from the option."""
    with Loopback(answer(status=502)) as given, Loopback(answer(status=502)) as other, Loopback(GOOD) as server:
        monkeypatch.setenv("HTTPS_PROXY", other.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        client = HttpClient(
            timeout=5.0, policy=RetryPolicy(attempts=1), proxy=given.url.replace("://", "://ada:SECRET@")
        )
        error = _fails(client, _request("https://iam.example.com"))
        client.send(_request(server.url))
        client.close()

        assert [seen.target for seen in given.seen] == ["iam.example.com:443"]
        assert (other.seen, len(server.seen)) == ([], 1)
    assert f"through the proxy 127.0.0.1:{given.port}" in str(error)


def test_a_slow_response_of_a_proxy_ends_with_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time budget also covers the proxy's response to CONNECT."""
    client = HttpClient(timeout=5.0, policy=RetryPolicy(budget=0.3))
    started = time.monotonic()
    with Loopback(then(b"HTTP/1.1 200 ", drip(b" " * 200, pause=0.02))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = _fails(client, _request("https://iam.example.com"))

    client.close()
    assert error.kind in ("deadline", "proxy")
    assert time.monotonic() - started < 1.0


def test_the_timeout_of_an_attempt_is_limited_by_the_budget(fake_time: FakeTime) -> None:
    client = HttpClient(timeout=5.0, clock=fake_time.clock, policy=RetryPolicy(budget=0.2))
    started = time.monotonic()
    with Loopback(silence) as server:
        error = _fails(client, _request(server.url))

    client.close()
    assert "no response within 0.2 s" in str(error)
    assert time.monotonic() - started < 1.0


# Proxies


@pytest.fixture
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[str]:
    """Set an unreachable proxy whose URL contains a password, and return the proxy's host and port."""
    with _reserved() as place:
        host = f"127.0.0.1:{place.getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://ada:SECRET@{host}")
        yield host


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_unreachable_proxy_is_an_error(http: HttpClient, fake_time: FakeTime, dead_proxy: str, scheme: str) -> None:
    """F113: nothing was sent, so the request is retried. The message does not contain the password."""
    error = _fails(http, _request(f"{scheme}://a.example", ONCE))

    assert len(fake_time.sleeps) == 4
    assert error.kind == "proxy"
    assert "HTTPS_PROXY" in error.hint


def test_an_error_of_the_proxy_is_reported_as_such(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """F113: status 407 is an error of the proxy, not of the service."""
    with Loopback(answer(status=407)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(CallError) as caught:
            http.send(_request("http://a.example/x"))

        assert [request.target for request in proxy.seen] == ["http://a.example/x"]

    assert caught.value.kind == "proxy"


def test_no_proxy_is_respected(http: HttpClient, monkeypatch: pytest.MonkeyPatch, dead_proxy: str) -> None:
    """F113: the client resolves the host name without the proxy."""
    monkeypatch.setenv("NO_PROXY", ".test")

    assert _fails(http, _request("http://service.test")).kind == "dns"
