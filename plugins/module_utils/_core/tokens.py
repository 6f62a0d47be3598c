# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What a token is and says. Reads claims without verifying them, as IBM's own clients do: the services verify."""

from __future__ import annotations

import base64
import binascii
import datetime
import re
import typing as t
from dataclasses import dataclass, field

from .strict_json import JSON, NotJSON, parse

# What may follow "Bearer " in a header (RFC 6750), and a length far beyond any real token.
_HEADER_SAFE = re.compile(r"[A-Za-z0-9._~+/=-]{1,65536}")
# The text that IAM sends in place of a refresh token that cannot be used.
NOT_SUPPORTED = "not_supported"


@dataclass(frozen=True)
class Claims:
    """The claims of an IAM access or ID token that we act on; ``account_id`` is empty for an unbound token."""

    account_id: str = ""
    iam_id: str = ""
    issuer: str = ""
    expires: int = 0  # seconds since 1970
    life: int = 0  # seconds from issue to end; 0 when the token does not say


@dataclass(frozen=True)
class Token:
    """One answer of the token service.

    ``expires_in`` is in seconds, counted from the answer; ``expiration`` in seconds since 1970, by the service's clock.
    """

    access: str = field(repr=False, default="")
    refresh: str = field(repr=False, default="")
    delegated: str = field(repr=False, default="")
    id: str = field(repr=False, default="")
    token_type: str = "Bearer"  # noqa: S105  # the kind of all tokens, no token
    expires_in: int = 0
    expiration: int = 0
    claims: Claims = Claims()
    kubernetes_refresh: str = field(repr=False, default="")  # of client kube, as kubectl wants it
    # For Cloud Foundry, in the generations that have it.
    uaa: str = field(repr=False, default="")
    uaa_refresh: str = field(repr=False, default="")

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that nobody else may see; empty for what there is none of."""
        own = (self.access, self.refresh, self.delegated, self.id)
        return (*own, self.kubernetes_refresh, self.uaa, self.uaa_refresh)


def is_well_formed(token: str) -> bool:
    """Say whether the text can stand in an Authorization header."""
    return _HEADER_SAFE.fullmatch(token) is not None


def read_payload(token: str) -> dict[str, JSON] | None:
    """Return all claims of a JWT, or None if the text is not a JWT. The signature is not verified."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        document = parse(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (NotJSON, binascii.Error, ValueError):
        return None
    return document if isinstance(document, dict) else None


def read_claims(token: str) -> Claims | None:
    """Return the claims of a JWT, or None when the text is none."""
    document = read_payload(token)
    if document is None:
        return None
    account = document.get("account")
    bss = account.get("bss") if isinstance(account, dict) else ""
    expires, issued = _time(document.get("exp")), _time(document.get("iat"))
    return Claims(
        account_id=_string(bss),
        iam_id=_string(document.get("iam_id")),
        issuer=_string(document.get("iss")),
        expires=expires,
        life=max(0, expires - issued) if issued else 0,
    )


def iso(seconds: float) -> str:
    """Return seconds since 1970 as an ISO 8601 time in UTC, such as 2026-01-05T10:08:03Z."""
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(value: JSON) -> int:
    return int(value) if isinstance(value, (int, float)) and 0 < value < 1e11 else 0


def _string(value: JSON) -> str:
    return value if isinstance(value, str) else ""


def token_facts(token: Token) -> dict[str, t.Any]:
    """Return the result of ``iam_token``; what there is none of is absent."""
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
