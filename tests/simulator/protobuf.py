# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read protobuf-encoded namespaces, which ``kubectl create namespace`` sends instead of JSON.

The field numbers are from Kubernetes' ``generated.proto`` files (``runtime.Unknown``, ``core/v1``, ``meta/v1``).
"""

from __future__ import annotations

import typing as t

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"

_MAGIC = b"k8s\x00"
_UNKNOWN_RAW = 2
_NAMESPACE_METADATA = 1
_META_NAME, _META_LABELS, _META_ANNOTATIONS = 1, 11, 12
_ENTRY_KEY, _ENTRY_VALUE = 1, 2


def read_namespace(body: bytes) -> dict[str, t.Any]:
    """Return the name, labels and annotations of a namespace in the same structure as in a JSON request.

    Raise ValueError if the body is not a Kubernetes protobuf message.
    """
    if not body.startswith(_MAGIC):
        raise ValueError("not a Kubernetes protobuf message")
    metadata: dict[str, t.Any] = {"labels": {}, "annotations": {}}
    for number, value in _fields(_last(_last(body[len(_MAGIC) :], _UNKNOWN_RAW), _NAMESPACE_METADATA)):
        if number == _META_NAME:
            metadata["name"] = value.decode()
        elif number in (_META_LABELS, _META_ANNOTATIONS):
            kind = "labels" if number == _META_LABELS else "annotations"
            metadata[kind][_last(value, _ENTRY_KEY).decode()] = _last(value, _ENTRY_VALUE).decode()
    return {"metadata": metadata}


def _last(message: bytes, wanted: int) -> bytes:
    """Return the value of a field, or an empty value if the field is missing. If a field occurs several times, the last value takes precedence."""
    found = b""
    for number, value in _fields(message):
        if number == wanted:
            found = value
    return found


def _fields(message: bytes) -> t.Iterator[tuple[int, bytes]]:
    """Yield the length-delimited fields of a message. Numeric fields are skipped."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            _value, at = _varint(message, at)
        elif wire_type == 2:
            size, at = _varint(message, at)
            if at + size > len(message):
                raise ValueError("truncated message")
            yield number, message[at : at + size]
            at += size
        elif wire_type in (1, 5):
            at += 8 if wire_type == 1 else 4
        else:
            raise ValueError("unknown wire type")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        value |= (message[at] & 0x7F) << shift
        shift += 7
        at += 1
        if message[at - 1] < 0x80:
            return value, at
    raise ValueError("truncated number")
