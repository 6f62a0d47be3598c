# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Split a text into names."""

from __future__ import annotations

DOCUMENTATION = r"""
name: split_names
short_description: Split a text with commas or lines into a list of names
version_added: 0.1.0
description:
  - Returns a list of names for the input of a user or an AWX survey. The input is a text with commas or lines, a list of such texts,
    or empty.
  - Blanks around a name and empty names are removed. A name can contain blanks.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
options:
  _input:
    description:
      - The text, a list of texts, or null.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show the names of a survey answer
  ansible.builtin.debug:
    msg: "{{ 'shop-dev, shop-test' | ibmcloud.kubernetes.split_names }}"
  # => ['shop-dev', 'shop-test']
"""

RETURN = r"""
_value:
  description:
    - The names, in order.
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
