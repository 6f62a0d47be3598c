# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the ``cluster_access`` role with ansible-playbook."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
import requests
import yaml

from simulator import broken_claims

from .conftest import CORE, HERE, Ansible, applied, leaks, write_down

ROLE = "ibmcloud.kubernetes.cluster_access"
PLAYBOOK = "ibmcloud.kubernetes.cluster_access"
ROLE_PLAY = str(HERE / "plays" / "role.yml")
NO_SESSION = {"host": "https://no-session.cluster-access.invalid", "api_key": "no-session", "validate_certs": True}
ROOT = HERE.parents[1]
FACTS = (
    "cluster_access_master_url",
    "cluster_access_id_token",
    "cluster_access_access_token",
    "cluster_access_refresh_token",
    "cluster_access_account_id",
    "cluster_access_expires_at",
)


@pytest.mark.parametrize(("cluster", "kind"), [("mycluster", "classic"), ("myvpccluster", "vpc-gen2")])
def test_the_playbook_ends_with_a_summary_and_a_valid_session(ansible: Ansible, cluster: str, kind: str) -> None:
    run = ansible.run(ROLE_PLAY, "-e", f"second_cluster={cluster}")

    assert run.rc == 0, run.output
    assert f"kubernetes, {kind}, us-south" in run.output
    assert f"masterURL   {ansible.sim.cluster(cluster).master_url}" in run.output
    for line in ("Version     Kubernetes v1.33+IKS", "User        IAM#ada@example.com", "Expires     20"):
        assert f'"{line}' in run.output
    assert all(run.found[fact] for fact in FACTS)
    ca = ansible.folder / "cluster-ca.pem"
    ca.write_text(run.found["cluster_access_sessions"][cluster]["ca_cert_data"])
    answer = requests.get(
        f"{run.found['cluster_access_master_url']}/api/v1/namespaces",
        headers={"Authorization": f"Bearer {run.found['cluster_access_id_token']}"},
        verify=str(ca),
        timeout=10,
    )
    assert answer.status_code == 200
    assert {"default", "kube-system"} <= {item["metadata"]["name"] for item in answer.json()["items"]}


def test_the_shipped_playbook_is_idempotent_and_prints_no_secret(ansible: Ansible) -> None:
    first = ansible.run(PLAYBOOK, "-e", "cluster_access_cluster=mycluster", "-vvvv")
    second = ansible.run(PLAYBOOK, "-e", "cluster_access_cluster=mycluster", "-vvvv")

    assert (first.rc, second.rc) == (0, 0), first.output
    assert "changed=1 " in first.output
    assert "changed=0 " in second.output
    assert leaks(first.output + second.output, ansible.sim) == []


def test_both_runners_set_the_same_facts(ansible: Ansible) -> None:
    """With another Python interpreter, modules run in separate processes."""
    python, starts = ansible.other_python()
    here = ansible.run(ROLE_PLAY, "-e", "second_cluster=mycluster")
    there = ansible.run(
        ROLE_PLAY, "-vvvv", "-e", "second_cluster=mycluster", "-e", f"ansible_python_interpreter={python}"
    )

    assert (here.rc, there.rc) == (0, 0), there.output
    # Each module of the role starts a process.
    assert starts.read_text().count("start") >= 2
    assert leaks(there.output, ansible.sim) == []
    passing = {fact for fact in here.found if fact.endswith(("_token", "_k8s_auth", "_k8s_env", "_expires_at"))}
    assert here.found.keys() == there.found.keys()
    for session in (*here.found["cluster_access_sessions"].values(), *there.found["cluster_access_sessions"].values()):
        for fact in ("id_token", "k8s_auth", "k8s_env", "expires_at", "attempts", "elapsed", "applied"):
            assert session.pop(fact) is not None
    # The second run uses the CA that the first run cached.
    sessions = [run.found["cluster_access_sessions"]["mycluster"] for run in (here, there)]
    assert [session.pop("ca_cert_source") for session in sessions] == ["service", "cache"]
    assert {k: v for k, v in here.found.items() if k not in passing} == {
        k: v for k, v in there.found.items() if k not in passing
    }
    assert all(there.found[fact] for fact in FACTS)
    assert here.found["cluster_access_k8s_auth"].keys() == there.found["cluster_access_k8s_auth"].keys()


def test_connection_local_as_an_extra_variable_changes_nothing(ansible: Ansible) -> None:
    run = ansible.run(PLAYBOOK, "-e", "cluster_access_cluster=myvpccluster", "-e", "ansible_connection=local")

    assert run.rc == 0, run.output
    assert "masterURL   https://" in run.output


@pytest.mark.one_core
@pytest.mark.parametrize("cluster", ["mycluster", "myvpccluster"])
def test_the_number_of_requests_is_minimal(ansible: Ansible, cluster: str) -> None:
    ansible.run(PLAYBOOK, "-e", f"cluster_access_cluster={cluster}")
    ansible.sim._running.log.reset()
    ansible.run(PLAYBOOK, "-e", f"cluster_access_cluster={cluster}")

    paths = [entry.path.rpartition("/")[2] for entry in ansible.sim.requests]
    # This world rejects the one-step request, so the role also sends the three requests that IBM documents.
    assert paths.count("token") == 4
    # The first run cached the CA.
    others = ["accounts", "getClusters", "getClusters", "getRBACStatus", "version"]
    others += ["selfsubjectreviews", "selfsubjectaccessreviews"]
    assert sorted(path for path in paths if path != "token") == sorted(others)


def test_the_accounts_are_listed_once(fleet: Ansible) -> None:
    """The login and the summary use the same account list. Each of the list's two pages contains one account."""
    given = {"cluster_access_passcode": "not-a-real-passcode-1", "cluster_access_account": "Example Development"}
    run = fleet.run(PLAYBOOK, "-e", fleet.variables(cluster_access_cluster="shop-dev", **given), env={"IC_API_KEY": ""})

    assert "Account     Example Development (a1b2c3d4e5f60718293a4b5c6d7e8f90)" in run.output, run.output
    assert sum(entry.service == "accounts" for entry in fleet.sim.requests) == 2


@pytest.mark.one_core
def test_the_one_step_login_is_used_if_the_service_supports_it(fleet: Ansible) -> None:
    """With an API key, the Kubernetes ID token requires only two requests."""
    run = fleet.run(PLAYBOOK, "-e", "cluster_access_cluster=shop-dev")

    assert run.rc == 0, run.output
    tokens = [entry for entry in fleet.sim.requests if entry.path == "/identity/token"]
    assert [entry.client for entry in tokens] == ["bx", "kube"]


def test_check_mode_predicts_and_requests_no_synchronization(ansible: Ansible) -> None:
    run = ansible.run(PLAYBOOK, "-e", "cluster_access_cluster=mycluster", "--check", "--diff")

    assert run.rc == 0, run.output
    assert "changed=1 " in run.output
    assert [
        entry.path for entry in ansible.sim.requests if entry.method == "POST" and entry.service == "containers"
    ] == []


@pytest.mark.parametrize("cluster", ["data-dev", "edge-dev"])
def test_the_facts_of_openshift_have_the_same_shape(fleet: Ansible, cluster: str) -> None:
    """OpenShift clusters use a different kind of token. Only the Satellite list contains edge-dev."""
    run = fleet.run(ROLE_PLAY, "-e", f"second_cluster={cluster}", "-vvvv")

    assert run.rc == 0, run.output
    assert "User        IAM#ada@example.com" in run.output
    assert run.found["cluster_access_master_url"] == fleet.sim.cluster(cluster).master_url
    assert run.found["cluster_access_id_token"] == ""
    assert run.found["cluster_access_openshift_token"].startswith("sha256~")
    assert run.found["cluster_access_k8s_auth"]["api_key"] == run.found["cluster_access_openshift_token"]
    assert leaks(run.output, fleet.sim) == []


@pytest.mark.slow
def test_cleanup_logs_out_and_resets_the_facts(fleet: Ansible) -> None:
    """The cleanup keeps CA files, because other runs may use these files."""
    cleanup = {"name": "Clean up", "ansible.builtin.include_role": {"name": ROLE, "tasks_from": "cleanup"}}
    names = ["kept", "cluster_access_k8s_auth", "cluster_access_openshift_token", "cluster_access_sessions"]
    for cluster in ("shop-dev", "data-dev"):
        get = {
            "name": "Get",
            "ansible.builtin.include_role": {"name": ROLE},
            "vars": {"cluster_access_cluster": cluster},
        }
        keep = {"name": "Keep", "ansible.builtin.set_fact": {"kept": "{{ cluster_access_k8s_auth }}"}, "no_log": True}
        run = fleet.play([get, keep, cleanup, write_down(*names)], "-vvvv")

        assert run.rc == 0, run.output
        assert [run.found[name] for name in names[1:]] == [NO_SESSION, "", {}]
        assert run.found["kept"]["host"] == fleet.sim.cluster(cluster).master_url
        assert len(list((fleet.folder / ".cache").rglob("*.pem"))) == 1
        assert leaks(run.output, fleet.sim) == []
    assert any(entry.method == "DELETE" and entry.status == 200 for entry in fleet.sim.requests)


@pytest.mark.one_core
@pytest.mark.parametrize("source", ["variable", "environment", "default"])
def test_cleanup_needs_no_credentials(fleet: Ansible, source: str) -> None:
    """The cleanup revokes a session with the session's own token, so the file that contains the API key can be missing."""
    key, config = fleet.folder / "key", fleet.folder / "config"
    key.write_text("not-a-real-key/ada+dev=")
    key.chmod(0o600)
    given = {"cluster_access_cluster": "data-dev", "cluster_access_kubeconfig": str(config)}
    given |= {"cluster_access_ibmcloud_api_key": f"@{key}"} if source == "variable" else {}
    defaults = {"group/ibmcloud.kubernetes.ibmcloud": {"ibmcloud_api_key": f"@{key}"}} if source == "default" else {}
    role = {"ansible.builtin.include_role": {"name": ROLE}}
    cleanup = {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": "cleanup"}}
    remove = {"ansible.builtin.file": {"path": str(key), "state": "absent"}}
    removed = {"ibmcloud.kubernetes.kubeconfig": {"path": str(config), "name": "none", "state": "absent"}}
    env = {"IC_API_KEY": f"@{key}" if source == "environment" else ""}
    if source == "default":
        env["IC_API_KEY"] = "not-a-real-key/ada+dev="
    run = fleet.play([role, remove, cleanup, removed], vars=given, env=env, module_defaults=defaults)

    assert run.rc == 0, run.output
    assert [entry.status for entry in fleet.sim.requests if entry.method == "DELETE"] == [200]
    assert "data-dev" not in config.read_text()


def test_a_logout_does_not_need_the_file_of_the_endpoints(fleet: Ansible) -> None:
    """The session contains the URL of the cluster."""
    role = {"ansible.builtin.include_role": {"name": ROLE}, "vars": {"cluster_access_cluster": "data-dev"}}
    cleanup = {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": "cleanup"}}
    later = {"block": [cleanup], "environment": {"IC_ENDPOINTS_FILE_PATH": str(fleet.folder / "missing.json")}}
    run = fleet.play([role, later])

    assert run.rc == 0, run.output
    assert [entry.status for entry in fleet.sim.requests if entry.method == "DELETE"] == [200]


@pytest.mark.one_core
@pytest.mark.slow
def test_the_ca_is_cached_in_a_private_folder(ansible: Ansible) -> None:
    """The next run uses the cached file. The role rejects a folder that other users can write to."""
    folder = ansible.folder / "ca"
    arguments = (ROLE_PLAY, "-e", f"cluster_access_ca_folder={folder}")
    first, second = ansible.run(*arguments), ansible.run(*arguments)

    assert (first.rc, second.rc) == (0, 0), first.output
    (kept,) = folder.rglob("*.pem")
    assert (kept.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert kept.read_text().strip() == first.found["cluster_access_sessions"]["mycluster"]["ca_cert_data"].strip()
    assert second.found["cluster_access_k8s_auth"]["ca_cert"] == str(kept)
    folder.chmod(0o777)
    third = ansible.run(*arguments)
    assert third.rc == 2
    assert "Use a folder that you own, with mode 0700." in third.failures()[-1]


@pytest.mark.one_core
@pytest.mark.slow
@pytest.mark.parametrize("refused", ["getCACert", "everything"])
def test_the_ca_is_read_from_several_sources(fleet: Ansible, refused: str) -> None:
    """If the service denies the CA, the role reads the CA from the kubeconfig or from the user's file. Without a CA, the role fails."""
    sim = fleet.sim
    if refused == "getCACert":
        sim.cloud.settings = dataclasses.replace(sim.cloud.settings, ca_cert_denied=True)
        run = fleet.run(ROLE_PLAY, "-e", "second_cluster=shop-dev")
        assert run.rc == 0, run.output
        assert [entry.path for entry in sim.requests if "ubeconfig" in entry.path] == ["/global/v2/getKubeconfig"]
        assert (
            run.found["cluster_access_sessions"]["shop-dev"]["ca_cert_data"] == sim.cluster("shop-dev").ca_pem.decode()
        )
    else:
        wrong = fleet.folder / "not-a-certificate.pem"
        wrong.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
        run = fleet.run(ROLE_PLAY, "-e", f"cluster_access_cluster_ca_file={wrong}", "-e", "second_cluster=shop-dev")
        assert run.rc == 2
        assert f"cluster_access_cluster_ca_file {wrong} does not contain a PEM certificate" in run.failures()[-1]
        assert [entry for entry in sim.requests if entry.service == "shop-dev"] == []


@pytest.mark.one_core
def test_no_token_is_sent_to_another_host(fleet: Ansible) -> None:
    """The modules reject a ``master_url`` outside the allowed domains before they send a request to that URL."""
    tasks: list[dict[str, t.Any]] = []
    strange = "https://c2.us-south.containers.cloud.ibm.com.example.org:30422"
    for number, module in enumerate(("cluster_access_info", "kubeconfig", "openshift_token")):
        options = {"master_url": strange, **({} if module == "openshift_token" else {"id_token": "{{ iam.id_token }}"})}
        options |= {"name": "x", "path": str(fleet.folder / "config")} if module == "kubeconfig" else {}
        tasks.append(
            {"name": module, f"ibmcloud.kubernetes.{module}": options, "register": f"r{number}", "ignore_errors": True}
        )
    login = {"name": "Log in", "ibmcloud.kubernetes.iam_token": {"kubernetes_id_token": True}, "register": "iam"}
    run = fleet.play([login, *tasks, write_down("r0", "r1", "r2")])

    assert run.rc == 0, run.output
    for name in ("r0", "r1", "r2"):
        assert "is not a host in the allowed domains" in run.found[name]["msg"]
        assert "No token was sent to this URL." in run.found[name]["msg"]


def test_validate_certs_false_causes_one_warning(ansible: Ansible) -> None:
    """The HTTP library does not show additional warnings."""
    task = {"name": "Accounts", "ibmcloud.kubernetes.account_info": {"validate_certs": False}}
    run = ansible.play([task], "-v")

    assert run.rc == 0, run.output
    assert run.output.count("validate_certs is false") == 1
    assert "InsecureRequestWarning" not in run.output
    assert leaks(run.output, ansible.sim) == []


@pytest.mark.one_core
def test_a_cluster_is_verified_with_validate_certs_false(fleet: Ansible) -> None:
    """validate_certs=false applies only to IBM's services. A cluster with an unknown CA receives neither a key nor a token."""
    variables = fleet.variables(cluster_access_validate_certs=False, second_cluster="mesh-dev")
    run = fleet.run(ROLE_PLAY, "-e", variables, env={"REQUESTS_CA_BUNDLE": ""})

    assert run.rc == 2, run.output
    assert "certificate is not trusted" in run.failures()[-1]
    assert "If cluster_access_cluster_ca_file or" in run.failures()[-1]
    assert [entry for entry in fleet.sim.requests if entry.service == "mesh-dev"] == []


@pytest.mark.one_core
def test_a_key_of_the_environment_is_not_used_for_another_identity(fleet: Ansible) -> None:
    """After a login with a passcode, the role must not log in to an OpenShift cluster as the owner of IC_API_KEY."""
    given = {"cluster_access_passcode": "not-a-real-passcode-1", "second_account": "a1b2c3d4e5f60718293a4b5c6d7e8f90"}
    run = fleet.run(ROLE_PLAY, "-e", fleet.variables(second_cluster="data-dev", **given))

    assert run.rc == 2, run.output
    assert "Use credentials and tokens of the same identity" in run.failures()[-1]
    assert [entry for entry in fleet.sim.requests if entry.service == "data-dev"] == []
    second = {**given, "cluster_access_passcode": "not-a-real-passcode-2"}
    passcode = {"cluster_access_openshift_passcode": "not-a-real-passcode-3"}
    run = fleet.run(ROLE_PLAY, "-e", fleet.variables(second_cluster="data-dev", **second, **passcode))
    assert run.rc == 0, run.output
    assert "User        IAM#grace@example.com" in run.output


def test_an_access_token_and_a_passcode_open_an_openshift_cluster(fleet: Ansible) -> None:
    """The OpenShift cluster does not require an ID token. The ID token for the Kubernetes cluster is in that cluster's kubeconfig."""
    account = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
    login = {"passcode": "not-a-real-passcode-1", "account_id": account}
    use = {
        "cluster_access_clusters": ["data-dev", "shop-dev"],
        "cluster_access_account_id": account,
        "cluster_access_tokens": {"access_token": "{{ iam.access_token }}"},
        "cluster_access_openshift_passcode": "not-a-real-passcode-2",
    }
    tasks = [
        {"name": "Log in", "ibmcloud.kubernetes.iam_token": login, "register": "iam"},
        {"name": "Use the role", "ansible.builtin.include_role": {"name": ROLE}, "vars": use},
        write_down("cluster_access_sessions"),
    ]
    run = fleet.play(tasks, env={"IC_API_KEY": ""})

    assert run.rc == 0, run.output
    users = {name: session["user"] for name, session in run.found["cluster_access_sessions"].items()}
    assert users == dict.fromkeys(("data-dev", "shop-dev"), "IAM#grace@example.com")
    # Before ansible-core 2.19, Ansible wraps long warnings.
    assert "A Kubernetes ID token requires an API key or a refresh token" in " ".join(run.output.split())


@pytest.mark.parametrize(
    ("names", "where"),
    [(["shop-dev"], ""), (["shop-dev", "data-dev"], " in shop-dev, data-dev")],
    ids=["one", "several"],
)
def test_the_summary_shows_a_user_without_access(
    fleet: Ansible, monkeypatch: pytest.MonkeyPatch, names: list[str], where: str
) -> None:
    def deny(reply: broken_claims.Reply) -> broken_claims.Answer:
        return reply.status, {**reply.document, "status": {"allowed": False}}

    monkeypatch.setitem(broken_claims.CHANGES, "denied", [broken_claims.Change("/selfsubjectaccessreviews", deny)])
    fleet.sim.cloud.settings = dataclasses.replace(fleet.sim.cloud.settings, broken_claims=("denied",))
    run = fleet.run(PLAYBOOK, "-e", fleet.variables(cluster_access_clusters=names))

    assert run.rc == 0, run.output
    assert f'"Access      the user is not allowed to list namespaces{where}"' in run.output


def test_openshift_needs_no_id_token_of_iam(fleet: Ansible, monkeypatch: pytest.MonkeyPatch) -> None:
    """IAM denies the ID token, for example because of a policy. Only the login to the Kubernetes cluster fails."""

    def deny(reply: broken_claims.Reply) -> broken_claims.Answer | None:
        error = {
            "errorCode": "BXNIM0400E",
            "errorMessage": "More is required.",
            "requirements": {"error": "mfa_required"},
        }
        return (400, error) if "delegated-refresh-token" in reply.form.get("grant_type", "") else None

    monkeypatch.setitem(broken_claims.CHANGES, "denied", [broken_claims.Change("/identity/token", deny)])
    fleet.sim.cloud.settings = dataclasses.replace(fleet.sim.cloud.settings, broken_claims=("denied",))
    opened = {
        "ansible.builtin.include_role": {"name": ROLE},
        "vars": {"cluster_access_clusters": ["data-dev", "shop-dev"]},
    }
    block = {"block": [opened], "always": [write_down("cluster_access_sessions", "cluster_access_failures")]}
    run = fleet.play([block])

    assert run.rc == 2, run.output
    assert list(run.found["cluster_access_sessions"]) == ["data-dev"]
    (failure,) = run.found["cluster_access_failures"]
    assert (failure["cluster"], failure["error"]["code"]) == ("shop-dev", "BXNIM0400E")
    assert "multi-factor authentication" in failure["msg"]


@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_no_synchronization_is_requested_for_a_login_that_cannot_succeed(fleet: Ansible, mode: list[str]) -> None:
    """An OpenShift login requires an API key or a second passcode. The login to the Kubernetes cluster succeeds."""
    del fleet.env["IC_API_KEY"]
    for name in ("shop-dev", "data-dev"):
        fleet.sim.cluster(name).rbac.synchronized_for.clear()
    given = {
        "cluster_access_passcode": "not-a-real-passcode-1",
        "cluster_access_account": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
    }
    opened = {
        "ansible.builtin.include_role": {"name": ROLE},
        "vars": {"cluster_access_clusters": ["data-dev", "shop-dev"]},
    }
    block = {
        "block": [opened],
        "always": [{**write_down("cluster_access_sessions", "cluster_access_failures"), "check_mode": False}],
    }
    run = fleet.play([block], "-e", fleet.variables(**given), *mode)

    assert run.rc == 2, run.output
    (failure,) = run.found["cluster_access_failures"]
    assert failure["cluster"] == "data-dev"
    assert "An OpenShift login requires an API key, or a one-time passcode" in failure["msg"]
    assert list(run.found["cluster_access_sessions"]) == ["shop-dev"]
    assert applied(fleet.sim) == ([] if mode else [fleet.sim.cluster("shop-dev").cluster.id])
    assert [entry.path for entry in fleet.sim.requests if entry.service == "data-dev"] == []


def test_what_cannot_be_opened_is_neither_waited_for_nor_synchronized(fleet: Ansible) -> None:
    """The host of one cluster is not in allowed_hosts. A second OpenShift cluster would require another passcode."""
    del fleet.env["IC_API_KEY"]
    grace = "IBMid-550000GRACE"
    fleet.sim.cluster("data-dev").rbac.synchronized_for.add(grace)
    known = {"id": fleet.sim.cluster("shop-dev").cluster.id, "name": "shop-dev", "type": "kubernetes"}
    foreign = {
        **known,
        "state": "deploying",
        "masterURL": "https://c1.eu-de.containers.cloud.ibm.com.example.org:30000",
    }
    waiting = {
        "id": fleet.sim.cluster("mesh-dev").cluster.id,
        "name": "mesh-dev",
        "type": "openshift",
        "state": "deploying",
    }
    given = {
        "cluster_access_clusters": [foreign, "data-dev", waiting],
        "cluster_access_passcode": "not-a-real-passcode-1",
        "cluster_access_openshift_passcode": "not-a-real-passcode-2",
        "cluster_access_account": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "cluster_access_wait": True,
    }
    block = {
        "block": [{"ansible.builtin.include_role": {"name": ROLE}}],
        "always": [write_down("cluster_access_sessions", "cluster_access_failures")],
    }
    run = fleet.play([block], "-e", fleet.variables(**given))

    assert run.rc == 2, run.output
    messages = {failure["cluster"]: failure["msg"] for failure in run.found["cluster_access_failures"]}
    assert "is not a host in the allowed domains" in messages["shop-dev"]
    assert "add its domain to cluster_access_allowed_hosts" in messages["shop-dev"]
    assert "The one-time passcode allows only one login, and OpenShift cluster data-dev uses it" in messages["mesh-dev"]
    assert list(run.found["cluster_access_sessions"]) == ["data-dev"]
    assert applied(fleet.sim) == []
    assert [entry.path for entry in fleet.sim.requests if entry.path.endswith("/getCluster")] == []


def test_check_mode_skips_a_login_that_requires_a_synchronization(fleet: Ansible) -> None:
    """An OpenShift cluster rejects logins before it is synchronized, and check mode does not synchronize clusters."""
    run = fleet.run(PLAYBOOK, "-e", "cluster_access_cluster=data-dev", "--check")

    assert run.rc == 0, run.output
    assert "Check mode  stops here for data-dev: a login needs the RBAC synchronization" in run.output
    assert [entry.path for entry in fleet.sim.requests if entry.service == "data-dev"] == []


@pytest.mark.case("I62")
def test_blank_variables_do_not_select_all_clusters(ansible: Ansible) -> None:
    """Before ansible-core 2.19, Ansible itself rejects null for a string option."""
    *blank, mistyped, several, tokens, files = ansible.failures_of_the_role(
        {"cluster_access_cluster": ""},
        {"cluster_access_cluster": None},
        {"cluster_access_clusters": " \n"},
        {"cluster_access_clusters": None},
        {"cluster_access_clutser": "mycluster"},
        {"cluster_access_cluster": "mycluster, myvpccluster"},
        {"cluster_access_cluster": "mycluster", "cluster_access_tokens": "access_token=x"},
        {"cluster_access_cluster": "mycluster", "cluster_access_kubeconfig": "/a:/b", "cluster_access_zone": "x"},
    )

    empty = "cluster_access_cluster is empty. Set it to the name"
    rejected = "Validation of arguments failed:\nargument 'cluster_access_cluster' is of type"
    assert [message for message in blank if not message.startswith((empty, rejected))] == []
    assert "Unknown variables are ignored: cluster_access_clutser (did you mean cluster_access_cluster?)" in mistyped
    assert (
        several
        == "cluster_access_cluster must be the name or ID of one cluster. For several clusters, set cluster_access_clusters to a list."
    )
    assert tokens.startswith(("cluster_access_tokens must be a dictionary", rejected))
    assert files.startswith("cluster_access_kubeconfig must be the path of one file")
    assert files.endswith(" Unknown variables are ignored: cluster_access_zone")
    assert ansible.sim.requests == []


# Before ansible-core 2.19, Ansible itself rejects null for a string option.
@pytest.mark.parametrize("blank", ["", *([None] if CORE >= (2, 19) else [])])
def test_empty_values_count_as_not_given(fleet: Ansible, blank: str | None) -> None:
    defaults = yaml.safe_load((ROOT / "roles" / "cluster_access" / "defaults" / "main.yml").read_text())
    blanks = dict.fromkeys(set(defaults) - {"cluster_access_cluster"}, blank)
    run = fleet.run(PLAYBOOK, "-e", "cluster_access_cluster=legacy-dev", "-e", fleet.variables(**blanks))

    assert run.rc == 0, run.output


def test_the_account_of_the_task_overrides_the_environment(fleet: Ansible) -> None:
    run = fleet.run(
        ROLE_PLAY,
        *("-e", fleet.variables(second_account="Example Development", second_cluster="shop-dev")),
        env={"IC_ACCOUNT_ID": "b2c3d4e5f60718293a4b5c6d7e8f90a1", "IC_REGION": "", "IC_TIMEOUT": ""},
    )

    assert run.rc == 0, run.output
    assert run.found["cluster_access_account_id"] == "a1b2c3d4e5f60718293a4b5c6d7e8f90"


FAILURES: dict[str, tuple[dict[str, str], str, str]] = {
    "wrong-key": (
        {"second_key": "not-the-key-of-anybody"},
        "HTTP 400 [BXNIM0415E",
        "IBM Cloud does not recognize this API key.",
    ),
    "unknown-cluster": (
        {"second_cluster": "myclustre"},
        "No cluster myclustre was found.",
        "Did you mean: mycluster, myvpccluster?",
    ),
    "account-of-another-key": (
        {"second_account": "2222b2bb2b2222b2bb22bb22222b2222"},
        "The API key belongs to account 1111a1aa1a1111a1aa11aa11111a1111, but account 2222b2bb2b2222b2bb22bb22222b2222",
        "Use a key from the requested account, or change cluster_access_account.",
    ),
    "wrong-ca": (
        {"second_ca_cert": "{cluster_ca}"},
        "the host's certificate is not trusted: ",
        "Check cluster_access_ca_cert (or REQUESTS_CA_BUNDLE)",
    ),
    "iam-is-down": (
        {"second_iam_endpoint": "https://127.0.0.1:1"},
        "https://127.0.0.1:1/identity/token -> connection refused (attempt 5 of 5",
        "Check that the endpoint is correct",
    ),
    "containers-api-is-down": (
        {"second_containers_endpoint": "https://127.0.0.1:1/global"},
        "/getClusters -> connection refused (attempt ",
        "Check that the endpoint is correct",
    ),
}


# With another Python interpreter, modules run in separate processes. Of the two slow cases, one fails in the first task, and the other in a later task.
@pytest.mark.case("F120")
@pytest.mark.parametrize(
    ("case", "python"),
    [
        *((name, "playbook") for name in FAILURES),
        *(pytest.param(name, "other", marks=pytest.mark.slow) for name in ("wrong-key", "containers-api-is-down")),
    ],
)
def test_an_error_is_a_single_line_with_a_hint(ansible: Ansible, case: str, python: str) -> None:
    """The output contains neither a traceback nor a secret, and the facts of an earlier run are reset."""
    variables, what, remedy = FAILURES[case]
    ca = ansible.folder / "cluster-ca.pem"
    ca.write_bytes(ansible.sim.cluster("mycluster").ca_pem)
    given = {name: value.format(cluster_ca=ca) for name, value in variables.items()}
    if python == "other":
        given["ansible_python_interpreter"] = ansible.other_python()[0]
    run = ansible.run(ROLE_PLAY, "-vvvv", "-e", ansible.variables(first_cluster="myvpccluster", **given))

    assert run.rc == 2, run.output
    last = run.failures()[-1]
    assert len(run.failures()) == 1
    assert what in last
    assert remedy in last
    assert len(last) <= 620
    assert "Traceback" not in run.output
    assert leaks(run.output, ansible.sim) == []
    assert variables.get("second_key", "none") not in run.output
    assert run.found["had_facts"] is True
    assert [run.found[fact] for fact in FACTS] == [""] * len(FACTS)
    assert run.found["cluster_access_k8s_auth"] == NO_SESSION
    assert "rescued=0" in run.output


# The role's variables without their prefix, and a part of the message
TROUBLESOME: list[tuple[dict[str, t.Any], str]] = [
    (
        {"cluster": "shop-test"},
        "2 clusters are named shop-test: a2shop0test000000000 (resource group default, vpc-gen2)",
    ),
    ({"cluster": "fresh-dev"}, "Cluster fresh-dev has no masterURL; its state is deploying"),
    ({"cluster": "broken-dev"}, "The RBAC synchronization of cluster broken-dev failed"),
    ({"cluster": "never-dev", "wait_timeout": 1}, "did not finish within 1 s: the last state was synchronized=false"),
    (
        {"cluster": "shop-dev", "endpoint": "vpe"},
        "Cluster shop-dev has no vpe endpoint. Available endpoints: public, private.",
    ),
]


def test_unusable_clusters_have_a_reason(fleet: Ansible) -> None:
    given = [{f"cluster_access_{name}": value for name, value in more.items()} for more, _what in TROUBLESOME]
    for message, (_more, what) in zip(fleet.failures_of_the_role(*given), TROUBLESOME, strict=True):
        assert what in message


def test_accounts_and_endpoints_can_be_chosen(fleet: Ansible) -> None:
    """The resource group resolves the ambiguous cluster name."""
    variables: dict[str, t.Any] = {
        "cluster_access_username": "Ada@example.com",
        "cluster_access_password": "not/a+real=password",
        "cluster_access_resource_group": "default",
        "cluster_access_endpoint": "vpe",
        "second_cluster": "shop-test",
    }
    run = fleet.run(ROLE_PLAY, "-vvvv", "-e", fleet.variables(second_account="Example Development", **variables))

    assert run.rc == 0, run.output
    assert run.found["cluster_access_master_url"] == fleet.sim.cluster("a2shop0test000000000").urls["vpe"]
    assert run.found["cluster_access_account_id"] == "a1b2c3d4e5f60718293a4b5c6d7e8f90"
    assert leaks(run.output, fleet.sim) == []
