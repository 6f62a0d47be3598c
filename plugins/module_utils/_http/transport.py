# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Send one HTTP request and read the complete response, or raise ``AttemptFailed``.

* Credentials are passed only in ``auth=`` objects.
* The TLS context of each connection verifies the host.
* Redirects are not followed, because an HTTP 307 redirect would send the form with the API key to another host.
* Responses are read until a deadline and up to a maximum size.
* Exceptions from libraries are converted to ``AttemptFailed``, because the exceptions' messages can contain tokens and query strings.
"""

from __future__ import annotations

import math
import ssl
import typing as t
import urllib.parse
from dataclasses import dataclass

from .._core.errors import MissingLibraryError
from .connections import Connections
from .deadline import deadline
from .retry import AttemptFailure
from .transport_errors import HAS_REQUESTS, Proxy, classify_exception
from .urls import reaches_this_machine

if t.TYPE_CHECKING:
    from .._core.clock import Clock
    from .._core.errors import Call
    from .request import Request

# Invalid headers and URLs raise ValueError or its subclass UnicodeError.
_EXCHANGE_ERRORS: tuple[type[Exception], ...] = (OSError, ValueError)
if HAS_REQUESTS:
    import requests
    import requests.utils
    import urllib3
    import urllib3.exceptions

    _EXCHANGE_ERRORS += (requests.RequestException, urllib3.exceptions.HTTPError)

USER_AGENT = "ansible-collection-ibmcloud.kubernetes/0.1.0"
# The maximum size of a response body in bytes. A list of 2,000 clusters takes about 6 MB.
LARGEST_BODY = 8 * 1024 * 1024
_CHUNK = 65536


def library_versions() -> dict[str, str]:
    """Return the versions of the ``requests`` and ``urllib3`` libraries and of OpenSSL."""
    versions = {"openssl": ssl.OPENSSL_VERSION}
    return (
        {**versions, "requests": requests.__version__, "urllib3": str(vars(urllib3)["__version__"])}
        if HAS_REQUESTS
        else versions
    )


@dataclass(frozen=True)
class Response:
    """A complete response. The header names are in lowercase."""

    status: int
    headers: dict[str, str]
    body: bytes


class AttemptFailed(Exception):
    """An attempt failed before a complete response was received."""

    def __init__(self, failure: AttemptFailure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


class Transport:
    """Sends requests and returns the responses. Any number of threads can share a transport.

    Args:
        verify: True, False or the path of a CA file.
        cluster_verify: True or the path of a CA file, for requests to clusters.
        timeout: the maximum number of seconds for a connection attempt and for each read.
        budget: the maximum number of seconds for all attempts of a call.
        ends: the clock time by which all calls must have ended.
        proxy: the URL of a proxy. If the URL is empty, the environment's proxy settings apply.
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
        ends: float = math.inf,
    ) -> None:
        if not HAS_REQUESTS:
            raise MissingLibraryError("requests")
        if verify is False:
            # The task warns once, whereas urllib3 would warn for each request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._connections = Connections(concurrency)
        self._verify = verify
        self._cluster_verify = cluster_verify
        self._timeout = timeout
        self._budget = budget
        self._ends = ends
        self._now = clock.now
        self._proxy = proxy
        self._proxies: dict[str, t.Any] = {}  # by origin

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def use(self, ca: str | None) -> t.ContextManager[None]:
        """Close the connections for this CA when the ``with`` block ends (see ``Connections.use``)."""
        return self._connections.use(ca)

    def prepare(self, request: Request, call: Call) -> requests.PreparedRequest:
        """Return the prepared request, including its credentials.

        Raises:
            AttemptFailed: if the request cannot be built.
        """
        try:
            # Session.prepare_request() would add cookies and the credentials of a .netrc file.
            return requests.Request(
                request.method,
                request.url,
                params=request.query,
                data=request.form,
                json=request.json,
                headers={
                    "Accept": "application/json",
                    # A small compressed body can expand to gigabytes. gzip would reduce a list of 200 clusters from 188 kB to 6 kB, but
                    # would save only two round trips per run.
                    "Accept-Encoding": "identity",
                    "User-Agent": USER_AGENT,
                    "X-Request-ID": call.request_id,
                    **(request.headers or {}),
                },
                auth=request.auth,
            ).prepare()
        except _EXCHANGE_ERRORS as exc:
            failure = classify_exception(exc, self._timeout, self._budget)
        raise AttemptFailed(failure)

    def exchange(self, request: Request, prepared: requests.PreparedRequest, started: float) -> Response:
        """Send the request once and return the complete response.

        Raises:
            AttemptFailed: if no complete response was received.
        """
        ends = min(started + self._budget, self._ends)

        def remaining() -> float:
            return ends - self._now()

        timeout = max(0.001, min(self._timeout, remaining()))
        url = prepared.url or request.url
        trust = self._cluster_verify if request.cluster else self._verify
        try:
            adapter = self._connections.adapter(trust, request.ca, proxy_trust=self._verify)
            with deadline(remaining):
                # Session.send() would parse a Location header and might follow the redirect.
                response = adapter.send(
                    prepared,
                    stream=True,
                    timeout=(timeout, timeout),
                    # The adapter's context verifies the host. If ``verify`` were True, some versions of the requests library would use a different context.
                    verify=adapter.context if trust or request.ca else False,
                    proxies=self._proxies_for(url),
                )
                try:
                    body = _read_body(response)
                finally:
                    response.close()
        except _EXCHANGE_ERRORS as exc:
            failure = classify_exception(exc, timeout, ends - started, self._proxy_for(url))
        else:
            return Response(response.status_code, {k.lower(): v for k, v in response.headers.items()}, body)
        raise AttemptFailed(failure)

    def _proxies_for(self, url: str) -> t.Any:
        parts = urllib.parse.urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        # The proxies are cached, because reading the environment takes as long as all other work for a request.
        if origin not in self._proxies:
            self._proxies[origin] = self._choose_proxies(url, parts.hostname or "")
        return self._proxies[origin]

    def _choose_proxies(self, url: str, host: str) -> t.Any:
        if reaches_this_machine(host):
            # For a proxy, a loopback address refers to the proxy's own machine. The proxy could also read requests that are sent over plain HTTP.
            return {}
        if not self._proxy:
            return requests.utils.get_environ_proxies(url)
        if requests.utils.should_bypass_proxies(url, no_proxy=None):
            return {}
        return {"http": self._proxy, "https": self._proxy}

    def _proxy_for(self, url: str) -> Proxy:
        return Proxy.of(requests.utils.select_proxy(url, self._proxies_for(url)) or "")


def _read_body(response: requests.Response) -> bytes:
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity"):
        if response.status_code >= 400:
            return b""  # the status alone identifies the error
        raise _unusable("the response is compressed, which was not requested")
    raw = response.raw
    # Without this setting, urllib3 1.x treats a body that ends early as complete.
    raw.enforce_content_length = True
    # read1 (urllib3 2.x) returns the bytes that have arrived. With urllib3 1.x, reads are kept small so that the deadline is checked often enough.
    read = getattr(raw, "read1", None) or (lambda _size, **options: raw.read(1024, **options))
    body = bytearray()
    while piece := read(_CHUNK, decode_content=False):
        body += piece
        if len(body) > LARGEST_BODY:
            raise _unusable(f"the response is larger than {LARGEST_BODY // 1024**2} MiB")
    return bytes(body)


def _unusable(reason: str) -> AttemptFailed:
    return AttemptFailed(AttemptFailure("response_invalid", reason, final=True))
