# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""A client of the containers API, which reads regions, clusters, kubeconfigs and CA certificates, and synchronizes RBAC."""

from __future__ import annotations

import types
import typing as t
import urllib.parse
from dataclasses import dataclass

from .._core.errors import APIError, Call, InputError, LookupFailed, ResponseError
from .._core.tokens import is_well_formed, read_claims
from .._http.request import Auth, Request
from . import kubeconfig_response
from .api_generations import CURRENT, ApiGeneration, Endpoint, ProviderCalls
from .cluster_records import Record, clean_record, describes_another, has_usable_id
from .zip_kubeconfig import AdminFiles, read_admin_zip, read_zip

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient

Query = t.Mapping[str, str]
Content = t.TypeVar("Content")
_NOTHING = t.cast("Record", types.MappingProxyType({}))


@dataclass(frozen=True)
class RBACStatus:
    """The two flags that ``getRBACStatus`` returns."""

    synchronized: bool
    error: bool


class _Api:
    """A base class that sends requests to the containers API of an API generation."""

    def __init__(self, http: HttpClient, base: str, auth: Auth, generation: ApiGeneration, region: str) -> None:
        self._http = http
        self._base = self.endpoint = base
        self._auth = auth
        self._named_region = generation.region(region).name if region else ""
        self.generation = generation

    def _provider(self, record: Record) -> ProviderCalls:
        named = self.generation.providers.get(str(record.get("provider")))
        return named or self.generation.providers[self.generation.default_providers[0]]

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
        """Send a request to an endpoint that the API generation defines."""
        path = _path_of(endpoint.path, cluster)
        query = {name: value.format(cluster=cluster) for name, value in endpoint.query.items()}
        # A record's region is used unchanged, because the service may have regions that the API generation does not list.
        region = region or str(record.get("region") or self._named_region)
        headers = {"X-Region": region} if endpoint.regional and region else None
        return self._request(step, "GET", path, query=query, headers=headers, expect=expect)

    def _request_archive(
        self,
        step: str,
        endpoint: Endpoint,
        read: t.Callable[[bytes], Content],
        *,
        cluster: str,
        record: Record,
    ) -> Content:
        """Request a zip archive, and pass its content to ``read``. Return the result.

        ``read`` raises ValueError if the content cannot be used.
        """
        answer = self._request_from_table(step, endpoint, cluster=cluster, record=record, expect="archive")
        try:
            return read(t.cast("str", answer).encode("latin-1"))
        except ValueError as exc:
            problem = str(exc)
        raise self._invalid(step, endpoint.path, problem, cluster=cluster)

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
            *(step, method, url, self._auth), query=query, json=body, headers=headers, expect=expect, rate_limited=True
        )
        return self._http.send(request)

    def _invalid(self, step: str, path: str, problem: str, *, cluster: str = "") -> ResponseError:
        return ResponseError.unusable(Call.at(self._base + _path_of(path, cluster), step=step), problem)


def _path_of(path: str, cluster: str) -> str:
    """Return the path with ``{cluster}`` replaced by the cluster's ID."""
    return path.format(cluster=urllib.parse.quote(cluster, safe=""))


class Containers(_Api):
    """A client of the containers API.

    If the API generation lists clusters by region and ``region`` is set, only this region's clusters are listed. The client calls
    ``register_secret`` with each secret that it obtains. The methods read a cluster's ``provider`` and ``region`` from ``record``.
    ``warnings`` contains a line for each skipped record.
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
        super().__init__(http, base, auth, generation, region)
        self._register_secret = register_secret
        self.warnings: list[str] = []

    def clusters(self, provider: str) -> list[Record]:
        """Return one provider's clusters. API v2 records lack ``crn``, ``lifecycle`` and ``serviceEndpoints``.

        Records without a usable ID are skipped. For each skipped record, a line is added to ``warnings``.

        :raises InputError: if the API generation does not support the provider.
        """
        endpoint = self.generation.provider(provider).list
        regions = self._regions() if endpoint.regional else [""]
        found: list[Record] = []
        for region in regions:
            where = f" in region {region}" if region else ""
            answer = self._request_from_table(
                f"list the {provider} clusters{where}", endpoint, region=region, expect="array"
            )
            # API v1 records do not contain the provider.
            known: Record = {"provider": provider, **self.generation.record}
            for record in (clean_record(item, known) for item in t.cast("list[JSON]", answer)):
                if has_usable_id(record):
                    found.append(record)
                else:
                    name = record.get("name") or "without a name"
                    self.warnings.append(f"A {provider} cluster ({name}) was skipped: its record has no usable ID.")
        return found

    def cluster(self, cluster: str, record: Record = _NOTHING) -> Record:
        """Return the detailed record of the cluster with this ID.

        :raises ResponseError: if the response describes another cluster.
        """
        step, endpoint = f"get cluster {cluster}", self._provider(record).one
        answer = self._request_from_table(step, endpoint, cluster=cluster, record=record)
        if describes_another(t.cast("Record", answer), cluster, record):
            raise self._invalid(step, endpoint.path, "the record describes another cluster", cluster=cluster)
        return clean_record(answer)

    def regions(self) -> list[Record]:
        """Return the regions. Each record contains ``name``, ``alias`` and other fields."""
        answer = t.cast("Record", self._request("list the regions", "GET", self.generation.regions_list))
        regions = answer.get("regions")
        if not isinstance(regions, list):
            raise self._invalid("list the regions", self.generation.regions_list, "regions is not a list")
        return [region for region in regions if isinstance(region, dict)]

    @property
    def region_note(self) -> str:
        """A sentence for error messages if only one region's clusters were listed, or an empty string otherwise."""
        if not (self._named_region and self.generation.regions):
            return ""
        return f"Only region {self._named_region} was searched."

    def ca(self, cluster: str, record: Record = _NOTHING) -> str:
        """Return the CA certificate (PEM) of the cluster's API server.

        The certificate is read with ``getCACert``. Older API generations lack this call. According to one of IBM's pages, the call requires the
        Administrator role [inferred: ca-role]. Therefore, in older generations and after HTTP 403 or 404, the certificate is read from the
        kubeconfig. The kubeconfig contains the same CA certificate [inferred: kubeconfig-ca].
        """
        step = f"get the CA of cluster {cluster}"
        encoded: JSON = None
        from_kubeconfig = not self.generation.ca
        if not from_kubeconfig:
            try:
                answer = t.cast("Record", self._request(step, "GET", self.generation.ca, query={"cluster": cluster}))
                encoded = answer.get("caCert")
            except APIError as exc:
                if exc.status not in (403, 404):
                    raise
                from_kubeconfig = True
        if from_kubeconfig:
            kubeconfig = self._kubeconfig(cluster, record)
            encoded = kubeconfig_response.ca_data(kubeconfig)
        path = self._provider(record).kubeconfig.path if from_kubeconfig else self.generation.ca
        return self._pem(step, encoded, cluster, path)

    def apply_rbac(self, cluster: str, record: Record = _NOTHING) -> None:
        """Request the synchronization of the caller's own access to the cluster. The service performs the synchronization asynchronously.

        If the API generation lacks ``applyRBAC``, this method requests the kubeconfig, because that request also synchronizes the access.
        """
        if self.generation.kubeconfig_call_syncs_rbac:
            self._kubeconfig(cluster, record, synchronize=True)
            return
        step = f"request the RBAC synchronization of cluster {cluster}"
        # IBM's API page shows a staging host but does not show how the body is encoded [inferred: rbac-request].
        self._request(step, "POST", "/v2/applyRBAC", body={"cluster": cluster}, expect="nothing")

    def rbac_status(self, cluster: str) -> RBACStatus:
        """Return whether the caller's access is synchronized and whether the RBAC status contains an error."""
        step = f"get the RBAC status of cluster {cluster}"
        answer = t.cast("Record", self._request(step, "GET", "/v2/getRBACStatus", query={"cluster": cluster}))
        synchronized, error = answer.get("synchronized"), answer.get("error", False)
        # If the service sent the string "false" instead of a boolean, Python would treat the string as true.
        if not isinstance(synchronized, bool) or not isinstance(error, bool):
            raise self._invalid(step, "/v2/getRBACStatus", "synchronized and error are not both booleans")
        return RBACStatus(synchronized, error)

    def id_token(self, cluster: str, record: Record = _NOTHING) -> str:
        """Return the caller's ID token from the kubeconfig of a Kubernetes cluster.

        A login as a trusted profile requires this ID token, because trusted profiles do not receive a refresh token. API generation ``2017``
        also requires this ID token, because its token service does not issue ID tokens. A profile's kubeconfig contains an ID token
        [inferred: profile-id-token].
        """
        token = kubeconfig_response.id_token(self._kubeconfig(cluster, record))
        if not isinstance(token, str) or not token:
            raise LookupFailed(
                f"The kubeconfig of cluster {cluster} does not contain an ID token",
                kind="not_found",
                hint="IBM might not issue ID tokens to trusted profiles. Use the API key of a user or a service ID instead.",
            )
        self._register_secret(token)
        if not is_well_formed(token) or read_claims(token) is None:
            step = f"get the kubeconfig of cluster {cluster}"
            path = self._provider(record).kubeconfig.path
            raise self._invalid(step, path, "id-token in the kubeconfig is not a token", cluster=cluster)
        return token

    def admin_files(self, cluster: str, record: Record = _NOTHING) -> AdminFiles:
        """Return the cluster's CA certificate, and the administrator's client certificate and key.

        The client certificate bypasses IAM and RBAC. The zip archive contains the same files for all types of clusters [inferred: admin-kubeconfig].

        :raises InputError: if the API generation does not support administrator kubeconfigs for this provider.
        """
        step = f"get the administrator's kubeconfig of cluster {cluster}"
        endpoint = self._provider(record).admin_kubeconfig
        if endpoint is None:
            raise InputError(f"admin is not supported for classic clusters with api_generation {self.generation.name}")
        try:
            files = self._request_archive(step, endpoint, read_admin_zip, cluster=cluster, record=record)
        except APIError as exc:
            if exc.kind == "permission":
                exc.hint = "Ask for the Administrator platform role on the cluster."
            raise
        self._register_secret(files.key)
        return files

    def _kubeconfig(self, cluster: str, record: Record, *, synchronize: bool = False) -> JSON:
        """Return the kubeconfig in JSON format. If the service returns a zip archive, return only the parts that this class uses."""
        step = f"get the kubeconfig of cluster {cluster}"
        provider = self._provider(record)
        if not provider.is_zipped:
            kubeconfig = self._request_from_table(step, provider.kubeconfig, cluster=cluster, record=record)
            if kubeconfig_response.cluster_id(kubeconfig) not in ("", cluster):
                problem = "the kubeconfig is for another cluster"
                raise self._invalid(step, provider.kubeconfig.path, problem, cluster=cluster)
            return kubeconfig
        endpoint = provider.kubeconfig._replace(query={}) if synchronize else provider.kubeconfig
        return self._request_archive(step, endpoint, read_zip, cluster=cluster, record=record)

    def _regions(self) -> list[str]:
        """Return the region from the options or, if no region is set, all regions of the service."""
        if self._named_region:
            return [self._named_region]
        names = (region.get("name") for region in self.regions())
        return [name for name in names if isinstance(name, str) and name]

    def _pem(self, step: str, encoded: JSON, cluster: str, path: str) -> str:
        if not isinstance(encoded, str) or not encoded:
            raise LookupFailed(
                f"The service did not return a CA certificate for cluster {cluster}",
                kind="not_found",
                hint="Set cluster_ca_file to a file with the CA certificate of the cluster's API server.",
            )
        pem = kubeconfig_response.decode_pem(encoded)
        if not pem:
            problem = "the CA certificate is not a base64-encoded PEM certificate"
            raise self._invalid(step, path, problem, cluster=cluster)
        return pem
