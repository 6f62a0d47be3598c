# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OAuth server of an OpenShift cluster. The server issues an access token for an API key or a one-time passcode.

Responses follow OpenShift's server (openshift/oauth-server). ``/oauth/authorize`` supports the implicit flow and the code flow, and ``/oauth/token``
exchanges codes. Only clients that send ``X-CSRF-Token`` receive a challenge. The only client is
``openshift-challenging-client``, and the only scope is ``user:full``. The session cookie does not grant access.
"""

from __future__ import annotations

import hmac
import re
import secrets
import typing as t
import urllib.parse

from aiohttp import web

from . import oauth_errors as errors
from .cluster_state import ClusterState
from .oauth_errors import RedirectedError
from .oauth_login import identity_of
from .openshift_tokens import CODE_SECONDS, Code, s256
from .service import CLOUD, application, basic_credentials, get

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .request_log import RequestLog

CLIENT = "openshift-challenging-client"
SCOPES = ("user:check-access", "user:full", "user:info", "user:list-projects", "user:list-scoped-projects")
CHALLENGE_METHODS = ("plain", "S256")

_STATE = web.AppKey("state", ClusterState)
_BASE = web.AppKey("base", str)
_SCOPE = "user:full"
_PKCE = "[a-zA-Z0-9~._-]{43,128}"


def oauth_server(cloud: Cloud, log: RequestLog, state: ClusterState, endpoint: str) -> web.Application:
    """Return the OAuth server for one endpoint (``public``, ``private`` or ``vpe``) of a cluster."""
    routes = [
        get("/oauth/authorize", _authorize),
        web.post("/oauth/token", _token),
        get("/oauth/token/implicit", _implicit),
        get("/healthz", _healthz),
    ]
    app = application(
        cloud, log, routes, errors.render_error, service=state.cluster.name, endpoint=endpoint, faults=False
    )
    app[_STATE] = state
    app[_BASE] = state.oauth_urls[endpoint]
    app.on_response_prepare.append(_no_cache)
    return app


def discovery(issuer: str) -> dict[str, t.Any]:
    """Return the OAuth server's discovery document."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code", "token"],
        "grant_types_supported": ["authorization_code", "implicit"],
        "code_challenge_methods_supported": list(CHALLENGE_METHODS),
    }


async def _no_cache(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Cache-Control"] = "no-cache, no-store, max-age=0, must-revalidate"
    response.headers["Pragma"] = "no-cache"
    response.headers["Expires"] = "0"


async def _authorize(request: web.Request) -> web.Response:
    """Process an authorization request: check the client, then the identity, then the scope."""
    query = request.query
    if query.get("client_id") != CLIENT:
        raise errors.unauthorized_client()
    own = request.app[_BASE] + "/oauth/token/implicit"
    redirect_uri = query.get("redirect_uri") or own
    if redirect_uri != own:
        raise errors.invalid_request()
    try:
        location = _grant(request, redirect_uri)
    except RedirectedError as problem:
        parameters = {"error": problem.code, "error_description": problem.text, "state": query.get("state", "")}
        return _redirect(redirect_uri, "?", parameters)
    cookie = secrets.token_urlsafe(32)
    request.app[_STATE].tokens.issued.append(cookie)
    location.set_cookie("ssn", cookie, path="/", secure=True, httponly=True)
    return location


def _grant(request: web.Request, redirect_uri: str) -> web.Response:
    cloud, state, query = request.app[CLOUD], request.app[_STATE], request.query
    kind = query.get("response_type", "")
    if kind not in ("token", "code"):
        raise RedirectedError("unsupported_response_type")
    challenge, method = query.get("code_challenge", ""), query.get("code_challenge_method") or "plain"
    if kind == "code" and challenge and (method not in CHALLENGE_METHODS or not re.fullmatch(_PKCE, challenge)):
        raise RedirectedError("invalid_request")
    identity = identity_of(request.headers, cloud, state)
    scopes = tuple(query.get("scope", _SCOPE).split()) or (_SCOPE,)
    if scopes != (_SCOPE,):
        # Real servers grant every scope in the discovery document [inferred]. The simulator supports only user:full.
        raise RedirectedError("invalid_scope")
    parameters = {"state": query.get("state", "")}
    if kind == "code":
        code = Code(identity.iam_id, scopes, redirect_uri, challenge, method, cloud.now() + CODE_SECONDS)
        return _redirect(redirect_uri, "?", {"code": state.tokens.issue_code(code), **parameters})
    return _redirect(redirect_uri, "#", {**_reply(cloud, state, identity.iam_id, scopes), **parameters})


def _reply(cloud: Cloud, state: ClusterState, iam_id: str, scopes: tuple[str, ...]) -> dict[str, t.Any]:
    seconds = cloud.settings.openshift_token_seconds
    return {
        "access_token": state.tokens.issue(iam_id, scopes, cloud.now() + seconds),
        "expires_in": seconds,
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }


def _redirect(uri: str, separator: str, parameters: t.Mapping[str, t.Any]) -> web.Response:
    text = urllib.parse.urlencode({name: value for name, value in sorted(parameters.items()) if value != ""}, safe="~")
    return web.Response(status=302, headers={"Location": f"{uri}{separator}{text}"})


async def _token(request: web.Request) -> web.Response:
    """Exchange an authorization code for a token. A code can be exchanged only once, but a wrong verifier does not use up the code."""
    form = dict(urllib.parse.parse_qsl((await request.read()).decode("ascii", "replace"), keep_blank_values=True))
    if _client(request, form) != (CLIENT, ""):
        raise errors.unauthorized_client()
    if form.get("grant_type") != "authorization_code":
        raise errors.unsupported_grant_type()
    cloud, state = request.app[CLOUD], request.app[_STATE]
    value = form.get("code", "")
    if not value:
        raise errors.invalid_grant()
    code = state.tokens.codes.get(value)
    if code is None:
        raise errors.unauthorized_client()
    own = request.app[_BASE] + "/oauth/token/implicit"
    if code.expires <= cloud.now() or (form.get("redirect_uri") or own) != code.redirect_uri:
        raise errors.invalid_grant()
    if code.challenge:
        verifier = form.get("code_verifier", "")
        proof = s256(verifier) if code.method == "S256" else verifier
        if not re.fullmatch(_PKCE, verifier) or not hmac.compare_digest(proof.encode(), code.challenge.encode()):
            raise errors.invalid_grant()
    del state.tokens.codes[value]
    return web.json_response(_reply(cloud, state, code.iam_id, code.scopes))


def _client(request: web.Request, form: t.Mapping[str, str]) -> tuple[str, str] | None:
    """Return the client and its secret from the HTTP Basic credentials or from the form."""
    if "Authorization" in request.headers:
        return basic_credentials(request.headers["Authorization"])
    if "client_id" in form and "client_secret" in form:
        return form["client_id"], form["client_secret"]
    raise errors.invalid_request()


async def _implicit(_request: web.Request) -> web.Response:
    """Return the page that a client receives if it follows the redirect from ``/oauth/authorize``."""
    return web.Response(text="You have reached this page by following a redirect Location header.\n")


async def _healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok")
