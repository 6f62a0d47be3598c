# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the benchmark: the contestants log in to the same clusters, one contestant after the other."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from benchmarks import contestants as who
from benchmarks import measure, work
from benchmarks.samples import Cell, Sample
from simulator import Latency, Settings, Simulator, generated_world

# The time limit for each run, in seconds
_LONGEST = 1800.0


@dataclass(frozen=True)
class Plan:
    """A benchmark plan. The ``latencies`` are in seconds.

    With ``uri_once_from`` or more clusters, the uri playbook runs only once. With more than ``uri_most`` clusters, the playbook does not run.
    """

    clusters: tuple[int, ...]
    latencies: tuple[float, ...]
    runs: int
    uri_most: int = 50
    uri_once_from: int = 50

    @property
    def cells(self) -> list[Cell]:
        return [(latency, clusters) for latency in self.latencies for clusters in self.clusters]

    def takes_part(self, contestant: who.Contestant, clusters: int, run: int) -> bool:
        if contestant is not who.URI:
            return True
        return clusters <= self.uri_most and (clusters < self.uri_once_from or run == 0)


def one_run(sim: Simulator, contestant: who.Contestant, cell: Cell) -> Sample:
    """Run a contestant in an empty folder. The contestant logs in to all clusters of the simulator.

    :raises Failed: if the contestant fails. The message contains the end of the contestant's output.
    """
    names = [state.cluster.name for state in sim.cloud.clusters]
    with measure.place(sim.env) as place:
        command = contestant.command(place.variables(clusters=names))
        before, began = len(sim.requests), time.process_time()
        run = place.run(command, timeout=_LONGEST)
        spent = time.process_time() - began
    if run.cost.code != 0:
        raise measure.Failed(f"{contestant.name} failed with {len(names)} clusters:\n{run.output[-3000:]}")
    return Sample(contestant.name, cell, run.cost, work.counted(sim.requests[before:]), spent)


def samples(plan: Plan, say: t.Callable[[str], None]) -> list[Sample]:
    """Run the plan. In each round, every participating contestant runs once. Each round starts with a different contestant."""
    found: list[Sample] = []
    for latency, clusters in plan.cells:
        world = generated_world(clusters, settings=Settings(latency=Latency(seconds=latency)))
        with Simulator(world) as sim:
            if not found:
                say(
                    "warm-up: each contestant runs once to compile files and fill the disk cache; these runs do not count"
                )
                for contestant in who.ALL:
                    one_run(sim, contestant, (latency, clusters))
            for run in range(plan.runs):
                turns = [*who.ALL[run % len(who.ALL) :], *who.ALL[: run % len(who.ALL)]]
                for contestant in turns:
                    if plan.takes_part(contestant, clusters, run):
                        found.append(one_run(sim, contestant, (latency, clusters)))
                        say(_line(found[-1], run))
    return found


def _line(sample: Sample, run: int) -> str:
    latency, clusters = sample.cell
    where = f"{latency * 1000:.0f} ms, {clusters} clusters, run {run + 1}"
    return f"{where}: {sample.contestant} {sample.cost.wall:.2f} s"
