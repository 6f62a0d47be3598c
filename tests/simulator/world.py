# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exists in a simulated cloud: plain values, read from a YAML file.

A world is data only. What happens to it at run time (tokens, RBAC synchronisation, namespaces) is in ``cloud.py``.
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

# States in which no master answers yet, or never will [inferred]; "pending" has a master and waits for its workers.
STATES_WITHOUT_MASTER = ("requested", "deploying", "deploy_failed", "aborted", "deleted")
# The states that a cluster can have before it becomes ready.
STARTUP_STATES = ("requested", "deploying", "pending")
STATES = (
    *STATES_WITHOUT_MASTER,
    *("critical", "delete_failed", "deleting", "normal", "pending", "updating", "unsupported", "warning"),
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """How the services behave. Lifetimes are seconds.

    ``api_generation`` is the time whose services these are (``generations.py``). ``accounts_resources_object`` is for
    the accounts service of 2017 and 2020, whose pages print an object where there is one account on a page of answers.
    ``openshift_token_cache_seconds`` is how long a cluster takes a token after its logout. All services and clusters
    pause for ``latency``, the containers service has a ``rate_limit``, and ``faults`` are for all but OAuth servers.
    ``cr_token_seconds`` is how long a pod's token lasts, one hour at most with IBM. ``profile_id_tokens`` says whether
    the kubeconfig that a trusted profile gets holds an ID token, which nobody has written down [inferred].

    The defaults are IBM's own (IAM account settings of the IBM-Cloud/ibm-cloud-sdk-ruby documentation). The ID token's
    20 minutes are the example in IBM's page "Setting up the API" of October 2025.
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


@dataclasses.dataclass(frozen=True)
class Account:
    """A billing account. ``entity`` holds extra fields for the ``entity`` part of its record."""

    id: str
    name: str
    state: str
    created_at: str
    updated_at: str
    anonymous_id: str
    entity: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class ApiKey:
    """An API key and the only account that it opens."""

    key: str
    account: str


@dataclasses.dataclass(frozen=True)
class ServiceAccount:
    """A service account of a cluster, whose pods have tokens for IAM; ``cluster`` is an ID."""

    cluster: str
    namespace: str
    name: str


@dataclasses.dataclass(frozen=True)
class Trust:
    """Who may act as a trusted profile.

    ``identities`` are IAM IDs, of users and service IDs. There is one VPC instance at most: ``linked`` lets it ask for
    the profile, ``default`` gives it this profile when it asks for none.
    """

    identities: tuple[str, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    vpc_instance: Linked = "no"


@dataclasses.dataclass(frozen=True)
class Identity:
    """A user, service ID or trusted profile, the accounts it belongs to and its secrets.

    A profile has one account and, in place of secrets, a ``trust``.
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
        """The ``sub`` of its tokens: the e-mail address of a user, else the second half of the IAM ID."""
        return self.email if self.kind == "user" else self.iam_id.partition("-")[2]

    @property
    def realmed_subject(self) -> str:
        """The claim that names it in a cluster, lower case; with its realm when that is not IBMid [inferred]."""
        return (self.email if self.kind == "user" else self.iam_id).lower()


@dataclasses.dataclass(frozen=True)
class ResourceGroup:
    """A resource group of one account."""

    id: str
    name: str
    account: str


@dataclasses.dataclass(frozen=True)
class Rbac:
    """How applyRBAC ends for a cluster, and for whom it ended well before the world began."""

    seconds: float = 1.0
    outcome: Outcome = "ok"
    synchronized_for: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Startup:
    """The phases of a cluster that was just created; all times are seconds.

    Until ``seconds`` after the start of the world the cluster has ``state`` and its ``masterURL`` is null. Then calls
    about RBAC fail with 503 for ``unavailable_seconds`` and with 404 for ``not_found_seconds``. Both statuses were
    observed by clients of the service; their order and the codes are [inferred].
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
    """One cluster as its owner would describe it. ``endpoints`` holds ``public``, ``private`` and ``vpe``.

    The endpoints of an OpenShift cluster have a publicly trusted certificate, which here is one of the services' CA.
    With ``own_ca`` it is one of the cluster's own CA, as it always is for Kubernetes clusters. ``oauth_unsynchronized`` is
    how an OpenShift login fails before RBAC is synchronised.
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
        """The minor version of its Kubernetes: OpenShift 4.N carries Kubernetes 1.(N+13)."""
        major, minor = self.version.split(".")[:2]
        return int(minor) + 13 if major == "4" else int(minor)


@dataclasses.dataclass(frozen=True)
class Space:
    """A space of a Cloud Foundry organisation. ``entity`` holds extra fields, in an organisation too."""

    guid: str
    name: str
    created_at: str
    updated_at: str | None
    entity: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Organization:
    """An organisation of one Cloud Foundry (``ng``, ``eu-de``, ...). ``members`` are IAM IDs of users."""

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
        """Whether there is a virtual server instance, with a metadata service of its own."""
        return any(identity.trust is not None and identity.trust.vpc_instance != "no" for identity in self.identities)
