# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example outputs of IBM's page "Setting up the API", October 2025, in the order of the page, field by field.

Tokens and times are real ones here; host and port of masterURL are those of a loopback listener.
"""

from __future__ import annotations

import base64
import time
import typing as t

import pytest
from simulator_tests.calls import APIKEY, DELEGATED, PASSCODE, Api, ok

ACCOUNT = "1111a1aa1a1111a1aa11aa11111a1111"
LOGINS: dict[str, dict[str, str]] = {
    "password": {"grant_type": "password", "username": "ada@example.com", "password": "not-a-real-password"},
    "API key": {"grant_type": APIKEY, "apikey": "not-a-real-api-key-of-ada"},
    "passcode": {"grant_type": PASSCODE, "passcode": "not-a-real-passcode-1"},
}


def check_token_reply(reply: dict[str, t.Any], scope: str, *tokens: str) -> None:
    for name in tokens:
        assert isinstance(reply.pop(name), str)
    expiration = reply.pop("expiration")
    assert isinstance(expiration, int)
    assert abs(expiration - time.time() - 3600) < 10
    assert reply == {"token_type": "Bearer", "expires_in": 3600, "scope": scope}


@pytest.mark.parametrize("account", [{}, {"bss_account": ACCOUNT}], ids=["step 1", "step 3"])
@pytest.mark.parametrize("form", LOGINS.values(), ids=LOGINS)
def test_login(document: Api, form: dict[str, str], account: dict[str, str]) -> None:
    response = document.iam({**form, **account}, None, headers={"Authorization": "Basic Yng6Yng="})
    check_token_reply(ok(response), "ibm openid", "access_token", "refresh_token")


def test_accounts(document: Api) -> None:
    token = ok(document.iam(LOGINS["password"]))["access_token"]
    headers = {"Authorization": f"bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
    page = ok(document.accounts(None, **headers))
    assert list(page) == ["next_url", "total_results", "resources"]
    assert page["next_url"] is None
    assert page["total_results"] == 5 == len(page["resources"])
    assert page["resources"][0]["metadata"] == {
        "guid": ACCOUNT,
        "url": f"/coe/v2/accounts/{ACCOUNT}",
        "created_at": "2016-09-29T02:49:41.842Z",
        "updated_at": "2018-08-16T18:56:00.442Z",
        "anonymousId": "1111a1aa1a1111a1aa11aa11111a1111",
    }
    assert page["resources"][0]["entity"]["name"] == "Example Account"


def scoped_tokens(api: Api) -> dict[str, t.Any]:
    return ok(api.iam({**LOGINS["password"], "bss_account": ACCOUNT}))


def test_cluster_lists(document: Api) -> None:
    headers = {"Authorization": f"bearer {scoped_tokens(document)['access_token']}"}
    classic = document.containers(None, "classic/getClusters", headers=headers).json()
    vpc = document.containers(None, "vpc/getClusters?provider=vpc-gen2", headers=headers).json()
    assert [cluster["name"] for cluster in classic] == ["mycluster"]
    assert [cluster["name"] for cluster in vpc] == ["myvpccluster"]


def test_delegated_token_and_kube_tokens(document: Api) -> None:
    form = {
        "delegated_refresh_token_expiry": "600",
        "receiver_client_ids": "kube",
        "response_type": "delegated_refresh_token",
        "refresh_token": scoped_tokens(document)["refresh_token"],
        "grant_type": "refresh_token",
    }
    headers = {"Authorization": "Basic Yng6Yng=", "cache-control": "no-cache"}
    delegated = ok(document.iam(form, None, headers=headers))
    assert set(delegated) == {"access_token", "refresh_token"}
    form = {"refresh_token": delegated["refresh_token"], "grant_type": DELEGATED}
    headers = {"Authorization": "Basic a3ViZTprdWJl", "cache-control": "no-cache"}
    reply = ok(document.iam(form, None, headers=headers))
    check_token_reply(reply, "ibm openid containers-kubernetes", "access_token", "id_token", "refresh_token")


def test_the_short_cut_that_the_page_does_not_know(document: Api) -> None:
    form = {**LOGINS["API key"], "response_type": "delegated_refresh_token", "receiver_client_ids": "kube"}
    assert document.iam(form).json()["errorCode"] == "BXNIM0106E"


@pytest.mark.parametrize("cluster", ["mycluster", "myvpccluster", "1abc123b123b124ab1234a1a12a12a12"])
def test_rbac_master_url_and_version(document: Api, cluster: str) -> None:
    tokens = scoped_tokens(document)
    token = tokens["access_token"]
    document.sim.cluster(cluster).rbac.seconds = 0
    assert document.containers(token, "applyRBAC", json={"cluster": cluster}).status_code == 200
    status = document.containers(token, f"getRBACStatus?cluster={cluster}")
    assert status.json() == {"synchronized": True, "error": False}
    assert status.text.replace(" ", "") == '{"synchronized":true,"error":false}'

    record = ok(document.containers(token, f"getCluster?cluster={cluster}"))
    assert record["etcdPort"] == "31593"
    assert isinstance(record["ingress"], dict)
    urls = document.sim.cluster(cluster).urls
    assert record["masterURL"] == urls["public"]
    private = record.get("serviceEndpoints", record)["privateServiceEndpointURL"]
    assert private == urls["private"]

    ca = base64.b64decode(ok(document.containers(token, f"getCACert?cluster={cluster}"))["caCert"])
    assert ca.startswith(b"-----BEGIN CERTIFICATE-----")
    id_token = document.kube_tokens("not-a-real-api-key-of-ada")["id_token"]
    for url in (record["masterURL"], private):
        response = document.cluster(cluster, "/version", url=url, headers={"Authorization": f"bearer {id_token}"})
        assert response.json() == {
            "major": "1",
            "minor": "1.33",
            "gitVersion": "v1.33+IKS",
            "gitCommit": "c35166bd86eaa91d17af1c08289ffeab3e71e11e",
            "gitTreeState": "clean",
            "buildDate": "2019-03-21T10:08:03Z",
            "goVersion": "go1.11.5",
            "compiler": "gc",
            "platform": "linux/amd64",
        }


def test_refresh(document: Api) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": scoped_tokens(document)["refresh_token"],
        "bss_account": ACCOUNT,
    }
    check_token_reply(ok(document.iam(form)), "ibm openid", "access_token", "refresh_token")
