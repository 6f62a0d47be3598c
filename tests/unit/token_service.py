# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token service with numbered tokens and its own clock, for tests of threads and long runs."""

from __future__ import annotations

import threading
import time
import typing as t
import urllib.parse

from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.id_token_provider import IdTokenProvider
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, access_token, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, respond

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

_PROVIDERS: dict[TokenManager, IdTokenProvider] = {}


def id_tokens(login: TokenManager) -> IdTokenProvider:
    """Return the login's provider of ID tokens."""
    return _PROVIDERS.setdefault(login, IdTokenProvider(login))


class TokenService:
    """A token service with numbered tokens, and another service that accepts only the newest token.

    - The other service delays each error response until ``together`` error responses are due.
    - Grants in ``refused`` always fail.
    - The first ``down`` requests fail with HTTP 503.
    - The response to a request for an ID token waits for the event ``hold``.
    - An ID token is valid for ``id_life`` seconds. The delegated refresh token is valid for ten minutes.
    """

    def __init__(
        self,
        *,
        life: int = 3600,
        id_life: int = 1200,
        together: int = 1,
        refused: t.Collection[str] = (),
        down: int = 0,
        hold: threading.Event | None = None,
    ) -> None:
        self.clock = float(NOW)
        self.grants: list[str] = []
        self.newest = ""
        self._life, self._id_life = life, id_life
        self._down = down
        self._hold = hold
        self._refused = refused
        self._together = threading.Barrier(together)
        self._lock = threading.Lock()
        self.server = Loopback(respond(self._reply), keep=True)

    def _reply(self, seen: Seen) -> bytes:
        if seen.target != "/identity/token":
            return self._service(seen)
        form = dict(urllib.parse.parse_qsl(seen.body.decode()))
        if self._hold and form["grant_type"].endswith("delegated-refresh-token"):
            self._hold.wait(10.0)
        with self._lock:
            self.grants.append(form["grant_type"].rpartition(":")[2])
            # During this pause, other threads also request tokens.
            time.sleep(0.02)
            if len(self.grants) <= self._down:
                return answer(status=503, keep=True)
            if self.grants[-1] in self._refused or self._is_late(form):
                return answer({"errorCode": "BXNIM0415E", "errorMessage": "no"}, status=400, keep=True)
            return answer(self._tokens(form), keep=True)

    def _is_late(self, form: dict[str, str]) -> bool:
        word, _dash, made = form.get("refresh_token", "").partition("-")
        return word == "delegated" and self.clock > float(made) + 600

    def _tokens(self, form: dict[str, str]) -> dict[str, t.Any]:
        ends = self.clock + self._life
        token = access_token(ACCOUNT, expires=ends, jti=str(len(self.grants)))
        if self.grants[-1] != "delegated-refresh-token":
            self.newest = token
        delegated = {"delegated_refresh_token": f"delegated-{self.clock:.0f}"} if "receiver_client_ids" in form else {}
        return {
            "access_token": token,
            "refresh_token": "refresh",
            "id_token": jwt(iat=self.clock, exp=self.clock + self._id_life),
            "token_type": "Bearer",
            "expires_in": self._life,
            **delegated,
        }

    def _service(self, seen: Seen) -> bytes:
        if seen.headers["authorization"] == f"Bearer {self.newest}":
            return answer({"a": 1}, keep=True)
        self._together.wait(10.0)
        return answer(status=401, keep=True)

    def login(self, http: HttpClient, **credentials: str) -> TokenManager:
        return TokenManager(
            http,
            Iam(http, self.server.url, now=lambda: self.clock),
            self.server.url,
            Credentials(**(credentials or {"api_key": "key"})),
            register_secret=lambda *_secrets: None,
            clock=LocalClock(lambda: self.clock),
        )
