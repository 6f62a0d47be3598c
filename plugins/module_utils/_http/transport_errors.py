# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Turn what an HTTP library raised into a fault of ours. Pure: it looks at types and names, and copies no text.

The texts of requests and urllib3 hold URLs, query strings and header values, so that none of them is passed on. Their
classes are told apart by name, which keeps the library itself out of this file.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from .retry import AttemptFailure

_UNFINISHED = "before the answer was complete"
# What http.client says of a proxy that opens no tunnel. The rest of its words is the proxy's own.
_NO_TUNNEL = re.compile(r"Tunnel connection failed: ([1-9][0-9]{2})\b")
# Where a proxy is on the way, these are about its address: the address of the service was read before.
_ADDRESS = frozenset({"InvalidURL", "LocationParseError", "InvalidSchema", "URLSchemeUnknown"})

# The first row that fits any exception of the chain decides, by the name of a class that it is or descends from, with its
# module where others have the same name.
# {timeout} and {budget} are put in. A row says too whether the request may have been sent, and whether trying again is no use.
_ROWS: tuple[tuple[frozenset[str], AttemptFailure], ...] = (
    (
        frozenset({"InvalidProxyURL"}),
        AttemptFailure("proxy", "the address of the proxy cannot be used", sent=False, final=True),
    ),
    (frozenset({"ProxyError"}), AttemptFailure("proxy", "the proxy could not be used", sent=False)),
    (
        frozenset({"SSLCertVerificationError", "CertificateError"}),  # the latter from urllib3 1
        AttemptFailure("tls", "the host's certificate is not trusted", sent=False, final=True),
    ),
    (
        frozenset({"gaierror", "NameResolutionError"}),
        AttemptFailure("dns", "the host name does not resolve", sent=False),
    ),
    (frozenset({"ConnectionRefusedError"}), AttemptFailure("connect", "connection refused", sent=False)),
    (
        frozenset({"ConnectTimeout", "ConnectTimeoutError"}),
        AttemptFailure("timeout", "no connection within {timeout:g} s", sent=False),
    ),
    (frozenset({"DeadlineOver"}), AttemptFailure("deadline", "no whole answer within {budget:g} s", final=True)),
    (
        frozenset({"ReadTimeout", "ReadTimeoutError", "TimeoutError", "timeout"}),
        AttemptFailure("timeout", "no answer within {timeout:g} s"),
    ),
    (
        frozenset({"SSLEOFError", "SSLZeroReturnError"}),
        AttemptFailure("reset", "the connection was closed during the TLS handshake", sent=False),
    ),
    (frozenset({"SSLError"}), AttemptFailure("tls", "the host does not speak TLS as expected", sent=False, final=True)),
    (
        frozenset(
            {"IncompleteRead", "DecodeError", "ContentDecodingError", "InvalidChunkLength", "ChunkedEncodingError"}
            | {"zlib.error"}
        ),
        AttemptFailure("protocol", "the answer was cut off or damaged"),
    ),
    (
        frozenset({"ConnectionResetError", "ConnectionAbortedError", "BrokenPipeError", "RemoteDisconnected"}),
        AttemptFailure("reset", f"the connection was closed {_UNFINISHED}"),
    ),
    (frozenset({"NewConnectionError"}), AttemptFailure("connect", "no connection could be made", sent=False)),
    # Of the answer: requests has a class of the same name for headers that we send.
    (frozenset({"urllib3.exceptions.InvalidHeader"}), AttemptFailure("protocol", "the answer contradicts itself")),
    (
        frozenset({"InvalidHeader", "UnicodeEncodeError", "InvalidURL", "LocationParseError", "InvalidSchema"}),
        AttemptFailure("input", "the request cannot be written as HTTP", sent=False, final=True),
    ),
    (
        frozenset({"FileNotFoundError"}),
        AttemptFailure("input", "a file in the settings does not exist", sent=False, final=True),
    ),
)


def classify_exception(exc: BaseException, timeout: float, budget: float, proxy: str = "") -> AttemptFailure:
    """Return the fault behind an exception and the exceptions that led to it.

    ``timeout`` is how long one read might take, ``budget`` the whole call, in seconds; ``proxy`` is the host that carries it.
    """
    chain = list(_causes(exc))
    for item in chain:
        carried = getattr(item, "fault", None)
        if isinstance(carried, AttemptFailure):
            return carried
    classes = {cls for item in chain for cls in type(item).__mro__}
    names = {cls.__name__ for cls in classes} | {f"{cls.__module__}.{cls.__name__}" for cls in classes}
    if exc.__class__ is ValueError and str(exc).startswith("Invalid header"):
        # What http.client says of a line end in a header that an auth object has set. Any other is about the answer.
        names.add("InvalidHeader")
    unsent = any(getattr(item, "unsent", False) for item in chain)
    if not unsent:
        # urllib3 blames the proxy for whatever becomes of a connection through it, after the request too.
        names.discard("ProxyError")
    if proxy and names & _ADDRESS:
        names.add("InvalidProxyURL")
    failure = next(
        (failure for wanted, failure in _ROWS if wanted & names), AttemptFailure("protocol", "the answer is not HTTP")
    )
    answered = [found[1] for item in chain if item.__class__ is OSError and (found := _NO_TUNNEL.match(str(item)))]
    if unsent and answered:
        # Asked again and again with a password that it does not take, a proxy locks the user out.
        failure = AttemptFailure(
            "proxy", f"the proxy answered HTTP {answered[0]}", sent=False, final=answered[0][0] == "4"
        )
    if failure.kind == "reset" and not unsent:
        # An end that TLS notices may come after the request too.
        failure = AttemptFailure("reset", f"the connection was closed {_UNFINISHED}")
    if failure.sent and unsent:
        failure = replace(failure, sent=False, reason=failure.reason.replace(_UNFINISHED, "while it was being made"))
    # OpenSSL's own words: "certificate has expired", "Hostname mismatch, ...", "self-signed certificate".
    detail = next((str(words) for item in chain if (words := getattr(item, "verify_message", ""))), "")
    reason = failure.reason.format(timeout=timeout, budget=budget) + (
        f": {detail.rstrip('.')}" if failure.kind == "tls" and detail else ""
    )
    # Whoever did not know of a proxy looks for the fault at the service.
    return replace(
        failure, reason=f"{reason} (through the proxy {proxy})" if proxy and failure.kind != "input" else reason
    )


def _causes(exc: BaseException | None) -> t.Iterator[BaseException]:
    """Yield the exception and all that it was raised from, carries as argument or as reason; each once."""
    seen: set[int] = set()
    waiting: list[t.Any] = [exc]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
