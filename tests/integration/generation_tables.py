# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and outputs on IBM's page "Setting up the API" in the editions of 2017-10-12, 2020-02-12, 2021-04-28 and 2025-10-06.

The requests and outputs were copied by hand, in the order and spelling of the page. If a single table on the page describes three login
methods, each method has a separate row in this file. The editions of 2020 and 2021 differ only in hosts and cluster lists, so the
common steps are defined once.

Each row lists the intended differences with a reason. Two differences apply to all rows. The modules send the scheme ``Bearer``
in ``Authorization``, but the page shows ``bearer``. The scheme is not case-sensitive. The modules verify the clusters' certificates, but
the commands on the page disable the verification.
"""

from __future__ import annotations

import typing as t

from .generation_steps import Step

ONE_PASSCODE = "a passcode can be used only once, so this passcode differs from the passcode in step 1"
AS_A_LIST = "the module returns only the list of accounts"
AS_AN_OBJECT = (
    "the page prints resources as one object; the service returns a list, but the module also accepts an object"
)
OF_CF = "the page prints one record without the list; charset=utf on the page does not exist, so the module sends charset=utf-8"
HANDED_ON = "the delegated token is used only in the next request"
OF_CLIENT_BX = (
    "access_token, expires_in and expiration belong to the account's token, and id_token_expires_at to the ID token"
)
BY_NAME = "the module looks for the cluster in the lists, so that it detects a name that two clusters share"
FOR_THE_CA = "the module requests the CA to verify the certificate, but the page disables the verification"
WHO_AM_I = "anonymous users can also read the version, so the module requests the user and the user's permissions"
OWN_ADDRESS = "the simulated clusters listen on this machine"
NO_SCOPE = {"scope": "no module uses the scope"}

BX = ("Content-Type: application/x-www-form-urlencoded", "Authorization: Basic Yng6Yng=")
KUBE = ("Content-Type: application/x-www-form-urlencoded", "Authorization: Basic a3ViZTprdWJl")
NO_CACHE = "cache-control: no-cache"
JSON_BEARER = ("Content-Type: application/json", "Authorization: bearer <iam_token>", "Accept: application/json")
BEARER = ("Authorization: bearer <iam_token>",)
V1 = (*BEARER, "X-Auth-Refresh-Token: <refresh_token>")
V1_REGION = (*V1, "X-Region: <region>")

TOKENS: dict[str, t.Any] = {
    "access_token": "<iam_token>",
    "refresh_token": "<iam_refresh_token>",
    "token_type": "Bearer",
    "expires_in": 3600,
    "expiration": 1493747503,
}
TOKENS_UAA = {**TOKENS, "uaa_token": "<uaa_token>", "uaa_refresh_token": "<uaa_refresh_token>"}
PASSWORD = "grant_type: password; username: <username>; password: <password>"
APIKEY = "grant_type: urn:ibm:params:oauth:grant-type:apikey; apikey: <api_key>"
PASSCODE = "grant_type: urn:ibm:params:oauth:grant-type:passcode; passcode: <passcode>"
REFRESH = "grant_type: refresh_token; refresh_token: <iam_refresh_token>"
BSS = "; bss_account: <account_ID>"


def _logins(step: str, iam: str, more: str, output: dict[str, t.Any], **deviations: t.Any) -> tuple[Step, ...]:
    """Return step 1 or 3 with one row for each login method."""
    which = "first" if step == "1" else "second"
    if "scope" in output:
        deviations["not_returned"] = NO_SCOPE
    return (
        Step(f"{step}, with a password", iam, BX, PASSWORD + more, output, f"{which}_password", **deviations),
        Step(f"{step}, with an API key", iam, BX, APIKEY + more, output, f"{which}_key", **deviations),
        Step(f"{step}, with a passcode", iam, BX, PASSCODE + more, output, f"{which}_passcode", **deviations),
    )


# --- 2017-10: "Automating cluster deployments with the API" in cs_cli_install ------------------------------------------

IAM_2017 = "POST https://iam.<region>.bluemix.net/oidc/token"
UAA_2017 = "; response_type: cloud_iam, uaa; uaa_client_id: cf; uaa_client_secret:"
ACCOUNTS_V1: dict[str, t.Any] = {
    "total_results": 3,
    "total_pages": 1,
    "prev_url": None,
    "next_url": None,
    "resources": {
        "metadata": {
            "guid": "<account_ID>",
            "url": "/v1/accounts/<account_ID>",
            "created_at": "2016-01-07T18:55:09.726Z",
            "updated_at": "2017-04-28T23:46:03.739Z",
            "origin": "BSS",
        }
    },
}
ORGANIZATION: dict[str, t.Any] = {
    "metadata": {
        "guid": "<bluemix_org_id>",
        "url": "/v2/organizations/<bluemix_org_id>",
        "created_at": "2016-01-07T18:55:19Z",
        "updated_at": "2016-02-09T15:56:22Z",
    },
    "entity": {
        "name": "<bluemix_org_name>",
        "billing_enabled": False,
        "quota_definition_guid": "<bluemix_org_id>",
        "status": "active",
        "quota_definition_url": "/v2/quota_definitions/<bluemix_org_id>",
        "spaces_url": "/v2/organizations/<bluemix_org_id>/spaces",
    },
}
SPACE: dict[str, t.Any] = {
    "metadata": {
        "guid": "<bluemix_space_id>",
        "url": "/v2/spaces/<bluemix_space_id>",
        "created_at": "2016-01-07T18:55:22Z",
        "updated_at": None,
    },
    "entity": {
        "name": "<bluemix_space_name>",
        "organization_guid": "<bluemix_org_id>",
        "space_quota_definition_guid": None,
        "allow_ssh": True,
    },
}
CF = (
    "Content-Type: application/x-www-form-urlencoded;charset=utf",
    "Authorization: bearer <uaa_token>",
    "Accept: application/json;charset=utf-8",
)
ORGANIZATIONS = "GET https://api.<region>.bluemix.net/v2/organizations"


def _accounts_v1(request: str) -> Step:
    """Return step 2 of the 2017 and 2020 editions."""
    listed = dict.fromkeys(("total_results", "total_pages", "prev_url", "next_url"), AS_A_LIST)
    place = {"resources": "accounts.0"}
    return Step(
        *("2, the account", request, JSON_BEARER, "", ACCOUNTS_V1, "accounts"),
        names=place,
        not_returned=listed,
        note=AS_AN_OBJECT,
    )


PAGE_2017 = (
    *_logins("1", IAM_2017, UAA_2017, TOKENS_UAA),
    _accounts_v1("GET https://accountmanagement.<region>.bluemix.net/v1/accounts"),
    *_logins("3", IAM_2017, UAA_2017 + BSS, TOKENS_UAA, note=ONE_PASSCODE),
    Step("4.1, the organizations", ORGANIZATIONS, CF, "", ORGANIZATION, "spaces.organizations.0", note=OF_CF),
    # The page does not show headers for this request.
    Step(
        "4.3, the spaces",
        f"{ORGANIZATIONS}/<bluemix_org_id>/spaces",
        CF,
        "",
        SPACE,
        "spaces.organizations.0.spaces.0",
        note=OF_CF,
    ),
    Step("5, US-South", "GET https://us-south.containers.bluemix.net/v1/clusters", V1),
    Step("5, US-East", "GET https://us-east.containers.bluemix.net/v1/clusters", V1),
    Step("5, UK-South", "GET https://uk-south.containers.bluemix.net/v1/clusters", V1),
    Step("5, EU-Central", "GET https://eu-central.containers.bluemix.net/v1/clusters", V1),
    Step("5, AP-South", "GET https://ap-south.containers.bluemix.net/v1/clusters", V1),
    Step(
        "Refreshing", "POST https://iam.ng.bluemix.net/oidc/token", BX, REFRESH + UAA_2017 + BSS, TOKENS_UAA, "renewed"
    ),
)


# --- 2020-02: cs_api_install -------------------------------------------------------------------------------------------

IAM_2020 = "POST https://iam.bluemix.net/identity/token"
FIRST_UAA = "; response_type: cloud_iam uaa; uaa_client_id: cf; uaa_client_secret:"
LATER_UAA = "; response_type: cloud_iam uaa; uaa_client_ID: cf; uaa_client_secret:"
WITH_SCOPE = {"scope": "ibm openid"}
LIST_2020 = "GET https://containers.cloud.ibm.com/v1/clusters"
REGIONS = [
    {"name": "ap-north", "alias": "jp-tok", "cfURL": "api.au-syd.bluemix.net", "freeEnabled": False},
    {"name": "ap-south", "alias": "au-syd", "cfURL": "api.au-syd.bluemix.net", "freeEnabled": True},
    {"name": "eu-central", "alias": "eu-de", "cfURL": "api.eu-de.bluemix.net", "freeEnabled": True},
    {"name": "uk-south", "alias": "eu-gb", "cfURL": "api.eu-gb.bluemix.net", "freeEnabled": True},
    {"name": "us-east", "alias": "us-east", "cfURL": "api.ng.bluemix.net", "freeEnabled": False},
    {"name": "us-south", "alias": "us-south", "cfURL": "api.ng.bluemix.net", "freeEnabled": True},
]
CLUSTER_V1: dict[str, t.Any] = {
    "location": "Dallas",
    "dataCenter": "dal10",
    "multiAzCapable": True,
    "vlans": None,
    "worker_vlans": None,
    "workerZones": ["dal10"],
    "id": "1abc123b123b124ab1234a1a12a12a12",
    "name": "mycluster",
    "region": "us-south",
    "publicServiceEndpointURL": "https://c7.us-south.containers.cloud.ibm.com:27078",
}
DELEGATED = (
    "delegated_refresh_token_expiry: 600; receiver_client_ids: kube; response_type: delegated_refresh_token; "
    "refresh_token: <iam_refresh_token>; grant_type: refresh_token"
)
EXCHANGE = (
    "refresh_token: <delegated_refresh_token>; grant_type: urn:ibm:params:oauth:grant-type:delegated-refresh-token"
)
KUBE_TOKENS: dict[str, t.Any] = {
    "access_token": "<iam_access_token>",
    "id_token": "<iam_id_token>",
    "refresh_token": "<kube_refresh_token>",  # the page prints <iam_refresh_token>
    "token_type": "Bearer",
    "expires_in": 3600,
    "expiration": 1553629664,
    "scope": "ibm openid containers-kubernetes",
}
BUILD = {
    "gitCommit": "c35166bd86eaa91d17af1c08289ffeab3e71e11e",
    "gitTreeState": "clean",
    "buildDate": "2019-03-21T10:08:03Z",
    "goVersion": "go1.11.5",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def _delegation(iam: str, output: dict[str, t.Any]) -> tuple[Step, ...]:
    """Return steps 2 and 3 of the Kubernetes part."""
    return (
        Step("K2, a delegated token", iam, (*BX, NO_CACHE), DELEGATED, output, note=HANDED_ON),
        Step(
            *("K3, the ID token", iam, (*KUBE, NO_CACHE), EXCHANGE, KUBE_TOKENS, "kubernetes"),
            names={"refresh_token": "kubernetes_refresh_token"},
            other={"expires_in": "expires_in belongs to the account's access token, which is older"},
            not_returned=NO_SCOPE,
            note=OF_CLIENT_BX,
        ),
    )


def _version(output: dict[str, str], *, knows_its_caller: bool) -> tuple[Step, ...]:
    """Return the last step of the Kubernetes part.

    Clusters with a Kubernetes version before 1.28 do not support the second request.
    """
    api, signed = "POST <masterURL>/apis", ("Authorization: bearer <id_token>",)
    asked = 201 if knows_its_caller else 404
    review, access = "authentication.k8s.io/v1/selfsubjectreviews", "authorization.k8s.io/v1/selfsubjectaccessreviews"
    return (
        Step("the version", "GET <masterURL>/version", signed, "", {**output, **BUILD}, "access.version"),
        Step("who", f"{api}/{review}", signed, json="apiVersion kind", why=WHO_AM_I, status=asked),
        Step("may", f"{api}/{access}", signed, json="apiVersion kind spec", why=WHO_AM_I, status=201),
    )


def _renewals(iam: str, more: str, output: dict[str, t.Any], **deviations: t.Any) -> tuple[Step, ...]:
    """Return the steps of the section about token renewal."""
    return (
        Step("Refreshing, by refresh token", iam, BX, REFRESH + more + BSS, output, "renewed", **deviations),
        Step("Refreshing, by API key", iam, BX, APIKEY + more, output, "renewed_by_key"),
    )


DETAIL_2020 = f"{LIST_2020}/<cluster_ID>"
PAGE_2020 = (
    *_logins("1", IAM_2020, FIRST_UAA, {**TOKENS_UAA, **WITH_SCOPE}),
    _accounts_v1("GET https://accountmanagement.ng.bluemix.net/v1/accounts"),
    *_logins("3", IAM_2020, LATER_UAA + BSS, TOKENS, note=ONE_PASSCODE),
    Step("4", "GET https://containers.cloud.ibm.com/v1/regions", V1, "", {"regions": REGIONS}, "regions"),
    Step("5, the clusters of the region", LIST_2020, V1_REGION),
    *_delegation(IAM_2020, {"delegated_refresh_token": "<delegated_refresh_token>"}),
    Step("before K4", LIST_2020, V1_REGION, why=BY_NAME),
    Step(
        *("K4, the address", DETAIL_2020, V1_REGION, "", CLUSTER_V1, "detail.cluster"),
        other={"publicServiceEndpointURL": OWN_ADDRESS},
    ),
    Step("before K5", f"{DETAIL_2020}/config?skipRBAC=true", V1_REGION, why=FOR_THE_CA),
    *_version({"major": "1", "minor": "13", "gitVersion": "v1.13.4+IKS"}, knows_its_caller=False),
    *_renewals(IAM_2020, LATER_UAA, TOKENS_UAA),
)


# --- 2021-04: cs_api_install -------------------------------------------------------------------------------------------

IAM = "POST https://iam.cloud.ibm.com/identity/token"
V2 = "GET https://containers.cloud.ibm.com/global/v2"
CLASSIC, VPC = f"{V2}/classic/getClusters", f"{V2}/vpc/getClusters?provider=vpc-gen2"
ACCOUNTS_V2: dict[str, t.Any] = {
    "next_url": None,
    "total_results": 5,
    "resources": [
        {
            "metadata": {
                "guid": "<account_ID>",
                "url": "/coe/v2/accounts/<account_ID>",
                "created_at": "2016-09-29T02:49:41.842Z",
                "updated_at": "2018-08-16T18:56:00.442Z",
                "anonymousId": "1111a1aa1a1111a1aa11aa11111a1111",
            },
            "entity": {"name": "<account_name>"},
        }
    ],
}
ACCOUNTS = Step(
    *("2, the account", "GET https://accounts.cloud.ibm.com/coe/v2/accounts", JSON_BEARER, "", ACCOUNTS_V2, "accounts"),
    names={"resources": "accounts"},
    not_returned=dict.fromkeys(("next_url", "total_results"), AS_A_LIST),
)
LISTS = (Step("4, the classic clusters", CLASSIC, BEARER), Step("4, the VPC clusters", VPC, BEARER))
CLUSTER_V2 = {
    "etcdPort": "31593",
    "masterURL": "https://c2.us-south.containers.cloud.ibm.com:30422",
    "ingress": "<...>",
}
DETAIL = (
    Step("before the address", CLASSIC, BEARER, why=BY_NAME),
    Step(
        *("the address", f"{V2}/getCluster?cluster=<cluster_ID>", BEARER, "", CLUSTER_V2, "detail.cluster"),
        other={"masterURL": OWN_ADDRESS},
    ),
)

PAGE_2021 = (
    *_logins("1", IAM, FIRST_UAA, {**TOKENS_UAA, **WITH_SCOPE}),
    ACCOUNTS,
    *_logins("3", IAM, LATER_UAA + BSS, TOKENS, note=ONE_PASSCODE),
    *LISTS,
    *_delegation(IAM, {"delegated_refresh_token": "<delegated_refresh_token>"}),
    *DETAIL,
    Step("before K6", f"{V2}/getKubeconfig?cluster=<cluster_ID>&format=json", BEARER, why=FOR_THE_CA),
    *_version({"major": "1", "minor": "1.20.6", "gitVersion": "v1.20.6+IKS"}, knows_its_caller=False),
    *_renewals(IAM, LATER_UAA, TOKENS_UAA),
)


# --- 2025-10: cs_api_install -------------------------------------------------------------------------------------------

ALSO_AS_ACCOUNT = {
    "account": "the page uses bss_account, but IBM's specification and CLI use account, so the module sends both fields"
}
OWN_ACCOUNT = "an API key belongs to one account, so the module only compares this account with the requested account"
STAGING = "the page prints containers.test.cloud.ibm.com, which is a host for IBM's own tests"
RBAC_STATUS = f"{V2}/getRBACStatus?cluster=<cluster_ID>"
IN_STEP = {"synchronized": True, "error": False}
NO_ERROR = {"error": "the module returns this key only if it fails"}
ONE_STEP = "with an API key, the module first requests all tokens in one step; this world rejects the request, as it is not on the page"
COMBINED = (
    "; response_type: cloud_iam delegated_refresh_token; receiver_client_ids: kube; delegated_refresh_token_expiry: 600"
)
_SECOND = _logins("3", IAM, BSS, TOKENS, added=ALSO_AS_ACCOUNT, note=ONE_PASSCODE)

PAGE_2025 = (
    *_logins("1", IAM, "", {**TOKENS, **WITH_SCOPE}),
    ACCOUNTS,
    _SECOND[0],
    Step(
        *("3, with an API key", IAM, BX, APIKEY + BSS, TOKENS, "second_key"),
        skipped={"bss_account": OWN_ACCOUNT},
    ),
    _SECOND[2],
    *LISTS,
    *_delegation(IAM, {"access_token": "<access_token>", "refresh_token": "<delegated_refresh_token>"}),
    Step("before K4", RBAC_STATUS, BEARER, why="a synchronized cluster does not need a request"),
    # The page does not show the encoding of the body. IBM's own programs send JSON.
    Step("K4", "POST https://containers.cloud.ibm.com/global/v2/applyRBAC", BEARER, json="cluster", note=STAGING),
    Step("K5", RBAC_STATUS, BEARER, "", IN_STEP, "rbac.clusters.0", not_returned=NO_ERROR, note=STAGING),
    *DETAIL,
    Step("before K8", f"{V2}/getCACert?cluster=<cluster_ID>", BEARER, why=FOR_THE_CA),
    *_version({"major": "1", "minor": "1.33", "gitVersion": "v1.33+IKS"}, knows_its_caller=True),
    *_renewals(IAM, "", TOKENS, added=ALSO_AS_ACCOUNT),
    Step("the ID token from an API key alone", IAM, BX, APIKEY + COMBINED, why=ONE_STEP, status=400),
    Step("the same, as in step 1", IAM, BX, APIKEY, why=ONE_STEP),
    Step("the same, as in K2", IAM, (*BX, NO_CACHE), DELEGATED, why=ONE_STEP),
    Step("the same, as in K3", IAM, (*KUBE, NO_CACHE), EXCHANGE, why=ONE_STEP),
)

PAGES = {"2017": PAGE_2017, "2020": PAGE_2020, "2021": PAGE_2021, "2025": PAGE_2025}
