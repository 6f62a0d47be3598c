# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run playbooks with unique secrets, and collect everything that the runs write."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import ssl
import subprocess
import tempfile
import typing as t
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import trustme
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Seen, answer, respond

from simulator import Simulator

from .conftest import HERE, Ansible
from .leaks import KEY, PASSCODES, PASSWORD, WRONG, Written, canary_world, given_secrets, watched

PLAYS = HERE / "plays" / "leaks"


class Scene:
    """Ansible with a simulator, and all places to which a run may write.

    The modules of the host ``here`` run in Ansible's process. The modules of the host ``there`` run in separate processes.
    """

    def __init__(self, ansible: Ansible, echo: Loopback, echo_ca: Path) -> None:
        self.ansible = ansible
        self.folder = ansible.folder
        self.given = self.folder / "given"
        self.given.mkdir()
        self.issued = watched(ansible.sim)
        self.temporary = Path(ansible.env["TMPDIR"])
        self.env = {
            **ansible.env,
            "ANSIBLE_CALLBACK_PLUGINS": str(PLAYS),
            "ANSIBLE_CALLBACKS_ENABLED": "every_result",
            "LEAKS_RESULTS": str(self.folder / "results"),
            "ANSIBLE_LOG_PATH": str(self.folder / "log"),
            "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.folder / "facts"),
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
            "ANSIBLE_PIPELINING": "true",
            # With this setting, Ansible adds a module's options to the module's result. Newer releases of Ansible do not add the options by default.
            "ANSIBLE_INJECT_INVOCATION": "true",
            # Every Python process of the run imports sitecustomize.py from this path. sitecustomize.py reads LEAKS_SYSLOG.
            "PYTHONPATH": str(PLAYS),
            "LEAKS_SYSLOG": str(self.folder / "syslog"),
        }
        self.inventory = self.given / "hosts"
        self.inventory.write_text(
            "[all:vars]\nansible_connection=local\nansible_python_interpreter='{{ ansible_playbook_python }}'\n"
            "[all]\nhere in_process=true\nthere in_process=false\n"
        )
        cluster, openshift = ansible.sim.cluster("shop-dev"), ansible.sim.cluster("data-dev")
        self.variables = {
            "key": KEY,
            "password": PASSWORD,
            "passcodes": {"here": PASSCODES[::2], "there": PASSCODES[1::2]},
            "account": ansible.sim.world.identities[0].accounts[0],
            "wrong": WRONG,
            "folder": str(self.given),
            "other_python": ansible.other_python()[0],
            "master_url": cluster.master_url,
            "ca": cluster.ca_pem.decode(),
            "openshift_url": openshift.master_url,
            "echo": echo.url,
            "echo_ca": str(echo_ca),
            "echo_ca_data": echo_ca.read_text(),
        }

    def ssh(self) -> dict[str, t.Any]:
        """Return variables for an ssh connection. Instead of ssh, a script runs the commands on this machine."""
        program = self.given / "ssh"
        program.write_text('#!/bin/sh\nfor command; do :; done\nexec /bin/sh -c "$command"\n')
        program.chmod(0o755)
        return {"ansible_connection": "ssh", "ansible_ssh_executable": str(program)}

    def arguments(self, play: str, *more: str) -> list[str]:
        """Return the arguments of a run. Secrets are passed in a file, because other users can read command lines."""
        variables = self.given / "variables.json"
        variables.write_text(json.dumps(self.variables))
        return ["-i", str(self.inventory), "-e", f"@{variables}", *more, str(PLAYS / play)]

    def run(self, *command: str, env: t.Mapping[str, str] | None = None) -> Written:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return self.written(done.returncode, screen=done.stdout + done.stderr)

    def play(self, play: str, *more: str, env: t.Mapping[str, str] | None = None) -> Written:
        return self.run("ansible-playbook", *self.arguments(play, *more), env=env)

    def runner(self, play: str, *more: str) -> Written:
        """Run a play with ansible-runner, as AWX does."""
        private = self.folder / "runner"
        private.mkdir()
        words = " ".join(["--inventory", str(self.inventory), *more, "-e", f"@{self.given / 'variables.json'}"])
        playbook = self.arguments(play)[-1]
        how = ("--ident", "leaks", "-vvvv", "--cmdline", words)
        return self.run("ansible-runner", "run", str(private), "-p", playbook, *how)

    def written(self, rc: int, **places: str) -> Written:
        """Collect the content of each place to which a run may write.

        The folder ``given`` is skipped, because it contains the run's input and the files that the play writes on purpose.
        """
        artifacts = self.folder / "runner" / "artifacts" / "leaks"
        folders = {
            "results": [self.folder / "results"],
            "log": [self.folder / "log"],
            "syslog": [self.folder / "syslog"],
            "facts": [self.folder / "facts", artifacts / "fact_cache"],
            "events": [artifacts / "job_events"],
            "artifacts": [artifacts / name for name in ("stdout", "stderr", "status", "rc")],
        }
        known = {file for named in folders.values() for file in named}
        # ansible-runner stores the environment, including the key, in the file "command".
        known |= {self.given, artifacts / "command"}
        for place, named in folders.items():
            places[place] = "".join(map(_content, named))
        places["left behind"] = "".join(_content(folder, known) for folder in (self.folder, self.temporary))
        secrets = {**given_secrets(self.ansible.sim.world), **self.issued}
        return Written(rc, {name: text for name, text in places.items() if text}, secrets)


def _content(path: Path, without: t.Collection[Path] = ()) -> str:
    """Return the names and contents of all files in a folder, or of a single file."""
    if path in without or path.is_symlink() or not path.exists():
        return ""
    if path.is_dir():
        return "".join(_content(item, without) for item in sorted(path.iterdir()))
    return f"\n== {path}\n{path.read_text(errors='replace')}" if path.is_file() else f"\n== {path}\n"


def _echo(seen: Seen) -> bytes:
    """Reject a request and echo its secrets, as services with verbose error messages do."""
    if "well-known" in seen.target:
        # This server is also the OAuth server of an OpenShift cluster.
        address = f"https://{seen.headers['host']}/oauth/"
        return answer({"issuer": address, "authorization_endpoint": address, "token_endpoint": address})
    form = dict(urllib.parse.parse_qsl(seen.body.decode()))
    given = [form[name] for name in ("apikey", "password", "passcode", "refresh_token") if name in form]
    secret = "".join(given) or seen.headers.get("authorization", "").partition(" ")[2]
    heard = f"got {secret} or {urllib.parse.quote_plus(secret)} or {base64.b64encode(secret.encode()).decode()}"
    mode = seen.target.split("/")[1]
    if mode == "url":
        heard = f"got {urllib.parse.quote(secret)}"
    elif mode == "base64":
        heard = f"got {base64.b64encode(f'x{secret}y'.encode()).decode()}"
    words = {"errorCode": f"got {secret}" if mode == "cut" else "NO", "errorMessage": heard}
    head = {"Transaction-Id": secret, "Content-Type": "application/json" if given else "text/plain"}
    return answer(words if given else heard.encode(), status=400, head=head)


@contextlib.contextmanager
def scene(folder: Path) -> t.Iterator[Scene]:
    """Yield a scene for runs with unique secrets."""
    ca, context = trustme.CA(organization_name="echo"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    (folder / "echo.pem").write_bytes(ca.cert_pem.bytes())
    with (
        Simulator(canary_world()) as sim,
        tempfile.TemporaryDirectory(prefix="ik-") as temporary,
        Loopback(respond(_echo), tls=context) as echo,
    ):
        yield Scene(Ansible(folder, sim, temporary), echo, folder / "echo.pem")


def processes(root: int) -> dict[int, str]:
    """Return the command lines of a process and its descendants. Any user can read command lines."""
    parents, lines = {}, {}
    for process in Path("/proc").iterdir():
        # A process can end during the search.
        with contextlib.suppress(OSError, ValueError):
            number = int(process.name)
            # The process name in parentheses can contain any character. The state and the parent's ID follow the name.
            parents[number] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            lines[number] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    found = {root}
    while more := {number for number, parent in parents.items() if parent in found and number not in found}:
        found |= more
    return {number: lines.get(number, "") for number in found}


@dataclass
class Waiting:
    """A run in which the modules of both hosts wait for a service."""

    process: subprocess.Popen[str]
    here: Scene

    def shown(self) -> str:
        """Return the command lines that any user can read."""
        return "\n".join(processes(self.process.pid).values())

    def ended(self, number: int) -> Written:
        """Send a signal to each process of the run, and collect the remaining files.

        A signal to the process group would not reach Ansible's workers, which have separate process groups.
        """
        for process in processes(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        screen, _none = self.process.communicate(timeout=30)
        return self.here.written(self.process.returncode, screen=screen)
