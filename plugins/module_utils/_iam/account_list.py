# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The list of accounts that an identity can see. It is requested once. An account can be selected from it."""

from __future__ import annotations

import threading
import typing as t

from .._core.errors import LookupFailed
from .._services.account_selection import account_facts, account_to_use

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._services.accounts import Accounts


class AccountList:
    """The accounts of one identity. Requested at most once in a run, and only if needed."""

    def __init__(self, service: Accounts) -> None:
        self._service = service
        self._records: list[dict[str, JSON]] | None = None
        self._lock = threading.Lock()

    @property
    def warnings(self) -> list[str]:
        """Messages about records that were skipped."""
        return self._service.warnings

    def list_all(self) -> list[dict[str, JSON]]:
        """Return the records of all accounts."""
        with self._lock:
            if self._records is None:
                self._records = self._service.list_all()
            return self._records

    def find_id(self, name: str, iam_id: str, *, or_none: bool = False) -> str:
        """Return the ID of the account with this name, or of the only account if the name is empty.

        :raises LookupFailed: if several accounts match or no account matches. With ``or_none`` the ID is empty instead.
        """
        try:
            return account_to_use(self.list_all(), iam_id, name)
        except LookupFailed as exc:
            if not or_none or exc.kind != "not_found":
                raise
        return ""

    def known_name(self, account_id: str) -> str:
        """Return the name of the account if the list was requested before, else an empty text."""
        names = [facts["name"] for facts in map(account_facts, self._records or []) if facts["id"] == account_id]
        return str(names[0] or "") if account_id and names else ""
