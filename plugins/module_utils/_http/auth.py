# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Set the Authorization header of a request."""

from __future__ import annotations

import typing as t

from .._core.tokens import iso, read_claims


def bearer_header(token: str) -> str:
    """Return the value of the Authorization header for the token."""
    return f"Bearer {token}"


def expiry_of(signature: str) -> str:
    """Return the expiry time (ISO 8601) of the token in an Authorization header, or an empty string if the time is unknown."""
    claims = read_claims(signature.rpartition(" ")[2])
    return iso(claims.expires) if claims and claims.expires else ""


class BearerAuth:
    """A ``requests`` authentication handler that adds the token to a prepared request.

    Pass an instance to the ``requests`` library as ``auth``. If ``auth`` is not set, the library replaces the
    Authorization header with the credentials from a matching ``.netrc`` entry.

    * ``renew`` is called once after HTTP 401. ``renew`` receives the rejected header, and returns whether a new token is available for a retry.
    * ``refresh`` returns the refresh token, which some services require in addition to the access token.
    """

    def __init__(
        self,
        current: t.Callable[[], str],
        renew: t.Callable[[str], bool] | None = None,
        *,
        refresh: t.Callable[[], str] | None = None,
    ) -> None:
        self._current = current
        self._refresh = refresh
        self.renew = renew

    def __call__(self, prepared: t.Any) -> t.Any:
        prepared.headers["Authorization"] = bearer_header(self._current())
        if self._refresh:
            prepared.headers["X-Auth-Refresh-Token"] = self._refresh()
        return prepared

    def __repr__(self) -> str:
        return "BearerAuth()"
