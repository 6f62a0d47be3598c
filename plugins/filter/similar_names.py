# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find names that are similar to a given name."""

from __future__ import annotations

DOCUMENTATION = r"""
name: similar_names
short_description: Find names that are similar to a given name
version_added: 0.1.0
description:
  - Returns the names that are most similar to a mistyped name, with the most similar name first.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
options:
  _input:
    description:
      - The mistyped name.
    type: str
    required: true
  names:
    description:
      - The names to compare with the mistyped name.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Suggest a name
  ansible.builtin.debug:
    msg: "{{ 'shop-dve' | ibmcloud.kubernetes.similar_names(['shop-dev', 'data-test']) }}"
  # => ['shop-dev']
"""

RETURN = r"""
_value:
  description:
    - Up to three names, or an empty list if no name is similar.
  type: list
  elements: str
"""

import difflib
import typing as t


def similar_names(name: str, names: t.Iterable[str]) -> list[str]:
    return difflib.get_close_matches(name, list(names), n=3)


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"similar_names": similar_names}
