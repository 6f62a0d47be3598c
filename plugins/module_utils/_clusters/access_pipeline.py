# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Find clusters, synchronize RBAC, and log in. Plugins use these functions to perform all steps in one task."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, field

from .._cloud import ClusterEndpoint
from .cluster_lookup import Filters, list_for, resolve_clusters
from .module_results import failure_entries, split_results
from .rbac_sync import Synchronizer, needs_sync, request_without_status

if t.TYPE_CHECKING:
    from .._cloud import Cloud
    from .._core.errors import IBMCloudError
    from .._core.progress import Progress
    from .._services.allowed_hosts import AllowedHosts
    from .._services.cluster_records import Record
    from .cluster_facts import FactsReader
    from .login import Sessions
    from .module_results import Failures
    from .rbac_sync import SyncOptions


@dataclass(frozen=True)
class Access:
    """The sessions (cluster records with the result keys of ``cluster_login``), the failures, and whether RBAC was synchronized.

    In check mode, the synchronization is predicted, but not requested, and ``skipped`` contains the records of the OpenShift clusters that must
    be synchronized before a login.
    """

    sessions: list[Record]
    failures: Failures
    changed: bool
    skipped: list[Record] = field(default_factory=list)


def get_access(
    cloud: Cloud,
    items: t.Sequence[str | Record],
    *,
    reader: FactsReader,
    sessions: Sessions,
    sync: SyncOptions,
    progress: Progress,
    resource_group: str = "",
    check: t.Callable[[Record], None] = lambda _record: None,
) -> Access:
    """Get access to the clusters in ``items`` (names, IDs or records).

    Each step continues with the clusters for which the previous step succeeded. A cluster fails before RBAC is synchronized if
    ``check`` rejects the cluster, or if the credentials cannot be used to log in to the cluster.
    """
    # expect() is called before the first request, so that one login provides the tokens for the cluster lists and for the clusters.
    cloud.id_tokens.expect()
    resolution = resolve_clusters(
        items,
        lambda names: list_for(cloud.containers, None, cloud.pool(), names),
        cloud.containers.region_note,
        Filters(resource_group=resource_group),
    )
    errors: dict[str, IBMCloudError] = dict(resolution.missing)

    def keep(records: dict[str, Record], results: t.Iterable[t.Any]) -> dict[str, Record]:
        done, failed = split_results(records, results)
        errors.update(failed)
        return {str(record["cluster"]): record for record in done}

    def read(record: Record) -> Record:
        check(record)
        sessions.checks.check_key(record)
        return reader.complete(record)

    errors.update(sessions.checks.errors(resolution.found, reader))
    records = {label: record for label, record in resolution.found.items() if label not in errors}
    records = keep(records, cloud.pool().map_errors(records.values(), read))
    changed = False
    if cloud.generation.has_rbac_calls:
        syncs = Synchronizer(cloud.containers, sync, cloud.clock, progress).run(records, cloud.concurrency)
        changed = any(one.applied or (one.needs_sync and not sync.apply) for one in syncs)
        records = keep(records, [one.failure or one.to_record() for one in syncs])
    else:
        request = functools.partial(request_without_status, cloud.containers, apply=sync.apply)
        records = keep(records, cloud.pool().map_errors(records.values(), request))
    skipped = [] if sync.apply else [record for record in records.values() if needs_sync(record)]
    records = {label: record for label, record in records.items() if record not in skipped}
    opened = keep(records, cloud.pool().map_errors(records.values(), sessions.open))
    return Access(list(opened.values()), failure_entries(errors, resolution.found), changed, skipped)


def get_admin_access(
    cloud: Cloud, items: t.Sequence[str | Record], *, reader: FactsReader, allowed_hosts: AllowedHosts
) -> Access:
    """Get administrator client certificates for the clusters in ``items`` (names, IDs or records).

    The sessions contain ``client_certificate`` and ``client_key`` in place of a token. RBAC is not synchronized, and no request is
    sent to a cluster.
    """
    resolution = resolve_clusters(
        items, lambda names: list_for(cloud.containers, None, cloud.pool(), names), cloud.containers.region_note
    )

    def read(record: Record) -> Record:
        facts = record if record.get("master_url") else reader.read(record)
        ClusterEndpoint.of(str(facts["master_url"]), None, allowed_hosts)
        files = cloud.containers.admin_files(str(facts["id"]), facts)
        # The endpoints of OpenShift clusters have publicly signed certificates, so the CA in the administrator's files is not needed.
        ca = reader.given_ca() if facts.get("type") == "openshift" else files.ca
        return {**facts, "ca_cert_data": ca, "client_certificate": files.certificate, "client_key": files.key}

    sessions, errors = split_results(resolution.found, cloud.pool().map_errors(resolution.found.values(), read))
    failures = failure_entries({**resolution.missing, **errors}, resolution.found)
    return Access(sessions, failures, changed=False)
