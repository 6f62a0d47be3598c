# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calculate medians and ratios from the results of all runs."""

from __future__ import annotations

import statistics
import typing as t
from dataclasses import dataclass

from benchmarks import contestants as who
from benchmarks import work

if t.TYPE_CHECKING:
    from benchmarks.measure import Cost

# The latency in seconds and the number of clusters
Cell = tuple[float, int]


@dataclass(frozen=True)
class Sample:
    """One run. ``simulator_cpu`` is the simulator's CPU time during the run, in seconds."""

    contestant: str
    cell: Cell
    cost: Cost
    kinds: work.Kinds
    simulator_cpu: float


@dataclass(frozen=True)
class Figure:
    """The medians of several runs. ``runs`` is the number of runs, or 0 if the values are extrapolated."""

    wall: float
    cpu: float
    peak_mb: float
    requests: int
    runs: int
    simulator_cpu: float = 0.0

    @property
    def extrapolated(self) -> bool:
        return not self.runs


@dataclass(frozen=True)
class Ratio:
    """The ratios of wall times and of CPU times. Both are None if a contestant did not send the expected requests (see ``differences``)."""

    name: str
    cell: Cell
    wall: float | None
    cpu: float | None
    differences: tuple[str, ...] = ()


Figures = dict[tuple[str, Cell], Figure]


def figures(samples: t.Iterable[Sample]) -> Figures:
    """Return the medians for each contestant and cell."""
    runs: dict[tuple[str, Cell], list[Sample]] = {}
    for sample in samples:
        runs.setdefault((sample.contestant, sample.cell), []).append(sample)
    return {
        key: Figure(
            wall=statistics.median(run.cost.wall for run in found),
            cpu=statistics.median(run.cost.cpu for run in found),
            peak_mb=statistics.median(run.cost.peak_mb for run in found),
            requests=max(run.kinds.total() for run in found),
            runs=len(found),
            simulator_cpu=statistics.median(run.simulator_cpu for run in found),
        )
        for key, found in runs.items()
    }


def prolonged(found: Figures, contestant: str, cells: t.Iterable[Cell]) -> Figures:
    """Extrapolate a contestant's figures linearly from the two largest measured numbers of clusters."""
    missing: Figures = {}
    for latency, clusters in cells:
        known = sorted(
            (cell[1], figure) for (name, cell), figure in found.items() if (name, cell[0]) == (contestant, latency)
        )
        if (contestant, (latency, clusters)) in found or len(known) < 2 or clusters < known[-1][0]:
            continue
        (few, low), (many, high) = known[-2:]
        factor = (clusters - few) / (many - few)
        missing[contestant, (latency, clusters)] = Figure(
            wall=low.wall + factor * (high.wall - low.wall),
            cpu=low.cpu + factor * (high.cpu - low.cpu),
            peak_mb=high.peak_mb,
            requests=work.expected(clusters).total(),
            runs=0,
        )
    return missing


def unlike(samples: t.Iterable[Sample]) -> dict[tuple[str, Cell], tuple[str, ...]]:
    """Return the differences between the actual and the expected requests, keyed by contestant and cell."""
    working = {contestant.name for contestant in who.ALL if contestant.works}
    found: dict[tuple[str, Cell], tuple[str, ...]] = {}
    for sample in samples:
        if sample.contestant in working:
            different = work.differences(sample.kinds, work.expected(sample.cell[1]))
            if different:
                found.setdefault((sample.contestant, sample.cell), tuple(different))
    return found


def ratios(found: Figures, wrong: t.Mapping[tuple[str, Cell], tuple[str, ...]]) -> list[Ratio]:
    """Return the ratios for each cell in which all compared figures were measured or extrapolated."""
    compared = (
        ("role / (debug + tuned)", (who.ROLE,), (who.DEBUG, who.TUNED)),
        ("role / plain", (who.ROLE,), (who.PLAIN,)),
        ("uri / role", (who.URI,), (who.ROLE,)),
    )
    result = []
    for cell in sorted({cell for _name, cell in found}):
        for words, above, below in compared:
            names = [[(contestant.name, cell) for contestant in side] for side in (above, below)]
            every = [*names[0], *names[1]]
            if not all(name in found for name in every):
                continue
            upper, lower = ([found[name] for name in side] for side in names)
            differences = tuple(f"{name[0]}: {reason}" for name in every for reason in wrong.get(name, ()))
            wall = None if differences else sum(one.wall for one in upper) / sum(one.wall for one in lower)
            cpu = None if differences else sum(one.cpu for one in upper) / sum(one.cpu for one in lower)
            result.append(Ratio(words, cell, wall, cpu, differences))
    return result
