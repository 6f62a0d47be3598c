# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run jobs as AWX does, without an AWX server.

The tests run AWX's version of ansible-runner with the same input files as AWX 24.6 (``awx/main/tasks/jobs.py``).
"""

from __future__ import annotations

import json
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

from .awx_rules import PROJECT, injected, load
from .leaks import given_secrets, search, watched

if t.TYPE_CHECKING:
    from .conftest import Ansible

# The environment variables that AWX sets for each job and that affect the collection.
_ENVIRONMENT = {
    "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_RETRY_FILES_ENABLED": "False",
    "ANSIBLE_UNSAFE_WRITES": "1",
    "AWX_HOST": "https://towerhost",
    "INVENTORY_ID": "1",
    "MAX_EVENT_RES": "700000",
}
# AWX truncates the output of an event to 1,024 characters, including an ellipsis at the end.
_MOST_SHOWN = 1024 - 1


class _Unsafe(yaml.SafeDumper):
    """Marks each string as unsafe, as AWX does for variables from outside the job template."""

    def represent_data(self, data: t.Any) -> yaml.Node:
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


@dataclass(frozen=True)
class Job:
    """The status, output and events of a job, and the content of all places to which the job wrote."""

    status: str
    stdout: str
    events: list[dict[str, t.Any]]
    places: dict[str, str]

    @property
    def artifacts(self) -> dict[str, t.Any]:
        """The artifacts that AWX passes to the next node of a workflow."""
        (stats,) = (event["event_data"] for event in self.events if event["event"] == "playbook_on_stats")
        return t.cast("dict[str, t.Any]", stats.get("artifact_data") or {})

    @property
    def shown(self) -> str:
        """Return the output of all events as AWX shows it.

        AWX truncates the output of each event (EVENT_STDOUT_MAX_BYTES_DISPLAY).
        """
        return "\n".join(event["stdout"][:_MOST_SHOWN] for event in self.events)

    def lines(self) -> list[str]:
        """Return the messages of the tasks in order."""
        results = [
            event["event_data"].get("res") or {}
            for event in self.events
            if event["event"].startswith(("runner_on_", "runner_item_on_"))
        ]
        found = []
        # Ignore the messages about whole loops, because these messages contain no details.
        for result in (result for result in results if "results" not in result):
            said = result.get("msg", "")
            found += said if isinstance(said, list) else [said] if said else []
        return found


class AWX:
    """Runs a project's playbooks with ansible-runner, as AWX does."""

    def __init__(self, ansible: Ansible) -> None:
        self.ansible = ansible
        self.kind = load("credential_type.json")
        self.issued = watched(ansible.sim)
        # In AWX, an administrator sets the CA for all jobs in AWX_TASK_ENV. The credential contains the other settings of the simulated cloud.
        self.task_env = {"REQUESTS_CA_BUNDLE": ansible.sim.env["REQUESTS_CA_BUNDLE"]}
        self.only_key = {
            "api_key": ansible.sim.env["IC_API_KEY"],
            "iam_endpoint": ansible.sim.env["IBMCLOUD_IAM_API_ENDPOINT"],
            "accounts_endpoint": ansible.sim.env["IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT"],
            "containers_endpoint": ansible.sim.env["IBMCLOUD_CS_API_ENDPOINT"],
        }

    def private_data(
        self,
        number: int,
        *,
        project: t.Mapping[str, str],
        credential: t.Mapping[str, str],
        variables: t.Mapping[str, t.Any],
        inventory: t.Mapping[str, t.Any],
        words: str,
        timeout: int,
    ) -> Path:
        """Write the input files that AWX passes to ansible-runner."""
        folder = self.ansible.folder / f"job-{number}"
        meta = {"awx_job_id": number, "awx_job_template_name": "A template of the tests", "awx_user_name": "admin"}
        env = {
            **self.task_env,
            **injected(self.kind, credential),
            **_ENVIRONMENT,
            "JOB_ID": str(number),
        }
        files = {
            **{f"project/{name}": content for name, content in project.items()},
            "inventory/hosts": f"#! /usr/bin/env python3\nprint({json.dumps(inventory)!r})\n",
            "env/extravars": yaml.dump({**variables, **meta}, Dumper=_Unsafe),
            "env/envvars": json.dumps(env),
            "env/cmdline": f"-u root {words}",
            "env/settings": json.dumps({"job_timeout": timeout, "suppress_ansible_output": True}),
        }
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        (folder / "inventory" / "hosts").chmod(0o700)
        return folder

    def start(
        self,
        playbook: str,
        *,
        number: int = 1,
        project: t.Mapping[str, str] | None = None,
        credential: t.Mapping[str, str] | None = None,
        variables: t.Mapping[str, t.Any] | None = None,
        inventory: t.Mapping[str, t.Any] | None = None,
        words: str = "",
        timeout: int = 0,
    ) -> subprocess.Popen[str]:
        """Start a job. The defaults are the example project, an empty inventory, and a credential whose only secret is the API key."""
        folder = self.private_data(
            number,
            project=project or {path.name: path.read_text() for path in PROJECT.glob("*.yml")},
            credential=self.only_key if credential is None else credential,
            variables=variables or {},
            inventory=inventory or {"all": {"hosts": []}, "_meta": {"hostvars": {}}},
            words=words,
            timeout=timeout,
        )
        env = {name: value for name, value in self.ansible.env.items() if name not in self.ansible.sim.env}
        # AWX allows ansible-core to color its output.
        env.pop("ANSIBLE_NOCOLOR", None)
        return subprocess.Popen(
            ["ansible-runner", "run", str(folder), "-p", playbook, "--ident", str(number), "--omit-env-files"],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, playbook: str, *, number: int = 1, **more: t.Any) -> Job:
        return self.finished(self.start(playbook, number=number, **more), number)

    def finished(self, process: subprocess.Popen[str], number: int = 1) -> Job:
        """Wait for a job to end, and collect its files."""
        console, _nothing = process.communicate(timeout=120)
        left = self.ansible.folder / f"job-{number}" / "artifacts" / str(number)
        events = sorted((left / "job_events").glob("*.json"), key=lambda path: int(path.name.partition("-")[0]))
        places = {
            "console": console,
            "stdout": (left / "stdout").read_text(),
            "events": "\n".join(path.read_text() for path in events),
            # AWX stores these files as host facts.
            "facts": "\n".join(path.read_text() for path in left.glob("fact_cache/*")),
            "left behind": "\n".join(self._left(left)),
        }
        found = [json.loads(path.read_text()) for path in events]
        return Job((left / "status").read_text(), places["stdout"], found, places)

    def _left(self, artifacts: Path) -> t.Iterator[str]:
        """Yield the content of all files that the job wrote, except for files that ``finished`` reads."""
        given = {
            self.ansible.folder.joinpath(artifacts.parents[1].name, name) for name in ("project", "inventory", "env")
        }
        # In the file "command", ansible-runner stores the command's environment, including the API key. AWX does not keep this file.
        given |= {artifacts / name for name in ("command", "stdout", "job_events", "fact_cache")}
        for folder in (self.ansible.folder, Path(self.ansible.env["TMPDIR"])):
            for path in folder.rglob("*"):
                others = (
                    path.relative_to(folder).parts[0].startswith("job-") and artifacts.parents[1] not in path.parents
                )
                if path.is_file() and not others and not given & {path, *path.parents}:
                    yield path.read_text(errors="replace")

    def leaks(self, job: Job) -> dict[str, list[str]]:
        """Return the names of the leaked secrets for each place that contains leaks."""
        secrets = {**given_secrets(self.ansible.sim.world), **self.issued}
        found = {place: search(text, secrets) for place, text in job.places.items()}
        return {place: leaks for place, leaks in found.items() if leaks}
