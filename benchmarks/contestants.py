# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that the benchmark compares: four that log in to clusters, and one that only starts Ansible."""

from __future__ import annotations

import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Contestant:
    """A command that the benchmark runs. ``works`` is false if the command does not log in."""

    name: str
    program: str
    words: str
    works: bool = True

    def command(self, variables: Path) -> list[str]:
        """Return the command line. ``variables`` is a JSON file whose ``clusters`` key lists the cluster names."""
        program = str(HERE / self.program)
        if self.program.endswith(".py"):
            return [sys.executable, program, str(variables)]
        return ["ansible-playbook", program, "-e", f"@{variables}"]


ROLE = Contestant("role", "role.yml", "the role of this collection")
URI = Contestant("uri", "uri.yml", "a playbook of ansible.builtin.uri tasks")
PLAIN = Contestant("plain", "plain.py", "a typical Python script, 10 threads")
TUNED = Contestant("tuned", "tuned.py", "an optimized Python script, 16 threads")
DEBUG = Contestant("debug", "debug.yml", "ansible-playbook with one debug task", works=False)

ALL: t.Final = (ROLE, URI, PLAIN, TUNED, DEBUG)
