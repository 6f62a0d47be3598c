# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the variable ``cluster_access_kubeconfig`` of the ``cluster_access`` role.

The entry point ``main`` writes the file, ``refresh`` replaces tokens, and ``cleanup`` removes the entries.
"""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import typing as t

import pytest
import yaml

from .conftest import Ansible, leaks, write_down
from .test_refresh import LONG
from .test_role import NO_SESSION

if t.TYPE_CHECKING:
    from pathlib import Path

ROLE = "ibmcloud.kubernetes.cluster_access"
CLUSTERS = ["shop-dev", "data-dev"]
# The user's own entries, which the role must not change
OWN = {
    "kind": "Config",
    "apiVersion": "v1",
    "current-context": "own",
    "clusters": [{"name": "own", "cluster": {"server": "https://own.example"}}],
    "users": [{"name": "own", "user": {"token": "own"}}],
    "contexts": [{"name": "own", "context": {"cluster": "own", "user": "own"}}],
}


def role(entry: str = "main", **variables: t.Any) -> dict[str, t.Any]:
    return {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": entry}, "vars": variables}


def entries(path: Path) -> dict[str, str]:
    """Return the token of each context in a file."""
    document = yaml.safe_load(path.read_text())
    assert [entry["name"] for entry in document["contexts"]] == [entry["name"] for entry in document["users"]]
    return {entry["name"]: entry["user"]["token"] for entry in document["users"]}


def contexts(ansible: Ansible, names: t.Sequence[str]) -> list[str]:
    return [f"{name}/{ansible.sim.cluster(name).cluster.id}" for name in names]


def test_the_role_writes_its_sessions(fleet: Ansible) -> None:
    """The role logs in once, so the file and the facts contain the same tokens."""
    path = fleet.folder / "config"
    opened = role(cluster_access_clusters=CLUSTERS, cluster_access_kubeconfig="~/config")
    run = fleet.play([opened, write_down("cluster_access_sessions")], "-vvvv", "--diff")

    assert run.rc == 0, run.output
    assert leaks(run.output, fleet.sim) == []
    assert path.stat().st_mode & 0o777 == 0o600
    names = contexts(fleet, CLUSTERS)
    sessions = run.found["cluster_access_sessions"]
    tokens = [sessions["shop-dev"]["id_token"], sessions["data-dev"]["openshift_token"]]
    assert entries(path) == dict(zip(names, tokens, strict=True))
    logins = [entry for entry in fleet.sim.requests if entry.path.endswith("/oauth/authorize") and entry.status == 302]
    assert len(logins) == 1
    if shutil.which("kubectl"):
        for name in names:
            command = ["kubectl", "--kubeconfig", str(path), "--context", name, "auth", "whoami"]
            env = {**fleet.env, "SSL_CERT_FILE": str(fleet.sim.ca_path)}
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
            assert "IAM#ada@example.com" in done.stdout, done.stderr


def test_no_file_is_written_without_the_variable(fleet: Ansible) -> None:
    run = fleet.play([role(cluster_access_cluster="shop-dev")])

    assert run.rc == 0, run.output
    assert not (fleet.folder / ".kube").exists()


def test_check_mode_writes_nothing(fleet: Ansible) -> None:
    """In check mode, the task reports the predicted change."""
    fleet.sim.cluster("shop-dev").rbac.synchronized_for.add("IBMid-2700ABCDEF")
    path = fleet.folder / "config"
    run = fleet.play([role(cluster_access_cluster="shop-dev", cluster_access_kubeconfig=str(path))], "--check")

    assert run.rc == 0, run.output
    assert "changed=1 " in run.output
    assert not path.exists()


def test_a_failed_write_is_reported_once(fleet: Ansible) -> None:
    """The facts do not contain a session, as after any other error."""
    path, content = fleet.folder / "config", "not: a kubeconfig"
    path.write_text(content)
    opened = role(cluster_access_cluster="shop-dev", cluster_access_kubeconfig=str(path))
    facts = ("cluster_access_sessions", "cluster_access_k8s_auth", "cluster_access_access_token")
    run = fleet.play([{"block": [opened], "always": [write_down(*facts)]}], "-vvvv")

    assert run.rc == 2, run.output
    (failure,) = run.failures()
    assert "config is not a kubeconfig" in failure
    assert "Write the kubeconfig" in run.output.partition("fatal:")[0].rpartition("TASK [")[2]
    assert path.read_text() == content
    assert [run.found[fact] for fact in facts] == [{}, NO_SESSION, ""]
    assert leaks(run.output, fleet.sim) == []


@pytest.mark.parametrize("mode", [[], ["--check"]])
@pytest.mark.parametrize("entry", ["main", "refresh"])
def test_tokens_that_cannot_be_written_are_revoked(fleet: Ansible, entry: str, mode: list[str]) -> None:
    """The facts do not contain the tokens, so no later task can revoke them. OpenShift tokens are valid for a day."""
    fleet.sim.cluster("data-dev").rbac.synchronized_for.add("IBMid-2700ABCDEF")
    path = fleet.folder / "config"
    path.write_text("not: a kubeconfig")
    given = {"cluster_access_cluster": "data-dev", "cluster_access_kubeconfig": str(path)}
    tasks = [role(**given)]
    if entry == "refresh":
        # Tokens are valid for a shorter time than required, so refresh replaces each token.
        fleet.sim.cloud.settings = dataclasses.replace(fleet.sim.cloud.settings, openshift_token_seconds=3600)
        again = role("refresh", **given, cluster_access_min_validity=7200)
        tasks = [role(cluster_access_cluster="data-dev"), again]
    run = fleet.play(tasks, "-vvvv", *mode)

    assert run.rc == 2, run.output
    (failure,) = run.failures()
    assert "config is not a kubeconfig" in failure
    issued = [one for one in fleet.sim.requests if one.path.endswith("/oauth/authorize") and one.status == 302]
    revoked = [one for one in fleet.sim.requests if one.method == "DELETE" and one.status == 200]
    assert (len(issued), len(revoked)) == ((1, 1) if entry == "main" else (2, 1))
    assert leaks(run.output, fleet.sim) == []


def test_tokens_that_were_written_are_kept(fleet: Ansible) -> None:
    """An existing entry in the file conflicts with the new entry for one cluster."""
    path = fleet.folder / "config"
    name = contexts(fleet, ["data-dev"])[0]
    foreign = {"name": "other", "context": {"cluster": "own", "user": name}}
    users = [{"name": name, "user": {"token": "own"}}]
    path.write_text(yaml.safe_dump({**OWN, "contexts": [*OWN["contexts"], foreign], "users": [*OWN["users"], *users]}))
    opened = role(cluster_access_clusters=["data-dev", "edge-dev"], cluster_access_kubeconfig=str(path))
    run = fleet.play([opened], "-vvvv")

    assert run.rc == 2, run.output
    revoked = [one.service for one in fleet.sim.requests if one.method == "DELETE" and one.status == 200]
    assert revoked == ["data-dev"]
    (kept,) = contexts(fleet, ["edge-dev"])
    assert f"name: {kept}" in path.read_text()


def test_refresh_and_cleanup_change_the_file(fleet: Ansible) -> None:
    """The entry point ``refresh`` replaces only the renewed tokens."""
    path = fleet.folder / "config"
    path.write_text(yaml.safe_dump(OWN))
    given = {"cluster_access_kubeconfig": str(path)}

    def copy(name: str) -> dict[str, t.Any]:
        return {"ansible.builtin.copy": {"src": str(path), "dest": str(fleet.folder / name), "mode": "0600"}}

    opened = role(cluster_access_clusters=CLUSTERS, **given)
    current = {"ansible.builtin.command": f"sed -i 's/^current-context:.*/current-context: own/' {path}"}
    refreshed = role("refresh", cluster_access_min_validity=LONG, **given)
    tasks = [opened, current, copy("first"), role("refresh", **given), copy("second"), refreshed, copy("third")]
    run = fleet.play(
        [*tasks, write_down("cluster_access_id_token", "cluster_access_sessions"), role("cleanup", **given)]
    )

    assert run.rc == 0, run.output
    assert leaks(run.output, fleet.sim) == []
    shop, data = contexts(fleet, CLUSTERS)
    first, second, third = (entries(fleet.folder / name) for name in ("first", "second", "third"))
    assert first == second
    assert third == {**first, shop: run.found["cluster_access_sessions"]["shop-dev"]["id_token"]}
    assert third[shop] != first[shop]
    assert list(first) == ["own", shop, data]
    assert yaml.safe_load((fleet.folder / "third").read_text())["current-context"] == "own"
    assert yaml.safe_load(path.read_text()) == OWN


def test_cleanup_does_not_change_another_file(fleet: Ansible) -> None:
    """The entry point ``cleanup`` changes a file only if ``cluster_access_kubeconfig`` is set."""
    path = fleet.folder / "config"
    opened = role(cluster_access_cluster="shop-dev", cluster_access_kubeconfig=str(path))
    run = fleet.play([opened, role("cleanup")])

    assert run.rc == 0, run.output
    assert list(entries(path)) == contexts(fleet, ["shop-dev"])
