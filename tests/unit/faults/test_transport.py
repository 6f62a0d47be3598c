# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of faults F01 to F05 and F12 to F27: connections, and truncated, endless and oversized responses."""

from __future__ import annotations

import gzip
import io
import json
import socket
import time
import tracemalloc
import typing as t
import zlib

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import Resend, RetryPolicy
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.transport import LARGEST_BODY
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.transport_errors import classify_exception
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import (
    ATTEMPTS,
    GOOD,
    Case,
    Counts,
    Made,
    attempt,
    requests_seen,
    run,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import (
    E4,
    E5,
    EVERY,
    ONE_OF_EACH,
    READING,
    Endpoint,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import (
    Loopback,
    Peer,
    answer,
    drip,
    goodbye,
    reset,
    silence,
    then,
)

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import Trial
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Script

# The pauses of a call with five attempts. In these tests, each random pause has the maximum length.
BACK_OFF = [0.5, 1.0, 2.0, 4.0]
# The client does not know whether the server processed the request, so it resends a password once and never resends a passcode.
STAYS = Counts(ATTEMPTS, once=1, deadline=2)
PASSES = Counts(2, once=1)
USED_UP = "may already have been used"
# A name of more than 255 characters is invalid, so no DNS server is queried.
NO_NAME = ".".join(["label" * 10] * 6)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def _cut(endpoint: Endpoint) -> bytes:
    """Return a response whose Content-Length is 100 bytes larger than its body."""
    content = json.dumps(endpoint.good).encode()
    return answer(content, length=len(content) + 100)


def _unended(endpoint: Endpoint) -> bytes:
    content = json.dumps(endpoint.good).encode()
    return CHUNKED + b"%x\r\n%s\r\n" % (len(content), content)


HALF = Made(_cut)
HALF_JSON = Made(lambda endpoint: answer(json.dumps(endpoint.good).encode()[:-1]))
HALF_THEN_SILENCE = Made(lambda endpoint: then(_cut(endpoint), silence))
HALF_THEN_RESET = Made(lambda endpoint: then(_cut(endpoint), reset))
COMPRESSED = {
    "gzip": Made(
        lambda endpoint: answer(gzip.compress(json.dumps(endpoint.good).encode()), head={"Content-Encoding": "gzip"})
    ),
    "labelled as gzip": Made(lambda endpoint: answer(endpoint.good, head={"Content-Encoding": "gzip"})),
}
NOT_HTTP = {
    "bad chunk size": CHUNKED + b"zz\r\n{}\r\n",
    "negative chunk size": CHUNKED + b"-2\r\n{}\r\n",
    "not http": b"SSH-2.0-OpenSSH_9.7\r\n",
    "bad status": b"HTTP/1.1 OK\r\n\r\n",
    "300 headers": HEAD + b"X: y\r\n" * 300 + b"\r\n",
    "70 kB header": HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
}

CASES = (
    Case("F12", "no answer once", (silence, GOOD), PASSES, once="timeout"),
    Case("F13", "no answer ever", (silence,), STAYS, kind="timeout", names=("no response within 0.15 s",)),
    Case("F14", "stalls in the body once", (HALF_THEN_SILENCE, GOOD), PASSES, once="timeout"),
    Case("F15", "reset once", (reset, GOOD), PASSES, once="reset"),
    Case("F16", "reset in the body always", (HALF_THEN_RESET,), STAYS, kind="reset"),
    Case("F17", "closed without an answer always", (goodbye,), STAYS, kind="reset"),
    Case("F18", "cut body once", (HALF, GOOD), PASSES, once="protocol"),
    Case("F19", "no last chunk ever", (Made(_unended),), STAYS, kind="protocol"),
    *(Case("F20", words, (play,), STAYS, kind="protocol") for words, play in NOT_HTTP.items()),
    Case("F21", "half of the JSON once", (HALF_JSON, GOOD), PASSES, once="response_invalid", at=READING),
    # For the synchronization request, only the status of the response matters. The client does not parse the body.
    Case("F21", "half of the JSON once", (HALF_JSON,), Counts(1), at=(E5,)),
    Case(
        "F22",
        "half of the JSON always",
        (answer(b'{"id": '),),
        STAYS,
        kind="response_invalid",
        names=("invalid JSON, 7 bytes",),
        at=READING,
        status=200,
    ),
    *(
        Case("F27", words, (play,), Counts(1), kind="response_invalid", names=("compressed",))
        for words, play in COMPRESSED.items()
    ),
)


@pytest.mark.parametrize(
    ("case", "endpoint"),
    [
        row(case.id, case, endpoint, name=f"{case.words.replace(' ', '-')}-{endpoint}")
        for case in CASES
        for endpoint in case.at
    ],
)
def test_interrupted_requests_are_retried_if_allowed(case: Case, endpoint: Endpoint) -> None:
    """The error warns that a passcode may already have been used, because the server may have processed the request."""
    # On a busy machine, any response can exceed a short timeout, so only cases that wait for the timeout use a short timeout.
    trial = run(case, endpoint, timeout={"F12": 0.3, "F13": 0.15, "F14": 0.3}.get(case.id, 5.0))

    assert trial.time.sleeps == BACK_OFF[: trial.seen - 1]
    if trial.error:
        assert trial.error.to_result()["attempts"] == trial.seen
        assert (USED_UP in str(trial.error)) == (endpoint.resend is Resend.NEVER)


@pytest.mark.parametrize("size", [row("F20", -2, name="older-libraries")])
def test_a_negative_chunk_size_of_older_libraries_is_a_protocol_error(size: int) -> None:
    """Older HTTP libraries try to read a negative number of bytes, so Python raises a ValueError."""
    with pytest.raises(ValueError) as caught:
        io.BufferedReader(io.BytesIO(b"{}")).read(size)

    fault = classify_exception(caught.value, 1.0, 1.0)
    assert (fault.kind, fault.sent, fault.final) == ("protocol", True, False)


# Faults before a request is sent. Every call is retried, because the server has not received a passcode.


def _every(identifier: str) -> list[t.Any]:
    return [row(identifier, endpoint, name=str(endpoint)) for endpoint in EVERY]


def _unsent(trial: Trial, kind: str, *names: str) -> None:
    """Verify that the call was retried up to the maximum number of attempts."""
    assert trial.kind == kind, str(trial.error)
    assert trial.time.sleeps == BACK_OFF
    assert trial.error
    assert trial.error.to_result()["attempts"] == ATTEMPTS
    assert [name for name in names if name not in str(trial.error)] == [], str(trial.error)
    assert USED_UP not in str(trial.error)


@pytest.mark.parametrize("endpoint", _every("F01"))
def test_a_rejected_connection_is_retried(endpoint: Endpoint) -> None:
    """The service starts during the pause before the retry."""
    with Loopback(answer(endpoint.good), asleep=True) as server:
        fake = FakeTime(on_sleep=lambda _seconds: server.wake())
        trial = attempt(endpoint, server.url, fake, timeout=5.0)

        assert (trial.kind, len(server.seen), server.connections) == ("ok", 1, 1)

    assert fake.sleeps == BACK_OFF[:1]


@pytest.mark.parametrize("endpoint", _every("F02"))
def test_a_repeatedly_rejected_connection_is_an_error(endpoint: Endpoint) -> None:
    """The port is reserved, but nothing listens on it. The message contains the host and the port."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{place.getsockname()[1]}"
        trial = attempt(endpoint, f"http://{host}")

    _unsent(trial, "connect", f"http://{host}/", "connection refused", "firewall")


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record each host name that the client resolves.

    The first lookup of service.test fails. Later lookups return the loopback address.
    """
    found: list[str] = []
    resolve_options = socket.getaddrinfo

    def look_up(host: str, *args: t.Any, **more: t.Any) -> t.Any:
        found.append(host)
        if host != "service.test":
            return resolve_options(host, *args, **more)
        if len(found) == 1:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve_options("127.0.0.1", *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return found


@pytest.mark.parametrize("endpoint", _every("F03"))
def test_an_unknown_host_name_is_an_error(endpoint: Endpoint, lookups: list[str]) -> None:
    """The client resolves the host name for each attempt. The message contains the host name."""
    trial = attempt(endpoint, f"http://{NO_NAME}")

    _unsent(trial, "dns", f"http://{NO_NAME}/", "does not resolve", "DNS settings")
    assert lookups == [NO_NAME] * ATTEMPTS


@pytest.mark.parametrize("endpoint", _every("F04"))
def test_a_host_name_that_does_not_resolve_is_retried(endpoint: Endpoint, lookups: list[str]) -> None:
    with Loopback(answer(endpoint.good)) as server:
        trial = attempt(endpoint, f"http://service.test:{server.port}", timeout=5.0)

        assert (trial.kind, len(server.seen), server.connections) == ("ok", 1, 1)

    assert lookups == ["service.test"] * 2
    assert trial.time.sleeps == BACK_OFF[:1]


@pytest.fixture(scope="module")
def black_hole() -> t.Iterator[str]:
    """Return the address of a port that does not respond to connection attempts, because its queue is full."""
    with socket.socket() as place, socket.socket() as first:
        place.bind(("127.0.0.1", 0))
        place.listen(0)
        first.connect(place.getsockname())
        yield f"127.0.0.1:{place.getsockname()[1]}"


@pytest.mark.parametrize("endpoint", _every("F05"))
def test_a_host_that_does_not_accept_connections_is_an_error(endpoint: Endpoint, black_hole: str) -> None:
    """The timeout also applies to opening a connection."""
    trial = attempt(endpoint, f"http://{black_hole}", timeout=0.03)

    _unsent(trial, "timeout", black_hole, "no connection within 0.03 s")


@pytest.mark.parametrize("endpoint", [row("F05", E4, name="many-addresses")])
def test_many_addresses_do_not_exceed_the_budget(
    endpoint: Endpoint, black_hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client may wait for the whole timeout at each of the host's 20 addresses.

    The time budget limits the number of attempts. The test uses the real clock.
    """
    resolve_options = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *args: resolve_options("127.0.0.1", *args) * 20)
    began = time.monotonic()
    url = f"http://service.test:{black_hole.rpartition(':')[2]}"
    trial = attempt(endpoint, url, timeout=0.1, clock=Clock(), policy=RetryPolicy(budget=0.25))

    assert trial.kind == "timeout", str(trial.error)
    assert time.monotonic() - began < 1.0


# Endless responses, with the real clock


def flood(data: bytes) -> Script:
    """Return a script that sends the data repeatedly."""

    def play(peer: Peer) -> None:
        while peer.pause(0):
            peer.send(data)

    return play


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SLOW = (
    ("F23", "body", then(HEAD + b"Content-Length: 500\r\n\r\n", drip(b" " * 500, pause=0.02)), ONE_OF_EACH),
    ("F23", "body of unknown length", then(HEAD + b"\r\n", drip(b" " * 500, pause=0.02)), (E4,)),
    ("F23", "chunk", then(CHUNKED + b"1f4\r\n", drip(b" " * 500, pause=0.02)), (E4,)),
    ("F23", "small chunks", then(CHUNKED, drip(b"1\r\n \r\n" * 100, pause=0.01)), (E4,)),
    ("F23", "size of a chunk", then(CHUNKED, drip(b"0" * 500, pause=0.02)), (E4,)),
    ("F23", "trailers after the last chunk", then(CHUNKED + b"2\r\n{}\r\n0\r\n", flood(b"X: y\r\n" * 1000)), (E4,)),
    ("F24", "headers", then(HEAD, drip(b"X: y\r\n" * 90, pause=0.01)), ONE_OF_EACH),
    ("F24", "status line", drip(b"HTTP/1.1 200 " + b"O" * 500, pause=0.02), (E4,)),
    ("F24", "wait for more", flood(CONTINUE * 1000), (E4,)),
)


@pytest.mark.parametrize(
    ("script", "endpoint"),
    [
        row(identifier, script, endpoint, name=f"{words.replace(' ', '-')}-{endpoint}")
        for identifier, words, script, at in SLOW
        for endpoint in at
    ],
)
def test_an_endless_response_is_an_error(script: Script, endpoint: Endpoint) -> None:
    """Each part arrives before the read timeout, but the call also has a time limit."""
    began = time.monotonic()
    with Loopback(script) as server:
        trial = attempt(endpoint, server.url, timeout=5.0, clock=Clock(), policy=RetryPolicy(budget=0.5))
        spent = time.monotonic() - began

        assert requests_seen(server, 1) == 1

    assert trial.kind == "deadline", str(trial.error)
    assert "no complete response within 0.5 s" in str(trial.error)
    assert (USED_UP in str(trial.error)) == (endpoint.resend is Resend.NEVER)
    assert spent < 1.5


# Oversized responses


class Stream:
    """Sends the same data many times, and counts the sent bytes."""

    def __init__(self, head: bytes, piece: bytes, times: int) -> None:
        self.taken = 0
        self._head = head
        self._piece = piece
        self._times = times

    def __call__(self, peer: Peer) -> None:
        peer.send(self._head)
        for _number in range(self._times):
            peer.send(self._piece)
            self.taken += len(self._piece)


MEBIBYTE = 1024 * 1024
LARGE = {
    "of 300 MB": Stream(HEAD + b"Content-Length: 314572800\r\n\r\n", b" " * MEBIBYTE, 300),
    "of unknown length": Stream(HEAD + b"\r\n", b" " * MEBIBYTE, 300),
    "in chunks": Stream(CHUNKED, b"100000\r\n%s\r\n" % (b" " * MEBIBYTE), 300),
}


def _bomb() -> Stream:
    """Return a response of 300 MB that is compressed to 300 kB."""
    packer = zlib.compressobj(9, wbits=31)
    first, second = (packer.compress(b" " * MEBIBYTE) + packer.flush(zlib.Z_FULL_FLUSH) for _number in range(2))
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (len(first) + 299 * len(second))
    return Stream(head + first, second, 299)


TOO_LARGE = [
    *(("F25", words, stream, endpoint) for words, stream in LARGE.items() for endpoint in ONE_OF_EACH),
    *(("F26", "packed", _bomb(), endpoint) for endpoint in ONE_OF_EACH),
]


@pytest.mark.parametrize(
    ("identifier", "stream", "endpoint"),
    [
        row(identifier, identifier, stream, endpoint, name=f"{words.replace(' ', '-')}-{endpoint}")
        for identifier, words, stream, endpoint in TOO_LARGE
    ],
)
def test_a_response_that_is_too_large_is_an_error(identifier: str, stream: Stream, endpoint: Endpoint) -> None:
    """The client needs memory only for a response of the maximum size and a few more pieces.

    The client stops reading, so the server can send only as much data as the system's buffers hold.
    """
    case = Case(
        identifier,
        "too large",
        (stream,),
        Counts(1),
        kind="response_invalid",
        names=("larger than 8 MiB" if identifier == "F25" else "compressed",),
    )
    stream.taken = 0
    tracemalloc.start()
    try:
        trial = run(case, endpoint, timeout=5.0)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert held < 4 * LARGEST_BODY
    assert stream.taken < 32 * MEBIBYTE
    assert (USED_UP in str(trial.error)) == (endpoint.resend is Resend.NEVER)
