# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The hosts, paths and fields of IBM's API. Each generation of IBM's API documentation has one entry.

The entries follow IBM's pages from October 2017, February 2020, April 2021 and October 2025, and the current behavior of IBM's
clients. If an entry contains a fact that IBM's page does not document, a comment names the claim in claims.py.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._core.errors import InputError

Fields = t.Mapping[str, str]
_NONE: Fields = {}


class Region(t.NamedTuple):
    """A region of the containers API. ``alias`` is the region's name in other services, and ``cf`` is the corresponding Cloud Foundry region."""

    name: str
    alias: str
    cf: str


class Endpoint(t.NamedTuple):
    """A call to the containers API. ``{cluster}`` is replaced with a cluster's ID. If ``regional`` is true, the request contains the X-Region header."""

    path: str
    query: Fields = _NONE
    regional: bool = False


class ProviderCalls(t.NamedTuple):
    """The calls for one provider's clusters: the cluster list, a cluster's details, the user's kubeconfig and the administrator's kubeconfig."""

    list: Endpoint
    one: Endpoint
    kubeconfig: Endpoint
    # Whether the kubeconfig is a zip archive with a separate CA file. The call for such a kubeconfig can also synchronize RBAC for the caller.
    is_zipped: bool = False
    # The call for the administrator's kubeconfig (always a zip archive), or None if the generation does not support this call.
    admin_kubeconfig: Endpoint | None = None


@dataclass(frozen=True)
class ApiGeneration:
    """One API generation. Host templates can contain ``{region}`` (a region's name) or ``{cf}`` (the region's Cloud Foundry region)."""

    name: str
    iam: str
    accounts: str
    containers: str  # the base URL, including a prefix such as /global
    providers: t.Mapping[str, ProviderCalls]
    default_providers: tuple[str, ...]  # the providers whose clusters are listed if the provider option is not set
    fallback_providers: tuple[str, ...] = ()  # providers to search if the default providers lack a cluster
    # Hosts in IBM's private network.
    private: Fields = field(default_factory=dict)
    # The token service.
    token_path: str = "/identity/token"  # noqa: S105  # a path
    has_profiles: bool = True
    # The form fields that a token request contains in addition to the credentials. ``login`` applies to the first login, and ``renewal``
    # applies to logins with an account and to token renewals.
    login: Fields = field(default_factory=dict)
    renewal: Fields = field(default_factory=dict)
    account_fields: tuple[str, ...] = ("bss_account",)
    key_names_account: bool = True  # whether the request for a login with an API key contains the account
    supports_delegation: bool = True  # whether the token service issues Kubernetes ID tokens
    supports_one_step_delegation: bool = (
        False  # whether a login with an API key can request a delegated refresh token in the same call
    )
    # The account service and Cloud Foundry.
    accounts_path: str = "/coe/v2/accounts"
    cf: str = ""
    # The containers API.
    sends_refresh_token: bool = False
    regions: tuple[Region, ...] = ()  # the documented regions, or empty if any region is accepted
    regions_list: str = ""
    ca: str = ""
    record: Fields = field(default_factory=dict)  # values for record fields that the service does not return
    addresses: tuple[str, ...] = ("masterURL", "serverURL")  # the record fields that can contain the API server's URL
    has_rbac_calls: bool = True  # whether the API has applyRBAC and getRBACStatus
    # The reasons why this generation does not support certain modules, keyed by module name.
    unsupported: Fields = field(default_factory=dict)

    @property
    def kubeconfig_call_syncs_rbac(self) -> bool:
        """Whether a request for a kubeconfig also synchronizes RBAC, as the parameter skipRBAC implies [inferred: older-generations]."""
        return any(provider.is_zipped for provider in self.providers.values())

    def require_module(self, module: str) -> None:
        """Raise InputError if this generation does not support the module."""
        if module in self.unsupported:
            raise InputError(
                f"api_generation {self.name} {self.unsupported[module]}",
                hint="See the table in the guide to API generations.",
            )

    def provider(self, name: str) -> ProviderCalls:
        """Return the calls for a provider's clusters.

        :raises InputError: if this generation does not support the provider.
        """
        if name not in self.providers:
            known = ", ".join(self.providers)
            raise InputError(
                f"api_generation {self.name} does not support {name} clusters",
                hint=f"Set provider to one or more of: {known}.",
            )
        return self.providers[name]

    def region(self, name: str) -> Region:
        """Return the region with this name or alias. Some generations accept any region name.

        :raises InputError: if this generation lacks the region.
        """
        for region in self.regions:
            if name in (region.name, region.alias):
                return region
        if self.regions:
            raise InputError(
                f"api_generation {self.name} does not have region {name}",
                hint=f"The supported regions are {self.region_names}.",
            )
        return Region(name, name, name)

    @property
    def region_names(self) -> str:
        return ", ".join(region.name for region in self.regions)

    def host(self, template: str, region: str, option: str) -> str:
        """Return the base URL for a template.

        :raises InputError: if the template requires a region and ``region`` is empty. The message suggests setting ``option`` or ``region``.
        """
        if "{" not in template:
            return template
        if not region:
            raise InputError(
                f"api_generation {self.name} requires a region",
                hint=f"Set {option}, or set region to one of: {self.region_names}.",
            )
        known = self.region(region)
        return template.format(region=known.name, cf=known.cf)


def _v2(path: str, prefix: str = "", **query: str) -> ProviderCalls:
    of_one = {"cluster": "{cluster}"}
    kubeconfig = f"{prefix}/v2/getKubeconfig"
    return ProviderCalls(
        Endpoint(prefix + path, query),
        Endpoint(f"{prefix}/v2/getCluster", of_one),
        Endpoint(kubeconfig, {**of_one, "format": "json"}),
        admin_kubeconfig=Endpoint(kubeconfig, {**of_one, "format": "zip", "admin": "true"}),
    )


def _v1(*, regional: bool) -> ProviderCalls:
    one = "/v1/clusters/{cluster}"
    # The CLI command "cluster-config" used this call. The call synchronizes RBAC for the caller unless skipRBAC is set.
    config = Endpoint(f"{one}/config", {"skipRBAC": "true"}, regional)
    return ProviderCalls(Endpoint("/v1/clusters", regional=regional), Endpoint(one, regional=regional), config, True)


CURRENT = ApiGeneration(
    name="current",
    iam="https://iam.cloud.ibm.com",
    accounts="https://accounts.cloud.ibm.com",
    containers="https://containers.cloud.ibm.com/global",
    # IBM has retired vpc-classic [inferred: vpc-classic-empty].
    providers={
        "classic": _v2("/v2/classic/getClusters"),
        "vpc-gen2": _v2("/v2/vpc/getClusters", provider="vpc-gen2"),
        "satellite": _v2("/v2/satellite/getClusters"),
        "vpc-classic": _v2("/v2/vpc/getClusters", provider="vpc-classic"),
    },
    default_providers=("classic", "vpc-gen2"),
    fallback_providers=("satellite",),
    # bluemix-go and the specification of the token service contain these hosts.
    private={
        "iam": "https://private.iam.cloud.ibm.com",
        "accounts": "https://private.accounts.cloud.ibm.com",
        "containers": "https://private.{region}.containers.cloud.ibm.com/global",
    },
    # IBM's documentation uses bss_account, but the specification and IBM's CLI use account [inferred: account-fields].
    account_fields=("account", "bss_account"),
    key_names_account=False,
    supports_one_step_delegation=True,
    # The call for the list of regions is deprecated. IBM has not documented the call since 2020, but IBM's generated client still contains the call.
    regions_list="/v1/regions",
    ca="/v2/getCACert",
    unsupported={"cf_space_info": "does not have Cloud Foundry, which IBM has retired"},
)

_NO_LIVE_CHECK = {
    "live_check": "cannot be checked, because the shapes of its responses are unknown and its hosts have changed"
}
_CF_IS_2017 = {"cf_space_info": "does not use Cloud Foundry organizations and spaces", **_NO_LIVE_CHECK}
_UAA = {"response_type": "cloud_iam uaa", "uaa_client_id": "cf", "uaa_client_secret": ""}
# IBM's 2021 page spells this field uaa_client_ID in the third step and in the renewal request.
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
    # Trusted profiles were introduced after IBM's 2021 page was written.
    has_profiles=False,
    # IBM's 2021 page tells readers to disable certificate verification. This collection reads the CA certificate from the kubeconfig.
    ca="",
    addresses=("masterURL",),
    has_rbac_calls=False,
    unsupported=_CF_IS_2017,
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
        # IBM's 2020 page mentions API v2, but does not describe its calls. This entry uses the calls of generation `2021` [inferred: older-generations].
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
    # In this generation, the host selects the region, so requests do not contain the X-Region header.
    providers={"classic": _v1(regional=False)},
    fallback_providers=(),
    token_path="/oidc/token",  # noqa: S106  # a path
    login={**_UAA, "response_type": "cloud_iam, uaa"},
    renewal={**_UAA, "response_type": "cloud_iam, uaa"},
    supports_delegation=False,
    regions=_REGIONS,
    regions_list="",
    # This generation predates OpenShift clusters, so all of its clusters are Kubernetes clusters.
    record={"type": "kubernetes"},
    addresses=("serverURL", "publicServiceEndpointURL", "masterURL"),
    unsupported={
        **_NO_LIVE_CHECK,
        "region_info": f"does not have a list of regions. Its regions are {', '.join(region.name for region in _REGIONS)}",
    },
)

GENERATIONS = {row.name: row for row in (CURRENT, _2021, _2020, _2017)}
