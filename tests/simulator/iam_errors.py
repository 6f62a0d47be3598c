# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of IAM's token endpoint (one function per error), and the body of an error response.

The codes and texts are from public sources: IBM's SDKs and their tests (IBM/python-sdk-core, IBM-Cloud/bluemix-go, IBM-Cloud/ibm-cloud-cli-sdk),
and published responses. If IBM's code is unknown, the simulator uses a code that starts with BXNIM99.
"""

from __future__ import annotations

import datetime as dt
import secrets
import typing as t

from aiohttp import web

from .error_response import ErrorResponse


def missing(field: str) -> ErrorResponse:
    return ErrorResponse(
        400, "BXNIM0109E", "Property missing or empty.", details=f"Property '{field}' either missing or empty."
    )


def invalid(field: str, value: str, valid: str) -> ErrorResponse:
    text = f"Validation of property '{field}' with value '{value}' failed. Valid values: {valid}"
    return ErrorResponse(400, "BXNIM0106E", text)


def repeated(field: str) -> ErrorResponse:
    return ErrorResponse(400, "BXNIM0106E", f"Property '{field}' occurs more than once.")  # [inferred]


def no_such_api_key() -> ErrorResponse:
    return ErrorResponse(400, "BXNIM0415E", "Provided API key could not be found.")


def no_authorization_header() -> ErrorResponse:
    return ErrorResponse(401, "BXNIM0308E", "No authorization header found.")


def unknown_client() -> ErrorResponse:
    return ErrorResponse(401, "BXNIM9901E", "The client ID or its secret is unknown.")  # [inferred]


def client_may_not(client: str, grant_type: str) -> ErrorResponse:
    text = f"The client '{client}' may not use the grant type '{grant_type}'."
    return ErrorResponse(400, "BXNIM9902E", text)  # [inferred]


def wrong_password(username: str) -> ErrorResponse:
    # IBM documents the code and the texts, but not the HTTP status 401 [inferred: error-codes]. The error for an unknown user is the same.
    details = f"The credentials you entered for the user '{username}' are incorrect"
    return ErrorResponse(401, "BXNIM0602E", "The credentials you provided are incorrect", details=details)


def federated_user(username: str) -> ErrorResponse:
    # IBM documents that this login fails, but not the HTTP status, the code or the text [inferred].
    text = (
        f"The user '{username}' is federated and cannot log in with a password. Use a one-time passcode or an API key."
    )
    return ErrorResponse(400, "BXNIM0608E", text)


def wrong_passcode() -> ErrorResponse:
    return ErrorResponse(400, "BXNIM9903E", "The passcode is unknown or was already used.")  # [inferred]


def invalid_token() -> ErrorResponse:
    # The code for an invalid refresh token is an assumption [inferred: invalid-token-code].
    return ErrorResponse(400, "BXNIM0407E", "Provided refresh token is invalid.")


def expired_token() -> ErrorResponse:
    return ErrorResponse(400, "BXNIM0408E", "Provided refresh token is expired.")


def other_client(original: str, client: str) -> ErrorResponse:
    text = (
        f"For the original authentication, client id '{original}' was passed, "
        f"refresh the token, client id '{client}' is used."
    )
    return ErrorResponse(400, "BXNIM0137E", text)


def accounts_differ() -> ErrorResponse:
    return ErrorResponse(
        400, "BXNIM9904E", "The properties 'account' and 'bss_account' name different accounts."
    )  # [inferred]


def other_account_than_key() -> ErrorResponse:
    return ErrorResponse(400, "BXNIM9905E", "The API key belongs to a different account.")  # [inferred]


def not_a_member() -> ErrorResponse:
    return ErrorResponse(400, "BXNIM0141E", "User is not member of the specified account")


def other_tenant() -> ErrorResponse:
    text = "The credential does not belong to any account in the IBM-Cloud-Tenant header."
    return ErrorResponse(400, "BXNIM9906E", text)  # [inferred]


def one_of(fields: str) -> ErrorResponse:
    return ErrorResponse(
        400, "BXNIM0109E", "Property missing or empty.", details=f"Exactly one of {fields} is needed."
    )  # [inferred]


def invalid_access_token(why: str) -> ErrorResponse:
    return ErrorResponse(400, "BXNIM0407E", f"Provided access token is invalid: {why}.")  # [inferred]


def invalid_cr_token(why: str) -> ErrorResponse:
    return ErrorResponse(400, "BXNIM9907E", f"Provided compute resource token is invalid: {why}.")  # [inferred]


def no_such_profile() -> ErrorResponse:
    return ErrorResponse(400, "BXNIM9908E", "The trusted profile could not be found in the account.")  # [inferred]


def profile_not_eligible(who: str, profile: str) -> ErrorResponse:
    """Return the error that confidential-containers/cloud-api-adaptor quotes in pull request 991."""
    details = (
        f"The given token with identifier '{who}' is not permitted to assume the indicated trusted profile; "
        f"profile ID '{profile}'"
    )
    return ErrorResponse(400, "BXNIM0398E", "Selected trusted profile not eligible.", details=details)


def wrong_uaa_client() -> ErrorResponse:
    return ErrorResponse(400, "BXNIM9909E", "The UAA client must be 'cf' with an empty secret.")  # [inferred]


def render_error(request: web.Request, error: ErrorResponse) -> web.Response:
    """Return IAM's error response with ``errorCode``, ``errorMessage``, optional ``errorDetails``, and a ``context`` of strings."""
    # An error without a code, such as HTTP 405, comes from IAM's web container and not from IAM itself.
    code = error.code or "BXNIM0060E"
    text = error.text if error.code else "Web application exception during request processing."
    details = error.details if error.code else f"HTTP {error.status} {error.text}"
    body: dict[str, t.Any] = {"context": _context(request), "errorCode": code, "errorMessage": text}
    if details:
        body["errorDetails"] = details
    return web.json_response(body, status=error.status, headers=error.headers)


def _context(request: web.Request) -> dict[str, str]:
    now = dt.datetime.now(dt.UTC)
    stamp = now.strftime("%d.%m.%Y %H:%M:%S:") + f"{now.microsecond // 1000:03d} UTC"
    return {
        "requestId": secrets.token_hex(8),
        "requestType": "incoming.Identity_Token",
        "userAgent": request.headers.get("User-Agent", ""),
        "clientIp": request.remote or "",
        "url": str(request.url.origin()),
        "instanceId": "iamid-sim-1",
        "threadId": "1a2b3",
        "host": "iamid-sim-1",
        "startTime": stamp,
        "endTime": stamp,
        "elapsedTime": "0",
        "locale": "en_US",
        "clusterName": "iam-id-sim",
    }
