#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the Cloud Foundry organizations and spaces that an identity can see."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cf_space_info
short_description: List the Cloud Foundry organizations and spaces that an identity can see
version_added: 0.1.0
description:
  - Returns the Cloud Foundry organizations and their spaces. The module sends the requests from IBM's 2017 documentation. The other
    modules do not require organizations or spaces.
  - Use this module only for services that are compatible with O(api_generation=2017). The module fails with any other API generation,
    because IBM has retired Cloud Foundry.
  - To list the spaces, the module sends one request for each organization.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.info_module
  - ibmcloud.kubernetes._attributes.actiongroup
options:
  organization:
    description:
      - The name or GUID of an organization. The module fails if the organization does not exist, or if several organizations have this
        name. By default, the module returns all organizations.
    type: str
  space:
    description:
      - The name or GUID of a space in O(organization). If O(organization) is not set, exactly one organization must exist. By default,
        the module does not return RV(space).
    type: str
  uaa_token:
    description:
      - The UAA token, as returned by M(ibmcloud.kubernetes.iam_token). If this option is not set, the module logs in to obtain a UAA token.
    type: str
  cf_endpoint:
    description:
      - The base URL of Cloud Foundry.
      - Falls back to the environment variable E(IBMCLOUD_MCCP_API_ENDPOINT). The default depends on O(region).
    type: str
seealso:
  - module: ibmcloud.kubernetes.iam_token
"""

EXAMPLES = r"""
- name: Log in
  ibmcloud.kubernetes.iam_token:
    api_generation: 2017
    region: us-south
  register: iam

- name: List the organizations and their spaces in a region
  ibmcloud.kubernetes.cf_space_info:
    api_generation: 2017
    region: eu-central
  register: result

- name: Get one space with the token from an earlier task
  ibmcloud.kubernetes.cf_space_info:
    api_generation: 2017
    region: us-south
    organization: example-org
    space: dev
    uaa_token: "{{ iam.uaa_token }}"
  register: result
"""

RETURN = r"""
organizations:
  description:
    - The organizations, in the order in which the service returns them.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The organization's GUID.
      type: str
      sample: 6d01a2b3-1111-4222-8333-445566778899
    name:
      description: The organization's name.
      type: str
      sample: example-org
    metadata:
      description: The organization's C(metadata) field, as the service returned it.
      type: dict
    entity:
      description: The organization's C(entity) field, as the service returned it.
      type: dict
    spaces:
      description: The organization's spaces, each with C(id), C(name), C(metadata) and C(entity).
      type: list
      elements: dict
organization:
  description:
    - The organization, if exactly one organization matches.
  returned: when exactly one organization matches
  type: dict
space:
  description:
    - The space that O(space) selects.
  returned: when O(space) is set
  type: dict
error:
  description:
    - The error as structured data. The guide on errors describes the fields of an error.
  returned: failure
  type: dict
  sample: {kind: not_found, hint: "Available: example-org."}
"""

import typing as t

from ..module_utils._core.errors import InputError
from ..module_utils._core.options import CommonOptions
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.runner import Module
from ..module_utils._services.name_or_id_lookup import entity_facts, find_unique

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


class Options(CommonOptions):
    organization: str
    space: str
    uaa_token: str
    cf_endpoint: str


def list_spaces(task: Task[Options], cloud: Cloud) -> Result:
    options = task.options
    service = cloud.cloud_foundry(endpoint=options.cf_endpoint, region=options.region, token=options.uaa_token)
    listed = [entity_facts(record) for record in service.organizations()]
    organizations = [organization for organization in listed if organization["id"]]
    if len(organizations) < len(listed):
        task.warn(f"{len(listed) - len(organizations)} organizations were skipped: their records have no usable ID")
    if options.organization:
        organizations = [find_unique(organizations, options.organization, ("id", "name"), "organization")]
    if options.space and len(organizations) > 1:
        names = ", ".join(str(organization["name"] or organization["id"]) for organization in organizations)
        raise InputError(
            "organization is required: several organizations were found", hint=f"Set it to one of: {names}."
        )
    for organization in organizations:
        organization["spaces"] = [entity_facts(record) for record in service.spaces(str(organization["id"]))]
    result: Result = {"organizations": organizations}
    if len(organizations) == 1:
        result["organization"] = organizations[0]
    if options.space:
        spaces = t.cast("list[Result]", organizations[0]["spaces"]) if organizations else []
        result["space"] = find_unique(spaces, options.space, ("id", "name"), "space")
    return result


MODULE = Module(
    "cf_space_info",
    list_spaces,
    Options,
    options={
        "organization": {"type": "str"},
        "space": {"type": "str"},
        "uaa_token": {"type": "str", "no_log": True},
        "cf_endpoint": {"type": "str"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
