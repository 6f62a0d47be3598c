# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the unit tests: an environment without user settings, and simulated clouds."""

from __future__ import annotations

import os
import typing as t

import pytest
import requests.utils
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

from simulator import Simulator

if t.TYPE_CHECKING:
    import pathlib

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_SETTINGS = ("NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session", autouse=True)
def public_ca(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[trustme.CA]:
    """Replace the public CAs with a single test CA. Loading the public CAs would take 20 to 30 ms per client."""
    ca = trustme.CA(organization_name="public")
    bundle = tmp_path_factory.mktemp("public") / "bundle.pem"
    ca.cert_pem.write_to_path(str(bundle))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.utils, "DEFAULT_CA_BUNDLE_PATH", str(bundle))
        yield ca


@pytest.fixture(autouse=True)
def _nobodys_environment(monkeypatch: pytest.MonkeyPatch, empty_home: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Hide the credentials, proxies, CAs, .netrc and rate limits of the user who runs the tests."""
    for name in list(os.environ):
        if name.upper() in (*_PROXIES, *_SETTINGS) or name.startswith(("IC_", "IBMCLOUD_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(empty_home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture(scope="session")
def running_fleet() -> t.Iterator[Simulator]:
    with Simulator("fleet") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def running_document() -> t.Iterator[Simulator]:
    with Simulator("document-2025") as simulator:
        yield simulator


@pytest.fixture
def fleet(running_fleet: Simulator) -> Simulator:
    """Return a cloud with several accounts, all kinds of identities and a dozen clusters.

    Each page of the account list contains one account.
    """
    running_fleet.reset()
    return running_fleet


@pytest.fixture
def document(running_document: Simulator) -> Simulator:
    """Return a cloud whose responses are the example outputs in IBM's documentation.

    The cloud does not support one-step delegation.
    """
    running_document.reset()
    return running_document


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def http(fake_time: FakeTime) -> t.Iterator[HttpClient]:
    """Return a client that uses fake time. Tests of TLS create a separate client."""
    client = HttpClient(timeout=5.0, clock=fake_time.clock)
    yield client
    client.close()


@pytest.fixture
def fleet_http(fleet: Simulator, fake_time: FakeTime) -> t.Iterator[HttpClient]:
    """Return a client that uses fake time and trusts the simulator."""
    client = HttpClient(
        verify=str(fleet.ca_path), cluster_verify=str(fleet.ca_path), timeout=5.0, clock=fake_time.clock
    )
    yield client
    client.close()
