# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare responses with the example outputs in the four editions of IBM's page "Setting up the API".

Tokens and times differ from the page, because the simulator issues real tokens. Each masterURL contains the host and the port of a loopback listener.
"""

from __future__ import annotations

import base64
import dataclasses
import typing as t

import jwt
import pytest
from simulator_tests.calls import APIKEY, DELEGATED, Api, bearer, ok
from simulator_tests.legacy_calls import (
    ACCOUNT,
    CLUSTER,
    DEPLOYER,
    KEY,
    LOGINS,
    UAA,
    UAA_2017,
    UAA_LATER,
    Form,
    check_token_reply,
    kubeconfig,
    scoped,
    token_call,
    tokens,
    v1,
)

Legacy = t.Callable[[str], Api]
Fields = dict[str, t.Any]

BASIC = {"Authorization": "Basic Yng6Yng=", "cache-control": "no-cache"}
BASIC_KUBE = {"Authorization": "Basic a3ViZTprdWJl", "cache-control": "no-cache"}
IAM = ("access_token", "refresh_token")
UAA_TOO = (*IAM, "uaa_token", "uaa_refresh_token")
V1_METADATA = {
    "guid": ACCOUNT,
    "url": f"/v1/accounts/{ACCOUNT}",
    "created_at": "2016-01-07T18:55:09.726Z",
    "updated_at": "2017-04-28T23:46:03.739Z",
    "origin": "BSS",
}
V2_METADATA = {
    "guid": ACCOUNT,
    "url": f"/coe/v2/accounts/{ACCOUNT}",
    "created_at": "2016-09-29T02:49:41.842Z",
    "updated_at": "2018-08-16T18:56:00.442Z",
    "anonymousId": "1111a1aa1a1111a1aa11aa11111a1111",
}
V1_PAGE = {"total_results": 3, "total_pages": 1, "prev_url": None, "next_url": None}
V2_PAGE = {"next_url": None, "total_results": 5}


@dataclasses.dataclass(frozen=True)
class Page:
    """The requests and outputs in one edition of IBM's page. An empty issuer stands for the URL of the simulated IAM."""

    first: Form  # fields of the first login
    later: Form  # fields of later token requests
    tokens: tuple[str, ...]
    scope: str | None
    issuer: str
    accounts: Fields
    metadata: Fields
    minor: str
    git_version: str
    delegated: tuple[str, ...] = ("delegated_refresh_token",)
    id_seconds: int = 1200


PAGES = {
    "2017": Page(
        UAA_2017, UAA_2017, UAA_TOO, None, "https://iam.ng.bluemix.net/oidc/token", V1_PAGE, V1_METADATA, "7", "v1.7.4"
    ),
    "2020": Page(
        UAA,
        UAA_LATER,
        UAA_TOO,
        "ibm openid",
        "https://iam.bluemix.net/identity",
        V1_PAGE,
        V1_METADATA,
        "13",
        "v1.13.4+IKS",
        id_seconds=3600,
    ),
    "2021": Page(UAA, UAA_LATER, UAA_TOO, "ibm openid", "", V2_PAGE, V2_METADATA, "1.20.6", "v1.20.6+IKS"),
    "2025": Page({}, {}, IAM, "ibm openid", "", V2_PAGE, V2_METADATA, "1.33", "v1.33+IKS", IAM),
}
SINCE_2020 = ("2020", "2021", "2025")
SINCE_2021 = ("2021", "2025")


def claims_of(token: str) -> Fields:
    claims: Fields = jwt.decode(token, options={"verify_signature": False})
    return claims


def issuer(api: Api, year: str) -> str:
    return PAGES[year].issuer or api.sim.iam_url + "/identity"


# The commands in step 3 of the 2020 and 2021 editions request UAA tokens, but the sample outputs show neither these tokens nor the scope.
@pytest.mark.parametrize("step", ["1", "3", "refresh"])
@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("year", PAGES)
def test_tokens_match_the_page(legacy: Legacy, year: str, login: str, step: str) -> None:
    api, page = legacy(year), PAGES[year]
    form = {**LOGINS[login], **(page.first if step == "1" else page.later)}
    bound = ACCOUNT if step != "1" or form["grant_type"] == APIKEY else None
    if step == "refresh":
        token = tokens(api, LOGINS[login])["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token, **page.later}
    if step != "1":
        form["bss_account"] = ACCOUNT
    reply = ok(token_call(api, form, None, headers=BASIC))
    check_token_reply(reply, page.scope, *page.tokens)
    claims = claims_of(reply["access_token"])
    assert (claims["account"].get("bss"), claims["iss"]) == (bound, issuer(api, year))


@pytest.mark.parametrize("year", ["2020", "2021"])
def test_a_renewal_with_an_api_key_matches_the_page(legacy: Legacy, year: str) -> None:
    """The 2020 and 2021 editions show a renewal that sends the API key again, without an account."""
    check_token_reply(ok(token_call(legacy(year), {**KEY, **UAA_LATER}, None, headers=BASIC)), "ibm openid", *UAA_TOO)


@pytest.mark.parametrize("year", PAGES)
def test_accounts_match_the_page(legacy: Legacy, year: str) -> None:
    api, page = legacy(year), PAGES[year]
    path = api.sim.cloud.generation.accounts_path
    token = tokens(api, LOGINS["password"])["access_token"]
    headers = {"Authorization": f"bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
    body = ok(api.accounts(None, path, **headers))
    assert list(body) == [*page.accounts, "resources"]
    resources = body.pop("resources")
    assert (body, len(resources)) == (page.accounts, page.accounts["total_results"])
    assert [record["metadata"]["guid"][:4] for record in resources][:3] == ["1111", "2222", "3333"]
    assert (resources[0]["metadata"], resources[0]["entity"]["name"]) == (page.metadata, "Example Account")
    if year < "2021":
        # The 2017 and 2020 editions show a single account as an object instead of a list.
        own = ok(api.accounts(tokens(api, DEPLOYER)["access_token"], path))
        assert (own["total_results"], own["resources"]) == (1, resources[0])


def test_organizations_and_spaces_match_the_page(document_2017: Api) -> None:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded;charset=utf",
        "Authorization": f"bearer {tokens(document_2017, **UAA_2017)['uaa_token']}",
        "Accept": "application/json;charset=utf-8",
    }
    url = document_2017.sim.cloud_foundry_url
    record = ok(document_2017.send("GET", url + "/v2/organizations", headers=headers))["resources"][0]
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
    space = ok(document_2017.send("GET", url + record["entity"]["spaces_url"], headers=headers))["resources"][0]
    own = space["metadata"]["guid"]
    assert space == {
        "metadata": {"guid": own, "url": f"/v2/spaces/{own}", "created_at": "2016-01-07T18:55:22Z", "updated_at": None},
        "entity": {"name": "dev", "organization_guid": guid, "space_quota_definition_guid": None, "allow_ssh": True},
    }


@pytest.mark.parametrize("path", ["/v1/regions", "/global/v1/regions"])
def test_regions_match_the_page(document_2020: Api, path: str) -> None:
    rows = [
        ("ap-north", "jp-tok", "au-syd", False),
        ("ap-south", "au-syd", "au-syd", True),
        ("eu-central", "eu-de", "eu-de", True),
        ("uk-south", "eu-gb", "eu-gb", True),
        ("us-east", "us-east", "ng", False),
        ("us-south", "us-south", "ng", True),
    ]
    assert ok(v1(document_2020, path, scoped(document_2020), None)) == {
        "regions": [
            {"name": name, "alias": alias, "cfURL": f"api.{cf}.bluemix.net", "freeEnabled": free}
            for name, alias, cf, free in rows
        ]
    }


@pytest.mark.parametrize(
    ("year", "path", "headers", "names"),
    [
        # In API generation 2017, the host selects the region. In API generation 2020, a header selects the region.
        ("2017", "/v1/clusters", {"Host": "us-south.containers.bluemix.net"}, ["mycluster"]),
        ("2017", "/v1/clusters", {"Host": "us-east.containers.bluemix.net"}, []),
        ("2017", "/v1/clusters", {"Host": "uk-south.containers.bluemix.net"}, []),
        ("2017", "/v1/clusters", {"Host": "eu-central.containers.bluemix.net"}, ["mycluster-eu"]),
        ("2017", "/v1/clusters", {"Host": "ap-south.containers.bluemix.net"}, []),
        *(
            ("2020", f"{base}/v1/clusters", {"X-Region": region}, names)
            for base in ("", "/global")
            for region, names in (("us-south", ["mycluster"]), ("eu-central", ["mycluster-eu"]), ("ap-north", []))
        ),
        ("2020", "/global/v2/vpc/getClusters", {}, ["myvpccluster"]),
        ("2020", "/global/v2/vpc/getClusters?provider=vpc-classic", {}, ["myvpccluster"]),
        ("2021", "/global/v2/classic/getClusters", {}, ["mycluster"]),
        ("2021", "/global/v2/vpc/getClusters?provider=vpc-gen2", {}, ["myvpccluster"]),
        ("2021", "/global/v2/vpc/getClusters", {}, ["myvpccluster"]),
        ("2021", "/global/v2/vpc/getClusters?provider=vpc-classic", {}, ["myoldvpccluster"]),
        ("2025", "/global/v2/classic/getClusters", {}, ["mycluster"]),
        ("2025", "/global/v2/vpc/getClusters?provider=vpc-gen2", {}, ["myvpccluster"]),
    ],
)
def test_cluster_lists_match_the_page(
    legacy: Legacy, year: str, path: str, headers: dict[str, str], names: list[str]
) -> None:
    api = legacy(year)
    records = v1(api, path, scoped(api), headers.get("X-Region"), Host=headers.get("Host")).json()
    assert [record["name"] for record in records] == names
    for record in records:
        state = api.sim.cluster(record["name"])
        url = record["serverURL"] if "/v1/" in path else record["masterURL"]
        assert (record["region"], url) == (state.cluster.region, state.master_url)
        assert record.get("provider") == (None if "/v1/" in path else state.cluster.provider)
    assert api.sim.requests[-1].host == headers.get("Host", "127.0.0.1")


@pytest.mark.parametrize("year", SINCE_2020)
def test_delegated_and_kube_tokens_match_the_page(legacy: Legacy, year: str) -> None:
    api, page = legacy(year), PAGES[year]
    form = {
        "delegated_refresh_token_expiry": "600",
        "receiver_client_ids": "kube",
        "response_type": "delegated_refresh_token",
        "refresh_token": scoped(api)["refresh_token"],
        "grant_type": "refresh_token",
    }
    delegated = ok(api.iam(form, None, headers=BASIC))
    assert set(delegated) == set(page.delegated)
    form = {"refresh_token": delegated[page.delegated[-1]], "grant_type": DELEGATED}
    reply = ok(api.iam(form, None, headers=BASIC_KUBE))
    check_token_reply(reply, "ibm openid containers-kubernetes", "access_token", "id_token", "refresh_token")
    claims = claims_of(reply["id_token"])
    assert (claims["iss"], claims["aud"]) == (issuer(api, year), "kube")
    assert claims[f"sub_{ACCOUNT}"] == "ada@example.com"
    assert claims.get(f"realmed_sub_{ACCOUNT}") == (None if year == "2020" else "ada@example.com")
    assert claims["exp"] - claims["iat"] == page.id_seconds
    refreshed = ok(api.iam({"grant_type": "refresh_token", "refresh_token": reply["refresh_token"]}, "kube"))
    assert refreshed["id_token"]
    if year == "2020":
        # On the page, the request for a cluster's record contains a token that the client kube received.
        assert ok(v1(api, f"/v1/clusters/{CLUSTER}", reply))["name"] == "mycluster"


def id_token(api: Api, year: str) -> str:
    """Return an ID token from the kubeconfig (2017), or in exchange for a delegated token (later editions)."""
    if year == "2017":
        config = kubeconfig(v1(api, "/v1/clusters/mycluster/config?skipRBAC=true", scoped(api), None))[0]
        return str(config["users"][0]["user"]["auth-provider"]["config"]["id-token"])
    return str(api.kube_tokens(KEY["apikey"])["id_token"])


@pytest.mark.parametrize(
    ("year", "cluster"),
    [
        ("2017", "mycluster"),
        *((year, name) for year in SINCE_2020 for name in ("mycluster", "myvpccluster", CLUSTER)),
    ],
)
def test_the_version_matches_the_page(legacy: Legacy, year: str, cluster: str) -> None:
    api, page = legacy(year), PAGES[year]
    headers = {"Authorization": f"bearer {id_token(api, year)}"}
    for url in api.sim.cluster(cluster).urls.values():
        found = api.cluster(cluster, "/version", url=url, headers=headers).json()
        assert (found["gitVersion"], found["minor"]) == (page.git_version, page.minor)
        if year != "2017":  # The 2017 edition shows fewer fields.
            assert found == {
                "major": "1",
                "minor": page.minor,
                "gitVersion": page.git_version,
                "gitCommit": "c35166bd86eaa91d17af1c08289ffeab3e71e11e",
                "gitTreeState": "clean",
                "buildDate": "2019-03-21T10:08:03Z",
                "goVersion": "go1.11.5",
                "compiler": "gc",
                "platform": "linux/amd64",
            }


V1_PRINTED = {
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
V1_NEVER = {"provider", "masterURL", "lifecycle", "serviceEndpoints"}


@pytest.mark.parametrize(
    ("year", "later"), [("2017", {"type", "resourceGroup", "publicServiceEndpointURL", "workerZones"}), ("2020", set())]
)
def test_v1_records_match_the_page(legacy: Legacy, year: str, later: set[str]) -> None:
    """The fields must be in the same order as in the 2020 edition's sample record. The 2017 edition does not show a record."""
    api = legacy(year)
    reply = scoped(api)
    record = ok(v1(api, f"/v1/clusters/{CLUSTER}", reply))
    assert v1(api, "/v1/clusters", reply).json() == [record] == [ok(v1(api, "/v1/clusters/mycluster", reply))]
    printed = {name: value for name, value in V1_PRINTED.items() if year == "2020" or name in record}
    assert {name: record[name] for name in printed} == printed
    assert [name for name in record if name in V1_PRINTED] == list(printed)
    assert record["serverURL"] == api.sim.cluster("mycluster").urls["public"]
    assert record.get("publicServiceEndpointURL") == (record["serverURL"] if year == "2020" else None)
    assert not set(record) & (V1_NEVER | later)


@pytest.mark.parametrize("cluster", ["mycluster", "myvpccluster", CLUSTER])
@pytest.mark.parametrize("year", SINCE_2021)
def test_v2_records_match_the_page(legacy: Legacy, year: str, cluster: str) -> None:
    api = legacy(year)
    record = ok(api.containers(scoped(api)["access_token"], f"getCluster?cluster={cluster}"))
    at = list(record).index("etcdPort")
    assert list(record)[at : at + 3] == ["etcdPort", "masterURL", "ingress"]
    assert (record["etcdPort"], type(record["ingress"])) == ("31593", dict)
    urls = api.sim.cluster(cluster).urls
    private = record.get("serviceEndpoints", record)["privateServiceEndpointURL"]
    assert (record["masterURL"], private) == (urls["public"], urls["private"])


@pytest.mark.parametrize(("year", "cluster"), [("2017", "mycluster"), ("2020", "mycluster-eu")])
def test_v1_kubeconfigs_match_the_page(legacy: Legacy, year: str, cluster: str) -> None:
    """The request for a v1 kubeconfig also synchronizes the caller's RBAC, as it did for IBM's CLI."""
    api = legacy(year)
    region = None if year == "2017" else "eu-central"
    config, ca_pem, names = kubeconfig(v1(api, f"/v1/clusters/{cluster}/config", scoped(api), region))
    datacenter = api.sim.cluster(cluster).cluster.datacenter
    folder = names[0]
    assert folder.startswith("kubeConfig")
    assert names[1:] == [
        f"{folder}kube-config-prod-{datacenter}-{cluster}.yml",
        f"{folder}ca-{datacenter}-{cluster}.pem",
    ]
    assert ca_pem == api.sim.cluster(cluster).ca_pem
    provider = config["users"][0]["user"]["auth-provider"]
    settings = provider["config"]
    client, id_issuer = ("bx", "https://iam.ng.bluemix.net/kubernetes")
    if year == "2020":
        client, id_issuer = ("kube", "https://iam.bluemix.net/identity")
    assert (provider["name"], settings["client-id"], settings["client-secret"]) == ("oidc", client, client)
    claims = claims_of(settings["id-token"])
    assert (settings["idp-issuer-url"], claims["iss"], claims["aud"]) == (id_issuer, id_issuer, client)
    assert claims["exp"] - claims["iat"] == 3600
    assert (claims["sub"], [name for name in claims if "realmed_sub_" in name]) == ("ada@example.com", [])
    assert bool([name for name in claims if "sub_" in name]) == (year == "2020")
    assert api.cluster(cluster, "/api/v1/namespaces", settings["id-token"]).status_code == 200
    assert settings["refresh-token"] in api.sim.secrets.values()
    if year == "2020":
        assert api.cluster("mycluster", "/api/v1/namespaces", settings["id-token"]).status_code == 403
        refresh = {"grant_type": "refresh_token", "refresh_token": settings["refresh-token"]}
        assert ok(api.iam(refresh, "kube"))["id_token"]


def test_the_kubeconfig_of_2021_has_the_ca(document_2021: Api) -> None:
    config = ok(document_2021.containers(scoped(document_2021)["access_token"], "getKubeconfig?cluster=mycluster"))
    ca = config["clusters"][0]["cluster"]["certificate-authority-data"]
    assert base64.b64decode(ca) == document_2021.sim.cluster("mycluster").ca_pem
    assert config["users"][0]["user"]["auth-provider"]["config"]["client-id"] == "kube"


@pytest.mark.parametrize("cluster", ["mycluster", "myvpccluster", CLUSTER])
def test_rbac_and_ca_match_the_page_of_2025(document: Api, cluster: str) -> None:
    token = scoped(document)["access_token"]
    document.sim.cluster(cluster).rbac.seconds = 0
    assert document.containers(token, "applyRBAC", json={"cluster": cluster}).status_code == 200
    status = document.containers(token, f"getRBACStatus?cluster={cluster}")
    assert status.text.replace(" ", "") == '{"synchronized":true,"error":false}'
    ca = base64.b64decode(ok(document.containers(token, f"getCACert?cluster={cluster}"))["caCert"])
    assert ca == document.sim.cluster(cluster).ca_pem
    namespaces = document.cluster(cluster, "/api/v1/namespaces", headers=bearer(id_token(document, "2025")))
    assert namespaces.status_code == 200
