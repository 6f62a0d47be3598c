# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Convert records from the containers API to the documented cluster facts, and read the clusters' details and CA certificates."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from .._cloud import ClusterEndpoint
from .._core.errors import APIError, InputError, LookupFailed
from .._core.private_files import read
from .._services.cluster_records import Record, text_of
from .ca_store import CaStore
from .cluster_states import FINAL_STATE_HINT, final_state

if t.TYPE_CHECKING:
    from .._cloud import Cloud
    from .._core.errors import IBMCloudError
    from .._core.options import LoginOptions
    from .._core.strict_json import JSON
    from .._core.worker_pool import WorkerPool
    from .._services.allowed_hosts import AllowedHosts
    from .._services.containers import Containers

# The maximum number of clusters whose details are read in one run. The service allows 200 requests per 10 s, so reading the details of more
# clusters would take more than four minutes. Each record requires about 30 kB of memory.
MOST_DETAILS = 5000
# The keys of cluster facts that the documentation of cluster_info lists.
_DOCUMENTED = (
    *("cluster", "id", "name", "type", "provider", "region", "resourceGroup", "resourceGroupName", "state"),
    *("masterKubeVersion", "versionEOS", "workerCount", "masterURL", "master_url", "endpoints"),
    *("ca_cert_data", "ca_cert_source"),
)
# The keys that cluster_login adds to a record for the session's token.
_SESSION = ("id_token", "openshift_token", "expires_at", "k8s_auth", "k8s_env")


def cluster_facts(record: Record, addresses: t.Sequence[str] = ("masterURL", "serverURL")) -> Record:
    """Return the service's record with ``master_url`` and ``endpoints`` added.

    ``addresses`` lists the fields that can contain the master URL, in order of precedence. ``endpoints`` maps each endpoint in the record
    (``public``, ``private`` or ``vpe``) to its URL, or to null if the endpoint is disabled. The service returns the URLs in
    ``serviceEndpoints`` for VPC clusters, and at the top level for classic clusters.
    """
    endpoints: dict[str, JSON] = {**_endpoint(record, "public"), **_endpoint(record, "private")}
    vpe = text_of(record.get("virtualPrivateEndpointURL"))
    if vpe:
        endpoints["vpe"] = vpe
    known = {**record, "publicServiceEndpointURL": endpoints.get("public")}
    master = next((url for name in addresses if (url := text_of(known.get(name)))), None)
    found = master or endpoints.get("public") or endpoints.get("private")
    return {**record, "endpoints": endpoints, "master_url": found}


def merge_details(record: Record, details: Record) -> Record:
    """Merge a cluster's details into the cluster's record from the cluster list.

    The ID and the name from the list are kept. A null value in the details does not replace a value from the list.
    """
    values = {name: value for name, value in details.items() if value is not None or name not in record}
    found = {name: record[name] for name in ("id", "name") if record.get(name) is not None}
    return {**record, **values, **found}


def display_name(record: Record) -> str:
    """Return the cluster's name, or the ID if the cluster does not have a name."""
    return text_of(record.get("name")) or str(record.get("id"))


def documented_keys(facts: Record) -> Record:
    """Return a cluster's facts without undocumented keys."""
    return {key: facts[key] for key in _DOCUMENTED if key in facts}


def without_session(record: Record) -> Record:
    """Return the record without the keys that ``cluster_login`` adds for the session's token."""
    return {key: value for key, value in record.items() if key not in _SESSION}


def master_url(facts: Record, endpoint: str) -> str:
    """Return the URL of the cluster's API for this endpoint: auto, public, private or vpe.

    :raises InputError: if the cluster does not have this endpoint.
    :raises LookupFailed: if the cluster does not have any endpoint yet.
    """
    endpoints = t.cast("dict[str, str | None]", facts["endpoints"])
    name = display_name(facts)
    url = text_of(facts.get("master_url")) if endpoint == "auto" else endpoints.get(endpoint)
    if url:
        return _with_signed_certificate(url) if facts.get("type") == "openshift" else url
    has = ", ".join(kind for kind, address in endpoints.items() if address)
    has = has or ("auto" if text_of(facts.get("master_url")) else "")
    if endpoint != "auto" and has:
        raise InputError(f"Cluster {name} has no {endpoint} endpoint", hint=f"Available endpoints: {has}.")
    final = final_state(facts)
    state = final or facts.get("state") or "unknown"
    raise LookupFailed(
        f"Cluster {name} has no masterURL; its state is {state}",
        kind="not_ready",
        hint=FINAL_STATE_HINT
        if final
        else "Wait until the cluster is deployed, then try again. To wait for the deployment in a playbook, set wait=true in ibmcloud.kubernetes.cluster_info.",
    )


def check_final_state(record: Record) -> None:
    """Raise LookupFailed if the cluster is in a final state, such as ``aborted``. Such a cluster never becomes ready."""
    state = final_state(record)
    if state:
        raise LookupFailed(
            f"Cluster {display_name(record)} cannot be used: its state is {state}",
            kind="not_ready",
            hint=FINAL_STATE_HINT,
        )


@dataclass(frozen=True)
class FactsReader:
    """Reads the facts of clusters. If ``endpoint`` is empty, a missing masterURL is not an error.

    If ``is_verified`` is false, CAs are read over unverified connections, and their source is "unverified".
    """

    containers: Containers
    endpoint: str = ""
    everything: bool = False
    ca: bool = False
    ca_file: str = ""
    ca_store: CaStore | None = None  # None to request each CA from the service
    is_verified: bool = True
    allowed: AllowedHosts | None = None  # None to accept any URL, for records that are not used for a login

    @classmethod
    def for_login(cls, cloud: Cloud, options: LoginOptions) -> FactsReader:
        """Return a reader for the facts that a login requires. The reader caches CA certificates."""
        return cls(
            cloud.containers,
            endpoint=options.endpoint,
            ca=True,
            ca_file=options.cluster_ca_file,
            ca_store=CaStore.for_cloud(cloud, options.ca_folder),
            is_verified=options.validate_certs,
            allowed=options.allowed_hosts,
        )

    def read_all(self, records: t.Mapping[str, Record], pool: WorkerPool) -> list[Record | IBMCloudError]:
        """Return each cluster's facts, or the error that occurred, in the order of ``records``."""
        self.check_count(records)
        return pool.map_errors(records.values(), self.read)

    def check_count(self, records: t.Sized) -> None:
        """Check that the facts of all ``records`` can be read in one run.

        :raises InputError: if the details or CA certificates of more than MOST_DETAILS clusters are required.
        """
        if (self.everything or self.ca) and len(records) > MOST_DETAILS:
            raise InputError(
                f"{len(records)} clusters match, but details or CA certificates are read for at most {MOST_DETAILS} in one run",
                hint="Set resource_group, regions, type, states or version to select fewer clusters.",
            )

    def read(self, record: Record) -> Record:
        """Return the facts of one cluster.

        :raises InputError: if tokens must not be sent to the cluster's URL.
        """
        facts = self._known_facts(record)
        if self.everything or (self.endpoint and not self._known_url(facts)):
            more = self.containers.cluster(str(record["id"]), record)
            facts = self._known_facts(merge_details(record, more))
        if self.endpoint:
            facts["master_url"] = master_url(facts, self.endpoint)
        # The URL is checked before the CA is requested, because a login at a forbidden URL fails anyway.
        self._check_url(facts["master_url"])
        return self.with_ca(facts) if self.ca else facts

    def check(self, record: Record) -> None:
        """Check that tokens may be sent to the record's URL for the endpoint. A record without this URL passes the check.

        :raises InputError: if tokens must not be sent to the URL.
        """
        self._check_url(record.get("master_url") or self._known_url(self._known_facts(record)))

    def _known_facts(self, record: Record) -> Record:
        return cluster_facts(record, self.containers.generation.addresses)

    def _known_url(self, facts: Record) -> JSON:
        endpoints = t.cast("dict[str, str | None]", facts["endpoints"])
        return facts["master_url"] if self.endpoint in ("", "auto") else endpoints.get(self.endpoint)

    def _check_url(self, url: JSON) -> None:
        if url and self.allowed is not None:
            ClusterEndpoint.of(url, None, self.allowed)

    def complete(self, record: Record) -> Record:
        """Return the record with the facts that a login requires, including the URL and the CA certificate.

        :raises InputError: if tokens must not be sent to the cluster's URL.
        """
        if not record.get("master_url"):
            return replace(self, ca="ca_cert_data" not in record).read(record)
        if "ca_cert_data" in record:
            return record
        self._check_url(record["master_url"])
        return self.with_ca(record)

    def with_ca(self, facts: Record) -> Record:
        """Return the facts with the CA certificate added."""
        ca, source = self._ca(facts)
        return {**facts, "ca_cert_data": ca, "ca_cert_source": source}

    def given_ca(self) -> str:
        """Return the CA certificate (PEM) from the user's file, or an empty string if no file is set."""
        return read(self.ca_file) or "" if self.ca_file else ""

    def _ca(self, facts: Record) -> tuple[str, str]:
        """Return the cluster's CA certificate (PEM) and its source. If the public CAs are used, both strings are empty."""
        given = self.given_ca()
        # Cluster lists contain each cluster's type, and OpenShift certificates are signed by a public CA [inferred: list-fields, openshift-certificate].
        if facts.get("type") == "openshift":
            return given, "file" if given else ""
        cluster = str(facts["id"])
        cached = self.ca_store.lookup(cluster) if self.ca_store else None
        if cached:
            return cached, "cache"
        try:
            return self.containers.ca(cluster, facts), "service" if self.is_verified else "unverified"
        except (APIError, LookupFailed) as exc:
            # The user's file replaces the service's CA only if access to the CA is forbidden or the CA is missing. All other errors are raised.
            if not given or exc.kind not in ("permission", "not_found"):
                raise
        return given, "file"


def _with_signed_certificate(url: str) -> str:
    """Replace the host name in an OpenShift cluster's private URL with the host name in the publicly signed certificate.

    The service returns ``c111.private...``, but IBM's own clients call ``c111-e.private...``.
    """
    return re.sub(
        r"^(https://c[0-9]+)(\.private\.[a-z0-9.-]+\.containers\.cloud\.ibm\.com)", r"\1-e\2", url, flags=re.IGNORECASE
    )


def _endpoint(record: Record, kind: str) -> dict[str, JSON]:
    """Return a dictionary that maps ``kind`` to the endpoint's URL, or to None if the endpoint is disabled.

    If the record does not contain the endpoint, the dictionary is empty.
    """
    nested = record.get("serviceEndpoints")
    places = (nested if isinstance(nested, dict) else {}, record)
    if any(place.get(f"{kind}ServiceEndpointEnabled") is False for place in places):
        return {kind: None}
    url = next((url for place in places if (url := text_of(place.get(f"{kind}ServiceEndpointURL")))), None)
    return {kind: url} if url else {}
