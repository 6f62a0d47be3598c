# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers service under ``/global``: cluster lists and records, RBAC synchronisation, CA and kubeconfig.

Paths and answers as in IBM's page "Setting up the API" of October 2025 and in IBM-Cloud/bluemix-go
(``api/container/containerv2/clusters.go``).
"""

from __future__ import annotations

import base64
import dataclasses
import json
import typing as t
import uuid

from aiohttp import web

from . import cluster_record
from .kubeconfig import kubeconfig
from .refusal import Refusal
from .service import CLOUD, application, bearer_token, get
from .tokens import TokenError

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .cluster_state import ClusterState
    from .log import Log
    from .world import Identity

_NOT_FOUND = (
    "The specified cluster could not be found. If applicable, make sure that you target the correct account and "
    "resource group."
)


def containers(cloud: Cloud, log: Log) -> web.Application:
    """The containers service; the base address of a client ends in ``/global``."""
    base = "/global/v2"
    return application(
        cloud,
        log,
        [
            get(base + "/{provider:classic|vpc|satellite}/getClusters", _get_clusters),
            get(base + "/getCluster", _get_cluster),
            web.post(base + "/applyRBAC", _apply_rbac),
            get(base + "/getRBACStatus", _get_rbac_status),
            get(base + "/getCACert", _get_ca_cert),
            get(base + "/getKubeconfig", _get_kubeconfig),
            web.post(base + "/applyRBACAndGetKubeconfig", _apply_rbac_and_get_kubeconfig),
        ],
        _explain,
        service="containers",
        limited=True,
    )


def _explain(request: web.Request, refusal: Refusal) -> web.Response:
    """The family's error body. A missing token is answered in plain text, as seen with IBM's own Terraform provider."""
    if refusal.code == "text":
        return web.Response(status=refusal.status, text=refusal.text, headers=refusal.headers)
    body = {
        "incidentID": str(uuid.uuid4()),
        "code": refusal.code or f"SIM0{refusal.status}",
        "description": refusal.text,
        "type": "Authentication" if refusal.status == 401 else "General",
    }
    if refusal.code == "G0004":
        body["recoveryCLI"] = "To list the clusters you have access to, run 'ibmcloud ks cluster ls'."
    return web.json_response(body, status=refusal.status, headers=refusal.headers)


@dataclasses.dataclass(frozen=True)
class _Caller:
    """Who asks, in which account, and the narrower view that its headers ask for."""

    identity: Identity
    account: str
    resource_group: str
    claimed_account: str

    def sees(self, state: ClusterState) -> bool:
        cluster = state.cluster
        return (
            cluster.account == self.account
            and self.resource_group in ("", cluster.resource_group.id)
            # Naming another account than the token's shows nothing [inferred].
            and self.claimed_account in ("", self.account)
        )


def _caller(request: web.Request) -> _Caller:
    """The identity behind an account-bound access token.

    The access token of the client ``kube`` is taken as well [inferred]: it is signed, in time and names an account.
    An ID token is refused.
    """
    token = bearer_token(request)
    if token is None:
        raise Refusal(401, "text", "You must specify an IAM token as an Authorization header")
    cloud = request.app[CLOUD]
    try:
        claims = cloud.read_access_token(token)
    except TokenError as problem:
        raise Refusal(401, "A0003", f"The bearer token could not be verified: {problem}.") from None
    account = claims.get("account", {}).get("bss", "")
    if not account:
        raise Refusal(401, "A0003", "The bearer token could not be verified: it is bound to no account.")
    return _Caller(
        cloud.identities[claims["iam_id"]],
        account,
        request.headers.get("X-Auth-Resource-Group", ""),
        request.headers.get("X-Auth-Resource-Account", ""),
    )


def _find(request: web.Request, caller: _Caller, name_or_id: str) -> ClusterState:
    """The cluster that the caller means; an ID wins over a name."""
    visible = [state for state in request.app[CLOUD].called(name_or_id) if caller.sees(state)]
    found = [state for state in visible if state.cluster.id == name_or_id] or visible
    if not found:
        raise Refusal(404, "G0004", _NOT_FOUND)
    if len(found) > 1:
        # [inferred]: nothing says what the service does here; a stand-in that guessed would hide the client's mistake.
        raise Refusal(
            400, "SIM0001", "More than one cluster has this name. Specify the cluster ID or a resource group."
        )
    if found[0].cluster.id in caller.identity.refused_clusters:
        raise Refusal(403, "A0656", "You are not authorized to complete this action on the cluster.")
    return found[0]


def _query_cluster(request: web.Request) -> ClusterState:
    caller = _caller(request)
    return _find(request, caller, _one_of(request.query.getall("cluster", []), "cluster"))


def _one_of(values: t.Sequence[object], name: str) -> str:
    if len(values) != 1 or not isinstance(values[0], str) or not values[0]:
        raise Refusal(400, "SIM0002", f"Specify {name} exactly once, as the name or ID of a cluster.")  # [inferred]
    return values[0]


async def _body(request: web.Request) -> dict[str, t.Any]:
    """The JSON object of a POST; IBM's page does not name the encoding, IBM's own clients send JSON only."""
    if request.content_type != "application/json":
        raise Refusal(400, "SIM0003", "The request body must be application/json.")
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise Refusal(400, "SIM0004", "The request body is not JSON.") from None
    if not isinstance(body, dict):
        raise Refusal(400, "SIM0004", "The request body must be a JSON object.")
    return body


def _with_master(state: ClusterState) -> ClusterState:
    if state.master_url is None:
        # Clients report 404 and 503 for the first minutes of a cluster; 503 is the one that a retry helps [inferred].
        raise Refusal(503, "A0002", "Could not connect to a backend service. Try again later.")
    return state


async def _get_clusters(request: web.Request) -> web.Response:
    """A bare array, never an envelope.

    [inferred]: clusters that the caller may not read are left out, an unknown provider is refused, the retired one has
    no clusters, and ``location`` may name the location, the data center or the region.
    """
    caller = _caller(request)
    path = request.match_info["provider"]
    provider = "vpc-gen2" if path == "vpc" else path
    asked = request.query.get("provider", provider)
    if path == "vpc" and asked not in ("vpc-gen2", "vpc-classic"):
        raise Refusal(400, "G3917", "The provider is not permitted for this operation.")
    location = request.query.get("location", "")
    with_master_url = request.app[CLOUD].settings.list_has_master_url
    clusters = [
        cluster_record.list_item(state, with_master_url=with_master_url)
        for state in request.app[CLOUD].clusters
        if caller.sees(state)
        and state.cluster.id not in caller.identity.refused_clusters
        and state.cluster.provider == provider == (asked if path == "vpc" else provider)
        and location in ("", state.cluster.location, state.cluster.datacenter, state.cluster.region)
    ]
    return web.json_response(clusters)


async def _get_cluster(request: web.Request) -> web.Response:
    return web.json_response(cluster_record.detail(_query_cluster(request)))


async def _apply_rbac(request: web.Request) -> web.Response:
    caller = _caller(request)
    body = await _body(request)
    state = _with_master(_find(request, caller, _one_of([body.get("cluster")], "cluster")))
    state.rbac.apply(caller.identity.iam_id, request.app[CLOUD].now())
    return web.Response(status=200)


async def _get_rbac_status(request: web.Request) -> web.Response:
    caller = _caller(request)
    state = _query_cluster(request)
    synchronized, error = state.rbac.status(caller.identity.iam_id, request.app[CLOUD].now())
    return web.json_response({"synchronized": synchronized, "error": error})


async def _get_ca_cert(request: web.Request) -> web.Response:
    state = _with_master(_query_cluster(request))
    if request.app[CLOUD].settings.ca_cert_refused:
        raise Refusal(403, "A0656", "You are not authorized to read the certificate authority of the cluster.")
    return web.json_response({"caCert": base64.b64encode(state.ca_pem).decode()})


async def _get_kubeconfig(request: web.Request) -> web.Response:
    caller = _caller(request)
    state = _with_master(_query_cluster(request))
    options: dict[str, t.Any] = {"format": "json", **request.query}
    for name in ("admin", "network"):
        options[name] = options.get(name, "false") not in ("false", "")
    return _kubeconfig(request, caller, state, options)


async def _apply_rbac_and_get_kubeconfig(request: web.Request) -> web.Response:
    caller = _caller(request)
    body = await _body(request)
    state = _with_master(_find(request, caller, _one_of([body.get("cluster")], "cluster")))
    answer = _kubeconfig(request, caller, state, {"format": "json", **body})
    state.rbac.apply(caller.identity.iam_id, request.app[CLOUD].now())
    return answer


def _kubeconfig(
    request: web.Request, caller: _Caller, state: ClusterState, options: t.Mapping[str, t.Any]
) -> web.Response:
    if options["format"] != "json":
        raise Refusal(400, "SIM0005", "The simulator serves kubeconfigs in the format json only.")
    if options.get("admin") or options.get("network"):
        raise Refusal(400, "SIM0006", "The simulator serves no admin kubeconfigs and no network configuration.")
    endpoint = options.get("endpointType") or ""
    url = state.urls.get(endpoint) if endpoint else state.master_url
    if url is None:
        raise Refusal(400, "SIM0007", "The cluster has no such endpoint.")  # [inferred]
    cloud = request.app[CLOUD]
    return web.json_response(kubeconfig(cloud, state, caller.identity, caller.account, url))
