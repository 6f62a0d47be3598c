# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of a simulated cloud: plain values, read from a YAML file.

A world is data only. Its state at run time (tokens, RBAC synchronization, namespaces) is in ``cloud.py``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .fault_settings import Faults, Latency, RateLimit

if t.TYPE_CHECKING:
    from .generations import ApiGeneration

DEFAULT_WORLD = "docs"

DelegatedReply = t.Literal["delegated_refresh_token", "refresh_token", "both"]
IdentityKind = t.Literal["user", "service_id", "profile"]
Provider = t.Literal["classic", "vpc-gen2", "satellite", "vpc-classic"]
Layout = t.Literal["nested", "top_level", "both"]
Outcome = t.Literal["ok", "error", "never"]
OAuthUnsynchronized = t.Literal["server_error", "redirect"]
Linked = t.Literal["no", "linked", "default"]

# States without a reachable master [inferred]. A "pending" cluster has a master and is waiting for its workers.
STATES_WITHOUT_MASTER = ("requested", "deploying", "deploy_failed", "aborted", "deleted")
# The states that a cluster can have before it becomes ready.
STARTUP_STATES = ("requested", "deploying", "pending")
STATES = (
    *STATES_WITHOUT_MASTER,
    *("critical", "delete_failed", "deleting", "normal", "pending", "updating", "unsupported", "warning"),
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The behavior of the services. Lifetimes are seconds.

    - ``api_generation``: the generation of the services, see ``generations.py``.
    - ``accounts_resources_object``: the accounts service of 2017 and 2020 returns a page with one account as an object.
    - ``openshift_token_cache_seconds``: how long a cluster accepts a token after its logout.
    - ``cr_token_seconds``: the lifetime of a pod's token; IBM's maximum is one hour.
    - ``profile_id_tokens``: whether the kubeconfig of a trusted profile has an ID token, which is not documented
      [inferred: profile-id-token].
    - ``latency`` applies to all services and clusters, ``rate_limit`` to the containers service, ``faults`` to all but
      OAuth servers.
    - ``broken_claims``: IDs of inferred claims that are wrong in this world, see ``broken_claims.py``.

    The defaults are IBM's (IAM account settings in the documentation of IBM-Cloud/ibm-cloud-sdk-ruby). The 20 minutes of
    the ID token are the example in IBM's page "Setting up the API" of October 2025.
    """

    api_generation: ApiGeneration = "current"
    access_token_seconds: int = 3600
    id_token_seconds: int = 1200
    refresh_token_seconds: int = 259200
    delegated_reply: DelegatedReply = "delegated_refresh_token"
    combined_delegation: bool = True
    accounts_page_size: int = 100
    accounts_resources_object: bool = False
    organizations_page_size: int = 50
    ca_cert_denied: bool = False
    list_has_master_url: bool = True
    openshift_token_seconds: int = 86400
    openshift_token_cache_seconds: int = 120
    cr_token_seconds: int = 3600
    profile_id_tokens: bool = True
    latency: Latency = Latency()
    rate_limit: RateLimit | None = None
    faults: Faults = Faults()
    broken_claims: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Account:
    """An account. ``entity`` has extra fields for the ``entity`` part of its record."""

    id: str
    name: str
    state: str
    created_at: str
    updated_at: str
    anonymous_id: str
    entity: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class ApiKey:
    """An API key and its account."""

    key: str
    account: str


@dataclasses.dataclass(frozen=True)
class ServiceAccount:
    """A service account of a cluster, whose pods have tokens for IAM. ``cluster`` is an ID."""

    cluster: str
    namespace: str
    name: str


@dataclasses.dataclass(frozen=True)
class Trust:
    """The identities that can use a trusted profile.

    ``identities`` are IAM IDs of users and service IDs. There is at most one VPC instance: with ``linked`` it can request
    the profile, with ``default`` it gets the profile if it requests none.
    """

    identities: tuple[str, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    vpc_instance: Linked = "no"


@dataclasses.dataclass(frozen=True)
class Identity:
    """A user, service ID or trusted profile with its accounts and secrets.

    A profile has one account and a ``trust`` instead of secrets.
    """

    iam_id: str
    kind: IdentityKind
    name: str
    email: str
    password: str | None
    federated: bool
    accounts: tuple[str, ...]
    api_keys: tuple[ApiKey, ...]
    passcodes: tuple[str, ...]
    ims_user_id: int
    denied_clusters: tuple[str, ...]
    trust: Trust | None = None

    @property
    def subject(self) -> str:
        """The ``sub`` of its tokens: the email address of a user, else the second half of the IAM ID."""
        return self.email if self.kind == "user" else self.iam_id.partition("-")[2]

    @property
    def realmed_subject(self) -> str:
        """Its name in a cluster, in lower case, and with its realm if that is not IBMid [inferred: service-user-name]."""
        return (self.email if self.kind == "user" else self.iam_id).lower()


@dataclasses.dataclass(frozen=True)
class ResourceGroup:
    """A resource group of one account."""

    id: str
    name: str
    account: str


@dataclasses.dataclass(frozen=True)
class Rbac:
    """The outcome of applyRBAC for a cluster, and the identities that are synchronized from the start."""

    seconds: float = 1.0
    outcome: Outcome = "ok"
    synchronized_for: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Startup:
    """The phases of a cluster that was just created; all times are seconds.

    Until ``seconds`` after the start of the world the cluster has ``state`` and its ``masterURL`` is null. Then calls
    about RBAC fail with 503 for ``unavailable_seconds`` and with 404 for ``not_found_seconds``. Both statuses were
    observed by clients of the service [inferred: rbac-new-cluster]; their order and the codes are [inferred].
    """

    seconds: float = 0.0
    state: str = "deploying"
    unavailable_seconds: float = 0.0
    not_found_seconds: float = 0.0

    @property
    def total(self) -> float:
        return self.seconds + self.unavailable_seconds + self.not_found_seconds


@dataclasses.dataclass(frozen=True)
class Cluster:
    """One cluster. ``endpoints`` contains ``public``, ``private`` and ``vpe``.

    The endpoints of an OpenShift cluster have publicly trusted certificates [inferred: openshift-certificate]. In the
    simulator, the CA of the services signs them. With ``own_ca`` the CA of the cluster signs them, as for all Kubernetes
    clusters. ``oauth_unsynchronized`` selects how an OpenShift login fails before RBAC is synchronized.
    """

    id: str
    name: str
    account: str
    provider: Provider
    type: t.Literal["kubernetes", "openshift"]
    region: str
    location: str
    datacenter: str
    resource_group: ResourceGroup
    state: str
    version: str
    endpoints: frozenset[str]
    version_answer: t.Mapping[str, t.Any]
    rbac: Rbac
    record: t.Mapping[str, t.Any]
    layout: Layout
    own_ca: bool
    oauth_unsynchronized: OAuthUnsynchronized
    startup: Startup = Startup()

    @property
    def has_master(self) -> bool:
        return self.state not in STATES_WITHOUT_MASTER and bool(self.endpoints)

    @property
    def kubernetes_minor(self) -> int:
        """The minor version of Kubernetes: OpenShift 4.N contains Kubernetes 1.(N+13)."""
        major, minor = self.version.split(".")[:2]
        return int(minor) + 13 if major == "4" else int(minor)


@dataclasses.dataclass(frozen=True)
class Space:
    """A space of a Cloud Foundry organization. ``entity`` has extra fields."""

    guid: str
    name: str
    created_at: str
    updated_at: str | None
    entity: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Organization:
    """An organization of one Cloud Foundry (``ng``, ``eu-de``, ...). ``members`` are IAM IDs of users."""

    guid: str
    name: str
    cf: str
    created_at: str
    updated_at: str | None
    entity: t.Mapping[str, t.Any]
    members: tuple[str, ...]
    spaces: tuple[Space, ...]


@dataclasses.dataclass(frozen=True)
class World:
    """Everything that exists when the simulator starts."""

    name: str
    description: str
    settings: Settings
    accounts: tuple[Account, ...]
    identities: tuple[Identity, ...]
    resource_groups: tuple[ResourceGroup, ...]
    clusters: tuple[Cluster, ...]
    organizations: tuple[Organization, ...] = ()

    @property
    def first_api_key(self) -> str | None:
        keys = (key.key for identity in self.identities for key in identity.api_keys)
        return next(keys, None)

    @property
    def has_vpc_instance(self) -> bool:
        """Whether there is a virtual server instance with a metadata service."""
        return any(identity.trust is not None and identity.trust.vpc_instance != "no" for identity in self.identities)
