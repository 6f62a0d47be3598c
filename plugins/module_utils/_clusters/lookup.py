# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""From what people call a cluster to the service's record of it: one list of all, one answer for each name."""

from __future__ import annotations

import collections
import re
import typing as t
from dataclasses import dataclass

from .._core.errors import IBMCloudError, LookupFailed
from .facts import display_name, find_cluster

if t.TYPE_CHECKING:
    from .._core.worker_pool import WorkerPool
    from .._services.api_generations import ApiGeneration
    from .._services.cluster_records import Record
    from .._services.containers import Containers


@dataclass(frozen=True)
class Filters:
    """Which clusters of the lists are meant; what is empty says nothing. ``version`` may be the beginning of one (1.33)."""

    resource_group: str = ""
    regions: t.Collection[str] = ()
    type: str = ""
    states: t.Collection[str] = ()
    version: str = ""

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any], generation: ApiGeneration) -> Filters:
        """Return those of the options ``resource_group``, ``regions``, ``type``, ``states`` and ``version``.

        :raises InputError: for a region that the generation does not have.
        """
        return cls(
            resource_group=options["resource_group"] or "",
            regions=tuple(generation.region(name).name for name in options["regions"] or ()),
            type=options["type"] or "",
            states=options["states"] or (),
            version=options["version"] or "",
        )

    def apply(self, records: list[Record]) -> list[Record]:
        """Return the records that fit.

        :raises LookupFailed: when there are clusters, but none in the resource group: its name may be mistyped.
        """
        if self.resource_group:
            records = _in_resource_group(records, self.resource_group)
        # 1.3 is not the beginning of 1.33.
        version = re.compile(re.escape(self.version) + r"(?![0-9])")
        return [
            record
            for record in records
            if (not self.regions or record.get("region") in self.regions)
            and self.type in ("", record.get("type"))
            and (not self.states or record.get("state") in self.states)
            and (not self.version or version.match(str(record.get("masterKubeVersion"))))
        ]


@dataclass(frozen=True)
class Resolution:
    """What people's words for clusters stand for: each cluster once, under the first of its words, in their order."""

    found: dict[str, Record]
    missing: dict[str, LookupFailed]


def list_all(containers: Containers, providers: t.Iterable[str], pool: WorkerPool) -> list[Record]:
    """Return the list records of all these providers; one list that fails fails the whole, never half of it."""
    found: list[Record] = []
    for records in pool.map_errors(dict.fromkeys(providers), containers.clusters):
        if isinstance(records, IBMCloudError):
            raise records
        found += records
    return found


def list_for(
    containers: Containers, providers: t.Sequence[str] | None, pool: WorkerPool, wanted: t.Collection[str] = ()
) -> list[Record]:
    """Return the list records of these providers.

    Without ``providers`` those are the usual ones, such as classic and VPC clusters, and the unusual ones, such as Satellite, when
    one of the ``wanted`` names or IDs is not among them.
    """
    if providers:
        return list_all(containers, providers, pool)
    default_providers, fallback_providers = (
        containers.generation.default_providers,
        containers.generation.fallback_providers,
    )
    records = list_all(containers, default_providers, pool)
    known = {record.get("name") for record in records} | {record.get("id") for record in records}
    if known.issuperset(wanted):
        return records
    try:
        return records + list_all(containers, fallback_providers, pool)
    except IBMCloudError:
        # An identity that may not list these can still have the others, if it asked for any of them.
        if known.isdisjoint(wanted):
            raise
        return records


def resolve_names(records: list[Record], wanted: t.Iterable[str], scope: str = "") -> Resolution:
    """Find the cluster for each name or ID. A word that stands for none, or for several, is among the missed.

    ``scope`` is a sentence on what the records were asked for, for those.
    """
    found: dict[str, Record] = {}
    missing: dict[str, LookupFailed] = {}
    seen: set[t.Any] = set()
    for word in wanted:
        try:
            record = find_cluster(records, word)
        except LookupFailed as exc:
            exc.hint = f"{exc.hint} {scope}".strip()
            missing[word] = exc
            continue
        if record.get("id") not in seen:
            seen.add(record.get("id"))
            found[word] = record
    return Resolution(found, missing)


def index_by_name(records: list[Record]) -> dict[str, Record]:
    """Return the records by name. Records that share a name, or whose name is another record's ID, are returned by ID."""
    names = collections.Counter(display_name(record) for record in records)
    identifiers = {str(record.get("id")) for record in records}

    def key(record: Record) -> str:
        name, identifier = display_name(record), str(record.get("id"))
        return name if names[name] == 1 and name not in identifiers else identifier

    return {key(record): record for record in records}


def _in_resource_group(records: list[Record], group: str) -> list[Record]:
    found = [record for record in records if group in (record.get("resourceGroup"), record.get("resourceGroupName"))]
    if records and not found:
        index_by_name = {record.get("resourceGroupName") or record.get("resourceGroup") for record in records}
        groups = ", ".join(sorted(str(name) for name in index_by_name if name))
        raise LookupFailed(
            f"No cluster is in resource group {group}",
            kind="not_found",
            hint=f"There are clusters in: {groups}."
            if groups
            else "The service names no resource group of any cluster.",
        )
    return found
