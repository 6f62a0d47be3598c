# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Which ways to log in go together, and which of them the environment may fill. Pure."""

from __future__ import annotations

import typing as t

from .._core.errors import InputError
from .._iam.credentials import Credentials

# At most one of these may be given: each is a whole way to log in.
_PRIMARY = ("ibmcloud_api_key", "password", "passcode")
_TOKENS = ("access_token", "refresh_token", "id_token")
# At most one of these: as whom to act. That is no way to log in yet.
_PROFILE = ("profile_id", "profile_name", "profile_crn")
# The ways to act as a profile without any credential.
_KEYLESS = ("cr_token_file", "vpc_instance")
# What a task chooses in this, and the environment must not unsettle.
CHOICES = (*_PRIMARY, "username", *_TOKENS, "account", *_PROFILE, *_KEYLESS)


def ignore_environment(name: str, explicit: set[str], options: t.Mapping[str, t.Any]) -> bool:
    """Say whether the environment must not fill a credential or an account, because the task chose another one."""
    if name == "account_id":
        return "account" in explicit
    if name in _PROFILE:
        return bool(explicit & {*_PROFILE})
    if name == "cr_token_file":
        # It is for a profile that nothing else is given for.
        return not any(map(options.get, _PROFILE)) or bool(options.get("vpc_instance") or _others(options))
    if name in _TOKENS:
        return bool(explicit - {"account", *_PROFILE})
    return name in _PRIMARY and bool(explicit & {*_PRIMARY, "username", *_KEYLESS})


def check_credentials(options: t.Mapping[str, t.Any]) -> None:
    """Check what the task itself gives.

    :raises InputError: for what does not go together.
    """
    ways = [name for name in _PRIMARY if options.get(name)]
    if options.get("username") and "password" not in ways:
        if ways:
            ways.insert(0, "username")
        else:
            raise InputError("username was given without password")
    if options.get("password") and not options.get("username"):
        raise InputError("password was given without username")
    if len(ways) > 1:
        raise InputError(f"{' and '.join(ways)} exclude each other", hint="Give one way to log in.")
    if options.get("account_id") and options.get("account"):
        raise InputError("account_id and account exclude each other", hint="Give the ID or the name.")


def _others(options: t.Mapping[str, t.Any]) -> list[str]:
    """Return the credentials of somebody other than the profile."""
    others = Credentials.from_options(options).without_profile() or Credentials()
    return [
        name
        for name, value in (
            ("ibmcloud_api_key", others.api_key),
            ("password", others.password),
            ("passcode", others.passcode),
            ("access_token", others.access_token),
            ("refresh_token", others.refresh_token),
        )
        if value
    ]


def check_profile(options: t.Mapping[str, t.Any]) -> None:
    """Check what is given for a trusted profile, also by the environment.

    :raises InputError: for what does not go together.
    """
    named = [name for name in _PROFILE if options.get(name)]
    if len(named) > 1:
        hint = "Name the profile in one way; IC_IAM_PROFILE_ID and IC_IAM_PROFILE_NAME count too."
        raise InputError(f"{' and '.join(named)} exclude each other", hint=hint)
    keyless, others = [name for name in _KEYLESS if options.get(name)], _others(options)
    if keyless and len(keyless + others) > 1:
        raise InputError(f"{' and '.join(keyless + others)} exclude each other", hint="Give one way to log in.")
    if keyless == ["cr_token_file"] and not named:
        hint = "Give profile_id, profile_name or profile_crn (or IC_IAM_PROFILE_ID) too."
        raise InputError("cr_token_file is for a trusted profile, and none is named", hint=hint)
    if options.get("profile_name") and options.get("vpc_instance"):
        raise InputError("vpc_instance and profile_name exclude each other", hint="Give profile_id or profile_crn.")
    if options.get("profile_name") and others and not options.get("account_id"):
        hint = "The profile is looked up in that account. Or give profile_id or profile_crn."
        raise InputError("profile_name needs account_id beside it", hint=hint)
