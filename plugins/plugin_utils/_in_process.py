# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Run a module's function in the controller's own process if the task is local.

Starting a separate process for the module takes about 0.3 s. This process cannot keep its result out of logs. If the process is killed,
a file that contains the API key remains on the disk. Therefore, the action plugins run the same function in the task's worker process.
A plugin that returns secrets always marks a successful result as ``no_log``.
"""

from __future__ import annotations

import contextlib
import os
import sys
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.release import __version__

from ..module_utils._core.redaction import Redactor
from ..module_utils._http.connections import preload_ca_bundle
from ..module_utils._module.ansible_module import GIVEN_TOKENS, RETURNED_TOKENS, restore_given_tokens
from ..module_utils._module.argument_specs import absolute_paths, candidate_secrets, effective_text, tidy_arguments
from ..module_utils._module.runner import Module, Result, execute
from ._role_variables import ROLE, name_role_variables, role_variables

# Ansible loads this file before it forks a play's workers, so the CA bundle is loaded only once. Loading the bundle takes 20 ms of CPU time.
preload_ca_bundle(os.environ)

_LOOP_NEEDS_NO_LOG = (
    "Before ansible-core 2.19, this module cannot hide secrets in a loop, because callbacks receive all results of the loop together. "
    "Set no_log: true on the task."
)
_PLAYBOOKS = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "playbooks"))
_NO_CREDENTIALS = "No credentials were given"
_BEFORE_2_19 = tuple(int(part) for part in __version__.split(".")[:2]) < (2, 19)


class InProcessAction(ActionBase):
    """The base class of the action plugins. A subclass specifies the module, and whether a successful result is secret."""

    MODULE: t.ClassVar[Module[t.Any]]
    SECRET_SUCCESS: bool = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        variables = task_vars or {}
        result: Result = super().run(tmp, task_vars)
        if self.SECRET_SUCCESS and self._loop_would_expose_result():
            result.update(failed=True, msg=f"{self.MODULE.name}: {_LOOP_NEEDS_NO_LOG}")
            return result
        # If the task uses "until", the arguments contain keys that Ansible added in an earlier attempt. Such keys are not options.
        own = {name: value for name, value in _plain(self._task.args).items() if not name.startswith("_ansible_")}
        self._task.args = tidy_arguments(own, self.MODULE.argument_spec)
        if self._connection.transport == "local":
            self._task.args = absolute_paths(self._task.args, self.MODULE.argument_spec, self._working_folder())
        environment: dict[str, t.Any] = {}
        self._compute_environment_string(environment)
        environ = {**os.environ, **{name: str(value) for name, value in environment.items()}}
        if self._is_local(variables):
            result.update(self._run_here(environ))
        elif rejected := self._rejected(self._validated(), environ):
            # The error is reported here, because the target's error message would contain the rejected value.
            result.update(rejected)
        else:
            with self._undisplayed_output():
                result.update(self._execute_module(task_vars=task_vars))
            if self.SECRET_SUCCESS:
                self._remove_raw_output(result, environ)
                result = self._restore_given_tokens(result, environ)
            self._add_place(result, variables)
        if self._task._role and self._task._role.get_name() == ROLE:  # noqa: SLF001  # no public name exists
            name_role_variables(result, role_variables(self._task._role.get_default_vars()))  # noqa: SLF001
        if self.SECRET_SUCCESS and not result.get("failed"):
            result["_ansible_no_log"] = True
            if _BEFORE_2_19:
                # Ansible does not show the warnings of a hidden result.
                for warning in result.get("warnings", ()):
                    self._display.warning(warning)
        return result

    def _working_folder(self) -> str:
        """Return the playbook's folder. Ansible runs other local modules in this folder."""
        folder = os.path.abspath(self._loader.get_basedir())
        # If the playbook is part of this collection, the playbook's folder is not the user's working folder.
        return os.getcwd() if os.path.realpath(folder) == _PLAYBOOKS else folder

    def _is_local(self, variables: dict[str, t.Any]) -> bool:
        """Return whether the task can run in this process."""
        if self._connection.transport != "local" or self._play_context.become:
            return False
        try:
            if not boolean(self._task.args.get("in_process", True)):
                return False
        except TypeError:
            pass  # The argument validation reports a value that is not a boolean.
        wanted = variables.get("ansible_python_interpreter") or "auto"
        # Interpreter discovery ("auto") is not used, because the discovered interpreter may lack this interpreter's libraries.
        wanted = str(self._templar.template(wanted))
        return wanted.startswith("auto") or os.path.abspath(wanted) == os.path.abspath(sys.executable)

    @contextlib.contextmanager
    def _undisplayed_output(self) -> t.Iterator[None]:
        """Hide the output of a module whose result is secret. The ``ssh`` connection plugin displays the output at -vvv unless no_log is set."""
        # The connection may still use the play context of an earlier loop item.
        contexts = [self._play_context, self._connection._play_context]  # noqa: SLF001  # no public name exists
        before = [context.no_log for context in contexts]
        try:
            for context in contexts:
                context.no_log = context.no_log or self.SECRET_SUCCESS
            yield
        finally:
            for context, value in zip(contexts, before):
                context.no_log = value

    def _remove_raw_output(self, result: Result, environ: dict[str, str]) -> None:
        """Remove the raw output that Ansible adds if Ansible cannot parse a module's result. The output can contain tokens."""
        if result.get("module_stdout"):
            result["module_stdout"] = "(not shown, because it can contain tokens)"
        redactor = self._redactor(environ)
        for name in ("module_stderr", "exception"):
            # If the connection uses a terminal, these fields also contain standard output.
            if isinstance(result.get(name), str):
                result[name] = redactor.mask_tree(result[name])

    def _redactor(self, environ: dict[str, str]) -> Redactor:
        redactor = Redactor()
        redactor.add(*candidate_secrets(self._task.args, self.MODULE.argument_spec, environ))
        return redactor

    def _add_place(self, result: Result, variables: dict[str, t.Any]) -> None:
        """Add the user and host to an error about missing credentials if the module ran without the controller's environment."""
        context = self._play_context
        remedies = ["become: false"] if context.become else []
        if self._connection.transport != "local":
            remedies.append("connection: local (or delegate_to: localhost)")
        if remedies:
            user = context.become_user or "root" if context.become else context.remote_user or "the login user"
            host = self._task.delegate_to or variables.get("inventory_hostname") or context.remote_addr
            _add_place(result, user=str(user), host=str(host), remedies=remedies)

    def _loop_would_expose_result(self) -> bool:
        looped = self._task.loop is not None or self._task.loop_with is not None
        return looped and not self._task.no_log and _BEFORE_2_19

    def _rejected(self, checked: ValidationResult, environ: dict[str, str]) -> Result:
        """Return the error for options that Ansible rejects, or an empty result if all options are valid."""
        if not checked.error_messages:
            return {}
        # The wording is the same as in AnsibleModule, so that the error message does not depend on the runner.
        message = checked.errors.msg
        if isinstance(checked.errors[0], UnsupportedError):
            message = f"Unsupported parameters for ({self._task.action}) module: {message}"
        return {"failed": True, "changed": False, "msg": self._redactor(environ).clean(message)}

    def _run_here(self, environ: dict[str, str]) -> Result:
        module = self.MODULE
        checked = self._validated()
        if rejected := self._rejected(checked, environ):
            return rejected
        warnings: list[str] = []
        # Libraries, such as ``requests``, read settings from the process's environment. A change to the environment is safe, because the process
        # runs only one task.
        before = dict(os.environ)
        os.environ.update(environ)
        try:
            result, _secrets = execute(
                module,
                checked.validated_parameters,
                environ=environ,
                check_mode=bool(self._task.check_mode),
                diff=bool(self._task.diff),
                warn=warnings.append,
                report_progress=lambda line: self._display.display(f"{self.MODULE.name}: {line}"),
            )
        finally:
            os.environ.clear()
            os.environ.update(before)
        if warnings:
            result["warnings"] = warnings
        return result

    def _validated(self) -> ValidationResult:
        return ArgumentSpecValidator(self.MODULE.argument_spec).validate(self._task.args)

    def _restore_given_tokens(self, result: Result, environ: dict[str, str]) -> Result:
        """Return a target's result with the placeholders replaced by the tokens."""
        named = result.pop(GIVEN_TOKENS, None)
        # Only tokens are restored, because a target must not be able to request any other credential.
        names = [name for name in RETURNED_TOKENS if isinstance(named, list) and name in named]
        if not names or result.get("failed"):
            return result
        # The target has accepted the options, so a token that is missing on the controller comes from the target's environment.
        secrets = {name: effective_text(name, self._task.args, environ) for name in names}
        lacking = [name for name in names if not secrets[name]]
        if lacking:
            msg = (
                f"{self.MODULE.name}: {lacking[0]} is set only in the target's environment, and Ansible masks the value. "
                f"Set {lacking[0]} as an option of the task."
            )
            return {"failed": True, "changed": False, "msg": msg}
        return restore_given_tokens(result, secrets)


def _add_place(result: dict[str, t.Any], *, user: str, host: str, remedies: t.Sequence[str]) -> None:
    """Add the user and host to the error of a module that found no credentials."""
    message = result.get("msg")
    if result.get("failed") and isinstance(message, str) and _NO_CREDENTIALS in message:
        result["msg"] = (
            f"{message.rstrip('.')}. The task ran as {user} on {host}, where IC_API_KEY from your shell is not set. "
            f"Set {' and '.join(remedies)}, or set ibmcloud_api_key."
        )


def _plain(value: t.Any) -> t.Any:
    """Return options without the tags that Ansible adds to strings (unsafe, origin). A module on the target does not receive the tags either."""
    if isinstance(value, dict):
        return {_plain(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    # str.__str__ returns a plain str, even if the value is an instance of a subclass.
    return str.__str__(value) if isinstance(value, str) else value
