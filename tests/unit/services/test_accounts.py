# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of account records and of the selection of an account."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import LookupFailed
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.accounts import (
    account_facts,
    choose_account,
    find_account,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, OTHER_ACCOUNT

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
def test_account_facts_are_top_level_keys(record: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    """The record's other keys do not change."""
    assert account_facts(record) == expected


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
def test_choose_account_filters_by_id_and_name(wanted: dict[str, str], expected: list[dict[str, t.Any]]) -> None:
    """A name must match exactly. Without a name or an ID, all accounts are returned."""
    assert choose_account([DEV, PROD, TWIN], **wanted) == expected


@pytest.mark.parametrize(
    ("accounts", "wanted"), [([DEV], {}), ([DEV, PROD], {"name": "Dev"}), ([DEV, PROD], {"account_id": ACCOUNT})]
)
def test_the_only_matching_account_is_chosen(accounts: list[dict[str, t.Any]], wanted: dict[str, str]) -> None:
    assert find_account(accounts, **wanted) == ACCOUNT


@pytest.mark.parametrize(
    ("accounts", "wanted", "kind", "line"),
    [
        pytest.param([], {}, "not_found", "This identity has no accounts", id="F86-none"),
        pytest.param(
            [DEV],
            {"name": "Lab"},
            "not_found",
            f"No account Lab is visible to this identity. Visible accounts: Dev ({ACCOUNT}).",
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
def test_no_account_or_several_accounts_are_an_error(
    accounts: list[dict[str, t.Any]], wanted: dict[str, str], kind: str, line: str
) -> None:
    """The error message lists the possible accounts with their IDs."""
    with pytest.raises(LookupFailed) as caught:
        find_account(accounts, **wanted)

    assert (caught.value.kind, str(caught.value)) == (kind, line)


def test_the_error_lists_ten_accounts_at_most() -> None:
    """A message with hundreds of accounts would not help users."""
    accounts: list[dict[str, t.Any]] = [{"id": f"id{number:02}", "name": "n"} for number in range(11)]

    with pytest.raises(LookupFailed) as caught:
        find_account(accounts)

    assert "id09" in str(caught.value)
    assert "id10" not in str(caught.value)
