# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity tokens of compute resources (pods and one VPC instance).

A pod has a projected service account token with the audience ``iam`` (see ``access-pod-identity.md`` in
ibm-cloud-docs/openshift). The token's issuer identifies the cluster [inferred].
"""

from __future__ import annotations

import typing as t

from .tokens import TokenError
from .world import ServiceAccount

if t.TYPE_CHECKING:
    import pathlib

    from .cloud import Cloud

_CLUSTER_ISSUER = "https://kubernetes.default.svc/"
_INSTANCE_ISSUER = "https://api.metadata.cloud.ibm.com"
_FILES = "cr-token-"


def pod_token(cloud: Cloud, account: ServiceAccount, *, audience: str = "iam", seconds: float | None = None) -> str:
    """Return a new service account token. In a real cluster, the kubelet writes this token to a file in the pod."""
    claims = {
        "aud": [audience],
        "sub": f"system:serviceaccount:{account.namespace}:{account.name}",
        "kubernetes.io": {"namespace": account.namespace, "serviceaccount": {"name": account.name}},
    }
    life = cloud.settings.cr_token_seconds if seconds is None else seconds
    return cloud.issue("pod", _CLUSTER_ISSUER + account.cluster, claims, life)


def read_pod_token(cloud: Cloud, token: str) -> ServiceAccount:
    """Return the service account to which a token was issued, or raise TokenError if IAM would reject the token."""
    claims = cloud.signer.read(token)
    issuer = str(claims.get("iss", ""))
    cluster = issuer.removeprefix(_CLUSTER_ISSUER)
    if issuer == cluster or not cloud.clusters_named(cluster):
        raise TokenError("it was not issued by a cluster")
    if "iam" not in claims.get("aud", []):
        raise TokenError("its audience is not iam")
    if cloud.is_expired(claims):
        raise TokenError("expired")
    _system, _kind, namespace, name = claims["sub"].split(":")
    return ServiceAccount(cluster, namespace, name)


def instance_token(cloud: Cloud, seconds: float) -> str:
    """Return a new identity token for the VPC instance."""
    return cloud.issue("instance", _INSTANCE_ISSUER, {"aud": "instance_identity", "sub": "sim-instance"}, seconds)


def check_instance_token(cloud: Cloud, token: str) -> None:
    """Raise TokenError unless the token is a valid identity token for the VPC instance."""
    claims = cloud.signer.read(token)
    if claims.get("iss") != _INSTANCE_ISSUER:
        raise TokenError("it is not an identity token")
    if cloud.is_expired(claims):
        raise TokenError("expired")


def write_pod_tokens(cloud: Cloud, directory: pathlib.Path) -> None:
    """For each service account that a profile trusts, write a token to the file ``cr-token-NAMESPACE-NAME``."""
    trusts = (who.trust for who in cloud.identities.values() if who.trust is not None)
    for account in sorted({account for trust in trusts for account in trust.service_accounts}, key=str):
        path = directory / f"{_FILES}{account.namespace}-{account.name}"
        path.touch(mode=0o600)
        path.write_text(pod_token(cloud, account), encoding="ascii")
