# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access tokens and authorization codes of one OpenShift cluster's OAuth server.

As in OpenShift, access tokens are stored as hashes. The name of an OAuthAccessToken object is the hash of its token.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import secrets

PREFIX = "sha256~"
CODE_SECONDS = 300.0


@dataclasses.dataclass(frozen=True)
class AccessToken:
    """The owner's IAM ID, the scopes and the expiry time of an access token.

    ``deleted`` is None until the token's object is deleted. Afterward, the API server accepts the token until the time in ``deleted``.
    """

    iam_id: str
    scopes: tuple[str, ...]
    expires: float
    deleted: float | None = None


@dataclasses.dataclass(frozen=True)
class Code:
    """An authorization code. ``challenge`` is empty if the client did not send a challenge. ``method`` is ``plain`` or ``S256``."""

    iam_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    method: str
    expires: float


class OpenShiftTokens:
    """The access tokens, keyed by object name, and the unused authorization codes."""

    def __init__(self) -> None:
        self._tokens: dict[str, AccessToken] = {}
        self.codes: dict[str, Code] = {}
        # This list is used only to search for leaked secrets, not to process requests.
        self.issued: list[str] = []

    def issue_secret(self) -> str:
        """Return a new random value, and add it to the list of secrets that tests search for."""
        value = _random()
        self.issued.append(value)
        return value

    def issue(self, iam_id: str, scopes: tuple[str, ...], expires: float) -> str:
        """Return a new access token, which consists of ``sha256~`` and 43 characters."""
        value = self.issue_secret()
        self._tokens[object_name(value)] = AccessToken(iam_id, scopes, expires)
        return value

    def issue_code(self, code: Code) -> str:
        value = self.issue_secret()
        self.codes[value] = code
        return value

    def live(self, value: str, now: float) -> AccessToken | None:
        """Return the token if the API server accepts it. A deleted token is still accepted for a short time."""
        if not value.startswith(PREFIX):
            return None
        token = self._tokens.get(object_name(value))
        if token is None or token.expires <= now or (token.deleted is not None and token.deleted <= now):
            return None
        return token

    def delete(self, name: str, now: float, seconds: float, owner: str = "") -> bool:
        """Delete a token's object. If ``owner`` is set, delete only a token of this owner. Return False if the token does not exist.

        The API server caches the token, so the server continues to accept the token for ``seconds`` after the deletion.
        """
        token = self._tokens.get(name)
        if token is None or token.deleted is not None or token.expires <= now or owner not in ("", token.iam_id):
            return False
        self._tokens[name] = dataclasses.replace(token, deleted=now + seconds)
        return True

    def expire(self) -> None:
        """Expire all access tokens and codes issued so far."""
        self._tokens = {name: dataclasses.replace(token, expires=0.0) for name, token in self._tokens.items()}
        self.codes = {value: dataclasses.replace(code, expires=0.0) for value, code in self.codes.items()}


def object_name(value: str) -> str:
    """Return the name of a token's object, which consists of ``sha256~`` and the hash of the rest of the token."""
    return PREFIX + s256(value.removeprefix(PREFIX))


def s256(text: str) -> str:
    """Return the SHA-256 hash of a text in base64url without padding, as in PKCE."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _random() -> str:
    return PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
