# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Obtain and renew the access token of one identity in one account.

All threads of a run share one login. Given tokens are used while they are valid. Tokens are renewed with a reusable credential (API
key, password or refresh token), and concurrent threads share the renewal. If another identity assumes a trusted profile, a second token manager
manages that identity's token. login_methods.py defines the requests.
"""

from __future__ import annotations

import threading
import typing as t
from dataclasses import replace

from .._core.errors import IBMCloudError, InputError
from .._core.tokens import Claims, Token, read_claims
from .._http.auth import BearerAuth, bearer_header
from .._services.accounts import Accounts
from . import identity
from .clock_skew import LocalClock
from .login_failure_cache import FailureCache
from .login_methods import TokenRequest, reuse_given_token, select_auth_method

if t.TYPE_CHECKING:
    from .._http.client import HttpClient
    from .client import Iam
    from .credentials import Credentials
    from .vpc_metadata import VpcMetadata

# The minimum remaining validity of a token, in seconds. A token with less time left may expire before it reaches the service.
MIN_VALIDITY = 60
# During a run, a token is renewed this many seconds before it expires. Tokens with a lifetime of less than 100 s are renewed when a tenth of
# the lifetime is left. IBM's SDKs also renew tokens shortly before they expire.
RENEW_BEFORE = 10
_RENEW_BEFORE_SHARE = 0.1
_AFTER_401_NOTE = ". This login was tried because a service had rejected the access token (HTTP 401)"
# The minimum number of seconds between two renewals after HTTP 401.
_MIN_RELOGIN_INTERVAL = 30


class TokenManager:
    """The access token of one identity and one account. The token is requested once and used until it must be renewed."""

    def __init__(
        self,
        http: HttpClient,
        iam: Iam,
        accounts_base: str,
        credentials: Credentials,
        *,
        account_id: str = "",
        account: str = "",
        min_validity: int = MIN_VALIDITY,
        register_secret: t.Callable[..., None],
        clock: LocalClock | None = None,
        metadata: VpcMetadata | None = None,
        any_account: bool = False,
    ) -> None:
        self.iam = iam
        self.credentials = credentials
        self.is_profile = credentials.is_profile
        self.account_id = account_id
        self.min_validity = max(min_validity, MIN_VALIDITY)
        self.register_secret = register_secret
        self.clock = clock or LocalClock()
        self.now = self.clock.now
        self.expects_id_token = False
        self._account = account
        # An identity that assumes a profile may belong to a different account than the profile.
        self._any_account = any_account
        self._owner: TokenManager | None = None
        others = credentials.without_profile() if credentials.profile else None
        if others:
            # IAM looks up a profile by name in the request's account, and by ID or CRN in the token's account.
            ids = ("", "") if credentials.profile.name else (account_id, account)
            self._owner = TokenManager(
                *(http, iam, accounts_base, others),
                account_id=ids[0],
                account=ids[1],
                any_account=True,
                min_validity=min_validity,
                register_secret=register_secret,
                clock=self.clock,
            )
        self._auth_method = select_auth_method(
            credentials, iam, owner=self._owner, metadata=metadata, register_secret=register_secret, now=self.now
        )
        self._token: Token | None = None
        self.current_access = credentials.access_token  # the most recent access token that was given or obtained
        self.obtained = self._expires = 0.0  # times on the local clock
        self._call_once = FailureCache(self.may_retry).call
        self._key_is_checked = False
        self._relogin_time = float("-inf")  # the time of the last renewal after HTTP 401
        # This lock is held during requests, so that threads share one login.
        self._lock = threading.RLock()
        # The accounts service also accepts tokens that are not bound to an account.
        auth = BearerAuth(lambda: self._current_or_new().access, self.renew)
        self.accounts = Accounts(http, accounts_base, auth, generation=iam.generation)
        second = self._refresh_token if iam.generation.sends_refresh_token else None
        self.auth = BearerAuth(lambda: self.account_token().access, self.renew, refresh=second)

    def token(self) -> Token:
        """Return a token. If the options specify an account, the token is bound to that account."""
        with self._lock:
            return self._call_once(lambda: self._bind_account(self._current_or_new()))

    def account_token(self) -> Token:
        """Return a token that is bound to an account, as the containers API requires."""
        with self._lock:
            return self._call_once(lambda: self._bind_account(self._current_or_new(), needed=True))

    def new_account_token(self) -> Token:
        """Log in again and return a token that is bound to an account."""
        with self._lock:
            return self._bind_account(self._request_token(), needed=True)

    def add_id_token(self, id_token: str, kubernetes_refresh: str) -> Token:
        """Add an ID token to the current token, remove the used delegated refresh token, and return the result."""
        with self._lock:
            current = t.cast("Token", self._token)
            return self._store(replace(current, id=id_token, delegated="", kubernetes_refresh=kubernetes_refresh))

    def _refresh_token(self) -> str:
        missing = InputError(
            f"api_generation {self.iam.generation.name} requires a refresh token: its containers API expects it in addition to the access token",
            hint="Set refresh_token to the value that ibmcloud.kubernetes.iam_token returns, or set ibmcloud_api_key (or IC_API_KEY).",
        )
        return self.token_with("refresh", missing, bound=True).refresh

    def token_with(self, part: str, missing: IBMCloudError, *, bound: bool = False) -> Token:
        """Return a token that contains ``part``, after a new login if necessary. Raise ``missing`` if no such token can be obtained."""
        with self._lock:
            token = self._call_once(self.account_token if bound else self._current_or_new)
            if not getattr(token, part) and self._is_renewable():
                token = self._store(self._call_once(self._request_token))
        if getattr(token, part):
            return token
        raise missing

    def check_key(self) -> None:
        """Check that the API key and the given access token belong to the same identity and account.

        :raises LookupFailed: if they belong to different identities or accounts.
        :raises InputError: if the identity is a trusted profile, which cannot have an API key.
        """
        if self.is_profile:
            raise identity.no_openshift_for_a_profile(has_other=True)
        if self.credentials.api_key and self.credentials.access_token:
            with self._lock:
                if not self._key_is_checked:
                    self._call_once(self._request_token)
                self._key_is_checked = True

    def renew(self, refused: str) -> bool:
        """Request a new token after a service rejected this Authorization header with HTTP 401. Return whether a new token exists."""
        with self._lock:
            if self._token and bearer_header(self._token.access) != refused:
                return True  # another thread has already renewed the token
            # A service that rejects a new token would also reject the next token. If the clock has been set back, the difference is negative.
            if not self._is_renewable() or 0 <= self.now() - self._relogin_time < _MIN_RELOGIN_INTERVAL:
                return False
            self._relogin_time = self.now()
            self._store(self._call_once(self._relogin))
            return True

    def _relogin(self) -> Token:
        """Log in again after HTTP 401. If the login fails, mention HTTP 401 in the error."""
        try:
            return self._request_token(after_401=True)
        except IBMCloudError as exc:
            if _AFTER_401_NOTE not in exc.reason:
                exc.reason += _AFTER_401_NOTE
            raise

    def can_renew(self) -> bool:
        """Return whether a valid token can be obtained, even after the current token has expired."""
        return self._is_renewable() or bool(self.credentials.passcode and not self._token) or self._expires > self.now()

    def may_retry(self) -> bool:
        """Return whether a failed login may safely be retried."""
        return self._auth_method.is_retryable or bool(self._token and self._token.refresh)

    def _is_renewable(self) -> bool:
        return self._auth_method.is_reusable or bool(self._token and self._token.refresh)

    def _store(self, token: Token) -> Token:
        if self._token is None or token.access != self._token.access:
            self.obtained = self.now()
            self._expires = self.obtained + token.expires_in
        self._token, self.current_access = token, token.access
        return token

    def _current_or_new(self) -> Token:
        if self._token is None:
            given = reuse_given_token(
                self.credentials, self.min_validity, self.clock, is_renewable=self._is_renewable()
            )
            return self._store(given or self._request_token())
        early = min(RENEW_BEFORE, _RENEW_BEFORE_SHARE * self._token.expires_in)
        if self._expires - self.now() < early and self._is_renewable():
            return self._store(self._request_token())
        return self._token

    def _request_token(self, *, after_401: bool = False) -> Token:
        """Log in or renew the session."""
        given = self.credentials
        refresh = (self._token.refresh if self._token else "") or given.refresh_token
        is_renewal = self._token is not None or bool(given.access_token)
        request = TokenRequest(refresh, self.account_id, self.expects_id_token, after_401, is_renewal)
        token = self._auth_method.request_token(request)
        before = self._token.claims if self._token else read_claims(given.own_token) or Claims()
        return self._register(token, before)

    def _register(self, token: Token, before: Claims) -> Token:
        """Register the secrets of a new token. Check that the token belongs to the same identity and account as the previous token."""
        self.register_secret(*token.secrets)
        identity.check_new_token(token.claims, before, self.credentials)
        return token

    def _bind_account(self, token: Token, *, needed: bool = False) -> Token:
        """Return a token that is bound to the requested account.

        :raises LookupFailed: if the account cannot be found, or the token belongs to another account.
        """
        if not self.account_id and (self._account or (needed and not token.claims.account_id)):
            self._store(token)
            # The identity that assumes the profile might be unable to list the profile's account.
            optional = self._any_account and bool(self._account)
            known = self._owner.account_id if self._owner else ""
            self.account_id = known or self.accounts.find_id(self._account, token.claims.iam_id, or_none=optional)
        wanted, has = self.account_id, token.claims.account_id
        if wanted and has != wanted:
            given = self.credentials
            if given.api_key and not has and self.iam.generation.key_names_account:
                token = self._request_token()
            elif token.refresh and not given.api_key and not (has and given.access_token):
                token = self._register(self.iam.refresh(token.refresh, wanted), replace(token.claims, account_id=""))
            if token.claims.account_id != wanted and not self._any_account:
                raise identity.other_account(token.claims.account_id, wanted, given)
        return self._store(token)
