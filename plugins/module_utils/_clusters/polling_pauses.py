# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Calculate the pauses between the checks of a cluster while a module waits for the cluster."""

from __future__ import annotations

import typing as t

from .._core.errors import APIError
from .._http.error_builder import is_transient

if t.TYPE_CHECKING:
    from .._core.clock import Clock
    from .._core.errors import IBMCloudError

# A pause is a tenth of the elapsed time, so a wait takes at most about 10% longer than necessary.
_FRACTION = 0.1
_SHORTEST_PAUSE = 0.5


def next_pause(elapsed: float, left: float, longest_pause: float, clock: Clock) -> float:
    """Return the pause in seconds before the next check. Jitter prevents parallel runs from checking at the same time.

    The wait began ``elapsed`` seconds ago and ends in ``left`` seconds with a final check. A check that would run shortly before the final check is omitted.
    """
    longest = max(_SHORTEST_PAUSE, min(longest_pause, _FRACTION * elapsed))
    pause = longest * (0.75 + clock.random() / 4)
    return max(_SHORTEST_PAUSE, left) if left < pause + _SHORTEST_PAUSE else pause


def shared_pause(
    elapsed: float, left: float, longest_pause: float, clock: Clock, *, waiting: int, rate: float
) -> float:
    """Return the pause in seconds before a cluster is checked again, if a module waits for several clusters.

    At ``rate`` checks per second, checking each waiting cluster once takes ``waiting / rate`` seconds. A rate of 0 disables the limit.
    """
    share = waiting / rate if rate else 0.0
    return max(next_pause(elapsed, left, longest_pause, clock), min(left, share))


def may_succeed_later(error: IBMCloudError) -> bool:
    """Return whether a failed request for a cluster in the cluster list may succeed later.

    If the service returns HTTP 404 for a cluster in its list, the cluster is new [inferred: new-cluster].
    """
    return is_transient(error) or (isinstance(error, APIError) and error.status == 404)
