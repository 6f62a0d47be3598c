# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Steps that are not tried again once they were refused."""

from __future__ import annotations

import typing as t

from .._core.errors import IBMCloudError
from .._http.error_messages import is_transient

Found = t.TypeVar("Found")


class FailureCache:
    """Remembers what was refused, for all who need the same. ``is_harmless`` says whether trying again after a fault does no harm.

    A wrong password that is sent again for each of many clusters locks the user out. What failed in passing may be tried again
    later, but for a password or passcode, which may have arrived.
    """

    def __init__(self, is_retryable: t.Callable[[], bool]) -> None:
        self._is_harmless = is_retryable
        self._failures: dict[str, IBMCloudError] = {}  # by what was to be had

    def call(self, step: t.Callable[[], Found], what: str = "access_token") -> Found:
        """Do the step; once one for the same was refused, fail in the same way without asking again."""
        if what not in self._failures:
            try:
                return step()
            except IBMCloudError as exc:
                if is_transient(exc) and self._is_harmless():
                    raise
                self._failures[what] = exc
        raise self._failures[what]
