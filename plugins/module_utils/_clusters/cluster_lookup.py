# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Find the records of clusters by name, ID and filters."""

from __future__ import annotations

import collections
import difflib
import re
import typing as t
from dataclasses import dataclass

from .._core.errors import IBMCloudError, InputError, LookupFailed
from .cluster_facts import display_name, without_session

if t.TYPE_CHECKING:
    from .._core.options import FilterOptions
    from .._core.worker_pool import WorkerPool
    from .._services.api_generations import ApiGeneration
    from .._services.cluster_records import Record
    from .._services.containers import Containers


_UNSEEN = "If the name is correct, the cluster is in another account, or you lack the Viewer platform role on it."


@dataclass(frozen=True)
class Filters:
    """Filters for cluster lists. An empty filter matches all clusters. ``version`` is a full version or its first components, such as 1.33."""

    resource_group: str = ""
    regions: t.Collection[str] = ()
    type: str = ""
    states: t.Collection[str] = ()
    version: str = ""

    @classmethod
    def from_options(cls, options: FilterOptions, generation: ApiGeneration) -> Filters:
        """Return the filters that the options set.

        :raises InputError: if one of the regions does not exist in the API generation.
        """
        regions = tuple(generation.region(name).name for name in options.regions)
        return cls(options.resource_group, regions, options.type, options.states, options.version)

    def apply(self, records: list[Record]) -> list[Record]:
        """Return the records that match all filters.

        :raises LookupFailed: if no cluster is in the resource group, because the group's name may be misspelled.
        """
        if self.resource_group:
            records = _in_resource_group(records, self.resource_group)
        # 1.3 must not match 1.33.
        version = re.compile(re.escape(self.version) + r"(?![0-9])")
        return [
            record
            for record in records
            if (not self.regions or record.get("region") in self.regions)
            and self.type in ("", record.get("type"))
            and (not self.states or record.get("state") in self.states)
            and (not self.version or version.match(str(record.get("masterKubeVersion"))))
        ]

    def exclusion(self, cluster: str) -> LookupFailed:
        """Return the error for a cluster that exists but does not match the filters."""
        values = {
            "resource_group": [self.resource_group],
            "regions": self.regions,
            "type": [self.type],
            "states": self.states,
            "version": [self.version],
        }
        given = [f"{name}={','.join(found)}" for name, found in values.items() if any(found)]
        return LookupFailed(
            f"The filters exclude cluster {cluster}: {', '.join(given)}",
            kind="not_found",
            hint="Omit these filters. The environment variable IC_RESOURCE_GROUP also sets a filter.",
        )


@dataclass(frozen=True)
class Resolution:
    """The records of the clusters that were found, and the errors for the clusters that were not found. Both are keyed by label.

    A label is the requested name or ID. ``found`` contains each cluster only once, under its first label.
    """

    found: dict[str, Record]
    missing: dict[str, IBMCloudError]


def list_all(containers: Containers, providers: t.Iterable[str], pool: WorkerPool) -> list[Record]:
    """Return the records from the cluster lists of all given providers.

    :raises IBMCloudError: if a list cannot be read.
    """
    found, errors = _read_lists(containers, providers, pool)
    for error in errors:
        raise error
    return found


def list_for(
    containers: Containers, providers: t.Sequence[str] | None, pool: WorkerPool, wanted: t.Collection[str] = ()
) -> list[Record]:
    """Return the records from the cluster lists of the given providers.

    If ``providers`` is empty, the lists of the default providers (classic and VPC) are read. If one of the ``wanted`` names or IDs is
    not in these lists, the lists of the fallback providers (Satellite) are also read. If the identity is not
    allowed to read a list, an error is raised only if the list is needed.
    """
    if providers:
        return list_all(containers, providers, pool)
    generation = containers.generation
    records, errors = _read_lists(containers, generation.default_providers, pool)
    known = {record.get("name") for record in records} | {record.get("id") for record in records}
    is_complete = bool(wanted) and known.issuperset(wanted)
    for error in errors:
        if not is_complete:
            error.hint = f"{error.hint} Set provider in ibmcloud.kubernetes.cluster_info to the providers whose clusters you may list.".strip()
            raise error
    if is_complete or known.issuperset(wanted):
        return records
    try:
        more, errors = _read_lists(containers, generation.fallback_providers, pool)
    except IBMCloudError as exc:
        more, errors = [], [exc]
    # The clusters in the default lists must be found even if a fallback list cannot be read.
    if errors and known.isdisjoint(wanted):
        raise errors[0]
    return records + more


def _read_lists(
    containers: Containers, providers: t.Iterable[str], pool: WorkerPool
) -> tuple[list[Record], list[IBMCloudError]]:
    """Return the records from the lists, and the errors for the lists that the identity is not allowed to read.

    :raises IBMCloudError: if a list cannot be read for any other reason. After such an error, requests for the remaining lists are not retried.
    """

    def read(provider: str) -> list[Record] | IBMCloudError:
        try:
            return containers.clusters(provider)
        except IBMCloudError as exc:
            if exc.kind != "permission":
                raise
            return exc

    results = pool.map(dict.fromkeys(providers), read)
    found = [record for records in results if not isinstance(records, IBMCloudError) for record in records]
    return found, [error for error in results if isinstance(error, IBMCloudError)]


def resolve_clusters(
    items: t.Sequence[str | Record],
    list_records: t.Callable[[list[str]], list[Record]],
    region_note: str = "",
    filters: Filters | None = None,
) -> Resolution:
    """Find the clusters in ``items`` (names, IDs or records).

    Records in ``items`` are not looked up. Session tokens are removed from these records, because the records are printed with the result.
    If ``items`` contains names or IDs, ``list_records`` is called once with all names and IDs. ``region_note`` describes the region of the
    lists. The note is added to the hint for each cluster that is not found. A cluster that does not match ``filters`` is also reported as missing.

    :raises InputError: if a record has no ID.
    """
    for number, item in enumerate(items):
        if not isinstance(item, str):
            check_record(item, number)
    names = [item for item in items if isinstance(item, str)]
    listed = list_records(names) if names else []
    matching = filters.apply(listed) if filters else listed
    found: dict[str, Record] = {}
    missing: dict[str, IBMCloudError] = {}
    seen: set[str] = set()
    for item in items:
        try:
            record = find_cluster(matching, item) if isinstance(item, str) else without_session(item)
        except LookupFailed as exc:
            exc.hint = f"{exc.hint} {region_note}".strip()
            is_excluded = filters and exc.kind == "not_found" and matching_clusters(listed, str(item))
            missing[str(item)] = filters.exclusion(str(item)) if filters and is_excluded else exc
            continue
        label = item if isinstance(item, str) else record_label(item)
        identifier = str(record.get("id"))
        if identifier not in seen:
            seen.add(identifier)
            # If two records share a name, the second record is labeled with its ID.
            found[identifier if label in found else label] = record
    return Resolution(found, missing)


def matching_clusters(records: t.Sequence[Record], cluster: str) -> list[Record]:
    """Return the record with this ID. If no record has this ID, return all records with this name, because clusters can share a name."""
    by_id = [record for record in records if record.get("id") == cluster]
    return by_id[:1] or [record for record in records if record.get("name") == cluster]


def find_cluster(records: t.Sequence[Record], cluster: str) -> Record:
    """Return the record with this ID or name.

    :raises LookupFailed: if no cluster matches (the message suggests similar names), or if several clusters match (the message lists the IDs).
    """
    found = matching_clusters(records, cluster)
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(
            f"{record.get('id')} (resource group {record.get('resourceGroupName') or '?'}, {record.get('provider')})"
            for record in found
        )
        reason = f"{len(found)} clusters are named {cluster}: {shown}"
        hint = "Use the ID of one of these clusters, or set resource_group in ibmcloud.kubernetes.cluster_info."
        raise LookupFailed(reason, kind="ambiguous", hint=hint)
    names = sorted({display_name(record) for record in records})
    similar = difflib.get_close_matches(cluster, names, n=3)
    if similar:
        hint = f"Did you mean: {', '.join(similar)}? {_UNSEEN}"
    elif records:
        count = "1 cluster was" if len(records) == 1 else f"{len(records)} clusters were"
        to_list = "To list them: ansible-playbook ibmcloud.kubernetes.fleet_report."
        hint = f"{count} found, but none has a similar name. {to_list} {_UNSEEN}"
    else:
        hint = "This account has no clusters that are visible to you."
    raise LookupFailed(f"No cluster {cluster} was found", kind="not_found", hint=hint)


def record_label(record: Record) -> str:
    """Return the name or ID by which the record's cluster was requested."""
    return str(record.get("cluster") or record.get("name") or record["id"])


def check_record(record: Record, number: int) -> None:
    """Raise InputError if a cluster record from an earlier task has no ID."""
    identifier = record.get("id")
    if not isinstance(identifier, str) or not identifier:
        raise InputError(
            f"clusters[{number}] has no id",
            hint="Use a name, an ID, or a record that ibmcloud.kubernetes.cluster_info returned.",
        )


def index_by_name(records: list[Record]) -> dict[str, Record]:
    """Return the records keyed by name. If a record's name is not unique, or is also another record's ID, the record is keyed by its own ID."""
    names = collections.Counter(display_name(record) for record in records)
    identifiers = {str(record.get("id")) for record in records}

    def key(record: Record) -> str:
        name, identifier = display_name(record), str(record.get("id"))
        return name if names[name] == 1 and name not in identifiers else identifier

    return {key(record): record for record in records}


def _in_resource_group(records: list[Record], group: str) -> list[Record]:
    found = [record for record in records if group in (record.get("resourceGroup"), record.get("resourceGroupName"))]
    if records and not found:
        groups = {record.get("resourceGroupName") or record.get("resourceGroup") for record in records}
        names = ", ".join(sorted(str(name) for name in groups if name))
        raise LookupFailed(
            f"No cluster is in resource group {group}",
            kind="not_found",
            hint=f"Resource groups with clusters: {names}."
            if names
            else "No cluster record contains a resource group.",
        )
    return found
