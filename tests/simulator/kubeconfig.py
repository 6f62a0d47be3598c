# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubeconfig that the containers service hands out in the format ``json``, and as a zip with its v1 paths."""

from __future__ import annotations

import base64
import io
import secrets
import typing as t
import zipfile

import yaml

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .cluster_state import ClusterState
    from .world import Identity


def kubeconfig(cloud: Cloud, state: ClusterState, identity: Identity, account: str, url: str) -> dict[str, t.Any]:
    """A kubeconfig with the CA as data and an ID token that is ready for use.

    The user has kubectl's ``oidc`` provider, client ``kube``. It holds no refresh token: the service stopped sending
    one in 2025 (IBM-Cloud/bluemix-go, commit 080b021), and clients put in their own. That a trusted profile gets an ID
    token as everybody else does is [inferred]; the world may say that it gets none.

    [inferred]: an OpenShift cluster's has the same shape, with the cluster's own CA, though neither that CA nor the ID
    token opens its endpoints. IBM's client drops the CA and puts in a token of the cluster's OAuth server.
    """
    name = f"{state.cluster.name}/{state.cluster.id}"
    user = f"{identity.subject}/{state.cluster.id}"
    client = cloud.generation.kubeconfig_client
    config = {"client-id": client, "client-secret": client, "idp-issuer-url": cloud.id_issuer}
    if identity.kind != "profile" or cloud.settings.profile_id_tokens:
        config["id-token"] = cloud.id_token(identity, account)
    cluster = {"server": url, "certificate-authority-data": base64.b64encode(state.ca_pem).decode()}
    return {
        "kind": "Config",
        "apiVersion": "v1",
        "preferences": {},
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": user, "user": {"auth-provider": {"name": "oidc", "config": config}}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user, "namespace": "default"}}],
        "current-context": name,
    }


def kubeconfig_zip(state: ClusterState, config: dict[str, t.Any], refresh_token: str) -> bytes:
    """The same as a zip: a folder with the kubeconfig as YAML and the CA, which is in a file of its own there.

    The page of 2017 prints the kubeconfig's name, IBM-Cloud/bluemix-go knows the rest. That these kubeconfigs have the
    refresh token in them, which is why a call sends one, is [inferred] from the end of both in 2025.
    """
    name = f"{state.cluster.datacenter or state.cluster.region}-{state.cluster.name}"
    folder = f"kubeConfig{secrets.randbelow(10**9):09d}"
    cluster = config["clusters"][0]["cluster"]
    ca_pem = base64.b64decode(cluster.pop("certificate-authority-data"))
    cluster["certificate-authority"] = f"ca-{name}.pem"
    config["users"][0]["user"]["auth-provider"]["config"]["refresh-token"] = refresh_token
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{folder}/", b"")
        archive.writestr(f"{folder}/kube-config-prod-{name}.yml", yaml.safe_dump(config, sort_keys=False))
        archive.writestr(f"{folder}/ca-{name}.pem", ca_pem)
    return content.getvalue()
