# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the role and the modules with many clusters."""

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
FACTS = ("cluster_access_sessions", "cluster_access_failures", "cluster_access_master_url", "cluster_access_k8s_auth")
NO_SESSION = "https://no-session.cluster-access.invalid"
# Records each TLS context that a process of the playbook creates.
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
    """Yield an ``Ansible`` object for a generated world, and the names of the world's clusters."""
    world = generated_world(clusters, **more)
    with ansible_beside(world, folder) as ansible:
        yield ansible, [cluster.name for cluster in world.clusters]


def use_role(*names: t.Any, **more: t.Any) -> dict[str, t.Any]:
    variables = {"cluster_access_clusters": list(names), **more}
    return {"name": "Use the role", "ansible.builtin.include_role": {"name": ROLE}, "vars": variables}


def with_facts(*tasks: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a block that runs the tasks, and always writes the facts to a file."""
    return {"name": "Write down the facts", "block": list(tasks), "always": [write_down(*FACTS)]}


def test_requests_connections_and_tasks_have_the_expected_number(tmp_path: Path) -> None:
    """A second run does not request CA certificates."""
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
            # The three requests to a cluster share a connection.
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
    # A TLS context is created for each CA, not for each connection.
    assert contexts[50] - contexts[1] == 49
    assert contexts[1] <= 12
    assert tasks[1] == tasks[50]


def test_other_clusters_succeed_if_some_fail(tmp_path: Path) -> None:
    with beside(
        tmp_path, 12, synchronized=False, sync_seconds=(0.2, 0.6), error_share=0.1, never_share=0.1, openshift_share=0.3
    ) as (ansible, names):
        expected = {
            name: f"rbac_{'error' if how == 'error' else 'timeout'}"
            for name, how in ansible.sim.expected_failures.items()
        }
        assert len(expected) == 2
        role = use_role("fleet-0002", "no-such-cluster", *names, cluster_access_wait_timeout=3)
        run = ansible.play([with_facts(role)], "-vvvv")

        assert run.rc == 2
        failures = run.found["cluster_access_failures"]
        kinds = {failure["cluster"]: failure["error"]["kind"] for failure in failures}
        assert kinds == {**expected, "no-such-cluster": "not_found"}
        assert len(failures) == 3
        sessions = run.found["cluster_access_sessions"]
        assert sorted([*sessions, *expected]) == sorted(names)
        assert run.found["cluster_access_master_url"] == ""
        assert run.found["cluster_access_k8s_auth"]["host"] == NO_SESSION
        assert run.failures()[-1].startswith(f"3 of {len(names) + 1} clusters failed: ")
        for name, session in sessions.items():
            assert session["k8s_auth"]["host"] == ansible.sim.cluster(name).master_url
            assert session["user"].startswith("IAM#")
            assert bool(session["openshift_token"]) == (session["type"] == "openshift")
        # For each failed cluster, the summary contains a line with the error.
        for name in kinds:
            assert re.search(rf'"Failed      {name}( \([a-z0-9]+\))?: .+"', run.output)
        assert leaks(run.output, ansible.sim) == []
        # Each synchronization was requested once.
        iam_id = ansible.sim.world.identities[0].iam_id
        assert {ansible.sim.cluster(name).rbac.requests[iam_id] for name in names} == {1}


@pytest.mark.parametrize("stage", ["find", "synchronize", "log in"])
def test_the_failures_are_published_if_all_clusters_fail(tmp_path: Path, stage: str) -> None:
    """All facts except cluster_access_failures are reset."""
    with beside(tmp_path, 2, synchronized=False, never_share=1.0 if stage == "synchronize" else 0.0) as (
        ansible,
        names,
    ):
        closed = {"type": "kubernetes", "masterURL": "https://127.0.0.1:1"}
        wanted = ["no-such-cluster", "nor-this-one"] if stage == "find" else names
        items: list[t.Any] = [*wanted]
        if stage == "log in":
            items = [{"id": ansible.sim.cluster(name).cluster.id, "name": name, **closed} for name in names]
        given: dict[str, t.Any] = {"cluster_access_wait_timeout": 2, "cluster_access_retries": 0}
        facts = ("cluster_access_account_id", "cluster_access_access_token")
        block = {"block": [use_role(*items, **given)], "always": [write_down(*FACTS, *facts)]}
        run = ansible.play([block], "-vvvv")

        assert run.rc == 2, run.output
        failures = run.found["cluster_access_failures"]
        assert sorted(failure["cluster"] for failure in failures) == sorted(wanted)
        assert all(failure["msg"] and failure["error"]["kind"] for failure in failures)
        assert run.found["cluster_access_sessions"] == {}
        assert run.found["cluster_access_k8s_auth"]["host"] == NO_SESSION
        assert [run.found[fact] for fact in facts] == ["", ""]
        assert len(run.failures()) == 1
        assert leaks(run.output, ansible.sim) == []


def test_a_cluster_named_twice_is_processed_once(tmp_path: Path) -> None:
    """If the list contains both the name and the ID of a cluster, the first of these entries is the session's key."""
    with beside(tmp_path, 3) as (ansible, names):
        identifier = ansible.sim.cluster(names[1]).cluster.id
        run = ansible.play([with_facts(use_role(identifier, names[0], names[1], names[0]))])

        assert run.rc == 0, run.output
        assert list(run.found["cluster_access_sessions"]) == [identifier, names[0]]
        assert sum(entry.path.endswith("getRBACStatus") for entry in ansible.sim.requests) == 2


def test_an_empty_list_selects_no_clusters(tmp_path: Path) -> None:
    """The modules send no requests, and the role sends only the requests for the login to IBM Cloud."""
    with beside(tmp_path, 1) as (ansible, _names):
        tasks: list[dict[str, t.Any]] = [
            {"name": "Info", INFO: {"clusters": []}},
            {"name": "Sync", SYNC: {"clusters": []}},
            {"name": "Log in", LOGIN: {"clusters": []}},
        ]
        modules = ansible.play(tasks)
        assert modules.rc == 0, modules.output
        assert ansible.sim.requests == []

        role = ansible.play([with_facts(use_role())])
        assert role.rc == 0, role.output
        assert (role.found["cluster_access_sessions"], role.found["cluster_access_failures"]) == ({}, [])
        assert role.found["cluster_access_k8s_auth"]["host"] == NO_SESSION
        assert {entry.service for entry in ansible.sim.requests} == {"iam", "accounts"}


# The role's variables without their prefix, and a part of the error message
INVALID: list[tuple[dict[str, t.Any], str]] = [
    ({"concurrency": 0}, "cluster_info: cluster_access_concurrency must be between 1 and 64"),
    ({"concurrency": 65}, "cluster_info: cluster_access_concurrency must be between 1 and 64"),
    ({"rate_limit": -1}, "iam_token: cluster_access_rate_limit must be between 0 and 1000"),
    ({"cluster": "fleet-0001"}, "cluster_info: Set cluster_access_cluster or cluster_access_clusters, not both"),
    (
        {"clusters": ["fleet-0001", ""]},
        "cluster_info: cluster_access_clusters[1] is not a valid cluster name or ID",
    ),
]


def test_the_error_of_invalid_input_is_a_single_line(tmp_path: Path) -> None:
    """Requests are sent only to IAM and to the account service."""
    with beside(tmp_path, 1) as (ansible, names):
        given = [{"clusters": names, **more} for more, _line in INVALID]
        messages = ansible.failures_of_the_role(
            *({f"cluster_access_{name}": value for name, value in one.items()} for one in given)
        )

        for message, (_more, line) in zip(messages, INVALID, strict=True):
            assert line in message
        assert {entry.service for entry in ansible.sim.requests} <= {"iam", "accounts"}


def test_progress_is_shown_during_the_task(tmp_path: Path) -> None:
    with beside(tmp_path, 6, synchronized=False, sync_seconds=(0.5, 11)) as (ansible, names):
        run = ansible.play([{"name": "Synchronize", SYNC: {"clusters": names}}])

        assert run.rc == 0, run.output
        lines = re.findall(
            r"^cluster_rbac_sync: (\d) of 6 clusters synchronized, 0 failed, (\d+) s$", run.output, re.MULTILINE
        )
        assert 1 <= len(lines) <= 2
        assert [int(done) for done, _seconds in lines] == sorted({int(done) for done, _seconds in lines})
        assert run.output.index("of 6 clusters synchronized") < run.output.index("changed: [localhost]")
        assert leaks(run.output, ansible.sim) == []


def test_cleanup_revokes_the_tokens(tmp_path: Path) -> None:
    """The cached CA files are kept."""
    with beside(tmp_path, 6, openshift_share=0.5) as (ansible, names):
        cleanup = {"name": "Clean up", "ansible.builtin.include_role": {"name": ROLE, "tasks_from": "cleanup"}}
        run = ansible.play([with_facts(use_role(*names)), cleanup])

        assert run.rc == 0, run.output
        assert len(run.found["cluster_access_sessions"]) == 6
        revoked = [entry.service for entry in ansible.sim.requests if entry.method == "DELETE" and entry.status == 200]
        openshift = [name for name in names if ansible.sim.cluster(name).cluster.type == "openshift"]
        assert sorted(revoked) == openshift != []
        cached = (ansible.folder / ".cache" / "ibmcloud.kubernetes" / "ca").rglob("*.pem")
        # The CAs of OpenShift clusters are public and are not cached.
        assert sorted(path.stem for path in cached) == sorted(
            ansible.sim.cluster(name).cluster.id for name in names if name not in openshift
        )


@pytest.mark.slow
def test_long_lists_are_read(tmp_path: Path) -> None:
    """The cluster lists contain 2,000 clusters, and the account list contains 10,000 accounts on 100 pages."""
    with beside(tmp_path, 2000, accounts=10_000, without_master=True) as (ansible, names):
        account = ansible.sim.world.accounts[0]
        some = [*names[:3], names[-1]]
        tasks: list[dict[str, t.Any]] = [
            {"name": "Accounts", "ibmcloud.kubernetes.account_info": {"account": account.name}, "register": "account"},
            {"name": "All", INFO: {}, "register": "all"},
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


def test_a_relative_path_of_a_report_is_relative_to_the_working_directory(fleet: Ansible) -> None:
    run = fleet.run(
        "ibmcloud.kubernetes.fleet_report",
        *("-e", "ibmcloud_clusters=shop-dev", "-e", "ibmcloud_report_file=report.csv"),
        env={"PWD": str(fleet.folder)},
    )

    assert run.rc == 0, run.output
    assert "shop-dev" in (fleet.folder / "report.csv").read_text()


def test_the_event_of_a_failed_cluster_has_only_its_message(fleet: Ansible) -> None:
    """AWX shows only the first 1,024 bytes of an event, so the event must not contain the loop variable ``_failure``."""
    opened = {
        "ansible.builtin.include_role": {"name": ROLE},
        "vars": {"cluster_access_clusters": ["shop-dev", "missing"]},
    }
    run = fleet.play([opened])

    assert run.rc == 2, run.output
    assert "Failed      missing: " in run.output
    assert '_failure":' not in run.output
