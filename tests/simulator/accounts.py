# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts service: ``GET /coe/v2/accounts``, page by page.

Record and envelope as in IBM's page "Setting up the API" of October 2025; paging as IBM-Cloud/bluemix-go follows it
(``api/account/accountv2/paginate.go``). The error body is the one of sibling services, because none was ever published
for this one.
"""

from __future__ import annotations

import secrets
import typing as t

from aiohttp import web

from .refusal import Refusal
from .service import CLOUD, application, bearer_token, get
from .tokens import Claims, TokenError

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .log import Log
    from .world import Account

_PATH = "/coe/v2/accounts"


def accounts(cloud: Cloud, log: Log) -> web.Application:
    """The accounts service."""
    return application(cloud, log, [get(_PATH, _list), get(_PATH + "/{id}", _one)], _explain, service="accounts")


def _explain(_request: web.Request, refusal: Refusal) -> web.Response:
    transaction = secrets.token_hex(16)
    body = {"message": refusal.text, "code": refusal.status, "global_transaction_id": transaction}
    headers = {**refusal.headers, "X-Global-Transaction-ID": transaction}
    return web.json_response(body, status=refusal.status, headers=headers)


def _claims(request: web.Request) -> Claims:
    """Any access token will do, also one without an account: this service is how a client finds its accounts."""
    token = bearer_token(request)
    if token is None:
        raise Refusal(401, "", "Authorization header is missing")
    try:
        return request.app[CLOUD].read_access_token(token)
    except TokenError as problem:
        raise Refusal(401, "", "Token expired" if str(problem) == "expired" else "Token invalid") from None


def _check_accept(request: web.Request) -> None:
    accepted = request.headers.get("Accept", "*/*")
    if not any(kind in accepted for kind in ("application/json", "application/*", "*/*")):
        raise Refusal(406, "", "Not Acceptable")  # [inferred]


async def _list(request: web.Request) -> web.Response:
    iam_id = _claims(request)["iam_id"]
    _check_accept(request)
    cloud = request.app[CLOUD]
    visible = _visible(cloud, iam_id)
    start = 0
    if "_start" in request.query:
        # A cursor is good for the identity that got it and for nobody else [inferred].
        owner, start = cloud.cursors.get(request.query["_start"], ("", 0))
        if owner != iam_id:
            raise Refusal(400, "", "The cursor is not valid")
    end = start + cloud.settings.accounts_page_size
    next_url = None
    if end < len(visible):
        cursor = secrets.token_urlsafe(12)
        cloud.cursors[cursor] = (iam_id, end)
        next_url = f"{_PATH}?_start={cursor}"
    page = [_record(account) for account in visible[start:end]]
    return web.json_response({"next_url": next_url, "total_results": len(visible), "resources": page})


async def _one(request: web.Request) -> web.Response:
    iam_id = _claims(request)["iam_id"]
    _check_accept(request)
    for account in _visible(request.app[CLOUD], iam_id):
        if account.id == request.match_info["id"]:
            return web.json_response(_record(account))
    raise Refusal(404, "", "Account not found")


def _visible(cloud: Cloud, iam_id: str) -> list[Account]:
    return [cloud.accounts[account] for account in cloud.identities[iam_id].accounts]


def _record(account: Account) -> dict[str, t.Any]:
    return {
        "metadata": {
            "guid": account.id,
            "url": f"{_PATH}/{account.id}",
            "created_at": account.created_at,
            "updated_at": account.updated_at,
            "anonymousId": account.anonymous_id,
        },
        "entity": {"name": account.name, "state": account.state, **account.entity},
    }
