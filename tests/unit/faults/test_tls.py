# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults F06 to F11, F113 and F123: untrusted certificates, interrupted handshakes and proxies."""

from __future__ import annotations

import datetime
import socket
import ssl
import struct
import typing as t

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.urls import reaches_this_machine
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import (
    GOOD,
    Case,
    Counts,
    Made,
    attempt,
    requests_seen,
    run,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import (
    E1A,
    E1C,
    E4,
    EVERY,
    ONE_OF_EACH,
    Endpoint,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, goodbye, reset, tunnel

if t.TYPE_CHECKING:
    import pathlib

NEVER = Counts(0)
# A host name that only the proxy can resolve
BEHIND_PROXY = "service.test"


class Hosts:
    """TLS contexts of servers, and the path of the trusted CA. Only the context ``good`` has a valid certificate."""

    def __init__(self, folder: pathlib.Path) -> None:
        ca, stranger = trustme.CA(organization_name="right"), trustme.CA(organization_name="stranger")
        self.ca_file = str(folder / "right.pem")
        ca.cert_pem.write_to_path(self.ca_file)
        own = folder / "own.pem"
        own.write_bytes(stranger.private_key_pem.bytes() + stranger.cert_pem.bytes())
        self.of = {name: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for name in ("good", "self-signed", "expired")}
        self.of |= {name: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for name in ("other host", "unknown CA")}
        self.of["self-signed"].load_cert_chain(own)
        past = {"not_before": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)}
        past["not_after"] = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)
        ca.issue_cert("127.0.0.1", BEHIND_PROXY).configure_cert(self.of["good"])
        ca.issue_cert("127.0.0.1", **past).configure_cert(self.of["expired"])
        ca.issue_cert("other.example").configure_cert(self.of["other host"])
        stranger.issue_cert("127.0.0.1", BEHIND_PROXY).configure_cert(self.of["unknown CA"])


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Hosts:
    return Hosts(tmp_path_factory.mktemp("hosts"))


CASES = (
    Case("F06", "self-signed", (GOOD,), NEVER, kind="tls", names=("self-signed certificate", "ca_cert"), connections=1),
    Case("F07", "expired", (GOOD,), NEVER, kind="tls", names=("certificate has expired",), connections=1),
    # Older versions of the HTTP libraries do not report more details.
    Case("F08", "other host", (GOOD,), NEVER, kind="tls", names=("https://127.0.0.1:", "not trusted"), connections=1),
)


@pytest.mark.parametrize(
    ("case", "endpoint"),
    [
        row(case.id, case, endpoint, name=f"{case.words.replace(' ', '-')}-{endpoint}")
        for case in CASES
        for endpoint in case.at
    ],
)
def test_an_untrusted_certificate_is_an_error(case: Case, endpoint: Endpoint, hosts: Hosts) -> None:
    """The client makes one handshake and does not send the secret."""
    trial = run(case, endpoint, tls=hosts.of[case.words], verify=hosts.ca_file, timeout=5.0)

    assert trial.time.sleeps == []
    assert trial.error
    assert trial.error.to_result()["attempts"] == 1
    assert "may already have been used" not in str(trial.error)


@pytest.mark.parametrize("endpoint", [row("F09", endpoint, name=str(endpoint)) for endpoint in ONE_OF_EACH])
def test_a_server_without_tls_is_an_error(endpoint: Endpoint, hosts: Hosts) -> None:
    """The message differs from the message about an untrusted certificate."""
    with Loopback(hang_ups=9, farewell=answer(status=400)) as server:
        trial = attempt(endpoint, server.url.replace("http:", "https:"), verify=hosts.ca_file, timeout=5.0)

    assert (trial.kind, server.connections, trial.time.sleeps) == ("tls", 1, [])
    assert "the TLS connection to the host failed" in str(trial.error)


class Broken:
    """Closes the first connection during the handshake, after the client's first message."""

    def __init__(self, context: ssl.SSLContext, *, linger: bool) -> None:
        self._context = context
        self._linger = linger
        self._left = 1

    def wrap_socket(self, connection: socket.socket, *, server_side: bool) -> ssl.SSLSocket:
        if not self._left:
            return self._context.wrap_socket(connection, server_side=server_side)
        self._left -= 1
        connection.recv(65536)
        if not self._linger:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        raise ConnectionAbortedError


WAYS = [
    row("F10", linger, endpoint, name=f"{'closed' if linger else 'reset'}-{endpoint}")
    for linger in (True, False)
    for endpoint in EVERY
    if linger or endpoint is not E1C
]


def _breaks_once(hosts: Hosts, endpoint: Endpoint, *, linger: bool) -> None:
    case = Case("F10", "the end of the connection in the handshake", (GOOD,), Counts(1), connections=2)
    trial = run(case, endpoint, tls=Broken(hosts.of["good"], linger=linger), verify=hosts.ca_file, timeout=5.0)

    assert trial.time.sleeps == [0.5]


@pytest.mark.parametrize(("linger", "endpoint"), WAYS)
def test_an_interrupted_handshake_is_retried(linger: bool, endpoint: Endpoint, hosts: Hosts) -> None:
    """No request was sent, so any call can be retried."""
    _breaks_once(hosts, endpoint, linger=linger)


@pytest.mark.parametrize("endpoint", [row("F10", E1C, name="reset-E1c")])
def test_a_passcode_is_sent_after_an_interrupted_handshake(endpoint: Endpoint, hosts: Hosts) -> None:
    """The error resembles a reset during a request, but no request was sent."""
    _breaks_once(hosts, endpoint, linger=False)


@pytest.fixture
def intercepted(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[tuple[Loopback, Loopback]]:
    """Start a proxy with a password, and an untrusted host that responds in place of the service."""
    with Loopback(tunnel) as proxy, Loopback(tls=hosts.of["unknown CA"], host=BEHIND_PROXY) as host:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://ada:CANARY-proxy-password@"))
        yield proxy, host


@pytest.mark.parametrize("endpoint", [row("F11", endpoint, name=str(endpoint)) for endpoint in ONE_OF_EACH])
def test_an_intercepting_proxy_is_an_error(
    endpoint: Endpoint, hosts: Hosts, intercepted: tuple[Loopback, Loopback]
) -> None:
    """The proxy receives only the host name. The error message contains a hint about the proxy's CA."""
    proxy, host = intercepted
    trial = attempt(endpoint, host.url, verify=hosts.ca_file, timeout=5.0)

    assert (trial.kind, trial.time.sleeps) == ("tls", [])
    assert (len(proxy.seen), host.connections, host.seen) == (1, 1, [])
    assert "ca_cert" in str(trial.error)
    assert "CANARY" not in str(trial.error)
    assert "ada@" not in str(trial.error)


@pytest.mark.parametrize("endpoint", [row("F11", E4, name="names-the-proxy")])
def test_the_message_has_the_proxy(endpoint: Endpoint, hosts: Hosts, intercepted: tuple[Loopback, Loopback]) -> None:
    """If the message did not name the proxy, users would suspect the service."""
    proxy, host = intercepted
    trial = attempt(endpoint, host.url, verify=hosts.ca_file, timeout=5.0)

    assert f"127.0.0.1:{proxy.port}" in str(trial.error)


CUT = Made(lambda endpoint: answer(endpoint.good, length=9999))
BEHIND = (
    Case("F15", "reset", (reset,), Counts(5, once=1, deadline=2), kind="reset"),
    Case("F17", "closed without an answer", (goodbye,), Counts(5, once=1, deadline=2), kind="reset"),
    Case("F18", "cut body", (CUT,), Counts(5, once=1, deadline=2), kind="protocol"),
)


@pytest.mark.parametrize(
    ("case", "endpoint"),
    [
        row(case.id, case, endpoint, name=f"{case.words.replace(' ', '-')}-behind-a-proxy-{endpoint}")
        for case in BEHIND
        for endpoint in ONE_OF_EACH
    ],
)
def test_errors_of_a_service_behind_a_proxy_are_retried(case: Case, endpoint: Endpoint, hosts: Hosts) -> None:
    """The HTTP libraries report a proxy error, although the tunnel was open.

    The call is retried in the same way as without a proxy.
    """
    with Loopback(tunnel) as proxy:
        settings = {"verify": hosts.ca_file, "timeout": 5.0, "proxy": proxy.url}
        trial = run(case, endpoint, tls=hosts.of["good"], host=BEHIND_PROXY, **settings)

        assert f"through the proxy 127.0.0.1:{proxy.port}" in str(trial.error)
    assert ("may already have been used" in str(trial.error)) == (endpoint is E1C)


@pytest.mark.parametrize(
    ("status", "attempts", "endpoint"),
    [
        row("F113", status, attempts, endpoint, name=f"CONNECT-{status}-{endpoint}")
        for status, attempts in ((403, 1), (407, 1), (502, 5))
        for endpoint in ONE_OF_EACH
    ],
)
def test_a_proxy_that_rejects_the_tunnel_is_an_error(status: int, attempts: int, endpoint: Endpoint) -> None:
    """The client retries after HTTP 502, but not after HTTP 403 or 407, because repeated logins could lock out the user."""
    with Loopback(answer(status=status)) as proxy:
        address = proxy.url.replace("://", "://ada:CANARY-proxy-password@")
        trial = attempt(endpoint, "https://iam.example.com", timeout=5.0, proxy=address)

        assert requests_seen(proxy, attempts) == attempts
    assert trial.kind == "proxy", str(trial.error)
    assert f"the proxy returned HTTP {status} (through the proxy 127.0.0.1:{proxy.port})" in str(trial.error)
    assert "may already have been used" not in str(trial.error)
    assert "CANARY" not in str(trial.error)


@pytest.mark.parametrize(
    "address",
    [
        row("F113", address, name=f"address-{number}")
        for number, address in enumerate(
            (
                "ftp://127.0.0.1:9",
                "foo bar",
                "http://[bad",
                "http://127.0.0.1:99999",
                "http://",
            )
        )
    ],
)
def test_an_invalid_proxy_url_is_an_error(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The message is about the proxy, not about the request."""
    monkeypatch.setenv("HTTP_PROXY", address)
    trial = attempt(E4, "http://iam.example.com", timeout=5.0)

    assert (trial.kind, trial.time.sleeps) == ("proxy", []), str(trial.error)
    assert "the proxy's address cannot be used" in str(trial.error)
    assert "HTTPS_PROXY" in str(trial.error)
    assert "CANARY" not in str(trial.error)


SOCKS = ("socks4", "socks4a", "socks5", "socks5h", "SOCKS5")


@pytest.mark.parametrize("scheme", [row("F113", scheme, name=scheme) for scheme in SOCKS])
@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTPS_PROXY"])
def test_a_socks_proxy_without_its_library_is_an_error(
    monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    """The message names the missing library and the proxy variables."""
    monkeypatch.setenv(variable, f"{scheme}://ada:CANARY@127.0.0.1:1")
    trial = attempt(E4, "https://iam.example.com", timeout=5.0)

    assert (trial.kind, trial.time.sleeps) == ("proxy", []), str(trial.error)
    assert "a SOCKS proxy requires the Python library PySocks" in str(trial.error)
    assert all(name in str(trial.error) for name in ("pip install PySocks", "ALL_PROXY", "HTTPS_PROXY", "NO_PROXY"))
    assert "CANARY" not in str(trial.error)


LOOPBACK_HOSTS = ("127.0.0.1", "127.1", "localhost", "LOCALHOST.", "127.9.9.9")


@pytest.mark.parametrize("host", [row("F123", host, name=host) for host in LOOPBACK_HOSTS])
@pytest.mark.parametrize("option", [False, True], ids=["environment", "option"])
def test_requests_for_loopback_addresses_use_no_proxy(monkeypatch: pytest.MonkeyPatch, option: bool, host: str) -> None:
    """A remote proxy would connect to its own loopback address.

    Over plain HTTP, the proxy could also read the API key.
    """
    with Loopback(answer(E1A.good)) as server, Loopback(answer(E1A.good)) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        url = f"http://{host}:{server.port}"
        trial = attempt(E1A, url, timeout=5.0, proxy=proxy.url if option else "")

        assert proxy.connections == 0
        # Some of these addresses may not exist on this machine.
        assert trial.kind == "ok" or server.connections == 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        row("F123", host, expected, name=host)
        for expected, hosts in (
            (True, ("::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "2130706433", "0x7f.1", "a.localhost", "127.0.0.2")),
            (
                False,
                ("iam.cloud.ibm.com", "10.0.0.1", "127.0.0.1.example.com", "localhost.example", "::2", "128.1", ""),
            ),
        )
        for host in hosts
    ],
)
def test_loopback_addresses_are_recognized(host: str, expected: bool) -> None:
    """The C library accepts many notations for a loopback address."""
    assert reaches_this_machine(host) is expected
