# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write every result that Ansible passes to this callback plugin, as a log collector would."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "every_result"
    CALLBACK_NEEDS_ENABLED = True

    def _note(self, event: str, name: str, content: t.Any) -> None:
        with Path(os.environ["LEAKS_RESULTS"]).open("a", encoding="utf-8") as results:
            results.write(json.dumps([event, name, content], default=str) + "\n")

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        # When this event occurs, the task's name and arguments still contain their templates.
        self._note("start", task.get_name(), {"action": task.action, "args": task.args})

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._note("stats", "", stats.custom)


def _noting(event: str) -> t.Callable[..., None]:
    def note(self: CallbackModule, result: t.Any, *_arguments: t.Any, **_options: t.Any) -> None:
        self._note(event, result._task.get_name(), result._result)

    return note


for _event in (
    *("v2_runner_on_ok", "v2_runner_on_failed", "v2_runner_on_skipped", "v2_runner_on_unreachable", "v2_runner_retry"),
    *("v2_runner_item_on_ok", "v2_runner_item_on_failed", "v2_runner_item_on_skipped", "v2_on_file_diff"),
):
    setattr(CallbackModule, _event, _noting(_event))
