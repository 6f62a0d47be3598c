# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts service, which serves ``GET /coe/v2/accounts``, or ``GET /v1/accounts`` in earlier API generations.

Records and envelopes follow IBM's pages "Setting up the API". Paging follows IBM-Cloud/bluemix-go (``api/account/accountv2/paginate.go``,
``accountv1/paginate.go``). IBM has not documented the error body of this service. The simulated error body is modeled on similar services.
"""

from __future__ import annotations

import secrets
import typing as t

from aiohttp import web

from .error_response import ErrorResponse
from .service import CLOUD, application, bearer_token, get
from .tokens import Claims, TokenError

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .request_log import RequestLog
    from .world import Account


def accounts(cloud: Cloud, log: RequestLog) -> web.Application:
    """Return the accounts service of the world's generation."""
    path = cloud.generation.accounts_path
    return application(cloud, log, [get(path, _list), get(path + "/{id}", _one)], _render_error, service="accounts")


def _render_error(_request: web.Request, error: ErrorResponse) -> web.Response:
    transaction = secrets.token_hex(16)
    body = {"message": error.text, "code": error.status, "global_transaction_id": transaction}
    headers = {**error.headers, "X-Global-Transaction-ID": transaction}
    return web.json_response(body, status=error.status, headers=headers)


def _claims(request: web.Request) -> Claims:
    """Return the access token's claims. Tokens without an account are accepted, because clients use this service to find their accounts."""
    token = bearer_token(request)
    if token is None:
        raise ErrorResponse(401, "", "Authorization header is missing")
    try:
        return request.app[CLOUD].read_access_token(token)
    except TokenError as problem:
        raise ErrorResponse(401, "", "Token expired" if str(problem) == "expired" else "Token invalid") from None


def _check_accept(request: web.Request) -> None:
    accepted = request.headers.get("Accept", "*/*")
    if not any(kind in accepted for kind in ("application/json", "application/*", "*/*")):
        raise ErrorResponse(406, "", "Not Acceptable")  # [inferred]


async def _list(request: web.Request) -> web.Response:
    iam_id = _claims(request)["iam_id"]
    _check_accept(request)
    cloud = request.app[CLOUD]
    visible = _visible(cloud, iam_id)
    start = 0
    if "_start" in request.query:
        # A cursor is valid only for the identity that received it [inferred].
        owner, start = cloud.cursors.get(request.query["_start"], ("", 0))
        if owner != iam_id:
            raise ErrorResponse(400, "", "The cursor is not valid")
    size = cloud.settings.accounts_page_size
    end = start + size
    next_url = _cursor(cloud, iam_id, end) if end < len(visible) else None
    page: t.Any = [_record(cloud, account) for account in visible[start:end]]
    if not cloud.generation.counts_pages:
        return web.json_response({"next_url": next_url, "total_results": len(visible), "resources": page})
    if cloud.settings.accounts_resources_object and len(page) == 1:
        page = page[0]
    body = {
        "total_results": len(visible),
        "total_pages": -(-len(visible) // size),
        "prev_url": _cursor(cloud, iam_id, max(start - size, 0)) if start else None,
        "next_url": next_url,
        "resources": page,
    }
    return web.json_response(body)


def _cursor(cloud: Cloud, iam_id: str, start: int) -> str:
    """Return the URL of the page that starts at this position. Clients must treat the URL's query as opaque."""
    cursor = secrets.token_urlsafe(12)
    cloud.cursors[cursor] = (iam_id, start)
    return f"{cloud.generation.accounts_path}?_start={cursor}"


async def _one(request: web.Request) -> web.Response:
    iam_id = _claims(request)["iam_id"]
    _check_accept(request)
    cloud = request.app[CLOUD]
    for account in _visible(cloud, iam_id):
        if account.id == request.match_info["id"]:
            return web.json_response(_record(cloud, account))
    raise ErrorResponse(404, "", "Account not found")


def _visible(cloud: Cloud, iam_id: str) -> list[Account]:
    return [cloud.accounts[account] for account in cloud.identities[iam_id].accounts]


def _record(cloud: Cloud, account: Account) -> dict[str, t.Any]:
    metadata = {
        "guid": account.id,
        "url": f"{cloud.generation.accounts_path}/{account.id}",
        "created_at": account.created_at,
        "updated_at": account.updated_at,
    }
    metadata.update({"origin": "BSS"} if cloud.generation.counts_pages else {"anonymousId": account.anonymous_id})
    return {"metadata": metadata, "entity": {"name": account.name, "state": account.state, **account.entity}}
