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
  - Many clusters are asked about at the same time. The failure of one does not stop the others; RV(failures) names it.
  - What it does was built from IBM's documentation and clients; it has not been verified against the live service.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._filters
  - ibmcloud.kubernetes._fleet
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.info_module
  - ibmcloud.kubernetes._attributes.actiongroup
options:
  cluster:
    description:
      - Name or ID of the one cluster to return. Without it and O(clusters) all clusters are listed.
    type: str
    aliases: [cluster_name_or_id]
  clusters:
    description:
      - Names or IDs of several clusters. Each is returned once, also when it is named twice. An empty list returns none,
        and asks for nothing.
    type: list
    elements: str
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
      - Also return the CA of the cluster's API as RV(clusters[].ca_cert_data), with one more request for each cluster whose
        CA is not held (O(ca_held)).
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
  ca_held:
    description:
      - With O(ca), do not ask for a CA that M(ibmcloud.kubernetes.cluster_login) has kept in O(ca_folder). It may have been
        replaced since; that module notices.
    type: bool
    default: false
  ca_folder:
    description:
      - Where CAs are kept. Without it that is C(ibmcloud.kubernetes/ca) in the folder E(XDG_CACHE_HOME), or in C(~/.cache).
    type: path
  brief:
    description:
      - Leave out what this page does not list below RV(clusters). Long lists are handed on faster so.
    type: bool
    default: false
seealso:
  - module: ibmcloud.kubernetes.cluster_rbac_sync
  - module: ibmcloud.kubernetes.cluster_access_info
"""

EXAMPLES = r"""
- name: List the classic and VPC clusters of the account
  ibmcloud.kubernetes.cluster_info:
  register: result

- name: List the OpenShift clusters of two regions that are in good health
  ibmcloud.kubernetes.cluster_info:
    type: openshift
    regions: [us-south, eu-de]
    states: [normal]
  register: result

- name: Look up several clusters
  ibmcloud.kubernetes.cluster_info:
    clusters:
      - mycluster-classic
      - mycluster-vpc
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
  returned: success, and for those that could be done when some could not
  type: list
  elements: dict
  contains:
    cluster:
      description: What the cluster was asked for as; else its name, or its ID where two have one name.
      type: str
      sample: mycluster-vpc
    id:
      description: The cluster's ID.
      type: str
      sample: c9k2m7q10h4v3x8s6t5g
    name:
      description: The cluster's name.
      type: str
      sample: mycluster-vpc
    region:
      description: The region, such as V(us-south).
      type: str
      sample: us-south
    resourceGroupName:
      description: The name of the resource group.
      type: str
      sample: default
    type:
      description: V(kubernetes) or V(openshift).
      type: str
      sample: kubernetes
    provider:
      description: V(classic), V(vpc-gen2), V(satellite) or V(vpc-classic).
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
      description: The address of the cluster's API as the service gives it. (In older API generations that is C(serverURL) or
        C(publicServiceEndpointURL); RV(clusters[].master_url) is there in all of them.)
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
    ca_cert_from:
      description: Where that is from - V(service), V(kept) (see O(ca_held)), V(file), or empty.
      type: str
      sample: service
failures:
  description:
    - The clusters that could not be done.
  returned: when O(clusters), or all clusters, were asked for and some failed
  type: list
  elements: dict
  contains:
    cluster:
      description: What the cluster was asked for as.
      type: str
      sample: mycluster-old
    msg:
      description: What went wrong, in a line.
      type: str
      sample: No cluster mycluster-old was found
    error:
      description: The same in parts; see the guide on errors.
      type: dict
      sample: {kind: not_found}
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

from ..module_utils._clusters.details import FactsReader
from ..module_utils._clusters.facts import documented_keys
from ..module_utils._clusters.lookup import Filters, Resolution, index_by_name, list_for, resolve_names
from ..module_utils._core.errors import PartialFailure, failure_entry
from ..module_utils._module.argument_specs import FILTERS, FLEET, at_most_one
from ..module_utils._module.runner import Module
from ..module_utils._module.target import run_module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


def find_clusters(task: Task, cloud: Cloud) -> Result:
    params = task.params
    at_most_one(params, "cluster", "clusters")
    wanted = [params["cluster"]] if params["cluster"] else params["clusters"]
    if wanted == []:
        return {"clusters": []}
    records = Filters.from_options(params, cloud.generation).apply(
        list_for(cloud.containers, params["provider"], cloud.pool(), wanted or ())
    )
    choice = (
        Resolution(index_by_name(records), {})
        if wanted is None
        else resolve_names(records, wanted, cloud.containers.region_note)
    )
    found, failures = FactsReader.from_options(cloud, params).read_all(choice.found, cloud.pool())
    failures = [failure_entry(cluster, error) for cluster, error in choice.missing.items()] + failures
    if params["brief"]:
        found = [documented_keys(facts) for facts in found]
    if failures:
        result = {"clusters": found, "failures": failures}
        raise PartialFailure(failures, total=len(found) + len(failures), result=result)
    return {"clusters": found, **({"cluster": found[0]} if params["cluster"] else {})}


MODULE = Module(
    "cluster_info",
    find_clusters,
    options={
        **FILTERS,
        **FLEET,
        "cluster": {"type": "str", "aliases": ["cluster_name_or_id"]},
        "clusters": {"type": "list", "elements": "str"},
        "endpoint": {"type": "str", "choices": ["auto", "public", "private", "vpe"]},
        "details": {"type": "bool", "default": False},
        "ca": {"type": "bool", "default": False},
        "cluster_ca_cert": {"type": "path"},
        "ca_held": {"type": "bool", "default": False},
        "ca_folder": {"type": "path"},
        "brief": {"type": "bool", "default": False},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
