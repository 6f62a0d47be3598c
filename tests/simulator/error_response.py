# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception of the simulator: a request that the real service would refuse."""

from __future__ import annotations

import typing as t


class ErrorResponse(Exception):
    """A refused request, before its service has dressed it in the service's own error body.

    ``status`` is the HTTP status, ``code`` the service's word for the case (``BXNIM0415E``, ``G0004``, ``Forbidden``),
    ``text`` one sentence, ``details`` an optional longer text and ``headers`` what the answer needs beside its body.
    Codes that start with ``SIM`` or ``BXNIM99`` are the simulator's own: IBM's code for the case is not known, and a
    client must not depend on it.
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
