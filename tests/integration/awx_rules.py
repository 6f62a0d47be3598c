# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of AWX for credential types and surveys, and the values that AWX passes to a job.

The rules are from AWX 24.6 (``awx/main/fields.py``, ``awx/main/models``, ``awx/api/views``). Each rule was observed on a
running AWX server.
"""

from __future__ import annotations

import json
import re
import typing as t

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .conftest import HERE

FILES = HERE.parents[1] / "playbooks" / "files" / "awx"
PROJECT = FILES / "project"
# Names that AWX reserves
BLOCKED = {
    *("VIRTUAL_ENV", "PATH", "PYTHONPATH", "JOB_ID", "INVENTORY_ID", "INVENTORY_SOURCE_ID", "INVENTORY_UPDATE_ID"),
    *("AD_HOC_COMMAND_ID", "REST_API_URL", "REST_API_TOKEN", "MAX_EVENT_RES", "CALLBACK_QUEUE", "CALLBACK_CONNECTION"),
    *("CACHE", "JOB_CALLBACK_DEBUG", "INVENTORY_HOSTVARS", "AWX_HOST", "PROJECT_REVISION", "SUPERVISOR_CONFIG_PATH"),
}
FIELD_KEYS = {"id", "label", "type", "help_text", "secret", "multiline", "choices", "default", "format"}
TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice"), str),
    "multiselect": list,
    "integer": int,
    "float": (int, float),
}
_ID = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# AWX offers a file as a playbook if one of its lines matches this pattern.
_PLAYBOOK = re.compile(r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?import_playbook):", re.MULTILINE)


def load(name: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads((FILES / name).read_text()))


def playbooks() -> list[str]:
    """Return the project's files that AWX offers as playbooks."""
    return sorted(path.name for path in PROJECT.glob("*.yml") if _PLAYBOOK.search(path.read_text()))


# Credential types


def type_refusals(kind: t.Mapping[str, t.Any]) -> list[str]:
    """Return the reasons why AWX would reject a credential type."""
    found = [f"key {key}" for key in kind.keys() - {"name", "description", "kind", "inputs", "injectors"}]
    found += [] if kind["kind"] in ("cloud", "net") else [f"kind {kind['kind']}"]
    inputs, injectors = kind["inputs"], kind["injectors"]
    found += [f"inputs.{key}" for key in inputs.keys() - {"fields", "required"}]
    names = [field["id"] for field in inputs["fields"]]
    found += [f"id {name}" for name in names if not _ID.fullmatch(name) or name == "tower" or names.count(name) > 1]
    for field in inputs["fields"]:
        where = field["id"]
        found += [f"{where}.{key}" for key in field.keys() - FIELD_KEYS]
        found += [f"{where} without label"] if "label" not in field else []
        found += [f"{where}.type"] if field.get("type", "string") not in ("string", "boolean") else []
        # An optional field with a format cannot be left empty.
        found += [f"{where}.format"] if "format" in field and where not in inputs.get("required", ()) else []
    found += [f"injectors.{key}" for key in injectors.keys() - {"env"}]
    space = dict.fromkeys(names, "EXAMPLE")
    for name, template in injectors["env"].items():
        refused = name.startswith("ANSIBLE_") or name in BLOCKED or not _ID.fullmatch(name)
        found += [f"variable {name}"] if refused else []
        found += [] if template.isascii() else [f"{name} is not ASCII"]
        try:
            ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined).from_string(template).render(space)
        except jinja2.TemplateError as exc:
            found.append(f"{name}: {exc}")
    return sorted(found)


def injected(kind: t.Mapping[str, t.Any], inputs: t.Mapping[str, str]) -> dict[str, str]:
    """Return a job's environment. It contains each variable of the credential type, even if the variable's field is empty."""
    sandbox = ImmutableSandboxedEnvironment()
    filled = {name: value for name, value in inputs.items() if value}
    return {name: sandbox.from_string(text).render(**filled) for name, text in kind["injectors"]["env"].items()}


# Surveys


def survey_refusals(survey: t.Mapping[str, t.Any]) -> list[str]:
    """Return the reasons why AWX would reject a survey."""
    found = [key for key in ("name", "description", "spec") if key not in survey]
    variables = [question["variable"] for question in survey["spec"]]
    found += [f"{name} twice" for name in set(variables) if variables.count(name) > 1]
    for question in survey["spec"]:
        name, kind, default = question["variable"], question["type"], question.get("default", "")
        found += [f"{name} without {key}" for key in ("question_name", "required") if key not in question]
        found += [f"{name}: type {kind}"] if kind not in TYPES else []
        # The default of a multiselect question is a string with one line for each item.
        wanted = str if kind == "multiselect" else TYPES[kind]
        found += [f"{name}: default"] if default != "" and not isinstance(default, wanted) else []
        found += [f"{name}: {key}" for key in ("min", "max") if not isinstance(question.get(key, 0), int)]
        if kind in ("multiplechoice", "multiselect"):
            chosen = default.splitlines()
            found += [f"{name}: default"] if set(chosen) - set(question["choices"]) else []
            found += [f"{name}: choices"] if not question["choices"] else []
    return sorted(found)


def answered(survey: t.Mapping[str, t.Any], answers: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the variables of a launched job: the answers, and the valid defaults of unanswered questions."""
    found: dict[str, t.Any] = {}
    for question in survey["spec"]:
        name = question["variable"]
        if name in answers:
            assert _fits(question, answers[name]), (name, answers[name])
            found[name] = answers[name]
        elif _fits(question, question.get("default")):
            found[name] = question["default"]
    assert set(answers) <= {question["variable"] for question in survey["spec"]}
    return found


def _fits(question: t.Mapping[str, t.Any], value: t.Any) -> bool:
    if not isinstance(value, TYPES[question["type"]]):
        return False
    if question["type"] in ("multiplechoice", "multiselect"):
        return set(value if isinstance(value, list) else [value]) <= set(question["choices"])
    size = len(value) if isinstance(value, str) else value
    return bool(question.get("min", size) <= size <= question.get("max", size))
