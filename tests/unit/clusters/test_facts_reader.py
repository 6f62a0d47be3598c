# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of facts that the cluster lists do not contain.

These facts are read only if needed. An error for one cluster does not affect the other clusters.
"""

from __future__ import annotations

import base64
import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.ca_store import CaStore
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.cluster_facts import FactsReader
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.module_results import (
    failure_entries,
    split_results,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RetryPolicy
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, respond

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.cluster_records import Record
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

PEM, HELD, GIVEN = (
    f"-----BEGIN CERTIFICATE-----\n{body}==\n-----END CERTIFICATE-----\n"
    for body in ("b2Zjb3Vyc2", "aGVsZCBvbm", "Z2l2ZW4gb2")
)


class Service:
    """A service that knows the clusters c1, c2, and so on.

    ``calls`` records the requests. ``broken`` maps clusters to the responses that replace the usual responses.
    """

    def __init__(self, broken: dict[str, bytes] | None = None) -> None:
        self.calls: list[str] = []
        self._broken = broken or {}
        self.server = Loopback(respond(self._reply))

    def _reply(self, seen: Seen) -> bytes:
        url = urllib.parse.urlsplit(seen.target)
        cluster = urllib.parse.parse_qs(url.query)["cluster"][0]
        call = url.path.rpartition("/")[2]
        self.calls.append(f"{call} {cluster}")
        if cluster in self._broken:
            return self._broken[cluster]
        if call == "getCACert":
            return answer({"caCert": base64.b64encode(PEM.encode()).decode()})
        endpoints = {
            "publicServiceEndpointEnabled": True,
            "publicServiceEndpointURL": f"https://{cluster}.example:30000",
        }
        return answer(
            {
                "id": cluster,
                "masterURL": f"https://{cluster}.example:30000",
                "serviceEndpoints": endpoints,
                "detail": call,
            }
        )


def _record(cluster: str, **more: t.Any) -> Record:
    return {
        "id": cluster,
        "name": f"name of {cluster}",
        "type": "kubernetes",
        "masterURL": f"https://{cluster}.example:30000",
        **more,
    }


Found = tuple[list["Record"], list[dict[str, t.Any]]]


@pytest.fixture
def http() -> t.Iterator[HttpClient]:
    client = HttpClient(timeout=5.0, concurrency=4, policy=RetryPolicy(attempts=1))
    yield client
    client.close()


def _of_each(
    http: HttpClient, service: Service, records: list[Record], *, concurrency: int = 1, **wanted: t.Any
) -> Found:
    with service.server as server:
        reader = FactsReader(Containers(http, server.url, BearerAuth(lambda: "t")), **wanted)
        named = {f"word {record['id']}": record for record in records}
        facts, errors = split_results(named, reader.read_all(named, WorkerPool(concurrency, Clock())))
        return facts, failure_entries(errors, named)


@pytest.mark.parametrize("endpoint", ["", "auto"])
def test_facts_of_the_list_are_not_requested(http: HttpClient, endpoint: str) -> None:
    """Two list requests are enough for 500 clusters, because the reader does not send requests for single clusters."""
    service = Service()

    facts, failures = _of_each(http, service, [_record("c1"), _record("c2")], endpoint=endpoint)

    assert (service.calls, failures) == ([], [])
    assert [(record["cluster"], record["id"]) for record in facts] == [("word c1", "c1"), ("word c2", "c2")]
    assert facts[0]["master_url"] == "https://c1.example:30000"
    assert "ca_cert_data" not in facts[0]


def test_an_endpoint_that_the_list_lacks_is_requested(http: HttpClient) -> None:
    service = Service()
    records = [_record("c1"), _record("c2", masterURL="")]

    facts, _failures = _of_each(http, service, records, endpoint="auto")

    assert service.calls == ["getCluster c2"]
    assert [record["master_url"] for record in facts] == ["https://c1.example:30000", "https://c2.example:30000"]


def test_everything_requires_one_request_for_each_cluster(http: HttpClient) -> None:
    service = Service()

    facts, _failures = _of_each(http, service, [_record("c1"), _record("c2")], everything=True)

    assert service.calls == ["getCluster c1", "getCluster c2"]
    assert [record["detail"] for record in facts] == ["getCluster", "getCluster"]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_failed_cluster_does_not_stop_the_others(http: HttpClient, concurrency: int) -> None:
    service = Service({"c2": answer({"code": "E1", "description": "no"}, status=403), "c4": answer(status=500)})
    records = [_record(f"c{number}") for number in range(1, 7)]

    facts, failures = _of_each(http, service, records, concurrency=concurrency, everything=True)

    assert [record["cluster"] for record in facts] == ["word c1", "word c3", "word c5", "word c6"]
    assert [failure["cluster"] for failure in failures] == ["word c2", "word c4"]
    assert [failure["error"]["kind"] for failure in failures] == ["permission", "server"]
    assert "E1: no" in failures[0]["msg"]


def test_only_the_cluster_without_the_endpoint_fails(http: HttpClient) -> None:
    service = Service()

    facts, failures = _of_each(
        http,
        service,
        [_record("c1"), _record("c2", virtualPrivateEndpointURL="https://c2.vpe.example")],
        endpoint="vpe",
    )

    assert [record["cluster"] for record in facts] == ["word c2"]
    assert [(failure["cluster"], failure["error"]["kind"]) for failure in failures] == [("word c1", "input")]


# CAs


def test_cas_are_read_for_kubernetes_clusters(http: HttpClient) -> None:
    """Public CAs sign the certificates of OpenShift clusters, so the reader does not request CAs for these clusters."""
    service = Service()

    facts, _failures = _of_each(http, service, [_record("c1"), _record("c2", type="openshift")], ca=True)

    assert service.calls == ["getCACert c1"]
    assert [record["ca_cert_data"] for record in facts] == [PEM, ""]


@pytest.fixture
def ca_store(tmp_path: pathlib.Path) -> CaStore:
    """Return a store that contains the CA of c1."""
    store = CaStore(str(tmp_path / "ca"), "https://cloud.example")
    store.store(HELD, "c1", "service")
    return store


def test_a_cached_ca_is_not_requested(http: HttpClient, ca_store: CaStore) -> None:
    service = Service()

    facts, _failures = _of_each(http, service, [_record("c1"), _record("c2")], ca=True, ca_store=ca_store)

    assert service.calls == ["getCACert c2"]
    assert [record["ca_cert_data"] for record in facts] == [HELD, PEM]


def test_the_ca_is_requested_without_the_cache(http: HttpClient, ca_store: CaStore) -> None:
    service = Service()

    _of_each(http, service, [_record("c1")], ca=True)

    assert (service.calls, ca_store.lookup("c1")) == (["getCACert c1"], HELD)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(answer(status=403), "", id="refused"),
        pytest.param(answer(status=404), "", id="not-there"),
        pytest.param(answer({"caCert": ""}), "", id="none"),
        pytest.param(answer(status=500), "server", id="fault"),
        pytest.param(answer(status=401), "auth", id="not-logged-in"),
        pytest.param(answer({"caCert": "x"}), "response_invalid", id="broken"),
    ],
)
def test_the_ca_file_is_used_if_the_service_does_not_return_a_ca(
    http: HttpClient, tmp_path: pathlib.Path, reply: bytes, kind: str
) -> None:
    """The CA file is used only if the service denies access to the CA or does not have a CA."""
    (tmp_path / "given.pem").write_text(GIVEN)
    service = Service({"c1": reply})

    facts, failures = _of_each(http, service, [_record("c1")], ca=True, ca_file=str(tmp_path / "given.pem"))

    assert [failure["error"]["kind"] for failure in failures] == ([kind] if kind else [])
    assert [record["ca_cert_data"] for record in facts] == ([] if kind else [GIVEN])


def test_a_denied_ca_is_an_error_without_a_ca_file(http: HttpClient) -> None:
    """Without a CA, the cluster's certificate cannot be verified."""
    facts, failures = _of_each(http, Service({"c1": answer(status=403)}), [_record("c1")], ca=True)

    assert (facts, [failure["error"]["kind"] for failure in failures]) == ([], ["permission"])
