# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trusted profiles of the world ``fleet``, and requests for their tokens."""

from __future__ import annotations

import typing as t

from simulator_tests.calls import PREFIX, PROD, Api, Response, ok

ASSUME = PREFIX + "assume"
CR_TOKEN = PREFIX + "cr-token"

AUTOMATION = "Profile-5f1c2d3e-1111-4222-8333-445566778899"
READER = "Profile-6f1c2d3e-1111-4222-8333-445566778899"
DEV_AUTOMATION = "Profile-7f1c2d3e-1111-4222-8333-445566778899"
NOBODY = "Profile-00000000-1111-4222-8333-445566778899"
VERSION = "2022-03-01"


def crn(profile: str, account: str = PROD) -> str:
    return f"crn:v1:bluemix:public:iam-identity::a/{account}::profile:{profile}"


def identity_token(api: Api, *, body: t.Any = None, version: str | None = VERSION, **headers: str) -> Response:
    """Request an identity token from the metadata service, as IBM documents."""
    return api.send(
        "PUT",
        api.sim.metadata_url + "/instance_identity/v1/token",
        params={"version": version} if version else {},
        json={"expires_in": 300} if body is None else body,
        headers=headers,
    )


def instance(api: Api) -> str:
    return str(ok(identity_token(api, **{"Metadata-Flavor": "ibm"}))["access_token"])


def iam_token(api: Api, token: str | None, body: t.Any, *, version: str = VERSION) -> Response:
    """Request a profile's token from the metadata service."""
    return api.send(
        "POST",
        api.sim.metadata_url + "/instance_identity/v1/iam_token",
        params={"version": version},
        json=body,
        headers={} if token is None else {"Authorization": f"Bearer {token}"},
    )
