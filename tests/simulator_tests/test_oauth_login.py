# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the OAuth server of an OpenShift cluster: discovery, challenges, and login without a code."""

from __future__ import annotations

import re
import time
import typing as t

import pytest
from simulator_tests.calls import (
    ADA_DEV_KEY,
    ADA_IAM_ID,
    ADA_PASSWORD,
    ADA_PROD_KEY,
    APIKEY,
    DEPLOYER_KEY,
    GRACE_PASSCODE,
    PASSCODE,
    Api,
    bearer,
)
from simulator_tests.oauth_calls import CSRF, authorize, discover, fragment_of, location, login, query_of, synchronized

WARNING = '"A non-empty X-CSRF-Token header is required to receive basic-auth challenges"'
GRACE_IAM_ID = "IBMid-550000GRACE"
DEPLOYER_IAM_ID = "iam-ServiceId-0b1c2d3e-1111-4222-8333-445566778899"
ADA = ("apikey", ADA_DEV_KEY)
NO_CACHE = "no-cache, no-store, max-age=0, must-revalidate"


def test_the_discovery_document_has_the_documented_fields(fleet: Api) -> None:
    for headers in ({}, bearer("garbage")):
        found = discover(fleet, "data-dev", headers=headers)
        issuer = fleet.sim.cluster("data-dev").oauth_urls["public"]
        assert found == {
            "issuer": issuer,
            "authorization_endpoint": issuer + "/oauth/authorize",
            "token_endpoint": issuer + "/oauth/token",
            "scopes_supported": [
                *("user:check-access", "user:full", "user:info", "user:list-projects", "user:list-scoped-projects"),
            ],
            "response_types_supported": ["code", "token"],
            "grant_types_supported": ["authorization_code", "implicit"],
            "code_challenge_methods_supported": ["plain", "S256"],
        }
    assert fleet.cluster("shop-dev", "/.well-known/oauth-authorization-server").status_code == 403


def test_each_endpoint_has_an_oauth_server_on_its_own_port(fleet: Api) -> None:
    state = fleet.sim.cluster("data-dev")
    assert list(state.oauth_urls) == list(state.urls) == ["private", "public"]
    assert len({*state.oauth_urls.values(), *state.urls.values()}) == 4
    synchronized(fleet, "data-dev")
    for endpoint, url in state.urls.items():
        found = discover(fleet, "data-dev", url=url)["authorization_endpoint"]
        assert found == state.oauth_urls[endpoint] + "/oauth/authorize"
        query = "?client_id=openshift-challenging-client&response_type=token"
        token = fragment_of(fleet.send("GET", found + query, auth=ADA))["access_token"]
        assert [entry.endpoint for entry in fleet.sim.requests[-2:]] == [endpoint] * 2
        assert all(fleet.cluster("data-dev", "/api", token, url=any_url).ok for any_url in state.urls.values())


NO_GOOD = {
    "nothing": None,
    "wrong key": ("apikey", "not-a-real-key"),
    "key as a passcode": ("passcode", ADA_DEV_KEY),
    "passcode as a key": ("apikey", GRACE_PASSCODE),
    "no secret": ("apikey", ""),
    "unknown passcode": ("passcode", "not-a-real-passcode"),
    "user and password": ("Ada@example.com", ADA_PASSWORD),
    "key for another account": ("apikey", ADA_PROD_KEY),
    "key of another account's service ID": ("apikey", DEPLOYER_KEY),
}


@pytest.mark.parametrize("auth", NO_GOOD.values(), ids=list(NO_GOOD))
def test_invalid_credentials_are_rejected(fleet: Api, auth: tuple[str, str] | None) -> None:
    synchronized(fleet, "data-dev")
    synchronized(fleet, "data-dev", iam_id=DEPLOYER_IAM_ID)
    for csrf in ({}, {"X-CSRF-Token": ""}):
        response = authorize(fleet, "data-dev", auth, headers=csrf)
        assert (response.status_code, response.headers["Warning"]) == (401, f"199 Origin {WARNING}")
        assert "WWW-Authenticate" not in response.headers
        assert (response.text, response.headers["Content-Type"].partition(";")[0]) == (WARNING + "\n", "text/plain")
    response = authorize(fleet, "data-dev", auth)
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Basic realm="openshift"')
    assert "Warning" not in response.headers
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == NO_CACHE


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic !", "Basic YXBpa2V5", "Digest YXBpa2V5Og=="])
def test_requests_without_credentials_are_challenged(fleet: Api, header: str) -> None:
    response = authorize(fleet, "data-dev", None, headers={**CSRF, "Authorization": header})
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Basic realm="openshift"')


@pytest.mark.parametrize("headers", [{}, CSRF])
def test_a_login_with_an_api_key_returns_a_token(fleet: Api, headers: dict[str, str]) -> None:
    synchronized(fleet, "data-dev")
    response = authorize(fleet, "data-dev", headers=headers)
    where = location(response)
    own = fleet.sim.cluster("data-dev").oauth_urls["public"] + "/oauth/token/implicit"
    assert f"{where.scheme}://{where.netloc}{where.path}" == own
    shape = "access_token=sha256~[A-Za-z0-9_-]{43}&expires_in=86400&scope=user%3Afull&token_type=Bearer"
    assert re.fullmatch(shape, where.fragment)
    assert {"HttpOnly", "Secure"} <= set(response.headers["Set-Cookie"].split("; "))
    assert response.headers["Cache-Control"] == NO_CACHE
    # The URL after the redirect contains no token.
    landed = fleet.send("GET", response.headers["Location"])
    assert landed.status_code == 200
    assert "sha256~" not in landed.text


def test_state_and_redirect_uri_are_returned(fleet: Api) -> None:
    synchronized(fleet, "data-dev")
    own = fleet.sim.cluster("data-dev").oauth_urls["public"] + "/oauth/token/implicit"
    response = authorize(fleet, "data-dev", query={"state": "a b", "redirect_uri": own, "scope": "user:full"})
    assert fragment_of(response)["state"] == "a b"


MISTAKES: dict[str, tuple[dict[str, t.Any], str]] = {
    "unknown client": ({"client_id": "bx"}, "unauthorized_client"),
    "no client": ({"client_id": None}, "unauthorized_client"),
    "foreign redirect": ({"redirect_uri": "https://example.com/"}, "invalid_request"),
    "another path": ({"redirect_uri": "https://127.0.0.1/oauth/token/implicit"}, "invalid_request"),
}


@pytest.mark.parametrize(("query", "error"), MISTAKES.values(), ids=list(MISTAKES))
def test_errors_of_the_client_are_not_redirected(fleet: Api, query: dict[str, t.Any], error: str) -> None:
    synchronized(fleet, "data-dev")
    for auth in (None, ADA):
        response = authorize(fleet, "data-dev", auth, query=query)
        assert (response.status_code, response.json()["error"]) == (400, error)
        assert set(response.json()) == {"error", "error_description"}
        assert "Location" not in response.headers
        assert response.headers["Cache-Control"] == NO_CACHE


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "cluster-admin"}, "invalid_scope"),
        ({"response_type": "code", "code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"response_type": "code", "code_challenge": "x" * 43, "code_challenge_method": "S512"}, "invalid_request"),
    ],
)
def test_other_errors_are_in_the_redirect(fleet: Api, query: dict[str, t.Any], error: str) -> None:
    synchronized(fleet, "data-dev")
    found = query_of(authorize(fleet, "data-dev", query={**query, "state": "s"}))
    assert (found["error"], found["state"]) == (error, "s")
    assert found["error_description"]


def test_a_login_before_the_synchronization_fails(fleet: Api) -> None:
    response = authorize(fleet, "data-dev")
    text = "The authorization server encountered an unexpected condition that prevented it from fulfilling the request."
    assert (response.status_code, response.json()) == (400, {"error": "server_error", "error_description": text})
    found = query_of(authorize(fleet, "data-prod", ("apikey", ADA_PROD_KEY)))
    assert found == {"error": "server_error", "error_description": text}
    for cluster in ("data-dev", "data-prod"):
        assert authorize(fleet, cluster, ("apikey", "wrong")).status_code == 401


def test_a_login_after_the_synchronization_succeeds(fleet: Api) -> None:
    access_token = fleet.access_token()
    assert fleet.containers(access_token, "applyRBAC", json={"cluster": "data-dev"}).status_code == 200
    assert authorize(fleet, "data-dev").status_code == 400
    deadline = time.monotonic() + 5
    while not fleet.containers(access_token, "getRBACStatus?cluster=data-dev").json()["synchronized"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(login(fleet, "data-dev")) == 50


def test_service_ids_can_log_in(fleet: Api) -> None:
    synchronized(fleet, "data-prod", iam_id=DEPLOYER_IAM_ID)
    token = login(fleet, "data-prod", ("apikey", DEPLOYER_KEY))
    user = fleet.cluster("data-prod", "/apis/user.openshift.io/v1/users/~", token).json()
    assert user["metadata"]["name"] == f"IAM#{DEPLOYER_IAM_ID.lower()}"


def test_passcodes_of_federated_users_are_valid_once(fleet: Api) -> None:
    synchronized(fleet, "data-dev", iam_id=GRACE_IAM_ID)
    assert login(fleet, "data-dev", ("passcode", GRACE_PASSCODE)).startswith("sha256~")
    assert authorize(fleet, "data-dev", ("passcode", GRACE_PASSCODE)).status_code == 401
    form = {"grant_type": PASSCODE, "passcode": GRACE_PASSCODE}
    assert fleet.iam(form).status_code == 400
    second = {"grant_type": PASSCODE, "passcode": "not-a-real-passcode-2"}
    assert fleet.iam(second).status_code == 200
    assert authorize(fleet, "data-dev", ("passcode", second["passcode"])).status_code == 401


def test_a_failed_login_before_the_synchronization_uses_the_passcode(fleet: Api) -> None:
    assert authorize(fleet, "data-dev", ("passcode", GRACE_PASSCODE)).status_code == 400
    assert authorize(fleet, "data-dev", ("passcode", GRACE_PASSCODE)).status_code == 401
    # Grace does not belong to the production account.
    assert authorize(fleet, "data-prod", ("passcode", "not-a-real-passcode-2")).status_code == 401
    assert "not-a-real-passcode-2" not in fleet.sim.cloud.passcodes


def test_trusted_profiles_cannot_log_in(fleet: Api) -> None:
    """A trusted profile is rejected even if it has an API key."""
    cloud = fleet.sim.cloud
    cloud.identities[ADA_IAM_ID] = type(cloud.identities[ADA_IAM_ID])(
        **{**vars(cloud.identities[ADA_IAM_ID]), "kind": "profile"}
    )
    synchronized(fleet, "data-dev")
    assert fleet.iam({"grant_type": APIKEY, "apikey": ADA_DEV_KEY}).status_code == 200
    assert authorize(fleet, "data-dev").status_code == 401


def test_other_paths_and_methods_are_rejected(fleet: Api) -> None:
    base = fleet.sim.cluster("data-dev").oauth_urls["public"]
    assert fleet.send("GET", base + "/healthz").text == "ok"
    for method, path, status in (("GET", "/", 404), ("GET", "/oauth/token", 405), ("POST", "/oauth/authorize", 405)):
        response = fleet.send(method, base + path)
        assert (response.status_code, response.headers["Cache-Control"]) == (status, NO_CACHE)
        assert response.headers["Content-Type"].startswith("text/plain")
