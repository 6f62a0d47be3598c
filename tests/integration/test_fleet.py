# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clusters at once: what it costs, and that the trouble of one is not the trouble of all."""

from __future__ import annotations

import collections
import contextlib
import re
import typing as t

import pytest

from simulator import generated_world

from .conftest import Ansible, ansible_beside, leaks, write_down

if t.TYPE_CHECKING:
    from pathlib import Path

ROLE = "ibmcloud.kubernetes.cluster_access"
PLAYBOOK = "ibmcloud.kubernetes.cluster_access"
SYNC = "ibmcloud.kubernetes.cluster_rbac_sync"
INFO = "ibmcloud.kubernetes.cluster_info"
LOGIN = "ibmcloud.kubernetes.cluster_login"
FACTS = ("cluster_access_sessions", "cluster_access_failed", "cluster_access_error", "cluster_access_master_url")
# Notes each TLS context that a process of the playbook makes.
_COUNTER = r"""
import os, ssl
made = ssl.SSLContext.__new__
def counted(cls, *arguments, **options):
    with open(os.environ["TLS_CONTEXTS"], "a") as notes:
        notes.write("one\n")
    return made(cls, *arguments, **options)
ssl.SSLContext.__new__ = counted
"""


@contextlib.contextmanager
def beside(folder: Path, clusters: int, **more: t.Any) -> t.Iterator[tuple[Ansible, list[str]]]:
    """Ansible beside a generated world, and the names of its clusters."""
    world = generated_world(clusters, **more)
    with ansible_beside(world, folder) as ansible:
        yield ansible, [cluster.name for cluster in world.clusters]


def use_role(*names: str, **more: t.Any) -> dict[str, t.Any]:
    variables = {"cluster_access_clusters": list(names), **more}
    return {"name": "Use the role", "ansible.builtin.include_role": {"name": ROLE}, "vars": variables}


def whatever_happens(*tasks: dict[str, t.Any]) -> dict[str, t.Any]:
    """The tasks, and then the facts that they left, also when one of them failed."""
    return {"name": "Look at what is left", "block": list(tasks), "always": [write_down(*FACTS)]}


def test_the_costs_are_counted(tmp_path: Path) -> None:
    """Requests, connections, TLS contexts and tasks for one cluster and for fifty; a second run asks for no CA."""
    module = tmp_path / "python" / "sitecustomize.py"
    module.parent.mkdir()
    module.write_text(_COUNTER)
    contexts, tasks = {}, {}
    for clusters in (1, 50):
        folder = tmp_path / str(clusters)
        folder.mkdir()
        with beside(folder, clusters) as (ansible, names):
            notes = folder / "contexts"
            env = {"PYTHONPATH": str(module.parent), "TLS_CONTEXTS": str(notes)}
            given = ansible.variables(cluster_access_clusters=names)
            run = ansible.run(PLAYBOOK, "-e", given, env=env)

            assert run.rc == 0, run.output
            contexts[clusters], tasks[clusters] = notes.read_text().count("one"), run.output.count("TASK [")
            calls = collections.Counter(
                "cluster" if entry.service in names else entry.path.rpartition("/")[2] for entry in ansible.sim.requests
            )
            assert calls == {
                "token": 2,
                "accounts": 1,
                "getClusters": 2,
                "getRBACStatus": clusters,
                "getCACert": clusters,
                "cluster": 3 * clusters,
            }
            # The three questions to a cluster share a connection.
            at_clusters = {
                (entry.service, entry.connection) for entry in ansible.sim.requests if entry.service in names
            }
            assert len(at_clusters) == clusters
            most = ansible.sim.log.peak_connections
            assert all(most[service] <= 16 + 2 for service in ("iam", "accounts", "containers", *names))

            ansible.sim.log.reset()
            assert ansible.run(PLAYBOOK, "-e", given).rc == 0
            again = [entry.path.rpartition("/")[2] for entry in ansible.sim.requests]
            assert "getCACert" not in again
            assert len(again) == 5 + 4 * clusters
    # One more context for each CA, and not one for each connection.
    assert contexts[50] - contexts[1] == 49
    assert contexts[1] <= 12
    assert tasks[1] == tasks[50]


def test_the_trouble_of_some_is_not_the_trouble_of_all(tmp_path: Path) -> None:
    """Errors, endless waits and unknown names end as failures of these clusters; the others have their sessions."""
    with beside(
        tmp_path, 12, synchronized=False, sync_seconds=(0.2, 0.6), error_share=0.1, never_share=0.1, openshift_share=0.3
    ) as (ansible, names):
        expected = {
            name: f"rbac_{'error' if how == 'error' else 'timeout'}"
            for name, how in ansible.sim.expected_failures.items()
        }
        assert len(expected) == 2
        role = use_role("fleet-0002", "no-such-cluster", *names, cluster_access_wait_timeout=3)
        run = ansible.play([whatever_happens(role)], "-vvvv")

        assert run.rc == 2
        failed = run.found["cluster_access_failed"]
        assert {name: entry["error"]["kind"] for name, entry in failed.items()} == {
            **expected,
            "no-such-cluster": "not_found",
        }
        assert run.found["cluster_access_error"] in [entry["error"] for entry in failed.values()]
        sessions = run.found["cluster_access_sessions"]
        assert sorted([*sessions, *expected]) == sorted(names)
        assert run.found["cluster_access_master_url"] == ""
        for name, session in sessions.items():
            assert session["k8s_auth"]["host"] == ansible.sim.cluster(name).master_url
            assert session["user"].startswith("IAM#")
            assert bool(session["openshift_token"]) == (session["type"] == "openshift")
        # Each line of the summary says which cluster failed, and why.
        for name in failed:
            assert re.search(rf'"Failed      {name}: .+"', run.output)
        assert leaks(run.output, ansible.sim) == []
        # Nobody was asked twice, and those that worked were asked once.
        iam_id = ansible.sim.world.identities[0].iam_id
        assert {ansible.sim.cluster(name).rbac.requests[iam_id] for name in names} == {1}


def test_a_name_and_an_id_of_one_cluster_are_one(tmp_path: Path) -> None:
    """A cluster that is named twice, or by its ID too, is handled once, as what it was first called."""
    with beside(tmp_path, 3) as (ansible, names):
        identifier = ansible.sim.cluster(names[1]).cluster.id
        run = ansible.play([whatever_happens(use_role(identifier, names[0], names[1], names[0]))])

        assert run.rc == 0, run.output
        assert list(run.found["cluster_access_sessions"]) == [identifier, names[0]]
        assert sum(entry.path.endswith("getRBACStatus") for entry in ansible.sim.requests) == 2


def test_an_empty_list_does_nothing(tmp_path: Path) -> None:
    """No request, no failure, no session, for the role and for each of the modules."""
    with beside(tmp_path, 1) as (ansible, _names):
        tasks: list[dict[str, t.Any]] = [
            {"name": "Info", INFO: {"clusters": []}},
            {"name": "Sync", SYNC: {"clusters": []}},
            {"name": "Log in", LOGIN: {"clusters": []}},
            whatever_happens(use_role()),
        ]
        run = ansible.play(tasks)

        assert run.rc == 0, run.output
        assert run.found["cluster_access_sessions"] == {}
        assert ansible.sim.requests == []


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"cluster_access_concurrency": 0}, "concurrency must be between 1 and 64"),
        ({"cluster_access_concurrency": 65}, "concurrency must be between 1 and 64"),
        ({"cluster_access_pace": -1}, "pace must be between 0 and 1000"),
        (
            {"cluster_access_cluster": "fleet-0001"},
            "cluster_access: cluster and clusters are mutually exclusive",
        ),
        ({"cluster_access_clusters": ["fleet-0001", ""]}, "clusters[1] is not a valid cluster name or ID"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, variables: dict[str, t.Any], line: str) -> None:
    """The option is named, and no cluster is asked for anything."""
    with beside(tmp_path, 1) as (ansible, names):
        run = ansible.play([use_role(*names, **variables)])

        assert run.rc == 2
        assert line in run.failures()[-1]
        assert {entry.service for entry in ansible.sim.requests} <= {"iam", "accounts"}


def test_progress_is_shown_while_it_runs(tmp_path: Path) -> None:
    """A long synchronisation shows how far it is, in lines without a secret that are some seconds apart."""
    with beside(tmp_path, 6, synchronized=False, sync_seconds=(0.5, 11)) as (ansible, names):
        run = ansible.play([{"name": "Synchronise", SYNC: {"clusters": names}}])

        assert run.rc == 0, run.output
        lines = re.findall(r"^cluster_rbac_sync: (\d) of 6 synchronised, 0 failed, (\d+) s$", run.output, re.MULTILINE)
        assert 1 <= len(lines) <= 2
        assert [int(done) for done, _seconds in lines] == sorted({int(done) for done, _seconds in lines})
        assert run.output.index("of 6 synchronised") < run.output.index("changed: [localhost]")
        assert leaks(run.output, ansible.sim) == []


def test_sessions_are_taken_back(tmp_path: Path) -> None:
    """The tokens of all OpenShift clusters are revoked and the CA files removed, in one task."""
    with beside(tmp_path, 6, openshift_share=0.5) as (ansible, names):
        cleanup = {"name": "Take back", "ansible.builtin.include_role": {"name": ROLE, "tasks_from": "cleanup"}}
        run = ansible.play([whatever_happens(use_role(*names)), cleanup])

        assert run.rc == 0, run.output
        assert len(run.found["cluster_access_sessions"]) == 6
        revoked = [entry.service for entry in ansible.sim.requests if entry.method == "DELETE" and entry.status == 200]
        openshift = [name for name in names if ansible.sim.cluster(name).cluster.type == "openshift"]
        assert sorted(revoked) == openshift != []
        assert [path.name for path in (ansible.folder / ".cache").rglob("*") if not path.is_dir()] == []


@pytest.mark.slow
def test_long_lists_are_handled(tmp_path: Path) -> None:
    """Two thousand clusters, and an account among ten thousand on a hundred pages."""
    with beside(tmp_path, 2000, accounts=10_000, without_master=True) as (ansible, names):
        account = ansible.sim.world.accounts[0]
        some = [*names[:3], names[-1]]
        tasks: list[dict[str, t.Any]] = [
            {"name": "Accounts", "ibmcloud.kubernetes.account_info": {"account": account.name}, "register": "account"},
            {"name": "All", INFO: {"brief": True}, "register": "all"},
            {"name": "Some", INFO: {"clusters": some}, "register": "some"},
            {"name": "Count", "ansible.builtin.set_fact": {"count": "{{ all.clusters | length }}"}},
            {
                "name": "Name",
                "ansible.builtin.set_fact": {"names": "{{ some.clusters | map(attribute='name') | list }}"},
            },
            {"name": "Account", "ansible.builtin.set_fact": {"id": "{{ account.account.id }}"}},
            write_down("count", "names", "id"),
        ]
        run = ansible.play(tasks)

        assert run.rc == 0, run.output
        assert (int(run.found["count"]), run.found["names"], run.found["id"]) == (2000, some, account.id)
        assert sum(entry.service == "accounts" for entry in ansible.sim.requests) == 100
