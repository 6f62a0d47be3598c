# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tokens of Cloud Foundry's UAA. While IBM Cloud supported Cloud Foundry, IAM issued UAA tokens together with IAM tokens.

IBM's pages document the fields ``uaa_token`` and ``uaa_refresh_token``, and the use of ``uaa_token``. The issuer and the claims are those of
Cloud Foundry's public UAA [inferred]. The simulator identifies the user by the claim ``iam_id``.
"""

from __future__ import annotations

import typing as t
import uuid

from .tokens import Claims, TokenError

if t.TYPE_CHECKING:
    from .cloud import Cloud, Session
    from .world import Identity

_CLIENT = "cf"
_ISSUER = "https://uaa.ng.bluemix.net/oauth/token"


def tokens(cloud: Cloud, session: Session) -> dict[str, str]:
    """Return a user's ``uaa_token`` and ``uaa_refresh_token``, which are valid in all of the user's accounts and organizations."""
    who = session.identity
    user_id = str(uuid.uuid5(uuid.NAMESPACE_OID, who.iam_id))
    claims: Claims = {
        "sub": user_id,
        "user_id": user_id,
        "user_name": who.email,
        "email": who.email,
        "iam_id": who.iam_id,
        "client_id": _CLIENT,
        "cid": _CLIENT,
        "azp": _CLIENT,
        "grant_type": "password",
        "scope": ["cloud_controller.read", "cloud_controller.write", "openid", "password.write"],
        "aud": ["cloud_controller", "password", "cf", "openid"],
        "zid": "uaa",
    }
    settings = cloud.settings
    return {
        "uaa_token": cloud.issue("uaa", _ISSUER, claims, settings.access_token_seconds),
        # The client cf is a UAA client, not an IAM client, so IAM rejects this refresh token.
        "uaa_refresh_token": cloud.issue_opaque_token(
            session, settings.refresh_token_seconds, {_CLIENT}, prefix="uaa-sim-"
        ),
    }


def user_of(cloud: Cloud, token: str) -> Identity:
    """Return the owner of a UAA token. Raise TokenError for all other tokens, including IAM tokens."""
    claims = cloud.signer.read(token)
    if claims.get("iss") != _ISSUER or claims.get("iam_id") not in cloud.identities:
        raise TokenError("not a UAA token")
    if cloud.is_expired(claims):
        raise TokenError("expired")
    return cloud.identities[claims["iam_id"]]
