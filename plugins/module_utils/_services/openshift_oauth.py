# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The OAuth server of one OpenShift cluster: from an API key or a passcode to a token of the cluster's own.

The flow is that of `oc login`: the cluster names its OAuth server, a Basic challenge is answered, and the token comes
back in the fragment of a Location that is read and never followed.
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
from .._http.responses import shorten
from .._http.retry import Resend
from .endpoints import AllowedHosts, check_cluster_url

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient

_CLIENT = {"response_type": "token", "client_id": "openshift-challenging-client"}
_NOT_SYNCHRONIZED = (
    "The cluster may not know the identity yet: run ibmcloud.kubernetes.cluster_rbac_sync first. "
    "Only API keys and one-time passcodes can log in."
)
_PREFIX = "sha256~"


@dataclass(frozen=True)
class OAuthToken:
    """A token of the cluster; ``expires_in`` in seconds, 0 when the server does not say."""

    token: str = field(repr=False)
    expires_in: int
    scope: str


class OAuthServer:
    """Calls of one OpenShift cluster's OAuth server, found through the cluster's API. ``learn`` is told each token."""

    def __init__(
        self,
        http: HttpClient,
        master_url: str,
        *,
        ca: str | None,
        allowed: AllowedHosts,
        register_secret: t.Callable[..., None] = lambda *_secrets: None,
    ) -> None:
        self._http = http
        self._register_secret = register_secret
        self._base = master_url
        self._ca = ca
        self._allowed = allowed

    def log_in(self, user: str, secret: str) -> OAuthToken:
        """Get a token. ``user`` is apikey or passcode; a passcode is used up by it.

        :raises InputError: when the cluster names an OAuth server that no secret may be sent to.
        :raises LookupFailed: when the server says no in its Location, as OAuth servers may.
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
                # Without it the server refuses to answer with a challenge; any text will do.
                headers={"X-CSRF-Token": "1"},
                resend=Resend.NEVER if user == "passcode" else Resend.ALWAYS,
                expect="location",
                cluster=True,
                ca=self._ca,
                remedies={
                    400: _NOT_SYNCHRONIZED,
                    401: "The cluster's OAuth server does not accept the API key or passcode.",
                    500: _NOT_SYNCHRONIZED,
                },
            )
        )
        made = _read_location(str(location), Call.at(url, step=step))
        self._register_secret(made.token)
        return made

    def revoke(self, token: str) -> bool:
        """Delete the token at the cluster, and say whether it was there. The API may take it for two more minutes."""
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
            # 401: the token is not accepted any more, which is what was asked for.
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
            raise ResponseError.unusable(Call.at(url, step=step), "it has no authorization_endpoint")
        endpoint = _on_same_network(endpoint, self._base)
        return check_cluster_url(endpoint, self._allowed, what="The OAuth server that the cluster names", path=True)


def _on_same_network(endpoint: str, master_url: str) -> str:
    """Return the OAuth address on the private network when the cluster's API was called there.

    A cluster may name its public host; host and port of the two servers differ in the port only (as bluemix-go does).
    """
    ours = urllib.parse.urlsplit(master_url)
    try:
        theirs = urllib.parse.urlsplit(endpoint)
        port = theirs.port or 443
    except ValueError:
        return endpoint  # The check that follows says what is wrong with it.
    if ".private." not in (ours.hostname or "") or ".private." in (theirs.hostname or ""):
        return endpoint
    return theirs._replace(netloc=f"{ours.hostname}:{port}").geturl()


def _read_location(location: str, call: Call) -> OAuthToken:
    try:
        parts = urllib.parse.urlsplit(location)
    except ValueError:
        parts = urllib.parse.urlsplit("")
    said = {**dict(urllib.parse.parse_qsl(parts.query)), **dict(urllib.parse.parse_qsl(parts.fragment))}
    if "error" in said:
        words = ": ".join(said[name] for name in ("error", "error_description") if said.get(name))
        raise LookupFailed(
            f"{call.step} failed: the OAuth server at {call.origin} says {shorten(words)}",
            kind="auth",
            hint=_NOT_SYNCHRONIZED,
        )
    token = said.get("access_token", "")
    if not is_well_formed(token):
        raise ResponseError(
            call, "HTTP 302, but its Location holds no access_token", kind="response_invalid", status=302
        )
    seconds = said.get("expires_in", "")
    known = seconds.isascii() and seconds.isdigit() and len(seconds) < 12
    return OAuthToken(token, int(seconds) if known else 0, said.get("scope", ""))
