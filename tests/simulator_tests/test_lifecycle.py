# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of clusters that become ready after some time, and of clusters that never become ready."""

from __future__ import annotations

import typing as t

import pytest
from simulator_tests.calls import Api, ok
from simulator_tests.container_calls import call

from simulator import Simulator

if t.TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def _lifecycle(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Api]:
    directory: Path = tmp_path_factory.mktemp("lifecycle")
    with Simulator("lifecycle") as sim:
        yield Api(sim, directory)


@pytest.fixture
def lifecycle(_lifecycle: Api) -> Api:
    _lifecycle.sim.reset()
    return _lifecycle


@pytest.mark.parametrize(
    ("cluster", "steps"),
    [
        # Each step: seconds to wait, state, presence of a masterURL, and statuses of applyRBAC and getRBACStatus
        (
            "new-dev",
            [
                (0, "deploying", False, 503, 503),
                (3, "normal", True, 503, 503),
                (2, "normal", True, 404, 404),
                (2, "normal", True, 200, 200),
            ],
        ),
        ("pending-dev", [(0, "pending", False, 503, 503), (3, "normal", True, 200, 200)]),
        ("fresh-dev", [(0, "normal", True, 503, 503), (2, "normal", True, 404, 404), (2, "normal", True, 200, 200)]),
        ("ready-dev", [(0, "normal", True, 200, 200)]),
        ("aborted-dev", [(0, "aborted", False, 503, 200), (3600, "aborted", False, 503, 200)]),
        ("deploy-failed-dev", [(3600, "deploy_failed", False, 503, 200)]),
        ("deleting-dev", [(3600, "deleting", True, 200, 200)]),
        ("deleted-dev", [(3600, "deleted", False, 503, 200)]),
    ],
)
def test_a_new_cluster_has_phases(lifecycle: Api, cluster: str, steps: list[tuple[int, str, bool, int, int]]) -> None:
    for seconds, state, has_url, apply_status, status_status in steps:
        lifecycle.sim.cloud.advance(seconds)
        token = lifecycle.access_token()
        detail = ok(call(lifecycle, token, "getCluster", cluster))
        listed = {each["name"]: each for each in lifecycle.containers(token, "vpc/getClusters").json()}[cluster]
        for record in (detail, listed):
            assert (record["state"], bool(record.get("masterURL"))) == (state, has_url)
        assert call(lifecycle, token, "applyRBAC", cluster).status_code == apply_status
        assert call(lifecycle, token, "getRBACStatus", cluster).status_code == status_status
        kubeconfig = call(lifecycle, token, "applyRBACAndGetKubeconfig", cluster)
        assert kubeconfig.status_code == apply_status


def test_a_new_cluster_has_no_endpoint(lifecycle: Api) -> None:
    """The masterURL of a new cluster is null, not absent. The cluster's other endpoint URLs are empty strings."""
    token = lifecycle.access_token()
    record = ok(call(lifecycle, token, "getCluster", "new-dev"))
    assert record["masterURL"] is None
    assert record["serviceEndpoints"]["publicServiceEndpointURL"] == ""
    assert (record["lifecycle"]["masterState"], record["lifecycle"]["masterHealth"]) == ("deploying", "unavailable")
    assert "masterURL" not in ok(call(lifecycle, token, "getCluster", "aborted-dev"))
    for path in ("getCACert", "getKubeconfig"):
        assert call(lifecycle, token, path, "new-dev").status_code == 503
    lifecycle.sim.cloud.advance(3)
    token = lifecycle.access_token()
    assert (
        ok(call(lifecycle, token, "getCluster", "new-dev"))["masterURL"] == lifecycle.sim.cluster("new-dev").master_url
    )
    assert ok(call(lifecycle, token, "getCACert", "new-dev"))["caCert"]


def test_a_reset_starts_the_phases_again(lifecycle: Api) -> None:
    lifecycle.sim.cloud.advance(60)
    assert lifecycle.sim.cluster("new-dev").state == "normal"
    lifecycle.sim.reset()
    assert lifecycle.sim.cluster("new-dev").state == "deploying"
