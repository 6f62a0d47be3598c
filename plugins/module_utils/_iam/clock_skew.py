# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Compare the local clock with the token service's clock if a given token appears to have expired."""

from __future__ import annotations

import email.utils
import time
import typing as t

from .._core.errors import IBMCloudError

if t.TYPE_CHECKING:
    from .._core.tokens import Claims

# The largest clock difference, in seconds, that is ignored. Responses can take several seconds, and a Date header does not contain fractions of a second.
_TOLERANCE = 60
# A token that expired more than this many seconds ago is treated as expired, regardless of clock skew.
_MAX_DIFFERENCE = 86400


class LocalClock:
    """The local clock. The difference from the token service's clock is measured only if needed.

    ``read_date`` returns the ``Date`` header of a response from the token service. ``warn`` reports a difference to the user.
    """

    def __init__(
        self,
        now: t.Callable[[], float] = time.time,
        *,
        read_date: t.Callable[[], str] | None = None,
        warn: t.Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.now = now
        self._read_date = read_date
        self._warn = warn
        self._ahead: float | None = None

    def remaining(self, claims: Claims, min_validity: int, *, is_renewable: bool) -> float:
        """Return the number of seconds until a token expires.

        If a token cannot be renewed and is valid for less than ``min_validity`` seconds, the local clock is compared with the service's clock.
        """
        remaining = claims.expires - self.now() + (self._ahead or 0)
        if is_renewable or self._ahead is not None or not -_MAX_DIFFERENCE < remaining < min_validity:
            return remaining
        self._ahead = self._measure()
        return remaining + self._ahead

    @property
    def difference(self) -> str:
        """A sentence that describes how the two clocks differ. The sentence is empty if the clocks agree or have not been compared."""
        if not self._ahead:
            return ""
        direction = "ahead of" if self._ahead > 0 else "behind"
        return f"This machine's clock is {abs(self._ahead):.0f} s {direction} the token service's clock"

    def _measure(self) -> float:
        """Return how many seconds the local clock is ahead of the service's clock, or 0 if the service's clock cannot be read."""
        try:
            date = email.utils.parsedate_to_datetime(self._read_date() if self._read_date else "")
            ahead = self.now() - date.timestamp()
        except (IBMCloudError, ValueError, TypeError, IndexError, OverflowError):
            return 0.0
        if abs(ahead) <= _TOLERANCE:
            return 0.0
        self._ahead = ahead
        self._warn(f"{self.difference}. Correct this machine's clock.")
        return ahead
