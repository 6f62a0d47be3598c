# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Check that all tokens of a session belong to one identity and one account."""

from __future__ import annotations

import typing as t

from .._core.errors import InputError, LookupFailed

if t.TYPE_CHECKING:
    from .._core.tokens import Claims
    from .credentials import Credentials

_KEY_ACCOUNT = "An API key works only in the account in which it was created. Use a key from the requested account, or change account_id."
_PROFILE_ACCOUNT = (
    "A trusted profile works only in its own account. Use a profile from the requested account, or change account_id."
)
_ONE_IDENTITY = "Use credentials and tokens of the same identity, or omit {option}."


def check_new_token(token: Claims, before: Claims, given: Credentials) -> None:
    """Check the account and the identity of a new access token against the previous token and the trusted profile.

    Unknown values are not compared. Without this check, an API key in the environment could change the identity during a run.

    :raises LookupFailed: if the account or the identity differs.
    """
    if before.account_id and token.account_id and token.account_id != before.account_id:
        raise other_account(token.account_id, before.account_id, given)
    profile = given.profile
    for wanted in filter(None, (before.iam_id, profile.iam_id)):
        # If the profile's IAM ID is known, a token without an identity is rejected.
        if token.iam_id == wanted or not (token.iam_id or wanted == profile.iam_id):
            continue
        if profile:
            raise LookupFailed(
                f"The login returned a token of {token.iam_id or 'an unnamed identity'}, not of the trusted profile {wanted}",
                kind="auth",
                hint="Check profile_id, profile_crn or profile_name, and access_token if it was given.",
            )
        raise LookupFailed(
            f"The credentials belong to {token.iam_id}, but the access_token belongs to {wanted}",
            kind="auth",
            hint=_ONE_IDENTITY.format(option="access_token"),
        )


def check_id_token(token: Claims, expected: Claims, *, account_id: str = "") -> None:
    """Check the identity and the account of an ID token. Missing claims are not compared.

    :raises LookupFailed: if the identity or the account differs.
    """
    if token.iam_id and expected.iam_id and token.iam_id != expected.iam_id:
        raise LookupFailed(
            f"The id_token belongs to {token.iam_id}, but the other credentials belong to {expected.iam_id}",
            kind="auth",
            hint=_ONE_IDENTITY.format(option="id_token"),
        )
    wanted = account_id or expected.account_id
    if wanted and token.accounts and wanted not in token.accounts:
        raise LookupFailed(
            f"The id_token is for account {', '.join(token.accounts)}, not for account {wanted}",
            kind="auth",
            hint="Get an ID token for that account with ibmcloud.kubernetes.iam_token, or change account_id.",
        )


def other_account(has: str, wanted: str, given: Credentials) -> LookupFailed:
    """Return the error for a token from the wrong account. ``has`` is the token's account, or an empty string if the token is not bound to an account."""
    by_key, is_profile = bool(given.api_key) and not given.access_token, given.is_profile
    what = "The trusted profile" if is_profile else "The API key" if by_key else "The token"
    owner = f"belongs to account {has}" if has else "is not bound to an account"
    return LookupFailed(
        f"{what} {owner}, but account {wanted} was requested",
        kind="auth",
        hint=_PROFILE_ACCOUNT if is_profile else _KEY_ACCOUNT,
    )


def no_openshift_for_a_profile(*, has_other: bool) -> InputError:
    """Return the error for an OpenShift login as a trusted profile.

    The OAuth server of a cluster accepts only API keys and passcodes [inferred: profile-openshift].

    ``has_other`` is true if an API key or a passcode is given.
    """
    if has_other:
        return InputError(
            "An OpenShift login with an API key or a passcode uses the identity of that credential's owner, not the trusted profile",
            hint="For OpenShift clusters, omit the profile options, and unset IC_IAM_PROFILE_ID and IC_IAM_PROFILE_NAME.",
        )
    return InputError(
        "A trusted profile cannot log in to an OpenShift cluster, which accepts only an API key or a one-time passcode",
        hint="For OpenShift clusters, use the API key of a user or service ID, and no profile.",
    )
