# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log, which does not contain secrets."""

from __future__ import annotations

import dataclasses
import json
import re
import time
import typing as t
import urllib.parse
import weakref

from .connections import Connections
from .loggable_fields import HIDDEN, form_fields, form_values, host_of
from .service import basic_credentials

if t.TYPE_CHECKING:
    from aiohttp import web

# Only the values of these query parameters are logged. All other values may be tokens or keys, so the log contains "***" instead.
_OPEN_QUERY = frozenset(
    {
        *("cluster", "provider", "location", "format", "admin", "network", "endpointType", "showResources"),
        *("skipRBAC", "createNetworkConfig", "page", "results-per-page"),
        *(
            "response_type",
            "client_id",
            "code_challenge_method",
            "v1-compatible",
            "timeout",
            "limit",
            "fieldManager",
            "dryRun",
            "labelSelector",
            "fieldSelector",
            "watch",
        ),
    }
)
_V1_CLUSTER = "(?:/global)?/v1/clusters/([^/]+)"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One request.

    - ``service`` is ``iam``, ``accounts``, ``containers`` or the name of a cluster.
    - ``endpoint`` is the cluster's endpoint (``public``, ``private`` or ``vpe``), or empty for services.
    - ``client`` is ``bx``, ``kube``, ``default`` or ``unknown`` for requests to IAM. For all other services, ``client`` is ``bearer``,
      ``basic`` or ``none``.
    - ``connection`` is the number of the TCP connection, starting from 1.
    - ``at`` is the value of ``time.monotonic()`` when the request arrived.
    - ``cluster`` is the name or ID of the cluster in a request to the containers service.
    - ``host`` is the name in the Host header.
    - ``form`` contains the values of form fields that are not secret, such as the grant type.
    - ``fault`` is ``unavailable``, ``reset``, ``truncated`` or ``rate_limit`` if a fault was injected. If the connection was
      reset, ``status`` is the status of the discarded response, or 0 if the service did not receive the request.
    """

    service: str
    endpoint: str
    method: str
    path: str
    query: dict[str, str]
    client: str
    header_names: tuple[str, ...]
    form_fields: tuple[str, ...]
    json_keys: tuple[str, ...]
    status: int
    connection: int
    at: float
    fault: str
    cluster: str
    host: str
    form: dict[str, str]


class Arrival(t.NamedTuple):
    """A request's arrival time (``time.monotonic()``) and the number of its connection."""

    at: float
    connection: int


class RequestLog:
    """All requests since the start or the last reset, in the order of the responses, and the connections to the simulator."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.connections = Connections()
        self._started = time.monotonic()
        self._output: t.TextIO | None = None
        self._connections: weakref.WeakKeyDictionary[t.Any, int] = weakref.WeakKeyDictionary()
        self._connection_count = 0

    def write_lines_to(self, output: t.TextIO | None) -> None:
        """Write a line to ``output`` for each later request. If ``output`` is None, stop writing lines."""
        self._output = output

    def lines(self) -> str:
        """Return the log as text, with one line per request."""
        return "".join(f"{self._line(entry)}\n" for entry in self.entries)

    def _line(self, entry: Entry) -> str:
        grant = entry.form.get("grant_type", "").rpartition(":")[2]
        extras = {"grant": grant, "cluster": entry.cluster, "endpoint": entry.endpoint, "fault": entry.fault}
        query = urllib.parse.urlencode(entry.query, safe="*")
        words = [
            f"{entry.at - self._started:8.3f}",
            f"{entry.service:12}",
            str(entry.status or "---"),
            entry.method,
            entry.path + (f"?{query}" if query else ""),
            f"client={entry.client}",
            *(f"{name}={value}" for name, value in extras.items() if value),
        ]
        return " ".join(words)

    def reset(self) -> None:
        self.entries = []
        self.connections.reset()

    @property
    def open_connections(self) -> dict[str, int]:
        """The number of open connections to each service and cluster. Services and clusters without connections are missing."""
        return self.connections.open

    @property
    def peak_connections(self) -> dict[str, int]:
        """The maximum number of simultaneous connections to each service and cluster."""
        return dict(self.connections.most)

    def arrival(self, request: web.Request) -> Arrival:
        """Return the arrival time and the connection number of a request.

        Call this method when the request arrives, because the client may disconnect before the response is ready.
        """
        return Arrival(time.monotonic(), self._connection(request))

    def add(
        self,
        request: web.Request,
        body: bytes,
        arrival: Arrival,
        fault: str,
        *,
        service: str,
        endpoint: str,
        status: int,
        clients: bool,
    ) -> None:
        """Add one request. ``clients`` is true for services that have OAuth clients (IAM)."""
        content_type = request.content_type
        is_form = content_type == "application/x-www-form-urlencoded"
        self._append(
            Entry(
                service=service,
                endpoint=endpoint,
                method=request.method,
                path=re.sub("[^/]{40,}", HIDDEN, request.path),
                query={name: value if name in _OPEN_QUERY else HIDDEN for name, value in request.query.items()},
                client=_client(request.headers.get("Authorization"), clients),
                header_names=tuple(sorted(request.headers)),
                form_fields=form_fields(body) if is_form else (),
                json_keys=_json_keys(body) if content_type.endswith("json") else (),
                status=status,
                connection=arrival.connection,
                at=arrival.at,
                fault=fault,
                cluster=_cluster_in(request, body) if service == "containers" and not endpoint else "",
                host=host_of(request),
                form=form_values(body) if is_form else {},
            )
        )

    def _append(self, entry: Entry) -> None:
        self.entries.append(entry)
        if self._output is not None:
            self._output.write(f"{self._line(entry)}\n")
            self._output.flush()

    def _connection(self, request: web.Request) -> int:
        transport = request.transport
        if transport is None:
            return 0
        if transport not in self._connections:
            self._connection_count += 1
            self._connections[transport] = self._connection_count
        return self._connections[transport]


def oauth_client(header: str | None) -> str | None:
    """Return the OAuth client in an Authorization header for IAM: ``default`` if the header is missing, or None if the client is unknown.

    The names and secrets of the known clients are public. Each client's secret is the same as the client's name.
    """
    if header is None:
        return "default"
    name, secret = basic_credentials(header) or ("", "")
    return name if name in ("bx", "kube") and name == secret else None


def _client(header: str | None, clients: bool) -> str:
    if clients:
        return oauth_client(header) or "unknown"
    scheme, space, _value = (header or "").strip().lower().partition(" ")
    return scheme if space and scheme in ("bearer", "basic") else "none"


def _json_keys(body: bytes) -> tuple[str, ...]:
    return tuple(sorted(key for key in _json_object(body) if len(key) < 40))


def _cluster_in(request: web.Request, body: bytes) -> str:
    in_path = re.match(_V1_CLUSTER, request.path)
    value = in_path[1] if in_path else request.query.get("cluster")
    value = value or (_json_object(body).get("cluster") if body else None)
    if not isinstance(value, str):
        return ""
    return value if re.fullmatch("[A-Za-z0-9._-]{0,39}", value) else HIDDEN


def _json_object(body: bytes) -> dict[str, t.Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
