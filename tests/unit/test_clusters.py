# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what people call a cluster to the service's record, with as few requests as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters import (
    every,
    ids,
    in_resource_group,
    listed,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._containers import Containers
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._errors import APIError, LookupFailed
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._tokens import BearerAuth
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http import Http

    from simulator import Simulator

USUAL = ("classic", "vpc-gen2")
LEGACY = "0123456789abcdef0123456789abcdef"
SHOP = "a1shop0dev0000000000"
EDGE = "a6edge0dev0000000000"
CLASSIC, VPC, SATELLITE = (f"/global/v2/{name}/getClusters" for name in ("classic", "vpc", "satellite"))


@pytest.fixture
def dev(fleet: Simulator, fleet_http: Http) -> Containers:
    token = Iam(fleet_http, fleet.iam_url).api_key("not-a-real-key/ada+dev=")
    fleet._running.log.reset()
    return Containers(fleet_http, fleet.containers_url, BearerAuth(lambda: token.access))


def _paths(fleet: Simulator) -> list[str]:
    return [entry.path for entry in fleet.requests]


def test_all_lists_in_one(fleet: Simulator, dev: Containers) -> None:
    """One request for each provider, also for one that is named twice."""
    records = every(dev, [*USUAL, "classic"])

    assert _paths(fleet) == [CLASSIC, VPC]
    assert len(records) == 10


def test_one_list_that_fails_fails_the_whole(http: Http) -> None:
    """F92: half a list would look like a whole one."""
    with Loopback(answer([{"id": "c1"}]), answer(status=403)) as server:
        with pytest.raises(APIError, match="list the vpc-gen2 clusters failed"):
            every(Containers(http, server.url, BearerAuth(lambda: "t")), USUAL)

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
def test_which_lists_are_read(
    fleet: Simulator, dev: Containers, providers: list[str] | None, wanted: list[str], paths: list[str]
) -> None:
    """The usual ones; the Satellite list only after a miss; those that were chosen and no other."""
    records = listed(dev, providers, wanted)

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
        pytest.param(["shop-dev", SHOP], {"shop-dev": SHOP, SHOP: SHOP}, [CLASSIC, VPC], id="I40-name-and-ID"),
        pytest.param(
            ["edge-dev", "shop-dev"],
            {"edge-dev": EDGE, "shop-dev": SHOP},
            [CLASSIC, VPC, SATELLITE],
            id="satellite-only-where-it-is-needed",
        ),
    ],
)
def test_ids(fleet: Simulator, dev: Containers, wanted: list[str], found: dict[str, str], paths: list[str]) -> None:
    """Any number of names costs one round of lists; the order is that of the question."""
    result = ids(dev, wanted)

    assert list(result.items()) == list(found.items())
    assert _paths(fleet) == paths


@pytest.mark.parametrize("name", ["c9k2m7q10h4v3o8s6t5g", "1abc123b123b124ab1234a1a12a12a12"])
def test_a_name_in_the_shape_of_an_id_is_a_name(http: Http, name: str) -> None:
    """Only the lists know which is which; an ID wins over a name."""
    auth = BearerAuth(lambda: "t")
    with Loopback(answer([{"id": "found", "name": name}]), answer([])) as server:
        assert ids(Containers(http, server.url, auth), [name]) == {name: "found"}
    with Loopback(answer([{"id": "found", "name": name}]), answer([{"id": name, "name": "other"}])) as server:
        assert ids(Containers(http, server.url, auth), [name]) == {name: name}


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("shop-test", "ambiguous", "2 clusters are named shop-test: a2shop0test000000000 (resource group default"),
        ("shop-prod", "not_found", "No cluster shop-prod was found. Did you mean: shop-"),
    ],
)
def test_names_that_do_not_say_which(fleet: Simulator, dev: Containers, name: str, kind: str, text: str) -> None:
    """F91: the IDs are named, or what is similar; clusters of other accounts are not there."""
    with pytest.raises(LookupFailed) as caught:
        ids(dev, ["shop-dev", name])

    assert caught.value.kind == kind
    assert text in str(caught.value)


@pytest.mark.parametrize("group", ["team-b", "1f1e2d3c4b5a69788796a5b4c3d2e1f0"])
def test_a_resource_group(dev: Containers, group: str) -> None:
    """By name or ID."""
    records = in_resource_group(every(dev, USUAL), group)

    assert {record["id"] for record in records} == {
        "a3shop0test000000000",
        "a5mesh0dev0000000000",
        "b1private0dev0000000",
    }


def test_a_resource_group_without_clusters(dev: Containers) -> None:
    """I60: those that have some are named."""
    with pytest.raises(LookupFailed, match="No cluster is in resource group team-c") as caught:
        in_resource_group(every(dev, USUAL), "team-c")

    assert (caught.value.kind, caught.value.hint) == ("not_found", "There are clusters in: default, team-b.")


def test_an_account_without_clusters() -> None:
    """Nothing to find is no mistake in the group's name."""
    assert in_resource_group([], "team-b") == []
