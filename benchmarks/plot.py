# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plot the wall time against the number of clusters, with one panel for each latency."""

from __future__ import annotations

import importlib
import typing as t

from benchmarks import contestants as who

if t.TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report import Results

# The Okabe-Ito palette is suitable for readers with color blindness.
_COLORS = {"role": "#0072B2", "uri": "#D55E00", "plain": "#E69F00", "tuned": "#009E73", "debug": "#999999"}
_MARKERS = {"role": "o", "uri": "s", "plain": "^", "tuned": "v", "debug": "."}


def draw(results: Results, path: Path) -> None:
    """Write the plot to an SVG file. Identical results produce identical files."""
    # The import is not at the top, because matplotlib is installed only for the benchmark.
    matplotlib: t.Any = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "benchmark", "svg.fonttype": "none", "font.size": 9})
    pyplot: t.Any = importlib.import_module("matplotlib.pyplot")
    latencies = sorted({latency for latency, _clusters in results.cells})
    counts = sorted({clusters for _latency, clusters in results.cells})
    # The legend requires at least the width of two panels.
    width = 1.2 + 2.8 * max(2, len(latencies))
    figure, panels = pyplot.subplots(1, len(latencies), figsize=(width, 3.6), sharey=True, squeeze=False)
    for panel, latency in zip(panels[0], latencies, strict=True):
        for contestant in who.ALL:
            _line(panel, results, contestant, latency)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xticks(counts, [str(count) for count in counts])
        panel.minorticks_off()
        panel.set_title(f"{latency * 1000:.0f} ms per response", fontsize=9)
        panel.set_xlabel("clusters")
        panel.grid(visible=True, color="#dddddd", linewidth=0.5)
    panels[0][0].yaxis.set_major_formatter("{x:g}")
    panels[0][0].set_ylabel("seconds until all clusters are open")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=2, frameon=False, fontsize=8)
    figure.tight_layout(rect=(0, 0.2, 1, 1))
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    # This repository's checks reject the trailing spaces that matplotlib writes.
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("".join(f"{line.rstrip()}\n" for line in lines), encoding="utf-8")
    pyplot.close(figure)


def _line(panel: t.Any, results: Results, contestant: who.Contestant, latency: float) -> None:
    found = sorted(
        (cell[1], figure.wall, figure.extrapolated)
        for (name, cell), figure in results.figures.items()
        if (name, cell[0]) == (contestant.name, latency)
    )
    measured = [(clusters, wall) for clusters, wall, extrapolated in found if not extrapolated]
    if not measured:
        return
    style = {"color": _COLORS[contestant.name], "linewidth": 1.6}
    panel.plot(
        *zip(*measured, strict=True), marker=_MARKERS[contestant.name], markersize=4, label=contestant.words, **style
    )
    rest = [measured[-1], *((clusters, wall) for clusters, wall, extrapolated in found if extrapolated)]
    if len(rest) > 1:
        panel.plot(*zip(*rest, strict=True), linestyle=":", **style)
