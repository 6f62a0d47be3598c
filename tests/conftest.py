# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the collection and the simulator importable, wherever pytest was started from."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

TESTS = Path(__file__).absolute().parent


def collections_root() -> Path:
    """The folder that holds ansible_collections/: above this file (ansible-test), or the link tree of the checkout."""
    checkout = TESTS.parent
    if checkout.parts[-3:] == ("ansible_collections", "ibmcloud", "kubernetes"):
        return checkout.parents[2]
    root = checkout / ".cache" / "collections"
    link = root / "ansible_collections" / "ibmcloud" / "kubernetes"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # also made by ./dev, and by the other workers of pytest-xdist
        link.symlink_to(os.path.relpath(checkout, link.parent))
    return root


COLLECTIONS = str(collections_root())
sys.path[:0] = [COLLECTIONS, str(TESTS)]
# For the playbooks and modules that tests start as children. ansible-test has set it, and compares it as a whole.
known = [path for path in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep) if path]
if COLLECTIONS not in known:
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join([COLLECTIONS, *known])
