# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a case of the fault table for one call: prepare the server, make the call, and verify the outcome."""

from __future__ import annotations

import base64
import json
import threading
import time
import traceback
import typing as t
import urllib.parse
from dataclasses import dataclass, field

from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import CallError, IBMCloudError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import Resend, RetryPolicy
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import CANARIES, EVERY, Endpoint
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Script, answer

# The collection's defaults: the maximum number of attempts for a call, and the maximum time for all attempts, in seconds
ATTEMPTS = 5
BUDGET = 120.0
# The client's timeout in these tests, in seconds of real time
PATIENCE = 0.15

GOOD: t.Final = object()  # Placeholder for the valid response to the call


@dataclass(frozen=True)
class Made:
    """A response or script that is built for a call, usually from the call's valid response."""

    of: t.Callable[[Endpoint], bytes | Script]


Play = bytes | Script | Made | object


@dataclass(frozen=True)
class Counts:
    """The expected number of requests: ``safe`` by default, ``once`` for a one-time passcode, and ``deadline`` for a password."""

    safe: int
    once: int | None = None
    deadline: int | None = None

    def of(self, resend: Resend) -> int:
        other = {Resend.NEVER: self.once, Resend.AT_MOST_ONCE: self.deadline}.get(resend)
        return self.safe if other is None else other


@dataclass(frozen=True)
class Case:
    """A row of the fault table, for a call to a single server.

    - ``plays`` contains a response or script for each request. The last entry is repeated.
    - ``kind`` is the expected kind of error, or "ok" if the call must succeed.
    - ``once`` and ``deadline`` replace ``kind`` for a passcode and for a password.
    - ``names`` contains texts that the message must contain.
    - ``connections`` is the number of connections if it differs from the number of requests.
    """

    id: str
    words: str
    plays: t.Sequence[Play]
    requests: Counts
    kind: str = "ok"
    once: str | None = None
    deadline: str | None = None
    names: tuple[str, ...] = ()
    at: tuple[Endpoint, ...] = EVERY
    hang_ups: int = 0
    farewell: bytes = b""
    status: int | None = None
    connections: int | None = None

    def ends(self, resend: Resend) -> str:
        other = {Resend.NEVER: self.once, Resend.AT_MOST_ONCE: self.deadline}.get(resend)
        return self.kind if other is None else other


@dataclass
class Trial:
    """The outcome of a call. If the call succeeded, ``error`` is None."""

    result: t.Any = None
    error: IBMCloudError | None = None
    seen: int = 0
    time: FakeTime = field(default_factory=FakeTime)

    @property
    def kind(self) -> str:
        return self.error.kind if self.error else "ok"


def attempt(endpoint: Endpoint, url: str, fake: FakeTime | None = None, **settings: t.Any) -> Trial:
    """Make the call with the collection's client and fake time, and verify the rules for all cases.

    The pauses must not exceed the budget, and no thread may remain. Only the collection's own errors may be raised.
    """
    trial = Trial(time=fake or FakeTime())
    policy = settings.pop("policy", RetryPolicy(attempts=ATTEMPTS, budget=BUDGET))
    http = HttpClient(**{"timeout": PATIENCE, "policy": policy, "clock": trial.time.clock, **settings})
    began, threads = trial.time.seconds, _threads()
    try:
        trial.result = endpoint.call(http, url)
    except IBMCloudError as exc:
        trial.error = exc
        check_error(exc)
    finally:
        http.close()
    assert trial.time.seconds - began <= policy.budget + 2
    assert _no_more_than(threads)
    return trial


def check_error(error: IBMCloudError) -> None:
    """Verify the rules for all errors.

    The error's text, traceback and result must not contain a secret in any encoding.
    """
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error) + json.dumps(error.to_result())
    assert [form for form in forms(*CANARIES) if form in shown] == []
    assert (error.__cause__, error.__context__) == (None, None)
    assert "\n" not in str(error)
    assert len(str(error)) <= 600
    if isinstance(error, CallError):
        parts = error.to_result()
        lacking = {"kind", "step", "method", "host", "path", "attempts", "elapsed"} - set(parts)
        assert not lacking, f"the error says nothing of {lacking}"


def forms(*secrets: str) -> set[str]:
    """Return the secrets in each encoding: unchanged, stripped, URL-encoded, JSON-escaped, base64-encoded, and as Basic credentials."""
    found = set()
    for secret in secrets:
        raw = secret.encode()
        found |= {secret, secret.strip(), urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret)}
        found |= {json.dumps(secret)[1:-1], base64.b64encode(raw).decode().rstrip("=")}
        found |= {
            base64.b64encode(b"apikey:" + raw).decode().rstrip("="),
            base64.urlsafe_b64encode(raw).decode().rstrip("="),
        }
    return found


def run(case: Case, endpoint: Endpoint, tls: t.Any = None, *, host: str = "127.0.0.1", **settings: t.Any) -> Trial:
    """Run a case for one call, and verify the outcome that the case expects."""
    scripts = [_script(play, endpoint) for play in case.plays]
    with Loopback(*scripts, tls=tls, hang_ups=case.hang_ups, farewell=case.farewell, host=host) as server:
        trial = attempt(endpoint, server.url, **settings)
        trial.seen = requests_seen(server, case.requests.of(endpoint.resend))
    wanted = case.ends(endpoint.resend)
    assert trial.kind == wanted, f"{case.id} at {endpoint}: {trial.kind} and not {wanted}: {trial.error}"
    assert trial.seen == case.requests.of(endpoint.resend), f"{case.id} at {endpoint}: {trial.seen} requests"
    if case.connections is not None:
        assert server.connections == case.connections, f"{case.id} at {endpoint}: {server.connections} connections"
    identities = [seen.headers["x-request-id"] for seen in server.seen]
    assert len(set(identities)) == len(identities), "two attempts have the same request ID"
    if trial.error:
        message = str(trial.error)
        assert [name for name in case.names if name not in message] == [], message
        if case.status:
            assert trial.error.to_result()["status"] == case.status
    # With fake time, each random number is the maximum, so the backoff or Retry-After alone determines a pause.
    assert all(pause <= 60 for pause in trial.time.sleeps)
    return trial


def requests_seen(server: Loopback, wanted: int) -> int:
    """Return the number of received requests. A busy server may read a request after the client has given up."""
    until = time.monotonic() + 1
    while len(server.seen) < wanted and time.monotonic() < until:
        time.sleep(0.005)
    return len(server.seen)


def _script(play: Play, endpoint: Endpoint) -> Script | bytes:
    if isinstance(play, Made):
        return play.of(endpoint)
    return answer(endpoint.good) if play is GOOD else t.cast("Script | bytes", play)


def _threads() -> int:
    """Return the number of threads that do not belong to a test server."""
    ours = ("process_request_thread", "serve_forever", "_pump")
    return sum(not any(word in thread.name for word in ours) for thread in threading.enumerate())


def _no_more_than(threads: int) -> bool:
    """Wait up to five seconds for the call's threads, and return whether all of them have ended."""
    until = time.monotonic() + 5
    while _threads() > threads and time.monotonic() < until:
        time.sleep(0.01)
    return _threads() <= threads
