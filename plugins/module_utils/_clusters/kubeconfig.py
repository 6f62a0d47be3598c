# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Read and write a kubeconfig, and add or remove one cluster's entries.

All other content is kept unchanged, including keys that this collection does not recognize.
"""

from __future__ import annotations

import functools
import json
import re
import typing as t

from .._core.errors import InputError, MissingLibraryError

try:
    import yaml

    HAS_YAML = True
    # libyaml is several times faster than PyYAML's Python code, but libyaml is not installed everywhere.
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _SafeDumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
except ImportError:
    HAS_YAML = False

Document = dict[str, t.Any]

_SECTIONS = {"clusters": "cluster", "users": "user", "contexts": "context"}
_AMBIGUOUS = re.compile(r"[-+.]?[0-9]|[yYnN]$")
_INTEGER = r"[-+]?(?:0|[1-9][0-9]*)$"
_FRACTION = r"[-+]?[0-9]+\.[0-9]+$"
# The keys of a cluster entry that this collection sets. Users set all other keys, such as proxy-url.
_OWN_KEYS = ("server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify")
# Limits for YAML aliases, which can refer to themselves or expand exponentially.
_MAX_DEPTH = 100
_MAX_VALUES = 1_000_000
# The keys whose values are shown in a diff. The values of other keys may be secrets, for example the arguments of another cloud's credential plugin.
_SHOWN_KEYS = frozenset(
    {
        *("apiVersion", "kind", "current-context", "name", "cluster", "user", "namespace", "server"),
        *("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name"),
        *("client-id", "idp-issuer-url", "idp-certificate-authority"),
    }
)
_USERINFO = re.compile(r"://\S*@")


class _Number(str):
    """A number that keeps its original text, so that the number is written without rounding."""

    __slots__ = ()


def parse(text: str | None, *, path: str) -> Document:
    """Parse the text of a kubeconfig. If the text is None or contains only comments, return a kubeconfig without entries.

    :raises InputError: if the text is not a kubeconfig. The error prevents the caller from overwriting the file.
    """
    if not HAS_YAML:
        raise MissingLibraryError("PyYAML")
    try:
        document = _copied(_loaded(text or ""), [_MAX_VALUES])
    except (yaml.YAMLError, ValueError, RecursionError):
        # The parser's error quotes the file, which may contain tokens, so the error is not reported.
        document = ""
    if document is None:
        document = {"apiVersion": "v1", "kind": "Config", **{section: [] for section in _SECTIONS}}
    if not isinstance(document, dict) or not _is_config(document):
        raise InputError(f"{path} is not a kubeconfig", hint="The file was not changed. Specify another path.")
    for section in _SECTIONS:
        entries = document.get(section) or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) and "name" in entry for entry in entries):
            reason = f"{path} is not a kubeconfig: {section} is not a list of named entries"
            raise InputError(reason, hint="The file was not changed.")
        document[section] = entries
    return document


def dump(document: Document) -> str:
    """Return the document as YAML."""
    return yaml.dump(document, Dumper=_dumper(_SafeDumper), sort_keys=False)


def add_entries(
    document: Document, name: str, *, cluster: Document, user: Document, namespace: str, current: bool
) -> Document:
    """Add a cluster, a user and a context with this name to the document. Existing entries are replaced in place.

    Settings that users added are kept, such as the context's namespace and the cluster's ``proxy-url``.

    :raises InputError: if the new entries would break another context that uses the cluster or the user.
    """
    _check_unshared(document, name, str(cluster["server"]))
    context = {**_content(document, "contexts", name), "cluster": name, "user": name}
    if namespace:
        context["namespace"] = namespace
    by_hand = {key: value for key, value in _content(document, "clusters", name).items() if key not in _OWN_KEYS}
    changed = dict(document)
    for section, content in (("clusters", {**by_hand, **cluster}), ("users", user), ("contexts", context)):
        new = {"name": name, _SECTIONS[section]: content}
        # kubectl rejects a file in which two entries have the same name.
        names = [entry["name"] for entry in document[section]]
        first = names.index(name) if name in names else len(names)
        others = [entry for entry in document[section][first:] if entry["name"] != name]
        changed[section] = [*document[section][:first], new, *others]
    if current or not document.get("current-context"):
        changed["current-context"] = name
    return changed


def remove_entries(document: Document, name: str) -> Document:
    """Remove the context, the cluster and the user with this name. A cluster or user that another context uses is kept."""
    changed = dict(document)
    for section, key in _SECTIONS.items():
        if section == "contexts" or not _other_contexts(document, name, key):
            changed[section] = [entry for entry in document[section] if entry["name"] != name]
    if changed.get("current-context") == name:
        del changed["current-context"]
    return changed


def redacted_text(document: Document) -> str:
    """Return the document as YAML for a diff, with every secret hidden."""
    return dump(t.cast("Document", _redacted(document)))


def _is_config(document: Document) -> bool:
    """Return whether the document is a kubeconfig. kubectl does not require ``kind``, so a document without ``kind`` is identified by its sections."""
    if "kind" in document:
        return bool(document["kind"] == "Config")
    return not document or not document.keys().isdisjoint({*_SECTIONS, "current-context", "preferences"})


def _content(document: Document, section: str, name: str) -> Document:
    """Return the content of the first entry with this name, or an empty dictionary."""
    found = [entry.get(_SECTIONS[section]) for entry in document[section] if entry["name"] == name]
    return found[0] if found and isinstance(found[0], dict) else {}


def _other_contexts(document: Document, name: str, key: str) -> list[Document]:
    """Return the other contexts in which ``key`` (``cluster`` or ``user``) refers to this name."""
    contexts = [
        entry["context"]
        for entry in document["contexts"]
        if entry["name"] != name and isinstance(entry.get("context"), dict)
    ]
    return [context for context in contexts if context.get(key) == name]


def _check_unshared(document: Document, name: str, server: str) -> None:
    """Raise InputError if the new entries would break another context.

    A context breaks if it uses the user with a different cluster. A change of the server also breaks contexts that use the cluster with a different user.
    A context does not break if it uses both the user and the cluster, for example with a different namespace.
    """
    is_same = _content(document, "clusters", name).get("server") in (None, server)
    has_user = bool(_content(document, "users", name))
    by_user = [context for context in _other_contexts(document, name, "user") if context.get("cluster") != name]
    by_cluster = [context for context in _other_contexts(document, name, "cluster") if context.get("user") != name]
    for kind, is_shared in (("user", has_user and bool(by_user)), ("cluster", bool(by_cluster) and not is_same)):
        if is_shared:
            reason = f"The {kind} {name} was not replaced: another context in the kubeconfig uses it"
            raise InputError(reason, hint="Set another name.")


def _loaded(text: str) -> t.Any:
    """Parse a YAML or JSON document. PyYAML rejects tabs in JSON, but kubectl accepts them."""
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_reject)
        except ValueError:
            pass
    return yaml.load(text, _loader(_SafeLoader))  # noqa: S506  # derived from the safe loader


def _reject(_constant: str) -> t.NoReturn:
    raise ValueError


def _copied(value: t.Any, left: list[int], depth: int = 0) -> t.Any:
    """Return a deep copy without shared objects.

    :raises ValueError: if the copy has more than ``left[0]`` values, is nested too deeply, or contains a value that cannot be written unchanged.
    """
    left[0] -= 1
    if left[0] < 0 or depth > _MAX_DEPTH:
        raise ValueError
    if isinstance(value, dict):
        return {_copied(key, left, depth + 1): _copied(item, left, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item, left, depth + 1) for item in value]
    if isinstance(value, str):
        value.encode()  # libyaml cannot write a lone surrogate
    elif value is not None and not isinstance(value, bool):
        raise ValueError
    return value


def _redacted(value: t.Any, key: t.Any = "") -> t.Any:
    if isinstance(value, dict):
        return {name: _redacted(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, key) for item in value]
    if key not in _SHOWN_KEYS and value not in (None, ""):
        return "(hidden)"
    return _USERINFO.sub("://(hidden)@", value) if isinstance(value, str) else value


@functools.cache
def _loader(base: t.Any) -> t.Any:
    """Return a loader that reads YAML as kubectl does: timestamps, 12:34:56 and 0777 become strings, and numbers keep their digits."""

    class Loader(base):
        yaml_implicit_resolvers: t.ClassVar = {
            first: [(tag, pattern) for tag, pattern in known if tag.rpartition(":")[2] not in _CHANGED_TAGS]
            for first, known in base.yaml_implicit_resolvers.items()
        }

    for tag, pattern in (("int", _INTEGER), ("float", _FRACTION)):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list("-+0123456789"))
        Loader.add_constructor(f"tag:yaml.org,2002:{tag}", _construct_number)
    return Loader


_CHANGED_TAGS = ("timestamp", "int", "float")


def _construct_number(_loader: t.Any, node: t.Any) -> _Number:
    if not isinstance(node, yaml.ScalarNode) or not re.fullmatch(r"[-+.0-9eE]+", node.value):
        raise ValueError
    return _Number(node.value)


@functools.cache
def _dumper(base: t.Any) -> t.Any:
    """Return a dumper that also quotes strings that kubectl, but not PyYAML, reads as numbers or booleans, such as 1e10, 0o17 and y."""

    class Dumper(base):
        def ignore_aliases(self, _data: t.Any) -> bool:
            return True

    def represent_text(dumper: t.Any, text: str) -> t.Any:
        style = "'" if _AMBIGUOUS.match(text) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def represent_number(dumper: t.Any, number: _Number) -> t.Any:
        tag = "int" if re.match(_INTEGER, number) else "float"
        return dumper.represent_scalar(f"tag:yaml.org,2002:{tag}", str(number))

    Dumper.add_representer(str, represent_text)
    Dumper.add_representer(_Number, represent_number)
    return Dumper
