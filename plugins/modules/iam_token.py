#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log in to IBM Cloud and return tokens."""

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_token
short_description: Log in to IBM Cloud and return IAM and Kubernetes tokens
version_added: 0.1.0
description:
  - Logs in to IBM Cloud and returns an access token. The login uses an API key, a user name and password, a one-time passcode, a
    refresh token, or a trusted profile.
  - With O(kubernetes_id_token=true), the module also returns the ID token for the API servers of Kubernetes clusters.
  - Ansible never prints a successful result or stores it in job events, even without C(no_log) on the task. Error messages remain
    visible, and do not contain secrets.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.info_module
  - ibmcloud.kubernetes._attributes.actiongroup
options:
  kubernetes_id_token:
    description:
      - Whether to bind the access token to an account and to return the ID token for Kubernetes clusters. OpenShift clusters do not need
        an ID token, because they have their own OAuth servers.
      - Logins with a trusted profile or with O(api_generation=2017) do not provide an ID token that works for all clusters. In these cases, the module does
        not return RV(id_token), and M(ibmcloud.kubernetes.cluster_login) reads an ID token from the kubeconfig of each cluster.
      - If IAM denies the request for the ID token, for example because of a policy, the module warns. The module also warns if an access
        token is given without a refresh token or an API key. After these warnings, you can still log in to OpenShift clusters.
      - If an API key is given, the module first tries to log in with two requests. IBM does not document this login. If IAM rejects this login, the module
        sends the three requests that IBM documents.
    type: bool
    default: false
  id_token:
    description:
      - A Kubernetes ID token from an earlier run. If the token remains valid for at least O(min_validity) seconds, the module returns
        the token unchanged.
      - The ID token must belong to the same identity and account as the other credentials.
    type: str
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - name: Setting up the API
    description: IBM's documentation of the requests that this module sends.
    link: https://cloud.ibm.com/docs/containers?topic=containers-cs_api_install
"""

EXAMPLES = r"""
- name: Log in with the API key in the environment variable IC_API_KEY
  ibmcloud.kubernetes.iam_token:
  register: iam

- name: Also get the Kubernetes ID token
  ibmcloud.kubernetes.iam_token:
    ibmcloud_api_key: "{{ vault_ibmcloud_api_key }}"
    kubernetes_id_token: true
  register: iam

- name: Reuse these tokens if they are valid for at least five more minutes
  ibmcloud.kubernetes.iam_token:
    access_token: "{{ iam.access_token }}"
    refresh_token: "{{ iam.refresh_token }}"
    id_token: "{{ iam.id_token }}"
    kubernetes_id_token: true
    min_validity: 300
  register: iam

- name: Log in to one of several accounts of a user
  ibmcloud.kubernetes.iam_token:
    username: ada@example.com
    password: "{{ vault_ibmcloud_password }}"
    account: Example Production
  register: user

- name: Assume a trusted profile that trusts the owner of the API key
  ibmcloud.kubernetes.iam_token:
    ibmcloud_api_key: "{{ vault_ibmcloud_api_key }}"
    profile_id: Profile-5f1c2d3e-1111-4222-8333-445566778899
  register: profile

- name: Log in as this virtual server instance without an API key
  ibmcloud.kubernetes.iam_token:
    vpc_instance: true
  register: instance
"""

RETURN = r"""
access_token:
  description:
    - The IAM access token, without the C(Bearer) prefix.
  returned: success
  type: str
  sample: eyJraWQiOiIyMDI2...
refresh_token:
  description:
    - The session's refresh token. For some identities, such as trusted profiles, the service does not return a usable refresh token.
  returned: when the session has one
  type: str
  sample: OKD6Fh2k...
id_token:
  description:
    - The ID token for Kubernetes clusters, without the C(Bearer) prefix.
  returned: when O(kubernetes_id_token=true) and the identity can have one
  type: str
  sample: eyJraWQiOiIyMDI2...
kubernetes_refresh_token:
  description:
    - The refresh token with which kubectl renews the ID token. M(ibmcloud.kubernetes.kubeconfig) writes this token to a kubeconfig.
  returned: when O(kubernetes_id_token=true) and the ID token is new
  type: str
  sample: OKD6Fh2k...
id_token_expires_at:
  description:
    - The time at which the ID token expires, in UTC.
  returned: when O(kubernetes_id_token=true) and the identity can have one
  type: str
  sample: "2026-01-05T11:08:03Z"
uaa_token:
  description:
    - The UAA token for Cloud Foundry, for use with M(ibmcloud.kubernetes.cf_space_info). The module also returns C(uaa_refresh_token).
    - Service IDs do not receive a UAA token. If a given access token is still valid, the module returns this token without a UAA token.
  returned: with an O(api_generation) older than V(current), when the service returned one
  type: str
  sample: eyJraWQiOiIyMDI2...
token_type:
  description:
    - The type of the access token, which is always V(Bearer).
  returned: success
  type: str
  sample: Bearer
expires_in:
  description:
    - The remaining lifetime of the access token at the time of the response, in seconds.
  returned: success
  type: int
  sample: 3600
expiration:
  description:
    - The time at which the access token expires, as a Unix timestamp.
  returned: success
  type: int
  sample: 1790003600
expires_at:
  description:
    - The time at which the access token expires, in UTC.
  returned: success
  type: str
  sample: "2026-01-05T11:08:03Z"
account_id:
  description:
    - The ID of the access token's account. A user's token is not always bound to an account.
  returned: when the token is bound to an account
  type: str
  sample: a1b2c3d4e5f60718293a4b5c6d7e8f90
account_name:
  description:
    - The name of the account. The module reads the account list only if necessary, for example if a user logs in and O(account_id) is not set.
  returned: when the account list was read
  type: str
  sample: Example Dev
iam_id:
  description:
    - The IAM ID of the identity.
  returned: success
  type: str
  sample: IBMid-2700ABCDEF
error:
  description:
    - The error as structured data. The guide on errors describes the fields of an error.
  returned: failure
  type: dict
  sample: {kind: auth, status: 400, code: BXNIM0415E, step: log in with the API key}
"""

import typing as t

from ..module_utils._core.errors import APIError, InputError
from ..module_utils._core.options import CommonOptions
from ..module_utils._core.tokens import Claims, read_claims, token_facts
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.runner import Module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._core.tokens import Token
    from ..module_utils._module.runner import Result, Task


class Options(CommonOptions):
    kubernetes_id_token: bool


def get_token(task: Task[Options], cloud: Cloud) -> Result:
    if task.options.kubernetes_id_token:
        token = with_id_token(task, cloud)
    else:
        token = cloud.login.token()
        if token.id:
            cloud.id_tokens.check(read_claims(token.id) or Claims())
    name = cloud.login.accounts.known_name(token.claims.account_id)
    return {**token_facts(token), **({"account_name": name} if name else {})}


def with_id_token(task: Task[Options], cloud: Cloud) -> Token:
    """Return the session's token, with an ID token if IAM and the credentials permit it."""
    try:
        return cloud.id_tokens.session()
    except (APIError, InputError) as exc:
        # A missing ID token causes only a warning, because OpenShift clusters do not need the token. If the login itself failed, account_token()
        # raises the login error again.
        token = cloud.login.account_token()
        if exc.kind not in ("auth", "permission", "input"):
            raise
        task.warn(f"The result does not contain a Kubernetes ID token: {exc}")
        return token


MODULE = Module(
    "iam_token",
    get_token,
    Options,
    options={
        "kubernetes_id_token": {"type": "bool", "default": False},
        "id_token": {"type": "str", "no_log": True},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
