# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the wait for clusters to become ready: duration, requests and errors."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.cluster_facts import FactsReader
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.cluster_lookup import list_all
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.ready_waiter import ReadyWaiter, WaitOptions
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    IBMCloudError,
    InputError,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.progress import Progress
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import CLUSTER
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.stage import (
    FORBIDDEN,
    MASTER,
    UNKNOWN,
    Act,
    Stage,
    behave,
    fails,
    record,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import answer, reset

from simulator import Simulator
from simulator.world import Startup

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

LISTS = ["classic", "vpc"]
DEPLOYING = answer(record(state="deploying", masterURL=None), keep=True)
READY = answer(record(), keep=True)


# With the simulator


@pytest.fixture(scope="module")
def running_lifecycle() -> t.Iterator[Simulator]:
    with Simulator("lifecycle") as simulator:
        yield simulator


class Bench:
    """Clusters that become ready after some time. The simulator's clock advances with the fake time."""

    def __init__(self, sim: Simulator, fake_time: FakeTime) -> None:
        self.http = HttpClient(
            verify=str(sim.ca_path), cluster_verify=str(sim.ca_path), timeout=5.0, clock=fake_time.clock
        )
        token = Iam(self.http, sim.iam_url).api_key("not-a-real-key/ada+dev=")
        fake_time.on_sleep = sim.cloud.advance
        self.time = fake_time
        self.sim = sim
        self.containers = Containers(self.http, sim.containers_url, BearerAuth(lambda: token.access))
        records = list_all(self.containers, ["vpc-gen2"], WorkerPool(1, fake_time.clock))
        self.records = {str(one["name"]): one for one in records}
        sim.log.reset()
        self.lines: list[str] = []

    def run(self, *names: str, timeout: float = 60, longest: float = 5, **reading: t.Any) -> dict[str, t.Any]:
        """Wait for the clusters, and return the facts or the error of each cluster."""
        waiter = ReadyWaiter(
            FactsReader(self.containers, **reading),
            WaitOptions(timeout=timeout, longest_pause=longest),
            self.time.clock,
            Progress(self.lines.append, self.time.clock),
        )
        return dict(zip(names, waiter.run({name: self.records[name] for name in names}, 1), strict=True))

    @property
    def calls(self) -> list[str]:
        return [entry.path.rpartition("/")[2] for entry in self.sim.requests]


@pytest.fixture
def bench(running_lifecycle: Simulator, fake_time: FakeTime) -> t.Iterator[Bench]:
    running_lifecycle.reset()
    found = Bench(running_lifecycle, fake_time)
    yield found
    found.http.close()


@pytest.mark.parametrize("cluster", ["new-dev", "pending-dev", "new-openshift"])
def test_the_wait_ends_when_a_new_cluster_is_ready(bench: Bench, cluster: str) -> None:
    """The new clusters do not have a URL for the first three seconds."""
    facts = bench.run(cluster)[cluster]

    assert (facts["state"], facts["master_url"]) == ("normal", bench.sim.cluster(cluster).master_url)
    assert sum(bench.time.sleeps) == pytest.approx(3.0, abs=0.5)
    assert set(bench.calls) == {"getCluster"}
    assert len(bench.calls) == len(bench.time.sleeps) + 1


def test_a_ready_cluster_needs_no_request(bench: Bench) -> None:
    assert bench.run("ready-dev")["ready-dev"]["state"] == "normal"
    assert (bench.calls, bench.time.sleeps) == ([], [])


@pytest.mark.parametrize(
    ("cluster", "state"),
    [
        ("aborted-dev", "aborted"),
        ("deploy-failed-dev", "deploy_failed"),
        ("deleting-dev", "deleting"),
        ("deleted-dev", "deleted"),
    ],
)
def test_a_cluster_in_a_final_state_fails_at_once(bench: Bench, cluster: str, state: str) -> None:
    """A cluster in a final state can still have a URL."""
    error = bench.run(cluster)[cluster]

    assert str(error) == (
        f"Cluster {cluster} cannot be used: its state is {state}. A cluster in this state never becomes ready. "
        "Use another cluster, or recreate this cluster."
    )
    assert error.kind == "not_ready"
    assert (bench.calls, bench.time.sleeps) == ([], [])


@pytest.mark.parametrize(("timeout", "checks"), [(0, 1), (2, 5)])
def test_a_cluster_that_is_not_ready_in_time_is_a_timeout(bench: Bench, timeout: int, checks: int) -> None:
    error = bench.run("new-dev", timeout=timeout)["new-dev"]

    assert str(error) == (
        f"Cluster new-dev is not ready after {timeout} s: its state is deploying, and it has no masterURL. "
        "Raise wait_timeout, or try again later."
    )
    assert error.kind == "not_ready"
    assert sum(bench.time.sleeps) == pytest.approx(timeout)
    assert len(bench.calls) == checks


def test_pauses_grow_to_the_maximum(bench: Bench) -> None:
    bench.sim.cluster("new-dev").startup = Startup(seconds=1000)
    bench.run("new-dev", timeout=300, longest=10)

    passed = 0.0
    for pause in bench.time.sleeps[:-1]:
        assert pause == pytest.approx(max(0.5, min(10.0, passed / 10)))
        passed += pause


def test_all_clusters_share_the_timeout(bench: Bench) -> None:
    """Clusters that are not ready do not delay the other clusters."""
    bench.sim.cluster("new-openshift").startup = Startup(seconds=1000)
    found = bench.run("new-dev", "aborted-dev", "new-openshift", "ready-dev", timeout=20)

    assert [name for name, one in found.items() if isinstance(one, IBMCloudError)] == ["aborted-dev", "new-openshift"]
    assert "not ready after 20 s" in str(found["new-openshift"])
    assert sum(bench.time.sleeps) == pytest.approx(20.0)
    new = [entry.query["cluster"] for entry in bench.sim.requests].count("e1new0cluster0000000")
    assert 2 <= new <= 8


def test_the_ca_is_read_when_the_cluster_is_ready(bench: Bench) -> None:
    facts = bench.run("new-dev", ca=True, endpoint="auto")["new-dev"]

    assert "BEGIN CERTIFICATE" in facts["ca_cert_data"]
    assert bench.calls.count("getCACert") == 1


def test_progress_is_reported(bench: Bench) -> None:
    """The first progress line is shown after five seconds. Later lines are shown only if the numbers have changed."""
    bench.sim.cluster("new-dev").startup = Startup(seconds=30)
    bench.run("new-dev", "ready-dev", "aborted-dev", "pending-dev", timeout=60)

    assert bench.lines[0].startswith("2 of 4 clusters ready, 1 failed, 5")
    assert bench.lines[1].startswith("3 of 4 clusters ready, 1 failed, 3")
    assert len(bench.lines) == 2


def test_a_short_wait_reports_no_progress(bench: Bench) -> None:
    bench.run("new-dev")

    assert bench.lines == []


# The module


def _wait(stage: Stage, fake_time: FakeTime, **given: t.Any) -> dict[str, t.Any]:
    return behave(MODULE, stage, fake_time, **{"cluster": "shop", "wait": True, **given})


def test_the_module_does_not_wait_by_default(fake_time: FakeTime) -> None:
    with Stage(vpc=answer([record(state="deploying", masterURL=None)], keep=True)) as stage:
        found = behave(MODULE, stage, fake_time, cluster="shop")

        assert stage.calls == LISTS
    assert (found["cluster"]["state"], found["cluster"]["master_url"]) == ("deploying", None)


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_result_describes_the_ready_cluster(fake_time: FakeTime, check_mode: bool) -> None:
    """The module waits for the cluster even in check mode. The result contains only documented keys."""
    new = answer([record(state="deploying", masterURL=None)], keep=True)
    details = answer(record(crn="crn:v1", lifecycle={}), keep=True)
    with Stage(vpc=new, getCluster=[DEPLOYING, details]) as stage:
        found = _wait(stage, fake_time, check_mode=check_mode)

        assert stage.calls == [*LISTS, "getCluster", "getCluster"]
    assert (found["cluster"]["state"], found["cluster"]["master_url"]) == ("normal", MASTER)
    assert not {"crn", "lifecycle"} & set(found["cluster"])
    assert found["changed"] is False


@pytest.mark.parametrize(
    ("state", "ready"),
    [("critical", {"masterState": "deployed", "masterHealth": "normal"}), ("pending", {"masterState": "deploying"})],
)
def test_a_cluster_is_read_if_its_state_needs_details(fake_time: FakeTime, state: str, ready: dict[str, str]) -> None:
    """Cluster lists do not contain the state of the master, so the module requests the cluster's record immediately."""
    details = answer(record(state=state, lifecycle=ready), keep=True)
    with Stage(vpc=answer([record(state=state)], keep=True), getCluster=[details, READY]) as stage:
        _wait(stage, fake_time)

        assert len(fake_time.sleeps) == stage.calls.count("getCluster") - 1 == (0 if state == "critical" else 1)


def test_a_wait_for_records_needs_no_lookup(fake_time: FakeTime) -> None:
    with Stage(getCluster=[DEPLOYING, READY]) as stage:
        found = _wait(stage, fake_time, cluster=None, clusters=[{"id": CLUSTER, "name": "shop", "state": "deploying"}])

        assert stage.calls == ["getCluster", "getCluster"]
    assert found["clusters"][0]["master_url"] == MASTER


def test_a_cluster_that_is_deleted_during_the_wait_fails(fake_time: FakeTime) -> None:
    deleting = answer(record(state="deleting"), keep=True)
    new = answer([record(state="deploying", masterURL=None)], keep=True)
    with Stage(vpc=new, getCluster=[DEPLOYING, deleting]) as stage:
        error = fails(MODULE, stage, fake_time, cluster="shop", wait=True)

    assert error.kind == "not_ready"
    assert "Cluster shop cannot be used: its state is deleting" in str(error)


PASSING: dict[str, Act] = {
    **{str(status): answer(status=status, keep=True) for status in (404, 429, 500, 503)},
    "unknown": UNKNOWN,
    "reset": reset,
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_transient_error_does_not_end_the_wait(fake_time: FakeTime, fault: Act) -> None:
    """The cluster was in the list, so HTTP 404 is a transient error.

    For most transient errors, the HTTP client gives up after five attempts.
    """
    new = answer([record(state="deploying", masterURL=None)], keep=True)
    with Stage(vpc=new, getCluster=[*[fault] * 12, READY]) as stage:
        found = _wait(stage, fake_time)

    assert found["cluster"]["master_url"] == MASTER


def test_an_error_at_the_timeout_is_reported(fake_time: FakeTime) -> None:
    """After the error, the state of the cluster is unknown."""
    new = answer([record(state="deploying", masterURL=None)], keep=True)
    with Stage(vpc=new, getCluster=[DEPLOYING, answer(status=500, keep=True)]) as stage:
        error = fails(MODULE, stage, fake_time, cluster="shop", wait=True, wait_timeout=20)

    assert error.kind == "server"
    assert f"get cluster {CLUSTER} failed" in str(error)


def test_a_cluster_that_remains_unknown_is_a_timeout(fake_time: FakeTime) -> None:
    """A hint to check the name would be misleading, because the cluster was in the list."""
    new = answer([record(state="deploying", masterURL=None)], keep=True)
    with Stage(vpc=new, getCluster=UNKNOWN) as stage:
        error = fails(MODULE, stage, fake_time, cluster="shop", wait=True, wait_timeout=20)

    assert error.kind == "not_ready"
    assert "Cluster shop is not ready after 20 s: the service does not recognize the cluster: get cluster" in str(error)
    assert "G0004: No such cluster." in str(error)
    assert "Raise wait_timeout" in str(error)


@pytest.mark.parametrize(
    ("acts", "kind", "calls"),
    [
        pytest.param({"getCluster": FORBIDDEN}, "permission", [*LISTS, "getCluster"], id="403"),
        pytest.param(
            {"getCluster": answer(b"<html>", keep=True)}, "response_invalid", [*LISTS, "getCluster"], id="page"
        ),
        pytest.param({"vpc": answer([], keep=True)}, "not_found", [*LISTS, "satellite"], id="unknown"),
    ],
)
def test_a_permanent_error_ends_the_wait(
    fake_time: FakeTime, acts: dict[str, Act], kind: str, calls: list[str]
) -> None:
    """A repeated request would return the same response."""
    new = answer([record(state="deploying", masterURL=None)], keep=True)
    with Stage(**{"vpc": new, **acts}) as stage:
        error = fails(MODULE, stage, fake_time, cluster="shop", wait=True)

        assert stage.calls == calls
    assert error.kind == kind
    assert fake_time.sleeps == []


def test_a_denied_ca_is_retried_after_the_creation(fake_time: FakeTime) -> None:
    """For some time after a cluster is created, the containers API can deny access to the cluster's CA."""
    unavailable = [answer(status=503, keep=True)] * 12
    pem = answer(
        {"caCert": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUIKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="}, keep=True
    )
    with Stage(getCACert=[*unavailable, pem]) as stage:
        found = _wait(stage, fake_time, ca=True)

    assert found["cluster"]["ca_cert_source"] == "service"


def test_continue_on_error_turns_failures_into_a_warning(fake_time: FakeTime) -> None:
    aborted = record("c9f8e7d6c5b4a3928170", name="old", state="aborted", masterURL=None)
    with Stage(vpc=answer([record(), aborted], keep=True)) as stage:
        both = {"cluster": None, "clusters": ["shop", "old"], "wait": True}
        error = fails(MODULE, stage, fake_time, **both)
        found = behave(MODULE, stage, fake_time, continue_on_error=True, **both)

    for result in (error.partial(), found):
        assert [one["name"] for one in result["clusters"]] == ["shop"]
        assert [(one["cluster"], one["error"]["kind"]) for one in result["failures"]] == [("old", "not_ready")]


def test_waiting_needs_clusters_in_all_states(fake_time: FakeTime) -> None:
    """A filter for states would skip clusters that are not ready."""
    with Stage() as stage:
        error = fails(MODULE, stage, fake_time, wait=True, states=["normal"])

        assert stage.calls == []
    assert isinstance(error, InputError)
    assert "wait=true and states are mutually exclusive" in str(error)


def test_checks_of_many_clusters_stay_within_the_rate_limit(fake_time: FakeTime) -> None:
    """With one request per second, each of the 30 clusters is checked every 30 seconds."""
    many = [record(f"c{number:019}", name=f"c{number}", state="deploying", masterURL=None) for number in range(30)]
    with Stage(vpc=answer(many, keep=True), getCluster=answer({"state": "deploying"}, keep=True)) as stage:
        error = fails(MODULE, stage, fake_time, wait=True, rate_limit=1, wait_timeout=100)

        # The checks occur at 0, 30, 60 and 90 s, and at the timeout.
        assert stage.calls.count("getCluster") == 30 * 5
    assert "30 of 30 clusters failed" in str(error)


@pytest.mark.parametrize("generation", ["2017", "2020", "2021"])
def test_earlier_generations_can_wait(generation: str) -> None:
    """API version 1 returns records with different fields. The test uses the real clock."""
    options = {name: option["default"] for name, option in MODULE.argument_spec.items() if "default" in option}
    with Simulator(f"document-{generation}") as sim:
        name = sim.world.clusters[0].name
        given = {"cluster": name, "wait": True, "retries": 0}
        results = []
        for timeout, seconds in ((0, 1000), (10, sim.cluster(name).age + 1)):
            sim.cluster(name).startup = Startup(seconds=seconds)
            result, _secrets = execute(
                MODULE,
                {**options, **given, "wait_timeout": timeout},
                environ=sim.env,
                check_mode=False,
                warn=lambda _text: None,
            )
            results.append(result)

    assert "is not ready after 0 s: its state is deploying" in results[0]["msg"]
    assert (results[1].get("msg"), results[1]["cluster"]["state"]) == (None, "normal")
    assert results[1]["cluster"]["master_url"]
