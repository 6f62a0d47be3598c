# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run rows of the fault and input tables in a playbook.

Each row is a separate host with a separate server. Each row has a separate test.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import itertools
import json
import re
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import forms
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import API_KEY, BEARER, PASSCODE
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import case
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import answer, drip, goodbye, reset, silence, then

from simulator import generated_world

from .conftest import HERE, Ansible, Run, ansible_beside, leaks
from .fault_servers import (
    ADA_DEV,
    DEPLOYER,
    DEV,
    PROD,
    REFUSED_CLUSTER,
    Leading,
    Put,
    Stage,
    Staged,
    cloud,
    ended_refresh_token,
    middle_step_fails,
    raw,
    refused_access_token,
    template,
    tokens_end_with_the_request,
    two_refusals,
    used_passcode,
)

# A single process of pytest-xdist runs all of these tests, so that the rows run only once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fault-plays")]
PLAYS = HERE / "plays" / "faults"
ACCOUNTS = answer({"resources": [{"metadata": {"guid": DEV}, "entity": {"name": "Example"}}], "next_url": None})
PORTAL = answer(b"<html><title>Sign in to the network</title></html>", head={"Content-Type": "text/html"})
CUT = answer(f'{{"access_token": "{BEARER}", "re'.encode().ljust(400))
# The server sends the headers at once, and then sends the body so slowly that the call's time limit expires first.
DRIP = then(answer(length=999)[:-2], drip(b" " * 500, pause=0.05))
# An error message from a service can repeat secrets of the request, and can contain control characters that affect the terminal.
ECHO = (
    f"\x1b[31mNo key {API_KEY} of ada@example.com\x1b[0m, Basic {base64.b64encode(API_KEY.encode()).decode()}\r\n"
    f"with {BEARER} \x1b]0;title\x07 {'x' * 1_000_000}"
)
MANY = ["shop-dev", "legacy-dev", "broken-dev", "never-dev", "fresh-dev", "no-such-cluster"]
ADA: dict[str, t.Any] = {"ibmcloud_api_key": ADA_DEV}
CONTROLLER = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
# The maximum duration of a run on a busy machine, in seconds. A row that sleeps for a minute exceeds this limit.
LONGEST_RUN = 60.0
SOME = "some"


@dataclass(frozen=True)
class Row:
    """The server and the expected result of a row. table.yml describes the fields."""

    name: str
    put: Put
    module: str
    requests: t.Mapping[str, int | str]
    kind: str = "ok"
    names: t.Sequence[str] = ()
    call: bool = True
    changed: bool = False
    seconds: float = 5.0
    target: bool = False


def page(prefix: str) -> Put:
    """Return a server whose first result page links to a next page on another origin. The link begins with ``prefix``."""

    def leading(stage: Stage) -> bytes:
        return answer({"resources": [], "next_url": f"{prefix}127.0.0.1:{stage.decoy().port}/coe/v2/accounts?_start=2"})

    return raw("accounts", Leading(leading))


def there(put: Put) -> Put:
    """Run the row's module in a separate process, as Ansible does on a remote host."""

    def put_there(stage: Stage) -> Staged:
        staged = put(stage)
        staged.options["in_process"] = False
        return staged

    return put_there


def redirect(stage: Stage) -> bytes:
    return answer(status=307, head={"Location": f"{stage.decoy().url}/identity/token"})


def refusals(status: int, *numbers: int, **body: t.Any) -> list[bytes]:
    return [answer(body, status=status, head={"Transaction-Id": f"T-{number}"}) for number in numbers]


SERVERS: dict[str, Put] = {
    "F02": raw("iam", asleep=True, retries=2),
    "F03": raw("iam", iam_endpoint="https://iam.no-such-host.invalid", retries=1),
    "F06": raw("iam", ACCOUNTS, tls={"self_signed": True}),
    "F07": raw("iam", ACCOUNTS, tls={"expired": True}),
    "F08": raw("iam", ACCOUNTS, tls={"host": "other.example"}),
    "F13": raw("accounts", silence, timeout=0.3, retries=1),
    "F13-passcode": raw("iam", silence, ibmcloud_api_key=None, passcode=PASSCODE, timeout=0.3),
    "F16": raw("accounts", then(ACCOUNTS[:-20], reset), retries=1),
    "F17": raw("iam", goodbye, retries=1),
    "F18": raw("accounts", answer(length=999), ACCOUNTS),
    "F22": raw("iam", CUT, retries=2),
    "F23": raw("accounts", DRIP, retry_budget=1, timeout=5),
    "F28": raw("iam", PORTAL),
    "F43": cloud(ibmcloud_api_key=API_KEY),
    "F44": cloud(before=ended_refresh_token),
    "F47": cloud(username="grace@example.com", password="not/a+real=password"),
    "F50": cloud(before=used_passcode),
    "F52": cloud(before=refused_access_token, **ADA),
    "F54": cloud(before=refused_access_token),
    "F57": cloud("pay-prod", ibmcloud_api_key=DEPLOYER, clusters=[{"id": REFUSED_CLUSTER}]),
    "F58": cloud(clusters=[{"id": "c0nosuch0cluster0000"}], wait=False, **ADA),
    "F63": two_refusals,
    "F65": raw("accounts", answer(status=429, head={"Retry-After": "86400"})),
    "F70": raw("accounts", *refusals(500, 1, 2, 3, message="It broke."), retries=2),
    "F76": raw("iam", Leading(redirect)),
    "F79": page("http://"),
    "F79-relative": page("//"),
    "F79-tab": page("/\t/"),
    "F79-user": page("http://good@"),
    "F87": cloud(username="Ada@example.com", password="not/a+real=password", kubernetes_id_token=True),
    "F90": cloud("shop-prod", account_id=PROD, **ADA),
    "F91": cloud("shop-test", cluster="shop-test", **ADA),
    "F93": cloud("fresh-dev", cluster="fresh-dev", endpoint="auto", **ADA),
    "F99": cloud("broken-dev", cluster="broken-dev", **ADA),
    "F100": cloud("never-dev", cluster="never-dev", wait_timeout=1, **ADA),
    "F105": cloud("shop-dev", before=tokens_end_with_the_request),
    "F106": cloud("legacy-dev", cluster="legacy-dev", **ADA),
    "F107": cloud(*MANY, clusters=MANY, wait_timeout=1, **ADA),
    "F112": cloud("shop-dev", **ADA),
    "F118": raw("iam", *refusals(400, 1, errorCode="BXNIM0415E", errorMessage=ECHO)),
    "F119": cloud("shop-dev", named=template, cluster="a1shop0dev0000000000", **ADA),
    "F120": middle_step_fails,
    "I04": raw("iam", ibmcloud_api_key=f"{API_KEY[:20]}\n{API_KEY[20:]}"),
    "I13": raw("iam", ibmcloud_api_key=None),
}


def _rows() -> t.Iterator[Row]:
    table = yaml.safe_load((PLAYS / "table.yml").read_text())
    assert table.keys() == SERVERS.keys()
    for name, put in SERVERS.items():
        row = Row(name, put, **table[name])
        yield row
        if row.target:
            yield dataclasses.replace(row, name=f"{name}-target", put=there(put))


ROWS = tuple(_rows())


@dataclass
class Came:
    """The result of a row. ``shown`` contains parts of the result, and ``strays`` contains requests to unexpected servers.

    ``rc`` is the exit code of the whole run, in which other rows may have failed.
    """

    rc: int
    any_failed: bool
    failed: int
    changed: bool
    lines: list[str]
    shown: dict[str, t.Any]
    requests: dict[str, int]
    secrets: list[str]
    strays: list[str]
    left: list[str]
    traceback: bool
    executed: bool
    run_seconds: float
    ends: str
    pauses: list[float]


def play(rows: t.Sequence[Row], folder: Path) -> dict[str, Came]:
    """Run the rows in a single run of the playbook, and return the results by row."""
    nobody = generated_world(1, without_master=True)
    # No row uses the URL of this cloud, so requests to this cloud are unexpected.
    with contextlib.ExitStack() as ends, ansible_beside(nobody, folder) as ansible:
        stages = {row.name: Stage(ends, folder / row.name) for row in rows}
        staged = {row.name: row.put(stages[row.name]) for row in rows}
        began = time.monotonic()
        run = _run(ansible, {row.name: row.module for row in rows}, staged)
        seconds = time.monotonic() - began
        temporary = (ansible.env["TMPDIR"], ansible.env["ANSIBLE_REMOTE_TEMP"])
        left = [str(path) for top in temporary for path in Path(top).rglob("*")]
        disk = "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
        asked = [f"{entry.service} {entry.path}" for entry in ansible.sim.requests]
        fatal, shown = _printed(r"fatal: \[(\S+)\]: FAILED!", run), _printed(r"ok: \[(\S+)\]", run)
        recap = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=\d+\s+failed=(\d+)", re.MULTILINE)
        counts = {host: (int(changed), int(failed)) for host, changed, failed in recap.findall(run.output)}
        found = {}
        for host, one in staged.items():
            failures = fatal.get(host, [])
            said = [item["msg"] for item in failures][-1:]
            messages = [item.get("msg", "") for item in shown.get(host, [])]
            (result,) = [message["came"] for message in messages if isinstance(message, dict) and "came" in message]
            # For the role, this list contains the error of the failed step or of each failed cluster.
            errors = [item["error"] for item in (*failures, *result.get("failures", [])) if "error" in item]
            result = {"error": errors[0] if errors else {}, **result}
            texts = [[message] if isinstance(message, str) else message for message in messages]
            summary = [line for lines in texts if isinstance(lines, list) for line in lines]
            found[host] = Came(
                rc=run.rc,
                any_failed=any(failed for _changed, failed in counts.values()),
                failed=counts[host][1],
                changed=result.get("changed", counts[host][0] > 0),
                lines=[*said, *summary],
                shown=result,
                requests=dict(one.requests()),
                secrets=[form[:8] for form in forms(*one.secrets()) if form in run.output or form in disk]
                + leaks(run.output, one.sim or ansible.sim),
                strays=[*asked, *(seen.target for decoy in stages[host].decoys for seen in decoy.seen)],
                left=left,
                traceback="Traceback" in run.output,
                executed=stages[host].executed.exists() or "overturned" in run.output,
                run_seconds=seconds,
                ends=one.ends,
                pauses=[later - earlier for earlier, later in itertools.pairwise(one.times)],
            )
    return found


def _run(ansible: Ansible, modules: t.Mapping[str, str], staged: t.Mapping[str, Staged]) -> Run:
    """Run the playbook with a temporary inventory that contains the rows' options."""
    hosts = {
        name: {"module": modules[name], "options": one.options, "first": one.first} for name, one in staged.items()
    }
    inventory = ansible.folder / "rows.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": CONTROLLER}}))
    env = dict.fromkeys(("IC_API_KEY", "REQUESTS_CA_BUNDLE"), "")
    env |= {"NO_PROXY": "*", "no_proxy": "*", "XDG_RUNTIME_DIR": str(ansible.folder)}
    # Do not wait for a name server that does not respond.
    env["RES_OPTIONS"] = "timeout:1 attempts:1"
    try:
        return ansible.run(str(PLAYS / "rows.yml"), "-vvvv", "-f", "8", "-i", str(inventory), env=env)
    finally:
        inventory.unlink()


def _printed(how: str, run: Run) -> dict[str, list[dict[str, t.Any]]]:
    """Return the printed results by host. The first group of the pattern ``how`` captures the host."""
    reader = json.JSONDecoder()
    found: dict[str, list[dict[str, t.Any]]] = {}
    for at in re.finditer(rf"^{how} => (?:\(item=.*?\) => )?", run.output, re.MULTILINE):
        found.setdefault(at[1], []).append(reader.raw_decode(run.output, at.end())[0])
    return found


@pytest.fixture(scope="module")
def came(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Came]:
    """Run the rows that succeed and the rows that fail in two separate runs, and return all results."""
    ended = play([row for row in ROWS if row.kind == "ok"], tmp_path_factory.mktemp("ok"))
    return ended | play([row for row in ROWS if row.kind != "ok"], tmp_path_factory.mktemp("failed"))


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.name, marks=case(row.name.partition("-")[0])) for row in ROWS]
)
def test_a_row_has_the_expected_result(came: dict[str, Came], row: Row) -> None:
    """The output must not contain a secret or a traceback, and no file may be left behind."""
    one, error = came[row.name], came[row.name].shown.get("error") or {}

    assert one.failed == (row.kind != "ok"), one.lines
    assert one.rc == (2 if one.any_failed else 0)
    assert one.shown["failed"] is (row.kind != "ok")
    assert error.get("kind", "ok") == row.kind, one.lines
    assert one.changed is row.changed
    assert all("\n" not in line and "\x1b" not in line and len(line) <= 600 for line in one.lines)
    assert [name for name in row.names if name not in "\n".join(one.lines)] == []
    if row.kind != "ok" and row.call:
        parts = {"step", "method", "host", "path", "attempts", "elapsed"}
        # The origin of the next page is checked after the call has succeeded, so the error has no request ID.
        parts |= {"request_id"} if row.kind != "untrusted_origin" else set()
        assert parts - set(error) == set()
    wanted = {path: count for path, count in row.requests.items() if count != SOME}
    assert {path: one.requests.get(path, 0) for path in wanted} == wanted
    assert all(one.requests[path] > 1 for path in row.requests.keys() - wanted.keys())
    waits = [error.get("elapsed", 0), *(entry.get("elapsed", 0) for entry in one.shown.get("clusters", []))]
    assert max(waits) <= row.seconds + 2
    assert one.run_seconds <= LONGEST_RUN
    assert (one.traceback, one.strays, one.secrets, one.left) == (False, [], [], [])


@case("F54")
@pytest.mark.parametrize("host", ["F54", "F54-target"])
def test_the_message_has_the_expiry_of_a_token_that_cannot_be_renewed(came: dict[str, Came], host: str) -> None:
    """With the expiry in the message, users can distinguish an expired token from a revoked token."""
    assert came[host].ends
    assert came[host].ends in came[host].lines[0]


@case("F63")
def test_retry_after_is_respected(came: dict[str, Came]) -> None:
    assert [pause >= 2 for pause in came["F63"].pauses] == [True, True]


@case("F107")
def test_failed_clusters_have_separate_errors(came: dict[str, Came]) -> None:
    shown = came["F107"].shown

    assert sorted(shown["sessions"]) == ["legacy-dev", "shop-dev"]
    assert {entry["cluster"]: entry["error"]["kind"] for entry in shown["failures"]} == {
        "broken-dev": "rbac_error",
        "never-dev": "rbac_timeout",
        "fresh-dev": "not_ready",
        "no-such-cluster": "not_found",
    }


@case("F112")
def test_check_mode_predicts_the_changes(came: dict[str, Came]) -> None:
    assert came["F112"].shown["each"] == {
        "iam_token": False,
        "account_info": False,
        "cluster_info": False,
        "cluster_rbac_sync": True,
    }
    # A Kubernetes cluster accepts the ID token of an identity that is not synchronized yet.
    assert came["F112"].shown["sessions"] == ["shop-dev"]


@case("F119")
def test_a_name_is_not_evaluated_as_a_template(came: dict[str, Came]) -> None:
    one = came["F119"]

    (name,) = one.shown["names"]
    assert name.startswith("{{ 'over' ~ 'turned' }}{{ lookup('ansible.builtin.pipe', 'touch ")
    assert name.endswith("{% raw %}\n\u2713")
    assert not one.executed


@case("F120")
def test_a_failed_run_leaves_no_fact_of_an_earlier_run(came: dict[str, Came]) -> None:
    assert came["F120"].shown["had"] is True
    assert (came["F120"].shown["left"], came["F120"].shown["sessions"]) == ([], [])
    assert came["F120"].shown["host"] == "https://no-session.cluster-access.invalid"
    assert came["F120"].shown["error"]["step"].startswith("list the ")
