# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said in two places is the same in both: version, modules, environment variables, options."""

from __future__ import annotations

import importlib
import pathlib
import re
import typing as t

import pytest
import yaml
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core import errors as _errors
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.transport import USER_AGENT
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.argument_specs import (
    _DEFAULTS,
    CLUSTER,
    CONNECTION,
    CREDENTIALS,
    ENVIRONMENT,
)

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module

Options = dict[str, dict[str, t.Any]]

COLLECTION = pathlib.Path(_errors.__file__).parents[3]
PACKAGE = "ansible_collections.ibmcloud.kubernetes.plugins"
MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py"))
# Those whose success holds a token.
SECRET_SUCCESS = {"cluster_access", "cluster_login", "cluster_session", "iam_token", "openshift_token"}
# Variables that are not ours, at the option whose default they change.
FOREIGN = {"ca_folder": ["XDG_CACHE_HOME"]}
ACTIONS = sorted(path.stem for path in (COLLECTION / "plugins" / "action").glob("*.py"))


def _module(name: str) -> Module:
    module: Module = importlib.import_module(f"{PACKAGE}.modules.{name}").MODULE
    return module


def _documentation(name: str) -> dict[str, t.Any]:
    """The module's documentation with its fragments, put together as ansible-doc does: its own words come on top."""
    document = t.cast(
        "dict[str, t.Any]", yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)
    )
    return {**document, "options": _options(document)}


def _options(document: dict[str, t.Any]) -> Options:
    options: Options = {}
    for fragment in document["extends_documentation_fragment"]:
        if "." not in fragment:
            continue  # one of Ansible's own, which an inventory has
        _namespace, _collection, file, *part = fragment.split(".")
        texts = importlib.import_module(f"{PACKAGE}.doc_fragments.{file}").ModuleDocFragment
        options.update(yaml.safe_load(getattr(texts, part[0].upper() if part else "DOCUMENTATION")).get("options", {}))
    for option, words in document.get("options", {}).items():
        options[option] = {**options.get(option, {}), **words}
    return options


def test_the_version_is_one() -> None:
    """What the services see in their logs is what people have installed."""
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))

    assert f"ansible-collection-{galaxy['namespace']}.{galaxy['name']}/{galaxy['version']}" == USER_AGENT


def test_every_module_is_in_the_action_group() -> None:
    """module_defaults reach all of them, and nothing that does not exist."""
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))

    assert sorted(runtime["action_groups"]["ibmcloud"]) == MODULES


def test_every_module_has_its_action_plugin() -> None:
    """And no action is without a module."""
    assert ACTIONS == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_an_action_runs_the_module_of_its_name(name: str) -> None:
    """Those that return tokens mark their success as secret, and no other one does."""
    action = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule

    assert action.MODULE is _module(name)
    assert action.MODULE.name == name
    assert action.SECRET_SUCCESS is (name in SECRET_SUCCESS)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_documented_under_its_name(name: str) -> None:
    """With all its fragments, and examples that call it by its full name."""
    document = _documentation(name)
    examples = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").EXAMPLES)

    assert document["module"] == name
    assert {"ibmcloud.kubernetes._credentials", "ibmcloud.kubernetes._connection"} <= {
        *document["extends_documentation_fragment"]
    }
    assert any(f"ibmcloud.kubernetes.{name}" in task for task in examples)


@pytest.mark.parametrize("name", MODULES)
def test_documented_options_are_the_options(name: str) -> None:
    """Names, types, elements, aliases, choices, defaults, and what is required."""
    documented = {option: _contract(words) for option, words in _documentation(name)["options"].items()}
    specified = {option: _contract(words) for option, words in _module(name).argument_spec.items()}

    assert documented == specified


def _contract(words: dict[str, t.Any]) -> dict[str, t.Any]:
    return {
        "type": words.get("type", "str"),
        "elements": words.get("elements"),
        "aliases": sorted(words.get("aliases", [])),
        "choices": words.get("choices"),
        "default": words.get("default"),
        "required": words.get("required", False),
    }


@pytest.mark.parametrize("name", MODULES)
def test_documented_environment_variables_are_those_that_are_read(name: str) -> None:
    """In the order in which they are asked, at the option that they fill; none that is not read."""
    task_only = _module(name).task_only
    for option, words in _documentation(name)["options"].items():
        named = re.findall(r"E\(([A-Z0-9_]+)\)", " ".join(words["description"]))

        read = [] if option in task_only else ENVIRONMENT.get(option, FOREIGN.get(option, []))
        assert named == list(read), option


def test_the_inventory_documents_the_options_of_the_modules() -> None:
    """Every option that a module documents means the same there; only what a task alone can do is missing."""
    plugin = importlib.import_module(f"{PACKAGE}.inventory.clusters")
    document = yaml.safe_load(plugin.DOCUMENTATION)
    documented = _options(document)
    specified = plugin.InventoryModule()._module.argument_spec

    assert set(specified) - set(documented) == {"in_process"}
    for option in set(specified) & set(documented):
        assert _contract(documented[option]) == _contract(specified[option])
        named = re.findall(r"E\(([A-Z0-9_]+)\)", " ".join(documented[option]["description"]))
        assert named == list(ENVIRONMENT.get(option, [])), option
    assert document["options"]["plugin"]["choices"] == [plugin.InventoryModule.NAME]
    assert not any(words.get("env") for words in documented.values())


@pytest.mark.parametrize("name", MODULES)
def test_options_that_only_the_task_fills_exist(name: str) -> None:
    """And would have a variable otherwise."""
    module = _module(name)

    assert set(module.task_only) <= set(module.argument_spec) & set(ENVIRONMENT)


def test_every_environment_variable_belongs_to_an_option() -> None:
    """One that fills nothing would be a promise."""
    options = {option for name in MODULES for option in _module(name).argument_spec}

    assert set(ENVIRONMENT) <= options


def test_no_variable_fills_two_options() -> None:
    """Whoever sets it means one thing."""
    variables = [variable for names in ENVIRONMENT.values() for variable in names]

    assert len(variables) == len(set(variables))


@pytest.mark.parametrize("option", _DEFAULTS)
def test_defaults_outside_the_specification_are_documented(option: str) -> None:
    """Ansible cannot show them, so that the words must."""
    description = " ".join(_documentation("iam_token")["options"][option]["description"])
    value = _DEFAULTS[option]

    assert f"V({value:g})" in description if isinstance(value, float) else f"V({value})" in description


@pytest.mark.parametrize("name", MODULES)
def test_secret_options_are_secret_everywhere(name: str) -> None:
    """The same option is not open in one module and secret in another."""
    secret = {option for option, words in _module(name).argument_spec.items() if words.get("no_log")}
    known = {
        *("ibmcloud_api_key", "password", "passcode"),
        *("access_token", "refresh_token", "id_token", "kubernetes_refresh_token", "openshift_token"),
        *("openshift_passcode", "proxy", "sessions", "uaa_token"),
    }

    assert secret == known & set(_module(name).argument_spec)


@pytest.mark.parametrize("name", MODULES)
def test_every_result_is_documented(name: str) -> None:
    """Each with when it is returned, and failures with their parts."""
    returned = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").RETURN)

    assert "error" in returned
    assert all({"description", "returned", "type"} <= set(words) for words in returned.values())


def test_shared_options_are_disjoint() -> None:
    """One theme for each option."""
    names = [*CREDENTIALS, *CONNECTION, *CLUSTER]

    assert len(names) == len(set(names))
