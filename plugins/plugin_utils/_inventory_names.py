# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What clusters and their groups are called in an inventory. Pure."""

from __future__ import annotations

import collections
import re
import typing as t

if t.TYPE_CHECKING:
    from ..module_utils._clusters.facts import Record

# What cannot be taken for a pattern of hosts, or for a template.
_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# What groups are made of -> the key in the record, where that is another word.
_KEYS = {"version": "masterKubeVersion", "resource_group": "resourceGroupName"}


def host_names(
    clusters: t.Iterable[Record], *, by_name: bool, is_taken: t.Callable[[str, str], bool]
) -> tuple[dict[str, Record], list[str]]:
    """Return the clusters by what their hosts are called, and those that have to be called by their ID.

    Clusters that share a name all are, so that the name does not stand for the wrong one; ``is_taken`` says of a name and
    an ID whether the name is another cluster's already.
    """
    records = list(clusters)
    names = collections.Counter(str(facts.get("name")) for facts in records)
    hosts: dict[str, Record] = {}
    shared = []
    for facts in records:
        name, identifier = str(facts.get("name")), str(facts.get("id"))
        host = identifier
        if by_name and (names[name] > 1 or is_taken(name, identifier)):
            shared.append(f"{name} ({identifier})")
        elif by_name and _HOST_NAME.fullmatch(name):
            host = name
        hosts[host] = facts
    return hosts, shared


def group_names(facts: Record, words: t.Iterable[str]) -> t.Iterator[str]:
    """Yield the groups of a cluster for what they are made of; none for what the service does not say."""
    for word in words:
        value = str(facts.get(_KEYS.get(word, word)) or "")
        if word == "version":
            version = re.match(r"[0-9]+\.[0-9]+", value)
            value = version[0] if version else ""
        if value:
            yield f"ibmcloud_{word}_{value}"
