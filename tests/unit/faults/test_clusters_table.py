# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of faults F91 to F96 and F112: ambiguous, incomplete and missing clusters, and check mode."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.account_info import MODULE as ACCOUNT_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE as CLUSTER_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_login import MODULE as CLUSTER_LOGIN
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE as CLUSTER_RBAC_SYNC
from ansible_collections.ibmcloud.kubernetes.plugins.modules.iam_token import MODULE as IAM_TOKEN
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import CLUSTER
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import case, row
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.stage import (
    FORBIDDEN,
    MASTER,
    UNKNOWN,
    Act,
    Stage,
    behave,
    defaults,
    fails,
    record,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

    from simulator import Simulator

OTHER = "c9f8e7d6c5b4a3928170"
LISTS = ["classic", "vpc"]


# The selected cluster


@pytest.mark.parametrize("module", [CLUSTER_INFO, CLUSTER_RBAC_SYNC], ids=lambda module: module.name)
@pytest.mark.parametrize(
    ("classic", "vpc", "group"),
    [
        row("F91", [], [record(), record(OTHER, resourceGroupName="team-b")], "team-b", name="two-groups"),
        row("F91", [record(provider="classic")], [record(OTHER)], "default", name="classic-and-vpc"),
    ],
)
def test_a_name_of_two_clusters_is_an_error(
    fake_time: FakeTime, module: Module, classic: list[t.Any], vpc: list[t.Any], group: str
) -> None:
    """The message contains the IDs and resource groups, and nothing is changed."""
    with Stage(classic=answer(classic, keep=True), vpc=answer(vpc, keep=True)) as stage:
        error = fails(module, stage, fake_time, cluster="shop")

        assert stage.calls == LISTS
    assert error.kind == "ambiguous"
    for name in (CLUSTER, OTHER, "resource group default", f"resource group {group}"):
        assert name in str(error)


@pytest.mark.parametrize(
    ("acts", "calls", "kind", "which"),
    [
        row("F92", {"vpc": FORBIDDEN}, ["classic", "vpc"], "permission", "vpc-gen2", name="403"),
        row("F92", {"vpc": answer(status=500)}, ["classic", *["vpc"] * 5], "server", "vpc-gen2", name="500"),
        row("F92", {"classic": FORBIDDEN}, ["classic", "vpc"], "permission", "classic", name="other-list"),
    ],
)
@pytest.mark.parametrize("given", [{}, {"cluster": "elsewhere"}], ids=["all", "one"])
def test_a_failed_list_is_an_error(
    fake_time: FakeTime, acts: dict[str, Act], calls: list[str], kind: str, which: str, given: dict[str, t.Any]
) -> None:
    """The cluster may be in the list that failed."""
    with Stage(**{name: answer([record()], keep=True) for name in LISTS} | acts) as stage:
        error = fails(CLUSTER_INFO, stage, fake_time, **given)

        assert stage.calls == calls
    assert (error.kind, error.partial()) == (kind, {})
    assert f"list the {which} clusters failed" in str(error)


@pytest.mark.parametrize("denied", [row("F92", name, name=f"found-beside-{name}") for name in LISTS])
def test_a_list_that_is_not_needed_can_be_denied(fake_time: FakeTime, denied: str) -> None:
    """An identity may have access to the clusters of only one provider."""
    with Stage(**{name: FORBIDDEN if name == denied else answer([record()], keep=True) for name in LISTS}) as stage:
        result = behave(CLUSTER_INFO, stage, fake_time, cluster="shop")

    assert result["cluster"]["id"] == CLUSTER


@pytest.mark.parametrize(
    "state",
    [row("F93", state, name=state) for state in ("deploying", "requested", "pending", "deleting", "critical")],
)
def test_a_new_cluster_without_an_endpoint_is_not_ready(fake_time: FakeTime, state: str) -> None:
    """Creating a cluster can take up to an hour, so modules wait only with wait=true."""
    early = record(state=state, masterURL=None)
    details = [answer(early, keep=True), answer(record(), keep=True)]
    with Stage(vpc=answer([early], keep=True), getCluster=details) as stage:
        error = fails(CLUSTER_INFO, stage, fake_time, cluster="shop", endpoint="auto")

        assert stage.calls == [*LISTS, "getCluster"]
        assert error.kind == "not_ready"
        assert f"its state is {state}" in str(error)
        assert (
            behave(CLUSTER_INFO, stage, fake_time, cluster="shop", endpoint="auto")["cluster"]["master_url"] == MASTER
        )


@pytest.mark.parametrize(
    "address",
    [
        row("F94", "missing", name="missing"),
        row("F94", None, name="null"),
        row("F94", "", name="empty"),
        row("F94", " ", name="blank"),
    ],
)
def test_a_cluster_with_an_empty_endpoint_is_not_ready(fake_time: FakeTime, address: str | None) -> None:
    """The message contains the cluster's state."""
    strange = record(masterURL=address)
    if address == "missing":
        del strange["masterURL"]
    with Stage(vpc=answer([strange], keep=True), getCluster=answer(strange, keep=True)) as stage:
        error = fails(CLUSTER_INFO, stage, fake_time, cluster="shop", endpoint="auto")

        assert stage.calls == [*LISTS, "getCluster"]
    assert error.kind == "not_ready"
    assert "Cluster shop has no masterURL; its state is normal" in str(error)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        row("F94", "http://127.0.0.1:{port}", "the URL uses http", name="http"),
        row("F94", "https://evil.example:{port}", "evil.example is not a host in the allowed", name="other-domain"),
        row("F94", "https://u:CANARYpasscode@127.0.0.1:{port}", "the URL contains user information", name="user"),
        row("F94", "https://127.0.0.1:{port}/path", "the URL has a path", name="path"),
        row("F94", "https://127.0.0.1:0", "the URL has no host, or no valid port", name="port-0"),
    ],
)
def test_no_token_is_sent_to_an_endpoint_outside_of_the_allowed_hosts(
    fake_time: FakeTime, address: str, problem: str
) -> None:
    """The kind of the error is "input", because the user can change allowed_hosts."""
    with Loopback() as decoy:
        strange = record(masterURL=address.format(port=decoy.port))
        with Stage(vpc=answer([strange], keep=True)) as stage:
            found = behave(CLUSTER_INFO, stage, fake_time, cluster="shop", endpoint="auto")
            token = jwt(exp=NOW + 1200, jti="CANARY-2")
            error = fails(CLUSTER_LOGIN, stage, fake_time, clusters=found["clusters"], id_token=token)

            assert stage.calls == LISTS
        assert decoy.connections == 0
    assert error.kind == "input"
    assert f"master_url cannot be used: {problem}" in str(error)
    assert "allowed_hosts" in str(error)


@case("F95")
def test_f95_a_disabled_endpoint_is_not_used(fake_time: FakeTime) -> None:
    """No other endpoint is used instead."""
    endpoints = {
        "publicServiceEndpointEnabled": True,
        "publicServiceEndpointURL": MASTER,
        "privateServiceEndpointEnabled": False,
        "privateServiceEndpointURL": "https://c1.private.us-south.containers.cloud.ibm.com:30001",
    }
    with Stage(getCluster=answer(record(serviceEndpoints=endpoints), keep=True)) as stage:
        error = fails(CLUSTER_INFO, stage, fake_time, cluster="shop", endpoint="private")

        assert stage.calls == [*LISTS, "getCluster"]
    assert "Cluster shop has no private endpoint. Available endpoints: public." in str(error)


@case("F96")
def test_f96_a_cluster_that_is_deleted_before_its_details_are_read_is_an_error(fake_time: FakeTime) -> None:
    """The message contains the cluster's ID and the error that the service returned."""
    with Stage(getCluster=UNKNOWN) as stage:
        error = fails(CLUSTER_INFO, stage, fake_time, cluster="shop", details=True)

        assert stage.calls == [*LISTS, "getCluster"]
    assert error.kind == "not_found"
    assert f"get cluster {CLUSTER} failed" in str(error)
    assert "G0004" in str(error)


# Check mode


@pytest.mark.parametrize(
    ("module", "given", "changed"),
    [
        row("F112", IAM_TOKEN, {"kubernetes_id_token": True}, False, name="iam_token"),
        row("F112", ACCOUNT_INFO, {}, False, name="account_info"),
        row("F112", CLUSTER_INFO, {"cluster": "shop-dev", "ca": True}, False, name="cluster_info"),
        row("F112", CLUSTER_RBAC_SYNC, {"cluster": "shop-dev"}, True, name="cluster_rbac_sync"),
        row("F112", CLUSTER_RBAC_SYNC, {"cluster": "legacy-dev"}, False, name="cluster_rbac_sync-in-step"),
        row("F112", CLUSTER_LOGIN, {"cluster": "legacy-dev"}, False, name="cluster_login"),
    ],
)
def test_check_mode_reads_and_predicts(
    fleet: Simulator, tmp_path: pathlib.Path, module: Module, given: dict[str, t.Any], changed: bool
) -> None:
    """The module reports the change that it would make, and sends only read requests."""
    folder = {"ca_folder": str(tmp_path / "ca")} if "ca_folder" in module.argument_spec else {}
    result, _secrets = execute(
        module,
        {**defaults(module), "retries": 0, **folder, **given},
        environ=fleet.env,
        check_mode=True,
        warn=lambda _text: None,
    )

    assert "failed" not in result, result
    assert result["changed"] is changed
    assert len(fleet.requests) >= 1
    assert {entry.method for entry in fleet.requests if entry.service == "containers"} <= {"GET"}
