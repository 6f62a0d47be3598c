# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Run a module on a target host through AnsibleModule."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from .argument_specs import tokens_of_records
from .runner import Module, Result, execute

# Ansible masks the values of secret options in a result. Therefore, the module replaces tokens from the options with placeholders, and the
# action plugin restores the tokens. This result key lists the options whose tokens were replaced.
GIVEN_TOKENS = "given_back"
# The secret options whose values modules return unchanged.
RETURNED_TOKENS = ("access_token", "refresh_token", "id_token", "openshift_token")
_MARK = "(the given {name})"


class _LoggedModule(AnsibleModule):
    """An AnsibleModule that masks the tokens in cluster records before ansible-core writes the options to syslog."""

    def _log_invocation(self) -> None:
        self.no_log_values.update(tokens_of_records(self.params.get("clusters")))
        super()._log_invocation()


def run_module(module: Module[t.Any]) -> None:
    """Read the options, run the module's function, and exit with the function's result."""
    ansible = _LoggedModule(argument_spec=module.argument_spec, supports_check_mode=True)
    result, secrets = execute(
        module,
        ansible.params,
        environ=os.environ,
        check_mode=ansible.check_mode,
        warn=ansible.warn,
        diff=ansible._diff,  # noqa: SLF001  # no public name exists
    )
    # From here on, Ansible also masks secrets from the environment.
    ansible.no_log_values.update(secrets.values())
    if result.pop("failed", False):
        ansible.fail_json(**result)
    ansible.exit_json(**_replace_given_tokens(result, secrets, ansible))


def _replace_given_tokens(result: Result, secrets: dict[str, str], ansible: AnsibleModule) -> Result:
    """Return the result with a placeholder in place of each token from the options.

    If any other secret occurs in the result, the module fails, because Ansible would mask parts of the result. For example, Ansible would
    mask the password ``ibm`` in every host name.
    """
    marks = {value: _MARK.format(name=name) for name, value in secrets.items() if name in RETURNED_TOKENS}
    marked = _replaced(result, marks)
    for name, value in secrets.items():
        if _occurs(value, marked):
            ansible.fail_json(
                msg=f"The value of {name} occurs in the result, where Ansible would mask it, so no result is returned",
                error={"kind": "input"},
            )
    names = sorted(name for name in secrets if marked != result and _occurs(_MARK.format(name=name), marked))
    return {**marked, **({GIVEN_TOKENS: names} if names else {})}


def restore_given_tokens(result: Result, secrets: t.Mapping[str, str]) -> Result:
    """Return the result with each placeholder replaced by its secret. ``secrets`` maps each option to its secret."""
    return t.cast("Result", _replaced(result, {_MARK.format(name=name): value for name, value in secrets.items()}))


def _replaced(value: t.Any, texts: t.Mapping[str, str]) -> t.Any:
    """Return a copy of the value in which strings are replaced. ``texts`` maps each old string to the new string."""
    if isinstance(value, dict):
        return {key: _replaced(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, texts) for item in value]
    return texts.get(value, value) if isinstance(value, str) else value


def _occurs(secret: str, value: t.Any) -> bool:
    if isinstance(value, dict):
        return any(_occurs(secret, item) for item in value.values())
    if isinstance(value, list):
        return any(_occurs(secret, item) for item in value)
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and secret in str(value)
