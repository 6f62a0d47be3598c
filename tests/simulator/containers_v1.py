# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The v1 paths of the containers service: regions, the classic clusters in a region, and the kubeconfigs of classic clusters.

Paths, headers and fields follow IBM's pages of October 2017 and February 2020. The zip file follows the source code of IBM-Cloud/bluemix-go
(``api/container/containerv1/clusters.go``).
"""

from __future__ import annotations

import dataclasses
import typing as t

from aiohttp import web

from .cluster_record import v1_record
from .container_access import Caller, find_cluster, read_caller, require_master
from .error_response import ErrorResponse
from .generations import HOME_REGION, Region, regional_host
from .kubeconfig import kubeconfig, kubeconfig_zip
from .loggable_fields import host_name
from .service import CLOUD, bearer_token, get
from .tokens import TokenError

if t.TYPE_CHECKING:
    from .cloud import RefreshToken
    from .cluster_state import ClusterState
    from .generations import Generation

_NOT_FOUND = "The specified cluster could not be found in this region."
_REFRESH_TOKEN = "X-Auth-Refresh-Token"


def v1_routes(generation: Generation) -> list[web.RouteDef]:
    """Return the v1 routes of an API generation. In the current API generation, the only v1 route is the list of regions."""
    return [
        *(get(path, _get_regions) for path in generation.region_paths),
        *(get(base + "/clusters", _get_clusters) for base in generation.v1_bases),
        *(get(base + "/clusters/{cluster}", _get_cluster) for base in generation.v1_bases),
        *(get(base + "/clusters/{cluster}/config", _get_config) for base in generation.v1_bases),
    ]


def _refresh_token(request: web.Request, iam_id: str, account: str | None) -> RefreshToken:
    """Return the refresh token from the X-Auth-Refresh-Token header. The token must be valid and must belong to the caller's identity and account.

    The token can have been issued to any client [inferred], because IBM's 2020 page uses tokens of two clients. IBM documents that an invalid
    refresh token causes an authentication error. IBM does not document the codes and texts of this error [inferred].
    """
    value = request.headers.get(_REFRESH_TOKEN, "")
    if not value:
        raise ErrorResponse(401, "SIM0008", f"You must specify an IAM refresh token as an {_REFRESH_TOKEN} header.")
    cloud = request.app[CLOUD]
    token = cloud.opaque_tokens.get(value)
    if token is None or token.receivers or token.expires < cloud.now():
        raise ErrorResponse(401, "SIM0009", f"The {_REFRESH_TOKEN} header does not contain a valid refresh token.")
    if (token.session.identity.iam_id, token.session.account) != (iam_id, account):
        raise ErrorResponse(401, "SIM0010", f"The token in {_REFRESH_TOKEN} belongs to another identity or account.")
    return token


def _read_caller(request: web.Request) -> tuple[Caller, RefreshToken, Region]:
    """Return the caller, the caller's refresh token, and the requested region."""
    caller = read_caller(request)
    token = _refresh_token(request, caller.identity.iam_id, caller.account)
    return caller, token, _region(request)


def _region(request: web.Request) -> Region:
    """Return the region that the host (API generation ``2017``) or the X-Region header (``2020``) specifies.

    The X-Region header is required [inferred]. A region's alias is rejected [inferred], because IBM's page specifies the region's ``name``.
    """
    generation = request.app[CLOUD].generation
    if generation.requires_region_header:
        name = request.headers.get("X-Region", "")
    else:
        by_host = {regional_host(region): region.name for region in generation.regions}
        name = by_host.get(host_name(request), HOME_REGION)
    for region in generation.regions:
        if region.name == name:
            return region
    raise ErrorResponse(400, "SIM0011", "The X-Region header must be the name of a region; GET /v1/regions lists them.")


def _here(region: Region) -> t.Callable[[ClusterState], bool]:
    return lambda state: state.cluster.region in (region.name, region.alias)


def _find_cluster(request: web.Request, caller: Caller, region: Region, for_vpc: ErrorResponse) -> ClusterState:
    """Return the classic cluster with the name or ID in the path. Raise ``for_vpc`` for clusters of other providers."""
    not_found = ErrorResponse(404, "E0008", _NOT_FOUND)
    state = find_cluster(request, caller, request.match_info["cluster"], not_found, _here(region))
    if state.cluster.provider != "classic":
        raise for_vpc
    return state


async def _get_regions(request: web.Request) -> web.Response:
    """Return all regions to every caller with a valid token, regardless of the token's account [inferred]."""
    cloud = request.app[CLOUD]
    token = bearer_token(request)
    if token is None:
        raise ErrorResponse(401, "text", "You must specify an IAM token as an Authorization header")
    try:
        claims = cloud.read_access_token(token)
    except TokenError as problem:
        raise ErrorResponse(401, "A0003", f"The bearer token could not be verified: {problem}.") from None
    if cloud.generation.requires_refresh_token:
        _refresh_token(request, claims["iam_id"], claims.get("account", {}).get("bss"))
    extras = cloud.generation.region_extras
    return web.json_response({"regions": [{**region.record(), **extras} for region in cloud.generation.regions]})


async def _get_clusters(request: web.Request) -> web.Response:
    """Return a bare array of complete records, because v1 does not have short records."""
    caller, _token, region = _read_caller(request)
    cloud = request.app[CLOUD]
    here = _here(region)
    records = [
        v1_record(state, cloud.generation.v1_record_omits)
        for state in cloud.clusters
        if caller.sees(state) and caller.may_read(state) and state.cluster.provider == "classic" and here(state)
    ]
    return web.json_response(records)


async def _get_cluster(request: web.Request) -> web.Response:
    caller, _token, region = _read_caller(request)
    state = _find_cluster(request, caller, region, ErrorResponse(404, "E0008", _NOT_FOUND))
    return web.json_response(v1_record(state, request.app[CLOUD].generation.v1_record_omits))


async def _get_config(request: web.Request) -> web.Response:
    """Return the zip file with the kubeconfig, and synchronize the caller's RBAC [inferred]. IBM's CLI used this request."""
    caller, token, region = _read_caller(request)
    not_permitted = ErrorResponse(400, "G3917", "The provider is not permitted for this operation.")
    state = require_master(_find_cluster(request, caller, region, not_permitted))
    if request.query.get("format", "zip") != "zip" or request.query.get("createNetworkConfig", "false") != "false":
        raise ErrorResponse(
            400, "SIM0005", "The simulator returns v1 kubeconfigs only as zip files without network configurations."
        )
    cloud = request.app[CLOUD]
    if request.query.get("skipRBAC", "false") == "false":
        state.rbac.apply(caller.identity.iam_id, cloud.now())
    config = kubeconfig(cloud, state, caller.identity, caller.account, state.master_url or "")
    session = dataclasses.replace(token.session, client=cloud.generation.kubeconfig_client)
    refresh_token = cloud.issue_opaque_token(session, cloud.settings.refresh_token_seconds)
    return web.Response(
        body=kubeconfig_zip(state, config, refresh_token),
        content_type="application/zip",  # [inferred]
        headers={"Content-Disposition": f'attachment; filename="kubeConfig-{state.cluster.name}.zip"'},
    )
