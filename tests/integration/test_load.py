# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the checks of ``./dev load`` with fewer clusters. About one in seven requests fails."""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

import pytest

from simulator import Simulator

from .conftest import Ansible

ROOT = Path(__file__).absolute().parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from benchmarks import checks, load, profiles


def expire_in_the_middle(sim: Simulator, over: threading.Event) -> None:
    """Expire all access tokens after half of the synchronizations have been requested."""
    while not over.wait(0.05):
        if sum(entry.path.endswith("/applyRBAC") for entry in sim.requests) >= len(sim.cloud.clusters) // 2:
            sim.cloud.expire_access_tokens()
            return


@pytest.mark.slow
def test_checks_of_the_load_test_pass(tmp_path: Path) -> None:

    wanted = profiles.SMALL
    over = threading.Event()
    with Simulator(wanted.world()) as sim, tempfile.TemporaryDirectory(prefix="ik-") as temporary:
        ansible = Ansible(tmp_path, sim, temporary)
        expiry = threading.Thread(target=expire_in_the_middle, args=(sim, over))
        expiry.start()
        try:
            run = ansible.run(str(load.PLAY), "-vvvv", "-e", ansible.variables(**load.told(sim, wanted)))
        finally:
            over.set()
            expiry.join()
        assert run.found, run.output
        seen = load.seen(sim, wanted, run.found, code=run.rc, output=run.output, expiries=1)

    verdicts = [check(seen) for check in checks.COUNTS]
    assert [f"{verdict.name}: {verdict.found}" for verdict in verdicts if not verdict.held] == []
