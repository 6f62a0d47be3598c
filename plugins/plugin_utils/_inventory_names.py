# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Choose the names of hosts and groups in an inventory. This file performs no I/O."""

from __future__ import annotations

import collections
import re
import typing as t
import unicodedata

if t.TYPE_CHECKING:
    from ..module_utils._services.cluster_records import Record

# This pattern excludes all names that Ansible would read as a host pattern or as a template.
_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Ansible adds these hosts automatically.
_ANSIBLE_HOSTS = ("localhost", "127.0.0.1")
# The record's key for each value of group_by that is not itself a key
_KEYS = {"version": "masterKubeVersion", "resource_group": "resourceGroupName"}


def host_names(
    clusters: t.Iterable[Record], *, hostnames: t.Sequence[str], is_taken: t.Callable[[str, str], bool]
) -> tuple[dict[str, Record], list[str]]:
    """Return the clusters keyed by host name, and a description of each cluster whose name is not unique.

    ``hostnames`` contains ``name``, ``id`` or both, in order of preference. The ID replaces a name that is not unique or not a valid host name.
    A name is not unique if another cluster or one of Ansible's own hosts has the same name, if the name is also a cluster's ID,
    or if ``is_taken`` returns True for the name and the ID.
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
    """Yield a group name for each value of ``group_by`` for which the cluster's record contains a value."""
    for word in words:
        value = facts.get(_KEYS.get(word, word))
        text = value if isinstance(value, str) else ""
        if word == "version":
            version = re.match(r"[0-9]+\.[0-9]+", text)
            text = version[0] if version else ""
        if text:
            yield f"ibmcloud_{word}_{text}"


def visible(text: str) -> str:
    """Return the text with ``?`` in place of control, format and separator characters, which can change a terminal's output. Spaces are kept."""
    return "".join("?" if unicodedata.category(char)[0] in "CZ" and char != " " else char for char in text)
