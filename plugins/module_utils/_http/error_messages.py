# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""From a fault to the error that the user reads: what came back, and what to do about it. Pure."""

from __future__ import annotations

import typing as t
import urllib.parse

from .._core.errors import APIError, Call, IBMCloudError, NetworkError, ResponseError
from .responses import ERROR_BODY, PORTAL_HINT, error_kind, parse_error_body
from .retry import RETRIED_STATUSES

if t.TYPE_CHECKING:
    from .retry import AttemptFailure


_CLUSTER_TLS = "The CA certificate of the cluster must be the one that signed the certificate of its API: check cluster_ca_file or ca_cert_data, if given."
_CLUSTER_REACH = (
    "Check that this machine can reach the cluster's API (firewall, proxy). A private endpoint or a VPE requires a VPN or a machine "
    "inside; endpoint selects another one."
)
_REACH = "Check that the endpoint is right and that this machine can reach it (firewall, VPN, proxy)."
_SERVICE_TLS = (
    "Check ca_cert (or REQUESTS_CA_BUNDLE): it must contain the CA that signed this host's certificate. If a proxy intercepts TLS, "
    "that is the CA of the proxy."
)

_LONGEST_HOST = 260

# For a request that may be sent only once, and that may have arrived.
_USED_UP = "The one-time passcode may have been used up by this: get a new one."
_NOT_TAKEN = "A one-time passcode works once, and for a few minutes only: get a new one."


def network_error(
    failure: AttemptFailure, call: Call, *, cluster: bool = False, once: bool = False
) -> NetworkError | ResponseError:
    """Return the error for a call that brought no whole answer; ``once`` says that it may not be made again."""
    used_up = _USED_UP if once and failure.sent else ""
    hint = used_up or {
        "dns": _CLUSTER_REACH if cluster else "Check the endpoint's name and this machine's name service.",
        "connect": _CLUSTER_REACH if cluster else _REACH,
        "tls": _CLUSTER_TLS if cluster else _SERVICE_TLS,
        "proxy": ("Install it (pip install PySocks), or check" if "PySocks" in failure.reason else "Check")
        + " the proxy option, ALL_PROXY, HTTPS_PROXY and NO_PROXY.",
        # Where nobody answers at all, more time helps nobody who is on the wrong side of a firewall.
        "timeout": _CLUSTER_REACH
        if cluster and not failure.sent
        else f"Check the network to {call.origin}, or raise timeout.",
    }.get(failure.kind, "")
    error = ResponseError if failure.kind == "response_invalid" else NetworkError
    return error(call, failure.reason, kind=failure.kind, hint=hint)


def is_transient(error: IBMCloudError) -> bool:
    """Say whether the same call may fare better after a while, though its own repetitions did not help."""
    if isinstance(error, NetworkError):
        return error.kind not in ("tls", "input")
    return isinstance(error, APIError) and error.status in RETRIED_STATUSES


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
    token_ends: str = "",
) -> ResponseError | APIError:
    """Return the error for an answer that said no, or that breaks the contract.

    ``remedy`` wins over what is known of the status in general. ``longest_wait`` is what the call was ready to wait,
    in seconds; ``renewed`` says that a new token was tried, ``once`` that the call may not be made again,
    ``token_ends`` when the token ends that the call was made with.
    """
    status = failure.status or 0
    # Whoever refuses a request has not used what is in it.
    used_up = _USED_UP if once and not 300 <= status < 500 else ""
    outcome = f"HTTP {status}"
    if failure.kind == "redirect":
        outcome += f" to {_host(headers.get('location', '')) or 'nowhere'}"
        hint = "Redirects are never followed; check the endpoint."
        return ResponseError(call, outcome, kind="redirect", status=status, hint=hint)
    if failure.kind == "response_invalid":
        said = parse_error_body(status, headers, body) if failure.reason == ERROR_BODY else None
        hint = PORTAL_HINT if "HTML" in failure.reason else used_up
        outcome += f", {failure.reason}"
        return ResponseError(call, outcome, kind=failure.kind, status=status, error_details=said, hint=hint)
    if failure.retry_after is not None and failure.retry_after > longest_wait:
        outcome += f", retry after {failure.retry_after:.0f} s (more than the {longest_wait:.0f} s that we wait)"
    if renewed:
        outcome += " after one token refresh"
    if status == 401 and token_ends:
        # It tells a token that is too old from one that was taken back.
        outcome += f", with a token that lasts until {token_ends}"
    said = parse_error_body(status, headers, body)
    # What is tried again after a 400 is "not now" of OAuth, and no fault of what was given.
    kind = error_kind(status, said.code) if status != 400 or failure.final else "server"
    if once and status == 400 and failure.final and not said.hint:
        # Nobody says which code stands for a passcode that was used before, or is too old.
        kind, used_up = "auth", _NOT_TAKEN
    return APIError(call, outcome, kind=kind, status=status, error_details=said, hint=remedy or used_up)


def _host(url: str) -> str:
    try:
        host = urllib.parse.urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""
    # Longer than any host name, and too long for the line
    return host if len(host) <= _LONGEST_HOST else f"a host name of {len(host)} characters"
