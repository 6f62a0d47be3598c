# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example outputs of IBM's page "Setting up the API", February 2020, in the order of the page, field by field.

Tokens and times are real ones here; host and port of publicServiceEndpointURL are those of a loopback listener.
"""

from __future__ import annotations

import typing as t

import jwt
import pytest
from simulator_tests.calls import DELEGATED, Api, ok
from simulator_tests.legacy_calls import (
    ACCOUNT,
    CLUSTER,
    DEPLOYER,
    KEY,
    LOGINS,
    UAA,
    UAA_LATER,
    Form,
    check_token_reply,
    kubeconfig,
    scoped,
    tokens,
    v1,
)

ALL = ("access_token", "refresh_token", "uaa_token", "uaa_refresh_token")
BASIC = {"Authorization": "Basic Yng6Yng="}


@pytest.mark.parametrize("form", LOGINS.values(), ids=LOGINS)
def test_step_1_login(document_2020: Api, form: Form) -> None:
    reply = ok(document_2020.iam({**form, **UAA}, None, headers=BASIC))
    check_token_reply(reply, "ibm openid", *ALL)


@pytest.mark.parametrize("form", LOGINS.values(), ids=LOGINS)
def test_step_3_login_with_an_account(document_2020: Api, form: Form) -> None:
    """The page prints neither the UAA tokens nor the scope here, though it asks for both."""
    reply = ok(document_2020.iam({**form, **UAA_LATER, "bss_account": ACCOUNT}, None, headers=BASIC))
    check_token_reply(reply, "ibm openid", *ALL)
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})
    assert (claims["account"]["bss"], claims["iss"]) == (ACCOUNT, "https://iam.bluemix.net/identity")


def test_step_2_accounts(document_2020: Api) -> None:
    token = tokens(document_2020, LOGINS["password"])["access_token"]
    headers = {"Content-Type": "application/json", "Authorization": f"bearer {token}", "Accept": "application/json"}
    page = ok(document_2020.accounts(None, "/v1/accounts", **headers))
    resources = page.pop("resources")
    assert page == {"total_results": 3, "total_pages": 1, "prev_url": None, "next_url": None}
    assert resources[0]["metadata"] == {
        "guid": ACCOUNT,
        "url": f"/v1/accounts/{ACCOUNT}",
        "created_at": "2016-01-07T18:55:09.726Z",
        "updated_at": "2017-04-28T23:46:03.739Z",
        "origin": "BSS",
    }
    own = ok(document_2020.accounts(tokens(document_2020, DEPLOYER)["access_token"], "/v1/accounts"))
    assert own["resources"] == resources[0]


def region(name: str, alias: str, cf: str, free: bool) -> dict[str, t.Any]:
    return {"name": name, "alias": alias, "cfURL": f"api.{cf}.bluemix.net", "freeEnabled": free}


@pytest.mark.parametrize("path", ["/v1/regions", "/global/v1/regions"])
def test_step_4_regions(document_2020: Api, path: str) -> None:
    assert ok(v1(document_2020, path, scoped(document_2020), None)) == {
        "regions": [
            region("ap-north", "jp-tok", "au-syd", False),
            region("ap-south", "au-syd", "au-syd", True),
            region("eu-central", "eu-de", "eu-de", True),
            region("uk-south", "eu-gb", "eu-gb", True),
            region("us-east", "us-east", "ng", False),
            region("us-south", "us-south", "ng", True),
        ]
    }


@pytest.mark.parametrize("base", ["/v1", "/global/v1"])
@pytest.mark.parametrize(
    ("region", "names"), [("us-south", ["mycluster"]), ("eu-central", ["mycluster-eu"]), ("ap-north", [])]
)
def test_step_5_clusters(document_2020: Api, base: str, region: str, names: list[str]) -> None:
    clusters = v1(document_2020, f"{base}/clusters", scoped(document_2020), region).json()
    assert [cluster["name"] for cluster in clusters] == names
    assert {cluster["region"] for cluster in clusters} <= {region}


def test_vpc_clusters_of_the_first_generation(document_2020: Api) -> None:
    token = scoped(document_2020)["access_token"]
    url = document_2020.sim.containers_url + "/global/v2/vpc/getClusters"
    for query in ("", "?provider=vpc-classic"):
        (cluster,) = document_2020.send("GET", url + query, headers={"Authorization": f"bearer {token}"}).json()
        assert (cluster["name"], cluster["provider"]) == ("myvpccluster", "vpc-classic")
        assert cluster["masterURL"] == document_2020.sim.cluster("myvpccluster").master_url


def test_delegated_token_and_kube_tokens(document_2020: Api) -> None:
    form = {
        "delegated_refresh_token_expiry": "600",
        "receiver_client_ids": "kube",
        "response_type": "delegated_refresh_token",
        "refresh_token": scoped(document_2020)["refresh_token"],
        "grant_type": "refresh_token",
    }
    delegated = ok(document_2020.iam(form, None, headers={**BASIC, "cache-control": "no-cache"}))
    assert list(delegated) == ["delegated_refresh_token"]
    form = {"refresh_token": delegated["delegated_refresh_token"], "grant_type": DELEGATED}
    headers = {"Authorization": "Basic a3ViZTprdWJl", "cache-control": "no-cache"}
    reply = ok(document_2020.iam(form, None, headers=headers))
    check_token_reply(reply, "ibm openid containers-kubernetes", "access_token", "id_token", "refresh_token")
    claims = jwt.decode(reply["id_token"], options={"verify_signature": False})
    assert (claims["iss"], claims["aud"]) == ("https://iam.bluemix.net/identity", "kube")
    assert claims[f"sub_{ACCOUNT}"] == "ada@example.com"
    assert f"realmed_sub_{ACCOUNT}" not in claims
    assert claims["exp"] - claims["iat"] == 3600


def test_record_and_version(document_2020: Api) -> None:
    reply = scoped(document_2020)
    record = ok(v1(document_2020, f"/v1/clusters/{CLUSTER}", reply))
    urls = document_2020.sim.cluster("mycluster").urls
    printed = {
        "location": "Dallas",
        "dataCenter": "dal10",
        "multiAzCapable": True,
        "vlans": None,
        "worker_vlans": None,
        "workerZones": ["dal10"],
        "id": CLUSTER,
        "name": "mycluster",
        "region": "us-south",
    }
    assert list(record)[: len(printed)] == list(printed)
    assert {name: record[name] for name in printed} == printed
    assert record["publicServiceEndpointURL"] == record["serverURL"] == urls["public"]
    assert not set(record) & {"provider", "masterURL", "lifecycle", "serviceEndpoints"}
    assert v1(document_2020, "/v1/clusters", reply).json() == [record]

    form = {
        "response_type": "delegated_refresh_token",
        "receiver_client_ids": "kube",
        "refresh_token": reply["refresh_token"],
        "grant_type": "refresh_token",
    }
    delegated = ok(document_2020.iam(form))["delegated_refresh_token"]
    kube = ok(document_2020.iam({"grant_type": DELEGATED, "refresh_token": delegated}, "kube"))
    assert document_2020.cluster("mycluster", "/version", kube["id_token"]).json() == {
        "major": "1",
        "minor": "13",
        "gitVersion": "v1.13.4+IKS",
        "gitCommit": "c35166bd86eaa91d17af1c08289ffeab3e71e11e",
        "gitTreeState": "clean",
        "buildDate": "2019-03-21T10:08:03Z",
        "goVersion": "go1.11.5",
        "compiler": "gc",
        "platform": "linux/amd64",
    }
    # A token of the kube client is one of the tokens that the page has in hand for the record.
    assert ok(v1(document_2020, f"/v1/clusters/{CLUSTER}", kube)) == record


def test_the_kubeconfig(document_2020: Api) -> None:
    path = "/v1/clusters/mycluster-eu/config"
    config, ca_pem, names = kubeconfig(v1(document_2020, path, scoped(document_2020), "eu-central"))
    assert ca_pem == document_2020.sim.cluster("mycluster-eu").ca_pem
    assert names[-1].endswith("/ca-fra02-mycluster-eu.pem")
    settings = config["users"][0]["user"]["auth-provider"]["config"]
    assert (settings["client-id"], settings["idp-issuer-url"]) == ("kube", "https://iam.bluemix.net/identity")
    token = settings["id-token"]
    assert document_2020.cluster("mycluster-eu", "/api/v1/namespaces", token).status_code == 200
    assert document_2020.cluster("mycluster", "/api/v1/namespaces", token).status_code == 403
    refreshed = ok(
        document_2020.iam({"grant_type": "refresh_token", "refresh_token": settings["refresh-token"]}, "kube")
    )
    assert refreshed["id_token"]


@pytest.mark.parametrize("form", ["refresh token", "API key"])
def test_refresh(document_2020: Api, form: str) -> None:
    refresh = {"grant_type": "refresh_token", "refresh_token": scoped(document_2020)["refresh_token"]}
    body = KEY if form == "API key" else {**refresh, "bss_account": ACCOUNT}
    check_token_reply(ok(document_2020.iam({**body, **UAA_LATER}, None, headers=BASIC)), "ibm openid", *ALL)
