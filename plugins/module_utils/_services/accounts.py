# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""A client of the accounts service, and functions that return account facts and select an account by ID or name."""

from __future__ import annotations

import itertools
import threading
import typing as t

from .._core.errors import LookupFailed
from .._http.pagination import iterate_pages
from .._http.request import Auth, Request
from .api_generations import CURRENT, ApiGeneration
from .name_or_id_lookup import MOST_NAMES, entity_facts, text_or_none

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient
    from .name_or_id_lookup import Record


class Accounts:
    """One identity's accounts. The account list is requested when it is first needed, and then cached.

    ``warnings`` contains a line for each skipped record.
    """

    def __init__(self, http: HttpClient, base: str, auth: Auth, *, generation: ApiGeneration = CURRENT) -> None:
        self._http = http
        self._url = base + generation.accounts_path
        self._auth = auth
        self.warnings: list[str] = []
        self._records: list[dict[str, JSON]] | None = None
        self._lock = threading.Lock()

    def list_all(self) -> list[dict[str, JSON]]:
        """Return all accounts in the order of the service's account list, without duplicates.

        A record contains ``metadata`` (``guid`` and timestamps) and ``entity`` (``name``, ``state``, ...). Records without a ``guid``
        are skipped.
        """
        with self._lock:
            if self._records is None:
                self._records = self._read_pages()
            return self._records

    def find_id(self, name: str, iam_id: str, *, or_none: bool = False) -> str:
        """Return the ID of the account with this name, or of the only account if the name is empty.

        If ``or_none`` is true and no account matches, return an empty string.

        :raises LookupFailed: if no account or several accounts match, or if the account's state is not ACTIVE.
        """
        try:
            return _account_to_use(self.list_all(), iam_id, name)
        except LookupFailed as exc:
            if not or_none or exc.kind != "not_found":
                raise
        return ""

    def known_name(self, account_id: str) -> str:
        """Return the account's name if the account list has already been requested, or an empty string otherwise."""
        names = [facts["name"] for facts in map(account_facts, self._records or []) if facts["id"] == account_id]
        return str(names[0] or "") if account_id and names else ""

    def _read_pages(self) -> list[dict[str, JSON]]:
        found: dict[str, dict[str, JSON]] = {}
        numbers = itertools.count(1)
        for record in iterate_pages(lambda url: self._page(url, next(numbers)), self._url, step="list the accounts"):
            metadata = record.get("metadata")
            guid = metadata.get("guid") if isinstance(metadata, dict) else None
            if isinstance(guid, str) and guid:
                found.setdefault(guid, record)
            else:
                self.warnings.append("An account was skipped: its record has no usable ID.")
        return list(found.values())

    def _page(self, url: str, number: int) -> dict[str, JSON]:
        step = "list the accounts" if number == 1 else f"list the accounts (page {number})"
        headers = {"Content-Type": "application/json"}
        page = self._http.send(Request(step, "GET", url, auth=self._auth, headers=headers))
        return t.cast("dict[str, JSON]", page)


def account_facts(record: Record) -> dict[str, JSON]:
    """Return an account's ``id``, ``name``, ``state`` and ``type``, and its ``metadata`` and ``entity`` unchanged."""
    facts = entity_facts(record)
    entity = t.cast("Record", facts["entity"])
    return {**facts, "state": text_or_none(entity.get("state")), "type": text_or_none(entity.get("type"))}


def choose_account(accounts: list[dict[str, JSON]], *, account_id: str = "", name: str = "") -> list[dict[str, JSON]]:
    """Return the accounts with this ID or name, or all accounts if neither is given."""
    if account_id:
        return [account for account in accounts if account["id"] == account_id]
    if name:
        return [account for account in accounts if account["name"] == name]
    return accounts


def find_account(accounts: list[dict[str, JSON]], *, account_id: str = "", name: str = "", identity: str = "") -> str:
    """Return the ID of the account with this ID or name, or of the only account if neither is given. ``identity`` is used only in error messages.

    :raises LookupFailed: if no account or several accounts match.
    """
    found = choose_account(accounts, account_id=account_id, name=name)
    if len(found) == 1:
        return str(found[0]["id"])
    wanted = account_id or name
    this, who = ("The", f"identity {identity}") if identity else ("This", "identity")
    shown = ", ".join(_account_in_words(account) for account in (found or accounts)[:MOST_NAMES])
    if not found:
        what = f"No account {wanted} is visible to {this.lower()} {who}" if wanted else f"{this} {who} has no accounts"
        raise LookupFailed(what, kind="not_found", hint=f"Visible accounts: {shown}." if shown else "")
    what = f"{len(found)} accounts are named {name}" if name else f"{this} {who} has {len(found)} accounts"
    raise LookupFailed(f"{what}: {shown}", kind="ambiguous", hint="Set account_id to one of these IDs.")


def _account_to_use(records: t.Iterable[Record], identity: str, name: str = "") -> str:
    """Return the ID of the account to use for this identity: the account with this name, or the only account.

    :raises LookupFailed: if no account or several accounts match, or if the account's state is not ACTIVE.
    """
    accounts = [account_facts(record) for record in records]
    identifier = find_account(accounts, name=name, identity=identity)
    (account,) = choose_account(accounts, account_id=identifier)
    state = _out_of_use(account)
    if state:
        raise LookupFailed(
            f"Account {account['name'] or 'without a name'} ({identifier}) is not active: its state is {state}",
            kind="not_ready",
            hint="To use the account anyway, set account_id to its ID.",
        )
    return identifier


def _account_in_words(account: dict[str, JSON]) -> str:
    state = _out_of_use(account)
    return f"{account['name'] or 'unnamed account'} ({account['id']}{f', {state}' if state else ''})"


def _out_of_use(account: dict[str, JSON]) -> str:
    """Return the state of an account that is not active, or an empty string if the account is active or has no state."""
    state = account.get("state")
    # [inferred: account-state]
    return state if isinstance(state, str) and state.upper() != "ACTIVE" else ""
