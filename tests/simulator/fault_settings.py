# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings for latency, the rate limit and faults. By default, every request succeeds without delay."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Latency:
    """The pause before each response, in seconds. The pause is either constant or drawn from a log-normal distribution.

    ``seconds`` is the constant pause. If ``median`` is set, about 95% of the drawn values are between ``minimum`` and ``maximum``. The other
    values are clipped to this range. ``slow_share`` is the fraction of responses whose pause is ``slow_seconds`` instead.
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
            raise ValueError("must have pauses of 0 or more and a slow_share between 0 and 1")
        if (self.median or self.minimum or self.maximum) and not 0 < self.minimum <= self.median <= self.maximum:
            raise ValueError("must have minimum, median and maximum in ascending order, all above 0")
        if self.median and self.seconds:
            raise ValueError("must have seconds or median, not both")


LOAD_LATENCY = Latency(median=0.14, minimum=0.05, maximum=0.4, slow_share=0.01)
"""A typical latency for load tests."""


@dataclasses.dataclass(frozen=True)
class RateLimit:
    """The maximum number of requests from one client IP address within any period of ``seconds`` seconds.

    The defaults are from IBM's page on limitations (ibm-cloud-docs/containers, ``limitations.md``). IBM does not document
    the error response or the sliding window [inferred]. The limit applies to all requests together [inferred: rate-limit].
    """

    requests: int = 200
    seconds: float = 10.0

    def __post_init__(self) -> None:
        if self.requests < 1 or self.seconds <= 0:
            raise ValueError("must have requests of 1 or more and seconds above 0")


@dataclasses.dataclass(frozen=True)
class Faults:
    """The fractions of requests that fail, from 0 to 1.

    - ``unavailable``: The response is 503, and the request is not processed.
    - ``reset``: The connection is reset before the response is sent. Half of these requests are processed.
    - ``truncated``: The request is processed, and the connection is closed in the middle of the response.

    ``seed`` and the order of the requests determine which requests fail.
    """

    unavailable: float = 0.0
    reset: float = 0.0
    truncated: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        shares = (self.unavailable, self.reset, self.truncated)
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError("must have shares of 0 or more that add up to at most 1")
