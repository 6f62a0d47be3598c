# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify that the page docs/playbooks.md lists the variables and defaults of each shipped playbook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
PAGE = (ROOT / "docs" / "playbooks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def shown(default: object) -> str:
    """Return a default in the format of the page."""
    if default in ("", None):
        return ""
    if isinstance(default, list):
        return "four templates" if len(default) == 4 else f"{len(default)} items"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_page_lists_the_variables_of_the_playbook(playbook: Path) -> None:
    plays = yaml.safe_load(playbook.read_text(encoding="utf-8"))
    # Variables that start with an underscore or "ansible_" are not for users.
    variables = {
        name: shown(default)
        for play in plays
        for name, default in (play.get("vars") or {}).items()
        if not name.startswith(("_", "ansible_"))
    }
    rows = dict(re.findall(r"^\| `(\w+)` \| (?:([^|]+) )?\|", SECTIONS[playbook.stem], re.MULTILINE))

    assert rows == variables


def test_page_has_a_section_and_a_link_for_each_playbook() -> None:
    names = [playbook.stem for playbook in PLAYBOOKS]
    assert sorted(SECTIONS) == names
    assert sorted(re.findall(r"^\| \[`(\w+)`\]\(#\1\)", PAGE, re.MULTILINE)) == names
