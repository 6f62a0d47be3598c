# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the real kubectl with a simulated cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t

import pytest
import yaml
from simulator_tests.calls import Api, ok
from simulator_tests.oauth_calls import login, synchronized

if t.TYPE_CHECKING:
    from pathlib import Path

KUBECTL = shutil.which("kubectl")

pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not on PATH")

Kubectl = t.Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def kubectl(tmp_path: Path) -> Kubectl:
    """Return a function that runs kubectl with an empty home directory, a kubeconfig, and only the given CA."""

    def run(config: t.Any, *arguments: str, ca: str = "") -> subprocess.CompletedProcess[str]:
        path = tmp_path / "config"
        if config is not None:
            path.write_text(yaml.safe_dump(config))
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        env = {**kept, "HOME": str(tmp_path), "KUBECONFIG": str(path), "SSL_CERT_FILE": ca}
        assert KUBECTL is not None
        return subprocess.run([KUBECTL, *arguments], env=env, capture_output=True, text=True, timeout=30, check=False)

    return run


def with_token(config: dict[str, t.Any], token: str) -> dict[str, t.Any]:
    """Replace kubectl's oidc provider in the service's kubeconfig with a plain token."""
    config["users"][0]["user"] = {"token": token}
    return config


@pytest.fixture
def config(fleet: Api) -> dict[str, t.Any]:
    return ok(fleet.containers(fleet.access_token(), "getKubeconfig?cluster=shop-dev"))


def test_kubectl_auth_whoami_works_before_the_synchronization(
    fleet: Api, kubectl: Kubectl, config: dict[str, t.Any]
) -> None:
    with_token(config, fleet.kube_tokens()["id_token"])
    done = kubectl(config, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
    assert done.stdout == "IAM#ada@example.com", done.stderr
    done = kubectl(config, "get", "ns")
    assert done.returncode == 1
    assert 'User "IAM#ada@example.com" cannot list resource "namespaces"' in done.stderr
    assert kubectl(config, "auth", "can-i", "list", "ns").stdout == "no\n"


def test_kubectl_manages_namespaces(fleet: Api, kubectl: Kubectl, config: dict[str, t.Any]) -> None:
    with_token(config, fleet.synchronized("shop-dev"))
    assert "kube-system" in kubectl(config, "get", "ns").stdout
    assert kubectl(config, "auth", "can-i", "list", "ns").stdout == "yes\n"
    assert kubectl(config, "create", "ns", "team-a").stdout == "namespace/team-a created\n"
    assert kubectl(config, "label", "ns", "team-a", "tier=test").returncode == 0
    labels = kubectl(config, "get", "ns", "team-a", "-o", "jsonpath={.metadata.labels}").stdout
    assert yaml.safe_load(labels) == {"kubernetes.io/metadata.name": "team-a", "tier": "test"}
    assert kubectl(config, "delete", "ns", "team-a").returncode == 0
    assert "NotFound" in kubectl(config, "get", "ns", "team-a").stderr


def test_kubectl_reports_invalid_tokens(fleet: Api, kubectl: Kubectl, config: dict[str, t.Any]) -> None:
    done = kubectl(with_token(config, fleet.kube_tokens()["id_token"]), "version")
    assert "Server Version: v1.33.4+IKS" in done.stdout
    done = kubectl(with_token(config, "garbage"), "version")
    assert "You must be logged in to the server" in done.stderr


def test_kubectl_renews_an_id_token(fleet: Api, kubectl: Kubectl, config: dict[str, t.Any], tmp_path: Path) -> None:
    """kubectl's oidc provider renews the ID token as the client ``kube``, and stores the new ID and refresh tokens.

    The next command uses the stored tokens.
    """
    fleet.synchronized("shop-dev")
    cloud = fleet.sim.cloud
    cloud.settings = type(cloud.settings)(id_token_seconds=1)
    provider = config["users"][0]["user"]["auth-provider"]["config"]
    tokens = fleet.kube_tokens()
    provider.update({"id-token": tokens["id_token"], "refresh-token": tokens["refresh_token"]})
    provider["idp-certificate-authority"] = str(fleet.sim.ca_path)
    cloud.settings = type(cloud.settings)()
    seen = len(fleet.sim.requests)
    done = kubectl(config, "get", "--raw", "/api/v1/namespaces/default")
    assert done.returncode == 0, done.stderr
    paths = [(entry.path, entry.client, entry.status) for entry in fleet.sim.requests[seen:]]
    assert ("/identity/.well-known/openid-configuration", "default", 200) in paths
    assert ("/identity/token", "kube", 200) in paths
    written = yaml.safe_load((tmp_path / "config").read_text())["users"][0]["user"]["auth-provider"]["config"]
    assert written["id-token"] not in ("", tokens["id_token"])
    assert written["refresh-token"] not in ("", tokens["refresh_token"])
    assert written["refresh-token"] in cloud.opaque_tokens
    seen = len(fleet.sim.requests)
    assert kubectl(None, "get", "--raw", "/api/v1/namespaces/default").returncode == 0
    assert {entry.service for entry in fleet.sim.requests[seen:]} == {"shop-dev"}


@pytest.mark.parametrize("cluster", ["data-dev", "mesh-dev"])
def test_kubectl_works_with_an_openshift_token(fleet: Api, kubectl: Kubectl, cluster: str) -> None:
    """The cluster's OAuth server issues the token."""
    synchronized(fleet, cluster)
    state, name = fleet.sim.cluster(cluster), {"name": "x"}
    config = {
        "kind": "Config",
        "apiVersion": "v1",
        "clusters": [{**name, "cluster": {"server": state.master_url}}],
        "users": [{**name, "user": {"token": login(fleet, cluster)}}],
        "contexts": [{**name, "context": {"cluster": "x", "user": "x"}}],
        "current-context": "x",
    }
    ca = fleet.cluster_ca(cluster)
    done = kubectl(config, "auth", "whoami", "-o", "json", ca=ca)
    user = yaml.safe_load(done.stdout)["status"]["userInfo"]
    assert user["username"] == "IAM#ada@example.com"
    assert user["groups"] == ["system:authenticated:oauth", "system:authenticated"]
    assert user["extra"] == {"scopes.authorization.openshift.io": ["user:full"]}
    assert "kube-system" in kubectl(config, "get", "ns", ca=ca).stdout
    assert "kube-system" in kubectl(config, "get", "projects", ca=ca).stdout
    fleet.sim.cloud.expire_openshift_tokens()
    assert "You must be logged in to the server" in kubectl(config, "get", "ns", ca=ca).stderr
