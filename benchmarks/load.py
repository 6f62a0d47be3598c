# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one play that logs in to all clusters of a profile, and check the result."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

from benchmarks import checks, measure
from benchmarks.profiles import role_default
from simulator import Simulator

if t.TYPE_CHECKING:
    from benchmarks.profiles import Profile

PLAY = Path(__file__).with_name("load.yml")
KEPT = Path(__file__).resolve().parent.parent / ".cache" / "load"
_LONGEST = 3600.0
# An access token is renewed after this fraction of its lifetime.
_USED = 0.9


def told(sim: Simulator, profile: Profile) -> dict[str, t.Any]:
    """Return the play's variables."""
    return {"clusters": [state.cluster.name for state in sim.cloud.clusters], **profile.variables()}


def seen(
    sim: Simulator,
    profile: Profile,
    found: t.Mapping[str, t.Any],
    *,
    code: int,
    output: str,
    expiries: int | None = None,
    peak_mb: float = 0.0,
) -> checks.Seen:
    """Return a run's data for the checks. ``found`` is the content of the play's output file.

    ``expiries`` is the number of expired access tokens. None means that this number is calculated from the duration of the run.
    """
    entries = sorted(sim.requests, key=lambda entry: entry.at)
    if expiries is None:
        expiries = int((entries[-1].at - entries[0].at) / (_USED * profile.access_token_seconds))
    keys = [key.key for who in sim.world.identities for key in who.api_keys]
    return checks.Seen(
        profile=profile,
        concurrency=role_default("cluster_access_concurrency"),
        names=[state.cluster.name for state in sim.cloud.clusters],
        entries=entries,
        expected_failures=sim.expected_failures,
        applied={
            state.cluster.id: sum(state.rbac.requests.values()) for state in sim.cloud.clusters if state.rbac.requests
        },
        most_open=sim.log.peak_connections,
        expiries=expiries,
        code=code,
        output=output,
        secrets=[*keys, *sim.cloud.opaque_tokens],
        sessions=found.get("sessions", ()),
        failed=found.get("failed", {}),
        peak_mb=peak_mb,
    )


def run(profile: Profile, say: t.Callable[[str], None]) -> int:
    """Run the profile, print the results of the checks, and return the exit code: 1 if a check failed, otherwise 0."""
    say(
        f"{profile.clusters} clusters; this takes minutes, mostly because some clusters never finish the synchronization"
    )
    with Simulator(profile.world()) as sim, measure.place(sim.env) as place:
        written = place.folder / "found.json"
        variables = place.variables(**told(sim, profile), written_to=str(written))
        run = place.run(["ansible-playbook", str(PLAY), "-e", f"@{variables}"], timeout=_LONGEST)
        found = json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}
        result = seen(sim, profile, found, code=run.cost.code, output=run.output, peak_mb=run.cost.peak_mb)
    _keep(result, run.output)
    if not result.entries:
        raise measure.Failed(f"no request was sent:\n{run.output[-3000:]}")
    verdicts = [check(result) for check in checks.ALL]
    for verdict in verdicts:
        print(f"{'ok ' if verdict.held else 'NO '} {verdict.name}: {verdict.found}")
    limit = role_default("cluster_access_rate_limit")
    limited = sum(entry.service == "containers" for entry in result.entries)
    print(
        f"{run.cost.wall:.1f} s, CPU {run.cost.cpu:.1f} s. At {limit:g} requests per second, the {limited} requests "
        f"to the containers service take {limited / limit:.1f} s."
    )
    say(f"output and request log: {KEPT}")
    return 0 if all(verdict.held for verdict in verdicts) else 1


def _keep(result: checks.Seen, output: str) -> None:
    """Save the output and the request log, which show why a check failed. The log does not contain secrets."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / "output.txt").write_text(output, encoding="utf-8")
    lines = (json.dumps(dataclasses.asdict(entry)) for entry in result.entries)
    (KEPT / "requests.jsonl").write_text("\n".join(lines), encoding="utf-8")
