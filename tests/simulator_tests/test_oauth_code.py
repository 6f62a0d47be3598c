# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the OAuth server of an OpenShift cluster: login with an authorization code, with and without a PKCE challenge."""

from __future__ import annotations

import typing as t

import pytest
from simulator_tests.calls import Api, Response, ok
from simulator_tests.oauth_calls import authorize, exchange, query_of, synchronized

from simulator.openshift_tokens import s256

VERIFIER = "~a-verifier.of_the-shortest-length-that-is-valid"
CODE: dict[str, t.Any] = {"response_type": "code", "state": "a/state"}
CHALLENGE = {"code_challenge": s256(VERIFIER), "code_challenge_method": "S256"}


@pytest.fixture(autouse=True)
def _synchronized(fleet: Api) -> None:
    synchronized(fleet, "data-dev")


def code_of(api: Api, **query: t.Any) -> str:
    found = query_of(authorize(api, "data-dev", query={**CODE, **query}))
    assert set(found) == {"code", "state"}
    assert found["state"] == CODE["state"]
    assert (found["code"][:7], len(found["code"])) == ("sha256~", 50)
    return found["code"]


def error(response: Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def test_the_pkce_example_of_rfc_7636() -> None:
    assert s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_code_with_a_challenge_requires_the_verifier(fleet: Api) -> None:
    code = code_of(fleet, **CHALLENGE)
    wrong = {"code": code, "code_verifier": VERIFIER[::-1]}
    for form in (wrong, {"code": code}, {"code": code, "code_verifier": s256(VERIFIER)}):
        assert error(exchange(fleet, "data-dev", form)) == (400, "invalid_grant")
    response = exchange(fleet, "data-dev", {"code": code, "code_verifier": VERIFIER})
    reply = ok(response)
    token = reply.pop("access_token")
    assert reply == {"expires_in": 86400, "scope": "user:full", "token_type": "Bearer"}
    assert response.headers["Cache-Control"] == "no-cache, no-store, max-age=0, must-revalidate"
    assert fleet.cluster("data-dev", "/api", token).status_code == 200
    form = {"code": code, "code_verifier": VERIFIER}
    assert error(exchange(fleet, "data-dev", form)) == (400, "unauthorized_client")


def test_a_plain_challenge_is_supported(fleet: Api) -> None:
    for query in ({"code_challenge_method": "plain"}, {}):
        code = code_of(fleet, code_challenge=VERIFIER, **query)
        assert exchange(fleet, "data-dev", {"code": code, "code_verifier": VERIFIER}).status_code == 200


def test_requests_of_community_okd_are_supported(fleet: Api) -> None:
    """The ``community.okd`` collection sends a challenge method without a challenge, and omits the redirect URI.

    The collection's token request contains the query parameters of the redirect.
    """
    found = query_of(authorize(fleet, "data-dev", query={**CODE, "state": "1", "code_challenge_method": "S256"}))
    assert len(ok(exchange(fleet, "data-dev", found))["access_token"]) == 50


def test_codes_expire(fleet: Api) -> None:
    code = code_of(fleet)
    fleet.sim.cloud.advance(301)
    assert error(exchange(fleet, "data-dev", {"code": code})) == (400, "invalid_grant")


MISTAKES: dict[str, tuple[dict[str, str], str]] = {
    "no code": ({}, "invalid_grant"),
    "unknown code": ({"code": "sha256~" + "x" * 43}, "unauthorized_client"),
    "another grant": ({"grant_type": "password"}, "unsupported_grant_type"),
    "another redirect": ({"code": "", "redirect_uri": "https://example.com"}, "invalid_grant"),
}


@pytest.mark.parametrize(("form", "code"), MISTAKES.values(), ids=list(MISTAKES))
def test_invalid_values_are_rejected(fleet: Api, form: dict[str, str], code: str) -> None:
    if form.get("code") == "":
        form = {**form, "code": code_of(fleet)}
    assert error(exchange(fleet, "data-dev", form)) == (400, code)


def test_clients_are_checked(fleet: Api) -> None:
    form = {"grant_type": "authorization_code", "code": code_of(fleet)}
    for auth in (("openshift-challenging-client", "secret"), ("bx", "bx")):
        assert error(exchange(fleet, "data-dev", form, auth)) == (400, "unauthorized_client")
    url = fleet.sim.cluster("data-dev").oauth_urls["public"] + "/oauth/token"
    assert error(fleet.send("POST", url, data=form)) == (400, "invalid_request")
    client = {"client_id": "openshift-challenging-client", "client_secret": ""}
    assert fleet.send("POST", url, data={**form, **client}).status_code == 200


def test_codes_belong_to_one_cluster(fleet: Api) -> None:
    code = code_of(fleet)
    assert error(exchange(fleet, "mesh-dev", {"code": code})) == (400, "unauthorized_client")
