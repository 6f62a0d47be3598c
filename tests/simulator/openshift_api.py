# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenShift's additions to the API server (OAuth discovery, users, tokens and projects)."""

from __future__ import annotations

import typing as t

from aiohttp import web

from .error_response import ErrorResponse
from .kube_authorization import STATE, namespace_user, require_user
from .oauth_server import discovery
from .service import CLOUD, get

_TOKENS = "/apis/oauth.openshift.io/v1"
_PROJECTS = "/apis/project.openshift.io/v1/projects"
_ENDPOINT = web.AppKey("endpoint", str)


def add_openshift(app: web.Application, endpoint: str) -> None:
    """Add OpenShift's routes to an API server. Catch-all routes must be added after these routes."""
    app[_ENDPOINT] = endpoint
    app.add_routes(
        [
            get("/.well-known/oauth-authorization-server", _discovery),
            get("/apis/user.openshift.io/v1/users/~", _user),
            web.delete(_TOKENS + "/useroauthaccesstokens/{name}", _delete_own_token),
            web.delete(_TOKENS + "/oauthaccesstokens/{name}", _delete_token),
            get(_PROJECTS, _list_projects),
            get(_PROJECTS + "/{name}", _get_project),
        ]
    )


async def _discovery(request: web.Request) -> web.Response:
    """Return the OAuth discovery document, even without a token. Each endpoint has its own OAuth server [inferred: openshift-private-oauth]."""
    return web.json_response(discovery(request.app[STATE].oauth_urls[request.app[_ENDPOINT]]))


async def _user(request: web.Request) -> web.Response:
    """Return the user who sent the request (as for ``oc whoami``)."""
    user = require_user(request)
    body = {
        "kind": "User",
        "apiVersion": "user.openshift.io/v1",
        "metadata": {"name": user.name, "uid": user.uid, "creationTimestamp": "2026-02-01T00:00:00Z"},
        "identities": [f"IAM:{user.iam_id}"],
        "groups": sorted(user.groups),
    }
    return web.json_response(body)


async def _delete_own_token(request: web.Request) -> web.Response:
    return _delete(request, "useroauthaccesstokens", require_user(request).iam_id)


async def _delete_token(request: web.Request) -> web.Response:
    """Delete a token by its object name. OpenShift's role ``system:oauth-token-deleter`` lets users delete any token whose object name they know."""
    require_user(request)
    return _delete(request, "oauthaccesstokens", "")


def _delete(request: web.Request, kind: str, owner: str) -> web.Response:
    cloud, name = request.app[CLOUD], request.match_info["name"]
    seconds = cloud.settings.openshift_token_cache_seconds
    if not request.app[STATE].tokens.delete(name, cloud.now(), seconds, owner):
        raise ErrorResponse(404, "NotFound", f'{kind}.oauth.openshift.io "{name}" not found')
    details = {"name": name, "group": "oauth.openshift.io", "kind": kind}
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
    return web.json_response(body)


async def _list_projects(request: web.Request) -> web.Response:
    """List the namespaces as projects. Reject users whose RBAC is not synchronized [inferred]."""
    namespace_user(request, "list")
    listed = request.app[STATE].namespaces.listed()
    return web.json_response({**listed, "kind": "ProjectList", "apiVersion": "project.openshift.io/v1"})


async def _get_project(request: web.Request) -> web.Response:
    namespace_user(request, "get")
    namespace: dict[str, t.Any] = request.app[STATE].namespaces.get(request.match_info["name"])
    return web.json_response({**namespace, "kind": "Project", "apiVersion": "project.openshift.io/v1"})
