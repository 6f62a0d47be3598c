# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the simulator's current and peak numbers of open connections."""

from __future__ import annotations

import http.client
import ssl
import time
import typing as t
import urllib.parse

import pytest
import requests

from simulator import Simulator


@pytest.fixture
def sim() -> t.Iterator[Simulator]:
    with Simulator("document-2025") as simulator:
        yield simulator


def connect(sim: Simulator, url: str, ca: bytes = b"") -> http.client.HTTPSConnection:
    where = urllib.parse.urlsplit(url)
    trust = ssl.create_default_context(cadata=(ca or sim.ca_path.read_bytes()).decode())
    connection = http.client.HTTPSConnection(str(where.hostname), where.port, context=trust, timeout=5)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    return connection


def wait_for(sim: Simulator, expected: dict[str, int]) -> None:
    """Wait for the expected numbers of connections, because a server detects the end of a connection later than the client."""
    deadline = time.monotonic() + 5
    while sim.log.open_connections != expected and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sim.log.open_connections == expected


def test_connections_are_counted_by_service(sim: Simulator) -> None:
    assert (sim.log.open_connections, sim.log.peak_connections) == ({}, {})
    cluster = sim.cluster("mycluster")
    to_iam = [connect(sim, sim.iam_url) for _time in range(3)]
    to_cluster = [connect(sim, str(cluster.master_url), cluster.serving_ca_pem) for _time in range(2)]
    assert sim.log.open_connections == {"iam": 3, "mycluster": 2}
    for connection in to_iam:
        connection.close()
    wait_for(sim, {"mycluster": 2})
    again = connect(sim, sim.iam_url)
    assert sim.log.peak_connections == {"iam": 3, "mycluster": 2}
    assert sim.log.connections.peak_total == 5
    sim.log.reset()
    assert sim.log.peak_connections == sim.log.open_connections == {"iam": 1, "mycluster": 2}
    assert sim.log.connections.peak_total == 3
    for connection in (again, *to_cluster):
        connection.close()
    wait_for(sim, {})
    assert len({entry.connection for entry in sim.requests}) == 0


def test_sequential_connections_have_a_peak_of_one(sim: Simulator) -> None:
    for _time in range(50):
        connect(sim, sim.containers_url).close()
    assert sim.log.peak_connections == {"containers": 1}
    assert len({entry.connection for entry in sim.requests}) == 50


def test_a_connection_without_a_request_counts_and_one_without_tls_does_not(sim: Simulator) -> None:
    where = urllib.parse.urlsplit(sim.iam_url)
    trust = ssl.create_default_context(cafile=str(sim.ca_path))
    connection = http.client.HTTPSConnection(str(where.hostname), where.port, context=trust, timeout=5)
    connection.connect()
    wait_for(sim, {"iam": 1})
    connection.close()
    plain = http.client.HTTPConnection(str(where.hostname), where.port, timeout=5)
    plain.connect()
    plain.close()
    wait_for(sim, {})
    assert sim.log.peak_connections == {"iam": 1}
    assert not sim.requests


def test_close_does_not_wait_for_clients() -> None:
    with Simulator("document-2025") as sim:
        connections = [connect(sim, sim.iam_url) for _time in range(20)]
        log = sim.log
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert log.open_connections == {}
    for connection in connections:
        connection.close()


def test_the_control_address_returns_connections(sim: Simulator) -> None:
    with requests.Session() as session:
        session.get(sim.iam_url + "/healthz", verify=str(sim.ca_path), timeout=5)
        state = session.get(sim.control_url + "/state", timeout=5).json()
    assert state["connections"]["open"]["iam"] == state["connections"]["most"]["iam"] == 1
