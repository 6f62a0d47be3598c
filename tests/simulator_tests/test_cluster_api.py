# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of a cluster's API server: authorization and resources."""

from __future__ import annotations

import typing as t

import pytest
from simulator_tests.calls import DEPLOYER_KEY, Api
from simulator_tests.cluster_calls import NAMESPACES, review

ACCESS_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.mark.parametrize("path", ["/version", "/healthz", "/livez", "/readyz"])
def test_paths_that_allow_anonymous_requests(fleet: Api, path: str) -> None:
    assert fleet.cluster("shop-dev", path).status_code == 200


@pytest.mark.parametrize("path", ["/api", "/apis", "/api/v1", NAMESPACES, NAMESPACES + "/default", "/nowhere", "/"])
def test_paths_that_reject_anonymous_requests(fleet: Api, path: str) -> None:
    response = fleet.cluster("shop-dev", path)
    assert (response.status_code, response.json()["reason"]) == (403, "Forbidden")


def test_self_subject_review_returns_the_user(fleet: Api) -> None:
    token = fleet.kube_tokens()["id_token"]
    response = review(fleet, "shop-dev", token)
    assert response.status_code == 201
    assert response.json()["kind"] == "SelfSubjectReview"
    user = response.json()["status"]["userInfo"]
    assert user == {"username": "IAM#ada@example.com", "groups": ["system:authenticated"]}
    service_id = review(fleet, "shop-prod", fleet.kube_tokens(DEPLOYER_KEY)["id_token"]).json()
    assert service_id["status"]["userInfo"]["username"].startswith("IAM#iam-serviceid-")
    protobuf = {
        "Accept": "application/vnd.kubernetes.protobuf,application/json",
        "Content-Type": "application/vnd.kubernetes.protobuf",
    }
    response = review(fleet, "shop-dev", token, json=None, data=b"k8s\x00", headers=protobuf)
    assert (response.status_code, response.headers["Content-Type"][:16]) == (201, "application/json")
    assert review(fleet, "shop-dev", token, json={"kind": "Pod"}).status_code == 400
    assert (
        review(fleet, "shop-dev", token, json=None, data="a=1", headers={"Content-Type": "text/csv"}).status_code == 415
    )
    assert review(fleet, "shop-dev", token, json=[]).status_code == 400


def test_old_clusters_have_no_self_subject_review(fleet: Api) -> None:
    assert review(fleet, "legacy-dev", fleet.kube_tokens()["id_token"]).status_code == 404


def test_access_review_returns_the_permission(fleet: Api) -> None:
    spec = {"resourceAttributes": {"verb": "list", "resource": "namespaces"}}
    token = fleet.kube_tokens()["id_token"]
    response = fleet.cluster("shop-dev", ACCESS_REVIEW, token, method="POST", json={"spec": spec})
    assert (response.status_code, response.json()["status"]["allowed"]) == (201, False)
    token = fleet.synchronized("shop-dev")
    response = fleet.cluster("shop-dev", ACCESS_REVIEW, token, method="POST", json={"spec": spec})
    assert (response.status_code, response.json()["status"]["allowed"]) == (201, True)
    assert response.json()["spec"] == spec
    bad: list[dict[str, t.Any]] = [{}, {"spec": {}}, {"spec": {**spec, "nonResourceAttributes": {}}}]
    for body in bad:
        assert fleet.cluster("shop-dev", ACCESS_REVIEW, token, method="POST", json=body).status_code == 422


def test_before_the_synchronization_only_discovery_is_allowed(fleet: Api) -> None:
    token = fleet.kube_tokens()["id_token"]
    for path in ("/api", "/apis", "/api/v1", "/apis/authentication.k8s.io", "/apis/authorization.k8s.io/v1"):
        assert fleet.cluster("shop-dev", path, token).status_code == 200
    for method, path, verb in (
        ("GET", NAMESPACES, "list"),
        ("POST", NAMESPACES, "create"),
        ("GET", NAMESPACES + "/default", "get"),
        ("PATCH", NAMESPACES + "/default", "patch"),
        ("DELETE", NAMESPACES + "/default", "delete"),
    ):
        response = fleet.cluster("shop-dev", path, token, method=method)
        assert (response.status_code, response.json()["reason"]) == (403, "Forbidden")
        assert f'User "IAM#ada@example.com" cannot {verb} resource "namespaces"' in response.json()["message"]
    assert fleet.cluster("shop-dev", "/nowhere", token).status_code == 403


def test_namespaces_can_be_managed(fleet: Api) -> None:
    token = fleet.synchronized("shop-dev")

    def call(method: str, path: str = "", **options: t.Any) -> t.Any:
        return fleet.cluster("shop-dev", NAMESPACES + path, token, method=method, **options)

    listed = call("GET").json()
    assert listed["kind"] == "NamespaceList"
    assert "kube-system" in [item["metadata"]["name"] for item in listed["items"]]
    body = {"kind": "Namespace", "metadata": {"name": "team-a", "labels": {"team": "a"}}}
    created = call("POST", json=body)
    assert created.status_code == 201
    assert created.json()["metadata"]["labels"]["team"] == "a"
    assert call("POST", json=body).status_code == 409
    assert call("GET", "/team-a").json() == created.json()
    patch = {"metadata": {"labels": {"team": None, "tier": "test"}, "annotations": {"note": "x"}}}
    headers = {"Content-Type": "application/merge-patch+json"}
    patched = call("PATCH", "/team-a", json=patch, headers=headers).json()
    assert patched["metadata"]["labels"] == {"tier": "test", "kubernetes.io/metadata.name": "team-a"}
    assert patched["metadata"]["annotations"] == {"note": "x"}
    assert patched["metadata"]["resourceVersion"] != created.json()["metadata"]["resourceVersion"]
    assert call("DELETE", "/team-a").json()["status"]["phase"] == "Terminating"
    assert call("DELETE", "/team-a").status_code == 404
    assert call("GET", "/team-a").status_code == 404
    assert call("DELETE", "/kube-system").status_code == 403
    assert call("PUT", "/default", json=body).status_code == 405
    assert call("POST", json={"metadata": {"name": "Not A Label"}}).status_code == 422
    assert call("POST", json={"kind": "Pod", "metadata": {"name": "x"}}).status_code == 400
    assert call("POST", data=b"x", headers={"Content-Type": "application/vnd.kubernetes.protobuf"}).status_code == 400
    assert (
        call("PATCH", "/default", json=[], headers={"Content-Type": "application/json-patch+json"}).status_code == 400
    )


def test_namespaces_belong_to_one_cluster(fleet: Api) -> None:
    token = fleet.synchronized("shop-dev")
    fleet.cluster("shop-dev", NAMESPACES, token, method="POST", json={"metadata": {"name": "here"}})
    other = fleet.cluster("broken-dev", NAMESPACES + "/here", token)
    assert other.status_code == 403
    fleet.sim.cluster("broken-dev").rbac.synchronized_for.add("IBMid-2700ABCDEF")
    assert fleet.cluster("broken-dev", NAMESPACES + "/here", token).status_code == 404


def test_openshift_rejects_tokens_of_iam(fleet: Api) -> None:
    token = fleet.kube_tokens()["id_token"]
    assert fleet.cluster("data-dev", "/version").json()["minor"] == "32"
    assert fleet.cluster("data-dev", "/version", token).status_code == 401
    assert fleet.cluster("data-dev", NAMESPACES, token).status_code == 401


def test_endpoints_share_the_state_of_the_cluster(fleet: Api) -> None:
    token = fleet.synchronized("private-dev")
    for url in fleet.sim.cluster("private-dev").urls.values():
        assert fleet.cluster("private-dev", NAMESPACES, token, url=url).status_code == 200
    assert [entry.endpoint for entry in fleet.sim.requests[-2:]] == ["private", "vpe"]
