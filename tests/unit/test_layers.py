# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom: the tables below are the picture of the house, and the code is compared with them."""

from __future__ import annotations

import ast
import pathlib
import sys
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils import _errors

PLUGINS = pathlib.Path(_errors.__file__).parents[1]

# Room by room, from the ground up: a file imports only files above its own line. A name alone imports nothing of ours.
MODULE_UTILS: dict[str, set[str]] = {
    # Values and rules. No input, no output.
    "_errors": set(),
    "_json": set(),
    "_retry": set(),
    "_codes": set(),
    "_secrets": set(),
    "_timing": set(),
    "_faults": {"_retry"},
    "_fleet": {"_errors", "_timing"},
    "_progress": {"_timing"},
    "_tokens": {"_json"},
    "_credentials": {"_tokens"},
    "_combinations": {"_credentials", "_errors"},
    "_refusals": {"_errors"},
    "_answers": {"_codes", "_errors", "_json", "_retry"},
    "_generations": {"_errors"},
    "_checks": {"_errors", "_generations", "_tokens"},
    "_endpoints": {"_errors", "_generations"},
    "_facts": {"_errors", "_json", "_tokens"},
    "_outcomes": {"_errors", "_facts"},
    "_summary": {"_facts", "_generations"},
    "_options": {"_checks", "_combinations", "_endpoints", "_errors"},
    "_pagination": {"_endpoints", "_errors", "_json"},
    # What is handed over to others: as values, and as files.
    "_handover": {"_errors", "_tokens"},
    "_kubeconfig": {"_errors"},
    "_archive": {"_json"},
    "_files": {"_errors"},
    # The wire.
    "_failures": {"_answers", "_errors", "_retry"},
    "_request": {"_retry"},
    "_reading": set(),
    "_connections": {"_errors", "_reading"},
    "_pace": {"_timing"},
    "_wire": {"_connections", "_errors", "_faults", "_reading", "_request", "_retry", "_timing"},
    "_http": {
        *("_answers", "_errors", "_failures", "_json", "_pace", "_request", "_retry", "_timing", "_tokens", "_wire"),
    },
    # The services, which do not know each other.
    "_accounts": {"_generations", "_http", "_json", "_pagination", "_request"},
    "_cloud_foundry": {"_http", "_json", "_pagination", "_request"},
    "_containers": {"_archive", "_errors", "_generations", "_http", "_json", "_request", "_tokens"},
    "_iam": {"_errors", "_generations", "_http", "_json", "_request", "_retry", "_tokens"},
    "_kubernetes": {"_errors", "_http", "_json", "_request"},
    "_metadata": {"_credentials", "_errors", "_http", "_json", "_request", "_tokens"},
    "_openshift": {"_answers", "_endpoints", "_errors", "_http", "_json", "_request", "_retry", "_tokens"},
    # What takes more than one call.
    "_clusters": {"_containers", "_errors", "_facts", "_fleet", "_generations"},
    "_details": {"_containers", "_errors", "_facts", "_files", "_fleet"},
    "_attempts": {"_errors", "_failures"},
    "_ways": {"_credentials", "_errors", "_iam", "_metadata", "_refusals", "_tokens"},
    "_login": {
        *("_accounts", "_attempts", "_credentials", "_errors", "_facts", "_http", "_iam", "_metadata", "_refusals"),
        *("_tokens", "_ways"),
    },
    "_rbac": {"_containers", "_errors", "_failures", "_fleet", "_kubernetes", "_progress", "_timing"},
    # Everything put together, and one run of it.
    "_cloud": {
        *("_cloud_foundry", "_containers", "_credentials", "_endpoints", "_errors", "_fleet", "_generations", "_http"),
        *("_iam", "_kubernetes", "_login", "_metadata", "_openshift", "_pace", "_refusals", "_retry", "_timing"),
        "_tokens",
    },
    "_sessions": {
        *("_cloud", "_endpoints", "_errors", "_facts", "_files", "_handover", "_kubernetes", "_openshift"),
        *("_refusals", "_tokens"),
    },
    "_chain": {
        *("_cloud", "_clusters", "_containers", "_details", "_errors", "_facts", "_outcomes", "_progress", "_rbac"),
        *("_sessions", "_summary"),
    },
    "_task": {"_cloud", "_errors", "_options", "_secrets"},
    "_module": {"_task"},
}
PLUGIN_UTILS: dict[str, set[str]] = {
    "_in_process": {"_connections", "_module", "_options", "_secrets", "_task"},
    "_hosts": {"_facts"},
    "_templates": {"_secrets"},
}
# A module sees its runner, one run, what it asks for, and what it makes of the answers: no wire, no login, and of the
# services their values only.
MODULES: dict[str, set[str]] = {
    "account_info": {"_cloud", "_facts", "_module", "_task"},
    "cf_space_info": {"_cloud", "_errors", "_facts", "_module", "_task"},
    "cluster_access": {"_chain", "_cloud", "_errors", "_module", "_options", "_task"},
    "cluster_access_info": {"_cloud", "_kubernetes", "_module", "_options", "_rbac", "_task"},
    "cluster_info": {"_cloud", "_clusters", "_details", "_errors", "_facts", "_module", "_options", "_task"},
    "cluster_login": {"_cloud", "_errors", "_files", "_module", "_options", "_outcomes", "_sessions", "_task"},
    "cluster_rbac_sync": {"_cloud", "_clusters", "_errors", "_module", "_options", "_progress", "_rbac", "_task"},
    "cluster_session": {"_cloud", "_files", "_handover", "_module", "_options", "_task"},
    "iam_token": {"_cloud", "_facts", "_module", "_task"},
    "kubeconfig": {"_cloud", "_errors", "_files", "_handover", "_kubeconfig", "_module", "_options", "_task"},
    "openshift_token": {"_cloud", "_errors", "_module", "_options", "_task", "_tokens"},
    "region_info": {"_cloud", "_facts", "_module", "_task"},
}
# The inventory is one more way to run what modules do, and has no runner between.
INVENTORY = {"_cloud", "_clusters", "_details", "_errors", "_facts", "_generations", "_options", "_secrets", "_task"}
DOC_FRAGMENTS = ("_attributes", "_cluster", "_connection", "_credentials", "_filters", "_fleet")

# Where other people's packages come in; everything else is Python's own library.
LIBRARIES: dict[str, set[str]] = {
    "module_utils/_connections": {"requests", "urllib3"},
    "module_utils/_reading": {"urllib3"},
    "module_utils/_wire": {"requests", "urllib3"},
    "module_utils/_kubeconfig": {"yaml"},
    "module_utils/_module": {"ansible"},
    "plugin_utils/_in_process": {"ansible"},
    "plugin_utils/_templates": {"ansible"},
    "inventory/clusters": {"ansible"},
}

HOUSE: dict[str, set[str]] = {
    **{f"module_utils/{name}": {f"module_utils/{other}" for other in others} for name, others in MODULE_UTILS.items()},
    **{f"plugin_utils/{name}": {f"module_utils/{other}" for other in others} for name, others in PLUGIN_UTILS.items()},
    **{f"modules/{name}": {f"module_utils/{other}" for other in others} for name, others in MODULES.items()},
    # An action is its module and the other runner.
    **{f"action/{name}": {f"modules/{name}", "plugin_utils/_in_process"} for name in MODULES},
    "inventory/clusters": {
        "plugin_utils/_hosts",
        "plugin_utils/_templates",
        *(f"module_utils/{other}" for other in INVENTORY),
    },
    **{f"doc_fragments/{name}": set() for name in DOC_FRAGMENTS},
}


def _imports(file: str) -> tuple[set[str], set[str]]:
    """Return which files of ours and which foreign packages a file imports, for types only or not."""
    ours, foreign = set(), set()
    package = pathlib.PurePosixPath(file).parent
    for node in ast.walk(ast.parse((PLUGINS / f"{file}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            foreign |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            foreign.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            above = package if node.level == 1 else pathlib.PurePosixPath(*package.parts[: 1 - node.level])
            target = above.joinpath(*(node.module or "").split("."))
            # What is imported from a folder is a file.
            files = [target / alias.name for alias in node.names] if (PLUGINS / target).is_dir() else [target]
            ours |= {str(file) for file in files}
    return ours, foreign


FILES = sorted(str(path.relative_to(PLUGINS).with_suffix("").as_posix()) for path in PLUGINS.rglob("*.py"))


def test_every_file_is_in_the_picture() -> None:
    """And every file in the picture exists."""
    assert sorted(HOUSE) == FILES


@pytest.mark.parametrize("file", HOUSE)
def test_a_file_imports_what_the_picture_says(file: str) -> None:
    """No arrow more; and none less, or the picture would lie."""
    ours, _foreign = _imports(file)

    assert ours == HOUSE[file]


@pytest.mark.parametrize("file", HOUSE)
def test_other_peoples_packages_come_in_by_one_door_each(file: str) -> None:
    """requests by _http, PyYAML by _kubeconfig, Ansible by the runners."""
    _ours, foreign = _imports(file)

    assert foreign - set(sys.stdlib_module_names) == LIBRARIES.get(file, set())


@pytest.mark.parametrize("name", MODULE_UTILS)
def test_arrows_go_up_only(name: str) -> None:
    """The order of the lines is the proof that there is no circle."""
    names = list(MODULE_UTILS)

    assert all(names.index(other) < names.index(name) for other in MODULE_UTILS[name])


def test_services_do_not_know_each_other() -> None:
    """What needs two of them stands in a room of its own."""
    services = {"_accounts", "_containers", "_iam", "_kubernetes", "_metadata", "_openshift"}

    assert all(not MODULE_UTILS[name] & services for name in services)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_does_not_reach_below(name: str) -> None:
    """Transport, grants and login are behind Cloud."""
    hidden = {
        "_http",
        "_iam",
        "_login",
        "_metadata",
        "_ways",
        "_accounts",
        "_openshift",
        "_retry",
        "_pagination",
        "_answers",
    }

    assert not MODULES[name] & hidden


@pytest.mark.parametrize("name", MODULES)
def test_a_module_makes_no_client(name: str) -> None:
    """Of a service it may know the values, such as a question to ask; whoever asks it comes from Cloud."""
    clients = {"Accounts", "Containers", "Http", "Iam", "Kubernetes", "Login", "Metadata", "OpenShift"}
    tree = ast.parse((PLUGINS / f"modules/{name}.py").read_text(encoding="utf-8"))

    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}

    assert not names & clients


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_imported_on_the_way(file: str) -> None:
    """An import inside a function is an arrow that nobody sees at the head of the file."""
    tree = ast.parse((PLUGINS / f"{file}.py").read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda)))

    inside = [part for function in functions for part in ast.walk(function) if _is_import(part)]

    assert inside == []


def _is_import(node: t.Any) -> bool:
    named = isinstance(node, ast.Name) and node.id in ("__import__", "import_module")
    return named or isinstance(node, (ast.Import, ast.ImportFrom))


@pytest.mark.parametrize("file", FILES)
def test_no_file_is_too_long_to_be_read_at_once(file: str) -> None:
    """A file of more than about 250 lines is split."""
    lines = (PLUGINS / f"{file}.py").read_text(encoding="utf-8").count("\n")

    assert lines <= 300
