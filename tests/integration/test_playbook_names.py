# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the playbooks reject mistyped variable names, and accept the variables of other playbooks and of workflows."""

from __future__ import annotations

import importlib.util
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from .conftest import applied

if t.TYPE_CHECKING:
    from .conftest import Ansible

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_AWX = pytest.mark.skipif(
    not importlib.util.find_spec("ansible_collections.awx"), reason="awx.awx is not installed for this ansible-core"
)

MISTYPED = [
    ("rbac_sync", "ibmcloud_cluster", "ibmcloud_clusters"),
    ("rbac_sync", "ibmcloud_region", "ibmcloud_regions"),
    ("fleet_report", "ibmcloud_report_fiel", "ibmcloud_report_file"),
    ("kubeconfig", "ibmcloud_kubeconfg", "ibmcloud_kubeconfig"),
    ("verify_live", "ibmcloud_clustres", "ibmcloud_clusters"),
    ("cluster_access", "ibmcloud_cluster", "ibmcloud_clusters"),
    ("each_cluster", "ibmcloud_batches", "ibmcloud_batch"),
    pytest.param("awx_setup", "ibmcloud_awx_projet_url", "ibmcloud_awx_project_url", marks=WITHOUT_AWX),
]


@pytest.mark.parametrize(("playbook", "name", "meant"), MISTYPED)
def test_a_mistyped_name_is_rejected(fleet: Ansible, playbook: str, name: str, meant: str) -> None:
    """The playbook fails before it sends a request, and the error does not contain the variable's value."""
    # In check mode, the awx_setup playbook ignores errors of all tasks except the check of the names.
    mode = ["--check"] if playbook == "awx_setup" else []
    run = fleet.run(f"ibmcloud.kubernetes.{playbook}", "-e", fleet.variables(**{name: "a-value"}), *mode)

    assert run.rc == 2, run.output
    assert run.failures() == [f"{name} is not a variable of this playbook. Did you mean {meant}?"]
    assert "a-value" not in run.output
    assert fleet.sim.requests == []


@pytest.mark.parametrize("playbook", ["rbac_sync", "fleet_report"])
def test_other_known_names_are_accepted(fleet: Ansible, playbook: str) -> None:
    """The playbook accepts variables of other playbooks, earlier workflow nodes and the inventory, and names that do not resemble its variables."""
    plays = [play for path in (ROOT / "playbooks").glob("*.yml") for play in yaml.safe_load(path.read_text("utf-8"))]
    others = {
        name: value for play in plays for name, value in play.get("vars", {}).items() if name.startswith("ibmcloud_")
    }
    passed_on = re.findall(r"^\| `(ibmcloud_\w+)` \| ", (ROOT / "docs" / "awx.md").read_text("utf-8"), re.MULTILINE)
    assert {"ibmcloud_batch", "ibmcloud_kubeconfig", "ibmcloud_awx_timeout"} <= set(others)
    assert {"ibmcloud_clusters_found", "ibmcloud_failed_ids"} <= set(passed_on)
    inventory = fleet.folder / "all.ibmcloud_clusters.yml"
    inventory.write_text("plugin: ibmcloud.kubernetes.clusters\n")
    given = {
        **others,
        **dict.fromkeys(passed_on, 1),
        "ibmcloud_clusters": "shop-dev",
        "ibmcloud_report_file": "",
        "ibmcloud_team": "shop",
    }
    run = fleet.run(f"ibmcloud.kubernetes.{playbook}", "-i", str(inventory), "-e", fleet.variables(**given))

    assert run.rc == 0, run.output
    assert "Clusters: 1" in run.output
    assert len(applied(fleet.sim)) <= 1


def test_a_copied_playbook_works(fleet: Ansible) -> None:
    """The documentation suggests copying the each_cluster playbook and adding tasks to the copy."""
    copy = fleet.folder / "mine.yml"
    copy.write_text((ROOT / "playbooks" / "each_cluster.yml").read_text("utf-8"))
    run = fleet.run(str(copy), "-e", "ibmcloud_batches=1")

    assert run.failures() == ["ibmcloud_batches is not a variable of this playbook. Did you mean ibmcloud_batch?"]
