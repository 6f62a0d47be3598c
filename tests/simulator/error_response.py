# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exception for a request that the real service would reject."""

from __future__ import annotations

import typing as t


class ErrorResponse(Exception):
    """An error response without the error body of its service.

    ``status`` is the HTTP status, ``code`` the code of the service (``BXNIM0415E``, ``G0004``, ``Forbidden``), ``text``
    one sentence, ``details`` an optional longer text, and ``headers`` are headers of the response. Codes that start with
    ``SIM`` or ``BXNIM99`` are the simulator's own, because IBM's code is not known. Clients must not depend on them.
    """

    def __init__(
        self, status: int, code: str, text: str, *, details: str = "", headers: t.Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.details = details
        self.headers = dict(headers or {})
