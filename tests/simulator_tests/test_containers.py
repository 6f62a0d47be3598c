# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers service: authentication, lists, and single clusters."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from simulator_tests.calls import (
    ADA,
    ADA_PASSWORD,
    ADA_PROD_KEY,
    DEPLOYER_KEY,
    LAB,
    Api,
    ok,
)
from simulator_tests.container_calls import GETS, POSTS, call, error

LISTS = ["classic/getClusters", "vpc/getClusters", "satellite/getClusters"]
TEAM_B = "1f1e2d3c4b5a69788796a5b4c3d2e1f0"


def names(response: t.Any) -> list[str]:
    assert response.status_code == 200, response.text
    return [item["name"] for item in response.json()]


# Authentication


@pytest.mark.parametrize("path", [*LISTS, *GETS, *POSTS])
def test_every_call_requires_a_valid_token_with_an_account(fleet: Api, path: str) -> None:
    missing = call(fleet, None, path, "shop-dev")
    assert missing.status_code == 401
    assert missing.text == "You must specify an IAM token as an Authorization header"
    assert missing.headers["Content-Type"].startswith("text/plain")
    unscoped = ok(fleet.iam({"grant_type": "password", "username": ADA, "password": ADA_PASSWORD}))["access_token"]
    kube = fleet.kube_tokens()
    for token in ("x", "x.y.z", unscoped, kube["id_token"], kube["refresh_token"]):
        assert error(call(fleet, token, path, "shop-dev")) == (401, "A0003")
    for header in ("Basic Yng6Yng=", fleet.access_token()):
        assert error(call(fleet, None, path, "shop-dev", headers={"Authorization": header})) == (401, "A0003")
    token = fleet.access_token()
    fleet.sim.cloud.expire_access_tokens()
    assert error(call(fleet, token, path, "shop-dev")) == (401, "A0003")
    assert call(fleet, fleet.access_token(), path, "shop-dev").status_code == 200


def test_any_case_of_the_scheme_and_tokens_of_kube_are_accepted(fleet: Api) -> None:
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {fleet.access_token()}"}
        assert fleet.containers(None, LISTS[0], headers=headers).status_code == 200
    assert fleet.containers(fleet.kube_tokens()["access_token"], LISTS[0]).status_code == 200


# Lists


def test_lists_contain_one_provider(fleet: Api) -> None:
    token = fleet.access_token()
    assert names(fleet.containers(token, "classic/getClusters")) == ["shop-dev", "mesh-dev", "legacy-dev"]
    assert names(fleet.containers(token, "satellite/getClusters")) == ["edge-dev"]
    vpc = ["shop-test", "shop-test", "data-dev", "fresh-dev", "broken-dev", "never-dev", "private-dev"]
    assert names(fleet.containers(token, "vpc/getClusters")) == vpc
    assert names(fleet.containers(token, "vpc/getClusters", params={"provider": "vpc-gen2"})) == vpc
    assert names(fleet.containers(token, "vpc/getClusters", params={"provider": "vpc-classic"})) == []
    assert error(fleet.containers(token, "vpc/getClusters", params={"provider": "vpc"})) == (400, "G3917")
    assert fleet.containers(token, "vpc-gen2/getClusters").status_code == 404
    assert fleet.containers(token, "getClusters").status_code == 404


def test_lists_contain_one_account(fleet: Api) -> None:
    assert names(fleet.containers(fleet.access_token(ADA_PROD_KEY), "vpc/getClusters")) == ["shop-prod", "data-prod"]
    assert names(fleet.containers(fleet.access_token(ADA_PROD_KEY), "classic/getClusters")) == ["pay-prod"]
    assert fleet.containers(fleet.access_token(ADA_PROD_KEY), "satellite/getClusters").json() == []


def test_lists_can_be_filtered(fleet: Api) -> None:
    token = fleet.access_token()
    group = {"X-Auth-Resource-Group": TEAM_B}
    assert names(fleet.containers(token, "vpc/getClusters", headers=group)) == ["shop-test", "private-dev"]
    assert names(fleet.containers(token, "classic/getClusters", headers=group)) == ["mesh-dev"]
    assert names(fleet.containers(token, "classic/getClusters", headers={"X-Auth-Resource-Account": LAB})) == []
    assert names(fleet.containers(token, "classic/getClusters", params={"location": "Dallas"})) == ["shop-dev"]


def test_records_of_lists_lack_details(fleet: Api) -> None:
    token = fleet.access_token()
    item = fleet.containers(token, "classic/getClusters").json()[0]
    for absent in ("crn", "lifecycle", "serviceEndpoints", "publicServiceEndpointURL", "vlans"):
        assert absent not in item
    types = {
        **dict.fromkeys(("id", "name", "region", "location", "datacenter", "resourceGroup", "resourceGroupName"), str),
        **dict.fromkeys(("state", "status", "type", "provider", "masterKubeVersion", "masterURL", "etcdPort"), str),
        **dict.fromkeys(("multiAzCapable", "imageSecurityEnabled", "isPaid"), bool),
        "workerCount": int,
        "ingress": dict,
        "addons": list,
        "caCertRotationStatus": dict,
    }
    for key, kind in types.items():
        assert item[key].__class__ is kind, key
    cloud = fleet.sim.cloud
    cloud.settings = dataclasses.replace(cloud.settings, list_has_master_url=False)
    assert "masterURL" not in fleet.containers(token, "classic/getClusters").json()[0]


# One cluster


@pytest.mark.parametrize("path", [*GETS, *POSTS])
def test_a_cluster_is_found_by_name_or_id(fleet: Api, path: str) -> None:
    token = fleet.access_token()
    assert call(fleet, token, path, "shop-dev").status_code == 200
    assert call(fleet, token, path, "a1shop0dev0000000000").status_code == 200
    for nobody in ("nobody", "SHOP-DEV", "shop-prod", "d1shop0prod000000000", "lab-one"):
        response = call(fleet, token, path, nobody)
        assert error(response) == (404, "G0004")
        assert "recoveryCLI" in response.json()
    assert error(call(fleet, token, path, "shop-test")) == (400, "SIM0001")
    assert call(fleet, token, path, "shop-test", headers={"X-Auth-Resource-Group": TEAM_B}).status_code == 200
    elsewhere = call(fleet, token, path, "shop-dev", headers={"X-Auth-Resource-Group": TEAM_B})
    assert error(elsewhere) == (404, "G0004")


@pytest.mark.parametrize("path", [*GETS, *POSTS])
def test_a_cluster_without_permission_is_denied(fleet: Api, path: str) -> None:
    assert error(call(fleet, fleet.access_token(DEPLOYER_KEY), path, "pay-prod")) == (403, "A0656")
    assert names(fleet.containers(fleet.access_token(DEPLOYER_KEY), "classic/getClusters")) == []


@pytest.mark.parametrize("path", GETS)
def test_the_query_must_contain_the_cluster_once(fleet: Api, path: str) -> None:
    token = fleet.access_token()
    for query in ("", "?cluster=", "?cluster=shop-dev&cluster=shop-dev", "?idOrName=shop-dev"):
        assert error(fleet.containers(token, path + query)) == (400, "SIM0002")


@pytest.mark.parametrize("path", POSTS)
def test_a_post_requires_a_json_object(fleet: Api, path: str) -> None:
    token = fleet.access_token()
    url = f"{fleet.sim.containers_url}/v2/{path}"
    assert error(fleet.containers(token, path, data={"cluster": "shop-dev"})) == (400, "SIM0003")
    assert error(fleet.containers(token, path, params={"cluster": "shop-dev"})) == (400, "SIM0003")
    for body in (b"cluster=shop-dev", b"[]", b'"shop-dev"', b""):
        headers = {"Content-Type": "application/json"}
        assert error(fleet.containers(token, path, data=body, headers=headers)) == (400, "SIM0004")
    bad: list[dict[str, t.Any]] = [{}, {"cluster": ""}, {"cluster": ["shop-dev"]}, {"idOrName": "shop-dev"}]
    for value in bad:
        assert error(fleet.containers(token, path, json=value)) == (400, "SIM0002")
    assert fleet.send("GET", url, headers={"Authorization": f"Bearer {token}"}).status_code == 405


def test_a_vpc_cluster_has_details(fleet: Api) -> None:
    state = fleet.sim.cluster("private-dev")
    record = ok(call(fleet, fleet.access_token(), "getCluster", "private-dev"))
    assert record["crn"].startswith("crn:v1:bluemix:public:containers-kubernetes:eu-de:a/")
    assert record["lifecycle"]["masterState"] == "deployed"
    assert record["serviceEndpoints"] == {
        "publicServiceEndpointEnabled": False,
        "publicServiceEndpointURL": "",
        "privateServiceEndpointEnabled": True,
        "privateServiceEndpointURL": state.urls["private"],
    }
    assert record["masterURL"] == state.urls["private"]
    assert record["virtualPrivateEndpointURL"] == state.urls["vpe"]
    assert "privateServiceEndpointURL" not in record


def test_a_classic_cluster_has_details(fleet: Api) -> None:
    state = fleet.sim.cluster("shop-dev")
    record = ok(call(fleet, fleet.access_token(), "getCluster", "shop-dev"))
    assert record["masterURL"] == record["publicServiceEndpointURL"] == state.urls["public"]
    assert record["privateServiceEndpointURL"] == state.urls["private"] != state.urls["public"]
    assert record["datacenter"] == "dal10"
    assert record["vlans"] is None
    assert "serviceEndpoints" not in record
    both = ok(call(fleet, fleet.access_token(), "getCluster", "legacy-dev"))
    assert both["serviceEndpoints"]["publicServiceEndpointURL"] == both["publicServiceEndpointURL"]


def test_a_cluster_without_a_master_has_no_endpoint(fleet: Api) -> None:
    token = fleet.access_token()
    record = ok(call(fleet, token, "getCluster", "fresh-dev"))
    assert "masterURL" not in record
    assert record["state"] == "deploying"
    assert record["lifecycle"]["masterState"] == "deploying"
    assert ok(call(fleet, token, "getRBACStatus", "fresh-dev")) == {"synchronized": False, "error": False}
    for path in ("getCACert", "getKubeconfig", *POSTS):
        assert error(call(fleet, token, path, "fresh-dev")) == (503, "A0002")


def test_the_base_path_is_required(fleet: Api) -> None:
    url = fleet.sim.containers_url.removesuffix("/global") + "/v2/vpc/getClusters"
    assert error(fleet.send("GET", url))[0] == 404
