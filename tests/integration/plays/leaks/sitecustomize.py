# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record what modules send to syslog. Python imports this file at startup if the file's folder is on the module search path."""

from __future__ import annotations

import os
import syslog
from pathlib import Path


def _note(*arguments: object) -> None:
    with Path(os.environ["LEAKS_SYSLOG"]).open("a", encoding="utf-8") as notes:
        notes.write(f"{arguments[-1]}\n")


if "LEAKS_SYSLOG" in os.environ:
    syslog.syslog = _note
