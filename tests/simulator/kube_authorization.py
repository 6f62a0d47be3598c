# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of every request to a cluster: authentication, authorization and the body.

The checks run in the same order as in Kubernetes: 401 before 403, and 403 before 400, 404 and 415.
"""

from __future__ import annotations

import json
import typing as t

import yaml
from aiohttp import web

from .cluster_state import ClusterState
from .error_response import ErrorResponse
from .kube_authentication import ANONYMOUS, User, authenticate, certificate_user
from .protobuf import MEDIA_TYPE
from .service import CLOUD

STATE = web.AppKey("state", ClusterState)


def user_of(request: web.Request) -> User:
    """Return the user of the request, who can be anonymous. Raise ErrorResponse 401 if the token is invalid."""
    certificate = request.get_extra_info("peercert")
    if certificate:
        return certificate_user(certificate)
    return authenticate(request.headers.get("Authorization"), request.app[CLOUD], request.app[STATE])


def require_user(request: web.Request) -> User:
    """Return the user of a valid certificate or token. Raise ErrorResponse 401 for an invalid token, or 403 for an anonymous request."""
    user = user_of(request)
    if user is ANONYMOUS:
        raise forbidden_path(request, user)
    return user


def namespace_user(request: web.Request, verb: str) -> User:
    """Return the user if the user may access namespaces. Raise ErrorResponse 401 for an invalid token, or 403 with the user's name for a forbidden request."""
    user = user_of(request)
    if not is_authorized(request, user):
        name = request.match_info.get("name", "")
        what = f'namespaces "{name}" is' if name else "namespaces is"
        where = f'in the namespace "{name}"' if name else "at the cluster scope"
        action = f'cannot {verb} resource "namespaces" in API group ""'
        raise ErrorResponse(403, "Forbidden", f'{what} forbidden: User "{user.name}" {action} {where}')
    return user


def is_authorized(request: web.Request, user: User) -> bool:
    """Return whether the user may perform all actions, as an administrator or after the RBAC synchronization."""
    if user.is_admin:
        return True
    synchronized, _error = request.app[STATE].rbac.status(user.iam_id, request.app[CLOUD].now())
    return synchronized


def forbidden_path(request: web.Request, user: User) -> ErrorResponse:
    return ErrorResponse(
        403, "Forbidden", f'forbidden: User "{user.name}" cannot {request.method.lower()} path "{request.path}"'
    )


async def object_of(request: web.Request, kind: str = "") -> dict[str, t.Any] | None:
    """Return the object in the body. If the object specifies a kind, this kind must be ``kind``.

    Return None for protobuf. kubectl sends protobuf in some requests, but the simulator decodes it only for namespaces. Raise
    ErrorResponse 400 if the body is not an object, or 415 if the media type is not supported.
    """
    media_type = request.content_type if "Content-Type" in request.headers else "application/json"
    if media_type == MEDIA_TYPE:
        return None
    body = await request.read()
    try:
        if media_type == "application/json" or media_type.endswith("-patch+json"):
            value = json.loads(body)
        elif media_type == "application/yaml":
            value = yaml.safe_load(body)
        else:
            text = "the body of the request was in an unknown format - accepted media types include: application/json"
            raise ErrorResponse(415, "UnsupportedMediaType", text)
    except (ValueError, yaml.YAMLError):
        raise ErrorResponse(400, "BadRequest", "the object provided could not be decoded") from None
    if not isinstance(value, dict):
        raise ErrorResponse(400, "BadRequest", "the object provided is not a mapping")
    if kind and value.get("kind", kind) != kind:
        raise ErrorResponse(400, "BadRequest", f"the object provided is not a {kind}")
    return value
