#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hand the session of one cluster over to other collections."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_session
short_description: Hand the session of a cluster over to kubernetes.core, community.okd and helm
version_added: 0.1.0
description:
  - Returns one cluster session as the arguments that M(kubernetes.core.k8s) and its relatives take, and as the
    environment variables that they read.
  - Both are made from the same values, verify the cluster's certificate, and are never returned with an empty address
    or token, with which those collections would silently take another identity.
  - Those collections take the CA as a file. It is written to a folder of your own, one file for each cluster, and is used
    again when it is there.
  - A successful result is never printed and never stored in job events, with or without C(no_log) on the task.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._cluster
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - The CA file is a cache, and is written in check mode too, because the tasks that follow need it for their
        prediction. Removing it is predicted only.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  ca_folder:
    description:
      - Where the CA file is kept. The folder is made with mode 0700; one that others can write to is refused.
      - Without it that is C(ibmcloud.kubernetes/ca) in the folder E(XDG_CACHE_HOME), or in C(~/.cache).
    type: path
  ca_cert_file:
    description:
      - The file to remove with O(state=absent). Only a file that this module has made is removed.
      - Other plays of yours may use the same file. Where they run at the same time, give each an O(ca_folder) of its own.
    type: path
  state:
    description:
      - V(present) returns the session, V(absent) removes O(ca_cert_file).
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: kubernetes.core.k8s
  - module: ibmcloud.kubernetes.kubeconfig
"""

EXAMPLES = r"""
- name: Hand the session over
  ibmcloud.kubernetes.cluster_session:
    master_url: "{{ result.cluster.master_url }}"
    ca_cert_data: "{{ result.cluster.ca_cert_data }}"
    id_token: "{{ iam.id_token }}"
  register: session

- name: Look at the namespaces
  kubernetes.core.k8s_info:
    kind: Namespace
  module_defaults:
    group/kubernetes.core.k8s: "{{ session.k8s_auth }}"

- name: Remove the CA file
  ibmcloud.kubernetes.cluster_session:
    ca_cert_file: "{{ session.ca_cert_file }}"
    state: absent
"""

RETURN = r"""
k8s_auth:
  description:
    - C(host), C(api_key), C(validate_certs), and C(ca_cert) where there is a CA file, for C(module_defaults) of
      C(group/kubernetes.core.k8s).
  returned: with O(state=present)
  type: dict
  sample: {host: "https://c2.us-south.containers.cloud.ibm.com:30422", ca_cert: /home/ada/.cache/ca.pem}
k8s_env:
  description:
    - The same as environment variables (C(K8S_AUTH_HOST) and so on).
  returned: with O(state=present)
  type: dict
  sample: {K8S_AUTH_HOST: "https://c2.us-south.containers.cloud.ibm.com:30422"}
ca_cert_file:
  description:
    - The CA file, if there is one.
  returned: with O(state=present)
  type: str
  sample: /home/ada/.cache/ibmcloud.kubernetes/ca/2f1e.pem
ca_cert_made:
  description:
    - Whether this run has made the file.
  returned: with O(state=present)
  type: bool
  sample: true
error:
  description:
    - What went wrong, in parts; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: input}
"""

import typing as t

from ..module_utils._cloud import ClusterEndpoint
from ..module_utils._clusters.ca_store import CaStore
from ..module_utils._clusters.connection_settings import ConnectionSettings
from ..module_utils._core.private_files import exists
from ..module_utils._module.argument_specs import CLUSTER, exactly_one
from ..module_utils._module.runner import Module
from ..module_utils._module.target import run_module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


def connection_settings(task: Task, cloud: Cloud) -> Result:
    params = task.params
    if params["state"] == "absent":
        exactly_one(params, "ca_cert_file")
        path = params["ca_cert_file"]
        return {"changed": exists(path) if task.check_mode else CaStore.remove(path)}
    token = params[exactly_one(params, "id_token", "openshift_token")]
    address = ClusterEndpoint.from_options(params)
    # Without a CA of its own the cluster is verified as IBM's services are: with the given file, else publicly.
    path, made = params["ca_cert"] or "", False
    if address.ca:
        source = "given" if params["validate_certs"] else "unverified"
        path, made = CaStore.for_cloud(cloud, params["ca_folder"]).store(address.ca, address.master_url, source)
    session = ConnectionSettings(address.master_url, token, ca_file=path)
    return {
        "k8s_auth": session.auth(),
        "k8s_env": session.environment(),
        "ca_cert_file": path,
        "ca_cert_made": made,
    }


MODULE = Module(
    "cluster_session",
    connection_settings,
    options={
        **CLUSTER,
        "ca_folder": {"type": "path"},
        "ca_cert_file": {"type": "path"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
