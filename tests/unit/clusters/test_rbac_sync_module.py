# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the ``cluster_rbac_sync`` module: the result contains an entry for each cluster, including unknown clusters."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE

if t.TYPE_CHECKING:
    from simulator import Simulator

SHOP, LEGACY, DATA = "a1shop0dev0000000000", "0123456789abcdef0123456789abcdef", "a4data0dev0000000000"


def _run(fleet: Simulator, *, check_mode: bool = False, **given: t.Any) -> dict[str, t.Any]:
    options = MODULE.argument_spec
    defaults = {name: option["default"] for name, option in options.items() if "default" in option}
    result, _secrets = execute(
        MODULE,
        {**defaults, "wait": False, "retries": 0, **given},
        environ=fleet.env,
        check_mode=check_mode,
        warn=lambda _text: None,
    )
    return result


def _applied(fleet: Simulator) -> int:
    return sum(entry.path.endswith("/applyRBAC") for entry in fleet.requests)


def _outcomes(result: dict[str, t.Any]) -> list[tuple[str, str]]:
    """Return the name and outcome of each cluster: first the synchronized clusters, then the failed clusters."""
    done = [(entry["cluster"], f"applied={entry['applied']}") for entry in result["clusters"]]
    return done + [(entry["cluster"], entry["error"]["kind"]) for entry in result["failures"]]


def test_entries_are_in_the_order_of_the_given_names(fleet: Simulator) -> None:
    """The result contains entries for unknown and ambiguous names, too."""
    wanted = ["nowhere", "shop-dev", "shop-test", "legacy-dev", "data-dev"]

    result = _run(fleet, clusters=wanted)

    assert _outcomes(result) == [
        ("shop-dev", "applied=True"),
        ("legacy-dev", "applied=False"),
        ("data-dev", "applied=True"),
        ("nowhere", "not_found"),
        ("shop-test", "ambiguous"),
    ]
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"].startswith("cluster_rbac_sync: 2 of 5 clusters failed: nowhere: No cluster nowhere was found")
    assert [entry["id"] for entry in result["clusters"]] == [SHOP, LEGACY, DATA]
    assert _applied(fleet) == 2


@pytest.mark.parametrize("words", [["shop-dev", SHOP], [SHOP, "shop-dev"], ["shop-dev", "shop-dev"]])
def test_each_cluster_is_handled_once(fleet: Simulator, words: list[str]) -> None:
    """The result shows the first of the given names or IDs."""
    result = _run(fleet, clusters=words)

    assert _outcomes(result) == [(words[0], "applied=True")]
    assert "failed" not in result
    assert _applied(fleet) == 1


@pytest.mark.parametrize("many", [False, True])
def test_a_single_unknown_cluster_has_the_message_of_its_error(fleet: Simulator, many: bool) -> None:
    result = _run(fleet, **({"clusters": ["nowhere"]} if many else {"cluster": "nowhere"}))

    assert result["msg"].startswith("cluster_rbac_sync: No cluster nowhere was found")
    assert (result["error"]["kind"], result["changed"]) == ("not_found", False)
    assert _outcomes(result) == [("nowhere", "not_found")]


@pytest.mark.parametrize(
    ("word", "changed"),
    [pytest.param("shop-dev", True, id="not-in-step"), pytest.param("legacy-dev", False, id="in-step")],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_changed_is_set_if_a_sync_was_needed(fleet: Simulator, word: str, changed: bool, check_mode: bool) -> None:
    """Check mode predicts the change."""
    result = _run(fleet, cluster=word, check_mode=check_mode)

    assert result["changed"] is changed
    assert _applied(fleet) == (0 if check_mode else int(changed))


def test_records_are_not_looked_up(fleet: Simulator) -> None:
    """Two records with the same ID refer to one cluster."""
    records = [{"id": SHOP, "name": "shop-dev", "region": "us-south"}, {"id": DATA}, {"id": SHOP}]

    result = _run(fleet, clusters=records, check_mode=True)

    assert [entry["cluster"] for entry in result["clusters"]] == ["shop-dev", DATA]
    assert result["clusters"][0]["region"] == "us-south"
    assert not any("getClusters" in entry.path for entry in fleet.requests)


@pytest.mark.parametrize(("names", "fails"), [(["shop-dev", "nowhere"], False), (["nowhere", "nothing"], True)])
def test_continue_on_error_turns_failures_into_a_warning(fleet: Simulator, names: list[str], fails: bool) -> None:
    """The module fails only if all clusters failed."""
    result = _run(fleet, clusters=names, continue_on_error=True)

    assert result.get("failed", False) is fails
    assert {failure["cluster"] for failure in result["failures"]} == set(names) - {"shop-dev"}


def test_an_empty_list_changes_nothing(fleet: Simulator) -> None:
    """I38: an empty list is valid."""
    assert _run(fleet, clusters=[]) == {"changed": False, "clusters": [], "failures": []}
    assert fleet.requests == []


@pytest.mark.parametrize("concurrency", [1, 16])
def test_results_do_not_depend_on_the_concurrency(fleet: Simulator, concurrency: int) -> None:
    words = ["data-dev", "shop-dev", "legacy-dev", "nowhere", "fresh-dev"]

    result = _run(fleet, clusters=words, concurrency=concurrency)

    assert [cluster for cluster, _outcome in _outcomes(result)] == words
    assert [outcome for _cluster, outcome in _outcomes(result)][-2:] == ["not_found", "server"]
    assert _applied(fleet) == 3
