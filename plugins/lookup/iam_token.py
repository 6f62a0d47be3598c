# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look up an IAM access token."""

from __future__ import annotations

DOCUMENTATION = r"""
name: iam_token
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
short_description: Look up an IBM Cloud IAM access token
version_added: 0.1.0
description:
  - Returns an IAM access token for C(ansible.builtin.uri) tasks that call other IBM Cloud services.
  - During a run of C(ansible-playbook), all lookups with the same options share one login.
  - If the remaining lifetime of the token is less than two minutes or less than O(min_validity), the next lookup logs in again.
  - The lookup reads credentials and endpoints from its options and from the environment variables of the C(ansible-playbook) process.
    The C(environment) keyword of a task does not affect the lookup.
  - Ansible prints module arguments, including the token, for example with C(-vvv). Set C(no_log=true) on the task.
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
options:
  _terms:
    description:
      - This lookup does not accept terms.
notes:
  - During the run, the token is stored in a file in Ansible's local temporary folder. Only the owner can read the file. Ansible removes
    the file at the end of the run, but the file remains if the run is killed.
seealso:
  - module: ibmcloud.kubernetes.iam_token
"""

EXAMPLES = r"""
- name: Read the list of accounts
  ansible.builtin.uri:
    url: "{{ lookup('ansible.builtin.env', 'IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT') }}/coe/v2/accounts"
    ca_path: "{{ lookup('ansible.builtin.env', 'REQUESTS_CA_BUNDLE') }}"
    headers:
      Authorization: Bearer {{ lookup('ibmcloud.kubernetes.iam_token') }}
  no_log: true
"""

RETURN = r"""
_raw:
  description:
    - The access token, without the C(Bearer) prefix.
  type: list
  elements: str
"""

import time
import typing as t

from ansible.errors import AnsibleError

from ..plugin_utils._token_lookup import TokenLookup

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._clusters.token_cache import Entry
    from ..module_utils._module.argument_specs import Spec
    from ..module_utils._module.runner import Task


class LookupModule(TokenLookup):
    """Lookup plugin that returns an IAM access token."""

    NAME = "iam_token"
    OPTIONS: t.ClassVar[Spec] = {}

    def run(self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any) -> list[str]:  # noqa: ARG002  # Ansible's interface
        if terms:
            raise AnsibleError("iam_token: terms are not supported. Give options, such as ibmcloud_api_key=...")
        return [self.get(kwargs)["token"]]

    def log_in(self, task: Task[t.Any], cloud: Cloud) -> Entry:  # noqa: ARG002  # the base class's interface
        token = cloud.login.token()
        return {"token": token.access, "expires": time.time() + token.expires_in}
