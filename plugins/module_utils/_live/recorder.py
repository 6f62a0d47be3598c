# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Record the responses of a run, and reduce them to calls with their number, status, headers and fields."""

from __future__ import annotations

import re
import threading
import typing as t
import urllib.parse

from .._core.strict_json import NotJSON, parse
from .observation import Observation, differences, value_words
from .shapes import BY_NAME, Endpoint, find_endpoint

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.request import Request
    from .._http.transport import Response

_HEADERS = (
    *("date", "retry-after", "transaction-id", "x-global-transaction-id", "x-correlation-id", "x-request-id"),
    *("warning", "www-authenticate"),
)
_JSON = "application/json"
_MEDIA_TYPES = (_JSON, "application/problem+json", "text/html", "text/plain", "application/zip")


class Exchange(t.NamedTuple):
    """A response of a known endpoint. ``cluster`` is the label of the checked cluster."""

    endpoint: Endpoint
    status: int
    headers: t.Mapping[str, str]  # with lower-case names
    document: JSON  # text if the body is not JSON
    cluster: str = ""
    form: t.Mapping[str, str] = {}
    query: t.Mapping[str, str] = {}

    @classmethod
    def of(cls, endpoint: Endpoint, status: int, headers: t.Mapping[str, str], body: bytes) -> Exchange:
        """Return the exchange for a response. The document of a redirect is the parameters in its target."""
        headers = {name.lower(): value for name, value in headers.items()}
        if 300 <= status < 400:
            target = urllib.parse.urlsplit(headers.get("location", ""))
            return cls(endpoint, status, headers, dict(urllib.parse.parse_qsl(target.fragment or target.query)))
        try:
            document: JSON = parse(body) if body else ""
        except NotJSON:
            document = "text"
        return cls(endpoint, status, headers, document)


class Recorder:
    """Records the responses of an HTTP client. ``cluster`` is the label of the checked cluster."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.requests = 0
        self.cluster = ""
        self._lock = threading.Lock()

    def __call__(self, request: Request, response: Response) -> None:
        with self._lock:
            self.requests += 1
            endpoint = find_endpoint(request.method, request.url, request.form)
            if endpoint:
                exchange = Exchange.of(endpoint, response.status, response.headers, response.body)
                form, query = request.form or {}, request.query or {}
                self.exchanges.append(exchange._replace(cluster=self.cluster, form=form, query=query))


Calls = list[dict[str, t.Any]]


def calls(exchanges: t.Iterable[Exchange], private: t.Iterable[str] = ()) -> Calls:
    """Return the calls of a report, without values and names that may be values. ``private`` are more texts that must not occur."""
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
    """Return the differences between calls of a report and the shapes, and the new fields. Each has the name of its call.

    :raises KeyError, TypeError, ValueError, AttributeError: if these are not the calls of a report.
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
            wrong.append("retry-after: is missing or has another form")
        where = f"{endpoint.name}, HTTP {status}: "
        all_wrong += [where + line for line in wrong]
        all_new += [where + line for line in new]
    return all_wrong, all_new


def _shape(endpoint: Endpoint, status: int) -> t.Mapping[str, str]:
    return endpoint.shape if status < 400 else endpoint.errors


def _headers(exchange: Exchange) -> dict[str, str]:
    """Return the names of known headers with the forms of their values."""
    found = {name: "present" for name in _HEADERS if name in exchange.headers}
    if "retry-after" in found:
        value = exchange.headers["retry-after"].strip()
        is_date = re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT", value)
        found["retry-after"] = "seconds" if value.isdigit() else "date" if is_date else "other"
    media = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media:
        found["content-type"] = media if media in _MEDIA_TYPES else "other"
    return found
