# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the containers API: lists, single clusters, CAs and RBAC synchronization."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import typing as t
import urllib.parse
import zipfile

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    IBMCloudError,
    LookupFailed,
    ResponseError,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.api_generations import (
    CURRENT,
    GENERATIONS,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers, RBACStatus
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import access_token
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

    from simulator import Simulator

PEM = "-----BEGIN CERTIFICATE-----\nbWFkZSB1cA==\n-----END CERTIFICATE-----\n"
AUTH = BearerAuth(lambda: "token")


def _at(http: HttpClient, fleet: Simulator, key: str) -> Containers:
    token = Iam(http, fleet.iam_url).api_key(key)
    fleet._running.log.reset()
    return Containers(http, fleet.containers_url, BearerAuth(lambda: token.access))


@pytest.fixture
def dev(fleet_http: HttpClient, fleet: Simulator) -> Containers:
    return _at(fleet_http, fleet, "not-a-real-key/ada+dev=")


@pytest.fixture
def deployer(fleet_http: HttpClient, fleet: Simulator) -> Containers:
    """Return a client that uses the token of a service ID without permissions for the ``pay-prod`` cluster."""
    return _at(fleet_http, fleet, "not-a-real-key/deployer+prod=")


@pytest.mark.parametrize(
    ("provider", "path", "query", "names"),
    [
        ("classic", "/v2/classic/getClusters", {}, {"shop-dev", "mesh-dev", "legacy-dev"}),
        (
            "vpc-gen2",
            "/v2/vpc/getClusters",
            {"provider": "vpc-gen2"},
            {"shop-test", "data-dev", "fresh-dev", "broken-dev", "never-dev", "private-dev"},
        ),
        ("satellite", "/v2/satellite/getClusters", {}, {"edge-dev"}),
    ],
)
def test_clusters_are_listed_by_provider(
    fleet: Simulator, dev: Containers, provider: str, path: str, query: dict[str, str], names: set[str]
) -> None:
    assert {record["name"] for record in dev.clusters(provider)} == names

    (entry,) = fleet.requests
    assert (entry.path, entry.query, entry.client) == (f"/global{path}", query, "bearer")
    assert provider in CURRENT.providers


@pytest.mark.parametrize("body", [b"null", b"[]"])
def test_null_is_an_empty_list(http: HttpClient, body: bytes) -> None:
    """Services that are written in Go can encode an empty list as null."""
    with Loopback(answer(body)) as server:
        assert Containers(http, server.url, AUTH).clusters("classic") == []


def test_a_single_cluster_is_read_by_id(fleet: Simulator, dev: Containers) -> None:
    """The response contains fields that cluster lists do not contain."""
    record = dev.cluster("a2shop0test000000000")

    endpoints = t.cast("dict[str, t.Any]", record["serviceEndpoints"])
    assert (record["name"], record["masterURL"]) == ("shop-test", fleet.cluster("a2shop0test000000000").master_url)
    assert endpoints["privateServiceEndpointURL"] == fleet.cluster("a2shop0test000000000").urls["private"]
    assert [entry.query for entry in fleet.requests] == [{"cluster": "a2shop0test000000000"}]


def test_many_calls_share_one_connection(fleet: Simulator, dev: Containers) -> None:
    """With many clusters, a TLS handshake for each call would take too long."""
    for _number in range(5):
        dev.cluster("a1shop0dev0000000000")

    assert len({entry.connection for entry in fleet.requests}) == 1


@pytest.mark.parametrize("call", ["cluster", "ca", "rbac_status", "apply_rbac"])
def test_an_unknown_cluster_is_an_error(fleet: Simulator, dev: Containers, call: str) -> None:
    """F58: the error contains the service's error code, the incident ID and a hint."""
    with pytest.raises(APIError, match="G0004") as caught:
        getattr(dev, call)("nowhere")

    assert (caught.value.kind, caught.value.status) == ("not_found", 404)
    assert caught.value.error_details.incident_id
    assert "resource group" in caught.value.hint
    assert "cluster nowhere" in caught.value.call.step


@pytest.mark.parametrize("call", ["cluster", "rbac_status", "apply_rbac"])
def test_a_denied_cluster_is_an_error(fleet: Simulator, deployer: Containers, call: str) -> None:
    """F57: the client does not retry the request."""
    with pytest.raises(APIError, match="A0656") as caught:
        getattr(deployer, call)("d2pay0prod0000000000")

    assert (caught.value.kind, len(fleet.requests)) == ("permission", 1)
    assert caught.value.hint == "Ask for the Viewer platform role on the cluster."


@pytest.mark.parametrize("name", ["a&b=c#d?e/f%g/../h", "cluster=other", "ü 🚢"])
def test_a_name_is_encoded(http: HttpClient, name: str) -> None:
    """I35: the service receives special characters unchanged."""
    with Loopback(answer({"state": "normal"})) as server:
        Containers(http, server.url, AUTH).cluster(name)

        path, _mark, query = server.seen[0].target.partition("?")

    assert path == "/v2/getCluster"
    assert urllib.parse.parse_qsl(query) == [("cluster", name)]


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ({"id": "c1", "name": "shop"}, True),
        ({"id": "c1", "name": "renamed"}, True),
        ({"name": "shop"}, True),
        ({}, True),
        ({"id": "c2", "name": "shop"}, False),
        ({"id": "c2", "name": "c1"}, False),
        ({"id": 7}, False),
        ({"id": ["c1"]}, False),
        ({"id": None, "name": "data"}, False),
    ],
    ids=str,
)
def test_the_record_of_another_cluster_is_rejected(http: HttpClient, body: dict[str, t.Any], good: bool) -> None:
    with Loopback(answer(body)) as server:
        containers = Containers(http, server.url, AUTH)
        if good:
            assert containers.cluster("c1", {"name": "shop"}).get("id") == body.get("id")
        else:
            with pytest.raises(ResponseError, match="the record describes another cluster"):
                containers.cluster("c1", {"name": "shop"})


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("shop/a1shop0dev0000000000", True),
        ("shop", True),
        ("a/b", True),
        (None, True),
        (7, True),
        ("shop/a2shop0test000000000", False),
        ("shop/0123456789abcdef0123456789abcdef", False),
    ],
)
def test_the_kubeconfig_of_another_cluster_is_rejected(http: HttpClient, name: t.Any, good: bool) -> None:
    """The kubeconfig entry's name contains the cluster's ID. A name without an ID is not compared."""
    encoded = base64.b64encode(PEM.encode()).decode()
    kubeconfig = {"clusters": [{"name": name, "cluster": {"certificate-authority-data": encoded}}]}
    with Loopback(answer(status=404), answer(kubeconfig)) as server:
        containers = Containers(http, server.url, AUTH)
        if good:
            assert containers.ca("a1shop0dev0000000000") == PEM
        else:
            with pytest.raises(ResponseError, match="the kubeconfig is for another cluster"):
                containers.ca("a1shop0dev0000000000")


# Kubeconfigs of administrators


def _zip(**files: str) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"kubeConfig/{name.replace('_', '-')}.pem", content)
    return answer(memory.getvalue(), head={"Content-Type": "application/zip"})


def test_an_administrators_key_is_a_secret(http: HttpClient) -> None:
    """The private key is registered as a secret, so that it is masked in messages."""
    secrets: list[str] = []
    key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    with Loopback(_zip(ca=PEM, admin=PEM, admin_key=key)) as server:
        files = Containers(http, server.url, AUTH, register_secret=secrets.append).admin_files("c1")

    assert (files.ca, files.certificate, files.key) == (PEM, PEM, key)
    assert secrets == [key]
    assert server.seen[0].target == "/v2/getKubeconfig?cluster=c1&format=zip&admin=true"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param(answer({"code": "A0656"}, status=403), "Administrator platform role", id="role"),
        pytest.param(_zip(ca=PEM, admin=PEM), "admin-key.pem in the archive is missing or not a PEM file", id="key"),
    ],
)
def test_a_denied_kubeconfig_of_an_administrator_is_an_error(http: HttpClient, script: bytes, message: str) -> None:
    """According to IBM's page on access to OpenShift clusters, the request for an administrator's kubeconfig requires the Administrator role."""
    with Loopback(script) as server, pytest.raises(IBMCloudError) as caught:
        Containers(http, server.url, AUTH).admin_files("c1")

    assert message in caught.value.line()
    assert "Viewer" not in caught.value.line()


@pytest.mark.parametrize(("generation", "calls"), [("2021", 1), ("2020", 0), ("2017", 0)])
def test_older_generations_have_no_kubeconfig_of_an_administrator(
    http: HttpClient, generation: str, calls: int
) -> None:
    """The API generations ``2017`` and ``2020`` use v1 of the API, which has other calls for kubeconfigs."""
    with Loopback(answer(status=403)) as server, pytest.raises(IBMCloudError) as caught:
        Containers(http, server.url, AUTH, generation=GENERATIONS[generation]).admin_files(
            "c1", {"provider": "classic"}
        )

    assert len(server.seen) == calls
    expected = f"admin is not supported for classic clusters with api_generation {generation}"
    assert (expected in caught.value.line()) is not bool(calls)


# CAs


def test_each_cluster_has_a_separate_ca(fleet: Simulator, dev: Containers) -> None:
    assert dev.ca("a1shop0dev0000000000").encode() == fleet.cluster("shop-dev").ca_pem
    assert [entry.path for entry in fleet.requests] == ["/global/v2/getCACert"]


def test_a_denied_ca_is_read_from_the_kubeconfig(fleet: Simulator, dev: Containers) -> None:
    """According to one page of IBM's documentation, the request for the CA requires the Administrator role.

    Every kubeconfig of the cluster contains the same CA.
    """
    fleet.cloud.settings = dataclasses.replace(fleet.cloud.settings, ca_cert_denied=True)

    assert dev.ca("a1shop0dev0000000000").encode() == fleet.cluster("shop-dev").ca_pem
    assert [(entry.path, entry.status) for entry in fleet.requests] == [
        ("/global/v2/getCACert", 403),
        ("/global/v2/getKubeconfig", 200),
    ]
    assert fleet.requests[1].query == {"cluster": "a1shop0dev0000000000", "format": "json"}


@pytest.mark.parametrize(
    ("status", "requests"),
    [pytest.param(403, 2, id="403"), pytest.param(404, 2, id="404"), pytest.param(400, 1, id="400")],
)
def test_the_kubeconfig_is_requested_after_some_errors(http: HttpClient, status: int, requests: int) -> None:
    """The client requests the kubeconfig only after HTTP 403 or 404."""
    kubeconfig = {"clusters": [{"cluster": {"certificate-authority-data": base64.b64encode(PEM.encode()).decode()}}]}
    with Loopback(answer({"code": "X"}, status=status), answer(kubeconfig)) as server:
        containers = Containers(http, server.url, AUTH)
        if requests == 2:
            assert containers.ca("c1") == PEM
        else:
            with pytest.raises(APIError):
                containers.ca("c1")

        assert len(server.seen) == requests


@pytest.mark.parametrize("kubeconfig", [{}, {"clusters": []}, {"clusters": [7]}, {"clusters": [{"cluster": None}]}])
def test_a_kubeconfig_without_a_ca_is_an_error(http: HttpClient, kubeconfig: dict[str, t.Any]) -> None:
    """The connection must not fall back to unverified TLS."""
    with (
        Loopback(answer(status=403), answer(kubeconfig)) as server,
        pytest.raises(LookupFailed, match="did not return a CA certificate for cluster c1") as caught,
    ):
        Containers(http, server.url, AUTH).ca("c1")

    assert caught.value.kind == "not_found"


@pytest.mark.parametrize("body", [{}, {"caCert": None}, {"caCert": ""}, {"caCert": 7}])
def test_a_response_without_a_ca_is_an_error(http: HttpClient, body: dict[str, t.Any]) -> None:
    """If the service does not return a CA, the user must set the CA as an option."""
    with (
        Loopback(answer(body)) as server,
        pytest.raises(LookupFailed, match="did not return a CA certificate for cluster c1"),
    ):
        Containers(http, server.url, AUTH).ca("c1")


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param("!!!", id="no-base64"),
        pytest.param(base64.b64encode(b"\xff\xfe").decode(), id="no-text"),
        pytest.param(base64.b64encode(b"PRIVATE KEY").decode(), id="no-certificate"),
        pytest.param(PEM, id="PEM-itself"),
    ],
)
def test_an_invalid_ca_is_an_error(http: HttpClient, encoded: str) -> None:
    """The service must return the CA as base64-encoded PEM."""
    with (
        Loopback(answer({"caCert": encoded})) as server,
        pytest.raises(ResponseError, match="not a base64-encoded PEM certificate"),
    ):
        Containers(http, server.url, AUTH).ca("c1")


def test_a_cluster_without_a_master_has_no_ca_yet(fleet: Simulator, dev: Containers, fake_time: FakeTime) -> None:
    """The client retries the request, because the service responds with HTTP 503 for some minutes after a cluster is created."""
    with pytest.raises(APIError, match="A0002") as caught:
        dev.ca("a7fresh0dev000000000")

    assert (caught.value.kind, len(fleet.requests), len(fake_time.sleeps)) == ("server", 5, 4)


# CAs in the result of cluster_info


def _cluster_info(server_url: str, **given: t.Any) -> dict[str, t.Any]:
    """Run ``cluster_info`` with these options and an access token that expires far in the future."""
    defaults = {name: option["default"] for name, option in MODULE.argument_spec.items() if "default" in option}
    options = {
        **defaults,
        "cluster": "shop",
        "provider": ["classic"],
        "ca": True,
        "access_token": access_token(expires=4_000_000_000),
        "containers_endpoint": server_url,
        "retries": 0,
        **given,
    }
    result, _secrets = execute(MODULE, options, environ={}, check_mode=False, warn=lambda _text: None)
    return result


def _ca_answers(kind: str) -> tuple[bytes, bytes]:
    """Return the responses to getCACert and getKubeconfig."""
    encoded = base64.b64encode(PEM.encode()).decode()
    kubeconfig = answer({"clusters": [{"cluster": {"certificate-authority-data": encoded}}]})
    refused = answer({"code": "A0656", "description": "no"}, status=403)
    unknown = answer({"code": "G0004"}, status=404)
    return {
        "given-out": (answer({"caCert": encoded}), refused),
        "in-kubeconfig": (refused, kubeconfig),
        "refused": (refused, refused),
        "unknown": (unknown, unknown),
        "nowhere": (refused, answer({"clusters": []})),
        "expired": (answer({"code": "A0003"}, status=401), kubeconfig),
        "broken": (answer({"caCert": "!!!"}), kubeconfig),
        "down": (answer(status=500), kubeconfig),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "found", "calls"),
    [
        pytest.param("given-out", "the service's", 2, id="getCACert"),
        pytest.param("in-kubeconfig", "the service's", 3, id="kubeconfig"),
        pytest.param("refused", "the user's", 3, id="refused"),
        pytest.param("unknown", "the user's", 3, id="unknown"),
        pytest.param("nowhere", "the user's", 3, id="kubeconfig-without-one"),
        pytest.param("expired", "auth", 2, id="401-is-no-reason"),
        pytest.param("broken", "response_invalid", 2, id="garbage-is-no-reason"),
        pytest.param("down", "server", 2, id="500-is-no-reason"),
    ],
)
def test_the_ca_is_read_from_several_sources(tmp_path: pathlib.Path, kind: str, found: str, calls: int) -> None:
    """The client tries getCACert, the kubeconfig and the user's CA, in this order.

    After an unexpected error, the client does not try the next source.
    """
    own = trustme.CA().cert_pem.bytes().decode()
    (tmp_path / "own.pem").write_text(own)
    listed = answer([{"id": "c1", "name": "shop", "type": "kubernetes"}])
    with Loopback(listed, *_ca_answers(kind)) as server:
        result = _cluster_info(server.url, cluster_ca_file=str(tmp_path / "own.pem"))

        assert len(server.seen) == calls

    if found.startswith("the "):
        assert result["cluster"]["ca_cert_data"] == (own if "user" in found else PEM)
    else:
        assert (result["failed"], result["error"]["kind"]) == (True, found)


@pytest.mark.parametrize(
    ("kind", "error"), [("refused", "permission"), ("unknown", "not_found"), ("nowhere", "not_found")]
)
def test_a_missing_ca_is_an_error(kind: str, error: str) -> None:
    """The connection must not fall back to unverified TLS."""
    with Loopback(answer([{"id": "c1", "name": "shop"}]), *_ca_answers(kind)) as server:
        result = _cluster_info(server.url)

    assert (result["failed"], result["error"]["kind"]) == (True, error)
    assert "cluster" not in result


@pytest.mark.parametrize("given", [False, True])
def test_the_ca_of_an_openshift_cluster_is_not_requested(tmp_path: pathlib.Path, given: bool) -> None:
    """Public CAs sign the certificates of OpenShift clusters, so the client does not need the CA of the cluster."""
    own = trustme.CA().cert_pem.bytes().decode()
    (tmp_path / "own.pem").write_text(own)
    with Loopback(answer([{"id": "c1", "name": "shop", "type": "openshift"}])) as server:
        result = _cluster_info(server.url, **({"cluster_ca_file": str(tmp_path / "own.pem")} if given else {}))

        assert len(server.seen) == 1

    assert result["cluster"]["ca_cert_data"] == (own if given else "")


def test_the_ca_is_not_requested_by_default() -> None:
    """To get the CAs, the module would send one more request for each cluster."""
    with Loopback(answer([{"id": "c1", "name": "shop"}])) as server:
        result = _cluster_info(server.url, ca=False)

        assert len(server.seen) == 1

    assert "ca_cert_data" not in result["cluster"]


# RBAC


def test_a_synchronization_is_requested_and_checked(fleet: Simulator, dev: Containers) -> None:
    cluster = "a1shop0dev0000000000"
    assert dev.rbac_status(cluster) == RBACStatus(synchronized=False, error=False)

    dev.apply_rbac(cluster)
    fleet.cloud.advance(0.6)

    assert dev.rbac_status(cluster) == RBACStatus(synchronized=True, error=False)
    assert [(entry.method, entry.path, entry.json_keys) for entry in fleet.requests] == [
        ("GET", "/global/v2/getRBACStatus", ()),
        ("POST", "/global/v2/applyRBAC", ("cluster",)),
        ("GET", "/global/v2/getRBACStatus", ()),
    ]


def test_a_failed_synchronization_sets_the_error_flag(fleet: Simulator, dev: Containers) -> None:
    dev.apply_rbac("a8broken0dev00000000")
    fleet.cloud.advance(0.6)

    assert dev.rbac_status("a8broken0dev00000000") == RBACStatus(synchronized=False, error=True)


@pytest.mark.parametrize(
    "script",
    [answer(b""), answer(b"OK", status=202), answer(b"", status=204), answer({"a": 1})],
    ids=["200-empty", "202-text", "204", "200-json"],
)
def test_any_2xx_status_confirms_the_request(http: HttpClient, script: bytes) -> None:
    """F97: IBM's API documentation does not specify the body of the response."""
    with Loopback(script) as server:
        Containers(http, server.url, AUTH).apply_rbac("c1")

        assert json.loads(server.seen[0].body) == {"cluster": "c1"}


def test_a_page_does_not_confirm_the_request(http: HttpClient) -> None:
    """F28: the HTML page comes from a captive portal, not from the service."""
    with Loopback(answer(b"<html>Log in</html>")) as server, pytest.raises(ResponseError, match="HTML page"):
        Containers(http, server.url, AUTH).apply_rbac("c1")


def test_a_request_for_a_synchronization_is_retried(http: HttpClient) -> None:
    """F98: a second request does not change the outcome, so a retry is safe."""
    with Loopback(answer(status=500), answer(b"")) as server:
        Containers(http, server.url, AUTH).apply_rbac("c1")

        assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"synchronized": True, "error": False}, RBACStatus(synchronized=True, error=False)),
        ({"synchronized": True}, RBACStatus(synchronized=True, error=False)),
        ({"synchronized": False, "error": True}, RBACStatus(synchronized=False, error=True)),
    ],
)
def test_rbac_status_flags_are_read(http: HttpClient, body: dict[str, t.Any], status: RBACStatus) -> None:
    """The ``error`` field is optional."""
    with Loopback(answer(body)) as server:
        assert Containers(http, server.url, AUTH).rbac_status("c1") == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"error": False},
        {"synchronized": "true", "error": False},
        {"synchronized": "false"},
        {"synchronized": 1},
        {"synchronized": None, "error": False},
        {"synchronized": True, "error": "false"},
        {"synchronized": True, "error": None},
        {"synchronized": False, "error": 0},
    ],
    ids=str,
)
def test_rbac_status_flags_must_be_booleans(http: HttpClient, body: dict[str, t.Any]) -> None:
    """F102: Python treats the string "false" as true."""
    with Loopback(answer(body)) as server:
        with pytest.raises(ResponseError, match="synchronized and error are not both booleans"):
            Containers(http, server.url, AUTH).rbac_status("c1")

        assert len(server.seen) == 1
