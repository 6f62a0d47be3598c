# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of older API generations: check mode, refresh, cleanup, the inventory, and secrets in the output."""

from __future__ import annotations

import re
import typing as t

import pytest

from .conftest import HERE, Ansible, ansible_beside, leaks, write_down

if t.TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
ROLE = {"name": "ibmcloud.kubernetes.cluster_access"}


@pytest.fixture
def older(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[Ansible]:
    with ansible_beside(f"document-{request.param}", tmp_path) as found:
        yield found


def _include(**more: t.Any) -> dict[str, t.Any]:
    return {"name": "Include the role", "ansible.builtin.include_role": {**ROLE, **more}}


@pytest.mark.parametrize("older", ["2017", "2020"], indirect=True)
def test_check_mode_does_not_synchronize(older: Ansible) -> None:
    """In older API generations, a request for a kubeconfig can synchronize RBAC.

    ``cluster_info`` and check mode must not synchronize RBAC.
    """
    look = {"ibmcloud.kubernetes.cluster_info": {"cluster": "mycluster", "ca": True}, "register": "found"}
    play = [look, _include(), write_down("cluster_access_sessions")]
    predicted = older.play(play, "--check", vars={"cluster_access_cluster": "mycluster"})
    looked = older.play([look])
    before = dict(older.sim.cluster("mycluster").rbac.applied)
    done = older.play([_include()], vars={"cluster_access_cluster": "mycluster"})

    assert (predicted.rc, looked.rc, done.rc) == (0, 0, 0), predicted.output + looked.output + done.output
    assert before == {}
    assert list(older.sim.cluster("mycluster").rbac.applied) == ["IBMid-2700ABCDEF"]


@pytest.mark.parametrize("older", ["2017", "2020"], indirect=True)
def test_refresh_and_cleanup_use_the_generation(older: Ansible) -> None:
    """An ID token is valid for one cluster (API generation 2017) or for all clusters (API generation 2020)."""
    tasks = [
        _include(),
        {"ansible.builtin.set_fact": {"first": "{{ cluster_access_access_token }}"}, "no_log": True},
        {**_include(tasks_from="refresh"), "vars": {"cluster_access_min_validity": 7200}},
        {"ansible.builtin.set_fact": {"is_new": "{{ cluster_access_access_token != first }}"}},
        {"ansible.builtin.set_fact": {"is_open": "{{ cluster_access_id_token | length > 0 }}"}},
        _include(tasks_from="cleanup"),
        write_down("is_new", "is_open", "cluster_access_sessions", "cluster_access_access_token"),
    ]
    run = older.play(tasks, "-vvvv", vars={"cluster_access_cluster": "mycluster"})

    assert run.rc == 0, run.output
    assert run.found == {
        "is_new": True,
        "is_open": True,
        "cluster_access_sessions": {},
        "cluster_access_access_token": "",
    }
    assert leaks(run.output, older.sim) == []


@pytest.mark.parametrize("older", ["2020"], indirect=True)
def test_clusters_of_the_older_vpc_provider_are_found(older: Ansible) -> None:
    listed = {"ibmcloud.kubernetes.cluster_info": {"provider": ["vpc-classic"]}, "register": "found"}
    run = older.play(
        [listed, _include(), write_down("found", "cluster_access_master_url")],
        vars={"cluster_access_cluster": "myvpccluster"},
    )

    assert run.rc == 0, run.output
    assert [cluster["name"] for cluster in run.found["found"]["clusters"]] == ["myvpccluster"]
    assert run.found["cluster_access_master_url"] == older.sim.cluster("myvpccluster").master_url


@pytest.mark.parametrize(
    ("older", "words", "expected"),
    [
        pytest.param("2020", (), "synchronized", id="2020"),
        pytest.param("2020", ("--check",), "not checked: this API generation has no RBAC status", id="2020-check"),
        pytest.param("2021", (), "not checked: this API generation has no RBAC status", id="2021"),
        pytest.param("2021", ("--check",), "not checked: this API generation has no RBAC status", id="2021-check"),
    ],
    indirect=["older"],
)
def test_the_rbac_sync_playbook_works_without_a_status(older: Ansible, words: tuple[str, ...], expected: str) -> None:
    """API generations 2020 and 2021 do not have an RBAC status, so the output contains neither a duration nor a prediction."""
    run = older.run("ibmcloud.kubernetes.rbac_sync", "-e", "ibmcloud_clusters=mycluster", *words)

    assert run.rc == 0, run.output
    (line,) = re.findall(r"^.*mycluster .*$", run.output, re.MULTILINE)
    assert re.split(r" {2,}", line.strip(' ",'))[-1] == expected


def test_the_rbac_sync_playbook_accepts_a_cluster_without_a_name(ansible: Ansible) -> None:
    """The containers API can return null as a cluster's name."""
    cluster = {"cluster": "c1", "id": "c1", "name": None, "region": "us-south", "master_url": "https://127.0.0.1"}
    synced = {**cluster, "applied": True, "synchronized": True, "elapsed": 1.25}
    variables = {
        "__found": {"clusters": [cluster], "failures": []},
        "__synced": {"clusters": [synced], "failures": []},
        "__ready": [cluster],
        "__failures": [],
        "ibmcloud_force": False,
    }
    template = HERE.parents[1] / "playbooks" / "templates" / "rbac_sync.txt.j2"
    show = {"ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.template', '" + str(template) + "') }}"}}
    run = ansible.play([show], vars=variables)

    assert run.rc == 0, run.output
    assert re.search(r"-  c1  us-south +synchronized in 1\.2 s", run.output), run.output


@pytest.mark.parametrize("older", ["2020"], indirect=True)
def test_hosts_of_the_inventory_use_its_generation(older: Ansible) -> None:
    source = older.folder / "all.ibmcloud_clusters.yml"
    source.write_text('plugin: ibmcloud.kubernetes.clusters\napi_generation: "2020"\n')
    older.sim.log.reset()
    environment = {"IBMCLOUD_API_GENERATION": ""}
    run = older.play([_include()], "-i", str(source), hosts="ibmcloud_clusters", env=environment)

    assert run.rc == 0, run.output
    assert run.output.count("RBAC        not checked") == 2
    # The inventory sends six list requests, and each of the two hosts sends one list request.
    assert len([entry for entry in older.sim.requests if entry.path == "/v1/clusters"]) == 8


@pytest.mark.parametrize("older", ["2017"], indirect=True)
def test_no_secret_is_printed(older: Ansible) -> None:
    """With API generation 2017, the secrets include Cloud Foundry tokens, a token in a second header, and a kubeconfig archive."""
    for in_process in (True, False):
        common = {"in_process": in_process}
        tasks = [
            {"ibmcloud.kubernetes.iam_token": common, "register": "iam"},
            {"ibmcloud.kubernetes.cf_space_info": {**common, "uaa_token": "{{ iam.uaa_token }}"}, "register": "given"},
            {"ibmcloud.kubernetes.cf_space_info": common, "register": "own"},
            {
                "ibmcloud.kubernetes.cf_space_info": {**common, "uaa_token": "{{ iam.uaa_refresh_token }}x"},
                "ignore_errors": True,
            },
            {"ibmcloud.kubernetes.cluster_info": {**common, "cluster": "mycluster", "ca": True}, "register": "found"},
            {
                "ibmcloud.kubernetes.cluster_login": {**common, "clusters": "{{ found.clusters }}"},
                "register": "login",
            },
            write_down("given", "own"),
        ]
        run = older.play(tasks, "-vvvv")

        assert run.rc == 0, run.output
        assert run.found["given"]["organizations"] == run.found["own"]["organizations"]
        (message,) = run.failures()
        assert message.startswith("cf_space_info (api_generation 2017): list the organizations failed: ")
        assert leaks(run.output, older.sim) == []
        assert [token for token in older.sim.secrets.values() if len(token) > 40 and token in run.output] == []
