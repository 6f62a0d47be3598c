# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of style.py, which finds listed words in prose and ignores code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "tools"))

import style

MARKDOWN = "It is no cluster.\n\n```sh\necho nobody\n```\n\nUse `whoever` and whoever.\n"
PYTHON = '''\
"""Nobody hears of it."""
nobody = "the behaviour"  # asked anew
name = f"{name} has no trouble"
'''


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("docs/a.md", MARKDOWN, ["1: 'is no '", "7: 'whoever'"]),
        ("plugins/a.py", PYTHON, ["1: 'Nobody'", "1: 'hears of'", "2: 'behaviour'", "2: 'anew'", "3: 'trouble'"]),
        ("roles/a.yml", "msg: in step  # whom\n", ["1: 'whom'", "1: 'in step'"]),
        ("dev", "#!/bin/sh\n# nobody\n", ["2: 'nobody'"]),
        ("docs/a.md", "Otherwise raise it: connection refused. There is no longer list. Precise, revised.", []),
        ("docs/a.md", "Synchronised, organisation.", ["1: 'Synchronised'", "1: 'organisation'"]),
        ("plugins/a.py", "# nobody  style: ok (the name of a Unix user)\n", []),
    ],
)
def test_listed_words_are_found(path: str, text: str, found: list[str]) -> None:
    lines = [line.removeprefix(f"{path}:").partition(": write ")[0] for line in style.findings(path, text)]

    assert lines == found
