# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Decide which credentials can be combined, and when credentials from the environment are ignored."""

from __future__ import annotations

import typing as t

from .._core.errors import InputError
from .._core.options import CommonOptions
from .._iam.credentials import Credentials

# These options are complete credentials and are mutually exclusive.
_PRIMARY = ("ibmcloud_api_key", "password", "passcode")
_TOKENS = ("access_token", "refresh_token", "id_token")
# These options select the trusted profile and are mutually exclusive. These options alone do not authenticate.
_PROFILE = ("profile_id", "profile_name", "profile_crn")
# These options log in as a trusted profile and do not need another credential.
_KEYLESS = ("cr_token_file", "vpc_instance")
# If a task sets one of these options, environment variables must not select another identity or account.
CHOICES = (*_PRIMARY, "username", *_TOKENS, "account", *_PROFILE, *_KEYLESS)


def ignore_environment(name: str, explicit: set[str], options: t.Mapping[str, t.Any]) -> bool:
    """Return whether the option's environment variables are ignored because the task sets a different credential or account."""
    if name == "account_id":
        return "account" in explicit
    if name in _PROFILE:
        return bool(explicit & {*_PROFILE})
    if name == "cr_token_file":
        # IBMCLOUD_CR_TOKEN is used only for a trusted profile, and only if no other credential is given.
        return not any(options[option] for option in _PROFILE) or bool(options["vpc_instance"] or _others(options))
    if name in _TOKENS:
        return bool(explicit - {"account", *_PROFILE})
    return name in _PRIMARY and bool(explicit & {*_PRIMARY, "username", *_KEYLESS})


def check_credentials(options: t.Mapping[str, t.Any]) -> None:
    """Raise InputError if the credentials in the task's options cannot be combined."""
    ways = [name for name in _PRIMARY if options[name]]
    if options["username"] and "password" not in ways:
        if ways:
            ways.insert(0, "username")
        else:
            raise InputError("username requires password")
    if options["password"] and not options["username"]:
        raise InputError("password requires username")
    if len(ways) > 1:
        raise InputError(f"{' and '.join(ways)} are mutually exclusive", hint="Set only one of them.")
    if options["account_id"] and options["account"]:
        raise InputError("account_id and account are mutually exclusive", hint="Set only one of them.")


def _others(options: t.Mapping[str, t.Any]) -> list[str]:
    """Return the names of the credentials that belong to an identity other than the profile."""
    others = Credentials.from_options(CommonOptions(options)).without_profile() or Credentials()
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
    """Raise InputError if the options for a trusted profile, including options from the environment, cannot be combined."""
    named = [name for name in _PROFILE if options[name]]
    if len(named) > 1:
        hint = "Set only one of them, including IC_IAM_PROFILE_ID and IC_IAM_PROFILE_NAME."
        raise InputError(f"{' and '.join(named)} are mutually exclusive", hint=hint)
    keyless, others = [name for name in _KEYLESS if options[name]], _others(options)
    if keyless and len(keyless + others) > 1:
        raise InputError(f"{' and '.join(keyless + others)} are mutually exclusive", hint="Set only one of them.")
    if keyless == ["cr_token_file"] and not named:
        hint = "Also set profile_id, profile_name or profile_crn (or IC_IAM_PROFILE_ID)."
        raise InputError("cr_token_file requires a trusted profile", hint=hint)
    if options["profile_name"] and options["vpc_instance"]:
        raise InputError(
            "vpc_instance and profile_name are mutually exclusive",
            hint="Set profile_id or profile_crn instead of profile_name.",
        )
    if options["profile_name"] and others and not options["account_id"]:
        hint = "IAM looks up a profile name in the account that account_id specifies. Alternatively, set profile_id or profile_crn."
        raise InputError("profile_name requires account_id", hint=hint)
