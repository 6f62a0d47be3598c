# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubeconfigs that the containers service returns.

A user's kubeconfig is JSON. Administrators' kubeconfigs and the v1 API's kubeconfigs are zip files.
"""

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
    """Return a kubeconfig with an embedded CA certificate and a valid ID token.

    The user entry specifies kubectl's ``oidc`` provider and the API generation's client. The entry does not contain a refresh token, because the
    service stopped sending refresh tokens in 2025 (IBM-Cloud/bluemix-go, commit 080b021). Clients add a refresh token themselves. A trusted
    profile's kubeconfig contains an ID token [inferred: profile-id-token] unless ``profile_id_tokens`` is false. IBM does not document the
    format of the names in a kubeconfig [inferred: kubeconfig-name]. The CA certificate is the same as in the ``getCACert`` response [inferred: kubeconfig-ca].

    The kubeconfig of an OpenShift cluster has the same format and contains the cluster's CA certificate [inferred]. However, the cluster's
    endpoints use a different CA and reject the ID token. IBM's client replaces the CA certificate and the ID token.
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
    """Return a zip file whose only folder contains the kubeconfig as YAML and the CA certificate as a separate file.

    The October 2017 version of IBM's page shows the kubeconfig's file name. The rest of the zip file follows IBM-Cloud/bluemix-go. The
    ``refresh_token`` in the kubeconfig belongs to the same session as the refresh token in the request [inferred]. In 2025, the service stopped
    reading refresh tokens from requests, and stopped adding them to kubeconfigs.
    """
    name = f"{state.cluster.datacenter or state.cluster.region}-{state.cluster.name}"
    folder = f"kubeConfig{secrets.randbelow(10**9):09d}"
    cluster = config["clusters"][0]["cluster"]
    ca_pem = base64.b64decode(cluster.pop("certificate-authority-data"))
    cluster["certificate-authority"] = f"ca-{name}.pem"
    config["users"][0]["user"]["auth-provider"]["config"]["refresh-token"] = refresh_token
    kubeconfig_name = f"kube-config-prod-{name}.yml"
    return _archive(folder, {kubeconfig_name: yaml.safe_dump(config, sort_keys=False), f"ca-{name}.pem": ca_pem})


def admin_kubeconfig_zip(state: ClusterState, url: str) -> bytes:
    """Return a zip file with the kubeconfig as YAML, the CA certificate, a client certificate, and its private key.

    IBM-Cloud/bluemix-go (``api/container/containerv2/clusters.go``) depends on the names of the last two files and on
    the prefix and suffix of the CA file's name. IBM does not document the other names or the kubeconfig's references to these files [inferred].
    """
    place = state.cluster.datacenter or state.cluster.region
    admin = state.admin_certificate()
    ca_name = f"ca-{place}-{state.cluster.name}.pem"
    name, user = f"{state.cluster.name}/{state.cluster.id}/admin", "admin"
    config = {
        "kind": "Config",
        "apiVersion": "v1",
        "clusters": [{"name": name, "cluster": {"server": url, "certificate-authority": ca_name}}],
        "users": [{"name": user, "user": {"client-certificate": "admin.pem", "client-key": "admin-key.pem"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user, "namespace": "default"}}],
        "current-context": name,
    }
    files: dict[str, bytes | str] = {
        f"kube-config-{place}-{state.cluster.name}.yaml": yaml.safe_dump(config, sort_keys=False),
        ca_name: state.ca_pem,
        "admin.pem": admin.certificate,
        "admin-key.pem": admin.key,
    }
    return _archive(f"kubeConfigAdmin{secrets.randbelow(10**9):09d}", files)


def _archive(folder: str, files: t.Mapping[str, bytes | str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{folder}/", b"")
        for name, text in files.items():
            archive.writestr(f"{folder}/{name}", text)
    return content.getvalue()
