# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Run a module's behaviour in the controller's own process when the task is local.

A module task costs about 0.3 s of packing, forking and starting an interpreter, leaves a payload with the API key on
disk when it is killed, and cannot keep its result out of logs. Here the same behaviour runs in the worker process of
the task, and an action that returns secrets marks its success ``no_log`` by itself, whatever the playbook says.
"""

from __future__ import annotations

import os
import sys
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._module import GIVEN_BACK
from ..module_utils._options import resolve, secrets_in
from ..module_utils._task import Module, Result, perform


class InProcessAction(ActionBase):
    """Base of the action plugins; a subclass names its module and says whether its success is secret."""

    MODULE: t.ClassVar[Module]
    SECRET_SUCCESS: t.ClassVar[bool] = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        variables = task_vars or {}
        result: Result = super().run(tmp, task_vars)
        environment: dict[str, t.Any] = {}
        self._compute_environment_string(environment)
        environ = {**os.environ, **{name: str(value) for name, value in environment.items()}}
        if self._is_local(variables):
            result.update(self._run_here(environ))
        else:
            result.update(self._execute_module(task_vars=task_vars))
            self._put_back(result, environ)
        if self.SECRET_SUCCESS and not result.get("failed"):
            result["_ansible_no_log"] = True
        return result

    def _is_local(self, variables: dict[str, t.Any]) -> bool:
        """Say whether this process is the place that the task asks for."""
        if self._connection.transport != "local" or self._play_context.become:
            return False
        try:
            if not boolean(self._task.args.get("in_process", True)):
                return False
        except TypeError:
            pass  # The argument check names the bad value.
        wanted = variables.get("ansible_python_interpreter") or "auto"
        # Discovery ("auto") names no interpreter, and may find one that lacks this one's libraries.
        wanted = str(self._templar.template(wanted))
        return wanted.startswith("auto") or os.path.abspath(wanted) == os.path.abspath(sys.executable)

    def _run_here(self, environ: dict[str, str]) -> Result:
        module = self.MODULE
        checked = self._validated()
        if checked.error_messages:
            # The words of AnsibleModule, so that a mistake reads the same with either runner.
            message = checked.errors.msg
            if isinstance(checked.errors[0], UnsupportedError):
                message = f"Unsupported parameters for ({self._task.action}) module: {message}"
            return {"failed": True, "changed": False, "msg": message}
        warnings: list[str] = []
        # requests reads proxies and libraries read their settings from the process: this one serves one task only.
        before = dict(os.environ)
        os.environ.update(environ)
        try:
            result, _secrets = perform(
                module,
                checked.validated_parameters,
                environ=environ,
                check_mode=bool(self._task.check_mode),
                warn=warnings.append,
            )
        finally:
            os.environ.clear()
            os.environ.update(before)
        if warnings:
            result["warnings"] = warnings
        return result

    def _validated(self) -> ValidationResult:
        return ArgumentSpecValidator(self.MODULE.argument_spec).validate(_plain(self._task.args))

    def _put_back(self, result: Result, environ: dict[str, str]) -> None:
        """Put given tokens back into the result of a target, where Ansible would have masked them."""
        returned = result.pop(GIVEN_BACK, None)
        if not returned:
            return
        spec = self.MODULE.argument_spec
        # The target has accepted these options; only its own environment can differ from this one.
        secrets = secrets_in(resolve(self._validated().validated_parameters, spec, environ), spec)
        for key, option in returned.items():
            if option not in secrets:
                result.update(
                    failed=True,
                    msg=f"{self.MODULE.name}: {key} is the target's own {option}, which Ansible does not pass on. "
                    f"Give {option} as an option.",
                )
                return
            result[key] = secrets[option]


def _plain(value: t.Any) -> t.Any:
    """Return options without the marks that Ansible puts on texts (unsafe, origin), as a module on the target gets them."""
    if isinstance(value, dict):
        return {_plain(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    # The method of the base class returns an exact str also for an instance of a subclass.
    return str.__str__(value) if isinstance(value, str) else value
