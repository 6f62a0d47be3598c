# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Request an access token with a credential or as a trusted profile.

IAM does not issue refresh tokens for profiles. Every token of a profile is requested in the same way as the first token.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from .._core.errors import APIError, InputError
from .._core.private_files import read_bytes
from .._core.tokens import Claims, Token, iso, read_claims
from .._http.auth import bearer_header

if t.TYPE_CHECKING:
    from .client import Iam
    from .clock_skew import LocalClock
    from .credentials import Credentials, Profile
    from .vpc_metadata import VpcMetadata

# The default paths of a pod's token, in the same order as in IBM's SDK cores (container_token_manager.py).
DEFAULT_TOKEN_FILES = (
    "/var/run/secrets/tokens/vault-token",
    "/var/run/secrets/tokens/sa-token",
    "/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token",
)
_MAX_SIZE = 65536
_MOUNT_HINT = (
    "Mount a service account token with the audience iam into the pod, and set cr_token_file to the token's path."
)


class TrustedLogin(t.Protocol):
    """The login of an identity that may assume a profile."""

    def account_token(self) -> Token:
        """Return a token that is bound to an account."""

    def token(self) -> Token:
        """Return the session's token, even if it is not bound to an account."""

    def renew(self, refused: str) -> bool:
        """Request a new token after a service rejected this Authorization header with HTTP 401. Return whether a new token exists."""

    def can_renew(self) -> bool:
        """Return whether a valid token can be obtained."""


@dataclass(frozen=True)
class TokenRequest:
    """The parameters of one token request. Login methods ignore parameters that do not apply to them.

    If ``delegate`` is true, a delegated refresh token is also requested. ``is_renewal`` means that the request renews a token.
    ``after_401`` means that a service rejected the previous token. In this case, the token that is used to assume a profile may also be invalid.
    """

    refresh: str = field(repr=False, default="")
    account_id: str = ""
    delegate: bool = False
    after_401: bool = False
    is_renewal: bool = False


class AuthMethod(t.Protocol):
    """One way to request a token."""

    @property
    def is_reusable(self) -> bool:
        """Whether this method can be used more than once."""

    @property
    def is_retryable(self) -> bool:
        """Whether a failed request may safely be retried. Too many attempts can lock a user out."""

    def request_token(self, request: TokenRequest) -> Token:
        """Request a token."""


class CredentialAuth:
    """Log in with an API key, a refresh token, a passcode or a password."""

    def __init__(self, iam: Iam, given: Credentials) -> None:
        self._iam = iam
        self._given = given
        self.is_reusable = bool(given.api_key or given.password or given.refresh_token)
        self.is_retryable = bool(given.api_key or given.refresh_token)

    def request_token(self, request: TokenRequest) -> Token:
        given, iam = self._given, self._iam
        if given.api_key:
            delegated = iam.api_key_with_delegation(given.api_key) if request.delegate else None
            return delegated or iam.api_key(given.api_key, request.account_id, is_renewal=request.is_renewal)
        if request.refresh:
            # The refresh token takes precedence, because a passcode works only once and a password would start another session.
            return iam.refresh(request.refresh, request.account_id)
        if given.passcode:
            return iam.passcode(given.passcode, request.account_id)
        if given.password:
            return iam.password(given.username, given.password, request.account_id, is_renewal=request.is_renewal)
        raise InputError(
            "No credentials were given",
            hint="Set ibmcloud_api_key (or IC_API_KEY in the environment), username and password, passcode, refresh_token or "
            "access_token. For a trusted profile, set vpc_instance, or profile_id and cr_token_file. In AWX, "
            "add a credential with the API key.",
        )


class AssumedProfileAuth:
    """Assume a profile with the token of an identity that the profile trusts."""

    # The trusted identity's login caches its own failures.
    is_retryable = True

    def __init__(self, iam: Iam, profile: Profile, owner: TrustedLogin) -> None:
        self._iam = iam
        self._profile = profile
        self._owner = owner

    @property
    def is_reusable(self) -> bool:
        return self._owner.can_renew()

    def request_token(self, request: TokenRequest) -> Token:
        # IAM looks up a profile by name in the request's account, and by ID or CRN in the token's account [inferred: profile-account].
        form, current = self._profile.form(), self._owner.account_token
        if self._profile.name:
            form, current = {**form, "account": request.account_id}, self._owner.token
        access = current().access
        if request.after_401 and self._owner.renew(bearer_header(access)):
            access = current().access
        return self._iam.assume(access, form)


class ContainerAuth:
    """Log in as a profile with this pod's token. Kubernetes rotates the token, so the token file is read for each login."""

    is_reusable = is_retryable = True

    def __init__(
        self,
        iam: Iam,
        given: Credentials,
        *,
        register_secret: t.Callable[..., None],
        now: t.Callable[[], float] = time.time,
        default_files: t.Sequence[str] = DEFAULT_TOKEN_FILES,
    ) -> None:
        self._iam = iam
        self._profile = given.profile
        self._file = given.cr_token_file
        self._register_secret = register_secret
        self._now = now
        self._default_files = default_files

    def request_token(self, _request: TokenRequest) -> Token:
        path, token, claims = self._read()
        self._register_secret(token)
        try:
            return self._iam.compute_resource(token, self._profile.form())
        except APIError as exc:
            if claims.expires and claims.expires <= self._now():
                exc.reason += (
                    f". According to this machine's clock, the token in {path} expired at {iso(claims.expires)}"
                )
                exc.hint = "Kubernetes rotates this file. Use the mounted file, not a copy."
            raise

    def _read(self) -> tuple[str, str, Claims]:
        """Return the token file's path, the token, and its claims.

        :raises InputError: if the file is missing or does not contain a token.
        """
        for path in (self._file,) if self._file else self._default_files:
            try:
                data = read_bytes(path, _MAX_SIZE + 1)
            except InputError as exc:
                raise InputError(f"The compute resource token in {exc.reason}", hint=_MOUNT_HINT) from None
            if data is None:
                if not self._file:
                    continue
                raise InputError(f"cr_token_file {path} does not exist", hint=_MOUNT_HINT)
            text = data.decode("ascii", "replace").strip()
            if not text:
                raise InputError(
                    f"The file {path} is empty; it must contain a compute resource token", hint=_MOUNT_HINT
                )
            claims = read_claims(text) if len(data) <= _MAX_SIZE else None
            if claims is None:
                raise InputError(f"The file {path} does not contain a compute resource token", hint=_MOUNT_HINT)
            return path, text, claims
        raise InputError(
            f"The trusted profile cannot log in: no other credentials were given, and no compute resource token was found "
            f"in {', '.join(self._default_files)}",
            hint="In a pod, set cr_token_file to the path of the pod's token. On a virtual server instance (VPC), set vpc_instance. "
            "Otherwise, set ibmcloud_api_key (or IC_API_KEY) to the API key of an identity that the profile trusts.",
        )


class VpcInstanceAuth:
    """Log in as a profile with the identity of this virtual server instance (VPC)."""

    is_reusable = is_retryable = True

    def __init__(self, metadata: VpcMetadata, profile: Profile) -> None:
        self._metadata = metadata
        self._profile = profile

    def request_token(self, _request: TokenRequest) -> Token:
        return self._metadata.token(self._profile)


def reuse_given_token(given: Credentials, min_validity: int, clock: LocalClock, *, is_renewable: bool) -> Token | None:
    """Return the given tokens if the access token is valid for at least ``min_validity`` seconds. Return None if a new token must be requested.

    The ID token is included only if it is also valid for at least ``min_validity`` seconds.

    :raises InputError: if the access token expires earlier and cannot be renewed.
    """
    claims = read_claims(given.own_token)
    if claims is None:
        return None
    can_log_in = is_renewable or bool(given.passcode)
    remaining = int(clock.remaining(claims, min_validity, is_renewable=can_log_in))
    if remaining < min_validity:
        if can_log_in:
            return None
        difference = f" {clock.difference}." if clock.difference else ""
        raise InputError(
            f"The given access_token {'expired' if remaining <= 0 else 'expires'} at {iso(claims.expires)} and cannot be renewed",
            hint=f"Run ibmcloud.kubernetes.iam_token again, or set ibmcloud_api_key (or IC_API_KEY).{difference}",
        )
    id_claims = read_claims(given.id_token)
    valid_id = id_claims and clock.remaining(id_claims, min_validity, is_renewable=True) >= min_validity
    refresh = "" if given.is_profile else given.refresh_token
    return Token(
        given.own_token,
        refresh,
        id=given.id_token if valid_id else "",
        expires_in=remaining,
        expiration=claims.expires,
        claims=claims,
    )


def select_auth_method(
    given: Credentials,
    iam: Iam,
    *,
    owner: TrustedLogin | None,
    metadata: VpcMetadata | None,
    register_secret: t.Callable[..., None],
    now: t.Callable[[], float],
) -> AuthMethod:
    """Return the login method for these credentials. ``owner`` is the login of the identity that assumes the profile."""
    if given.vpc_instance and metadata:
        return VpcInstanceAuth(metadata, given.profile)
    if given.profile and owner:
        return AssumedProfileAuth(iam, given.profile, owner)
    if given.profile:
        return ContainerAuth(iam, given, register_secret=register_secret, now=now)
    return CredentialAuth(iam, given)
