# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Translate the exceptions of requests, urllib3 and http.client into ``AttemptFailure``.

Only classes are read. The texts of these exceptions contain URLs, query strings and header values, so they are not copied.
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
# The text of http.client if a proxy does not open a tunnel. The proxy wrote the rest of the text.
_NO_TUNNEL = re.compile(r"Tunnel connection failed: ([1-9][0-9]{2})\b")
_PROXY_ERROR = AttemptFailure("proxy", "the proxy could not be used", sent=False)
_PROXY_ADDRESS = AttemptFailure("proxy", "the address of the proxy cannot be used", sent=False, final=True)
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
    # With a proxy, these are about the URL of the proxy, because the URL of the service was parsed before.
    _ADDRESS = (
        *(of_requests.InvalidURL, of_requests.InvalidSchema, of_urllib3.LocationParseError),
        of_urllib3.URLSchemeUnknown,
    )
    _PROXY_URL = (of_requests.InvalidProxyURL,)
    _PROXY = (of_requests.ProxyError, of_urllib3.ProxyError)
    # The first row that matches an exception of the chain applies. {timeout} and {budget} in a reason are replaced.
    _TABLE = (
        (
            # urllib3 1 raises the second one.
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
            # socket.timeout is not TimeoutError until Python 3.10.
            (of_requests.ReadTimeout, of_urllib3.ReadTimeoutError, TimeoutError, socket.timeout),
            AttemptFailure("timeout", "no response within {timeout:g} s"),
        ),
        (
            (ssl.SSLEOFError, ssl.SSLZeroReturnError),
            AttemptFailure("reset", "the connection was closed during the TLS handshake", sent=False),
        ),
        (
            (ssl.SSLError, of_urllib3.SSLError, of_requests.SSLError),
            AttemptFailure("tls", "the host does not speak TLS as expected", sent=False, final=True),
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
            AttemptFailure("connect", "no connection could be made", sent=False),
        ),
        # For headers of the response. requests has a class of the same name for headers of the request.
        ((of_urllib3.InvalidHeader,), AttemptFailure("protocol", "the response has contradictory headers")),
        ((of_requests.InvalidHeader, UnicodeEncodeError, *_ADDRESS), _BAD_REQUEST),
        (
            (FileNotFoundError,),
            AttemptFailure("input", "a file in the settings does not exist", sent=False, final=True),
        ),
    )


@dataclass(frozen=True)
class Proxy:
    """The proxy of a request: host and port without the user, and the scheme of its URL."""

    host: str = ""
    scheme: str = ""

    @classmethod
    def of(cls, url: str) -> Proxy:
        """Describe a proxy by its URL; an empty URL means that a proxy is not used."""
        return cls(url.rpartition("@")[2].rpartition("//")[2].strip("/"), url.partition(":")[0].lower())


def classify_exception(exc: BaseException, timeout: float, budget: float, proxy: Proxy = Proxy()) -> AttemptFailure:
    """Return the failure for an exception and its causes.

    ``timeout`` is the limit of one read, and ``budget`` the limit of the complete call, both in seconds.
    """
    chain = list(_causes(exc))
    unsent = any(getattr(item, "unsent", False) for item in chain)
    failure = _from_proxy(chain, unsent, proxy) or _from_table(exc, chain)
    if failure.kind == "reset" and not unsent:
        # A connection that is closed after the request is also a TLS error.
        failure = AttemptFailure("reset", f"the connection was closed {_UNFINISHED}")
    if failure.sent and unsent:
        failure = replace(failure, sent=False, reason=failure.reason.replace(_UNFINISHED, "while it was being made"))
    reason = failure.reason.format(timeout=timeout, budget=budget)
    # The text of OpenSSL, such as "certificate has expired" or "Hostname mismatch, ...".
    detail = next((str(text) for item in chain if (text := getattr(item, "verify_message", ""))), "")
    if failure.kind == "tls" and detail:
        reason += f": {detail.rstrip('.')}"
    if proxy.host and failure.kind != "input":
        reason += f" (through the proxy {proxy.host})"
    return replace(failure, reason=reason)


def _from_table(exc: BaseException, chain: list[BaseException]) -> AttemptFailure:
    if exc.__class__ is ValueError and str(exc).startswith("Invalid header"):
        # http.client raises it for a line break in a header of the request. Any other ValueError is about the response.
        return _BAD_REQUEST
    return next((failure for classes, failure in _TABLE if any(isinstance(item, classes) for item in chain)), _NOT_HTTP)


def _from_proxy(chain: list[BaseException], unsent: bool, proxy: Proxy) -> AttemptFailure | None:
    """Return the failure of the proxy itself, if it has failed."""
    answers = [found[1] for item in chain if item.__class__ is OSError and (found := _NO_TUNNEL.match(str(item)))]
    if unsent and answers:
        # A proxy may lock the user after several attempts with a wrong password.
        return AttemptFailure("proxy", f"the proxy returned HTTP {answers[0]}", sent=False, final=answers[0][0] == "4")
    if any(isinstance(item, _ADDRESS if proxy.host else _PROXY_URL) for item in chain):
        return _SOCKS if proxy.scheme.startswith("socks") else _PROXY_ADDRESS
    # urllib3 reports each error of a connection through a proxy as ProxyError, even after the request was sent.
    return _PROXY_ERROR if unsent and any(isinstance(item, _PROXY) for item in chain) else None


def _causes(exc: BaseException | None) -> t.Iterator[BaseException]:
    """Yield the exception and the exceptions in its cause, context, arguments and reason."""
    seen: set[int] = set()
    waiting: list[t.Any] = [exc]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
