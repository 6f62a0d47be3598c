# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of faults F63 to F74: overloaded services, and pauses before retries."""

from __future__ import annotations

import email.utils
import time

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import Resend, RetryPolicy
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import ATTEMPTS, GOOD, Case, Counts, attempt, run
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import (
    E1A,
    E1C,
    E1P,
    E4,
    EVERY,
    ONE_OF_EACH,
    Endpoint,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

# The client's pauses in seconds. The tests use the maximum random number for the jitter.
OWN = [0.5, 1.0, 2.0, 4.0]
SLOWER = "Too many requests came from this address"
LOST = "may already have been used"


def busy(retry_after: str | None = None, *, status: int = 429, date: str | None = None) -> bytes:
    """Return a transient error response."""
    head = {"Retry-After": retry_after, "Date": date}
    return answer(status=status, head={name: value for name, value in head.items() if value is not None})


def _http_date(seconds: float) -> str:
    """Return the HTTP date that is ``seconds`` from now."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


HOUR = 3600.0
LONG_AGO = "Fri, 02 Jan 1998 03:04:05 GMT"

NOT_NOW = {"error": "temporarily_unavailable", "error_description": "Try again later."}
MAINTENANCE = answer(b"<html>Back soon.</html>", status=503, head={"Content-Type": "text/html"})

# The client sends a one-time passcode again only if the service allows a retry.
REPEATED = Counts(2, once=1)
# If the outcome is unknown, the client resends a password only once. After HTTP 429 or 503, the client resends a password as
# often as other credentials.
UNKNOWN = Counts(ATTEMPTS, once=1, deadline=2)
REFUSED = Counts(ATTEMPTS, once=1)

CASES = (
    *(
        Case(
            "F66",
            f"nonsense {number}",
            (busy(value, date=LONG_AGO), GOOD),
            REPEATED,
            once="throttled",
            at=ONE_OF_EACH,
        )
        for number, value in enumerate(("soon", "-5", "1.5", "", "9" * 30, "Fri, 02 Jan 99999 00:00:00 GMT"), start=1)
    ),
    Case("F67", "429 always", (busy(),), REFUSED, "throttled", names=("HTTP 429", SLOWER), status=429),
    Case("F69", "500 once", (busy(status=500), GOOD), REPEATED, once="server"),
    *(
        Case("F71", f"{status} once", (busy(status=status), GOOD), REPEATED, once="server")
        for status in (502, 503, 504, 520, 599)
    ),
    *(
        Case(
            "F71",
            f"{status} always",
            (busy(status=status),),
            REFUSED if status == 503 else UNKNOWN,
            "server",
            names=(f"HTTP {status}",),
            status=status,
        )
        for status in (502, 503, 504, 520, 599)
    ),
    Case("F72", "page", (MAINTENANCE,), REFUSED, "server", names=("HTTP 503", "HTML page, 23 bytes"), status=503),
    *(
        Case("F73", f"{status}", (answer(status=status), GOOD), Counts(1), kind, names=(f"HTTP {status}",))
        for status, kind in ((501, "server"), (505, "server"), (418, "conflict"), (451, "conflict"))
    ),
    # A separate test covers the passcode, because its error has a different kind.
    Case("F74", "not now", (answer(NOT_NOW, status=400), GOOD), Counts(2), at=(E1A, E1P, E4)),
)


@pytest.mark.parametrize(
    ("case", "endpoint"),
    [
        row(case.id, case, endpoint, name=f"{case.words.replace(' ', '-')}-{endpoint}")
        for case in CASES
        for endpoint in case.at
    ],
)
def test_an_overloaded_service_is_retried(case: Case, endpoint: Endpoint) -> None:
    """Without a Retry-After header, the client's pauses grow."""
    trial = run(case, endpoint)

    assert trial.time.sleeps == OWN[: trial.seen - 1]
    if trial.error and endpoint.resend is Resend.NEVER:
        # After an internal error, the service may have used the passcode. A service that rejects the request has not
        # used the passcode.
        assert (LOST in str(trial.error)) is (trial.error.to_result()["status"] >= 500)


# Pauses that Retry-After specifies


@pytest.mark.parametrize("endpoint", [row("F63", endpoint, name=str(endpoint)) for endpoint in EVERY])
def test_a_retry_after_in_seconds_is_respected(endpoint: Endpoint) -> None:
    """Even a one-time passcode is sent again after a response with Retry-After."""
    trial = run(Case("F63", "2 s, twice", (busy("2"), busy("2"), GOOD), Counts(3)), endpoint)

    assert trial.time.sleeps == [2.0, 2.0]


@pytest.mark.parametrize("skew", [-HOUR, HOUR])
@pytest.mark.parametrize("endpoint", [row("F64", endpoint, name=str(endpoint)) for endpoint in ONE_OF_EACH])
def test_a_retry_after_with_a_date_is_respected(endpoint: Endpoint, skew: float) -> None:
    """The date in Retry-After refers to the service's clock, which can differ from the local clock."""
    asked = busy(_http_date(skew + 3), date=_http_date(skew))

    trial = run(Case("F64", "a date", (asked, GOOD), Counts(2)), endpoint)

    (pause,) = trial.time.sleeps
    assert 3 <= pause <= 5


@pytest.mark.parametrize(
    ("endpoint", "asked", "words"),
    [
        row("F65", endpoint, asked, words, name=f"{name}-{endpoint}")
        for name, asked, words in (
            ("a-day", busy("86400"), "retry after 86400 s"),
            ("a-minute-and-a-second", busy("61"), "retry after 61 s"),
            (
                "2099",
                busy("Thu, 01 Jan 2099 00:00:00 GMT", date=LONG_AGO),
                "retry after 3187198555 s",
            ),
        )
        for endpoint in EVERY
    ],
)
def test_a_retry_after_above_the_maximum_is_an_error(endpoint: Endpoint, asked: bytes, words: str) -> None:
    """The client does not retry the request. The message contains the requested pause and the maximum pause."""
    names = (words, "more than the 60 s limit", SLOWER)

    trial = run(Case("F65", "too long", (asked,), Counts(1), "throttled", names=names), endpoint)

    assert trial.time.sleeps == []


@pytest.mark.parametrize("endpoint", [row("F65", endpoint, name=str(endpoint)) for endpoint in ONE_OF_EACH])
def test_a_retry_after_above_the_remaining_budget_is_an_error(endpoint: Endpoint) -> None:
    """The pause would end after the deadline, so the call fails at once."""
    names = ("retry after 30 s", "more than the 10 s limit")
    case = Case("F65", "past the deadline", (busy("30"),), Counts(1), "throttled", names=names)

    trial = run(case, endpoint, policy=RetryPolicy(attempts=ATTEMPTS, budget=10.0))

    assert trial.time.sleeps == []


@pytest.mark.parametrize("endpoint", [row("F68", E1C, name="E1c")])
def test_a_throttled_passcode_is_not_reported_as_used(endpoint: Endpoint) -> None:
    """A service that rejects a request with HTTP 429 has not used the passcode."""
    case = Case("F68", "429", (busy(), GOOD), Counts(1), "throttled", names=("HTTP 429", SLOWER, "one-time"))

    trial = run(case, endpoint)

    assert LOST not in str(trial.error)


# Repeated errors


def _trouble(number: int) -> bytes:
    """Return a different response for each attempt, so that the test can identify the attempt in the error."""
    body = {"incidentID": f"incident-{number}", "code": f"A000{number}", "description": f"Backend {number} is down."}
    return answer(body, status=500, head={"X-Global-Transaction-ID": f"transaction-{number}"})


@pytest.mark.parametrize("endpoint", [row("F70", endpoint, name=str(endpoint)) for endpoint in EVERY])
def test_the_error_is_that_of_the_last_attempt(endpoint: Endpoint) -> None:
    """IBM Support can find the last attempt more easily than earlier attempts."""
    case = Case("F70", "500 always", tuple(map(_trouble, range(1, 9))), UNKNOWN, "server", status=500)

    trial = run(case, endpoint)

    last = case.requests.of(endpoint.resend)
    for word in ("incident-{}", "transaction-{}", "A000{}", "Backend {} is down", f"attempt {{}} of {ATTEMPTS}"):
        assert [number for number in range(1, 9) if word.format(number) in str(trial.error)] == [last]
    assert trial.error is not None
    assert trial.error.to_result()["attempts"] == last
    assert (LOST in str(trial.error)) is (endpoint.resend is Resend.NEVER)


@pytest.mark.parametrize("endpoint", [row("F74", E1C, name="E1c")])
def test_a_transient_400_does_not_resend_a_passcode(endpoint: Endpoint) -> None:
    """The response has no Retry-After header, so the client does not send the passcode again."""
    with Loopback(answer(NOT_NOW, status=400), answer(endpoint.good)) as server:
        trial = attempt(endpoint, server.url)

        assert len(server.seen) == 1
    assert "HTTP 400" in str(trial.error)


@pytest.mark.parametrize("endpoint", [row("F74", endpoint, name=str(endpoint)) for endpoint in ONE_OF_EACH])
def test_a_repeated_transient_400_is_a_server_error(endpoint: Endpoint) -> None:
    """A transient HTTP 400 response does not mean that the credentials are wrong."""
    run(Case("F74", "not now, ever", (answer(NOT_NOW, status=400),), UNKNOWN, "server"), endpoint)
