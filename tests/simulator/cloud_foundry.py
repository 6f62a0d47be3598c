# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 2017 Cloud Foundry API, which returns organizations (``GET /v2/organizations``) and their spaces to users with a UAA token.

Records follow IBM's October 2017 page, which shows one record but not the list of records. The list, its pagination and the error body follow
version 2 of the public Cloud Foundry API [inferred].
"""

from __future__ import annotations

import re
import typing as t

from aiohttp import web

from .error_response import ErrorResponse
from .generations import HOME_CLOUD_FOUNDRY, cloud_foundry_host
from .loggable_fields import host_name
from .service import CLOUD, application, bearer_token, get
from .tokens import TokenError
from .uaa import user_of

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .request_log import RequestLog
    from .world import Organization, Space

_PATH = "/v2/organizations"
_MOST_PER_PAGE = 100
# Cloud Foundry's numeric code for each named error code.
_NUMBERS = {
    "CF-NotFound": 10000,
    "CF-NotAuthenticated": 10002,
    "CF-BadQueryParameter": 10005,
    "CF-InvalidAuthToken": 1000,
    "CF-OrganizationNotFound": 30003,
}

Record = dict[str, t.Any]


def cloud_foundry(cloud: Cloud, log: RequestLog) -> web.Application:
    """Return the application of the Cloud Foundry API. In API generations without Cloud Foundry, every response is HTTP 404."""
    routes = [get(_PATH, _organizations), get(_PATH + "/{guid}/spaces", _spaces)]
    routes = routes if cloud.generation.has_cloud_foundry else []
    return application(cloud, log, routes, _render_error, service="cloud_foundry")


def _render_error(_request: web.Request, error: ErrorResponse) -> web.Response:
    code = error.code or {404: "CF-NotFound"}.get(error.status, "UnknownError")
    text = "Unknown request" if code == "CF-NotFound" else error.text
    body = {"description": text, "error_code": code, "code": _NUMBERS.get(code, 10001)}
    return web.json_response(body, status=error.status, headers=error.headers)


def _own(request: web.Request) -> list[Organization]:
    """Return the caller's organizations in the Cloud Foundry region of the requested host. Only UAA tokens are accepted."""
    cloud = request.app[CLOUD]
    token = bearer_token(request)
    if token is None:
        raise ErrorResponse(401, "CF-NotAuthenticated", "Authentication error")
    try:
        user = user_of(cloud, token)
    except TokenError:
        raise ErrorResponse(401, "CF-InvalidAuthToken", "Invalid Auth Token") from None
    by_host = {cloud_foundry_host(region.cf): region.cf for region in cloud.generation.regions}
    here = by_host.get(host_name(request), HOME_CLOUD_FOUNDRY)
    return [each for each in cloud.world.organizations if each.cf == here and user.iam_id in each.members]


async def _organizations(request: web.Request) -> web.Response:
    return _page(request, [_organization(each) for each in _own(request)])


async def _spaces(request: web.Request) -> web.Response:
    guid = request.match_info["guid"]
    for each in _own(request):
        if each.guid == guid:
            return _page(request, [_space(each, space) for space in each.spaces])
    raise ErrorResponse(404, "CF-OrganizationNotFound", "The organization could not be found.")


def _page(request: web.Request, records: list[Record]) -> web.Response:
    size = _whole(request, "results-per-page", request.app[CLOUD].settings.organizations_page_size)
    number = _whole(request, "page", 1)
    if size > _MOST_PER_PAGE:
        raise _bad_parameter("results-per-page")
    if "q" in request.query:
        # Cloud Foundry filters by the parameter q, which IBM's page does not use. If the simulator ignored q, the response would contain too many records.
        raise _bad_parameter("q")
    pages = -(-len(records) // size)
    body = {
        "total_results": len(records),
        "total_pages": pages,
        "prev_url": _page_url(request, number - 1, size) if 1 < number <= pages + 1 else None,
        "next_url": _page_url(request, number + 1, size) if number < pages else None,
        "resources": records[(number - 1) * size : number * size],
    }
    return web.json_response(body)


def _page_url(request: web.Request, number: int, size: int) -> str:
    return f"{request.path}?order-direction=asc&page={number}&results-per-page={size}"


def _whole(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not re.fullmatch("[1-9][0-9]{0,5}", text):
        raise _bad_parameter(name)
    return int(text)


def _bad_parameter(name: str) -> ErrorResponse:
    return ErrorResponse(400, "CF-BadQueryParameter", f"The query parameter is invalid: {name}")


def _organization(organization: Organization) -> Record:
    url = f"{_PATH}/{organization.guid}"
    quota = organization.entity.get("quota_definition_guid", organization.guid)
    entity = {
        "name": organization.name,
        "billing_enabled": False,
        # On IBM's page, quota_definition_guid has the same value as the organization's ID.
        "quota_definition_guid": quota,
        "status": "active",
        "quota_definition_url": f"/v2/quota_definitions/{quota}",
        "spaces_url": f"{url}/spaces",
    }
    return {"metadata": _metadata(organization, url), "entity": {**entity, **organization.entity}}


def _space(organization: Organization, space: Space) -> Record:
    entity = {
        "name": space.name,
        "organization_guid": organization.guid,
        "space_quota_definition_guid": None,
        "allow_ssh": True,
    }
    return {"metadata": _metadata(space, f"/v2/spaces/{space.guid}"), "entity": {**entity, **space.entity}}


def _metadata(record: Organization | Space, url: str) -> Record:
    return {"guid": record.guid, "url": url, "created_at": record.created_at, "updated_at": record.updated_at}
