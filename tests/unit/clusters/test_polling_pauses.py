# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the pauses between checks of a cluster."""

from __future__ import annotations

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.polling_pauses import next_pause
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("timeout", [0.1, 0.6, 1.0, 1.04, 2.0, 9.99, 10.04, 61.0, 300.0])
def test_the_last_check_is_not_earlier_than_the_others(timeout: float, chance: float) -> None:
    """The last check occurs at the timeout, and at least half a second after the previous check."""
    fake = FakeTime(chance=chance, seconds=0.0)
    while fake.seconds < timeout:
        fake.sleep(next_pause(fake.seconds, timeout - fake.seconds, 5, fake.clock))

    # The first pauses last 0.5 s, and jitter shortens them by up to a quarter.
    assert min(fake.sleeps) >= 0.375
    assert fake.sleeps[-1] >= 0.5
    assert timeout <= fake.seconds <= max(timeout, 0.5)
