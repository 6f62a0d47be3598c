# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The issue forms must be valid, and their commands must use existing playbook variables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FORMS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")}
FORMS.pop("config")


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_valid(name: str) -> None:
    """GitHub requires known field types, unique IDs, a label for each field, and at least one field."""
    form = FORMS[name]
    fields = [part for part in form["body"] if part["type"] != "markdown"]

    assert {"name", "description", "body"} <= set(form)
    assert {part["type"] for part in form["body"]} <= {"markdown", "textarea", "input", "dropdown", "checkboxes"}
    assert fields
    assert all(part["attributes"]["label"] for part in fields)
    assert len({part["id"] for part in fields}) == len(fields)


@pytest.mark.parametrize("name", FORMS)
def test_commands_of_a_form_use_existing_variables(name: str) -> None:
    texts = [str(part["attributes"].get("description")) for part in FORMS[name]["body"]]
    commands = [
        match for text in texts for match in re.findall(r"`ansible-playbook ibmcloud\.kubernetes\.([^`]+)`", text)
    ]

    assert len(commands) == 1
    playbook, *words = commands[0].split()
    (play,) = yaml.safe_load((ROOT / "playbooks" / f"{playbook}.yml").read_text())
    assert {word.partition("=")[0] for word in words if "=" in word} <= set(play["vars"])
