#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_access
short_description: Turn IBM Cloud credentials into sessions with clusters, in one step
version_added: 0.1.0
description:
  - Does what M(ibmcloud.kubernetes.iam_token), M(ibmcloud.kubernetes.account_info), M(ibmcloud.kubernetes.cluster_info),
    M(ibmcloud.kubernetes.cluster_rbac_sync) and M(ibmcloud.kubernetes.cluster_login) do one after the other, in one process, with
    one login, one pool of connections and one pace for all.
  - It is what the role P(ibmcloud.kubernetes.cluster_access#role) runs, which publishes the result as facts.
  - Many clusters are worked on at the same time. The failure of one does not stop the others. The module fails when no cluster
    could be opened; when some could, it warns, and RV(failures) names the others.
  - As a trusted profile it opens Kubernetes clusters only, each with the ID token in its kubeconfig.
  - A local task shows how far the synchronisation is, with a line when something has changed, at most every five seconds.
  - A successful result is never printed and never stored in job events, with or without C(no_log) on the task.
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
      - Predicts whether a synchronisation would be requested, and requests nothing. It logs in and asks the clusters all the same,
        because the tasks that follow need it for their prediction; an OpenShift cluster that is not synchronised yet takes no
        login, and is in RV(left_out).
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - A cluster that is synchronised is left alone. A login at an OpenShift cluster makes a new token each time.
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
  provider:
    description:
      - Which lists to read. Without it those are V(classic) and V(vpc-gen2), and V(satellite) too when a cluster is in neither.
    type: list
    elements: str
    choices: [classic, vpc-gen2, satellite, vpc-classic]
  resource_group:
    description:
      - Look for the clusters only in the resource group with this name or ID.
      - Falls back to the environment variables E(IC_RESOURCE_GROUP) and E(IBMCLOUD_RESOURCE_GROUP).
    type: str
  endpoint:
    description:
      - Which endpoint of the clusters to call. One that a cluster does not have is an error, never another one in its place.
    type: str
    choices: [auto, public, private, vpe]
    default: auto
  cluster_ca_cert:
    description:
      - A file with the CA of the clusters' API, in PEM, for when the service does not give it out.
    type: path
  ca_folder:
    description:
      - Where the CA files are kept, and looked for. Without it that is C(ibmcloud.kubernetes/ca) in the folder E(XDG_CACHE_HOME), or
        in C(~/.cache).
    type: path
  allowed_hosts:
    description:
      - The domains to which tokens may be sent. Loopback addresses are always allowed.
      - The OAuth server of an OpenShift cluster must be on a host of the cluster itself. To allow another host, list its
        full name.
    type: list
    elements: str
    default:
      - containers.cloud.ibm.com
      - containers.appdomain.cloud
      - satellite.appdomain.cloud
      - link.satellite.cloud.ibm.com
  openshift_passcode:
    description:
      - A second one-time passcode, for the OAuth server of an OpenShift cluster, for a login without an API key.
    type: str
  id_token:
    description:
      - A Kubernetes ID token to go on with, beside O(access_token).
    type: str
  wait_timeout:
    description:
      - How long to wait for the synchronisation of each cluster, in seconds.
    type: int
    default: 300
  wait_sleep:
    description:
      - The longest pause between two looks at one cluster, in seconds.
    type: int
    default: 5
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - module: ibmcloud.kubernetes.cluster_rbac_sync
  - module: ibmcloud.kubernetes.cluster_login
"""

EXAMPLES = r"""
- name: Get access to clusters
  ibmcloud.kubernetes.cluster_access:
    clusters:
      - mycluster-classic
      - mycluster-vpc
  register: access

- name: Look at the namespaces of one
  kubernetes.core.k8s_info:
    kind: Namespace
  module_defaults:
    group/kubernetes.core.k8s: "{{ access.sessions['mycluster-vpc'].k8s_auth }}"
"""

RETURN = r"""
sessions:
  description:
    - The sessions by cluster, each with what M(ibmcloud.kubernetes.cluster_login) returns of it - C(master_url), C(id_token) or
      C(openshift_token), C(ca_cert_data), C(ca_cert_file), C(expires_at), C(version), C(user), C(authorized), C(k8s_auth), C(k8s_env).
  returned: success
  type: dict
  sample: {mycluster-vpc: {master_url: "https://c2.us-south.containers.cloud.ibm.com:30422", user: "IAM#ada@example.com"}}
session:
  description:
    - The session, when it was one cluster alone.
  returned: for one cluster
  type: dict
failures:
  description:
    - The clusters that could not be opened, now or in an earlier step.
  returned: success
  type: list
  elements: dict
  contains:
    cluster:
      description: The cluster.
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
left_out:
  description:
    - OpenShift clusters that were left out because check mode has not synchronised them.
  returned: success
  type: list
  elements: str
  sample: [mycluster-openshift]
ends_first:
  description:
    - When the first of the tokens of this result ends.
  returned: success
  type: str
  sample: "2026-05-04T10:52:11Z"
summary:
  description:
    - The result in lines for people. They hold no secret.
  returned: success
  type: list
  elements: str
  sample: ["Account     Example Dev (a1b2c3d4e5f60718293a4b5c6d7e8f90)", "Clusters    12 open", "Tokens      good until 2026-05-04T10:52:11Z"]
cluster:
  description:
    - What the service says of the cluster, when it was one cluster alone, as M(ibmcloud.kubernetes.cluster_info) returns it.
  returned: for one cluster
  type: dict
account:
  description:
    - The account of the tokens, its C(id) and its C(name). The name is empty when the identity may not list accounts.
  returned: success
  type: dict
  sample: {id: a1b2c3d4e5f60718293a4b5c6d7e8f90, name: Example Dev}
access_token:
  description:
    - The IAM access token, as it is in the end. C(refresh_token), C(id_token), C(kubernetes_refresh_token), C(account_id),
      C(iam_id), C(expires_at) and the other results of M(ibmcloud.kubernetes.iam_token) are there too; a trusted profile has no
      C(refresh_token), and its ID tokens are in RV(sessions) only.
  returned: success
  type: str
  sample: eyJraWQiOiIyMDI2...
error:
  description:
    - What went wrong, in parts; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: auth, status: 401}
"""

import typing as t

from ..module_utils._clusters.chain import open_clusters
from ..module_utils._core.errors import InputError
from ..module_utils._module.argument_specs import ALLOWED_HOSTS, FILTERS, FLEET
from ..module_utils._module.runner import Module
from ..module_utils._module.target import run_module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task

_NAMES = (
    "Give it the name or the ID of a cluster, or clusters a list of them (cluster_access_cluster and cluster_access_clusters of "
    "the role)."
)


def get_access(task: Task, cloud: Cloud) -> Result:
    params = task.params
    if params["cluster"] and params["clusters"] is not None:
        raise InputError("cluster and clusters are mutually exclusive", hint="Give one of them.")
    wanted = [params["cluster"]] if params["cluster"] else params["clusters"]
    if wanted is None:
        raise InputError("cluster is empty", hint=_NAMES)
    if not wanted:
        return {
            "sessions": {},
            "failures": [],
            "left_out": [],
            "ends_first": "",
            "summary": ["No cluster was asked for"],
        }
    result = open_clusters(cloud, wanted, params, check_mode=task.check_mode, report_progress=task.report_progress)
    if result["failures"]:
        total = len(result["failures"]) + len(result["sessions"]) + len(result["left_out"])
        task.warn(f"{len(result['failures'])} of {total} clusters could not be opened; see failures")
    return result


MODULE = Module(
    "cluster_access",
    get_access,
    options={
        **FLEET,
        **ALLOWED_HOSTS,
        "cluster": {"type": "str", "aliases": ["cluster_name_or_id"]},
        "clusters": {"type": "list", "elements": "str"},
        "provider": FILTERS["provider"],
        "resource_group": FILTERS["resource_group"],
        "endpoint": {"type": "str", "choices": ["auto", "public", "private", "vpe"], "default": "auto"},
        "cluster_ca_cert": {"type": "path"},
        "ca_folder": {"type": "path"},
        "openshift_passcode": {"type": "str", "no_log": True},
        "id_token": {"type": "str", "no_log": True},
        "wait_timeout": {"type": "int", "default": 300},
        "wait_sleep": {"type": "int", "default": 5},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
