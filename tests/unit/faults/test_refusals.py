# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults F43 to F62: error responses of the services, and tokens that are rejected during a run."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass, field, replace

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import APIError, IBMCloudError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.tokens import iso
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, FakeTime
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import (
    GOOD,
    Case,
    Counts,
    Trial,
    attempt,
    check_error,
    run,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import (
    API_KEY,
    BEARER,
    CLUSTER,
    E1A,
    E1C,
    E1D,
    E1P,
    E1R,
    E4,
    E5,
    E6,
    PASSCODE,
    PASSWORD,
    REFRESH,
    SERVICE_CALLS,
    TOKEN_CALLS,
    TOKENS,
    Endpoint,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, respond

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

    from simulator import Simulator

TRANSACTION = "eGx3OHE-0123456789abcdef"
INCIDENT = "5f82fa1696ce299a-IAD"
CLIENT = "192.0.2.10"


def iam(code: str, text: str, *, status: int = 400, **more: t.Any) -> bytes:
    """Return an IAM error response that contains the client's IP address, which the message must not show."""
    body = {"context": {"requestId": "c1f0a7d2", "clientIp": CLIENT}, "errorCode": code, "errorMessage": text, **more}
    return answer(body, status=status, head={"Transaction-Id": TRANSACTION})


def containers(status: int, code: str, text: str = "No.") -> bytes:
    """Return an error response of the containers API."""
    return answer({"incidentID": INCIDENT, "code": code, "description": text, "type": "General"}, status=status)


def _iam(http: HttpClient, url: str) -> Iam:
    return Iam(http, url, now=lambda: float(NOW))


# Logins to a specified account
E1P_ACCOUNT = replace(E1P, call=lambda http, url: _iam(http, url).password("ada@example.com", PASSWORD, ACCOUNT))
E1C_ACCOUNT = replace(E1C, call=lambda http, url: _iam(http, url).passcode(PASSCODE, ACCOUNT))
E1R_ACCOUNT = replace(E1R, call=lambda http, url: _iam(http, url).refresh(REFRESH, ACCOUNT))
TO_AN_ACCOUNT = (E1P_ACCOUNT, E1C_ACCOUNT, E1R_ACCOUNT)
# If IAM rejects the key itself, the client does not fall back from the one-step request to the separate requests that IBM documents.
E1A_DELEGATING = replace(E1A, name="E1a+E1d", call=lambda http, url: _iam(http, url).api_key_with_delegation(API_KEY))

NO_KEY = iam("BXNIM0415E", "Provided API key could not be found.")
NO_MEMBER = iam("BXNIM0141E", "User is not member of the specified account")
NO_CLUSTER = containers(404, "G0004", "The specified cluster could not be found.")
PAGE = answer(b"<html>404 page not found</html>", status=404, head={"Content-Type": "text/html"})
ONE = Counts(1)

CASES = (
    Case(
        "F43",
        "unknown key",
        (NO_KEY,),
        ONE,
        "auth",
        names=("BXNIM0415E", TRANSACTION, "API key could not be found", "ibmcloud_api_key"),
        at=(E1A, E1A_DELEGATING),
        status=400,
    ),
    *(
        Case(row_id, words, (iam(code, text),), ONE, "auth", names=(code, text, "log in again"), at=(E1R, E1D))
        for row_id, words, code, text in (
            ("F44", "invalid refresh token", "BXNIM0407E", "Provided refresh token is invalid."),
            ("F44", "expired refresh token", "BXNIM0408E", "Provided refresh token is expired."),
            ("F45", "inactive session", "BXNIM0439E", "Session 'S-1' is invalidated due to inactivity."),
        )
    ),
    *(
        Case(row_id, words, (reply,), ONE, "auth", names=names, at=(E1P,))
        for row_id, words, reply, names in (
            (
                "F46",
                "second factor",
                iam("BXNIM0400E", "More.", requirements={"error": "mfa_required", "code": "BXNIM0452E"}),
                ("BXNIM0400E", "BXNIM0452E", "multi-factor", "use an API key"),
            ),
            (
                "F47",
                "federated user",
                iam("BXNIM0608E", "The user is federated."),
                ("BXNIM0608E", "federated", "API key", "passcode"),
            ),
        )
    ),
    *(
        Case(
            "F48",
            f"wrong password {status}",
            (iam("BXNIM0602E", "The credentials are incorrect.", status=status), GOOD),
            # Each wrong password counts toward the lockout of the user, so the client does not retry the login.
            ONE,
            "auth",
            names=("BXNIM0602E", "lock"),
            at=(E1P,),
            status=status,
        )
        for status in (400, 401)
    ),
    Case("F49", "no member", (NO_MEMBER,), ONE, "auth", names=("BXNIM0141E",), at=TO_AN_ACCOUNT),
    Case(
        "F49",
        "property missing",
        (iam("BXNIM0109E", "Property missing or empty.", errorDetails="Property 'account' either missing or empty."),),
        ONE,
        "input",
        names=("BXNIM0109E", "'account'"),
        at=TO_AN_ACCOUNT,
    ),
    Case("F51", "401 without a body", (answer(b"", status=401),), ONE, "auth", at=TOKEN_CALLS, status=401),
    *(
        Case("F57", words, (reply,), ONE, "permission", names=names, at=SERVICE_CALLS, status=403)
        for words, reply, names in (
            ("403", containers(403, "A0656"), ("A0656", INCIDENT, "Ask for the Viewer platform role")),
            ("403 without a code", answer(b"", status=403), ("lacks the access", "IAM policies")),
        )
    ),
    Case(
        "F58",
        "404",
        (NO_CLUSTER,),
        ONE,
        "not_found",
        names=("G0004", CLUSTER, INCIDENT, "account", "resource group"),
        at=(E4, E5, E6),
        status=404,
    ),
    # HTTP 404 is not retried, because a deleted cluster stays missing. Playbooks can use `until` for a new cluster.
    Case("F59", "404 once", (NO_CLUSTER, GOOD), ONE, "not_found", names=("G0004",), at=(E4,)),
    Case("F60", "404 page", (PAGE,), ONE, "not_found", names=("HTML page", "Check the endpoint"), status=404),
    *(
        # HTTP 422 is a conflict, too: the request is well-formed, but the service cannot process it.
        Case("F61", f"{status}", (containers(status, "E0077"),), ONE, "conflict", names=("E0077",), status=status)
        for status in (409, 412, 422)
    ),
    Case("F62", "408 once", (answer(status=408), GOOD), Counts(2, once=1), once="timeout"),
)


@pytest.mark.parametrize(
    ("case", "endpoint"),
    [
        row(case.id, case, endpoint, name=f"{case.words.replace(' ', '-')}-{endpoint}")
        for case in CASES
        for endpoint in case.at
    ],
)
def test_permanent_errors_are_not_retried(case: Case, endpoint: Endpoint) -> None:
    """The error does not contain the client's IP address."""
    trial = run(case, endpoint)

    if trial.error:
        assert CLIENT not in str(trial.error.to_result()) + str(trial.error)


@pytest.mark.parametrize("endpoint", [row("F49", endpoint, name=str(endpoint)) for endpoint in TO_AN_ACCOUNT])
def test_the_message_has_the_requested_account(endpoint: Endpoint) -> None:
    """The service's error does not name the account, which the user may have set in an environment variable."""
    run(Case("F49", "no member", (NO_MEMBER,), ONE, "auth", names=(ACCOUNT,)), endpoint)


# One-time passcodes


def _passcode_twice(fleet: Simulator) -> IBMCloudError:
    """Log in twice with the same passcode, and return the second error."""
    code = "not-a-real-passcode-1"
    http = HttpClient(verify=str(fleet.ca_path), timeout=5.0, clock=FakeTime().clock)
    service = Iam(http, fleet.iam_url)
    service.passcode(code)
    with pytest.raises(APIError) as caught:
        service.passcode(code)
    http.close()

    assert len(fleet.requests) == 2
    check_error(caught.value)
    assert code not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("words", [row("F50", "one-time")])
def test_a_used_passcode_is_rejected(fleet: Simulator, words: str) -> None:
    """The message says that a passcode can be used only once."""
    assert words in str(_passcode_twice(fleet))


@pytest.mark.parametrize("words", [row("F50", "a new one")])
def test_the_error_of_a_used_passcode_has_a_hint(fleet: Simulator, words: str) -> None:
    """IBM does not document a code for this error, so the hint depends on the call."""
    error = _passcode_twice(fleet)

    assert (error.kind, words in error.hint) == ("auth", True)


# Tokens that are rejected during a run

WORK: dict[str, t.Callable[[TokenManager, Containers], t.Any]] = {
    "E2": lambda login, _service: login.accounts.list_all(),
    "E3": lambda _login, service: service.clusters("classic"),
    "E4": lambda _login, service: service.cluster(CLUSTER),
    "E5": lambda _login, service: service.apply_rbac(CLUSTER),
    "E6": lambda _login, service: service.rbac_status(CLUSTER),
}
REFUSED = containers(401, "A0003", "The bearer token could not be verified.")


@dataclass
class Services:
    """A server that acts as IAM and as a service. The service accepts only the token ``takes``.

    The service delays its rejections until ``together`` requests with other tokens have arrived.
    """

    good: t.Any
    takes: str = ""
    login: bytes = answer(TOKENS)
    refusal: bytes = REFUSED
    together: int = 1
    logins: int = 0
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._together = threading.Barrier(self.together)
        self.server = Loopback(respond(self._reply))

    def _reply(self, seen: Seen) -> bytes:
        if seen.target == "/identity/token":
            with self.lock:
                self.logins += 1
            return self.login
        with self.lock:
            self.calls += 1
        if seen.headers["authorization"] == f"Bearer {self.takes}":
            return answer(self.good)
        self._together.wait(10.0)
        return self.refusal


def _login(http: HttpClient, url: str, **credentials: str) -> TokenManager:
    given = Credentials(access_token=BEARER, **credentials)
    return TokenManager(
        http,
        _iam(http, url),
        url,
        given,
        register_secret=lambda *_secrets: None,
        clock=LocalClock(lambda: float(NOW)),
    )


def in_mid_run(services: Services, endpoint: Endpoint, **credentials: str) -> Trial:
    """Make the call with a real ``TokenManager`` that starts with the access token of an earlier run."""

    def call(http: HttpClient, url: str) -> t.Any:
        login = _login(http, url, **credentials)
        return WORK[endpoint.name](login, Containers(http, url, login.auth))

    with services.server as server:
        return attempt(replace(endpoint, call=call), server.url)


@pytest.mark.parametrize("credentials", [{"api_key": API_KEY}, {"refresh_token": REFRESH}], ids=["key", "refresh"])
@pytest.mark.parametrize("endpoint", [row("F52", endpoint, name=str(endpoint)) for endpoint in SERVICE_CALLS])
def test_a_rejected_token_is_renewed(endpoint: Endpoint, credentials: dict[str, str]) -> None:
    """The call is retried without a pause."""
    services = Services(endpoint.good, takes=TOKENS["access_token"])

    trial = in_mid_run(services, endpoint, **credentials)

    assert (trial.kind, services.calls, services.logins) == ("ok", 2, 1)
    assert trial.time.sleeps == []


@pytest.mark.parametrize("endpoint", [row("F53", endpoint, name=str(endpoint)) for endpoint in SERVICE_CALLS])
def test_a_rejected_new_token_is_an_error(endpoint: Endpoint) -> None:
    """The token is renewed only once, because the service would reject the next token, too."""
    services = Services(endpoint.good)

    trial = in_mid_run(services, endpoint, api_key=API_KEY)

    assert (trial.kind, services.calls, services.logins) == ("auth", 2, 1)
    for words in ("HTTP 401 after one token refresh", "A0003", INCIDENT):
        assert words in str(trial.error)


@pytest.mark.parametrize("endpoint", [row("F57", endpoint, name=str(endpoint)) for endpoint in SERVICE_CALLS])
def test_a_403_does_not_renew_the_token(endpoint: Endpoint) -> None:
    """HTTP 403 means that the identity lacks a permission. A new token would belong to the same identity."""
    services = Services(endpoint.good, refusal=containers(403, "A0656"))

    trial = in_mid_run(services, endpoint, api_key=API_KEY)

    assert (trial.kind, services.calls, services.logins) == ("permission", 1, 0)


def _with_a_bare_token(endpoint: Endpoint) -> str:
    services = Services(endpoint.good)
    trial = in_mid_run(services, endpoint)
    assert (trial.kind, services.calls, services.logins) == ("auth", 1, 0)
    return str(trial.error)


@pytest.mark.parametrize("endpoint", [row("F54", endpoint, name=str(endpoint)) for endpoint in SERVICE_CALLS])
def test_a_rejected_token_that_cannot_be_renewed_is_an_error(endpoint: Endpoint) -> None:
    """The message does not mention a refresh, because no refresh was tried."""
    message = _with_a_bare_token(endpoint)

    assert "A0003" in message
    assert "refresh" not in message


@pytest.mark.parametrize("endpoint", [row("F54", endpoint, name=str(endpoint)) for endpoint in SERVICE_CALLS])
def test_the_message_has_the_expiry_of_a_token_that_cannot_be_renewed(endpoint: Endpoint) -> None:
    """The expiry time shows whether the token has expired or was revoked."""
    assert iso(NOW + 3600) in _with_a_bare_token(endpoint)


@pytest.mark.parametrize("workers", [row("F55", 10)])
def test_many_rejected_threads_log_in_once(workers: int) -> None:
    """All calls are retried with the new token."""
    services = Services(E6.good, takes=TOKENS["access_token"], together=workers)
    http = HttpClient(timeout=10.0, clock=FakeTime().clock, concurrency=workers)
    with services.server as server:
        login = _login(http, server.url, api_key=API_KEY)
        service = Containers(http, server.url, login.auth)
        results = WorkerPool(workers, FakeTime().clock).map_errors(
            [f"c{number}" for number in range(workers)], lambda cluster: service.rbac_status(cluster).synchronized
        )
        http.close()

    assert results == [True] * workers
    assert (services.calls, services.logins) == (2 * workers, 1)


@pytest.mark.parametrize("endpoint", [row("F56", endpoint, name=str(endpoint)) for endpoint in SERVICE_CALLS])
def test_the_message_about_a_rejected_login_has_the_rejected_token(endpoint: Endpoint) -> None:
    """The message mentions the rejected token, because the rejection is the reason for the login."""
    services = Services(endpoint.good, login=NO_KEY)

    trial = in_mid_run(services, endpoint, api_key=API_KEY)

    assert (trial.kind, services.calls, services.logins) == ("auth", 1, 1)
    for words in ("log in with the API key failed", "BXNIM0415E", "a service had rejected the access token (HTTP 401)"):
        assert words in str(trial.error)


@pytest.mark.parametrize("calls", [row("F56", 3)])
def test_the_cause_of_a_rejected_login_is_reported_once(calls: int) -> None:
    """All calls report the same error, and its message does not become longer with each call."""
    services = Services(E4.good, login=NO_KEY)
    http = HttpClient(timeout=10.0, clock=FakeTime().clock)
    with services.server as server:
        login = _login(http, server.url, api_key=API_KEY)
        service = Containers(http, server.url, login.auth)
        errors = WorkerPool(1, FakeTime().clock).map_errors(range(calls), lambda _number: service.cluster(CLUSTER))
        http.close()

    assert len({str(error) for error in errors}) == 1
    assert str(errors[0]).count("HTTP 401") == 1
    assert services.logins == 1
