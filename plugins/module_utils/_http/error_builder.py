# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Build the errors for failed requests, with their causes and remedies. This module does not perform I/O."""

from __future__ import annotations

import typing as t
import urllib.parse
from dataclasses import replace

from .._core.errors import APIError, Call, IBMCloudError, NetworkError, ResponseError
from .responses import ERROR_BODY, PORTAL_HINT, STATUS_REMEDIES, error_kind, parse_error_body
from .retry import LONGEST_RETRY_AFTER, RETRIED_STATUSES

if t.TYPE_CHECKING:
    from .retry import AttemptFailure


_CLUSTER_TLS = "The cluster's CA must have signed the certificate of the cluster's API. If cluster_ca_file or ca_cert_data is set, check this option."
_CLUSTER_REACH = (
    "Check that this machine can reach the cluster's API (firewall, proxy). A private or VPE endpoint requires a VPN or a machine in its "
    "network. To use another endpoint, set the endpoint option."
)
_REACH = "Check that the endpoint is correct and that this machine can reach it (firewall, VPN, proxy)."
_SERVICE_TLS = (
    "Check ca_cert (or REQUESTS_CA_BUNDLE): it must contain the CA that signed this host's certificate. If a proxy intercepts TLS, "
    "use the proxy's CA."
)

_LONGEST_HOST = 260

# The hint for a request that may be sent only once and may have reached the service.
_USED_UP = "The one-time passcode may already have been used. Get a new one."
_NOT_ACCEPTED = "A one-time passcode works only once and only for a few minutes. Get a new one."


def network_error(
    failure: AttemptFailure, call: Call, *, cluster: bool = False, once: bool = False
) -> NetworkError | ResponseError:
    """Return the error for a call that received no complete response. ``once`` means that the request may be sent only once."""
    used_up = _USED_UP if once and failure.sent else ""
    hint = used_up or {
        "dns": _CLUSTER_REACH if cluster else "Check the endpoint's host name and this machine's DNS settings.",
        "connect": _CLUSTER_REACH if cluster else _REACH,
        "tls": _CLUSTER_TLS if cluster else _SERVICE_TLS,
        "proxy": ("Install PySocks (pip install PySocks), or check" if "PySocks" in failure.reason else "Check")
        + " the proxy option, ALL_PROXY, HTTPS_PROXY and NO_PROXY.",
        # A connection attempt usually times out because of a firewall, so a longer timeout would not help.
        "timeout": _CLUSTER_REACH
        if cluster and not failure.sent
        else f"Check the network connection to {call.origin}, or increase the timeout option.",
    }.get(failure.kind, "")
    error = ResponseError if failure.kind == "response_invalid" else NetworkError
    return error(call, failure.reason, kind=failure.kind, hint=hint)


def is_transient(error: IBMCloudError) -> bool:
    """Return whether the call may succeed later even though its retries failed."""
    if isinstance(error, NetworkError):
        return error.kind not in ("tls", "input")
    return isinstance(error, APIError) and error.status in RETRIED_STATUSES


def paused_error(call: Call, seconds: float) -> APIError:
    """Return the error for a request that is not sent because an earlier HTTP 429 requires a long pause."""
    outcome = (
        f"not sent: an earlier request received HTTP 429, retry after {seconds:.0f} s (more than the {LONGEST_RETRY_AFTER:.0f} s "
        "limit)"
    )
    # The request was not sent, so the service's logs do not contain the request's ID.
    unsent = replace(call, attempts=call.attempts - 1, request_id="")
    return APIError(unsent, outcome, kind="throttled", status=429, hint=STATUS_REMEDIES[429])


def api_error(
    failure: AttemptFailure,
    call: Call,
    headers: t.Mapping[str, str],
    body: bytes,
    remedy: str,
    *,
    longest_wait: float,
    renewed: bool,
    once: bool = False,
    token_expires: str = "",
) -> ResponseError | APIError:
    """Return the error for a response that reports an error or cannot be used.

    * ``remedy``: the hint that replaces the general hint for the status
    * ``longest_wait``: the maximum wait before a retry, in seconds
    * ``renewed``: whether the request was resent with a new token
    * ``once``: whether the request may be sent only once
    * ``token_expires``: the expiry time of the request's token
    """
    status = failure.status or 0
    # A passcode is not used up if the service rejects the request.
    used_up = _USED_UP if once and not 300 <= status < 500 else ""
    outcome = f"HTTP {status}"
    if failure.kind == "redirect":
        outcome += f" to {_host(headers.get('location', '')) or 'nowhere'}"
        hint = "Redirects are never followed. Check the endpoint."
        return ResponseError(call, outcome, kind="redirect", status=status, hint=hint)
    if failure.kind == "response_invalid":
        details = parse_error_body(status, headers, body) if failure.reason == ERROR_BODY else None
        hint = PORTAL_HINT if "HTML" in failure.reason else used_up
        outcome += f", {failure.reason}"
        return ResponseError(call, outcome, kind=failure.kind, status=status, error_details=details, hint=hint)
    if failure.retry_after is not None and failure.retry_after > longest_wait:
        outcome += f", retry after {failure.retry_after:.0f} s (more than the {longest_wait:.0f} s limit)"
    if renewed:
        outcome += " after one token refresh"
    if status == 401 and token_expires:
        # The expiry time shows whether the token has expired or has been revoked.
        outcome += f", with a token that expires at {token_expires}"
    details = parse_error_body(status, headers, body)
    # After HTTP 400, a request is retried only if the body contains a transient OAuth error.
    kind = error_kind(status, details.code) if status != 400 or failure.final else "server"
    if once and status == 400 and failure.final and not details.hint:
        # IBM does not document the error code for a used or expired passcode [inferred: passcode-once].
        kind, used_up = "auth", _NOT_ACCEPTED
    return APIError(call, outcome, kind=kind, status=status, error_details=details, hint=remedy or used_up)


def _host(url: str) -> str:
    try:
        host = urllib.parse.urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""
    # A longer string is not a valid host name, so only its length is shown.
    return host if len(host) <= _LONGEST_HOST else f"a host name of {len(host)} characters"
