# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mark tests as slow, so that the quick run tests each row with only one endpoint per retry class."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import ONE_OF_EACH

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        tried = getattr(t.cast("t.Any", item), "callspec", None)
        # The few tests without a ``case`` parameter are fast, so the quick run includes them.
        is_row = HERE in item.path.parents and tried and "case" in tried.params
        if is_row and tried.params["endpoint"] not in ONE_OF_EACH:
            item.add_marker(pytest.mark.slow)
