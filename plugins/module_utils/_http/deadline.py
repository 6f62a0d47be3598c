# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Limit the duration of a run. Read responses within a call's deadline, and reuse a connection only after a complete response.

A socket timeout applies to each read. A server that sends one byte at a time never exceeds the timeout, so the deadline is checked before each
read (F23, F24). For a host name with many addresses, the timeout applies to each address, so the deadline is checked before each
connection attempt (F05).
http.client skips interim responses with status 100, but treats other interim responses as final (F121). This module skips all interim
responses except those with status 101.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import socket
import threading
import typing as t

# The time limit in seconds for all of a module's requests. The module's wait_timeout is added to this limit. Without a limit, 200 pages
# that each use up the retry_budget would take 7 hours. A run for 5,000 clusters, the maximum, takes 20 minutes at the default rate_limit.
LONGEST_RUN = 7200.0

_call = threading.local()


class DeadlineOver(TimeoutError):
    """The error if a call's deadline passes during a read or before a connection attempt."""


@contextlib.contextmanager
def deadline(remaining: t.Callable[[], float]) -> t.Iterator[None]:
    """Apply a deadline to this thread's connections. ``remaining`` returns the number of seconds until the deadline."""
    _call.remaining = remaining
    try:
        yield
    finally:
        del _call.remaining


class DeadlineReader(io.RawIOBase):
    """Reads from a connection until the deadline."""

    def __init__(self, raw: t.Any, sock: t.Any, remaining: t.Callable[[], float]) -> None:
        self._raw = raw
        self._sock = sock
        self._remaining = remaining
        self._timeout: float | None = sock.gettimeout()
        self.stopped = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        if self.stopped:
            return 0
        self._sock.settimeout(self._next_timeout())
        try:
            count: int | None = self._raw.readinto(buffer)
        except socket.timeout:  # an alias of TimeoutError since Python 3.10
            self._next_timeout()
            raise
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _next_timeout(self) -> float:
        remaining = self._remaining()
        if remaining <= 0:
            raise DeadlineOver
        return remaining if self._timeout is None else min(self._timeout, remaining)


class _Response(http.client.HTTPResponse):
    """A response that can be read only until the deadline. The connection is not reused if unread bytes remain."""

    def __init__(self, sock: t.Any, *args: t.Any, **settings: t.Any) -> None:
        super().__init__(sock, *args, **settings)
        self._sock = sock
        self._reader: DeadlineReader | None = None
        remaining = getattr(_call, "remaining", None)
        if remaining:
            buffered: t.Any = self.fp
            self._reader = DeadlineReader(buffered.detach(), sock, remaining)
            self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        # After a 101 response, the connection no longer uses HTTP.
        # RFC 9112, section 6.1, requires the client to close the connection after a response with both Transfer-Encoding and Content-Length.
        if self.status == http.HTTPStatus.SWITCHING_PROTOCOLS or (self.chunked and "Content-Length" in self.headers):
            self.will_close = True

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # private, the same since Python 2
            if status == http.HTTPStatus.SWITCHING_PROTOCOLS or not 100 <= status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)

    def _close_conn(self) -> None:
        stream: t.Any = self.fp
        if self._reader and stream and not stream.closed:
            self._reader.stopped = True
            if stream.peek(1):
                # The remaining bytes do not belong to this response, but could be read as the response to the connection's next request.
                with contextlib.suppress(OSError):  # already closed
                    self._sock.shutdown(socket.SHUT_RDWR)
        super()._close_conn()  # type: ignore[misc]  # private, the same since Python 3.0


class _SocketOptions(list[t.Any]):
    """Socket options that check the deadline. urllib3 reads the options before it connects to each address of a host name."""

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> t.Iterator[t.Any]:
        remaining = getattr(_call, "remaining", None)
        if remaining and remaining() <= 0:
            raise DeadlineOver
        return super().__iter__()


@functools.cache
def with_deadline(pool: t.Any) -> t.Any:
    """Return a urllib3 pool class that applies the deadline: a subclass of ``pool``, or ``pool`` itself if it already applies the deadline."""
    base = pool.ConnectionCls
    # The ``requests`` library calls proxy_manager_for() before each request, so a manager's pool classes may already apply the deadline.
    if base.response_class is _Response:
        return pool

    def connect(self: t.Any) -> None:
        if not isinstance(self.socket_options, _SocketOptions):
            self.socket_options = _SocketOptions(self.socket_options or ())
        try:
            base.connect(self)
        except Exception as exc:  # reraised with an added attribute
            # The exception's class does not show whether the failure occurred before the request was sent (in DNS, TCP, the proxy or TLS).
            exc.unsent = True  # type: ignore[attr-defined]  # read by transport_errors.py
            raise

    connection = type(f"Deadline{base.__name__}", (base,), {"response_class": _Response, "connect": connect})
    return type(f"Deadline{pool.__name__}", (pool,), {"ConnectionCls": connection})
