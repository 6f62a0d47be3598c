# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control address, which provides the request log and the state of the simulator over plain HTTP.

Responses do not contain credentials. Requests cannot change anything except the log.
"""

from __future__ import annotations

import dataclasses
import os
import typing as t

from aiohttp import web

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .request_log import RequestLog


def control(cloud: Cloud, log: RequestLog, env: t.Mapping[str, str], proxy: str) -> web.Application:
    """Return the application that serves ``GET /requests``, ``GET /log``, ``POST /reset-log`` and ``GET /state``."""

    async def requests(_request: web.Request) -> web.Response:
        return web.json_response([dataclasses.asdict(entry) for entry in log.entries])

    async def lines(_request: web.Request) -> web.Response:
        return web.Response(text=log.lines())

    async def reset_log(_request: web.Request) -> web.Response:
        log.reset()
        return web.Response(status=204)

    async def state(_request: web.Request) -> web.Response:
        now = cloud.now()
        clusters = [
            {
                "id": cluster.cluster.id,
                "name": cluster.cluster.name,
                "account": cluster.cluster.account,
                "type": cluster.cluster.type,
                "state": cluster.state,
                "urls": cluster.urls,
                "oauth_urls": cluster.oauth_urls,
                "rbac": {
                    iam_id: dict(zip(("synchronized", "error"), cluster.rbac.status(iam_id, now), strict=True))
                    for iam_id in cloud.identities
                },
            }
            for cluster in cloud.clusters
        ]
        body = {
            "pid": os.getpid(),
            "directory": env["IBMCLOUD_SIMULATOR_DIR"],
            "world": cloud.world.name,
            "generation": cloud.generation.name,
            "proxy": proxy,
            "connections": {"open": log.open_connections, "most": log.peak_connections},
            "clusters": clusters,
        }
        return web.json_response(body)

    app = web.Application()
    app.add_routes(
        [
            web.get("/requests", requests),
            web.get("/log", lines),
            web.post("/reset-log", reset_log),
            web.get("/state", state),
        ]
    )
    return app
