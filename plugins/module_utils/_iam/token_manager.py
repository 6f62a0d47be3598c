# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""From credentials to tokens: for which account, and what is still good. How one is made is auth_methods.py's matter.

One login serves a whole run and all its threads. A token that was given is used while it is good; a credential that can
be used again (API key, password, refresh token) renews it once it is not, and however many calls find that out at once,
one of them renews it. What a trusted profile is assumed with has a login of its own below the profile's.
"""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import replace

from .._core.errors import IBMCloudError
from .._core.tokens import Claims, Token, read_claims
from .._http.auth import BearerAuth, bearer_header
from .._services.accounts import Accounts
from .._services.selection import account_to_use
from . import messages as refusals
from .auth_methods import TokenRequest, reuse_given_token, select_auth_method
from .failure_cache import FailureCache

if t.TYPE_CHECKING:
    from .._http.client import HttpClient
    from .client import Iam
    from .credentials import Credentials
    from .vpc_metadata import VpcMetadata

# A token with less left than this may end on the way to the service.
MIN_VALIDITY = 60
# During a run a token is renewed so many seconds before its end, or a tenth of its life (as IBM's SDK cores do it).
_RENEW_BEFORE = 10
_RENEW_BEFORE_SHARE = 0.1
_AFTER_401_NOTE = ". This login was tried because a service had refused the access token (HTTP 401)"
# How many seconds lie between two renewals that refusals ask for, at least.
_MIN_RELOGIN_INTERVAL = 30


class TokenManager:
    """Gets tokens for one identity and one account, each at most once until it has to be renewed."""

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
        now: t.Callable[[], float] = time.time,
        metadata: VpcMetadata | None = None,
    ) -> None:
        self._iam = iam
        self._credentials = credentials
        self.is_profile = credentials.is_profile
        self._owner: TokenManager | None = None
        others = credentials.without_profile() if credentials.profile else None
        if others:
            same: dict[str, t.Any] = {"min_validity": min_validity, "register_secret": register_secret, "now": now}
            if not credentials.profile.name:
                # By its name a profile may be reached from another account than its own.
                same.update(account_id=account_id, account=account)
            self._owner = TokenManager(http, iam, accounts_base, others, **same)
        self._way = select_auth_method(
            credentials, iam, owner=self._owner, metadata=metadata, register_secret=register_secret, now=now
        )
        self._opens_clusters = False
        generation = iam.generation
        self._delegates = generation.supports_delegation and not self.is_profile
        self.account_id = account_id
        self._account = account
        self._least = max(min_validity, MIN_VALIDITY)
        self._register_secret = register_secret
        self._now = now
        self._token: Token | None = None
        # When the access token and the ID token end, by our own clock.
        self._ends = self._id_ends = 0.0
        self._call_once = FailureCache(lambda: self._way.is_retryable or bool(self._token and self._token.refresh)).call
        self._key_is_checked = False
        self._renewed = float("-inf")  # when a refusal last asked for it
        # Held over requests on purpose: whoever needs a token waits for the one that gets it. Two of them, so that lists can
        # be asked for while the ID token is on its way; whoever takes both takes that of the ID token first.
        self._lock = threading.RLock()
        self._id_lock = threading.RLock()
        # The account list is open to tokens that are bound to no account yet.
        auth = BearerAuth(lambda: self._current_or_new().access, self.renew)
        self.accounts = Accounts(http, accounts_base, auth, generation=generation)
        second = self._refresh_token if generation.sends_refresh_token else None
        self.auth = BearerAuth(lambda: self.account_token().access, self.renew, refresh=second)

    def token(self, *, kubernetes: bool = False) -> Token:
        """Return the session's token, bound to the account where one is asked for or needed.

        With ``kubernetes`` its ``id`` is the ID token for Kubernetes clusters. A trusted profile has none that serves them all, nor
        has anybody in the generation that does not delegate.

        :raises InputError: when they are asked for it outside of a run that opens clusters (see ``begin``).
        """
        if kubernetes and not self._delegates and not self._opens_clusters:
            raise refusals.no_common_id_token("" if self.is_profile else self._iam.generation.name)
        if kubernetes and self._delegates:
            with self._id_lock:
                return self._call_once(self._id_token_session, "id_token")
        with self._lock:
            return self._bind_account(self._current_or_new())

    def open_for_clusters(self) -> None:
        """Log in for a run that opens clusters, in the way in which an ID token is the least work later."""
        self._opens_clusters = True
        with self._lock:
            self._call_once(self._session)

    def id_token(self) -> str:
        """Return an ID token for Kubernetes clusters: the given one while it is good, whatever the access token is.

        It is empty for those who get one from each cluster's kubeconfig.
        """
        with self._id_lock:
            claims = read_claims(self._credentials.id_token)
            if claims and claims.expires - self._now() >= self._least:
                return self._credentials.id_token
            return self.token(kubernetes=True).id if self._delegates else ""

    def _id_token_session(self) -> Token:
        with self._lock:
            token = self._call_once(self._session)
        if token.id and self._id_ends - self._now() >= _RENEW_BEFORE:
            return token
        delegated = self._delegated(token)
        if not delegated and self._credentials.api_key and token.access == self._credentials.access_token:
            # The given token has nothing to go on with, but there is a key beside it.
            with self._lock:
                token = self._bind_account(self._request_token(delegate=True), needed=True)
            delegated = self._delegated(token)
        if not delegated:
            given = self._credentials
            lacking = (
                "the service gave no refresh token" if given.api_key or given.refresh_token else "there is neither"
            )
            raise refusals.no_delegation(lacking)
        self._register_secret(delegated)
        exchanged = self._iam.exchange(delegated)
        claims = read_claims(exchanged.id) or Claims()
        # By our own clock, which may be another one than the service's.
        self._id_ends = self._now() + (claims.life or exchanged.expires_in)
        self._register_secret(*exchanged.secrets)
        with self._lock:
            # The access token may have been renewed meanwhile. A delegated refresh token lasts for minutes: whoever needs the
            # next ID token gets another one.
            return self._store(
                replace(self._token or token, id=exchanged.id, delegated="", kubernetes_refresh=exchanged.refresh)
            )

    def _session(self) -> Token:
        return self._bind_account(self._current_or_new(delegate=True), needed=True)

    def _delegated(self, token: Token) -> str:
        return token.delegated or (self._iam.delegate(token.refresh) if token.refresh else "")

    def account_token(self) -> Token:
        """Return a token that is bound to an account, as the containers API wants it."""
        with self._lock:
            return self._call_once(lambda: self._bind_account(self._current_or_new(), needed=True))

    def uaa_token(self) -> str:
        """Return the token for Cloud Foundry, in a generation that has it.

        :raises InputError: when there is none, and no credentials to get one with.
        """
        return self._token_with("uaa", self._current_or_new, refusals.no_uaa_token()).uaa

    def _refresh_token(self) -> str:
        lacking = refusals.no_refresh_token(self._iam.generation.name)
        return self._token_with("refresh", self.account_token, lacking).refresh

    def _token_with(self, part: str, step: t.Callable[[], Token], lacking: IBMCloudError) -> Token:
        """Return a token that has this part, where one can be had: one that was given may lack it."""
        with self._lock:
            token = self._call_once(step)
            if not getattr(token, part) and self._is_renewable():
                token = self._store(self._call_once(self._request_token))
        if getattr(token, part):
            return token
        raise lacking

    def check_key(self) -> None:
        """Make sure that the API key and the given access token, where there are both, are of one identity and account.

        :raises LookupFailed: when they are not.
        :raises InputError: when this is about a trusted profile, whose key it cannot be.
        """
        if self.is_profile:
            raise refusals.no_openshift_for_a_profile(has_other=True)
        if self._credentials.api_key and self._credentials.access_token:
            with self._lock:
                if not self._key_is_checked:
                    self._call_once(self._request_token)
                self._key_is_checked = True

    def renew(self, refused: str) -> bool:
        """Get another token after a 401 to this Authorization header, if there is anything to get it with."""
        with self._lock:
            if self._token and bearer_header(self._token.access) != refused:
                return True  # Another thread was first.
            # A service that refuses what was made for it a moment ago will not take the next one either.
            # (A clock that was set back since says nothing of when that was.)
            if not self._is_renewable() or 0 <= self._now() - self._renewed < _MIN_RELOGIN_INTERVAL:
                return False
            self._renewed = self._now()
            self._store(self._call_once(self._relogin))
            return True

    def _relogin(self) -> Token:
        """Renew the session after a refusal, which belongs to what is said if that fails: nobody hears of it otherwise."""
        try:
            return self._request_token(after_401=True)
        except IBMCloudError as exc:
            if _AFTER_401_NOTE not in exc.reason:
                exc.reason += _AFTER_401_NOTE
            raise

    def _store(self, token: Token) -> Token:
        if self._token is None or token.access != self._token.access:
            self._ends = self._now() + token.expires_in
        self._token = token
        return token

    def _current_or_new(self, *, delegate: bool = False) -> Token:
        if self._token is None:
            self._store(self._given() or self._request_token(delegate=delegate))
        elif (
            self._ends - self._now() < min(_RENEW_BEFORE, _RENEW_BEFORE_SHARE * self._token.expires_in)
            and self._is_renewable()
        ):
            self._store(self._request_token(delegate=delegate))
        return t.cast("Token", self._token)

    def _is_renewable(self) -> bool:
        return self._way.is_reusable or bool(self._token and self._token.refresh)

    def can_renew(self) -> bool:
        """Say whether a token that is good can be had, also after the end of the one that there is."""
        return self._is_renewable() or bool(self._credentials.passcode and not self._token) or self._ends > self._now()

    def _given(self) -> Token | None:
        """Return the given tokens as far as they are still good for long enough."""
        token = reuse_given_token(self._credentials, self._least, self._now(), is_renewable=self._is_renewable())
        if token:
            id_claims = read_claims(self._credentials.id_token) or Claims()
            self._id_ends = float(id_claims.expires)
        return token

    def _request_token(self, *, delegate: bool = False, after_401: bool = False) -> Token:
        """Log in, or renew the session."""
        given = self._credentials
        refresh = (self._token.refresh if self._token else "") or given.refresh_token
        is_renewal = self._token is not None or bool(given.access_token)
        token = self._way.request_token(TokenRequest(refresh, self.account_id, delegate, after_401, is_renewal))
        self._register_secret(*token.secrets)
        before = self._token.claims if self._token else read_claims(given.own_token) or Claims()
        if before.account_id and token.claims.account_id and token.claims.account_id != before.account_id:
            raise self._mismatch(token.claims.account_id, before.account_id)
        refusals.check_identity(
            token.claims.iam_id, before.iam_id, given.profile.iam_id, is_profile=bool(given.profile)
        )
        return token

    def _bind_account(self, token: Token, *, needed: bool = False) -> Token:
        """Make sure that the token is bound to the account that was asked for."""
        if self._account and not self.account_id:
            self._store(token)
            # Whoever has assumed the profile has looked it up already.
            known = self._owner.account_id if self._owner else ""
            self.account_id = known or account_to_use(self.accounts.list_all(), token.claims.iam_id, self._account)
        has = token.claims.account_id
        if not has and needed and not self.account_id:
            self._store(token)
            self.account_id = account_to_use(self.accounts.list_all(), token.claims.iam_id)
        wanted = self.account_id
        if wanted and has != wanted:
            given = self._credentials
            if given.api_key and not has and self._iam.generation.key_names_account:
                token = self._request_token()
            elif given.api_key or not token.refresh or (has and given.access_token):
                raise self._mismatch(has, wanted)
            else:
                token = self._iam.refresh(token.refresh, wanted)
                self._register_secret(*token.secrets)
            if token.claims.account_id != wanted:
                raise self._mismatch(token.claims.account_id, wanted)
        return self._store(token)

    def _mismatch(self, has: str, wanted: str) -> IBMCloudError:
        by_key = bool(self._credentials.api_key) and not self._credentials.access_token
        return refusals.other_account(has, wanted, by_key=by_key, is_profile=self.is_profile)
