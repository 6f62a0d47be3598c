# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No row of the tables is without a test."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).absolute().parents[2]
FAULTS = {f"F{number:02}" if number < 100 else f"F{number}" for number in range(1, 121)}
INPUTS = {f"I{number:02}" for number in range(1, 64)}


def test_every_row_has_a_test() -> None:
    """Each ID is given to row(), case() or a Case somewhere: what carries it is counted in the line that ends a run."""
    files = [*TESTS.glob("unit/faults/test_*.py"), *TESTS.glob("integration/test_*.py")]
    texts = [path.read_text(encoding="utf-8") for path in files if path.name != Path(__file__).name]
    found = {name for text in texts for name in re.findall(r'"([FI]\d\d\d?)"', text)}

    assert found == FAULTS | INPUTS
