# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the collection's sessions in clients from other projects.

Each client must succeed with a session, and must fail with another CA or a changed token.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
import subprocess
import typing as t

import pytest
import urllib3
import yaml

from .conftest import Ansible, leaks, write_down

if t.TYPE_CHECKING:
    from simulator import Simulator

pytestmark = pytest.mark.slow
needs_bundle = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("kubernetes", "ansible_collections.kubernetes")),
    reason="kubernetes.core (package ansible) or the kubernetes library is not installed for this ansible-core",
)
needs_kubectl = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not on PATH")

# Each playbook and its cluster
TWINS = {
    "provision_namespace": "shop-dev",
    "provision_openshift_namespace": "data-dev",
}
ROLE: dict[str, t.Any] = {
    "name": "Get access",
    "ansible.builtin.include_role": {"name": "ibmcloud.kubernetes.cluster_access"},
}


def info(name: str, **options: t.Any) -> dict[str, t.Any]:
    """Return a task that lists namespaces and may fail."""
    return {
        "name": name,
        "kubernetes.core.k8s_info": {"kind": "Namespace", "api_version": "v1", **options},
        "register": name,
        "ignore_errors": True,
    }


@needs_bundle
@pytest.mark.parametrize("playbook", TWINS)
def test_the_shipped_playbook_provisions_a_namespace(fleet: Ansible, playbook: str) -> None:
    """A second run also succeeds. Only CA files are left behind."""
    arguments = (f"ibmcloud.kubernetes.{playbook}", "-e", f"cluster_access_cluster={TWINS[playbook]}", "-vvvv")
    first = fleet.run(*arguments)

    assert first.rc == 0, first.output
    assert "Namespace shop is Active." in first.output
    second = fleet.run(*arguments)
    assert second.rc == 0, second.output
    assert leaks(first.output + second.output, fleet.sim) == []
    assert "shop" in [
        entry["metadata"]["name"] for entry in fleet.sim.cluster(TWINS[playbook]).namespaces.listed()["items"]
    ]
    cached = [file for file in (fleet.folder / ".cache").rglob("*") if file.is_file()]
    assert all(file.parent.name.startswith("ca") for file in cached)


@needs_bundle
@pytest.mark.parametrize("ca", ["its own", "another"])
@pytest.mark.parametrize("output", ["verbose", "json"])
def test_a_shipped_playbook_prints_no_token(fleet: Ansible, output: str, ca: str) -> None:
    """After an SSL error, a module of kubernetes.core returns its arguments or crashes."""
    arguments = ["ibmcloud.kubernetes.provision_namespace", "-e", "cluster_access_cluster=shop-dev"]
    if ca == "another":
        stranger = fleet.folder / "stranger.pem"
        stranger.write_bytes(fleet.sim.cluster("legacy-dev").ca_pem)
        token = fleet.sim.cloud.id_token(
            fleet.sim.cloud.identities["IBMid-2700ABCDEF"], "a1b2c3d4e5f60718293a4b5c6d7e8f90"
        )
        auth = {"host": fleet.sim.cluster("shop-dev").master_url, "api_key": token, "ca_cert": str(stranger)}
        # An extra variable overrides the fact.
        arguments += ["-e", fleet.variables(cluster_access_k8s_auth=auth)]
    arguments += ["-vvvv"] if output == "verbose" else []
    callback = "default" if output == "verbose" else "ansible.posix.json"
    run = fleet.run(*arguments, env={"ANSIBLE_STDOUT_CALLBACK": callback})

    assert ("TASK [Create the namespace]" if output == "verbose" else '"name": "Create the namespace"') in run.output
    assert run.rc == (0 if ca == "its own" else 2), run.output
    assert leaks(run.output, fleet.sim) == []


@needs_bundle
def test_the_environment_does_not_replace_the_session(fleet: Ansible) -> None:
    user = {"name": "other", "user": {"token": "token-of-somebody-else"}}
    cluster = {"name": "other", "cluster": {"server": fleet.sim.cluster("legacy-dev").master_url}}
    context = {"name": "other", "context": {"cluster": "other", "user": "other"}}
    path = fleet.folder / "other-kubeconfig"
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "other"}
    path.write_text(yaml.safe_dump({**config, "clusters": [cluster], "users": [user], "contexts": [context]}))
    names = ("KUBECONFIG", "K8S_AUTH_KUBECONFIG", "K8S_AUTH_CERT_FILE", "K8S_AUTH_KEY_FILE")
    arguments = ("ibmcloud.kubernetes.provision_namespace", "-e", "cluster_access_cluster=shop-dev")
    run = fleet.run(*arguments, env=dict.fromkeys(names, str(path)))

    assert run.rc == 0, run.output
    assert "Namespace shop is Active." in run.output
    assert "shop" in [entry["metadata"]["name"] for entry in fleet.sim.cluster("shop-dev").namespaces.listed()["items"]]


@needs_bundle
@pytest.mark.parametrize("cluster", ["shop-dev", "data-dev", "mesh-dev"])
def test_kubernetes_core_works_with_the_session_only(fleet: Ansible, cluster: str) -> None:
    stranger = fleet.folder / "stranger.pem"
    stranger.write_bytes(fleet.sim.cluster("legacy-dev").ca_pem)
    given = "{{ cluster_access_k8s_auth"
    tasks = [
        {**ROLE, "vars": own_ca(fleet, cluster)},
        {**info("good"), "module_defaults": {"group/kubernetes.core.k8s": given + " }}"}},
        {**info("from_environment"), "environment": "{{ cluster_access_k8s_env }}", "no_log": True},
        {
            **info("other_ca"),
            "module_defaults": {"group/kubernetes.core.k8s": f"{given} | combine({{'ca_cert': '{stranger}'}}) }}}}"},
        },
        {
            **info("changed_token"),
            "module_defaults": {
                "group/kubernetes.core.k8s": f"{given} | combine({{'api_key': cluster_access_k8s_auth.api_key[:-4] ~ 'AAAA'}}) }}}}"
            },
        },
    ]
    names = ["good", "from_environment", "other_ca", "changed_token"]
    run = fleet.play([*tasks, write_down(*names, "cluster_access_k8s_auth")], "-e", f"cluster_access_cluster={cluster}")

    assert run.rc == 0, run.output
    assert set(run.found["cluster_access_k8s_auth"]) == {"host", "api_key", "ca_cert", "validate_certs"}
    assert run.found["cluster_access_k8s_auth"]["validate_certs"] is True
    for name in ("good", "from_environment"):
        assert "default" in [item["metadata"]["name"] for item in run.found[name]["resources"]], run.output
    assert run.found["other_ca"]["failed"] is True
    assert "CERTIFICATE_VERIFY_FAILED" in str(run.found["other_ca"])
    assert run.found["changed_token"]["failed"] is True
    assert "401" in str(run.found["changed_token"])


def own_ca(ansible: Ansible, cluster: str) -> dict[str, str]:
    """Return the role's variables for a cluster. Only mesh-dev requires a CA file."""
    if cluster != "mesh-dev":
        return {}
    path = ansible.folder / "mesh-ca.pem"
    path.write_bytes(ansible.sim.cluster(cluster).ca_pem)
    return {"cluster_access_cluster_ca_file": str(path)}


@pytest.mark.one_core
@needs_bundle
def test_the_python_client_works_with_the_session_only(fleet: Ansible) -> None:
    kubernetes_client = pytest.importorskip("kubernetes.client")
    run = fleet.play([ROLE, write_down("cluster_access_k8s_auth")], "-e", "cluster_access_cluster=shop-dev")
    assert run.rc == 0, run.output
    auth = run.found["cluster_access_k8s_auth"]

    def namespaces(**changed: str) -> list[str]:
        configuration = kubernetes_client.Configuration()
        given = {**auth, **changed}
        configuration.host, configuration.ssl_ca_cert = given["host"], given["ca_cert"]
        configuration.api_key = {"authorization": f"Bearer {given['api_key']}"}
        configuration.retries = urllib3.Retry(0)
        with kubernetes_client.ApiClient(configuration) as client:
            return [item.metadata.name for item in kubernetes_client.CoreV1Api(client).list_namespace().items]

    assert "default" in namespaces()
    stranger = fleet.folder / "stranger.pem"
    stranger.write_bytes(fleet.sim.cluster("legacy-dev").ca_pem)
    with pytest.raises(urllib3.exceptions.MaxRetryError, match="CERTIFICATE_VERIFY_FAILED"):
        namespaces(ca_cert=str(stranger))
    with pytest.raises(kubernetes_client.ApiException) as refused:
        namespaces(api_key=auth["api_key"][:-4] + "AAAA")
    assert refused.value.status == 401


def kubectl(ansible: Ansible, path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["kubectl", "--kubeconfig", path, *arguments],
        env=ansible.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@needs_kubectl
@pytest.mark.parametrize("cluster", ["shop-dev", "data-dev"])
def test_kubectl_works_with_the_kubeconfig_of_the_playbook(fleet: Ansible, cluster: str) -> None:
    path = fleet.folder / "kubeconfig"
    run = fleet.run(
        *("ibmcloud.kubernetes.kubeconfig", "-vvvv", "--diff"),
        *("-e", f"ibmcloud_clusters={cluster}", "-e", f"ibmcloud_kubeconfig={path}"),
    )

    assert run.rc == 0, run.output
    assert leaks(run.output, fleet.sim) == []
    assert path.stat().st_mode & 0o777 == 0o600
    good = kubectl(fleet, str(path), "get", "namespaces", "-o", "name")
    assert (good.returncode, good.stderr) == (0, "")
    assert "namespace/default" in good.stdout
    text = path.read_text()
    document = yaml.safe_load(text)
    cluster_entry = document["clusters"][0]["cluster"]
    cluster_entry.pop("certificate-authority-data", None)
    cluster_entry["certificate-authority"] = str(fleet.folder / "stranger.pem")
    (fleet.folder / "stranger.pem").write_bytes(fleet.sim.cluster("legacy-dev").ca_pem)
    path.write_text(yaml.safe_dump(document))
    other_ca = kubectl(fleet, str(path), "get", "namespaces")
    assert other_ca.returncode != 0
    assert "certificate signed by unknown authority" in other_ca.stderr
    document = yaml.safe_load(text)
    user = document["users"][0]["user"]
    place = user["auth-provider"]["config"] if "auth-provider" in user else user
    key = "id-token" if "id-token" in place else "token"
    place[key] = place[key][:-4] + "AAAA"
    path.write_text(yaml.safe_dump(document))
    changed_token = kubectl(fleet, str(path), "get", "namespaces")
    assert changed_token.returncode != 0
    assert "Unauthorized" in changed_token.stderr or "must be logged in" in changed_token.stderr


@pytest.mark.one_core
@needs_kubectl
def test_kubectl_works_with_a_kubeconfig_of_many_clusters(fleet: Ansible) -> None:
    """A second task removes one of the clusters."""
    path = fleet.folder / ".kube" / "config"
    task = {"clusters": "shop-dev, data-dev", "path": "~/.kube/config"}
    run = fleet.play([{"name": "Write it", "ibmcloud.kubernetes.kubeconfig": task}], "-v", "--diff")
    assert run.rc == 0, run.output
    assert leaks(run.output, fleet.sim) == []
    contexts = [entry["name"] for entry in yaml.safe_load(path.read_text())["contexts"]]
    assert [context.split("/")[0] for context in contexts] == ["shop-dev", "data-dev"]
    for context in contexts:
        done = kubectl(fleet, str(path), "--context", context, "get", "namespaces", "-o", "name")
        assert (done.returncode, done.stderr) == (0, "")
        assert "namespace/default" in done.stdout

    task = {"cluster": "shop-dev", "path": str(path), "state": "absent"}
    run = fleet.play([{"name": "Remove one", "ibmcloud.kubernetes.kubeconfig": task}])
    assert run.rc == 0, run.output
    gone = kubectl(fleet, str(path), "--context", contexts[0], "get", "namespaces")
    assert gone.returncode != 0
    assert "context was not found" in gone.stderr
    assert kubectl(fleet, str(path), "--context", contexts[1], "get", "namespaces").returncode == 0


@pytest.mark.one_core
@needs_kubectl
@pytest.mark.parametrize("in_process", [True, False])
def test_kubectl_works_with_the_kubeconfig_of_an_administrator(fleet: Ansible, in_process: bool) -> None:
    """The user does not have access to the clusters yet."""
    path = fleet.folder / "emergency"
    task = {"clusters": ["shop-dev", "data-dev"], "path": str(path), "admin": True, "in_process": in_process}
    tasks = [{"name": "Write it", "ibmcloud.kubernetes.kubeconfig": task, "register": "result"}, write_down("result")]
    run = fleet.play(tasks, "-vvv", "--diff")

    assert run.rc == 0, run.output
    assert leaks(run.output + str(run.found), fleet.sim) == []
    assert "bypass IAM and RBAC" in "".join(run.output.split("\n")).replace("  ", " ")
    assert path.stat().st_mode & 0o777 == 0o600
    contexts = run.found["result"]["contexts"]
    assert [context.rpartition("/")[2] for context in contexts] == ["admin", "admin"]
    for context in contexts:
        done = kubectl(fleet, str(path), "--context", context, "auth", "whoami", "-o", "jsonpath={.status.userInfo}")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"groups": ["system:masters", "system:authenticated"], "username": "admin"}
        assert kubectl(fleet, str(path), "--context", context, "create", "namespace", "rescue").returncode == 0
    document = yaml.safe_load(path.read_text())
    document["users"][0]["user"] = document["users"][1]["user"]
    path.write_text(yaml.safe_dump(document))
    # Without --raw, kubectl retries the discovery for a minute.
    other = kubectl(fleet, str(path), "--context", contexts[0], "get", "--raw", "/api/v1/namespaces")
    assert other.returncode != 0

    removed = fleet.play([{"name": "Remove it", "ibmcloud.kubernetes.kubeconfig": {**task, "state": "absent"}}])
    assert removed.rc == 0, removed.output
    assert yaml.safe_load(path.read_text())["users"] == []


@needs_kubectl
@pytest.mark.parametrize("in_process", [True, False])
def test_kubectl_works_with_the_returned_text(fleet: Ansible, in_process: bool) -> None:
    """Without a path, the task returns the kubeconfig as text."""
    tasks = [
        {
            "name": "Get the text",
            "ibmcloud.kubernetes.kubeconfig": {"cluster": "shop-dev", "in_process": in_process},
            "register": "result",
        },
        write_down("result"),
    ]
    run = fleet.play(tasks, "-vvv")

    assert run.rc == 0, run.output
    assert leaks(run.output, fleet.sim) == []
    path = fleet.folder / "text"
    path.write_text(run.found["result"]["kubeconfig_content"])
    done = kubectl(fleet, str(path), "get", "namespaces", "-o", "name")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.one_core
@needs_kubectl
def test_kubectl_renews_an_expired_id_token(fleet: Ansible) -> None:
    """With auth=oidc, kubectl requests a new ID token from the issuer and writes the token to the kubeconfig."""
    path = fleet.folder / "kubeconfig"
    sim = fleet.sim
    sim.cloud.settings = dataclasses.replace(sim.cloud.settings, id_token_seconds=61)
    run = fleet.run(
        "ibmcloud.kubernetes.kubeconfig", "-e", "ibmcloud_clusters=shop-dev", "-e", f"ibmcloud_kubeconfig={path}"
    )
    assert run.rc == 0, run.output
    document = yaml.safe_load(path.read_text())
    config = document["users"][0]["user"]["auth-provider"]["config"]
    # kubectl reads the claim exp, and does not send an expired ID token.
    config["id-token"] = expired(sim)
    path.write_text(yaml.safe_dump(document))
    sim._running.log.reset()
    done = kubectl(fleet, str(path), "get", "namespaces", "-o", "name")

    assert done.returncode == 0, done.stderr
    assert "namespace/default" in done.stdout
    asked = [(entry.path, entry.client) for entry in sim.requests if entry.service == "iam"]
    assert ("/identity/token", "kube") in asked
    renewed = yaml.safe_load(path.read_text())["users"][0]["user"]["auth-provider"]["config"]
    assert renewed["id-token"] != config["id-token"]


def expired(sim: Simulator) -> str:
    """Return an expired ID token from the simulated issuer."""
    identity = sim.cloud.identities["IBMid-2700ABCDEF"]
    sim.cloud.advance(-7200)
    token = sim.cloud.id_token(identity, "a1b2c3d4e5f60718293a4b5c6d7e8f90")
    sim.cloud.advance(7200)
    return token


@pytest.mark.parametrize(("cluster", "rc"), [("legacy-dev", 0), ("nowhere", 2)])
def test_the_access_check_works_on_the_command_line(fleet: Ansible, cluster: str, rc: int) -> None:
    command = ["ansible", "localhost", "-m", "ibmcloud.kubernetes.cluster_access_info", "-a", f"cluster={cluster}"]
    done = subprocess.run(
        command, env=fleet.env, cwd=fleet.folder, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == rc, done.stdout + done.stderr
    assert leaks(done.stdout + done.stderr, fleet.sim) == []
    shown = ("No cluster nowhere was found",) if rc else ('"authorized": true', '"gitVersion": "v1.')
    assert all(text in done.stdout for text in shown), done.stdout


def test_concurrent_tasks_share_a_kubeconfig(fleet: Ansible) -> None:
    """Existing content is kept, including strings that look like numbers."""
    path = fleet.folder / "kubeconfig"
    path.write_text(
        "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\n"
        "users:\n- name: other\n  user: {username: a, password: 12:34:56}\n"
    )
    inventory = fleet.folder / "hosts"
    inventory.write_text("".join(f"h{number} ansible_connection=local\n" for number in range(6)))
    entry = {
        "path": str(path),
        "name": "{{ inventory_hostname }}",
        "master_url": fleet.sim.cluster("shop-dev").master_url,
        "openshift_token": "an-opaque-token",
    }
    task = {"name": "Put it in", "ibmcloud.kubernetes.kubeconfig": entry}
    run = fleet.play([task], "-i", str(inventory), "-f", "6", hosts="all")

    assert run.rc == 0, run.output
    document = yaml.load(path.read_text(), yaml.BaseLoader)
    assert {user["name"] for user in document["users"]} == {"other", *(f"h{number}" for number in range(6))}
    assert document["users"][0]["user"]["password"] == "12:34:56"
    assert not path.with_name("kubeconfig.lock").exists()


def test_removal_from_a_missing_file_changes_nothing(fleet: Ansible) -> None:
    """The folder is not created."""
    options = {"path": str(fleet.folder / "none" / "kubeconfig"), "name": "shop", "state": "absent"}
    run = fleet.play([{"name": "Take it out", "ibmcloud.kubernetes.kubeconfig": options}])

    assert run.rc == 0, run.output
    assert "changed=0 " in run.output
    assert not (fleet.folder / "none").exists()
