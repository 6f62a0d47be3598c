# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of token claims, and of the documents that clients need to verify tokens."""

from __future__ import annotations

import time
import typing as t

import jwt
from simulator_tests.calls import ADA_DEV_KEY, ADA_IAM_ID, DEPLOYER_KEY, DEV, PROD, Api, ok


def verified(api: Api, token: str, **options: t.Any) -> dict[str, t.Any]:
    """Verify a token with the published keys, and return its claims."""
    keys = jwt.PyJWKSet.from_dict(api.send("GET", api.sim.iam_url + "/identity/keys").json())
    key = next(key for key in keys.keys if key.key_id == jwt.get_unverified_header(token)["kid"])
    issuer = api.sim.iam_url + "/identity"
    claims: dict[str, t.Any] = jwt.decode(token, key.key, algorithms=["RS256"], issuer=issuer, **options)
    return claims


def test_claims_of_an_access_token_of_a_user(fleet: Api) -> None:
    reply = fleet.tokens()
    claims = verified(fleet, reply["access_token"])
    assert jwt.get_unverified_header(reply["access_token"]).keys() == {"kid", "alg"}
    assert claims["iam_id"] == claims["id"] == claims["authn"]["iam_id"] == ADA_IAM_ID
    assert (claims["realmid"], claims["identifier"]) == ("IBMid", "2700ABCDEF")
    assert (claims["given_name"], claims["family_name"], claims["name"]) == ("Ada", "Example", "Ada Example")
    assert claims["email"] == claims["sub"] == "Ada@example.com"
    assert claims["account"]["bss"] == DEV
    assert claims["account"]["valid"] is True
    assert claims["client_id"] == "bx"
    assert claims["scope"] == "ibm openid"
    assert claims["exp"] - claims["iat"] == reply["expires_in"] == 3600
    assert claims["exp"] == reply["expiration"]
    assert abs(claims["iat"] - time.time()) < 10
    assert "sub_type" not in claims
    assert "aud" not in claims
    assert reply["ims_user_id"] == 8812345


def test_claims_of_an_access_token_of_a_service_id(fleet: Api) -> None:
    claims = verified(fleet, fleet.tokens(DEPLOYER_KEY, None)["access_token"])
    assert claims["iam_id"] == "iam-ServiceId-0b1c2d3e-1111-4222-8333-445566778899"
    assert claims["sub_type"] == "ServiceId"
    assert claims["account"]["bss"] == PROD
    assert claims["client_id"] == "default"
    assert "email" not in claims


def test_claims_of_an_id_token(fleet: Api) -> None:
    claims = verified(fleet, fleet.kube_tokens(ADA_DEV_KEY)["id_token"], audience="kube")
    assert claims["iam_id"] == ADA_IAM_ID
    assert claims["sub"] == "Ada@example.com"
    assert claims[f"realmed_sub_{DEV}"] == claims[f"sub_{DEV}"] == "ada@example.com"
    assert f"realmed_sub_{PROD}" not in claims
    assert "account" not in claims


def test_the_discovery_document_has_the_token_endpoint_and_the_keys(fleet: Api) -> None:
    url = fleet.sim.iam_url + "/identity"
    document = ok(fleet.send("GET", url + "/.well-known/openid-configuration"))
    assert document["issuer"] == url
    assert document["token_endpoint"] == url + "/token"
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert "urn:ibm:params:oauth:grant-type:apikey" in document["grant_types_supported"]
    keys = ok(fleet.send("GET", document["jwks_uri"]))["keys"]
    assert [set(key) for key in keys] == [{"kid", "kty", "alg", "use", "n", "e"}]


def test_the_health_check_succeeds(fleet: Api) -> None:
    assert fleet.send("GET", fleet.sim.iam_url + "/healthz").status_code == 200
