# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of faults, F01 to F27: the way to a service, and half of its answer."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import ATTEMPTS, GOOD, Case, Counts, run
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import reset, silence

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import Endpoint

CASES = (
    Case(
        "F12",
        "no answer once",
        (silence, GOOD),
        Counts(2, once=1),
        once="timeout",
    ),
    Case(
        "F13",
        "no answer ever",
        (silence,),
        Counts(ATTEMPTS, once=1, limited=2),
        kind="timeout",
        names=("0.15",),
    ),
    Case("F15", "a reset once", (reset, GOOD), Counts(2, once=1), once="reset"),
)


@pytest.mark.parametrize(
    ("case", "endpoint"), [row(case.id, case, endpoint, name=str(endpoint)) for case in CASES for endpoint in case.at]
)
def test_a_call_that_meets_a_fault(case: Case, endpoint: Endpoint) -> None:
    run(case, endpoint)
