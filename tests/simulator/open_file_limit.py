# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Raise the limit on open files, which worlds with many clusters would exceed."""

from __future__ import annotations

import contextlib
import resource

# Each listening socket needs five file descriptors: one for itself, and four for both ends of two connections from a client in this process.
_FILES_PER_SOCKET = 5
_OTHER_FILES = 200


def raise_open_file_limit(sockets: int) -> None:
    """Raise this process's limit on open files if ``sockets`` listening sockets require a higher limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = sockets * _FILES_PER_SOCKET + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    # Some systems reject "no limit" as the soft limit, even if the hard limit is "no limit".
    limit = wanted if hard == resource.RLIM_INFINITY else hard
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
