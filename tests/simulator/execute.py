# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``exec`` command, which runs a simulator for the lifetime of one command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import typing as t

from .compute_identity import write_pod_tokens
from .environment import without_cloud
from .server import Simulator

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
# Shells use the same exit codes. If a signal ends the command, the exit code is the sum of _SIGNALED and the signal number.
_NOT_FOUND, _NOT_EXECUTABLE, _SIGNALED = 127, 126, 128


def execute(world: str, command: t.Sequence[str], log: t.TextIO | None) -> int:
    """Run the command with the environment variables of a new simulator. Return the command's exit code.

    ``log`` receives one line per request. If signal N terminated the command, the exit code is 128 + N. Signals that this
    process receives are forwarded to the command.
    """
    processes: list[subprocess.Popen[bytes]] = []
    for number in _FORWARDED:
        signal.signal(number, lambda received, _frame: _forward(processes, received))
    with Simulator(world) as simulator:
        simulator.log.write_lines_to(log)
        write_pod_tokens(simulator.cloud, simulator.directory)
        try:
            processes.append(subprocess.Popen(command, env={**without_cloud(os.environ), **simulator.env}))
        except OSError as error:
            print(f"simulator: {command[0]} cannot be run: {error.strerror}", file=sys.stderr)
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        code = processes[0].wait()
        return code if code >= 0 else _SIGNALED - code


def _forward(processes: t.Sequence[subprocess.Popen[bytes]], number: int) -> None:
    """Send the signal to the command. If the command has not started yet, end this process."""
    if not processes:
        raise SystemExit(_SIGNALED + number)
    # On Ctrl-C, the terminal also sends SIGINT to the command. If the signal were also forwarded, the command would receive SIGINT twice.
    if number != signal.SIGINT or not _is_in_foreground():
        processes[0].send_signal(number)


def _is_in_foreground() -> bool:
    try:
        return os.tcgetpgrp(sys.__stdin__.fileno()) == os.getpgrp() if sys.__stdin__ else False
    except (OSError, ValueError):
        return False
