# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exception for a request that the real service would reject."""

from __future__ import annotations

import typing as t


class ErrorResponse(Exception):
    """An error response, before a service converts it to its own format.

    ``status`` is the HTTP status, and ``code`` is the service's error code (``BXNIM0415E``, ``G0004``, ``Forbidden``). ``text`` is one sentence,
    and ``details`` is an optional longer text. If IBM's code is unknown, the simulator uses its own code, which starts with ``SIM`` or
    ``BXNIM99``. Clients must not depend on the simulator's own codes.
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
