#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the regions of the containers API."""

from __future__ import annotations

DOCUMENTATION = r"""
module: region_info
short_description: List the regions of the containers API
version_added: 0.1.0
description:
  - Returns the regions of the containers API. With O(api_generation=2020), each region has its own list of clusters.
  - The current API does not require a region. IBM has deprecated the list of regions in this API.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.info_module
  - ibmcloud.kubernetes._attributes.actiongroup
options:
  name:
    description:
      - The name or alias of one region. The module fails if the region does not exist. By default, all regions are returned.
    type: str
seealso:
  - module: ibmcloud.kubernetes.cluster_info
"""

EXAMPLES = r"""
- name: List the regions
  ibmcloud.kubernetes.region_info:
  register: result

- name: Get the name that the 2020 API uses for the region eu-de
  ibmcloud.kubernetes.region_info:
    api_generation: 2020
    name: eu-de
  register: result
"""

RETURN = r"""
regions:
  description:
    - The regions, as returned by the containers API.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name to use as the value of O(region).
      type: str
      sample: eu-central
    alias:
      description: The region's name in other services.
      type: str
      sample: eu-de
    cfURL:
      description: The Cloud Foundry host in the region.
      type: str
      sample: api.eu-de.bluemix.net
    freeEnabled:
      description: Whether the region offers free clusters.
      type: bool
      sample: true
region:
  description:
    - The region that O(name) selects.
  returned: when O(name) is set
  type: dict
error:
  description:
    - The error as structured data. The guide on errors describes the fields of an error.
  returned: failure
  type: dict
  sample: {kind: not_found, hint: "Available: us-east, us-south."}
"""

import typing as t

from ..module_utils._core.options import CommonOptions
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.runner import Module
from ..module_utils._services.name_or_id_lookup import find_unique

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


class Options(CommonOptions):
    name: str


def list_regions(task: Task[Options], cloud: Cloud) -> Result:
    regions = cloud.containers.regions()
    wanted = task.options.name
    return {
        "regions": regions,
        **({"region": find_unique(regions, wanted, ("name", "alias"), "region")} if wanted else {}),
    }


MODULE = Module("region_info", list_regions, Options, options={"name": {"type": "str"}})


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
