# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the cluster lookup by name or ID, which sends as few requests as possible."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.cluster_lookup import (
    Filters,
    find_cluster,
    index_by_name,
    list_all,
    list_for,
    matching_clusters,
    resolve_clusters,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import APIError, InputError, LookupFailed
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.options import FilterOptions
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.api_generations import CURRENT, GENERATIONS
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Record

    from simulator import Simulator

USUAL = ("classic", "vpc-gen2")
LEGACY = "0123456789abcdef0123456789abcdef"
SHOP = "a1shop0dev0000000000"
EDGE = "a6edge0dev0000000000"
FLEET = WorkerPool(1, FakeTime().clock)
CLASSIC, VPC, SATELLITE = (f"/global/v2/{name}/getClusters" for name in ("classic", "vpc", "satellite"))


@pytest.fixture
def dev(fleet: Simulator, fleet_http: HttpClient) -> Containers:
    token = Iam(fleet_http, fleet.iam_url).api_key("not-a-real-key/ada+dev=")
    fleet._running.log.reset()
    return Containers(fleet_http, fleet.containers_url, BearerAuth(lambda: token.access))


def _paths(fleet: Simulator) -> list[str]:
    return [entry.path for entry in fleet.requests]


def test_list_all_reads_each_list_once(fleet: Simulator, dev: Containers) -> None:
    """A provider can be given twice."""
    records = list_all(dev, [*USUAL, "classic"], FLEET)

    assert _paths(fleet) == [CLASSIC, VPC]
    assert len(records) == 10


def test_a_list_that_fails_is_an_error(http: HttpClient) -> None:
    """F92: an incomplete list must not look complete."""
    with Loopback(answer([{"id": "c1"}]), answer(status=403)) as server:
        with pytest.raises(APIError, match="list the vpc-gen2 clusters failed"):
            list_all(Containers(http, server.url, BearerAuth(lambda: "t")), USUAL, FLEET)

        assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("providers", "wanted", "paths"),
    [
        pytest.param(None, [], [CLASSIC, VPC], id="all"),
        pytest.param([], [], [CLASSIC, VPC], id="no-provider-is-none-chosen"),
        pytest.param(None, ["shop-dev", SHOP, "shop-test"], [CLASSIC, VPC], id="names-and-IDs"),
        pytest.param(None, ["shop-dev", "edge-dev"], [CLASSIC, VPC, SATELLITE], id="satellite-name"),
        pytest.param(None, [EDGE], [CLASSIC, VPC, SATELLITE], id="satellite-ID"),
        pytest.param(None, ["nowhere", "nobody"], [CLASSIC, VPC, SATELLITE], id="two-that-are-nowhere"),
        pytest.param(["satellite"], ["shop-dev"], [SATELLITE], id="chosen"),
        pytest.param(["vpc-gen2", "classic"], ["edge-dev"], [VPC, CLASSIC], id="chosen-in-order"),
    ],
)
def test_only_necessary_lists_are_read(
    fleet: Simulator, dev: Containers, providers: list[str] | None, wanted: list[str], paths: list[str]
) -> None:
    """By default, the Satellite list is read only if a name was not found in the other lists."""
    records = list_for(dev, providers, FLEET, wanted)

    assert _paths(fleet) == paths
    assert ("edge-dev" in {record["name"] for record in records}) is (SATELLITE in paths)


@pytest.mark.parametrize(
    ("wanted", "found", "paths"),
    [
        pytest.param([SHOP], {SHOP: SHOP}, [CLASSIC, VPC], id="ID"),
        pytest.param([LEGACY, SHOP, SHOP], {LEGACY: LEGACY, SHOP: SHOP}, [CLASSIC, VPC], id="I39-IDs-twice"),
        pytest.param(["shop-dev"], {"shop-dev": SHOP}, [CLASSIC, VPC], id="name"),
        pytest.param(
            ["legacy-dev", "data-dev", "legacy-dev"],
            {"legacy-dev": LEGACY, "data-dev": "a4data0dev0000000000"},
            [CLASSIC, VPC],
            id="I39-names-twice",
        ),
        pytest.param(
            ["shop-dev", LEGACY, SHOP], {"shop-dev": SHOP, LEGACY: LEGACY}, [CLASSIC, VPC], id="I40-name-first"
        ),
        pytest.param([SHOP, "shop-dev"], {SHOP: SHOP}, [CLASSIC, VPC], id="I40-ID-first"),
        pytest.param(
            ["edge-dev", "shop-dev"],
            {"edge-dev": EDGE, "shop-dev": SHOP},
            [CLASSIC, VPC, SATELLITE],
            id="satellite-only-where-it-is-needed",
        ),
    ],
)
def test_names_and_ids_are_resolved(
    fleet: Simulator, dev: Containers, wanted: list[str], found: dict[str, str], paths: list[str]
) -> None:
    """A cluster is returned once, under the first name or ID that matches."""
    choice = resolve_clusters(wanted, lambda names: list_for(dev, None, FLEET, names))

    assert [(word, record["id"]) for word, record in choice.found.items()] == list(found.items())
    assert choice.missing == {}
    assert _paths(fleet) == paths


def test_a_denied_satellite_list_is_ignored_if_other_names_were_found(http: HttpClient) -> None:
    lists = (answer([{"id": "c1", "name": "a"}]), answer([]), answer(status=403))
    with Loopback(*lists) as server:
        containers = Containers(http, server.url, BearerAuth(lambda: "t"))
        choice = resolve_clusters(["a", "no-such"], lambda names: list_for(containers, None, FLEET, names))

    assert (list(choice.found), list(choice.missing)) == (["a"], ["no-such"])
    with Loopback(*lists) as server, pytest.raises(APIError, match="list the satellite clusters failed"):
        list_for(Containers(http, server.url, BearerAuth(lambda: "t")), None, FLEET, ["no-such"])


@pytest.mark.parametrize(("status", "suggested"), [(403, True), (400, False), (401, False)])
def test_another_provider_is_suggested_for_a_denied_list(http: HttpClient, status: int, suggested: bool) -> None:
    """If the list fails with a status other than 403, a different provider would not help."""
    with Loopback(answer([]), answer(status=status)) as server, pytest.raises(APIError) as caught:
        list_for(Containers(http, server.url, BearerAuth(lambda: "t")), None, FLEET)

    assert ("Set provider" in caught.value.hint) is suggested


@pytest.mark.parametrize("name", ["c9k2m7q10h4v3o8s6t5g", "1abc123b123b124ab1234a1a12a12a12"])
def test_a_name_that_looks_like_an_id_is_found(name: str) -> None:
    """Only the lists show whether the value is a name or an ID. IDs take precedence."""
    one: Record = {"id": "found", "name": name}
    other: Record = {"id": name, "name": "other"}

    assert resolve_clusters([name], lambda _names: [one]).found == {name: one}
    assert resolve_clusters([name], lambda _names: [one, other]).found == {name: other}


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("shop-test", "ambiguous", "2 clusters are named shop-test: a2shop0test000000000 (resource group default"),
        ("shop-prod", "not_found", "No cluster shop-prod was found. Did you mean: shop-"),
    ],
)
def test_ambiguous_and_unknown_names_are_missing(dev: Containers, name: str, kind: str, text: str) -> None:
    """F91: the error lists the matching IDs or similar names."""
    wanted = [name, "shop-dev", name, SHOP]
    choice = resolve_clusters(wanted, lambda names: list_for(dev, None, FLEET, names))

    assert [*choice.found] == ["shop-dev"]
    assert [*choice.missing] == [name]
    assert choice.missing[name].kind == kind
    assert text in str(choice.missing[name])


def test_an_id_selects_one_of_two_clusters_with_the_same_name() -> None:
    """If a name is ambiguous, the user can specify an ID instead."""
    records: list[Record] = [{"id": "c1", "name": "x"}, {"id": "c2", "name": "x"}]
    choice = resolve_clusters(["x", "c2", "c1"], lambda _names: records)

    assert ([*choice.found], [*choice.missing]) == (["c2", "c1"], ["x"])


def test_an_empty_list_selects_no_clusters() -> None:
    choice = resolve_clusters([], lambda _names: [{"id": "c1", "name": "x"}])

    assert (choice.found, choice.missing) == ({}, {})


def test_index_by_name_keeps_all_clusters() -> None:
    """Clusters that share a name are indexed by ID."""
    records: list[Record] = [
        {"id": "c1", "name": "x"},
        {"id": "c2", "name": "y"},
        {"id": "c3", "name": "x"},
        {"id": "c4", "name": "x"},
    ]

    assert index_by_name(records) == {"c1": records[0], "y": records[1], "c3": records[2], "c4": records[3]}


# Filters


@pytest.mark.parametrize("group", ["team-b", "1f1e2d3c4b5a69788796a5b4c3d2e1f0"])
def test_a_resource_group_can_be_filtered_by_name_and_id(dev: Containers, group: str) -> None:
    records = Filters(resource_group=group).apply(list_all(dev, USUAL, FLEET))

    assert {record["id"] for record in records} == {
        "a3shop0test000000000",
        "a5mesh0dev0000000000",
        "b1private0dev0000000",
    }


def test_a_resource_group_without_clusters_is_an_error(dev: Containers) -> None:
    """I60: the error lists the resource groups that contain clusters."""
    with pytest.raises(LookupFailed, match="No cluster is in resource group team-c") as caught:
        Filters(resource_group="team-c").apply(list_all(dev, USUAL, FLEET))

    assert (caught.value.kind, caught.value.hint) == ("not_found", "Resource groups with clusters: default, team-b.")


def test_an_account_without_clusters_is_not_an_error() -> None:
    """Without clusters, the lists do not show whether the resource group exists."""
    assert Filters(resource_group="team-b").apply([]) == []


RECORDS: list[Record] = [
    {
        "id": "c1",
        "resourceGroupName": "a",
        "region": "us-south",
        "type": "kubernetes",
        "state": "normal",
        "masterKubeVersion": "1.33.4_1543",
    },
    {"id": "c2", "region": "eu-de", "type": "openshift", "state": "normal", "masterKubeVersion": "4.17.9_openshift"},
    {"id": "c3", "region": "eu-de", "type": "kubernetes", "state": "deploying", "masterKubeVersion": "1.3.0"},
    {"id": "c4", "region": None, "type": "kubernetes"},
]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param(Filters(), ["c1", "c2", "c3", "c4"], id="nothing-said"),
        pytest.param(Filters(regions=["eu-de"]), ["c2", "c3"], id="region"),
        pytest.param(Filters(regions=["eu-de", "us-south"]), ["c1", "c2", "c3"], id="regions"),
        pytest.param(Filters(type="kubernetes"), ["c1", "c3", "c4"], id="type"),
        pytest.param(Filters(states=["normal"]), ["c1", "c2"], id="state"),
        pytest.param(Filters(states=["normal", "deploying"]), ["c1", "c2", "c3"], id="states"),
        pytest.param(Filters(version="1.33"), ["c1"], id="minor-version"),
        pytest.param(Filters(version="1.33.4_1543"), ["c1"], id="whole-version"),
        pytest.param(Filters(version="1"), ["c1", "c3"], id="major-version"),
        pytest.param(Filters(version="4"), ["c2"], id="version-of-OpenShift"),
        pytest.param(Filters(version="1.3"), ["c3"], id="1.3-is-not-1.33"),
        pytest.param(Filters(version="33"), [], id="not-in-the-middle"),
        pytest.param(Filters(version="1.3.."), [], id="a-dot-is-a-dot"),
        pytest.param(Filters(regions=["eu-de"], type="openshift", states=["normal"]), ["c2"], id="all-must-fit"),
        pytest.param(Filters(regions=["us-east"]), [], id="none-fits"),
        pytest.param(Filters(resource_group="a", regions=["eu-de"]), [], id="none-of-the-group-fits"),
    ],
)
def test_filters_select_clusters(filters: Filters, found: list[str]) -> None:
    """The result keeps the order of the records."""
    assert [record["id"] for record in filters.apply(RECORDS)] == found


def test_filters_are_read_from_options() -> None:
    """Unset options do not filter clusters."""
    empty = FilterOptions({"resource_group": "", "regions": (), "type": "", "states": (), "version": ""})
    given: dict[str, t.Any] = {
        "resource_group": "a",
        "regions": ["eu-de"],
        "type": "openshift",
        "states": ["normal"],
        "version": "4.17",
    }

    assert Filters.from_options(empty, CURRENT) == Filters()
    assert Filters.from_options(FilterOptions(given), CURRENT) == Filters(**{**given, "regions": ("eu-de",)})
    # In API generation 2020, this region has a different name.
    assert Filters.from_options(FilterOptions(given), GENERATIONS["2020"]).regions == ("eu-central",)


def test_records_are_not_looked_up() -> None:
    """Records and names can be combined. A record without an ID is an error."""
    record: Record = {"id": "c1", "name": "x", "extra": 1}
    other: Record = {"id": "c2", "name": "x"}

    assert resolve_clusters([record, other, record], _no_list).found == {"x": record, "c2": other}
    assert resolve_clusters([record, "y"], lambda names: [{"id": "c3", "name": names[0]}]).found.keys() == {"x", "y"}
    with pytest.raises(InputError, match=r"clusters\[1\] has no id"):
        resolve_clusters([record, {"name": "y"}], _no_list)


def _no_list(_names: list[str]) -> list[Record]:
    raise AssertionError("no list was needed")


UNSEEN = "If the name is correct, the cluster is in another account, or you lack the Viewer platform role on it."
CLUSTERS: list[dict[str, t.Any]] = [
    {"id": "c1", "name": "shop-dev", "provider": "classic", "resourceGroupName": "default"},
    {"id": "c2", "name": "shop-test", "provider": "vpc-gen2", "resourceGroupName": "default"},
    {"id": "c3", "name": "shop-test", "provider": "vpc-gen2", "resourceGroupName": "team-b"},
    {"id": "c4", "name": "c1", "provider": "classic"},
]


@pytest.mark.parametrize(
    ("cluster", "ids"),
    [("shop-dev", ["c1"]), ("c2", ["c2"]), ("shop-test", ["c2", "c3"]), ("c1", ["c1"]), ("gone", []), ("", [])],
)
def test_matching_clusters_are_found_by_name_and_id(cluster: str, ids: list[str]) -> None:
    """IDs take precedence over names."""
    assert [record["id"] for record in matching_clusters(CLUSTERS, cluster)] == ids


def test_a_record_that_occurs_twice_is_not_ambiguous() -> None:
    assert find_cluster([*CLUSTERS, CLUSTERS[0]], "c1")["id"] == "c1"


@pytest.mark.parametrize(
    ("records", "cluster", "kind", "line"),
    [
        pytest.param(
            CLUSTERS,
            "shop-test",
            "ambiguous",
            "2 clusters are named shop-test: c2 (resource group default, vpc-gen2), "
            "c3 (resource group team-b, vpc-gen2). Use the ID of one of these clusters, "
            "or set resource_group in ibmcloud.kubernetes.cluster_info.",
            id="F91-twins",
        ),
        pytest.param(
            CLUSTERS,
            "shop-dve",
            "not_found",
            f"No cluster shop-dve was found. Did you mean: shop-dev, shop-test? {UNSEEN}",
            id="mistyped",
        ),
        pytest.param(
            CLUSTERS,
            "zzz",
            "not_found",
            "No cluster zzz was found. 4 clusters were found, but none has a similar name. To list them: "
            f"ansible-playbook ibmcloud.kubernetes.fleet_report. {UNSEEN}",
            id="nothing-similar",
        ),
        pytest.param(
            [],
            "x",
            "not_found",
            "No cluster x was found. This account has no clusters that are visible to you.",
            id="none",
        ),
    ],
)
def test_no_cluster_or_several_clusters_are_an_error(
    records: list[dict[str, t.Any]], cluster: str, kind: str, line: str
) -> None:
    """The error lists the matching IDs or similar names."""
    with pytest.raises(LookupFailed) as caught:
        find_cluster(records, cluster)

    assert (caught.value.kind, str(caught.value)) == (kind, line)
