# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Documentation of options for modules that process many clusters."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  continue_on_error:
    description:
      - Whether the task succeeds if some clusters fail. If V(true), the module warns about the failed clusters and lists them in
        C(failures). With V(true), the module fails only if all clusters fail.
      - If V(false), the module fails if any cluster fails. A failed cluster never stops the processing of other clusters.
    type: bool
    default: false
  concurrency:
    description:
      - The maximum number of clusters that are processed at the same time, from V(1) to V(64). A cluster for which the module is
        waiting until the cluster is ready or synchronized does not count toward this limit.
    type: int
    default: 16
"""

    CLUSTERS = r"""
options:
  cluster:
    description:
      - The name or ID of one cluster. This option is mutually exclusive with O(clusters).
    type: str
    aliases: [cluster_name_or_id]
  clusters:
    description:
      - The names, IDs or records of several clusters. A cluster that occurs several times is processed only once. If the list is empty, no
        requests are sent.
      - A record is an entry of C(clusters) that M(ibmcloud.kubernetes.cluster_info), M(ibmcloud.kubernetes.cluster_rbac_sync) or
        M(ibmcloud.kubernetes.cluster_login) returned. Clusters that are given as records are not looked up again.
    type: list
    elements: raw
"""
