# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pauses, the rate limit and injected faults, all of which are disabled by default."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import math
import random
import socket
import struct
import typing as t

from aiohttp import web

from .error_response import ErrorResponse

if t.TYPE_CHECKING:
    from .fault_settings import Faults, Latency, RateLimit
    from .service import Handler
    from .world import Settings

_RETRY_AFTER = (1, 5)
_NO_BODY = (204, 304)


@dataclasses.dataclass(frozen=True)
class Injection:
    """The pause and the fault for one request, selected when the request arrives.

    ``fault`` is an empty string, ``rate_limit``, ``unavailable``, ``reset`` or ``truncated``. If ``lost`` is true, the connection is
    reset before the service receives the request. ``pause`` and ``retry_after`` are in seconds.
    """

    fault: str = ""
    pause: float = 0.0
    lost: bool = False
    retry_after: int = 0

    async def respond(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Pause, and then return the service's response. Raise ErrorResponse if the fault prevents the service from processing the request."""
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.fault == "rate_limit":
            raise ErrorResponse(429, "", "Too Many Requests", headers={"Retry-After": str(self.retry_after)})
        if self.fault == "unavailable":
            raise ErrorResponse(503, "", "Service Unavailable")
        return web.Response() if self.lost else await handler(request)

    async def send(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        """Apply the fault, and return the response to send to the client."""
        if self.fault == "reset":
            _reset(request)
        if self.fault == "truncated":
            return await _truncate(request, response)
        return response


class FaultInjector:
    """Selects the injection for each request, and stores the state of the rate limit and of the random number generators."""

    def __init__(self) -> None:
        self._pauses = _SeededRandom()
        self._faults = _SeededRandom()
        self._windows: dict[str, collections.deque[float]] = {}

    def plan(self, settings: Settings, address: str, now: float, *, faults: bool, limited: bool) -> Injection:
        """Return the injection for a request from this address. ``faults`` enables faults, and ``limited`` enables the rate limit.

        The rate limit takes precedence, so a request that the rate limit rejects has no other fault [inferred].
        """
        pause = self._pause(settings.latency)
        if limited and settings.rate_limit is not None:
            retry_after = self._retry_after(settings.rate_limit, address, now)
            if retry_after:
                return Injection("rate_limit", pause, retry_after=retry_after)
        fault, lost = self._fault(settings.faults) if faults else ("", False)
        return Injection(fault, pause, lost)

    def _pause(self, latency: Latency) -> float:
        draw = self._pauses.for_settings(latency)
        if latency.slow_share and draw.random() < latency.slow_share:
            return latency.slow_seconds
        if not latency.median:
            return latency.seconds
        # About 95% of the values of a normal distribution are within two standard deviations of the mean.
        deviation = math.log(latency.maximum / latency.minimum) / 4
        return min(max(draw.lognormvariate(math.log(latency.median), deviation), latency.minimum), latency.maximum)

    def _retry_after(self, limit: RateLimit, address: str, now: float) -> int:
        """Return 0 if the rate limit allows the request, or the Retry-After value otherwise. Rejected requests do not count toward the limit [inferred]."""
        window = self._windows.setdefault(address, collections.deque())
        while window and window[0] <= now - limit.seconds:
            window.popleft()
        if len(window) < limit.requests:
            window.append(now)
            return 0
        lowest, highest = _RETRY_AFTER
        return min(max(math.ceil(window[0] + limit.seconds - now), lowest), highest)

    def _fault(self, faults: Faults) -> tuple[str, bool]:
        """Return the fault for a request, and whether the request is lost before it reaches the service."""
        if not (faults.unavailable or faults.reset or faults.truncated):
            return "", False
        draw = self._faults.for_settings(faults)
        value = draw.random()
        for name, share in (
            ("unavailable", faults.unavailable),
            ("reset", faults.reset),
            ("truncated", faults.truncated),
        ):
            if value < share:
                return name, name == "reset" and draw.random() < 0.5
            value -= share
        return "", False


class _SeededRandom:
    """A random number generator that restarts from its seed when a test changes the settings."""

    def __init__(self) -> None:
        self._settings: Latency | Faults | None = None
        self._random = random.Random()

    def for_settings(self, settings: Latency | Faults) -> random.Random:
        if settings is not self._settings:
            self._settings = settings
            self._random = random.Random(settings.seed)
        return self._random


def _reset(request: web.Request) -> None:
    """Reset the connection without sending a TLS close_notify alert."""
    if request.transport is not None:
        # With a linger time of 0, the operating system sends RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.transport.abort()


async def _truncate(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Send half of the body, and close the connection. An empty body is first replaced with two spaces."""
    if request.method == "HEAD" or response.status in _NO_BODY:
        response.force_close()
        return response
    whole = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b""
    whole = whole or b"  "
    part = web.StreamResponse(status=response.status, reason=response.reason, headers=response.headers)
    part.content_length = len(whole)
    await part.prepare(request)
    await part.write(whole[: len(whole) // 2])
    if request.transport is not None:
        request.transport.close()
    return part
