#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_login
short_description: Log in to clusters, ask each who you are, and hand the sessions over
version_added: 0.1.0
description:
  - Logs in to each cluster with the token that it takes - the Kubernetes ID token of the identity, or a token of the OpenShift
    cluster's own - and asks it, over verified TLS, for its version, the user that it takes the token's holder for, and whether
    that user may list namespaces.
  - Returns each session as M(ibmcloud.kubernetes.cluster_session) does, for M(kubernetes.core.k8s) and its relatives.
  - Many clusters are worked on at the same time. The module fails when none could be opened; when some could, it warns, and
    RV(failures) names the others.
  - For a trusted profile the ID token is that in the kubeconfig of each cluster (inferred); OpenShift clusters cannot be opened.
  - Where the certificate of a cluster does not fit its CA, the service is asked for that once more, as it may have been replaced.
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
      - Logs in and asks in check mode too, because the tasks that follow need it for their prediction. Only what O(outcomes) says
        of OpenShift clusters is heeded. O(state=absent) is predicted.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - A login at an OpenShift cluster makes a new token each time.
options:
  clusters:
    description:
      - The clusters, as M(ibmcloud.kubernetes.cluster_info) returns them with C(ca=true). An empty list does nothing.
      - What is read of each is C(id), C(name), C(type) (V(openshift) for a cluster that has tokens of its own), C(master_url) and
        C(ca_cert_data) (the CA that alone is trusted; without it O(ca_cert) or the public CAs are). C(provider) and C(region) are
        handed on. In RV(sessions) the cluster stands under C(cluster), else its name, else its ID.
    type: list
    elements: dict
  sessions:
    description:
      - With O(state=absent), the sessions to close, as RV(sessions) has them.
    type: dict
  ca_cert_files:
    description:
      - CA files to remove with O(state=absent). Only CA files of this collection are removed.
      - Logging out does not remove CA files otherwise, because other runs may use them. A CA certificate is not a secret.
    type: list
    elements: path
    default: []
  outcomes:
    description:
      - What earlier steps have said of the clusters, the C(failures) of M(ibmcloud.kubernetes.cluster_info) and the C(clusters)
        of M(ibmcloud.kubernetes.cluster_rbac_sync). A cluster that has an C(error) there is not opened, and is among RV(failures).
      - In check mode an OpenShift cluster that is not C(synchronized) there is not opened either, because it takes no login yet.
        It is in RV(left_out).
    type: list
    elements: dict
    default: []
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
  id_token:
    description:
      - The Kubernetes ID token, as M(ibmcloud.kubernetes.iam_token) returns it. It is used while it is good; without it, or after
        its end, the module gets one itself, and as a trusted profile one for each cluster.
    type: str
  openshift_passcode:
    description:
      - A one-time passcode for the OAuth server of one OpenShift cluster, for a login without an API key. (O(passcode) is for IAM.)
    type: str
  ca_folder:
    description:
      - Where the CA files are kept. The folder is made with mode 0700; one that others can write to is refused.
      - Without it that is C(ibmcloud.kubernetes/ca) in the folder E(XDG_CACHE_HOME), or in C(~/.cache).
    type: path
  state:
    description:
      - V(present) opens sessions. V(absent) revokes the tokens of OpenShift clusters, and removes the CA files that were made for
        the sessions.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - module: ibmcloud.kubernetes.cluster_rbac_sync
  - module: ibmcloud.kubernetes.cluster_session
"""

EXAMPLES = r"""
- name: Look up clusters, with their CAs
  ibmcloud.kubernetes.cluster_info:
    clusters:
      - mycluster-classic
      - mycluster-vpc
    endpoint: auto
    ca: true
  register: found

- name: Log in to all of them
  ibmcloud.kubernetes.cluster_login:
    clusters: "{{ found.clusters }}"
  register: login

- name: Look at the namespaces of one
  kubernetes.core.k8s_info:
    kind: Namespace
  module_defaults:
    group/kubernetes.core.k8s: "{{ login.sessions['mycluster-vpc'].k8s_auth }}"

- name: Log out again
  ibmcloud.kubernetes.cluster_login: {sessions: "{{ login.sessions }}", state: absent}
"""

RETURN = r"""
sessions:
  description:
    - The sessions by cluster.
  returned: with O(state=present), when any could be opened
  type: dict
  contains:
    id:
      description: The cluster's ID. C(name), C(type), C(provider) and C(region) are there too.
      type: str
    master_url:
      description: The address of the cluster's API.
      type: str
      sample: https://c2.us-south.containers.cloud.ibm.com:30422
    ca_cert_data:
      description: The CA of the cluster's API, in PEM; empty where the public CAs vouch for it.
      type: str
      sample: "-----BEGIN CERTIFICATE-----..."
    ca_cert_file:
      description: The file of the CA, or of O(ca_cert); empty where there is none.
      type: str
      sample: /home/ada/.cache/ibmcloud.kubernetes/ca/2f1e.pem
    ca_cert_made:
      description: Whether this run has made that file.
      type: bool
      sample: true
    id_token:
      description: The token for a Kubernetes cluster; empty for an OpenShift cluster.
      type: str
      sample: eyJraWQiOiIyMDI2...
    openshift_token:
      description: The token for an OpenShift cluster; empty for a Kubernetes cluster.
      type: str
      sample: sha256~...
    expires_at:
      description: When the token ends, in UTC; empty when that is not known.
      type: str
      sample: "2026-01-05T10:08:03Z"
    version:
      description: The version of the cluster, as it says itself.
      type: str
      sample: v1.33.4+IKS
    user:
      description: The user that the token stands for in the cluster; empty on servers before Kubernetes 1.28, which cannot say.
      type: str
      sample: IAM#ada@example.com
    authorized:
      description: Whether that user may list namespaces.
      type: bool
      sample: true
    k8s_auth:
      description: What to set as C(module_defaults) of C(group/kubernetes.core.k8s).
      type: dict
      sample: {host: "https://c2.us-south.containers.cloud.ibm.com:30422"}
    k8s_env:
      description: The same as environment variables.
      type: dict
      sample: {K8S_AUTH_HOST: "https://c2.us-south.containers.cloud.ibm.com:30422"}
session:
  description:
    - The session, when it was one cluster alone.
  returned: with O(state=present), for one cluster
  type: dict
failures:
  description:
    - The clusters that could not be opened, now or in an earlier step.
  returned: with O(state=present)
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
  returned: with O(state=present)
  type: list
  elements: str
  sample: [mycluster-openshift]
error:
  description:
    - What went wrong, in parts; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: auth, status: 401}
"""

import typing as t

from ..module_utils._clusters.ca_store import CaStore
from ..module_utils._clusters.outcomes import Batch
from ..module_utils._clusters.sessions import Sessions
from ..module_utils._core.errors import PartialFailure
from ..module_utils._core.private_files import exists
from ..module_utils._module.argument_specs import ALLOWED_HOSTS, FLEET, exactly_one
from ..module_utils._module.runner import Module
from ..module_utils._module.target import run_module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


def log_in_or_out(task: Task, cloud: Cloud) -> Result:
    params = task.params
    sessions = Sessions.from_options(cloud, params)
    if params["state"] == "absent":
        exactly_one(params, "sessions")
        return log_out(task, sessions)
    exactly_one(params, "clusters")
    batch = Batch.of(params["clusters"], params["outcomes"], check_mode=task.check_mode)
    opened, failures = sessions.open_all(batch.wanted)
    failures = batch.failures + failures
    total = len(failures) + len(opened) + len(batch.left_out)
    if failures and len(failures) == total:
        raise PartialFailure(failures, total=total, result={"failures": failures})
    if failures:
        task.warn(f"{len(failures)} of {total} clusters could not be opened; see failures")
    alone = {"session": next(iter(opened.values()))} if total == 1 == len(opened) else {}
    return {"sessions": opened, "failures": failures, "left_out": batch.left_out, **alone}


def log_out(task: Task, sessions: Sessions) -> Result:
    given = {name: session for name, session in task.params["sessions"].items() if isinstance(session, dict)}
    files = sorted(set(task.params["ca_cert_files"]))
    if task.check_mode:
        return {"changed": any(session.get("openshift_token") for session in given.values()) or any(map(exists, files))}
    revoked, failures = sessions.close_all(given)
    # After the last call to a cluster, which needs the CA.
    removed = [file for file in files if CaStore.remove(file)]
    changed = revoked or bool(removed)
    if failures:
        raise PartialFailure(failures, total=len(given), result={"changed": changed, "failures": failures})
    return {"changed": changed}


MODULE = Module(
    "cluster_login",
    log_in_or_out,
    options={
        **FLEET,
        **ALLOWED_HOSTS,
        "clusters": {"type": "list", "elements": "dict"},
        "sessions": {"type": "dict", "no_log": True},
        "ca_cert_files": {"type": "list", "elements": "path", "default": []},
        "outcomes": {"type": "list", "elements": "dict", "default": []},
        "id_token": {"type": "str", "no_log": True},
        "openshift_passcode": {"type": "str", "no_log": True},
        "ca_folder": {"type": "path"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
