# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The containers API: regions, cluster lists, one cluster, its CA, and the RBAC synchronisation."""

from __future__ import annotations

import base64
import binascii
import types
import typing as t
import urllib.parse
from dataclasses import dataclass

from .._core.errors import APIError, Call, LookupFailed, ResponseError
from .._core.strict_json import JSON
from .._core.tokens import is_well_formed, read_claims
from .._http.request import Auth, Request
from .api_generations import CURRENT, ApiGeneration, Endpoint, ProviderCalls
from .zip_kubeconfig import read_zip

if t.TYPE_CHECKING:
    from .._http.client import HttpClient

Record = dict[str, JSON]

Query = t.Mapping[str, str]
_NOTHING = t.cast("Record", types.MappingProxyType({}))


@dataclass(frozen=True)
class RBACStatus:
    """The two flags of ``getRBACStatus``."""

    synchronized: bool
    error: bool


class Containers:
    """Calls of the containers API. ``region`` is the only one that is asked about, where a generation asks by region.

    ``learn`` is told each secret that is obtained. ``of`` is what is known of a cluster, its ``provider`` and ``region``: how it is
    asked about may depend on them.
    """

    def __init__(
        self,
        http: HttpClient,
        base: str,
        auth: Auth,
        *,
        generation: ApiGeneration = CURRENT,
        region: str = "",
        register_secret: t.Callable[..., None] = lambda *_secrets: None,
    ) -> None:
        self._http = http
        self._base = self.endpoint = base
        self._auth = auth
        self._named_region = generation.region(region).name if region else ""
        self._register_secret = register_secret
        self.generation = generation

    def clusters(self, provider: str) -> list[Record]:
        """Return the list records of one provider; those of v2 lack ``crn``, ``lifecycle`` and ``serviceEndpoints``.

        :raises InputError: for a provider that the generation does not have.
        """
        endpoint = self.generation.provider(provider).list
        regions = self._regions() if endpoint.regional else [""]
        found: list[Record] = []
        for region in regions:
            where = f" in region {region}" if region else ""
            answer = self._request_from_table(
                f"list the {provider} clusters{where}", endpoint, region=region, expect="array"
            )
            # Records of v1, which knows no other, do not name the provider.
            known: Record = {"provider": provider, **self.generation.record}
            found += [{**known, **item} for item in t.cast("list[JSON]", answer) if isinstance(item, dict)]
        return found

    def cluster(self, cluster: str, record: Record = _NOTHING) -> Record:
        """Return everything that the service says of one cluster."""
        return t.cast(
            "Record",
            self._request_from_table(
                f"get cluster {cluster}", self._provider(record).one, cluster=cluster, record=record
            ),
        )

    def regions(self) -> list[Record]:
        """Return the records of the regions: ``name``, ``alias`` and more."""
        answer = t.cast("Record", self._request("list the regions", "GET", self.generation.regions_list))
        regions = answer.get("regions")
        if not isinstance(regions, list):
            raise self._invalid("list the regions", self.generation.regions_list, "its regions are no list")
        return [region for region in regions if isinstance(region, dict)]

    @property
    def region_note(self) -> str:
        """What was left out of the lists by a region, in a sentence; empty for nothing."""
        if not (self._named_region and self.generation.regions):
            return ""
        return f"Only region {self._named_region} was asked."

    def ca(self, cluster: str, record: Record = _NOTHING, *, synchronize: bool = False) -> str:
        """Return the PEM text of the CA that signs the certificate of the cluster's API.

        With ``synchronise`` the call may synchronise the caller's access to the cluster too, in generations in which it can.

        ``getCACert`` is documented, but one of IBM's pages asks for the Administrator role there; where it is refused, or did not
        exist yet, the same CA is read from the kubeconfig. There is no third way that ends without verification.
        """
        step = f"get the CA of cluster {cluster}"
        encoded: JSON = None
        is_refused = not self.generation.ca
        if not is_refused:
            try:
                answer = t.cast("Record", self._request(step, "GET", self.generation.ca, query={"cluster": cluster}))
                encoded = answer.get("caCert")
            except APIError as exc:
                if exc.status not in (403, 404):
                    raise
                is_refused = True
        if is_refused:
            kubeconfig = self._kubeconfig(cluster, record, synchronize=synchronize)
            encoded = _dig(kubeconfig, "clusters", 0, "cluster", "certificate-authority-data")
        path = self._provider(record).kubeconfig.path if is_refused else self.generation.ca
        return self._pem(step, encoded, cluster, path)

    def apply_rbac(self, cluster: str) -> None:
        """Ask the service to synchronise the caller's own access to the cluster. It answers before that is done."""
        step = f"request the RBAC synchronisation of cluster {cluster}"
        # Repeating is harmless: the state that is asked for is the same.
        self._request(step, "POST", "/v2/applyRBAC", body={"cluster": cluster}, expect="nothing")

    def rbac_status(self, cluster: str) -> RBACStatus:
        """Return whether the caller's access is synchronised."""
        step = f"get the RBAC status of cluster {cluster}"
        answer = t.cast("Record", self._request(step, "GET", "/v2/getRBACStatus", query={"cluster": cluster}))
        synchronized, error = answer.get("synchronized"), answer.get("error", False)
        # The text "false" is true in Python: only real booleans count.
        if not isinstance(synchronized, bool) or not isinstance(error, bool):
            raise self._invalid(step, "/v2/getRBACStatus", "synchronized and error are not both true or false")
        return RBACStatus(synchronized, error)

    def id_token(self, cluster: str, record: Record = _NOTHING) -> str:
        """Return the caller's ID token from the kubeconfig of a Kubernetes cluster.

        For trusted profiles, which have no refresh token to get one with, and for the generation whose token service gives out
        none. That the service puts one in for profiles is inferred.
        """
        token = _dig(self._kubeconfig(cluster, record), "users", 0, "user", "auth-provider", "config", "id-token")
        if not isinstance(token, str) or not token:
            raise LookupFailed(
                f"The kubeconfig of cluster {cluster} holds no ID token",
                kind="not_found",
                hint="The service may give none to a trusted profile: use the API key of a user or a service ID instead.",
            )
        self._register_secret(token)
        if not is_well_formed(token) or read_claims(token) is None:
            step = f"get the kubeconfig of cluster {cluster}"
            raise self._invalid(step, self._provider(record).kubeconfig.path, "its id-token is no token")
        return token

    def _kubeconfig(self, cluster: str, record: Record, *, synchronize: bool = False) -> JSON:
        """Return the kubeconfig as its JSON form has it; of a zipped one the parts that are read here."""
        step = f"get the kubeconfig of cluster {cluster}"
        provider = self._provider(record)
        if not provider.is_zipped:
            return self._request_from_table(step, provider.kubeconfig, cluster=cluster, record=record)
        endpoint = provider.kubeconfig._replace(query={}) if synchronize else provider.kubeconfig
        answer = self._request_from_table(step, endpoint, cluster=cluster, record=record, expect="archive")
        try:
            return read_zip(t.cast("str", answer).encode("latin-1"))
        except ValueError as exc:
            problem = str(exc)
        raise self._invalid(step, provider.kubeconfig.path, problem)

    def _provider(self, record: Record) -> ProviderCalls:
        named = self.generation.providers.get(str(record.get("provider")))
        return named or self.generation.providers[self.generation.default_providers[0]]

    def _regions(self) -> list[str]:
        """Return the regions to ask for clusters in: the one that was named, or all that the service names."""
        if self._named_region:
            return [self._named_region]
        return [str(region["name"]) for region in self.regions() if region.get("name")]

    def _request_from_table(
        self,
        step: str,
        endpoint: Endpoint,
        *,
        cluster: str = "",
        record: Record = _NOTHING,
        region: str = "",
        expect: str = "object",
    ) -> JSON:
        """Make a call that is written in the table of generations."""
        path = endpoint.path.format(cluster=urllib.parse.quote(cluster, safe=""))
        query = {name: value.format(cluster=cluster) for name, value in endpoint.query.items()}
        # Names that the service has sent are its own, also of regions that no page knows.
        region = region or str(record.get("region") or self._named_region)
        headers = {"X-Region": region} if endpoint.regional and region else None
        return self._request(step, "GET", path, query=query, headers=headers, expect=expect)

    def _pem(self, step: str, encoded: JSON, cluster: str, path: str) -> str:
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
            raise self._invalid(step, path, "the CA is no base64 text of a PEM certificate")
        return pem

    def _request(
        self,
        step: str,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: dict[str, str] | None = None,
        headers: Query | None = None,
        expect: str = "object",
    ) -> JSON:
        url = self._base + path
        request = Request(
            *(step, method, url, self._auth), query=query, json=body, headers=headers, expect=expect, paced=True
        )
        return self._http.send(request)

    def _invalid(self, step: str, path: str, problem: str) -> ResponseError:
        return ResponseError.unusable(Call.at(self._base + path, step=step), problem)


def _dig(document: JSON, *keys: str | int) -> JSON:
    """Return what stands at this place of a document; None where there is no such place."""
    for key in keys:
        if isinstance(key, int):
            document = document[key] if isinstance(document, list) and len(document) > key else None
        else:
            document = document.get(key) if isinstance(document, dict) else None
    return document
