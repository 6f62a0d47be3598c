# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under which conditions the services answer: how slowly, how often, and how badly. By default at once and always."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Latency:
    """The pause before each answer, in seconds: always ``seconds``, or drawn from a log-normal distribution.

    That has a ``median``, and is as wide as it must be for 19 of 20 pauses to lie between ``minimum`` and ``maximum``;
    the others are clipped to them. ``slow_share`` of all answers, in either case, take ``slow_seconds`` seconds instead.
    """

    seconds: float = 0.0
    median: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    slow_share: float = 0.0
    slow_seconds: float = 5.0
    seed: int = 1

    def __post_init__(self) -> None:
        if min(self.seconds, self.slow_seconds) < 0 or not 0 <= self.slow_share <= 1:
            raise ValueError("takes pauses of 0 seconds or more and a slow_share of 0 to 1")
        if (self.median or self.minimum or self.maximum) and not 0 < self.minimum <= self.median <= self.maximum:
            raise ValueError("takes minimum, median and maximum in this order, all above 0")
        if self.median and self.seconds:
            raise ValueError("takes seconds or median, not both")


LOAD_LATENCY = Latency(median=0.14, minimum=0.05, maximum=0.4, slow_share=0.01)
"""An ordinary day, as load tests have it."""


@dataclasses.dataclass(frozen=True)
class RateLimit:
    """So many requests of one client address within so many seconds, whenever they begin.

    The defaults are those of IBM's page on limitations (ibm-cloud-docs/containers, ``limitations.md``). It does not say
    how the service refuses the others, nor where its ten seconds begin [inferred].
    """

    requests: int = 200
    seconds: float = 10.0

    def __post_init__(self) -> None:
        if self.requests < 1 or self.seconds <= 0:
            raise ValueError("takes requests of 1 or more and seconds above 0")


@dataclasses.dataclass(frozen=True)
class Faults:
    """Shares, 0 to 1, of the requests that end badly.

    ``unavailable``: 503, and nothing was done. ``reset``: the connection breaks before the answer, and for half of
    them everything was done. ``cut``: everything was done, and the connection ends in the middle of the answer.
    Which ones is drawn by ``seed``, in the order in which the requests come in.
    """

    unavailable: float = 0.0
    reset: float = 0.0
    truncated: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        shares = (self.unavailable, self.reset, self.truncated)
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError("takes shares that are 0 or more and make 1 at most")
