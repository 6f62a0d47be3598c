# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""One exchange over the wire: a request goes out, an answer comes back whole, or a fault says why not.

Credentials travel only through ``auth=`` objects, each connection is verified by its own context, no redirect is followed (a
307 sends the form body, API key included, to the other host), answers are read against the clock and a cap, and
every exception of the libraries ends here: requests puts tokens and query strings into its messages.
"""

from __future__ import annotations

import typing as t
import zlib
from dataclasses import dataclass

from .._core.errors import MissingLibraryError
from .connections import Connections
from .deadline import deadline
from .retry import AttemptFailure
from .transport_errors import classify_exception

if t.TYPE_CHECKING:
    from .._core.clock import Clock
    from .._core.errors import Call
    from .request import Request

try:
    import requests
    import urllib3
    import urllib3.exceptions

    HAS_REQUESTS = True
    # What an exchange can end with. ValueError and UnicodeError: headers and URLs that cannot be written or read.
    _EXCHANGE_ERRORS: tuple[type[Exception], ...] = (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        ValueError,
        zlib.error,
    )
except ImportError:
    HAS_REQUESTS = False
    _EXCHANGE_ERRORS = (OSError,)

USER_AGENT = "ansible-collection-ibmcloud.kubernetes/0.1.0"
LARGEST_BODY = 8 * 1024 * 1024
# How many bytes are taken or unpacked at once.
_STEP = 65536
# To zlib: with the head of gzip or of zlib.
_EITHER = 47


@dataclass(frozen=True)
class Response:
    """What came back. The names of the headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class AttemptFailed(Exception):
    """An attempt brought no whole answer; carries the fault."""

    def __init__(self, failure: AttemptFailure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


class Transport:
    """Exchanges requests for answers, also in several threads at once.

    ``verify`` is True, False or the path of a CA file; ``cluster_verify`` the same, but never False, for calls to clusters.
    ``timeout`` is for a connection, and for each piece of an answer; ``budget`` for all attempts of a call, in seconds.
    """

    def __init__(
        self,
        *,
        verify: bool | str,
        cluster_verify: bool | str,
        timeout: float,
        budget: float,
        clock: Clock,
        concurrency: int,
        proxy: str = "",
    ) -> None:
        if not HAS_REQUESTS:
            raise MissingLibraryError("requests")
        if verify is False:
            # Whoever switches verification off is warned once, by the task, and not by each call.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        # For what it makes of options and environment; nothing is sent through it.
        self._session = requests.Session()
        self._connections = Connections(concurrency)
        self._verify = verify
        self._cluster_verify = cluster_verify
        self._timeout = timeout
        self._budget = budget
        self._now = clock.now
        self._proxy = proxy
        self._proxies: dict[str, t.Any] = {}  # by origin, read from the environment where no proxy is given

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def release(self, ca: str) -> None:
        """Close the connections to a cluster with this CA, which will not be called again."""
        self._connections.release(ca)

    def prepare(self, request: Request, call: Call) -> requests.PreparedRequest:
        """Return the request, signed.

        :raises Failed: with the fault; the library's own exception ends here, because its text may quote a secret.
        """
        try:
            return self._session.prepare_request(
                requests.Request(
                    request.method,
                    request.url,
                    params=request.query,
                    data=request.form,
                    json=request.json,
                    headers={
                        "Accept": "application/json",
                        # What _unpacked() reads; the libraries would ask for whatever is installed.
                        "Accept-Encoding": "gzip",
                        "User-Agent": USER_AGENT,
                        "X-Request-ID": call.request_id,
                        **(request.headers or {}),
                    },
                    # No auth at all would let a .netrc entry sign the request.
                    auth=request.auth if request.auth is not None else _no_auth,
                )
            )
        except _EXCHANGE_ERRORS as exc:
            failure = classify_exception(exc, self._timeout, self._budget)
        raise AttemptFailed(failure)

    def exchange(self, request: Request, prepared: requests.PreparedRequest, started: float) -> Response:
        """Send once and read the whole answer.

        :raises Failed: as above.
        """

        def left() -> float:
            return self._budget - (self._now() - started)

        timeout = max(0.001, min(self._timeout, left()))
        url = prepared.url or request.url
        trust = self._cluster_verify if request.cluster else self._verify
        try:
            adapter = self._connections.adapter(trust, request.ca, proxy_trust=self._verify)
            with deadline(left):
                # Straight through the adapter: Session.send() would parse (and might follow) a Location header.
                response = adapter.send(
                    prepared,
                    stream=True,
                    timeout=(timeout, timeout),
                    # The adapter's context verifies. Not True, with which some releases of requests take one of their own.
                    verify=adapter.context if trust or request.ca else False,
                    proxies=self._proxies_for(url),
                )
            try:
                body = self._read_body(response)
            finally:
                response.close()
        except _EXCHANGE_ERRORS as exc:
            failure = classify_exception(exc, timeout, self._budget, self._proxy_for(url))
        else:
            return Response(response.status_code, {k.lower(): v for k, v in response.headers.items()}, body)
        raise AttemptFailed(failure)

    def _proxies_for(self, url: str) -> t.Any:
        origin = "/".join(url.split("/", 3)[:3])
        if origin not in self._proxies:
            # It goes through the whole environment, which takes as long as the rest of a request.
            if not self._proxy:
                proxies = self._session.merge_environment_settings(url, {}, True, None, None)["proxies"]
            elif requests.utils.should_bypass_proxies(url, no_proxy=None):
                proxies = {}
            else:
                proxies = {"http": self._proxy, "https": self._proxy}
            self._proxies[origin] = proxies
        return self._proxies[origin]

    def _proxy_for(self, url: str) -> str:
        """Return host and port of the proxy on the way, without its user; empty for none."""
        proxy = requests.utils.select_proxy(url, self._proxies_for(url)) or ""
        return proxy.rpartition("@")[2].rpartition("//")[2].strip("/")

    def _read_body(self, response: requests.Response) -> bytes:
        raw = response.raw
        # urllib3 1 takes a body that ends early for a whole one unless it is told not to.
        raw.enforce_content_length = True
        # read1 returns what has come (urllib3 2); a small read is the next best, so that the clock is looked at often.
        read = getattr(raw, "read1", None) or (lambda _size, **options: raw.read(1024, **options))
        pieces = iter(lambda: read(_STEP, decode_content=False) or b"", b"")
        body = bytearray()
        for piece in _decompress(pieces, response.headers.get("Content-Encoding", "")):
            body += piece
            if len(body) > LARGEST_BODY:
                cap = LARGEST_BODY // 1024**2
                raise AttemptFailed(
                    AttemptFailure("response_invalid", f"the answer is larger than {cap} MiB", final=True)
                )
        return bytes(body)


def _decompress(pieces: t.Iterator[bytes], coding: str) -> t.Iterator[bytes]:
    """Yield what the pieces hold, little at a time.

    The libraries unpack a whole piece before they hand it out, as often as the answer says: 1 kB becomes a gigabyte.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        yield from pieces
        return
    if coding not in ("gzip", "x-gzip"):
        raise AttemptFailed(
            AttemptFailure("response_invalid", "the answer is packed in a way that was not asked for", final=True)
        )
    unpacker = zlib.decompressobj(_EITHER)
    begun = False
    for piece in pieces:
        packed = piece
        while packed:
            if unpacker.eof:  # files that are packed one by one and put together are one file
                unpacker = zlib.decompressobj(_EITHER)
            begun = True
            yield unpacker.decompress(packed, _STEP)
            packed = unpacker.unused_data or unpacker.unconsumed_tail
    if begun and not unpacker.eof:
        raise zlib.error("cut off")


def _no_auth(prepared: t.Any) -> t.Any:
    return prepared
