# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how much time the role adds to the RBAC synchronization."""

from __future__ import annotations

import statistics
import typing as t
from dataclasses import dataclass

from benchmarks import contestants as who
from benchmarks.bench import one_run
from simulator import Latency, Settings, Simulator, generated_world

if t.TYPE_CHECKING:
    from simulator import World

SYNC_SECONDS = (2.0, 8.0)
_LATENCY = 0.02


@dataclass(frozen=True)
class Waiting:
    """The role's median wall times in seconds, for clusters that are synchronized and for clusters that are not."""

    clusters: int
    in_step: float
    out_of_step: float
    longest_sync: float

    @property
    def extra(self) -> float:
        return self.out_of_step - self.in_step

    @property
    def allowed(self) -> float:
        """Return the maximum extra time in seconds.

        This limit is the duration of the longest synchronization plus 10% for late detection and one second for requests.
        """
        return self.longest_sync * 1.1 + 1.0

    @property
    def held(self) -> bool:
        return self.extra <= self.allowed


def waiting(counts: t.Sequence[int], runs: int, say: t.Callable[[str], None]) -> list[Waiting]:
    """Measure the role's wall times for each number of clusters."""
    found = []
    for clusters in counts:
        settings = Settings(latency=Latency(seconds=_LATENCY))
        out_of_step = generated_world(clusters, settings=settings, synchronized=False, sync_seconds=SYNC_SECONDS)
        row = Waiting(
            clusters,
            in_step=_wall(generated_world(clusters, settings=settings), runs),
            out_of_step=_wall(out_of_step, runs),
            longest_sync=max(cluster.rbac.seconds for cluster in out_of_step.clusters),
        )
        found.append(row)
        say(f"waiting, {clusters} clusters: {row.extra:.2f} s more than with synchronized clusters")
    return found


def _wall(world: World, runs: int) -> float:
    found = []
    with Simulator(world) as sim:
        for _run in range(runs):
            sim.reset()
            found.append(one_run(sim, who.ROLE, (_LATENCY, len(world.clusters))).cost.wall)
    return statistics.median(found)
