# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trusted profiles of the world ``fleet``, and helpers for tests of profile logins."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials, Profile
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.vpc_metadata import VpcMetadata

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient

    from simulator import Simulator

DEV = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
PROD = "b2c3d4e5f60718293a4b5c6d7e8f90a1"
DEPLOYER_KEY = "not-a-real-key/deployer+prod="
ADA_KEY = "not-a-real-key/ada+prod="
AUTOMATION = "Profile-5f1c2d3e-1111-4222-8333-445566778899"
READER = "Profile-6f1c2d3e-1111-4222-8333-445566778899"
DEV_AUTOMATION = "Profile-7f1c2d3e-1111-4222-8333-445566778899"
NOBODY = "Profile-00000000-1111-4222-8333-445566778899"
ADA = {"username": "ada@example.com", "password": "not/a+real=password"}
GRACE = {"passcode": "not-a-real-passcode-1"}
# The requests that an instance sends to its metadata service
INSTANCE = ["token", "iam_token"]
BY_ID = Profile(id=AUTOMATION)
BY_CRN = Profile(crn=f"crn:v1:bluemix:public:iam-identity::a/{PROD}::profile:{AUTOMATION}")
BY_NAME = Profile(name="automation")


class WallClock:
    """A clock for a login. A test can advance this clock and the simulator's clock together."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._offset = 0.0

    def __call__(self) -> float:
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds
        self._simulator.cloud.advance(seconds)


def login_at(
    simulator: Simulator,
    http: HttpClient,
    *,
    account_id: str = "",
    account: str = "",
    now: t.Callable[[], float] = time.time,
    register_secret: t.Callable[..., None] = lambda *_secrets: None,
    **given: t.Any,
) -> TokenManager:
    """Return the token manager for a login at the simulator with the given credentials."""
    return TokenManager(
        http,
        Iam(http, simulator.iam_url),
        simulator.accounts_url,
        Credentials(**given),
        account_id=account_id,
        account=account,
        register_secret=register_secret,
        clock=LocalClock(now),
        metadata=VpcMetadata(http, simulator.metadata_url, register_secret=register_secret),
    )


def token_of(fleet: Simulator, http: HttpClient, **given: t.Any) -> str:
    """Log in, reset the request log, and return the access token."""
    token = login_at(fleet, http, **given).account_token().access
    fleet.log.reset()
    return token


def pod_file(simulator: Simulator, folder: Path, **options: t.Any) -> str:
    """Write a new service account token to a pod's token file, and return the path of the file."""
    path = folder / "sa-token"
    path.write_text(simulator.cr_token("shop-prod", "ansible/runner", **options) + "\n")
    return str(path)


def asked(simulator: Simulator) -> list[str]:
    """Return a summary of each request: for IAM, the client and the grant; for other services, the last segment of the path."""
    return [_words(entry) for entry in simulator.requests]


def _words(entry: t.Any) -> str:
    if entry.service != "iam":
        return str(entry.path.rpartition("/")[2])
    fields = set(entry.form_fields)
    grants = ("apikey", "passcode", "password", "cr_token", "refresh_token")
    grant = next((name for name in grants if name in fields), "assume")
    account = " +account" if {"account", "bss_account"} <= fields else ""
    return f"{entry.client} {grant}{account}"
