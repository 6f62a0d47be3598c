# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Cache tokens in files that only their owner can read, so that several processes can share one login."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import typing as t
from dataclasses import dataclass

from .._core.errors import InputError
from .._core.private_files import interruptible, locked, private_folder, read, write
from .._core.strict_json import NotJSON, parse

# Tokens are renewed this many seconds before they expire, because clients keep using a token for some time after they receive it.
_RENEW_BEFORE = 120.0
# The expected maximum duration of a login without RBAC synchronization, in seconds.
LONGEST_LOGIN = 300.0

Entry = dict[str, t.Any]


@dataclass(frozen=True)
class TokenCache:
    """A cache for tokens in the files of one folder. An entry's ``expires`` value is a Unix timestamp according to the local clock.

    ``get`` waits up to ``longest_login`` seconds for another process to finish logging in. After the timeout, ``get`` calls
    ``create`` and does not cache the entry.
    """

    folder: str
    warn: t.Callable[[str], None]
    renew_before: float = _RENEW_BEFORE
    longest_login: float = LONGEST_LOGIN

    def get(self, key: str, create: t.Callable[[], Entry], *, client: int = 0) -> Entry:
        """Return the cached entry for ``key``. If the entry is missing or expires soon, return a new entry from ``create``.

        A second call for the same ``client`` (process ID) creates a new entry, because Kubernetes clients call the exec plugin
        again if a cluster rejects a token.
        """
        try:
            folder = private_folder(self.folder)
        except InputError as exc:
            self.warn(f"Tokens are not cached: {exc}")
            return create()
        path = os.path.join(folder, hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest() + ".json")
        entry = self._read(path)
        if entry is not None and not client:
            return entry
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(locked(path, held_timeout=self.longest_login))
            except InputError as exc:
                self.warn(f"The token is not cached: {exc}")
                return create()
            return self._get_locked(path, create, client)

    def _get_locked(self, path: str, create: t.Callable[[], Entry], client: int) -> Entry:
        entry = self._read(path)
        if entry is None or (client and entry.get("client") == client):
            with interruptible():
                entry = create()
        entry = {**entry, "client": client}
        if entry["expires"]:
            try:
                write(path, json.dumps(entry))
            except InputError as exc:
                self.warn(f"The token is not cached: {exc}")
        return entry

    def _read(self, path: str) -> Entry | None:
        """Return the entry in the file, or None if the entry is missing or expires soon."""
        try:
            entry = parse((read(path) or "").encode())
        except (InputError, NotJSON):
            return None
        expires = entry.get("expires") if isinstance(entry, dict) else None
        is_fresh = isinstance(expires, (int, float)) and expires - time.time() > self.renew_before
        return t.cast("Entry", entry) if is_fresh else None
