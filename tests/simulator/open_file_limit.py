# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room for the sockets of many clusters."""

from __future__ import annotations

import contextlib
import resource

# Per listening socket: itself, and two connections of a client in this process, each of which has two ends here.
_FILES_PER_SOCKET = 5
_OTHER_FILES = 200


def raise_open_file_limit(sockets: int) -> None:
    """Raises this process' limit of open files to the highest that is allowed, if so many sockets may come near it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = sockets * _FILES_PER_SOCKET + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    # "No limit" is refused by some systems, even where it is the hard limit.
    limit = wanted if hard == resource.RLIM_INFINITY else hard
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
