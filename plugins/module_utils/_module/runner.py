# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Validate the options, run a module's function, and return its result.

Both runners (AnsibleModule on the target, and the action plugin on the controller) call ``execute``, so options, results and
errors do not depend on the runner.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._cloud import Cloud
from .._core.errors import LONGEST_LINE, IBMCloudError, InternalError, failure_line
from .._core.progress import Progress
from .._core.redaction import Redactor
from .argument_specs import CONNECTION, CREDENTIALS, Options, Spec, candidate_secrets, resolve_options, secrets_in

if t.TYPE_CHECKING:
    from .._core.worker_pool import WorkerPool

Result = dict[str, t.Any]


@dataclass(frozen=True)
class Task(t.Generic[Options]):
    """One run of a module: the options, and functions that report to the user during the run.

    ``report_progress`` has no effect if the module runs on a remote host.
    """

    options: Options
    check_mode: bool
    warn: t.Callable[[str], None]
    report_progress: t.Callable[[str], None] = lambda _line: None
    diff: bool = False  # whether Ansible will show a diff

    def pool(self, cloud: Cloud, what: str, items: t.Sized = ()) -> WorkerPool:
        """Return a pool that reports its progress on ``items``, such as "12 of 200 clusters read"."""
        progress = Progress(self.report_progress, cloud.clock)
        total = f" of {len(items)}" if items else ""
        pool: WorkerPool = cloud.pool(lambda: progress.show(f"{pool.completed}{total} {what}"))
        return pool


@dataclass(frozen=True)
class Module(t.Generic[Options]):
    """A module's name, function and options class, and the argument specification without the options that all modules share.

    ``resolve_options`` checks mutually exclusive and required options, because Ansible's own check treats an empty string as a value.
    """

    name: str
    function: t.Callable[[Task[Options], Cloud], Result]
    options_type: type[Options]
    options: Spec
    task_only: tuple[str, ...] = ()  # options for which environment variables are ignored

    @property
    def argument_spec(self) -> Spec:
        return {**CREDENTIALS, **CONNECTION, **self.options}


def execute(
    module: Module[Options],
    given: t.Mapping[str, t.Any],
    *,
    environ: t.Mapping[str, str],
    check_mode: bool,
    warn: t.Callable[[str], None],
    report_progress: t.Callable[[str], None] = lambda _line: None,
    diff: bool = False,
) -> tuple[Result, dict[str, str]]:
    """Run the module's function. Return the result, and the values of the secret options by name.

    If the module fails, the secrets also include rejected values, because Ansible shows the options with the error.

    Every exception becomes a result with ``failed``, ``msg`` and ``error``. An exception that is not an IBMCloudError is a bug.
    The message of such an exception may contain secrets, so only its class and its location are reported.
    """
    spec, redactor = module.argument_spec, Redactor()
    possible: list[str] = []
    secrets: dict[str, str] = {}
    failure: IBMCloudError
    generation = ""
    try:
        # The secrets are collected before the options are validated, because an error may quote a rejected secret.
        possible = [text for text in candidate_secrets(given, spec, environ) if text]
        redactor.add(*possible)
        options = resolve_options(module.options_type, given, spec, environ, task_only=module.task_only, warn=warn)
        secrets = secrets_in(options, spec)
        redactor.add(*secrets.values())
        generation = options.api_generation
        if not options.validate_certs:
            warn("validate_certs is false: another server could impersonate IBM Cloud")
        cloud = Cloud.from_options(options, redactor.add, warn)
        try:
            cloud.generation.require_module(module.name)
            result = module.function(
                Task(options, check_mode, warn, lambda line: report_progress(redactor.clean(line)), diff), cloud
            )
        finally:
            for line in (*cloud.containers.warnings, *cloud.login.accounts.warnings):
                warn(redactor.clean(line))
            cloud.close()
    except IBMCloudError as exc:
        failure = exc
    except Exception as exc:  # noqa: BLE001  # the one boundary
        failure = InternalError(exc)
    else:
        return {"changed": False, **result, **_redact_failures(result, redactor)}, secrets
    # The message contains the API generation, because the same request may succeed in another API generation.
    where = f" (api_generation {generation})" if generation not in ("", "current") else ""
    shown: Result = {"msg": f"{module.name}{where}: {failure.line(redactor.clean)}"}
    shown["error"] = redactor.clean_tree(failure.to_result(), LONGEST_LINE)
    partial = redactor.mask_tree(failure.partial())
    return {
        "changed": False,
        **partial,
        **_redact_failures(partial, redactor),
        "failed": True,
        **shown,
    }, {**{f"rejected {number}": text for number, text in enumerate(possible)}, **secrets}


def _redact_failures(result: Result, redactor: Redactor) -> Result:
    """Redact and return the parts of the result that describe failed clusters. These parts quote responses from services."""

    def redacted(entry: Result) -> Result:
        texts = {"error": redactor.clean_tree(entry["error"], LONGEST_LINE)}
        if "msg" in entry:
            texts["msg"] = failure_line(entry, redactor.clean)
        return {**entry, **texts}

    redacted_parts: Result = {}
    if "failures" in result:
        redacted_parts["failures"] = [
            {**redacted(entry), "cluster": redactor.clean(entry["cluster"])} for entry in result["failures"]
        ]
    if "summary" in result:
        redacted_parts["summary"] = redactor.clean_tree(result["summary"])
    if any("error" in entry for entry in result.get("clusters", ())):
        redacted_parts["clusters"] = [redacted(entry) if "error" in entry else entry for entry in result["clusters"]]
    return redacted_parts
