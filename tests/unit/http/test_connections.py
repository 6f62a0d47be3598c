# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of connection reuse: the number of connections, the trusted CAs, and how often CAs are read."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
import typing as t

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import NetworkError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RetryPolicy
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Peer, Script, answer

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.strict_json import JSON

GOOD = answer({"a": 1}, keep=True)


class Place:
    """A CA, and servers with certificates that this CA has issued."""

    def __init__(self, name: str) -> None:
        self.ca = trustme.CA(organization_name=name)
        self.pem = self.ca.cert_pem.bytes().decode()

    def server(self, script: Script | bytes = GOOD) -> Loopback:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert("127.0.0.1").configure_cert(context)
        return Loopback(script, tls=context, keep=True)


@pytest.fixture(scope="module")
def places() -> list[Place]:
    return [Place(f"place {number}") for number in range(5)]


@pytest.fixture
def bundle(places: list[Place], tmp_path: pathlib.Path) -> str:
    """Return the path of a bundle with the CA of ``places[0]``, which represents IBM's services."""
    places[0].ca.cert_pem.write_to_path(str(tmp_path / "bundle.pem"))
    return str(tmp_path / "bundle.pem")


@contextlib.contextmanager
def _client(concurrency: int = 1, **settings: t.Any) -> t.Iterator[HttpClient]:
    http = HttpClient(timeout=5.0, concurrency=concurrency, **settings)
    try:
        yield http
    finally:
        http.close()


def _get(http: HttpClient, server: Loopback, **more: t.Any) -> JSON:
    return http.send(Request("look", "GET", f"{server.url}/x", **more))


def _is_refused(http: HttpClient, server: Loopback, **more: t.Any) -> bool:
    """Return whether the client rejects the server's certificate, and therefore sends no request."""
    before = len(server.seen)
    with contextlib.suppress(NetworkError):
        _get(http, server, **more)
    return len(server.seen) == before


# Number of connections


@pytest.mark.parametrize("secure", [False, True])
def test_calls_reuse_a_connection(places: list[Place], bundle: str, secure: bool) -> None:
    """A TLS handshake takes longer than most calls."""
    server = places[0].server() if secure else Loopback(GOOD, keep=True)
    with server, _client(verify=bundle) as http:
        for _call in range(20):
            assert _get(http, server) == {"a": 1}

        assert (len(server.seen), server.connections) == (20, 1)


def test_connections_to_several_hosts_are_kept(bundle: str) -> None:
    """A login alternates between the token service, the containers API and two servers of a cluster."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Loopback(GOOD, keep=True)) for _number in range(4)]
        http = stack.enter_context(_client(verify=bundle))
        for _round in range(3):
            for server in servers:
                _get(http, server)

        assert [server.connections for server in servers] == [1] * len(servers)


def test_each_thread_has_one_connection(places: list[Place], bundle: str) -> None:
    """The server's barrier breaks unless all four connections are used at the same time."""
    barrier = threading.Barrier(4)

    def together(peer: Peer) -> None:
        barrier.wait(10.0)
        peer.send(GOOD)

    with places[0].server(together) as server, _client(4, verify=bundle) as http:
        assert WorkerPool(4, Clock()).map(range(80), lambda _number: _get(http, server)) == [{"a": 1}] * 80

        assert (len(server.seen), server.connections) == (80, 4)


# Closing connections


def _ends(server: Loopback, count: int) -> bool:
    """Wait up to ten seconds, and return whether this number of connections to the server was closed."""
    ends = time.monotonic() + 10.0
    while server.ended < count and time.monotonic() < ends:
        time.sleep(0.001)
    return server.ended == count


def test_connections_of_a_cluster_are_closed_at_its_end(places: list[Place]) -> None:
    """A run with 500 clusters would otherwise keep 500 connections open."""
    with places[1].server() as done, places[2].server() as other, _client() as http:
        with http.use(places[1].pem):
            for _call in range(2):
                _get(http, done, cluster=True, ca=places[1].pem)
                _get(http, other, cluster=True, ca=places[2].pem)

        assert _ends(done, 1)
        assert _get(http, other, cluster=True, ca=places[2].pem) == {"a": 1}
        assert _get(http, done, cluster=True, ca=places[1].pem) == {"a": 1}
        assert (done.connections, other.connections) == (2, 1)


def test_an_unused_ca_closes_no_connection(places: list[Place]) -> None:
    with places[1].server() as server, _client() as http:
        with http.use(places[1].pem), http.use(None):
            pass
        _get(http, server, cluster=True, ca=places[1].pem)
        with http.use(None):
            pass

        assert _get(http, server, cluster=True, ca=places[1].pem) == {"a": 1}
        assert server.connections == 1


def test_the_last_user_of_a_ca_closes_its_connections(places: list[Place]) -> None:
    """Several clusters can have the same CA."""
    with places[1].server() as server, _client() as http:
        with http.use(places[1].pem):
            with http.use(places[1].pem):
                _get(http, server, cluster=True, ca=places[1].pem)
            _get(http, server, cluster=True, ca=places[1].pem)
            assert (server.connections, server.ended) == (1, 0)

        assert _ends(server, 1)


def test_a_call_in_progress_is_not_interrupted(places: list[Place]) -> None:
    """Another thread may close the connections to the same cluster during the call."""
    asked, go_on = threading.Event(), threading.Event()

    def slow(peer: Peer) -> None:
        asked.set()
        assert go_on.wait(10.0)
        peer.send(GOOD)

    with places[1].server(slow) as server, _client(2) as http:

        def work(first: bool) -> JSON:
            if first:
                return _get(http, server, cluster=True, ca=places[1].pem)
            assert asked.wait(10.0)
            with http.use(places[1].pem):
                pass
            go_on.set()
            return None

        assert WorkerPool(2, Clock()).map([True, False], work) == [{"a": 1}, None]
        assert len(server.seen) == 1
        assert _ends(server, 1)


def test_many_clusters_leave_no_open_connections(places: list[Place]) -> None:
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(place.server()) for place in places]
        http = stack.enter_context(_client(3, policy=RetryPolicy(attempts=1)))

        def work(number: int) -> None:
            with http.use(places[number].pem):
                for _call in range(4):
                    _get(http, servers[number], cluster=True, ca=places[number].pem)

        WorkerPool(3, Clock()).map(range(5), work)

        assert all(_ends(server, 1) for server in servers)
        assert [len(server.seen) for server in servers] == [4] * 5
        assert [server.connections for server in servers] == [1] * len(servers)


# How often CAs are read


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the arguments of each call that loads CAs into a TLS context."""
    found: list[str] = []
    original = ssl.SSLContext.load_verify_locations

    def load(self: ssl.SSLContext, cafile: t.Any = None, capath: t.Any = None, cadata: t.Any = None) -> None:
        found.append(str(cafile or capath or cadata))
        original(self, cafile, capath, cadata)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load)
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_args, **_more: found.append("default"))
    return found


def test_each_ca_is_read_once(places: list[Place], bundle: str, reads: list[str]) -> None:
    """Reading the public CAs takes 20 to 30 ms of CPU time."""
    barrier = threading.Barrier(4)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(place.server()) for place in places]
        http = stack.enter_context(_client(4, verify=bundle, cluster_verify=bundle))

        def work(number: int) -> JSON:
            if number < 4:
                barrier.wait(10.0)
            place = number % 5
            more = {"cluster": True, "ca": places[place].pem} if place else {"cluster": number % 2 == 0}
            return _get(http, servers[place], **more)

        WorkerPool(4, Clock()).map(range(60), work)

    assert sorted(reads) == sorted([bundle, *(place.pem for place in places[1:])])


def test_new_connections_do_not_read_the_bundle_again(places: list[Place], bundle: str, reads: list[str]) -> None:
    """Each call in this test opens a new connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    places[0].ca.issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(answer(), tls=context) as server, _client(verify=bundle) as http:
        for _call in range(10):
            _get(http, server)

        assert server.connections == 10
    assert reads == [bundle]


# Trusted CAs


def test_the_ca_of_a_cluster_is_not_trusted_for_another_one(places: list[Place], bundle: str) -> None:
    """A cluster's administrator can issue certificates with the cluster's CA."""
    with places[1].server() as server, _client(verify=bundle) as http:
        assert _is_refused(http, server, cluster=True, ca=places[2].pem)
        assert not _is_refused(http, server, cluster=True, ca=places[1].pem)


def test_a_connection_is_not_reused_with_another_ca(places: list[Place], bundle: str) -> None:
    """The open connection was verified only with the first CA."""
    with places[1].server() as server, _client(verify=bundle, cluster_verify=bundle) as http:
        _get(http, server, cluster=True, ca=places[1].pem)

        assert _is_refused(http, server, cluster=True, ca=places[2].pem)
        assert _is_refused(http, server, cluster=True)
        assert _is_refused(http, server)
        assert not _is_refused(http, server, cluster=True, ca=places[1].pem)


def test_an_unverified_connection_is_not_reused_for_a_cluster(places: list[Place], bundle: str) -> None:
    """Verification can be disabled for IBM's services, but clusters receive tokens only over verified connections."""
    with places[1].server() as server, _client(verify=False, cluster_verify=bundle) as http:
        assert not _is_refused(http, server)

        assert _is_refused(http, server, cluster=True)
        assert _is_refused(http, server, cluster=True, ca=places[2].pem)
        assert not _is_refused(http, server, cluster=True, ca=places[1].pem)
        assert not _is_refused(http, server)


def test_services_and_clusters_can_have_different_bundles(
    places: list[Place], bundle: str, tmp_path: pathlib.Path
) -> None:
    other = tmp_path / "clusters.pem"
    places[1].ca.cert_pem.write_to_path(str(other))
    with (
        places[0].server() as service,
        places[1].server() as cluster,
        _client(verify=bundle, cluster_verify=str(other)) as http,
    ):
        assert [_is_refused(http, server, cluster=False) for server in (service, cluster)] == [False, True]
        assert [_is_refused(http, server, cluster=True) for server in (service, cluster)] == [True, False]


def test_a_closed_client_opens_new_connections(places: list[Place], bundle: str) -> None:
    """Closing a client twice is not an error."""
    with places[0].server() as server, _client(verify=bundle) as http:
        _get(http, server)
        http.close()
        http.close()

        assert _get(http, server) == {"a": 1}
        assert server.connections == 2
