# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run playbooks and modules as processes, as users do, against a simulator."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import typing as t
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible.release import __version__ as ansible_core

from simulator import Simulator

HERE = Path(__file__).parent
CORE = tuple(int(part) for part in ansible_core.split(".")[:2])
LOCAL = {"hosts": "localhost", "connection": "local", "gather_facts": False}
# Environment variables with these prefixes are removed, so that the developer's account and settings do not affect a test.
FOREIGN = ("IBMCLOUD_", "IC_", "ANSIBLE_", "K8S_AUTH_")


def has_terminal() -> bool:
    """Return whether a pseudo-terminal can be opened. This is not possible on minimal systems without /dev/pts."""
    try:
        ends = os.openpty()
    except OSError:
        return False
    for end in ends:
        os.close(end)
    return True


def ansible_runner() -> str | None:
    """Return the path of ansible-runner, or None if it is not installed or if no pseudo-terminal can be opened."""
    return None if not has_terminal() else shutil.which("ansible-runner", path=str(Path(sys.executable).parent))


@dataclass(frozen=True)
class Run:
    """The exit code and output of a playbook, and the variables that the playbook wrote."""

    rc: int
    output: str
    found: dict[str, t.Any]

    def failures(self) -> list[str]:
        """Return the ``msg`` of each fatal error in the output, in order."""
        reader = json.JSONDecoder()
        starts = (match.end() for match in re.finditer(r"^fatal: \S+ FAILED! => ", self.output, re.MULTILINE))
        return [reader.raw_decode(self.output, start)[0].get("msg", "") for start in starts]


class Ansible:
    """Runs playbooks in an empty folder against a simulator."""

    def __init__(self, folder: Path, sim: Simulator, temporary: str) -> None:
        self.folder = folder
        self.sim = sim
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.env.update(sim.env)
        self.env.update(
            ANSIBLE_COLLECTIONS_PATH=os.environ["ANSIBLE_COLLECTIONS_PATH"],
            ANSIBLE_HOME=str(folder / "home"),
            ANSIBLE_ACTION_PLUGINS=str(HERE / "plays" / "action_plugins"),
            ANSIBLE_REMOTE_TEMP=str(folder / "home" / "tmp"),
            ANSIBLE_LOCALHOST_WARNING="false",
            ANSIBLE_NOCOLOR="1",
            PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            # Kubernetes clients store discovery data in TMPDIR, keyed by address, and different simulators can have the same address. Ansible
            # creates a socket in TMPDIR, and the path of a socket must be short.
            TMPDIR=temporary,
            # With this home folder, the developer's files have no effect.
            HOME=str(folder),
            XDG_CACHE_HOME=str(folder / ".cache"),
        )

    def run(self, *arguments: str, env: t.Mapping[str, str] | None = None) -> Run:
        """Run ansible-playbook. In the result, ``found`` is the content of the JSON file that the play writes to the path ``written_to``."""
        written = self.folder / "found.json"
        written.unlink(missing_ok=True)
        done = subprocess.run(
            ["ansible-playbook", "-e", f"written_to={written}", *arguments],
            cwd=self.folder,
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        found = json.loads(written.read_text()) if written.exists() else {}
        return Run(done.returncode, done.stdout + done.stderr, found)

    def variables(self, **values: t.Any) -> str:
        """Write variables to a file, and return the argument that reads the file. The argument ``-e name=value`` would expose the values."""
        path = self.folder / "variables.json"
        path.write_text(json.dumps(values))
        return f"@{path}"

    def play(
        self, tasks: list[dict[str, t.Any]], *arguments: str, env: t.Mapping[str, str] | None = None, **more: t.Any
    ) -> Run:
        """Run a play with these tasks on localhost. ``more`` contains keywords of the play, such as ``vars``."""
        path = self.folder / "play.yml"
        play = {"name": "A play of the tests", **LOCAL, **more, "tasks": tasks}
        path.write_text(yaml.safe_dump([play], sort_keys=False))
        return self.run(str(path), *arguments, env=env)

    def failures_of_the_role(self, *given: t.Mapping[str, t.Any]) -> list[str]:
        """Run the role in one play, once for each mapping of variables, and return the error messages."""
        role = {"name": "Use the role", "ansible.builtin.include_role": {"name": "ibmcloud.kubernetes.cluster_access"}}
        rescue = [{"name": "Continue", "ansible.builtin.debug": {"msg": "It failed."}}]
        run = self.play([{"name": "Fail", "block": [{**role, "vars": dict(one)}], "rescue": rescue} for one in given])

        assert run.rc == 0, run.output
        assert leaks(run.output, self.sim) == []
        assert len(run.failures()) == len(given), run.output
        return run.failures()

    def other_python(self) -> tuple[str, Path]:
        """Return the path of another Python interpreter, and the path of a file that records each start of this interpreter."""
        notes, python = self.folder / "starts", self.folder / "other-python"
        python.write_text(f'#!/bin/sh\necho start >> "{notes}"\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        return str(python), notes


def write_down(*names: str) -> dict[str, t.Any]:
    """Return a task that writes variables to the file that Ansible.run() reads. The task does not print secrets."""
    values = {name: f"{{{{ {name} | default('undefined') }}}}" for name in names}
    return {"name": "Write the variables to a file", "write_down": {"values": values}, "no_log": True}


def leaks(text: str, sim: Simulator) -> list[str]:
    """Return a description of each place in ``text`` that contains a secret of the simulated world.

    The search finds raw, URL-encoded and base64-encoded secrets, and texts that look like tokens.
    """
    found = []
    for secret in sim.secrets.values():
        encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
        forms = (secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret), encoded)
        for form in dict.fromkeys(forms):
            found += [f"{form[:6]}... at {at.start()}" for at in re.finditer(re.escape(form), text)]
    # Each JWT starts with eyJ, and each OpenShift token starts with sha256~. The other two prefixes are their base64
    # forms. A certificate can contain the same characters, but not at the beginning of a word.
    shapes = r"(?<![\w+/-])(?:(eyJ|ZXlK)[A-Za-z0-9_-]{12,}|(sha256~|c2hhMjU2f)[A-Za-z0-9_-]{20,})"
    found += [f"a token: {at.group()[:20]}..." for at in re.finditer(shapes, text)]
    return found


def applied(sim: Simulator) -> list[str]:
    """Return the cluster ID in each request for an RBAC synchronization."""
    return [entry.cluster for entry in sim.requests if entry.path.endswith("/applyRBAC")]


@contextlib.contextmanager
def ansible_beside(world: str | Path, folder: Path) -> t.Iterator[Ansible]:
    """Yield an ``Ansible`` object that uses a simulator of this world."""
    with Simulator(world) as sim, tempfile.TemporaryDirectory(prefix="ik-") as temporary:
        yield Ansible(folder, sim, temporary)


@pytest.fixture
def ansible(tmp_path: Path) -> t.Iterator[Ansible]:
    """Yield an ``Ansible`` object that uses the simulated world of IBM's 2025 documentation."""
    with ansible_beside("document-2025", tmp_path) as found:
        yield found


@pytest.fixture
def fleet(tmp_path: Path) -> t.Iterator[Ansible]:
    """Yield an ``Ansible`` object that uses the simulated world with several accounts and failing clusters."""
    with ansible_beside("fleet", tmp_path) as found:
        yield found
