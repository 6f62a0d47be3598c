# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""How often a call is tried and how long it waits in between. No clock, no sleep, no I/O.

Full jitter spreads the clients that one outage has put in step; the cap keeps a wait shorter than a user's patience.
"""

from __future__ import annotations

import email.utils
import enum
import typing as t
from dataclasses import dataclass

# What trusted clients of these services repeat (botocore, IBM's SDK cores and bluemix-go agree on all but 403, which
# is an answer and not a fault). 501 and 505 will not change by asking again.
RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 520, 599})
# A service that asks for a longer pause is told to the user instead of slept through.
LONGEST_RETRY_AFTER = 60.0
# No service means a pause of more digits than this; float() would turn them into infinity.
_MOST_DIGITS = 9


class Resend(enum.Enum):
    """How much harm a second copy of a request can do."""

    ALWAYS = "always"  # reads, and grants that can be asked for again
    AT_MOST_ONCE = "at_most_once"  # a password: too many attempts lock the user out
    NEVER = "never"  # a one-time passcode: used up by the first copy that arrives


@dataclass(frozen=True)
class RetryPolicy:
    """``attempts`` tries within ``budget`` seconds; the n-th wait is random between 0 and ``first * 2 ** (n - 1)``."""

    attempts: int = 5
    budget: float = 120.0
    first: float = 0.5
    cap: float = 20.0

    def wait(self, attempt: int, random: t.Callable[[], float]) -> float:
        """Return the pause in seconds after the given attempt (1 is the first)."""
        return random() * min(self.cap, self.first * 2.0 ** (attempt - 1))


@dataclass(frozen=True)
class AttemptFailure:
    """Why an attempt failed. ``sent`` is false only when the service surely saw nothing of the request."""

    kind: str
    reason: str
    sent: bool = True
    final: bool = False
    status: int | None = None
    retry_after: float | None = None


def may_resend(failure: AttemptFailure, resend: Resend, *, unknown_before: int) -> bool:
    """Say whether the request may be sent again after this fault.

    ``unknown_before`` counts earlier attempts of the same call whose outcome is unknown.
    """
    if failure.final:
        return False
    if not failure.sent:
        return True
    if failure.status in (429, 503):
        return resend is not Resend.NEVER or failure.retry_after is not None
    if resend is Resend.ALWAYS:
        return True
    return resend is Resend.AT_MOST_ONCE and unknown_before == 0


def retry_after_seconds(value: str | None, date: str | None) -> float | None:
    """Read a ``Retry-After`` header: seconds, or an HTTP date that is compared with the answer's own ``Date``.

    The service's clock is used for both ends, because the clock of a job container may be off by hours.
    Anything else (fractions, negative numbers, words) counts as not given.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= _MOST_DIGITS else None
    until, now = _http_date(text), _http_date(date or "")
    if until is None or now is None:
        return None
    return max(0.0, until - now)


def _http_date(text: str) -> float | None:
    try:
        parsed = email.utils.parsedate_to_datetime(text)
        return parsed.timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
