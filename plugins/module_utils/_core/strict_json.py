# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Parse JSON documents from services, and reject documents that exceed a limit."""

from __future__ import annotations

import json
import math
import typing as t

JSON = t.Union[None, bool, int, float, str, "list[JSON]", "dict[str, JSON]"]

# The services' documents are nested up to 6 levels deep. The limit prevents a RecursionError in recursive functions.
_MAX_DEPTH = 64
# A list of 2,000 clusters contains 200,000 values. Without a limit, 8 MiB of small objects would use 430 MB of memory.
_MAX_VALUES = 250_000
# A 64-bit integer has 19 digits and a sign. Times are converted to float, and the conversion fails for much larger numbers.
_MAX_DIGITS = 20


class NotJSON(ValueError):
    """The bytes are not a JSON document, or the document exceeds a limit. The message does not quote the bytes.

    ``damaged`` is true if the document may have been truncated.
    """

    def __init__(self, reason: str, *, damaged: bool = False) -> None:
        super().__init__(reason)
        self.damaged = damaged


def parse(body: bytes) -> JSON:
    """Return the document in ``body``, with lone surrogates replaced. A byte order mark is accepted.

    :raises NotJSON: if ``body`` is not a JSON document or exceeds a limit.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > _MAX_VALUES:
        raise NotJSON(f"JSON with more than {_MAX_VALUES} values")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotJSON("not UTF-8") from None
    try:
        document: JSON = json.loads(text, parse_constant=_reject, parse_int=_integer, parse_float=_float)
        # Lone surrogates require \u escapes, and deep nesting requires many brackets. A document that contains neither is not traversed.
        is_plain = "\\u" not in text and body.count(b"[") + body.count(b"{") <= _MAX_DEPTH
        return document if is_plain else _checked(document, 0)
    except NotJSON:
        raise
    except json.JSONDecodeError:
        raise NotJSON("invalid JSON", damaged=True) from None
    except RecursionError:
        raise NotJSON(_TOO_DEEP) from None


_TOO_DEEP = f"JSON that is nested more than {_MAX_DEPTH} levels deep"


def _checked(value: JSON, depth: int) -> JSON:
    if isinstance(value, str):
        # Lone surrogates cannot be encoded as UTF-8, so Ansible could not output a result that contains them.
        return value.encode("utf-8", "replace").decode("utf-8")
    if not isinstance(value, (list, dict)):
        return value
    if depth == _MAX_DEPTH:
        raise NotJSON(_TOO_DEEP)
    if isinstance(value, list):
        return [_checked(item, depth + 1) for item in value]
    return {str(_checked(name, depth)): _checked(item, depth + 1) for name, item in value.items()}


def _reject(_constant: str) -> t.NoReturn:
    # A result that contains NaN or Infinity would not be valid JSON.
    raise NotJSON("JSON with a number that is out of range")


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= _MAX_DIGITS else _reject(digits)


def _float(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _reject(digits)
