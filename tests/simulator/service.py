# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The aiohttp application on which all services are based. The application logs each request and renders each error."""

from __future__ import annotations

import base64
import binascii
import logging
import typing as t

from aiohttp import web

from .broken_claims import changed
from .cloud import Cloud
from .error_response import ErrorResponse
from .generations import SERVICE_OF_HOST
from .loggable_fields import host_name

if t.TYPE_CHECKING:
    from .request_log import RequestLog

CLOUD = web.AppKey("cloud", Cloud)
LOGGER = logging.getLogger("simulator")

Handler = t.Callable[[web.Request], t.Awaitable[web.StreamResponse]]
ErrorRenderer = t.Callable[[web.Request, ErrorResponse], web.Response]


def application(
    cloud: Cloud,
    log: RequestLog,
    routes: t.Iterable[web.RouteDef],
    render_error: ErrorRenderer,
    *,
    service: str,
    endpoint: str = "",
    clients: bool = False,
    faults: bool = True,
    limited: bool = False,
) -> web.Application:
    """Return the application for one service at one address. ``render_error`` renders an ErrorResponse in the service's format.

    ``faults`` enables the injected faults, and ``limited`` enables the rate limit. The settings define the faults and the limit.
    """

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        arrival = log.arrival(request)
        injection = cloud.fault_injector.plan(
            cloud.settings, request.remote or "", cloud.now(), faults=faults, limited=limited
        )
        body = b""
        try:
            body = await request.read()
            _check_host(cloud, request, service)
            response = await injection.respond(request, handler)
        except ErrorResponse as error:
            response = render_error(request, error)
        except web.HTTPException as problem:
            headers = {"Allow": problem.headers["Allow"]} if "Allow" in problem.headers else None
            response = render_error(request, ErrorResponse(problem.status, "", problem.reason, headers=headers))
        except Exception:  # an error in the simulator must not look like a response from the service
            LOGGER.exception("%s could not handle %s %s", service, request.method, request.path)
            response = render_error(
                request, ErrorResponse(500, "", "The simulator failed with an internal error. See its log.")
            )
        response = changed(cloud, request, body, endpoint, response)
        status = 0 if injection.lost else response.status
        log.add(
            request, body, arrival, injection.fault, service=service, endpoint=endpoint, status=status, clients=clients
        )
        return await injection.send(request, response)

    app = web.Application(middlewares=[record], client_max_size=1024 * 1024)
    app[CLOUD] = cloud
    app.add_routes(routes)
    return app


def _check_host(cloud: Cloud, request: web.Request, service: str) -> None:
    """Reject requests to the documented hosts of other API generations and services [inferred]."""
    host = host_name(request)
    hosts = cloud.generation.hosts.get(service)
    if hosts is not None and host in SERVICE_OF_HOST and host not in hosts:
        text = f"The host {host} does not belong to generation {cloud.generation.name} of the services."
        raise ErrorResponse(404, "SIM0013", text)


def get(path: str, handler: Handler) -> web.RouteDef:
    """Return a GET route that does not accept HEAD."""
    return web.get(path, handler, allow_head=False)


def bearer_token(request: web.Request) -> str | None:
    """Return the bearer token in the Authorization header, or None if the header is missing. The scheme is not case-sensitive.

    For a different scheme or a missing token, return an empty string, which is never a valid token.
    """
    header = request.headers.get("Authorization", "").strip()
    if not header:
        return None
    scheme, _space, value = header.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Return the user name and password in an Authorization header, or None if the header is not valid for HTTP Basic authentication."""
    scheme, _space, value = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None
