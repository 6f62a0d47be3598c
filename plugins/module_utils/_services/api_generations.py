# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What IBM's API was called, and how, in each generation of its documentation. Data; a new generation is a new row.

Rows follow IBM's pages of October 2017, February 2020, April 2021 and October 2025 (with what its clients do today). What a
page does not say is marked [inferred].
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._core.errors import InputError

Fields = t.Mapping[str, str]
_NONE: Fields = {}


class Region(t.NamedTuple):
    """A region of the containers API: its name, what it is called elsewhere, and its part of Cloud Foundry."""

    name: str
    alias: str
    cf: str


class Endpoint(t.NamedTuple):
    """What is asked of the containers API. ``{cluster}`` stands for a cluster's ID; ``regional`` calls name a region too."""

    path: str
    query: Fields = _NONE
    regional: bool = False


class ProviderCalls(t.NamedTuple):
    """How the clusters of a provider are listed, how one of them is looked up, and how its kubeconfig is had."""

    list: Endpoint
    one: Endpoint
    kubeconfig: Endpoint
    # Whether that is a zip archive, with the CA as a file of its own, made by a call that can synchronise the caller's access.
    is_zipped: bool = False


@dataclass(frozen=True)
class ApiGeneration:
    """One row. Templates of hosts hold ``{region}`` (the name of a region) or ``{cf}`` (its part of Cloud Foundry)."""

    name: str
    iam: str
    accounts: str
    containers: str  # with the prefix that belongs to the base address
    providers: t.Mapping[str, ProviderCalls]
    default_providers: tuple[str, ...]  # the providers that are listed when none is named
    fallback_providers: tuple[
        str, ...
    ] = ()  # those that are listed too, when a cluster that is named is not among the usual ones
    # Where calls stay inside of IBM's network.
    private: Fields = field(default_factory=dict)
    # The token service.
    token_path: str = "/identity/token"  # noqa: S105  # a path
    has_profiles: bool = True
    # What a login says beside its credentials: the first one, and one with an account or after another.
    login: Fields = field(default_factory=dict)
    renewal: Fields = field(default_factory=dict)
    account_fields: tuple[str, ...] = ("bss_account",)
    key_names_account: bool = True  # whether a login with an API key names its account too
    supports_delegation: bool = True  # whether the token service gives out Kubernetes ID tokens
    supports_one_step_delegation: bool = (
        False  # whether a login with an API key may ask for one in the same call [inferred]
    )
    # The account service and Cloud Foundry.
    accounts_path: str = "/coe/v2/accounts"
    cf: str = ""
    # The containers API.
    sends_refresh_token: bool = False
    regions: tuple[Region, ...] = ()  # those of the page; empty where any region is taken
    regions_list: str = ""
    ca: str = ""
    record: Fields = field(default_factory=dict)  # what holds for every cluster, where the service does not say it
    addresses: tuple[str, ...] = ("masterURL", "serverURL")  # which field of a cluster is the address of its API
    # Module -> why there is no such thing.
    unsupported: Fields = field(default_factory=dict)

    @property
    def has_rbac(self) -> bool:
        """Whether the caller's access to a cluster can be synchronised by a call of its own."""
        return "cluster_rbac_sync" not in self.unsupported

    @property
    def kubeconfig_call_syncs_rbac(self) -> bool:
        """Whether the call for a kubeconfig can do that [inferred from its parameter skipRBAC]."""
        return any(provider.is_zipped for provider in self.providers.values())

    def require_module(self, module: str) -> None:
        """Check that there is what the module is for.

        :raises InputError: when there is not.
        """
        if module in self.unsupported:
            raise InputError(
                f"api_generation {self.name} {self.unsupported[module]}",
                hint="The guide on API generations has a table.",
            )

    def provider(self, name: str) -> ProviderCalls:
        """Return how the clusters of a provider are asked for.

        :raises InputError: when there are none.
        """
        if name not in self.providers:
            known = ", ".join(self.providers)
            raise InputError(f"api_generation {self.name} has no {name} clusters", hint=f"It has: {known}.")
        return self.providers[name]

    def region(self, name: str) -> Region:
        """Return a region by its name or alias; in generations that take any, as it is.

        :raises InputError: for one that the generation does not have.
        """
        for region in self.regions:
            if name in (region.name, region.alias):
                return region
        if self.regions:
            raise InputError(f"api_generation {self.name} has no region {name}", hint=f"It has: {self.region_names}.")
        return Region(name, name, name)

    @property
    def region_names(self) -> str:
        return ", ".join(region.name for region in self.regions)

    def host(self, template: str, region: str, option: str) -> str:
        """Return the address that a template stands for. ``option`` is what could be given instead.

        :raises InputError: when it needs a region, and there is none.
        """
        if "{" not in template:
            return template
        if not region:
            raise InputError(
                f"api_generation {self.name} needs a region",
                hint=f"Set region to one of: {self.region_names}; or set {option}.",
            )
        known = self.region(region)
        return template.format(region=known.name, cf=known.cf)


def _v2(path: str, prefix: str = "", **query: str) -> ProviderCalls:
    of_one = {"cluster": "{cluster}"}
    return ProviderCalls(
        Endpoint(prefix + path, query),
        Endpoint(f"{prefix}/v2/getCluster", of_one),
        Endpoint(f"{prefix}/v2/getKubeconfig", {**of_one, "format": "json"}),
    )


def _v1(*, regional: bool) -> ProviderCalls:
    one = "/v1/clusters/{cluster}"
    # What the CLI's "cluster-config" asked for: it synchronises the caller's access, unless it is told not to.
    config = Endpoint(f"{one}/config", {"skipRBAC": "true"}, regional)
    return ProviderCalls(Endpoint("/v1/clusters", regional=regional), Endpoint(one, regional=regional), config, True)


CURRENT = ApiGeneration(
    name="current",
    iam="https://iam.cloud.ibm.com",
    accounts="https://accounts.cloud.ibm.com",
    containers="https://containers.cloud.ibm.com/global",
    # Of the older provider there are no clusters left; its list is empty [inferred].
    providers={
        "classic": _v2("/v2/classic/getClusters"),
        "vpc-gen2": _v2("/v2/vpc/getClusters", provider="vpc-gen2"),
        "satellite": _v2("/v2/satellite/getClusters"),
        "vpc-classic": _v2("/v2/vpc/getClusters", provider="vpc-classic"),
    },
    default_providers=("classic", "vpc-gen2"),
    fallback_providers=("satellite",),
    # From bluemix-go and the specification of the token service.
    private={
        "iam": "https://private.iam.cloud.ibm.com",
        "accounts": "https://private.accounts.cloud.ibm.com",
        "containers": "https://private.{region}.containers.cloud.ibm.com/global",
    },
    # IBM's documentation writes bss_account; the specification and IBM's CLI write account.
    account_fields=("account", "bss_account"),
    key_names_account=False,
    supports_one_step_delegation=True,
    # Deprecated, and in no page after 2020; IBM's generated client still has it.
    regions_list="/v1/regions",
    ca="/v2/getCACert",
    unsupported={"cf_space_info": "has no Cloud Foundry: IBM has retired it"},
)

_CF_IS_2017 = {"cf_space_info": "has no Cloud Foundry organizations and spaces: its page does not use them"}
_CLI_SYNCS = {"cluster_rbac_sync": "has no call for the RBAC synchronisation: IBM's CLI did it then"}
_UAA = {"response_type": "cloud_iam uaa", "uaa_client_id": "cf", "uaa_client_secret": ""}
# The page spells it so in its third step and where it renews tokens.
_UAA_AGAIN = {"response_type": "cloud_iam uaa", "uaa_client_ID": "cf", "uaa_client_secret": ""}

_2021 = replace(
    CURRENT,
    name="2021",
    providers={name: CURRENT.providers[name] for name in ("classic", "vpc-gen2", "vpc-classic")},
    fallback_providers=(),
    login=_UAA,
    renewal=_UAA_AGAIN,
    account_fields=("bss_account",),
    key_names_account=True,
    supports_one_step_delegation=False,
    # They are in no page, and came after it.
    has_profiles=False,
    # The page tells its readers to switch verification off. The CA is in the kubeconfig.
    ca="",
    addresses=("masterURL",),
    unsupported={**_CF_IS_2017, **_CLI_SYNCS},
)

_REGIONS = (
    Region("us-south", "us-south", "ng"),
    Region("us-east", "us-east", "ng"),
    Region("uk-south", "eu-gb", "eu-gb"),
    Region("eu-central", "eu-de", "eu-de"),
    Region("ap-south", "au-syd", "au-syd"),
)

_2020 = replace(
    _2021,
    name="2020",
    iam="https://iam.bluemix.net",
    accounts="https://accountmanagement.ng.bluemix.net",
    containers="https://containers.cloud.ibm.com",
    private={},
    providers={
        "classic": _v1(regional=True),
        # The page has a table of v2 and none of its calls: these are as in 2021 [inferred].
        "vpc-classic": _v2("/v2/vpc/getClusters", "/global", provider="vpc-classic"),
    },
    default_providers=("classic",),
    fallback_providers=("vpc-classic",),
    accounts_path="/v1/accounts",
    sends_refresh_token=True,
    regions=(*_REGIONS, Region("ap-north", "jp-tok", "au-syd")),
    addresses=("publicServiceEndpointURL", "serverURL", "masterURL"),
)

_2017 = replace(
    _2020,
    name="2017",
    iam="https://iam.{cf}.bluemix.net",
    accounts="https://accountmanagement.{cf}.bluemix.net",
    containers="https://{region}.containers.bluemix.net",
    cf="https://api.{cf}.bluemix.net",
    # Each region has a host of its own, and no header.
    providers={"classic": _v1(regional=False)},
    fallback_providers=(),
    token_path="/oidc/token",  # noqa: S106  # a path
    login={**_UAA, "response_type": "cloud_iam, uaa"},
    renewal={**_UAA, "response_type": "cloud_iam, uaa"},
    supports_delegation=False,
    regions=_REGIONS,
    regions_list="",
    # OpenShift came later.
    record={"type": "kubernetes"},
    addresses=("serverURL", "publicServiceEndpointURL", "masterURL"),
    unsupported={
        **_CLI_SYNCS,
        "region_info": f"has no list of regions: its regions are {', '.join(region.name for region in _REGIONS)}",
    },
)

GENERATIONS = {row.name: row for row in (CURRENT, _2021, _2020, _2017)}
