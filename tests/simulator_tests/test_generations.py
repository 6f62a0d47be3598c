# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that each API generation rejects the paths, hosts, headers and form fields of other generations."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

import jwt
import pytest
import yaml
from simulator_tests.calls import DELEGATED, PREFIX, Api, Response, ok
from simulator_tests.container_calls import error
from simulator_tests.legacy_calls import (
    ACCOUNT,
    CODE,
    DEPLOYER,
    KEY,
    PASSWORD,
    SECOND,
    UAA,
    UAA_LATER,
    Form,
    token_call,
    tokens,
    v1,
)

from simulator import Simulator, WorldError, load_world

Legacy = t.Callable[[str], Api]

LEGACY = ("2017", "2020", "2021")
BEFORE_2021 = ("2017", "2020")
EVER = (*LEGACY, "2025")
TOKEN_PATHS = {"2017": ["/oidc/token"], "2025": ["/identity/token", "/oidc/token"]}


def code_of(response: Response) -> tuple[int, str]:
    return response.status_code, response.json()["errorCode"]


def without(form: Form, *names: str) -> Form:
    return {name: value for name, value in form.items() if name not in names}


# IAM


@pytest.mark.parametrize("path", ["/identity/token", "/oidc/token"])
@pytest.mark.parametrize("year", EVER)
def test_the_token_endpoint_has_one_path(legacy: Legacy, year: str, path: str) -> None:
    expected = 200 if path in TOKEN_PATHS.get(year, ["/identity/token"]) else 404
    assert legacy(year).iam(KEY, path=path).status_code == expected


@pytest.mark.parametrize(("year", "status"), [("2017", 404), ("2020", 200), ("2021", 200), ("2025", 200)])
def test_the_discovery_document(legacy: Legacy, year: str, status: int) -> None:
    api = legacy(year)
    response = api.send("GET", api.sim.iam_url + "/identity/.well-known/openid-configuration")
    assert response.status_code == status
    if status == 200:
        assert response.json()["issuer"] == api.sim.cloud.issuer
        assert response.json()["token_endpoint"] == api.sim.iam_url + "/identity/token"


REFRESH: Form = {"grant_type": "refresh_token", "refresh_token": "x"}
ONE_STEP: Form = {**KEY, "response_type": "delegated_refresh_token", "receiver_client_ids": "kube"}
ASSUME: Form = {"grant_type": PREFIX + "assume", "access_token": "x", "profile_id": "Profile-1"}
CR_TOKEN: Form = {"grant_type": PREFIX + "cr-token", "cr_token": "x", "profile_name": "x"}

# A case: its name, the generations, the form and the client, and the expected status and error code.
Row = tuple[str, tuple[str, ...], Form, str | None, int, str]
FORMS: list[Row] = [
    ("uaa today", ("2025",), {**KEY, **UAA}, "bx", 400, "BXNIM0106E"),
    ("uaa of a service ID", EVER, {**DEPLOYER, **UAA}, "bx", 400, "BXNIM0106E"),
    ("no uaa_client_id", LEGACY, {**KEY, **without(UAA, "uaa_client_id")}, "bx", 400, "BXNIM0109E"),
    ("no uaa_client_id, password", LEGACY, {**PASSWORD, **without(UAA, "uaa_client_id")}, "bx", 400, "BXNIM0109E"),
    ("empty uaa_client_id", LEGACY, {**KEY, **UAA, "uaa_client_id": ""}, "bx", 400, "BXNIM0109E"),
    ("another uaa_client_id", LEGACY, {**KEY, **UAA, "uaa_client_id": "bx"}, "bx", 400, "BXNIM9909E"),
    ("no uaa_client_secret", LEGACY, {**KEY, **without(UAA, "uaa_client_secret")}, "bx", 400, "BXNIM0109E"),
    ("no secret, other spelling", LEGACY, {**KEY, **without(UAA_LATER, "uaa_client_secret")}, "bx", 400, "BXNIM0109E"),
    ("a uaa_client_secret", LEGACY, {**KEY, **UAA, "uaa_client_secret": "cf"}, "bx", 400, "BXNIM9909E"),
    ("uaa alone", LEGACY, {**KEY, **UAA, "response_type": "uaa"}, "bx", 400, "BXNIM0106E"),
    ("uaa and more", LEGACY, {**KEY, **UAA, "response_type": "cloud_iam uaa ims"}, "bx", 400, "BXNIM0106E"),
    ("one step", EVER, ONE_STEP, "bx", 400, "BXNIM0106E"),
    ("one step and tokens", EVER, {**ONE_STEP, "response_type": "cloud_iam delegated_refresh_token"}, "bx", 400, ""),
    ("delegated grant", ("2017",), {"grant_type": DELEGATED, "refresh_token": "x"}, "bx", 400, "BXNIM0106E"),
    ("client kube", ("2017",), {"grant_type": DELEGATED, "refresh_token": "x"}, "kube", 401, "BXNIM9901E"),
    ("refresh as kube", ("2017",), REFRESH, "kube", 401, "BXNIM9901E"),
    ("assume", LEGACY, ASSUME, None, 400, "BXNIM0106E"),
    ("assume with bx", LEGACY, ASSUME, "bx", 400, "BXNIM0106E"),
    ("cr-token", LEGACY, CR_TOKEN, None, 400, "BXNIM0106E"),
    ("another account than the key's", LEGACY, {**KEY, "bss_account": SECOND}, "bx", 400, "BXNIM9905E"),
    ("unknown client", LEGACY, KEY, "cf", 401, "BXNIM9901E"),
    ("password without client", LEGACY, {**PASSWORD, **UAA}, None, 401, "BXNIM0308E"),
]


@pytest.mark.parametrize(
    ("year", "form", "client", "status", "code"),
    [pytest.param(year, *row[2:], id=f"{year}: {row[0]}") for row in FORMS for year in row[1]],
)
def test_forms_of_other_generations_are_rejected(
    legacy: Legacy, year: str, form: Form, client: str | None, status: int, code: str
) -> None:
    api = legacy(year)
    assert code_of(token_call(api, form, client)) == (status, code or "BXNIM0106E")


def test_2017_has_no_delegated_token(document_2017: Api) -> None:
    form = {**REFRESH, "refresh_token": tokens(document_2017)["refresh_token"], "receiver_client_ids": "kube"}
    assert code_of(token_call(document_2017, {**form, "response_type": "delegated_refresh_token"})) == (
        400,
        "BXNIM0106E",
    )


@pytest.mark.parametrize("year", LEGACY)
@pytest.mark.parametrize("types", ["cloud_iam uaa", "cloud_iam, uaa", "cloud_iam,uaa", "uaa cloud_iam"])
def test_separators_and_spellings_of_uaa_fields_are_accepted(legacy: Legacy, year: str, types: str) -> None:
    api = legacy(year)
    for name in ("uaa_client_id", "uaa_client_ID", "UAA_CLIENT_ID"):
        form = {**KEY, "response_type": types, name: "cf", "uaa_client_secret": ""}
        assert "uaa_token" in ok(token_call(api, form))
    assert "uaa_token" not in ok(token_call(api, {**KEY, **without(UAA, "response_type")}))


@pytest.mark.parametrize("year", LEGACY)
def test_a_rejected_uaa_request_does_not_use_the_passcode(legacy: Legacy, year: str) -> None:
    api = legacy(year)
    assert code_of(token_call(api, {**CODE, **without(UAA, "uaa_client_secret")})) == (400, "BXNIM0109E")
    ok(token_call(api, {**CODE, **UAA}))
    assert code_of(token_call(api, {**CODE, **UAA})) == (400, "BXNIM9903E")


@pytest.mark.parametrize("year", LEGACY)
def test_a_service_id_logs_in_without_uaa_and_cannot_renew_with_it(legacy: Legacy, year: str) -> None:
    api = legacy(year)
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens(api, DEPLOYER)["refresh_token"]}
    assert code_of(token_call(api, {**refresh, **UAA_LATER})) == (400, "BXNIM0106E")
    assert "uaa_token" not in tokens(api, refresh)


@pytest.mark.parametrize("year", LEGACY)
def test_iam_rejects_tokens_of_uaa(legacy: Legacy, year: str) -> None:
    api = legacy(year)
    reply = tokens(api, **UAA)
    refresh = {"grant_type": "refresh_token", "refresh_token": reply["uaa_refresh_token"]}
    assert code_of(token_call(api, refresh)) == (400, "BXNIM0407E")
    path = api.sim.cloud.generation.accounts_path
    assert api.accounts(reply["uaa_token"], path).status_code == 401
    assert {reply["uaa_token"], reply["uaa_refresh_token"]} <= set(api.sim.secrets.values())


@pytest.mark.parametrize("year", LEGACY)
def test_the_field_account_is_ignored(legacy: Legacy, year: str) -> None:
    api = legacy(year)

    def account(**fields: str) -> str | None:
        claims = jwt.decode(tokens(api, PASSWORD, **fields)["access_token"], options={"verify_signature": False})
        found = claims["account"].get("bss")
        return None if found is None else str(found)

    assert account(account=ACCOUNT) is None
    assert account(account=SECOND, bss_account=ACCOUNT) == ACCOUNT


# Accounts


@pytest.mark.parametrize(
    ("year", "path"), [*((year, "/coe/v2/accounts") for year in BEFORE_2021), ("2021", "/v1/accounts")]
)
def test_the_accounts_path_of_other_generations_is_not_found(legacy: Legacy, year: str, path: str) -> None:
    api = legacy(year)
    assert api.accounts(tokens(api)["access_token"], path).status_code == 404


# Paths of the containers service


V2 = ("getCluster", "getKubeconfig", "getCACert", "getRBACStatus", "applyRBAC", "applyRBACAndGetKubeconfig")
V2_LISTS = ("classic/getClusters", "vpc/getClusters", "satellite/getClusters")
V1 = ("clusters", "clusters/mycluster", "clusters/mycluster/config")
PRESENT = {
    "2017": {f"/v1/{path}" for path in V1},
    "2020": {
        *(f"{base}/v1/{path}" for base in ("", "/global") for path in (*V1, "regions")),
        *(f"/global/v2/{path}" for path in ("vpc/getClusters", "getCluster", "getKubeconfig")),
    },
    "2021": {
        "/global/v1/regions",
        *(f"/global/v2/{path}" for path in ("getCluster", "getKubeconfig", "applyRBACAndGetKubeconfig", *V2_LISTS[:2])),
    },
    "2025": {"/global/v1/regions", *(f"/global/v2/{path}" for path in (*V2, *V2_LISTS))},
}
PATHS = [
    *(f"{base}/v1/{path}" for base in ("", "/global") for path in (*V1, "regions", "clusters/mycluster/config/admin")),
    *(f"{base}/v2/{path}" for base in ("", "/global") for path in (*V2, *V2_LISTS, "getClusters", "clusters")),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("year", EVER)
def test_each_generation_has_its_own_paths(legacy: Legacy, year: str, path: str) -> None:
    api = legacy(year)
    method = "POST" if "applyRBAC" in path else "GET"
    headers = {"X-Region": "us-south"}
    reply = tokens(api)
    headers.update({"Authorization": f"Bearer {reply['access_token']}", "X-Auth-Refresh-Token": reply["refresh_token"]})
    url = api.sim.containers_url.removesuffix("/global") + path
    response = api.send(method, url, headers=headers, params={"cluster": "mycluster"}, json={"cluster": "mycluster"})
    assert response.status_code == (200 if path in PRESENT[year] else 404), response.text


@pytest.mark.parametrize(
    ("year", "provider", "status"),
    [
        ("2020", "vpc-gen2", 400),
        ("2020", "vpc", 400),
        ("2021", "vpc", 400),
        ("2021", "classic", 400),
        ("2025", "vpc", 400),
        ("2025", "vpc-classic", 200),
    ],
)
def test_each_generation_has_its_own_vpc_providers(legacy: Legacy, year: str, provider: str, status: int) -> None:
    api = legacy(year)
    url = api.sim.containers_url.removesuffix("/global") + "/global/v2/vpc/getClusters"
    headers = {"Authorization": f"Bearer {tokens(api)['access_token']}"}
    response = api.send("GET", url, headers=headers, params={"provider": provider})
    assert response.status_code == status
    assert response.json() == [] if status == 200 else response.json()["code"] == "G3917"


@pytest.mark.parametrize("year", ["2021", "2025"])
def test_later_generations_list_regions_with_one_token(legacy: Legacy, year: str) -> None:
    api = legacy(year)
    url = api.sim.containers_url + "/v1/regions"
    assert api.send("GET", url).status_code == 401
    assert error(api.send("GET", url, headers={"Authorization": "Bearer x"})) == (401, "A0003")
    regions = ok(api.send("GET", url, headers={"Authorization": f"Bearer {tokens(api)['access_token']}"}))["regions"]
    assert [region["name"] for region in regions][:2] == ["ap-north", "ap-south"]
    assert {region["satellite"] for region in regions} == {False}


# Clusters


@pytest.mark.parametrize(
    ("year", "changes"),
    [
        ("2017", {"aud": "kube"}),
        ("2017", {"iss": "https://iam.bluemix.net/identity"}),
        ("2017", {"sub": None, f"sub_{ACCOUNT}": "ada@example.com"}),
        ("2020", {"aud": "bx"}),
        ("2020", {"iss": "https://iam.cloud.ibm.com/identity"}),
        ("2020", {f"sub_{ACCOUNT}": None, f"realmed_sub_{ACCOUNT}": "ada@example.com"}),
        ("2021", {"aud": "bx"}),
        ("2021", {"iss": "https://iam.bluemix.net/identity"}),
        ("2021", {f"realmed_sub_{ACCOUNT}": None}),
    ],
)
def test_id_tokens_of_other_generations_are_rejected(legacy: Legacy, year: str, changes: dict[str, str | None]) -> None:
    api = legacy(year)
    cloud = api.sim.cloud
    good = cloud.id_token(cloud.identities["IBMid-2700ABCDEF"], ACCOUNT)
    assert api.cluster("mycluster", "/version", good).status_code == 200
    claims = {**cloud.signer.read(good), **changes}
    bad = cloud.signer.sign({name: value for name, value in claims.items() if value is not None})
    assert api.cluster("mycluster", "/version", bad).status_code == 401


# Hosts


@pytest.mark.parametrize(
    ("year", "service", "host", "known"),
    [
        ("2017", "iam", "iam.au-syd.bluemix.net", True),
        ("2017", "iam", "iam.bluemix.net", False),
        ("2017", "iam", "iam.cloud.ibm.com", False),
        ("2017", "accounts", "accountmanagement.eu-gb.bluemix.net", True),
        ("2017", "containers", "containers.cloud.ibm.com", False),
        ("2020", "iam", "iam.bluemix.net", True),
        ("2020", "iam", "iam.ng.bluemix.net", False),
        ("2020", "accounts", "accountmanagement.ng.bluemix.net", True),
        ("2020", "accounts", "accountmanagement.eu-de.bluemix.net", False),
        ("2020", "containers", "containers.cloud.ibm.com", True),
        ("2020", "containers", "us-south.containers.bluemix.net", False),
        ("2020", "cloud_foundry", "api.ng.bluemix.net", False),
        ("2021", "iam", "iam.cloud.ibm.com", True),
        ("2021", "iam", "iam.bluemix.net", False),
        ("2021", "accounts", "accounts.cloud.ibm.com", True),
        ("2021", "containers", "iam.cloud.ibm.com", False),
        ("2025", "iam", "iam.cloud.ibm.com", True),
        ("2025", "accounts", "accountmanagement.ng.bluemix.net", False),
        ("2025", "containers", "eu-central.containers.bluemix.net", False),
    ],
)
def test_hosts_of_other_generations_are_rejected(
    legacy: Legacy, year: str, service: str, host: str, known: bool
) -> None:
    api = legacy(year)
    generation = api.sim.cloud.generation
    paths = {
        "iam": "/healthz",
        "accounts": generation.accounts_path,
        "containers": "/v1/clusters" if generation.v1_bases else "/global/v2/classic/getClusters",
        "cloud_foundry": "/v2/organizations",
    }
    url = getattr(api.sim, f"{service}_url").removesuffix("/global") + paths[service]
    for name in (host, host.upper(), host + ":443"):
        response = api.send("GET", url, headers={"Host": name})
        if known:
            assert response.status_code == (200 if service == "iam" else 401)
        else:
            assert response.status_code == 404
            text = f"The host {host} does not belong to generation {generation.name} of the services."
            assert text in json.dumps(response.json())
        assert api.sim.requests[-1].host == host


# Environment and worlds


ENV = {
    "2017": {"IBMCLOUD_API_GENERATION": "2017", "IC_REGION": "us-south", "IBMCLOUD_MCCP_API_ENDPOINT": "{cf}"},
    "2020": {"IBMCLOUD_API_GENERATION": "2020"},
    "2021": {"IBMCLOUD_API_GENERATION": "2021"},
    "2025": {},
}


@pytest.mark.parametrize("year", EVER)
def test_the_environment_has_the_urls_of_the_generation(legacy: Legacy, year: str) -> None:
    sim = legacy(year).sim
    names = ("IBMCLOUD_API_GENERATION", "IC_REGION", "IBMCLOUD_MCCP_API_ENDPOINT")
    found = {name: sim.env[name] for name in names if name in sim.env}
    assert found == {name: value.format(cf=sim.cloud_foundry_url) for name, value in ENV[year].items()}
    assert sim.env["IBMCLOUD_CS_API_ENDPOINT"] == sim.containers_url
    assert sim.containers_url.endswith("/global") == (year not in BEFORE_2021)


@pytest.mark.parametrize(
    ("year", "where", "value", "message"),
    [
        ("2017", ("settings", "api_generation"), "2018", "settings.api_generation must be one of current, 2021, 2020"),
        ("2017", ("settings", "api_generation"), 2017, "settings.api_generation must be a string"),
        ("2017", ("clusters", 0, "provider"), "vpc-classic", "is not available in the API generation 2017"),
        ("2020", ("clusters", 0, "provider"), "vpc-gen2", "is not available in the API generation 2020: vpc-gen2"),
        ("2025", ("clusters", 0, "provider"), "vpc-classic", "is not available in the API generation current"),
        ("2017", ("clusters", 0, "region"), "ap-north", "is not a region of the API generation 2017: ap-north"),
        ("2020", ("organizations",), [{}], "the API generation 2020 does not have Cloud Foundry"),
        ("2017", ("organizations", 0, "cf"), "us-south", "cf must be one of au-syd, eu-de, eu-gb, ng"),
        ("2017", ("organizations", 0, "members"), ["IBMid-1"], "example-org: the member IBMid-1 is not a user"),
        ("2017", ("organizations", 0, "guid"), "0a1b2c3d-1111-4222-8333-445566778811", "guid occurs more than once"),
        ("2017", ("organizations", 0, "colour"), "blue", "organizations[0] has unknown keys: colour"),
        ("2017", ("organizations", 0, "spaces", 0, "name"), None, "spaces[0].name is missing"),
        ("2017", ("settings", "organizations_page_size"), 0, "organizations_page_size must be a whole number, 1"),
    ],
)
def test_worlds_with_keys_of_other_generations_are_rejected(
    tmp_path: Path, year: str, where: t.Any, value: t.Any, message: str
) -> None:
    shipped = Path(__file__).resolve().parents[1] / "simulator" / "worlds" / f"document-{year}.yaml"
    world = yaml.safe_load(shipped.read_text())
    *parents, last = where
    place = world
    for key in parents:
        place = place[key]
    place[last] = value
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump(world))
    with pytest.raises(WorldError) as caught:
        load_world(path)
    assert message in str(caught.value)


def test_a_world_can_be_used_with_another_generation() -> None:
    """Clusters can be found by their region's name or alias."""
    world = load_world("fleet")
    settings = dataclasses.replace(world.settings, api_generation="2020")
    names = {"uk-south": "eu-gb"}
    clusters = tuple(
        dataclasses.replace(cluster, region=names.get(cluster.region, cluster.region)) for cluster in world.clusters
    )
    with Simulator(dataclasses.replace(world, settings=settings, clusters=clusters)) as sim:
        api = Api(sim, sim.directory)
        for region, name in (("us-south", "shop-dev"), ("uk-south", "legacy-dev")):
            assert [cluster["name"] for cluster in v1(api, "/v1/clusters", api.tokens(), region).json()] == [name]
