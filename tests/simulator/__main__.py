# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python tests/simulator start|stop|run|worlds``: runs the directory as a command."""

from __future__ import annotations

import pathlib
import sys

if not __package__:
    # Run as a plain directory: its parent is what the package is imported from, and its own files are no modules.
    sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)

from simulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
