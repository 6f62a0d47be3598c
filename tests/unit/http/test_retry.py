# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the retry policy: which requests may be resent, how often, and after which pauses."""

from __future__ import annotations

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import (
    LONGEST_RETRY_AFTER,
    RETRIED_STATUSES,
    AttemptFailure,
    Resend,
    RetryPolicy,
    may_resend,
    retry_after_seconds,
)

SAFE, LIMITED, ONCE = Resend.ALWAYS, Resend.AT_MOST_ONCE, Resend.NEVER
NOT_SENT = AttemptFailure("connect", "refused", sent=False)
UNKNOWN = AttemptFailure("reset", "closed")
FINAL = AttemptFailure("tls", "expired", sent=False, final=True)


def _status(status: int, *, retry_after: float | None = None) -> AttemptFailure:
    return AttemptFailure("server", f"HTTP {status}", status=status, retry_after=retry_after)


def test_transient_statuses_are_retried() -> None:
    """The client retries the same statuses as botocore, IBM's SDK cores and bluemix-go, except 403."""
    assert {408, 429, 500, 502, 503, 504, 520, 599} == RETRIED_STATUSES
    assert LONGEST_RETRY_AFTER == 60.0


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 16.0), (7, 20.0), (8, 20.0), (100, 20.0)],
)
def test_waits_double_up_to_the_cap(attempt: int, longest: float) -> None:
    assert RetryPolicy().wait(attempt, lambda: 1.0) == longest


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.999])
def test_waits_have_full_jitter(chance: float) -> None:
    """Clients that failed at the same time must not retry at the same time."""
    assert RetryPolicy(first=2.0).wait(2, lambda: chance) == chance * 4.0


@pytest.mark.parametrize(
    ("failure", "resend", "before", "again"),
    [
        *[pytest.param(NOT_SENT, resend, 0, True, id=f"not-sent-{resend.name}") for resend in Resend],
        pytest.param(NOT_SENT, ONCE, 1, True, id="not-sent-after-unknown-ONCE"),
        *[pytest.param(FINAL, resend, 0, False, id=f"final-{resend.name}") for resend in Resend],
        pytest.param(UNKNOWN, SAFE, 0, True, id="unknown-SAFE"),
        pytest.param(UNKNOWN, SAFE, 3, True, id="unknown-again-SAFE"),
        pytest.param(UNKNOWN, LIMITED, 0, True, id="unknown-LIMITED"),
        pytest.param(UNKNOWN, LIMITED, 1, False, id="unknown-again-LIMITED"),
        pytest.param(UNKNOWN, ONCE, 0, False, id="unknown-ONCE"),
        *[
            pytest.param(_status(status), resend, before, again, id=f"{status}-{resend.name}-{before}")
            for status in (429, 503)
            for resend, before, again in ((SAFE, 0, True), (LIMITED, 0, True), (LIMITED, 2, True), (ONCE, 0, False))
        ],
        pytest.param(_status(429, retry_after=0.0), ONCE, 0, True, id="429-with-Retry-After-ONCE"),
        pytest.param(_status(503, retry_after=5.0), ONCE, 0, True, id="503-with-Retry-After-ONCE"),
        pytest.param(_status(500, retry_after=5.0), ONCE, 0, False, id="500-with-Retry-After-ONCE"),
        pytest.param(_status(502), LIMITED, 0, True, id="502-LIMITED"),
        pytest.param(_status(502), LIMITED, 1, False, id="502-again-LIMITED"),
    ],
)
def test_requests_are_sent_again_if_allowed(failure: AttemptFailure, resend: Resend, before: int, again: bool) -> None:
    """Read requests may always be resent.

    If the service may have received the request, a password is resent at most once. A passcode is then resent only
    after HTTP 429 or 503 with Retry-After.
    """
    assert may_resend(failure, resend, unknown_before=before) is again


DATE = "Fri, 02 Jan 2026 03:04:05 GMT"


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        pytest.param("2", None, 2.0, id="seconds"),
        pytest.param(" 2 ", None, 2.0, id="blanks"),
        pytest.param("0", None, 0.0, id="zero"),
        pytest.param("86400", None, 86400.0, id="a-day"),
        pytest.param("999999999", None, 999999999.0, id="nine-digits"),
        pytest.param("Fri, 02 Jan 2026 03:04:08 GMT", DATE, 3.0, id="date"),
        pytest.param("Fri, 02 Jan 2026 04:04:08 +0100", DATE, 3.0, id="date-in-another-zone"),
        pytest.param("Fri, 02 Jan 2026 03:04:04 GMT", DATE, 0.0, id="date-gone-by"),
        pytest.param("Thu, 01 Jan 2099 00:00:00 GMT", DATE, 2303585755.0, id="date-in-2099"),
        pytest.param("Fri, 02 Jan 2026 03:04:08 GMT", None, None, id="date-without-the-services-clock"),
        pytest.param("Fri, 02 Jan 2026 03:04:08 GMT", "soon", None, id="date-with-a-broken-clock"),
        *[
            pytest.param(value, DATE, None, id=f"nonsense-{value[:12]}")
            for value in ("soon", "-5", "1.5", "", "1" * 30, "٣", "1e3", "inf", "Fri, 02 Jan 99999 00:00:00 GMT")
        ],
        pytest.param(None, None, None, id="not-given"),
    ],
)
def test_retry_after_is_parsed(value: str | None, date: str | None, seconds: float | None) -> None:
    """Retry-After contains a number of seconds or a date. A date is compared with the service's clock."""
    assert retry_after_seconds(value, date) == seconds
