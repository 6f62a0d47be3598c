# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The older generations of IBM's API, beyond the straight way: check mode, what is renewed and taken back, and what is shown."""

from __future__ import annotations

import typing as t

import pytest

from .conftest import Ansible, ansible_beside, leaks, write_down

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
def test_nothing_changes_where_nothing_should(older: Ansible) -> None:
    """The call for the CA synchronises the access in these years, but not in check mode, and not for who only looks."""
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
def test_renewed_and_taken_back(older: Ansible) -> None:
    """The entry points of the role, where the ID token is a cluster's own (2017) and where it serves all of them (2020)."""
    tasks = [
        _include(),
        {"ansible.builtin.set_fact": {"first": "{{ cluster_access_access_token }}"}, "no_log": True},
        {**_include(tasks_from="refresh"), "vars": {"cluster_access_min_validity": 7200}},
        {"ansible.builtin.set_fact": {"is_new": "{{ cluster_access_access_token != first }}"}},
        {"ansible.builtin.set_fact": {"is_open": "{{ cluster_access_id_token | length > 0 }}"}},
        _include(tasks_from="cleanup"),
        write_down("is_new", "is_open", "cluster_access_sessions", "cluster_access_uaa_token"),
    ]
    run = older.play(tasks, "-vvvv", vars={"cluster_access_cluster": "mycluster"})

    assert run.rc == 0, run.output
    assert run.found == {
        "is_new": True,
        "is_open": True,
        "cluster_access_sessions": {},
        "cluster_access_uaa_token": "",
    }
    assert leaks(run.output, older.sim) == []


@pytest.mark.parametrize("older", ["2020"], indirect=True)
def test_the_older_vpc_provider(older: Ansible) -> None:
    """A cluster of it is found when it is named, and opened."""
    listed = {"ibmcloud.kubernetes.cluster_info": {"provider": ["vpc-classic"]}, "register": "found"}
    run = older.play(
        [listed, _include(), write_down("found", "cluster_access_master_url")],
        vars={"cluster_access_cluster": "myvpccluster"},
    )

    assert run.rc == 0, run.output
    assert [cluster["name"] for cluster in run.found["found"]["clusters"]] == ["myvpccluster"]
    assert run.found["cluster_access_master_url"] == older.sim.cluster("myvpccluster").master_url


@pytest.mark.parametrize("older", ["2020"], indirect=True)
def test_a_host_speaks_as_its_source_did(older: Ansible) -> None:
    """The role takes a host of the inventory as it is: it knows its generation, and its region."""
    source = older.folder / "all.ibmcloud_clusters.yml"
    source.write_text('plugin: ibmcloud.kubernetes.clusters\napi_generation: "2020"\n')
    older.sim.log.reset()
    environment = {"IBMCLOUD_API_GENERATION": ""}
    run = older.play([_include()], "-i", str(source), hosts="ibmcloud_clusters", env=environment)

    assert run.rc == 0, run.output
    assert run.output.count("RBAC        left out: api_generation 2020") == 2
    # Six of the inventory, and one of each host.
    assert len([entry for entry in older.sim.requests if entry.path == "/v1/clusters"]) == 8


@pytest.mark.parametrize("older", ["2017"], indirect=True)
def test_nothing_of_it_is_shown(older: Ansible) -> None:
    """Tokens of Cloud Foundry, the second header and the archive are as secret as the rest, with either runner."""
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
