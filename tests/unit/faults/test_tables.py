# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each row of the tables of faults and inputs must have a test."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import TRIED

FAULTS = {f"F{number:02}" for number in range(1, 127)}
INPUTS = {f"I{number:02}" for number in range(1, 64)}


def test_every_row_has_a_test(request: pytest.FixtureRequest) -> None:
    """A row counts as tested even if its test was skipped."""
    asked = {Path(place).name for place in request.config.args}
    if not {"unit", "integration"} <= asked:
        pytest.skip("only a part of the tests was asked for")

    assert request.config.stash[TRIED] == FAULTS | INPUTS
