# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of faults F97 to F107: slow, lost, failed and endless RBAC synchronizations."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE as CLUSTER_RBAC_SYNC
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import Case, Counts, run
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import API_KEY, BEARER, CLUSTER, E5, E6, TOKENS
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import case, row
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.stage import (
    ERROR,
    FORBIDDEN,
    NO,
    UNKNOWN,
    YES,
    Act,
    Stage,
    behave,
    cluster_and_path,
    fails,
    record,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Peer, answer, reset, silence

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime


@pytest.mark.parametrize(
    "play",
    [
        row("F97", answer(b""), name="200"),
        row("F97", answer(b"accepted", status=202), name="202"),
        row("F97", answer(b"", status=204), name="204"),
    ],
)
def test_any_2xx_status_confirms_the_request(play: bytes) -> None:
    """The client ignores the body of the response."""
    run(Case("F97", "any 2xx", (play,), Counts(1)), E5, timeout=5.0)


def _sync(stage: Stage, fake: FakeTime, **more: t.Any) -> dict[str, t.Any]:
    return behave(CLUSTER_RBAC_SYNC, stage, fake, clusters=[{"id": CLUSTER}], **more)


@case("F98")
def test_f98_a_request_is_retried_if_its_response_is_lost(fake_time: FakeTime) -> None:
    """A second request does not change the outcome, so a retry is safe."""
    with Stage(applyRBAC=[silence, answer(b"")], getRBACStatus=[NO, YES]) as stage:
        result = _sync(stage, fake_time, patience=0.3)

        assert stage.calls == ["getRBACStatus", "applyRBAC", "applyRBAC", "getRBACStatus"]
    assert (result["changed"], result["clusters"][0]["synchronized"]) == (True, True)


@pytest.mark.parametrize(
    ("looks", "checks"),
    [row("F99", [NO, ERROR], 2, name="at-once"), row("F99", [NO, NO, NO, NO, ERROR], 5, name="after-three")],
)
def test_a_failed_synchronization_is_an_error(fake_time: FakeTime, looks: list[Act], checks: int) -> None:
    """IBM's client treats a failed synchronization as a success. The error message contains the cluster and the number of checks."""
    with Stage(getRBACStatus=looks) as stage:
        error = fails(CLUSTER_RBAC_SYNC, stage, fake_time, clusters=[{"id": CLUSTER}])

        assert (stage.calls.count("applyRBAC"), stage.calls.count("getRBACStatus")) == (1, checks)
    assert error.kind == "rbac_error"
    assert f"The RBAC synchronization of cluster {CLUSTER} failed" in str(error)
    assert f"after {fake_time.seconds - 1000:.1f} s and {checks} checks" in str(error)
    assert error.partial()["changed"] is True


@pytest.mark.parametrize(
    ("looks", "checks", "requests"),
    [
        # IBM does not document responses in which both flags are true. The client treats such a response as a success.
        row("F99", [NO, answer({"synchronized": True, "error": True})], 2, 2, name="with-synchronized"),
        row("F101", [NO, NO, YES, NO], 3, 3, name="stops-at-the-first-true"),
        row("F104", [NO, NO, answer(status=500), NO, YES], 4, 5, name="500"),
        row("F104", [NO, NO, answer(status=429), NO, YES], 4, 5, name="429"),
        row("F104", [NO, NO, reset, NO, YES], 4, 5, name="reset"),
    ],
)
def test_a_synchronization_ends_with_the_first_success(
    fake_time: FakeTime, looks: list[Act], checks: int, requests: int
) -> None:
    with Stage(getRBACStatus=looks) as stage:
        result = _sync(stage, fake_time)

        assert (stage.calls.count("applyRBAC"), stage.calls.count("getRBACStatus")) == (1, requests)
    assert (result["changed"], result["clusters"][0]["attempts"]) == (True, checks)


@case("F100")
def test_f100_an_endless_synchronization_is_a_timeout(fake_time: FakeTime) -> None:
    """The message contains the last status, the timeout and the number of checks."""
    with Stage(getRBACStatus=NO) as stage:
        error = fails(CLUSTER_RBAC_SYNC, stage, fake_time, clusters=[{"id": CLUSTER}], wait_timeout=20)
        checks = stage.calls.count("getRBACStatus")

    assert error.kind == "rbac_timeout"
    assert f"within 20 s: the last state was synchronized=false, error=false after {checks} checks" in str(error)
    assert sum(fake_time.sleeps) == pytest.approx(20)


@pytest.mark.parametrize(
    "flags",
    [
        row("F102", flags, name=str(flags).replace(" ", ""))
        for flags in (
            {"synchronized": "true", "error": False},
            {"synchronized": "false", "error": False},
            {"synchronized": False, "error": "false"},
            {"synchronized": 1, "error": 0},
            {"synchronized": 0, "error": False},
            {"synchronized": None, "error": False},
            {"synchronized": True, "error": None},
            {"error": False},
            {},
        )
    ],
)
def test_flags_must_be_booleans(flags: dict[str, t.Any]) -> None:
    """Python treats the string "false" as true. The ``error`` field is optional, and the ``synchronized`` field is required."""
    names = ("synchronized", "error")
    none = Case("F102", "no flags", (answer(flags),), Counts(1), kind="response_invalid", names=names)
    run(none, E6, timeout=5.0)
    one = Case("F102", "one flag", (answer({"synchronized": False}),), Counts(1))
    assert run(one, E6, timeout=5.0).result.error is False


def _unknown_for(fake: FakeTime, seconds: float) -> Stage:
    """Return a service that knows the cluster but responds with HTTP 404 for some time after the sync request."""
    asked: list[float] = []

    def take(peer: Peer) -> None:
        asked.append(fake.seconds)
        peer.send(answer(b"", keep=True))

    def look(peer: Peer) -> None:
        known = NO if not asked else YES
        peer.send(UNKNOWN if asked and fake.seconds < asked[0] + seconds else known)

    return Stage(applyRBAC=take, getRBACStatus=look)


@case("F103")
@pytest.mark.parametrize("seconds", [0.1, 3, 8])
def test_f103_a_request_that_is_not_visible_yet_is_not_an_error(fake_time: FakeTime, seconds: float) -> None:
    """The containers API has already returned the cluster's status, so the cluster exists."""
    with _unknown_for(fake_time, seconds) as stage:
        result = _sync(stage, fake_time)

        assert stage.calls.count("applyRBAC") == 1
    assert result["clusters"][0]["synchronized"] is True
    assert seconds <= result["clusters"][0]["elapsed"] <= seconds * 1.1 + 0.6


@case("F103")
@pytest.mark.parametrize(("timeout", "looks"), [(0, 2), (2, 6), (20, 27)])
def test_f103_a_cluster_that_remains_unknown_is_a_timeout(fake_time: FakeTime, timeout: int, looks: int) -> None:
    """The message contains the service's error code, but no hint to check the cluster's name."""
    with _unknown_for(fake_time, 1e9) as stage:
        error = fails(CLUSTER_RBAC_SYNC, stage, fake_time, clusters=[{"id": CLUSTER}], wait_timeout=timeout)

        assert stage.calls.count("getRBACStatus") == looks
    assert (error.kind, sum(fake_time.sleeps)) == ("rbac_timeout", pytest.approx(timeout))
    assert "G0004" in str(error)
    assert "Check the name" not in str(error)


@pytest.mark.parametrize(
    ("applies", "statuses"),
    [
        row("F103", [answer(b"")], [UNKNOWN, YES], name="unknown-before-the-request"),
        row("F103", [UNKNOWN, UNKNOWN, answer(b"")], [UNKNOWN, YES], name="404-to-the-request"),
        row(
            "F103",
            [answer(status=503)] * 7 + [UNKNOWN, answer(b"")],
            [answer(status=503)] * 5 + [YES],
            name="503-then-404",
        ),
    ],
)
def test_errors_of_a_new_cluster_are_retried(fake_time: FakeTime, applies: list[Act], statuses: list[Act]) -> None:
    with Stage(applyRBAC=applies, getRBACStatus=statuses) as stage:
        result = _sync(stage, fake_time)

    assert (result["changed"], result["clusters"][0]["synchronized"]) == (True, True)


@case("F105")
def test_f105_a_token_that_expires_during_the_wait_is_renewed(fake_time: FakeTime) -> None:
    with Stage(getRBACStatus=[NO, NO, answer(status=401, keep=True), NO, YES]) as stage:
        result = _sync(stage, fake_time, ibmcloud_api_key=API_KEY)
        looks = [header for name, header in zip(stage.calls, stage.headers, strict=True) if name == "getRBACStatus"]

        assert stage.calls.count("token") == 1
    assert looks == [f"Bearer {BEARER}"] * 3 + [f"Bearer {TOKENS['access_token']}"] * 2
    assert result["clusters"][0]["synchronized"] is True


@case("F106")
def test_f106_a_synchronized_cluster_is_not_changed(fake_time: FakeTime) -> None:
    with Stage(getRBACStatus=YES) as stage:
        result = _sync(stage, fake_time)

        assert stage.calls == ["getRBACStatus"]
    assert (result["changed"], result["clusters"][0]["applied"]) == (False, False)


TROUBLE = {"production-frankfurt-100": "rbac_error", "production-frankfurt-200": "permission"}
TROUBLE["production-frankfurt-300"] = "rbac_timeout"


class Many:
    """A fleet in which some clusters are not synchronized.

    Three clusters in the fleet fail, each with a different kind of error.
    """

    def __init__(self, names: list[str], out_of_step: t.Sequence[str]) -> None:
        self.names, self._out_of_step = names, out_of_step
        self.asked: list[str] = []
        lists = [[record(name, name=name) for name in names[half::2]] for half in range(2)]
        classic, vpc = (answer(clusters, keep=True) for clusters in lists)
        self.stage = Stage(classic=classic, vpc=vpc, applyRBAC=self._take, getRBACStatus=self._look)

    def _take(self, peer: Peer) -> None:
        self.asked.append(json.loads(peer.request.body)["cluster"])
        peer.send(answer(b"", keep=True))

    def _look(self, peer: Peer) -> None:
        name = cluster_and_path(peer)[0]
        if TROUBLE.get(name) == "permission":
            peer.send(FORBIDDEN)
        elif name in self.asked:
            peer.send({"rbac_error": ERROR, "rbac_timeout": NO}.get(TROUBLE.get(name, ""), YES))
        else:
            peer.send(NO if name in self._out_of_step else YES)


@case("F107")
def test_f107_three_failed_clusters_do_not_stop_the_others(fake_time: FakeTime) -> None:
    """The module processes all clusters before it fails."""
    names = [f"production-frankfurt-{number:03}" for number in range(500)]
    many = Many(names, out_of_step=names[::5])
    with many.stage as stage:
        error = fails(CLUSTER_RBAC_SYNC, stage, fake_time, clusters=names, wait_timeout=20)
        clusters, failures = error.partial()["clusters"], error.partial()["failures"]

    assert [cluster["cluster"] for cluster in clusters] == [name for name in names if name not in TROUBLE]
    assert {failure["cluster"]: failure["error"]["kind"] for failure in failures} == TROUBLE
    assert all(cluster["synchronized"] for cluster in clusters)
    assert sorted(many.asked) == sorted({*names[::5]} - {"production-frankfurt-200"})
    assert str(error).startswith("3 of 500 clusters failed: production-frankfurt-100: ")


@case("F107")
def test_f107_the_message_names_all_three(fake_time: FakeTime) -> None:
    """If the message were shortened, fewer clusters would appear to have failed."""
    many = Many([*TROUBLE], out_of_step=[*TROUBLE])
    with many.stage as stage:
        error = fails(CLUSTER_RBAC_SYNC, stage, fake_time, clusters=[*TROUBLE], wait_timeout=20)

    assert [name for name in TROUBLE if f"{name}: " not in str(error)] == []
