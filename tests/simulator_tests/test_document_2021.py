# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example outputs of IBM's page "Setting up the API", April 2021, in the order of the page, field by field.

Tokens and times are real ones here; host and port of masterURL are those of a loopback listener.
"""

from __future__ import annotations

import typing as t

import jwt
import pytest
from simulator_tests.calls import DELEGATED, Api, ok
from simulator_tests.legacy_calls import (
    ACCOUNT,
    CLUSTER,
    KEY,
    LOGINS,
    UAA,
    UAA_LATER,
    Form,
    check_token_reply,
    scoped,
    tokens,
)

ALL = ("access_token", "refresh_token", "uaa_token", "uaa_refresh_token")
BASIC = {"Authorization": "Basic Yng6Yng="}


@pytest.mark.parametrize("fields", [UAA, {**UAA_LATER, "bss_account": ACCOUNT}], ids=["step 1", "step 3"])
@pytest.mark.parametrize("form", LOGINS.values(), ids=LOGINS)
def test_login(document_2021: Api, form: Form, fields: Form) -> None:
    """In step 3 the page prints neither the UAA tokens nor the scope, though it asks for both."""
    check_token_reply(ok(document_2021.iam({**form, **fields}, None, headers=BASIC)), "ibm openid", *ALL)


def test_accounts(document_2021: Api) -> None:
    token = tokens(document_2021, LOGINS["password"])["access_token"]
    headers = {"Authorization": f"bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
    page = ok(document_2021.accounts(None, **headers))
    assert list(page) == ["next_url", "total_results", "resources"]
    assert (page["next_url"], page["total_results"], len(page["resources"])) == (None, 5, 5)
    assert page["resources"][0]["metadata"] == {
        "guid": ACCOUNT,
        "url": f"/coe/v2/accounts/{ACCOUNT}",
        "created_at": "2016-09-29T02:49:41.842Z",
        "updated_at": "2018-08-16T18:56:00.442Z",
        "anonymousId": "1111a1aa1a1111a1aa11aa11111a1111",
    }
    assert page["resources"][0]["entity"]["name"] == "Example Account"


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("classic/getClusters", ["mycluster"]),
        ("vpc/getClusters?provider=vpc-gen2", ["myvpccluster"]),
        ("vpc/getClusters", ["myvpccluster"]),
        ("vpc/getClusters?provider=vpc-classic", ["myoldvpccluster"]),
    ],
)
def test_cluster_lists(document_2021: Api, path: str, names: list[str]) -> None:
    headers = {"Authorization": f"bearer {scoped(document_2021)['access_token']}"}
    clusters = document_2021.containers(None, path, headers=headers).json()
    assert [cluster["name"] for cluster in clusters] == names


def id_token(api: Api, refresh_token: str) -> str:
    form = {
        "delegated_refresh_token_expiry": "600",
        "receiver_client_ids": "kube",
        "response_type": "delegated_refresh_token",
        "refresh_token": refresh_token,
        "grant_type": "refresh_token",
    }
    delegated = ok(api.iam(form, None, headers={**BASIC, "cache-control": "no-cache"}))
    assert list(delegated) == ["delegated_refresh_token"]
    form = {"refresh_token": delegated["delegated_refresh_token"], "grant_type": DELEGATED}
    headers = {"Authorization": "Basic a3ViZTprdWJl", "cache-control": "no-cache"}
    reply = ok(api.iam(form, None, headers=headers))
    check_token_reply(reply, "ibm openid containers-kubernetes", "access_token", "id_token", "refresh_token")
    return str(reply["id_token"])


def test_delegated_token_and_kube_tokens(document_2021: Api) -> None:
    token = id_token(document_2021, scoped(document_2021)["refresh_token"])
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["iss"], claims["aud"]) == (document_2021.sim.iam_url + "/identity", "kube")
    assert claims[f"realmed_sub_{ACCOUNT}"] == claims[f"sub_{ACCOUNT}"] == "ada@example.com"
    assert claims["exp"] - claims["iat"] == 1200


@pytest.mark.parametrize("cluster", ["mycluster", "myvpccluster", CLUSTER])
def test_master_url_and_version(document_2021: Api, cluster: str) -> None:
    reply = scoped(document_2021)
    record: dict[str, t.Any] = ok(document_2021.containers(reply["access_token"], f"getCluster?cluster={cluster}"))
    names = list(record)
    at = names.index("etcdPort")
    assert names[at : at + 3] == ["etcdPort", "masterURL", "ingress"]
    assert record["etcdPort"] == "31593"
    urls = document_2021.sim.cluster(cluster).urls
    private = record.get("serviceEndpoints", record)["privateServiceEndpointURL"]
    assert (record["masterURL"], private) == (urls["public"], urls["private"])
    token = id_token(document_2021, reply["refresh_token"])
    for url in urls.values():
        assert document_2021.cluster(cluster, "/version", token, url=url).json() == {
            "major": "1",
            "minor": "1.20.6",
            "gitVersion": "v1.20.6+IKS",
            "gitCommit": "c35166bd86eaa91d17af1c08289ffeab3e71e11e",
            "gitTreeState": "clean",
            "buildDate": "2019-03-21T10:08:03Z",
            "goVersion": "go1.11.5",
            "compiler": "gc",
            "platform": "linux/amd64",
        }
    assert document_2021.cluster(cluster, "/api/v1/namespaces", token).status_code == 200


def test_the_kubeconfig_has_the_ca(document_2021: Api) -> None:
    config = ok(document_2021.containers(scoped(document_2021)["access_token"], "getKubeconfig?cluster=mycluster"))
    assert "certificate-authority-data" in config["clusters"][0]["cluster"]
    assert config["users"][0]["user"]["auth-provider"]["config"]["client-id"] == "kube"


@pytest.mark.parametrize("form", ["refresh token", "API key"])
def test_refresh(document_2021: Api, form: str) -> None:
    refresh = {"grant_type": "refresh_token", "refresh_token": scoped(document_2021)["refresh_token"]}
    body = KEY if form == "API key" else {**refresh, "bss_account": ACCOUNT}
    check_token_reply(ok(document_2021.iam({**body, **UAA_LATER}, None, headers=BASIC)), "ibm openid", *ALL)
