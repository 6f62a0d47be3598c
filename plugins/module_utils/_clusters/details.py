# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What is to be known of clusters beyond their entries in a list: details, an endpoint, a CA."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import APIError, IBMCloudError, LookupFailed, failure_entry
from .._core.private_files import read
from .ca_store import CaStore
from .facts import Record, check_detail_count, cluster_facts, master_url, merge_details

if t.TYPE_CHECKING:
    from .._cloud import Cloud
    from .._core.worker_pool import WorkerPool
    from .._services.containers import Containers


@dataclass(frozen=True)
class FactsReader:
    """What is asked for. Without ``endpoint`` a cluster that has none yet is fine; ``ca_store`` has the cached CAs."""

    containers: Containers
    endpoint: str = ""
    everything: bool = False
    ca: bool = False
    ca_file: str = ""
    ca_store: CaStore | None = None
    synchronize: bool = False  # the call for the CA may synchronise the caller's access, where it can

    @classmethod
    def from_options(cls, cloud: Cloud, options: t.Mapping[str, t.Any]) -> FactsReader:
        """Return what the options of ``cluster_info`` ask for."""
        return cls(
            cloud.containers,
            endpoint=options["endpoint"] or "",
            everything=options["details"],
            ca=options["ca"],
            ca_file=options["cluster_ca_cert"] or "",
            ca_store=CaStore.for_cloud(cloud, options["ca_folder"]) if options["ca_held"] else None,
            synchronize=options.get("synchronise", False),
        )

    def read_all(
        self, records: t.Mapping[str, Record], pool: WorkerPool
    ) -> tuple[list[Record], list[dict[str, t.Any]]]:
        """Return the facts of the clusters, and the entries of those that failed."""
        if self.everything or self.ca:
            check_detail_count(len(records))
        facts: list[Record] = []
        failures = []
        for cluster, found in zip(records, pool.map_errors(records.values(), self.read)):
            if isinstance(found, IBMCloudError):
                failures.append(failure_entry(cluster, found))
            else:
                facts.append({"cluster": cluster, **found})
        return facts, failures

    def read(self, record: Record) -> Record:
        """Return the facts of one cluster, which is known from a list."""
        facts = cluster_facts(record, self.containers.generation.addresses)
        endpoints = t.cast("dict[str, str | None]", facts["endpoints"])
        known = facts["master_url"] if self.endpoint in ("", "auto") else endpoints[self.endpoint]
        if self.everything or (self.endpoint and not known):
            more = self.containers.cluster(str(record["id"]), record)
            facts = cluster_facts(merge_details(record, more), self.containers.generation.addresses)
        if self.endpoint:
            facts["master_url"] = master_url(facts, self.endpoint)
        if self.ca:
            facts["ca_cert_data"], facts["ca_cert_from"] = self._ca(facts)
        return facts

    def _ca(self, facts: Record) -> tuple[str, str]:
        """Return the PEM text that vouches for the cluster's API, and where it is from; both empty where the public CAs do."""
        given = read(self.ca_file) or "" if self.ca_file else ""
        if facts.get("type") == "openshift":
            return given, "file" if given else ""
        cluster = str(facts["id"])
        cached = self.ca_store.lookup(cluster) if self.ca_store else None
        if cached:
            return cached, "kept"
        try:
            return self.containers.ca(cluster, facts, synchronize=self.synchronize), "service"
        except (APIError, LookupFailed) as exc:
            # Refused or not there: anything else is a fault, and no reason to take another CA.
            if not given or exc.kind not in ("permission", "not_found"):
                raise
        return given, "file"
