# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the benchmark or the load test: ``python benchmarks bench|load``. ``./dev`` runs this command in an environment with the required packages."""

from __future__ import annotations

import argparse
import importlib.util
import json
import signal
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if not __package__:
    # If this directory is run as a script, import the package from the checkout.
    sys.path[:1] = [str(ROOT), str(ROOT / "tests")]

_NEEDED = {"bench": ("aiohttp", "ansible", "matplotlib", "trustme"), "load": ("aiohttp", "ansible", "trustme")}


def _say(text: str) -> None:
    print(f"dev: {text}", file=sys.stderr, flush=True)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(number) for number in text.split(",")}))


def _bench(given: argparse.Namespace) -> int:
    from benchmarks import bench, contestants, plot, report, samples, waiting

    counts = given.clusters or ((1, 10) if given.quick else (1, 10, 50, 200))
    latencies = given.latency or ((20,) if given.quick else (0, 20, 50))
    runs = given.runs or (1 if given.quick else 3)
    plan = bench.Plan(counts, tuple(latency / 1000 for latency in latencies), runs, uri_most=given.uri_most)
    taken = bench.samples(plan, _say)
    found = samples.figures(taken)
    found.update(samples.prolonged(found, contestants.URI.name, plan.cells))
    wrong = samples.unlike(taken)
    waits = waiting.waiting((1, 10) if given.quick else (1, 50, 200), runs, _say)
    results = report.Results(taken, found, wrong, samples.ratios(found, wrong), waits)
    folder = ROOT / "docs" / "images" if given.keep else ROOT / ".cache" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(report.document(results), indent=1) + "\n", encoding="utf-8")
    plot.draw(results, folder / "bench.svg")
    print(report.text(results))
    _say(f"written: {folder / 'bench.json'}, {folder / 'bench.svg'}")
    return 1 if wrong else 0


def _load(given: argparse.Namespace) -> int:
    from benchmarks import load, profiles

    wanted = profiles.QUICK if given.quick else profiles.FULL
    return load.run(wanted.sized(given.clusters or wanted.clusters), _say)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    bench = verbs.add_parser("bench", help="compare the role with other solutions for the same task")
    bench.add_argument("--clusters", type=_numbers, help="numbers of clusters, such as 1,10,50,200")
    bench.add_argument("--latency", type=_numbers, help="response times in ms, such as 0,20,50")
    bench.add_argument("--runs", type=int, help="number of runs of each solution; the result is the median")
    bench.add_argument(
        "--uri-most",
        type=int,
        default=50,
        help="largest number of clusters for the uri playbook; more are extrapolated (default: 50)",
    )
    bench.add_argument("--quick", action="store_true", help="run once with 1 and 10 clusters and 20 ms per response")
    bench.add_argument("--keep", action="store_true", help="write the results to docs/images instead of .cache/bench")
    load = verbs.add_parser("load", help="log in to many clusters in a slow, rate-limited, unreliable cloud")
    load.add_argument("--clusters", type=int, help="clusters (default: 500, or 60 with --quick)")
    load.add_argument("--quick", action="store_true", help="log in to only 60 clusters, with shorter waiting times")
    return parser.parse_args()


def main() -> int:
    given = _arguments()
    missing = [name for name in _NEEDED[given.verb] if importlib.util.find_spec(name) is None]
    if missing:
        _say(
            f"{', '.join(missing)} cannot be imported. Run ./dev {given.verb}, which creates an environment with all packages."
        )
        return 1
    # After SIGTERM, SystemExit runs the cleanup, which stops the child processes.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    from benchmarks.measure import Failed

    verbs: dict[str, t.Callable[[argparse.Namespace], int]] = {"bench": _bench, "load": _load}
    try:
        return verbs[given.verb](given)
    except Failed as failure:
        _say(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
