# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify that every module has the same results and errors in the controller's process and in a separate process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t

import pytest
import yaml
from ansible.release import __version__ as ansible_core
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, drip, then

from .conftest import LOCAL, Ansible, leaks, write_down

ADA = {"ibmcloud_api_key": "not-a-real-key/ada+dev="}
# The options of each case, keyed by module. Each case runs once per runner, and all cases of a module run in one play.
CASES: dict[str, list[dict[str, t.Any]]] = {
    "iam_token": [
        ADA,
        {**ADA, "kubernetes_id_token": True},
        {"apikey": "not-a-real-key/ada+dev=", "bss_account": "A1B2C3D4E5F60718293A4B5C6D7E8F90"},
        {"username": "Ada@example.com", "password": "not/a+real=password", "account": "Example Production"},
        {"username": "Ada@example.com", "password": "not/a+real=password"},
        {"username": "Ada@example.com", "password": "not/a+real=password", "kubernetes_id_token": True},
        {"username": "Ada@example.com", "password": "wrong-password"},
        {"username": "grace@example.com", "password": "anything"},
        {"username": "Ada@example.com"},
        {**ADA, "passcode": "not-a-real-passcode-9"},
        {**ADA, "account_id": "b2c3d4e5f60718293a4b5c6d7e8f90a1"},
        {**ADA, "account_id": "short"},
        {**ADA, "account": "No such account"},
        {**ADA, "timeout": "soon"},
        {**ADA, "retries": 11},
        {**ADA, "no_such_option": 1},
        {**ADA, "iam_endpoint": "http://iam.example.com"},
        {**ADA, "iam_endpoint": "https://user:secret-word@iam.example.com"},
        {**ADA, "ca_cert": "/no/such/file"},
        {"access_token": "no-token"},
        {"refresh_token": "not_supported"},
        {},
    ],
    "account_info": [
        ADA,
        {**ADA, "account": "Example Production"},
        {**ADA, "account_id": "a1b2c3d4e5f60718293a4b5c6d7e8f90"},
        {**ADA, "account": "Example Lab"},
    ],
    "region_info": [ADA, {**ADA, "name": "eu-de"}, {**ADA, "name": "mars"}, {**ADA, "api_generation": 2017}],
    "live_check": [
        ADA,
        {**ADA, "clusters": ["legacy-dev", "no-such-cluster"]},
        {**ADA, "compare": {"claims": []}},
        {"apikey": "no-such-key"},
    ],
    "cf_space_info": [ADA, {**ADA, "api_generation": 2017, "uaa_token": "no token"}],
    "cluster_info": [
        ADA,
        {**ADA, "provider": ["satellite"]},
        {**ADA, "provider": ["elsewhere"]},
        {**ADA, "cluster": "shop-dev", "ca": True},
        {**ADA, "cluster": "shop-dev", "details": True, "endpoint": "private"},
        {**ADA, "cluster": "private-dev", "endpoint": "public"},
        {**ADA, "cluster": "shop-test"},
        {**ADA, "cluster": "shop-test", "resource_group": "team-b"},
        {**ADA, "cluster_name_or_id": "shop-de"},
        {**ADA, "cluster": "fresh-dev"},
        {**ADA, "cluster": "fresh-dev", "endpoint": "auto"},
        {**ADA, "cluster": "shop-dev", "wait": True},
        {**ADA, "cluster": "fresh-dev", "wait": True, "wait_timeout": 0},
        {**ADA, "wait": True, "states": ["normal"]},
        {**ADA, "resource_group": "no-such-group"},
        {**ADA, "cluster": "a/b"},
    ],
    "cluster_rbac_sync": [
        {**ADA, "clusters": []},
        {**ADA, "cluster": "legacy-dev"},
        {**ADA, "clusters": ["legacy-dev", "0123456789abcdef0123456789abcdef", "legacy-dev"]},
        {**ADA, "cluster": "no-such-cluster"},
        {**ADA, "cluster": "never-dev", "wait_timeout": 0},
        {**ADA, "cluster": "never-dev", "wait": False},
        {**ADA, "clusters": ["broken-dev", "legacy-dev"], "wait_timeout": 2},
        {**ADA, "cluster": "legacy-dev", "clusters": ["legacy-dev"]},
        ADA,
    ],
    "openshift_token": [
        {**ADA, "master_url": "{openshift}"},
        {"ibmcloud_api_key": "not-a-real-key/ada+prod=", "master_url": "{openshift}"},
        {"master_url": "{openshift}"},
        {"passcode": "no-such-passcode", "master_url": "{openshift}"},
        {**ADA, "master_url": "{openshift}", "state": "absent"},
        {
            "openshift_token": "sha256~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "master_url": "{openshift}",
            "state": "absent",
        },
    ],
    "cluster_login": [
        {**ADA, "clusters": []},
        {**ADA, "cluster": "legacy-dev", "ca_folder": "{folder}"},
        {**ADA, "cluster": "no-such-cluster"},
        {**ADA, "clusters": ["legacy-dev", "no-such-cluster"], "continue_on_error": True, "ca_folder": "{folder}"},
        {**ADA, "clusters": [{"name": "no-id"}]},
        ADA,
        {
            **ADA,
            "clusters": [{"id": "c1", "openshift_token": "sha256~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}],
            "state": "absent",
        },
    ],
    "kubeconfig": [
        {
            **ADA,
            "master_url": "{master}",
            "ca_cert_data": "{ca}",
            "path": "{folder}/new",
            "name": "shop",
            "auth": "oidc",
        },
        {"master_url": "{master}", "path": "{folder}/other/kubeconfig", "name": "shop", "openshift_token": "opaque"},
        {"master_url": "{master}", "path": "{folder}/old", "name": "shop", "openshift_token": "opaque"},
        {"master_url": "{master}", "path": "{folder}/old", "name": "shop", "openshift_token": "opaque", "auth": "oidc"},
        {"path": "{folder}/old", "name": "shop", "state": "absent"},
        {"path": "{folder}/other", "name": "shop", "state": "absent"},
        {**ADA, "path": "{folder}/admin", "clusters": ["shop-dev", "data-dev"], "admin": True},
        {**ADA, "cluster": "shop-dev", "admin": True},
    ],
    "cluster_access_info": [
        {"master_url": "http://c2.us-south.containers.cloud.ibm.com:30422", "id_token": "a.b.c"},
        {**ADA, "master_url": "https://c2.us-south.containers.cloud.ibm.com:30422/path"},
        {**ADA, "master_url": ""},
        {**ADA, "master_url": "{master}", "ca_cert_data": "{ca}"},
        {**ADA, "master_url": "{master}"},
        {**ADA, "master_url": "{master}", "ca_cert_data": "no certificate"},
    ],
}
# Values that differ between two runs of the same case
PASSING = re.compile(
    r"request-id \w+|transaction-id [\w-]+|incident-id [\w-]+|\d+\.\d+ s\b|\d+ checks|eyJ[\w.-]+|OKD-sim-[\w+/=]+|\d{10}\b"
    r"|\d{4}-\d\d-\d\dT[\d:]+Z|ansible\.legacy\.|\(ibmcloud\.kubernetes\.(?=\w+\) module)|\((?=\w+\) module)"
)
VOLATILE = {
    "invocation",
    "request_id",
    "transaction_id",
    "incident_id",
    "elapsed",
    "attempts",
    "deprecations",
    "exception",
}
VOLATILE |= {"expiration", "expires_in"}


def filled(value: t.Any, places: t.Mapping[str, str]) -> t.Any:
    for place, text in places.items():
        value = value.replace(place, text) if isinstance(value, str) else value
    return value


def comparable(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {name: comparable(item) for name, item in value.items() if name not in VOLATILE}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return PASSING.sub("_", value).replace("/there/", "/here/") if isinstance(value, str) else value


@pytest.mark.slow
@pytest.mark.parametrize("module", CASES)
def test_both_runners_have_the_same_results_and_errors(fleet: Ansible, module: str) -> None:
    state = fleet.sim.cluster("shop-dev")
    places = {
        "{master}": state.master_url or "",
        "{openshift}": fleet.sim.cluster("data-dev").master_url or "",
        "{ca}": state.ca_pem.decode(),
    }
    # Each runner has separate files with the same content.
    for runner in ("here", "there"):
        (fleet.folder / runner).mkdir(mode=0o700)
        (fleet.folder / runner / "other").write_text("no kubeconfig")
    tasks: list[dict[str, t.Any]] = []
    names: list[str] = []
    for number, case in enumerate(CASES[module]):
        for runner, in_process in (("here", True), ("there", False)):
            own = {**places, "{folder}": str(fleet.folder / runner)}
            options = {name: filled(value, own) for name, value in case.items()}
            names.append(f"{runner}_{number}")
            tasks.append(
                {
                    "name": f"Case {number} {runner}",
                    f"ibmcloud.kubernetes.{module}": {"in_process": in_process, **options},
                    "register": names[-1],
                    "ignore_errors": True,
                }
            )
    # The environment contains no key, because some cases must run without credentials.
    run = fleet.play([*tasks, write_down(*names)], "-vvvv", env={"IC_API_KEY": ""})

    assert run.rc == 0, run.output
    assert "Traceback" not in run.output
    assert leaks(run.output, fleet.sim) == []
    for number, case in enumerate(CASES[module]):
        here, there = run.found[f"here_{number}"], run.found[f"there_{number}"]
        assert comparable(here) == comparable(there), case
        assert here.get("msg") or not here["failed"]


def test_a_successful_result_with_tokens_is_not_passed_to_callbacks(fleet: Ansible) -> None:
    """Even without no_log, the ``iam_token`` module hides a successful result from callbacks, but later tasks can use the result."""
    tasks: list[dict[str, t.Any]] = []
    for name, in_process in (("here", True), ("there", False)):
        options = {"kubernetes_id_token": True, "in_process": in_process}
        tasks.append({"name": name, "ibmcloud.kubernetes.iam_token": options, "register": name})
        used = {"access_token": f"{{{{ {name}.access_token }}}}", "in_process": in_process}
        tasks.append({"name": f"Use {name}", "ibmcloud.kubernetes.account_info": used})
    # The tree callback stores complete results, as AWX does in job events.
    env = {"ANSIBLE_CALLBACKS_ENABLED": "tree", "ANSIBLE_CALLBACK_TREE_DIR": str(fleet.folder / "tree")}
    run = fleet.play([*tasks, write_down("here", "there")], "-vvvv", env=env)

    assert run.rc == 0, run.output
    assert run.output.count("'no_log: true' was specified for this result") >= 2
    assert leaks(run.output, fleet.sim) == []
    assert run.found["here"]["id_token"].startswith("eyJ")
    assert run.found["there"]["id_token"].startswith("eyJ")
    stored = [path.read_text() for path in (fleet.folder / "tree").iterdir()]
    assert stored
    assert leaks("".join(stored), fleet.sim) == []


def test_given_tokens_are_returned_unchanged(fleet: Ansible) -> None:
    """The module returns valid tokens without a request. Ansible masks the tokens of a separate process, and the action plugin restores them."""
    tasks: list[dict[str, t.Any]] = [
        {"name": "Log in", "ibmcloud.kubernetes.iam_token": {"kubernetes_id_token": True}, "register": "iam"},
    ]
    for name, in_process in (("here", True), ("there", False)):
        options = {key: f"{{{{ iam.{key} }}}}" for key in ("access_token", "refresh_token", "id_token")}
        options.update(kubernetes_id_token=True, min_validity=300, in_process=in_process, ibmcloud_api_key="")
        tasks.append({"name": name, "ibmcloud.kubernetes.iam_token": options, "register": name})
    run = fleet.play([*tasks, write_down("iam", "here", "there")])

    assert run.rc == 0, run.output
    assert len([entry for entry in fleet.sim.requests if entry.path == "/identity/token"]) == 2
    for key in ("access_token", "refresh_token", "id_token", "expires_at", "account_id"):
        assert run.found["here"][key] == run.found["there"][key] == run.found["iam"][key]


def test_a_key_can_be_encrypted_with_vault(fleet: Ansible) -> None:
    password = fleet.folder / "vault-password"
    password.write_text("vault-password-of-a-test\n")
    variables = fleet.folder / "vars.yml"
    command = ["ansible-vault", "encrypt_string", "--vault-password-file", str(password), "--name", "vaulted_key"]
    done = subprocess.run(
        [*command, "not-a-real-key/ada+dev="], env=fleet.env, capture_output=True, text=True, check=True
    )
    variables.write_text(done.stdout)
    tasks: list[dict[str, t.Any]] = [
        {"name": "Log in", "ibmcloud.kubernetes.iam_token": {"apikey": "{{ vaulted_key }}", "in_process": in_process}}
        for in_process in (True, False)
    ]
    run = fleet.play(
        tasks, "-vvvv", "--vault-password-file", str(password), "-e", f"@{variables}", env={"IC_API_KEY": ""}
    )

    assert run.rc == 0, run.output
    assert leaks(run.output, fleet.sim) == []


def test_the_environment_of_the_task_is_used(fleet: Ansible) -> None:
    """The modules treat an empty environment variable as unset."""
    names = ["here", "there"]
    tasks = [
        {
            "name": name,
            "ibmcloud.kubernetes.account_info": {"in_process": name == "here"},
            "environment": {"IC_API_KEY": "", "IBMCLOUD_API_KEY": "{{ key }}", "IC_ACCOUNT_ID": ""},
            "register": name,
        }
        for name in names
    ]
    arguments = fleet.variables(key="not-a-real-key/grace+lab=")
    run = fleet.play([*tasks, write_down(*names)], "-e", arguments)

    assert run.rc == 0, run.output
    assert [account["name"] for account in run.found["here"]["accounts"]] == ["Example Development", "Example Lab"]
    assert run.found["here"]["accounts"] == run.found["there"]["accounts"]


@pytest.mark.parametrize("in_process", [True, False])
def test_relative_paths_are_relative_to_the_playbook(fleet: Ansible, in_process: bool) -> None:
    """Ansible's own modules resolve relative paths in the same way."""
    plays = fleet.folder / "plays"
    plays.mkdir()
    (plays / "key").write_text("not-a-real-key/ada+dev=")
    (plays / "key").chmod(0o600)
    arguments = {"clusters": ["shop-dev"], "path": "kube/config", "ca_folder": "ca", "ibmcloud_api_key": "@key"}
    task = {"ibmcloud.kubernetes.kubeconfig": {**arguments, "in_process": in_process}}
    (plays / "play.yml").write_text(yaml.safe_dump([{**LOCAL, "tasks": [task]}]))
    run = fleet.run("plays/play.yml", env={"IC_API_KEY": ""})

    assert run.rc == 0, run.output
    assert (plays / "kube" / "config").exists()
    assert not (fleet.folder / "kube").exists()
    assert not (fleet.folder / "ca").exists()


def test_paths_of_shipped_playbooks_are_relative_to_the_working_directory(fleet: Ansible) -> None:
    """A shipped playbook must not write files to the collection's folder, which contains the playbook."""
    given = ("-e", "ibmcloud_clusters=shop-dev", "-e", "ibmcloud_kubeconfig=kube/config")
    run = fleet.run("ibmcloud.kubernetes.kubeconfig", *given)

    assert run.rc == 0, run.output
    assert (fleet.folder / "kube" / "config").exists()


def test_module_defaults_of_the_action_group_are_used(fleet: Ansible) -> None:
    """One setting of the action group passes the key to all modules."""
    modules = ["iam_token", "account_info", "cluster_info", "cluster_rbac_sync", "cluster_access_info"]
    more: dict[str, dict[str, t.Any]] = {
        "cluster_rbac_sync": {"cluster": "legacy-dev"},
        "cluster_access_info": {
            "master_url": fleet.sim.cluster("shop-dev").master_url,
            "ca_cert_data": fleet.sim.cluster("shop-dev").ca_pem.decode(),
        },
    }
    tasks = [{"name": name, f"ibmcloud.kubernetes.{name}": more.get(name, {}), "register": name} for name in modules]
    defaults = {"group/ibmcloud.kubernetes.ibmcloud": {"ibmcloud_api_key": "{{ key }}"}}
    run = fleet.play(
        [*tasks, write_down(*modules)],
        *("-e", fleet.variables(key="not-a-real-key/ada+dev=")),
        env={"IC_API_KEY": ""},
        module_defaults=defaults,
    )

    assert run.rc == 0, run.output
    assert run.found["cluster_access_info"]["user"] == "IAM#ada@example.com"


def test_async_is_rejected(fleet: Ansible) -> None:
    """A task in the background would leave its tokens in a file that other users can read."""
    run = fleet.play([{"name": "Log in", "ibmcloud.kubernetes.iam_token": {}, "async": 10, "poll": 1}])

    assert run.rc == 2
    assert "async" in run.output
    assert fleet.sim.requests == []


def test_a_module_runs_without_ansible_playbook(fleet: Ansible) -> None:
    """The module reads its options as JSON and prints its result as JSON. The output does not contain secrets."""
    module = "ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info"
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {"cluster": "shop-dev"}})
    env = {**fleet.env, "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0]}
    done = subprocess.run(
        [sys.executable, "-m", module], input=given, env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cluster"]["name"] == "shop-dev"
    assert leaks(done.stdout + done.stderr, fleet.sim) == []


def test_a_loop_requires_no_log_before_ansible_core_2_19(fleet: Ansible) -> None:
    """Before ansible-core 2.19, callbacks receive all results of a loop at once, so the task must set no_log."""
    task = {"name": "Log in", "ibmcloud.kubernetes.iam_token": {"kubernetes_id_token": True}, "loop": [1, 2]}
    env = {"ANSIBLE_STDOUT_CALLBACK": "minimal"}
    open_loop = fleet.play([task], "-vvvv", env=env)
    hidden_loop = fleet.play([{**task, "no_log": True}], "-vvvv", env=env)

    old = tuple(int(part) for part in ansible_core.split(".")[:2]) < (2, 19)
    assert (open_loop.rc == 2) is old, open_loop.output
    assert ("Set no_log: true on the task." in open_loop.output) is old
    assert hidden_loop.rc == 0, hidden_loop.output
    assert leaks(open_loop.output + hidden_loop.output, fleet.sim) == []


@pytest.mark.parametrize("in_process", [True, False])
def test_the_timeout_keyword_ends_a_task(fleet: Ansible, in_process: bool) -> None:
    """When the timeout ends, several threads are waiting for a service that sends one byte at a time."""
    drops = then(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", drip(b" " * 9000, pause=0.05))
    with Loopback(drops) as slow:
        options = {"containers_endpoint": slow.url, "in_process": in_process}
        task = {"name": "Find the clusters", "ibmcloud.kubernetes.cluster_info": options, "timeout": 3}
        run = fleet.play([task], "-vvvv")

        assert len(slow.seen) >= 1
    assert run.rc == 2, run.output
    assert re.search(r"3 second|time frame \(3\)", run.output), run.output
    assert leaks(run.output, fleet.sim) == []
