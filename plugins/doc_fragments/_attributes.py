# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Documentation of the module attributes for check mode, diff mode, idempotency and the action group."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and predict whether the task would report a change, without modifying the target.
  diff_mode:
    description: In diff mode, returns details about the changes that the task makes or would make.
  idempotent:
    description:
      - If the module runs twice in a row with the same arguments outside check mode, the second run does not report a change.
  async:
    description: Supports the C(async) keyword.
    support: none
    details:
      - The module rejects C(async), because a background task would write its result, including tokens, to a file that other users can read.
notes:
  - The module was tested against a simulator, not against the IBM Cloud service.
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
"""

    ACTIONGROUP = r"""
options:
  in_process:
    description:
      - Whether a local task runs inside Ansible's own process. A task in Ansible's process is faster, and its options are not written to a
        temporary file. If this option is V(false), Ansible starts a separate process for the task, as for other modules.
      - Tasks for other hosts or other Python interpreters always run in a separate process.
    type: bool
    default: true
attributes:
  action_group:
    description: Use C(group/ibmcloud.kubernetes.ibmcloud) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - ibmcloud.kubernetes.ibmcloud
"""
