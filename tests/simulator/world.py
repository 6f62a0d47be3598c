# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of a simulated cloud as plain values, read from a YAML file.

A world contains only data. ``cloud.py`` contains the state of a running simulator (tokens, RBAC synchronization, namespaces).
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

# The states of clusters without a reachable master [inferred]. A cluster in the state "pending" has a master, but its worker nodes are not ready.
STATES_WITHOUT_MASTER = ("requested", "deploying", "deploy_failed", "aborted", "deleted")
# The states that a cluster can have before it becomes ready.
STARTUP_STATES = ("requested", "deploying", "pending")
STATES = (
    *STATES_WITHOUT_MASTER,
    *("critical", "delete_failed", "deleting", "normal", "pending", "updating", "unsupported", "warning"),
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The behavior of the services. Lifetimes are in seconds.

    - ``api_generation``: The generation of the services (see ``generations.py``).
    - ``accounts_resources_object``: Whether the accounts service of the API generations 2017 and 2020 returns an object
      instead of a list if a page contains only one account.
    - ``openshift_token_cache_seconds``: How long a cluster continues to accept a token after the logout.
    - ``cr_token_seconds``: The lifetime of a pod's token. IBM's maximum is one hour.
    - ``profile_id_tokens``: Whether a trusted profile's kubeconfig contains an ID token. IBM does not document the content of
      this kubeconfig [inferred: profile-id-token].
    - ``latency``, ``rate_limit`` and ``faults``: The latency applies to all services and clusters. The rate limit applies to the
      containers service. The faults apply to all services and clusters except OAuth servers.
    - ``broken_claims``: The IDs of inferred claims that are wrong in this world (see ``broken_claims.py``).

    The defaults are IBM's default IAM account settings, according to the documentation of IBM-Cloud/ibm-cloud-sdk-ruby. The ID token's lifetime
    of 20 minutes is from an example in the October 2025 version of IBM's page "Setting up the API".
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
    """An account. ``entity`` contains additional fields for the ``entity`` object in the account's record."""

    id: str
    name: str
    state: str
    created_at: str
    updated_at: str
    anonymous_id: str
    entity: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class ApiKey:
    """An API key and the ID of its account."""

    key: str
    account: str


@dataclasses.dataclass(frozen=True)
class ServiceAccount:
    """A Kubernetes service account whose pods have tokens for IAM. ``cluster`` is the ID of the service account's cluster."""

    cluster: str
    namespace: str
    name: str


@dataclasses.dataclass(frozen=True)
class Trust:
    """The identities and compute resources that can use a trusted profile.

    ``identities`` contains the IAM IDs of users and service IDs. A world has at most one VPC instance. If ``vpc_instance`` is ``linked``, the
    instance can request the profile. If ``vpc_instance`` is ``default``, the instance receives this profile even if it does not request a
    specific profile.
    """

    identities: tuple[str, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    vpc_instance: Linked = "no"


@dataclasses.dataclass(frozen=True)
class Identity:
    """A user, service ID or trusted profile with its accounts and secrets.

    A trusted profile has exactly one account, and has ``trust`` instead of secrets.
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
        """The ``sub`` claim in the identity's tokens: a user's email address, or the second part of the IAM ID of a service ID or profile."""
        return self.email if self.kind == "user" else self.iam_id.partition("-")[2]

    @property
    def realmed_subject(self) -> str:
        """The identity's name in a cluster, in lowercase. The name includes the realm unless the realm is IBMid [inferred: service-user-name]."""
        return (self.email if self.kind == "user" else self.iam_id).lower()


@dataclasses.dataclass(frozen=True)
class ResourceGroup:
    """A resource group in one account."""

    id: str
    name: str
    account: str


@dataclasses.dataclass(frozen=True)
class Rbac:
    """The outcome and the duration of applyRBAC for a cluster, and the identities that are synchronized from the start."""

    seconds: float = 1.0
    outcome: Outcome = "ok"
    synchronized_for: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Startup:
    """The phases of a cluster that has just been created. All times are in seconds.

    For the first ``seconds`` seconds after the start of the world, the cluster's state is ``state`` and its ``masterURL`` is null. After this
    time, RBAC requests fail with HTTP 503 for ``unavailable_seconds``, and then with HTTP 404 for ``not_found_seconds``. Clients of the real service have
    received both statuses [inferred: rbac-new-cluster]. IBM does not document the order of the statuses or the error codes [inferred].
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
    """One cluster. ``endpoints`` contains the names of the enabled endpoints (``public``, ``private`` and ``vpe``).

    The endpoints of an OpenShift cluster have publicly trusted certificates [inferred: openshift-certificate]. In the simulator, the services'
    CA signs these certificates. If ``own_ca`` is true, the cluster's own CA signs the certificates, as for all Kubernetes clusters.
    ``oauth_unsynchronized`` selects how an OpenShift login fails before the RBAC synchronization.
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
        """The minor version of Kubernetes. OpenShift 4.N contains Kubernetes 1.(N+13)."""
        major, minor = self.version.split(".")[:2]
        return int(minor) + 13 if major == "4" else int(minor)


@dataclasses.dataclass(frozen=True)
class Space:
    """A space in a Cloud Foundry organization. ``entity`` contains additional fields for the space's record."""

    guid: str
    name: str
    created_at: str
    updated_at: str | None
    entity: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Organization:
    """An organization in one Cloud Foundry region (``ng``, ``eu-de``, ...). ``members`` contains the IAM IDs of users."""

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
    """All objects that exist when the simulator starts."""

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
        """Whether the world has a virtual server instance with a metadata service."""
        return any(identity.trust is not None and identity.trust.vpc_instance != "no" for identity in self.identities)
