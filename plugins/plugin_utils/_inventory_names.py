# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Choose the names of an inventory's hosts and groups, without I/O."""

from __future__ import annotations

import collections
import re
import typing as t
import unicodedata

if t.TYPE_CHECKING:
    from ..module_utils._services.cluster_records import Record

# This pattern excludes all names that Ansible would read as a host pattern or as a template.
_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Ansible adds hosts with these names automatically.
_ANSIBLE_HOSTS = ("localhost", "127.0.0.1")
# Value of group_by -> the record's key, if the key is different.
_KEYS = {"version": "masterKubeVersion", "resource_group": "resourceGroupName"}


def host_names(
    clusters: t.Iterable[Record], *, hostnames: t.Sequence[str], is_taken: t.Callable[[str, str], bool]
) -> tuple[dict[str, Record], list[str]]:
    """Return the clusters by host name, and a description of each cluster whose name is not unique.

    ``hostnames`` contains ``name`` and ``id`` in order of preference. The ID replaces a name that is not a valid host name or is not
    unique. A name is not unique if several clusters or an Ansible host have this name, if the name is a cluster's ID, or if ``is_taken``
    returns True for the name and the ID.
    """
    records = list(clusters)
    names = collections.Counter(str(facts.get("name")) for facts in records)
    identifiers = {str(facts.get("id")) for facts in records}
    hosts: dict[str, Record] = {}
    renamed = []
    for facts in records:
        name, identifier = str(facts.get("name") or ""), str(facts.get("id"))
        host = identifier
        if (*hostnames, "id")[0] == "name" and name not in ("", identifier):
            if names[name] > 1 or name in identifiers or name in _ANSIBLE_HOSTS or is_taken(name, identifier):
                renamed.append(visible(f"{name} ({identifier})"))
            elif _HOST_NAME.fullmatch(name):
                host = name
        hosts[host] = facts
    return hosts, renamed


def group_names(facts: Record, words: t.Iterable[str]) -> t.Iterator[str]:
    """Yield the names of a cluster's groups for the values of ``group_by``. If the record lacks a value, the group for that value is omitted."""
    for word in words:
        value = facts.get(_KEYS.get(word, word))
        text = value if isinstance(value, str) else ""
        if word == "version":
            version = re.match(r"[0-9]+\.[0-9]+", text)
            text = version[0] if version else ""
        if text:
            yield f"ibmcloud_{word}_{text}"


def visible(text: str) -> str:
    """Return a string with ``?`` in place of control, format and bidirectional characters, which can change a terminal's output."""
    return "".join("?" if unicodedata.category(char)[0] in "CZ" and char != " " else char for char in text)
