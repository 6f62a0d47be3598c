# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the lookups in playbooks. Each run logs in once, and no output contains a secret."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import subprocess
import typing as t

import pytest
import yaml

from .conftest import Ansible, ansible_beside, leaks, write_down

if t.TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
ACCESS = "lookup('ibmcloud.kubernetes.cluster_access', {})"
TOKEN = "lookup('ibmcloud.kubernetes.iam_token'{})"
OUTPUTS = ("k8s_auth", "k8s_env", "token", "master_url", "kubeconfig")


def logins(ansible: Ansible) -> int:
    """Return the number of token requests to IAM and to the clusters' OAuth servers."""
    return sum(entry.path.endswith(("/identity/token", "/oauth/authorize")) for entry in ansible.sim.requests)


def left(ansible: Ansible) -> list[Path]:
    """Return the files that remain in Ansible's folders, except for CA certificates."""
    return [path for path in (ansible.folder / "home").rglob("*") if path.is_file()]


@pytest.mark.parametrize("cluster", ["shop-dev", "data-dev"])
def test_a_session_is_returned_in_each_form(fleet: Ansible, cluster: str) -> None:
    """All output forms contain the same token, because the lookups log in only once."""
    variables = {f"as_{form}": "{{ " + ACCESS.format(f"'{cluster}', output='{form}'") + " }}" for form in OUTPUTS}
    variables["as_default"] = "{{ " + ACCESS.format(f"'{cluster}'") + " }}"
    run = fleet.play([write_down(*variables)], "-vvvv", vars=variables)

    assert run.rc == 0, run.output
    found = run.found
    assert found["as_k8s_auth"] == found["as_default"]
    assert found["as_k8s_auth"]["host"] == found["as_master_url"] == fleet.sim.cluster(cluster).master_url
    assert found["as_k8s_auth"]["api_key"] == found["as_token"] == found["as_k8s_env"]["K8S_AUTH_API_KEY"]
    document = (
        yaml.safe_load(found["as_kubeconfig"]) if isinstance(found["as_kubeconfig"], str) else found["as_kubeconfig"]
    )
    assert document["users"][0]["user"] == {"token": found["as_token"]}
    assert document["current-context"].startswith(f"{cluster}/")
    assert leaks(run.output, fleet.sim) == []
    assert left(fleet) == []


def test_all_tasks_and_hosts_share_a_login(fleet: Ansible) -> None:
    """The variables are evaluated for each task of each host, but only the first evaluation logs in."""
    inventory = fleet.folder / "hosts"
    inventory.write_text("".join(f"h{number} ansible_connection=local\n" for number in range(6)))
    variables = {"token": "{{ " + TOKEN.format("") + " }}", "session": "{{ " + ACCESS.format("'shop-dev'") + " }}"}
    check = {
        "ansible.builtin.assert": {"that": ["token | length > 99", "session.api_key | length > 99"], "quiet": True}
    }
    tasks = [{"name": f"Use them {number}", **check, "no_log": True} for number in range(3)]
    first = fleet.play(tasks[:1], "-i", str(inventory), hosts="h0", vars=variables)
    alone = logins(fleet)
    second = fleet.play(tasks, "-i", str(inventory), "-f", "6", "-vvvv", hosts="all", vars=variables)

    assert (first.rc, second.rc) == (0, 0), first.output + second.output
    assert alone > 0
    assert logins(fleet) == 2 * alone
    assert leaks(second.output, fleet.sim) == []
    assert left(fleet) == []


def test_a_token_is_renewed_before_it_expires(fleet: Ansible) -> None:
    """The token is valid for less than two minutes, so the next task logs in again."""
    settings = fleet.sim.cloud.settings
    fleet.sim.cloud.settings = dataclasses.replace(settings, access_token_seconds=119)
    save = "{{ " + TOKEN.format("") + " }}"
    tasks = [
        {"name": f"Look it up {number}", "ansible.builtin.set_fact": {f"token_{number}": save}, "no_log": True}
        for number in range(2)
    ]
    run = fleet.play([*tasks, write_down("token_0", "token_1")], "-vvvv")

    assert run.rc == 0, run.output
    assert run.found["token_0"] != run.found["token_1"]
    assert leaks(run.output, fleet.sim) == []


def test_a_uri_task_can_use_the_token(fleet: Ansible) -> None:
    """As in the documentation, no_log hides the header."""
    task = {
        "name": "Call a service",
        "ansible.builtin.uri": {
            "url": f"{fleet.sim.accounts_url}/coe/v2/accounts",
            "ca_path": fleet.env["REQUESTS_CA_BUNDLE"],
            "headers": {"Authorization": "Bearer {{ " + TOKEN.format("") + " }}"},
        },
        "no_log": True,
    }
    run = fleet.play([task], "-vvvv")

    assert run.rc == 0, run.output
    assert leaks(run.output, fleet.sim) == []


WRONG = "not-a-real-key/that+is+wrong="
FAILURES = {
    "no-cluster": (ACCESS.format("'nosuch'"), {}, "No cluster nosuch was found"),
    "no-term": (ACCESS.format("output='token'"), {}, "names or IDs of clusters are required"),
    "wrong-output": (ACCESS.format("'shop-dev', output='all'"), {}, "value of output must be one of"),
    "unknown-option": (ACCESS.format("'shop-dev', cluster_name='x'"), {}, "cluster_name"),
    "wrong-key": (TOKEN.format(""), {"IC_API_KEY": WRONG}, "BXNIM0415E"),
    "no-credentials": (TOKEN.format(""), {"IC_API_KEY": ""}, "No credentials were given"),
    "a-term": (TOKEN.format(", 'x'"), {}, "terms are not supported"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_lookup_fails_the_task(fleet: Ansible, name: str) -> None:
    expression, env, words = FAILURES[name]
    run = fleet.play(
        [{"name": "Use it", "ansible.builtin.debug": {"msg": "{{ " + expression + " }}"}}], "-vvvv", env=env
    )

    assert run.rc == 2, run.output
    assert words in run.output
    assert leaks(run.output, fleet.sim) == []
    assert WRONG not in run.output
    assert left(fleet) == []


@pytest.fixture
def ansible_of_the_docs(tmp_path: Path) -> t.Iterator[Ansible]:
    """Yield an ``Ansible`` object with a simulator of the world that the examples use."""
    with ansible_beside("docs", tmp_path) as found:
        yield found


@pytest.mark.parametrize("name", ["cluster_access", "iam_token"])
def test_examples_of_the_lookups_run(ansible_of_the_docs: Ansible, name: str) -> None:
    done = subprocess.run(
        ["ansible-doc", "--json", "-t", "lookup", f"ibmcloud.kubernetes.{name}"],
        env=ansible_of_the_docs.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)[f"ibmcloud.kubernetes.{name}"]
    if "kubernetes.core" in shown["examples"] and not importlib.util.find_spec("ansible_collections.kubernetes"):
        pytest.skip("the example needs kubernetes.core, which is not installed for this ansible-core")
    assert all(option.get("description") for option in shown["doc"]["options"].values())
    variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    run = ansible_of_the_docs.play(yaml.safe_load(shown["examples"]), "-vvvv", vars=variables)

    assert run.rc == 0, run.output
    assert leaks(run.output, ansible_of_the_docs.sim) == []
