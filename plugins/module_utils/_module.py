# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Run a module on the target, as AnsibleModule."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ._task import Module, Result, perform

# Result key for values that equal a secret option: Ansible would mask them, so that their names travel instead.
GIVEN_BACK = "given_back"


def run_module(module: Module) -> None:
    """Read the options, run the module's behaviour and end the process with its result."""
    ansible = AnsibleModule(argument_spec=module.argument_spec, supports_check_mode=True)
    result, secrets = perform(
        module, ansible.params, environ=os.environ, check_mode=ansible.check_mode, warn=ansible.warn
    )
    # Also what came from the environment is masked in whatever is printed from here on.
    ansible.no_log_values.update(secrets.values())
    if result.pop("failed", False):
        ansible.fail_json(**result)
    ansible.exit_json(**_unmaskable(result, secrets, ansible))


def _unmaskable(result: Result, secrets: dict[str, str], ansible: AnsibleModule) -> Result:
    """Return the result without values that Ansible's masking would damage.

    A token that was given and is still good is returned unchanged: its name goes into ``given_back``, and the action
    plugin puts the value back. Any other occurrence of a secret is refused: a password such as ``ibm`` would be cut
    out of every host name.
    """
    by_value = {value: name for name, value in secrets.items()}
    returned = {key: by_value[value] for key, value in result.items() if isinstance(value, str) and value in by_value}
    kept = {key: value for key, value in result.items() if key not in returned}
    for name, value in secrets.items():
        if _occurs(value, kept):
            ansible.fail_json(
                msg=f"The value of {name} occurs in the result, where Ansible would mask it; nothing is returned"
            )
    return {**kept, **({GIVEN_BACK: returned} if returned else {})}


def _occurs(secret: str, value: t.Any) -> bool:
    if isinstance(value, dict):
        return any(_occurs(secret, item) for item in value.values())
    if isinstance(value, list):
        return any(_occurs(secret, item) for item in value)
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and secret in str(value)
