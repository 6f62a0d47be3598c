# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Everything that a module talks to, put together from its options. No Ansible in it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ._core.clock import Clock
from ._core.errors import InputError
from ._core.worker_pool import WorkerPool
from ._http.auth import BearerAuth
from ._http.client import HttpClient
from ._http.rate_limiter import RateLimiter
from ._http.retry import RetryPolicy
from ._iam.client import Iam
from ._iam.credentials import Credentials
from ._iam.messages import no_profiles
from ._iam.token_manager import MIN_VALIDITY, TokenManager
from ._iam.vpc_metadata import VpcMetadata, check_no_proxy
from ._services.api_generations import CURRENT, GENERATIONS, ApiGeneration
from ._services.cloud_foundry import CloudFoundry
from ._services.containers import Containers
from ._services.endpoints import (
    AllowedHosts,
    cf_endpoint,
    check_cluster_url,
    check_proxy,
    metadata_endpoint,
    service_endpoints,
)
from ._services.kubernetes import Kubernetes
from ._services.openshift_oauth import OAuthServer


@dataclass(frozen=True)
class ClusterEndpoint:
    """Where a cluster's API is and what vouches for it; checked, so that a token may be sent there.

    ``ca`` (PEM) alone is trusted where it is given.
    """

    master_url: str
    ca: str | None
    allowed: AllowedHosts
    endpoints: tuple[str, ...] = ()  # the cluster's other URLs according to the containers API

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> ClusterEndpoint:
        """Check and return it.

        :raises InputError: when ``master_url`` is missing or no address that a token may be sent to.
        """
        return cls.of(options["master_url"], options["ca_cert_data"], options["allowed_hosts"])

    @classmethod
    def of(cls, master_url: object, ca: str | None, allowed: AllowedHosts, endpoints: object = None) -> ClusterEndpoint:
        """Check and return it. ``endpoints`` are those of a cluster's facts.

        :raises InputError: as above.
        """
        if not isinstance(master_url, str) or not master_url:
            raise InputError("master_url is empty", hint="Take it from ibmcloud.kubernetes.cluster_info.")
        others = endpoints.values() if isinstance(endpoints, dict) else ()
        urls = tuple(url for url in others if isinstance(url, str) and url)
        return cls(check_cluster_url(master_url, allowed), ca, allowed, urls)


@dataclass(frozen=True)
class Cloud:
    """The services, as one identity in one account sees them. Nothing is sent before it is needed."""

    http: HttpClient
    login: TokenManager
    containers: Containers
    concurrency: int = 1
    clock: Clock = field(default_factory=Clock)
    others: tuple[HttpClient, ...] = ()  # clients of services that are not called as the rest is
    register_secret: t.Callable[..., None] = lambda *_secrets: None  # is told each secret that is obtained
    generation: ApiGeneration = CURRENT

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any], register_secret: t.Callable[..., None]) -> Cloud:
        """Build it from the resolved options (see argument_specs.py). ``learn`` is told each secret that is obtained."""
        generation = GENERATIONS[options["api_generation"]]
        region = options.get("region") or ""
        endpoints = service_endpoints(
            visibility=options["visibility"], region=region, given=options, generation=generation
        )
        clock = Clock()
        concurrency = options.get("concurrency") or 1
        verify = (options["ca_cert"] or True) if options["validate_certs"] else False
        http = HttpClient(
            verify=verify,
            cluster_verify=options["ca_cert"] or True,
            timeout=options["timeout"],
            policy=RetryPolicy(attempts=options["retries"] + 1, budget=options["retry_budget"]),
            clock=clock,
            concurrency=concurrency,
            proxy=check_proxy(options["proxy"]) if options.get("proxy") else "",
            pace=RateLimiter(endpoints.containers, options["pace"], clock) if options["pace"] else None,
        )
        credentials = Credentials.from_options(options)
        if credentials.is_profile and not generation.has_profiles:
            raise no_profiles(generation.name)
        near = _metadata_http(options, verify, clock) if credentials.vpc_instance else None
        login = TokenManager(
            http,
            Iam(http, endpoints.iam, generation=generation),
            endpoints.accounts,
            credentials,
            account_id=options.get("account_id") or "",
            account=options.get("account") or "",
            min_validity=options.get("min_validity") or MIN_VALIDITY,
            register_secret=register_secret,
            metadata=VpcMetadata(near, _metadata_base(options), register_secret=register_secret) if near else None,
        )
        containers = Containers(
            http,
            endpoints.containers,
            login.auth,
            generation=generation,
            region=region,
            register_secret=register_secret,
        )
        return cls(http, login, containers, concurrency, clock, (near,) if near else (), register_secret, generation)

    def pool(self, watch: t.Callable[[], None] | None = None) -> WorkerPool:
        """Return what does the same work for many clusters, with the concurrency that the options allow."""
        return WorkerPool(self.concurrency, self.clock, watch)

    def cloud_foundry(self, options: t.Mapping[str, t.Any]) -> CloudFoundry:
        """Return Cloud Foundry, called with the UAA token that is given, or else with that of a login."""
        given = options["uaa_token"]
        base = cf_endpoint(region=options["region"], given=options["cf_endpoint"], generation=self.generation)
        return CloudFoundry(self.http, base, BearerAuth(lambda: given or self.login.uaa_token()))

    def kubernetes(self, cluster: ClusterEndpoint, token: str, *, identity: str = "") -> Kubernetes:
        """Return the API of one cluster, called with this token.

        ``identity`` is a token of IAM whose owner the cluster must identify. By default it is ``token``.
        """
        auth = BearerAuth(lambda: token)
        return Kubernetes(self.http, cluster.master_url, auth, ca=cluster.ca, identity=identity or token)

    def openshift(self, cluster: ClusterEndpoint) -> OAuthServer:
        """Return the OAuth server of one cluster."""
        return OAuthServer(
            self.http,
            cluster.master_url,
            ca=cluster.ca,
            allowed=cluster.allowed,
            endpoints=cluster.endpoints,
            register_secret=self.register_secret,
        )

    def close(self) -> None:
        for http in (self.http, *self.others):
            http.close()


def _metadata_base(options: t.Mapping[str, t.Any]) -> str:
    """Return where the metadata service of this machine is called, with nobody in between."""
    base = metadata_endpoint(options.get("metadata_endpoint"))
    check_no_proxy(base)
    return base


def _metadata_http(options: t.Mapping[str, t.Any], verify: bool | str, clock: Clock) -> HttpClient:
    """Return a client for a service on this very machine: where there is none, that is to be known soon."""
    policy = RetryPolicy(attempts=min(options["retries"], 2) + 1, budget=min(options["retry_budget"], 20.0))
    return HttpClient(verify=verify, timeout=min(options["timeout"], 5.0), policy=policy, clock=clock)
