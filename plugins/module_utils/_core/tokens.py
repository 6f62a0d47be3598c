# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Tokens and their claims.

Claims are read without verification, as in IBM's own clients. The services verify each token that they receive.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import re
import typing as t
from dataclasses import dataclass, field

from .strict_json import JSON, NotJSON, parse

# A bearer token (RFC 6750). Real tokens are far shorter than the limit of 65536 characters.
_HEADER_SAFE = re.compile(r"[A-Za-z0-9._~+/=-]{1,65536}")
# If IAM does not issue a refresh token, it sends this string instead.
NOT_SUPPORTED = "not_supported"
# ID tokens have claims whose names contain the account ID, such as realmed_sub_<account ID>.
_ACCOUNT_CLAIM = re.compile(r"(?:realmed_sub|sub|iam_id|groups)_([0-9a-f]{32})")


@dataclass(frozen=True)
class Claims:
    """The claims that this collection reads from an IAM access token or ID token.

    ``account_id`` is empty if the token is not bound to an account.
    """

    account_id: str = ""
    iam_id: str = ""
    issuer: str = ""
    expires: int = 0  # a Unix timestamp
    life: int = 0  # lifetime in seconds; 0 if unknown
    accounts: tuple[str, ...] = ()  # the IDs of all accounts in the claims


@dataclass(frozen=True)
class Token:
    """The tokens from one response of the token service.

    ``expires_in`` is the lifetime in seconds after the response. ``expiration`` is the expiry time on the service's clock, as a Unix timestamp.
    """

    access: str = field(repr=False, default="")
    refresh: str = field(repr=False, default="")
    delegated: str = field(repr=False, default="")
    id: str = field(repr=False, default="")
    token_type: str = "Bearer"  # noqa: S105  # the type of all tokens, not a token
    expires_in: int = 0
    expiration: int = 0
    claims: Claims = Claims()
    kubernetes_refresh: str = field(repr=False, default="")  # issued to the client "kube", for kubectl
    # Cloud Foundry tokens, which only some API generations use.
    uaa: str = field(repr=False, default="")
    uaa_refresh: str = field(repr=False, default="")

    @property
    def secrets(self) -> tuple[str, ...]:
        """All tokens, with an empty string for each missing token."""
        own = (self.access, self.refresh, self.delegated, self.id)
        return (*own, self.kubernetes_refresh, self.uaa, self.uaa_refresh)


def is_well_formed(token: str) -> bool:
    """Return whether the token can be sent in an Authorization header."""
    return _HEADER_SAFE.fullmatch(token) is not None


def read_payload(token: str) -> dict[str, JSON] | None:
    """Return all claims of a JWT, or None if the token is not a JWT. The signature is not verified."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        document = parse(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (NotJSON, binascii.Error, ValueError):
        return None
    return document if isinstance(document, dict) else None


def read_claims(token: str) -> Claims | None:
    """Return the claims that this collection reads from a JWT, or None if the token is not a JWT."""
    document = read_payload(token)
    if document is None:
        return None
    account = document.get("account")
    bss = account.get("bss") if isinstance(account, dict) else ""
    expires, issued = _time(document.get("exp")), _time(document.get("iat"))
    return Claims(
        account_id=_string(bss),
        accounts=tuple(sorted(_accounts(document, _string(bss)))),
        iam_id=_string(document.get("iam_id")),
        issuer=_string(document.get("iss")),
        expires=expires,
        life=max(0, expires - issued) if issued else 0,
    )


def iso(seconds: float) -> str:
    """Convert a Unix timestamp to an ISO 8601 time in UTC, such as 2026-01-05T10:08:03Z."""
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _accounts(document: dict[str, JSON], bss: str) -> set[str]:
    found = {match[1] for match in map(_ACCOUNT_CLAIM.fullmatch, document) if match}
    return found | {bss} if bss else found


def _time(value: JSON) -> int:
    return int(value) if isinstance(value, (int, float)) and 0 < value < 1e11 else 0


def _string(value: JSON) -> str:
    return value if isinstance(value, str) else ""


def token_facts(token: Token) -> dict[str, t.Any]:
    """Return the non-empty values of the ``iam_token`` module's result."""
    id_claims = (read_claims(token.id) if token.id else None) or Claims()
    facts = {
        "access_token": token.access,
        "refresh_token": token.refresh,
        "id_token": token.id,
        "kubernetes_refresh_token": token.kubernetes_refresh,
        "uaa_token": token.uaa,
        "uaa_refresh_token": token.uaa_refresh,
        "token_type": token.token_type,
        "expires_in": token.expires_in,
        "expiration": token.expiration,
        "expires_at": iso(token.expiration),
        "id_token_expires_at": iso(id_claims.expires) if id_claims.expires else "",
        "account_id": token.claims.account_id,
        "iam_id": token.claims.iam_id,
    }
    return {name: value for name, value in facts.items() if value != ""}
