# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log in with a trusted profile, and check whether the profile trusts the caller.

Fields and rules follow IBM's generated SDK (IBM-Cloud/ibm-cloud-sdk-ruby, ``ibm_cloud_iam/docs/TokenRetrievalApi.md``,
``get_token_assume`` and ``get_token_cr_token``).
"""

from __future__ import annotations

import re
import secrets
import typing as t

from . import compute_identity
from . import iam_errors as errors
from .cloud import Cloud, Session
from .tokens import TokenError

if t.TYPE_CHECKING:
    from .token_request import TokenRequest
    from .world import Identity

_PROFILE_FIELDS = ("profile_id", "profile_crn", "profile_name")
_ID = re.compile(r"Profile-[0-9A-Za-z-]+")
CRN = re.compile(
    r"crn:v1:[a-z]+:public:iam-identity:[a-z-]*:a/(?P<account>[0-9a-f]{32})::profile:(?P<id>Profile-[\w-]+)"
)


def assumed(cloud: Cloud, request: TokenRequest) -> Session:
    """Return the session of the profile that the token's owner assumes.

    A profile that is selected by ID or CRN must be in the token's account [inferred: profile-account]. If a profile is selected
    by name, the ``account`` field is required.
    """
    token = _one_of(request, ("access_token", "refresh_token", "cookie"))
    _one_of(request, _PROFILE_FIELDS)
    if token == "cookie":
        raise errors.invalid("cookie", "", "the simulator does not support cookies")
    who, account = _owner(cloud, request.form[token], is_refresh=token == "refresh_token")
    if request.form.get("profile_name"):
        account = request.required("account")
    profile = _profile(cloud, request, account)
    trust = profile.trust
    if trust is None or who not in trust.identities:
        raise errors.profile_not_eligible(who, profile.iam_id)
    return session(request.form["grant_type"], profile, request.client, request)


def of_compute_resource(cloud: Cloud, request: TokenRequest) -> Session:
    """Return the session of the profile that trusts the pod's service account. The profile and the pod's cluster must be in the same account."""
    token = request.required("cr_token")
    _one_of(request, _PROFILE_FIELDS)
    try:
        account = compute_identity.read_pod_token(cloud, token)
    except TokenError as problem:
        raise errors.invalid_cr_token(str(problem)) from None
    profile = _profile(cloud, request, cloud.cluster(account.cluster).cluster.account)
    if profile.trust is None or account not in profile.trust.service_accounts:
        raise errors.profile_not_eligible(f"{account.cluster}:{account.namespace}:{account.name}", profile.iam_id)
    return session(request.form["grant_type"], profile, request.client, request)


def session(grant_type: str, profile: Identity, client: str, request: TokenRequest | None = None) -> Session:
    """Return a new session of the profile in the profile's account."""
    (account,) = profile.accounts
    if request is not None:
        request.check_tenants(account)
    return Session(profile, account, None, client, grant_type, f"C-{secrets.token_hex(16)}")


def _one_of(request: TokenRequest, fields: tuple[str, ...]) -> str:
    given = [field for field in fields if request.form.get(field)]
    if len(given) != 1:
        raise errors.one_of(", ".join(fields))
    return given[0]


def _owner(cloud: Cloud, token: str, *, is_refresh: bool) -> tuple[str, str | None]:
    """Return the IAM ID and the account of a token. Raise ErrorResponse if IAM would reject the token."""
    if is_refresh:
        known = cloud.opaque_tokens.get(token)
        if known is None or known.receivers:
            raise errors.invalid_token()
        if known.expires < cloud.now():
            raise errors.expired_token()
        return known.session.identity.iam_id, known.session.account
    try:
        claims = cloud.read_access_token(token)
    except TokenError as problem:
        raise errors.invalid_access_token(str(problem)) from None
    return claims["iam_id"], claims.get("account", {}).get("bss")


def _profile(cloud: Cloud, request: TokenRequest, account: str | None) -> Identity:
    """Return the profile that the form selects. A token without an account does not match any profile ID or CRN [inferred]."""
    form = request.form
    if form.get("profile_name"):
        found = cloud.profile(name=form["profile_name"], account=account or "")
    else:
        crn = CRN.fullmatch(form.get("profile_crn", ""))
        identifier = crn["id"] if crn else form.get("profile_id", "")
        if form.get("profile_crn") and not crn:
            raise errors.invalid("profile_crn", form["profile_crn"][:120], "the CRN of a trusted profile")
        if not _ID.fullmatch(identifier):
            raise errors.invalid("profile_id", identifier[:80], "'Profile-' and a UUID")
        found = cloud.profile(iam_id=f"iam-{identifier}")
        if crn and found is not None and found.accounts != (crn["account"],):
            found = None
    if found is None or found.accounts != (account,):
        raise errors.no_such_profile()
    return found
