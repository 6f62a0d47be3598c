# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the names of hosts and groups in the inventory."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.plugin_utils._inventory_names import (
    group_names,
    host_names,
    visible,
)


def _free(_name: str, _identifier: str) -> bool:
    return False


def _records(**names: str) -> list[dict[str, t.Any]]:
    return [{"id": identifier, "name": name} for identifier, name in names.items()]


BY_NAME = ["name", "id"]


def test_a_host_has_the_name_of_its_cluster() -> None:
    hosts, renamed = host_names(_records(a="shop", b="data-1.x"), hostnames=BY_NAME, is_taken=_free)

    assert {host: facts["id"] for host, facts in hosts.items()} == {"shop": "a", "data-1.x": "b"}
    assert renamed == []


@pytest.mark.parametrize(
    ("names", "hosts", "renamed"),
    [
        pytest.param({"a": "shop", "b": "data", "c": "shop"}, ["a", "data", "c"], ["shop (a)", "shop (c)"], id="twins"),
        pytest.param({"a": "taken", "b": "data"}, ["a", "data"], ["taken (a)"], id="taken"),
        pytest.param({"a": "b", "b": "data"}, ["a", "data"], ["b (a)"], id="ID-of-another-cluster"),
        pytest.param({"a": "a"}, ["a"], [], id="own-ID"),
        pytest.param(
            {"a": "localhost", "b": "127.0.0.1"}, ["a", "b"], ["localhost (a)", "127.0.0.1 (b)"], id="Ansible"
        ),
        pytest.param({"a": None, "b": None}, ["a", "b"], [], id="no-name"),
        pytest.param({"a": "x\u202ey\x1b", "b": "x\u202ey\x1b"}, ["a", "b"], ["x?y? (a)", "x?y? (b)"], id="control"),
    ],
)
def test_a_name_with_another_meaning_is_not_used(names: dict[str, t.Any], hosts: list[str], renamed: list[str]) -> None:
    """The host name is the cluster's ID instead. The order of the clusters does not matter."""
    found = host_names(_records(**names), hostnames=BY_NAME, is_taken=lambda name, _id: name == "taken")

    assert (list(found[0]), found[1]) == (hosts, renamed)


@pytest.mark.parametrize("hostnames", [["id"], ["id", "name"], []])
def test_hosts_can_be_named_by_id(hostnames: list[str]) -> None:
    hosts, renamed = host_names(_records(a="shop", b="shop"), hostnames=hostnames, is_taken=lambda _name, _id: True)

    assert (list(hosts), renamed) == (["a", "b"], [])


@pytest.mark.parametrize("name", ["", "all:!shop", "a b", "~shop", "shop[1:3]", "{{ x }}", "-x", "a,b", "a\n", "*"])
def test_a_pattern_or_a_template_is_not_a_host_name(name: str) -> None:
    hosts, _renamed = host_names(_records(a=name), hostnames=BY_NAME, is_taken=_free)

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


def test_a_cluster_belongs_to_groups() -> None:
    """Missing values and values that are not strings do not create groups."""
    facts: dict[str, t.Any] = {
        "region": "us-south",
        "resourceGroupName": "team-b",
        "type": "",
        "state": None,
        "provider": [1],
    }

    names = list(group_names(facts, ["region", "provider", "type", "state", "resource_group"]))

    assert names == ["ibmcloud_region_us-south", "ibmcloud_resource_group_team-b"]


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\x1bb", "a\u202eb", "a\u2066b", "a\ufeffb", "a\u2028b", "a\ud800b", "a\ue000b", "a\nb"]
)
def test_text_for_a_terminal_has_no_control_characters(text: str) -> None:
    assert visible(text) == "a?b"
    assert visible("Größe 1, \u4e2d") == "Größe 1, \u4e2d"
