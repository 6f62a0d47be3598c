# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use trusted profiles with the role and the inventory: with an API key, in a pod, and on a VPC instance."""

from __future__ import annotations

import typing as t

import pytest
import requests

from .conftest import Ansible, ansible_beside, applied, leaks, write_down

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

ROLE = "ibmcloud.kubernetes.cluster_access"
AUTOMATION = "Profile-5f1c2d3e-1111-4222-8333-445566778899"
PROD = "b2c3d4e5f60718293a4b5c6d7e8f90a1"
ME = f"IAM#iam-{AUTOMATION.lower()}"
# The token requests of each login method: client and last path segment
LOGIN = {
    "key": ["bx token", "default token"],
    "pod": ["default cr-token"],
    "pod by its environment": ["default cr-token"],
    "instance": ["none token", "bearer iam_token"],
}
FACTS = (
    *("cluster_access_sessions", "cluster_access_access_token", "cluster_access_refresh_token"),
    *("cluster_access_id_token", "cluster_access_openshift_token", "cluster_access_k8s_auth"),
    "cluster_access_master_url",
    *("cluster_access_account_id", "cluster_access_expires_at", "cluster_access_failures"),
)


@pytest.fixture
def keyless(tmp_path: Path) -> t.Iterator[Ansible]:
    """Yield an ``Ansible`` object with the ``fleet`` world, a file that contains a pod's token, and an environment without an API key."""
    with ansible_beside("fleet", tmp_path) as found:
        del found.env["IC_API_KEY"]
        (tmp_path / "sa-token").write_text(found.sim.cr_token("shop-prod", "ansible/runner"))
        yield found


def ways(ansible: Ansible) -> dict[str, tuple[dict[str, t.Any], dict[str, str]]]:
    """Return the role's variables and the environment variables for each login method."""
    file = str(ansible.folder / "sa-token")
    return {
        "key": ({"cluster_access_profile_id": AUTOMATION}, {"IC_API_KEY": "not-a-real-key/deployer+prod="}),
        "pod": ({"cluster_access_profile_id": AUTOMATION, "cluster_access_cr_token_file": file}, {}),
        "pod by its environment": ({}, {"IC_IAM_PROFILE_NAME": "automation", "IBMCLOUD_CR_TOKEN": f"@{file}"}),
        "instance": ({"cluster_access_vpc_instance": True}, {}),
    }


def role(entry: str = "main", **variables: t.Any) -> dict[str, t.Any]:
    return {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": entry}, "vars": variables}


def found_in(text: str, sim: Simulator) -> list[str]:
    """Return the secrets that a text contains, including secrets of profiles, pods and the VPC instance."""
    return leaks(text, sim) + [name for name, secret in sim.secrets.items() if secret in text]


def token_requests(sim: Simulator) -> list[str]:
    """Return the client and the last path segment of each token request."""
    return [
        f"{entry.client} {'cr-token' if 'cr_token' in entry.form_fields else entry.path.rpartition('/')[2]}"
        for entry in sim.requests
        if entry.service in ("iam", "metadata")
    ]


@pytest.mark.parametrize("way", ["key", "pod", "pod by its environment", "instance"])
def test_the_role_opens_a_cluster_with_a_profile(keyless: Ansible, way: str) -> None:
    variables, env = ways(keyless)[way]
    opened = role(cluster_access_cluster="shop-prod", **variables)
    tasks = [opened, write_down(*FACTS), role("cleanup", **variables)]

    run = keyless.play(tasks, "-vvvv", env=env)

    assert run.rc == 0, run.output
    assert f"User        {ME}" in run.output
    # Later tasks use the token that the first task received.
    assert token_requests(keyless.sim) == LOGIN[way]
    facts = run.found
    assert (facts["cluster_access_account_id"], facts["cluster_access_refresh_token"]) == (PROD, "")
    assert facts["cluster_access_sessions"]["shop-prod"]["user"] == ME
    assert facts["cluster_access_k8s_auth"]["api_key"] == facts["cluster_access_id_token"]
    answer = requests.get(
        f"{facts['cluster_access_master_url']}/api/v1/namespaces",
        headers={"Authorization": f"Bearer {facts['cluster_access_id_token']}"},
        verify=_ca(keyless, "shop-prod"),
        timeout=10,
    )
    # The token still works, because the cleanup cannot revoke the token of a Kubernetes cluster.
    assert answer.status_code == 200
    assert found_in(run.output, keyless.sim) == []


def _ca(ansible: Ansible, cluster: str) -> str:
    path = ansible.folder / "ca.pem"
    path.write_bytes(ansible.sim.cluster(cluster).serving_ca_pem)
    return str(path)


@pytest.mark.parametrize("way", ["pod", "instance"])
def test_the_role_works_with_separate_processes(keyless: Ansible, way: str) -> None:
    """The modules read the token file and call the metadata service on the remote host."""
    python, starts = keyless.other_python()
    variables, env = ways(keyless)[way]
    tasks = [role(cluster_access_cluster="shop-prod", **variables), write_down(*FACTS)]

    run = keyless.play(tasks, "-vvvv", "-e", f"ansible_python_interpreter={python}", env=env)

    assert run.rc == 0, run.output
    # Each module that the role runs starts a separate process.
    assert starts.read_text().count("start") >= 5
    assert run.found["cluster_access_sessions"]["shop-prod"]["user"] == ME
    assert found_in(run.output, keyless.sim) == []


@pytest.mark.parametrize(("way", "seconds"), [("key", 4000), ("pod", 4000), ("instance", 4000), ("pod", 2000)])
def test_refresh_uses_the_same_login_method(keyless: Ansible, way: str, seconds: int) -> None:
    """Each session has a separate ID token. ID tokens are valid for 1200 seconds, and access tokens for 3600 seconds."""
    variables, env = ways(keyless)[way]
    clusters = ["shop-prod", "pay-prod"]
    before = {fact: f"{{{{ {fact} }}}}" for fact in FACTS}
    tasks = [
        role(cluster_access_clusters=clusters, **variables),
        {"name": "Save the facts", "ansible.builtin.set_fact": {"before": before}, "no_log": True},
        role("refresh", cluster_access_min_validity=seconds, **variables),
        write_down("before", *FACTS),
    ]

    run = keyless.play(tasks, "-vvvv", env=env)

    assert run.rc == 0, run.output
    old, new = run.found["before"], run.found
    logins = 2 if seconds > 3600 else 1
    assert token_requests(keyless.sim) == LOGIN[way] * logins
    assert (old["cluster_access_access_token"] == new["cluster_access_access_token"]) is (logins == 1)
    tokens = [facts["cluster_access_sessions"][name]["id_token"] for facts in (old, new) for name in clusters]
    assert len(set(tokens)) == 4
    assert {session["user"] for session in new["cluster_access_sessions"].values()} == {ME}
    assert found_in(run.output, keyless.sim) == []


def test_a_profile_cannot_log_in_to_openshift(keyless: Ansible) -> None:
    """The OpenShift cluster is not synchronized and receives no request. The login to the Kubernetes cluster succeeds."""
    passcode = {"cluster_access_openshift_passcode": "not-a-real-passcode-1"}
    for way, more, words in (
        (
            *("instance", {}),
            "A trusted profile cannot log in to an OpenShift cluster, which accepts only an API key or a one-time",
        ),
        (
            "key",
            {},
            "with an API key or a passcode uses the identity of that credential's owner, not the trusted profile",
        ),
        (
            "instance",
            passcode,
            "with an API key or a passcode uses the identity of that credential's owner, not the trusted profile",
        ),
    ):
        variables, env = ways(keyless)[way]
        keyless.sim.cluster("data-prod").rbac.synchronized_for.clear()
        opened = role(cluster_access_clusters=["data-prod", "shop-prod"], **variables, **more)
        block = {"block": [opened], "always": [write_down(*FACTS)]}
        run = keyless.play([block], "-vvvv", env=env)

        assert run.rc == 2, run.output
        (failure,) = run.found["cluster_access_failures"]
        assert failure["cluster"] == "data-prod"
        assert words in failure["msg"]
        assert "\n" not in failure["msg"]
        assert list(run.found["cluster_access_sessions"]) == ["shop-prod"]
        assert not [entry for entry in keyless.sim.requests if entry.service == "data-prod"]
        assert keyless.sim.cluster("data-prod").cluster.id not in applied(keyless.sim)
        assert found_in(run.output, keyless.sim) == []


def test_errors_are_a_single_line_without_a_secret(keyless: Ansible) -> None:
    keyless.env["BARE"] = keyless.sim.cr_token("shop-prod", "ansible/runner")
    (keyless.folder / "old").write_text(keyless.sim.cr_token("shop-prod", "ansible/runner", seconds=-60))
    (keyless.folder / "empty").write_text("")
    profile = {"profile_id": AUTOMATION}
    cases: list[tuple[dict[str, t.Any], dict[str, str], str]] = [
        ({**profile, "profile_name": "a"}, {}, "profile_id and profile_name are mutually exclusive"),
        ({"profile_name": "a", "ibmcloud_api_key": "SECRET"}, {}, "profile_name requires account_id"),
        (
            profile,
            {"IBMCLOUD_CR_TOKEN": "{{ lookup('ansible.builtin.env', 'BARE') }}"},
            "IBMCLOUD_CR_TOKEN must be @ followed by the path of a file, not a token",
        ),
        ({**profile, "cr_token_file": "old"}, {}, "the token in old expired at "),
        ({**profile, "cr_token_file": "empty"}, {}, "The file empty is empty"),
        ({**profile, "cr_token_file": "none"}, {}, "cr_token_file none does not exist"),
        ({"profile_id": AUTOMATION.replace("5f", "6f"), "cr_token_file": "sa-token"}, {}, "BXNIM0398E"),
        ({"vpc_instance": True}, {"IBMCLOUD_CR_VPC_URL": "http://127.0.0.1:9"}, "enabled metadata service"),
    ]
    tasks = []
    for given, env, _words in cases:
        file = {"cr_token_file": f"{keyless.folder}/{given['cr_token_file']}"} if "cr_token_file" in given else {}
        tasks.append({"ibmcloud.kubernetes.iam_token": {**given, **file}, "environment": env, "ignore_errors": True})

    run = keyless.play(tasks, "-vvvv")

    messages = run.failures()
    assert len(messages) == len(cases), run.output
    for message, (_given, _env, words) in zip(messages, cases, strict=True):
        assert words in message.replace(f"{keyless.folder}/", "")
        assert "\n" not in message
    assert (found_in(run.output, keyless.sim), "SECRET" in run.output) == ([], False)


def test_a_profile_has_no_common_id_token(keyless: Ansible) -> None:
    """Each cluster's kubeconfig contains a separate ID token, so ``iam_token`` must succeed without an ID token."""
    options = {"profile_id": AUTOMATION, "cr_token_file": f"{keyless.folder}/sa-token", "kubernetes_id_token": True}
    run = keyless.play([{"ibmcloud.kubernetes.iam_token": options, "register": "iam"}, write_down("iam")])

    assert run.rc == 0, run.output
    assert run.found["iam"]["access_token"]
    assert "id_token" not in run.found["iam"]


def test_an_inventory_needs_no_key(keyless: Ansible) -> None:
    """The inventory and the role use the identity of a VPC instance."""
    source = keyless.folder / "all.ibmcloud_clusters.yml"
    source.write_text("plugin: ibmcloud.kubernetes.clusters\nvpc_instance: true\ntype: kubernetes\n")
    play = keyless.folder / "each.yml"
    play.write_text(
        "- hosts: shop-prod\n  gather_facts: false\n  roles:\n"
        f"    - {{role: {ROLE}, cluster_access_vpc_instance: true}}\n"
    )

    run = keyless.run(str(play), "-i", str(source), "-vvvv")

    assert run.rc == 0, run.output
    assert f"User        {ME}" in run.output
    assert found_in(run.output, keyless.sim) == []
