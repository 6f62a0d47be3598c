# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Request tokens from the token service (IAM), and validate the responses.

``bx`` and ``kube`` are IBM's public clients. Each client's password is the same as its name and is not secret. A refresh token works only for the
client to which it was issued, so ``bx`` is used for both the login and the delegation.
"""

from __future__ import annotations

import re
import time
import typing as t
from dataclasses import replace

from .._core.errors import APIError, Call, ResponseError
from .._core.tokens import NOT_SUPPORTED, Claims, Token, is_well_formed, read_claims
from .._http.request import Request
from .._http.retry import Resend
from .._services.api_generations import CURRENT, ApiGeneration

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient

_GRANT = "urn:ibm:params:oauth:grant-type:"
_BX = ("bx", "bx")
_KUBE = ("kube", "kube")
# These values are from IBM's documentation. The delegated refresh token is exchanged within its lifetime of ten minutes.
_DELEGATION = {"receiver_client_ids": "kube", "delegated_refresh_token_expiry": "600"}
# The error codes for a rejected API key. With such a key, a login without delegation would also fail.
_KEY_REFUSALS = frozenset({"BXNIM0400E", "BXNIM0415E"})
# The hint for a rejected trusted-profile login. IBM does not document the error codes of such a login.
_ELIGIBLE = "Check the trusted profile (profile_id, profile_crn or profile_name), its account, and whether it trusts this identity."
# "Validation of property 'response_type' ... failed": IAM does not issue UAA tokens to this identity.
_NO_UAA = "BXNIM0106E"
_WORD = re.compile(r"[A-Za-z0-9._-]{1,12}")


class Iam:
    """A client of one token service."""

    def __init__(
        self,
        http: HttpClient,
        base: str,
        *,
        generation: ApiGeneration = CURRENT,
        now: t.Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._base = base
        self._url = base + generation.token_path
        self._now = now
        self.generation = generation

    def api_key(self, key: str, account_id: str = "", *, is_renewal: bool = False) -> Token:
        """Log in with an API key to the key's account. The account is sent only if the API generation documents the account field.

        In all methods, ``is_renewal`` means that the request renews a token.
        """
        form = {"grant_type": f"{_GRANT}apikey", "apikey": key}
        account_id = account_id if self.generation.key_names_account else ""
        return self._login("log in with the API key", form, account_id, is_renewal=is_renewal)

    def api_key_with_delegation(self, key: str) -> Token | None:
        """Log in with an API key and get a delegated refresh token for client kube in the same response.

        Return None if the service rejects this request or the API generation does not support it. In these cases, the caller
        must log in and delegate with the separate requests that IBM documents. IAM's specification describes the combined request, but does
        not state whether IAM accepts kube as the receiver [inferred: one-step-delegation].
        """
        if not self.generation.supports_one_step_delegation:
            return None
        form = {
            "grant_type": f"{_GRANT}apikey",
            "apikey": key,
            "response_type": "cloud_iam delegated_refresh_token",
            **_DELEGATION,
        }
        try:
            return self._login("log in with the API key", form)
        except APIError as exc:
            if exc.status == 400 and exc.error_details.code not in _KEY_REFUSALS:
                return None
            raise

    def password(self, username: str, password: str, account_id: str = "", *, is_renewal: bool = False) -> Token:
        """Log in with a user's password. If no account is given, the token is not bound to an account."""
        form = {"grant_type": "password", "username": username, "password": password}
        return self._login(
            "log in with username and password", form, account_id, is_renewal=is_renewal, resend=Resend.AT_MOST_ONCE
        )

    def passcode(self, passcode: str, account_id: str = "") -> Token:
        """Log in with a one-time passcode."""
        form = {"grant_type": f"{_GRANT}passcode", "passcode": passcode}
        return self._login("log in with the one-time passcode", form, account_id, resend=Resend.NEVER)

    def refresh(self, refresh_token: str, account_id: str = "") -> Token:
        """Renew the tokens of a session. If an account is given, the new tokens are bound to this account."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._login("refresh the access token", form, account_id, is_renewal=True)

    def delegate(self, refresh_token: str) -> str:
        """Exchange a refresh token of client bx for a delegated refresh token for client kube.

        IBM's clients and specification call the field ``delegated_refresh_token``, but IBM's documentation of 2025 calls it ``refresh_token``.
        This method accepts both names.
        """
        step = "get a delegated refresh token"
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "response_type": "delegated_refresh_token",
            **_DELEGATION,
        }
        response = self._post(step, form, client=_BX)
        for name in ("delegated_refresh_token", "refresh_token"):
            value = response.get(name)
            if isinstance(value, str) and value not in ("", NOT_SUPPORTED):
                return self._well_formed(step, name, value)
        raise self._invalid(step, "it has neither delegated_refresh_token nor a usable refresh_token")

    def exchange(self, delegated: str) -> Token:
        """Exchange a delegated refresh token for the tokens of client kube, which include the Kubernetes ID token."""
        step = "get the Kubernetes ID token"
        form = {"grant_type": f"{_GRANT}delegated-refresh-token", "refresh_token": delegated}
        return self._token(step, self._post(step, form, client=_KUBE), needs="id_token")

    def service_date(self) -> str:
        """Return the ``Date`` header of a response from the service."""
        url = f"{self._base}/identity/.well-known/openid-configuration"
        step = "read the clock of the token service"
        return t.cast("str", self._http.send(Request(step, "GET", url, resend=Resend.NEVER, expect="date")))

    def assume(self, access_token: str, profile: dict[str, str]) -> Token:
        """Assume a trusted profile with the token of an identity that the profile trusts. ``profile`` contains the profile's form fields."""
        form = {"grant_type": f"{_GRANT}assume", "access_token": access_token, **profile}
        return self._profile_token("assume the trusted profile", form)

    def compute_resource(self, cr_token: str, profile: dict[str, str]) -> Token:
        """Log in as a trusted profile with the token of a pod whose service account the profile trusts."""
        form = {"grant_type": f"{_GRANT}cr-token", "cr_token": cr_token, **profile}
        return self._profile_token("log in with the compute resource token", form)

    def _profile_token(self, step: str, form: dict[str, str]) -> Token:
        try:
            # According to IBM's specification, customers' requests for a profile token do not include client credentials.
            response = self._post(step, form, client=None)
        except APIError as exc:
            # IAM sends status 400 if the token is not valid or the profile does not trust the token's identity [inferred: profile-rejected].
            if exc.status == 400 and not exc.error_details.hint:
                exc.kind, exc.hint = "auth", _ELIGIBLE
            raise
        # A profile's session cannot be renewed with a refresh token.
        return replace(self._token(step, response), refresh="")

    def _login(
        self,
        step: str,
        form: dict[str, str],
        account_id: str = "",
        *,
        is_renewal: bool = False,
        resend: Resend = Resend.ALWAYS,
    ) -> Token:
        if account_id:
            form = {**form, **dict.fromkeys(self.generation.account_fields, account_id)}
            # The step names the account, because IAM's error messages do not mention it.
            step += f" for account {account_id}"
        more = self.generation.renewal if account_id or is_renewal else self.generation.login
        try:
            return self._token(step, self._post(step, {**more, **form}, client=_BX, resend=resend))
        except APIError as exc:
            if not more or exc.error_details.code != _NO_UAA or resend is Resend.NEVER:
                raise
        # Cloud Foundry tokens are optional. Service IDs do not receive these tokens, and IAM may no longer issue the tokens to users.
        return self._token(step, self._post(step, form, client=_BX, resend=resend))

    def _post(
        self, step: str, form: dict[str, str], *, client: tuple[str, str] | None, resend: Resend = Resend.ALWAYS
    ) -> dict[str, JSON]:
        request = Request(
            step, "POST", self._url, auth=client, form=form, headers={"Cache-Control": "no-cache"}, resend=resend
        )
        return t.cast("dict[str, JSON]", self._http.send(request))

    def _token(self, step: str, response: dict[str, JSON], *, needs: str = "access_token") -> Token:
        token = Token(
            access=self._credential(step, response, "access_token", required=needs == "access_token"),
            refresh=self._credential(step, response, "refresh_token"),
            delegated=self._credential(step, response, "delegated_refresh_token"),
            id=self._credential(step, response, "id_token", required=needs == "id_token"),
            uaa=self._credential(step, response, "uaa_token"),
            uaa_refresh=self._credential(step, response, "uaa_refresh_token"),
        )
        kind = response.get("token_type", "Bearer")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            # Only a short word is shown, because a longer string may be a token.
            shown = f" but {kind}" if isinstance(kind, str) and _WORD.fullmatch(kind) else ""
            raise self._invalid(step, f"its token_type is not Bearer{shown}")
        claims = read_claims(getattr(token, needs.partition("_")[0])) or Claims()
        now = int(self._now())
        lifetime = response.get("expires_in")
        expires_in = _seconds(lifetime)
        expiration = _seconds(response.get("expiration")) or claims.expires or now + expires_in
        # Unlike an expiry time, the lifetime does not depend on the local clock. The lifetime is computed only if the response omits it.
        if lifetime is None:
            expires_in = claims.life or expiration - now
        if expires_in <= 0:
            raise self._invalid(step, "it does not contain the token's lifetime")
        return replace(token, expires_in=expires_in, expiration=expiration, claims=claims)

    def _credential(self, step: str, response: dict[str, JSON], name: str, *, required: bool = False) -> str:
        value = response.get(name)
        if value in (None, "", NOT_SUPPORTED) and not required:
            return ""
        if not isinstance(value, str) or value in ("", NOT_SUPPORTED):
            raise self._invalid(step, f"its {name} is missing or not a string")
        return self._well_formed(step, name, value)

    def _well_formed(self, step: str, name: str, value: str) -> str:
        if not is_well_formed(value):
            raise self._invalid(step, f"its {name} is a malformed token")
        return value

    def _invalid(self, step: str, problem: str) -> ResponseError:
        return ResponseError.unusable(Call.at(self._url, step=step, method="POST"), problem)


def _seconds(value: JSON) -> int:
    """Convert a positive number or a string of digits to whole seconds. Return 0 for any other value."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e11:
        return int(value)
    return 0
