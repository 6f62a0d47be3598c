# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the proxy, which connects documented host names to simulated services with valid certificates."""

from __future__ import annotations

import socket
import ssl
import threading
import typing as t
import urllib.parse

import pytest
import requests
from simulator_tests.calls import Api, Response, ok
from simulator_tests.legacy_calls import KEY, PASSWORD, UAA_2017, tokens, v1

from simulator import Faults, Settings, Simulator, generated_world
from simulator.generations import GENERATIONS, SERVICE_OF_HOST

if t.TYPE_CHECKING:
    from pathlib import Path

BAD_GATEWAY = "502 Bad Gateway"


def through(api: Api, method: str, url: str, *, ca: str = "", **options: t.Any) -> Response:
    """Send a request through the proxy."""
    with requests.Session() as session:
        session.trust_env = False
        proxies = {"http": api.sim.proxy_url, "https": api.sim.proxy_url}
        return session.request(method, url, proxies=proxies, verify=ca or str(api.sim.ca_path), timeout=10, **options)


def connect(api: Api, request: str) -> str:
    """Return the first line of the proxy's response, or an empty string if the proxy closes the connection."""
    host, port = api.sim.proxy_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request.encode())
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile(newline="\r\n").readline().strip()


def test_host_names_of_the_documentation_are_known() -> None:
    assert set(SERVICE_OF_HOST) == {
        *("iam.ng.bluemix.net", "iam.eu-de.bluemix.net", "iam.eu-gb.bluemix.net", "iam.au-syd.bluemix.net"),
        *("iam.bluemix.net", "iam.cloud.ibm.com", "accounts.cloud.ibm.com", "containers.cloud.ibm.com"),
        *(f"accountmanagement.{cf}.bluemix.net" for cf in ("ng", "eu-de", "eu-gb", "au-syd")),
        *(f"api.{cf}.bluemix.net" for cf in ("ng", "eu-de", "eu-gb", "au-syd")),
        *(f"{name}.containers.bluemix.net" for name in ("us-south", "us-east", "uk-south", "eu-central", "ap-south")),
    }


@pytest.mark.parametrize("host", SERVICE_OF_HOST)
def test_every_documented_host_reaches_its_service(document_2017: Api, host: str) -> None:
    service = SERVICE_OF_HOST[host]
    response = through(document_2017, "GET", f"https://{host}/nowhere")
    assert response.status_code == 404
    entry = document_2017.sim.requests[-1]
    assert (entry.service, entry.host) == (service, host)
    own = host in GENERATIONS["2017"].hosts[service]
    assert ("does not belong to generation" in response.text) is not own


def test_the_page_of_2017_works_with_its_host_names(document_2017: Api) -> None:
    api = document_2017
    login = ok(
        through(api, "POST", "https://iam.eu-de.bluemix.net/oidc/token", data={**KEY, **UAA_2017}, auth=("bx",) * 2)
    )
    both = {"Authorization": f"bearer {login['access_token']}", "X-Auth-Refresh-Token": login["refresh_token"]}
    accounts = ok(through(api, "GET", "https://accountmanagement.eu-de.bluemix.net/v1/accounts", headers=both))
    assert accounts["total_results"] == 3
    uaa = {"Authorization": f"bearer {login['uaa_token']}"}
    organizations = ok(through(api, "GET", "https://api.eu-de.bluemix.net/v2/organizations", headers=uaa))
    assert [each["entity"]["name"] for each in organizations["resources"]] == ["example-org"]
    clusters = through(api, "GET", "https://eu-central.containers.bluemix.net/v1/clusters", headers=both).json()
    assert [cluster["name"] for cluster in clusters] == ["mycluster-eu"]
    # The cluster keeps its loopback address and its CA.
    version = through(api, "GET", clusters[0]["serverURL"] + "/version", ca=api.cluster_ca("mycluster-eu"))
    assert version.json()["gitVersion"] == "v1.7.4"
    hosts = [entry.host for entry in api.sim.requests]
    assert hosts == [
        "iam.eu-de.bluemix.net",
        "accountmanagement.eu-de.bluemix.net",
        "api.eu-de.bluemix.net",
        "eu-central.containers.bluemix.net",
        "127.0.0.1",
    ]


def test_the_page_of_2020_works_with_its_host_names(document_2020: Api) -> None:
    login = ok(through(document_2020, "POST", "https://iam.bluemix.net/identity/token", data=KEY, auth=("bx", "bx")))
    headers = {"Authorization": f"bearer {login['access_token']}", "X-Auth-Refresh-Token": login["refresh_token"]}
    response = through(document_2020, "GET", "https://containers.cloud.ibm.com/v1/regions", headers=headers)
    assert len(ok(response)["regions"]) == 6


def test_certificates_are_verified(document_2017: Api) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        through(document_2017, "GET", "https://iam.ng.bluemix.net/healthz", ca=document_2017.cluster_ca("mycluster"))


def test_certificates_of_clusters_are_not_valid_for_services() -> None:
    """The CA of the services also signs certificates of OpenShift clusters. These certificates do not contain the services' host names."""
    with Simulator(generated_world(1, openshift_share=1)) as sim:
        host, port = urllib.parse.urlsplit(sim.cluster("fleet-0001").urls["public"]).netloc.split(":")
        context = ssl.create_default_context(cafile=str(sim.ca_path))
        for name in ("127.0.0.1", "iam.cloud.ibm.com"):
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                if name == "127.0.0.1":
                    context.wrap_socket(connection, server_hostname=name).close()
                    continue
                with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'iam\.cloud\.ibm\.com'"):
                    context.wrap_socket(connection, server_hostname=name)


def test_other_targets_are_rejected(document_2017: Api) -> None:
    sim = document_2017.sim
    netloc = urllib.parse.urlsplit(sim.iam_url).netloc
    cluster = urllib.parse.urlsplit(sim.cluster("mycluster").urls["public"]).netloc
    assert connect(document_2017, f"CONNECT {cluster} HTTP/1.1\r\n\r\n") == "HTTP/1.1 200 Connection established"
    assert connect(document_2017, "CONNECT IAM.ng.bluemix.net:443 HTTP/1.0\r\nx: y\r\n\r\n").endswith("established")
    for target in (
        "example.com:443",
        "iam.ng.bluemix.net:80",
        "iam.ng.bluemix.net",
        netloc,
        "127.0.0.1:1",
        "[::1]:443",
    ):
        assert connect(document_2017, f"CONNECT {target} HTTP/1.1\r\n\r\n").endswith(BAD_GATEWAY)
    for request in (f"GET http://{netloc}/healthz HTTP/1.1", "GET / HTTP/1.1", "CONNECT", "nonsense"):
        assert connect(document_2017, request + "\r\n\r\n").endswith(BAD_GATEWAY)
    assert connect(document_2017, "CONNECT iam.ng.bluemix.net:443 HTTP/1.1\r\n") == ""
    with pytest.raises(requests.exceptions.ProxyError, match="502"):
        through(document_2017, "GET", "https://example.com/")
    response = through(document_2017, "GET", document_2017.sim.control_url + "/state")
    assert response.status_code == 502


def test_tunnels_support_several_requests_and_can_be_concurrent(document_2020: Api) -> None:
    def run() -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.proxies = {"https": document_2020.sim.proxy_url}
            session.verify = str(document_2020.sim.ca_path)
            for _time in range(5):
                session.get("https://iam.bluemix.net/healthz", timeout=10).raise_for_status()

    threads = [threading.Thread(target=run) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    entries = document_2020.sim.requests
    assert len(entries) == 40
    assert len({entry.connection for entry in entries}) == 8


def test_tunnels_forward_faults_and_long_responses(tmp_path: Path) -> None:
    world = generated_world(300, without_master=True, settings=Settings(api_generation="current"))
    with Simulator(world, directory=tmp_path) as sim:
        api = Api(sim, tmp_path)
        headers = {"Authorization": f"Bearer {api.access_token(sim.env['IC_API_KEY'])}"}
        url = "https://containers.cloud.ibm.com/global/v2/classic/getClusters"
        whole = through(api, "GET", url, headers=headers)
        assert len(whole.json()) == 150
        assert len(whole.content) > 100_000
        sim.cloud.settings = Settings(faults=Faults(truncated=1))
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            through(api, "GET", url, headers=headers)
        sim.cloud.settings = Settings(faults=Faults(reset=1))
        with pytest.raises(requests.exceptions.ConnectionError):
            through(api, "GET", url, headers=headers)


def test_a_close_aborts_open_tunnels() -> None:
    with Simulator("document-2020") as sim:
        host, port = sim.proxy_url.removeprefix("http://").split(":")
        connection = socket.create_connection((host, int(port)), timeout=10)
        connection.sendall(b"CONNECT iam.bluemix.net:443 HTTP/1.1\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"
    with connection:
        rest = b"x"
        while rest:
            try:
                rest = connection.recv(1000)
            except ConnectionResetError:
                break


def test_loopback_addresses_respond_like_the_documented_hosts(document_2020: Api) -> None:
    reply = tokens(document_2020, PASSWORD, bss_account="1111a1aa1a1111a1aa11aa11111a1111")
    direct = v1(document_2020, "/v1/clusters", reply).json()
    headers = {"Authorization": f"bearer {reply['access_token']}", "X-Auth-Refresh-Token": reply["refresh_token"]}
    headers["X-Region"] = "us-south"
    response = through(document_2020, "GET", "https://containers.cloud.ibm.com/v1/clusters", headers=headers)
    assert response.json() == direct
