# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the role and the inventory plugin with the older API generations, which lack some features."""

from __future__ import annotations

import typing as t

import pytest
import requests

from .conftest import HERE, Ansible, Run, ansible_beside, leaks, write_down
from .test_generations import on_documented_hosts

if t.TYPE_CHECKING:
    from pathlib import Path

ROLE_PLAY = str(HERE / "plays" / "role.yml")
PLAYBOOK = "ibmcloud.kubernetes.cluster_access"
OLDER = ("2017", "2020", "2021")
# The hosts that receive requests, except the cluster's host
HOSTS = {
    "2017": {"iam.ng.bluemix.net", "accountmanagement.ng.bluemix.net", "us-south.containers.bluemix.net"},
    "2020": {"iam.bluemix.net", "accountmanagement.ng.bluemix.net", "containers.cloud.ibm.com"},
    "2021": {"iam.cloud.ibm.com", "accounts.cloud.ibm.com", "containers.cloud.ibm.com"},
}
FACTS = (
    *("cluster_access_master_url", "cluster_access_id_token", "cluster_access_access_token"),
    *("cluster_access_refresh_token", "cluster_access_account_id", "cluster_access_expires_at"),
    *("cluster_access_k8s_auth", "cluster_access_k8s_env"),
)
NO_SESSION = "https://no-session.cluster-access.invalid"
ADA, DEPLOYER = "not-a-real-api-key-of-ada", "not-a-real-api-key-of-deployer"
ACCOUNT = "1111a1aa1a1111a1aa11aa11111a1111"


@pytest.fixture
def older(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[Ansible]:
    """Yield an ``Ansible`` object that uses the world of the test's API generation."""
    with ansible_beside(f"document-{request.param}", tmp_path) as found:
        yield found


def opened(ansible: Ansible, generation: str, **variables: t.Any) -> Run:
    """Run the role with an API generation and the host names that IBM documents."""
    given = {
        "cluster_access_api_generation": generation,
        "cluster_access_proxy": on_documented_hosts(ansible),
        "cluster_access_region": {"2017": "us-south", "2020": "us-south"}.get(generation, ""),
        "second_cluster": "mycluster",
        **variables,
    }
    return ansible.run(ROLE_PLAY, "-vvvv", "-e", ansible.variables(**given))


def requests_of(ansible: Ansible) -> list[str]:
    """Return the method, path and status of each request to IBM's services."""
    services = ("iam", "accounts", "containers", "cloud_foundry")
    entries = [entry for entry in ansible.sim.requests if entry.service in services]
    return [f"{entry.method} {entry.path} {entry.status}" for entry in entries]


def namespaces(run: Run, ansible: Ansible, token: str) -> int:
    """Return the status of a request to the session's cluster.

    The session's CA must verify the cluster's certificate, but the CA of IBM's services must not.
    """
    ca = ansible.folder / "cluster-ca.pem"
    ca.write_text(run.found["cluster_access_sessions"]["mycluster"]["ca_cert_data"])
    url, headers = f"{run.found['cluster_access_master_url']}/api/v1/namespaces", {"Authorization": f"Bearer {token}"}
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, verify=str(ansible.sim.ca_path), timeout=10)
    return requests.get(url, headers=headers, verify=str(ca), timeout=10).status_code


@pytest.mark.parametrize(("older", "generation"), [(name, name) for name in OLDER], indirect=["older"])
def test_the_role_opens_a_cluster(older: Ansible, generation: str) -> None:
    """The request for the kubeconfig synchronizes RBAC, except in API generation ``2021``."""
    sim = older.sim
    run = opened(older, generation, second_key=ADA)

    assert run.rc == 0, run.output
    assert "RBAC        not checked" in run.output
    warning = "RBAC was not synchronized: api_generation 2021 has no synchronization request"
    assert (warning in run.output.replace("\n", " ")) is (generation == "2021")
    assert list(sim.cluster("mycluster").rbac.applied) == ([] if generation == "2021" else ["IBMid-2700ABCDEF"])
    assert "masterURL   " + (sim.cluster("mycluster").master_url or "") in run.output
    assert {entry.host for entry in sim.requests} == HOSTS[generation] | {"127.0.0.1"}
    assert [words for words in requests_of(older) if "rbac" in words.lower()] == []
    facts = {fact: run.found[fact] for fact in FACTS}
    assert all(facts.values())
    assert facts["cluster_access_account_id"] == ACCOUNT
    assert facts["cluster_access_k8s_auth"]["host"] == sim.cluster("mycluster").master_url
    token = facts["cluster_access_id_token"]
    assert facts["cluster_access_k8s_auth"]["api_key"] == token
    assert namespaces(run, older, token) == 200
    assert namespaces(run, older, facts["cluster_access_access_token"]) == 401
    assert run.found["cluster_access_sessions"]["mycluster"]["provider"] == "classic"
    assert leaks(run.output, sim) == []


@pytest.mark.one_core
@pytest.mark.slow
@pytest.mark.parametrize(("older", "generation"), [(name, name) for name in OLDER], indirect=["older"])
def test_a_service_id_gets_no_uaa_token(older: Ansible, generation: str) -> None:
    """IAM rejects the request for a UAA token. The login then succeeds without a UAA token."""
    run = opened(older, generation, second_key=DEPLOYER)

    assert run.rc == 0, run.output
    assert "uaa" not in older.sim.cloud._live.values()
    path = "/oidc/token" if generation == "2017" else "/identity/token"
    assert requests_of(older)[:2] == [f"POST {path} 400", f"POST {path} 200"]
    assert namespaces(run, older, run.found["cluster_access_id_token"]) == 200
    assert leaks(run.output, older.sim) == []


@pytest.mark.one_core
@pytest.mark.slow
@pytest.mark.parametrize("older", ["2017"], indirect=True)
def test_a_password_needs_an_account(older: Ansible) -> None:
    """Without an account, the error lists the user's accounts."""
    login = {"cluster_access_username": "ada@example.com", "cluster_access_password": "not-a-real-password"}
    refused = opened(older, "2017", **login)
    named = opened(older, "2017", **login, second_account="Example Account")

    assert refused.rc == 2
    message = refused.failures()[-1]
    assert "api_generation 2017" in message
    assert "has 3 accounts: Example Account (1111a1aa1a1111a1aa11aa11111a1111), Example Account Two" in message
    assert "\n" not in message
    assert [fact for fact in FACTS if "k8s" not in fact and refused.found[fact]] == []
    assert refused.found["cluster_access_k8s_auth"]["host"] == NO_SESSION
    assert refused.found["cluster_access_k8s_env"]["K8S_AUTH_HOST"] == NO_SESSION
    assert named.rc == 0, named.output
    assert named.found["cluster_access_account_id"] == ACCOUNT
    assert leaks(refused.output + named.output, older.sim) == []


@pytest.mark.parametrize("older", ["2017"], indirect=True)
def test_the_role_reads_settings_from_the_environment(older: Ansible) -> None:
    """The API generation, the region and the endpoints are set only in environment variables."""
    run = older.run(PLAYBOOK, "-e", "cluster_access_cluster=mycluster")

    assert run.rc == 0, run.output
    assert "RBAC        not checked" in run.output
    assert "changed=0 " in run.output
    assert {entry.host for entry in older.sim.requests} == {"127.0.0.1"}


@pytest.mark.slow
@pytest.mark.parametrize("older", ["2020"], indirect=True)
def test_the_inventory_lists_clusters(older: Ansible) -> None:
    """If no region is set, the inventory plugin lists the clusters in all regions."""
    debug = {
        "ansible.builtin.debug": {"msg": "{{ groups.ibmcloud_clusters | sort | join(' and ') }}"},
        "run_once": True,
    }
    proxy = on_documented_hosts(older)
    lists = []
    for region in ("", "eu-de"):
        source = older.folder / "all.ibmcloud_clusters.yml"
        lines = [
            "plugin: ibmcloud.kubernetes.clusters",
            "api_generation: 2020",
            f"proxy: {proxy}",
            f"ibmcloud_api_key: {ADA}",
        ]
        source.write_text("\n".join([*lines, *([f"region: {region}"] if region else [])]))
        older.sim._running.log.reset()
        run = older.play([debug], "-i", str(source), hosts="ibmcloud_clusters")

        assert run.rc == 0, run.output
        lists.append(requests_of(older).count("GET /v1/clusters 200"))
        assert ("mycluster and mycluster-eu" in run.output) is (not region)
        assert leaks(run.output, older.sim) == []
    assert lists == [6, 1]


# A module, its options, and a part of the error message. The module reports the error before it sends a request.
REFUSED: list[tuple[str, dict[str, t.Any], str]] = [
    ("account_info", {"api_generation": "2019"}, "must be one of current, 2021, 2020, 2017, not '2019'"),
    ("cluster_info", {"api_generation": "2017", "region": "mars"}, "api_generation 2017 does not have region mars"),
    (
        "cluster_info",
        {"api_generation": "2017", "region": "ap-north"},
        "api_generation 2017 does not have region ap-north",
    ),
    ("cluster_info", {"api_generation": "2020", "region": "jp-osa"}, "api_generation 2020 does not have region jp-osa"),
    ("account_info", {"api_generation": "2017"}, "api_generation 2017 requires a region"),
    ("cf_space_info", {"api_generation": "current"}, "api_generation current does not have Cloud Foundry"),
    ("cf_space_info", {"api_generation": "2020"}, "api_generation 2020 does not use Cloud Foundry"),
    ("live_check", {"api_generation": "2021"}, "api_generation 2021 cannot be checked"),
    (
        "region_info",
        {"api_generation": "2017", "region": "us-south"},
        "api_generation 2017 does not have a list of regions. Its regions are us-south, us-east, uk-south, eu-central, ap-south",
    ),
    (
        "cluster_info",
        {"api_generation": "2017", "region": "us-south", "provider": ["vpc-gen2"]},
        "api_generation 2017 does not support vpc-gen2 clusters",
    ),
    (
        "cluster_info",
        {"api_generation": "2020", "provider": ["satellite"]},
        "api_generation 2020 does not support satellite",
    ),
    (
        "cluster_info",
        {"api_generation": "2021", "provider": ["satellite"]},
        "api_generation 2021 does not support satellite",
    ),
    (
        "cluster_info",
        {"api_generation": "2020", "visibility": "private"},
        "api_generation 2020 does not have private endpoints",
    ),
]


@pytest.mark.parametrize("older", ["2020"], indirect=True)
def test_missing_features_of_a_generation_are_errors(older: Ansible) -> None:
    common = {"proxy": on_documented_hosts(older), "ibmcloud_api_key": "{{ api_key }}"}
    tasks: list[dict[str, t.Any]] = [
        {f"ibmcloud.kubernetes.{module}": {**common, **options}, "ignore_errors": True}
        for module, options, _words in REFUSED
    ]
    run = older.play(tasks, "-e", older.variables(api_key=ADA))

    messages = run.failures()
    assert len(messages) == len(REFUSED), run.output
    for message, (module, options, words) in zip(messages, REFUSED, strict=True):
        assert message.startswith(module), message
        assert words in message
        assert options["api_generation"] in message
        assert "\n" not in message
        assert len(message) < 500
    assert [entry for entry in older.sim.requests if entry.service != "control"] == []
    assert "Traceback" not in run.output
    assert leaks(run.output, older.sim) == []


@pytest.mark.one_core
@pytest.mark.parametrize(("older", "generation"), [(name, name) for name in OLDER], indirect=["older"])
def test_rbac_sync_works_without_a_status(older: Ansible, generation: str) -> None:
    """The result does not contain ``synchronized``. API generation ``2021`` cannot synchronize RBAC, so the module shows a warning."""
    options = {
        "api_generation": generation,
        "proxy": on_documented_hosts(older),
        "ibmcloud_api_key": "{{ api_key }}",
        "region": "us-south" if generation != "2021" else "",
        "clusters": ["mycluster"],
    }
    tasks = [{"ibmcloud.kubernetes.cluster_rbac_sync": options, "register": "sync"}, write_down("sync")]
    applied = older.sim.cluster("mycluster").rbac.applied
    variables = older.variables(api_key=ADA)
    checked = older.play(tasks, "--check", "-e", variables)
    assert (checked.rc, dict(applied)) == (0, {}), checked.output
    run = older.play(tasks, "-e", variables)

    assert run.rc == 0, run.output
    (cluster,) = run.found["sync"]["clusters"]
    assert cluster["name"] == "mycluster"
    assert "synchronized" not in cluster
    by_kubeconfig = generation != "2021"
    assert (cluster["applied"], bool(applied)) == (by_kubeconfig, by_kubeconfig)
    assert ("RBAC was not synchronized" in run.output.replace("\n", " ")) is not by_kubeconfig
    assert leaks(run.output, older.sim) == []


@pytest.mark.one_core
@pytest.mark.parametrize("older", ["2017"], indirect=True)
def test_2017_has_no_common_id_token(older: Ansible) -> None:
    """Each cluster's kubeconfig contains a separate ID token, so the ``iam_token`` module must succeed without an ID token."""
    options = {"proxy": on_documented_hosts(older), "ibmcloud_api_key": "{{ api_key }}", "kubernetes_id_token": True}
    generation = {"api_generation": "2017", "region": "us-south"}
    tasks = [{"ibmcloud.kubernetes.iam_token": {**generation, **options}, "register": "iam"}, write_down("iam")]
    run = older.play(tasks, "-e", older.variables(api_key=ADA))

    assert run.rc == 0, run.output
    assert run.found["iam"]["access_token"]
    assert "id_token" not in run.found["iam"]


@pytest.mark.one_core
@pytest.mark.parametrize("older", ["2020"], indirect=True)
def test_an_access_token_without_a_refresh_token_is_an_error(older: Ansible) -> None:
    """In API generation ``2020``, the containers API requires an access token and a refresh token."""
    common = {"api_generation": "2020", "proxy": on_documented_hosts(older)}
    login = {"ibmcloud.kubernetes.iam_token": {**common, "ibmcloud_api_key": "{{ api_key }}"}, "register": "iam"}
    alone = {**common, "region": "us-south", "access_token": "{{ iam.access_token }}"}
    both = {**alone, "refresh_token": "{{ iam.refresh_token }}"}
    tasks: list[dict[str, t.Any]] = [
        login,
        {"ibmcloud.kubernetes.cluster_info": alone, "ignore_errors": True},
        {"ibmcloud.kubernetes.region_info": alone, "ignore_errors": True},
        {"ibmcloud.kubernetes.cluster_info": both, "register": "found"},
    ]
    run = older.play([*tasks, write_down("found")], "-e", older.variables(api_key=ADA))

    assert run.rc == 0, run.output
    for message in run.failures():
        assert "api_generation 2020 requires a refresh token" in message
        assert "\n" not in message
    assert len(run.failures()) == 2
    assert requests_of(older) == ["POST /identity/token 200", "GET /v1/clusters 200"]
    assert [cluster["name"] for cluster in run.found["found"]["clusters"]] == ["mycluster"]
    assert leaks(run.output, older.sim) == []
