# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read one mapping in a world file, and report the location of each error."""

from __future__ import annotations

import re
import typing as t


class WorldError(ValueError):
    """An error in a world file. The text is a single line with the key and its location."""


class YamlSection:
    """A mapping in a world file. After the known keys have been read, :meth:`reject_unknown_keys` rejects all remaining keys."""

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
            raise WorldError(f"{where} must be a mapping whose keys are strings")
        self._raw: dict[str, object] = raw
        self._unread = set(raw)
        self.where = where

    def error(self, key: str, problem: str) -> WorldError:
        return WorldError(f"{self.where}.{key} {problem}")

    def _take(self, key: str) -> object:
        self._unread.discard(key)
        return self._raw.get(key)

    def reject_unknown_keys(self) -> None:
        """Raise WorldError for keys that have not been read."""
        if self._unread:
            raise WorldError(f"{self.where} has unknown keys: {', '.join(sorted(self._unread))}")

    def string(self, key: str, default: str | None = None, *, pattern: str = "") -> str:
        value = self._take(key)
        if value is None:
            if default is None:
                raise self.error(key, "is missing")
            return default
        if not isinstance(value, str) or not value:
            raise self.error(key, "must be a string and must not be empty (use quotes)")
        if pattern and not re.fullmatch(pattern, value):
            raise self.error(key, f"must match {pattern}")
        return value

    def optional_string(self, key: str) -> str | None:
        self._unread.discard(key)
        return None if self._raw.get(key) is None else self.string(key)

    def boolean(self, key: str, default: bool) -> bool:
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def integer(self, key: str, default: int, *, minimum: int = 0) -> int:
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise self.error(key, f"must be a whole number, {minimum} or more")
        return value

    def seconds(self, key: str, default: float) -> float:
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value < 0:
            raise self.error(key, "must be a number of seconds, 0 or more")
        return float(value)

    def fraction(self, key: str, default: float) -> float:
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 1:
            raise self.error(key, "must be a number between 0 and 1")
        return float(value)

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self.string(key, default)
        if value not in allowed:
            raise self.error(key, f"must be one of {', '.join(allowed)}")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.error(key, "must be a list of strings")
        return tuple(t.cast("list[str]", value))

    def mapping(self, key: str) -> dict[str, t.Any]:
        value = self._take(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise self.error(key, "must be a mapping whose keys are strings")
        return dict(value)

    def has(self, key: str) -> bool:
        """Return whether the key has a value, without marking the key as read."""
        return self._raw.get(key) is not None

    def section(self, key: str) -> YamlSection:
        value = self._take(key)
        return YamlSection({} if value is None else value, f"{self.where}.{key}")

    def sections(self, key: str) -> list[YamlSection]:
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error(key, "must be a list")
        return [YamlSection(item, f"{self.where}.{key}[{number}]") for number, item in enumerate(value)]
