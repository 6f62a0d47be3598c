#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Synchronise the caller's IAM access with clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_rbac_sync
short_description: Synchronise your IAM access with the RBAC of clusters
version_added: 0.1.0
description:
  - IBM Cloud copies IAM roles into a cluster's RBAC only when it is asked to. Until that has happened, the cluster's
    API refuses an identity that IAM would admit.
  - Asks for the status of each cluster first, requests the synchronisation where it is needed, and waits until it is
    done. It always acts for the identity that is logged in, never for another one.
  - A synchronisation that ends with an error, or does not end in time, is a failure that names the last state.
  - Requests go out to all clusters before the first wait, and waiting costs about as long as the slowest cluster takes,
    for any number of them. The failure of one does not stop the others.
  - A local task shows how far it is, with a line when something has changed, at most every five seconds.
  - What it does was built from IBM's documentation and clients; it has not been verified against the live service.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._fleet
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - Reads the status and predicts whether a synchronisation would be requested; requests nothing.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - A cluster that is synchronised is left alone, except with O(force=true).
options:
  cluster:
    description:
      - Name or ID of one cluster.
    type: str
    aliases: [cluster_name_or_id]
  clusters:
    description:
      - Names or IDs of several clusters. Each is handled once, also when it is named twice. An empty list does nothing.
    type: list
    elements: str
  lookup:
    description:
      - Look O(cluster) and O(clusters) up in the lists of clusters, so that names are found and ambiguous ones refused. A
        name that is not found fails, and the others are done.
        V(false) says that they are IDs, and saves the two requests.
    type: bool
    default: true
  force:
    description:
      - Request the synchronisation also for clusters that are synchronised, for example after IAM policies have changed.
    type: bool
    default: false
  wait:
    description:
      - Wait until the synchronisation is done.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for each cluster, in seconds, from its request on. V(0) looks once.
    type: int
    default: 300
  wait_sleep:
    description:
      - The longest pause between two looks at one cluster, in seconds. Pauses start at half a second and grow to about a
        tenth of the time that has passed. Where so many clusters wait that O(pace) allows less, they are longer.
    type: int
    default: 5
seealso:
  - module: ibmcloud.kubernetes.cluster_info
"""

EXAMPLES = r"""
- name: Make sure that my access has reached the cluster
  ibmcloud.kubernetes.cluster_rbac_sync:
    cluster: mycluster-vpc

- name: Bring several clusters in step, and wait up to ten minutes for each
  ibmcloud.kubernetes.cluster_rbac_sync:
    clusters:
      - mycluster-classic
      - mycluster-vpc
    wait_timeout: 600
    access_token: "{{ iam.access_token }}"
  register: result
"""

RETURN = r"""
clusters:
  description:
    - One entry for each cluster, also when the module fails.
  returned: always, unless nothing was done
  type: list
  elements: dict
  contains:
    cluster:
      description: The cluster as it was given.
      type: str
      sample: mycluster-vpc
    id:
      description: The cluster's ID; absent when there is no such cluster.
      type: str
      sample: c9k2m7q10h4v3x8s6t5g
    synchronized:
      description: Whether the identity's access is in step, as last seen.
      type: bool
      sample: true
    applied:
      description: Whether a synchronisation was requested.
      type: bool
      sample: true
    attempts:
      description: How often the status was asked for.
      type: int
      sample: 3
    elapsed:
      description: The time from the request to the last status, in seconds.
      type: float
      sample: 1.6
    msg:
      description: What went wrong with this cluster, in a line; absent when nothing did.
      type: str
      sample: The RBAC synchronisation of cluster mycluster-vpc did not finish within 300 s
    error:
      description: The same in parts; see the guide on errors.
      type: dict
      sample: {kind: rbac_timeout}
error:
  description:
    - What went wrong, in parts; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: rbac_error}
"""

import typing as t

from ..module_utils._clusters.lookup import Resolution, list_for, resolve_names
from ..module_utils._clusters.rbac_sync import ClusterSync, Synchronizer, SyncOptions
from ..module_utils._core.errors import PartialFailure
from ..module_utils._core.progress import Progress
from ..module_utils._module.argument_specs import FLEET, exactly_one
from ..module_utils._module.runner import Module
from ..module_utils._module.target import run_module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


def synchronize_access(task: Task, cloud: Cloud) -> Result:
    params = task.params
    wanted = [params["cluster"]] if exactly_one(params, "cluster", "clusters") == "cluster" else params["clusters"]
    if not wanted:
        return {"clusters": []}
    rules = SyncOptions(
        apply=not task.check_mode,
        force=params["force"],
        wait=params["wait"],
        wait_timeout=params["wait_timeout"],
        longest_pause=params["wait_sleep"],
        pace=params["pace"],
    )
    choice = resolve_clusters(wanted, task, cloud)
    synchroniser = Synchronizer(cloud.containers, rules, cloud.clock, Progress(task.report_progress, cloud.clock))
    found = {cluster: str(record["id"]) for cluster, record in choice.found.items()}
    done = {sync.cluster: sync for sync in synchroniser.run(found, cloud.concurrency)}
    missed = {cluster: ClusterSync(cluster, "", failure=error) for cluster, error in choice.missing.items()}
    # In the order in which they were given.
    syncs = [{**done, **missed}[cluster] for cluster in dict.fromkeys(wanted) if cluster in {**done, **missed}]
    changed = any(sync.applied or (task.check_mode and sync.needs_sync) for sync in syncs)
    entries = [sync.to_result() for sync in syncs]
    result = {"changed": changed, "clusters": entries}
    failed = [entry for entry in entries if "error" in entry]
    if failed:
        raise PartialFailure(failed, total=len(entries), result=result)
    return result


def resolve_clusters(wanted: list[str], task: Task, cloud: Cloud) -> Resolution:
    """Return what the names and IDs stand for."""
    if not task.params["lookup"]:
        return Resolution({identifier: {"id": identifier} for identifier in wanted}, {})
    return resolve_names(list_for(cloud.containers, None, cloud.pool(), wanted), wanted, cloud.containers.region_note)


MODULE = Module(
    "cluster_rbac_sync",
    synchronize_access,
    options={
        **FLEET,
        "cluster": {"type": "str", "aliases": ["cluster_name_or_id"]},
        "clusters": {"type": "list", "elements": "str"},
        "lookup": {"type": "bool", "default": True},
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
