# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Options of modules that work on many clusters."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  continue_on_error:
    description:
      - Whether the task succeeds if some clusters fail. With V(true) the module warns about the failed clusters and lists them in
        C(failures). It fails only if no cluster succeeded.
      - With V(false) the module fails if a cluster fails. The other clusters are processed in either case.
    type: bool
    default: false
  concurrency:
    description:
      - How many clusters are processed at the same time, V(1) to V(64). Waiting clusters do not count.
    type: int
    default: 16
"""

    CLUSTERS = r"""
options:
  cluster:
    description:
      - Name or ID of one cluster. Mutually exclusive with O(clusters).
    type: str
    aliases: [cluster_name_or_id]
  clusters:
    description:
      - Names, IDs or records of several clusters. Each cluster is processed once. With an empty list, no requests are sent.
      - A record is an entry of C(clusters) that M(ibmcloud.kubernetes.cluster_info), M(ibmcloud.kubernetes.cluster_rbac_sync) or
        M(ibmcloud.kubernetes.cluster_login) returned. It is not looked up again.
    type: list
    elements: raw
"""
