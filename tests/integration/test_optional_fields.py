# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the optional fields of clusters in the role, the inventory plugin and the reports. A unit test covers the modules."""

from __future__ import annotations

import csv
import dataclasses
import json
import typing as t

import pytest

from simulator import generated_world

from .conftest import Ansible, ansible_beside, leaks, write_down
from .test_inventory import command, source

if t.TYPE_CHECKING:
    from pathlib import Path

ROLE = "ibmcloud.kubernetes.cluster_access"
# The fields that can be missing from a cluster's record in a list response. Other tests cover the errors for a missing ID or URL.
FIELDS = (
    "name",
    "region",
    "location",
    "resourceGroup",
    "resourceGroupName",
    "type",
    "provider",
    "masterKubeVersion",
    "state",
)
COUNTED = ("workerCount", "versionEOS", "createdDate", "crn")
VALUES: dict[str, t.Any] = {"null": None, "number": 7, "boolean": True, "list": [1], "object": {"a": 1}, "empty": ""}


@pytest.fixture
def odd(tmp_path: Path) -> t.Iterator[tuple[Ansible, list[str]]]:
    """Yield an ``Ansible`` object with one cluster for each value in ``VALUES``, and the cluster IDs. All optional fields of a cluster have the same value."""
    world = generated_world(len(VALUES))
    records = [dict.fromkeys((*FIELDS, *COUNTED), value) for value in VALUES.values()]
    clusters = [
        dataclasses.replace(cluster, record=record) for cluster, record in zip(world.clusters, records, strict=True)
    ]
    changed = dataclasses.replace(world, clusters=type(world.clusters)(clusters))
    with ansible_beside(changed, tmp_path) as ansible:
        yield ansible, [cluster.id for cluster in clusters]


def test_the_role_opens_clusters_with_any_optional_field(odd: tuple[Ansible, list[str]]) -> None:
    """The role labels the sessions with the cluster IDs. The summary does not show values that are not strings."""
    ansible, names = odd
    tasks: list[dict[str, t.Any]] = [
        {"ansible.builtin.include_role": {"name": ROLE}, "vars": {"cluster_access_clusters": names}},
        write_down("cluster_access_sessions", "cluster_access_failures"),
        *({"ansible.builtin.include_role": {"name": ROLE}, "vars": {"cluster_access_cluster": name}} for name in names),
    ]
    run = ansible.play(tasks)

    assert run.rc == 0, run.output
    assert list(run.found["cluster_access_sessions"]) == names
    assert run.found["cluster_access_failures"] == []
    summary = [line for line in run.output.splitlines() if line.strip().startswith(('"Cluster', '"Version', '"Access'))]
    assert len(summary) >= 2 * len(names)
    assert [line for line in summary if "None" in line or "[1]" in line or "{" in line] == []
    assert leaks(run.output, ansible.sim) == []


def test_the_inventory_has_hosts_with_any_optional_field(odd: tuple[Ansible, list[str]]) -> None:
    ansible, names = odd
    run = command(ansible, "ansible-inventory", "-i", source(ansible), "--list")

    assert run.rc == 0, run.output
    assert sorted(json.loads(run.output)["_meta"]["hostvars"]) == sorted(names)


@pytest.mark.parametrize("playbook", ["fleet_report", "rbac_sync"])
def test_reports_have_rows_with_any_optional_field(odd: tuple[Ansible, list[str]], playbook: str) -> None:
    ansible, names = odd
    for form in ("json", "csv") if playbook == "fleet_report" else ("",):
        path = ansible.folder / f"report.{form}"
        run = ansible.run(f"ibmcloud.kubernetes.{playbook}", *(("-e", f"ibmcloud_report_file={path}") if form else ()))

        assert run.rc == 0, run.output
        assert [name for name in names if name not in run.output] == []
        if form:
            rows = json.loads(path.read_text()) if form == "json" else [*csv.DictReader(path.open())]
            assert sorted(row["id"] for row in rows) == sorted(names)
