# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the ``awx_setup`` playbook with a simulated AWX API."""

from __future__ import annotations

import importlib.util
import json
import re
import typing as t

import pytest

from .awx_controller import UPDATE, Controller
from .awx_rules import load, playbooks

if t.TYPE_CHECKING:
    from .conftest import Ansible

SETUP = "ibmcloud.kubernetes.awx_setup"
KEY, OTHER_KEY = "CANARY-key/of+the=credential", "CANARY-key/of+the=next+credential"
SETTINGS = {"ibmcloud_awx_project_url": "https://git.example.com/team/ibmcloud.git"}

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("ansible_collections.awx"), reason="awx.awx is not installed for this ansible-core"
)


@pytest.fixture
def controller() -> t.Iterator[Controller]:
    found = Controller(playbooks())
    with found.loopback:
        yield found


def set_up(ansible: Ansible, controller: Controller, *arguments: str, says: str = "", **settings: t.Any) -> list[str]:
    """Run the playbook, and return the changes in AWX. Secrets are passed in a file, as in the guide about AWX."""
    controller.changes.clear()
    given = ansible.variables(**SETTINGS, **settings)
    env = {**controller.environment, "ANSIBLE_PIPELINING": "true"}
    run = ansible.run(SETUP, "-vvv", "-e", given, *arguments, env=env)
    assert run.rc == 0, run.output
    assert not re.search("CANARY", run.output)
    assert says in run.output
    assert ("changed=0 " in run.output) == (controller.changes == []) or "--check" in arguments, run.output
    return list(controller.changes)


@pytest.mark.slow
def test_the_setup_is_idempotent(ansible: Ansible, controller: Controller) -> None:
    """The first run does not create a credential. A later run creates a credential and an execution environment."""
    url = f"{controller.loopback.url}/#"
    next_step = (
        f'Create the credential \\"IBM Cloud\\" of the type \\"IBM Cloud\\" at {url}/credentials/add, and run this'
    )
    set_up(ansible, controller, says=next_step)

    assert controller.names("credential_types")[1:] == ["IBM Cloud"]
    made = controller.one("credential_types", "IBM Cloud")
    # Ansible does not evaluate the templates in the injectors.
    assert {key: made[key] for key in load("credential_type.json")} == load("credential_type.json")
    assert controller.names("credentials") == controller.names("execution_environments") == []
    templates = {name: controller.one("job_templates", name) for name in controller.names("job_templates")}
    assert sorted(template["playbook"] for template in templates.values()) == playbooks()
    for template in templates.values():
        of_clusters = template["playbook"] == "each_cluster.yml"
        inventory = "IBM Cloud clusters" if of_clusters else "IBM Cloud without hosts"
        assert template["inventory"] == controller.one("inventories", inventory)["id"]
        assert (template["job_slice_count"], template["ask_limit_on_launch"]) == (1, of_clusters)
        assert not template["use_fact_cache"]
        survey = f"survey_{template['playbook'].removesuffix('.yml')}.json"
        assert template["_survey"] == load(survey)
    source = controller.one("inventory_sources", "IBM Cloud source")
    assert "/runner/requirements_collections:" in json.loads(source["source_vars"])["ANSIBLE_COLLECTIONS_PATH"]
    assert controller.one("workflow_job_templates", "IBM Cloud fleet")["_survey"] == load("survey_workflow.json")
    nodes = {name: controller.one("workflow_job_template_nodes", name) for name in ("inventory", "sync", "report")}
    assert nodes["sync"]["_success_nodes"] == [nodes["report"]["id"]]
    # If a node followed the failed node with the condition "always" or "on failure", AWX would report the workflow as successful.
    assert not any(node.get(f"_{kind}_nodes") for node in nodes.values() for kind in ("always", "failure"))
    assert nodes["sync"]["unified_job_template"] == templates["IBM Cloud RBAC sync"]["id"]

    more = {
        "ibmcloud_awx_api_key": KEY,
        "ibmcloud_awx_credential_inputs": {"region": "eu-de"},
        "ibmcloud_awx_image": "registry.example.com/ee:1",
        "ibmcloud_awx_image_credential": "Registry",
    }
    registry = controller.add("credentials", {"name": "Registry", "credential_type": 1, "organization": 1})
    report = templates["IBM Cloud report"]["id"]
    changes = set_up(ansible, controller, says=f"{url}/templates/job_template/{report}/details", **more)

    kinds = {
        re.sub("/[0-9]+/", "/N/", change.removeprefix("POST ")) for change in changes if change.startswith("POST ")
    }
    assert kinds == {
        f"/api/v2/{kind}/" for kind in ("credentials", "execution_environments", "job_templates/N/credentials")
    }
    assert {change.split("/")[3] for change in changes if change.startswith("PATCH ")} == {
        "inventory_sources",
        "job_templates",
    }
    credential = controller.one("credentials", "IBM Cloud")
    assert controller.secret("IBM Cloud") == {"api_key": KEY, "region": "eu-de"}
    assert all(template["_credentials"] == [credential["id"]] for template in templates.values())
    assert controller.one("inventory_sources", "IBM Cloud source")["credential"] == credential["id"]

    assert controller.one("execution_environments", "IBM Cloud")["credential"] == registry["id"]

    # AWX does not return keys, so a different key cannot be detected.
    says = 'Launch \\"IBM Cloud report\\". It only reads data.'
    assert set_up(ansible, controller, says=says, **{**more, "ibmcloud_awx_api_key": OTHER_KEY}) == []
    assert controller.secret("IBM Cloud")["api_key"] == KEY


@pytest.mark.slow
def test_a_key_is_replaced_on_request(ansible: Ansible, controller: Controller) -> None:
    """After the key is replaced, the run fails, because the project does not contain playbooks yet."""
    controller.playbooks = []
    kind = controller.add("credential_types", load("credential_type.json"))
    controller.add(
        "credentials",
        {"name": "IBM Cloud", "credential_type": kind["id"], "organization": 1, "inputs": {"api_key": KEY}},
    )
    given = ansible.variables(**SETTINGS, ibmcloud_awx_api_key=OTHER_KEY, ibmcloud_awx_update_secrets=True)
    run = ansible.run(SETUP, "-e", given, env=controller.environment)

    assert run.rc == 2
    assert "Playbook cluster_access.yml not found for project." in run.output
    assert controller.secret("IBM Cloud") == {"api_key": OTHER_KEY}
    assert not re.search("CANARY", run.output)


@pytest.mark.slow
def test_a_failed_update_of_the_project_is_repeated(ansible: Ansible, controller: Controller) -> None:
    """AWX does not retry the project update, so the playbook starts another update."""
    controller.update_status = "failed"
    for _run in range(2):
        controller.changes.clear()
        run = ansible.run(SETUP, "-e", ansible.variables(**SETTINGS), env=controller.environment)
        assert run.rc == 2
        job = f"{controller.loopback.url}/#/jobs/project/{UPDATE}/output"
        wanted = f"The Project Update - IBM Cloud, failed. Read {job}, fix the cause and run this playbook again."
        assert run.failures() == [wanted]
        project = controller.one("projects", "IBM Cloud")["id"]
        assert f"POST /api/v2/projects/{project}/update/" in controller.changes
    controller.update_status = "successful"

    assert set_up(ansible, controller)
    assert controller.names("job_templates")


@pytest.mark.slow
def test_check_mode_creates_nothing(ansible: Ansible, controller: Controller) -> None:
    """In check mode, missing objects are not an error."""
    assert set_up(ansible, controller, "--check", ibmcloud_awx_api_key=KEY, ibmcloud_awx_job_templates=[]) == []
    assert controller.names("credential_types")[1:] == []


def test_a_missing_project_is_an_error(ansible: Ansible, controller: Controller) -> None:
    run = ansible.run(SETUP, env=controller.environment)

    assert run.rc == 2
    assert run.failures() == [
        "ibmcloud_awx_project_url is empty. Set it to the URL of a Git repository with the files of playbooks/files/awx/project."
    ]
    assert controller.changes == []
