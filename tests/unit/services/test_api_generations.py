# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the API generations: hosts, request fields, and unsupported features."""

from __future__ import annotations

import io
import typing as t
import urllib.parse
import zipfile

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.cluster_facts import (
    cluster_facts,
    master_url,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    IBMCloudError,
    InputError,
    ResponseError,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.api_generations import GENERATIONS
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.endpoints import (
    Endpoints,
    cf_endpoint,
    service_endpoints,
)
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cf_space_info import MODULE as CF_SPACE_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE as CLUSTER_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.region_info import MODULE as REGION_INFO
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, access_token
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer
from ansible_collections.ibmcloud.kubernetes.tests.unit.token_service import id_tokens

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient

GOOD = {"access_token": access_token(), "refresh_token": "refresh", "token_type": "Bearer", "expires_in": 3600}
UNBOUND = {**GOOD, "access_token": access_token("")}
NO_UAA = answer(
    {"errorCode": "BXNIM0106E", "errorMessage": "Validation of property 'response_type' failed."}, status=400
)
APIKEY = "urn:ibm:params:oauth:grant-type:apikey"
OLD = ("2017", "2020", "2021")
# In addition to the credentials, IBM's 2020 and 2021 pages show these fields for the first step and for later steps.
FIRST = {"response_type": "cloud_iam uaa", "uaa_client_id": "cf", "uaa_client_secret": ""}
LATER = {"response_type": "cloud_iam uaa", "uaa_client_ID": "cf", "uaa_client_secret": ""}
OF_2017 = {"response_type": "cloud_iam, uaa", "uaa_client_id": "cf", "uaa_client_secret": ""}


def _forms(server: Loopback) -> list[dict[str, str]]:
    return [dict(urllib.parse.parse_qsl(seen.body.decode(), keep_blank_values=True)) for seen in server.seen]


def _iam(http: HttpClient, server: Loopback, generation: str) -> Iam:
    return Iam(http, server.url, generation=GENERATIONS[generation], now=lambda: float(NOW))


def _login(http: HttpClient, server: Loopback, generation: str, **given: t.Any) -> TokenManager:
    account_id = given.pop("account_id", "")
    return TokenManager(
        http,
        _iam(http, server, generation),
        server.url,
        Credentials(**given),
        account_id=account_id,
        register_secret=lambda *_secrets: None,
        clock=LocalClock(lambda: float(NOW)),
    )


@pytest.mark.parametrize(
    ("generation", "region", "hosts"),
    [
        pytest.param(
            "2017",
            region,
            (
                f"https://iam.{cf}.bluemix.net",
                f"https://accountmanagement.{cf}.bluemix.net",
                f"https://{name}.containers.bluemix.net",
            ),
            id=f"2017-{region}",
        )
        for region, name, cf in (
            ("us-south", "us-south", "ng"),
            ("us-east", "us-east", "ng"),
            ("uk-south", "uk-south", "eu-gb"),
            ("eu-gb", "uk-south", "eu-gb"),
            ("eu-central", "eu-central", "eu-de"),
            ("ap-south", "ap-south", "au-syd"),
        )
    ]
    + [
        pytest.param(
            "2020",
            "eu-de",
            ("https://iam.bluemix.net", "https://accountmanagement.ng.bluemix.net", "https://containers.cloud.ibm.com"),
            id="2020",
        ),
        pytest.param(
            "2021",
            "",
            ("https://iam.cloud.ibm.com", "https://accounts.cloud.ibm.com", "https://containers.cloud.ibm.com/global"),
            id="2021",
        ),
    ],
)
def test_each_generation_has_its_own_hosts(generation: str, region: str, hosts: tuple[str, str, str]) -> None:
    """The hosts are from IBM's documentation of the generation's year."""
    found = service_endpoints(visibility="public", region=region, generation=GENERATIONS[generation])

    assert found == Endpoints(*hosts)


def test_the_cloud_foundry_endpoint_depends_on_the_region() -> None:
    assert cf_endpoint(region="us-south", given="", generation=GENERATIONS["2017"]) == "https://api.ng.bluemix.net"
    assert cf_endpoint(region="", given="https://cf.example/", generation=GENERATIONS["2017"]) == "https://cf.example"


@pytest.mark.parametrize(
    ("generation", "given", "base"),
    [
        ("2020", "https://c.example/global", "https://c.example"),
        ("2020", "https://c.example/", "https://c.example"),
        ("2021", "https://c.example", "https://c.example/global"),
    ],
)
def test_a_given_endpoint_gets_the_prefix_of_its_generation(generation: str, given: str, base: str) -> None:
    found = service_endpoints(
        visibility="public",
        region="",
        given=Endpoints("https://i.example", "https://a.example", given),
        generation=GENERATIONS[generation],
    )

    assert found.containers == base


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({}, "requires a region", id="none"),
        pytest.param({"region": "mars-north"}, "does not have region mars-north", id="unknown"),
        pytest.param({"region": "us-south", "visibility": "private"}, "does not have private endpoints", id="private"),
    ],
)
def test_a_missing_or_unknown_region_is_rejected(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=f"^api_generation 2017 {message}") as caught:
        service_endpoints(
            visibility=options.get("visibility", "public"),
            region=options.get("region", ""),
            generation=GENERATIONS["2017"],
        )

    assert "eu-central" in caught.value.hint or "visibility" in caught.value.hint


@pytest.mark.parametrize(
    ("generation", "path", "first", "later"),
    [
        pytest.param("2017", "/oidc/token", OF_2017, OF_2017, id="2017"),
        pytest.param("2020", "/identity/token", FIRST, LATER, id="2020"),
        pytest.param("2021", "/identity/token", FIRST, LATER, id="2021"),
    ],
)
def test_a_login_sends_the_documented_fields(
    http: HttpClient, generation: str, path: str, first: dict[str, str], later: dict[str, str]
) -> None:
    """Renewals and requests that select an account contain the fields in ``later``, which can be spelled differently from those in ``first``."""
    key, account = {"grant_type": APIKEY, "apikey": "k"}, {"bss_account": ACCOUNT}
    user = {"grant_type": "password", "username": "a", "password": "p"}
    with Loopback(answer({**GOOD, "uaa_token": "UAA", "uaa_refresh_token": "UAA-REFRESH"})) as server:
        iam = _iam(http, server, generation)
        token = iam.api_key("k")
        iam.api_key("k", ACCOUNT)
        iam.api_key("k", is_renewal=True)
        iam.password("a", "p")
        iam.refresh("r", ACCOUNT)
        assert iam.api_key_with_delegation("k") is None
        forms, paths = _forms(server), {seen.target for seen in server.seen}

    assert paths == {path}
    assert forms == [
        {**key, **first},
        {**key, **later, **account},
        {**key, **later},
        {**user, **first},
        {"grant_type": "refresh_token", "refresh_token": "r", **later, **account},
    ]
    assert (token.uaa, token.uaa_refresh) == ("UAA", "UAA-REFRESH")
    assert "UAA" not in repr(token)


def test_a_login_is_repeated_without_cloud_foundry_tokens(http: HttpClient) -> None:
    """A service ID cannot get Cloud Foundry tokens, so the client sends a second request that does not ask for these tokens."""
    with Loopback(NO_UAA, answer(GOOD)) as server:
        token = _iam(http, server, "2021").api_key("k")
        forms = _forms(server)

    assert forms == [{"grant_type": APIKEY, "apikey": "k", **FIRST}, {"grant_type": APIKEY, "apikey": "k"}]
    assert token.uaa == ""


@pytest.mark.parametrize(
    ("generation", "call", "requests"),
    [
        pytest.param("2021", lambda iam: iam.passcode("c"), 1, id="a-passcode-may-be-spent"),
        pytest.param("current", lambda iam: iam.api_key("k"), 1, id="nothing-to-leave-out"),
        pytest.param("2021", lambda iam: iam.api_key("k"), 2, id="not-for-ever"),
    ],
)
def test_a_rejected_login_is_repeated_once_at_most(
    http: HttpClient, generation: str, call: t.Callable[[Iam], t.Any], requests: int
) -> None:
    with Loopback(NO_UAA) as server, pytest.raises(APIError, match="BXNIM0106E"):
        call(_iam(http, server, generation))

    assert len(server.seen) == requests


def test_an_unbound_token_of_a_key_is_bound_by_a_second_login(http: HttpClient) -> None:
    """IBM's documentation shows three steps: get a token, list the accounts, and get a token for an account."""
    accounts = {"resources": {"metadata": {"guid": ACCOUNT}, "entity": {"name": "a"}}, "next_url": None}
    with Loopback(answer(UNBOUND), answer(accounts), answer(GOOD)) as server:
        token = _login(http, server, "2020", api_key="k").account_token()
        forms, paths = _forms(server), [seen.target for seen in server.seen]

    assert token.claims.account_id == ACCOUNT
    assert paths == ["/identity/token", "/v1/accounts", "/identity/token"]
    assert [forms[0].get("bss_account"), forms[2].get("bss_account")] == [None, ACCOUNT]


@pytest.mark.parametrize("generation", ["current", "2021"])
@pytest.mark.parametrize("login", [lambda iam: iam.passcode("c"), lambda iam: iam.password("a", "p")])
def test_an_empty_response_does_not_cause_a_second_login(
    http: HttpClient, generation: str, login: t.Callable[[Iam], t.Any]
) -> None:
    with Loopback(answer({})) as server, pytest.raises(ResponseError):
        login(_iam(http, server, generation))

    assert len(server.seen) == 1


def test_the_refresh_token_is_sent_with_the_access_token(http: HttpClient) -> None:
    with Loopback(answer(GOOD), answer([])) as server:
        login = _login(http, server, "2017", api_key="k")
        Containers(http, server.url, login.auth, generation=GENERATIONS["2017"]).clusters("classic")
        seen = server.seen[-1]

    assert seen.target == "/v1/clusters"
    assert seen.headers["x-auth-refresh-token"] == "refresh"
    assert "x-region" not in seen.headers


def test_a_key_obtains_the_refresh_token_for_a_given_access_token(http: HttpClient) -> None:
    """Even if a task sets a token, the task's environment can contain an API key."""
    with Loopback(answer(GOOD), answer([])) as server:
        login = _login(http, server, "2020", access_token=access_token(), api_key="k")
        containers = Containers(http, server.url, login.auth, generation=GENERATIONS["2020"], region="us-south")
        assert containers.clusters("classic") == []

    assert [seen.headers.get("x-auth-refresh-token") for seen in server.seen] == [None, "refresh"]


def test_an_access_token_without_a_refresh_token_is_rejected(http: HttpClient) -> None:
    with Loopback(answer([])) as server:
        login = _login(http, server, "2020", access_token=access_token())
        containers = Containers(http, server.url, login.auth, generation=GENERATIONS["2020"], region="us-south")
        with pytest.raises(InputError, match=r"^api_generation 2020 requires a refresh token"):
            containers.clusters("classic")

    assert server.seen == []


def test_clusters_are_listed_by_region(http: HttpClient) -> None:
    """The client lists the clusters in all regions or in the given region. The client reads a cluster in the cluster's region."""
    regions = {"regions": [{"name": "us-south"}, {"name": "mars-north"}, {"alias": "nameless"}]}
    one = {"id": "c1", "name": "a", "region": "mars-north", "serverURL": "https://c.example:1"}
    auth = BearerAuth(lambda: "t")
    with Loopback(answer(regions), answer([]), answer([one]), answer(one), answer([])) as server:
        containers = Containers(http, server.url, auth, generation=GENERATIONS["2020"])
        (found,) = containers.clusters("classic")
        containers.cluster("c1", found)
        Containers(http, server.url, auth, generation=GENERATIONS["2020"], region="eu-gb").clusters("classic")
        asked = [(seen.target, seen.headers.get("x-region")) for seen in server.seen]

    assert found["provider"] == "classic"
    assert asked == [
        ("/v1/regions", None),
        ("/v1/clusters", "us-south"),
        ("/v1/clusters", "mars-north"),
        ("/v1/clusters/c1", "mars-north"),
        ("/v1/clusters", "uk-south"),
    ]


def _archive(**files: str) -> bytes:
    """Return a response with a zip archive that contains these files."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return answer(memory.getvalue(), head={"Content-Type": "application/zip"})


@pytest.mark.parametrize(
    ("call", "response", "path"),
    [
        pytest.param("cluster", answer({"id": "another"}), "/v1/clusters/c%2F1", id="another-cluster"),
        pytest.param("ca", answer(b"no archive"), "/v1/clusters/c%2F1/config", id="no-archive"),
        pytest.param("ca", _archive(ca_pem="no CA"), "/v1/clusters/c%2F1/config", id="no-ca"),
        pytest.param(
            "id_token",
            _archive(ca_pem="-", kube_yml="id-token: no.token.here"),
            "/v1/clusters/c%2F1/config",
            id="no-token",
        ),
    ],
)
def test_a_message_about_an_unusable_response_has_the_url(
    http: HttpClient, call: str, response: bytes, path: str
) -> None:
    """The URL in the message contains the cluster's ID."""
    with Loopback(response) as server, pytest.raises(ResponseError) as caught:
        getattr(Containers(http, server.url, BearerAuth(lambda: "t"), generation=GENERATIONS["2020"]), call)("c/1")

    assert f"GET {server.url}{path} -> HTTP 200" in caught.value.text()


@pytest.mark.parametrize("generation", OLD)
def test_older_generations_have_no_kubernetes_token_in_the_same_call(http: HttpClient, generation: str) -> None:
    """In API generation ``2017``, IAM never issues a Kubernetes ID token, so the client does not request one."""
    with Loopback(answer(GOOD)) as server:
        login = _login(http, server, generation, api_key="k")
        if GENERATIONS[generation].supports_delegation:
            with pytest.raises(IBMCloudError, match="id_token"):
                id_tokens(login).session()
            assert "delegated_refresh_token" not in _forms(server)[0].get("response_type", "")
        else:
            with pytest.raises(
                InputError, match=r"^api_generation 2017 does not issue a Kubernetes ID token that works for all"
            ):
                id_tokens(login).required_session()
            assert (id_tokens(login).id_token(), server.seen) == ("", [])


@pytest.mark.parametrize(
    ("module", "options", "words"),
    [
        pytest.param(CF_SPACE_INFO, {}, "api_generation current does not have Cloud Foundry", id="cf-current"),
        pytest.param(
            CF_SPACE_INFO, {"api_generation": "2021"}, "api_generation 2021 does not use Cloud Foundry", id="cf-2021"
        ),
        pytest.param(
            REGION_INFO,
            {"api_generation": "2017", "region": "us-south"},
            "does not have a list of regions. Its regions are us-south, us-east, uk-south, eu-central, ap-south",
            id="regions-2017",
        ),
        pytest.param(
            CLUSTER_INFO,
            {"api_generation": "2017", "region": "us-south", "provider": ["vpc-gen2"]},
            "api_generation 2017 does not support vpc-gen2 clusters",
            id="provider-2017",
        ),
        pytest.param(
            CLUSTER_INFO,
            {"api_generation": "2019"},
            "api_generation must be one of current, 2021, 2020, 2017",
            id="2019",
        ),
        pytest.param(CLUSTER_INFO, {"api_generation": "2017"}, "api_generation 2017 requires a region", id="no-region"),
        pytest.param(
            CLUSTER_INFO,
            {"api_generation": "2021", "profile_id": "Profile-5f1c2d3e-1111-4222-8333-445566778899"},
            "api_generation 2021 does not support trusted profiles",
            id="profile",
        ),
    ],
)
def test_missing_features_are_reported_before_the_first_request(
    module: t.Any, options: dict[str, t.Any], words: str
) -> None:
    """The hosts of earlier API generations no longer exist, so an error from a request would be misleading."""
    defaults = {name: option.get("default") for name, option in module.argument_spec.items()}
    given = {**defaults, "ibmcloud_api_key": "not-a-real-key", **options}

    result, _secrets = execute(module, given, environ={}, check_mode=False, warn=lambda _text: None)

    assert result["failed"]
    assert words in result["msg"]
    assert result["error"]["kind"] == "input"


@pytest.mark.parametrize("enabled", [True, False])
def test_a_disabled_public_endpoint_is_not_used(enabled: bool) -> None:
    """IBM's 2020 page uses the URL in ``publicServiceEndpointURL``."""
    record = {
        "publicServiceEndpointURL": "https://p:1",
        "publicServiceEndpointEnabled": enabled,
        "serverURL": "https://s:1",
    }

    facts = cluster_facts(record, GENERATIONS["2020"].addresses)

    assert facts["master_url"] == ("https://p:1" if enabled else "https://s:1")


def test_an_endpoint_that_records_of_2017_lack_is_an_error() -> None:
    """The error is final, because the cluster already has a URL and a wait would not add the endpoint."""
    facts = cluster_facts({"name": "a", "state": "normal", "serverURL": "https://s:1"}, GENERATIONS["2017"].addresses)

    with pytest.raises(InputError, match=r"^Cluster a has no public endpoint") as caught:
        master_url(facts, "public")
    assert caught.value.hint == "Available endpoints: auto."


def test_the_environment_can_set_the_generation() -> None:
    defaults = {name: option.get("default") for name, option in CLUSTER_INFO.argument_spec.items()}
    environ = {"IBMCLOUD_API_GENERATION": "2017"}

    result, _secrets = execute(CLUSTER_INFO, defaults, environ=environ, check_mode=False, warn=lambda _text: None)

    assert result["msg"].startswith("cluster_info (api_generation 2017): api_generation 2017 requires a region.")
