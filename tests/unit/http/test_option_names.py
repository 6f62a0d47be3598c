# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify that the options and variables in messages exist."""

from __future__ import annotations

import ast
import inspect
import pathlib
import re

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http import client
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module import argument_specs

PLUGINS = pathlib.Path(inspect.getfile(client)).parents[2]
FOLDERS = ("module_utils", "modules", "plugin_utils", "lookup", "inventory", "filter")
# The live check is excluded, because its messages contain the names of response fields.
FILES = sorted(file for folder in FOLDERS for file in (PLUGINS / folder).rglob("*.py") if file.parent.name != "_live")
# The ``requests`` library and _http/connections.py read these variables.
VARIABLES = {"HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE"}
# Fields of requests and responses, and names from Ansible, plugins and a script
OTHER = {"next_url", "token_type", "authorization_endpoint", "delegated_refresh_token", "cloud_iam"}
OTHER |= {
    "ansible_python_interpreter",
    "missing_library",
    "no_log",
    "cluster_access",
    "iam_token",
    "kubectl_credential",
    "delegate_to",
}
SENTENCE = re.compile(r"[a-z] .*[a-z]", re.DOTALL)


def _spec_names() -> tuple[set[str], set[str]]:
    names: set[str] = set()
    variables: set[str] = set()
    for spec in (argument_specs.CREDENTIALS, argument_specs.CONNECTION):
        names |= set(spec)
        for option in spec.values():
            found = option.get("fallback", ((), []))[1]
            variables |= {found} if isinstance(found, str) else set(found)
    folders = ("modules", "doc_fragments", "lookup", "inventory")
    text = "".join(
        file.read_text(encoding="utf-8") for folder in folders for file in sorted((PLUGINS / folder).glob("*.py"))
    )
    # The documentation also describes options that only one module has.
    names |= set(re.findall(r"^  ([a-z][a-z_0-9]+):$", text, re.MULTILINE))
    variables |= set(re.findall(r"\b(?:IC|IBMCLOUD|CLUSTER)_[A-Z_]+\b", text))
    return names, variables


def _messages(file: pathlib.Path) -> list[str]:
    """Return the strings in a file that are sentences, except docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    # The documentation of a plugin begins with a line break.
    return [
        text.value
        for text in texts
        if id(text) not in docs and not text.value.startswith("\n") and SENTENCE.search(text.value)
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_named_options_exist(file: pathlib.Path) -> None:
    """Messages must not contain the role's variables, which have different names."""
    names, variables = _spec_names()
    for text in _messages(file):
        words = set(re.findall(r"(?<![\w.(])[a-z]+(?:_[a-z0-9]+)+(?![\w(])", text))
        assert words <= names | OTHER, text
        assert "cluster_access_" not in text
        capitals = set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b", text))
        assert capitals <= variables | VARIABLES, text
