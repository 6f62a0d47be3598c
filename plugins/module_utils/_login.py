# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""From credentials to tokens: which grant, for which account, and what is still good.

One login serves a whole run and all its threads. A token that was given is used while it is good; a credential that can
be used again (API key, password, refresh token) renews it once it is not, and however many calls find that out at once,
one of them renews it.
"""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import replace

from ._accounts import Accounts
from ._errors import IBMCloudError, InputError, LookupFailed
from ._facts import account_to_use
from ._failures import may_pass
from ._tokens import BearerAuth, Claims, Token, header, iso, read_claims

if t.TYPE_CHECKING:
    from ._credentials import Credentials
    from ._http import Http
    from ._iam import Iam

# A token with less left than this may end on the way to the service.
LEAST_VALIDITY = 60
# During a run a token is renewed so many seconds before its end, or a tenth of its life (as IBM's SDK cores do it).
_EARLY = 10
_EARLY_SHARE = 0.1
# How many seconds lie between two renewals that refusals ask for, at least.
_AGAIN = 30


class Login:
    """Gets tokens for one identity and one account, each at most once until it has to be renewed."""

    def __init__(
        self,
        http: Http,
        iam: Iam,
        accounts_base: str,
        credentials: Credentials,
        *,
        account_id: str = "",
        account: str = "",
        min_validity: int = LEAST_VALIDITY,
        learn: t.Callable[..., None],
        now: t.Callable[[], float] = time.time,
    ) -> None:
        self._iam = iam
        self._credentials = credentials
        self._account_id = account_id
        self._account = account
        self._least = max(min_validity, LEAST_VALIDITY)
        self._learn = learn
        self._now = now
        self._token: Token | None = None
        # When the access token and the ID token end, by our own clock.
        self._ends = self._id_ends = 0.0
        self._failures: dict[str, IBMCloudError] = {}  # by what was to be had
        self._key_is_checked = False
        self._renewed = float("-inf")  # when a refusal last asked for it
        # Held over requests on purpose: whoever needs a token waits for the one that gets it. Two of them, so that lists can
        # be asked for while the ID token is on its way; whoever takes both takes that of the ID token first.
        self._lock = threading.RLock()
        self._id_lock = threading.RLock()
        # The account list is open to tokens that are bound to no account yet.
        self.accounts = Accounts(http, accounts_base, BearerAuth(lambda: self._any().access, self.renew))
        self.auth = BearerAuth(lambda: self.bound().access, self.renew)

    def token(self, *, kubernetes: bool = False) -> Token:
        """Return the session's token, bound to the account where one is asked for or needed.

        With ``kubernetes`` its ``id`` is the ID token for Kubernetes clusters.
        """
        if kubernetes:
            with self._id_lock:
                return self._once(self._with_id, "id_token")
        with self._lock:
            return self._settle(self._any())

    def begin(self) -> None:
        """Log in, in the way in which an ID token is the least work later."""
        with self._lock:
            self._once(self._session)

    def id_token(self) -> str:
        """Return an ID token for Kubernetes clusters: the given one while it is good, whatever the access token is."""
        with self._id_lock:
            claims = read_claims(self._credentials.id_token)
            if claims and claims.expires - self._now() >= self._least:
                return self._credentials.id_token
            return self.token(kubernetes=True).id

    def _with_id(self) -> Token:
        with self._lock:
            token = self._once(self._session)
        if token.id and self._id_ends - self._now() >= _EARLY:
            return token
        delegated = self._delegated(token)
        if not delegated and self._credentials.api_key and token.access == self._credentials.access_token:
            # The given token has nothing to go on with, but there is a key beside it.
            with self._lock:
                token = self._settle(self._mint(delegate=True), needed=True)
            delegated = self._delegated(token)
        if not delegated:
            given = self._credentials
            lacking = (
                "the service gave no refresh token" if given.api_key or given.refresh_token else "there is neither"
            )
            raise InputError(
                f"A Kubernetes ID token needs an API key or a refresh token, and {lacking}",
                hint="Give ibmcloud_api_key (or IC_API_KEY), or the refresh_token that ibmcloud.kubernetes.iam_token returns.",
            )
        self._learn(delegated)
        exchanged = self._iam.exchange(delegated)
        claims = read_claims(exchanged.id) or Claims()
        # By our own clock, which may be another one than the service's.
        self._id_ends = self._now() + (claims.life or exchanged.expires_in)
        self._learn(exchanged.id, exchanged.access, exchanged.refresh)
        with self._lock:
            # The access token may have been renewed meanwhile. A delegated refresh token lasts for minutes: whoever needs the
            # next ID token gets another one.
            return self._keep(
                replace(self._token or token, id=exchanged.id, delegated="", kubernetes_refresh=exchanged.refresh)
            )

    def _session(self) -> Token:
        return self._settle(self._any(delegate=True), needed=True)

    def _delegated(self, token: Token) -> str:
        return token.delegated or (self._iam.delegate(token.refresh) if token.refresh else "")

    def bound(self) -> Token:
        """Return a token that is bound to an account, as the containers API wants it."""
        with self._lock:
            return self._once(lambda: self._settle(self._any(), needed=True))

    def check_key(self) -> None:
        """Make sure that the API key and the given access token, where there are both, are of one identity and account.

        :raises LookupFailed: when they are not.
        """
        if self._credentials.api_key and self._credentials.access_token:
            with self._lock:
                if not self._key_is_checked:
                    self._once(self._mint)
                self._key_is_checked = True

    def renew(self, refused: str) -> bool:
        """Get another token after a 401 to this Authorization header, if there is anything to get it with."""
        with self._lock:
            if self._token and header(self._token.access) != refused:
                return True  # Another thread was first.
            # A service that refuses what was made for it a moment ago will not take the next one either.
            if not self._reusable() or self._now() - self._renewed < _AGAIN:
                return False
            self._renewed = self._now()
            self._keep(self._once(self._mint_again))
            return True

    def _mint_again(self) -> Token:
        """Renew the session after a refusal, which belongs to what is said if that fails: nobody hears of it otherwise."""
        try:
            return self._mint()
        except IBMCloudError as exc:
            exc.reason = f"{exc.reason}. This login was tried because a service had refused the access token (HTTP 401)"
            raise

    def _keep(self, token: Token) -> Token:
        if self._token is None or token.access != self._token.access:
            self._ends = self._now() + token.expires_in
        self._token = token
        return token

    def _once(self, step: t.Callable[[], Token], what: str = "access_token") -> Token:
        """Do a step of the login. Once one for the same was refused, fail in the same way without asking again.

        A wrong password that is sent again for each of many clusters locks the user out. What failed in passing may be tried
        again later, but for a password or passcode, which may have arrived.
        """
        if what not in self._failures:
            try:
                return step()
            except IBMCloudError as exc:
                given, refresh = self._credentials, self._token.refresh if self._token else ""
                if may_pass(exc) and (given.api_key or given.refresh_token or refresh):
                    raise
                self._failures[what] = exc
        raise self._failures[what]

    def _any(self, *, delegate: bool = False) -> Token:
        if self._token is None:
            self._keep(self._given() or self._mint(delegate=delegate))
        elif self._ends - self._now() < min(_EARLY, _EARLY_SHARE * self._token.expires_in) and self._reusable():
            self._keep(self._mint(delegate=delegate))
        return t.cast("Token", self._token)

    def _reusable(self) -> bool:
        given = self._credentials
        return bool(given.api_key or given.password or given.refresh_token or (self._token and self._token.refresh))

    def _given(self) -> Token | None:
        """Return the given tokens as far as they are still good for long enough."""
        given = self._credentials
        claims = read_claims(given.access_token)
        if claims is None:
            return None
        left = int(claims.expires - self._now())
        if left < self._least:
            if self._reusable() or given.passcode:
                return None
            word = "expired" if left <= 0 else "expires"
            raise InputError(
                f"The given access_token {word} at {iso(claims.expires)}, and there is nothing to renew it with",
                hint="Run ibmcloud.kubernetes.iam_token again, or give ibmcloud_api_key (or IC_API_KEY).",
            )
        id_claims = read_claims(given.id_token) or Claims()
        self._id_ends = float(id_claims.expires)
        good_id = given.id_token if id_claims.expires - self._now() >= self._least else ""
        return Token(
            access=given.access_token,
            refresh=given.refresh_token,
            id=good_id,
            expires_in=left,
            expiration=claims.expires,
            claims=claims,
        )

    def _mint(self, *, delegate: bool = False) -> Token:
        """Log in, or renew the session."""
        given = self._credentials
        refresh = (self._token.refresh if self._token else "") or given.refresh_token
        if given.api_key:
            token = (self._iam.api_key_and_delegate(given.api_key) if delegate else None) or self._iam.api_key(
                given.api_key
            )
        elif refresh:
            # A session is renewed by its refresh token: a passcode is gone, and a password would start another session.
            token = self._iam.refresh(refresh, self._account_id)
        elif given.passcode:
            token = self._iam.passcode(given.passcode, self._account_id)
        elif given.password:
            token = self._iam.password(given.username, given.password, self._account_id)
        else:
            raise InputError(
                "There are no credentials",
                hint="Give ibmcloud_api_key (or IC_API_KEY in the environment), username and password, passcode, "
                "refresh_token, or access_token.",
            )
        self._learn(token.access, token.refresh, token.delegated)
        before = self._token.claims if self._token else read_claims(given.access_token) or Claims()
        if before.account_id and token.claims.account_id and token.claims.account_id != before.account_id:
            raise self._mismatch(token.claims.account_id, before.account_id)
        # A key of the environment must not carry a run that one identity began on as another.
        if before.iam_id and token.claims.iam_id and token.claims.iam_id != before.iam_id:
            raise LookupFailed(
                f"The credentials belong to {token.claims.iam_id}, but the access_token to {before.iam_id}",
                kind="auth",
                hint="Give credentials of one identity, or leave access_token out.",
            )
        return token

    def _settle(self, token: Token, *, needed: bool = False) -> Token:
        """Make sure that the token is bound to the account that was asked for."""
        if self._account and not self._account_id:
            self._keep(token)
            self._account_id = account_to_use(self.accounts.every(), token.claims.iam_id, self._account)
        has = token.claims.account_id
        if not has and needed and not self._account_id:
            self._keep(token)
            self._account_id = account_to_use(self.accounts.every(), token.claims.iam_id)
        wanted = self._account_id
        if wanted and has != wanted:
            if self._credentials.api_key or not token.refresh or (has and self._credentials.access_token):
                raise self._mismatch(has, wanted)
            token = self._iam.refresh(token.refresh, wanted)
            self._learn(token.access, token.refresh)
            if token.claims.account_id != wanted:
                raise self._mismatch(token.claims.account_id, wanted)
        return self._keep(token)

    def _mismatch(self, has: str, wanted: str) -> IBMCloudError:
        by_key = bool(self._credentials.api_key) and not self._credentials.access_token
        what = "The API key" if by_key else "The token"
        owner = f"belongs to account {has}" if has else "is bound to no account"
        return LookupFailed(
            f"{what} {owner}, but account {wanted} was asked for",
            kind="auth",
            hint="An API key works only in the account that it was made in; use a key of that account, or change account_id.",
        )
