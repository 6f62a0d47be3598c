# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Request trusted profile tokens from the metadata service of a VPC virtual server instance.

By default, the service is called over plain HTTP at a link-local address. A proxy must not be used, because the proxy could read
the tokens and would reach another machine's metadata service.
"""

from __future__ import annotations

import ipaddress
import time
import typing as t
import urllib.parse
import urllib.request

from .._core.errors import APIError, Call, CallError, InputError, NetworkError, ResponseError
from .._core.tokens import Claims, Token, is_well_formed, read_claims
from .._http.auth import BearerAuth
from .._http.request import Request

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient
    from .credentials import Profile


class _Version(t.NamedTuple):
    """An API version and its paths."""

    date: str
    token: str
    iam_token: str


# According to IBM's documentation, the paths changed in API version 2025-08-26 [inferred: metadata-version].
_OLDER = _Version("2022-03-01", "/instance_identity/v1/token", "/instance_identity/v1/iam_token")
_NEWER = _Version("2025-08-26", "/identity/v1/token", "/identity/v1/iam_tokens")
# The lifetime of the identity token in seconds. A short lifetime is sufficient, because the token is used immediately.
_IDENTITY_LIFETIME = 300
_NOT_THERE = (
    "vpc_instance works only on an IBM Cloud VPC virtual server instance with an enabled metadata service. If secure access is enabled, "
    "set metadata_endpoint to https://api.metadata.cloud.ibm.com."
)
_NOT_LINKED = "Check profile_id or profile_crn, and whether the profile is linked to this virtual server instance."


class VpcMetadata:
    """A client of the metadata service. ``register_secret`` is called with each token."""

    def __init__(
        self,
        http: HttpClient,
        base: str,
        *,
        register_secret: t.Callable[..., None],
        now: t.Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._base = base
        self._register_secret = register_secret
        self._now = now

    def token(self, profile: Profile) -> Token:
        """Log in as the given trusted profile, or as the instance's default profile if no profile is given."""
        version, identity = self._identity()
        named = {name: value for name, value in (("id", profile.id), ("crn", profile.crn)) if value}
        return self._post(
            Request(
                "log in as the VPC instance",
                "POST",
                f"{self._base}{version.iam_token}",
                auth=BearerAuth(lambda: identity),
                query={"version": version.date},
                json={"trusted_profile": named} if named else {},
                headers={"Metadata-Flavor": "ibm"},
                remedies={400: _NOT_LINKED},
            )
        )

    def _identity(self) -> tuple[_Version, str]:
        """Return the API version that the service supports, and the instance's identity token."""
        try:
            return _OLDER, self._identity_token(_OLDER)
        except APIError as exc:
            if exc.status != 404:
                raise
        return _NEWER, self._identity_token(_NEWER)

    def _identity_token(self, version: _Version) -> str:
        request = Request(
            "get the identity token of the instance",
            "PUT",
            f"{self._base}{version.token}",
            query={"version": version.date},
            json={"expires_in": _IDENTITY_LIFETIME},
            headers={"Metadata-Flavor": "ibm"},
            remedies={403: _NOT_THERE, 404: _NOT_THERE},
        )
        return self._post(request).access

    def _post(self, request: Request) -> Token:
        try:
            response = t.cast("dict[str, JSON]", self._http.send(request))
        except CallError as exc:
            if isinstance(exc, NetworkError):
                exc.hint = _NOT_THERE
            elif isinstance(exc, APIError) and exc.status == 400:
                exc.kind = "auth"
            raise
        access = response.get("access_token")
        if not isinstance(access, str) or not is_well_formed(access):
            raise self._invalid(request, "its access_token is missing or malformed")
        self._register_secret(access)
        claims = read_claims(access) or Claims()
        now, lifetime = int(self._now()), response.get("expires_in")
        # The lifetime is preferred to the expiry time, because the lifetime does not depend on the local clock.
        relative = isinstance(lifetime, int) and not isinstance(lifetime, bool)
        expires_in = t.cast("int", lifetime) if relative else claims.life or claims.expires - now
        if expires_in <= 0:
            raise self._invalid(request, "it does not contain the token's lifetime")
        return Token(access, expires_in=expires_in, expiration=claims.expires or now + expires_in, claims=claims)

    def _invalid(self, request: Request, problem: str) -> ResponseError:
        return ResponseError.unusable(Call.at(request.url, step=request.step, method=request.method), problem)


def check_no_proxy(base: str) -> None:
    """Raise InputError if the environment sets a proxy for the metadata service."""
    parts = urllib.parse.urlsplit(base)
    proxies = urllib.request.getproxies()
    host = parts.hostname or ""
    if not (proxies.get(parts.scheme) or proxies.get("all")):
        return
    if urllib.request.proxy_bypass(host) or _in_networks(host, proxies.get("no", "")):
        return
    raise InputError(
        f"The metadata service {host} would be called through a proxy, which could read the instance's tokens",
        hint=f"Add {host} to NO_PROXY.",
    )


def _in_networks(host: str, exceptions: str) -> bool:
    """Return whether NO_PROXY contains a network that includes the address. The ``requests`` library also accepts networks in NO_PROXY."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in _network(word) for word in exceptions.replace(" ", "").split(",") if "/" in word)


def _network(word: str) -> t.Collection[t.Any] | ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(word, strict=False)
    except ValueError:
        return ()
