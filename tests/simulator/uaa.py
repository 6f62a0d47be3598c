# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tokens of Cloud Foundry's own UAA, which IAM handed out beside its own while there was Cloud Foundry.

IBM's pages name the two fields and where the first token goes. Issuer and claims are those of the public UAA of Cloud
Foundry [inferred]; ``iam_id`` is there for the simulator to know its user again.
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
    """``uaa_token`` and ``uaa_refresh_token`` of a user, good in every account and organisation of theirs."""
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
        # A client of UAA, which is none of IAM's: IAM itself takes this token from nobody.
        "uaa_refresh_token": cloud.issue_opaque_token(
            session, settings.refresh_token_seconds, {_CLIENT}, prefix="uaa-sim-"
        ),
    }


def user_of(cloud: Cloud, token: str) -> Identity:
    """The user behind a UAA token; raises TokenError for every other token, IAM's own included."""
    claims = cloud.signer.read(token)
    if claims.get("iss") != _ISSUER or claims.get("iam_id") not in cloud.identities:
        raise TokenError("not a token of UAA")
    if cloud.is_expired(claims):
        raise TokenError("expired")
    return cloud.identities[claims["iam_id"]]
