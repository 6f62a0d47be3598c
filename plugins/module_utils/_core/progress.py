# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Report the progress of a long task."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .clock import Clock

# The minimum time between two reports, in seconds. Job logs keep every report, so frequent reports would fill the logs.
_INTERVAL = 5.0


class Progress:
    """Reports progress at most once every five seconds, and only if the text has changed."""

    def __init__(self, report_progress: t.Callable[[str], None], clock: Clock) -> None:
        self._report_progress = report_progress
        self._now = clock.now
        self._started = self._reported_at = clock.now()
        self._reported = ""

    def show(self, state: str) -> None:
        """Report ``state`` and the elapsed time if a report is due."""
        now = self._now()
        if state == self._reported or now - self._reported_at < _INTERVAL:
            return
        self._reported, self._reported_at = state, now
        self._report_progress(f"{state}, {now - self._started:.0f} s")
