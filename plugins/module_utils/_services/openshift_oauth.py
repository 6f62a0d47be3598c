# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Obtain tokens from an OpenShift cluster's OAuth server with an API key or a passcode, and revoke tokens.

The client uses the same flow as ``oc login``. The cluster returns the URL of its OAuth server, and the client responds to the OAuth server's Basic
challenge. The OAuth server returns the token in the fragment of the Location header. The client does not follow the redirect.
"""

from __future__ import annotations

import base64
import hashlib
import typing as t
import urllib.parse
from dataclasses import dataclass, field

from .._core.errors import APIError, Call, LookupFailed, ResponseError
from .._core.tokens import is_well_formed
from .._http.auth import BearerAuth
from .._http.request import Request
from .._http.responses import quoted
from .._http.retry import Resend
from .._http.urls import origin
from .allowed_hosts import AllowedHosts, oauth_url

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient

_CLIENT = {"response_type": "token", "client_id": "openshift-challenging-client"}
_NOT_SYNCHRONIZED = (
    "The cluster may not recognize the identity yet. Run ibmcloud.kubernetes.cluster_rbac_sync first. "
    "The login accepts only an API key or a one-time passcode."
)
_PREFIX = "sha256~"


@dataclass(frozen=True)
class OAuthToken:
    """A token for the cluster's API. ``expires_in`` is the token's lifetime in seconds, or 0 if the server does not return the lifetime."""

    token: str = field(repr=False)
    expires_in: int
    scope: str


# In characters
_LONGEST_QUOTE = 300


class OAuthServer:
    """A client of one OpenShift cluster's OAuth server. The cluster's API server returns the OAuth server's URL.

    ``endpoints`` contains the cluster's other URLs, as returned by the containers API. The client calls ``register_secret`` with each token.
    """

    def __init__(
        self,
        http: HttpClient,
        master_url: str,
        *,
        ca: str | None,
        allowed: AllowedHosts,
        endpoints: t.Sequence[str] = (),
        register_secret: t.Callable[..., None] = lambda *_secrets: None,
    ) -> None:
        self._http = http
        self._endpoints = endpoints
        self._register_secret = register_secret
        self._base = master_url
        self._ca = ca
        self._allowed = allowed

    def log_in(self, user: str, secret: str) -> OAuthToken:
        """Get a token. ``user`` is ``apikey`` or ``passcode``. A passcode works only once.

        :raises InputError: if the OAuth server's host is neither one of the cluster's hosts nor an allowed host.
        :raises LookupFailed: if the server returns an error in its Location header.
        """
        step = "log in to the OpenShift cluster"
        url = self._authorization_endpoint()
        location = self._http.send(
            Request(
                step,
                "GET",
                url,
                auth=(user, secret),
                query=_CLIENT,
                # Without this header, the server does not send a challenge. Any value works.
                headers={"X-CSRF-Token": "1"},
                resend=Resend.NEVER if user == "passcode" else Resend.ALWAYS,
                expect="location",
                cluster=True,
                ca=self._ca,
                remedies={
                    400: _NOT_SYNCHRONIZED,
                    401: "The cluster's OAuth server rejected the API key or passcode.",
                    500: _NOT_SYNCHRONIZED,
                },
            )
        )
        made = _read_location(str(location), Call.at(url, step=step))
        self._register_secret(made.token)
        return made

    def revoke(self, token: str) -> bool:
        """Delete the token and return whether the token existed. The cluster may accept a deleted token for two more minutes."""
        digest = hashlib.sha256(token.removeprefix(_PREFIX).encode()).digest()
        name = _PREFIX + base64.urlsafe_b64encode(digest).decode().rstrip("=")
        url = f"{self._base}/apis/oauth.openshift.io/v1/useroauthaccesstokens/{name}"
        try:
            self._http.send(
                Request(
                    "revoke the OpenShift token",
                    "DELETE",
                    url,
                    auth=BearerAuth(lambda: token),
                    expect="nothing",
                    cluster=True,
                    ca=self._ca,
                )
            )
        except APIError as exc:
            # HTTP 401 means that the token has already expired or been deleted.
            if exc.status in (401, 404):
                return False
            raise
        return True

    def _authorization_endpoint(self) -> str:
        step = "find the OAuth server of the cluster"
        url = f"{self._base}/.well-known/oauth-authorization-server"
        answer = t.cast("dict[str, JSON]", self._http.send(Request(step, "GET", url, cluster=True, ca=self._ca)))
        endpoint = answer.get("authorization_endpoint")
        if not isinstance(endpoint, str) or not endpoint:
            raise ResponseError.unusable(Call.at(url, step=step), "authorization_endpoint is missing")
        issuer = answer.get("issuer")
        if isinstance(issuer, str) and issuer and not _same_origin(issuer, endpoint):
            raise ResponseError.unusable(
                Call.at(url, step=step), "issuer and authorization_endpoint are on different servers"
            )
        return oauth_url(endpoint, self._base, self._allowed, self._endpoints)


def _same_origin(url: str, other: str) -> bool:
    try:
        return origin(url) == origin(other)
    except ValueError:
        return False


def _read_location(location: str, call: Call) -> OAuthToken:
    try:
        parts = urllib.parse.urlsplit(location)
    except ValueError:
        parts = urllib.parse.urlsplit("")
    said = {**dict(urllib.parse.parse_qsl(parts.query)), **dict(urllib.parse.parse_qsl(parts.fragment))}
    if "error" in said:
        words = ": ".join(said[name] for name in ("error", "error_description") if said.get(name))
        raise LookupFailed(
            f"{call.step} failed: the OAuth server {call.origin} reports {_quoted_in_full(words)}",
            kind="auth",
            hint=_NOT_SYNCHRONIZED,
        )
    token = said.get("access_token", "")
    if not is_well_formed(token):
        raise ResponseError(
            call,
            "HTTP 302, but the Location header does not contain an access_token",
            kind="response_invalid",
            status=302,
        )
    seconds = said.get("expires_in", "")
    known = seconds.isascii() and seconds.isdigit() and len(seconds) < 12
    return OAuthToken(token, int(seconds) if known else 0, said.get("scope", ""))


def _quoted_in_full(text: str) -> str:
    """Return the server's text, or only its length if the text is long. A shortened text could end within a secret."""
    shown = quoted(text)
    return shown if len(shown) <= _LONGEST_QUOTE else f"a message of {len(text)} characters"
