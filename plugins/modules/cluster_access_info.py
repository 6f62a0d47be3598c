#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a cluster's own API what it says of a token."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_access_info
short_description: Ask a cluster for its version, the user that a token stands for, and what that user may do
version_added: 0.1.0
description:
  - Calls the API of one cluster, over verified TLS, and returns its version, the user that it takes the token's holder
    for, and whether that user may do something.
  - The version alone proves little, because a Kubernetes API tells it to anonymous callers too. That is why the module
    also asks who the caller is, and fails when the cluster takes the caller for nobody.
  - A refused token (HTTP 401, kind V(auth)) and a user who may not do something (HTTP 403, or RV(authorized=false)) are
    told apart.
  - What it does for OpenShift was built from documents and sources; it has not been verified against the live service.
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
      - Without it and without O(openshift_token) the module logs in with the given credentials and gets one itself.
  verb:
    description:
      - What RV(authorized) is about, such as V(get), V(list) or V(create).
    type: str
    default: list
  resource:
    description:
      - What RV(authorized) is about, such as V(namespaces), V(pods) or V(deployments).
    type: str
    default: namespaces
  api_group:
    description:
      - The API group of O(resource), such as V(apps). The core group has no name.
    type: str
    default: ""
  namespace:
    description:
      - Ask for this namespace only. Without it the question is about all namespaces, or about things that are in none.
    type: str
  wait:
    description:
      - Wait until the user may do it, for an identity whose access is still on its way to the cluster.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait, in seconds. V(0) asks once.
    type: int
    default: 120
  wait_sleep:
    description:
      - The longest pause between two questions, in seconds.
    type: int
    default: 5
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - module: ibmcloud.kubernetes.iam_token
  - module: ibmcloud.kubernetes.openshift_token
"""

EXAMPLES = r"""
- name: Ask the cluster who I am
  ibmcloud.kubernetes.cluster_access_info:
    master_url: "{{ result.cluster.master_url }}"
    ca_cert_data: "{{ result.cluster.ca_cert_data }}"
    id_token: "{{ iam.id_token }}"
  register: access

- name: Wait until I may create pods in the namespace default
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
    - What the cluster says of its build, unchanged.
  returned: success
  type: dict
  sample: {gitVersion: v1.33.4+IKS, major: "1", minor: "33", platform: linux/amd64}
authenticated:
  description:
    - Whether the cluster took the token. V(true) on success, because anything else fails.
  returned: success
  type: bool
  sample: true
authorized:
  description:
    - Whether the user may do what O(verb), O(resource), O(api_group) and O(namespace) say.
  returned: success
  type: bool
  sample: true
user:
  description:
    - The user that the token stands for in the cluster. Absent on servers before Kubernetes 1.28, which cannot say.
  returned: when the server says it
  type: str
  sample: IAM#ada@example.com
groups:
  description:
    - The groups of that user in the cluster.
  returned: when the server says it
  type: list
  elements: str
  sample: [system:authenticated]
error:
  description:
    - What went wrong, in parts; see the guide on errors.
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
