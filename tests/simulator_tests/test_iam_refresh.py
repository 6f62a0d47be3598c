# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of refresh tokens, account switching, and delegation to the client kube."""

from __future__ import annotations

import dataclasses
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
    LAB,
    PROD,
    Api,
    ok,
)


def unverified(token: str) -> dict[str, t.Any]:
    claims: dict[str, t.Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def refresh(api: Api, token: str, client: str | None = "bx", **form: str) -> t.Any:
    return api.iam({"grant_type": "refresh_token", "refresh_token": token, **form}, client)


def error_of(response: t.Any) -> tuple[int, str]:
    return response.status_code, response.json()["errorCode"]


def password_tokens(api: Api, **form: str) -> dict[str, t.Any]:
    return ok(api.iam({"grant_type": "password", "username": ADA, "password": ADA_PASSWORD, **form}))


def delegate(api: Api, token: str, **form: str) -> t.Any:
    return refresh(api, token, **{"response_type": "delegated_refresh_token", "receiver_client_ids": "kube", **form})


def exchange(api: Api, token: str, client: str | None = "kube") -> t.Any:
    return api.iam({"grant_type": DELEGATED, "refresh_token": token}, client)


def test_a_refresh_returns_new_tokens_for_the_same_account(fleet: Api) -> None:
    first = fleet.tokens()
    second = ok(refresh(fleet, first["refresh_token"]))
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] not in (first["refresh_token"], "not_supported")
    claims = unverified(second["access_token"])
    assert claims["account"]["bss"] == DEV
    assert claims["grant_type"] == "refresh_token"


@pytest.mark.parametrize("fields", [("account",), ("bss_account",), ("account", "bss_account")])
def test_a_user_with_a_password_can_switch_accounts(fleet: Api, fields: tuple[str, ...]) -> None:
    token = password_tokens(fleet)["refresh_token"]
    in_dev = ok(refresh(fleet, token, **dict.fromkeys(fields, DEV)))
    assert unverified(in_dev["access_token"])["account"]["bss"] == DEV
    in_prod = ok(refresh(fleet, in_dev["refresh_token"], **dict.fromkeys(fields, PROD)))
    assert unverified(in_prod["access_token"])["account"]["bss"] == PROD


def test_switching_to_other_accounts_is_rejected(fleet: Api) -> None:
    token = password_tokens(fleet)["refresh_token"]
    assert error_of(refresh(fleet, token, account=LAB)) == (400, "BXNIM0141E")
    assert error_of(refresh(fleet, token, account="0" * 32)) == (400, "BXNIM0141E")
    assert error_of(refresh(fleet, token, account=DEV, bss_account=PROD)) == (400, "BXNIM9904E")
    of_a_key = fleet.tokens(ADA_DEV_KEY)["refresh_token"]
    assert error_of(refresh(fleet, of_a_key, account=PROD)) == (400, "BXNIM9905E")
    ok(refresh(fleet, of_a_key, account=DEV))


def test_a_refresh_token_belongs_to_its_client(fleet: Api) -> None:
    of_bx = fleet.tokens()["refresh_token"]
    of_kube = fleet.kube_tokens()["refresh_token"]
    for token, client in ((of_bx, "kube"), (of_bx, None), (of_kube, "bx"), (of_kube, None)):
        assert error_of(refresh(fleet, token, client)) == (400, "BXNIM0137E")
    response = refresh(fleet, of_bx, "kube")
    assert "'bx' was passed" in response.json()["errorMessage"]
    assert "'kube' is used" in response.json()["errorMessage"]


def test_refresh_tokens_expire(fleet: Api) -> None:
    token = fleet.tokens()["refresh_token"]
    fleet.sim.cloud.advance(259200 - 5)
    ok(refresh(fleet, token))
    fleet.sim.cloud.advance(10)
    assert error_of(refresh(fleet, token)) == (400, "BXNIM0408E")


def test_a_test_can_expire_refresh_tokens(fleet: Api) -> None:
    token = fleet.tokens()["refresh_token"]
    fleet.sim.cloud.expire_refresh_tokens()
    assert error_of(refresh(fleet, token)) == (400, "BXNIM0408E")
    ok(refresh(fleet, fleet.tokens()["refresh_token"]))


def test_kube_gets_an_id_token_and_can_renew_it(fleet: Api) -> None:
    first = fleet.kube_tokens()
    assert first["scope"] == "ibm openid containers-kubernetes"
    second = ok(refresh(fleet, first["refresh_token"], "kube"))
    for reply in (first, second):
        claims = unverified(reply["id_token"])
        assert claims["aud"] == "kube"
        assert claims[f"realmed_sub_{DEV}"] == "ada@example.com"
        assert claims["exp"] - claims["iat"] == 1200
        assert unverified(reply["access_token"])["client_id"] == "kube"


def test_a_refresh_token_can_be_delegated(fleet: Api) -> None:
    reply = ok(delegate(fleet, fleet.tokens()["refresh_token"], delegated_refresh_token_expiry="600"))
    assert set(reply) == {"delegated_refresh_token"}
    ok(exchange(fleet, reply["delegated_refresh_token"]))
    ok(exchange(fleet, reply["delegated_refresh_token"]))


@pytest.mark.parametrize("response_type", ["delegated_refresh_token", "cloud_iam delegated_refresh_token"])
@pytest.mark.parametrize("client", ["bx", None])
def test_an_api_key_can_be_delegated_in_one_step(fleet: Api, client: str | None, response_type: str) -> None:
    form = {"grant_type": APIKEY, "apikey": ADA_DEV_KEY, "receiver_client_ids": "kube", "response_type": response_type}
    reply = ok(fleet.iam(form, client))
    assert ("access_token" in reply) == ("cloud_iam" in response_type)
    assert unverified(ok(exchange(fleet, reply["delegated_refresh_token"]))["id_token"])["aud"] == "kube"


@pytest.mark.parametrize("separator", [" ", ",", ", "])
def test_lists_are_separated_by_space_or_comma(fleet: Api, separator: str) -> None:
    form = {
        "grant_type": APIKEY,
        "apikey": ADA_DEV_KEY,
        "receiver_client_ids": separator.join(("other", "kube")),
        "response_type": separator.join(("cloud_iam", "delegated_refresh_token")),
    }
    ok(exchange(fleet, ok(fleet.iam(form))["delegated_refresh_token"]))


def test_the_one_step_delegation_can_be_disabled(fleet: Api) -> None:
    cloud = fleet.sim.cloud
    cloud.settings = dataclasses.replace(cloud.settings, combined_delegation=False)
    form = {
        "grant_type": APIKEY,
        "apikey": ADA_DEV_KEY,
        "receiver_client_ids": "kube",
        "response_type": "delegated_refresh_token",
    }
    assert error_of(fleet.iam(form)) == (400, "BXNIM0106E")
    ok(delegate(fleet, fleet.tokens()["refresh_token"]))


@pytest.mark.parametrize(
    ("shape", "fields"),
    [
        ("delegated_refresh_token", {"delegated_refresh_token"}),
        ("refresh_token", {"access_token", "refresh_token"}),
        ("both", {"access_token", "refresh_token", "delegated_refresh_token"}),
    ],
)
def test_the_delegated_token_has_one_of_two_fields(fleet: Api, shape: t.Any, fields: set[str]) -> None:
    cloud = fleet.sim.cloud
    cloud.settings = dataclasses.replace(cloud.settings, delegated_reply=shape)
    reply = ok(delegate(fleet, fleet.tokens()["refresh_token"]))
    assert set(reply) == fields
    for field in fields - {"access_token"}:
        ok(exchange(fleet, reply[field]))


def test_delegated_tokens_are_limited_to_receivers_and_grant(fleet: Api) -> None:
    for_kube = fleet.delegated_token()
    assert error_of(refresh(fleet, for_kube)) == (400, "BXNIM0407E")
    assert error_of(refresh(fleet, for_kube, "kube")) == (400, "BXNIM0407E")
    assert error_of(exchange(fleet, fleet.delegated_token(receivers="other"))) == (400, "BXNIM0407E")
    assert error_of(exchange(fleet, fleet.tokens()["refresh_token"])) == (400, "BXNIM0407E")
    assert error_of(exchange(fleet, fleet.kube_tokens()["refresh_token"])) == (400, "BXNIM0407E")


def test_delegated_tokens_expire(fleet: Api) -> None:
    short, default = fleet.delegated_token(expiry="600"), fleet.delegated_token(expiry="")
    fleet.sim.cloud.advance(605)
    assert error_of(exchange(fleet, short)) == (400, "BXNIM0408E")
    ok(exchange(fleet, default))
    fleet.sim.cloud.advance(518400)
    assert error_of(exchange(fleet, default)) == (400, "BXNIM0408E")


def test_delegation_does_not_change_the_account(fleet: Api) -> None:
    token = password_tokens(fleet)["refresh_token"]
    unscoped = ok(exchange(fleet, ok(delegate(fleet, token))["delegated_refresh_token"]))
    assert not [name for name in unverified(unscoped["id_token"]) if name.startswith("realmed_sub_")]
    scoped = ok(exchange(fleet, ok(delegate(fleet, token, account=PROD))["delegated_refresh_token"]))
    assert f"realmed_sub_{PROD}" in unverified(scoped["id_token"])


def test_kube_cannot_delegate(fleet: Api) -> None:
    token = fleet.kube_tokens()["refresh_token"]
    form = {"response_type": "delegated_refresh_token", "receiver_client_ids": "kube"}
    assert error_of(refresh(fleet, token, "kube", **form)) == (400, "BXNIM9902E")
