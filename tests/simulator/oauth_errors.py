# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of a cluster's OAuth server, with the codes from RFC 6749 and the texts from OpenShift's server library."""

from __future__ import annotations

import typing as t

from aiohttp import web

from .error_response import ErrorResponse

if t.TYPE_CHECKING:
    from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "invalid_request": "The request is missing a required parameter, includes an invalid parameter value, includes a "
    "parameter more than once, or is otherwise malformed.",
    "unauthorized_client": "The client is not authorized to request a token using this method.",
    "unsupported_response_type": "The authorization server does not support obtaining a token using this method.",
    "invalid_scope": "The requested scope is invalid, unknown, or malformed.",
    "server_error": "The authorization server encountered an unexpected condition that prevented it from fulfilling "
    "the request.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "invalid_grant": "The provided authorization grant (e.g., authorization code, resource owner credentials) or "
    "refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, "
    "or was issued to another client.",
}
# The quotation marks are part of the text, both in the header and in the body.
NO_CSRF_TOKEN = '"A non-empty X-CSRF-Token header is required to receive basic-auth challenges"'


class RedirectedError(Exception):
    """An error that is reported in the query string of the redirect URI."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = TEXTS[code]


def _bad_request(code: str) -> ErrorResponse:
    return ErrorResponse(400, code, TEXTS[code])


def invalid_request() -> ErrorResponse:
    return _bad_request("invalid_request")


def unauthorized_client() -> ErrorResponse:
    return _bad_request("unauthorized_client")


def unsupported_grant_type() -> ErrorResponse:
    return _bad_request("unsupported_grant_type")


def invalid_grant() -> ErrorResponse:
    return _bad_request("invalid_grant")


def server_error() -> ErrorResponse:
    return _bad_request("server_error")


def challenge(headers: Mapping[str, str]) -> ErrorResponse:
    """Return a challenge. Only clients that send X-CSRF-Token receive WWW-Authenticate. Browsers do not send X-CSRF-Token."""
    if headers.get("X-CSRF-Token"):
        return ErrorResponse(401, "", "", headers={"WWW-Authenticate": 'Basic realm="openshift"'})
    return ErrorResponse(401, "", NO_CSRF_TOKEN + "\n", headers={"Warning": f"199 Origin {NO_CSRF_TOKEN}"})


def render_error(_request: web.Request, error: ErrorResponse) -> web.Response:
    """Return OAuth errors as JSON, and other errors as plain text."""
    if error.code:
        body = {"error": error.code, "error_description": error.text}
        return web.json_response(body, status=error.status, headers=error.headers)
    return web.Response(status=error.status, text=error.text, headers=error.headers)
