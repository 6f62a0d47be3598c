# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Obtain ID tokens for Kubernetes clusters.

IAM issues an ID token in exchange for a delegated refresh token. A delegated refresh token can be obtained with an API key or with a
session's refresh token.
"""

from __future__ import annotations

import threading
import typing as t

from .._core.errors import InputError
from .._core.tokens import Claims, Token, read_claims
from . import identity
from .login_failure_cache import FailureCache
from .token_manager import RENEW_BEFORE

if t.TYPE_CHECKING:
    from .token_manager import TokenManager

# The number of seconds for which a delegated refresh token is used. The token is valid for ten minutes, but an older token could expire
# before the service receives it.
_DELEGATED_LIFETIME = 540


class IdTokenProvider:
    """The ID tokens of one identity. A token is requested once and used until it must be renewed.

    Trusted profiles cannot get an ID token that works for all clusters. In API generations without delegation, IAM does not issue ID tokens.
    """

    def __init__(self, manager: TokenManager) -> None:
        self._manager = manager
        self._iam = manager.iam
        self._can_delegate = manager.iam.generation.supports_delegation and not manager.is_profile
        self._expires = 0.0  # the expiry time of the current ID token on the local clock
        self._call_once = FailureCache(manager.may_retry).call
        # This lock is held during requests, so that threads share one ID token. List requests use the manager's separate lock, so they can continue.
        self._lock = threading.RLock()

    @property
    def can_mint(self) -> bool:
        """Whether the credentials can be used to obtain an ID token through a delegated refresh token."""
        return self._can_delegate and self._manager.credentials.can_delegate

    def expect(self) -> None:
        """Announce that an ID token will be needed, so that the next login with an API key also requests a delegated refresh token."""
        self._manager.expects_id_token = self._can_delegate

    def session(self) -> Token:
        """Return the session's token, which is bound to an account. An ID token is included if the identity can obtain one."""
        with self._lock:
            if not self._can_delegate:
                return self._manager.account_token()
            return self._call_once(self._session_with_id_token, "id_token")

    def required_session(self) -> Token:
        """Return the session's token, including an ID token.

        :raises InputError: if the identity cannot obtain an ID token that works for all clusters.
        """
        if not self._can_delegate:
            owner = (
                "A trusted profile cannot get"
                if self._manager.is_profile
                else f"api_generation {self._iam.generation.name} does not issue"
            )
            raise InputError(
                f"{owner} a Kubernetes ID token that works for all clusters",
                hint="Use ibmcloud.kubernetes.cluster_login, which gets an ID token from each cluster's kubeconfig, or set id_token.",
            )
        return self.session()

    def id_token(self) -> str:
        """Return the given ID token if it is still valid, or else the session's ID token.

        Return an empty string if the credentials cannot obtain an ID token. In this case, each cluster's kubeconfig may contain an ID token.

        :raises LookupFailed: if the given ID token and the other credentials belong to different identities or accounts.
        """
        with self._lock:
            given = self._manager.credentials
            claims = read_claims(given.id_token)
            if claims and self._given_lifetime(claims, is_renewable=self.can_mint) >= self._manager.min_validity:
                self.check(claims)
                return given.id_token
            if self.can_mint:
                return self.session().id
            if given.own_token:
                self._manager.account_token()  # raises an error if the token has expired or belongs to another account
            return ""

    def check(self, claims: Claims) -> None:
        """Verify that an ID token belongs to the identity and account of the other credentials.

        :raises LookupFailed: if the ID token belongs to a different identity or account.
        """
        manager = self._manager
        expected = read_claims(manager.credentials.own_token)
        if expected is None and manager.credentials.has_login:
            expected = manager.account_token().claims
        identity.check_id_token(claims, expected or Claims(), account_id=manager.account_id)

    def _session_with_id_token(self) -> Token:
        manager = self._manager
        self.expect()
        token = manager.account_token()
        if token.id and self._remaining(token) >= RENEW_BEFORE:
            return token
        delegated = self._delegated_refresh_token(token)
        if not delegated and manager.credentials.api_key and token.access == manager.credentials.access_token:
            # Unlike the given access token, the given API key can be used to obtain a delegated refresh token.
            token = manager.new_account_token()
            delegated = self._delegated_refresh_token(token)
        if not delegated:
            if manager.credentials.api_key or manager.credentials.refresh_token:
                raise InputError(
                    "A Kubernetes ID token requires a refresh token, but the service did not return one",
                    hint="Use the API key of another user or service ID.",
                )
            raise InputError(
                "A Kubernetes ID token requires an API key or a refresh token, but neither is given",
                hint="Set ibmcloud_api_key (or IC_API_KEY), or set refresh_token to the value that ibmcloud.kubernetes.iam_token returns.",
            )
        manager.register_secret(delegated)
        exchanged = self._iam.exchange(delegated)
        manager.register_secret(*exchanged.secrets)
        identity.check_id_token(exchanged.claims, token.claims)
        # The lifetime is used instead of the expiry time, because the service's clock may differ from the local clock.
        self._expires = manager.now() + (exchanged.claims.life or exchanged.expires_in)
        return manager.add_id_token(exchanged.id, exchanged.refresh)

    def _remaining(self, token: Token) -> float:
        """Return the number of seconds until the ID token expires."""
        if token.id == self._manager.credentials.id_token:
            claims = read_claims(token.id) or Claims()
            self.check(claims)
            return self._given_lifetime(claims, is_renewable=True)
        return self._expires - self._manager.now()

    def _given_lifetime(self, claims: Claims, *, is_renewable: bool) -> float:
        return self._manager.clock.remaining(claims, self._manager.min_validity, is_renewable=is_renewable)

    def _delegated_refresh_token(self, token: Token) -> str:
        if token.delegated and self._manager.now() - self._manager.obtained < _DELEGATED_LIFETIME:
            return token.delegated
        return self._iam.delegate(token.refresh) if token.refresh else ""
