#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Synchronize the caller's IAM access with clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_rbac_sync
short_description: Synchronize your IAM access with the RBAC of clusters
version_added: 0.1.0
description:
  - IBM Cloud copies your IAM roles into the RBAC of a cluster only on request. Without this copy, the cluster's API server denies requests
    that your IAM roles allow.
  - Checks the status of each cluster, requests the synchronization if necessary, and waits until the synchronization is complete.
  - The module always synchronizes the access of the logged-in identity.
  - The module fails if a synchronization fails or does not finish within O(wait_timeout). The error contains the last reported status.
  - The module requests all synchronizations before it starts to wait. Therefore, the module waits about as long as the slowest synchronization takes.
    A failed cluster does not stop the processing of other clusters.
  - If the task runs locally, it reports its progress at most every five seconds.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._many_clusters
  - ibmcloud.kubernetes._many_clusters.clusters
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - Reads the status and predicts whether a synchronization would be requested.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - A cluster that is already synchronized is changed only if O(force=true).
options:
  force:
    description:
      - Whether to request the synchronization even for clusters that are already synchronized, for example after IAM policies have
        changed.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the synchronization is complete.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for each cluster after the synchronization request, in seconds. If the value is V(0), the module checks the
        status only once.
      - For about a minute after a cluster is created, RBAC requests for the cluster fail with HTTP 404 or 503. The module tolerates these
        errors during the wait.
    type: int
    default: 300
  wait_sleep:
    description:
      - The maximum pause between two checks of a cluster, in seconds. The first pauses last about half a second, and later pauses last
        about a tenth of the elapsed time. If the module waits for many clusters, the pauses can exceed this maximum, because O(rate_limit)
        takes precedence.
    type: int
    default: 5
notes:
  - With O(api_generation=2021), the module warns and returns the clusters unchanged, because this API generation has no
    synchronization request.
  - With O(api_generation=2017) or O(api_generation=2020), the module requests the kubeconfig of each cluster, because this request also
    synchronizes RBAC. IBM does not document this behavior. These API generations do not report the synchronization status.
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - module: ibmcloud.kubernetes.cluster_login
"""

EXAMPLES = r"""
- name: Synchronize my access with one cluster
  ibmcloud.kubernetes.cluster_rbac_sync:
    cluster: mycluster-vpc

- name: Synchronize my access with several clusters, and wait up to ten minutes for each cluster
  ibmcloud.kubernetes.cluster_rbac_sync:
    clusters:
      - mycluster-classic
      - mycluster-vpc
    wait_timeout: 600

- name: Find the clusters in a region
  ibmcloud.kubernetes.cluster_info:
    regions: [us-south]
  register: found

- name: Synchronize my access with all of them
  ibmcloud.kubernetes.cluster_rbac_sync:
    clusters: "{{ found.clusters }}"
    continue_on_error: true
"""

RETURN = r"""
clusters:
  description:
    - The records of the clusters that succeeded, with the following additional keys. If a record in O(clusters) contains a session, the
      module does not return the session.
  returned: always, unless the lists could not be read
  type: list
  elements: dict
  contains:
    cluster:
      description: The name or ID by which the cluster was requested.
      type: str
      sample: mycluster-vpc
    id:
      description: The cluster's ID.
      type: str
      sample: c9k2m7q10h4v3x8s6t5g
    synchronized:
      description: Whether your access is synchronized. This key is missing if the API generation does not report the status.
      type: bool
      sample: true
    applied:
      description: Whether the synchronization was requested.
      type: bool
      sample: true
    attempts:
      description: The number of status checks.
      type: int
      sample: 3
    elapsed:
      description: The time from the synchronization request to the last status check, in seconds.
      type: float
      sample: 1.6
cluster:
  description:
    - The requested cluster.
  returned: when O(cluster) is set and succeeded
  type: dict
failures:
  description:
    - The clusters that failed.
  returned: when clusters were processed
  type: list
  elements: dict
  contains:
    cluster:
      description: The name or ID by which the cluster was requested.
      type: str
      sample: mycluster-old
    id:
      description: The cluster's ID, if it is known.
      type: str
      sample: c9k2m7q10h4v3x8s6t5g
    msg:
      description: The error as one line of text.
      type: str
      sample: No cluster mycluster-old was found
    error:
      description: The error as structured data. The guide on errors describes the fields of an error.
      type: dict
      sample: {kind: not_found}
error:
  description:
    - The error as structured data. The guide on errors describes the fields of an error.
  returned: failure
  type: dict
  sample: {kind: rbac_error}
"""

import functools
import typing as t

from ..module_utils._clusters.cluster_lookup import list_for, resolve_clusters
from ..module_utils._clusters.module_results import failure_entries, fleet_result, split_results
from ..module_utils._clusters.rbac_sync import Synchronizer, SyncOptions, request_without_status
from ..module_utils._core.options import ClustersOptions, FleetOptions
from ..module_utils._core.progress import Progress
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.argument_specs import CLUSTERS, FLEET
from ..module_utils._module.runner import Module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._core.errors import IBMCloudError
    from ..module_utils._module.runner import Result, Task
    from ..module_utils._services.cluster_records import Record


class Options(FleetOptions, ClustersOptions):
    force: bool
    wait: bool
    wait_sleep: int


def synchronize_access(task: Task[Options], cloud: Cloud) -> Result:
    options = task.options
    resolution = resolve_clusters(
        options.required_clusters(),
        lambda names: list_for(cloud.containers, None, task.pool(cloud, "cluster lists read"), names),
        cloud.containers.region_note,
    )
    records = resolution.found
    if cloud.generation.has_rbac_calls:
        clusters, errors, changed = with_status(records, task, cloud)
    else:
        clusters, errors = without_status(records, task, cloud)
        changed = False
    failures = failure_entries(resolution.missing) + failure_entries(errors, records)
    more = {"changed": changed, **({"cluster": clusters[0]} if options.cluster and clusters else {})}
    return fleet_result(clusters, failures, more, continue_on_error=options.continue_on_error, warn=task.warn)


def with_status(
    records: dict[str, Record], task: Task[Options], cloud: Cloud
) -> tuple[list[Record], dict[str, IBMCloudError], bool]:
    """Synchronize RBAC in the clusters that need the synchronization.

    Return the records, the errors by label, and whether the module reports a change.
    """
    options = task.options
    sync = SyncOptions(
        apply=not task.check_mode,
        force=options.force,
        wait=options.wait,
        wait_timeout=options.wait_timeout,
        longest_pause=options.wait_sleep,
        rate_limit=options.rate_limit,
    )
    progress = Progress(task.report_progress, cloud.clock)
    syncs = Synchronizer(cloud.containers, sync, cloud.clock, progress).run(records, cloud.concurrency)
    clusters, errors = split_results(records, [one.failure or one.to_record() for one in syncs])
    return clusters, errors, any(one.applied or (task.check_mode and one.needs_sync) for one in syncs)


def without_status(
    records: dict[str, Record], task: Task[Options], cloud: Cloud
) -> tuple[list[Record], dict[str, IBMCloudError]]:
    """Request the synchronization in an API generation that has no status request. Return the records and the errors by label."""
    if not cloud.generation.kubeconfig_call_syncs_rbac:
        task.warn(f"RBAC was not synchronized: api_generation {cloud.generation.name} has no synchronization request")
    request = functools.partial(request_without_status, cloud.containers, apply=not task.check_mode)
    pool = task.pool(cloud, "clusters synchronized", records)
    return split_results(records, pool.map_errors(records.values(), request))


MODULE = Module(
    "cluster_rbac_sync",
    synchronize_access,
    Options,
    options={
        **FLEET,
        **CLUSTERS,
        "force": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 300},
        "wait_sleep": {"type": "int", "default": 5},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
