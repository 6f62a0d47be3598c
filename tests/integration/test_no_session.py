# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Without a session, tasks must not use another cluster.

The other cluster can be the cluster of an earlier run, of a kubeconfig, or of the pod.
"""

from __future__ import annotations

import importlib.util
import typing as t
import urllib.parse

import pytest
import yaml

from .conftest import Ansible, write_down

ROLE = "ibmcloud.kubernetes.cluster_access"
HOST = "no-session.cluster-access.invalid"
# The cluster in ~/.kube/config, which is also the pod's cluster. No play uses this cluster.
OTHER = "legacy-dev"


def _role(cluster: t.Any = None, **keywords: t.Any) -> dict[str, t.Any]:
    name = "cluster_access_clusters" if isinstance(cluster, list) else "cluster_access_cluster"
    entry = keywords.pop("tasks_from", "main")
    variables = {"vars": {name: cluster}} if cluster else {}
    return {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": entry, **keywords}, **variables}


IGNORE = {"apply": {"ignore_errors": True}}
PLAYS: dict[str, tuple[list[dict[str, t.Any]], dict[str, t.Any], list[str]]] = {
    "ignored failure": ([_role("shop-dev"), _role("nowhere", **IGNORE)], {}, []),
    "ignored failure of the play": ([_role("shop-dev"), _role("nowhere")], {"ignore_errors": True}, []),
    "rescued failure": (
        [_role("shop-dev"), {"block": [_role("nowhere")], "rescue": [{"ansible.builtin.meta": "noop"}]}],
        {},
        [],
    ),
    "list": ([_role(["shop-dev", "data-dev"])], {}, []),
    "after cleanup": ([_role("shop-dev"), _role(tasks_from="cleanup")], {}, []),
    "check mode": ([_role("data-dev")], {}, ["--check"]),
}


def _surround(ansible: Ansible) -> dict[str, str]:
    """Write a kubeconfig for the other cluster, and return the environment of a pod in this cluster."""
    url = ansible.sim.cluster(OTHER).master_url
    cluster = {"name": "other", "cluster": {"server": url, "insecure-skip-tls-verify": True}}
    user = {"name": "me", "user": {"token": "made-up"}}
    context = {"name": "other", "context": {"cluster": "other", "user": "me"}}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "other",
        "clusters": [cluster],
        "users": [user],
    }
    (ansible.folder / ".kube").mkdir()
    (ansible.folder / ".kube" / "config").write_text(yaml.safe_dump({**document, "contexts": [context]}))
    parts = urllib.parse.urlsplit(url)
    return {"KUBERNETES_SERVICE_HOST": str(parts.hostname), "KUBERNETES_SERVICE_PORT": str(parts.port)}


@pytest.mark.skipif(
    importlib.util.find_spec("kubernetes") is None, reason="kubernetes.core needs the library kubernetes"
)
@pytest.mark.parametrize("case", PLAYS)
def test_kubernetes_core_reaches_no_cluster(fleet: Ansible, case: str) -> None:
    tasks, keywords, arguments = PLAYS[case]
    look = {
        "name": "Look",
        "kubernetes.core.k8s_info": {"kind": "Namespace"},
        "module_defaults": {"group/kubernetes.core.k8s": "{{ cluster_access_k8s_auth }}"},
        "register": "looked",
        "ignore_errors": True,
    }
    run = fleet.play(
        [*tasks, look, {**write_down("looked"), "check_mode": False}], *arguments, env=_surround(fleet), **keywords
    )

    assert run.rc == 0, run.output
    assert run.found["looked"]["failed"] is True
    # If a module crashes, ansible-core before 2.19 returns the reason in module_stderr.
    assert HOST in str(run.found["looked"])
    asked = {entry.service for entry in fleet.sim.requests if entry.path.startswith("/api")}
    assert OTHER not in asked
    assert [entry.path for entry in fleet.sim.requests if entry.path.startswith("/api/")] == []


def test_each_step_of_the_role_is_a_task_with_a_tag(fleet: Ansible) -> None:
    """A step can be skipped with its tag."""
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    play["roles"] = [{"role": ROLE, "cluster_access_cluster": "legacy-dev"}]
    path = fleet.folder / "play.yml"
    path.write_text(yaml.safe_dump([play]))

    listed = fleet.run(str(path), "--list-tasks")
    run = fleet.run(str(path), "--skip-tags", "cluster_access_account,cluster_access_rbac_sync")

    steps = {
        "Log in to IBM Cloud": "cluster_access_token",
        "Look up the account": "cluster_access_account",
        "Find the clusters": "cluster_access_find",
        "Synchronize RBAC": "cluster_access_rbac_sync",
        "Log in to the clusters": "cluster_access_login",
    }
    lines = [line for line in listed.output.splitlines() if any(f": {name}\t" in line for name in steps)]
    assert list(steps.items()) == [
        (line.partition(" : ")[2].partition("\t")[0], line.partition("[")[2].rstrip("]")) for line in lines
    ]
    assert run.rc == 0, run.output
    assert "Account     (name not visible)" in run.output
    asked = [entry.path.rpartition("/")[2] for entry in fleet.sim.requests]
    assert "accounts" not in asked
    assert "getRBACStatus" not in asked


@pytest.mark.parametrize("tag", ["cluster_access_token", "cluster_access_rbac_sync", "cluster_access_login"])
def test_a_failed_cluster_fails_the_role_if_a_step_is_skipped(fleet: Ansible, tag: str) -> None:
    role = _role(["legacy-dev", "no-such-cluster"])
    run = fleet.play([role], "--skip-tags", tag, vars={"cluster_access_kubeconfig": "kubeconfig"})

    assert run.rc == 2, run.output
    assert "clusters failed: no-such-cluster" in run.output


def test_a_skipped_login_writes_no_kubeconfig(fleet: Ansible) -> None:
    skip = ("--skip-tags", "cluster_access_login")
    run = fleet.play([_role("legacy-dev")], *skip, vars={"cluster_access_kubeconfig": "kubeconfig"})

    assert run.rc == 0, run.output
    assert not (fleet.folder / "kubeconfig").exists()


def test_a_failed_cluster_of_one_host_keeps_the_sessions_of_another(fleet: Ansible) -> None:
    """With any_errors_fatal, a failed task ends the role for all hosts. Without the facts, a cleanup could not revoke the tokens."""
    clusters = "{{ ['legacy-dev', 'no-such-cluster'] if inventory_hostname == 'first' else ['legacy-dev'] }}"
    show = {
        "ansible.builtin.debug": {"msg": "{{ inventory_hostname }} opened {{ cluster_access_sessions | join(', ') }}"}
    }
    block = {"block": [{**_role(), "vars": {"cluster_access_clusters": clusters}}], "always": [show]}
    run = fleet.play([block], "-i", "first,second,", hosts="all", any_errors_fatal=True)

    assert run.rc == 2, run.output
    assert "first opened legacy-dev" in run.output
    assert "second opened legacy-dev" in run.output


@pytest.mark.parametrize(
    ("entry", "variable", "suggestion"),
    [
        ("main", "cluster_access_endpont", " (did you mean cluster_access_endpoint?)"),
        # The prefix cluster_access_ does not count in the comparison of names.
        ("main", "cluster_access_zone", ""),
        ("refresh", "cluster_access_min_validty", " (did you mean cluster_access_min_validity?)"),
        ("cleanup", "cluster_access_kubeconfg", " (did you mean cluster_access_kubeconfig?)"),
    ],
)
def test_an_unknown_variable_is_reported(fleet: Ansible, entry: str, variable: str, suggestion: str) -> None:
    """The role continues, because the variable can belong to the play."""
    given = {"cluster_access_cluster": "legacy-dev", variable: "x"}
    run = fleet.play([_role("legacy-dev"), {**_role(tasks_from=entry), "vars": given}])

    assert run.rc == 0, run.output
    lines = [line.strip().strip('"') for line in run.output.replace('"msg": ', "").splitlines() if "Unknown" in line]
    assert lines == [f"Unknown variables are ignored: {variable}{suggestion}"]
