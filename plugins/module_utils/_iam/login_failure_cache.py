# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Cache the errors of failed logins, so that a failed login is not repeated for each cluster."""

from __future__ import annotations

import typing as t

from .._core.errors import IBMCloudError
from .._http.error_builder import is_transient

Result = t.TypeVar("Result")


class FailureCache:
    """The errors of failed steps. A cached error is raised again for other callers of the same step.

    Sending a wrong password once for each of many clusters would lock the user out. A transient error is cached only
    if ``may_retry`` returns False, which means that another request could lock the user out.
    """

    def __init__(self, may_retry: t.Callable[[], bool]) -> None:
        self._may_retry = may_retry
        self._failures: dict[str, IBMCloudError] = {}

    def call(self, step: t.Callable[[], Result], key: str = "access_token") -> Result:
        """Run the step and return its result, or raise the cached error of an earlier step with the same key."""
        if key not in self._failures:
            try:
                return step()
            except IBMCloudError as exc:
                if is_transient(exc) and self._may_retry():
                    raise
                self._failures[key] = exc
        raise self._failures[key]
