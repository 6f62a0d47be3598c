# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""A Cloud Foundry client for API generation 2017. IBM has retired Cloud Foundry."""

from __future__ import annotations

import typing as t
import urllib.parse

from .._core.errors import Call, ResponseError
from .._http.pagination import iterate_pages
from .._http.request import Auth, Request

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient

# IBM's documentation shows these values with "charset=utf", but "utf" is not a character set.
_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
    "Accept": "application/json;charset=utf-8",
}


class CloudFoundry:
    """A client that lists the organizations and spaces in one region. ``auth`` adds the UAA token to the requests."""

    def __init__(self, http: HttpClient, base: str, auth: Auth) -> None:
        self._http = http
        self._base = base
        self._auth = auth

    def organizations(self) -> list[dict[str, JSON]]:
        """Return all organizations. Each record contains ``metadata`` and ``entity``."""
        return self._all("list the organizations", "/v2/organizations")

    def spaces(self, organization: str) -> list[dict[str, JSON]]:
        """Return all spaces of the organization with this GUID.

        :raises ResponseError: if a space belongs to another organization.
        """
        path = f"/v2/organizations/{urllib.parse.quote(organization, safe='')}/spaces"
        step = f"list the spaces of organization {organization}"
        spaces = self._all(step, path)
        for space in spaces:
            entity = space.get("entity")
            owner = entity.get("organization_guid") if isinstance(entity, dict) else None
            if isinstance(owner, str) and owner != organization:
                call = Call.at(self._base + path, step=step)
                raise ResponseError.unusable(call, "a space belongs to another organization")
        return spaces

    def _all(self, step: str, path: str) -> list[dict[str, JSON]]:
        def page(url: str) -> dict[str, JSON]:
            return t.cast("dict[str, JSON]", self._http.send(Request(step, "GET", url, self._auth, headers=_HEADERS)))

        return list(iterate_pages(page, self._base + path, step=step))
