# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Select an account, an organization or a space by ID or name."""

from __future__ import annotations

import typing as t

from .._core.errors import LookupFailed
from .._core.strict_json import JSON

Record = dict[str, JSON]

# Names in one message.
MOST_NAMES = 10


def account_facts(record: Record) -> dict[str, JSON]:
    """Return ``id``, ``name``, ``state`` and ``type`` of an account, and its ``metadata`` and ``entity`` unchanged."""
    facts = entity_facts(record)
    entity = t.cast("Record", facts["entity"])
    return {**facts, "state": _text(entity.get("state")), "type": _text(entity.get("type"))}


def entity_facts(record: Record) -> dict[str, JSON]:
    """Return ``id`` and ``name`` of an account, an organization or a space, and ``metadata`` and ``entity`` unchanged."""
    metadata, entity = record.get("metadata"), record.get("entity")
    metadata = metadata if isinstance(metadata, dict) else {}
    entity = entity if isinstance(entity, dict) else {}
    identifier, name = _text(metadata.get("guid")), _text(entity.get("name"))
    return {"id": identifier, "name": name, "metadata": metadata, "entity": entity}


def find_unique(records: t.Sequence[Record], word: str, keys: tuple[str, str], what: str) -> Record:
    """Return the record whose first key of ``keys`` has the value ``word``, or else whose second key has it.

    :raises LookupFailed: if it was not found (the message lists the others), or is ambiguous.
    """
    first, second = keys
    found = [record for record in records if record.get(first) == word][:1]
    found = found or [record for record in records if record.get(second) == word]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(str(record.get(first)) for record in found)
        raise LookupFailed(
            f"{len(found)} {what}s are named {word}: {shown}", kind="ambiguous", hint="Use one of these instead."
        )
    known = [name for record in records if (name := _text(record.get(second)) or _text(record.get(first)))]
    names = ", ".join(known[:MOST_NAMES])
    hint = f"These were found: {names}." if names else ""
    raise LookupFailed(f"{what.capitalize()} {word} was not found", kind="not_found", hint=hint)


def choose_account(accounts: list[dict[str, JSON]], *, account_id: str = "", name: str = "") -> list[dict[str, JSON]]:
    """Return the accounts with this ID or name, or all accounts if neither is given."""
    if account_id:
        return [account for account in accounts if account["id"] == account_id]
    if name:
        return [account for account in accounts if account["name"] == name]
    return accounts


def find_account(accounts: list[dict[str, JSON]], *, account_id: str = "", name: str = "", identity: str = "") -> str:
    """Return the ID of the account with this ID or name, or of the only account. ``identity`` is for the message.

    :raises LookupFailed: if the account was not found, or is ambiguous.
    """
    found = choose_account(accounts, account_id=account_id, name=name)
    if len(found) == 1:
        return str(found[0]["id"])
    wanted = account_id or name
    this, who = ("The", f"identity {identity}") if identity else ("This", "identity")
    shown = ", ".join(_account_in_words(account) for account in (found or accounts)[:MOST_NAMES])
    if not found:
        what = f"No account {wanted} is visible to {this.lower()} {who}" if wanted else f"{this} {who} has no accounts"
        raise LookupFailed(what, kind="not_found", hint=f"It has: {shown}." if shown else "")
    what = f"{len(found)} accounts are named {name}" if name else f"{this} {who} has {len(found)} accounts"
    raise LookupFailed(f"{what}: {shown}", kind="ambiguous", hint="Set account_id to one of these IDs.")


def account_to_use(records: t.Iterable[Record], identity: str, name: str = "") -> str:
    """Return the ID of the account in which this identity works: the account with this name, or the only account.

    :raises LookupFailed: if the account was not found, is ambiguous, or its state is not ACTIVE.
    """
    accounts = [account_facts(record) for record in records]
    identifier = find_account(accounts, name=name, identity=identity)
    (account,) = choose_account(accounts, account_id=identifier)
    state = _out_of_use(account)
    if state:
        raise LookupFailed(
            f"Account {account['name'] or 'without a name'} ({identifier}) is not active: its state is {state}",
            kind="not_ready",
            hint="To use it anyway, set account_id to its ID.",
        )
    return identifier


def _account_in_words(account: dict[str, JSON]) -> str:
    state = _out_of_use(account)
    return f"{account['name'] or 'without a name'} ({account['id']}{f', {state}' if state else ''})"


def _out_of_use(account: dict[str, JSON]) -> str:
    """Return the state of an account that is not active. It is empty if the account is active or has no state."""
    state = account.get("state")
    # [inferred: account-state]
    return state if isinstance(state, str) and state.upper() != "ACTIVE" else ""


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) else None
