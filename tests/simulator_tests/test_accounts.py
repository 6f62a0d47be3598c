# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the accounts service: visibility, paging and tokens."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

import pytest
from simulator_tests.calls import ADA, ADA_PASSWORD, DEPLOYER_KEY, DEV, GRACE_PASSCODE, LAB, PASSCODE, PROD, Api, ok
from simulator_tests.legacy_calls import tokens

PATH = "/coe/v2/accounts"


def pages(api: Api, token: str) -> list[dict[str, t.Any]]:
    found, path = [], PATH
    while path and len(found) < 5:
        found.append(ok(api.accounts(token, path)))
        path = found[-1]["next_url"]
    return found


def test_an_unbound_token_lists_all_accounts_of_its_user(fleet: Api) -> None:
    form = {"grant_type": "password", "username": ADA, "password": ADA_PASSWORD}
    found = pages(fleet, ok(fleet.iam(form))["access_token"])
    assert [len(page["resources"]) for page in found] == [1, 1]
    assert [page["total_results"] for page in found] == [2, 2]
    assert [page["resources"][0]["metadata"]["guid"] for page in found] == [DEV, PROD]
    assert found[0]["next_url"].startswith(PATH + "?_start=")
    assert found[1]["next_url"] is None


def test_an_identity_lists_only_its_own_accounts(fleet: Api) -> None:
    of_service_id = pages(fleet, fleet.access_token(DEPLOYER_KEY))
    assert [item["metadata"]["guid"] for page in of_service_id for item in page["resources"]] == [PROD]
    of_grace = pages(fleet, ok(fleet.iam({"grant_type": PASSCODE, "passcode": GRACE_PASSCODE}))["access_token"])
    assert [item["metadata"]["guid"] for page in of_grace for item in page["resources"]] == [DEV, LAB]


def test_a_record_has_the_documented_fields(fleet: Api) -> None:
    token = fleet.access_token()
    record = ok(fleet.accounts(token))["resources"][0]
    assert set(record["metadata"]) == {"guid", "url", "created_at", "updated_at", "anonymousId"}
    assert record["metadata"]["url"] == f"{PATH}/{DEV}"
    assert record["entity"]["name"] == "Example Development"
    assert record["entity"]["state"] == "ACTIVE"
    assert ok(fleet.accounts(token, record["metadata"]["url"])) == record
    assert fleet.accounts(token, f"{PATH}/{LAB}").status_code == 404


def test_a_cursor_is_valid_for_its_identity_only(fleet: Api) -> None:
    next_url = ok(fleet.accounts(fleet.access_token()))["next_url"]
    assert fleet.accounts(fleet.access_token(DEPLOYER_KEY), next_url).status_code == 400
    assert fleet.accounts(fleet.access_token(), PATH + "?_start=1").status_code == 400


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(fleet: Api, scheme: str) -> None:
    assert fleet.accounts(None, Authorization=f"{scheme} {fleet.access_token()}").status_code == 200


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x.y.z", "Basic Yng6Yng=", "{access}", "Bearer {id}", "Bearer {refresh}"]
)
def test_invalid_tokens_are_rejected(fleet: Api, header: str | None) -> None:
    reply = fleet.kube_tokens()
    values = {"access": reply["access_token"], "id": reply["id_token"], "refresh": reply["refresh_token"]}
    response = fleet.accounts(None, **({} if header is None else {"Authorization": header.format(**values)}))
    assert response.status_code == 401
    body = response.json()
    assert body["code"] == 401
    assert body["message"]
    assert body["global_transaction_id"] == response.headers["X-Global-Transaction-ID"]


def test_an_expired_token_is_rejected(fleet: Api) -> None:
    token = fleet.access_token()
    fleet.sim.cloud.advance(3605)
    response = fleet.accounts(token)
    assert (response.status_code, response.json()["message"]) == (401, "Token expired")


def test_only_json_is_served(fleet: Api) -> None:
    assert fleet.accounts(fleet.access_token(), Accept="text/html").status_code == 406
    assert fleet.send("POST", fleet.sim.accounts_url + PATH).status_code == 405


# Before 2021


@pytest.mark.parametrize("as_object", [True, False])
def test_accounts_v1_has_pages(document_2020: Api, as_object: bool) -> None:
    cloud = document_2020.sim.cloud
    cloud.settings = dataclasses.replace(cloud.settings, accounts_page_size=1, accounts_resources_object=as_object)
    token = tokens(document_2020)["access_token"]
    pages = [ok(document_2020.accounts(token, "/v1/accounts"))]
    while pages[-1]["next_url"] and len(pages) < 5:
        pages.append(ok(document_2020.accounts(token, pages[-1]["next_url"])))
    assert [(page["total_results"], page["total_pages"]) for page in pages] == [(3, 3)] * 3
    assert {type(page["resources"]) for page in pages} == {dict if as_object else list}
    assert pages[0]["prev_url"] is None
    for before, page in itertools.pairwise(pages):
        assert ok(document_2020.accounts(token, page["prev_url"]))["resources"] == before["resources"]
