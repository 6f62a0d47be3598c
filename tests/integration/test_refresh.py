# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the role's ``refresh`` entry point: no request while all tokens are valid, and valid sessions after a renewal."""

from __future__ import annotations

import typing as t

import pytest
import requests

from .conftest import Ansible, leaks, write_down
from .test_fleet import beside

if t.TYPE_CHECKING:
    from pathlib import Path

ROLE = "ibmcloud.kubernetes.cluster_access"
FACTS = (
    *("cluster_access_sessions", "cluster_access_access_token", "cluster_access_refresh_token"),
    *("cluster_access_id_token", "cluster_access_openshift_token", "cluster_access_k8s_auth", "cluster_access_k8s_env"),
    *("cluster_access_master_url", "cluster_access_expires_at", "cluster_access_failures", "cluster_access_account_id"),
)
# In seconds. Longer than the lifetime of IAM tokens, and shorter than the lifetime of OpenShift tokens
LONG = 4000


def _role(entry: str = "main", **variables: t.Any) -> dict[str, t.Any]:
    return {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": entry}, "vars": variables}


def _kept() -> dict[str, t.Any]:
    before = {fact: f"{{{{ {fact} }}}}" for fact in FACTS}
    return {"name": "Keep what there was", "ansible.builtin.set_fact": {"before": before}, "no_log": True}


def _count(ansible: Ansible) -> int:
    return sum(entry.service != "control" for entry in ansible.sim.requests)


def test_no_request_is_sent_while_all_tokens_are_valid(tmp_path: Path) -> None:
    """A play with two refreshes sends as many requests as a play without a refresh."""
    counts = []
    for refreshes in ([], [_role("refresh"), _role("refresh")]):
        with beside(tmp_path, 3, openshift_share=0.4) as (ansible, names):
            opened = _role(cluster_access_clusters=names)
            run = ansible.play([opened, _kept(), *refreshes, write_down("before", *FACTS)], "-vvvv")

            assert run.rc == 0, run.output
            assert {fact: run.found[fact] for fact in FACTS} == run.found["before"]
            assert leaks(run.output, ansible.sim) == []
            counts.append(_count(ansible))

    assert counts[0] == counts[1] > 0


def test_a_session_that_expires_soon_is_renewed(fleet: Ansible) -> None:
    """The refresh renews all facts about tokens, and keeps the facts about the cluster."""
    refresh = _role("refresh", cluster_access_min_validity=LONG)
    run = fleet.play(
        [_role(cluster_access_cluster="shop-dev"), _kept(), refresh, write_down("before", *FACTS)], "-vvvv"
    )

    assert run.rc == 0, run.output
    before, after = run.found["before"], run.found
    renewed = {fact for fact in FACTS if before[fact] != after[fact]}
    assert renewed >= {"cluster_access_access_token", "cluster_access_id_token", "cluster_access_k8s_auth"}
    assert renewed.isdisjoint(
        {"cluster_access_master_url", "cluster_access_openshift_token", "cluster_access_failures"}
    )
    assert before["cluster_access_sessions"]["shop-dev"]["id"] == after["cluster_access_sessions"]["shop-dev"]["id"]
    token = after["cluster_access_id_token"]
    assert (
        after["cluster_access_k8s_auth"]["api_key"] == token == after["cluster_access_sessions"]["shop-dev"]["id_token"]
    )
    answer = requests.get(
        f"{after['cluster_access_master_url']}/api/v1/namespaces",
        headers={"Authorization": f"Bearer {token}"},
        verify=after["cluster_access_k8s_auth"]["ca_cert"],
        timeout=10,
    )
    assert answer.status_code == 200
    assert leaks(run.output, fleet.sim) == []


def test_a_valid_session_is_not_renewed(tmp_path: Path) -> None:
    """A login to an OpenShift cluster creates a token, so the role logs in again only if the old token expires soon."""
    with beside(tmp_path, 6, openshift_share=0.5) as (ansible, names):
        refresh = _role("refresh", cluster_access_min_validity=LONG)
        run = ansible.play([_role(cluster_access_clusters=names), _kept(), refresh, write_down("before", *FACTS)])

        assert run.rc == 0, run.output
        before, after = run.found["before"]["cluster_access_sessions"], run.found["cluster_access_sessions"]
        assert list(after) == list(before) == names
        same = {name for name in names if before[name] == after[name]}
        assert same == {name for name in names if ansible.sim.cluster(name).cluster.type == "openshift"} != set()
        assert run.found["before"]["cluster_access_access_token"] != run.found["cluster_access_access_token"]
        # The refresh uses the cluster records of the first run, and does not log in to OpenShift clusters again.
        assert sum(entry.path.endswith("getClusters") for entry in ansible.sim.requests) == 2
        applied = [entry for entry in ansible.sim.requests if entry.path.endswith("oauth/authorize")]
        assert len(applied) == len(same)


def test_a_failed_refresh_keeps_the_facts(fleet: Ansible) -> None:
    """After a failed refresh, OpenShift sessions can still be used. The facts contain the expiry time of each session."""
    refresh = _role("refresh", cluster_access_min_validity=LONG, cluster_access_iam_endpoint="http://127.0.0.1:9")
    refresh["vars"]["cluster_access_retries"] = 0
    block = {"block": [refresh], "always": [write_down("before", *FACTS)]}
    run = fleet.play([_role(cluster_access_cluster="shop-dev"), _kept(), block])

    assert run.rc == 2
    assert len(run.failures()) == 1
    assert "connection refused" in run.failures()[0]
    assert {fact: run.found[fact] for fact in FACTS} == run.found["before"]


def test_clusters_that_failed_before_do_not_fail_the_refresh(tmp_path: Path) -> None:
    """A play that continues without the failed clusters can renew the sessions of the other clusters."""
    with beside(tmp_path, 2) as (ansible, names):
        opened = {"block": [_role(cluster_access_clusters=[*names, "no-such-cluster"])], "rescue": [_kept()]}
        renewed = _role("refresh", cluster_access_min_validity=LONG)
        run = ansible.play([opened, _role("refresh"), renewed, write_down("before", *FACTS)])

        assert run.rc == 0, run.output
        assert list(run.found["cluster_access_sessions"]) == names
        assert run.found["before"]["cluster_access_access_token"] != run.found["cluster_access_access_token"]
        assert "earlier than cluster_access_min_validity requires" in run.output


def test_check_mode_leaves_no_token_at_a_cluster(tmp_path: Path) -> None:
    """The role logs in even in check mode, because later tasks require a session. Therefore, the cleanup revokes the tokens in check mode too."""
    with beside(tmp_path, 2, openshift_share=1) as (ansible, names):
        run = ansible.play([_role(cluster_access_clusters=names), _role("cleanup")], "--check")

        assert run.rc == 0, run.output
        made = [
            entry for entry in ansible.sim.requests if entry.path.endswith("/oauth/authorize") and entry.status == 302
        ]
        revoked = [entry for entry in ansible.sim.requests if entry.method == "DELETE" and entry.status == 200]
        assert len(made) == len(revoked) == 2


@pytest.mark.parametrize(
    ("first", "words"),
    [
        pytest.param([], "The facts do not contain a session. Run the cluster_access role first", id="never-ran"),
        pytest.param([_role(cluster_access_clusters=[])], "", id="no-cluster"),
    ],
)
def test_a_refresh_without_a_session_is_an_error(fleet: Ansible, first: list[dict[str, t.Any]], words: str) -> None:
    run = fleet.play([*first, _role("refresh")])

    assert (run.rc, words in run.output) == (2 if words else 0, True), run.output
