# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Return the facts of records that have an ID and a name, and select a record by ID or name."""

from __future__ import annotations

import typing as t

from .._core.errors import LookupFailed
from .._core.strict_json import JSON

Record = dict[str, JSON]

# The maximum number of names in one message.
MOST_NAMES = 10


def entity_facts(record: Record) -> dict[str, JSON]:
    """Return the ``id`` and ``name`` of an account, an organization or a space, with the unchanged ``metadata`` and ``entity``."""
    metadata, entity = record.get("metadata"), record.get("entity")
    metadata = metadata if isinstance(metadata, dict) else {}
    entity = entity if isinstance(entity, dict) else {}
    identifier, name = text_or_none(metadata.get("guid")), text_or_none(entity.get("name"))
    return {"id": identifier, "name": name, "metadata": metadata, "entity": entity}


def find_unique(records: t.Sequence[Record], word: str, keys: tuple[str, str], what: str) -> Record:
    """Return the record in which one of the two ``keys`` has the value ``word``. The first key takes precedence.

    :raises LookupFailed: if no record or several records match. If no record matches, the hint lists the available records.
    """
    first, second = keys
    found = [record for record in records if record.get(first) == word][:1]
    found = found or [record for record in records if record.get(second) == word]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(str(record.get(first)) for record in found)
        raise LookupFailed(
            f"{len(found)} {what}s are named {word}: {shown}", kind="ambiguous", hint="Use one of these IDs instead."
        )
    known = [
        name for record in records if (name := text_or_none(record.get(second)) or text_or_none(record.get(first)))
    ]
    names = ", ".join(known[:MOST_NAMES])
    hint = f"Available: {names}." if names else ""
    raise LookupFailed(f"{what.capitalize()} {word} was not found", kind="not_found", hint=hint)


def text_or_none(value: JSON) -> str | None:
    """Return the value if it is a string, or None otherwise."""
    return value if isinstance(value, str) else None
