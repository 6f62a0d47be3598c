# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify that the names of role variables replace option names in the messages of modules."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.ibmcloud.kubernetes.plugins.plugin_utils._role_variables import (
    name_role_variables,
    role_variables,
)

DEFAULTS = yaml.safe_load((Path(__file__).parents[3] / "roles/cluster_access/defaults/main.yml").read_text())
VARIABLES = role_variables(DEFAULTS)


def test_each_name_is_a_variable_of_the_role() -> None:
    assert {name.partition(".")[0] for name in VARIABLES.values()} <= set(DEFAULTS)
    assert {name for name in DEFAULTS if "_" in name.removeprefix("cluster_access_")} <= set(VARIABLES.values())


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("Increase wait_timeout.", "Increase cluster_access_wait_timeout."),
        ("argument 'wait_timeout' is of type", "argument 'cluster_access_wait_timeout' is of type"),
        ("account_id must be", "cluster_access_account must be"),
        ("refresh_token, or a passcode", "cluster_access_tokens.refresh_token, or a passcode"),
        ("cluster_access_wait_timeout is", "cluster_access_wait_timeout is"),
        ("no ca_cert: /tmp/ca_cert/a, ca_cert.pem", "no cluster_access_ca_cert: /tmp/ca_cert/a, ca_cert.pem"),
        ("GET https://ca_cert.example.com/?account_id=1", "GET https://ca_cert.example.com/?account_id=1"),
        ("the cluster my-ca_folder of account", "the cluster my-ca_folder of account"),
        ("kubernetes_id_token and openshift_token", "kubernetes_id_token and openshift_token"),
        ("kubeconfig: path must be", "kubeconfig: cluster_access_kubeconfig must be"),
        ("clusters[1] is not a valid name", "cluster_access_clusters[1] is not a valid name"),
        ("cluster_info: cluster is not a valid name", "cluster_info: cluster_access_cluster is not a valid name"),
        ("m: argument 'timeout' is of type", "m: argument 'cluster_access_timeout' is of type"),
        ("With wait=true it waits", "With cluster_access_wait=true it waits"),
        ("set wait=true in ibmcloud.kubernetes.cluster_info.", "set cluster_access_wait=true."),
        ("Set provider in ibmcloud.kubernetes.cluster_info to", "Set cluster_access_provider to"),
        ("set resource_group in ibmcloud.kubernetes.cluster_info.", "set cluster_access_resource_group."),
        (
            "IC_API_KEY), username and password, passcode, or",
            "IC_API_KEY), cluster_access_username and cluster_access_password, cluster_access_passcode, or",
        ),
        ("proxy cannot be used: it has a path", "cluster_access_proxy cannot be used: it has a path"),
        (
            "region has no effect. Omit region, or set visibility to private.",
            "cluster_access_region has no effect. Omit cluster_access_region, or set cluster_access_visibility to private.",
        ),
        ("Set region to one of: eu-de.", "Set cluster_access_region to one of: eu-de."),
        ("Check username and password;", "Check cluster_access_username and cluster_access_password;"),
        ("Check username: it is", "Check cluster_access_username: it is"),
        ("Set cluster or clusters.", "Set cluster_access_cluster or cluster_access_clusters."),
        ("Set the region", "Set the region"),
        ("the regions in ibmcloud.kubernetes.cluster_info", "the regions in ibmcloud.kubernetes.cluster_info"),
        ("GET /a?provider=vpc&region=x", "GET /a?provider=vpc&region=x"),
        ("cluster my-cluster must be synchronized", "cluster my-cluster must be synchronized"),
        (
            "2 of 3 clusters must wait. The account has a cluster",
            "2 of 3 clusters must wait. The account has a cluster",
        ),
    ],
)
def test_only_whole_names_are_replaced(text: str, renamed: str) -> None:
    result = {"failed": True, "msg": text, "failures": [{"cluster": "a", "msg": text, "error": {"kind": "input"}}]}
    name_role_variables(result, VARIABLES)

    assert (result["msg"], result["failures"]) == (
        renamed,
        [{"cluster": "a", "msg": renamed, "error": {"kind": "input"}}],
    )


def test_text_of_a_service_is_not_changed() -> None:
    result = {"failed": True, "msg": "[no refresh_token] Check account_id", "error": {"message": "no refresh_token"}}
    name_role_variables(result, VARIABLES)

    assert result["msg"] == "[no refresh_token] Check cluster_access_account"


def test_a_successful_result_is_not_changed() -> None:
    result = {"msg": "wait_timeout"}
    name_role_variables(result, VARIABLES)

    assert result == {"msg": "wait_timeout"}
