# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run M(ibmcloud.kubernetes.kubeconfig) in the controller's process if the task runs locally, and hide the result if it contains the kubeconfig."""

from __future__ import annotations

import typing as t

from ..modules.kubeconfig import MODULE
from ..plugin_utils._in_process import InProcessAction


class ActionModule(InProcessAction):
    MODULE = MODULE

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        # If path is not set, the result contains the text of the kubeconfig, including the tokens.
        self.SECRET_SUCCESS = not str(self._task.args.get("path") or "").strip()
        return super().run(tmp, task_vars)
