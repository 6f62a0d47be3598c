# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts that occur in two places must match: versions, modules, environment variables and options."""

from __future__ import annotations

import ast
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
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.environment_variables import ENVIRONMENT

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module

Options = dict[str, dict[str, t.Any]]

COLLECTION = pathlib.Path(_errors.__file__).parents[3]
PACKAGE = "ansible_collections.ibmcloud.kubernetes.plugins"
MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py"))
# Modules whose result contains a token
SECRET_SUCCESS = {"cluster_access", "cluster_login", "cluster_session", "iam_token", "openshift_token"}
# Environment variables of other projects that change an option's default
FOREIGN = {"ca_folder": ["XDG_CACHE_HOME"], "path": ["KUBECONFIG"]}
ACTIONS = sorted(path.stem for path in (COLLECTION / "plugins" / "action").glob("*.py"))


def _module(name: str) -> Module:
    module: Module = importlib.import_module(f"{PACKAGE}.modules.{name}").MODULE
    return module


def _documentation(name: str) -> dict[str, t.Any]:
    """Return the module's documentation merged with its fragments, as ansible-doc does."""
    document = t.cast(
        "dict[str, t.Any]", yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)
    )
    return {**document, "options": _options(document)}


def _options(document: dict[str, t.Any]) -> Options:
    options: Options = {}
    for fragment in document["extends_documentation_fragment"]:
        if "." not in fragment:
            continue  # The fragment belongs to ansible-core.
        _namespace, _collection, file, *part = fragment.split(".")
        texts = importlib.import_module(f"{PACKAGE}.doc_fragments.{file}").ModuleDocFragment
        options.update(yaml.safe_load(getattr(texts, part[0].upper() if part else "DOCUMENTATION")).get("options", {}))
    for option, words in document.get("options", {}).items():
        options[option] = {**options.get(option, {}), **words}
    return options


def test_the_user_agent_has_the_version_of_the_collection() -> None:
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))

    assert f"ansible-collection-{galaxy['namespace']}.{galaxy['name']}/{galaxy['version']}" == USER_AGENT


def test_every_module_has_its_action_plugin() -> None:
    assert ACTIONS == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_an_action_runs_the_module_of_its_name(name: str) -> None:
    """SECRET_SUCCESS is set only for modules that return tokens."""
    action = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule

    assert action.MODULE is _module(name)
    assert action.MODULE.name == name
    assert action.SECRET_SUCCESS is (name in SECRET_SUCCESS)


@pytest.mark.parametrize("name", MODULES)
def test_documented_options_are_the_options(name: str) -> None:
    """The names, types, elements, aliases, choices, defaults and required options must match."""
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


# Environment variables of Terraform that affect an option without setting it
ALSO_READ = {"visibility": ["IC_ENDPOINTS_FILE_PATH", "IC_PRIVATE_ENDPOINT_TYPE"]}


@pytest.mark.parametrize("name", MODULES)
def test_each_environment_variable_that_is_read_is_documented(name: str) -> None:
    """The description of an option lists its environment variables in the order in which the modules read them."""
    task_only = _module(name).task_only
    for option, words in _documentation(name)["options"].items():
        named = re.findall(r"E\(([A-Z0-9_]+)\)", " ".join(words["description"]))

        read = [] if option in task_only else ENVIRONMENT.get(option, FOREIGN.get(option, []))
        assert named == [*read, *ALSO_READ.get(option, [])], option


def test_the_inventory_documents_the_options_of_the_modules() -> None:
    """The inventory's options have the same meaning as the modules' options. The inventory omits only the option in_process."""
    plugin = importlib.import_module(f"{PACKAGE}.inventory.clusters")
    document = yaml.safe_load(plugin.DOCUMENTATION)
    documented = _options(document)
    specified = plugin.InventoryModule()._module.argument_spec

    assert set(specified) - set(documented) == {"in_process"}
    for option in set(specified) & set(documented):
        assert _contract(documented[option]) == _contract(specified[option])
        named = re.findall(r"E\(([A-Z0-9_]+)\)", " ".join(documented[option]["description"]))
        assert named == [*ENVIRONMENT.get(option, []), *ALSO_READ.get(option, [])], option
    assert document["options"]["plugin"]["choices"] == [plugin.InventoryModule.NAME]
    assert not any(words.get("env") for words in documented.values())


def test_no_variable_sets_two_options() -> None:
    variables = [variable for names in ENVIRONMENT.values() for variable in names]

    assert len(variables) == len(set(variables))


@pytest.mark.parametrize("option", _DEFAULTS)
def test_defaults_outside_the_specification_are_documented(option: str) -> None:
    """Ansible does not know these defaults, so the option's description must contain them."""
    description = " ".join(_documentation("iam_token")["options"][option]["description"])
    value = _DEFAULTS[option]

    assert f"V({value:g})" in description if isinstance(value, float) else f"V({value})" in description


@pytest.mark.parametrize("name", MODULES)
def test_secret_options_are_secret_everywhere(name: str) -> None:
    """An option has no_log in all modules or in none."""
    secret = {option for option, words in _module(name).argument_spec.items() if words.get("no_log")}
    known = {
        *("ibmcloud_api_key", "password", "passcode"),
        *("access_token", "refresh_token", "id_token", "kubernetes_refresh_token", "openshift_token"),
        *("openshift_passcode", "proxy", "sessions", "uaa_token"),
    }

    assert secret == known & set(_module(name).argument_spec)


def test_supported_versions_agree() -> None:
    """The versions must match in README, meta/runtime.yml, galaxy.yml, requirements.txt, ruff and nox."""
    cores = _assigned(COLLECTION / "noxfile.py", "CORES")
    pythons = {tuple(map(int, version.split("."))) for _release, versions in cores.values() for version in versions}
    oldest, newest = (".".join(map(str, version)) for version in (min(pythons), max(pythons)))
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))
    (requests,) = re.findall(r"^requests>=(.*)$", (COLLECTION / "requirements.txt").read_text(), re.MULTILINE)
    (target,) = re.findall(r'^target-version = "py3(\d+)"', (COLLECTION / "pyproject.toml").read_text(), re.MULTILINE)

    assert runtime["requires_ansible"] == f">={min(cores)}.0,!=2.19.0"
    assert galaxy["dependencies"] == {}
    assert " ".join((COLLECTION / "README.md").read_text(encoding="utf-8").split()).count(
        f"ansible-core {min(cores)} to {max(cores)} (not 2.19.0) with Python {oldest} to {newest}. "
        f"The modules require Python 3.{target} or newer and `requests` {requests} or newer on the hosts where they run."
    )


def _assigned(path: pathlib.Path, name: str) -> t.Any:
    """Return the literal that a file assigns to this name."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise KeyError(name)
