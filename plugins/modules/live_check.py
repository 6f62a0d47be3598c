#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the live service with the claims and the response formats that this collection depends on."""

from __future__ import annotations

DOCUMENTATION = r"""
module: live_check
short_description: Compare the live service with this collection's assumptions
version_added: 0.1.0
description:
  - Sends each of this collection's read-only requests once, and compares the responses with the documented fields, types and formats.
  - Returns the outcome (confirmed, contradicted or not tried) of each inferred claim in the guide on verification.
  - RV(report) contains software versions, the types of the clusters, and the statuses, field names and types of the responses. A question
    mark replaces the name of an undocumented field if the name could itself contain data, such as an account ID. RV(report) does not contain
    tokens, or the name, ID or address of an account, a user or a cluster.
  - Some requests fail intentionally, because they use an invalid refresh token or the ID of a cluster that does not exist.
  - The module continues after a failed step, unless the login fails.
  - The playbook C(ibmcloud.kubernetes.verify_live) shows the report. If you confirm the prompt, the playbook also writes the report to a
    file.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._cluster.allowed_hosts
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - The module does not send requests and does not need credentials. The module returns only RV(requests), RV(seconds) and RV(versions).
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - With O(apply_rbac=true), each run requests the RBAC synchronization and reports a change.
options:
  clusters:
    description:
      - The names or IDs of clusters, preferably one cluster of each kind. If the list is empty, the claims about clusters are not tried.
      - The module logs in to Kubernetes clusters, and to OpenShift clusters whose RBAC is synchronized. Afterward, the module revokes the
        OpenShift tokens. OpenShift clusters whose RBAC is not synchronized are listed in RV(failures).
    type: list
    elements: str
    default: []
  apply_rbac:
    description:
      - Whether to synchronize the RBAC of the clusters. This synchronization is the only change that the module can make.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait for the RBAC synchronization of each cluster, in seconds.
    type: int
    default: 60
  endpoint:
    description:
      - The cluster endpoint to use.
    type: str
    choices: [auto, public, private, vpe]
    default: auto
  compare:
    description:
      - The RV(report) of another run. If this option is set, the module does not send requests. Instead, the module compares the given
        report with the claims and the documented fields.
    type: dict
seealso:
  - module: ibmcloud.kubernetes.cluster_access_info
"""

EXAMPLES = r"""
- name: Show how many requests will be sent
  ibmcloud.kubernetes.live_check:
    clusters: [mycluster-vpc, myopenshift]
  check_mode: true

- name: Compare the service with the claims
  ibmcloud.kubernetes.live_check:
    clusters: [mycluster-vpc, myopenshift]
  register: result

- name: Show the outcome of each claim, and the differences
  ansible.builtin.debug:
    var: result.summary

- name: Compare a report with the claims
  ibmcloud.kubernetes.live_check:
    compare: "{{ result.report }}"
"""

RETURN = r"""
claims:
  description:
    - The inferred claims and their outcomes.
  returned: success, not in check mode
  type: list
  elements: dict
  contains:
    id:
      description: The claim's ID.
      type: str
      sample: list-fields
    text:
      description: The claim's text.
      type: str
      sample: The records in cluster lists contain `masterURL` and `type`.
    outcome:
      description: The outcome of the claim, V(confirmed), V(contradicted) or V(not_tried).
      type: str
      sample: confirmed
    reason:
      description: The response that determined the outcome. If the claim was not tried, the condition under which the module tries the claim.
      type: str
      sample: HTTP 200
differences:
  description:
    - The differences between the responses and the documented fields, types, formats and statuses.
  returned: success, not in check mode
  type: list
  elements: str
  sample: ["get the RBAC status, HTTP 200: error: text instead of boolean"]
new_fields:
  description:
    - The undocumented fields and their types. A question mark replaces the name of a field if the name could itself contain data.
  returned: success, not in check mode
  type: list
  elements: str
  sample: ["get a cluster, HTTP 200: newField: boolean"]
summary:
  description:
    - The claims, differences and new fields as lines of text.
  returned: success, not in check mode
  type: list
  elements: str
  sample: ["Confirmed     list-fields: The records in cluster lists contain `masterURL` and `type`."]
report:
  description:
    - The result in a format that can be published.
  returned: success, not in check mode and not with O(compare)
  type: dict
  sample: {identity: user, clusters: [kubernetes vpc-gen2]}
failures:
  description:
    - The steps that failed, with their error messages. RV(report) does not contain error messages.
  returned: success, not in check mode and not with O(compare)
  type: list
  elements: dict
  contains:
    cluster:
      description: The cluster and the step that failed.
      type: str
      sample: "mycluster-vpc: get the CA"
    id:
      description: An empty string, because a step does not have an ID.
      type: str
      sample: ""
    msg:
      description: The error as one line of text.
      type: str
      sample: get the CA of cluster c9k2m7q10h4v3x8s6t5g failed
    error:
      description: The error as structured data. The guide on errors describes the fields of an error.
      type: dict
      sample: {kind: permission, status: 403}
requests:
  description:
    - The number of requests that were sent. In check mode, the maximum number of requests that a run would send, without retries.
  returned: success, not with O(compare)
  type: int
  sample: 36
seconds:
  description:
    - The maximum expected duration of a run, in seconds.
  returned: in check mode
  type: int
  sample: 25
versions:
  description:
    - The versions of this collection, of Python, and of the Python libraries that this collection uses.
  returned: in check mode
  type: dict
  sample: {collection: 0.1.0, python: 3.12.3, requests: 2.32.5}
error:
  description:
    - The error as structured data. The guide on errors describes the fields of an error.
  returned: failure
  type: dict
  sample: {kind: auth, status: 400}
"""

import typing as t

from ..module_utils._live.live_check import LiveCheck, LiveCheckOptions, plan, summary, versions
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.argument_specs import ALLOWED_HOSTS
from ..module_utils._module.runner import Module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


def check_service(task: Task[LiveCheckOptions], cloud: Cloud) -> Result:
    options = task.options
    if options.compare is not None:
        return summary(options.compare)
    if task.check_mode:
        apply, clusters = options.apply_rbac, len(options.clusters)
        expected = plan(clusters, apply=apply, wait_timeout=options.wait_timeout)
        return {"changed": bool(apply and clusters), **expected, "versions": versions()}
    return LiveCheck(cloud, options, task.report_progress).run()


MODULE = Module(
    "live_check",
    check_service,
    LiveCheckOptions,
    options={
        **ALLOWED_HOSTS,
        "clusters": {"type": "list", "elements": "str", "default": []},
        "apply_rbac": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 60},
        "endpoint": {"type": "str", "choices": ["auto", "public", "private", "vpe"], "default": "auto"},
        "compare": {"type": "dict"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
