# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the metadata service of a VPC instance."""

from __future__ import annotations

import datetime as dt
import typing as t

import jwt
import pytest
from simulator_tests.calls import DEPLOYER_KEY, PROD, Api, ok
from simulator_tests.profile_calls import (
    AUTOMATION,
    DEV_AUTOMATION,
    NOBODY,
    READER,
    crn,
    iam_token,
    identity_token,
    instance,
)

FLAVOR = {"Metadata-Flavor": "ibm"}


def code_of(response: t.Any) -> tuple[int, str]:
    body = response.json()
    assert (body["status_code"], bool(body["trace"])) == (response.status_code, True)
    return response.status_code, body["errors"][0]["code"]


def test_only_a_world_with_an_instance_has_a_metadata_service(fleet: Api, document: Api) -> None:
    """The metadata service has a separate HTTP address."""
    assert fleet.sim.env["IBMCLOUD_CR_VPC_URL"] == fleet.sim.metadata_url
    assert fleet.sim.metadata_url.startswith("http://127.0.0.1:")
    assert "IBMCLOUD_CR_VPC_URL" not in document.sim.env
    with pytest.raises(KeyError):
        assert document.sim.metadata_url


def test_an_identity_token_is_issued(fleet: Api) -> None:
    for body, seconds in (({"expires_in": 60}, 60), ({}, 300)):
        reply = ok(identity_token(fleet, body=body, **FLAVOR))
        assert set(reply) == {"access_token", "created_at", "expires_at", "expires_in"}
        begin, end = (dt.datetime.fromisoformat(reply[name]) for name in ("created_at", "expires_at"))
        assert (reply["expires_in"], end - begin) == (seconds, dt.timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "missing_value"),
        ({"Metadata-Flavor": "aws"}, "invalid_value"),
        ({**FLAVOR, "version": None}, "missing_value"),
        ({**FLAVOR, "version": "2021-01-01"}, "invalid_value"),
        ({**FLAVOR, "version": "today"}, "invalid_value"),
        ({**FLAVOR, "body": {"expires_in": 7200}}, "invalid_value"),
        ({**FLAVOR, "body": {"expires_in": "300"}}, "invalid_value"),
        ({**FLAVOR, "body": {"life": 300}}, "unknown_field"),
        ({**FLAVOR, "body": [300]}, "invalid_request"),
    ],
)
def test_invalid_identity_token_requests_are_rejected(fleet: Api, options: t.Any, code: str) -> None:
    assert code_of(identity_token(fleet, **options)) == (400, code)


def test_later_versions_have_other_paths(fleet: Api) -> None:
    assert code_of(identity_token(fleet, version="2025-08-26", **FLAVOR)) == (404, "invalid_value")


@pytest.mark.parametrize(
    ("body", "profile"),
    [
        ({}, AUTOMATION),
        ({"trusted_profile": {"id": AUTOMATION}}, AUTOMATION),
        ({"trusted_profile": {"id": READER}}, READER),
        ({"trusted_profile": {"crn": crn(READER)}}, READER),
    ],
)
def test_a_token_of_a_profile_is_issued(fleet: Api, body: t.Any, profile: str) -> None:
    """If no profile is requested, the instance's default profile is used."""
    reply = ok(iam_token(fleet, instance(fleet), body))
    assert set(reply) == {"access_token", "created_at", "expires_at", "expires_in"}
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})
    assert (claims["iam_id"], claims["account"]["bss"]) == (f"iam-{profile}", PROD)
    assert fleet.containers(reply["access_token"], "getCluster?cluster=shop-prod").status_code == 200


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ({"id": NOBODY}, "not_found"),
        ({"id": DEV_AUTOMATION}, "profile_not_linked"),
        ({"crn": crn(DEV_AUTOMATION)}, "profile_not_linked"),
        ({"name": "automation"}, "unknown_field"),
        ({"id": AUTOMATION, "crn": crn(AUTOMATION)}, "invalid_value"),
        (AUTOMATION, "invalid_value"),
        # An old release of IBM's SDK for Python sends the profile as a JSON string.
        (f'{{"id": "{AUTOMATION}"}}', "invalid_value"),
    ],
)
def test_other_profiles_are_rejected(fleet: Api, profile: t.Any, code: str) -> None:
    assert code_of(iam_token(fleet, instance(fleet), {"trusted_profile": profile})) == (400, code)


def test_an_instance_without_a_default_requires_a_profile(fleet: Api) -> None:
    cloud = fleet.sim.cloud
    del cloud.identities[f"iam-{AUTOMATION}"]
    assert code_of(iam_token(fleet, instance(fleet), {})) == (400, "missing_field")


def test_invalid_identity_tokens_are_rejected(fleet: Api) -> None:
    for token in (None, "x", fleet.access_token(DEPLOYER_KEY)):
        assert code_of(iam_token(fleet, token, {})) == (401, "unauthenticated")
    token = instance(fleet)
    assert iam_token(fleet, token, {}).status_code == 200
    fleet.sim.cloud.advance(301)
    assert code_of(iam_token(fleet, token, {})) == (401, "unauthenticated")


def test_other_services_reject_an_identity_token(fleet: Api) -> None:
    assert fleet.containers(instance(fleet), "getCluster?cluster=shop-prod").status_code == 401


def test_other_paths_and_methods_are_rejected(fleet: Api) -> None:
    url = fleet.sim.metadata_url
    assert fleet.send("GET", url + "/instance_identity/v1/token").status_code == 405
    assert fleet.send("GET", url + "/metadata/v1/instance").status_code == 404
    assert [entry.service for entry in fleet.sim.requests] == ["metadata", "metadata"]
