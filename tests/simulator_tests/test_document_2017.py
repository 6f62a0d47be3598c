# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example outputs of IBM's page "Setting up the CLI and API", October 2017, in the order of the page.

Tokens and times are real ones here. The page prints its hosts; most tests go to a loopback address in their place,
and those of the regions send the documented name.
"""

from __future__ import annotations

import typing as t

import jwt
import pytest
from simulator_tests.calls import APIKEY, Api, ok
from simulator_tests.legacy_calls import (
    ACCOUNT,
    CLUSTER,
    DEPLOYER,
    LOGINS,
    UAA_2017,
    Form,
    check_token_reply,
    kubeconfig,
    scoped,
    tokens,
    v1,
)

ALL = ("access_token", "refresh_token", "uaa_token", "uaa_refresh_token")


@pytest.mark.parametrize("account", [{}, {"bss_account": ACCOUNT}], ids=["step 1", "step 3"])
@pytest.mark.parametrize("form", LOGINS.values(), ids=LOGINS)
def test_login(document_2017: Api, form: Form, account: Form) -> None:
    body = {**form, **UAA_2017, **account}
    response = document_2017.iam(body, None, "/oidc/token", headers={"Authorization": "Basic Yng6Yng="})
    reply = ok(response)
    check_token_reply(reply, None, *ALL)
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})
    bound = ACCOUNT if account or form["grant_type"] == APIKEY else None
    assert claims["account"].get("bss") == bound
    assert claims["iss"].startswith("https://iam.ng.bluemix.net/")


def test_accounts(document_2017: Api) -> None:
    token = tokens(document_2017, LOGINS["password"])["access_token"]
    headers = {"Content-Type": "application/json", "Authorization": f"bearer {token}", "Accept": "application/json"}
    page = ok(document_2017.accounts(None, "/v1/accounts", **headers))
    assert list(page) == ["total_results", "total_pages", "prev_url", "next_url", "resources"]
    assert (page["total_results"], page["total_pages"], page["prev_url"], page["next_url"]) == (3, 1, None, None)
    assert [record["metadata"]["guid"][:4] for record in page["resources"]] == ["1111", "2222", "3333"]
    check_account(page["resources"][0])


def check_account(record: dict[str, t.Any]) -> None:
    assert record["metadata"] == {
        "guid": ACCOUNT,
        "url": f"/v1/accounts/{ACCOUNT}",
        "created_at": "2016-01-07T18:55:09.726Z",
        "updated_at": "2017-04-28T23:46:03.739Z",
        "origin": "BSS",
    }
    assert record["entity"]["name"] == "Example Account"


def test_the_object_that_the_page_prints(document_2017: Api) -> None:
    page = ok(document_2017.accounts(tokens(document_2017, DEPLOYER)["access_token"], "/v1/accounts"))
    assert page["total_results"] == 1
    check_account(page["resources"])


def test_organizations_and_spaces(document_2017: Api) -> None:
    uaa_token = tokens(document_2017, **UAA_2017)["uaa_token"]
    headers = {
        "Content-Type": "application/x-www-form-urlencoded;charset=utf",
        "Authorization": f"bearer {uaa_token}",
        "Accept": "application/json;charset=utf-8",
    }
    url = document_2017.sim.cloud_foundry_url
    page = ok(document_2017.send("GET", url + "/v2/organizations", headers=headers))
    record = page["resources"][0]
    guid = record["metadata"]["guid"]
    assert record == {
        "metadata": {
            "guid": guid,
            "url": f"/v2/organizations/{guid}",
            "created_at": "2016-01-07T18:55:19Z",
            "updated_at": "2016-02-09T15:56:22Z",
        },
        "entity": {
            "name": "example-org",
            "billing_enabled": False,
            "quota_definition_guid": guid,
            "status": "active",
            "quota_definition_url": f"/v2/quota_definitions/{guid}",
            "spaces_url": f"/v2/organizations/{guid}/spaces",
        },
    }
    page = ok(document_2017.send("GET", url + record["entity"]["spaces_url"], headers=headers))
    space = page["resources"][0]
    assert space == {
        "metadata": {
            "guid": space["metadata"]["guid"],
            "url": f"/v2/spaces/{space['metadata']['guid']}",
            "created_at": "2016-01-07T18:55:22Z",
            "updated_at": None,
        },
        "entity": {
            "name": "dev",
            "organization_guid": guid,
            "space_quota_definition_guid": None,
            "allow_ssh": True,
        },
    }


@pytest.mark.parametrize(
    ("region", "names"),
    [
        ("us-south", ["mycluster"]),
        ("us-east", []),
        ("uk-south", []),
        ("eu-central", ["mycluster-eu"]),
        ("ap-south", []),
    ],
)
def test_clusters_of_each_region(document_2017: Api, region: str, names: list[str]) -> None:
    host = f"{region}.containers.bluemix.net"
    response = v1(document_2017, "/v1/clusters", scoped(document_2017), None, Host=host)
    assert [cluster["name"] for cluster in response.json()] == names
    assert document_2017.sim.requests[-1].host == host


def test_a_record_has_nothing_that_came_later(document_2017: Api) -> None:
    reply = scoped(document_2017)
    (listed,) = v1(document_2017, "/v1/clusters", reply, None).json()
    assert ok(v1(document_2017, f"/v1/clusters/{CLUSTER}", reply, None)) == listed
    assert ok(v1(document_2017, "/v1/clusters/mycluster", reply, None)) == listed
    assert listed["serverURL"] == document_2017.sim.cluster("mycluster").master_url
    assert (listed["region"], listed["location"], listed["dataCenter"]) == ("us-south", "Dallas", "dal10")
    assert not set(listed) & {"provider", "masterURL", "publicServiceEndpointURL", "type", "resourceGroup", "lifecycle"}


def test_the_context_for_kubectl(document_2017: Api) -> None:
    sim = document_2017.sim
    config, ca_pem, names = kubeconfig(v1(document_2017, "/v1/clusters/mycluster/config", scoped(document_2017), None))
    folder = names[0]
    assert folder.startswith("kubeConfig")
    assert names[1:] == [f"{folder}kube-config-prod-dal10-mycluster.yml", f"{folder}ca-dal10-mycluster.pem"]
    assert ca_pem == sim.cluster("mycluster").ca_pem
    provider = config["users"][0]["user"]["auth-provider"]
    assert provider["name"] == "oidc"
    settings = provider["config"]
    assert (settings["client-id"], settings["client-secret"]) == ("bx", "bx")
    assert settings["idp-issuer-url"] == "https://iam.ng.bluemix.net/kubernetes"
    assert settings["refresh-token"] in sim.secrets.values()
    claims = jwt.decode(settings["id-token"], options={"verify_signature": False})
    assert (claims["iss"], claims["aud"]) == ("https://iam.ng.bluemix.net/kubernetes", "bx")
    assert claims["sub"] == "ada@example.com"
    assert not [name for name in claims if "sub_" in name]
    assert claims["exp"] - claims["iat"] == 3600

    version = ok(document_2017.cluster("mycluster", "/version", settings["id-token"]))
    assert version["gitVersion"] == "v1.7.4"
    # The download has synchronised the caller's RBAC, as IBM's own command did.
    assert document_2017.cluster("mycluster", "/api/v1/namespaces", settings["id-token"]).status_code == 200


def test_refresh(document_2017: Api) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": scoped(document_2017)["refresh_token"],
        **UAA_2017,
        "bss_account": ACCOUNT,
    }
    check_token_reply(tokens(document_2017, form), None, *ALL)
