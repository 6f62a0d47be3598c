# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command of the simulator: ``python tests/simulator exec|start|stop|serve|log|worlds``."""

from __future__ import annotations

import pathlib
import sys

if not __package__:
    # If the directory is run as a script, import the package from the parent folder, because the files are not top-level modules.
    sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)

from simulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
