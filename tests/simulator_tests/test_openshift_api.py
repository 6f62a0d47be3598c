# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the API server of an OpenShift cluster: tokens, users, logout and certificates."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
import requests
from simulator_tests.calls import ADA_IAM_ID, ADA_PROD_KEY, Api, Response
from simulator_tests.cluster_calls import NAMESPACES, REVIEW, review
from simulator_tests.oauth_calls import login, synchronized

from simulator.openshift_tokens import object_name

ME = "/apis/user.openshift.io/v1/users/~"
OWN_TOKENS = "/apis/oauth.openshift.io/v1/useroauthaccesstokens"
TOKENS = "/apis/oauth.openshift.io/v1/oauthaccesstokens"
ACCESS_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
PROJECTS = "/apis/project.openshift.io/v1/projects"


@pytest.fixture
def token(fleet: Api) -> str:
    synchronized(fleet, "data-dev")
    return login(fleet, "data-dev")


def status(api: Api, token: str, path: str = "/api") -> int:
    return api.cluster("data-dev", path, token).status_code


def logout(api: Api, token: str, *, of: str = "", path: str = OWN_TOKENS) -> Response:
    return api.cluster("data-dev", f"{path}/{object_name(of or token)}", token, method="DELETE")


def test_the_user_is_returned(fleet: Api, token: str) -> None:
    user = fleet.cluster("data-dev", ME, token).json()
    assert (user["kind"], user["apiVersion"]) == ("User", "user.openshift.io/v1")
    assert user["metadata"]["name"] == "IAM#ada@example.com"
    assert user["identities"] == [f"IAM:{ADA_IAM_ID}"]
    assert user["groups"] == ["system:authenticated", "system:authenticated:oauth"]
    response = review(fleet, "data-dev", token)
    assert response.status_code == 201
    assert response.json()["status"]["userInfo"] == {
        "username": "IAM#ada@example.com",
        "uid": user["metadata"]["uid"],
        "groups": ["system:authenticated:oauth", "system:authenticated"],
        "extra": {"scopes.authorization.openshift.io": ["user:full"]},
    }


PATHS = ["/api", "/apis", "/api/v1", "/apis/user.openshift.io", "/apis/oauth.openshift.io/v1", NAMESPACES, PROJECTS, ME]


@pytest.mark.parametrize("path", PATHS)
def test_tokens_are_verified(fleet: Api, token: str, path: str) -> None:
    iam = fleet.kube_tokens()
    assert status(fleet, token, path) == 200
    for bad in (iam["id_token"], iam["access_token"], "sha256~" + "x" * 43, token[7:], token[:-1], "garbage"):
        assert status(fleet, bad, path) == 401
    assert fleet.cluster("data-dev", path).status_code == 403
    assert fleet.cluster("data-dev", path, headers={"Authorization": f"Bearer  {token}"}).status_code == 403


def test_version_needs_no_token_but_rejects_invalid_ones(fleet: Api, token: str) -> None:
    assert fleet.cluster("data-dev", "/version").status_code == 200
    assert [status(fleet, value, "/version") for value in (token, "sha256~x", "x")] == [200, 401, 401]


def test_tokens_belong_to_one_cluster(fleet: Api, token: str) -> None:
    assert fleet.cluster("edge-dev", "/version", token).status_code == 401
    assert fleet.cluster("shop-dev", "/version", token).status_code == 401


def test_discovery_of_openshift_groups(fleet: Api, token: str) -> None:
    groups = [group["name"] for group in fleet.cluster("data-dev", "/apis", token).json()["groups"]]
    assert groups[2:] == ["oauth.openshift.io", "project.openshift.io", "user.openshift.io"]
    assert fleet.cluster("shop-dev", "/apis/user.openshift.io", fleet.kube_tokens()["id_token"]).status_code == 404
    for group in groups:
        assert fleet.cluster("data-dev", f"/apis/{group}/v1", token).json()["resources"]
    assert review(fleet, "mesh-dev", None).status_code == 403
    fleet.cluster("data-dev", NAMESPACES, token, method="POST", json={"metadata": {"name": "team-a"}})
    listed = fleet.cluster("data-dev", PROJECTS, token).json()
    assert (listed["kind"], "team-a" in [item["metadata"]["name"] for item in listed["items"]]) == ("ProjectList", True)
    assert fleet.cluster("data-dev", PROJECTS + "/team-a", token).json()["kind"] == "Project"


def test_a_user_without_rbac_is_still_authenticated(fleet: Api, token: str) -> None:
    spec = {"resourceAttributes": {"verb": "list", "resource": "namespaces"}}

    def allowed() -> bool:
        response = fleet.cluster("data-dev", ACCESS_REVIEW, token, method="POST", json={"spec": spec})
        return bool(response.json()["status"]["allowed"])

    assert allowed()
    fleet.sim.cluster("data-dev").rbac.synchronized_for.clear()
    assert not allowed()
    for path, code in ((ME, 200), (NAMESPACES, 403), (PROJECTS, 403)):
        assert status(fleet, token, path) == code


def test_tokens_expire(fleet: Api, token: str) -> None:
    fleet.sim.cloud.advance(86399)
    assert status(fleet, token) == 200
    fleet.sim.cloud.advance(2)
    assert status(fleet, token) == 401
    token = login(fleet, "data-dev")
    fleet.sim.cloud.expire_openshift_tokens()
    assert status(fleet, token) == status(fleet, token, "/version") == 401
    assert status(fleet, login(fleet, "data-dev")) == 200
    fleet.sim.cloud.settings = dataclasses.replace(fleet.sim.cloud.settings, openshift_token_seconds=60)
    token = login(fleet, "data-dev")
    fleet.sim.cloud.advance(61)
    assert status(fleet, token) == 401


@pytest.mark.parametrize("path", [OWN_TOKENS, TOKENS])
def test_a_deleted_token_is_accepted_for_two_minutes(fleet: Api, token: str, path: str) -> None:
    response = logout(fleet, token, path=path)
    assert (response.status_code, response.json()["status"]) == (200, "Success")
    assert status(fleet, token) == 200
    assert logout(fleet, token, path=path).status_code == 404
    fleet.sim.cloud.advance(119)
    assert status(fleet, token) == 200
    fleet.sim.cloud.advance(2)
    assert status(fleet, token) == 401


def test_a_logout_can_take_effect_at_once(fleet: Api, token: str) -> None:
    fleet.sim.cloud.settings = dataclasses.replace(fleet.sim.cloud.settings, openshift_token_cache_seconds=0)
    assert logout(fleet, token).status_code == 200
    assert status(fleet, token) == 401


def test_the_path_of_own_tokens_does_not_delete_other_tokens(fleet: Api, token: str) -> None:
    mine, others = login(fleet, "data-dev"), fleet.sim.cluster("data-dev").tokens.issue("IBMid-550000GRACE", (), 1e10)
    assert logout(fleet, token, of=mine).status_code == 200
    assert logout(fleet, token, of=others).status_code == 404
    for name in (token, "nobody"):
        response = fleet.cluster("data-dev", f"{OWN_TOKENS}/{name}", token, method="DELETE")
        assert (response.status_code, response.json()["reason"]) == (404, "NotFound")
    anonymous = fleet.cluster("data-dev", f"{OWN_TOKENS}/{object_name(token)}", method="DELETE")
    assert anonymous.status_code == 403
    assert logout(fleet, token, of=others, path=TOKENS).status_code == 200


def trusts(url: str, ca: t.Any) -> bool:
    try:
        return bool(requests.get(url, verify=str(ca), timeout=10).status_code)
    except requests.exceptions.SSLError:
        return False


@pytest.mark.parametrize(("cluster", "own"), [("data-dev", False), ("edge-dev", False), ("mesh-dev", True)])
def test_certificates_are_signed_by_the_configured_ca(fleet: Api, cluster: str, own: bool, tmp_path: t.Any) -> None:
    """In the simulator, the CA of IBM's services replaces the public CAs. With ``own_ca``, the cluster's CA signs the certificates."""
    state = fleet.sim.cluster(cluster)
    own_ca = tmp_path / "own.pem"
    own_ca.write_bytes(state.ca_pem)
    for url in (*state.urls.values(), *state.oauth_urls.values()):
        assert trusts(url + "/healthz", own_ca) is own
        assert trusts(url + "/healthz", fleet.sim.ca_path) is not own
    assert (state.serving_ca_pem == state.ca_pem) is own
    assert (state.serving_ca_pem == fleet.sim.ca_path.read_bytes()) is not own


def test_a_reset_removes_tokens(fleet: Api, token: str) -> None:
    fleet.sim.reset()
    assert status(fleet, token) == 401


def test_the_log_contains_no_secret(fleet: Api, token: str) -> None:
    logout(fleet, token)
    fleet.cluster("data-dev", REVIEW, token, method="POST")
    log = str(fleet.sim.requests)
    assert "/oauth/authorize" in log
    assert "client='basic'" in log
    assert "'response_type': 'token'" in log
    for secret in (token, object_name(token), ADA_PROD_KEY, "sha256~"):
        assert secret not in log
