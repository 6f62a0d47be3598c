#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the accounts that an identity can see."""

from __future__ import annotations

DOCUMENTATION = r"""
module: account_info
short_description: List the IBM Cloud accounts that an identity can see
version_added: 0.1.0
description:
  - Returns all accounts that the identity can see, or only the account that O(account_id) or O(account) selects.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.info_module
  - ibmcloud.kubernetes._attributes.actiongroup
options:
  account_id:
    description:
      - Return only the account with this ID.
      - If the access token is bound to this account, and the list of accounts cannot be read within five seconds, the module warns and
        returns the account without a name.
      - By default, the module lists all accounts. Unlike other modules, this module ignores the environment variables that select an account.
  account:
    description:
      - Return only the account with this name or ID. The module fails if no account or more than one account has this name.
seealso:
  - module: ibmcloud.kubernetes.iam_token
"""

EXAMPLES = r"""
- name: List all accounts that the API key in IC_API_KEY can see
  ibmcloud.kubernetes.account_info:
  register: result

- name: Show the names of the accounts
  ansible.builtin.debug:
    msg: "{{ result.accounts | map(attribute='name') }}"

- name: Look up one account by its name
  ibmcloud.kubernetes.account_info:
    account: Example Production
  register: result
"""

RETURN = r"""
accounts:
  description:
    - The accounts, in the order in which the service returns them.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The account's ID.
      type: str
      sample: a1b2c3d4e5f60718293a4b5c6d7e8f90
    name:
      description: The account's name, or null if the name is unknown.
      type: str
      sample: Example Production
    state:
      description: The account's state, such as V(ACTIVE), if the service returns the state.
      type: str
      sample: ACTIVE
    type:
      description: The account's type, if the service returns the type.
      type: str
      sample: SUBSCRIPTION
    metadata:
      description: The account's C(metadata) field, as the service returned it.
      type: dict
    entity:
      description: The account's C(entity) field, as the service returned it.
      type: dict
account:
  description:
    - The account, if exactly one account matches.
  returned: when exactly one account matches
  type: dict
error:
  description:
    - The error as structured data. The guide on errors describes the fields of an error.
  returned: failure
  type: dict
  sample: {kind: not_found, hint: "Visible accounts: Example Dev (a1b2c3d4e5f60718293a4b5c6d7e8f90)."}
"""

import typing as t

from ..module_utils._core.errors import CallError, LookupFailed
from ..module_utils._core.options import CommonOptions
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.runner import Module
from ..module_utils._services.accounts import account_facts, choose_account, find_account

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


def list_accounts(task: Task[CommonOptions], cloud: Cloud) -> Result:
    account_id, name = task.options.account_id, task.options.account
    if account_id and _account_of_token(cloud) == account_id:
        account = _own_account(task, cloud, account_id)
        return {"accounts": [account], "account": account}
    accounts = [account_facts(record) for record in cloud.login.accounts.list_all()]
    if account_id or name:
        accounts = choose_account(accounts, account_id=find_account(accounts, account_id=account_id, name=name))
    return {"accounts": accounts, **({"account": accounts[0]} if len(accounts) == 1 else {})}


def _account_of_token(cloud: Cloud) -> str:
    try:
        return cloud.login.account_token().claims.account_id
    except LookupFailed:
        # A token that is bound to a different account, or to no account, can still list all accounts.
        return ""


def _own_account(task: Task[CommonOptions], cloud: Cloud, account_id: str) -> Result:
    """Return the token's account. If the list of accounts cannot be read, warn and return the account without a name."""
    try:
        accounts = [account_facts(record) for record in cloud.list_accounts_once()]
    except CallError as exc:
        task.warn(f"The name of account {account_id} is unknown: {exc}")
        return {"id": account_id, "name": None}
    own = choose_account(accounts, account_id=account_id)
    if not own:
        task.warn(f"The name of account {account_id} is unknown: the account list of this identity does not contain it")
    return own[0] if own else {"id": account_id, "name": None}


# This module ignores the environment variables that select an account, because they would limit the list of accounts.
MODULE = Module("account_info", list_accounts, CommonOptions, options={}, task_only=("account_id",))


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
