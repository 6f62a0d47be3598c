# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the containers service: RBAC synchronization, CA and kubeconfig."""

from __future__ import annotations

import base64
import dataclasses
import io
import typing as t
import zipfile

import jwt
import pytest
import requests
import trustme
import yaml
from simulator_tests.calls import ADA_IAM_ID, ADA_PROD_KEY, DEPLOYER_KEY, Api, Response, ok
from simulator_tests.container_calls import call, error

if t.TYPE_CHECKING:
    from pathlib import Path


def status(api: Api, cluster: str, key: str = "") -> tuple[bool, bool]:
    token = api.access_token(key) if key else api.access_token()
    body = ok(call(api, token, "getRBACStatus", cluster))
    assert set(body) == {"synchronized", "error"}
    return body["synchronized"], body["error"]


def test_apply_rbac_returns_an_empty_body_and_takes_time(fleet: Api) -> None:
    fleet.sim.cluster("shop-dev").rbac.seconds = 60
    assert status(fleet, "shop-dev") == (False, False)
    response = call(fleet, fleet.access_token(), "applyRBAC", "shop-dev")
    assert (response.status_code, response.content) == (200, b"")
    assert status(fleet, "shop-dev") == (False, False)
    fleet.sim.cloud.advance(30)
    call(fleet, fleet.access_token(), "applyRBAC", "shop-dev")
    fleet.sim.cloud.advance(31)
    assert status(fleet, "shop-dev") == (True, False)
    call(fleet, fleet.access_token(), "applyRBAC", "shop-dev")
    assert status(fleet, "shop-dev") == (True, False)


def test_apply_rbac_calls_are_counted(fleet: Api) -> None:
    rbac = fleet.sim.cluster("shop-prod").rbac
    for key in (ADA_PROD_KEY, DEPLOYER_KEY, ADA_PROD_KEY):
        call(fleet, fleet.access_token(key), "applyRBAC", "shop-prod")
    call(fleet, fleet.access_token(ADA_PROD_KEY), "applyRBACAndGetKubeconfig", "shop-prod")
    call(fleet, "wrong", "applyRBAC", "shop-prod")
    call(fleet, fleet.access_token(ADA_PROD_KEY), "getRBACStatus", "shop-prod")
    deployer = "iam-ServiceId-0b1c2d3e-1111-4222-8333-445566778899"
    assert rbac.requests == {ADA_IAM_ID: 3, deployer: 1}


def test_rbac_is_synchronized_per_identity_and_cluster(fleet: Api) -> None:
    call(fleet, fleet.access_token(ADA_PROD_KEY), "applyRBAC", "shop-prod")
    fleet.sim.cloud.advance(5)
    assert status(fleet, "shop-prod", ADA_PROD_KEY) == (True, False)
    assert status(fleet, "shop-prod", DEPLOYER_KEY) == (False, False)
    assert status(fleet, "pay-prod", ADA_PROD_KEY) == (False, False)


def test_rbac_synchronization_can_fail_or_never_end(fleet: Api) -> None:
    for cluster in ("broken-dev", "never-dev"):
        call(fleet, fleet.access_token(), "applyRBAC", cluster)
    fleet.sim.cloud.advance(100)
    assert status(fleet, "broken-dev") == (False, True)
    assert status(fleet, "never-dev") == (False, False)
    assert status(fleet, "legacy-dev") == (True, False)
    assert fleet.sim.expected_failures == {"broken-dev": "error", "never-dev": "never"}
    # After an error, a new applyRBAC request starts another synchronization.
    fleet.sim.cluster("broken-dev").rbac.seconds = 50
    call(fleet, fleet.access_token(), "applyRBAC", "broken-dev")
    assert status(fleet, "broken-dev") == (False, False)


def test_ca_cert_returns_the_ca_of_the_cluster(fleet: Api) -> None:
    body = ok(call(fleet, fleet.access_token(), "getCACert", "shop-dev"))
    assert set(body) == {"caCert"}
    assert base64.b64decode(body["caCert"]) == fleet.sim.cluster("shop-dev").ca_pem
    assert fleet.sim.cluster("shop-dev").ca_pem != fleet.sim.cluster("data-dev").ca_pem
    cloud = fleet.sim.cloud
    cloud.settings = dataclasses.replace(cloud.settings, ca_cert_denied=True)
    assert error(call(fleet, fleet.access_token(), "getCACert", "shop-dev")) == (403, "A0656")


@pytest.mark.parametrize("path", ["getKubeconfig", "applyRBACAndGetKubeconfig"])
def test_kubeconfig_contains_the_ca_and_an_id_token(fleet: Api, path: str) -> None:
    config = ok(call(fleet, fleet.access_token(), path, "shop-dev"))
    assert (config["kind"], config["apiVersion"]) == ("Config", "v1")
    cluster = config["clusters"][0]["cluster"]
    assert cluster["server"] == fleet.sim.cluster("shop-dev").urls["public"]
    assert base64.b64decode(cluster["certificate-authority-data"]) == fleet.sim.cluster("shop-dev").ca_pem
    provider = config["users"][0]["user"]["auth-provider"]
    assert provider["name"] == "oidc"
    assert set(provider["config"]) == {"client-id", "client-secret", "id-token", "idp-issuer-url"}
    claims = jwt.decode(provider["config"]["id-token"], options={"verify_signature": False})
    assert (claims["aud"], claims["iam_id"]) == ("kube", ADA_IAM_ID)
    context = config["contexts"][0]
    assert config["current-context"] == context["name"]
    assert context["context"]["cluster"] == config["clusters"][0]["name"]
    assert context["context"]["user"] == config["users"][0]["name"]
    applied = ADA_IAM_ID in fleet.sim.cluster("shop-dev").rbac.applied
    assert applied == (path == "applyRBACAndGetKubeconfig")


def test_kubeconfig_options_are_checked(fleet: Api) -> None:
    token = fleet.access_token()
    post = "applyRBACAndGetKubeconfig"
    body = {"cluster": "shop-dev", "format": "json", "endpointType": "private"}
    config = ok(fleet.containers(token, post, json=body))
    assert config["clusters"][0]["cluster"]["server"] == fleet.sim.cluster("shop-dev").urls["private"]
    assert error(fleet.containers(token, post, json={**body, "endpointType": "vpe"})) == (400, "SIM0007")
    assert error(fleet.containers(token, post, json={**body, "format": "zip"})) == (400, "SIM0005")
    assert error(fleet.containers(token, post, json={**body, "admin": True})) == (400, "SIM0005")
    assert error(fleet.containers(token, post, json={**body, "network": True})) == (400, "SIM0006")
    query = {"cluster": "shop-dev", "format": "yaml"}
    assert error(fleet.containers(token, "getKubeconfig", params=query)) == (400, "SIM0005")
    assert not fleet.sim.cluster("data-dev").rbac.applied


@pytest.mark.parametrize("cluster", ["shop-dev", "data-dev", "mesh-dev"])
def test_admin_kubeconfig_contains_a_client_certificate(fleet: Api, tmp_path: Path, cluster: str) -> None:
    """The certificate and the key in the archive grant access without a token and without an RBAC synchronization."""
    query = {"cluster": cluster, "format": "zip", "admin": "true"}
    response = fleet.containers(fleet.access_token(), "getKubeconfig", params=query)
    assert response.status_code == 200, response.text
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        files = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    (config,) = (yaml.safe_load(content) for name, content in files.items() if name.endswith(".yaml"))
    assert config["users"][0]["user"] == {"client-certificate": "admin.pem", "client-key": "admin-key.pem"}
    assert files[config["clusters"][0]["cluster"]["certificate-authority"]] == fleet.sim.cluster(cluster).ca_pem
    assert files["admin-key.pem"].decode() in fleet.sim.secrets.values()
    assert not fleet.sim.cluster(cluster).rbac.applied
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    own = str(tmp_path / "admin.pem"), str(tmp_path / "admin-key.pem")
    body = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}

    def call(path: str, certificate: tuple[str, str] | None, token: str = "") -> Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url, ca = f"{fleet.sim.cluster(cluster).master_url}/{path}", fleet.cluster_ca(cluster)
        post = path.startswith("apis/authentication")
        method = "POST" if post else "GET"
        return requests.request(
            method, url, cert=certificate, verify=ca, headers=headers, json=body if post else None, timeout=10
        )

    assert call("api/v1/namespaces", None).status_code == 403
    for token in ("", "garbage"):
        assert call("api/v1/namespaces", own, token).status_code == 200
    user = call("apis/authentication.k8s.io/v1/selfsubjectreviews", own).json()["status"]["userInfo"]
    assert user == {"username": "admin", "groups": ["system:masters", "system:authenticated"]}
    foreign = trustme.CA().issue_cert(
        "admin@simulator.invalid", common_name="admin", organization_name="system:masters"
    )
    foreign.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "foreign.pem"))
    with pytest.raises(requests.ConnectionError):
        call("api/v1/namespaces", (str(tmp_path / "foreign.pem"),) * 2)
