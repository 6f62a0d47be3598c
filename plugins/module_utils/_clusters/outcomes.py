# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Which of several clusters are still worth a step, by what the earlier steps said of them. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import InputError

if t.TYPE_CHECKING:
    from .facts import Record

Entry = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Batch:
    """The clusters by what they are called: those to work on, those that failed already, and those to leave alone."""

    wanted: dict[str, Record]
    failures: list[dict[str, t.Any]]
    left_out: list[str]

    @classmethod
    def of(cls, clusters: list[Record], outcomes: t.Sequence[Entry], *, check_mode: bool) -> Batch:
        """Sort the records of ``cluster_info`` by the outcomes, which are its failures and the clusters of ``cluster_rbac_sync``.

        :raises InputError: for a record without ID, which is none of ``cluster_info``.
        """
        names = display_names(clusters)
        said = {str(outcome.get("id") or outcome.get("cluster")): outcome for outcome in outcomes}
        failures = [
            {"cluster": names.get(key, key), "msg": outcome.get("msg"), "error": outcome["error"]}
            for key, outcome in said.items()
            if outcome.get("error")
        ]
        wanted: dict[str, Record] = {}
        left_out = []
        for record in clusters:
            identifier = str(record["id"])
            outcome = said.get(identifier, {})
            if outcome.get("error"):
                continue
            # An OpenShift cluster takes no login before the synchronisation, which check mode has predicted only.
            if check_mode and record.get("type") == "openshift" and outcome.get("synchronized") is False:
                left_out.append(names[identifier])
            else:
                wanted[names[identifier]] = record
        return cls(wanted, failures, left_out)


def display_names(clusters: list[Record]) -> dict[str, str]:
    """Return what each cluster is called, by its ID: as it was asked for, else by its name, else by its ID.

    :raises InputError: for a record without ID.
    """
    names: dict[str, str] = {}
    for number, record in enumerate(clusters):
        identifier = record.get("id")
        if not isinstance(identifier, str) or not identifier:
            raise InputError(f"clusters[{number}] has no id", hint="Take it from ibmcloud.kubernetes.cluster_info.")
        name = str(record.get("cluster") or record.get("name") or identifier)
        names[identifier] = identifier if name in names.values() else name
    return names
