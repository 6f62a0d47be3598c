# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authentication of requests to a cluster, as in a Kubernetes API server.

In a comparison, kube-apiserver 1.20 and 1.36 returned the same results as the simulator. A request without a client certificate is
*anonymous* unless its Authorization header starts with ``Bearer``, exactly one space and a token. An anonymous request is not an error. An
invalid token results in HTTP 401. The claim ``exp`` is checked without leeway, ``nbf`` is checked with a leeway of one minute, and ``iat``
is ignored. Real servers cache an accepted token for ten seconds, but the simulator does not.

A client certificate signed by the cluster's CA takes precedence over a token. The certificate's common name is the user
name, and its organizations are the groups.
"""

from __future__ import annotations

import dataclasses
import typing as t
import uuid

from .cluster_state import ADMIN_GROUP
from .error_response import ErrorResponse
from .tokens import TokenError

if t.TYPE_CHECKING:
    from .cloud import Cloud
    from .cluster_state import ClusterState


@dataclasses.dataclass(frozen=True)
class User:
    """A user of a cluster.

    ``iam_id`` is empty for the anonymous user and for users with a client certificate. ``uid`` and ``scopes`` are set only for OpenShift tokens.
    """

    name: str
    groups: tuple[str, ...]
    iam_id: str = ""
    uid: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def is_admin(self) -> bool:
        """Whether the user is an administrator. RBAC is not checked for administrators."""
        return ADMIN_GROUP in self.groups


ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


def certificate_user(certificate: t.Mapping[str, t.Any]) -> User:
    """Return the user of a verified client certificate. The certificate has the format that ``SSLSocket.getpeercert()`` returns."""
    subject = [pair for group in certificate["subject"] for pair in group]
    (name,) = (value for key, value in subject if key == "commonName")
    groups = (value for key, value in subject if key == "organizationName")
    return User(name, (*groups, "system:authenticated"))


def authenticate(header: str | None, cloud: Cloud, state: ClusterState) -> User:
    """Return the user that the Authorization header identifies. Raise ErrorResponse 401 if the cluster does not trust the token.

    IBM's issuer is ``https://iam.cloud.ibm.com/identity``. In the simulator, the issuer is the simulated IAM's address, including ``/identity``,
    so that clients refresh ID tokens at the simulated IAM. The API generation defines the issuer, the audience, and the claim that contains the
    user name. IBM's page on access in clusters lists these claims.
    """
    parts = (header or "").strip().split(" ")
    if len(parts) < 2 or parts[0].lower() != "bearer" or not parts[1]:
        return ANONYMOUS
    if state.cluster.type == "openshift":
        return _openshift_user(parts[1], cloud, state)
    try:
        claims = cloud.signer.read(parts[1])
    except TokenError:
        raise _unauthorized() from None
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    not_before = claims.get("nbf")
    name = claims.get(cloud.generation.user_claim(state.cluster.account))
    trusted = (
        claims.get("iss") == cloud.id_issuer
        and cloud.generation.kubeconfig_client in audiences
        and not cloud.is_expired(claims)
        and (not_before is None or cloud.now() + 60 >= not_before)
        and isinstance(name, str)
    )
    if not trusted:
        raise _unauthorized()
    return User(f"IAM#{name}", ("system:authenticated",), str(claims.get("iam_id", "")))


def _openshift_user(value: str, cloud: Cloud, state: ClusterState) -> User:
    """Return the user of a token that the cluster's OAuth server issued. IAM tokens are rejected."""
    token = state.tokens.live(value, cloud.now())
    if token is None:
        raise _unauthorized()
    name = f"IAM#{cloud.identities[token.iam_id].realmed_subject}"
    uid = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{state.cluster.id} {token.iam_id}"))
    return User(name, ("system:authenticated:oauth", "system:authenticated"), token.iam_id, uid, token.scopes)


def _unauthorized() -> ErrorResponse:
    return ErrorResponse(401, "Unauthorized", "Unauthorized")
