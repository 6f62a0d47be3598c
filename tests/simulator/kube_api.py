# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes API server of one cluster.

The server supports the requests that kubectl and kubernetes.core send first. All callers can read the version and the
health status. Discovery and SelfSubjectReview require a valid token. All other requests require a completed RBAC
synchronization. Clients can change only namespaces.
"""

from __future__ import annotations

import copy
import typing as t

from aiohttp import web

from . import kube_discovery as discovery
from .error_response import ErrorResponse
from .kube_authorization import STATE, forbidden_path, is_authorized, namespace_user, object_of, require_user, user_of
from .openshift_api import add_openshift
from .protobuf import read_namespace
from .service import application, get

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .cluster_state import ClusterState
    from .namespaces import Namespaces
    from .request_log import RequestLog

_NAMESPACES = "/api/v1/namespaces"
_REASONS = {
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "RequestEntityTooLarge",
    500: "InternalError",
    503: "ServiceUnavailable",
}


def kube_api(cloud: Cloud, log: RequestLog, state: ClusterState, endpoint: str) -> web.Application:
    """Return the API server for one endpoint (``public``, ``private`` or ``vpe``) of a cluster."""
    routes = [
        get("/version", _version),
        *(get(path, _health) for path in ("/healthz", "/livez", "/readyz")),
        get("/api", _api),
        get("/api/v1", _core),
        get("/apis", _apis),
        get("/apis/{group}", _group),
        get("/apis/{group}/v1", _group_resources),
        web.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", _self_subject_review),
        web.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", _self_subject_access_review),
        get(_NAMESPACES, _list_namespaces),
        web.post(_NAMESPACES, _create_namespace),
        get(_NAMESPACES + "/{name}", _get_namespace),
        web.patch(_NAMESPACES + "/{name}", _patch_namespace),
        web.delete(_NAMESPACES + "/{name}", _delete_namespace),
        web.route("*", "/{rest:.*}", _unknown),
    ]
    app = application(cloud, log, (), _render_error, service=state.cluster.name, endpoint=endpoint)
    app[STATE] = state
    if state.cluster.type == "openshift":
        add_openshift(app, endpoint)
    app.add_routes(routes)
    return app


def _render_error(_request: web.Request, error: ErrorResponse) -> web.Response:
    """Return a Kubernetes Status object."""
    body: dict[str, t.Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": error.text,
        "reason": error.code or _REASONS.get(error.status, ""),
        "code": error.status,
    }
    return web.json_response(body, status=error.status, headers=error.headers)


async def _version(request: web.Request) -> web.Response:
    user_of(request)
    return web.json_response(discovery.version(request.app[STATE].cluster))


async def _health(request: web.Request) -> web.Response:
    user_of(request)
    return web.Response(text="ok")


async def _api(request: web.Request) -> web.Response:
    require_user(request)
    return web.json_response(discovery.api_versions())


async def _core(request: web.Request) -> web.Response:
    require_user(request)
    return web.json_response(discovery.core_resources())


async def _apis(request: web.Request) -> web.Response:
    require_user(request)
    return web.json_response(discovery.group_list(request.app[STATE].cluster))


async def _group(request: web.Request) -> web.Response:
    require_user(request)
    return _found(discovery.group(request.match_info["group"], request.app[STATE].cluster))


async def _group_resources(request: web.Request) -> web.Response:
    require_user(request)
    return _found(discovery.group_resources(request.match_info["group"], request.app[STATE].cluster))


def _found(body: dict[str, t.Any] | None) -> web.Response:
    if body is None:
        raise ErrorResponse(404, "NotFound", "the server could not find the requested resource")
    return web.json_response(body)


async def _self_subject_review(request: web.Request) -> web.Response:
    """Return the user who sent the request (``kubectl auth whoami``). Clients may send protobuf and prefer protobuf responses, but they also accept JSON."""
    user = require_user(request)
    if not discovery.has_self_subject_review(request.app[STATE].cluster):
        _found(None)
    await object_of(request, "SelfSubjectReview")
    user_info: dict[str, t.Any] = {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        user_info.update(uid=user.uid, extra={"scopes.authorization.openshift.io": list(user.scopes)})
    body = {
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"creationTimestamp": None},
        "status": {"userInfo": user_info},
    }
    return web.json_response(body, status=201)


async def _self_subject_access_review(request: web.Request) -> web.Response:
    """Return whether the user may perform the action in the request."""
    user = require_user(request)
    value = await object_of(request, "SelfSubjectAccessReview")
    spec = {"resourceAttributes": {}} if value is None else value.get("spec")
    attributes = ("resourceAttributes", "nonResourceAttributes")
    if not isinstance(spec, dict) or sum(isinstance(spec.get(name), dict) for name in attributes) != 1:
        text = "SelfSubjectAccessReview is invalid: spec: exactly one of resourceAttributes and nonResourceAttributes"
        raise ErrorResponse(422, "Invalid", text)
    body = {
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {"creationTimestamp": None},
        "spec": spec,
        "status": {"allowed": is_authorized(request, user)},
    }
    return web.json_response(body, status=201)


async def _list_namespaces(request: web.Request) -> web.Response:
    namespace_user(request, "list")
    return web.json_response(request.app[STATE].namespaces.listed())


async def _get_namespace(request: web.Request) -> web.Response:
    namespace_user(request, "get")
    return web.json_response(request.app[STATE].namespaces.get(request.match_info["name"]))


def _namespaces(request: web.Request) -> Namespaces:
    """Return the namespaces that the request may change. For ``dryRun=All``, return a copy, so that the request does not change the cluster."""
    namespaces = request.app[STATE].namespaces
    return copy.deepcopy(namespaces) if request.query.get("dryRun") == "All" else namespaces


async def _create_namespace(request: web.Request) -> web.Response:
    namespace_user(request, "create")
    value = await object_of(request, "Namespace")
    if value is None:
        try:
            value = read_namespace(await request.read())
        except ValueError:
            raise ErrorResponse(400, "BadRequest", "the object provided could not be decoded") from None
    return web.json_response(_namespaces(request).create(value), status=201)


async def _patch_namespace(request: web.Request) -> web.Response:
    namespace_user(request, "patch")
    value = await object_of(request)
    if value is None or request.content_type == "application/json-patch+json":
        raise ErrorResponse(
            415, "UnsupportedMediaType", "the simulator supports only merge patches and strategic merge patches"
        )
    return web.json_response(_namespaces(request).patch(request.match_info["name"], value))


async def _delete_namespace(request: web.Request) -> web.Response:
    namespace_user(request, "delete")
    return web.json_response(_namespaces(request).delete(request.match_info["name"]))


async def _unknown(request: web.Request) -> web.Response:
    """After authentication and authorization, reject every request that does not match a route."""
    user = user_of(request)
    if not is_authorized(request, user):
        raise forbidden_path(request, user)
    if request.path == _NAMESPACES or request.path.startswith(_NAMESPACES + "/"):
        raise ErrorResponse(405, "MethodNotAllowed", "the simulator does not support this operation on namespaces")
    raise ErrorResponse(404, "NotFound", "the server could not find the requested resource")
