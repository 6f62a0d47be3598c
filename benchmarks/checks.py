# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the result of a load run. The checks do not perform I/O."""

from __future__ import annotations

import base64
import collections
import re
import typing as t
import urllib.parse
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from benchmarks.profiles import Profile
    from simulator.request_log import Entry

# The error kind that the role reports for each simulated outcome of a synchronization
KINDS: t.Final = {"error": "rbac_error", "never": "rbac_timeout"}
_WINDOW = 10.0
_MOST_IN_WINDOW = 200
_TOKEN = "/identity/token"  # noqa: S105 (a path)


@dataclass(frozen=True)
class Seen:
    """A run. ``entries`` is the simulator's log, sorted by time of arrival.

    * ``applied``: number of accepted applyRBAC requests, by cluster ID
    * ``expiries``: number of access tokens that expired during the run
    """

    profile: Profile
    concurrency: float
    names: t.Sequence[str]
    entries: t.Sequence[Entry]
    expected_failures: t.Mapping[str, str]
    applied: t.Mapping[str, int]
    most_open: t.Mapping[str, int]
    expiries: int
    code: int
    output: str = field(repr=False)
    secrets: t.Sequence[str] = field(repr=False)
    sessions: t.Sequence[str] = ()
    failed: t.Mapping[str, str] = field(default_factory=dict)
    peak_mb: float = 0.0


@dataclass(frozen=True)
class Check:
    """One check. ``found`` is the measured value."""

    name: str
    held: bool
    found: str


def every_cluster_once(seen: Seen) -> Check:
    found = collections.Counter([*seen.sessions, *seen.failed])
    wrong = sorted(name for name in {*found, *seen.names} if found[name] != 1 or name not in seen.names)
    text = f"{len(seen.sessions)} sessions and {len(seen.failed)} failures for {len(seen.names)} clusters"
    return Check("every cluster is in the result exactly once", not wrong, _with(text, wrong))


def failures_as_expected(seen: Seen) -> Check:
    expected = {name: KINDS[outcome] for name, outcome in seen.expected_failures.items()}
    wrong = [
        f"{name} is {seen.failed.get(name, 'open')}, not {expected.get(name, 'open')}"
        for name in sorted({*expected, *seen.failed})
        if seen.failed.get(name) != expected.get(name)
    ]
    kinds = collections.Counter(seen.failed.values())
    text = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    held = not wrong and (seen.code != 0) == bool(expected)
    return Check("exactly the expected clusters failed", held, _with(f"{text}; exit code {seen.code}", wrong))


def applied_once(seen: Seen) -> Check:
    """Check that each synchronization is requested once.

    A repeated request is allowed if a closed connection left the outcome of the earlier request unknown.
    """
    unknown = collections.Counter(
        entry.cluster
        for entry in seen.entries
        if entry.path.endswith("/applyRBAC") and entry.fault in ("reset", "truncated")
    )
    again = sum(count - 1 for count in seen.applied.values())
    wrong = sorted(name for name, count in seen.applied.items() if count > 1 + unknown[name])
    text = f"{len(seen.applied)} clusters, {again} repeated requests after {unknown.total()} unknown outcomes"
    held = not wrong and len(seen.applied) == len(seen.names)
    return Check("each synchronization is requested once", held, _with(text, wrong))


def few_logins(seen: Seen) -> Check:
    """Check the number of access tokens that the client received.

    Delegation requests and requests with the client ID kube do not count, because they obtain the ID token for the clusters.
    """
    logins = [entry for entry in seen.entries if entry.path == _TOKEN and entry.client == "bx"]
    grants = sum(
        entry.status == 200
        and not entry.fault
        and ("apikey" in entry.form_fields or "response_type" not in entry.form_fields)
        for entry in logins
    )
    # Each of the role's modules starts with the token from the first login. If this token expires during the synchronization, the
    # cluster_login module requests another token. In a run with 500 clusters, tokens were requested at 0, 112, 223 and 281 s. The
    # synchronization ended at 281 s.
    allowed = 1 + seen.expiries + min(seen.expiries, 1)
    text = f"{grants} received, {seen.expiries} expired; at most {allowed} allowed"
    return Check("an access token is requested only when one expires", grants <= allowed, text)


def few_rejections(seen: Seen) -> Check:
    start = seen.entries[0].at + _WINDOW
    later = [entry for entry in seen.entries if entry.service == "containers" and entry.at > start]
    rejected = sum(entry.status == 429 for entry in later)
    text = f"{rejected} of {len(later)}"
    return Check(
        "fewer than 1% of the responses after the first 10 s have status 429",
        rejected < max(1, 0.01 * len(later)),
        text,
    )


def window_kept(seen: Seen) -> Check:
    times = [entry.at for entry in seen.entries if entry.service == "containers" and entry.status != 429]
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - _WINDOW:
            first += 1
        most = max(most, last - first + 1)
    return Check(f"at most {_MOST_IN_WINDOW} requests are accepted within 10 s", most <= _MOST_IN_WINDOW, f"{most}")


def few_repetitions(seen: Seen) -> Check:
    """Check the fraction of requests that are retries. A retry follows a failed request with the same service, method, path and cluster."""
    failed: dict[tuple[str, str, str, str], bool] = {}
    repeated = 0
    for entry in seen.entries:
        what = (entry.service, entry.method, entry.path, entry.cluster)
        repeated += failed.get(what, False)
        failed[what] = bool(entry.fault) or entry.status >= 400
    share = repeated / len(seen.entries)
    text = f"{repeated} of {len(seen.entries)}, {share:.1%}"
    return Check(
        f"at most {seen.profile.retry_share:.0%} of the requests are retries",
        share <= seen.profile.retry_share,
        text,
    )


def few_connections(seen: Seen) -> Check:
    most = seen.concurrency + 2
    host, count = max(((n, name) for name, n in seen.most_open.items() if name != "control"), default=(0, ""))[::-1]
    return Check(f"at most {most:.0f} connections to one host", count <= most, f"{count} to {host}")


def little_memory(seen: Seen) -> Check:
    limit = seen.profile.peak_mb
    return Check(f"the largest process uses at most {limit:.0f} MB", seen.peak_mb <= limit, f"{seen.peak_mb:.0f} MB")


def no_secret_shown(seen: Seen) -> Check:
    """Check that the output contains neither secrets (raw or encoded) nor strings in the format of a token."""
    forms = set()
    for secret in seen.secrets:
        encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
        forms |= {secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret), encoded}
    shown = sum(form in seen.output for form in forms)
    # The prefixes of JWTs and OpenShift tokens, raw and in base64.
    shapes = r"(eyJ|ZXlK)[A-Za-z0-9_-]{12,}|(sha256~|c2hhMjU2f)[A-Za-z0-9_-]{20,}"
    shown += len(re.findall(shapes, seen.output))
    return Check("no secret is printed", not shown, f"{shown} in {len(seen.output)} characters")


def _with(text: str, wrong: t.Sequence[str]) -> str:
    return text + (f"; wrong: {', '.join(wrong[:5])}{' ...' if len(wrong) > 5 else ''}" if wrong else "")


# The results of these checks do not depend on the machine.
COUNTS: t.Final = (
    *(every_cluster_once, failures_as_expected, applied_once, few_logins, few_rejections, window_kept, few_repetitions),
    *(few_connections, no_secret_shown),
)
ALL: t.Final = (*COUNTS, little_memory)
