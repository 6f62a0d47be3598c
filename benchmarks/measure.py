# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one command against a simulator, and measure its cost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

import requests.utils

LAUNCH = Path(__file__).with_name("launch.py")


class Failed(Exception):
    """An error that ends a run. The exception's text is the complete error message."""


@dataclass(frozen=True)
class Cost:
    """The wall time and the CPU time (in seconds), and the peak memory of the largest process (in 10**6 bytes)."""

    wall: float
    cpu: float
    peak_mb: float
    code: int


@dataclass(frozen=True)
class Run:
    cost: Cost
    output: str


class Place:
    """A folder for the files of a run, and environment variables that point to the simulator."""

    def __init__(self, folder: Path, cloud: t.Mapping[str, str]) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            **cloud,
            # Ansible creates sockets in this folder, so the path must be short.
            "TMPDIR": str(folder),
            "ANSIBLE_NOCOLOR": "1",
            # Files from one run must not speed up the next run.
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_RUNTIME_DIR": str(folder),
            "ANSIBLE_LOCAL_TEMP": str(folder / "ansible"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "ansible"),
        }

    def variables(self, **values: t.Any) -> Path:
        """Write the variables of a run to a file, and return the file's path."""
        path = self.folder / "variables.json"
        path.write_text(json.dumps(values), encoding="utf-8")
        return path

    def run(self, command: t.Sequence[str], *, timeout: float) -> Run:
        """Run a command until it ends.

        :raises Failed: if the command does not start, or does not end within ``timeout`` seconds. After a timeout, the command is stopped.
        """
        report, printed = self.folder / "cost.json", self.folder / "printed.txt"
        report.unlink(missing_ok=True)
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(report), *command]
        with printed.open("wb") as output:
            child = subprocess.Popen(
                launch,
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                child.wait(timeout)
            except subprocess.TimeoutExpired:
                raise Failed(f"{command[0]} did not end within {timeout:.0f} s") from None
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGTERM)
                    child.wait()
        text = printed.read_text(encoding="utf-8", errors="replace")
        if not report.exists():
            raise Failed(f"{command[0]} did not start:\n{text}")
        return Run(Cost(**json.loads(report.read_text(encoding="utf-8"))), text)


@contextlib.contextmanager
def place(cloud: t.Mapping[str, str]) -> t.Iterator[Place]:
    """Yield a place for one or more runs, and remove its folder afterward.

    The CA bundle contains the simulator's CA and the default CAs, so that the bundle has a realistic size.
    """
    folder = Path(tempfile.mkdtemp(prefix="ik-"))
    bundle = folder / "bundle.pem"
    usual = Path(requests.utils.DEFAULT_CA_BUNDLE_PATH).read_text(encoding="utf-8")
    bundle.write_text(usual + Path(cloud["REQUESTS_CA_BUNDLE"]).read_text(encoding="utf-8"), encoding="utf-8")
    try:
        yield Place(folder, {**cloud, "REQUESTS_CA_BUNDLE": str(bundle)})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
