# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role tells its user in the end."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.summary import ends_first, summary

ACCOUNT = {"id": "a1", "name": "Example Dev"}
ONE = {
    "name": "dev",
    "id": "c1",
    "type": "kubernetes",
    "provider": "vpc-gen2",
    "region": "us-south",
    "master_url": "https://c1.example",
    "version": "v1.33.1+IKS",
    "user": "IAM#ada@example.com",
}
FAILED = {"cluster": "old", "msg": "No cluster old was found"}


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ({}, "2026-01-01T10:00:00Z"),
        (
            {"a": {"expires_at": "2026-01-01T09:00:00Z"}, "b": {"expires_at": "2026-01-01T11:00:00Z"}},
            "2026-01-01T09:00:00Z",
        ),
        ({"a": {"expires_at": ""}}, "2026-01-01T10:00:00Z"),
    ],
)
def test_the_first_end_counts(sessions: t.Any, expected: str) -> None:
    assert ends_first("2026-01-01T10:00:00Z", sessions) == expected


def test_one_cluster_is_described() -> None:
    assert summary(ACCOUNT, {"dev": ONE}, [], [], "2026-01-01T10:00:00Z") == [
        "Account     Example Dev (a1)",
        "Cluster     dev (c1), kubernetes, vpc-gen2, us-south",
        "masterURL   https://c1.example",
        "Kubernetes  v1.33.1+IKS, where you are IAM#ada@example.com",
        "Tokens      good until 2026-01-01T10:00:00Z",
    ]


def test_several_clusters_are_counted_and_failures_named() -> None:
    assert summary({"id": "a1", "name": ""}, {"dev": ONE, "b": ONE}, [FAILED], [], "2026-01-01T10:00:00Z") == [
        "Account     (name not visible) (a1)",
        "Clusters    2 open, 1 failed",
        "Tokens      good until 2026-01-01T10:00:00Z",
        "Failed      old: No cluster old was found",
    ]


def test_an_unknown_user_is_authenticated_all_the_same() -> None:
    """Clusters before Kubernetes 1.28 do not say who somebody is."""
    lines = summary(ACCOUNT, {"dev": {**ONE, "user": ""}}, [], [], "")

    assert "Kubernetes  v1.33.1+IKS, where you are authenticated" in lines


def test_check_mode_says_where_it_ends() -> None:
    lines = summary(ACCOUNT, {}, [], ["data-dev"], "")

    assert lines[2].startswith("Check mode ends here: data-dev takes no login")
