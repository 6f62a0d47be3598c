# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM's HTTP API: the token endpoint, the signing keys and the discovery document."""

from __future__ import annotations

import secrets
import typing as t
import urllib.parse

from aiohttp import web

from . import grants
from . import iam_errors as errors
from .error_response import ErrorResponse
from .request_log import RequestLog, oauth_client
from .service import CLOUD, application, get
from .token_request import TokenRequest

if t.TYPE_CHECKING:
    from .cloud import Cloud

_FORM = "application/x-www-form-urlencoded"


def iam(cloud: Cloud, log: RequestLog) -> web.Application:
    """Return the IAM service for the world's API generation."""
    identity = [
        get("/identity/keys", _keys),
        get("/identity/.well-known/openid-configuration", _discovery),
    ]
    app = application(
        cloud,
        log,
        [
            *(web.post(path, _token) for path in cloud.generation.token_paths),
            *(identity if cloud.generation.has_discovery else ()),
            get("/healthz", _healthz),
        ],
        errors.render_error,
        service="iam",
        clients=True,
    )
    app.on_response_prepare.append(_transaction)
    return app


async def _transaction(request: web.Request, response: web.StreamResponse) -> None:
    """Add the request's Transaction-Id, or a new Transaction-Id, to the response."""
    given = request.headers.get("Transaction-Id", "")
    response.headers["Transaction-Id"] = (
        given if given.isprintable() and 0 < len(given) <= 128 else secrets.token_hex(16)
    )
    response.headers["Cache-Control"] = "no-cache, no-store, must-revalidate"


async def _token(request: web.Request) -> web.Response:
    tenants = tuple(filter(None, (part.strip() for part in request.headers.get("IBM-Cloud-Tenant", "").split(","))))
    client = oauth_client(request.headers.get("Authorization"))
    generation = request.app[CLOUD].generation
    if client not in generation.clients:
        raise errors.unknown_client()
    form = _form(request, await request.read())
    return web.json_response(grants.token_reply(request.app[CLOUD], TokenRequest(client, form, tenants, generation)))


def _form(request: web.Request, body: bytes) -> dict[str, str]:
    if request.content_type != _FORM:
        raise ErrorResponse(415, "", "Unsupported Media Type")
    if "Content-Length" not in request.headers:
        body = b""  # without Content-Length, IAM ignores the body (Portworx 2.2 release notes, PWX-9765)
    form: dict[str, str] = {}
    try:
        pairs = urllib.parse.parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise ErrorResponse(400, "BXNIM9900E", "The body is not URL-encoded.") from None  # [inferred]
    for name, value in pairs:
        if name in form:
            raise errors.repeated(name[:80])
        form[name] = value
    return form


async def _keys(request: web.Request) -> web.Response:
    return web.json_response(request.app[CLOUD].signer.jwks())


async def _discovery(request: web.Request) -> web.Response:
    """Return the OpenID discovery document. kubectl's ``oidc`` provider reads ``token_endpoint`` from this document."""
    cloud = request.app[CLOUD]
    document: dict[str, t.Any] = {
        "issuer": cloud.issuer,
        "token_endpoint": f"{cloud.identity_url}/token",
        "jwks_uri": f"{cloud.identity_url}/keys",
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "grant_types_supported": list(grants.supported(cloud.generation)),
    }
    return web.json_response(document)


async def _healthz(_request: web.Request) -> web.Response:
    return web.Response(text="OK")
