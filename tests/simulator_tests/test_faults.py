# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of injected faults."""

from __future__ import annotations

import collections
import contextlib
import socket
import ssl
import urllib.parse

import pytest
import requests
from simulator_tests.calls import ADA_DEV_KEY, ADA_IAM_ID, APIKEY, Api, ok
from simulator_tests.cluster_calls import NAMESPACES
from simulator_tests.container_calls import call
from simulator_tests.fault_calls import configure_faults, faults

from simulator import Faults


def test_unavailable_services_return_an_error_and_change_nothing(fleet: Api) -> None:
    token = fleet.access_token()
    configure_faults(fleet, faults=Faults(unavailable=1.0))
    form = {"grant_type": APIKEY, "apikey": ADA_DEV_KEY}
    responses = [
        (fleet.iam(form), "errorCode", "BXNIM0060E"),
        (fleet.accounts(token), "code", 503),
        (call(fleet, token, "applyRBAC", "shop-dev"), "code", "SIM0503"),
        (fleet.cluster("shop-dev", "/version"), "reason", "ServiceUnavailable"),
    ]
    for response, field, value in responses:
        assert (response.status_code, response.json()[field]) == (503, value)
    assert not fleet.sim.cluster("shop-dev").rbac.requests
    assert faults(fleet)[1:] == ["unavailable"] * 4
    assert [entry.status for entry in fleet.sim.requests[1:]] == [503] * 4
    oauth = fleet.sim.cluster("data-dev").oauth_urls["public"]
    assert fleet.send("GET", oauth + "/healthz").status_code == 200


def test_half_of_the_requests_before_a_reset_were_processed(fleet: Api, caplog: pytest.LogCaptureFixture) -> None:
    token = fleet.access_token()
    configure_faults(fleet, faults=Faults(reset=1.0))
    for _time in range(30):
        with pytest.raises(requests.ConnectionError, match="Connection aborted"):
            call(fleet, token, "applyRBAC", "shop-dev")
    entries = fleet.sim.requests[1:]
    assert [entry.fault for entry in entries] == ["reset"] * 30
    done = [entry for entry in entries if entry.status == 200]
    assert {entry.status for entry in entries} == {0, 200}
    assert 5 < len(done) < 25
    assert fleet.sim.cluster("shop-dev").rbac.requests == {ADA_IAM_ID: len(done)}
    assert not caplog.records
    configure_faults(fleet, faults=Faults())
    ok(call(fleet, token, "getCluster", "shop-dev"))


def test_a_reset_sends_rst(fleet: Api) -> None:
    """The test reads the response below TLS, because Python's TLS sockets report a reset as the end of the connection."""
    configure_faults(fleet, faults=Faults(reset=1.0))
    where = urllib.parse.urlsplit(fleet.sim.iam_url)
    arrived, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    trust = ssl.create_default_context(cafile=str(fleet.sim.ca_path))
    tls = trust.wrap_bio(arrived, to_send, server_hostname=where.hostname)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=5) as sock:
        while tls.version() is None:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                break
            sock.sendall(to_send.read())
            arrived.write(sock.recv(65536))
        tls.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        sock.sendall(to_send.read())
        with pytest.raises(ConnectionResetError):
            list(iter(lambda: sock.recv(65536), b""))
    assert faults(fleet) == ["reset"]


def test_a_truncated_response_is_shorter_than_its_length(fleet: Api, caplog: pytest.LogCaptureFixture) -> None:
    token = fleet.access_token()
    configure_faults(fleet, faults=Faults(truncated=1.0))
    for path in ("getCluster", "applyRBAC", "getCluster"):
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            call(fleet, token, path, "shop-dev")
    with call(fleet, token, "getCluster", "shop-dev", stream=True) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"
        said, sent = int(response.headers["Content-Length"]), response.raw.read1(1_000_000)
        assert said // 2 == len(sent) > 100
    assert fleet.sim.cluster("shop-dev").rbac.requests == {ADA_IAM_ID: 1}
    assert [(entry.fault, entry.status) for entry in fleet.sim.requests[1:]] == [("truncated", 200)] * 4
    assert not caplog.records
    head = fleet.cluster("shop-dev", NAMESPACES, token, method="HEAD")
    assert (head.status_code, head.headers["Connection"]) == (401, "close")


def test_shares_and_seeds_select_the_failed_requests(fleet: Api) -> None:
    def run(seed: int) -> list[tuple[str, int]]:
        fleet.sim.reset()
        configure_faults(fleet, faults=Faults(unavailable=0.2, reset=0.1, truncated=0.1, seed=seed))
        for _time in range(200):
            try:
                fleet.cluster("shop-dev", "/version")
            except requests.RequestException:
                continue
        return [(entry.fault, entry.status) for entry in fleet.sim.requests]

    first = run(1)
    counts = collections.Counter(fault for fault, _status in first)
    assert len(first) == 200
    assert 25 <= counts["unavailable"] <= 55
    assert 10 <= counts["reset"] <= 32
    assert 10 <= counts["truncated"] <= 32
    assert run(1) == first
    assert run(2) != first
