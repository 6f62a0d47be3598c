# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Record the responses that a run receives, with the endpoint and the cluster of each response."""

from __future__ import annotations

import threading
import typing as t
import urllib.parse

from .._core.strict_json import NotJSON, parse
from .documented_shapes import Endpoint, find_endpoint

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.request import Request
    from .._http.transport import Response


class Exchange(t.NamedTuple):
    """A response from a known endpoint. ``cluster`` is the label of the cluster that is being checked."""

    endpoint: Endpoint
    status: int
    headers: t.Mapping[str, str]  # with lowercase names
    document: JSON  # "text" if the body is not JSON
    cluster: str = ""
    form: t.Mapping[str, str] = {}
    query: t.Mapping[str, str] = {}

    @classmethod
    def of(cls, endpoint: Endpoint, status: int, headers: t.Mapping[str, str], body: bytes) -> Exchange:
        """Return the exchange for a response. If the response is a redirect, the document contains the target URL's parameters."""
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
    """An observer that records the responses to an HTTP client's requests. ``cluster`` is the label of the cluster that is being checked."""

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
