# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Provide the clock, sleep and random functions in one object, which tests can replace."""

from __future__ import annotations

import random
import time
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """The clock, sleep and random functions. ``now`` returns the monotonic time in seconds, and ``random`` returns a number from 0 to 1."""

    now: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep
    random: t.Callable[[], float] = random.random
