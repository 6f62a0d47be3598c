# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""A kubeconfig: read, put one cluster, user and context in or take them out, and write it back.

Everything else in the file stays, also what we do not know.
"""

from __future__ import annotations

import copy
import re
import typing as t

from .._core.errors import InputError, MissingLibraryError

try:
    import yaml

    HAS_YAML = True

    class _Loader(yaml.SafeLoader):
        """Reads as kubectl does, to which times, 12:34:56 and 0777 are texts: as anything else they would come back changed."""

    class _Dumper(yaml.SafeDumper):
        """Quotes also the texts that only kubectl takes for numbers or booleans, such as 1e10, 0o17 and y."""

        def represent_text(self, text: str) -> yaml.Node:
            style = "'" if _AMBIGUOUS.match(text) else None
            return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    _Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag.rpartition(":")[2] not in ("timestamp", "int", "float")]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _DIGITS = list("-+0123456789")
    _Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)$"), _DIGITS)
    _Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+\.[0-9]+$"), _DIGITS)
    _Dumper.add_representer(str, _Dumper.represent_text)
except ImportError:
    HAS_YAML = False

Document = dict[str, t.Any]

_SECTIONS = {"clusters": "cluster", "users": "user", "contexts": "context"}
_EMPTY: Document = {"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [], "contexts": []}
_AMBIGUOUS = re.compile(r"[-+.]?[0-9]|[yYnN]$")
# Keys whose values a diff shows. Plugins of other clouds keep tokens under keys that we do not know.
_OPEN_KEYS = frozenset(
    {
        *("apiVersion", "kind", "current-context", "name", "cluster", "user", "namespace", "server"),
        *("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name"),
        *("client-id", "idp-issuer-url", "idp-certificate-authority"),
    }
)


def parse(text: str | None, *, path: str) -> Document:
    """Return the document in the text of a kubeconfig; an empty one where there is no text.

    :raises InputError: when it is none, so that nothing is overwritten that is not understood.
    """
    if not HAS_YAML:
        raise MissingLibraryError("PyYAML")
    if text is None or not text.strip():
        return copy.deepcopy(_EMPTY)
    try:
        document = yaml.load(text, _Loader)  # noqa: S506  # a safe one
    except (yaml.YAMLError, ValueError, RecursionError):
        # The error of the parser quotes the file, which may hold tokens.
        document = None
    if not isinstance(document, dict) or not _is_config(document):
        raise InputError(f"{path} is no kubeconfig", hint="It was left as it is. Give another path.")
    for section in _SECTIONS:
        entries = document.get(section) or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) and "name" in entry for entry in entries):
            raise InputError(f"{path} has {section} that are no list of named entries", hint="It was left as it is.")
        document[section] = entries
    return document


def dump(document: Document) -> str:
    """Return the text of the document."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False)


def _is_config(document: Document) -> bool:
    """Say whether it is a kubeconfig; kubectl takes one without ``kind`` too, and any other document has no sections."""
    return document.get("kind") == "Config" or ("kind" not in document and not document.keys().isdisjoint(_SECTIONS))


def add_entries(
    document: Document, name: str, *, cluster: Document, user: Document, namespace: str, current: bool
) -> Document:
    """Return the document with the three entries of this name, replaced where they were there."""
    # What is set for the context beside these, such as a namespace of the user's choice, stays.
    old_contexts = [entry.get("context") for entry in document["contexts"] if entry["name"] == name]
    kept = old_contexts[0] if old_contexts and isinstance(old_contexts[0], dict) else {}
    context = {**kept, "cluster": name, "user": name, **({"namespace": namespace} if namespace else {})}
    changed = dict(document)
    for section, content in (("clusters", cluster), ("users", user), ("contexts", context)):
        new = {"name": name, _SECTIONS[section]: content}
        entries = [new if old["name"] == name else old for old in document[section]]
        changed[section] = entries if new in entries else [*entries, new]
    if current or not document.get("current-context"):
        changed["current-context"] = name
    return changed


def remove_entries(document: Document, name: str) -> Document:
    """Return the document without the entries of this name."""
    changed = dict(document)
    for section in _SECTIONS:
        changed[section] = [entry for entry in document[section] if entry["name"] != name]
    if changed.get("current-context") == name:
        del changed["current-context"]
    return changed


def redacted_text(document: Document) -> str:
    """Return the text of the document with every secret replaced, for a diff."""
    return dump(t.cast("Document", _masked(document)))


def _masked(value: t.Any, key: t.Any = "") -> t.Any:
    if isinstance(value, dict):
        return {name: _masked(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, key) for item in value]
    return value if key in _OPEN_KEYS or value in (None, "") else "(hidden)"
