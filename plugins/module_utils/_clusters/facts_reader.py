# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Read facts of clusters that the lists do not contain: details, the chosen endpoint, the CA certificate."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._cloud import ClusterEndpoint
from .._core.errors import APIError, LookupFailed
from .._core.private_files import read
from .ca_store import CaStore
from .cluster_facts import Record, check_detail_count, cluster_facts, master_url, merge_details

if t.TYPE_CHECKING:
    from .._cloud import Cloud
    from .._core.errors import IBMCloudError
    from .._core.worker_pool import WorkerPool
    from .._services.allowed_hosts import AllowedHosts
    from .._services.containers import Containers


@dataclass(frozen=True)
class FactsReader:
    """Reads the facts of clusters. Without ``endpoint``, a cluster without a masterURL is not an error.

    With ``is_verified`` false, CAs come over connections that were not verified, and their source is "unverified".
    """

    containers: Containers
    endpoint: str = ""
    everything: bool = False
    ca: bool = False
    ca_file: str = ""
    ca_store: CaStore | None = None  # None to request each CA from the service
    is_verified: bool = True
    allowed: AllowedHosts = ()  # for ``complete``

    @classmethod
    def from_options(cls, cloud: Cloud, options: t.Mapping[str, t.Any]) -> FactsReader:
        """Return the reader that the options of ``cluster_info`` describe."""
        return cls(
            cloud.containers,
            endpoint=options["endpoint"] or "",
            everything=options["details"],
            ca=options["ca"],
            ca_file=options["cluster_ca_file"] or "",
            ca_store=CaStore.for_cloud(cloud, options["ca_folder"]) if options["use_cached_ca"] else None,
            is_verified=options["validate_certs"],
            allowed=options.get("allowed_hosts") or (),
        )

    def read_all(self, records: t.Mapping[str, Record], pool: WorkerPool) -> list[Record | IBMCloudError]:
        """Return the facts of each cluster, or the error that was raised instead, in order."""
        self.check_count(records)
        return pool.map_errors(records.values(), self.read)

    def check_count(self, records: t.Sized) -> None:
        """Check that the facts of so many clusters can be read in one run.

        :raises InputError: if they cannot.
        """
        if self.everything or self.ca:
            check_detail_count(len(records))

    def read(self, record: Record) -> Record:
        """Return the facts of one cluster."""
        facts = cluster_facts(record, self.containers.generation.addresses)
        endpoints = t.cast("dict[str, str | None]", facts["endpoints"])
        known = facts["master_url"] if self.endpoint in ("", "auto") else endpoints[self.endpoint]
        if self.everything or (self.endpoint and not known):
            more = self.containers.cluster(str(record["id"]), record)
            facts = cluster_facts(merge_details(record, more), self.containers.generation.addresses)
        if self.endpoint:
            facts["master_url"] = master_url(facts, self.endpoint)
        return self.with_ca(facts) if self.ca else facts

    def complete(self, record: Record) -> Record:
        """Return the record with the facts that a login requires. The URL and the CA certificate are read if it lacks them.

        :raises InputError: if the record has a URL, and tokens must not be sent to it.
        """
        if not record.get("master_url"):
            return replace(self, ca="ca_cert_data" not in record).read(record)
        if "ca_cert_data" in record:
            return record
        # Before the request for the CA, because the login will fail.
        ClusterEndpoint.of(record["master_url"], None, self.allowed)
        return self.with_ca(record)

    def with_ca(self, facts: Record) -> Record:
        """Return the facts with the CA certificate added."""
        ca, source = self._ca(facts)
        return {**facts, "ca_cert_data": ca, "ca_cert_source": source}

    def given_ca(self) -> str:
        """Return the CA certificate (PEM) in the file that the user has given; empty without a file."""
        return read(self.ca_file) or "" if self.ca_file else ""

    def _ca(self, facts: Record) -> tuple[str, str]:
        """Return the cluster's CA certificate (PEM) and its source. Both are empty if a public CA signed the certificate."""
        given = self.given_ca()
        # [inferred: list-fields, openshift-certificate]
        if facts.get("type") == "openshift":
            return given, "file" if given else ""
        cluster = str(facts["id"])
        cached = self.ca_store.lookup(cluster) if self.ca_store else None
        if cached:
            return cached, "cache"
        try:
            return self.containers.ca(cluster, facts), "service" if self.is_verified else "unverified"
        except (APIError, LookupFailed) as exc:
            # After any other error, the file must not replace the CA of the service.
            if not given or exc.kind not in ("permission", "not_found"):
                raise
        return given, "file"
