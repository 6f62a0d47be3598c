# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Parts of URLs."""

from __future__ import annotations

import urllib.parse


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL, with the scheme's own port where none is written.

    :raises ValueError: when the URL has none.
    """
    parts = urllib.parse.urlsplit(url)
    port = parts.port if parts.port is not None else 80 if parts.scheme == "http" else 443
    return parts.scheme, (parts.hostname or "").lower(), port
