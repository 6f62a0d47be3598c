# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP proxy that forwards connections for the documented host names to the simulated services.

Through the proxy, clients reach the simulator at the documented URLs on port 443 and verify the certificate for the
documented host name. The proxy does not resolve host names. Clients can also reach the clusters' loopback addresses
through the proxy. For all other targets, the proxy responds with HTTP 502.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import typing as t

_MOST = 16 * 1024
_SECONDS = 10.0

Address = tuple[str, int]


class Proxy:
    """A plain HTTP proxy that supports only the CONNECT method.

    ``hosts`` maps each host name (port 443) to the address of its service. ``straight`` contains the other addresses to which the proxy may connect.
    """

    def __init__(self, hosts: t.Mapping[str, Address], straight: t.Collection[Address]) -> None:
        self._hosts = dict(hosts)
        self._straight = frozenset(straight)
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client connection."""
        task = t.cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks.add(task)
        try:
            async with self._closing(writer):
                await self._tunnel(reader, writer)
        finally:
            self._tasks.discard(task)

    async def close(self) -> None:
        """Abort all tunnels."""
        for writer in self._writers:
            writer.transport.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def _closing(self, writer: asyncio.StreamWriter) -> t.AsyncIterator[None]:
        """Close a connection after all data has been sent. Ignore errors, because either side may abort the connection at any time."""
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError):
                yield
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._writers.discard(writer)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _SECONDS)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            return
        address = self._address(head.decode("latin-1"))
        if address is None:
            writer.write(_bad_gateway())
            return
        there, back = await asyncio.open_connection(*address)
        async with self._closing(back):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, back))
                both.create_task(_pump(there, writer))

    def _address(self, head: str) -> Address | None:
        match = re.match(r"CONNECT ([A-Za-z0-9.-]{1,253}):([0-9]{1,5}) HTTP/1\.[01]\r\n", head)
        if match is None:
            return None
        host, port = match[1].lower(), int(match[2])
        if port == 443 and host in self._hosts:
            return self._hosts[host]
        return (host, port) if (host, port) in self._straight else None


def _bad_gateway() -> bytes:
    text = "This proxy connects only to the documented services and the simulated clusters.\n"
    head = (
        f"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close\r\n"
    )
    return f"{head}\r\n{text}".encode()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy data until the reader's connection is closed or aborted, and then close or abort the writer's connection."""
    try:
        while data := await reader.read(_MOST):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()
