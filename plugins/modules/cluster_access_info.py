#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Return the version of a cluster, and the user and permissions of a token."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_access_info
short_description: Return the version of a cluster, and the user and permissions of a token
version_added: 0.1.0
description:
  - Calls the API server of one cluster over verified TLS. Returns its version, the user that the token authenticates as, and
    whether that user has a permission.
  - Fails if the cluster treats the request as anonymous. The version alone does not prove access, because anonymous users can read it.
  - A rejected token is an error of the kind V(auth) (HTTP 401). A missing permission is RV(authorized=false).
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._cluster
  - ibmcloud.kubernetes._cluster.allowed_hosts
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.info_module
  - ibmcloud.kubernetes._attributes.actiongroup
options:
  master_url:
    required: true
  id_token:
    description:
      - The Kubernetes ID token for a Kubernetes cluster. If neither this nor O(openshift_token) is set, the module logs in and
        obtains one.
  verb:
    description:
      - The verb of the permission in RV(authorized), such as V(get), V(list) or V(create).
    type: str
    default: list
  resource:
    description:
      - The resource of the permission in RV(authorized), such as V(namespaces), V(pods) or V(deployments).
    type: str
    default: namespaces
  api_group:
    description:
      - The API group of O(resource), such as V(apps). The default is the core group, whose name is empty.
    type: str
    default: ""
  namespace:
    description:
      - The namespace of the permission in RV(authorized). By default it is about all namespaces, or about resources without a
        namespace.
    type: str
  wait:
    description:
      - Whether to wait until the user has the permission, for example after a synchronization.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait, in seconds. V(0) checks once.
    type: int
    default: 120
  wait_sleep:
    description:
      - The longest pause between two checks, in seconds.
    type: int
    default: 5
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - module: ibmcloud.kubernetes.iam_token
  - module: ibmcloud.kubernetes.openshift_token
"""

EXAMPLES = r"""
- name: Log in
  ibmcloud.kubernetes.iam_token:
    kubernetes_id_token: true
  register: iam

- name: Find the cluster
  ibmcloud.kubernetes.cluster_info:
    cluster: mycluster-vpc
    endpoint: auto
    ca: true
  register: result

- name: Get my user from the cluster
  ibmcloud.kubernetes.cluster_access_info:
    master_url: "{{ result.cluster.master_url }}"
    ca_cert_data: "{{ result.cluster.ca_cert_data }}"
    id_token: "{{ iam.id_token }}"
  register: access

- name: Synchronize RBAC
  ibmcloud.kubernetes.cluster_rbac_sync:
    clusters: "{{ result.clusters }}"

- name: Wait until I can create pods in the namespace default
  ibmcloud.kubernetes.cluster_access_info:
    master_url: "{{ result.cluster.master_url }}"
    ca_cert_data: "{{ result.cluster.ca_cert_data }}"
    id_token: "{{ iam.id_token }}"
    verb: create
    resource: pods
    namespace: default
    wait: true
  register: access
"""

RETURN = r"""
version:
  description:
    - The version of the cluster, unchanged.
  returned: success
  type: dict
  sample: {gitVersion: v1.33.4+IKS, major: "1", minor: "33", platform: linux/amd64}
authenticated:
  description:
    - Whether the cluster accepted the token. Always V(true), because the module fails otherwise.
  returned: success
  type: bool
  sample: true
authorized:
  description:
    - Whether the user has the permission of O(verb), O(resource), O(api_group) and O(namespace).
  returned: success
  type: bool
  sample: true
user:
  description:
    - The user that the token authenticates as. Absent before Kubernetes 1.28, which does not report it.
  returned: when the server reports it
  type: str
  sample: IAM#ada@example.com
groups:
  description:
    - The groups of that user in the cluster.
  returned: when the server reports it
  type: list
  elements: str
  sample: [system:authenticated]
error:
  description:
    - The error as fields; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: auth, status: 401}
"""

import typing as t

from ..module_utils._cloud import ClusterEndpoint
from ..module_utils._clusters.rbac_sync import wait_until_authorized
from ..module_utils._module.argument_specs import CLUSTER, at_most_one
from ..module_utils._module.runner import Module
from ..module_utils._module.target import run_module
from ..module_utils._services.kubernetes import AccessReview

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


def check_access(task: Task, cloud: Cloud) -> Result:
    params = task.params
    at_most_one(params, "id_token", "openshift_token")
    address = ClusterEndpoint.from_options(params)
    openshift = params["openshift_token"] is not None
    token = params["openshift_token"] or params["id_token"] or cloud.id_tokens.required_session().id
    cluster = cloud.kubernetes(address, token)
    result: Result = {"version": cluster.version(), "authenticated": True}
    user = cluster.openshift_user() if openshift else cluster.who_am_i()
    access = AccessReview(params["verb"], params["resource"], params["api_group"] or "", params["namespace"] or "")
    result["authorized"] = wait_until_authorized(
        cluster,
        access,
        wait_timeout=params["wait_timeout"] if params["wait"] else None,
        longest_pause=params["wait_sleep"],
        clock=cloud.clock,
    )
    return {**result, **({"user": user.name, "groups": list(user.groups)} if user else {})}


MODULE = Module(
    "cluster_access_info",
    check_access,
    options={
        **CLUSTER,
        "master_url": {"type": "str", "required": True},
        "verb": {"type": "str", "default": "list"},
        "resource": {"type": "str", "default": "namespaces"},
        "api_group": {"type": "str", "default": ""},
        "namespace": {"type": "str"},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 120},
        "wait_sleep": {"type": "int", "default": 5},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
