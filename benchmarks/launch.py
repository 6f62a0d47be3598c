# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command, and write its wall time, CPU time, peak memory and exit code as JSON: ``python -I -S launch.py REPORT COMMAND [ARGS]``.

On Linux, the ru_maxrss of a child process is never less than the memory that the parent process used when the child process
started. Therefore, the parent process must use little memory. The process that runs the simulator uses more memory than the measured
commands, so this process cannot be the parent process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    report, program, *arguments = sys.argv[1:]
    began = time.monotonic()
    pid = os.posix_spawnp(program, [program, *arguments], os.environ)
    # The resource usage includes the command's child processes.
    _pid, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - began
    unit = 1 if sys.platform == "darwin" else 1024
    cost = {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss * unit / 1e6,
        "code": os.waitstatus_to_exitcode(status),
    }
    Path(report).write_text(json.dumps(cost), encoding="utf-8")


if __name__ == "__main__":
    main()
