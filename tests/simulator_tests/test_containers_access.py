# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers service: RBAC synchronization, CA and kubeconfig."""

from __future__ import annotations

import base64
import dataclasses

import jwt
import pytest
from simulator_tests.calls import ADA_IAM_ID, ADA_PROD_KEY, DEPLOYER_KEY, Api, ok
from simulator_tests.container_calls import call, error


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


def test_applications_are_counted(fleet: Api) -> None:
    rbac = fleet.sim.cluster("shop-prod").rbac
    for key in (ADA_PROD_KEY, DEPLOYER_KEY, ADA_PROD_KEY):
        call(fleet, fleet.access_token(key), "applyRBAC", "shop-prod")
    call(fleet, fleet.access_token(ADA_PROD_KEY), "applyRBACAndGetKubeconfig", "shop-prod")
    call(fleet, "wrong", "applyRBAC", "shop-prod")
    call(fleet, fleet.access_token(ADA_PROD_KEY), "getRBACStatus", "shop-prod")
    deployer = "iam-ServiceId-0b1c2d3e-1111-4222-8333-445566778899"
    assert rbac.requests == {ADA_IAM_ID: 3, deployer: 1}


def test_rbac_is_for_one_identity_and_one_cluster(fleet: Api) -> None:
    call(fleet, fleet.access_token(ADA_PROD_KEY), "applyRBAC", "shop-prod")
    fleet.sim.cloud.advance(5)
    assert status(fleet, "shop-prod", ADA_PROD_KEY) == (True, False)
    assert status(fleet, "shop-prod", DEPLOYER_KEY) == (False, False)
    assert status(fleet, "pay-prod", ADA_PROD_KEY) == (False, False)


def test_rbac_outcomes(fleet: Api) -> None:
    for cluster in ("broken-dev", "never-dev"):
        call(fleet, fleet.access_token(), "applyRBAC", cluster)
    fleet.sim.cloud.advance(100)
    assert status(fleet, "broken-dev") == (False, True)
    assert status(fleet, "never-dev") == (False, False)
    assert status(fleet, "legacy-dev") == (True, False)
    assert fleet.sim.expected_failures == {"broken-dev": "error", "never-dev": "never"}
    # After an error a new applyRBAC starts again.
    fleet.sim.cluster("broken-dev").rbac.seconds = 50
    call(fleet, fleet.access_token(), "applyRBAC", "broken-dev")
    assert status(fleet, "broken-dev") == (False, False)


def test_ca_cert(fleet: Api) -> None:
    body = ok(call(fleet, fleet.access_token(), "getCACert", "shop-dev"))
    assert set(body) == {"caCert"}
    assert base64.b64decode(body["caCert"]) == fleet.sim.cluster("shop-dev").ca_pem
    assert fleet.sim.cluster("shop-dev").ca_pem != fleet.sim.cluster("data-dev").ca_pem
    cloud = fleet.sim.cloud
    cloud.settings = dataclasses.replace(cloud.settings, ca_cert_denied=True)
    assert error(call(fleet, fleet.access_token(), "getCACert", "shop-dev")) == (403, "A0656")


@pytest.mark.parametrize("path", ["getKubeconfig", "applyRBACAndGetKubeconfig"])
def test_kubeconfig(fleet: Api, path: str) -> None:
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


def test_kubeconfig_options(fleet: Api) -> None:
    token = fleet.access_token()
    post = "applyRBACAndGetKubeconfig"
    body = {"cluster": "shop-dev", "format": "json", "endpointType": "private"}
    config = ok(fleet.containers(token, post, json=body))
    assert config["clusters"][0]["cluster"]["server"] == fleet.sim.cluster("shop-dev").urls["private"]
    assert error(fleet.containers(token, post, json={**body, "endpointType": "vpe"})) == (400, "SIM0007")
    assert error(fleet.containers(token, post, json={**body, "format": "zip"})) == (400, "SIM0005")
    assert error(fleet.containers(token, post, json={**body, "admin": True})) == (400, "SIM0006")
    query = {"cluster": "shop-dev", "format": "yaml"}
    assert error(fleet.containers(token, "getKubeconfig", params=query)) == (400, "SIM0005")
    query = {"cluster": "shop-dev", "admin": "true"}
    assert error(fleet.containers(token, "getKubeconfig", params=query)) == (400, "SIM0006")
    assert not fleet.sim.cluster("data-dev").rbac.applied
