# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the v1 paths of the containers API in the API generations ``2017`` and ``2020``: tokens, regions and kubeconfigs."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from simulator_tests.calls import Api, ok
from simulator_tests.container_calls import error
from simulator_tests.legacy_calls import (
    ACCOUNT,
    DEPLOYER,
    KEY,
    PASSWORD,
    SECOND_KEY,
    UAA,
    kubeconfig,
    scoped,
    token_call,
    tokens,
    v1,
)

Legacy = t.Callable[[str], Api]

BEFORE_2021 = ("2017", "2020")
V1 = ("clusters", "clusters/mycluster", "clusters/mycluster/config")
DELEGATED = "delegated_refresh_token"
HEADER = "X-Auth-Refresh-Token"


def refresh_tokens(api: Api) -> dict[str, str]:
    """Return values that are not valid refresh tokens for this caller and account."""
    reply = tokens(api, PASSWORD, bss_account=ACCOUNT, **UAA)
    found = {
        "another account": tokens(api, SECOND_KEY)["refresh_token"],
        "no account": tokens(api, PASSWORD)["refresh_token"],
        "another identity": tokens(api, DEPLOYER)["refresh_token"],
        "the access token": reply["access_token"],
        "the token of UAA": reply["uaa_token"],
        "the refresh token of UAA": reply["uaa_refresh_token"],
        "without a client": ok(token_call(api, KEY, None))["refresh_token"],
        "an invention": "OKD-sim-x",
    }
    if api.sim.cloud.generation.delegates_refresh_tokens:
        form = {"grant_type": "refresh_token", "refresh_token": reply["refresh_token"], "receiver_client_ids": "kube"}
        found["a delegated token"] = tokens(api, form, response_type=DELEGATED)[DELEGATED]
    return found


@pytest.mark.parametrize("path", V1)
@pytest.mark.parametrize("year", BEFORE_2021)
def test_other_refresh_tokens_are_rejected(legacy: Legacy, year: str, path: str) -> None:
    api = legacy(year)
    reply = scoped(api)
    for what, value in refresh_tokens(api).items():
        response = v1(api, f"/v1/{path}", reply, **{HEADER: value})
        assert (what, error(response)[0]) == (what, 401)
    assert error(v1(api, f"/v1/{path}", reply, **{HEADER: None})) == (401, "SIM0008")
    assert v1(api, f"/v1/{path}", reply).status_code == 200
    api.sim.cloud.expire_refresh_tokens()
    assert error(v1(api, f"/v1/{path}", reply)) == (401, "SIM0009")


@pytest.mark.parametrize("path", ["/v1/regions", "/global/v1/regions"])
def test_regions_of_2020_need_both_tokens(document_2020: Api, path: str) -> None:
    reply = tokens(document_2020, PASSWORD)
    assert v1(document_2020, path, reply, None).status_code == 200
    assert v1(document_2020, path, reply, None, **{HEADER: None}).status_code == 401
    assert v1(document_2020, path, reply, None, Authorization=None).status_code == 401
    assert v1(document_2020, path, reply, None, **{HEADER: tokens(document_2020)["refresh_token"]}).status_code == 401


@pytest.mark.parametrize("path", V1)
@pytest.mark.parametrize("year", BEFORE_2021)
def test_v1_requires_a_valid_access_token(legacy: Legacy, year: str, path: str) -> None:
    api = legacy(year)
    reply = scoped(api)
    assert v1(api, f"/v1/{path}", reply, Authorization=None).status_code == 401
    for value in (tokens(api, PASSWORD)["access_token"], tokens(api, **UAA)["uaa_token"], "x"):
        assert error(v1(api, f"/v1/{path}", reply, Authorization=f"Bearer {value}")) == (401, "A0003")


@pytest.mark.parametrize("path", V1)
@pytest.mark.parametrize("region", [None, "", "nowhere", "eu-de", "jp-tok", "US-SOUTH", "us-south,us-east"])
def test_the_region_header_is_required(document_2020: Api, region: str | None, path: str) -> None:
    assert error(v1(document_2020, f"/v1/{path}", scoped(document_2020), region)) == (400, "SIM0011")


def test_other_regions_do_not_have_the_cluster(document_2020: Api, document_2017: Api) -> None:
    for path in V1[1:]:
        assert error(v1(document_2020, f"/v1/{path}", scoped(document_2020), "eu-central")) == (404, "E0008")
        host = "eu-central.containers.bluemix.net"
        assert error(v1(document_2017, f"/v1/{path}", scoped(document_2017), Host=host)) == (404, "E0008")
    # On IBM's 2017 page, only the host selects the region.
    assert v1(document_2017, "/v1/clusters/mycluster", scoped(document_2017), "eu-central").status_code == 200


def test_v1_has_no_vpc_clusters(document_2020: Api) -> None:
    reply = scoped(document_2020)
    for name in ("myvpccluster", "b9k2m7q10h4v3x8s6t5g"):
        assert error(v1(document_2020, f"/v1/clusters/{name}", reply)) == (404, "E0008")
        assert error(v1(document_2020, f"/v1/clusters/{name}/config", reply)) == (400, "G3917")


def test_v1_returns_clusters_of_one_account_with_permission(document_2020: Api) -> None:
    cloud, cluster = document_2020.sim.cloud, document_2020.sim.cluster("mycluster").cluster
    assert v1(document_2020, "/v1/clusters", tokens(document_2020, SECOND_KEY)).json() == []
    ada = cloud.identities["IBMid-2700ABCDEF"]
    cloud.identities[ada.iam_id] = dataclasses.replace(ada, denied_clusters=(cluster.id,))
    reply = scoped(document_2020)
    assert v1(document_2020, "/v1/clusters", reply).json() == []
    assert error(v1(document_2020, "/v1/clusters/mycluster", reply)) == (403, "A0656")


def test_a_kubeconfig_can_be_requested_without_a_synchronization(document_2020: Api) -> None:
    path = "/v1/clusters/mycluster/config"
    reply = scoped(document_2020)
    config, _ca, _names = kubeconfig(v1(document_2020, path + "?skipRBAC=true", reply))
    token = config["users"][0]["user"]["auth-provider"]["config"]["id-token"]
    assert document_2020.cluster("mycluster", "/api/v1/namespaces", token).status_code == 403
    for query in ("format=yaml", "createNetworkConfig=true"):
        assert error(v1(document_2020, f"{path}?{query}", reply)) == (400, "SIM0005")
    kubeconfig(v1(document_2020, path, reply))
    assert document_2020.cluster("mycluster", "/api/v1/namespaces", token).status_code == 200
