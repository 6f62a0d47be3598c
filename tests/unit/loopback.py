# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A loopback server with scripted responses, including incomplete, invalid, slow and missing responses."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import socketserver
import ssl
import struct
import threading
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    import types

# The maximum time that a test waits for a server, in seconds
_LONGEST = 10.0


@dataclass(frozen=True)
class Seen:
    """A received request. The header names are lowercase."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Peer:
    """The server's side of a connection, for use in scripts.

    If a script sets ``over`` to true, the server closes the connection when the script ends.
    """

    def __init__(self, connection: socket.socket, request: Seen, stopping: threading.Event) -> None:
        self.request = request
        self.over = False
        self.connection = connection
        self._stopping = stopping

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reset(self) -> None:
        """Close the connection with a TCP reset."""
        self.over = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def pause(self, seconds: float = _LONGEST) -> bool:
        """Wait until the time has passed or the test has ended, and return whether the test is still running."""
        return not self._stopping.wait(seconds)


Script = t.Callable[[Peer], None]


class Loopback:
    """A server that plays the next script for each request, and repeats the last script.

    - Without ``keep``, the server closes a connection after one request.
    - On each of the first ``hang_ups`` connections, the server sends ``farewell`` and closes the connection without a TLS handshake.
    - With ``asleep``, the server rejects connections until ``wake`` is called.
    - ``host`` is the host in the URL. A client can reach a host other than 127.0.0.1 only through ``tunnel``.
    """

    def __init__(
        self,
        *scripts: Script | bytes,
        tls: ssl.SSLContext | None = None,
        hang_ups: int = 0,
        farewell: bytes = b"",
        asleep: bool = False,
        keep: bool = False,
        host: str = "127.0.0.1",
    ) -> None:
        self.seen: list[Seen] = []
        self._host = host
        self.connections = 0
        self.ended = 0
        self._scripts = list(scripts) or [answer()]
        self._tls = tls
        self._hang_ups = hang_ups
        self._farewell = farewell
        self._asleep = asleep
        self._keep = keep
        self._open: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> t.Self:
        loopback = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                loopback._handle(self.request)
                loopback.ended += 1

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            # With a shorter queue, clients with many threads would have to retry some connections after a second.
            request_queue_size = 128

            def handle_error(self, request: t.Any, client_address: t.Any) -> None:
                """Print nothing, because many tests close connections early."""

        self._server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.server_bind()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))
        if not self._asleep:
            self.wake()
        return self

    def wake(self) -> None:
        """Start to accept connections."""
        self._server.server_activate()
        self._thread.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _value: BaseException | None, _trace: types.TracebackType | None
    ) -> None:
        self._stopping.set()
        with self._lock:
            for connection in self._open:
                # Clients that wait for a response detect the shutdown.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}"

    def _handle(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            hang_up = self.connections <= self._hang_ups
        if hang_up:
            connection.sendall(self._farewell)
            return
        if self._tls:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:  # The client can reject the certificate.
                return
        connection.settimeout(_LONGEST)
        with self._lock:
            self._open.add(connection)
        try:
            with connection, connection.makefile("rb") as stream:
                while self._answered(connection, _read(stream)) and self._keep and not self._stopping.is_set():
                    pass
        finally:
            with self._lock:
                self._open.discard(connection)

    def _answered(self, connection: socket.socket, request: Seen | None) -> bool:
        """Play the next script, and return whether the connection can carry another request."""
        if request is None:
            return False
        with self._lock:
            script = self._scripts[min(len(self.seen), len(self._scripts) - 1)]
            self.seen.append(request)
        peer = Peer(connection, request, self._stopping)
        if isinstance(script, bytes):
            peer.send(script)
        else:
            script(peer)
        return not peer.over


def _read(stream: t.BinaryIO) -> Seen | None:
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    while line := stream.readline().strip():
        name, _colon, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Seen(first[0], first[1], headers, stream.read(int(headers.get("content-length", 0))))


def answer(
    body: t.Any = None,
    *,
    status: int = 200,
    length: int | None = None,
    head: t.Mapping[str, str] | None = None,
    keep: bool = False,
) -> bytes:
    """Return a complete HTTP response.

    A body that is not bytes is encoded as JSON. ``length`` overrides the Content-Length. Without ``keep``, the response
    contains ``Connection: close``.
    """
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    headers = {"Content-Type": "application/json", **(head or {})}
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"Content-Length: {len(content) if length is None else length}"]
    lines += [*([] if keep else ["Connection: close"]), "", ""]
    return "\r\n".join(lines).encode("latin-1") + content


def silence(peer: Peer) -> None:
    """Send no response, and keep the connection open."""
    peer.pause()


def goodbye(peer: Peer) -> None:
    """Close the connection without a response."""
    peer.over = True


def reset(peer: Peer) -> None:
    peer.reset()


def respond(reply: t.Callable[[Seen], bytes]) -> Script:
    """Return a script that computes the response from the request."""
    return lambda peer: peer.send(reply(peer.request))


def tunnel(peer: Peer) -> None:
    """Act as a proxy: connect the client to the requested port of this machine, and forward all bytes.

    The proxy ignores the requested host. A single thread forwards in both directions, because OpenSSL does not allow two threads
    to use the same TLS connection at the same time.
    """
    port = int(peer.request.target.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=_LONGEST) as server:
        peer.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        other = {peer.connection: server, server: peer.connection}
        with contextlib.suppress(OSError):  # The client or the server may close the connection at any time.
            while True:
                # select() does not report data that TLS has already read.
                read = [end for end in other if isinstance(end, ssl.SSLSocket) and end.pending()]
                for end in read or select.select(list(other), [], [], _LONGEST)[0]:
                    if not (data := end.recv(65536)):
                        return
                    other[end].sendall(data)


def then(data: bytes, script: Script) -> Script:
    """Return a script that sends ``data`` and then runs ``script``."""

    def play(peer: Peer) -> None:
        peer.send(data)
        script(peer)

    return play


def drip(data: bytes, *, pause: float) -> Script:
    """Return a script that sends ``data`` byte by byte, with a pause before each byte."""

    def play(peer: Peer) -> None:
        for number in range(len(data)):
            if not peer.pause(pause):
                return
            peer.send(data[number : number + 1])

    return play
