# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the simulator's latency and rate limit."""

from __future__ import annotations

import concurrent.futures
import http.client
import ssl
import statistics
import sys
import time
import typing as t
import urllib.parse

import pytest
import requests
from simulator_tests.calls import Api, ok
from simulator_tests.container_calls import call, error
from simulator_tests.fault_calls import configure_faults, faults

from simulator import LOAD_LATENCY, Faults, Latency, RateLimit, Settings
from simulator.fault_injection import FaultInjector, Injection


def test_there_are_no_faults_by_default(fleet: Api) -> None:
    assert Settings() == Settings(latency=Latency(), rate_limit=None, faults=Faults())
    injector = FaultInjector()
    for _time in range(1000):
        assert injector.plan(Settings(), "127.0.0.1", 0.0, faults=True, limited=True) == Injection()
    assert not Injection().pause
    fleet.access_token()
    assert faults(fleet) == [""]


def test_all_services_pause_and_all_requests_wait_together(fleet: Api) -> None:
    configure_faults(fleet, latency=Latency(seconds=0.4))
    shop, oauth = fleet.sim.cluster("shop-dev"), fleet.sim.cluster("data-dev")
    service_ca = str(fleet.sim.ca_path)
    urls = [
        (fleet.sim.iam_url + "/healthz", service_ca),
        (fleet.sim.accounts_url + "/coe/v2/accounts", service_ca),
        (fleet.sim.containers_url + "/v2/getCluster", service_ca),
        (shop.urls["public"] + "/version", fleet.cluster_ca("shop-dev")),
        (shop.urls["private"] + "/version", fleet.cluster_ca("shop-dev")),
        (oauth.oauth_urls["public"] + "/healthz", service_ca),
    ]

    def seconds(call: tuple[str, str]) -> float:
        began = time.monotonic()
        requests.get(call[0], verify=call[1], timeout=10)
        return time.monotonic() - began

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(seconds, (urls * 3)[:16]))
    assert min(taken) >= 0.4
    assert time.monotonic() - began < 16 * 0.4 / 2
    assert len(fleet.sim.requests) == 16
    began = time.monotonic()
    requests.get(fleet.sim.control_url + "/state", timeout=5)
    assert time.monotonic() - began < 0.4


def test_pauses_have_the_configured_distribution() -> None:
    injector, settings = FaultInjector(), Settings(latency=LOAD_LATENCY)
    pauses = [injector.plan(settings, "", 0.0, faults=True, limited=True).pause for _time in range(20_000)]
    slow = [pause for pause in pauses if pause == 5.0]
    assert 100 < len(slow) < 300
    others = [pause for pause in pauses if pause != 5.0]
    assert (min(others), max(others)) == (0.05, 0.4)
    assert statistics.median(others) == pytest.approx(0.14, abs=0.005)
    clipped = sum(pause in (0.05, 0.4) for pause in others) / len(others)
    assert 0.03 < clipped < 0.07
    again = FaultInjector()
    assert [again.plan(settings, "", 0.0, faults=False, limited=False).pause for _time in range(50)] == pauses[:50]


def test_a_disconnected_client_is_logged_with_its_connection(fleet: Api) -> None:
    url, ca = fleet.sim.iam_url + "/healthz", str(fleet.sim.ca_path)
    configure_faults(fleet, latency=Latency(seconds=0.5))
    with pytest.raises(requests.ReadTimeout):
        requests.get(url, verify=ca, timeout=(5, 0.1))
    requests.get(url, verify=ca, timeout=5)
    first, second = fleet.sim.requests
    assert 0 < first.connection < second.connection
    assert 0.1 <= second.at - first.at < 0.5


def test_the_containers_service_limits_its_clients(fleet: Api) -> None:
    token = fleet.access_token()
    configure_faults(fleet, rate_limit=RateLimit(requests=5, seconds=10))
    for _time in range(5):
        ok(call(fleet, token, "getCluster", "shop-dev"))
    rejected = call(fleet, token, "applyRBAC", "shop-dev")
    assert error(rejected) == (429, "SIM0429")
    assert rejected.headers["Retry-After"] == "5"
    assert not fleet.sim.cluster("shop-dev").rbac.requests
    for _time in range(10):
        ok(fleet.accounts(token))
        ok(fleet.cluster("shop-dev", "/version"))
    assert faults(fleet)[1:7] == [""] * 5 + ["rate_limit"]
    assert fleet.sim.requests[6].status == 429


def test_the_window_slides_and_rejected_requests_do_not_count(fleet: Api) -> None:
    token = fleet.access_token()
    configure_faults(fleet, rate_limit=RateLimit(requests=5, seconds=100))

    def ask(times: int) -> list[str]:
        responses = [call(fleet, token, "getRBACStatus", "shop-dev") for _time in range(times)]
        return [response.headers.get("Retry-After", "") for response in responses]

    assert ask(3) == [""] * 3
    # Retry-After is rounded up, and all requests together may take up to one second.
    fleet.sim.cloud.advance(96.05)
    assert ask(4) == ["", "", "4", "4"]
    fleet.sim.cloud.advance(3)
    assert ask(1) == ["1"]
    fleet.sim.cloud.advance(1)
    assert ask(4) == ["", "", "", "5"]
    fleet.sim.cloud.advance(100)
    assert ask(6) == [""] * 5 + ["5"]


def test_a_reset_clears_the_window(fleet: Api) -> None:
    for _world in range(2):
        fleet.sim.reset()
        configure_faults(fleet, rate_limit=RateLimit(requests=1, seconds=100))
        statuses = [call(fleet, None, "getRBACStatus", "shop-dev").status_code for _time in range(2)]
        assert statuses == [401, 429]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address")
def test_each_address_has_a_separate_window(fleet: Api) -> None:
    configure_faults(fleet, rate_limit=RateLimit(requests=1, seconds=10))
    where = urllib.parse.urlsplit(fleet.sim.containers_url)
    trust = ssl.create_default_context(cafile=str(fleet.sim.ca_path))

    def status(address: str) -> int:
        connection = http.client.HTTPSConnection(
            str(where.hostname), where.port, context=trust, timeout=5, source_address=(address, 0)
        )
        connection.request("GET", "/global/v2/getCluster")
        status = connection.getresponse().status
        connection.close()
        return status

    assert [status(address) for address in ("127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2")] == [401, 429, 401, 429]


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: Latency(seconds=-1),
        lambda: Latency(slow_share=2),
        lambda: Latency(median=0.1, minimum=0.2, maximum=0.3),
        lambda: Latency(seconds=1, median=0.1, minimum=0.1, maximum=0.1),
        lambda: RateLimit(requests=0),
        lambda: RateLimit(seconds=0),
        lambda: Faults(truncated=-0.1),
        lambda: Faults(unavailable=0.5, reset=0.3, truncated=0.3),
    ],
)
def test_invalid_fault_settings_are_rejected(mistake: t.Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="must have "):
        mistake()
