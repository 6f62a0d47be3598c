#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn IBM Cloud credentials into tokens."""

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_token
short_description: Turn IBM Cloud credentials into IAM and Kubernetes tokens
version_added: 0.1.0
description:
  - Logs in to IBM Cloud with an API key, a user name and password, a one-time passcode or a refresh token, or as a trusted
    profile, and returns an access token that is bound to an account.
  - With O(kubernetes=true) it also returns the ID token with which the API of a Kubernetes cluster is called.
  - A successful result is never printed and never stored in job events, with or without C(no_log) on the task.
    An action plugin of the same name takes care of that. Failures stay readable and hold no secret.
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
  kubernetes:
    description:
      - Also get the ID token for Kubernetes clusters (not for OpenShift clusters, whose tokens come from their own
        OAuth server).
      - A trusted profile has no refresh token, and so none that serves all clusters. M(ibmcloud.kubernetes.cluster_login) and
        M(ibmcloud.kubernetes.cluster_access) get its ID token from the kubeconfig of each cluster.
      - With an API key this takes two requests where the service accepts the one-step form, else the three requests of
        IBM's documentation. That the one-step form takes the receiver C(kube) is inferred.
    type: bool
    default: false
  id_token:
    description:
      - A Kubernetes ID token from an earlier run. It is returned as it is while it is good for O(min_validity) seconds.
    type: str
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - name: Setting up the API
    description: IBM's description of the calls that this module makes.
    link: https://cloud.ibm.com/docs/containers?topic=containers-cs_api_install
"""

EXAMPLES = r"""
- name: Log in with the API key in the environment variable IC_API_KEY
  ibmcloud.kubernetes.iam_token:
  register: iam

- name: Log in and get the Kubernetes ID token too
  ibmcloud.kubernetes.iam_token:
    ibmcloud_api_key: "{{ vault_ibmcloud_api_key }}"
    kubernetes: true
  register: iam

- name: Keep the tokens while they are good for five more minutes
  ibmcloud.kubernetes.iam_token:
    access_token: "{{ iam.access_token }}"
    refresh_token: "{{ iam.refresh_token }}"
    id_token: "{{ iam.id_token }}"
    kubernetes: true
    min_validity: 300
  register: iam

- name: Log in as a user, to one of several accounts
  ibmcloud.kubernetes.iam_token:
    username: ada@example.com
    password: "{{ vault_ibmcloud_password }}"
    account: Example Production
  register: user

- name: Act as a trusted profile that trusts the owner of the API key
  ibmcloud.kubernetes.iam_token:
    ibmcloud_api_key: "{{ vault_ibmcloud_api_key }}"
    profile_id: Profile-5f1c2d3e-1111-4222-8333-445566778899
  register: profile

- name: Log in as the virtual server instance that this runs on, without any key
  ibmcloud.kubernetes.iam_token:
    vpc_instance: true
  register: instance
"""

RETURN = r"""
access_token:
  description:
    - The IAM access token, without C(Bearer).
  returned: success
  type: str
  sample: eyJraWQiOiIyMDI2...
refresh_token:
  description:
    - The refresh token of the session. Absent when the service gave none that can be used, as for a trusted profile.
  returned: when there is one
  type: str
  sample: OKD6Fh2k...
id_token:
  description:
    - The ID token for Kubernetes clusters, without C(Bearer).
  returned: when O(kubernetes=true)
  type: str
  sample: eyJraWQiOiIyMDI2...
kubernetes_refresh_token:
  description:
    - The refresh token with which kubectl renews the ID token by itself, for M(ibmcloud.kubernetes.kubeconfig).
  returned: when O(kubernetes=true) and the ID token is new
  type: str
  sample: OKD6Fh2k...
id_token_expires_at:
  description:
    - When the ID token ends, in UTC.
  returned: when O(kubernetes=true)
  type: str
  sample: "2026-01-05T11:08:03Z"
uaa_token:
  description:
    - The token for Cloud Foundry, for M(ibmcloud.kubernetes.cf_space_info). There is C(uaa_refresh_token) too.
    - Service IDs get none. A token that was given and is still good is returned without it.
  returned: with an O(api_generation) before V(current), when the service gave one
  type: str
  sample: eyJraWQiOiIyMDI2...
token_type:
  description:
    - Always V(Bearer).
  returned: success
  type: str
  sample: Bearer
expires_in:
  description:
    - How long the access token lasts, in seconds from the answer.
  returned: success
  type: int
  sample: 3600
expiration:
  description:
    - When the access token ends, in seconds since 1970.
  returned: success
  type: int
  sample: 1790003600
expires_at:
  description:
    - When the access token ends, in UTC.
  returned: success
  type: str
  sample: "2026-01-05T11:08:03Z"
account_id:
  description:
    - The account that the access token is bound to. Absent for a user's token that is bound to none.
  returned: when the token is bound to an account
  type: str
  sample: a1b2c3d4e5f60718293a4b5c6d7e8f90
iam_id:
  description:
    - The identity that logged in.
  returned: success
  type: str
  sample: IBMid-2700ABCDEF
error:
  description:
    - What went wrong, in parts; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: auth, status: 400, code: BXNIM0415E, step: log in with the API key}
"""

import typing as t

from ..module_utils._core.tokens import token_facts
from ..module_utils._module.runner import Module
from ..module_utils._module.target import run_module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


def get_token(task: Task, cloud: Cloud) -> Result:
    return token_facts(cloud.login.token(kubernetes=task.params["kubernetes"]))


MODULE = Module(
    "iam_token",
    get_token,
    options={
        "kubernetes": {"type": "bool", "default": False},
        "id_token": {"type": "str", "no_log": True},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
