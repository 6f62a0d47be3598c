# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubeconfig that the containers service hands out in the format ``json``."""

from __future__ import annotations

import base64
import typing as t

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
    config = {"client-id": "kube", "client-secret": "kube", "idp-issuer-url": cloud.issuer}
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
