# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Decide whether and when a request is retried. This module does not use a clock or perform I/O.

The waits are random (full jitter), so that clients do not all retry at the same time after an outage.
"""

from __future__ import annotations

import email.utils
import enum
import typing as t
from dataclasses import dataclass

# The HTTP statuses after which botocore, IBM's SDK cores and bluemix-go retry a request, except 403.
RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 520, 599})
# The longest Retry-After pause that a call accepts, in seconds. If the service requires a longer pause, the call fails immediately.
LONGEST_RETRY_AFTER = 60.0
# A Retry-After value with more digits is ignored, because float() would convert a very long number to infinity.
_MOST_DIGITS = 9


class Resend(enum.Enum):
    """How often a request may be resent if an earlier attempt may have reached the service."""

    ALWAYS = "always"  # for reads, and for logins that can be repeated without harm
    AT_MOST_ONCE = "at_most_once"  # for passwords, because too many attempts lock the user out
    NEVER = "never"  # for one-time passcodes; exception: 429 and 503 with Retry-After, because the service has not processed the request


@dataclass(frozen=True)
class RetryPolicy:
    """The limits of a call: the maximum number of ``attempts``, and the ``budget`` (maximum time for all attempts, in seconds).

    The nth wait is a random time from 0 to ``first * 2 ** (n - 1)`` seconds, but at most ``cap`` seconds.
    """

    attempts: int = 5
    budget: float = 120.0
    first: float = 0.5
    cap: float = 20.0

    def wait(self, attempt: int, random: t.Callable[[], float]) -> float:
        """Return the number of seconds to wait after an attempt. ``attempt`` is 1 for the first attempt."""
        return random() * min(self.cap, self.first * 2.0 ** (attempt - 1))


@dataclass(frozen=True)
class AttemptFailure:
    """The reason why an attempt failed. ``sent`` is false only if no part of the request reached the service."""

    kind: str
    reason: str
    sent: bool = True
    final: bool = False
    status: int | None = None
    retry_after: float | None = None


def may_resend(failure: AttemptFailure, resend: Resend, *, unknown_before: int) -> bool:
    """Return whether the request may be sent again after this failure.

    ``unknown_before`` is the number of this call's earlier attempts whose outcome is unknown.
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
    """Return the number of seconds that a ``Retry-After`` header requires, or None if the header is missing or not valid.

    An HTTP date is compared with the ``Date`` header of the same response, because the local clock may be wrong by hours.
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
