# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What a module is, without the runner that starts it: options in, one result out.

Both runners (on the target with AnsibleModule, and in the controller's own process) call ``perform``, so that options,
results and errors are the same whichever of them a task meets.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._cloud import Cloud
from .._core.errors import LONGEST_LINE, IBMCloudError, InternalError, failure_line
from .._core.progress import Progress
from .._core.redaction import Redactor
from .argument_specs import CONNECTION, CREDENTIALS, Spec, candidate_secrets, resolve_options, secrets_in

if t.TYPE_CHECKING:
    from .._core.worker_pool import WorkerPool

Result = dict[str, t.Any]


@dataclass(frozen=True)
class Task:
    """One run of a module: its options, and how it reports to the user beside its result.

    ``report_progress`` is ignored when the module runs on a remote host.
    """

    params: t.Mapping[str, t.Any]
    check_mode: bool
    warn: t.Callable[[str], None]
    report_progress: t.Callable[[str], None] = lambda _line: None
    diff: bool = False  # whether a diff will be shown

    def pool(self, cloud: Cloud, what: str, items: t.Sized = ()) -> WorkerPool:
        """Return a pool that reports its progress, such as "12 of 200 clusters read"; ``items`` are what it will work on."""
        progress = Progress(self.report_progress, cloud.clock)
        total = f" of {len(items)}" if items else ""
        pool: WorkerPool = cloud.pool(lambda: progress.show(f"{pool.completed}{total} {what}"))
        return pool


@dataclass(frozen=True)
class Module:
    """A module: its name, its function, and its options besides the shared ones of the action group.

    Mutually exclusive and required options are checked in ``resolve_options`` and not by Ansible, which treats an empty text as
    a value.
    """

    name: str
    function: t.Callable[[Task, Cloud], Result]
    options: Spec
    task_only: tuple[str, ...] = ()  # options that the environment does not fill

    @property
    def argument_spec(self) -> Spec:
        return {**CREDENTIALS, **CONNECTION, **self.options}


def execute(
    module: Module,
    given: t.Mapping[str, t.Any],
    *,
    environ: t.Mapping[str, str],
    check_mode: bool,
    warn: t.Callable[[str], None],
    report_progress: t.Callable[[str], None] = lambda _line: None,
    diff: bool = False,
) -> tuple[Result, dict[str, str]]:
    """Run the module's function. Return its result and the secret options that took effect, by name.

    With a failure there are also those that did not: Ansible shows the options beside it.

    Every failure becomes a result with ``failed``, ``msg`` and ``error``. One that is no error of our tree is a bug: what its
    exception says may quote anything, so only its kind and its place are told.
    """
    redactor = Redactor()
    possible: list[str] = []
    secrets: dict[str, str] = {}
    failure: IBMCloudError
    generation = ""
    try:
        # Before anything can fail: what an error quotes may be a secret that was refused.
        possible = [text for text in candidate_secrets(given, module.argument_spec, environ) if text]
        redactor.add(*possible)
        options = resolve_options(given, module.argument_spec, environ, task_only=module.task_only, warn=warn)
        secrets = secrets_in(options, module.argument_spec)
        redactor.add(*secrets.values())
        generation = options["api_generation"]
        if not options["validate_certs"]:
            warn("validate_certs is false: this task cannot tell IBM Cloud from somebody who pretends to be it")
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
    # What went wrong may be right in another generation of the API.
    where = f" (api_generation {generation})" if generation not in ("", "current") else ""
    said: Result = {"msg": f"{module.name}{where}: {failure.line(redactor.clean)}"}
    said["error"] = redactor.clean_tree(failure.to_result(), LONGEST_LINE)
    partial = redactor.mask_tree(failure.partial())
    return {
        "changed": False,
        **partial,
        **_redact_failures(partial, redactor),
        "failed": True,
        **said,
    }, {**{f"refused {number}": text for number, text in enumerate(possible)}, **secrets}


def _redact_failures(result: Result, redactor: Redactor) -> Result:
    """Return the texts of failed clusters, redacted: they quote services, like the error of a failed task."""

    def redacted(entry: Result) -> Result:
        texts = {"error": redactor.clean_tree(entry["error"], LONGEST_LINE)}
        if "msg" in entry:
            texts["msg"] = failure_line(entry, redactor.clean)
        return {**entry, **texts}

    told: Result = {}
    if "failures" in result:
        told["failures"] = [
            {**redacted(entry), "cluster": redactor.clean(entry["cluster"])} for entry in result["failures"]
        ]
    if "summary" in result:
        told["summary"] = redactor.clean_tree(result["summary"])
    if any("error" in entry for entry in result.get("clusters", ())):
        told["clusters"] = [redacted(entry) if "error" in entry else entry for entry in result["clusters"]]
    return told
