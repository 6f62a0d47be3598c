#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List clusters, or look one up."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: List IBM Cloud Kubernetes Service and OpenShift clusters, or look one up
version_added: 0.1.0
description:
  - Returns the clusters of an account as the service describes them, with the address of their API (C(masterURL)) and
    their endpoints read from wherever the service puts them for the cluster's provider.
  - A cluster is found by name or ID. A name that stands for several clusters is refused, and their IDs are named.
  - What it does was built from IBM's documentation and clients; it has not been verified against the live service.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.info_module
  - ibmcloud.kubernetes._attributes.actiongroup
options:
  cluster:
    description:
      - Name or ID of the one cluster to return. Without it all clusters are listed.
    type: str
    aliases: [cluster_name_or_id]
  provider:
    description:
      - Which lists to read. Each is one request.
      - Without it those are V(classic) and V(vpc-gen2), and V(satellite) too when O(cluster) is in neither of them.
    type: list
    elements: str
    choices: [classic, vpc-gen2, satellite]
  resource_group:
    description:
      - Only clusters of the resource group with this name or ID.
      - Falls back to the environment variables E(IC_RESOURCE_GROUP) and E(IBMCLOUD_RESOURCE_GROUP).
    type: str
  endpoint:
    description:
      - Which endpoint RV(clusters[].master_url) is. For the private endpoint of an OpenShift cluster that is the address
        with a publicly signed certificate (C(-e) after the first part of the host). When given, every returned cluster must have it, else the module
        fails and names the endpoints that there are; another endpoint is never taken in its place.
      - V(auto) is the service's own choice, the public endpoint when it is enabled.
      - Without it, RV(clusters[].master_url) is as with V(auto), and null for a cluster that has none yet.
    type: str
    choices: [auto, public, private, vpe]
  details:
    description:
      - Ask for everything about each cluster, with one more request each. The lists lack C(crn), C(lifecycle) and, for
        VPC clusters, the endpoints.
      - A cluster whose list entry lacks what O(endpoint) needs is asked about in any case.
    type: bool
    default: false
  ca:
    description:
      - Also return the CA of the cluster's API as RV(clusters[].ca_cert_data), with one more request for each cluster.
      - Where the service refuses it, it is read from the cluster's kubeconfig, and else from O(cluster_ca_cert). Without
        any of them the module fails; there is no way that ends without verification.
      - The API of an OpenShift cluster has a publicly signed certificate. For it only O(cluster_ca_cert) is returned.
    type: bool
    default: false
  cluster_ca_cert:
    description:
      - A file with the CA of the cluster's API, in PEM, for when the service does not give it out. O(ca_cert) is another
        one, that of IBM's services.
    type: path
seealso:
  - module: ibmcloud.kubernetes.cluster_rbac_sync
  - module: ibmcloud.kubernetes.cluster_access_info
"""

EXAMPLES = r"""
- name: List the classic and VPC clusters of the account
  ibmcloud.kubernetes.cluster_info:
  register: result

- name: Look up one cluster, with its CA
  ibmcloud.kubernetes.cluster_info:
    cluster: mycluster-vpc
    endpoint: auto
    ca: true
    access_token: "{{ iam.access_token }}"
  register: result

- name: Show where its API is
  ansible.builtin.debug:
    msg: "{{ result.cluster.master_url }}"
"""

RETURN = r"""
clusters:
  description:
    - The clusters. Beside the keys below each has all keys that the service sent, unchanged.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The cluster's ID.
      type: str
      sample: c9k2m7q10h4v3x8s6t5g
    name:
      description: The cluster's name.
      type: str
      sample: mycluster-vpc
    type:
      description: V(kubernetes) or V(openshift).
      type: str
      sample: kubernetes
    provider:
      description: V(classic), V(vpc-gen2) or V(satellite).
      type: str
      sample: vpc-gen2
    state:
      description: The cluster's state, such as V(normal).
      type: str
      sample: normal
    masterKubeVersion:
      description: The version of the cluster's control plane.
      type: str
      sample: 1.33.4_1543
    masterURL:
      description: The address of the cluster's API as the service gives it.
      type: str
      sample: https://c2.us-south.containers.cloud.ibm.com:30422
    master_url:
      description: The address of the cluster's API at the chosen endpoint; null when there is none yet.
      type: str
      sample: https://c2.us-south.containers.cloud.ibm.com:30422
    endpoints:
      description: The addresses by kind; null for an endpoint that is disabled or that the answer does not name.
      type: dict
      sample: {public: "https://c2.us-south.containers.cloud.ibm.com:30422", private: null, vpe: null}
    ca_cert_data:
      description: The CA of the cluster's API, in PEM. Present with O(ca=true); empty where the public CAs vouch for it.
      type: str
      sample: "-----BEGIN CERTIFICATE-----..."
cluster:
  description:
    - The cluster that was asked for.
  returned: when O(cluster) is given
  type: dict
error:
  description:
    - What went wrong, in parts; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: not_found, hint: "Did you mean: mycluster?"}
"""

import typing as t

from ..module_utils._clusters import in_resource_group, listed
from ..module_utils._containers import PROVIDERS
from ..module_utils._errors import APIError, LookupFailed
from ..module_utils._facts import cluster_facts, master_url, only_cluster
from ..module_utils._files import read
from ..module_utils._module import run_module
from ..module_utils._task import Module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._containers import Record
    from ..module_utils._task import Result, Task


def look_up(task: Task, cloud: Cloud) -> Result:
    cluster = task.params["cluster"]
    records = listed(cloud.containers, task.params["provider"], [cluster] if cluster else [])
    if task.params["resource_group"]:
        records = in_resource_group(records, task.params["resource_group"])
    if cluster:
        records = [only_cluster(records, cluster)]
    clusters = [describe(record, task, cloud) for record in records]
    return {"clusters": clusters, **({"cluster": clusters[0]} if cluster else {})}


def describe(record: Record, task: Task, cloud: Cloud) -> Record:
    endpoint = task.params["endpoint"]
    facts = cluster_facts(record)
    endpoints = t.cast("dict[str, str | None]", facts["endpoints"])
    known = facts["master_url"] if endpoint in (None, "auto") else endpoints[endpoint]
    if task.params["details"] or (endpoint and not known):
        facts = cluster_facts({**record, **cloud.containers.cluster(str(record["id"]))})
    if endpoint:
        facts["master_url"] = master_url(facts, endpoint)
    if task.params["ca"]:
        facts["ca_cert_data"] = authority(facts, task, cloud)
    return facts


def authority(facts: Record, task: Task, cloud: Cloud) -> str:
    """Return the PEM text that vouches for the cluster's API; empty where the public CAs do."""
    path = task.params["cluster_ca_cert"]
    given = read(path) or "" if path else ""
    if facts.get("type") == "openshift":
        return given
    try:
        return cloud.containers.ca(str(facts["id"]))
    except (APIError, LookupFailed) as exc:
        # Refused or not there: anything else is a fault, and no reason to take another CA.
        if not given or exc.kind not in ("permission", "not_found"):
            raise
    return given


MODULE = Module(
    "cluster_info",
    look_up,
    options={
        "cluster": {"type": "str", "aliases": ["cluster_name_or_id"]},
        "provider": {"type": "list", "elements": "str", "choices": list(PROVIDERS)},
        "resource_group": {"type": "str"},
        "endpoint": {"type": "str", "choices": ["auto", "public", "private", "vpe"]},
        "details": {"type": "bool", "default": False},
        "ca": {"type": "bool", "default": False},
        "cluster_ca_cert": {"type": "path"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
