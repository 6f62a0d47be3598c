# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Select one account, organization or space by ID or name."""

from __future__ import annotations

import typing as t

from .._core.errors import LookupFailed
from .._core.strict_json import JSON

Record = dict[str, JSON]

# More names than this do not help a user who mistyped one.
MOST_NAMES = 10


def account_facts(record: Record) -> dict[str, JSON]:
    """Return ``id``, ``name``, ``state`` and ``type`` of an account, and the service's own record parts unchanged."""
    facts = entity_facts(record)
    entity = t.cast("Record", facts["entity"])
    return {**facts, "state": entity.get("state"), "type": entity.get("type")}


def entity_facts(record: Record) -> dict[str, JSON]:
    """Return ``id`` and ``name`` of an account, an organization or a space, and the service's own record parts unchanged."""
    metadata, entity = record.get("metadata"), record.get("entity")
    metadata = metadata if isinstance(metadata, dict) else {}
    entity = entity if isinstance(entity, dict) else {}
    return {"id": metadata.get("guid"), "name": entity.get("name"), "metadata": metadata, "entity": entity}


def find_unique(records: t.Sequence[Record], word: str, keys: tuple[str, str], what: str) -> Record:
    """Return the record that the word means: the first of ``keys`` decides, then the second.

    :raises LookupFailed: when there is none (the others are named), or more than one.
    """
    first, second = keys
    found = [record for record in records if record.get(first) == word][:1]
    found = found or [record for record in records if record.get(second) == word]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(str(record.get(first)) for record in found)
        raise LookupFailed(
            f"{len(found)} {what}s are called {word}: {shown}", kind="ambiguous", hint="Use one of these."
        )
    names = ", ".join(str(record.get(second)) for record in records[:MOST_NAMES])
    raise LookupFailed(f"No {what} {word} was found", kind="not_found", hint=f"There are: {names}." if names else "")


def choose_account(accounts: list[dict[str, JSON]], *, account_id: str = "", name: str = "") -> list[dict[str, JSON]]:
    """Return the accounts with that ID or name; all of them when neither is given."""
    if account_id:
        return [account for account in accounts if account["id"] == account_id]
    if name:
        return [account for account in accounts if account["name"] == name]
    return accounts


def find_account(accounts: list[dict[str, JSON]], *, account_id: str = "", name: str = "", identity: str = "") -> str:
    """Return the ID of the one account that is meant. ``identity`` is whose accounts they are, for the message.

    :raises LookupFailed: when there is none, or more than one.
    """
    found = choose_account(accounts, account_id=account_id, name=name)
    if len(found) == 1:
        return str(found[0]["id"])
    wanted = account_id or name
    this, who = ("The", f"identity {identity}") if identity else ("This", "identity")
    shown = ", ".join(_account_in_words(account) for account in (found or accounts)[:MOST_NAMES])
    if not found:
        what = f"No account {wanted} is visible to {this.lower()} {who}" if wanted else f"{this} {who} sees no account"
        raise LookupFailed(what, kind="not_found", hint=f"It sees: {shown}." if shown else "")
    what = f"{len(found)} accounts are named {name}" if name else f"{this} {who} sees {len(found)} accounts"
    raise LookupFailed(f"{what}: {shown}", kind="ambiguous", hint="Set account_id to the one that you mean.")


def account_to_use(records: t.Iterable[Record], identity: str, name: str = "") -> str:
    """Return the ID of the account that a run of this identity works in: the one with that name, or the only one.

    :raises LookupFailed: as above, and when the service says of the account that it is in another state than ACTIVE.
    """
    accounts = [account_facts(record) for record in records]
    identifier = find_account(accounts, name=name, identity=identity)
    (account,) = choose_account(accounts, account_id=identifier)
    state = _out_of_use(account)
    if state:
        raise LookupFailed(
            f"Account {account['name']} ({identifier}) is not active: its state is {state}",
            kind="not_ready",
            hint="If it can be used all the same, set account_id to its ID.",
        )
    return identifier


def _account_in_words(account: dict[str, JSON]) -> str:
    state = _out_of_use(account)
    return f"{account['name']} ({account['id']}{f', {state}' if state else ''})"


def _out_of_use(account: dict[str, JSON]) -> str:
    """Return the state of an account that is not active; empty too when the service does not say."""
    state = account.get("state")
    return state if isinstance(state, str) and state.upper() != "ACTIVE" else ""
