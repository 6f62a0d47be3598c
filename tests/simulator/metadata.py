# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service of a VPC virtual server instance. Like IBM's service, the simulated service issues identity tokens and profile tokens over plain HTTP.

Requests and responses follow IBM's page on identity operations (ibm-cloud-docs/vpc, ``imd-identity-operations``). Error
codes and texts follow IBM's page on error codes (``instance-metadata-error-codes``).
"""

from __future__ import annotations

import datetime as dt
import json
import re
import typing as t
import uuid

from aiohttp import web

from . import compute_identity, profiles
from .error_response import ErrorResponse
from .service import CLOUD, application, bearer_token
from .tokens import TokenError

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .request_log import RequestLog
    from .world import Identity

# The first API version that supports identity tokens, and the first API version that uses different paths.
_FIRST_VERSION, _OTHER_PATHS = "2022-03-01", "2025-08-26"
_IDENTITY_SECONDS = 300


def metadata(cloud: Cloud, log: RequestLog) -> web.Application:
    """Return an application with the identity operations of the metadata service."""
    routes = [
        web.put("/instance_identity/v1/token", _identity_token),
        web.post("/instance_identity/v1/iam_token", _iam_token),
    ]
    return application(cloud, log, routes, _render_error, service="metadata")


def _render_error(_request: web.Request, error: ErrorResponse) -> web.Response:
    details = {"code": error.code or "invalid_request", "message": error.text}
    body = {"errors": [details], "status_code": error.status, "trace": str(uuid.uuid4())}
    return web.json_response(body, status=error.status, headers=error.headers)


async def _identity_token(request: web.Request) -> web.Response:
    _check_version(request)
    if "Metadata-Flavor" not in request.headers:
        raise ErrorResponse(
            400, "missing_value", "A value such as `ibm` must be provided in the `Metadata-Flavor` header."
        )
    if request.headers["Metadata-Flavor"] != "ibm":
        raise ErrorResponse(400, "invalid_value", "The value provided for the `Metadata-Flavor` header must be `ibm`.")
    body = await _body(request, "expires_in")
    seconds = body.get("expires_in", _IDENTITY_SECONDS)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 5 <= seconds <= 3600:
        text = "The value provided for the `expires_in` field must be between `5` and `3600`."
        raise ErrorResponse(400, "invalid_value", text)
    cloud = request.app[CLOUD]
    return _token(cloud, compute_identity.instance_token(cloud, seconds), seconds)


async def _iam_token(request: web.Request) -> web.Response:
    _check_version(request)
    cloud = request.app[CLOUD]
    try:
        # A missing header causes the same error as an invalid token [inferred].
        compute_identity.check_instance_token(cloud, bearer_token(request) or "")
    except TokenError:
        raise ErrorResponse(401, "unauthenticated", "The provided token is invalid or expired.") from None
    body = await _body(request, "trusted_profile")
    profile = _profile(cloud, body.get("trusted_profile"))
    login = profiles.session("urn:ibm:params:oauth:grant-type:cr-token", profile, "default")
    return _token(cloud, cloud.access_token(login, "ibm openid"), cloud.settings.access_token_seconds)


def _check_version(request: web.Request) -> None:
    version = request.query.get("version")
    if version is None:
        raise ErrorResponse(400, "missing_value", "A value must be provided for the `version` query parameter.")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", version) or version < _FIRST_VERSION:
        raise ErrorResponse(400, "invalid_value", "The value provided for the `version` query parameter is not valid.")
    if version >= _OTHER_PATHS:
        # IBM documents that later versions use different paths. These versions reject the old paths [inferred].
        # The service still supports the first version [inferred: metadata-version].
        raise ErrorResponse(404, "invalid_value", "The path is not valid for this version.")


async def _body(request: web.Request, known: str) -> dict[str, t.Any]:
    """Return the JSON object in the request. The body is optional, and IBM's curl examples do not set a content type."""
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        raise ErrorResponse(400, "invalid_request", "The request body was malformed.") from None
    if not isinstance(body, dict):
        raise ErrorResponse(400, "invalid_request", "The request body was malformed.")
    for name in body:
        if name != known:
            raise ErrorResponse(
                400, "unknown_field", f"Unknown property `{name[:40]}` was specified in the request body."
            )
    return body


def _profile(cloud: Cloud, asked: object) -> Identity:
    linked = [who for who in cloud.identities.values() if who.trust is not None and who.trust.vpc_instance != "no"]
    if asked is None:
        for who in linked:
            if who.trust is not None and who.trust.vpc_instance == "default":
                return who
        raise ErrorResponse(400, "missing_field", "A trusted profile ID was not passed in the request body.")
    # As in IBM's documentation and CLI, a request can select a profile by ID or CRN, but not by name.
    if not isinstance(asked, dict) or len(asked) != 1 or not isinstance(next(iter(asked.values())), str):
        raise ErrorResponse(400, "invalid_value", "The value provided for the `trusted_profile` field is not valid.")
    ((field, value),) = asked.items()
    if field not in ("id", "crn"):
        raise ErrorResponse(400, "unknown_field", f"Unknown property `{field[:40]}` was specified in the request body.")
    crn = profiles.CRN.fullmatch(value)
    identifier = crn["id"] if field == "crn" and crn else value
    profile = cloud.profile(iam_id=f"iam-{identifier}")
    if profile is None:
        raise ErrorResponse(400, "not_found", "Trusted profile not found.")
    if profile not in linked:
        text = "The virtual server instance is not linked to the specified trusted profile."
        raise ErrorResponse(400, "profile_not_linked", text)
    return profile


def _token(cloud: Cloud, token: str, seconds: int) -> web.Response:
    now = dt.datetime.fromtimestamp(cloud.now(), dt.UTC)
    body = {
        "access_token": token,
        "created_at": _stamp(now),
        "expires_at": _stamp(now + dt.timedelta(seconds=seconds)),
        "expires_in": seconds,
    }
    return web.json_response(body)


def _stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
