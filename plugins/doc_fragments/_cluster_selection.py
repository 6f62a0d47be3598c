# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Documentation of options that select clusters in an account."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  provider:
    description:
      - The providers whose cluster lists the module reads. The module sends one request for each list.
      - The defaults are V(classic) and V(vpc-gen2). If neither list contains a requested cluster, the module also reads the V(satellite)
        list.
      - O(api_generation=2017) supports only V(classic). With O(api_generation=2020), the default is V(classic). If the V(classic) list does
        not contain a requested cluster, the module also reads the V(vpc-classic) list.
    type: list
    elements: str
    choices: [classic, vpc-gen2, satellite, vpc-classic]
  regions:
    description:
      - The regions of the clusters to return, such as V(us-south). By default, clusters in all regions are returned.
      - In the current API generation, O(region) does not filter clusters, but selects the private endpoint of the containers API.
    type: list
    elements: str
  type:
    description:
      - The type of the clusters to return. By default, clusters of both types are returned.
    type: str
    choices: [kubernetes, openshift]
  states:
    description:
      - The states of the clusters to return, such as V(normal) or V(warning). By default, clusters in all states are returned.
    type: list
    elements: str
  version:
    description:
      - The version of the clusters to return, or a prefix of the version, such as V("1.33"). The module compares the value with the
        C(masterKubeVersion) of each cluster.
      - Put the version in quotes. Without quotes, YAML reads 1.30 as the number 1.3.
    type: str
"""

    RESOURCE_GROUP = r"""
options:
  resource_group:
    description:
      - The name or ID of a resource group. Only clusters in this resource group are found.
      - Falls back to the environment variables E(IC_RESOURCE_GROUP) and E(IBMCLOUD_RESOURCE_GROUP). By default, all resource groups
        are searched.
    type: str
"""
