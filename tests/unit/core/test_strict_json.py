# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of valid JSON, and of invalid documents that lenient parsers accept."""

from __future__ import annotations

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.strict_json import JSON, NotJSON, parse


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b'{"a": [1, 2.5, "x", true, null]}', {"a": [1, 2.5, "x", True, None]}, id="object"),
        pytest.param(b"\xef\xbb\xbf{}", {}, id="byte-order-mark"),
        pytest.param(b" \r\n[]\n", [], id="white-space"),
        pytest.param(b"null", None, id="null"),
        pytest.param('{"n": "größe 🚢"}'.encode(), {"n": "größe 🚢"}, id="utf-8"),
        pytest.param(rb'{"n": "\ud83d\udea2"}', {"n": "🚢"}, id="surrogate-pair"),
        pytest.param(rb'{"n": ["a\ud83d"], "\udea2": 1}', {"n": ["a?"], "?": 1}, id="lone-surrogates-replaced"),
        pytest.param(b'{"a": {"x": 1}, "b": {"x": 1}}', {"a": {"x": 1}, "b": {"x": 1}}, id="same-key-elsewhere"),
        pytest.param(b'"x"', "x", id="text"),
    ],
)
def test_standard_json_is_accepted(body: bytes, value: JSON) -> None:
    """Some services send a byte order mark or an unpaired surrogate."""
    assert parse(body) == value


OUT_OF_RANGE = "JSON with a number that is out of range"


@pytest.mark.parametrize(
    ("body", "reason", "damaged"),
    [
        pytest.param(b"", "invalid JSON", True, id="empty"),
        pytest.param(b'{"key": "SECRET', "invalid JSON", True, id="cut"),
        pytest.param(b"{} SECRET", "invalid JSON", True, id="more-after-the-end"),
        pytest.param(b'{"a": 1,}', "invalid JSON", True, id="trailing-comma"),
        pytest.param(b'{"a": NaN}', OUT_OF_RANGE, False, id="NaN"),
        pytest.param(b"[-Infinity]", OUT_OF_RANGE, False, id="Infinity"),
        *(pytest.param(b"9" * count, OUT_OF_RANGE, False, id=f"{count}-digits") for count in (21, 400, 10_000)),
        pytest.param(b"[-1e400]", OUT_OF_RANGE, False, id="1e400"),
        pytest.param(b"[" + b"1," * 300_000 + b"1]", "JSON with more than 250000 values", False, id="many-values"),
        pytest.param(b'{"a": "SECRET\xff"}', "not UTF-8", False, id="not-utf-8"),
        pytest.param("{}".encode("utf-16"), "not UTF-8", False, id="utf-16"),
    ],
)
def test_invalid_json_is_rejected(body: bytes, reason: str, damaged: bool) -> None:
    """If ``damaged`` is true, a retry may return a valid document."""
    with pytest.raises(NotJSON) as caught:
        parse(body)

    assert str(caught.value) == reason
    assert caught.value.damaged is damaged
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("depth", [65, 900, 5000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
def test_deep_nesting_is_rejected(opening: bytes, closing: bytes, depth: int) -> None:
    """The parser is recursive, so the depth is limited to 64 levels."""
    with pytest.raises(NotJSON, match="nested more than 64 levels"):
        parse(opening * depth + b"1" + closing * depth)

    assert parse(opening * 64 + b"1" + closing * 64)
