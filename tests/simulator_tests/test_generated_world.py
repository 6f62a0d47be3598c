# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of worlds that are generated with a given number of clusters and accounts."""

from __future__ import annotations

import collections
import concurrent.futures
import resource
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from simulator_tests.calls import Api, ok
from simulator_tests.cluster_calls import NAMESPACES
from simulator_tests.container_calls import call
from simulator_tests.oauth_calls import login

from simulator import Latency, RateLimit, Settings, Simulator, WorldError, generated_world

TESTS = Path(__file__).resolve().parent.parent


def cluster_lists(api: Api, token: str) -> list[t.Any]:
    lists = [api.containers(token, f"{provider}/getClusters") for provider in ("classic", "vpc")]
    assert [response.status_code for response in lists] == [200, 200]
    return [cluster for response in lists for cluster in response.json()]


def test_a_generated_world_has_the_requested_clusters() -> None:
    world = generated_world(400, error_share=0.05, never_share=0.02, openshift_share=0.25, sync_seconds=(1, 3))
    clusters = world.clusters
    assert (clusters[0].id, clusters[0].name) == ("f0001fleet0000000000", "fleet-0001")
    assert {len(cluster.id) for cluster in clusters} == {20}
    assert len({cluster.id for cluster in clusters}) == len({cluster.name for cluster in clusters}) == 400
    assert {cluster.account for cluster in clusters} == {world.accounts[0].id}
    assert {cluster.endpoints for cluster in clusters} == {frozenset({"public"})}

    def count(what: t.Callable[[t.Any], t.Any]) -> dict[t.Any, int]:
        return dict(collections.Counter(what(cluster) for cluster in clusters))

    assert count(lambda cluster: cluster.provider) == {"classic": 200, "vpc-gen2": 200}
    assert count(lambda cluster: cluster.type) == {"kubernetes": 300, "openshift": 100}
    assert count(lambda cluster: cluster.rbac.outcome) == {"ok": 372, "error": 20, "never": 8}
    assert count(lambda cluster: len(cluster.rbac.synchronized_for)) == {1: 372, 0: 28}
    assert set(count(lambda cluster: cluster.region)) == {"us-south", "eu-de", "jp-tok", "au-syd"}
    assert set(count(lambda cluster: cluster.resource_group.name)) == {"default", "team-b"}
    minors = count(lambda cluster: ".".join(cluster.version.split(".")[:2]))
    assert set(minors) == {"1.32", "1.33", "4.18"}
    assert all(1 <= cluster.rbac.seconds <= 3 for cluster in clusters)
    assert world.first_api_key == "not-a-real-key/fleet="


def test_the_same_arguments_return_the_same_world() -> None:
    arguments: dict[str, t.Any] = {"error_share": 0.1, "openshift_share": 0.5, "sync_seconds": (0, 9)}
    assert generated_world(50, **arguments) == generated_world(50, **arguments)
    assert generated_world(50, **arguments) != generated_world(50, seed=2, **arguments)
    settings = Settings(latency=Latency(seconds=1), rate_limit=RateLimit())
    assert generated_world(1, settings=settings).settings == settings


def test_invalid_arguments_are_rejected() -> None:
    for clusters, arguments in ((-1, {}), (1, {"accounts": 0}), (4, {"error_share": 0.7, "never_share": 0.7})):
        with pytest.raises(WorldError):
            generated_world(clusters, **arguments)


def test_clusters_can_be_synchronized_from_the_start(tmp_path: Path) -> None:
    with Simulator(generated_world(12, openshift_share=0.25)) as sim:
        api = Api(sim, tmp_path)
        key = sim.env["IC_API_KEY"]
        token, id_token = api.access_token(key), str(api.kube_tokens(key)["id_token"])
        names = [cluster["name"] for cluster in cluster_lists(api, token)]
        assert sorted(names) == [f"fleet-{number:04d}" for number in range(1, 13)]
        kinds = collections.Counter(sim.cluster(name).cluster.type for name in names)
        assert kinds == {"kubernetes": 9, "openshift": 3}
        for name in names:
            openshift = sim.cluster(name).cluster.type == "openshift"
            ok(api.cluster(name, NAMESPACES, login(api, name, ("apikey", key)) if openshift else id_token))
        assert len({sim.cluster(name).ca_pem for name in names}) == 12
        assert len({sim.cluster(name).serving_ca_pem for name in names}) == 10
        assert sim.expected_failures == {}


def test_clusters_can_require_a_synchronization(tmp_path: Path) -> None:
    world = generated_world(10, synchronized=False, error_share=0.2, never_share=0.1, sync_seconds=(5, 10))
    with Simulator(world) as sim:
        api = Api(sim, tmp_path)
        token = api.access_token(sim.env["IC_API_KEY"])
        failures = sim.expected_failures
        assert sorted(failures.values()) == ["error", "error", "never"]
        names = [cluster.name for cluster in world.clusters]
        for name in names:
            assert ok(call(api, token, "getRBACStatus", name)) == {"synchronized": False, "error": False}
            assert call(api, token, "applyRBAC", name).status_code == 200
        sim.cloud.advance(11)
        for name in names:
            status = ok(call(api, token, "getRBACStatus", name))
            outcome = failures.get(name, "ok")
            assert status == {"synchronized": outcome == "ok", "error": outcome == "error"}
        assert {tuple(sim.cluster(name).rbac.requests.items()) for name in names} == {(("IBMid-1100FLEET0", 1),)}
        sim.reset()
        assert not sim.cluster(names[0]).rbac.requests
        assert sim.expected_failures == failures


def test_lists_can_be_long(tmp_path: Path) -> None:
    with Simulator(generated_world(2000, accounts=250, without_master=True)) as sim:
        api = Api(sim, tmp_path)
        token = api.access_token(sim.env["IC_API_KEY"])
        clusters = cluster_lists(api, token)
        assert len(clusters) == 2000
        assert {cluster["state"] for cluster in clusters} == {"deploying"}
        assert not any("masterURL" in cluster for cluster in clusters)
        assert sim.expected_failures == {}
        path: str | None = "/coe/v2/accounts"
        pages = []
        while path:
            page = ok(api.accounts(token, path))
            pages.append([account["metadata"]["guid"] for account in page["resources"]])
            path = page["next_url"]
        assert [len(page) for page in pages] == [100, 100, 50]
        assert len({account for page in pages for account in page}) == 250


def test_ten_thousand_accounts_can_be_listed() -> None:
    world = generated_world(0, accounts=10_000)
    assert len({account.id for account in world.accounts}) == len(world.identities[0].accounts) == 10_000


@pytest.mark.slow
def test_five_hundred_clusters_can_be_started(tmp_path: Path) -> None:
    # The test measures processor time, because other processes on the machine can delay the start.
    began = time.process_time()
    with Simulator(generated_world(500)) as sim:
        assert time.process_time() - began < 8
        api = Api(sim, tmp_path)
        names = [state.cluster.name for state in sim.cloud.clusters]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            responses = list(pool.map(lambda name: api.cluster(name, "/version").status_code, names))
        assert responses == [200] * 500
        assert len({sim.cluster(name).ca_pem for name in names}) == 500


def test_the_limit_of_open_files_is_raised() -> None:
    soft = 64
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 1024:
        pytest.skip("this system allows no more open files")
    script = f"""
import resource, sys
sys.path.insert(0, {str(TESTS)!r})
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
from simulator import Simulator, generated_world
with Simulator(generated_world(100)) as sim:
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], len({{state.master_url for state in sim.cloud.clusters}}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    limit, clusters = done.stdout.split()
    assert int(limit) >= 500
    assert clusters == "100"
