# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the renewal of profile tokens during a long run."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import APIError, IBMCloudError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RetryPolicy
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Profile
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.profiles import (
    ADA,
    AUTOMATION,
    BY_ID,
    BY_NAME,
    DEPLOYER_KEY,
    DEV,
    DEV_AUTOMATION,
    GRACE,
    INSTANCE,
    PROD,
    WallClock,
    asked,
    login_at,
    pod_file,
    token_of,
)

from simulator import Faults

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator


def ways(fleet: Simulator, http: HttpClient, tmp_path: Path) -> dict[str, tuple[dict[str, t.Any], list[str]]]:
    """For each login method, return the options, and the requests that renew a rejected token."""
    given = login_at(fleet, http, api_key=DEPLOYER_KEY).account_token()
    assume = "default assume"
    return {
        "key": ({"api_key": DEPLOYER_KEY, "profile": BY_ID}, ["bx apikey", assume]),
        "password": ({**ADA, "profile": BY_ID, "account_id": PROD}, ["bx refresh_token +account", assume]),
        "passcode": (
            {**GRACE, "profile": Profile(id=DEV_AUTOMATION), "account_id": DEV},
            ["bx refresh_token +account", assume],
        ),
        "tokens": (
            {"access_token": given.access, "refresh_token": given.refresh, "profile": BY_ID},
            ["bx refresh_token", assume],
        ),
        "pod": ({"cr_token_file": pod_file(fleet, tmp_path), "profile": BY_ID}, ["default cr_token"]),
        "vpc": ({"vpc_instance": True}, INSTANCE),
    }


@pytest.mark.parametrize("way", ["key", "password", "passcode", "tokens", "pod", "vpc"])
def test_a_rejected_token_is_renewed_once(fleet: Simulator, fleet_http: HttpClient, tmp_path: Path, way: str) -> None:
    """The user's token may also be invalid, so the renewal repeats the login from its first request."""
    given, renewal = ways(fleet, fleet_http, tmp_path)[way]
    login = login_at(fleet, fleet_http, **given)
    containers = Containers(fleet_http, fleet.containers_url, login.auth)
    containers.clusters("classic")
    before = login.account_token()
    fleet.cloud.expire_access_tokens()
    pod_file(fleet, tmp_path)
    fleet.log.reset()

    containers.clusters("classic")

    assert asked(fleet) == ["getClusters", *renewal, "getClusters"]
    assert [entry.status for entry in fleet.requests] == [401, *[200] * len(renewal), 200]
    assert login.account_token().access != before.access
    assert login.account_token().claims.iam_id == before.claims.iam_id


@pytest.mark.parametrize("way", ["key", "password", "passcode", "tokens", "pod", "vpc"])
def test_a_token_is_renewed_before_it_expires(
    fleet: Simulator, fleet_http: HttpClient, tmp_path: Path, way: str
) -> None:
    """When the token is about to expire, the pod's file already contains a new token."""
    clock = WallClock(fleet)
    given, renewal = ways(fleet, fleet_http, tmp_path)[way]
    login = login_at(fleet, fleet_http, now=clock, **given)
    containers = Containers(fleet_http, fleet.containers_url, login.auth)
    containers.clusters("classic")
    clock.advance(3595)
    pod_file(fleet, tmp_path)
    fleet.log.reset()

    containers.clusters("classic")

    assert asked(fleet) == [*renewal, "getClusters"]
    assert {entry.status for entry in fleet.requests} == {200}


def test_a_users_token_renews_the_profiles_token_until_it_expires(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The profile's token can expire before the user's token, which cannot be renewed."""
    clock = WallClock(fleet)
    given = token_of(fleet, fleet_http, api_key=DEPLOYER_KEY)
    fleet.cloud.settings = dataclasses.replace(fleet.cloud.settings, access_token_seconds=900)
    login = login_at(fleet, fleet_http, access_token=given, profile=BY_ID, now=clock)
    containers = Containers(fleet_http, fleet.containers_url, login.auth)
    containers.clusters("classic")

    clock.advance(895)
    containers.clusters("classic")
    assert asked(fleet) == ["default assume", "getClusters"] * 2

    clock.advance(3000)
    with pytest.raises(APIError, match="HTTP 401"):
        containers.clusters("classic")
    assert asked(fleet)[4:] == ["getClusters"]


def test_the_error_of_a_renewal_has_its_reason_once(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The test revokes the API key during the run."""
    login = login_at(fleet, fleet_http, api_key=DEPLOYER_KEY, profile=BY_ID)
    login.account_token()
    fleet.cloud.expire_access_tokens()
    fleet.cloud.identities = {
        name: dataclasses.replace(who, api_keys=()) for name, who in fleet.cloud.identities.items()
    }

    with pytest.raises(APIError, match="log in with the API key failed") as caught:
        Containers(fleet_http, fleet.containers_url, login.auth).clusters("classic")

    assert str(caught.value).count("This login was tried because a service had rejected the access token") == 1


def test_many_threads_share_a_login(fleet: Simulator) -> None:
    """The threads share one login of the owner and one login of the profile."""
    http = HttpClient(verify=str(fleet.ca_path), timeout=10.0, concurrency=8)
    login = login_at(fleet, http, api_key=DEPLOYER_KEY, profile=BY_ID)
    containers = Containers(http, fleet.containers_url, login.auth)

    WorkerPool(8, Clock()).map_errors(["classic"] * 8, containers.clusters)
    fleet.cloud.expire_access_tokens()
    found = WorkerPool(8, Clock()).map_errors(["classic"] * 8, containers.clusters)
    http.close()

    assert [len(clusters) for clusters in found if isinstance(clusters, list)] == [1] * 8
    grants = [call for call in asked(fleet) if call != "getClusters"]
    assert grants == ["bx apikey", "default assume"] * 2


@pytest.mark.parametrize("way", ["key", "pod", "vpc"])
def test_a_login_is_retried_after_an_outage(fleet: Simulator, tmp_path: Path, way: str) -> None:
    """After an outage, a new login can succeed, unlike after a rejection."""
    http = HttpClient(verify=str(fleet.ca_path), timeout=5.0, policy=RetryPolicy(attempts=1))
    login = login_at(fleet, http, **ways(fleet, http, tmp_path)[way][0])
    fleet.cloud.settings = dataclasses.replace(fleet.cloud.settings, faults=Faults(unavailable=1.0))
    with pytest.raises(IBMCloudError):
        login.account_token()
    fleet.cloud.settings = fleet.world.settings

    assert login.account_token().claims.iam_id == f"iam-{AUTOMATION}"
    http.close()


def test_a_wrong_password_is_sent_once(fleet: Simulator, fleet_http: HttpClient) -> None:
    """IAM locks the user after several attempts with a wrong password."""
    login = login_at(fleet, fleet_http, username="ada@example.com", password="wrong", profile=BY_ID, account_id=PROD)

    for _attempt in range(3):
        with pytest.raises(APIError, match="BXNIM0602E"):
            login.account_token()

    assert asked(fleet) == ["bx password +account"]


@pytest.mark.parametrize("profile", [BY_ID, BY_NAME], ids=["id", "name"])
def test_a_password_is_sent_once_in_an_outage(fleet: Simulator, profile: Profile) -> None:
    """The client needs the profile's token for each cluster. IAM may have counted an attempt even if the response was lost."""
    http = HttpClient(verify=str(fleet.ca_path), timeout=5.0, policy=RetryPolicy(attempts=1))
    login = login_at(fleet, http, **ADA, profile=profile, account_id=PROD)
    fleet.cloud.settings = dataclasses.replace(fleet.cloud.settings, faults=Faults(unavailable=1.0))

    for _cluster in range(3):
        with pytest.raises(IBMCloudError):
            login.account_token()

    assert sum("password" in call for call in asked(fleet)) == 1
    http.close()
