# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Convert exceptions from requests, urllib3 and http.client to ``AttemptFailure``.

The class of an exception determines the failure. The exception's message is not copied, because it can contain URLs, query strings
and header values.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import typing as t
import zlib
from dataclasses import dataclass, replace

from .deadline import DeadlineOver
from .retry import AttemptFailure

Classes = tuple[type[BaseException], ...]

_UNFINISHED = "before the response was complete"
# Matches http.client's message for a proxy that does not open a tunnel. The rest of the message is text from the proxy.
_NO_TUNNEL = re.compile(r"Tunnel connection failed: ([1-9][0-9]{2})\b")
_PROXY_ERROR = AttemptFailure("proxy", "the proxy could not be used", sent=False)
_PROXY_ADDRESS = AttemptFailure("proxy", "the proxy's address cannot be used", sent=False, final=True)
_SOCKS = AttemptFailure("proxy", "a SOCKS proxy requires the Python library PySocks", sent=False, final=True)
_NOT_HTTP = AttemptFailure("protocol", "the response is not valid HTTP")
_BAD_REQUEST = AttemptFailure("input", "the request cannot be written as HTTP", sent=False, final=True)

try:
    import requests.exceptions as of_requests
    import urllib3.connection
    import urllib3.exceptions as of_urllib3
except ImportError:
    HAS_REQUESTS = False  # Transport raises MissingLibraryError
    _ADDRESS: Classes = ()
    _PROXY_URL: Classes = ()
    _PROXY: Classes = ()
    _TABLE: tuple[tuple[Classes, AttemptFailure], ...] = ()
else:
    HAS_REQUESTS = True
    # If a proxy is used, these errors concern the proxy's URL, because the service's URL has already been parsed.
    _ADDRESS = (
        *(of_requests.InvalidURL, of_requests.InvalidSchema, of_urllib3.LocationParseError),
        of_urllib3.URLSchemeUnknown,
    )
    _PROXY_URL = (of_requests.InvalidProxyURL,)
    _PROXY = (of_requests.ProxyError, of_urllib3.ProxyError)
    # The first entry that matches an exception in the chain applies. In a reason, {timeout} and {budget} stand for the limits.
    _TABLE = (
        (
            # urllib3 1.x raises CertificateError.
            (ssl.SSLCertVerificationError, getattr(urllib3.connection, "CertificateError", ssl.CertificateError)),
            AttemptFailure("tls", "the host's certificate is not trusted", sent=False, final=True),
        ),
        ((socket.gaierror,), AttemptFailure("dns", "the host name does not resolve", sent=False)),
        ((ConnectionRefusedError,), AttemptFailure("connect", "connection refused", sent=False)),
        (
            (of_requests.ConnectTimeout,),
            AttemptFailure("timeout", "no connection within {timeout:g} s", sent=False),
        ),
        ((DeadlineOver,), AttemptFailure("deadline", "no complete response within {budget:g} s", final=True)),
        (
            # Since Python 3.10, socket.timeout is an alias of TimeoutError.
            (of_requests.ReadTimeout, of_urllib3.ReadTimeoutError, TimeoutError, socket.timeout),
            AttemptFailure("timeout", "no response within {timeout:g} s"),
        ),
        (
            (ssl.SSLEOFError, ssl.SSLZeroReturnError),
            AttemptFailure("reset", "the connection was closed during the TLS handshake", sent=False),
        ),
        (
            (ssl.SSLError, of_urllib3.SSLError, of_requests.SSLError),
            AttemptFailure("tls", "the TLS connection to the host failed", sent=False, final=True),
        ),
        (
            (
                *(http.client.IncompleteRead, of_urllib3.DecodeError, of_requests.ContentDecodingError),
                *(of_requests.ChunkedEncodingError, zlib.error),
            ),
            AttemptFailure("protocol", "the response was cut off or damaged"),
        ),
        (
            (ConnectionResetError, ConnectionAbortedError, BrokenPipeError),
            AttemptFailure("reset", f"the connection was closed {_UNFINISHED}"),
        ),
        (
            (of_urllib3.NewConnectionError,),
            AttemptFailure("connect", "the connection could not be established", sent=False),
        ),
        # urllib3 raises InvalidHeader for response headers. The ``requests`` library has a class of the same name for request headers.
        ((of_urllib3.InvalidHeader,), AttemptFailure("protocol", "the response has contradictory headers")),
        ((of_requests.InvalidHeader, UnicodeEncodeError, *_ADDRESS), _BAD_REQUEST),
        (
            (FileNotFoundError,),
            AttemptFailure("input", "a configured file does not exist", sent=False, final=True),
        ),
    )


@dataclass(frozen=True)
class Proxy:
    """The proxy of a request. ``host`` includes the port, but not the user information."""

    host: str = ""
    scheme: str = ""

    @classmethod
    def of(cls, url: str) -> Proxy:
        """Return the proxy with this URL. An empty URL means that no proxy is used."""
        return cls(url.rpartition("@")[2].rpartition("//")[2].strip("/"), url.partition(":")[0].lower())


def classify_exception(exc: BaseException, timeout: float, budget: float, proxy: Proxy = Proxy()) -> AttemptFailure:
    """Return the failure for an exception and its causes.

    ``timeout`` is the limit for one read, and ``budget`` is the limit for the complete call, both in seconds.
    """
    chain = list(_causes(exc))
    unsent = any(getattr(item, "unsent", False) for item in chain)
    failure = _from_proxy(chain, unsent, proxy) or _from_table(exc, chain)
    if failure.kind == "reset" and not unsent:
        # SSLEOFError is also raised if the connection is closed after the handshake. In this case, the request may have been sent.
        failure = AttemptFailure("reset", f"the connection was closed {_UNFINISHED}")
    if failure.sent and unsent:
        failure = replace(
            failure, sent=False, reason=failure.reason.replace(_UNFINISHED, "while it was being established")
        )
    reason = failure.reason.format(timeout=timeout, budget=budget)
    # OpenSSL's message, such as "certificate has expired" or "Hostname mismatch, ...".
    detail = next((str(text) for item in chain if (text := getattr(item, "verify_message", ""))), "")
    if failure.kind == "tls" and detail:
        reason += f": {detail.rstrip('.')}"
    if proxy.host and failure.kind != "input":
        reason += f" (through the proxy {proxy.host})"
    return replace(failure, reason=reason)


def _from_table(exc: BaseException, chain: list[BaseException]) -> AttemptFailure:
    if exc.__class__ is ValueError and str(exc).startswith("Invalid header"):
        # http.client raises this error for a line break in a request header. Any other ValueError concerns the response.
        return _BAD_REQUEST
    return next((failure for classes, failure in _TABLE if any(isinstance(item, classes) for item in chain)), _NOT_HTTP)


def _from_proxy(chain: list[BaseException], unsent: bool, proxy: Proxy) -> AttemptFailure | None:
    """Return the failure of the proxy itself, or None if the proxy did not fail."""
    answers = [found[1] for item in chain if item.__class__ is OSError and (found := _NO_TUNNEL.match(str(item)))]
    if unsent and answers:
        # A 4xx status is final, because a proxy may lock the user out after several attempts with a wrong password.
        return AttemptFailure("proxy", f"the proxy returned HTTP {answers[0]}", sent=False, final=answers[0][0] == "4")
    if any(isinstance(item, _ADDRESS if proxy.host else _PROXY_URL) for item in chain):
        return _SOCKS if proxy.scheme.startswith("socks") else _PROXY_ADDRESS
    # urllib3 reports every error on a connection through a proxy as ProxyError, even after the request has been sent.
    return _PROXY_ERROR if unsent and any(isinstance(item, _PROXY) for item in chain) else None


def _causes(exc: BaseException | None) -> t.Iterator[BaseException]:
    """Yield the exception and, recursively, the exceptions in its cause, context, arguments and reason."""
    seen: set[int] = set()
    waiting: list[t.Any] = [exc]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
