# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules against responses that were changed at random: one response of the simulator in each case.

The number of a case is its seed. FUZZ_CASES=3000 runs more cases, and FUZZ_FIRST=17 starts with another one.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import resource
import sys
import time
import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, Result, execute

from simulator.fault_injection import FaultInjector, Injection

if t.TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

    from simulator import Simulator

CASES = int(os.environ.get("FUZZ_CASES", "300"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
# Cases in one test, so that several processes share them.
STEP = 50
KEY = "not-a-real-key/ada+dev="
USER = "IAM#ada@example.com"
IAM_ID = "IBMid-2700ABCDEF"
# In seconds. The options below allow a call 2 s, and a module makes its calls one after the other at worst.
LONGEST = 30.0
# In KiB
MOST_MEMORY = 400 * 1024
STATUSES = (200, 201, 204, 301, 302, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503)
CONTROL = "a\x1b[31mb\u202ec\x00d\ud800e\r\nf"
RUNS: list[tuple[str, dict[str, t.Any]]] = [
    ("iam_token", {"kubernetes_id_token": True}),
    ("account_info", {}),
    ("region_info", {}),
    ("live_check", {"clusters": ["shop-dev", "data-dev"]}),
    ("cluster_info", {"details": True}),
    ("cluster_info", {"clusters": ["shop-dev", "data-dev"], "endpoint": "auto", "ca": True}),
    ("cluster_info", {"clusters": [{"id": "a1shop0dev0000000000"}], "wait": True, "wait_timeout": 0}),
    ("cluster_rbac_sync", {"clusters": ["shop-dev"], "wait_timeout": 1, "wait_sleep": 1}),
    ("cluster_login", {"clusters": ["shop-dev", "data-dev"], "continue_on_error": True}),
    ("cluster_login", {"clusters": ["data-dev"]}),
    ("openshift_token", {"master_url": "{openshift}"}),
    ("cluster_access_info", {"master_url": "{kubernetes}", "ca_cert_data": "{ca}"}),
    ("kubeconfig", {"master_url": "{kubernetes}", "ca_cert_data": "{ca}", "path": "{folder}/config", "name": "shop"}),
]


# The number of calls that each of them makes, filled when it is needed
CALLS: dict[int, int] = {}


class Mutation(FaultInjector):
    """Changes one response, and nothing else."""

    def __init__(self, draw: random.Random, number: int) -> None:
        super().__init__()
        self.draw = draw
        self.what = "nothing"
        self._left = number

    def plan(self, *_given: t.Any, **_more: t.Any) -> Injection:
        self._left -= 1
        return Changed(mutation=self) if self._left == -1 else Injection()

    def change(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        raw = getattr(response, "body", b"") or b""
        raw = raw if isinstance(raw, bytes) else b""
        how = self.draw.choice(["json"] * 6 + ["status"] * 2 + ["text", "wire", "wire"])
        self.what = f"{how} of {request.method} {request.path}"
        if how == "wire":
            return self._on_the_wire(request, response, raw)
        if how == "status":
            response.set_status(self.draw.choice(STATUSES))
        if how == "text":
            raw = self._text(raw)
        with contextlib.suppress(ValueError):
            raw = json.dumps(self._json(json.loads(raw)), ensure_ascii=True).encode() if how == "json" else raw
        if raw is not getattr(response, "body", None) and hasattr(response, "body"):
            response.body = raw
        return response

    def _text(self, raw: bytes) -> bytes:
        at = self.draw.randrange(len(raw) + 1)
        change = [raw[:at], raw[:at] + b"\xff\x00" + raw[at:], b"", b"[" * 900 + b"]" * 900, b'{"a":' * 900]
        return self.draw.choice([*change, b"<html>no</html>", raw + raw, KEY.encode(), b"x" * 3_000_000])

    def _json(self, value: t.Any) -> t.Any:
        """Return the value with a change at a random place."""
        if isinstance(value, (dict, list)) and value and self.draw.random() < 0.8:
            changed: t.Any = value.copy()
            place = self.draw.choice(list(changed) if isinstance(changed, dict) else range(len(changed)))
            fate = self.draw.random()
            if fate < 0.1:
                del changed[place]
            elif fate < 0.15 and isinstance(changed, list):
                changed = changed * 60
            else:
                changed[place] = self._json(changed[place])
            return changed
        deep: t.Any = "deep"
        for _level in range(500):
            deep = [deep]
        values = [None, 0, -1, 1e30, float("inf"), float("nan"), True, [], {}, "", " ", [None], {"a": None}, deep]
        values += [
            CONTROL,
            KEY,
            f"x {KEY} y",
            "x" * 100_000,
            "../../etc",
            "https://example.com/",
            "{{ 7 * 7 }}",
            [value],
        ]
        return self.draw.choice(values)

    def _on_the_wire(self, request: web.Request, response: web.StreamResponse, raw: bytes) -> web.StreamResponse:
        length = str(len(raw)).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + length + b"\r\n"
        sent = [
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"\x16\x03\x01garbage\r\n\r\n",
            b"HTTP/9.9 999 \r\n\r\n" + raw,
            head + b"Content-Length: 1\r\n\r\n" + raw,
            head + b"X-Long: " + b"x" * 200_000 + b"\r\n\r\n" + raw,
            head + b"X-Control: \x1b[31m\x00\r\n\r\n" + raw,
            head + b"Content-Encoding: gzip\r\n\r\n" + raw,
            head + b"Location: https://example.com/\r\n\r\n" + raw[: len(raw) // 2],
            b"HTTP/1.1 102 Processing\r\n\r\n" * 20 + head + b"\r\n" + raw,
            b"HTTP/1.1 101 Switching\r\n\r\n" + head + b"\r\n" + raw,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + raw,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + raw,
            head + b"\r\n" + raw + head + b"\r\n" + raw,
        ]
        number = self.draw.randrange(len(sent))
        self.what += f" (form {number})"
        if request.transport is not None:
            request.transport.write(sent[number])
            request.transport.close()
        return response


class Changed(Injection):
    """The injection of the response that is changed."""

    def __init__(self, mutation: Mutation) -> None:
        super().__init__()
        object.__setattr__(self, "mutation", mutation)

    async def send(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        changed: web.StreamResponse = self.__dict__["mutation"].change(request, response)
        return changed


def module(name: str) -> Module:
    found = importlib.import_module(f"ansible_collections.ibmcloud.kubernetes.plugins.modules.{name}").MODULE
    assert isinstance(found, Module)
    return found


def run_case(sim: Simulator, seed: int, folder: Path, *, change: bool = True) -> tuple[str, Result, list[str]]:
    """Run the case with this seed. Return what was changed, the result and the warnings."""
    run = seed % len(RUNS)
    if change and run not in CALLS:
        (folder / "unchanged").mkdir()
        run_case(sim, run, folder / "unchanged", change=False)
        CALLS[run] = len(sim.requests)
    draw = random.Random(seed)
    name, options = RUNS[run]
    kubernetes, openshift = sim.cluster("shop-dev"), sim.cluster("data-dev")
    words = {"{kubernetes}": kubernetes.master_url, "{openshift}": openshift.master_url}
    words |= {"{ca}": kubernetes.ca_pem.decode(), "{folder}/config": str(folder / "config")}
    given = {key: words.get(value, value) if isinstance(value, str) else value for key, value in options.items()}
    chosen = module(name)
    common = {"retries": 0, "timeout": 2.0, "retry_budget": 5.0, "rate_limit": 0.0, "ibmcloud_api_key": KEY}
    if "concurrency" in chosen.argument_spec:
        # One after the other, so that a seed changes the same response each time.
        common["concurrency"] = 1
    if "ca_folder" in chosen.argument_spec:
        common["ca_folder"] = str(folder / "ca")
    spec = chosen.argument_spec
    defaults = {key: option["default"] for key, option in spec.items() if "default" in option}
    sim.reset()
    if name != "cluster_rbac_sync":
        for state in (kubernetes, openshift):
            state.rbac.synchronized_for.add(IAM_ID)
    mutation = sim.cloud.fault_injector = Mutation(draw, draw.randrange(CALLS[run]) if change else sys.maxsize)
    warnings: list[str] = []
    try:
        result, _secrets = execute(
            chosen,
            {**defaults, **common, **given},
            environ={**sim.env, "XDG_CACHE_HOME": str(folder)},
            check_mode=False,
            warn=warnings.append,
        )
    finally:
        sim.cloud.fault_injector = FaultInjector()
    return f"case {seed}, {name}: {mutation.what}", result, warnings


def texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from (name, *texts(item))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def errors_of(result: Result) -> list[dict[str, t.Any]]:
    found = [*result.get("failures", ()), *([result] if result.get("failed") else ())]
    return [{"msg": entry.get("msg", ""), "error": entry.get("error", {})} for entry in found]


def problems(sim: Simulator, result: Result, warnings: list[str]) -> t.Iterator[str]:
    """Yield what must not be."""
    shown = list(texts([errors_of(result), warnings]))
    yield from (
        "internal error: " + str(entry)[:1500] for entry in errors_of(result) if entry["error"]["kind"] == "bug"
    )
    yield from (
        f"not printable: {text!r:.300}" for text in shown if not text.isprintable() and "-----BEGIN" not in text
    )
    secrets = {KEY, *sim.secrets.values()}
    whole = "\n".join(shown)
    for secret in secrets:
        if any(form in whole for form in (secret, urllib.parse.quote(secret, safe=""))):
            yield f"a secret: {secret[:12]}... in {whole[:600]}"
    try:
        json.dumps(result, allow_nan=False)
    except (ValueError, RecursionError) as exc:
        yield f"the result is no JSON: {exc}"
    if not result.get("failed"):
        for record in result.get("clusters", ()):
            if record.get("k8s_auth") and record.get("user") not in (USER, ""):
                yield f"a session of {record.get('user')!r}"
            if record.get("k8s_auth") and sim.cluster(record["cluster"]).cluster.id != record["id"]:
                yield f"a session with the cluster {record['id']} for {record['cluster']}"


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST, FIRST + CASES, STEP))
def test_changed_responses(fleet: Simulator, first: int, tmp_path: Path) -> None:
    """No internal error, no secret, no control character, no wrong identity or cluster, no long wait, and little memory."""
    found: list[str] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    changed = 0
    for seed in range(first, min(first + STEP, FIRST + CASES)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        began = time.monotonic()
        what, result, warnings = run_case(fleet, seed, folder)
        changed += not what.endswith("nothing")
        took = time.monotonic() - began
        found += [f"{what}: {problem}" for problem in problems(fleet, result, warnings)]
        found += [f"{what}: took {took:.0f} s"] if took > LONGEST else []
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    found += [f"{more} KiB of memory"] if sys.platform == "linux" and more > MOST_MEMORY else []

    assert found == []
    assert changed > 0


@pytest.mark.parametrize("number", range(len(RUNS)))
def test_unchanged_responses(fleet: Simulator, number: int, tmp_path: Path) -> None:
    """Without a change each run succeeds, so that the changes are what fails."""
    what, result, _warnings = run_case(fleet, number, tmp_path, change=False)

    assert what.endswith("nothing")
    assert not result.get("failed"), result
    assert not result.get("failures"), result


def test_the_rules_can_be_broken(fleet: Simulator) -> None:
    error = {"kind": "bug"}
    record = {"k8s_auth": {"host": "x"}, "user": "IAM#grace@example.com", "cluster": "shop-dev", "id": "other"}
    bad = {"failed": True, "msg": f"\x1b {KEY}", "error": error}

    assert [text[:14] for text in problems(fleet, bad, [])] == ["internal error", "not printable:", "a secret: not-"]
    assert len(list(problems(fleet, {"clusters": [record, {"a": float("nan")}]}, []))) == 3
