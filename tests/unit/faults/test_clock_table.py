# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults F108 to F111: wrong clocks, tokens that expire soon, and signals during a wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.tokens import iso
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE as CLUSTER_RBAC_SYNC
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, FakeTime, access_token
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import check_error, forms
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import (
    API_KEY,
    BEARER,
    CANARIES,
    CLUSTER,
    REFRESH,
    TOKENS,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import case, row
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.stage import NO, YES, Stage, behave
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import answer, silence
from ansible_collections.ibmcloud.kubernetes.tests.unit.token_service import id_tokens

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient

    from simulator import Simulator

HOUR = 3600.0
ADA = "not-a-real-key/ada+dev="


# Clocks


@pytest.mark.parametrize("off", [row("F108", 2 * HOUR, name="fast"), row("F108", -2 * HOUR, name="slow")])
@pytest.mark.parametrize("kubernetes", [False, True])
def test_a_wrong_clock_does_not_change_lifetimes(
    fleet: Simulator, fleet_http: HttpClient, off: float, kubernetes: bool
) -> None:
    """A token's lifetime starts when the client receives the response."""

    def now() -> float:
        return time.time() + off

    iam = Iam(fleet_http, fleet.iam_url, now=now)
    credentials = Credentials(api_key=ADA)
    login = TokenManager(
        fleet_http,
        iam,
        fleet.accounts_url,
        credentials,
        register_secret=lambda *_secrets: None,
        clock=LocalClock(now),
    )
    containers = Containers(fleet_http, fleet.containers_url, login.auth)
    for _round in range(2):
        token = id_tokens(login).session() if kubernetes else login.token()
        assert 3590 <= token.expires_in <= 3600
        assert containers.clusters("classic")
        assert len(login.accounts.list_all()) == 2

    calls = [entry.path.rpartition("/")[2] for entry in fleet.requests]
    assert calls.count("token") == (2 if kubernetes else 1)
    assert {entry.status for entry in fleet.requests} == {200}


class Jumping:
    """A wall clock that changes by ``by`` seconds after the fourth sleep of ``fake``."""

    def __init__(self, fake: FakeTime, by: float) -> None:
        self._fake, self._by = fake, by

    def __call__(self) -> float:
        return NOW + self._fake.seconds - 1000 + (self._by if len(self._fake.sleeps) > 3 else 0)


@pytest.mark.parametrize(
    ("by", "renewals"),
    # A token that appears to have expired is renewed. A token that appears to be valid is renewed after HTTP 401.
    [row("F109", 24 * HOUR, 1, name="forward"), row("F109", -24 * HOUR, 0, name="back"), row("F109", 0, 0, name="not")],
)
def test_a_clock_change_does_not_affect_a_wait(by: float, renewals: int) -> None:
    """Waits use the monotonic clock."""
    waits = []
    tokens = [answer({**TOKENS, "access_token": access_token(jti=f"CANARY-{number}")}, keep=True) for number in (1, 2)]
    for jump in (0.0, by):
        fake = FakeTime()
        with Stage(token=tokens, getRBACStatus=[NO] * 12 + [YES]) as stage:
            result = behave(
                CLUSTER_RBAC_SYNC,
                stage,
                fake,
                now=Jumping(fake, jump),
                clusters=[{"id": CLUSTER}],
                lookup=False,
                ibmcloud_api_key=API_KEY,
                access_token=None,
            )
            grants = stage.calls.count("token")
        waits.append((fake.sleeps, result))

    assert grants == 1 + renewals
    assert waits[0] == waits[1]
    assert waits[0][1]["clusters"][0]["attempts"] == 13


@case("F109")
def test_f109_waits_use_a_monotonic_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: 0.0)

    assert 0 <= clock.now() - before < 10


# Tokens that expire soon


CALLS: dict[str, t.Callable[[TokenManager, Containers], t.Any]] = {
    "E2": lambda login, _containers: login.accounts.list_all(),
    "E3": lambda _login, containers: containers.clusters("classic"),
    "E4": lambda _login, containers: containers.cluster(CLUSTER),
    "E5": lambda _login, containers: containers.apply_rbac(CLUSTER),
    "E6": lambda _login, containers: containers.rbac_status(CLUSTER),
}


@pytest.mark.parametrize("call", [row("F110", call, name=name) for name, call in CALLS.items()])
@pytest.mark.parametrize("left", [-5, 0, 59])
@pytest.mark.parametrize("more", [{"api_key": API_KEY}, {"refresh_token": REFRESH}, {}], ids=["key", "refresh", "none"])
def test_a_token_that_expires_soon_is_not_sent(
    http: HttpClient, call: t.Callable[[TokenManager, Containers], t.Any], left: int, more: dict[str, str]
) -> None:
    """The token is renewed before the call, or the call fails with a message that contains the token's expiry time.

    A token that expires soon could expire in transit.
    """
    short = access_token(expires=NOW + left, jti="CANARY")
    with Stage() as stage:
        url = stage.server.url

        def now() -> float:
            return float(NOW)

        credentials = Credentials(access_token=short, **more)
        login = TokenManager(
            http,
            Iam(http, url, now=now),
            url,
            credentials,
            register_secret=lambda *_secrets: None,
            clock=LocalClock(now),
        )
        containers = Containers(http, url, login.auth)
        if more:
            call(login, containers)
            assert len(stage.calls) == 2
            assert stage.headers[1] == f"Bearer {TOKENS['access_token']}"
        else:
            with pytest.raises(InputError) as caught:
                call(login, containers)
            check_error(caught.value)
            assert f"{'expires' if left > 0 else 'expired'} at {iso(NOW + left)}" in str(caught.value)
            assert stage.calls == []
    assert short not in str(stage.server.seen)


# Signals


class Child:
    """A module that runs in a separate process.

    The process reads its options from a pipe, as with pipelining on a remote host.
    """

    def __init__(self, folder: pathlib.Path, stage: Stage, **given: t.Any) -> None:
        self.folder = folder
        url = stage.server.url
        endpoints = {f"{name}_endpoint": url for name in ("iam", "accounts", "containers")}
        options = {**endpoints, "ibmcloud_api_key": API_KEY, "retries": 0, **given}
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0],
            "PYTHONDONTWRITEBYTECODE": "1",
            **dict.fromkeys(("HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME"), str(folder)),
        }
        module = "ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync"
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=folder,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
        self.process.stdin.close()

    def end(self, number: signal.Signals) -> tuple[float, str]:
        """Send the signal. Return the seconds until the process ended, and the process's output and files in one string."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(10)
        took = time.monotonic() - began
        assert self.process.stdout is not None
        written = self.process.stdout.read().decode()
        self.process.stdout.close()
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return took, "\n".join([written, *map(str, files), *(path.read_text(errors="replace") for path in files)])


SITUATIONS: dict[str, tuple[dict[str, t.Any], dict[str, t.Any], str]] = {
    "no-answer": ({"getRBACStatus": silence}, {"cluster": CLUSTER}, "getRBACStatus"),
    "between-looks": ({"getRBACStatus": NO}, {"cluster": CLUSTER}, "applyRBAC"),
    "many-threads": (
        {"getRBACStatus": silence},
        {"clusters": [{"id": f"c{number}"} for number in range(9)], "concurrency": 4},
        "getRBACStatus",
    ),
}


@pytest.mark.parametrize(
    "number", [row("F111", number, name=number.name) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)]
)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_signal_ends_a_wait_at_once(tmp_path: pathlib.Path, number: signal.Signals, situation: str) -> None:
    """Files that the process leaves behind do not contain secrets."""
    acts, given, awaited = SITUATIONS[situation]
    token = answer({**TOKENS, "access_token": BEARER}, keep=True)
    with Stage(token=token, **acts) as stage:
        child = Child(tmp_path, stage, **given)
        try:
            until = time.monotonic() + 10
            while awaited not in stage.calls and time.monotonic() < until:
                assert child.process.poll() is None, child.process.stdout.read()
                time.sleep(0.01)
            assert awaited in stage.calls
            took, left = child.end(number)
        finally:
            child.process.kill()

    assert took <= 2
    assert child.process.returncode != 0
    assert [form for form in forms(*CANARIES) if form in left] == []
