# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""From what people call a cluster to the service's record of it: one list of all, one answer for each name."""

from __future__ import annotations

import typing as t

from ._errors import LookupFailed
from ._facts import only_cluster

if t.TYPE_CHECKING:
    from ._containers import Containers, Record

# Where clusters are looked for. A Satellite cluster that is named is found too, by one more list after a miss.
_USUAL = ("classic", "vpc-gen2")
_UNUSUAL = "satellite"


def every(containers: Containers, providers: t.Iterable[str]) -> list[Record]:
    """Return the list records of all these providers; one list that fails fails the whole, never half of it."""
    return [record for provider in dict.fromkeys(providers) for record in containers.clusters(provider)]


def in_resource_group(records: list[Record], group: str) -> list[Record]:
    """Return the records of a resource group, given by its ID or name.

    :raises LookupFailed: when there are clusters, but none in that group.
    """
    found = [record for record in records if group in (record.get("resourceGroup"), record.get("resourceGroupName"))]
    if records and not found:
        groups = sorted({str(record.get("resourceGroupName") or record.get("resourceGroup")) for record in records})
        raise LookupFailed(
            f"No cluster is in resource group {group}",
            kind="not_found",
            hint=f"There are clusters in: {', '.join(groups)}.",
        )
    return found


def listed(containers: Containers, providers: t.Sequence[str] | None, wanted: t.Collection[str] = ()) -> list[Record]:
    """Return the list records of these providers.

    Without ``providers`` those are the classic and VPC clusters, and the Satellite ones when one of the ``wanted`` names
    or IDs is not among them.
    """
    if providers:
        return every(containers, providers)
    records = every(containers, _USUAL)
    known = {record.get("name") for record in records} | {record.get("id") for record in records}
    return records if known.issuperset(wanted) else records + containers.clusters(_UNUSUAL)


def ids(containers: Containers, wanted: t.Sequence[str]) -> dict[str, str]:
    """Return the ID for each name or ID, in order.

    :raises LookupFailed: for a name that is not there, or is there twice.
    """
    records = listed(containers, None, wanted)
    return {cluster: str(only_cluster(records, cluster)["id"]) for cluster in wanted}
