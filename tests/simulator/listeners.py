# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sockets, certificates and applications of a running simulator, which listens only on the loopback address."""

from __future__ import annotations

import asyncio
import socket
import ssl
import typing as t
import urllib.parse

import trustme
from aiohttp import web

from .accounts import accounts
from .broken_claims import CERTIFICATE
from .cloud import Cloud
from .cloud_foundry import cloud_foundry
from .cluster_state import ClusterState
from .containers import containers
from .control import control
from .generations import GENERATIONS, HOME_REGION, SERVICE_OF_HOST
from .iam import iam
from .kube_api import kube_api
from .metadata import metadata
from .oauth_server import oauth_server
from .open_file_limit import raise_open_file_limit
from .proxy import Address, Proxy
from .request_log import RequestLog

if t.TYPE_CHECKING:
    import pathlib

    from .world import Cluster, World

HOST = "127.0.0.1"
CA_FILE = "service-ca.pem"
_SERVICES = ("iam", "accounts", "containers", "cloud_foundry")
_BACKLOG = 128

_Server = t.Callable[[Cloud, RequestLog, ClusterState, str], web.Application]
_ClusterSocket = tuple[_Server, ClusterState, str, socket.socket, ssl.SSLContext]


class Listeners:
    """A simulated cloud and its listening sockets. The constructor binds the sockets, and :meth:`open` starts the services.

    The services' CA certificate is written to ``directory`` as a PEM file.
    """

    def __init__(self, world: World, directory: pathlib.Path) -> None:
        self.world = world
        self.directory = directory
        self.log = RequestLog()
        self._runners: list[web.AppRunner] = []
        self._servers: list[asyncio.Server] = []
        raise_open_file_limit(sum(len(cluster.endpoints) * 2 for cluster in world.clusters if cluster.has_master))
        plain = ("control", "proxy", *(("metadata",) if world.has_vpc_instance else ()))
        self._sockets = {name: _bound() for name in (*_SERVICES, *plain)}
        service_ca = trustme.CA(organization_name="IBM Cloud simulator")
        self.ca_path = directory / CA_FILE
        service_ca.cert_pem.write_to_path(str(self.ca_path))
        self._service_tls = _tls(_certificate(service_ca, *SERVICE_OF_HOST))
        self._public_certificate = _certificate(service_ca)
        self._cluster_sockets: list[_ClusterSocket] = []
        states = [self._cluster(cluster, service_ca) for cluster in world.clusters]
        self.cloud = Cloud(world, states, f"{self.url('iam')}/identity")
        self._proxy = self._proxy_to_all()

    def _cluster(self, cluster: Cluster, service_ca: trustme.CA) -> ClusterState:
        """Create a cluster with its CA, and bind a socket for each enabled endpoint and each OAuth server.

        Real OpenShift clusters use certificates from public CAs. In the simulator, the services' CA replaces the public CAs.
        """
        if not cluster.has_master:
            return ClusterState(cluster, {}, None, oauth_urls={}, serving_ca_pem=b"")
        ca = trustme.CA(organization_name=f"cluster {cluster.name}")
        own_ca = cluster.own_ca or (cluster.type == "openshift" and CERTIFICATE in self.world.settings.broken_claims)
        certificate = _certificate(ca) if own_ca else self._public_certificate
        sockets = {endpoint: _bound() for endpoint in sorted(cluster.endpoints)}
        oauth_sockets = {endpoint: _bound() for endpoint in sockets if cluster.type == "openshift"}
        state = ClusterState(
            cluster,
            {name: _url("https", sock) for name, sock in sockets.items()},
            ca,
            oauth_urls={name: _url("https", sock) for name, sock in oauth_sockets.items()},
            serving_ca_pem=(ca if own_ca else service_ca).cert_pem.bytes(),
        )
        servers = ((kube_api, sockets, _tls(certificate, clients=ca)), (oauth_server, oauth_sockets, _tls(certificate)))
        for server, its_sockets, tls in servers:
            self._cluster_sockets += [(server, state, name, sock, tls) for name, sock in its_sockets.items()]
        return state

    def url(self, service: str) -> str:
        """Return the URL of a service, or of ``metadata``, ``control`` or ``proxy``. The URL of ``containers`` does not include ``/global``."""
        return _url("https" if service in _SERVICES else "http", self._sockets[service])

    @property
    def containers_url(self) -> str:
        """The base URL that clients use for the containers service. The URL ends in ``/global`` if the world's generation uses this path."""
        return self.url("containers") + self.cloud.generation.containers_base

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that clients need."""
        env = {
            "IBMCLOUD_IAM_API_ENDPOINT": self.url("iam"),
            "IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT": self.url("accounts"),
            "IBMCLOUD_CS_API_ENDPOINT": self.containers_url,
            "REQUESTS_CA_BUNDLE": str(self.ca_path),
        }
        generation = self.cloud.generation
        if generation is not GENERATIONS["current"]:
            env["IBMCLOUD_API_GENERATION"] = generation.name
        if generation.has_cloud_foundry:
            env["IBMCLOUD_MCCP_API_ENDPOINT"] = self.url("cloud_foundry")
        if generation.v1_bases and not generation.requires_region_header:
            env["IC_REGION"] = HOME_REGION
        if self.world.first_api_key is not None:
            env["IC_API_KEY"] = self.world.first_api_key
        if self.world.has_vpc_instance:
            env["IBMCLOUD_CR_VPC_URL"] = self.url("metadata")
        env["IBMCLOUD_SIMULATOR_CONTROL"] = self.url("control")
        env["IBMCLOUD_SIMULATOR_DIR"] = str(self.directory)
        return env

    async def open(self) -> None:
        for name, service in zip(_SERVICES, (iam, accounts, containers, cloud_foundry), strict=True):
            await self._serve(name, service(self.cloud, self.log), self._sockets[name], self._service_tls)
        for server, state, endpoint, sock, tls in self._cluster_sockets:
            await self._serve(state.cluster.name, server(self.cloud, self.log, state, endpoint), sock, tls)
        if self.world.has_vpc_instance:
            await self._serve("metadata", metadata(self.cloud, self.log), self._sockets["metadata"], None)
        control_app = control(self.cloud, self.log, self.env, self.url("proxy"))
        await self._serve("control", control_app, self._sockets["control"], None)
        self._servers.append(await asyncio.start_server(self._proxy.serve, sock=self._sockets["proxy"]))

    def _proxy_to_all(self) -> Proxy:
        hosts = {host: _address(self.url(service)) for host, service in SERVICE_OF_HOST.items()}
        states = self.cloud.clusters
        urls = [url for state in states for url in (*state.urls.values(), *state.oauth_urls.values())]
        return Proxy(hosts, [_address(url) for url in urls])

    async def _serve(self, name: str, app: web.Application, sock: socket.socket, tls: ssl.SSLContext | None) -> None:
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await runner.setup()
        self._runners.append(runner)
        assert runner.server is not None  # set by setup()
        # aiohttp's TCPSite is not used, because it does not provide a hook for counting connections.
        server = self.log.connections.counted(name, runner.server)
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(server, sock=sock, ssl=tls, backlog=_BACKLOG))

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        await self._proxy.close()
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
        await self.log.connections.abort()
        self.release()

    def release(self) -> None:
        """Close the sockets and remove the CA file, even if :meth:`open` was not called."""
        for sock in (*self._sockets.values(), *(sock for _server, _state, _name, sock, _tls in self._cluster_sockets)):
            sock.close()
        self.ca_path.unlink(missing_ok=True)


def _bound() -> socket.socket:
    """Return a socket that is bound to a free port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.bind((HOST, 0))
    return sock


def _url(scheme: str, sock: socket.socket) -> str:
    return f"{scheme}://{HOST}:{sock.getsockname()[1]}"


def _address(url: str) -> Address:
    parts = urllib.parse.urlsplit(url)
    return str(parts.hostname), parts.port or 443


def _certificate(ca: trustme.CA, *names: str) -> trustme.LeafCert:
    return ca.issue_cert(HOST, "localhost", *names)


def _tls(certificate: trustme.LeafCert, *, clients: trustme.CA | None = None) -> ssl.SSLContext:
    """Return a server's TLS context. If ``clients`` (a CA) is given, the server requests a client certificate that this CA has signed.

    Python rejects a certificate from another CA during the handshake, but a real API server would respond with 401.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if clients:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context
