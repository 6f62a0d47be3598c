# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of server certificates and of the CAs that a call trusts."""

from __future__ import annotations

import datetime
import ssl
import typing as t
import warnings

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import CallError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import Resend
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

GOOD = answer({"a": 1})


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA(organization_name="right")


@pytest.fixture(scope="module")
def stranger() -> trustme.CA:
    return trustme.CA(organization_name="stranger")


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: pathlib.Path) -> str:
    return _file(ca, tmp_path / "right.pem")


def _file(ca: trustme.CA, path: pathlib.Path) -> str:
    ca.cert_pem.write_to_path(str(path))
    return str(path)


def _tls(ca: trustme.CA, host: str = "127.0.0.1", *, expired: bool = False) -> ssl.SSLContext:
    end = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC) if expired else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    start = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC) if expired else None
    ca.issue_cert(host, not_before=start, not_after=end).configure_cert(context)
    return context


def _send(server: Loopback, fake_time: FakeTime, verify: bool | str, **request: t.Any) -> t.Any:
    client = HttpClient(verify=verify, timeout=5.0, clock=fake_time.clock)
    try:
        return client.send(
            Request("log in", "POST", server.url, auth=("bx", "bx"), form={"apikey": "SECRET"}, **request)
        )
    finally:
        client.close()


def _refused(server: Loopback, fake_time: FakeTime, verify: bool | str, **request: t.Any) -> CallError:
    """Send a request that must fail after one handshake, without a retry, and return the error."""
    with pytest.raises(CallError) as caught:
        _send(server, fake_time, verify, **request)
    assert (server.connections, server.seen, fake_time.sleeps) == (1, [], [])
    assert caught.value.kind == "tls"
    assert "SECRET" not in str(caught.value)
    assert "ca_cert" in caught.value.hint
    return caught.value


def test_the_given_ca_is_trusted(fake_time: FakeTime, ca: trustme.CA, ca_file: str) -> None:
    with Loopback(GOOD, tls=_tls(ca)) as server:
        assert _send(server, fake_time, ca_file) == {"a": 1}


@pytest.mark.parametrize("resend", Resend)
def test_a_certificate_of_an_unknown_ca_is_rejected(
    fake_time: FakeTime, stranger: trustme.CA, ca_file: str, resend: Resend
) -> None:
    """F06, F11: the client does not send the request, and does not retry the call."""
    with Loopback(GOOD, tls=_tls(stranger)) as server:
        error = _refused(server, fake_time, ca_file, resend=resend)

    assert "certificate is not trusted: " in str(error)


def test_an_expired_certificate_is_rejected(fake_time: FakeTime, ca: trustme.CA, ca_file: str) -> None:
    """F07: the message says that the certificate has expired."""
    with Loopback(GOOD, tls=_tls(ca, expired=True)) as server:
        assert "expired" in str(_refused(server, fake_time, ca_file))


def test_a_certificate_of_another_host_is_rejected(fake_time: FakeTime, ca: trustme.CA, ca_file: str) -> None:
    """F08: the message contains the requested URL and the reason."""
    with Loopback(GOOD, tls=_tls(ca, "other.example")) as server:
        error = str(_refused(server, fake_time, ca_file))

    assert f"{server.url} -> the host's certificate is not trusted" in error


def test_a_server_without_tls_has_a_separate_error(fake_time: FakeTime, ca_file: str) -> None:
    """F09: the message differs from the message about an untrusted certificate."""
    with Loopback(hang_ups=9, farewell=answer(status=400)) as server:
        server_url = server.url.replace("http:", "https:")
        client = HttpClient(verify=ca_file, timeout=5.0, clock=fake_time.clock)
        with pytest.raises(CallError, match="the TLS connection to the host failed") as caught:
            client.send(Request("look", "GET", server_url))
        client.close()

    assert (server.connections, caught.value.kind, fake_time.sleeps) == (1, "tls", [])


@pytest.mark.parametrize("resend", Resend)
def test_an_interrupted_handshake_is_retried(fake_time: FakeTime, ca: trustme.CA, ca_file: str, resend: Resend) -> None:
    """F10: the first attempt did not send the request, so a retry is safe even with a passcode."""
    with Loopback(GOOD, tls=_tls(ca), hang_ups=1) as server:
        assert _send(server, fake_time, ca_file, resend=resend) == {"a": 1}
        assert (len(server.seen), server.connections) == (1, 2)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_wrong_bundle_in_the_environment_is_ignored(
    fake_time: FakeTime,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    ca: trustme.CA,
    stranger: trustme.CA,
    ca_file: str,
    variable: str,
) -> None:
    """F115: by default, the ``requests`` library would trust the CA bundle in the environment instead of the CA in the options."""
    monkeypatch.setenv(variable, _file(stranger, tmp_path / "stranger.pem"))

    with Loopback(GOOD, tls=_tls(ca)) as server:
        assert _send(server, fake_time, ca_file) == {"a": 1}


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_in_the_environment_is_not_trusted(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, ca: trustme.CA, ca_file: str, variable: str
) -> None:
    """Only the options determine which CAs the client trusts."""
    monkeypatch.setenv(variable, ca_file)

    with Loopback(GOOD, tls=_tls(ca)) as server:
        _refused(server, fake_time, verify=True)


def test_verification_can_be_disabled(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, stranger: trustme.CA, ca_file: str
) -> None:
    """F115: a CA bundle in the environment does not turn on verification."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)

    with Loopback(GOOD, tls=_tls(stranger, "other.example")) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert _send(server, fake_time, verify=False) == {"a": 1}


def test_the_ca_of_a_cluster_is_trusted(
    fake_time: FakeTime, ca: trustme.CA, stranger: trustme.CA, ca_file: str
) -> None:
    """A call's CA replaces the client's CA."""
    pem = stranger.cert_pem.bytes().decode()

    with Loopback(GOOD, tls=_tls(stranger)) as server:
        assert _send(server, fake_time, ca_file, ca=pem) == {"a": 1}


@pytest.mark.parametrize("verify", [True, False])
def test_only_the_ca_of_the_cluster_is_trusted(
    fake_time: FakeTime, ca: trustme.CA, stranger: trustme.CA, ca_file: str, verify: bool
) -> None:
    """The call's CA applies even if the client trusts another CA or does not verify certificates."""
    pem = stranger.cert_pem.bytes().decode()

    with Loopback(GOOD, tls=_tls(ca)) as server:
        _refused(server, fake_time, ca_file if verify else False, ca=pem)
