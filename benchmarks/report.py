# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of a benchmark as tables and as JSON."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import typing as t
from dataclasses import dataclass

from benchmarks import contestants as who

if t.TYPE_CHECKING:
    from benchmarks.samples import Cell, Figure, Figures, Ratio, Sample
    from benchmarks.waiting import Waiting

Row = t.Sequence[str]


@dataclass(frozen=True)
class Results:
    samples: list[Sample]
    figures: Figures
    wrong: dict[tuple[str, Cell], tuple[str, ...]]
    ratios: list[Ratio]
    waiting: list[Waiting]

    @property
    def cells(self) -> list[Cell]:
        return sorted({cell for _name, cell in self.figures})

    @property
    def memory(self) -> tuple[int, float] | None:
        """Return the largest number of clusters, and the peak memory of ROLE minus that of DEBUG, in megabytes (10**6 bytes)."""
        if not self.cells:
            return None
        latency, clusters = max(self.cells, key=lambda cell: (cell[1], -cell[0]))
        role, debug = (self.figures[name.name, (latency, clusters)] for name in (who.ROLE, who.DEBUG))
        return clusters, role.peak_mb - debug.peak_mb


def table(head: Row, rows: t.Sequence[Row]) -> str:
    """Return a table. All columns after the first two contain numbers and are right-aligned."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    )


def text(results: Results) -> str:
    """Return all tables."""
    parts = [_figures(results), _ratios(results)]
    if results.waiting:
        parts.append(_waiting(results))
    memory = results.memory
    if memory:
        parts.append(
            f"Memory: with {memory[0]} clusters, the largest process of the role needs {memory[1]:.0f} MB more than the largest "
            "process of a playbook with one debug task."
        )
    return "\n\n".join(parts)


def _where(cell: Cell) -> str:
    return f"{cell[0] * 1000:.0f} ms, {cell[1]}"


def _figures(results: Results) -> str:
    rows = []
    for cell in results.cells:
        for contestant in who.ALL:
            figure = results.figures.get((contestant.name, cell))
            if figure:
                rows.append(_figure_row(contestant.name, cell, figure, wrong=(contestant.name, cell) in results.wrong))
    head = ("latency, clusters", "", "wall s", "CPU s", "peak MB", "requests", "simulator CPU s", "runs")
    note = (
        "~: not run, extrapolated from smaller numbers of clusters.  !: the requests differ from the expected requests."
    )
    return table(head, rows) + "\n" + note


def _figure_row(name: str, cell: Cell, figure: Figure, *, wrong: bool) -> Row:
    mark = "~" if figure.extrapolated else ""
    return (
        _where(cell),
        name,
        f"{mark}{figure.wall:.2f}",
        f"{mark}{figure.cpu:.2f}",
        f"{mark}{figure.peak_mb:.0f}",
        f"{'!' if wrong else ''}{mark}{figure.requests}",
        "" if figure.extrapolated else f"{figure.simulator_cpu:.2f}",
        str(figure.runs or ""),
    )


def _ratios(results: Results) -> str:
    rows, reasons = [], []
    for ratio in results.ratios:
        marks = "~" if any(_is_line(results, name, ratio) for name in ratio.name.split()) else ""
        values = ("none" if value is None else f"{marks}{value:.2f}" for value in (ratio.wall, ratio.cpu))
        rows.append((_where(ratio.cell), ratio.name, *values))
        reasons += [f"  {_where(ratio.cell)}: {reason}" for reason in ratio.differences]
    parts = [table(("latency, clusters", "ratio", "wall", "CPU"), rows)]
    if reasons:
        parts.append("No ratio, because the requests were different:\n" + "\n".join(dict.fromkeys(reasons)))
    return "\n".join(parts)


def _is_line(results: Results, name: str, ratio: Ratio) -> bool:
    figure = results.figures.get((name, ratio.cell))
    return figure is not None and figure.extrapolated


def _waiting(results: Results) -> str:
    rows = [
        (
            str(row.clusters),
            "yes" if row.held else "NO",
            f"{row.in_step:.2f}",
            f"{row.out_of_step:.2f}",
            f"{row.extra:.2f}",
            f"{row.longest_sync:.2f}",
            f"{row.allowed:.2f}",
        )
        for row in results.waiting
    ]
    head = ("clusters", "held", "synchronized s", "waiting s", "more s", "longest sync s", "allowed s")
    return (
        "Waiting: the role with clusters that it must synchronize, compared with the role with synchronized clusters.\n"
        + table(head, rows)
    )


def document(results: Results) -> dict[str, t.Any]:
    """Return all results for the JSON file."""
    return {
        "machine": _machine(),
        "samples": [
            {
                **_cell(sample.cell),
                "contestant": sample.contestant,
                **vars(sample.cost),
                "simulator_cpu": sample.simulator_cpu,
                "requests": sample.kinds.total(),
            }
            for sample in results.samples
        ],
        "figures": [
            {**_cell(cell), "contestant": name, **vars(figure)} for (name, cell), figure in results.figures.items()
        ],
        "ratios": [
            {
                **_cell(ratio.cell),
                "name": ratio.name,
                "wall": ratio.wall,
                "cpu": ratio.cpu,
                "differences": ratio.differences,
            }
            for ratio in results.ratios
        ],
        "waiting": [
            {**vars(row), "extra": row.extra, "allowed": row.allowed, "held": row.held} for row in results.waiting
        ],
        "memory": dict(zip(("clusters", "more_mb"), results.memory, strict=True)) if results.memory else None,
    }


def _cell(cell: Cell) -> dict[str, t.Any]:
    return {"latency": cell[0], "clusters": cell[1]}


def _machine() -> dict[str, t.Any]:
    command = ["ansible-playbook", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    ansible = said.splitlines()[0] if said else ""
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "python": sys.version.split()[0],
        "ansible": ansible,
    }
