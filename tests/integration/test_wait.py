# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how the role, the ``cluster_info`` module and the recipes in the guides wait for new clusters."""

from __future__ import annotations

import re
import time
import typing as t

import pytest
import yaml

from simulator.world import Startup

from .conftest import HERE, Ansible, ansible_beside, leaks, write_down
from .test_examples import BLOCK

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

ROOT = HERE.parents[1]
WORLD = ROOT / "tests" / "simulator" / "worlds" / "lifecycle.yaml"
ROLE = {"name": "Use the role", "ansible.builtin.include_role": {"name": "ibmcloud.kubernetes.cluster_access"}}
ADA = "not-a-real-key/ada+dev="


def start_when_listed(sim: Simulator) -> None:
    """Stop the clusters' clock until the first request for a cluster list, because a play can take seconds to start."""
    started = time.time()
    listed: list[float] = []

    def clock() -> float:
        if not listed and any(entry.path.endswith("/getClusters") for entry in sim.requests):
            listed.append(time.time())
        return started + (time.time() - listed[0] if listed else 0)

    for state in sim.cloud.clusters:
        state.reset(clock)


@pytest.fixture
def lifecycle(tmp_path: Path) -> t.Iterator[Ansible]:
    """Yield an ``Ansible`` object for the world ``lifecycle``, whose clusters start at the first request for a cluster list."""
    with ansible_beside("lifecycle", tmp_path) as found:
        start_when_listed(found.sim)
        yield found


def test_the_role_waits_for_new_clusters(tmp_path: Path) -> None:
    """The role renews its tokens after the wait. Clusters in a final state are reported at once."""
    world = yaml.safe_load(WORLD.read_text())
    # After the wait, the tokens are valid for fewer seconds than min_validity.
    world["settings"] = {"access_token_seconds": 65, "id_token_seconds": 65}
    (tmp_path / "world.yml").write_text(yaml.safe_dump(world))
    clusters = ["new-dev", "new-openshift", "aborted-dev", "ready-dev"]
    tasks = [
        {
            "name": "Continue",
            "block": [ROLE],
            "rescue": [{"name": "Go on", "ansible.builtin.debug": {"msg": "rescued"}}],
        },
        write_down("cluster_access_sessions", "cluster_access_failures"),
    ]
    with ansible_beside(tmp_path / "world.yml", tmp_path) as ansible:
        start_when_listed(ansible.sim)
        ansible.sim.cluster("new-openshift").startup = Startup(seconds=7)
        given = {"cluster_access_clusters": clusters, "cluster_access_wait": True, "cluster_access_wait_timeout": 60}
        run = ansible.play(tasks, "-e", ansible.variables(**given))
        found = leaks(run.output, ansible.sim)

    assert run.rc == 0, run.output
    assert sorted(run.found["cluster_access_sessions"]) == ["new-dev", "new-openshift", "ready-dev"]
    (failure,) = run.found["cluster_access_failures"]
    assert failure["msg"].startswith("Cluster aborted-dev cannot be used: its state is aborted.")
    assert re.search(r"cluster_info: 2 of 4 clusters ready, 1 failed, \d s", run.output)
    assert found == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(
            {"wait": True, "wait_timeout": 1},
            "Cluster new-dev is not ready after 1 s: its state is deploying, and it has no masterURL. "
            "Raise cluster_access_wait_timeout, or try again later.",
            id="timeout",
        ),
        pytest.param(
            {},
            "Cluster new-dev has no masterURL; its state is deploying. Wait until the cluster is deployed, then try again. "
            "To wait for the deployment in a playbook, set cluster_access_wait=true.",
            id="default",
        ),
    ],
)
def test_the_role_reports_a_cluster_that_is_not_ready(
    lifecycle: Ansible, given: dict[str, t.Any], message: str
) -> None:
    """By default, the role does not wait."""
    lifecycle.sim.cluster("new-dev").startup = Startup(seconds=1000)
    variables = {f"cluster_access_{name}": value for name, value in {"cluster": "new-dev", **given}.items()}
    run = lifecycle.play([ROLE], "-e", lifecycle.variables(**variables))

    assert run.rc == 2, run.output
    assert message in run.failures()[-1]
    assert leaks(run.output, lifecycle.sim) == []


@pytest.mark.parametrize(
    ("cluster", "key", "message"),
    [
        pytest.param("new-dev", ADA, "", id="deploying"),
        pytest.param("aborted-dev", ADA, "Cluster aborted-dev cannot be used: its state is aborted", id="never"),
        pytest.param("no-such-cluster", ADA, "No cluster no-such-cluster was found", id="unknown"),
        pytest.param("new-dev", "not-a-real-key/unknown=", "IBM Cloud does not recognize this API key", id="wrong-key"),
    ],
)
def test_the_recipe_of_the_migration_guide_waits_for_a_cluster(
    lifecycle: Ansible, cluster: str, key: str, message: str
) -> None:
    """If waiting cannot help, the recipe fails at once."""
    text = (ROOT / "docs" / "migration.md").read_text()
    (block,) = (found["block"] for found in BLOCK.finditer(text) if "wait: true" in found["block"])
    path = lifecycle.folder / "wait.yml"
    path.write_text(block.replace("mycluster-vpc", cluster))
    started = time.monotonic()
    run = lifecycle.run(str(path), env={"IC_API_KEY": key})

    assert run.rc == (2 if message else 0), run.output
    assert message in "".join(run.failures())
    reads = [entry.path for entry in lifecycle.sim.requests if entry.path.endswith("/getCluster")]
    assert len(reads) > 1 or message
    assert ("new-dev in eu-de: 1.33.4_1543" in run.output) is (not message)
    assert time.monotonic() - started < 60
