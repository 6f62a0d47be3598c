# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Describe the given credentials and the trusted profile to assume."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.tokens import read_claims

if t.TYPE_CHECKING:
    from .._core.options import CommonOptions

# The prefix of a trusted profile's IAM ID.
_PROFILE = "iam-Profile-"


@dataclass(frozen=True)
class Profile:
    """The ID (``Profile-...``), CRN or name of a trusted profile. All three are empty if no profile is given.

    An ID that has not been validated yet may have the prefix ``iam-``.
    """

    id: str = ""
    crn: str = ""
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.id or self.crn or self.name)

    @property
    def iam_id(self) -> str:
        """The IAM ID in the profile's tokens, or an empty string if the profile is specified only by name."""
        identifier = self.id or self.crn.rpartition(":")[2]
        return f"iam-{identifier.removeprefix('iam-')}" if identifier else ""

    def form(self) -> dict[str, str]:
        """Return the form fields for the token service."""
        fields = {"profile_id": self.id, "profile_crn": self.crn, "profile_name": self.name}
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True)
class Credentials:
    """The given credentials. Missing credentials are empty."""

    api_key: str = field(repr=False, default="")
    username: str = ""
    password: str = field(repr=False, default="")
    passcode: str = field(repr=False, default="")
    access_token: str = field(repr=False, default="")
    refresh_token: str = field(repr=False, default="")
    id_token: str = field(repr=False, default="")
    profile: Profile = Profile()
    cr_token_file: str = ""
    vpc_instance: bool = False

    @classmethod
    def from_options(cls, options: CommonOptions) -> Credentials:
        """Return the credentials in the resolved options."""
        return cls(
            api_key=options.ibmcloud_api_key,
            username=options.username,
            password=options.password,
            passcode=options.passcode,
            access_token=options.access_token,
            refresh_token=options.refresh_token,
            id_token=options.id_token,
            profile=Profile(options.profile_id, options.profile_crn, options.profile_name),
            cr_token_file=options.cr_token_file,
            vpc_instance=options.vpc_instance,
        )

    @property
    def is_profile(self) -> bool:
        """Whether the identity is a trusted profile: the options request one, or the given access token belongs to one."""
        return bool(self.profile) or self.vpc_instance or self._holds_profile

    @property
    def own_token(self) -> str:
        """The given access token, or an empty string if the token belongs to the identity that assumes the profile."""
        acts = bool(self.profile) or self.vpc_instance
        return self.access_token if not acts or self._holds_profile else ""

    @property
    def can_delegate(self) -> bool:
        """Whether a delegated refresh token can be obtained with these credentials."""
        return bool(self.api_key or self.password or self.passcode or self.refresh_token)

    @property
    def has_login(self) -> bool:
        """Whether any credential other than an ID token is given."""
        return self.can_delegate or self.is_profile or bool(self.access_token)

    def without_profile(self) -> Credentials | None:
        """Return the credentials of the identity that assumes the profile, or None if no such credentials are given."""
        # If the profile is requested by name, a given profile token may already belong to this profile.
        unclear = self._token_id.startswith(_PROFILE) and not self.profile.iam_id
        access_token = "" if self._holds_profile or unclear else self.access_token
        if not (self.api_key or self.password or self.passcode or self.refresh_token or access_token):
            return None
        return Credentials(self.api_key, self.username, self.password, self.passcode, access_token, self.refresh_token)

    @property
    def _holds_profile(self) -> bool:
        """Whether the access token is known to belong to the requested profile.

        The value is false for a profile that is requested by name, because tokens do not contain profile names.
        """
        return self._token_id.startswith(_PROFILE) and (not self.profile or self.profile.iam_id == self._token_id)

    @property
    def _token_id(self) -> str:
        claims = read_claims(self.access_token)
        return claims.iam_id if claims else ""
