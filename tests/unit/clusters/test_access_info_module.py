# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the ``cluster_access_info`` module with cluster names."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_access_info import MODULE

if t.TYPE_CHECKING:
    from simulator import Simulator


def _run(fleet: Simulator, *, check_mode: bool = False, **given: t.Any) -> dict[str, t.Any]:
    options = MODULE.argument_spec
    defaults = {name: option["default"] for name, option in options.items() if "default" in option}
    result, _secrets = execute(
        MODULE, {**defaults, "retries": 0, **given}, environ=fleet.env, check_mode=check_mode, warn=lambda _text: None
    )
    assert "eyJ" not in str(result)
    assert "sha256~" not in str(result)
    return result


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_cluster_can_be_given_by_name(fleet: Simulator, check_mode: bool) -> None:
    result = _run(fleet, cluster="legacy-dev", check_mode=check_mode)

    assert (result["changed"], result["failures"], result["authenticated"]) == (False, [], True)
    assert result["version"]["gitVersion"].startswith("v1.")
    (cluster,) = result["clusters"]
    assert cluster["cluster"] == "legacy-dev"
    assert cluster["authorized"] is result["authorized"]
    assert not any(entry.path.endswith("/applyRBAC") for entry in fleet.requests)


def test_no_request_is_sent_twice(fleet: Simulator) -> None:
    for name in ("shop-dev", "data-dev"):
        fleet.cluster(name).rbac.synchronized_for.add("IBMid-2700ABCDEF")
    result = _run(fleet, clusters=["shop-dev", "data-dev"])

    assert [entry["authorized"] for entry in result["clusters"]] == [True, True]
    asked = [
        (entry.service, entry.path.rpartition("/")[2]) for entry in fleet.requests if entry.service.endswith("-dev")
    ]
    assert [path for service, path in asked if service == "shop-dev"] == [
        "version",
        "selfsubjectreviews",
        "selfsubjectaccessreviews",
    ]
    assert [path for service, path in asked if service == "data-dev"][:-1] == [
        "oauth-authorization-server",
        "authorize",
        "version",
        "~",
        "selfsubjectaccessreviews",
    ]
    assert [entry.method for entry in fleet.requests if entry.service == "data-dev"][-1] == "DELETE"


def test_a_user_of_an_earlier_login_is_not_returned(fleet: Simulator) -> None:
    """A record from an earlier task can contain the keys user, version and authorized."""
    state = fleet.cluster("legacy-dev")
    record = {"id": state.cluster.id, "name": "legacy-dev", "user": "IAM#other", "version": "v0", "authorized": "maybe"}

    (cluster,) = _run(fleet, clusters=[record])["clusters"]

    assert cluster.get("user") != "IAM#other"
    assert cluster["version"]["gitVersion"].startswith("v1.")
    assert cluster["authorized"] in (True, False)


@pytest.mark.parametrize("continue_on_error", [False, True])
def test_failed_clusters_are_returned(fleet: Simulator, continue_on_error: bool) -> None:
    """The failed clusters are an unknown name and an OpenShift cluster that does not accept logins yet."""
    names = ["legacy-dev", "nowhere", "data-dev"]
    result = _run(fleet, clusters=names, continue_on_error=continue_on_error)

    assert result.get("failed", False) is not continue_on_error
    assert [entry["cluster"] for entry in result["clusters"]] == ["legacy-dev"]
    messages = {entry["cluster"]: entry["msg"] for entry in result["failures"]}
    assert set(messages) == {"nowhere", "data-dev"}
    assert "RBAC is not synchronized" in messages["data-dev"]
    assert "version" not in result


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "Set cluster, clusters or master_url"),
        ({"cluster": "a", "clusters": ["a"]}, "Set cluster or clusters, not both"),
        ({"cluster": "a", "master_url": "https://127.0.0.1"}, "cluster and master_url are mutually exclusive"),
    ],
)
def test_conflicting_options_are_rejected(fleet: Simulator, given: dict[str, t.Any], reason: str) -> None:
    assert reason in _run(fleet, **given)["msg"]
    assert fleet.requests == []
