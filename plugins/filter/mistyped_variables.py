# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find mistyped variables of this collection's playbooks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mistyped_variables
short_description: Find mistyped variables of a playbook in this collection
version_added: 0.1.0
description:
  - Returns a message for each unknown name that is similar to the name of a variable of the playbook.
  - The known names are the variables of all playbooks in this collection and the keys of the data that these playbooks pass to the next
    node of an AWX workflow.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
options:
  _input:
    description:
      - The names of the variables to check. Each name must begin with C(ibmcloud_).
    type: list
    elements: str
    required: true
  playbook:
    description:
      - The name of the playbook, such as C(rbac_sync).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Find mistyped variables
  ansible.builtin.debug:
    msg: "{{ ['ibmcloud_cluster', 'ibmcloud_regions'] | ibmcloud.kubernetes.mistyped_variables('rbac_sync') }}"
  # => ['ibmcloud_cluster is not a variable of this playbook. Did you mean ibmcloud_clusters?']
"""

RETURN = r"""
_value:
  description:
    - The messages, or an empty list if no name is mistyped.
  type: list
  elements: str
"""

import pathlib
import re
import typing as t

from .similar_names import similar_names

_PLAYBOOKS = pathlib.Path(__file__).resolve().parents[2] / "playbooks"
_PREFIX = "ibmcloud_"
# Matches play variables, which are indented by four spaces. Lines with deeper indentation set other variables, such as facts.
_INPUT = re.compile(rf"^    {_PREFIX}(\w+):", re.MULTILINE)
# Matches play variables, facts, and the keys of the dictionaries that set_stats receives.
_KNOWN = re.compile(rf"\b{_PREFIX}(\w+)'?:")


def mistyped_variables(names: t.Iterable[str], playbook: str) -> list[str]:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in _PLAYBOOKS.glob("*.yml")}
    known = {name for text in texts.values() for name in _KNOWN.findall(text)}
    # Names are compared without their common prefix, because the prefix would make all names similar.
    unknown = [name[len(_PREFIX) :] for name in names if name[len(_PREFIX) :] not in known]
    inputs = _INPUT.findall(texts[playbook])
    similar = {name: similar_names(name, inputs) for name in unknown}
    return [
        f"{_PREFIX}{name} is not a variable of this playbook. Did you mean {_PREFIX}{found[0]}?"
        for name, found in similar.items()
        if found
    ]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"mistyped_variables": mistyped_variables}
