# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identify callers, find clusters and render error responses for all paths of the containers service."""

from __future__ import annotations

import dataclasses
import typing as t
import uuid

from aiohttp import web

from .error_response import ErrorResponse
from .service import CLOUD, bearer_token
from .tokens import TokenError

if t.TYPE_CHECKING:
    from .cluster_state import ClusterState
    from .world import Identity

# The error type for each error code. All other errors have the type "General".
_TYPES = {"E0008": "Provisioning", "G3917": "Cluster"}


def render_error(request: web.Request, error: ErrorResponse) -> web.Response:
    """Return the service's error response. If the token is missing, the body is plain text, as the code of IBM's Terraform provider shows."""
    if error.code == "text":
        return web.Response(status=error.status, text=error.text, headers=error.headers)
    body = {
        "incidentID": str(uuid.uuid4()),
        "code": error.code or f"SIM0{error.status}",
        "description": error.text,
        "type": "Authentication" if error.status == 401 else _TYPES.get(error.code, "General"),
    }
    if error.code == "G0004":
        body["recoveryCLI"] = "To list the clusters you have access to, run 'ibmcloud ks cluster ls'."
    return web.json_response(body, status=error.status, headers=error.headers)


@dataclasses.dataclass(frozen=True)
class Caller:
    """A caller, the caller's account, and the restrictions that the request's headers set."""

    identity: Identity
    account: str
    resource_group: str
    claimed_account: str

    def sees(self, state: ClusterState) -> bool:
        cluster = state.cluster
        return (
            cluster.account == self.account
            and self.resource_group in ("", cluster.resource_group.id)
            # If the account in the header differs from the account in the token, the list is empty [inferred].
            and self.claimed_account in ("", self.account)
        )

    def may_read(self, state: ClusterState) -> bool:
        return state.cluster.id not in self.identity.denied_clusters


def read_caller(request: web.Request) -> Caller:
    """Return the caller that an access token identifies. The token must be bound to an account.

    Access tokens of the client ``kube`` are accepted, too, because they are signed, valid and bound to an account [inferred].
    ID tokens are rejected.
    """
    token = bearer_token(request)
    if token is None:
        raise ErrorResponse(401, "text", "You must specify an IAM token as an Authorization header")
    cloud = request.app[CLOUD]
    try:
        claims = cloud.read_access_token(token)
    except TokenError as problem:
        raise ErrorResponse(401, "A0003", f"The bearer token could not be verified: {problem}.") from None
    account = claims.get("account", {}).get("bss", "")
    if not account:
        raise ErrorResponse(401, "A0003", "The bearer token could not be verified: it is not bound to an account.")
    return Caller(
        cloud.identities[claims["iam_id"]],
        account,
        request.headers.get("X-Auth-Resource-Group", ""),
        request.headers.get("X-Auth-Resource-Account", ""),
    )


def find_cluster(
    request: web.Request,
    caller: Caller,
    name_or_id: str,
    not_found: ErrorResponse,
    here: t.Callable[[ClusterState], bool] = lambda _state: True,
) -> ClusterState:
    """Return the cluster with this ID or name. IDs take precedence over names. Only clusters for which ``here`` returns true are searched."""
    visible = [state for state in request.app[CLOUD].clusters_named(name_or_id) if caller.sees(state) and here(state)]
    found = [state for state in visible if state.cluster.id == name_or_id] or visible
    if not found:
        raise not_found
    if len(found) > 1:
        # IBM does not document the response to an ambiguous name [inferred]. Selecting one of the clusters would hide a bug in the client.
        raise ErrorResponse(
            400, "SIM0001", "More than one cluster has this name. Specify the cluster ID or a resource group."
        )
    if not caller.may_read(found[0]):
        raise ErrorResponse(403, "A0656", "You are not authorized to complete this action on the cluster.")
    return found[0]


def require_rbac_service(state: ClusterState, not_found: ErrorResponse) -> ClusterState:
    """Return the cluster. Raise ErrorResponse if the cluster is so new that RBAC requests still fail (see ``Startup``)."""
    status = state.rbac_status_code()
    if status == 503:
        raise _backend_error()
    if status == 404:
        raise not_found
    return state


def require_master(state: ClusterState) -> ClusterState:
    if state.master_url is None:
        raise _backend_error()
    return state


def _backend_error() -> ErrorResponse:
    return ErrorResponse(503, "A0002", "Could not connect to a backend service. Try again later.")
