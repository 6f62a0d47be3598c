# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the token endpoint's grant types and their errors."""

from __future__ import annotations

import base64
import typing as t

import jwt
import pytest
from simulator_tests.calls import (
    ADA,
    ADA_DEV_KEY,
    ADA_PASSWORD,
    APIKEY,
    DELEGATED,
    DEV,
    GRACE,
    GRACE_PASSCODE,
    LAB,
    PASSCODE,
    PROD,
    Api,
    ok,
)

Form = dict[str, str]

KEY: Form = {"grant_type": APIKEY, "apikey": ADA_DEV_KEY}
PASSWORD: Form = {"grant_type": "password", "username": ADA, "password": ADA_PASSWORD}
CODE: Form = {"grant_type": PASSCODE, "passcode": GRACE_PASSCODE}


def account_of(reply: dict[str, t.Any]) -> str | None:
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})
    bss = claims["account"].get("bss")
    return None if bss is None else str(bss)


@pytest.mark.parametrize("path", ["/identity/token", "/oidc/token"])
@pytest.mark.parametrize("form", [KEY, PASSWORD, CODE])
def test_a_login_with_bx_returns_access_and_refresh_token(fleet: Api, form: Form, path: str) -> None:
    response = fleet.iam(form, path=path)
    reply = ok(response)
    assert response.headers["Content-Type"].startswith("application/json")
    assert response.headers["Transaction-Id"]
    assert {"access_token", "refresh_token", "token_type", "expires_in", "expiration", "scope"} <= set(reply)
    assert reply["token_type"] == "Bearer"
    assert reply["expires_in"] == 3600
    assert reply["scope"] == "ibm openid"
    assert reply["refresh_token"] != "not_supported"
    assert "id_token" not in reply


def test_without_a_client_the_refresh_token_is_not_supported(fleet: Api) -> None:
    reply = ok(fleet.iam(KEY, None))
    assert reply["refresh_token"] == "not_supported"
    for client, code in (("bx", "BXNIM0137E"), ("kube", "BXNIM0137E"), (None, "BXNIM0407E")):
        response = fleet.iam({"grant_type": "refresh_token", "refresh_token": "not_supported"}, client)
        assert (response.status_code, response.json()["errorCode"]) == (400, code)


@pytest.mark.parametrize(
    ("form", "account"),
    [
        (KEY, DEV),
        ({**KEY, "bss_account": DEV}, DEV),
        ({**KEY, "account": DEV, "bss_account": DEV}, DEV),
        ({**KEY, "bss_account": ""}, DEV),
        (PASSWORD, None),
        ({**PASSWORD, "account": PROD}, PROD),
        ({**PASSWORD, "bss_account": PROD}, PROD),
        (CODE, None),
        ({**CODE, "bss_account": LAB}, LAB),
    ],
)
def test_tokens_are_bound_to_the_requested_account(fleet: Api, form: Form, account: str | None) -> None:
    assert account_of(ok(fleet.iam(form))) == account


ERRORS: list[tuple[str, Form, str | None, int, str]] = [
    # Fields
    ("no grant type", {"apikey": ADA_DEV_KEY}, "bx", 400, "BXNIM0109E"),
    ("empty grant type", {**KEY, "grant_type": ""}, "bx", 400, "BXNIM0109E"),
    ("unknown grant type", {**KEY, "grant_type": "apikey"}, "bx", 400, "BXNIM0106E"),
    ("no API key", {"grant_type": APIKEY}, "bx", 400, "BXNIM0109E"),
    ("empty API key", {"grant_type": APIKEY, "apikey": ""}, None, 400, "BXNIM0109E"),
    ("no user name", {"grant_type": "password", "password": ADA_PASSWORD}, "bx", 400, "BXNIM0109E"),
    ("no password", {"grant_type": "password", "username": ADA}, "bx", 400, "BXNIM0109E"),
    ("no passcode", {"grant_type": PASSCODE}, "bx", 400, "BXNIM0109E"),
    ("no refresh token", {"grant_type": "refresh_token"}, "bx", 400, "BXNIM0109E"),
    ("no delegated token", {"grant_type": DELEGATED}, "kube", 400, "BXNIM0109E"),
    # Credentials
    ("unknown API key", {**KEY, "apikey": "wrong"}, "bx", 400, "BXNIM0415E"),
    ("unknown API key without client", {**KEY, "apikey": "wrong"}, None, 400, "BXNIM0415E"),
    ("wrong password", {**PASSWORD, "password": "wrong"}, "bx", 401, "BXNIM0602E"),
    ("unknown user", {**PASSWORD, "username": "nobody@example.com"}, "bx", 401, "BXNIM0602E"),
    ("federated user", {**PASSWORD, "username": GRACE}, "bx", 400, "BXNIM0608E"),
    ("wrong passcode", {**CODE, "passcode": "wrong"}, "bx", 400, "BXNIM9903E"),
    ("invented refresh token", {"grant_type": "refresh_token", "refresh_token": "x"}, "bx", 400, "BXNIM0407E"),
    # Clients
    ("password without client", PASSWORD, None, 401, "BXNIM0308E"),
    ("passcode without client", CODE, None, 401, "BXNIM0308E"),
    ("delegated without client", {"grant_type": DELEGATED, "refresh_token": "x"}, None, 401, "BXNIM0308E"),
    ("delegated with bx", {"grant_type": DELEGATED, "refresh_token": "x"}, "bx", 400, "BXNIM9902E"),
    ("API key with kube", KEY, "kube", 400, "BXNIM9902E"),
    ("password with kube", PASSWORD, "kube", 400, "BXNIM9902E"),
    ("unknown client", KEY, "cf", 401, "BXNIM9901E"),
    # Accounts
    ("account of another key", {**KEY, "bss_account": PROD}, "bx", 400, "BXNIM9905E"),
    ("unknown account", {**KEY, "account": "0" * 32}, "bx", 400, "BXNIM9905E"),
    ("two accounts", {**KEY, "account": DEV, "bss_account": PROD}, "bx", 400, "BXNIM9904E"),
    ("account of another user", {**PASSWORD, "account": LAB}, "bx", 400, "BXNIM0141E"),
    ("passcode for an account of another user", {**CODE, "account": PROD}, "bx", 400, "BXNIM0141E"),
    # Response types
    ("uaa", {**KEY, "response_type": "cloud_iam uaa"}, "bx", 400, "BXNIM0106E"),
    ("uaa with a comma", {**KEY, "response_type": "cloud_iam, uaa"}, "bx", 400, "BXNIM0106E"),
    ("delegation of a password", {**PASSWORD, "response_type": "delegated_refresh_token"}, "bx", 400, "BXNIM0106E"),
    ("delegation without receiver", {**KEY, "response_type": "delegated_refresh_token"}, "bx", 400, "BXNIM0109E"),
    (
        "delegation for no time",
        {
            **KEY,
            "response_type": "delegated_refresh_token",
            "receiver_client_ids": "kube",
            "delegated_refresh_token_expiry": "10m",
        },
        "bx",
        400,
        "BXNIM0106E",
    ),
]


@pytest.mark.parametrize(("form", "client", "status", "code"), [row[1:] for row in ERRORS], ids=[r[0] for r in ERRORS])
def test_invalid_requests_are_rejected(fleet: Api, form: Form, client: str | None, status: int, code: str) -> None:
    response = fleet.iam(form, client)
    body = response.json()
    assert (response.status_code, body["errorCode"]) == (status, code), response.text
    assert body["errorMessage"]
    assert response.headers["Transaction-Id"]
    assert body["context"]["requestType"] == "incoming.Identity_Token"
    assert body["context"]["url"] == fleet.sim.iam_url
    assert all(isinstance(value, str) for value in body["context"].values())
    for secret in (ADA_DEV_KEY, ADA_PASSWORD, GRACE_PASSCODE):
        assert secret not in response.text


def test_wrong_secrets_of_clients_are_rejected(fleet: Api) -> None:
    headers = ["Basic " + base64.b64encode(text).decode() for text in (b"bx:", b"bx:kube", b"bx", b":")]
    for header in (*headers, "Basic !", "Bearer x", ""):
        response = fleet.iam(KEY, None, headers={"Authorization": header})
        assert (response.status_code, response.json()["errorCode"]) == (401, "BXNIM9901E"), header


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_the_body_must_be_a_form(fleet: Api, content_type: str) -> None:
    response = fleet.iam(b'{"grant_type":"x"}', headers={"Content-Type": content_type})
    assert (response.status_code, response.json()["errorCode"]) == (415, "BXNIM0060E")


def test_a_form_must_be_encoded(fleet: Api) -> None:
    """IAM decodes an unencoded plus sign as a space, so IAM receives a different key."""
    raw = f"grant_type={APIKEY}&apikey={ADA_DEV_KEY}"
    response = fleet.iam(raw, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert response.json()["errorCode"] == "BXNIM0415E"
    response = fleet.iam("grant_type=%FF", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (response.status_code, response.json()["errorCode"]) == (400, "BXNIM9900E")


def test_a_repeated_field_is_rejected(fleet: Api) -> None:
    response = fleet.iam([*KEY.items(), ("apikey", ADA_DEV_KEY)])
    assert (response.status_code, response.json()["errorCode"]) == (400, "BXNIM0106E")


def test_query_and_chunked_body_are_ignored(fleet: Api) -> None:
    response = fleet.iam({}, params=KEY, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (response.status_code, response.json()["errorCode"]) == (400, "BXNIM0109E")
    chunks = iter([f"grant_type={APIKEY}&apikey=x".encode()])
    response = fleet.iam(chunks, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (response.status_code, response.json()["errorCode"]) == (400, "BXNIM0109E")


def test_other_methods_and_paths_are_rejected(fleet: Api) -> None:
    response = fleet.send("GET", fleet.sim.iam_url + "/identity/token")
    assert (response.status_code, response.json()["errorCode"]) == (405, "BXNIM0060E")
    response = fleet.send("POST", fleet.sim.iam_url + "/identity/token/")
    assert (response.status_code, response.json()["errorCode"]) == (404, "BXNIM0060E")


def test_a_passcode_is_valid_once(fleet: Api) -> None:
    ok(fleet.iam(CODE))
    assert fleet.iam(CODE).json()["errorCode"] == "BXNIM9903E"


def test_a_rejected_account_does_not_use_the_passcode(fleet: Api) -> None:
    assert fleet.iam({**CODE, "account": PROD}).status_code == 400
    ok(fleet.iam(CODE))


def test_the_tenant_header_is_checked(fleet: Api) -> None:
    ok(fleet.iam(KEY, headers={"IBM-Cloud-Tenant": f"{PROD}, {DEV}"}))
    response = fleet.iam(KEY, headers={"IBM-Cloud-Tenant": PROD})
    assert (response.status_code, response.json()["errorCode"]) == (400, "BXNIM9906E")


def test_the_transaction_id_of_the_request_is_returned(fleet: Api) -> None:
    assert fleet.iam(KEY, headers={"Transaction-Id": "mine-1"}).headers["Transaction-Id"] == "mine-1"
    assert fleet.iam({}, headers={"Transaction-Id": "mine-2"}).headers["Transaction-Id"] == "mine-2"
