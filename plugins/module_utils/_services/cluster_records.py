# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Validate cluster records from the containers API. All fields of a record are optional, and their types are not guaranteed."""

from __future__ import annotations

import re
import typing as t

from .._core.strict_json import JSON

Record = dict[str, JSON]

# Only these characters are accepted, because IDs are used in URL paths and file names.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
# The fields that this collection reads as strings.
_TEXTS = (
    *("id", "name", "type", "provider", "region", "location", "state", "resourceGroup", "resourceGroupName"),
    *("masterKubeVersion", "masterURL", "serverURL", "crn"),
)


def clean_record(item: JSON, known: t.Mapping[str, JSON] | None = None) -> Record:
    """Return a copy of the record in which each field in ``_TEXTS`` contains a string or null.

    ``known`` contains the values for fields that are missing or null. If ``item`` is not an object, the record contains only these values.
    """
    record = dict(item) if isinstance(item, dict) else {}
    for name in _TEXTS:
        if name in record and not isinstance(record[name], str):
            record[name] = None
    return {**record, **{name: value for name, value in (known or {}).items() if record.get(name) is None}}


def has_usable_id(record: Record) -> bool:
    """Return whether the record has an ID that can be used in requests and file names."""
    return _ID.fullmatch(str(record.get("id"))) is not None and record.get("id") is not None


def describes_another(answer: Record, cluster: str, record: t.Mapping[str, JSON]) -> bool:
    """Return whether the response to a request for a cluster describes a different cluster.

    If the response contains an ID, the IDs are compared. Otherwise, the names are compared if both names are known.
    """
    if answer.get("id") is not None:
        return answer["id"] != cluster
    return None not in (answer.get("name"), record.get("name")) and answer["name"] != record["name"]


def text_of(value: JSON) -> str | None:
    """Return a string without surrounding whitespace, or None if the string is empty or the value is not a string."""
    return value.strip() or None if isinstance(value, str) else None
