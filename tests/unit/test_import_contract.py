# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The import contract: packages import only packages of lower layers, and each library is imported in one place."""

from __future__ import annotations

import ast
import graphlib
import pathlib
import sys

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils import _cloud

PLUGINS = pathlib.Path(_cloud.__file__).parents[1]
FILES = sorted(path.relative_to(PLUGINS).with_suffix("").as_posix() for path in PLUGINS.rglob("*.py"))

# The layers, from the lowest to the highest. Packages in the same layer must not import each other.
LAYERS = (
    ("module_utils/_core",),
    ("module_utils/_http",),
    ("module_utils/_services",),
    ("module_utils/_iam",),
    ("module_utils/_cloud",),
    ("module_utils/_clusters", "module_utils/_module"),
    ("module_utils/_live",),
    ("modules", "plugin_utils", "doc_fragments"),
    ("action", "filter", "inventory", "lookup"),
)
# One file for each API. Code that uses two APIs belongs to a higher layer.
APIS = ("accounts", "cloud_foundry", "containers", "kubernetes", "openshift_oauth")
LIBRARIES = {
    "requests": "module_utils/_http/",
    "urllib3": "module_utils/_http/",
    "yaml": "module_utils/_clusters/kubeconfig",
    "ansible": ("module_utils/_module/ansible_module", "plugin_utils/", "inventory/", "lookup/"),
}


def layer(file: str) -> int:
    return next(n for n, names in enumerate(LAYERS) if any(f"{file}/".startswith(f"{name}/") for name in names))


def imports(file: str) -> tuple[set[str], set[str]]:
    """Return the collection's files and the other packages that a file imports, including imports that are used only for types."""
    ours, foreign = set(), set()
    for node in ast.walk(ast.parse((PLUGINS / f"{file}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            foreign |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            foreign.add(str(node.module).partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            target = pathlib.PurePath(file).parents[node.level - 1].joinpath(*(node.module or "").split("."))
            is_folder = (PLUGINS / target).is_dir()
            ours |= {(target / alias.name).as_posix() for alias in node.names} if is_folder else {target.as_posix()}
    return ours, foreign - set(sys.stdlib_module_names)


def test_there_is_no_import_cycle() -> None:
    tuple(graphlib.TopologicalSorter({file: imports(file)[0] for file in FILES}).static_order())


@pytest.mark.parametrize("file", FILES)
def test_a_file_imports_only_its_package_and_packages_below(file: str) -> None:
    package = pathlib.PurePath(file).parts[: -1 if file.count("/") else None]
    wrong = [
        other
        for other in imports(file)[0]
        if layer(other) >= layer(file) and pathlib.PurePath(other).parts[: len(package)] != package
    ]
    assert not wrong


@pytest.mark.parametrize("api", APIS)
def test_an_api_does_not_import_another_api(api: str) -> None:
    ours, _foreign = imports(f"module_utils/_services/{api}")
    assert not ours & {f"module_utils/_services/{other}" for other in APIS}


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("modules/")])
def test_a_module_reaches_the_services_through_cloud(file: str) -> None:
    ours, _foreign = imports(file)
    assert not [other for other in ours if other.startswith(("module_utils/_http/", "module_utils/_iam/"))]


@pytest.mark.parametrize("file", FILES)
def test_each_library_is_imported_in_one_place(file: str) -> None:
    _ours, foreign = imports(file)
    assert not [name for name in foreign if not file.startswith(LIBRARIES.get(name, "-"))]


@pytest.mark.parametrize("file", FILES)
def test_functions_and_classes_are_short(file: str) -> None:
    """The limits are 60 lines for a function and 200 lines for a class."""
    tree = ast.parse((PLUGINS / f"{file}.py").read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    limits = {ast.FunctionDef: 60, ast.ClassDef: 200}
    assert not [node.name for node in nodes if (node.end_lineno or 0) - node.lineno >= limits[type(node)]]
