# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole run of the synchronisation: words in, an entry for each out, also when some of them stand for nothing."""

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
    """Each cluster with its outcome: those that succeeded, then those that failed."""
    done = [(entry["cluster"], f"applied={entry['applied']}") for entry in result["clusters"]]
    return done + [(entry["cluster"], entry["error"]["kind"]) for entry in result["failures"]]


def test_an_entry_for_each_in_the_order_of_the_words(fleet: Simulator) -> None:
    """Also for those that stand for no cluster, or for two; the others are done."""
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
    """Under the first of its words."""
    result = _run(fleet, clusters=words)

    assert _outcomes(result) == [(words[0], "applied=True")]
    assert "failed" not in result
    assert _applied(fleet) == 1


@pytest.mark.parametrize("many", [False, True])
def test_one_cluster_that_is_not_there_fails_as_itself(fleet: Simulator, many: bool) -> None:
    """Whether it was given alone or as the only one of a list."""
    result = _run(fleet, **({"clusters": ["nowhere"]} if many else {"cluster": "nowhere"}))

    assert result["msg"].startswith("cluster_rbac_sync: No cluster nowhere was found")
    assert (result["error"]["kind"], result["changed"]) == ("not_found", False)
    assert _outcomes(result) == [("nowhere", "not_found")]


@pytest.mark.parametrize(
    ("word", "changed"),
    [pytest.param("shop-dev", True, id="not-in-step"), pytest.param("legacy-dev", False, id="in-step")],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_changed(fleet: Simulator, word: str, changed: bool, check_mode: bool) -> None:
    """Check mode predicts it, and requests nothing."""
    result = _run(fleet, cluster=word, check_mode=check_mode)

    assert result["changed"] is changed
    assert _applied(fleet) == (0 if check_mode else int(changed))


def test_records_are_not_looked_up(fleet: Simulator) -> None:
    """A record keeps its keys; the same ID twice is one cluster."""
    records = [{"id": SHOP, "name": "shop-dev", "region": "us-south"}, {"id": DATA}, {"id": SHOP}]

    result = _run(fleet, clusters=records, check_mode=True)

    assert [entry["cluster"] for entry in result["clusters"]] == ["shop-dev", DATA]
    assert result["clusters"][0]["region"] == "us-south"
    assert not any("getClusters" in entry.path for entry in fleet.requests)


@pytest.mark.parametrize(("names", "fails"), [(["shop-dev", "nowhere"], False), (["nowhere", "nothing"], True)])
def test_continue_on_error(fleet: Simulator, names: list[str], fails: bool) -> None:
    """Failed clusters are a warning, unless no cluster succeeded."""
    result = _run(fleet, clusters=names, continue_on_error=True)

    assert result.get("failed", False) is fails
    assert {failure["cluster"] for failure in result["failures"]} == set(names) - {"shop-dev"}


def test_no_clusters(fleet: Simulator) -> None:
    """I38: an empty list does nothing and sends no requests."""
    assert _run(fleet, clusters=[]) == {"changed": False, "clusters": [], "failures": []}
    assert fleet.requests == []


@pytest.mark.parametrize("concurrency", [1, 16])
def test_any_number_at_once(fleet: Simulator, concurrency: int) -> None:
    """The results are the same."""
    words = ["data-dev", "shop-dev", "legacy-dev", "nowhere", "fresh-dev"]

    result = _run(fleet, clusters=words, concurrency=concurrency)

    assert [cluster for cluster, _outcome in _outcomes(result)] == words
    assert [outcome for _cluster, outcome in _outcomes(result)][-2:] == ["not_found", "server"]
    assert _applied(fleet) == 3
