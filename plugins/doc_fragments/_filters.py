# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Options that say which of an account's clusters are meant."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  provider:
    description:
      - Which lists to read. Each is one request.
      - Without it those are V(classic) and V(vpc-gen2), and V(satellite) too when a cluster that is named is in neither of them.
      - V(vpc-classic) is the older provider of that kind. O(api_generation=2017) has V(classic) only, and O(api_generation=2020)
        V(classic) and, for a cluster that is named and not among them, V(vpc-classic).
    type: list
    elements: str
    choices: [classic, vpc-gen2, satellite, vpc-classic]
  resource_group:
    description:
      - Only clusters of the resource group with this name or ID.
      - Falls back to the environment variables E(IC_RESOURCE_GROUP) and E(IBMCLOUD_RESOURCE_GROUP).
    type: str
  regions:
    description:
      - Only clusters in these regions, such as V(us-south). (O(region) is another thing, the region of an endpoint.)
    type: list
    elements: str
  type:
    description:
      - Only clusters of this type.
    type: str
    choices: [kubernetes, openshift]
  states:
    description:
      - Only clusters in these states, such as V(normal) or V(warning).
    type: list
    elements: str
  version:
    description:
      - Only clusters whose C(masterKubeVersion) is this or begins with it, such as V("1.33"). Put it in quotes, because
        YAML takes a bare 1.30 for the number 1.3.
    type: str
"""
