# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The ways in which a token is made: an identity logs in itself, or a trusted profile is acted as.

A profile has no refresh token: each of its tokens is made in the same way as the first, with what is read or asked for anew.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from .._core.errors import InputError
from .._core.private_files import read_bytes
from .._core.tokens import Token, iso, read_claims
from .._http.auth import bearer_header
from .messages import no_credentials, not_renewable

if t.TYPE_CHECKING:
    from .client import Iam
    from .credentials import Credentials, Profile
    from .vpc_metadata import VpcMetadata

# Where the token of a pod's service account is, in the order of IBM's SDK cores (container_token_manager.py).
USUAL_PLACES = (
    "/var/run/secrets/tokens/vault-token",
    "/var/run/secrets/tokens/sa-token",
    "/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token",
)
_LONGEST = 65536
_AS_A_FILE = "Mount a service-account token with the audience iam into the pod, and name its file in cr_token_file."


class TrustedLogin(t.Protocol):
    """A login of somebody whom a profile trusts."""

    def account_token(self) -> Token:
        """Return a token that is bound to an account."""

    def token(self) -> Token:
        """Return any token of the session."""

    def renew(self, refused: str) -> bool:
        """Get another token after a 401 to this Authorization header, if there is anything to get it with."""

    def can_renew(self) -> bool:
        """Say whether a token that is good can be had."""


@dataclass(frozen=True)
class TokenRequest:
    """What a token is to be made of and for; each way takes what concerns it.

    ``refresh`` is the session's refresh token, ``delegate`` says that an ID token will be wanted, ``again`` that there was a token
    before, and ``afresh`` that what there was to make a token with may be as bad as the token that was refused.
    """

    refresh: str = field(repr=False, default="")
    account_id: str = ""
    delegate: bool = False
    after_401: bool = False
    is_renewal: bool = False


class AuthMethod(t.Protocol):
    """One way to make a token."""

    @property
    def is_reusable(self) -> bool:
        """Whether it can be gone again."""

    @property
    def is_retryable(self) -> bool:
        """Whether trying again after a fault does no harm, such as locking a user out."""

    def request_token(self, request: TokenRequest) -> Token:
        """Make a token."""


class CredentialAuth:
    """With the API key, the refresh token, the passcode or the password of an identity."""

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
            # A session is renewed by its refresh token: a passcode is gone, and a password would start another session.
            return iam.refresh(request.refresh, request.account_id)
        if given.passcode:
            return iam.passcode(given.passcode, request.account_id)
        if given.password:
            return iam.password(given.username, given.password, request.account_id, is_renewal=request.is_renewal)
        raise no_credentials()


class AssumedProfileAuth:
    """A profile, with the token of somebody whom it trusts."""

    # Its owner's login has seen to that.
    is_retryable = True

    def __init__(self, iam: Iam, profile: Profile, owner: TrustedLogin) -> None:
        self._iam = iam
        self._profile = profile
        self._owner = owner

    @property
    def is_reusable(self) -> bool:
        return self._owner.can_renew()

    def request_token(self, request: TokenRequest) -> Token:
        # By its ID or CRN a profile is looked up in the account of the token, by its name in the one that is named.
        form, current = self._profile.form(), self._owner.account_token
        if self._profile.name:
            form, current = {**form, "account": request.account_id}, self._owner.token
        access = current().access
        if request.after_401 and self._owner.renew(bearer_header(access)):
            access = current().access
        return self._iam.assume(access, form)


class ContainerAuth:
    """A profile, with the token of the pod that this runs in, which the cluster replaces in its file."""

    is_reusable = is_retryable = True

    def __init__(
        self,
        iam: Iam,
        given: Credentials,
        *,
        register_secret: t.Callable[..., None],
        now: t.Callable[[], float] = time.time,
        places: t.Sequence[str] = USUAL_PLACES,
    ) -> None:
        self._iam = iam
        self._profile = given.profile
        self._file = given.cr_token_file
        self._register_secret = register_secret
        self._now = now
        self._places = places

    def request_token(self, _need: TokenRequest) -> Token:
        token = self._read()
        self._register_secret(token)
        return self._iam.compute_resource(token, self._profile.form())

    def _read(self) -> str:
        """Return the token in the file.

        :raises InputError: when there is none, or one whose time has come.
        """
        for path in (self._file,) if self._file else self._places:
            try:
                data = read_bytes(path, _LONGEST + 1)
            except InputError as exc:
                raise InputError(f"The compute resource token in {exc.reason}", hint=_AS_A_FILE) from None
            if data is not None:
                return self._validate(path, data.decode("ascii", "replace").strip())
            if self._file:
                raise InputError(f"There is no file {path}, which cr_token_file names", hint=_AS_A_FILE)
        raise InputError(
            f"There is a profile, and nothing to log in with: no other credential, and no compute resource token in "
            f"{', '.join(self._places)}",
            hint="In a pod, name the file of its token in cr_token_file; on a virtual server instance (VPC) set vpc_instance; "
            "else give ibmcloud_api_key (or IC_API_KEY) of an identity that the profile trusts.",
        )

    def _validate(self, path: str, text: str) -> str:
        claims = read_claims(text) if len(text) <= _LONGEST else None
        if not text:
            raise InputError(f"The file {path} is empty where a compute resource token was expected", hint=_AS_A_FILE)
        if claims is None:
            raise InputError(f"The file {path} holds no compute resource token", hint=_AS_A_FILE)
        if claims.expires and claims.expires <= self._now():
            raise InputError(
                f"The compute resource token in {path} expired at {iso(claims.expires)}",
                hint="The cluster replaces it while the pod runs; a copy of the file grows old.",
            )
        return text


class VpcInstanceAuth:
    """A profile, as the virtual server instance (VPC) that this runs on."""

    is_reusable = is_retryable = True

    def __init__(self, metadata: VpcMetadata, profile: Profile) -> None:
        self._metadata = metadata
        self._profile = profile

    def request_token(self, _need: TokenRequest) -> Token:
        return self._metadata.token(self._profile)


def reuse_given_token(given: Credentials, least: int, now: float, *, is_renewable: bool) -> Token | None:
    """Return the given tokens, if the access token is good for ``least`` seconds; the ID token only if it is so too.

    :raises InputError: when it is not, and there is nothing else to log in with.
    """
    claims = read_claims(given.own_token)
    if claims is None:
        return None
    left = int(claims.expires - now)
    if left < least:
        if is_renewable or given.passcode:
            return None
        raise not_renewable("expired" if left <= 0 else "expires", iso(claims.expires))
    id_claims = read_claims(given.id_token)
    good_id = given.id_token if id_claims and id_claims.expires - now >= least else ""
    refresh = "" if given.is_profile else given.refresh_token
    return Token(given.own_token, refresh, id=good_id, expires_in=left, expiration=claims.expires, claims=claims)


def select_auth_method(
    given: Credentials,
    iam: Iam,
    *,
    owner: TrustedLogin | None,
    metadata: VpcMetadata | None,
    register_secret: t.Callable[..., None],
    now: t.Callable[[], float],
) -> AuthMethod:
    """Return the way that the credentials stand for; ``owner`` is the login of somebody other than the profile."""
    if given.vpc_instance and metadata:
        return VpcInstanceAuth(metadata, given.profile)
    if given.profile and owner:
        return AssumedProfileAuth(iam, given.profile, owner)
    return (
        ContainerAuth(iam, given, register_secret=register_secret, now=now)
        if given.profile
        else CredentialAuth(iam, given)
    )
