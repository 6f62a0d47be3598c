# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between a request and its answer: pauses, a rate limit, and failures on purpose.

With default settings nothing does.
"""

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
    """What becomes of one request, settled when it comes in.

    ``fault`` is empty, ``rate_limit``, ``unavailable``, ``reset`` or ``cut``. Of a request that is ``lost`` by a reset
    the service never hears. ``pause`` and ``retry_after`` are seconds.
    """

    fault: str = ""
    pause: float = 0.0
    lost: bool = False
    retry_after: int = 0

    async def respond(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The answer in its time; raises Refusal for a request that the service does not even look at."""
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.fault == "rate_limit":
            raise ErrorResponse(429, "", "Too Many Requests", headers={"Retry-After": str(self.retry_after)})
        if self.fault == "unavailable":
            raise ErrorResponse(503, "", "Service Unavailable")
        return web.Response() if self.lost else await handler(request)

    async def send(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        """What the client gets of the answer. It is the answer itself, unless the connection is to suffer."""
        if self.fault == "reset":
            _reset(request)
        if self.fault == "truncated":
            return await _truncate(request, response)
        return response


class FaultInjector:
    """Settles the fate of each request. It remembers who has asked how often, and what was drawn."""

    def __init__(self) -> None:
        self._pauses = _SeededRandom()
        self._faults = _SeededRandom()
        self._windows: dict[str, collections.deque[float]] = {}

    def plan(self, settings: Settings, address: str, now: float, *, faults: bool, limited: bool) -> Injection:
        """The fate of a request from this address; ``faults`` and ``limited`` say what can happen where it goes.

        The limit comes first: a request that it refuses cannot end in another way as well [inferred].
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
        # 95 % of a normal distribution lie within two standard deviations on either side.
        deviation = math.log(latency.maximum / latency.minimum) / 4
        return min(max(draw.lognormvariate(math.log(latency.median), deviation), latency.minimum), latency.maximum)

    def _retry_after(self, limit: RateLimit, address: str, now: float) -> int:
        """0 for a request that the window has room for; one that is refused does not count [inferred]."""
        window = self._windows.setdefault(address, collections.deque())
        while window and window[0] <= now - limit.seconds:
            window.popleft()
        if len(window) < limit.requests:
            window.append(now)
            return 0
        lowest, highest = _RETRY_AFTER
        return min(max(math.ceil(window[0] + limit.seconds - now), lowest), highest)

    def _fault(self, faults: Faults) -> tuple[str, bool]:
        """The fault of a request, and whether it is lost on its way to the service."""
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
    """A random generator that starts anew whenever a test puts other settings in place."""

    def __init__(self) -> None:
        self._settings: Latency | Faults | None = None
        self._random = random.Random()

    def for_settings(self, settings: Latency | Faults) -> random.Random:
        if settings is not self._settings:
            self._settings = settings
            self._random = random.Random(settings.seed)
        return self._random


def _reset(request: web.Request) -> None:
    """Ends the connection without a word, TLS' own good-bye included."""
    if request.transport is not None:
        # Without time to linger the system sends a reset where it would send an orderly end.
        linger = struct.pack("ii", 1, 0)
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.transport.abort()


async def _truncate(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Half of the answer's body, and an orderly end of the connection. An empty body becomes one of two blanks."""
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
