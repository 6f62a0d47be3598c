# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers service under ``/global``, which provides cluster records, RBAC synchronization, CA certificates and kubeconfigs.

Paths and responses follow the October 2025 version of IBM's page "Setting up the API" and IBM-Cloud/bluemix-go
(``api/container/containerv2/clusters.go``).
"""

from __future__ import annotations

import base64
import json
import typing as t

from aiohttp import web

from . import cluster_record
from .container_access import Caller, find_cluster, read_caller, render_error, require_master, require_rbac_service
from .containers_v1 import v1_routes
from .error_response import ErrorResponse
from .kubeconfig import admin_kubeconfig_zip, kubeconfig
from .service import CLOUD, application, get

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .cluster_state import ClusterState
    from .request_log import RequestLog

_NOT_FOUND = (
    "The specified cluster could not be found. If applicable, make sure that you target the correct account and "
    "resource group."
)
_BASE = "/global/v2"


def containers(cloud: Cloud, log: RequestLog) -> web.Application:
    """Return the application of the containers service for the world's API generation. In ``current``, the base URL for clients ends in ``/global``."""
    operations = {
        "getCluster": get(_BASE + "/getCluster", _get_cluster),
        "applyRBAC": web.post(_BASE + "/applyRBAC", _apply_rbac),
        "getRBACStatus": get(_BASE + "/getRBACStatus", _get_rbac_status),
        "getCACert": get(_BASE + "/getCACert", _get_ca_cert),
        "getKubeconfig": get(_BASE + "/getKubeconfig", _get_kubeconfig),
        "applyRBACAndGetKubeconfig": web.post(_BASE + "/applyRBACAndGetKubeconfig", _apply_rbac_and_get_kubeconfig),
    }
    generation = cloud.generation
    routes = [
        *(get(f"{_BASE}/{{provider:{provider}}}/getClusters", _get_clusters) for provider in generation.lists),
        *(route for name, route in operations.items() if name in generation.operations),
        *v1_routes(generation),
    ]
    return application(cloud, log, routes, render_error, service="containers", limited=True)


def _query_cluster(request: web.Request) -> ClusterState:
    return _find_cluster(request, read_caller(request), request.query.getall("cluster", []))


def _find_cluster(request: web.Request, caller: Caller, values: t.Sequence[object]) -> ClusterState:
    if len(values) != 1 or not isinstance(values[0], str) or not values[0]:
        raise ErrorResponse(400, "SIM0002", "Set the parameter cluster exactly once, to a name or an ID.")  # [inferred]
    return find_cluster(request, caller, values[0], ErrorResponse(404, "G0004", _NOT_FOUND))


def _require_rbac(state: ClusterState) -> ClusterState:
    return require_rbac_service(state, ErrorResponse(404, "G0004", _NOT_FOUND))


async def _body(request: web.Request) -> dict[str, t.Any]:
    """Return the JSON object in the body of a POST request. IBM's page does not specify the encoding, so JSON is an assumption [inferred: rbac-request]."""
    if request.content_type != "application/json":
        raise ErrorResponse(400, "SIM0003", "The Content-Type must be application/json.")
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise ErrorResponse(400, "SIM0004", "The request body is not JSON.") from None
    if not isinstance(body, dict):
        raise ErrorResponse(400, "SIM0004", "The request body must be a JSON object.")
    return body


async def _get_clusters(request: web.Request) -> web.Response:
    """Return the cluster list as a JSON array without an enclosing object.

    For the retired provider ``vpc-classic``, the list is empty [inferred: vpc-classic-empty]. The records in the list contain
    the master URL [inferred: list-fields]. Clusters that the caller is not allowed to read are omitted [inferred]. An unknown
    provider is rejected [inferred]. The parameter ``location`` can be a location, a data center or a region [inferred].
    """
    caller = read_caller(request)
    cloud = request.app[CLOUD]
    provider = request.match_info["provider"]
    if provider == "vpc":
        provider = request.query.get("provider", cloud.generation.vpc_providers[0])
        if provider not in cloud.generation.vpc_providers:
            raise ErrorResponse(400, "G3917", "The provider is not permitted for this operation.")
    location = request.query.get("location", "")
    clusters = [
        cluster_record.list_item(state, with_master_url=cloud.settings.list_has_master_url)
        for state in cloud.clusters
        if caller.sees(state)
        and caller.may_read(state)
        and state.cluster.provider == provider
        and location in ("", state.cluster.location, state.cluster.datacenter, state.cluster.region)
    ]
    return web.json_response(clusters)


async def _get_cluster(request: web.Request) -> web.Response:
    return web.json_response(cluster_record.detail(_query_cluster(request)))


async def _apply_rbac(request: web.Request) -> web.Response:
    caller = read_caller(request)
    body = await _body(request)
    state = _require_rbac(require_master(_find_cluster(request, caller, [body.get("cluster")])))
    state.rbac.apply(caller.identity.iam_id, request.app[CLOUD].now())
    return web.Response(status=200)


async def _get_rbac_status(request: web.Request) -> web.Response:
    caller = read_caller(request)
    state = _require_rbac(_query_cluster(request))
    synchronized, error = state.rbac.status(caller.identity.iam_id, request.app[CLOUD].now())
    return web.json_response({"synchronized": synchronized, "error": error})


async def _get_ca_cert(request: web.Request) -> web.Response:
    """Return the CA certificate. Every identity that can read the cluster may request the certificate [inferred: ca-role]."""
    state = require_master(_query_cluster(request))
    if request.app[CLOUD].settings.ca_cert_denied:
        raise ErrorResponse(403, "A0656", "You are not authorized to read the certificate authority of the cluster.")
    return web.json_response({"caCert": base64.b64encode(state.ca_pem).decode()})


async def _get_kubeconfig(request: web.Request) -> web.Response:
    caller = read_caller(request)
    state = require_master(_query_cluster(request))
    options: dict[str, t.Any] = {"format": "json", **request.query}
    for name in ("admin", "network"):
        options[name] = options.get(name, "false") not in ("false", "")
    return _kubeconfig(request, caller, state, options)


async def _apply_rbac_and_get_kubeconfig(request: web.Request) -> web.Response:
    caller = read_caller(request)
    body = await _body(request)
    state = _require_rbac(require_master(_find_cluster(request, caller, [body.get("cluster")])))
    response = _kubeconfig(request, caller, state, {"format": "json", **body})
    state.rbac.apply(caller.identity.iam_id, request.app[CLOUD].now())
    return response


def _kubeconfig(
    request: web.Request, caller: Caller, state: ClusterState, options: t.Mapping[str, t.Any]
) -> web.Response:
    is_admin = bool(options.get("admin"))
    if options["format"] != ("zip" if is_admin else "json"):
        raise ErrorResponse(
            400, "SIM0005", "The simulator returns admin kubeconfigs as zip files, and all others as JSON."
        )
    if options.get("network"):
        raise ErrorResponse(400, "SIM0006", "The simulator does not return network configurations.")
    endpoint = options.get("endpointType") or ""
    url = state.enabled_urls.get(endpoint) if endpoint else state.master_url
    if url is None:
        raise ErrorResponse(400, "SIM0007", "The cluster does not have this endpoint.")  # [inferred]
    cloud = request.app[CLOUD]
    if is_admin:
        # IBM does not document the media type of the response [inferred].
        return web.Response(body=admin_kubeconfig_zip(state, url), content_type="application/zip")
    return web.json_response(kubeconfig(cloud, state, caller.identity, caller.account, url))
