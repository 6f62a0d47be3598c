# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of faults F121 and F122: bytes on a kept connection that could be read as the next response."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import IBMCloudError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RetryPolicy
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Peer, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

REQUESTS = 6


def _own(peer: Peer, **how: t.Any) -> bytes:
    """Return a response that contains the path of the request."""
    return answer({"path": peer.request.target}, keep=True, **how)


def _foreign(status: int = 200) -> bytes:
    return answer({"path": "/of another request"}, status=status, keep=True)


def interim(*statuses: int, head: bytes = b"X: y\r\n") -> t.Callable[[Peer], None]:
    """Send interim responses before the final response."""
    early = b"".join(b"HTTP/1.1 %d Wait\r\n%s\r\n" % (status, head) for status in statuses)
    return lambda peer: peer.send(early + _own(peer))


def with_tail(tail: bytes, **how: t.Any) -> t.Callable[[Peer], None]:
    """Send the response and additional bytes."""
    return lambda peer: peer.send(_own(peer, **how) + tail)


def in_two_parts() -> t.Callable[[Peer], None]:
    """Send the response and the first part of another response. Send the second part after the next request."""
    foreign = _foreign()
    half: dict[t.Any, bytes] = {}

    def play(peer: Peer) -> None:
        early = half.pop(peer.connection, b"")
        half[peer.connection] = foreign[20:]
        peer.send((early or b"") + _own(peer) + (b"" if early else foreign[:20]))

    return play


def chunked(peer: Peer) -> None:
    """Send a chunked response that also has a Content-Length header."""
    body = b'{"path": "%s"}' % peer.request.target.encode()
    peer.send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    )


SCRIPTS = {
    "F121-102": interim(102),
    "F121-103": interim(103),
    "F121-199": interim(199),
    "F121-several": interim(100, 102, 103, 100, 199),
    "F121-without-headers": interim(102, head=b""),
    "F122-another-response-behind": with_tail(_foreign()),
    "F122-another-error-behind": with_tail(_foreign(500)),
    "F122-one-byte-behind": with_tail(b"x"),
    "F122-blank-line-behind": with_tail(b"\r\n"),
    "F122-half-a-response-behind": in_two_parts(),
    "F122-body-longer-than-its-length": lambda peer: peer.send(
        _own(peer, length=len('{"path": ""}') + len(peer.request.target)) + b'{"path": "/of another request"}'
    ),
    "F122-length-beside-chunks": chunked,
}


@pytest.fixture
def http(fake_time: FakeTime) -> t.Iterator[HttpClient]:
    client = HttpClient(timeout=5.0, clock=fake_time.clock, policy=RetryPolicy(attempts=2))
    yield client
    client.close()


def _get(server: Loopback, path: str, expect: str = "object") -> Request:
    return Request("read", "GET", server.url + path, expect=expect)


@pytest.mark.parametrize("script", [row(name.partition("-")[0], play, name=name) for name, play in SCRIPTS.items()])
def test_each_request_gets_its_own_response(http: HttpClient, script: t.Callable[[Peer], None]) -> None:
    with Loopback(script, keep=True) as server:
        for number in range(REQUESTS):
            assert http.send(_get(server, f"/{number}")) == {"path": f"/{number}"}

        assert len(server.seen) == REQUESTS


@pytest.mark.parametrize("name", [row("F121", "F121-102", name="kept")])
def test_a_connection_is_kept_after_an_interim_response(http: HttpClient, name: str) -> None:
    """HTTP allows interim responses, so the client keeps the connection."""
    with Loopback(SCRIPTS[name], keep=True) as server:
        for number in range(REQUESTS):
            http.send(_get(server, f"/{number}"))

        assert server.connections == 1


REJECTED = {
    "F121-101": lambda peer: peer.send(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n" + _foreign()),
    "F122-204-with-a-body": lambda peer: peer.send(answer(b"", status=204, keep=True) + _foreign()),
    "F122-304-with-a-body": lambda peer: peer.send(answer(b"", status=304, keep=True) + _foreign()),
    "F122-redirect-with-more": lambda peer: peer.send(answer(b"", status=302, keep=True) + _foreign()),
    "F122-error-with-more": lambda peer: peer.send(answer({}, status=403, keep=True) + _foreign()),
}


@pytest.mark.parametrize("script", [row(name.partition("-")[0], play, name=name) for name, play in REJECTED.items()])
def test_nothing_is_read_after_a_rejected_response(http: HttpClient, script: t.Callable[[Peer], None]) -> None:
    """Each request fails, and no request receives the bytes that follow the rejected response."""
    with Loopback(script, keep=True) as server:
        for number in range(REQUESTS):
            with pytest.raises(IBMCloudError):
                http.send(_get(server, f"/{number}"))


@pytest.mark.parametrize("status", [row("F121", 101, name="101-kind")])
def test_a_switch_of_protocols_is_an_error(http: HttpClient, status: int) -> None:
    """The client did not ask the server to switch protocols."""
    with Loopback(b"HTTP/1.1 %d Switching\r\n\r\n" % status) as server:
        with pytest.raises(IBMCloudError) as caught:
            http.send(_get(server, "/"))

        assert len(server.seen) == 1
    assert caught.value.kind == "protocol"
    assert "HTTP 101" in str(caught.value)
