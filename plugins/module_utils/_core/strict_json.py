# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Strict JSON: what a service's answer may be, and nothing that a lenient parser would let through."""

from __future__ import annotations

import json
import math
import typing as t

JSON = t.Union[None, bool, int, float, str, "list[JSON]", "dict[str, JSON]"]


class NotJSON(ValueError):
    """The bytes are not one JSON document; the text says why and quotes nothing of them.

    ``damaged`` is true when they may be a cut or garbled form of a good document.
    """

    def __init__(self, reason: str, *, damaged: bool = False) -> None:
        super().__init__(reason)
        self.damaged = damaged


def parse(body: bytes) -> JSON:
    """Return the document in ``body``. A byte order mark is accepted; NaN, duplicate keys and bad UTF-8 are not.

    :raises NotJSON: with the reason.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotJSON("not UTF-8") from None
    try:
        return _tidy(json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite))
    except json.JSONDecodeError:
        raise NotJSON("invalid JSON", damaged=True) from None
    except (ValueError, RecursionError):
        raise NotJSON("invalid JSON") from None


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = {_clean(name): _tidy(value) for name, value in pairs}
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _tidy(value: JSON) -> JSON:
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    # A lone surrogate cannot be written to any output; the rest of the answer is still good.
    return text.encode("utf-8", "replace").decode("utf-8")
