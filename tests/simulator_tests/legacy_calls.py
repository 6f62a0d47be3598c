# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for the tests of older API generations. They send requests from IBM's page "Setting up the API" (2017, 2020 and 2021)."""

from __future__ import annotations

import io
import time
import typing as t
import zipfile

import yaml
from simulator_tests.calls import APIKEY, PASSCODE, Api, Response, ok

Form = dict[str, str]
Tokens = dict[str, t.Any]

ACCOUNT = "1111a1aa1a1111a1aa11aa11111a1111"
SECOND = "2222b2bb2b2222b2bb22bb22222b2222"
THIRD = "3333c3cc3c3333c3cc33cc33333c3333"
ADA_IAM_ID = "IBMid-2700ABCDEF"
CLUSTER = "1abc123b123b124ab1234a1a12a12a12"

PASSWORD: Form = {"grant_type": "password", "username": "ada@example.com", "password": "not-a-real-password"}
KEY: Form = {"grant_type": APIKEY, "apikey": "not-a-real-api-key-of-ada"}
SECOND_KEY: Form = {"grant_type": APIKEY, "apikey": "not-a-real-api-key-of-ada-two"}
DEPLOYER: Form = {"grant_type": APIKEY, "apikey": "not-a-real-api-key-of-deployer"}
CODE: Form = {"grant_type": PASSCODE, "passcode": "not-a-real-passcode-1"}
LOGINS: dict[str, Form] = {"password": PASSWORD, "API key": KEY, "passcode": CODE}

# The fields for a UAA token in the 2017 version of IBM's page
UAA_2017: Form = {"response_type": "cloud_iam, uaa", "uaa_client_id": "cf", "uaa_client_secret": ""}
# The fields in the first step of the later versions
UAA: Form = {**UAA_2017, "response_type": "cloud_iam uaa"}
# The fields in the other steps of the later versions
UAA_LATER: Form = {"response_type": "cloud_iam uaa", "uaa_client_ID": "cf", "uaa_client_secret": ""}


def token_call(api: Api, form: Form, client: str | None = "bx", **options: t.Any) -> Response:
    """Send a request to the token endpoint of the simulator's API generation."""
    return api.iam(form, client, api.sim.cloud.generation.token_paths[0], **options)


def tokens(api: Api, form: Form | None = None, **fields: str) -> Tokens:
    return ok(token_call(api, {**(form or KEY), **fields}))


def scoped(api: Api) -> Tokens:
    """Return tokens for the account that owns the clusters."""
    return tokens(api, PASSWORD, bss_account=ACCOUNT)


def v1(api: Api, path: str, reply: Tokens, region: str | None = "us-south", **headers: str | None) -> Response:
    """Send a request with the access token and the refresh token. Omit headers whose value is None."""
    all_headers = {
        "Authorization": f"bearer {reply['access_token']}",
        "X-Auth-Refresh-Token": reply["refresh_token"],
        "X-Region": region,
        **headers,
    }
    kept = {name: value for name, value in all_headers.items() if value is not None}
    base = api.sim.containers_url.removesuffix("/global")
    return api.send("GET", base + path, headers=kept)


def kubeconfig(response: Response) -> tuple[dict[str, t.Any], bytes, list[str]]:
    """Return the kubeconfig from a zip archive, the CA certificate, and the names of all files in the archive."""
    assert response.status_code == 200, response.text
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        names = archive.namelist()
        (path,) = (name for name in names if name.endswith(".yml"))
        config: dict[str, t.Any] = yaml.safe_load(archive.read(path))
        ca_file = config["clusters"][0]["cluster"]["certificate-authority"]
        return config, archive.read(path.rpartition("/")[0] + "/" + ca_file), names


def check_token_reply(reply: Tokens, scope: str | None, *names: str) -> None:
    """Check that the reply contains these tokens in order, followed by the other fields that IBM's page shows."""
    rest = {"token_type": "Bearer", "expires_in": 3600, **({} if scope is None else {"scope": scope})}
    expiration = reply["expiration"]
    assert isinstance(expiration, int)
    assert abs(expiration - time.time() - 3600) < 10
    assert list(reply) == [*names, "token_type", "expires_in", "expiration", *(["scope"] if scope else [])]
    assert all(isinstance(reply[name], str) and len(reply[name]) > 20 for name in names)
    assert {name: reply[name] for name in rest} == rest
