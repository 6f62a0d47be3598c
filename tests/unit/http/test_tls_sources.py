# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the sources of trusted CAs (public CAs, a file, a folder), with and without a proxy."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import typing as t

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import CallError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.connections import preload_ca_bundle
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, tunnel

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

GOOD = answer({"a": 1})


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA(organization_name="right")


@pytest.fixture(scope="module")
def other() -> trustme.CA:
    return trustme.CA(organization_name="other")


@pytest.fixture
def bundle(ca: trustme.CA, tmp_path: pathlib.Path) -> str:
    return _file(tmp_path / "right.pem", ca)


def _file(path: pathlib.Path, *cas: trustme.CA) -> str:
    path.write_bytes(b"".join(ca.cert_pem.bytes() for ca in cas))
    return str(path)


def _pem(ca: trustme.CA) -> str:
    return ca.cert_pem.bytes().decode()


# A host name that only the proxy can resolve
BEHIND_PROXY = "service.test"


def _tls(ca: trustme.CA, *hosts: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*(hosts or ("127.0.0.1", BEHIND_PROXY))).configure_cert(context)
    return context


class Endpoint(t.Protocol):
    """Sends a request with fake time, and returns the kind of the error or an empty string."""

    def __call__(self, server: Loopback, verify: bool | str, **more: t.Any) -> str:
        """Send the request to the server."""


@pytest.fixture
def ask(fake_time: FakeTime) -> Endpoint:
    def send(server: Loopback, verify: bool | str, **more: t.Any) -> str:
        client = HttpClient(verify=verify, timeout=5.0, clock=fake_time.clock)
        try:
            client.send(Request("log in", "POST", server.url, auth=("bx", "bx"), form={"apikey": "SECRET"}, **more))
        except CallError as exc:
            return f"{exc.kind}, and a secret" if "SECRET" in str(exc) else exc.kind
        finally:
            client.close()
        return ""

    return send


# Sources


def test_public_cas_are_trusted_by_default(ask: Endpoint, public_ca: trustme.CA, ca: trustme.CA) -> None:
    with Loopback(GOOD, tls=_tls(public_ca)) as known, Loopback(GOOD, tls=_tls(ca)) as unknown:
        assert (ask(known, True), ask(unknown, True)) == ("", "tls")
        assert (len(known.seen), unknown.seen) == (1, [])


def test_a_bundle_replaces_the_public_cas(ask: Endpoint, public_ca: trustme.CA, bundle: str) -> None:
    with Loopback(GOOD, tls=_tls(public_ca)) as server:
        assert ask(server, bundle) == "tls"


def test_all_cas_of_a_bundle_are_trusted(
    ask: Endpoint, ca: trustme.CA, other: trustme.CA, tmp_path: pathlib.Path
) -> None:
    """The bundle can be a file or a string."""
    bundle = _file(tmp_path / "both.pem", ca, other)
    with Loopback(GOOD, tls=_tls(ca)) as first, Loopback(GOOD, tls=_tls(other)) as second:
        assert [ask(server, bundle) for server in (first, second)] == ["", ""]
        assert [ask(server, True, ca=_pem(ca) + _pem(other)) for server in (first, second)] == ["", ""]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the names in such a folder are hashes of openssl's own")
def test_a_folder_of_cas_is_trusted(ask: Endpoint, ca: trustme.CA, other: trustme.CA, tmp_path: pathlib.Path) -> None:
    """REQUESTS_CA_BUNDLE can be a folder that contains a file for each CA. Each file's name begins with the hash of its CA."""
    path = _file(tmp_path / "ca.pem", ca)
    output = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", path], capture_output=True, check=True)
    folder = tmp_path / "cas"
    folder.mkdir()
    _file(folder / f"{output.stdout.decode().strip()}.0", ca)

    with Loopback(GOOD, tls=_tls(ca)) as known, Loopback(GOOD, tls=_tls(other)) as unknown:
        assert (ask(known, str(folder)), ask(unknown, str(folder))) == ("", "tls")


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_missing_or_invalid_bundle_is_an_error(
    ask: Endpoint, ca: trustme.CA, tmp_path: pathlib.Path, content: str | None
) -> None:
    """The bundle may have been removed after the options were checked. In this case, the client does not open a connection."""
    if content is not None:
        (tmp_path / "bundle.pem").write_text(content)

    with Loopback(GOOD, tls=_tls(ca)) as server:
        assert ask(server, str(tmp_path / "bundle.pem")) in ("input", "tls")
        assert server.connections == 0


def test_a_changed_bundle_is_read_again(
    ask: Endpoint, ca: trustme.CA, other: trustme.CA, tmp_path: pathlib.Path
) -> None:
    """A process runs many tasks, and the bundle can change between two tasks."""
    with Loopback(GOOD, tls=_tls(ca)) as first, Loopback(GOOD, tls=_tls(other)) as second:
        for trusted, refused, now in ((first, second, ca), (second, first, other), (first, second, ca)):
            bundle = _file(tmp_path / "bundle.pem", now)

            assert (ask(trusted, bundle), ask(refused, bundle)) == ("", "tls")


def test_a_bundle_can_be_preloaded(ask: Endpoint, ca: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent process reads the bundle, so that child processes do not need to read it."""
    preload_ca_bundle({"REQUESTS_CA_BUNDLE": bundle})
    monkeypatch.setattr(
        ssl.SSLContext, "load_verify_locations", lambda *_args, **_more: pytest.fail("it has been read already")
    )

    with Loopback(GOOD, tls=_tls(ca)) as server:
        assert ask(server, bundle) == ""


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_preloading_a_missing_bundle_is_not_an_error(tmp_path: pathlib.Path, content: str | None) -> None:
    """A task that needs the bundle reports the error."""
    if content is not None:
        (tmp_path / "bundle.pem").write_text(content)

    preload_ca_bundle({"REQUESTS_CA_BUNDLE": str(tmp_path / "bundle.pem")})


# Proxies


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[Loopback], None]:
    def switch(proxy: Loopback) -> None:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://ada:SECRET@"))

    return switch


def test_a_proxy_reads_only_the_host(
    ask: Endpoint, through: t.Callable[[Loopback], None], ca: trustme.CA, bundle: str
) -> None:
    """The proxy forwards only encrypted data."""
    with Loopback(GOOD, tls=_tls(ca), host=BEHIND_PROXY) as server, Loopback(tunnel) as proxy:
        through(proxy)

        assert ask(server, bundle) == ""
        assert [(seen.method, seen.target) for seen in proxy.seen] == [("CONNECT", f"{BEHIND_PROXY}:{server.port}")]
        assert len(server.seen) == 1
        assert "proxy-authorization" not in server.seen[0].headers
        assert "authorization" not in proxy.seen[0].headers


def test_many_calls_through_a_proxy_do_not_exceed_the_recursion_limit(
    http: HttpClient, monkeypatch: pytest.MonkeyPatch, public_ca: trustme.CA
) -> None:
    """A call that reuses a connection must not add a Python frame to the call stack of the next new connection.

    Python allows 1000 frames.
    """
    good = answer({"a": 1}, keep=True)
    with (
        Loopback(good, tls=_tls(public_ca), keep=True, host=BEHIND_PROXY) as first,
        Loopback(good, tls=_tls(public_ca), host=BEHIND_PROXY) as second,
        Loopback(tunnel) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        for _call in range(1000):
            http.send(Request("look", "GET", first.url))

        assert (http.send(Request("look", "GET", second.url)), first.connections) == ({"a": 1}, 1)


@pytest.mark.parametrize("cluster", [False, True])
def test_certificates_are_verified_through_a_proxy(
    ask: Endpoint, through: t.Callable[[Loopback], None], ca: trustme.CA, other: trustme.CA, bundle: str, cluster: bool
) -> None:
    """A proxy must not respond in place of the service. For a cluster, only the CA of the cluster is trusted."""
    pem = _pem(ca) if cluster else None
    verify = True if cluster else bundle
    with (
        Loopback(GOOD, tls=_tls(ca), host=BEHIND_PROXY) as right,
        Loopback(GOOD, tls=_tls(other), host=BEHIND_PROXY) as wrong,
        Loopback(tunnel) as proxy,
    ):
        through(proxy)

        assert ask(right, verify, cluster=cluster, ca=pem) == ""
        assert ask(wrong, verify, cluster=cluster, ca=pem) == "tls"
        assert (len(right.seen), wrong.seen, len(proxy.seen)) == (1, [], 2)


@pytest.mark.parametrize("cluster", [False, True])
def test_the_certificate_of_a_proxy_is_verified(
    ask: Endpoint, through: t.Callable[[Loopback], None], ca: trustme.CA, other: trustme.CA, bundle: str, cluster: bool
) -> None:
    """The CA of a cluster does not apply to the proxy."""
    target = other if cluster else ca
    pem = _pem(other) if cluster else None
    with Loopback(GOOD, tls=_tls(target), host=BEHIND_PROXY) as server:
        with Loopback(tunnel, tls=_tls(ca)) as proxy:
            through(proxy)
            assert ask(server, bundle, cluster=cluster, ca=pem) == ""
            assert len(proxy.seen) == 1
        with Loopback(tunnel, tls=_tls(other)) as stranger:
            through(stranger)
            assert ask(server, bundle, cluster=cluster, ca=pem) in ("tls", "proxy")
            assert stranger.seen == []
        with Loopback(tunnel, tls=_tls(ca, "other.example")) as elsewhere:
            through(elsewhere)
            assert ask(server, bundle, cluster=cluster, ca=pem) in ("tls", "proxy")
            assert elsewhere.seen == []
        assert len(server.seen) == 1


@pytest.mark.parametrize("host", ["other.example", "127.0.0.2"])
@pytest.mark.parametrize("cluster", [False, True])
@pytest.mark.parametrize("proxied", [False, True])
def test_a_certificate_of_another_host_is_rejected(
    ask: Endpoint,
    through: t.Callable[[Loopback], None],
    ca: trustme.CA,
    bundle: str,
    host: str,
    cluster: bool,
    proxied: bool,
) -> None:
    """The trusted CA issued the certificate for another host name or address."""
    at = BEHIND_PROXY if proxied else "127.0.0.1"
    with Loopback(GOOD, tls=_tls(ca, host), host=at) as server, Loopback(tunnel) as proxy:
        if proxied:
            through(proxy)
        assert ask(server, bundle, cluster=cluster, ca=_pem(ca) if cluster else None) == "tls"
        assert server.seen == []
