#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a cluster's own API what it says of a token."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_access_info
short_description: Ask a Kubernetes cluster for its version and for the user that a token stands for
version_added: 0.1.0
description:
  - Calls the API of one cluster, over TLS that is verified with the cluster's own CA, and returns its version and the
    user that it takes the token's holder for.
  - The version alone proves little, because a Kubernetes API tells it to anonymous callers too. That is why the module
    also asks who the caller is, and fails when the cluster takes the caller for nobody.
  - It is for Kubernetes clusters. OpenShift clusters do not accept the ID token of IAM.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.info_module
  - ibmcloud.kubernetes._attributes.actiongroup
options:
  master_url:
    description:
      - The address of the cluster's API, as M(ibmcloud.kubernetes.cluster_info) returns it. Only C(https) is accepted.
    type: str
    required: true
  id_token:
    description:
      - The Kubernetes ID token, as M(ibmcloud.kubernetes.iam_token) returns it with
        O(ibmcloud.kubernetes.iam_token#module:kubernetes=true).
      - Without it the module logs in with the given credentials and gets one itself.
    type: str
  ca_cert_data:
    description:
      - The CA of the cluster's API in PEM, as M(ibmcloud.kubernetes.cluster_info) returns it. It alone is trusted.
      - Without it O(ca_cert) or the system's CAs are, which do not vouch for the API of a Kubernetes cluster.
    type: str
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - module: ibmcloud.kubernetes.iam_token
"""

EXAMPLES = r"""
- name: Ask the cluster who I am
  ibmcloud.kubernetes.cluster_access_info:
    master_url: "{{ result.cluster.master_url }}"
    ca_cert_data: "{{ result.cluster.ca_cert_data }}"
    id_token: "{{ iam.id_token }}"
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

from ..module_utils._endpoints import check_master_url
from ..module_utils._errors import LookupFailed
from ..module_utils._module import run_module
from ..module_utils._task import Module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._task import Result, Task


def ask(task: Task, cloud: Cloud) -> Result:
    params = task.params
    master_url = check_master_url(params["master_url"])
    id_token = params["id_token"] or cloud.login.token(kubernetes=True).id
    cluster = cloud.kubernetes(master_url, id_token, ca=params["ca_cert_data"])
    result: Result = {"version": cluster.version(), "authenticated": True}
    user = cluster.who_am_i()
    if user is not None:
        if user.name == "system:anonymous":
            raise LookupFailed(
                "The cluster takes us for an anonymous caller: the token did not reach it",
                kind="auth",
                hint="A proxy may have taken the Authorization header away; check HTTPS_PROXY and NO_PROXY.",
            )
        result.update(user=user.name, groups=list(user.groups))
    return result


MODULE = Module(
    "cluster_access_info",
    ask,
    options={
        "master_url": {"type": "str", "required": True},
        "id_token": {"type": "str", "no_log": True},
        "ca_cert_data": {"type": "str"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
