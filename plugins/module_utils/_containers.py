# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The containers API: cluster lists, one cluster, its CA, and the RBAC synchronisation."""

from __future__ import annotations

import base64
import binascii
import typing as t
from dataclasses import dataclass

from ._errors import APIError, Call, LookupFailed, ResponseError
from ._json import JSON
from ._request import Auth, Request
from ._tokens import read_claims, well_formed

if t.TYPE_CHECKING:
    from ._http import Http

Record = dict[str, JSON]

# Provider -> list call. The VPC list takes the provider as a parameter too.
_LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "classic": ("/v2/classic/getClusters", {}),
    "vpc-gen2": ("/v2/vpc/getClusters", {"provider": "vpc-gen2"}),
    "satellite": ("/v2/satellite/getClusters", {}),
}
PROVIDERS = tuple(_LISTS)


@dataclass(frozen=True)
class RBACStatus:
    """The two flags of ``getRBACStatus``."""

    synchronized: bool
    error: bool


class Containers:
    """Calls of the containers API. ``learn`` is told each secret that is obtained."""

    def __init__(
        self, http: Http, base: str, auth: Auth, *, learn: t.Callable[..., None] = lambda *_secrets: None
    ) -> None:
        self._http = http
        self._base = base
        self._auth = auth
        self._learn = learn

    def clusters(self, provider: str) -> list[Record]:
        """Return the list records of one provider; they lack ``crn``, ``lifecycle`` and ``serviceEndpoints``."""
        path, query = _LISTS[provider]
        answer = self._call(f"list the {provider} clusters", "GET", path, query=query, expect="array")
        return [record for record in t.cast("list[JSON]", answer) if isinstance(record, dict)]

    def cluster(self, cluster: str) -> Record:
        """Return everything that the service says of one cluster."""
        answer = self._call(f"get cluster {cluster}", "GET", "/v2/getCluster", query={"cluster": cluster})
        return t.cast("Record", answer)

    def ca(self, cluster: str) -> str:
        """Return the PEM text of the CA that signs the certificate of the cluster's API.

        ``getCACert`` is documented, but one of IBM's pages asks for the Administrator role there; where it is refused
        the same CA is read from the kubeconfig. There is no third way that ends without verification.
        """
        step = f"get the CA of cluster {cluster}"
        try:
            answer = t.cast("Record", self._call(step, "GET", "/v2/getCACert", query={"cluster": cluster}))
            encoded = answer.get("caCert")
        except APIError as exc:
            if exc.status not in (403, 404):
                raise
            encoded = self._ca_in_kubeconfig(cluster)
        return self._pem(step, encoded, cluster)

    def apply_rbac(self, cluster: str) -> None:
        """Ask the service to synchronise the caller's own access to the cluster. It answers before that is done."""
        step = f"request the RBAC synchronisation of cluster {cluster}"
        # Repeating is harmless: the state that is asked for is the same.
        self._call(step, "POST", "/v2/applyRBAC", body={"cluster": cluster}, expect="nothing")

    def rbac_status(self, cluster: str) -> RBACStatus:
        """Return whether the caller's access is synchronised."""
        step = f"get the RBAC status of cluster {cluster}"
        answer = t.cast("Record", self._call(step, "GET", "/v2/getRBACStatus", query={"cluster": cluster}))
        synchronized, error = answer.get("synchronized"), answer.get("error", False)
        # The text "false" is true in Python: only real booleans count.
        if not isinstance(synchronized, bool) or not isinstance(error, bool):
            raise self._broken(step, "/v2/getRBACStatus", "synchronized and error are not both true or false")
        return RBACStatus(synchronized, error)

    def id_token(self, cluster: str) -> str:
        """Return the caller's ID token from the kubeconfig of a Kubernetes cluster.

        For trusted profiles, which have no refresh token to get one with. That the service puts one in for them is inferred.
        """
        token = _at(self._kubeconfig(cluster), "users", 0, "user", "auth-provider", "config", "id-token")
        if not isinstance(token, str) or not token:
            raise LookupFailed(
                f"The kubeconfig of cluster {cluster} holds no ID token",
                kind="not_found",
                hint="The service may give none to a trusted profile: use the API key of a user or a service ID instead.",
            )
        self._learn(token)
        if not well_formed(token) or read_claims(token) is None:
            step = f"get the kubeconfig of cluster {cluster}"
            raise self._broken(step, "/v2/getKubeconfig", "its id-token is no token")
        return token

    def _ca_in_kubeconfig(self, cluster: str) -> JSON:
        return _at(self._kubeconfig(cluster), "clusters", 0, "cluster", "certificate-authority-data")

    def _kubeconfig(self, cluster: str) -> JSON:
        step = f"get the kubeconfig of cluster {cluster}"
        return self._call(step, "GET", "/v2/getKubeconfig", query={"cluster": cluster, "format": "json"})

    def _pem(self, step: str, encoded: JSON, cluster: str) -> str:
        if not isinstance(encoded, str) or not encoded:
            raise LookupFailed(
                f"The service has no CA for cluster {cluster}",
                kind="not_found",
                hint="Give the CA of the cluster's API yourself.",
            )
        try:
            pem = base64.b64decode(encoded, validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            pem = ""
        if "-----BEGIN CERTIFICATE-----" not in pem:
            raise self._broken(step, "/v2/getCACert", "caCert is no base64 text of a PEM certificate")
        return pem

    def _call(
        self,
        step: str,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: dict[str, str] | None = None,
        expect: str = "object",
    ) -> JSON:
        url = self._base + path
        request = Request(step, method, url, auth=self._auth, query=query, json=body, expect=expect, paced=True)
        return self._http.send(request)

    def _broken(self, step: str, path: str, problem: str) -> ResponseError:
        return ResponseError.unusable(Call.at(self._base + path, step=step), problem)


def _at(document: JSON, *keys: str | int) -> JSON:
    """Return what stands at this place of a document; None where there is no such place."""
    for key in keys:
        if isinstance(key, int):
            document = document[key] if isinstance(document, list) and len(document) > key else None
        else:
            document = document.get(key) if isinstance(document, dict) else None
    return document
