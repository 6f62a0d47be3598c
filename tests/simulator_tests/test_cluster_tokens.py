# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of a cluster's API server: authentication and certificate."""

from __future__ import annotations

import time
import typing as t

import jwt
import pytest
import requests
from simulator_tests.calls import ADA_DEV_KEY, ADA_PROD_KEY, DEV, Api
from simulator_tests.cluster_calls import review

UNAUTHORIZED = {
    "kind": "Status",
    "apiVersion": "v1",
    "metadata": {},
    "status": "Failure",
    "message": "Unauthorized",
    "reason": "Unauthorized",
    "code": 401,
}


def claims_of(api: Api) -> dict[str, t.Any]:
    """Return the claims of a valid ID token. A test can change these claims."""
    claims: dict[str, t.Any] = jwt.decode(api.kube_tokens()["id_token"], options={"verify_signature": False})
    return claims


def test_version_needs_no_token_but_rejects_invalid_ones(fleet: Api) -> None:
    response = fleet.cluster("shop-dev", "/version")
    assert response.status_code == 200
    body = response.json()
    assert (body["major"], body["minor"], body["gitVersion"]) == ("1", "33", "v1.33.4+IKS")
    assert all(isinstance(value, str) for value in body.values())
    assert fleet.cluster("shop-dev", "/version?timeout=32s", fleet.kube_tokens()["id_token"]).status_code == 200
    rejected = fleet.cluster("shop-dev", "/version", "garbage")
    assert (rejected.status_code, rejected.json()) == (401, UNAUTHORIZED)


# Changed claims. Numbers are seconds relative to the start of the test, because the test run can start hours earlier.
ACCEPTED: dict[str, dict[str, t.Any]] = {
    "as issued": {},
    "audience in a list": {"aud": ["other", "kube"], "azp": "other"},
    "issued in the future": {"iat": 3600},
    "not before in half a minute": {"nbf": 30},
    "without iat": {"iat": None},
}
REJECTED: dict[str, dict[str, t.Any]] = {
    "expired": {"exp": -1},
    "no exp": {"exp": None},
    "exp is a text": {"exp": "2099-01-01"},
    "not before in minutes": {"nbf": 200},
    "wrong audience": {"aud": "bx"},
    "no audience": {"aud": None},
    "wrong issuer": {"iss": "https://iam.cloud.ibm.com/identity"},
    "no user claim": {f"realmed_sub_{DEV}": None},
    "user claim of another account": {f"realmed_sub_{DEV}": None, "realmed_sub_" + "0" * 32: "ada@example.com"},
}


@pytest.mark.parametrize(
    ("changes", "status"),
    [*((changes, 200) for changes in ACCEPTED.values()), *((changes, 401) for changes in REJECTED.values())],
    ids=[*ACCEPTED, *REJECTED],
)
def test_claims_are_verified(fleet: Api, changes: dict[str, t.Any], status: int) -> None:
    times = {name: time.time() + value for name, value in changes.items() if isinstance(value, int)}
    claims = {name: value for name, value in {**claims_of(fleet), **changes, **times}.items() if value is not None}
    token = fleet.sim.cloud.signer.sign(claims)
    assert fleet.cluster("shop-dev", "/version", token).status_code == status
    assert review(fleet, "shop-dev", token).status_code == (201 if status == 200 else 401)


def test_an_issuer_with_a_trailing_slash_is_rejected(fleet: Api) -> None:
    claims = claims_of(fleet)
    token = fleet.sim.cloud.signer.sign({**claims, "iss": claims["iss"] + "/"})
    assert review(fleet, "shop-dev", token).status_code == 401


def test_signatures_are_verified(fleet: Api) -> None:
    claims, signer = claims_of(fleet), fleet.sim.cloud.signer
    key, kid = signer._key, signer.kid
    assert review(fleet, "shop-dev", jwt.encode(claims, key, "RS256")).status_code == 201
    bad = [
        jwt.encode(claims, key, "RS256", headers={"kid": "another"}),
        jwt.encode(claims, key, "RS384", headers={"kid": kid}),
        jwt.encode(claims, key, "PS256", headers={"kid": kid}),
        jwt.encode(claims, "a secret of more than thirty-two bytes", "HS256", headers={"kid": kid}),
        jwt.encode(claims, "", "none", headers={"kid": kid}),
        jwt.encode(claims, type(signer)()._key, "RS256", headers={"kid": kid}),
        fleet.kube_tokens()["id_token"][:-4] + "AAAA",
    ]
    for token in bad:
        response = review(fleet, "shop-dev", token)
        assert (response.status_code, response.json()) == (401, UNAUTHORIZED)


def test_other_tokens_of_iam_are_rejected(fleet: Api) -> None:
    kube = fleet.kube_tokens()
    for token in (kube["access_token"], fleet.access_token(), kube["refresh_token"], fleet.delegated_token()):
        assert review(fleet, "shop-dev", token).status_code == 401
    assert review(fleet, "shop-dev", fleet.kube_tokens(ADA_PROD_KEY)["id_token"]).status_code == 401


def test_expired_tokens_are_rejected(fleet: Api) -> None:
    token = fleet.kube_tokens()["id_token"]
    fleet.sim.cloud.advance(1190)
    assert review(fleet, "shop-dev", token).status_code == 201
    fleet.sim.cloud.advance(15)
    assert review(fleet, "shop-dev", token).status_code == 401
    token = fleet.kube_tokens()["id_token"]
    fleet.sim.cloud.expire_id_tokens()
    assert fleet.cluster("shop-dev", "/version", token).status_code == 401


def test_malformed_headers_are_anonymous_requests(fleet: Api) -> None:
    """If anonymous users may not send the request, the response is HTTP 403, not 401."""
    token = fleet.kube_tokens()["id_token"]
    for header in ("", "Bearer", f"Bearer  {token}", token, f"Basic {token}", f"Bearer:{token}"):
        headers = {"Authorization": header}
        assert fleet.cluster("shop-dev", "/version", headers=headers).status_code == 200
        response = review(fleet, "shop-dev", None, headers=headers)
        assert (response.status_code, response.json()["reason"]) == (403, "Forbidden")
        assert 'User "system:anonymous"' in response.json()["message"]
    for scheme in ("bearer", "BEARER"):
        assert review(fleet, "shop-dev", None, headers={"Authorization": f"{scheme} {token}"}).status_code == 201


def test_the_ca_of_each_cluster_signs_its_certificate(fleet: Api) -> None:
    url = fleet.sim.cluster("shop-dev").urls["public"]
    for wrong in (str(fleet.sim.ca_path), fleet.cluster_ca("data-dev")):
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(url + "/version", verify=wrong, timeout=10)
    localhost = url.replace("127.0.0.1", "localhost")
    assert fleet.send("GET", localhost + "/version", ca=fleet.cluster_ca("shop-dev")).status_code == 200


def test_the_environment_has_the_first_key_of_the_world(fleet: Api) -> None:
    assert fleet.sim.env["IC_API_KEY"] == ADA_DEV_KEY
