# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Reduce recorded responses to field names and value types, and compare the names and types with the documented shapes.

Reports do not contain values. The name of an undocumented field can itself be a value, because some objects map names to values. A
report contains the name of an undocumented field only if the object also has a documented field, the name looks like a field name,
and the words of the name do not occur in the service's values.
"""

from __future__ import annotations

import re
import typing as t

from .._core.tokens import is_well_formed, read_payload
from .._services.kubeconfig_response import decode_pem
from .documented_shapes import BY_NAME

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .documented_shapes import Endpoint, Shape
    from .response_recorder import Exchange

Calls = list[dict[str, t.Any]]

_BASE = {
    str: "text",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    dict: "object",
    list: "array",
}
_STATES = "aborted|critical|delete_failed|deleted|deleting|deploy_failed|deploying|normal|pending|requested|updating|unsupported|warning"
_MASTER_STATES = (
    "deployed|deploying|deploy_failed|deleting|delete_failed|updating|update_cancelled|update_failed|scaled down"
)
_FORMATS = {
    "url": r"https?://[^\s/?#@]+(/\S*)?",
    "path": r"/[^\s/]\S*",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)",
    "id": r"[0-9a-f]{32}",
    "cluster-id": r"[0-9a-f]{32}|[a-z0-9]{20}",
    "cluster-type": "kubernetes|openshift",
    "provider": "classic|vpc-gen2|vpc-classic|satellite",
    "state": _STATES,
    "master-state": _MASTER_STATES,
    "master-health": "error|normal|unavailable|unsupported",
    "version": r"\d+\.\d+\.\d+_\d+(_openshift)?",
    "crn": r"crn:v1:\S+",
    "code": r"[A-Z]+\d{4,}E?",
    "user": r"IAM#\S+",
    "openshift-token": r"sha256~\S+",
    "digits": r"\d+",
    "bearer": "[Bb]earer",
    "empty": "",
}
# The names of some token claims contain the account ID.
_ACCOUNT = re.compile(r"_[0-9a-f]{32}$")
_FIELD_NAME = re.compile(r"[a-z][A-Za-z]{1,39}|[a-z]{2,}(_[a-z]+){1,4}")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_HEADERS = (
    *("date", "retry-after", "transaction-id", "x-global-transaction-id", "x-correlation-id", "x-request-id"),
    *("warning", "www-authenticate"),
)
_JSON = "application/json"
_MEDIA_TYPES = (_JSON, "application/problem+json", "text/html", "text/plain", "application/zip")
ABSENT, UNLISTED = "absent", "*"


def value_words(document: JSON) -> t.Iterator[str]:
    """Yield the words of at least three letters in a document's strings, in lowercase."""
    if isinstance(document, dict):
        for value in document.values():
            yield from value_words(value)
    elif isinstance(document, list):
        for value in document:
            yield from value_words(value)
    elif isinstance(document, str):
        payload = read_payload(document)
        if payload is not None:
            yield from value_words(payload)
        else:
            yield from (word.lower() for word in re.findall("[A-Za-z]{3,}", document))
            yield from (word.lower() for word in _WORD.findall(document) if len(word) > 2)


class Observation:
    """The types that occur at each place in documents of the same shape."""

    def __init__(self, shape: Shape) -> None:
        self.types: dict[str, set[str]] = {}
        self._optional = {place for place, kinds in shape.items() if kinds.endswith("?")}
        self.expected = {place: kinds.replace("?", "").split("|") for place, kinds in shape.items()}
        self._children: dict[str, set[str]] = {}
        for place in shape:
            self._add_parents(place)

    def _add_parents(self, place: str) -> None:
        """Add the objects and lists that contain a place, because a shape lists only those that can be missing."""
        while place:
            parent = place[:-2] if place.endswith("[]") else place.rpartition(".")[0]
            self._children.setdefault(parent, set()).add(place)
            self.expected.setdefault(parent, ["array" if place.endswith("[]") else "object"])
            place = parent

    def add(self, document: JSON, place: str = "") -> None:
        """Add the types that occur in a document."""
        kind = self._type(document, self.expected.get(place, []))
        self.types.setdefault(place, set()).add(kind)
        if kind == "jwt":
            document = read_payload(t.cast("str", document))
        if isinstance(document, dict):
            self._add_object(document, place)
        elif isinstance(document, list) and f"{place}[]" in self.expected:
            for item in document:
                self.add(item, f"{place}[]")

    def _add_object(self, document: dict[str, JSON], place: str) -> None:
        known = self._children.get(place)
        if not known:
            return  # the fields of this object are not documented
        fields = {(f"{place}." if place else "") + _ACCOUNT.sub("_{account}", name): name for name in document}
        is_record = not known.isdisjoint(fields)
        for child, name in fields.items():
            if child in known:
                self.add(document[name], child)
            else:
                unlisted = f"{place}.{UNLISTED}{name if is_record else ''}"
                self.types.setdefault(unlisted, set()).add(_BASE[type(document[name])])
        for child in known.difference(fields, self._optional):
            self.types.setdefault(child, set()).add(ABSENT)

    @staticmethod
    def _type(value: JSON, expected: t.Sequence[str]) -> str:
        """Return the first expected format that matches the value, or the value's JSON type if no format matches."""
        return next((kind for kind in expected if _has_format(value, kind)), _BASE[type(value)])

    def publishable(self, words: t.Collection[str]) -> dict[str, str]:
        """Return the types by place, without names that may be values. ``words`` are the words of all recorded values."""
        shown: dict[str, set[str]] = {}
        for place, kinds in self.types.items():
            parent, mark, name = place.rpartition(f".{UNLISTED}")
            may_be_value = mark and (
                not _FIELD_NAME.fullmatch(name) or any(word.lower() in words for word in _WORD.findall(name))
            )
            shown.setdefault(f"{parent}{mark}" if may_be_value else place, set()).update(kinds)
        return {place: "|".join(sorted(kinds)) for place, kinds in sorted(shown.items())}


def _has_format(value: JSON, kind: str) -> bool:
    if kind == "epoch":
        return isinstance(value, int) and 10**9 < value < 10**11
    if not isinstance(value, str):
        return False
    if kind == "jwt":
        return read_payload(value) is not None
    if kind == "token":
        return is_well_formed(value)
    if kind == "pem":
        return bool(decode_pem(value))
    return kind in _FORMATS and re.fullmatch(_FORMATS[kind], value) is not None


def differences(seen: t.Mapping[str, str], shape: Shape) -> tuple[list[str], list[str]]:
    """Return the differences between a result of ``publishable`` and a shape, and the undocumented fields."""
    inner = Observation(shape)
    wrong, new = [], []
    for place, kinds in seen.items():
        parent, mark, name = place.partition(f".{UNLISTED}")
        if mark:
            new.append(f"{parent}.{name or '?'}: {kinds}".lstrip("."))
            continue
        expected = inner.expected.get(place)
        if expected is None:
            wrong.append(f"{place}: the field is not in the shape")
            continue
        if not set(kinds.split("|")) <= set(expected):
            wrong.append(f"{place or 'document'}: {kinds} instead of {'|'.join(sorted(expected))}")
    return wrong, new


def calls(exchanges: t.Iterable[Exchange], private: t.Iterable[str] = ()) -> Calls:
    """Return the calls for a report, without values and without names that may be values. The words in ``private`` also count as values."""
    groups: dict[tuple[str, int], list[Exchange]] = {}
    words = set(value_words(list(private)))
    for exchange in exchanges:
        groups.setdefault((exchange.endpoint.name, exchange.status), []).append(exchange)
        words.update(value_words(exchange.document))
    found = []
    for (name, status), group in groups.items():
        observation = Observation(_shape(BY_NAME[name], status))
        headers: dict[str, set[str]] = {}
        for exchange in group:
            observation.add(exchange.document)
            for header, kind in _headers(exchange).items():
                headers.setdefault(header, set()).add(kind)
        shown = {header: "|".join(sorted(kinds)) for header, kinds in headers.items()}
        fields = observation.publishable(words)
        found.append({"call": name, "status": status, "count": len(group), "headers": shown, "fields": fields})
    return found


def compare(recorded: t.Iterable[t.Mapping[str, t.Any]]) -> tuple[list[str], list[str]]:
    """Return the differences between a report's calls and the shapes, and the undocumented fields. Each line starts with the call's name.

    :raises KeyError, TypeError, ValueError, AttributeError: if ``recorded`` is not a valid list of a report's calls.
    """
    all_wrong, all_new = [], []
    for call in recorded:
        endpoint, status, headers = BY_NAME[call["call"]], int(call["status"]), call["headers"]
        wrong, new = differences(call["fields"], _shape(endpoint, status))
        if status < 400 and status != endpoint.status:
            wrong.append(f"HTTP {status} instead of {endpoint.status}")
        media = headers.get("content-type", _JSON)
        if status < 300 and call["fields"].get("") in ("object", "array") and media != _JSON:
            wrong.append(f"content-type: {media} instead of {_JSON}")
        if status == 429 and headers.get("retry-after") not in ("seconds", "date"):
            wrong.append("retry-after: the header is missing or has an unknown format")
        where = f"{endpoint.name}, HTTP {status}: "
        all_wrong += [where + line for line in wrong]
        all_new += [where + line for line in new]
    return all_wrong, all_new


def _shape(endpoint: Endpoint, status: int) -> t.Mapping[str, str]:
    return endpoint.shape if status < 400 else endpoint.errors


def _headers(exchange: Exchange) -> dict[str, str]:
    """Return the names of known headers with the formats of their values."""
    found = {name: "present" for name in _HEADERS if name in exchange.headers}
    if "retry-after" in found:
        value = exchange.headers["retry-after"].strip()
        is_date = re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT", value)
        found["retry-after"] = "seconds" if value.isdigit() else "date" if is_date else "other"
    media = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media:
        found["content-type"] = media if media in _MEDIA_TYPES else "other"
    return found
