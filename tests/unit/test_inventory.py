# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clusters and their groups are called in an inventory."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.plugin_utils._inventory_names import group_names, host_names


def _free(_name: str, _identifier: str) -> bool:
    return False


def _records(**names: str) -> list[dict[str, t.Any]]:
    return [{"id": identifier, "name": name} for identifier, name in names.items()]


def test_a_host_is_called_by_the_name_of_its_cluster() -> None:
    hosts, shared = host_names(_records(a="shop", b="data-1.x"), by_name=True, is_taken=_free)

    assert {host: facts["id"] for host, facts in hosts.items()} == {"shop": "a", "data-1.x": "b"}
    assert shared == []


def test_all_clusters_of_one_name_are_called_by_their_ids() -> None:
    """Which of them comes first in a list says nothing."""
    hosts, shared = host_names(_records(a="shop", b="data", c="shop"), by_name=True, is_taken=_free)

    assert list(hosts) == ["a", "data", "c"]
    assert shared == ["shop (a)", "shop (c)"]


def test_a_name_of_another_cluster_is_not_taken() -> None:
    hosts, shared = host_names(_records(a="shop", b="data"), by_name=True, is_taken=lambda name, _id: name == "shop")

    assert list(hosts) == ["a", "data"]
    assert shared == ["shop (a)"]


def test_by_id_nothing_is_shared() -> None:
    hosts, shared = host_names(_records(a="shop", b="shop"), by_name=False, is_taken=lambda _name, _id: True)

    assert (list(hosts), shared) == (["a", "b"], [])


@pytest.mark.parametrize("name", ["", "all:!shop", "a b", "~shop", "shop[1:3]", "{{ x }}", "-x", "a,b", "a\n", "*"])
def test_what_could_be_a_pattern_or_a_template_is_no_name(name: str) -> None:
    hosts, _shared = host_names(_records(a=name), by_name=True, is_taken=_free)

    assert list(hosts) == ["a"]


@pytest.mark.parametrize(
    ("version", "group"),
    [
        ("1.33.4_1543", "ibmcloud_version_1.33"),
        ("4.19.25_1572_openshift", "ibmcloud_version_4.19"),
        ("1.33", "ibmcloud_version_1.33"),
        ("pending", None),
        (None, None),
    ],
)
def test_versions_are_grouped_by_their_first_two_numbers(version: str | None, group: str | None) -> None:
    assert list(group_names({"masterKubeVersion": version}, ["version"])) == ([group] if group else [])


def test_groups_are_made_of_what_the_service_says() -> None:
    """Of what it does not say there is none."""
    facts: dict[str, t.Any] = {"region": "us-south", "resourceGroupName": "team-b", "type": "", "state": None}

    names = list(group_names(facts, ["region", "provider", "type", "state", "resource_group"]))

    assert names == ["ibmcloud_region_us-south", "ibmcloud_resource_group_team-b"]
