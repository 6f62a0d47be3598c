# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the credential plugin with kubectl and with the Python client. The kubeconfig does not contain a token."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import shutil
import subprocess
import sys
import time
import typing as t

import pytest
import yaml
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.k8s_settings import exec_user

from .conftest import HERE, Ansible, ansible_beside, leaks, write_down

if t.TYPE_CHECKING:
    from pathlib import Path

ROOT = HERE.parents[1]
SCRIPT = ROOT / "scripts" / "kubectl_credential.py"
ADA = "IBMid-2700ABCDEF"
CLUSTERS = ("shop-dev", "data-dev")
V1 = "client.authentication.k8s.io/v1"

needs_kubectl = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not on PATH")


@pytest.fixture
def cloud(tmp_path: Path) -> t.Iterator[Ansible]:
    """Yield Ansible with the world ``fleet``. RBAC in ``CLUSTERS`` is synchronized for the owner of the API key."""
    with ansible_beside("fleet", tmp_path) as found:
        for cluster in CLUSTERS:
            found.sim.cluster(cluster).rbac.synchronized_for.add(ADA)
        yield found


def plugin(cloud: Ansible, *arguments: str, info: t.Any = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the plugin as a client does."""
    more = {**env, **({"KUBERNETES_EXEC_INFO": json.dumps(info)} if info is not None else {})}
    return run(cloud, sys.executable, str(SCRIPT), *arguments, **more)


def run(cloud: Ansible, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    environ = {**cloud.env, **env}
    return subprocess.run(
        command, env=environ, cwd=cloud.folder, capture_output=True, text=True, timeout=60, check=False
    )


def status(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, str] = json.loads(done.stdout)["status"]
    return found


def kubeconfig(cloud: Ansible, cluster: str, *arguments: str, **changed: t.Any) -> str:
    """Write a kubeconfig that uses the plugin, and return the file's path."""
    state = cloud.sim.cluster(cluster)
    user = exec_user([sys.executable, str(SCRIPT), *arguments], cluster)
    user["exec"].update(changed)
    ca = base64.b64encode(state.ca_pem).decode() if cluster != "data-dev" else ""
    server: dict[str, t.Any] = {"server": state.master_url}
    server.update(
        {"certificate-authority-data": ca} if ca else {"certificate-authority": cloud.env["REQUESTS_CA_BUNDLE"]}
    )
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": server}],
        "users": [{"name": cluster, "user": user}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
        "current-context": cluster,
    }
    path = cloud.folder / f"{cluster}.kubeconfig"
    path.write_text(yaml.safe_dump(document))
    assert leaks(path.read_text().replace(ca or "no CA", ""), cloud.sim) == []
    return str(path)


def namespaces(cloud: Ansible, path: str) -> subprocess.CompletedProcess[str]:
    return run(cloud, "kubectl", "--kubeconfig", path, "get", "namespaces", "-o", "name")


def logins(cloud: Ansible) -> int:
    """Return the number of token requests to IAM and to the clusters' OAuth servers."""
    return sum(entry.path.endswith(("/identity/token", "/oauth/authorize")) for entry in cloud.sim.requests)


def token_files(cloud: Ansible) -> list[Path]:
    return sorted((cloud.folder / ".cache").rglob("*.json"))


@needs_kubectl
@pytest.mark.slow
@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("cluster", CLUSTERS)
def test_kubectl_gets_a_token_for_each_kind_of_cluster(cloud: Ansible, cluster: str, version: str) -> None:
    """The second command uses the cached token."""
    path = kubeconfig(cloud, cluster, apiVersion=f"client.authentication.k8s.io/{version}")
    first = namespaces(cloud, path)
    before = logins(cloud)
    second = namespaces(cloud, path)

    for done in (first, second):
        assert (done.returncode, done.stderr) == (0, "")
        assert "namespace/default" in done.stdout
    assert before > 0
    assert logins(cloud) == before
    assert leaks(first.stdout + second.stdout, cloud.sim) == []
    (file,) = token_files(cloud)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert cloud.env["IC_API_KEY"] not in file.read_text()


@needs_kubectl
@pytest.mark.slow
@pytest.mark.parametrize("cluster", CLUSTERS)
def test_kubectl_gets_a_new_token_after_the_expiry(cloud: Ansible, cluster: str) -> None:
    """The test advances the clock of the services, but not the clock of kubectl and the plugin."""
    path = kubeconfig(cloud, cluster)
    assert namespaces(cloud, path).returncode == 0
    before, old = logins(cloud), json.loads(token_files(cloud)[0].read_text())["token"]
    cloud.sim.cloud.advance(2 * 86400)
    # kubectl does not retry the rejected request, but its next request contains the new token.
    runs = [namespaces(cloud, path) for _number in range(2)]

    assert "namespace/default" in runs[-1].stdout, runs[-1].stderr
    assert logins(cloud) > before
    assert json.loads(token_files(cloud)[0].read_text())["token"] != old
    assert leaks("".join(done.stderr for done in runs), cloud.sim) == []


@pytest.mark.slow
def test_a_token_is_renewed_before_it_expires(cloud: Ansible) -> None:
    """The plugin returns a cached token only if the token is valid for at least two more minutes."""
    settings = cloud.sim.cloud.settings
    cloud.sim.cloud.settings = dataclasses.replace(settings, id_token_seconds=132)
    first = status(plugin(cloud, "shop-dev", info={"apiVersion": V1, "spec": {}}))
    wait_until = time.monotonic() + 12.5
    same_time = status(run(cloud, "sh", "-c", f'"{sys.executable}" "{SCRIPT}" shop-dev; exit $?'))
    time.sleep(max(0.0, wait_until - time.monotonic()))
    later = status(run(cloud, "sh", "-c", f'"{sys.executable}" "{SCRIPT}" shop-dev; exit $?'))

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["expirationTimestamp"])
    assert same_time == first
    assert later["token"] != first["token"]


def test_a_repeated_call_of_a_client_gets_a_new_token(cloud: Ansible) -> None:
    """Clients call the plugin again if a cluster rejects the token, for example because the token was revoked."""
    first, second = (status(plugin(cloud, "data-dev")) for _number in range(2))

    assert first["token"] != second["token"]


def test_without_a_cache_no_file_is_written(cloud: Ansible) -> None:
    status(plugin(cloud, "data-dev", "--no-cache"))

    assert not (cloud.folder / ".cache").exists()


def test_a_shared_folder_is_not_used_for_the_cache(cloud: Ansible) -> None:
    """The token is still returned, and a single line explains why the token is not cached."""
    shared = cloud.folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    done = plugin(cloud, "shop-dev", XDG_CACHE_HOME=str(shared))

    assert done.returncode == 0
    assert re.fullmatch(r"kubectl_credential: Tokens are not cached: .+ other users can write .+\n", done.stderr)
    assert list(shared.rglob("*.json")) == []


def test_another_key_does_not_get_the_token(cloud: Ansible) -> None:
    """Each identity has a separate cache."""
    first = status(plugin(cloud, "shop-dev"))
    (cloud.folder / "key").write_text("not-a-real-key/ada+dev=\n")
    (cloud.folder / "key").chmod(0o600)
    wrong = plugin(cloud, "shop-dev", IC_API_KEY="not-a-real-key/wrong-one=")
    from_file = status(run(cloud, "sh", "-c", f'"{sys.executable}" "{SCRIPT}" shop-dev; exit $?', IC_API_KEY="@key"))

    assert wrong.returncode == 1
    assert "BXNIM0415E" in wrong.stderr
    assert from_file == first


FAILURES = {
    "no-credentials": ({"IC_API_KEY": ""}, ["shop-dev"], None, "No credentials were given"),
    "no-cluster": ({}, ["nosuch"], None, "No cluster nosuch was found"),
    "wrong-key": ({"IC_API_KEY": "not-a-real-key/wrong="}, ["shop-dev"], None, "BXNIM0415E"),
    "old-version": ({}, ["shop-dev"], {"apiVersion": f"{V1}alpha1"}, "apiVersion of exec in the kubeconfig"),
    "foreign-server": (
        {},
        ["data-dev"],
        {"apiVersion": V1, "spec": {"cluster": {"server": "https://example.com:6443"}}},
        "example.com",
    ),
    "server-of-no-given-domain": (
        {},
        ["--allowed-hosts=a.example, b.example", "data-dev"],
        {"apiVersion": V1, "spec": {"cluster": {"server": "https://containers.cloud.ibm.com:6443"}}},
        "containers.cloud.ibm.com is not a host in the allowed domains a.example, b.example.",
    ),
    "no-domains": (
        {},
        ["--allowed-hosts=", "data-dev"],
        {"apiVersion": V1, "spec": {"cluster": {"server": "https://containers.cloud.ibm.com:6443"}}},
        "containers.cloud.ibm.com is not a host in the allowed domains (none).",
    ),
    "not-a-CA": (
        {},
        ["shop-dev"],
        {"apiVersion": V1, "spec": {"cluster": {"certificate-authority-data": "?"}}},
        "is not a base64-encoded PEM certificate",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_an_error_is_a_single_line_on_standard_error(cloud: Ansible, name: str) -> None:
    env, arguments, info, words = FAILURES[name]
    done = plugin(cloud, *arguments, info=info, **env)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("kubectl_credential: ")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert leaks(done.stderr, cloud.sim) == []
    assert "wrong=" not in done.stderr
    assert token_files(cloud) == []


def test_the_plugin_runs_from_an_installed_collection(cloud: Ansible) -> None:
    """The plugin runs from a copy in any folder, and does not require ansible-core."""
    copy = cloud.folder / "ansible_collections" / "ibmcloud" / "kubernetes"
    for folder in ("plugins", "scripts"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    code = "import runpy, sys; sys.modules['ansible'] = None; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    done = run(cloud, sys.executable, "-c", code, str(copy / "scripts" / "kubectl_credential.py"), "shop-dev")

    assert status(done)["token"].startswith("eyJ")


@pytest.mark.slow
def test_the_python_client_runs_the_plugin(cloud: Ansible) -> None:
    pytest.importorskip("kubernetes.client")
    path = kubeconfig(cloud, "shop-dev")
    code = (
        "import sys; from kubernetes import client, config; config.load_kube_config(sys.argv[1]);"
        "print([item.metadata.name for item in client.CoreV1Api().list_namespace().items])"
    )
    done = run(cloud, sys.executable, "-c", code, path)

    assert done.returncode == 0, done.stderr
    assert "'default'" in done.stdout
    assert leaks(done.stdout + done.stderr, cloud.sim) == []


@needs_kubectl
@pytest.mark.slow
def test_the_module_writes_a_kubeconfig_with_the_plugin(cloud: Ansible) -> None:
    """The kubeconfig contains clusters of both types, and no token. A second run changes nothing."""
    options = {"clusters": list(CLUSTERS), "path": str(cloud.folder / "config"), "auth": "exec"}
    task = {"name": "Write it", "ibmcloud.kubernetes.kubeconfig": options, "register": "written"}
    first = cloud.play([task, write_down("written")], "-vvvv", "--diff")
    text = (cloud.folder / "config").read_text()
    second = cloud.play([task, write_down("written")], "-vvvv", "--diff")

    assert (first.rc, second.rc) == (0, 0), first.output + second.output
    assert [one["auth"] for one in first.found["written"]["clusters"]] == ["exec", "exec"]
    assert (first.found["written"]["changed"], second.found["written"]["changed"]) == (True, False)
    assert leaks(text + first.output + second.output, cloud.sim) == []
    for context in first.found["written"]["contexts"]:
        done = run(cloud, "kubectl", "--kubeconfig", options["path"], "--context", context, "get", "ns", "-o", "name")
        assert "namespace/default" in done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cluster": "shop-dev", "in_process": False}, "auth=exec requires exec_command"),
        ({"master_url": "https://127.0.0.1:1", "name": "x"}, "auth=exec requires cluster or clusters"),
    ],
)
def test_a_kubeconfig_with_the_plugin_requires_in_process(
    cloud: Ansible, options: dict[str, t.Any], words: str
) -> None:
    """If Ansible packs the module (``in_process: false``), kubectl cannot run the module's file."""
    given = {"path": str(cloud.folder / "config"), "auth": "exec", **options}
    done = cloud.play([{"name": "Write it", "ibmcloud.kubernetes.kubeconfig": given}])

    assert done.rc == 2
    assert words in done.output
    assert not (cloud.folder / "config").exists()
    assert cloud.sim.requests == []
