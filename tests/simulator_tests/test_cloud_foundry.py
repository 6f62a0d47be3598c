# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the Cloud Foundry API in API generation ``2017``: tokens, visibility and paging."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from simulator_tests.calls import Api, Response, bearer, ok
from simulator_tests.legacy_calls import UAA_2017, tokens

PATH = "/v2/organizations"
ORG = "0a1b2c3d-1111-4222-8333-445566778801"
SECOND_ORG = "0a1b2c3d-1111-4222-8333-445566778802"
EU_ORG = "0a1b2c3d-1111-4222-8333-445566778803"


def uaa_token(api: Api) -> str:
    return str(tokens(api, **UAA_2017)["uaa_token"])


def ask(api: Api, token: str | None, path: str = PATH, **headers: str) -> Response:
    return api.send("GET", api.sim.cloud_foundry_url + path, headers={**bearer(token), **headers})


def guids(page: dict[str, t.Any]) -> list[str]:
    return [record["metadata"]["guid"] for record in page["resources"]]


def error_of(response: Response) -> tuple[int, str, int]:
    body = response.json()
    assert set(body) == {"description", "error_code", "code"}
    return response.status_code, body["error_code"], body["code"]


def test_a_list_has_the_documented_fields(document_2017: Api) -> None:
    page = ok(ask(document_2017, uaa_token(document_2017)))
    assert list(page) == ["total_results", "total_pages", "prev_url", "next_url", "resources"]
    assert (page["total_results"], page["total_pages"], page["prev_url"], page["next_url"]) == (2, 1, None, None)
    assert guids(page) == [ORG, SECOND_ORG]


@pytest.mark.parametrize(
    ("cf", "found"), [("ng", [ORG, SECOND_ORG]), ("eu-de", [EU_ORG]), ("eu-gb", []), ("au-syd", [])]
)
def test_each_host_has_its_own_organizations(document_2017: Api, cf: str, found: list[str]) -> None:
    token = uaa_token(document_2017)
    assert guids(ok(ask(document_2017, token, Host=f"api.{cf}.bluemix.net"))) == found
    status = ask(document_2017, token, f"{PATH}/{EU_ORG}/spaces", Host=f"api.{cf}.bluemix.net").status_code
    assert status == (200 if cf == "eu-de" else 404)


def test_lists_have_pages(document_2017: Api) -> None:
    cloud = document_2017.sim.cloud
    cloud.settings = dataclasses.replace(cloud.settings, organizations_page_size=1)
    token = uaa_token(document_2017)
    first = ok(ask(document_2017, token))
    assert (first["total_results"], first["total_pages"], first["prev_url"], guids(first)) == (2, 2, None, [ORG])
    second = ok(ask(document_2017, token, first["next_url"]))
    assert (second["next_url"], guids(second)) == (None, [SECOND_ORG])
    assert ok(ask(document_2017, token, second["prev_url"])) == first
    spaces = ok(ask(document_2017, token, f"{PATH}/{ORG}/spaces"))
    assert spaces["next_url"].startswith(f"{PATH}/{ORG}/spaces?")
    assert guids(ok(ask(document_2017, token, spaces["next_url"]))) != guids(spaces)
    assert guids(ok(ask(document_2017, token, PATH + "?results-per-page=2"))) == [ORG, SECOND_ORG]


def test_only_members_can_list_an_organization(document_2017: Api) -> None:
    token = uaa_token(document_2017)
    cloud = document_2017.sim.cloud
    world = cloud.world
    try:
        cloud.world = dataclasses.replace(
            world, organizations=tuple(dataclasses.replace(each, members=()) for each in world.organizations)
        )
        assert ok(ask(document_2017, token))["resources"] == []
        assert error_of(ask(document_2017, token, f"{PATH}/{ORG}/spaces"))[0] == 404
    finally:
        cloud.world = world


def test_invalid_tokens_are_rejected(document_2017: Api) -> None:
    reply = tokens(document_2017, **UAA_2017)
    for path in (PATH, f"{PATH}/{ORG}/spaces"):
        assert error_of(ask(document_2017, None, path)) == (401, "CF-NotAuthenticated", 10002)
        for value in ("x", "", reply["access_token"], reply["refresh_token"], reply["uaa_refresh_token"]):
            response = ask(document_2017, None, path, Authorization=f"bearer {value}")
            assert error_of(response) == (401, "CF-InvalidAuthToken", 1000)
        assert ask(document_2017, None, path, Authorization="Basic Yng6Yng=").status_code == 401
    assert ask(document_2017, reply["uaa_token"]).status_code == 200
    document_2017.sim.cloud.expire_uaa_tokens()
    assert error_of(ask(document_2017, reply["uaa_token"])) == (401, "CF-InvalidAuthToken", 1000)
    token = uaa_token(document_2017)
    document_2017.sim.cloud.advance(3605)
    assert error_of(ask(document_2017, token)) == (401, "CF-InvalidAuthToken", 1000)


@pytest.mark.parametrize(
    ("path", "status", "code", "number"),
    [
        (f"{PATH}/{ORG}-no/spaces", 404, "CF-OrganizationNotFound", 30003),
        (f"{PATH}/{ORG}", 404, "CF-NotFound", 10000),
        ("/v2/spaces", 404, "CF-NotFound", 10000),
        ("/v3/organizations", 404, "CF-NotFound", 10000),
        (PATH + "?page=0", 400, "CF-BadQueryParameter", 10005),
        (PATH + "?results-per-page=101", 400, "CF-BadQueryParameter", 10005),
        (PATH + "?q=name:example-org", 400, "CF-BadQueryParameter", 10005),
    ],
)
def test_invalid_requests_are_rejected(document_2017: Api, path: str, status: int, code: str, number: int) -> None:
    assert error_of(ask(document_2017, uaa_token(document_2017), path)) == (status, code, number)


@pytest.mark.parametrize("year", ["2020", "2021", "2025"])
def test_other_generations_have_no_cloud_foundry(legacy: t.Callable[[str], Api], year: str) -> None:
    assert error_of(ask(legacy(year), "x")) == (404, "CF-NotFound", 10000)
