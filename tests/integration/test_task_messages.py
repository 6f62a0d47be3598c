# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the modules' error messages.

The action plugins add the host on which the module ran, and replace option names with the names of the role's variables.
"""

from __future__ import annotations

import re
import typing as t

import pytest

from .conftest import Ansible, leaks

ADA = "not-a-real-key/ada+dev="
ROLE = {"name": "Use the role", "ansible.builtin.include_role": {"name": "ibmcloud.kubernetes.cluster_access"}}
LOG_IN = {"name": "Log in", "ibmcloud.kubernetes.iam_token": {}}


def program(ansible: Ansible, name: str, text: str) -> str:
    path = ansible.folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def without_the_key(ansible: Ansible, place: str) -> tuple[dict[str, t.Any], list[str]]:
    """Return the variables of a connection that drops the controller's environment, and parts of the expected error message."""
    if place == "ssh":
        ssh = program(ansible, "ssh", 'for command; do :; done\nunset IC_API_KEY\nexec /bin/sh -c "$command"')
        words = ["as deploy on localhost", "Set connection: local (or delegate_to: localhost), or set"]
        return {"ansible_connection": "ssh", "ansible_ssh_executable": ssh, "ansible_user": "deploy"}, words
    # This script ignores the options of sudo and unsets the API key.
    sudo = program(ansible, "sudo", 'while [ "$1" != /bin/sh ]; do shift; done\nunset IC_API_KEY\nexec "$@"')
    become = {"ansible_become": True, "ansible_become_user": "deploy", "ansible_become_exe": sudo}
    return become, ["as deploy on localhost", "Set become: false, or set"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["ssh", "become"])
def test_a_missing_environment_on_another_host_is_explained(ansible: Ansible, place: str) -> None:
    """A module that runs on another host or as another user does not find the key from the caller's shell."""
    variables, words = without_the_key(ansible, place)
    variables["ansible_python_interpreter"] = "{{ ansible_playbook_python }}"
    run = ansible.play([LOG_IN], vars=variables, env={"IC_API_KEY": ADA, "ANSIBLE_PIPELINING": "true"})

    assert run.rc == 2, run.output
    (message,) = run.failures()
    assert "No credentials were given. Set ibmcloud_api_key (or IC_API_KEY in the environment)" in message
    assert "where IC_API_KEY from your shell is not set. " in message
    assert [text for text in words if text not in message] == []


@pytest.mark.slow
def test_another_python_has_the_environment(ansible: Ansible) -> None:
    """If the shell does not have a key, the message does not mention the shell."""
    variables = {"ansible_python_interpreter": ansible.other_python()[0]}
    run = ansible.play([LOG_IN], vars=variables, env={"IC_API_KEY": ""})

    (message,) = run.failures()
    assert "No credentials were given" in message
    assert "your shell" not in message


@pytest.mark.slow
@pytest.mark.parametrize("in_process", [True, False])
def test_errors_of_the_role_contain_its_variables(fleet: Ansible, in_process: bool) -> None:
    """The errors of failed tasks and of failed clusters contain the variables' names."""
    wrong = fleet.folder / "ca_cert"
    wrong.write_text("no certificate")
    variables: dict[str, t.Any] = {"cluster_access_cluster": "shop-dev", "cluster_access_ibmcloud_api_key": ADA}
    if not in_process:
        variables["ansible_python_interpreter"] = fleet.other_python()[0]
    cases = [
        ({"cluster_access_cluster_ca_file": str(wrong)}, f"cluster_access_cluster_ca_file {wrong} "),
        (
            {"cluster_access_cluster": "never-dev", "cluster_access_wait_timeout": 0},
            "Raise cluster_access_wait_timeout",
        ),
        ({"cluster_access_ibmcloud_api_key": "wrong"}, "Check cluster_access_ibmcloud_api_key (or IC_API_KEY)"),
    ]
    tasks: list[dict[str, t.Any]] = []
    for given, _words in cases:
        use = {**ROLE, "vars": {**variables, **given}}
        go_on = {"name": "Continue", "ansible.builtin.debug": {"msg": "It failed."}}
        tasks.append({"name": "Fail", "block": [use], "rescue": [go_on]})
    run = fleet.play(tasks)

    for _given, words in cases:
        assert words in run.output, (words, run.output)
    assert "cluster_access_cluster_access" not in run.output
    for message in run.failures():
        assert re.findall(r"(?<![\w./-])(?:ibmcloud_api_key|wait_timeout|cluster_ca_file)\b", message) == []


@pytest.mark.slow
@pytest.mark.parametrize("verbosity", ["-v", "-vvvvv"])
def test_invalid_output_of_a_module_is_not_shown(ansible: Ansible, verbosity: str) -> None:
    """The module's output lacks its last character, so the task fails. Without the action plugin, Ansible would show the rest, including tokens."""
    python, _notes = ansible.other_python()
    cutting = program(ansible, "cutting-python", f'"{python}" "$@" | sed "s/}}$//"')
    variables = {"ansible_python_interpreter": cutting}
    run = ansible.play([LOG_IN], verbosity, vars=variables, env={"IC_API_KEY": ADA, "ANSIBLE_PIPELINING": "true"})

    assert run.rc == 2, run.output
    assert "not shown, because it can contain tokens" in run.output
    assert leaks(run.output, ansible.sim) == []
