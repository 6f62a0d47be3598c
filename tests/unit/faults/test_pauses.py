# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of faults, F63 to F74: a service that has no time now, and how long it is left alone."""

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

# What the client draws by itself on fake time, where it always draws the longest pause.
OWN = [0.5, 1.0, 2.0, 4.0]
SLOWER = "Too many requests came from this address"
LOST = "may already have been used"


def busy(retry_after: str | None = None, *, status: int = 429, date: str | None = None) -> bytes:
    """Return a refusal that may hold for a while only."""
    head = {"Retry-After": retry_after, "Date": date}
    return answer(status=status, head={name: value for name, value in head.items() if value is not None})


def _http_date(seconds: float) -> str:
    """Return a date as HTTP writes it, so many seconds from now."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


HOUR = 3600.0
LONG_AGO = "Fri, 02 Jan 1998 03:04:05 GMT"

NOT_NOW = {"error": "temporarily_unavailable", "error_description": "Try again later."}
MAINTENANCE = answer(b"<html>Back soon.</html>", status=503, head={"Content-Type": "text/html"})

# A one-time passcode may be sent again only if the service allows it.
REPEATED = Counts(2, once=1)
# A password after an answer that does not say what became of it: once more. After "not now": as often as anything else.
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
    # The passcode comes below: its error has another kind than it should.
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
def test_a_service_that_has_no_time(case: Case, endpoint: Endpoint) -> None:
    """It is asked again after pauses of our own, which grow."""
    trial = run(case, endpoint)

    assert trial.time.sleeps == OWN[: trial.seen - 1]
    if trial.error and endpoint.resend is Resend.NEVER:
        # A service in trouble may have got as far as the passcode; one that refuses to look has not.
        assert (LOST in str(trial.error)) is (trial.error.to_result()["status"] >= 500)


# As the service asks


@pytest.mark.parametrize("endpoint", [row("F63", endpoint, name=str(endpoint)) for endpoint in EVERY])
def test_a_pause_in_seconds(endpoint: Endpoint) -> None:
    """Also before the one-time passcode is sent again: the service has said that this helps."""
    trial = run(Case("F63", "2 s, twice", (busy("2"), busy("2"), GOOD), Counts(3)), endpoint)

    assert trial.time.sleeps == [2.0, 2.0]


@pytest.mark.parametrize("skew", [-HOUR, HOUR])
@pytest.mark.parametrize("endpoint", [row("F64", endpoint, name=str(endpoint)) for endpoint in ONE_OF_EACH])
def test_a_pause_until_a_time(endpoint: Endpoint, skew: float) -> None:
    """By the service's clock, which may be another one than ours."""
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
def test_a_pause_that_is_longer_than_anybody_waits(endpoint: Endpoint, asked: bytes, words: str) -> None:
    """The run ends at once and says both how long it would be and how long it may be."""
    names = (words, "more than the 60 s limit", SLOWER)

    trial = run(Case("F65", "too long", (asked,), Counts(1), "throttled", names=names), endpoint)

    assert trial.time.sleeps == []


@pytest.mark.parametrize("endpoint", [row("F65", endpoint, name=str(endpoint)) for endpoint in ONE_OF_EACH])
def test_a_pause_that_is_longer_than_what_is_left(endpoint: Endpoint) -> None:
    """The deadline of the call would come first: waiting for it would only delay the same message."""
    names = ("retry after 30 s", "more than the 10 s limit")
    case = Case("F65", "past the deadline", (busy("30"),), Counts(1), "throttled", names=names)

    trial = run(case, endpoint, policy=RetryPolicy(attempts=ATTEMPTS, budget=10.0))

    assert trial.time.sleeps == []


@pytest.mark.parametrize("endpoint", [row("F68", E1C, name="E1c")])
def test_a_passcode_that_is_not_wanted_now(endpoint: Endpoint) -> None:
    """The message does not report a used passcode: a service that rejects a request has not used the passcode."""
    case = Case("F68", "429", (busy(), GOOD), Counts(1), "throttled", names=("HTTP 429", SLOWER, "one-time"))

    trial = run(case, endpoint)

    assert LOST not in str(trial.error)


# In the end


def _trouble(number: int) -> bytes:
    """A different answer for each attempt, so that it shows which of them is told about."""
    body = {"incidentID": f"incident-{number}", "code": f"A000{number}", "description": f"Backend {number} is down."}
    return answer(body, status=500, head={"X-Global-Transaction-ID": f"transaction-{number}"})


@pytest.mark.parametrize("endpoint", [row("F70", endpoint, name=str(endpoint)) for endpoint in EVERY])
def test_trouble_without_end(endpoint: Endpoint) -> None:
    """The words and the identifiers are those of the last attempt, which IBM's support finds first."""
    case = Case("F70", "500 always", tuple(map(_trouble, range(1, 9))), UNKNOWN, "server", status=500)

    trial = run(case, endpoint)

    last = case.requests.of(endpoint.resend)
    for word in ("incident-{}", "transaction-{}", "A000{}", "Backend {} is down", f"attempt {{}} of {ATTEMPTS}"):
        assert [number for number in range(1, 9) if word.format(number) in str(trial.error)] == [last]
    assert trial.error is not None
    assert trial.error.to_result()["attempts"] == last
    assert (LOST in str(trial.error)) is (endpoint.resend is Resend.NEVER)


@pytest.mark.parametrize("endpoint", [row("F74", E1C, name="E1c")])
def test_a_400_that_means_not_now_for_a_passcode(endpoint: Endpoint) -> None:
    """It does not say that the passcode may be sent again."""
    with Loopback(answer(NOT_NOW, status=400), answer(endpoint.good)) as server:
        trial = attempt(endpoint, server.url)

        assert len(server.seen) == 1
    assert "HTTP 400" in str(trial.error)


@pytest.mark.parametrize("endpoint", [row("F74", endpoint, name=str(endpoint)) for endpoint in ONE_OF_EACH])
def test_a_400_that_means_not_now_for_ever(endpoint: Endpoint) -> None:
    """Nothing is wrong with what was given."""
    run(Case("F74", "not now, ever", (answer(NOT_NOW, status=400),), UNKNOWN, "server"), endpoint)
