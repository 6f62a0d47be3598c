# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clusters are called, and which of them are still worth a step."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.outcomes import Batch, display_names
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.facts import Record

ERROR = {"kind": "rbac_error"}
A: Record = {"id": "i1", "name": "a", "cluster": "a", "type": "kubernetes"}
B: Record = {"id": "i2", "name": "b", "cluster": "b", "type": "openshift"}


def _batch(
    clusters: list[Record], outcomes: list[dict[str, t.Any]], *, check_mode: bool = False
) -> tuple[dict[str, t.Any], list[tuple[str, str]], list[str]]:
    """Return whom to work on by ID, who failed and why, and who is left alone."""
    batch = Batch.of(clusters, t.cast("t.Any", outcomes), check_mode=check_mode)
    failures = [(failure["cluster"], failure["msg"]) for failure in batch.failures]
    assert all(set(failure) == {"cluster", "msg", "error"} for failure in batch.failures)
    return {name: record["id"] for name, record in batch.wanted.items()}, failures, batch.left_out


# Names


@pytest.mark.parametrize(
    ("records", "names"),
    [
        pytest.param([A, B], {"i1": "a", "i2": "b"}, id="as-they-were-asked-for"),
        pytest.param([{**A, "cluster": "i1"}], {"i1": "i1"}, id="asked-for-by-ID"),
        pytest.param([{"id": "i1", "name": "a"}], {"i1": "a"}, id="by-name"),
        pytest.param([{"id": "i1"}], {"i1": "i1"}, id="by-ID"),
        pytest.param([{"id": "i1", "name": "", "cluster": None}], {"i1": "i1"}, id="no-empty-name"),
        pytest.param(
            [{"id": "i1", "name": "a"}, {"id": "i2", "name": "a"}, {"id": "i3", "name": "a"}],
            {"i1": "a", "i2": "i2", "i3": "i3"},
            id="one-name-for-three",
        ),
        pytest.param([], {}, id="none"),
    ],
)
def test_what_clusters_are_called(records: list[Record], names: dict[str, str]) -> None:
    """Each differently: a name that is taken hides no cluster."""
    assert display_names(records) == names


@pytest.mark.parametrize("record", [{}, {"id": ""}, {"id": None}, {"id": 7}, {"name": "a"}])
def test_a_record_without_id(record: Record) -> None:
    """It is none of ours; which one it is, is said."""
    with pytest.raises(InputError, match=r"^clusters\[1\] has no id") as caught:
        Batch.of([A, record], [], check_mode=False)

    assert "cluster_info" in caught.value.hint


# Outcomes


def test_without_outcomes_all_are_wanted() -> None:
    """In their order."""
    assert _batch([B, A], []) == ({"b": "i2", "a": "i1"}, [], [])


def test_a_cluster_that_failed_is_not_wanted() -> None:
    """It is known by its ID, and is named as it was asked for."""
    outcomes: list[dict[str, t.Any]] = [
        {"cluster": "i1", "id": "i1", "msg": "no", "error": ERROR},
        {"cluster": "b", "id": "i2", "synchronized": True},
    ]

    assert _batch([A, B], outcomes) == ({"b": "i2"}, [("a", "no")], [])


def test_a_cluster_that_was_not_found_failed() -> None:
    """There is no record of it, and no ID."""
    assert _batch([A], [{"cluster": "c", "msg": "none", "error": ERROR}]) == ({"a": "i1"}, [("c", "none")], [])


def test_a_cluster_that_failed_twice_is_named_once() -> None:
    """Two steps may tell of the same one; the later has the last word."""
    outcomes = [{"cluster": "c", "msg": "first", "error": ERROR}, {"cluster": "c", "msg": "second", "error": ERROR}]

    assert _batch([], outcomes) == ({}, [("c", "second")], [])


def test_a_name_that_is_another_ones_does_not_count() -> None:
    """Two clusters are named a: the failure is of the one with that ID."""
    second: Record = {**B, "name": "a", "cluster": "i2"}

    assert _batch([A, second], [{"cluster": "i2", "id": "i2", "msg": "no", "error": ERROR}]) == (
        {"a": "i1"},
        [("i2", "no")],
        [],
    )


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("outcome", "left_out"),
    [
        pytest.param({"synchronized": False}, True, id="would-be-synchronised"),
        pytest.param({"synchronized": True}, False, id="in-step"),
        pytest.param({}, False, id="nothing-said"),
    ],
)
def test_in_check_mode_nobody_logs_in_where_nobody_could(
    outcome: dict[str, t.Any], left_out: bool, check_mode: bool
) -> None:
    """A synchronisation that was predicted only lets nobody into an OpenShift cluster; a Kubernetes one takes the token."""
    outcomes = [{"cluster": record["cluster"], "id": record["id"], **outcome} for record in (A, B)]

    wanted, failures, left_alone = _batch([A, B], outcomes, check_mode=check_mode)

    assert failures == []
    assert left_alone == (["b"] if left_out and check_mode else [])
    assert list(wanted) == (["a"] if left_out and check_mode else ["a", "b"])


def test_a_failure_in_check_mode_is_a_failure() -> None:
    """And named once."""
    outcomes = [{"cluster": "a", "id": "i1", "synchronized": False, "msg": "no", "error": ERROR}]

    assert _batch([A], outcomes, check_mode=True) == ({}, [("a", "no")], [])


def test_a_failure_of_an_openshift_cluster_in_check_mode() -> None:
    """It is a failure, and not left alone as well: the numbers would not add up."""
    outcomes = [{"cluster": "b", "id": "i2", "synchronized": False, "msg": "no", "error": ERROR}]

    assert _batch([B], outcomes, check_mode=True) == ({}, [("b", "no")], [])
