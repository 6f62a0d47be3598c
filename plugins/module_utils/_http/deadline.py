# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Reads that look at the clock: a service that drips its answer holds nobody for longer than a call may last.

The timeout of a socket begins anew with each byte. That is as true of a head and of the length of a chunk, which the libraries
read line by line, as of a body: so the clock is looked at below them, before each read from the connection.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import threading
import typing as t

try:
    import urllib3
    import urllib3.connection

    _PLAIN: t.Any = (urllib3.HTTPConnectionPool, urllib3.connection.HTTPConnection)
    _TLS: t.Any = (urllib3.HTTPSConnectionPool, urllib3.connection.HTTPSConnection)
except ImportError:
    _PLAIN = _TLS = (object, object)  # transport.py says so to the user, before anything is made of them

Left = t.Callable[[], float]
_exchange = threading.local()


class DeadlineOver(TimeoutError):
    """There was no time left to read on."""


@contextlib.contextmanager
def deadline(left: Left) -> t.Iterator[None]:
    """Let the reads of this thread end when no time is left; ``left`` returns how many seconds there are."""
    _exchange.left = left
    try:
        yield
    finally:
        del _exchange.left


class DeadlineReader(io.RawIOBase):
    """What is read from a connection, while there is time."""

    def __init__(self, raw: t.Any, sock: t.Any, left: Left) -> None:
        self._raw = raw
        self._sock = sock
        self._left = left
        self._longest: float | None = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        self._sock.settimeout(self._pause())
        try:
            count: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            self._pause()
            raise
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _pause(self) -> float:
        """Return how long the next read may take."""
        left = self._left()
        if left <= 0:
            raise DeadlineOver
        return left if self._longest is None else min(self._longest, left)


class _Options(list[t.Any]):
    """The options of a socket, which urllib3 asks for once for each address of a name, before it tries this.

    It gives each of them the whole timeout, however many there are.
    """

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> t.Iterator[t.Any]:
        left = getattr(_exchange, "left", None)
        if left and left() <= 0:
            raise DeadlineOver
        return super().__iter__()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: t.Any, *args: t.Any, **settings: t.Any) -> None:
        super().__init__(sock, *args, **settings)
        left = getattr(_exchange, "left", None)
        if left:
            buffered: t.Any = self.fp
            self.fp = io.BufferedReader(DeadlineReader(buffered.detach(), sock, left))


def _pool(kinds: tuple[t.Any, t.Any]) -> t.Any:
    pool, connection = kinds

    def connect(self: t.Any) -> None:
        if not isinstance(self.socket_options, _Options):
            self.socket_options = _Options(self.socket_options or ())
        try:
            connection.connect(self)
        except Exception as exc:  # raised again, with a note
            # The name, TCP, a proxy, TLS: nothing of the request has left, which no class of exception tells.
            exc.unsent = True  # type: ignore[attr-defined]  # a note of ours, which transport_errors.py reads
            raise

    timely = type(f"Timely{connection.__name__}", (connection,), {"response_class": _Response, "connect": connect})
    return type(f"Timely{pool.__name__}", (pool,), {"ConnectionCls": timely})


# For the pool manager of an adapter.
POOLS = {"http": _pool(_PLAIN), "https": _pool(_TLS)}
