# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Build the clients for all services from a module's options. This file must not import Ansible, because the kubectl plugin runs without Ansible."""

from __future__ import annotations

import contextlib
import functools
import typing as t
from dataclasses import dataclass, field

from ._core.clock import Clock
from ._core.errors import InputError
from ._core.worker_pool import WorkerPool
from ._http.auth import BearerAuth
from ._http.client import HttpClient
from ._http.deadline import LONGEST_RUN
from ._http.rate_limiter import RateLimiter
from ._http.retry import RetryPolicy
from ._iam.client import Iam
from ._iam.clock_skew import LocalClock
from ._iam.credentials import Credentials
from ._iam.id_token_provider import IdTokenProvider
from ._iam.token_manager import TokenManager
from ._iam.vpc_metadata import VpcMetadata, check_no_proxy
from ._services.accounts import Accounts
from ._services.allowed_hosts import AllowedHosts, check_cluster_url
from ._services.api_generations import CURRENT, GENERATIONS, ApiGeneration
from ._services.cloud_foundry import CloudFoundry
from ._services.containers import Containers
from ._services.endpoints import Endpoints, cf_endpoint, check_proxy, metadata_endpoint, service_endpoints
from ._services.kubernetes import Kubernetes
from ._services.openshift_oauth import OAuthServer

if t.TYPE_CHECKING:
    from ._core.options import ApiServerOptions, CommonOptions
    from ._core.strict_json import JSON

# The total time limit in seconds for all requests of a client from short_client().
_SHORT_BUDGET = 5.0


@dataclass(frozen=True)
class ClusterEndpoint:
    """The URL and the CA certificate of a cluster's API server.

    The URL has been checked against ``allowed_hosts``, because tokens are sent to this URL. If ``ca`` (PEM) is given, no other CA is trusted.
    """

    master_url: str
    ca: str | None
    allowed: AllowedHosts
    endpoints: tuple[str, ...] = ()  # the cluster's other URLs according to the containers API

    @classmethod
    def from_options(cls, options: ApiServerOptions) -> ClusterEndpoint:
        """Return the endpoint that the options specify.

        :raises InputError: if ``master_url`` is missing, or if tokens must not be sent to this URL.
        """
        return cls.of(options.master_url, options.ca_cert_data or None, options.allowed_hosts)

    @classmethod
    def of(cls, master_url: object, ca: str | None, allowed: AllowedHosts, endpoints: object = None) -> ClusterEndpoint:
        """Return the endpoint with this URL and CA certificate. ``endpoints`` is the value of the cluster fact ``endpoints``.

        :raises InputError: if ``master_url`` is empty, or if tokens must not be sent to this URL.
        """
        if not isinstance(master_url, str) or not master_url:
            raise InputError(
                "master_url is empty", hint="Use the master_url that ibmcloud.kubernetes.cluster_info returns."
            )
        others = endpoints.values() if isinstance(endpoints, dict) else ()
        urls = tuple(url for url in others if isinstance(url, str) and url)
        return cls(check_cluster_url(master_url, allowed), ca, allowed, urls)


@dataclass(frozen=True)
class Connection:
    """The settings that the options specify for connections to the services."""

    options: CommonOptions
    generation: ApiGeneration
    endpoints: Endpoints
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def from_options(cls, options: CommonOptions) -> Connection:
        """Return the connection settings that the options specify.

        :raises InputError: if an endpoint or the proxy cannot be used.
        """
        generation = GENERATIONS[options.api_generation]
        given = Endpoints(options.iam_endpoint, options.accounts_endpoint, options.containers_endpoint)
        endpoints = service_endpoints(
            visibility=options.visibility, region=options.region, given=given, generation=generation
        )
        if options.proxy:
            check_proxy(options.proxy)
        return cls(options, generation, endpoints)

    @property
    def verify(self) -> bool | str:
        """The CAs that verify the services' certificates: the path of a CA file, True for the default CAs, or False for no verification."""
        return (self.options.ca_cert or True) if self.options.validate_certs else False

    @property
    def longest_run(self) -> float:
        """The total time limit in seconds for all requests of the module."""
        return LONGEST_RUN + self.options.wait_timeout

    def client(self) -> HttpClient:
        """Return the client for IBM's services and for clusters."""
        options = self.options
        return HttpClient(
            verify=self.verify,
            cluster_verify=options.ca_cert or True,
            timeout=options.timeout,
            policy=RetryPolicy(attempts=options.retries + 1, budget=options.retry_budget),
            clock=self.clock,
            concurrency=options.concurrency,
            proxy=options.proxy,
            rate_limiter=RateLimiter(self.endpoints.containers, options.rate_limit, self.clock),
            longest_run=self.longest_run,
        )

    def short_client(self) -> HttpClient:
        """Return a client for optional requests. Requests are not retried, and all requests together may take at most five seconds."""
        policy = RetryPolicy(attempts=1, budget=_SHORT_BUDGET)
        return HttpClient(
            verify=self.verify,
            timeout=min(self.options.timeout, _SHORT_BUDGET),
            policy=policy,
            clock=self.clock,
            proxy=self.options.proxy,
            longest_run=_SHORT_BUDGET,
        )

    def metadata_client(self) -> HttpClient:
        """Return a client for the metadata service. The timeout is short, because the service responds only to VPC instances."""
        options = self.options
        policy = RetryPolicy(attempts=min(options.retries, 2) + 1, budget=min(options.retry_budget, 20.0))
        return HttpClient(
            verify=self.verify,
            timeout=min(options.timeout, 5.0),
            policy=policy,
            clock=self.clock,
            longest_run=self.longest_run,
        )

    def metadata_url(self) -> str:
        """Return the URL of the metadata service.

        :raises InputError: if the environment sets a proxy for this URL.
        """
        base = metadata_endpoint(self.options.metadata_endpoint)
        check_no_proxy(base)
        return base


@dataclass(frozen=True)
class Cloud:
    """The clients for all services, for one identity in one account. A client sends a request only when the response is needed."""

    http: HttpClient
    login: TokenManager
    containers: Containers
    concurrency: int = 1
    clock: Clock = field(default_factory=Clock)
    others: tuple[HttpClient, ...] = ()  # other HTTP clients to close
    register_secret: t.Callable[..., None] = lambda *_secrets: None  # called with each token
    generation: ApiGeneration = CURRENT
    short_http: t.Callable[[], HttpClient] = HttpClient  # returns a client for optional requests
    endpoints: Endpoints = Endpoints()
    id_tokens: IdTokenProvider = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id_tokens", IdTokenProvider(self.login))

    @classmethod
    def from_options(
        cls,
        options: CommonOptions,
        register_secret: t.Callable[..., None],
        warn: t.Callable[[str], None] = lambda _text: None,
    ) -> Cloud:
        """Build the clients from the resolved options. ``register_secret`` is called with each token."""
        connection = Connection.from_options(options)
        generation, endpoints, clock = connection.generation, connection.endpoints, connection.clock
        http = connection.client()
        credentials = Credentials.from_options(options)
        if credentials.is_profile and not generation.has_profiles:
            raise InputError(
                f"api_generation {generation.name} does not support trusted profiles",
                hint="Log in with an API key. Omit the profile options, and unset IC_IAM_PROFILE_ID and IC_IAM_PROFILE_NAME.",
            )
        near = connection.metadata_client() if credentials.vpc_instance else None
        read_date = functools.partial(_read_date, connection.short_client, endpoints.iam)
        login = TokenManager(
            http,
            Iam(http, endpoints.iam, generation=generation),
            endpoints.accounts,
            credentials,
            account_id=options.account_id,
            account=options.account,
            min_validity=options.min_validity,
            register_secret=register_secret,
            clock=LocalClock(read_date=read_date, warn=warn),
            metadata=VpcMetadata(near, connection.metadata_url(), register_secret=register_secret) if near else None,
        )
        containers = Containers(
            http,
            endpoints.containers,
            login.auth,
            generation=generation,
            region=options.region,
            register_secret=register_secret,
        )
        others = (near,) if near else ()
        own = (clock, others, register_secret, generation, connection.short_client, endpoints)
        return cls(http, login, containers, options.concurrency, *own)

    def pool(self, watch: t.Callable[[], None] | None = None) -> WorkerPool:
        """Return a worker pool for many clusters, with the concurrency from the options."""
        return WorkerPool(self.concurrency, self.clock, watch)

    def cloud_foundry(self, *, endpoint: str, region: str, token: str) -> CloudFoundry:
        """Return a Cloud Foundry client. If ``token`` is empty, the client uses the UAA token from a login."""
        base = cf_endpoint(region=region, given=endpoint, generation=self.generation)
        missing = InputError(
            "Cloud Foundry requires a UAA token, but none is available",
            hint="Set uaa_token to the value that ibmcloud.kubernetes.iam_token returns, or log in as a user, not as a service ID.",
        )
        return CloudFoundry(self.http, base, BearerAuth(lambda: token or self.login.token_with("uaa", missing).uaa))

    def kubernetes(self, cluster: ClusterEndpoint, token: str, *, identity: str = "") -> Kubernetes:
        """Return a client that authenticates to a cluster's API server with this token.

        ``identity`` is an IAM token and defaults to ``token``. The cluster must authenticate the client as the owner of this IAM token.
        """
        auth = BearerAuth(lambda: token)
        return Kubernetes(self.http, cluster.master_url, auth, ca=cluster.ca, identity=identity or token)

    def openshift(self, cluster: ClusterEndpoint) -> OAuthServer:
        """Return a client for a cluster's OAuth server."""
        return OAuthServer(
            self.http,
            cluster.master_url,
            ca=cluster.ca,
            allowed=cluster.allowed,
            endpoints=cluster.endpoints,
            register_secret=self.register_secret,
        )

    def list_accounts_once(self) -> list[dict[str, JSON]]:
        """Return the accounts that are visible to the identity. Requests are not retried, and reading all pages may take at most five seconds.

        :raises CallError: if the request fails.
        """
        with contextlib.closing(self.short_http()) as client:
            return Accounts(client, self.endpoints.accounts, self.login.auth, generation=self.generation).list_all()

    def close(self) -> None:
        for http in (self.http, *self.others):
            http.close()


def _read_date(client: t.Callable[[], HttpClient], base: str) -> str:
    with contextlib.closing(client()) as http:
        return Iam(http, base).service_date()
