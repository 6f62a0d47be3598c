# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the files for AWX: the credential type, the surveys, the project and the execution environment."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.options import CommonOptions
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.argument_specs import (
    CONNECTION,
    CREDENTIALS,
    FILTERS,
    resolve_options,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.environment_variables import ENVIRONMENT
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.option_validation import _RANGES
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_login import MODULE as CLUSTER_LOGIN

from .awx_rules import FILES, PROJECT, injected, load, playbooks, survey_refusals, type_refusals
from .conftest import HERE

ROOT = HERE.parents[1]
SURVEYS = sorted(path.name for path in FILES.glob("survey_*.json"))
BUILDER = shutil.which("ansible-builder", path=str(Path(sys.executable).parent))
KIND = load("credential_type.json")
# The credential fields whose names differ from the names of their options
OPTIONS = {"api_key": "ibmcloud_api_key"}
ROLE = yaml.safe_load((ROOT / "roles" / "cluster_access" / "meta" / "argument_specs.yml").read_text())
# Surveys use the current API, which does not return clusters of the older VPC provider.
PROVIDERS = [name for name in FILTERS["provider"]["choices"] if name != "vpc-classic"]
# The choices of each survey variable
CHOICES = {
    "ibmcloud_provider": PROVIDERS,
    "ibmcloud_type": FILTERS["type"]["choices"],
    "cluster_access_provider": PROVIDERS,
    "cluster_access_endpoint": CLUSTER_LOGIN.options["endpoint"]["choices"],
    "cluster_access_wait": ["no", "yes"],
    "ibmcloud_force": ["no", "yes"],
}


# The credential type


def test_the_three_files_agree() -> None:
    """The AWX API uses credential_type.json, and the ``awx`` command uses the files for the inputs and the injectors."""
    assert KIND["inputs"] == load("credential_type_inputs.json")
    assert KIND["injectors"] == load("credential_type_injectors.json")


def test_awx_accepts_the_credential_type() -> None:
    assert type_refusals(KIND) == []


@pytest.mark.parametrize(
    ("place", "value", "refusal"),
    [
        (("kind",), "kubernetes", "kind kubernetes"),
        (("inputs", "metadata"), [], "inputs.metadata"),
        (("inputs", "fields", 0, "required"), True, "api_key.required"),
        (("inputs", "fields", 0, "id"), "tower", "id tower"),
        (("inputs", "fields", 1, "id"), "api_key", "id api_key"),
        (("inputs", "fields", 6, "format"), "url", "iam_endpoint.format"),
        (("injectors", "extra_vars"), {"api_key": "{{ api_key }}"}, "injectors.extra_vars"),
        (("injectors", "env", "ANSIBLE_CONFIG"), "x", "variable ANSIBLE_CONFIG"),
        (("injectors", "env", "PATH"), "x", "variable PATH"),
        (("injectors", "env", "IC_API_KEY"), "{{ apikey }}", "IC_API_KEY: 'apikey' is undefined"),
        (("injectors", "env", "IC_API_KEY"), "{{ api_key | b64decode }}", "IC_API_KEY: No filter named 'b64decode'."),
        (("injectors", "env", "IC_API_KEY"), "schlüssel", "IC_API_KEY is not ASCII"),
    ],
)
def test_violations_of_the_rules_for_credential_types_are_found(
    place: tuple[t.Any, ...], value: t.Any, refusal: str
) -> None:
    broken = copy.deepcopy(KIND)
    where = broken
    for step in place[:-1]:
        where = where[step]
    where[place[-1]] = value

    assert refusal in type_refusals(broken)


def test_each_field_sets_its_option() -> None:
    """The field for the API key sets two environment variables. Every other field sets one variable."""
    found: dict[str, list[str]] = {}
    for variable, template in KIND["injectors"]["env"].items():
        (field,) = re.findall(r"\{\{ (\w+)", template)
        found.setdefault(field, []).append(variable)

    assert sorted(found) == sorted(field["id"] for field in KIND["inputs"]["fields"])
    for field, variables in found.items():
        known = ENVIRONMENT[OPTIONS.get(field, field)]
        assert set(variables) <= set(known), field
        assert len(variables) == (2 if field == "api_key" else 1)
    # IBM's own collection reads IC_REGION and similar variables, and treats empty variables as set.
    assert [name for names in found.values() for name in names if name.startswith("IC_")] == ["IC_API_KEY"]


def test_the_guide_lists_the_injected_variables() -> None:
    page = (ROOT / "docs" / "awx.md").read_text()
    for field in KIND["inputs"]["fields"]:
        variables = [name for name, text in KIND["injectors"]["env"].items() if field["id"] in text]
        (row,) = re.findall(rf"^\| {re.escape(field['label'])}(?: \(secret\))? \|.*$", page, re.MULTILINE)
        assert f" | `{field['id']}` | " in row
        assert re.findall(r"`(I[A-Z_]+)`", row) == variables
        assert row.endswith(f"| `{OPTIONS.get(field['id'], field['id'])}` |")


def test_empty_fields_are_unset() -> None:
    """If all fields except the API key are empty, only the API key must have an effect."""
    spec = {**CREDENTIALS, **CONNECTION, "resource_group": FILTERS["resource_group"]}
    environ = injected(KIND, {"api_key": "not-a-real-key"})

    assert environ.pop("IBMCLOUD_VISIBILITY") == "public"
    assert {value for name, value in environ.items() if not name.endswith("API_KEY")} == {""}
    found = [
        vars(resolve_options(CommonOptions, {}, spec, around)) for around in (environ, {"IC_API_KEY": "not-a-real-key"})
    ]
    assert found[0] == found[1]


def test_awx_masks_secret_fields() -> None:
    """AWX stores the environment variables of a job, and masks a variable if the variable's name looks like the name of a secret."""
    secret = {field["id"] for field in KIND["inputs"]["fields"] if field.get("secret")}
    variables = [
        name for name, template in KIND["injectors"]["env"].items() if any(field in template for field in secret)
    ]

    assert secret == {"api_key"}
    assert all(re.search("API|TOKEN|KEY|SECRET|PASS", name) for name in variables)
    assert not [field["id"] for field in KIND["inputs"]["fields"] if "default" in field]


# Surveys


def defaults(survey: str) -> dict[str, t.Any]:
    """Map each variable of the survey's play and role to its default value."""
    name = {"survey_workflow.json": "rbac_sync"}.get(survey, survey.removeprefix("survey_").removesuffix(".json"))
    plays = yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text())
    play = plays[name == "each_cluster"]
    role = {key: option["default"] for key, option in ROLE["argument_specs"]["main"]["options"].items()}
    uses_role = name in ("cluster_access", "each_cluster")
    return {**(role if uses_role else {}), **play["vars"]}


@pytest.mark.parametrize("name", SURVEYS)
def test_awx_accepts_the_survey(name: str) -> None:
    assert survey_refusals(load(name)) == []


@pytest.mark.parametrize("name", SURVEYS)
def test_a_survey_matches_its_playbook(name: str) -> None:
    """A survey must have the same defaults as its playbook, and the same choices and ranges as the modules' options."""
    known = defaults(name)
    for question in load(name)["spec"]:
        variable, default = question["variable"], question["default"]
        expected = "no" if known[variable] is False else known[variable]
        # A survey contains an empty string in place of every empty value.
        assert default == (expected or ""), variable
        assert question.get("choices") == CHOICES.get(variable), variable
        assert question["question_name"]
        if question["type"] == "integer":
            option = variable.removeprefix("cluster_access_").removeprefix("ibmcloud_")
            least, most = _RANGES[option]
            # By default, AWX stops a job after an hour, so a longer wait would be useless.
            assert (question["min"], question["max"]) == (least, 3000 if option == "wait_timeout" else most)


def test_access_asks_whether_to_wait() -> None:
    """Only the survey of the ``cluster_access`` template asks whether to wait."""
    waiting = [
        name for name in SURVEYS if "cluster_access_wait" in (question["variable"] for question in load(name)["spec"])
    ]
    assert waiting == ["survey_cluster_access.json"]


def test_surveys_contain_every_variable_of_the_playbooks() -> None:
    """Only internal variables are missing from the surveys."""
    asked = {name: {question["variable"] for question in load(name)["spec"]} for name in SURVEYS}
    sync, report = asked["survey_rbac_sync.json"], asked["survey_fleet_report.json"]
    for name in ("survey_rbac_sync.json", "survey_fleet_report.json"):
        own = {key for key in defaults(name) if key.startswith(("__", "ansible_"))}
        assert asked[name] == set(defaults(name)) - own

    assert asked["survey_workflow.json"] == sync
    assert report - sync == {"ibmcloud_report_file"}


# The project


def test_the_project_contains_the_playbooks_of_its_templates() -> None:
    """The inventory plugin accepts only certain file names."""
    for name in playbooks():
        (step,) = yaml.safe_load((PROJECT / name).read_text())
        assert step["ansible.builtin.import_playbook"] == f"ibmcloud.kubernetes.{name.removesuffix('.yml')}"
        assert (ROOT / "playbooks" / name).exists()
    (setup,) = yaml.safe_load((ROOT / "playbooks" / "awx_setup.yml").read_text())
    templates = setup["vars"]["ibmcloud_awx_job_templates"]

    assert sorted(template["playbook"] for template in templates) == playbooks()
    assert {template["survey"] for template in templates if "survey" in template} | {"survey_workflow.json"} == set(
        SURVEYS
    )
    (source,) = PROJECT.glob("*clusters.yml")
    assert source.name.endswith("ibmcloud_clusters.yml")
    assert source.name in (ROOT / "playbooks" / "awx_setup.yml").read_text()


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_no_play_gathers_facts(path: Path) -> None:
    """Facts would contain all environment variables, including the API key."""
    assert {play["gather_facts"] for play in yaml.safe_load(path.read_text())} == {False}


@pytest.mark.parametrize("name", ["rbac_sync", "fleet_report", "cluster_access", "awx_setup"])
def test_awx_recognizes_the_playbooks(name: str) -> None:
    (play,) = yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text())

    assert (play["hosts"], play["connection"], play["gather_facts"]) == ("localhost", "local", False)
    assert play["vars"]["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"


# The execution environment


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not BUILDER, reason="ansible-builder is not installed here")
def test_the_execution_environment_gets_only_requests(tmp_path: Path) -> None:
    run("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(tmp_path), cwd=tmp_path)
    (archive,) = tmp_path.glob("ibmcloud-kubernetes-*.tar.gz")
    home = tmp_path / "ansible_collections" / "ibmcloud" / "kubernetes"
    with tarfile.open(archive) as published:
        published.extractall(home, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    found = yaml.safe_load(run(str(BUILDER), "introspect", str(tmp_path), cwd=tmp_path))

    assert {line.partition(" ")[0] for line in found["python"]} == {"requests>=2.25"}
    assert found["system"] in ({}, [])
    shipped = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert {f"playbooks/files/awx/{name}" for name in SURVEYS} <= shipped
    assert {"meta/execution-environment.yml", "requirements.txt", "playbooks/files/awx/credential_type.json"} <= shipped


@pytest.mark.skipif(not BUILDER, reason="ansible-builder is not installed here")
def test_the_execution_environment_can_be_prepared(tmp_path: Path) -> None:
    """``ansible-builder`` creates a build context from the example file."""
    example = FILES / "execution-environment.yml"
    context = tmp_path / "context"
    words = ("--file", str(example), "--context", str(context), "--output-filename", "Containerfile")
    run(str(BUILDER), "create", *words, cwd=tmp_path)
    steps = (context / "Containerfile").read_text()

    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text())
    assert [entry["name"].rpartition("/")[2] for entry in wanted["collections"]] == [
        "ibmcloud.kubernetes.git",
        "kubernetes.core",
        "community.okd",
    ]
    # Git must be installed before Git is used to install a collection.
    assert steps.index("git-core") < steps.index("ansible-galaxy collection install")
    assert "ansible-core>=2.19.1,<2.20" in steps
