# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz tests of modules. In each case, one response of the simulator is randomly changed.

The number of a case is its seed. FUZZ_CASES=3000 runs 3,000 cases, and FUZZ_FIRST=17 starts with case 17.
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
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.foreign import mixed, swap_clusters, swap_identity, texts

from simulator import Simulator
from simulator.fault_injection import FaultInjector, Injection

if t.TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

CASES = int(os.environ.get("FUZZ_CASES", "300"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
# Number of cases per test. Several processes can run different tests at the same time.
STEP = 50
KEY = "not-a-real-key/ada+dev="
IAM_ID = "IBMid-2700ABCDEF"
# In seconds. Each call can take 2 s, and the calls of a module can be sequential.
LONGEST = 30.0
# In KiB
MOST_MEMORY = 400 * 1024
STATUSES = (200, 201, 204, 301, 302, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503)
CONTROL = "a\x1b[31mb\u202ec\x00d\ud800e\r\nf"
# These options select an older API generation, which determines the simulated world.
OLD = {"api_generation": "2017"}
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
    ("kubeconfig", {"clusters": ["shop-dev", "data-dev"], "path": "{folder}/config", "continue_on_error": True}),
    ("cluster_access_info", {"clusters": ["shop-dev", "data-dev"], "continue_on_error": True}),
    ("cf_space_info", {**OLD, "organization": "example-org"}),
    ("cluster_login", {**OLD, "clusters": ["mycluster"]}),
]

# The number of calls in each run, keyed by the run's index in RUNS and determined on demand
CALLS: dict[int, int] = {}


class Mutation(FaultInjector):
    """Changes a single response."""

    def __init__(self, sim: Simulator, draw: random.Random, number: int) -> None:
        super().__init__()
        self.sim = sim
        self.draw = draw
        names = ("shop-dev", "data-dev") if sim.world.name == "fleet" else ("mycluster", "mycluster-eu")
        self.clusters = tuple(map(sim.cluster, names))
        self.earlier: list[bytes] = []
        self.what = "nothing"
        self._left = number

    def plan(self, *_given: t.Any, **_more: t.Any) -> Injection:
        self._left -= 1
        return Changed(self, is_changed=self._left == -1)

    def change(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        raw = getattr(response, "body", b"") or b""
        raw = raw if isinstance(raw, bytes) else b""
        how = self.draw.choice(["json"] * 6 + ["status"] * 2 + ["text", "wire", "wire", "foreign", "foreign"])
        self.what = f"{how} of {request.method} {request.path}"
        if how == "wire":
            return self._on_the_wire(request, response, raw)
        if how == "status":
            response.set_status(self.draw.choice(STATUSES))
        if how == "text":
            raw = self._text(raw)
        if how == "foreign":
            raw = self._foreign(raw)
        with contextlib.suppress(ValueError):
            raw = json.dumps(self._json(json.loads(raw)), ensure_ascii=True).encode() if how == "json" else raw
        if raw is not getattr(response, "body", None) and hasattr(response, "body"):
            response.body = raw
        return response

    def _text(self, raw: bytes) -> bytes:
        at = self.draw.randrange(len(raw) + 1)
        change = [raw[:at], raw[:at] + b"\xff\x00" + raw[at:], b"", b"[" * 900 + b"]" * 900, b'{"a":' * 900]
        return self.draw.choice([*change, b"<html>no</html>", raw + raw, KEY.encode(), b"x" * 3_000_000])

    def _foreign(self, raw: bytes) -> bytes:
        """Return an earlier response, or this response with the data of another user or cluster."""
        # A list in which two IDs are swapped is still consistent with other responses, so the modules could not detect this change.
        kind = self.draw.choice([0, 1, 3] if raw.startswith(b"[") else [0, 1, 2, 3])
        self.what += f" (form {kind})"
        if kind == 0:
            return self.draw.choice(self.earlier) if self.earlier else raw
        body = raw.decode(errors="surrogateescape")
        body = swap_identity(self.sim, body) if kind == 1 else swap_clusters(*self.clusters, body, every=kind == 3)
        return body.encode(errors="surrogateescape")

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
    """An injection that changes a response, or stores the response for a later change."""

    def __init__(self, mutation: Mutation, *, is_changed: bool) -> None:
        super().__init__()
        object.__setattr__(self, "mutation", mutation)
        object.__setattr__(self, "is_changed", is_changed)

    async def send(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        mutation: Mutation = self.__dict__["mutation"]
        if self.__dict__["is_changed"]:
            return mutation.change(request, response)
        body = getattr(response, "body", b"")
        mutation.earlier += [body] if isinstance(body, bytes) else []
        return response


def module(name: str) -> Module:
    found = importlib.import_module(f"ansible_collections.ibmcloud.kubernetes.plugins.modules.{name}").MODULE
    assert isinstance(found, Module)
    return found


@pytest.fixture(scope="session")
def older() -> t.Iterator[Simulator]:
    with Simulator("document-2017") as simulator:
        yield simulator


@pytest.fixture
def clouds(fleet: Simulator, older: Simulator) -> dict[str, Simulator]:
    """Return the simulated clouds by API generation. The key of the current generation is an empty string."""
    return {"": fleet, "2017": older}


def replaced_words(sim: Simulator, folder: Path) -> dict[str, str]:
    """Return the values that replace the placeholders in the options of a run."""
    kubernetes, openshift = sim.cluster("shop-dev"), sim.cluster("data-dev")
    words = {"{kubernetes}": str(kubernetes.master_url), "{openshift}": str(openshift.master_url)}
    return {**words, "{ca}": kubernetes.ca_pem.decode(), "{folder}/config": str(folder / "config")}


def run_case(
    clouds: dict[str, Simulator], seed: int, folder: Path, *, change: bool = True
) -> tuple[str, Result, list[str]]:
    """Run the case with this seed, and return the change, the result and the warnings."""
    run = seed % len(RUNS)
    name, options = RUNS[run]
    sim = clouds[options.get("api_generation", "")]
    if change and run not in CALLS:
        (folder / "unchanged").mkdir()
        run_case(clouds, run, folder / "unchanged", change=False)
        CALLS[run] = len(sim.requests)
    draw = random.Random(seed)
    words = replaced_words(clouds[""], folder)
    given = {key: words.get(value, value) if isinstance(value, str) else value for key, value in options.items()}
    chosen = module(name)
    common = {
        "retries": 0,
        "timeout": 2.0,
        "retry_budget": 5.0,
        "rate_limit": 0.0,
        "ibmcloud_api_key": sim.env["IC_API_KEY"],
    }
    if "concurrency" in chosen.argument_spec:
        # The calls are sequential, so that a seed always changes the same response.
        common["concurrency"] = 1
    if "ca_folder" in chosen.argument_spec:
        common["ca_folder"] = str(folder / "ca")
    spec = chosen.argument_spec
    defaults = {key: option["default"] for key, option in spec.items() if "default" in option}
    sim.reset()
    if name != "cluster_rbac_sync":
        for state in sim.cloud.clusters:
            state.rbac.synchronized_for.add(IAM_ID)
    mutation = sim.cloud.fault_injector = Mutation(sim, draw, draw.randrange(CALLS[run]) if change else sys.maxsize)
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


def errors_of(result: Result) -> list[dict[str, t.Any]]:
    found = [*result.get("failures", ()), *([result] if result.get("failed") else ())]
    return [{"msg": entry.get("msg", ""), "error": entry.get("error", {})} for entry in found]


def problems(sim: Simulator, result: Result, warnings: list[str], folder: Path) -> t.Iterator[str]:
    """Yield a description of each violated rule."""
    shown = list(texts([errors_of(result), warnings]))
    yield from (
        "internal error: " + str(entry)[:1500] for entry in errors_of(result) if entry["error"]["kind"] == "bug"
    )
    yield from (
        f"not printable: {text!r:.300}" for text in shown if not text.isprintable() and "-----BEGIN" not in text
    )
    # Each run sets the API key, so no message may ask for the key.
    yield from (f"asks for a given option: {text:.300}" for text in shown if "Set ibmcloud_api_key" in text)
    secrets = {KEY, *sim.secrets.values()}
    whole = "\n".join(shown)
    for secret in secrets:
        if any(form in whole for form in (secret, urllib.parse.quote(secret, safe=""))):
            yield f"a secret: {secret[:12]}... in {whole[:600]}"
    try:
        json.dumps(result, allow_nan=False)
    except (ValueError, RecursionError) as exc:
        yield f"the result is no JSON: {exc}"
    yield from mixed(sim, result, folder / "config")


@pytest.mark.one_core
@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST, FIRST + CASES, STEP))
def test_changed_responses_violate_no_rule(clouds: dict[str, Simulator], first: int, tmp_path: Path) -> None:
    """The rules forbid internal errors, secrets, control characters, mixed sessions, long waits and high memory usage."""
    found: list[str] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    changed = 0
    for seed in range(first, min(first + STEP, FIRST + CASES)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        began = time.monotonic()
        what, result, warnings = run_case(clouds, seed, folder)
        changed += not what.endswith("nothing")
        took = time.monotonic() - began
        sim = clouds[RUNS[seed % len(RUNS)][1].get("api_generation", "")]
        found += [f"{what}: {problem}" for problem in problems(sim, result, warnings, folder)]
        found += [f"{what}: took {took:.0f} s"] if took > LONGEST else []
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    found += [f"{more} KiB of memory"] if sys.platform == "linux" and more > MOST_MEMORY else []

    assert found == []
    assert changed > 0


@pytest.mark.parametrize("number", range(len(RUNS)))
def test_unchanged_responses_succeed(clouds: dict[str, Simulator], number: int, tmp_path: Path) -> None:
    """Without changes, all modules must succeed. Otherwise, errors in other tests might have a different cause."""
    what, result, warnings = run_case(clouds, number, tmp_path, change=False)
    sim = clouds[RUNS[number][1].get("api_generation", "")]

    assert what.endswith("nothing")
    assert not result.get("failed"), result
    assert not result.get("failures"), result
    assert list(problems(sim, result, warnings, tmp_path)) == []


def test_violations_of_the_rules_are_found(fleet: Simulator, tmp_path: Path) -> None:
    error = {"kind": "bug"}
    bad = {"failed": True, "msg": f"\x1b Set ibmcloud_api_key {KEY}", "error": error}

    found = [text[:14] for text in problems(fleet, bad, [], tmp_path)]
    assert found == ["internal error", "not printable:", "asks for a giv", "a secret: not-"]
    assert len(list(problems(fleet, {"a": float("nan")}, [], tmp_path))) == 1


def test_mixed_sessions_are_found(clouds: dict[str, Simulator], tmp_path: Path) -> None:
    """The test replaces each part of a session with the data of another user or cluster."""
    fleet = clouds[""]
    number = next(number for number, (name, _options) in enumerate(RUNS) if name == "cluster_login")
    _what, result, _warnings = run_case(clouds, number, tmp_path, change=False)
    shop, data = result["clusters"]
    grace = fleet.cloud.identities["IBMid-550000GRACE"]
    token = fleet.cloud.id_token(grace, grace.accounts[0])

    def said(**changed: t.Any) -> list[str]:
        return list(mixed(fleet, {"clusters": [{**shop, **changed}, data]}, tmp_path / "config"))

    assert said() == []
    assert said(id=data["id"]) == [f"the cluster {data['id']} for shop-dev"]
    assert said(ca_cert_data=fleet.cluster("data-dev").ca_pem.decode()) == ["another CA for shop-dev"]
    assert said(user="IAM#grace@example.com") == [
        "a session of 'IAM#grace@example.com' with the token of IBMid-2700ABCDEF"
    ]
    assert said(k8s_auth={**shop["k8s_auth"], "host": data["master_url"]}) == [
        f"the host {data['master_url']} for shop-dev"
    ]
    assert said(k8s_auth=data["k8s_auth"])[-1] == "a token of data-dev for shop-dev"
    assert len(said(id_token=token)) == 1
