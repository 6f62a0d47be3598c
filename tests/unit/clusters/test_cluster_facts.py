# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a service's answer to the documented result."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.cluster_facts import (
    cluster_facts,
    final_state,
    find_cluster,
    is_usable,
    master_url,
    matching_clusters,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError, LookupFailed
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.tokens import Claims, Token, token_facts
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.account_selection import (
    account_facts,
    choose_account,
    find_account,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, OTHER_ACCOUNT, jwt


def test_token_facts_are_option_names_of_the_next_module() -> None:
    """Everything that there is, with the ID token's own end."""
    id_token = jwt(exp=1767607683)
    claims = Claims(ACCOUNT, "IBMid-1")
    token = Token(
        "a", "r", "d", id_token, expires_in=3600, expiration=1767611283, claims=claims, kubernetes_refresh="k"
    )

    assert token_facts(token) == {
        "access_token": "a",
        "refresh_token": "r",
        "id_token": id_token,
        "kubernetes_refresh_token": "k",
        "token_type": "Bearer",
        "expires_in": 3600,
        "expiration": 1767611283,
        "expires_at": "2026-01-05T11:08:03Z",
        "id_token_expires_at": "2026-01-05T10:08:03Z",
        "account_id": ACCOUNT,
        "iam_id": "IBMid-1",
    }


def test_token_facts_leave_out_what_there_is_none_of() -> None:
    """No empty refresh token, no account of an unbound token."""
    facts = token_facts(Token("a", expires_in=1, expiration=NOW))

    assert set(facts) == {"access_token", "token_type", "expires_in", "expiration", "expires_at"}


RECORD: dict[str, t.Any] = {
    "metadata": {"guid": ACCOUNT, "url": "/x"},
    "entity": {"name": "Dev", "state": "ACTIVE", "type": "TRIAL", "owner": "o"},
}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(
            RECORD, {"id": ACCOUNT, "name": "Dev", "state": "ACTIVE", "type": "TRIAL", **RECORD}, id="everything"
        ),
        pytest.param(
            {"metadata": None, "entity": "x"},
            {"id": None, "name": None, "state": None, "type": None, "metadata": {}, "entity": {}},
            id="wrong-types",
        ),
    ],
)
def test_account_facts(record: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    """ID, name, state and type at hand, and the service's own parts unchanged."""
    assert account_facts(record) == expected


PUBLIC, PRIVATE, VPE = "https://pub.example:1", "https://priv.example:2", "https://vpe.example:3"
NESTED: dict[str, t.Any] = {
    "publicServiceEndpointEnabled": True,
    "publicServiceEndpointURL": PUBLIC,
    "privateServiceEndpointEnabled": True,
    "privateServiceEndpointURL": PRIVATE,
}


@pytest.mark.parametrize(
    ("record", "endpoints", "master"),
    [
        pytest.param(
            {"masterURL": PUBLIC, "serviceEndpoints": NESTED, "virtualPrivateEndpointURL": VPE},
            (PUBLIC, PRIVATE, VPE),
            PUBLIC,
            id="VPC",
        ),
        pytest.param({"masterURL": PUBLIC, **NESTED}, (PUBLIC, PRIVATE, None), PUBLIC, id="classic"),
        pytest.param({"masterURL": PUBLIC}, (None, None, None), PUBLIC, id="list-entry"),
        pytest.param(
            {"serviceEndpoints": {**NESTED, "publicServiceEndpointEnabled": False}},
            (None, PRIVATE, None),
            PRIVATE,
            id="public-disabled",
        ),
        pytest.param(
            {"serviceEndpoints": {"publicServiceEndpointURL": PUBLIC}}, (PUBLIC, None, None), PUBLIC, id="no-flags"
        ),
        pytest.param(
            {**NESTED, "serviceEndpoints": {**NESTED, "publicServiceEndpointEnabled": False}},
            (None, PRIVATE, None),
            PRIVATE,
            id="disabled-below-and-enabled-above",
        ),
        pytest.param(
            {"privateServiceEndpointEnabled": False, "serviceEndpoints": NESTED},
            (PUBLIC, None, None),
            PUBLIC,
            id="enabled-below-and-disabled-above",
        ),
        pytest.param(
            {"serviceEndpoints": {"publicServiceEndpointURL": ""}, "publicServiceEndpointURL": PUBLIC},
            (PUBLIC, None, None),
            PUBLIC,
            id="empty-below-and-set-above",
        ),
        pytest.param({"serverURL": PRIVATE, "masterURL": ""}, (None, None, None), PRIVATE, id="old-API"),
        pytest.param({"serverURL": PRIVATE, "masterURL": PUBLIC}, (None, None, None), PUBLIC, id="both-APIs"),
        pytest.param({"masterURL": f" {PUBLIC}\n"}, (None, None, None), PUBLIC, id="blanks"),
        pytest.param(
            {"masterURL": None, "serviceEndpoints": None, "virtualPrivateEndpointURL": ""},
            (None, None, None),
            None,
            id="none-yet",
        ),
        pytest.param({"masterURL": 7, "serviceEndpoints": []}, (None, None, None), None, id="wrong-types"),
    ],
)
def test_cluster_facts(
    record: dict[str, t.Any], endpoints: tuple[str | None, str | None, str | None], master: str | None
) -> None:
    """The record unchanged, plus its endpoints from wherever they stand and the address that it is called at."""
    facts = cluster_facts({"id": "c1", **record})

    assert facts["endpoints"] == dict(zip(("public", "private", "vpe"), endpoints, strict=True))
    assert facts["master_url"] == master
    assert {name: facts[name] for name in record} == record


@pytest.mark.parametrize(
    ("endpoint", "url"), [("auto", PUBLIC), ("public", PUBLIC), ("private", PRIVATE), ("vpe", VPE)]
)
def test_the_chosen_endpoint(endpoint: str, url: str) -> None:
    """Each by its name; auto is the service's own choice."""
    facts = cluster_facts({"masterURL": PUBLIC, "serviceEndpoints": NESTED, "virtualPrivateEndpointURL": VPE})

    assert master_url(facts, endpoint) == url


@pytest.mark.parametrize("endpoint", ["private", "vpe"])
def test_another_endpoint_is_never_taken_in_place_of_the_chosen_one(endpoint: str) -> None:
    """F95: the error names what there is."""
    facts = cluster_facts({"name": "shop", "publicServiceEndpointURL": PUBLIC})

    with pytest.raises(InputError, match=f"Cluster shop has no {endpoint} endpoint") as caught:
        master_url(facts, endpoint)

    assert caught.value.hint == "It has: public."


@pytest.mark.parametrize("endpoint", ["auto", "public"])
@pytest.mark.parametrize(("state", "shown"), [("deploying", "deploying"), (None, "unknown")])
def test_a_cluster_without_any_address_is_not_ready(endpoint: str, state: str | None, shown: str) -> None:
    """F93: its state says why."""
    facts = cluster_facts({"id": "c1", "state": state})

    with pytest.raises(LookupFailed, match=f"Cluster c1 has no masterURL; its state is {shown}") as caught:
        master_url(facts, endpoint)

    assert caught.value.kind == "not_ready"


FINAL = ("aborted", "deleted", "deleting", "delete_failed", "deploy_failed")
HEALTHY = {"masterState": "deployed", "masterHealth": "normal"}


@pytest.mark.parametrize("endpoint", ["auto", "public"])
@pytest.mark.parametrize("state", FINAL)
def test_a_cluster_that_will_never_have_an_address(endpoint: str, state: str) -> None:
    """The hint does not tell the user to wait."""
    with pytest.raises(LookupFailed, match=f"Cluster c1 has no masterURL; its state is {state}") as caught:
        master_url(cluster_facts({"id": "c1", "state": state}), endpoint)

    assert caught.value.kind == "not_ready"
    assert caught.value.hint.startswith("A cluster in this state does not become ready.")


@pytest.mark.parametrize(
    ("record", "usable"),
    [
        *[pytest.param({"state": state}, True, id=state) for state in ("normal", "warning", "unsupported")],
        *[
            pytest.param({"state": state}, False, id=f"{state}-alone")
            for state in ("critical", "deploying", "pending", "requested", "updating", "new-state", None, ["normal"])
        ],
        *[
            pytest.param({"state": state, "lifecycle": HEALTHY}, True, id=f"{state}-healthy")
            for state in ("critical", "pending", "updating", None)
        ],
        pytest.param({"state": "pending", **HEALTHY}, True, id="v1"),
        *[
            pytest.param({"state": "critical", "lifecycle": {**HEALTHY, **other}}, False, id=f"critical-{other}")
            for other in ({"masterHealth": "error"}, {"masterState": "updating"}, {"masterState": ["deployed"]})
        ],
        pytest.param({"state": "critical", "lifecycle": "deployed"}, False, id="lifecycle-is-text"),
        pytest.param({"state": "normal", "masterURL": None}, False, id="no-address"),
        pytest.param({"state": "normal", "masterURL": " "}, False, id="blank-address"),
    ],
)
def test_a_cluster_that_can_be_used(record: dict[str, t.Any], usable: bool) -> None:
    """It has a URL, and a state in which its API responds; else the state of its master decides."""
    assert is_usable(cluster_facts({"masterURL": PUBLIC, **record})) is usable


@pytest.mark.parametrize(
    ("record", "state"),
    [
        *[pytest.param({"state": state}, state, id=state) for state in FINAL],
        *[
            pytest.param({"state": "pending", "lifecycle": {"masterState": state}}, state, id=f"master-{state}")
            for state in ("deleting", "delete_failed", "deploy_failed")
        ],
        pytest.param({"state": "deploying", "masterState": "deploy_failed"}, "deploy_failed", id="v1"),
        *[
            pytest.param({"state": state}, "", id=f"{state}-is-not")
            for state in ("critical", "deploying", "normal", "pending", "requested", "updating", "unsupported", None)
        ],
        *[
            pytest.param({"state": "normal", "lifecycle": {"masterState": state}}, "", id=f"master-{state}-is-not")
            for state in ("update_failed", "update_cancelled", "scaled down", None, ["deleting"])
        ],
    ],
)
def test_a_state_that_never_becomes_ready(record: dict[str, t.Any], state: str) -> None:
    assert final_state(record) == state


LINK = "c03.private.eu-gb.link.satellite.cloud.ibm.com:32835"
HOST = "us-south.containers.cloud.ibm.com:30422"


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        pytest.param(
            f"https://c111.private.{HOST}", "openshift", f"https://c111-e.private.{HOST}", id="private-OpenShift"
        ),
        pytest.param(f"https://c111-e.private.{HOST}", "openshift", f"https://c111-e.private.{HOST}", id="has-it"),
        pytest.param(
            f"https://C111.Private.{HOST.upper()}",
            "openshift",
            f"https://C111-e.Private.{HOST.upper()}",
            id="upper-case",
        ),
        pytest.param(
            "https://c9.private.sjc03.containers.cloud.ibm.com:2",
            "openshift",
            "https://c9-e.private.sjc03.containers.cloud.ibm.com:2",
            id="zone",
        ),
        pytest.param(f"https://{LINK}", "openshift", f"https://{LINK}", id="Satellite-Link"),
        pytest.param("https://c1.private.example", "openshift", "https://c1.private.example", id="other-domain"),
        pytest.param(f"https://c111.private.{HOST}", "kubernetes", f"https://c111.private.{HOST}", id="Kubernetes"),
        pytest.param(f"https://c111.private.{HOST}", None, f"https://c111.private.{HOST}", id="no-type"),
        pytest.param(f"https://c111.{HOST}", "openshift", f"https://c111.{HOST}", id="public"),
        pytest.param(f"https://c111-e.{HOST}", "openshift", f"https://c111-e.{HOST}", id="public-that-has-it"),
        pytest.param(f"https://x1.private.{HOST}", "openshift", f"https://x1.private.{HOST}", id="other-name"),
        pytest.param(f"https://c1.x.private.{HOST}", "openshift", f"https://c1.x.private.{HOST}", id="further-right"),
    ],
)
@pytest.mark.parametrize("endpoint", ["auto", "private"])
def test_the_private_name_with_a_signed_certificate(url: str, kind: str | None, expected: str, endpoint: str) -> None:
    """IBM's own clients call OpenShift clusters under it; the service's records have the other one."""
    facts = cluster_facts({"type": kind, "masterURL": url, "privateServiceEndpointURL": url})

    assert master_url(facts, endpoint) == expected
    assert facts["masterURL"] == url


DEV: dict[str, t.Any] = {"id": ACCOUNT, "name": "Dev"}
PROD: dict[str, t.Any] = {"id": OTHER_ACCOUNT, "name": "Prod"}
TWIN: dict[str, t.Any] = {"id": "3" * 32, "name": "Prod"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [DEV, PROD, TWIN]),
        ({"account_id": OTHER_ACCOUNT}, [PROD]),
        ({"account_id": "0" * 32}, []),
        ({"name": "Prod"}, [PROD, TWIN]),
        ({"name": "prod"}, []),
        ({"account_id": ACCOUNT, "name": "Prod"}, [DEV]),
    ],
)
def test_choose_account(wanted: dict[str, str], expected: list[dict[str, t.Any]]) -> None:
    """By ID, by exact name, or all."""
    assert choose_account([DEV, PROD, TWIN], **wanted) == expected


@pytest.mark.parametrize(
    ("accounts", "wanted"), [([DEV], {}), ([DEV, PROD], {"name": "Dev"}), ([DEV, PROD], {"account_id": ACCOUNT})]
)
def test_the_only_account(accounts: list[dict[str, t.Any]], wanted: dict[str, str]) -> None:
    """Its ID, when there is exactly one."""
    assert find_account(accounts, **wanted) == ACCOUNT


@pytest.mark.parametrize(
    ("accounts", "wanted", "kind", "line"),
    [
        pytest.param([], {}, "not_found", "This identity has no accounts", id="F86-none"),
        pytest.param(
            [DEV],
            {"name": "Lab"},
            "not_found",
            f"No account Lab is visible to this identity. It has: Dev ({ACCOUNT}).",
            id="F89-other-name",
        ),
        pytest.param(
            [DEV, PROD],
            {},
            "ambiguous",
            f"This identity has 2 accounts: Dev ({ACCOUNT}), Prod ({OTHER_ACCOUNT}). "
            "Set account_id to one of these IDs.",
            id="F87-several",
        ),
        pytest.param(
            [DEV, PROD, TWIN],
            {"name": "Prod"},
            "ambiguous",
            f"2 accounts are named Prod: Prod ({OTHER_ACCOUNT}), Prod ({'3' * 32}). "
            "Set account_id to one of these IDs.",
            id="F88-twins",
        ),
    ],
)
def test_no_account_or_too_many(accounts: list[dict[str, t.Any]], wanted: dict[str, str], kind: str, line: str) -> None:
    """Never the first one: the candidates are named with their IDs."""
    with pytest.raises(LookupFailed) as caught:
        find_account(accounts, **wanted)

    assert (caught.value.kind, str(caught.value)) == (kind, line)


def test_not_more_than_ten_accounts_are_shown() -> None:
    """A list of hundreds of accounts does not help users."""
    accounts: list[dict[str, t.Any]] = [{"id": f"id{number:02}", "name": "n"} for number in range(11)]

    with pytest.raises(LookupFailed) as caught:
        find_account(accounts)

    assert "id09" in str(caught.value)
    assert "id10" not in str(caught.value)


UNSEEN = "If the name is right, it is in another account, or you lack the Viewer platform role on it."
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
def test_matching_clusters(cluster: str, ids: list[str]) -> None:
    """An ID wins over a name; a name may be there twice."""
    assert [record["id"] for record in matching_clusters(CLUSTERS, cluster)] == ids


def test_a_cluster_that_two_lists_hold_is_one() -> None:
    """The same ID twice is no ambiguity."""
    assert find_cluster([*CLUSTERS, CLUSTERS[0]], "c1")["id"] == "c1"


@pytest.mark.parametrize(
    ("records", "cluster", "kind", "line"),
    [
        pytest.param(
            CLUSTERS,
            "shop-test",
            "ambiguous",
            "2 clusters are named shop-test: c2 (resource group default, vpc-gen2), "
            "c3 (resource group team-b, vpc-gen2). Set cluster to the ID of one of them, "
            "or find it with the resource_group of ibmcloud.kubernetes.cluster_info.",
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
            f"No cluster zzz was found. Did you mean: c1, shop-dev, shop-test? {UNSEEN}",
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
def test_no_cluster_or_too_many(records: list[dict[str, t.Any]], cluster: str, kind: str, line: str) -> None:
    """Never the first one: IDs are named, or names that are similar."""
    with pytest.raises(LookupFailed) as caught:
        find_cluster(records, cluster)

    assert (caught.value.kind, str(caught.value)) == (kind, line)
