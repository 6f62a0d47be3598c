# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Cloud Foundry: the organizations and spaces that an identity can see. IBM's page of 2017 asks for them; it has retired them."""

from __future__ import annotations

import typing as t
import urllib.parse

from .._http.pagination import iterate_pages
from .._http.request import Auth, Request

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient

# As the page has them; its "charset=utf" is no character set.
_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
    "Accept": "application/json;charset=utf-8",
}


class CloudFoundry:
    """Calls of Cloud Foundry's API in one region. ``auth`` signs with the UAA token."""

    def __init__(self, http: HttpClient, base: str, auth: Auth) -> None:
        self._http = http
        self._base = base
        self._auth = auth

    def organizations(self) -> list[dict[str, JSON]]:
        """Return the records (``metadata`` and ``entity``) of all organizations."""
        return self._all("list the organizations", "/v2/organizations")

    def spaces(self, organization: str) -> list[dict[str, JSON]]:
        """Return the records of the spaces of an organization, which is given by its GUID."""
        path = f"/v2/organizations/{urllib.parse.quote(organization, safe='')}/spaces"
        return self._all(f"list the spaces of organization {organization}", path)

    def _all(self, step: str, path: str) -> list[dict[str, JSON]]:
        def page(url: str) -> dict[str, JSON]:
            return t.cast("dict[str, JSON]", self._http.send(Request(step, "GET", url, self._auth, headers=_HEADERS)))

        return list(iterate_pages(page, self._base + path, step=step))
