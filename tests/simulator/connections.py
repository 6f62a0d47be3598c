# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The current and peak numbers of open connections for each service."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import typing as t


class Connections:
    """The open connections to each service (``iam``, ``accounts``, ``containers``, ``control`` or the name of a cluster).

    A connection is counted from the end of its TLS handshake until the simulator detects that the connection has been closed. ``most`` is the
    peak for each service since the start or the last reset. ``peak_total`` is the peak of the total over all services.
    """

    def __init__(self) -> None:
        self._open: collections.Counter[str] = collections.Counter()
        self._transports: set[asyncio.Transport] = set()
        self._idle = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        """Reset the peaks to the current numbers of open connections."""
        self.most: dict[str, int] = self.open
        self.peak_total = self._open.total()

    @property
    def open(self) -> dict[str, int]:
        """The number of open connections for each service that has at least one."""
        return {service: number for service, number in self._open.items() if number}

    def opened(self, service: str, transport: asyncio.Transport) -> None:
        self._transports.add(transport)
        self._idle.clear()
        self._open[service] += 1
        self.most[service] = max(self.most.get(service, 0), self._open[service])
        self.peak_total = max(self.peak_total, self._open.total())

    def closed(self, service: str, transport: asyncio.Transport) -> None:
        self._transports.discard(transport)
        self._open[service] -= 1
        if not self._transports:
            self._idle.set()

    async def abort(self) -> None:
        """Abort open connections. A graceful close would wait for clients that may never read the remaining data."""
        for transport in self._transports:
            transport.abort()
        if self._transports:
            with contextlib.suppress(TimeoutError):  # a client may have opened a new connection in the meantime
                await asyncio.wait_for(self._idle.wait(), timeout=1)

    def counted(self, service: str, server: t.Callable[[], asyncio.Protocol]) -> t.Callable[[], asyncio.Protocol]:
        """Return a protocol factory that works like ``server`` and counts the connections."""
        return lambda: _Counted(server(), self, service)


class _Counted(asyncio.Protocol):
    """A counted connection that passes every event to its protocol."""

    def __init__(self, protocol: asyncio.Protocol, connections: Connections, service: str) -> None:
        self._connections = connections
        self._service = service
        self._protocol = protocol
        self._transport = asyncio.Transport()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = t.cast("asyncio.Transport", transport)
        self._connections.opened(self._service, self._transport)
        self._protocol.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.closed(self._service, self._transport)
        self._protocol.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()
