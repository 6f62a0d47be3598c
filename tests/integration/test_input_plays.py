# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the role with invalid variables, in plays for other hosts, and with names that look like templates."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from simulator import load_world

from .conftest import Ansible, ansible_beside, leaks, write_down

if t.TYPE_CHECKING:
    from pathlib import Path

ROLE = "ibmcloud.kubernetes.cluster_access"
# Variables of the role, and a part of the expected error message
WRONG: list[tuple[dict[str, t.Any], str]] = [
    ({"cluster": "{{ nobody_has_defined_this }}"}, "nobody_has_defined_this"),
    ({"ibmcloud_api_key": "{{ nobody_has_defined_this }}"}, "nobody_has_defined_this"),
    ({"cluster": ["a", "b"]}, "cluster_access_cluster must be the name or ID of one cluster"),
    ({"validate_certs": "maybe"}, "argument 'cluster_access_validate_certs' is of type"),
    ({"tokens": "no dictionary"}, "cluster_access_tokens must be a dictionary"),
    ({"provider": {"a": "b"}}, "argument 'cluster_access_provider' is of type"),
    ({"retries": "many"}, "argument 'cluster_access_retries' is of type"),
    ({"wait_timeout": "soon"}, "argument 'cluster_access_wait_timeout' is of type"),
    ({"concurrency": 1000}, "cluster_access_concurrency must be between 1 and 64"),
    ({"clusters": [{"name": "a"}]}, "cluster_access_clusters[0] has no id"),
    ({"clusters": [["a"]]}, "cluster_access_clusters[0] is not a valid cluster name or ID"),
]


@pytest.mark.case("I62")
@pytest.mark.slow
def test_invalid_variables_of_the_role_are_errors(ansible: Ansible) -> None:
    """Before the error, only the token service and the accounts service receive requests."""
    tasks: list[dict[str, t.Any]] = []
    for number, (given, _name) in enumerate(WRONG):
        both = {"cluster": "mycluster", **given} if "clusters" not in given else given
        variables = {f"cluster_access_{name}": value for name, value in both.items()}
        error = {f"error_{number}": "{{ ansible_failed_result.msg | default(ansible_failed_result | string) }}"}
        use = {"name": "Use the role", "ansible.builtin.include_role": {"name": ROLE}, "vars": variables}
        keep = {"name": "Save the error", "ansible.builtin.set_fact": error}
        tasks.append({"name": f"Case {number}", "block": [use], "rescue": [keep]})
    run = ansible.play([*tasks, write_down(*(f"error_{number}" for number in range(len(WRONG))))], "-vvvv")

    assert run.rc == 0, run.output
    for number, (given, name) in enumerate(WRONG):
        assert name in str(run.found[f"error_{number}"]), given
    # cluster_info rejects wait_timeout before the first request.
    assert {entry.service for entry in ansible.sim.requests} <= {"iam", "accounts"}
    assert "Traceback" not in run.output
    assert leaks(run.output, ansible.sim) == []


@pytest.mark.case("I63")
@pytest.mark.slow
def test_a_play_for_other_hosts_runs_the_role_once_on_the_controller(fleet: Ansible) -> None:
    """The play sets delegate_to and run_once, as documented."""
    calls, ssh = fleet.folder / "ssh-calls", fleet.folder / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" >> "{calls}"\nexit 255\n')
    ssh.chmod(0o755)
    inventory = fleet.folder / "hosts.ini"
    inventory.write_text("".join(f"web{number} ansible_host=192.0.2.{number + 1}\n" for number in range(10)))
    once = {"delegate_to": "localhost", "run_once": True}
    use = {
        "name": "Use the role",
        "ansible.builtin.include_role": {"name": ROLE, "apply": once},
        "vars": {"cluster_access_cluster": "shop-dev"},
    }
    gather = {
        "name": "Collect a fact of each host",
        "ansible.builtin.set_fact": {
            "addresses": "{{ ansible_play_hosts | map('extract', hostvars, 'cluster_access_master_url') | list }}"
        },
    }
    env = {"ANSIBLE_SSH_EXECUTABLE": str(ssh), "ANSIBLE_FORKS": "10"}
    run = fleet.play(
        [use, gather, {**write_down("addresses"), **once}],
        *("-vvvv", "-i", str(inventory)),
        env=env,
        hosts="all",
        connection="ssh",
    )

    assert run.rc == 0, run.output
    assert run.found["addresses"] == [fleet.sim.cluster("shop-dev").master_url] * 10
    assert [entry.path for entry in fleet.sim.requests].count("/identity/token") == 2
    assert not calls.exists(), calls.read_text()
    assert leaks(run.output, fleet.sim) == []


EVIL = "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}"


@pytest.mark.case("F119")
def test_a_name_that_looks_like_a_template_is_not_evaluated(tmp_path: Path) -> None:
    """The play prints the name and sets it as a fact."""
    world = load_world("document-2025")
    evil = dataclasses.replace(
        world,
        accounts=type(world.accounts)(dataclasses.replace(account, name=EVIL) for account in world.accounts),
        clusters=type(world.clusters)(dataclasses.replace(cluster, name=EVIL) for cluster in world.clusters),
    )
    with ansible_beside(evil, tmp_path) as ansible:
        identifier = evil.clusters[0].id
        role = {
            "name": "Use the role",
            "ansible.builtin.include_role": {"name": ROLE},
            "vars": {"cluster_access_cluster": identifier},
        }
        tasks = [
            role,
            {"name": "Accounts", "ibmcloud.kubernetes.account_info": {}, "register": "known"},
            {"name": "Pass on", "ansible.builtin.set_fact": {"name_of_it": "{{ known.accounts[0].name }}"}},
            {
                "name": "Show",
                "ansible.builtin.debug": {
                    "msg": "{{ name_of_it }} {{ (cluster_access_sessions.values() | first).name }}"
                },
            },
            write_down("name_of_it", "cluster_access_sessions"),
        ]
        run = ansible.play(tasks, "-vvvv")

        assert run.rc == 0, run.output
        assert run.found["name_of_it"] == run.found["cluster_access_sessions"][identifier]["name"] == EVIL
        assert f"{EVIL} {EVIL}" in run.output
        assert list(tmp_path.rglob("pwned")) == []
        assert leaks(run.output, ansible.sim) == []
