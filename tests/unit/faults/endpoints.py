# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that the collection makes. The tests can apply each fault to each call."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import Resend
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.accounts import Accounts
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, access_token, jwt

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient

# The credentials for the calls, which must not occur in any output.
API_KEY = "CANARY-key_0123456789abcdefghijklmnop"
PASSWORD = "CANARY password+/=&%"
PASSCODE = "CANARYpasscode"
REFRESH = "CANARY-refresh-token"
DELEGATED = "CANARY-delegated-token"
BEARER = access_token(jti="CANARY")
# The tokens in responses from the token service
ACCESS_2, REFRESH_2, ID_TOKEN = access_token(jti="CANARY-2"), "CANARY-refresh-2", jwt(exp=NOW + 1200, jti="CANARY-id")
CANARIES = (API_KEY, PASSWORD, PASSCODE, REFRESH, DELEGATED, BEARER, ACCESS_2, REFRESH_2, ID_TOKEN)

CLUSTER = "c1a2b3c4d5e6f7a8b9c0"
TOKENS: dict[str, t.Any] = {
    "access_token": ACCESS_2,
    "refresh_token": REFRESH_2,
    "token_type": "Bearer",
    "expires_in": 3600,
    "expiration": NOW + 3600,
}


@dataclass(frozen=True)
class Endpoint:
    """A call and its valid response, ``good``. If ``array`` is true, the valid response is a list."""

    name: str
    call: t.Callable[[HttpClient, str], t.Any]
    good: t.Any
    resend: Resend = Resend.ALWAYS
    array: bool = False
    body_needed: bool = True

    def __str__(self) -> str:
        return self.name


def _iam(http: HttpClient, url: str) -> Iam:
    return Iam(http, url, now=lambda: float(NOW))


def _containers(http: HttpClient, url: str) -> Containers:
    return Containers(http, url, BearerAuth(lambda: BEARER))


def _accounts(http: HttpClient, url: str) -> Accounts:
    return Accounts(http, url, BearerAuth(lambda: BEARER))


E1A = Endpoint("E1a", lambda http, url: _iam(http, url).api_key(API_KEY), TOKENS)
E1P = Endpoint(
    "E1p", lambda http, url: _iam(http, url).password("ada@example.com", PASSWORD), TOKENS, Resend.AT_MOST_ONCE
)
E1C = Endpoint("E1c", lambda http, url: _iam(http, url).passcode(PASSCODE), TOKENS, Resend.NEVER)
E1R = Endpoint("E1r", lambda http, url: _iam(http, url).refresh(REFRESH), TOKENS)
E1D = Endpoint("E1d", lambda http, url: _iam(http, url).delegate(REFRESH), {"delegated_refresh_token": DELEGATED})
E1K = Endpoint("E1k", lambda http, url: _iam(http, url).exchange(DELEGATED), {**TOKENS, "id_token": ID_TOKEN})
E2 = Endpoint("E2", lambda http, url: _accounts(http, url).list_all(), {"resources": [], "next_url": None})
E3 = Endpoint("E3", lambda http, url: _containers(http, url).clusters("classic"), [], array=True)
E4 = Endpoint("E4", lambda http, url: _containers(http, url).cluster(CLUSTER), {"id": CLUSTER})
E5 = Endpoint("E5", lambda http, url: _containers(http, url).apply_rbac(CLUSTER), {}, body_needed=False)
E6 = Endpoint(
    "E6", lambda http, url: _containers(http, url).rbac_status(CLUSTER), {"synchronized": True, "error": False}
)

TOKEN_CALLS = (E1A, E1P, E1C, E1R, E1D, E1K)
SERVICE_CALLS = (E2, E3, E4, E5, E6)
EVERY = TOKEN_CALLS + SERVICE_CALLS
# The calls that read the body of the response
READING = tuple(endpoint for endpoint in EVERY if endpoint.body_needed)
# One call for each retry rule, for tests that do not depend on a particular call
ONE_OF_EACH = (E4, E1P, E1C)
