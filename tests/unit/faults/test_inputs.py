# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs I29 to I42 and I60: accounts and clusters. The tests of the playbooks cover I62 and I63."""

from __future__ import annotations

import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import (
    ACCOUNT,
    OTHER_ACCOUNT,
    access_token,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import attempt
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import BEARER, TOKENS, Endpoint
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.inputs import (
    KEY,
    Given,
    accepted,
    form,
    places,
    refused,
    run_input,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import case, row
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.stage import Stage, record
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

SIGNED_IN: Given = {"access_token": BEARER}
CHARACTERS = (
    "is not a valid cluster name or ID. Use 1 to 255 letters, digits, spaces, dots, underscores, colons or hyphens."
)

# Accounts


@pytest.mark.parametrize(
    ("given", "text"),
    [
        row("I30", {"account_id": "a1b2"}, "account_id must be 32 hexadecimal digits, not 'a1b2'", name="short"),
        row("I30", {"account_id": f"{ACCOUNT}0"}, f"not '{ACCOUNT}0'", name="long"),
        row(
            "I30",
            {"account_id": "g" * 32},
            f"account_id must be 32 hexadecimal digits, not '{'g' * 32}'",
            name="no-hex",
        ),
        row("I30", {"account_id": "x" * 10_000}, f"not '{'x' * 80}'", name="10kB"),
        row("I32", {"account_id": ACCOUNT, "account": "Dev"}, "account_id and account are mutually exclusive"),
    ],
)
def test_invalid_accounts_are_rejected(given: Given, text: str) -> None:
    """An account is not a secret, so the message contains the value."""
    assert text in refused("iam_token", {"ibmcloud_api_key": KEY, **given})


@pytest.mark.parametrize(
    ("given", "account"),
    [
        # Empty strings are treated as unset, so that empty fields in AWX have no effect.
        row("I29", {"account_id": ""}, None, name="empty"),
        row("I29", {"account_id": " \t"}, None, name="blanks"),
        row("I31", {"account_id": ACCOUNT.upper()}, ACCOUNT),
        row("I31", {"bss_account": ACCOUNT.upper()}, ACCOUNT, name="alias"),
    ],
)
def test_valid_accounts_are_sent(given: Given, account: str | None) -> None:
    _result, (seen,) = accepted("iam_token", {"passcode": "code", **given})

    assert form(seen).get("account") == account


@case("I33")
def test_i33_a_key_of_another_account_is_rejected() -> None:
    """The response to the login contains the key's account, and no other request is sent."""
    with Loopback(answer({**TOKENS, "access_token": access_token(OTHER_ACCOUNT)})) as server:
        result = run_input("cluster_info", {"ibmcloud_api_key": KEY, "account_id": ACCOUNT}, places(server))

        assert [seen.target for seen in server.seen] == ["/identity/token"]
    assert result["error"]["kind"] == "auth"
    assert f"The API key belongs to account {OTHER_ACCOUNT}, but account {ACCOUNT} was requested" in result["msg"]


# Clusters


@pytest.mark.parametrize(
    ("module", "given", "text"),
    [
        row("I34", "cluster_rbac_sync", {"cluster": ""}, "Set cluster or clusters", name="empty"),
        row("I34", "cluster_rbac_sync", {"cluster": " "}, "Set cluster or clusters", name="blanks"),
        row("I34", "cluster_rbac_sync", {"cluster": "\n"}, "Set cluster or clusters", name="line-end"),
        row("I34", "cluster_login", {"cluster": " \n"}, "Set cluster or clusters", name="blank-cluster_login"),
        row("I34", "cluster_info", {"cluster": "shop\ndev"}, f"cluster {CHARACTERS}", name="two-lines"),
        *[
            # Cluster names cannot contain these characters, so no request is sent.
            row("I35", "cluster_info", {"cluster": f"a{text}b"}, f"cluster {CHARACTERS}", name=f"{ord(text[0]):x}")
            for text in ("&", "=", "#", "?", "/", "%2f", "\\")
        ],
        row("I36", "cluster_info", {"cluster": "\U0001f6a2"}, f"cluster {CHARACTERS}", name="emoji"),
        row("I36", "cluster_info", {"cluster": "a\u200fb"}, f"cluster {CHARACTERS}", name="right-to-left"),
        row("I36", "cluster_info", {"cluster": "a\x00b"}, f"cluster {CHARACTERS}", name="NUL"),
        row("I37", "cluster_info", {"cluster": "a" * 300}, f"cluster {CHARACTERS}", name="300"),
        row("I37", "cluster_info", {"cluster": "a" * 256}, f"cluster {CHARACTERS}", name="256"),
        row(
            "I42",
            "cluster_rbac_sync",
            {"clusters": ["a", None]},
            "clusters[1] is not a valid cluster name or ID",
            name="null",
        ),
        row("I42", "cluster_rbac_sync", {"clusters": ["a", {"name": "b"}]}, "clusters[1] has no id", name="dict"),
        row("I42", "cluster_info", {"clusters": [["a"], "b"]}, f"clusters[0] {CHARACTERS}", name="list"),
        row("I42", "cluster_login", {"clusters": ["a", "b", " "]}, f"clusters[2] {CHARACTERS}", name="blank"),
    ],
)
def test_invalid_clusters_are_rejected(module: str, given: Given, text: str) -> None:
    """The message contains the option's name. For a list, the message also contains the index."""
    assert text in refused(module, {**SIGNED_IN, **given})


@case("I35")
def test_i35_parameters_are_encoded() -> None:
    """A name from a response must not add parameters to another request."""
    text = "a&b=c#d?e/f%2fg..\u00fc\U0001f6a2"
    auth = BearerAuth(lambda: BEARER)
    look = Endpoint("E4", lambda http, url: Containers(http, url, auth).cluster(text), {"id": text})
    with Loopback(answer(look.good)) as server:
        assert attempt(look, server.url, timeout=5.0).kind == "ok"
        path, _mark, query = server.seen[0].target.partition("?")

    assert (path, urllib.parse.parse_qsl(query)) == ("/v2/getCluster", [("cluster", text)])


SHOP, MESH = "c9f8e7d6c5b4a3928170", "c0a1b2c3d4e5f6a7b8c9"


@pytest.mark.parametrize(
    ("clusters", "found"),
    [
        row("I38", [], [], name="none"),
        row("I39", ["shop", "shop", "mesh", "shop"], ["shop", "mesh"], name="names"),
        row("I39", [SHOP, SHOP], [SHOP], name="IDs"),
        row("I40", ["shop", SHOP], ["shop"], name="name-first"),
        row("I40", [SHOP, "mesh", "shop"], [SHOP, "mesh"], name="ID-first"),
        row("I41", "shop", ["shop"], name="text"),
        row("I41", "shop,mesh", ["shop", "mesh"], name="text-with-comma"),
        row("I41", " shop ", ["shop"], name="blanks"),
    ],
)
@pytest.mark.parametrize("module", ["cluster_info", "cluster_rbac_sync"])
def test_valid_clusters_are_processed(module: str, clusters: t.Any, found: list[str]) -> None:
    """Each cluster is processed once, under the name or ID that was given first. For an empty list, no request is sent."""
    known = [record(SHOP), record(MESH, name="mesh")]
    with Stage(vpc=answer(known, keep=True)) as stage:
        result = run_input(module, {**SIGNED_IN, "clusters": clusters}, places(stage.server))

        assert stage.calls.count("vpc") == bool(found)
        assert stage.calls.count("getRBACStatus") == (len(found) if module == "cluster_rbac_sync" else 0)
        assert found or stage.server.connections == 0
    assert "failed" not in result, result
    assert [entry["cluster"] for entry in result["clusters"]] == found
    assert result["changed"] is False


@case("I38")
def test_i38_a_login_to_no_clusters_sends_no_request() -> None:
    """The list from an AWX survey can be empty."""
    result, seen = accepted("cluster_login", {**SIGNED_IN, "clusters": []})

    assert (result["changed"], result["clusters"], seen) == (False, [], [])


@case("I34")
def test_i34_a_line_end_after_a_name_is_removed() -> None:
    """An empty name is treated as unset, so cluster_info returns all clusters."""
    for given, names in (({"cluster": "shop\n"}, ["shop"]), ({"cluster": ""}, ["shop", "mesh"])):
        known = [record(SHOP), record(MESH, name="mesh")]
        with Stage(vpc=answer(known, keep=True)) as stage:
            result = run_input("cluster_info", {**SIGNED_IN, **given}, places(stage.server))
        assert [cluster["name"] for cluster in result["clusters"]] == names


@case("I60")
def test_i60_an_unknown_resource_group_is_an_error() -> None:
    """The message lists the resource groups that contain clusters."""
    known = [record(SHOP), record(MESH, name="mesh", resourceGroupName="team-b")]
    with Stage(vpc=answer(known, keep=True)) as stage:
        result = run_input("cluster_info", {**SIGNED_IN, "resource_group": "team-c"}, places(stage.server))

    assert result["error"]["kind"] == "not_found"
    assert "No cluster is in resource group team-c. Resource groups with clusters: default, team-b." in result["msg"]


@pytest.mark.parametrize(
    ("given", "filters"),
    [
        row("I60", {"resource_group": "team-b"}, "resource_group=team-b", name="group"),
        row("I60", {"regions": ["eu-de"], "type": "openshift"}, "regions=eu-de, type=openshift", name="two"),
        row("I60", {"states": ["warning"], "version": "1.2"}, "states=warning, version=1.2", name="other-two"),
    ],
)
def test_a_cluster_that_filters_exclude(given: Given, filters: str) -> None:
    """A filter can come from the environment, so the message contains the filters."""
    known = [record(SHOP), record(MESH, name="mesh", resourceGroupName="team-b")]
    with Stage(vpc=answer(known, keep=True)) as stage:
        result = run_input("cluster_info", {**SIGNED_IN, "cluster": "shop", **given}, places(stage.server))

    assert result["error"]["kind"] == "not_found"
    hint = "Omit these filters. The environment variable IC_RESOURCE_GROUP also sets a filter."
    assert f"The filters exclude cluster shop: {filters}. {hint}" in result["msg"]
