# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Client of the account service."""

from __future__ import annotations

import itertools
import typing as t

from .._http.pagination import iterate_pages
from .._http.request import Auth, Request
from .api_generations import CURRENT, ApiGeneration

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient


class Accounts:
    """Lists the accounts of an identity. ``warnings`` has a line for each skipped record."""

    def __init__(self, http: HttpClient, base: str, auth: Auth, *, generation: ApiGeneration = CURRENT) -> None:
        self._http = http
        self._url = base + generation.accounts_path
        self._auth = auth
        self.warnings: list[str] = []

    def list_all(self) -> list[dict[str, JSON]]:
        """Return the accounts of all pages in the service's order, each account once.

        A record has ``metadata`` (``guid`` and times) and ``entity`` (``name``, ``state``, ...). Records without ``guid``
        are skipped.
        """
        found: dict[str, dict[str, JSON]] = {}
        numbers = itertools.count(1)
        for record in iterate_pages(lambda url: self._page(url, next(numbers)), self._url, step="list the accounts"):
            metadata = record.get("metadata")
            guid = metadata.get("guid") if isinstance(metadata, dict) else None
            if isinstance(guid, str) and guid:
                found.setdefault(guid, record)
            else:
                self.warnings.append("An account was skipped: its record has no usable ID.")
        return list(found.values())

    def _page(self, url: str, number: int) -> dict[str, JSON]:
        step = "list the accounts" if number == 1 else f"list page {number} of the accounts"
        headers = {"Content-Type": "application/json"}
        page = self._http.send(Request(step, "GET", url, auth=self._auth, headers=headers))
        return t.cast("dict[str, JSON]", page)
