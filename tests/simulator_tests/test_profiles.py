# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of trusted profiles at the token endpoint: trust conditions, and use of the profiles' tokens."""

from __future__ import annotations

import typing as t

import jwt
import pytest
from simulator_tests.calls import (
    ADA_PROD_KEY,
    DEPLOYER_KEY,
    DEV,
    GRACE_PASSCODE,
    PASSCODE,
    PROD,
    Api,
    ok,
)
from simulator_tests.profile_calls import ASSUME, AUTOMATION, CR_TOKEN, DEV_AUTOMATION, NOBODY, READER, crn

Form = dict[str, str]


def claims_of(token: str) -> dict[str, t.Any]:
    return jwt.decode(token, options={"verify_signature": False})


def assume(api: Api, key: str = DEPLOYER_KEY, **fields: str) -> Form:
    return {"grant_type": ASSUME, "access_token": api.access_token(key), **fields}


def pod(api: Api, cluster: str = "shop-prod", account: str = "ansible/runner", **options: t.Any) -> Form:
    return {"grant_type": CR_TOKEN, "cr_token": api.sim.cr_token(cluster, account, **options)}


@pytest.mark.parametrize("client", ["bx", None])
@pytest.mark.parametrize(
    "which",
    [
        {"profile_id": AUTOMATION},
        {"profile_crn": crn(AUTOMATION)},
        {"profile_name": "automation", "account": PROD},
    ],
)
@pytest.mark.parametrize("key", [DEPLOYER_KEY, ADA_PROD_KEY])
def test_a_trusted_identity_can_assume_a_profile(fleet: Api, key: str, which: Form, client: str | None) -> None:
    reply = ok(fleet.iam(assume(fleet, key, **which), client))
    claims = claims_of(reply["access_token"])
    assert (claims["iam_id"], claims["account"]["bss"]) == (f"iam-{AUTOMATION}", PROD)
    assert (claims["sub_type"], claims["grant_type"]) == ("Profile", ASSUME)
    # The simulator accepts any client ID, because a profile has no usable refresh token.
    assert (reply["refresh_token"], reply["expires_in"]) == ("not_supported", 3600)
    assert "id_token" not in reply


def test_a_refresh_token_can_assume_a_profile(fleet: Api) -> None:
    form = {"grant_type": ASSUME, "refresh_token": fleet.tokens(DEPLOYER_KEY)["refresh_token"]}
    assert claims_of(ok(fleet.iam({**form, "profile_id": AUTOMATION}))["access_token"])["iam_id"] == f"iam-{AUTOMATION}"
    fleet.sim.cloud.expire_refresh_tokens()
    assert fleet.iam({**form, "profile_id": AUTOMATION}).json()["errorCode"] == "BXNIM0408E"


def test_a_profile_name_is_found_in_the_given_account(fleet: Api) -> None:
    """A profile in another account can be found by name, but not by ID or CRN."""
    reply = ok(fleet.iam(assume(fleet, ADA_PROD_KEY, profile_name="automation", account=DEV)))
    assert claims_of(reply["access_token"])["iam_id"] == f"iam-{DEV_AUTOMATION}"
    for which in ({"profile_id": DEV_AUTOMATION}, {"profile_crn": crn(DEV_AUTOMATION, DEV)}):
        assert fleet.iam(assume(fleet, ADA_PROD_KEY, **which)).json()["errorCode"] == "BXNIM9908E"


def test_an_unbound_token_cannot_assume_a_profile_by_id(fleet: Api) -> None:
    unbound = ok(fleet.iam({"grant_type": PASSCODE, "passcode": GRACE_PASSCODE}))["access_token"]
    form = {"grant_type": ASSUME, "access_token": unbound}
    assert fleet.iam({**form, "profile_id": DEV_AUTOMATION}).json()["errorCode"] == "BXNIM9908E"
    assert ok(fleet.iam({**form, "profile_name": "automation", "account": DEV}))


ASSUMING: list[tuple[str, Form, str | None, int, str]] = [
    ("no profile", {}, "bx", 400, "BXNIM0109E"),
    ("two profiles", {"profile_id": AUTOMATION, "profile_crn": crn(AUTOMATION)}, "bx", 400, "BXNIM0109E"),
    ("two tokens", {"profile_id": AUTOMATION, "refresh_token": "x"}, "bx", 400, "BXNIM0109E"),
    ("a name without an account", {"profile_name": "automation"}, "bx", 400, "BXNIM0109E"),
    ("an IAM ID in place of the ID", {"profile_id": f"iam-{AUTOMATION}"}, "bx", 400, "BXNIM0106E"),
    ("no CRN", {"profile_crn": AUTOMATION}, "bx", 400, "BXNIM0106E"),
    ("a CRN of another account", {"profile_crn": crn(AUTOMATION, DEV)}, "bx", 400, "BXNIM9908E"),
    ("an unknown profile", {"profile_id": NOBODY}, "bx", 400, "BXNIM9908E"),
    ("an unknown name", {"profile_name": "reader", "account": DEV}, "bx", 400, "BXNIM9908E"),
    ("a profile that trusts others", {"profile_id": READER}, "bx", 400, "BXNIM0398E"),
    ("the client kube", {"profile_id": AUTOMATION}, "kube", 400, "BXNIM9902E"),
    ("an unknown client", {"profile_id": AUTOMATION}, "cf", 401, "BXNIM9901E"),
    ("no token", {"profile_id": AUTOMATION, "access_token": ""}, "bx", 400, "BXNIM0109E"),
    ("no token of IAM", {"profile_id": AUTOMATION, "access_token": "a.b.c"}, "bx", 400, "BXNIM0407E"),
]


@pytest.mark.parametrize(
    ("fields", "client", "status", "code"), [row[1:] for row in ASSUMING], ids=[row[0] for row in ASSUMING]
)
def test_invalid_assume_requests_are_rejected(
    fleet: Api, fields: Form, client: str | None, status: int, code: str
) -> None:
    response = fleet.iam(assume(fleet, **fields), client)
    assert (response.status_code, response.json()["errorCode"]) == (status, code)


def test_an_expired_token_cannot_assume(fleet: Api) -> None:
    form = assume(fleet, profile_id=AUTOMATION)
    fleet.sim.cloud.expire_access_tokens()
    assert fleet.iam(form).json()["errorCode"] == "BXNIM0407E"


def test_a_profile_cannot_assume_a_profile(fleet: Api) -> None:
    token = ok(fleet.iam(assume(fleet, profile_id=AUTOMATION)))["access_token"]
    response = fleet.iam({"grant_type": ASSUME, "access_token": token, "profile_id": AUTOMATION})
    assert response.json()["errorCode"] == "BXNIM0398E"
    assert f"profile ID 'iam-{AUTOMATION}'" in response.json()["errorDetails"]


@pytest.mark.parametrize(
    "which", [{"profile_id": AUTOMATION}, {"profile_name": "automation"}, {"profile_crn": crn(AUTOMATION)}]
)
def test_a_trusted_pod_gets_a_token(fleet: Api, which: Form) -> None:
    """IAM searches for a profile name in the account of the pod's cluster."""
    reply = ok(fleet.iam({**pod(fleet), **which}, None))
    claims = claims_of(reply["access_token"])
    assert (claims["iam_id"], claims["account"]["bss"]) == (f"iam-{AUTOMATION}", PROD)
    assert (claims["sub_type"], claims["client_id"]) == ("ComputeResource", "default")
    assert reply["refresh_token"] == "not_supported"


def test_other_pods_are_rejected(fleet: Api) -> None:
    which = {"profile_id": AUTOMATION}
    access_token = {"grant_type": CR_TOKEN, "cr_token": fleet.access_token(DEPLOYER_KEY)}
    cases: list[tuple[Form, str | None, str]] = [
        ({**pod(fleet), **which}, "bx", "BXNIM9902E"),
        ({**pod(fleet)}, None, "BXNIM0109E"),
        ({**pod(fleet), **which, "profile_name": "automation"}, None, "BXNIM0109E"),
        ({**pod(fleet), "cr_token": "", **which}, None, "BXNIM0109E"),
        ({**pod(fleet), "cr_token": "x", **which}, None, "BXNIM9907E"),
        ({**access_token, **which}, None, "BXNIM9907E"),
        ({**pod(fleet, audience="sts"), **which}, None, "BXNIM9907E"),
        ({**pod(fleet, account="ansible/other"), **which}, None, "BXNIM0398E"),
        ({**pod(fleet, cluster="pay-prod"), **which}, None, "BXNIM0398E"),
        ({**pod(fleet), "profile_id": READER}, None, "BXNIM0398E"),
        ({**pod(fleet), "profile_id": DEV_AUTOMATION}, None, "BXNIM9908E"),
        ({**pod(fleet), "profile_name": "builder"}, None, "BXNIM9908E"),
    ]
    for form, client, code in cases:
        response = fleet.iam(form, client)
        assert (response.status_code, response.json()["errorCode"]) == (400, code), form


def test_a_pods_token_expires(fleet: Api) -> None:
    form = {**pod(fleet, seconds=600), "profile_id": AUTOMATION}
    assert fleet.iam(form, None).status_code == 200
    fleet.sim.cloud.advance(601)
    assert fleet.iam(form, None).json()["errorCode"] == "BXNIM9907E"
    # In a real cluster, the kubelet would write a new token to the file.
    form = {**pod(fleet, seconds=600), "profile_id": AUTOMATION}
    assert fleet.iam(form, None).status_code == 200
    fleet.sim.cloud.expire_compute_tokens()
    assert fleet.iam(form, None).status_code == 400


def test_the_tenant_must_be_the_account_of_the_profile(fleet: Api) -> None:
    form = {**pod(fleet), "profile_id": AUTOMATION}
    assert fleet.iam(form, None, headers={"IBM-Cloud-Tenant": f"{DEV},{PROD}"}).status_code == 200
    assert fleet.iam(form, None, headers={"IBM-Cloud-Tenant": DEV}).json()["errorCode"] == "BXNIM9906E"


def test_a_profile_gets_an_id_token_from_a_kubeconfig_only(fleet: Api) -> None:
    """The cluster identifies the profile by this ID token."""
    token = ok(fleet.iam({**pod(fleet), "profile_id": AUTOMATION}, None))["access_token"]
    config = ok(fleet.containers(token, "getKubeconfig?cluster=shop-prod&format=json"))
    id_token = config["users"][0]["user"]["auth-provider"]["config"]["id-token"]
    fleet.sim.cluster("shop-prod").rbac.seconds = 0
    assert fleet.cluster("shop-prod", "/api/v1/namespaces", id_token).status_code == 403
    assert fleet.containers(token, "applyRBAC", json={"cluster": "shop-prod"}).status_code == 200
    assert fleet.cluster("shop-prod", "/api/v1/namespaces", id_token).status_code == 200
    review = fleet.cluster(
        "shop-prod",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        id_token,
        method="POST",
        json={"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"},
    )
    assert review.json()["status"]["userInfo"]["username"] == f"IAM#iam-{AUTOMATION}".replace("Profile", "profile")


def test_id_tokens_of_profiles_can_be_disabled(fleet: Api) -> None:
    fleet.sim.cloud.settings = type(fleet.sim.cloud.settings)(profile_id_tokens=False)
    token = ok(fleet.iam({**pod(fleet), "profile_id": AUTOMATION}, None))["access_token"]
    for caller, has in ((token, False), (fleet.access_token(DEPLOYER_KEY), True)):
        config = ok(fleet.containers(caller, "getKubeconfig?cluster=shop-prod&format=json"))
        assert ("id-token" in config["users"][0]["user"]["auth-provider"]["config"]) is has


def test_a_profile_lists_its_account(fleet: Api) -> None:
    token = ok(fleet.iam(assume(fleet, profile_id=AUTOMATION)))["access_token"]
    assert [item["metadata"]["guid"] for item in ok(fleet.accounts(token))["resources"]] == [PROD]


def test_the_log_contains_field_names_and_no_tokens(fleet: Api) -> None:
    form = {**pod(fleet), "profile_id": AUTOMATION}
    fleet.iam(form, None)
    entry = fleet.sim.requests[-1]
    assert (entry.client, entry.form_fields) == ("default", ("cr_token", "grant_type", "profile_id"))
    assert form["cr_token"] not in str(entry)
