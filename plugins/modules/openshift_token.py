#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log in to an OpenShift cluster, or log out."""

from __future__ import annotations

DOCUMENTATION = r"""
module: openshift_token
short_description: Get or revoke a token for an OpenShift cluster
version_added: 0.1.0
description:
  - Finds the OAuth server of an OpenShift cluster and logs in with an API key or a one-time passcode. This module replaces C(oc login).
    OpenShift clusters do not accept IAM tokens.
  - The module sends the API key or the passcode only to one of the cluster's own hosts. See O(allowed_hosts).
  - The result of a successful login is never printed or stored in job events, with or without C(no_log) on the task.
  - Run M(ibmcloud.kubernetes.cluster_rbac_sync) first, because a cluster rejects the login if the identity's access is not synchronized.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._cluster
  - ibmcloud.kubernetes._cluster.allowed_hosts
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - Logs in even in check mode, because later tasks need the token. The login creates a token in the cluster. The token remains
        valid until it expires. With O(state=absent), the module reports a change, but does not revoke the token.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - The module does not report a change if it logs in, or if the token has already been revoked.
options:
  ibmcloud_api_key:
    description:
      - The API key for the login. If O(access_token) is also set, the API key and the access token must belong to the same identity.
      - The OAuth server accepts only API keys and one-time passcodes (O(passcode)).
      - Falls back to the environment variables E(IC_API_KEY) and E(IBMCLOUD_API_KEY).
  master_url:
    required: true
  openshift_token:
    description:
      - The token to revoke. This option is required if O(state=absent).
  state:
    description:
      - V(present) logs in. V(absent) revokes O(openshift_token).
      - A cluster may continue to accept a revoked token for about two minutes.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: ibmcloud.kubernetes.cluster_access_info
  - module: ibmcloud.kubernetes.cluster_rbac_sync
"""

EXAMPLES = r"""
- name: Find the cluster
  ibmcloud.kubernetes.cluster_info:
    cluster: myopenshift
    endpoint: auto
  register: openshift

- name: Synchronize RBAC
  ibmcloud.kubernetes.cluster_rbac_sync:
    clusters: "{{ openshift.clusters }}"

- name: Log in to the cluster
  ibmcloud.kubernetes.openshift_token:
    master_url: "{{ openshift.cluster.master_url }}"
  register: login

- name: Get the user from the cluster
  ibmcloud.kubernetes.cluster_access_info:
    master_url: "{{ openshift.cluster.master_url }}"
    openshift_token: "{{ login.openshift_token }}"
  register: access

- name: Log out
  ibmcloud.kubernetes.openshift_token:
    master_url: "{{ openshift.cluster.master_url }}"
    openshift_token: "{{ login.openshift_token }}"
    state: absent
"""

RETURN = r"""
openshift_token:
  description:
    - The token for the cluster's API, without the C(Bearer) prefix.
  returned: with O(state=present)
  type: str
  sample: sha256~Ba...
openshift_token_expires_in:
  description:
    - The lifetime of the token, in seconds. This key is missing if the server does not report the lifetime.
  returned: with O(state=present)
  type: int
  sample: 86400
openshift_token_expires_at:
  description:
    - The time at which the token expires, in UTC, according to the clock of the host that runs the task.
  returned: with O(state=present)
  type: str
  sample: "2026-01-06T10:08:03Z"
scope:
  description:
    - The token's scope.
  returned: with O(state=present)
  type: str
  sample: user:full
error:
  description:
    - The error as structured data. The guide on errors describes the fields of an error.
  returned: failure
  type: dict
  sample: {kind: auth, status: 401}
"""

import time
import typing as t

from ..module_utils._cloud import ClusterEndpoint
from ..module_utils._core.errors import InputError
from ..module_utils._core.options import ApiServerOptions
from ..module_utils._core.tokens import iso
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.argument_specs import API_SERVER
from ..module_utils._module.runner import Module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


class Options(ApiServerOptions):
    state: str


def log_in_or_out(task: Task[Options], cloud: Cloud) -> Result:
    options = task.options
    cluster = cloud.openshift(ClusterEndpoint.from_options(options))
    if options.state == "absent":
        if not options.openshift_token:
            raise InputError("openshift_token is required with state=absent")
        return {"changed": task.check_mode or cluster.revoke(options.openshift_token)}
    if options.ibmcloud_api_key:
        # An API key from the environment may belong to a different identity than the access token.
        cloud.login.check_key()
        token = cluster.log_in("apikey", options.ibmcloud_api_key)
    elif options.passcode:
        token = cluster.log_in("passcode", options.passcode)
    else:
        raise InputError(
            "An OpenShift login requires an API key or a one-time passcode",
            hint="Set ibmcloud_api_key (or IC_API_KEY), or passcode.",
        )
    result: Result = {"openshift_token": token.token, "scope": token.scope}
    if token.expires_in:
        ends = iso(time.time() + token.expires_in)
        result.update(openshift_token_expires_in=token.expires_in, openshift_token_expires_at=ends)
    return result


MODULE = Module(
    "openshift_token",
    log_in_or_out,
    Options,
    options={
        **API_SERVER,
        "master_url": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
