# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Split a string into names."""

from __future__ import annotations

DOCUMENTATION = r"""
name: split_names
short_description: Split a string at commas and line breaks into a list of names
version_added: 0.1.0
description:
  - Converts input from a user or an AWX survey to a list of names. The input is a string in which commas or line breaks separate the names,
    a list of such strings, or null.
  - Spaces around names are removed, and empty names are ignored. A name can contain spaces.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
options:
  _input:
    description:
      - A string, a list of strings, or null.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show the names in a survey answer
  ansible.builtin.debug:
    msg: "{{ 'shop-dev, shop-test' | ibmcloud.kubernetes.split_names }}"
  # => ['shop-dev', 'shop-test']
"""

RETURN = r"""
_value:
  description:
    - The names, in the order of the input.
  type: list
  elements: str
"""

import re
import typing as t


def split_names(value: t.Any) -> list[str]:
    texts = value if isinstance(value, (list, tuple)) else [value]
    parts = [part for text in texts if text is not None for part in re.split(r"[,\r\n]", str(text))]
    return [part.strip() for part in parts if part.strip()]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"split_names": split_names}
