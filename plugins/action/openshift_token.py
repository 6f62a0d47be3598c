# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run M(ibmcloud.kubernetes.openshift_token) in the controller's process if the task runs locally, and hide a successful result."""

from __future__ import annotations

from ..modules.openshift_token import MODULE
from ..plugin_utils._in_process import InProcessAction


class ActionModule(InProcessAction):
    MODULE = MODULE
    SECRET_SUCCESS = True
