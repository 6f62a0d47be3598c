# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What a login cannot do, in the words that users read. Pure."""

from __future__ import annotations

from .._core.errors import InputError, LookupFailed

_OWN_ACCOUNT = (
    "An API key works only in the account that it was made in; use a key of that account, or change account_id "
    "(cluster_access_account of the role)."
)
_PROFILES_ACCOUNT = "A trusted profile works only in its own account; name one of that account, or change account_id."


def no_credentials() -> InputError:
    return InputError(
        "There are no credentials",
        hint="Give ibmcloud_api_key (or IC_API_KEY in the environment), username and password, passcode, refresh_token or "
        "access_token, or a trusted profile: profile_id with the token of a pod (cr_token_file), or vpc_instance. In AWX, give the "
        "template the credential, with its API key.",
    )


def not_renewable(word: str, when: str) -> InputError:
    """Return the error for an access token that is too old; ``word`` is expired or expires."""
    return InputError(
        f"The given access_token {word} at {when}, and there is nothing to renew it with",
        hint="Run ibmcloud.kubernetes.iam_token again, or give ibmcloud_api_key (or IC_API_KEY).",
    )


def no_delegation(lacking: str) -> InputError:
    return InputError(
        f"A Kubernetes ID token needs an API key or a refresh token, and {lacking}",
        hint="Give ibmcloud_api_key (or IC_API_KEY), or the refresh_token that ibmcloud.kubernetes.iam_token returns.",
    )


def no_common_id_token(generation: str) -> InputError:
    """Return the error for who has no ID token that serves all clusters: everybody in a generation, or a trusted profile."""
    return InputError(
        f"The token service of api_generation {generation} gives out no Kubernetes ID tokens"
        if generation
        else "A trusted profile has no refresh token, and so no Kubernetes ID token that serves all clusters",
        hint="ibmcloud.kubernetes.cluster_login and cluster_access get its ID token from the kubeconfig of each cluster. Give "
        "iam_token kubernetes: false, and other modules the id_token of a session.",
    )


def no_openshift_for_a_profile(*, has_other: bool) -> InputError:
    """Return the error for a login at an OpenShift cluster; ``has_other`` says that there is a key or a passcode."""
    if has_other:
        return InputError(
            "A login at an OpenShift cluster with an API key or a passcode is that of its owner, not of the trusted profile",
            hint="Leave the profile out for OpenShift clusters (IC_IAM_PROFILE_ID and IC_IAM_PROFILE_NAME count too).",
        )
    return InputError(
        "A trusted profile cannot log in to an OpenShift cluster, which takes an API key or a one-time passcode only",
        hint="Use the API key of a user or a service ID for OpenShift clusters, without a profile.",
    )


def no_profiles(generation: str) -> InputError:
    return InputError(
        f"api_generation {generation} has no trusted profiles",
        hint="Leave the profile out (IC_IAM_PROFILE_ID and IC_IAM_PROFILE_NAME count too), and log in with an API key.",
    )


def no_refresh_token(generation: str) -> InputError:
    return InputError(
        f"api_generation {generation} needs a refresh token: its containers API wants it beside the access token",
        hint="Give the refresh_token that ibmcloud.kubernetes.iam_token returns, or ibmcloud_api_key (or IC_API_KEY).",
    )


def no_uaa_token() -> InputError:
    return InputError(
        "There is no UAA token, which Cloud Foundry wants",
        hint="Give the uaa_token that ibmcloud.kubernetes.iam_token returns, or credentials of a user. Service IDs get none.",
    )


def check_identity(minted: str, before: str, profile: str, *, is_profile: bool) -> None:
    """Check whose token it is: a key of the environment must not carry a run that one identity began on as another.

    :raises LookupFailed: when it is neither that of the token before it nor that of the profile. Either may be empty.
    """
    for wanted in filter(None, (before, profile)):
        # What says nothing of its identity is no profile's.
        if minted != wanted and (minted or wanted == profile):
            raise other_identity(minted, wanted, is_profile=is_profile)


def other_identity(minted: str, wanted: str, *, is_profile: bool) -> LookupFailed:
    """Return the error for a token of another identity than that of the given token, or than the profile."""
    if is_profile:
        return LookupFailed(
            f"The login gave a token of {minted}, but the trusted profile {wanted} was asked for",
            kind="auth",
            hint="Check profile_id, profile_crn or profile_name, and access_token where it was given.",
        )
    return LookupFailed(
        f"The credentials belong to {minted}, but the access_token to {wanted}",
        kind="auth",
        hint="Give credentials of one identity, or leave access_token out.",
    )


def other_account(has: str, wanted: str, *, by_key: bool, is_profile: bool) -> LookupFailed:
    """Return the error for a token of another account (empty for none) than the wanted one."""
    what = "The trusted profile" if is_profile else "The API key" if by_key else "The token"
    owner = f"belongs to account {has}" if has else "is bound to no account"
    return LookupFailed(
        f"{what} {owner}, but account {wanted} was asked for",
        kind="auth",
        hint=_PROFILES_ACCOUNT if is_profile else _OWN_ACCOUNT,
    )
