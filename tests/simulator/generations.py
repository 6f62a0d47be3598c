# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API generations of the simulated services. Each generation follows a version of IBM's page "Setting up the API".

``2017``, ``2020`` and ``2021`` follow the versions of October 2017, February 2020 and April 2021. ``current`` follows the October 2025 version
and the current behavior of IBM's clients. A generation supports only the features that its version of the page shows. IBM's
services may have supported more features at that time [inferred].
"""

from __future__ import annotations

import dataclasses
import typing as t

ApiGeneration = t.Literal["current", "2021", "2020", "2017"]


@dataclasses.dataclass(frozen=True)
class Region:
    """A region of the containers service, with its name, its alias, and the name of its Cloud Foundry instance."""

    name: str
    alias: str
    cf: str
    free: bool

    def record(self) -> dict[str, t.Any]:
        """Return the region's record as in the February 2020 version of IBM's page."""
        cf_url = f"api.{self.cf}.bluemix.net"
        return {"name": self.name, "alias": self.alias, "cfURL": cf_url, "freeEnabled": self.free}


AP_NORTH = Region("ap-north", "jp-tok", "au-syd", free=False)
_REGIONS_2017 = (
    Region("ap-south", "au-syd", "au-syd", free=True),
    Region("eu-central", "eu-de", "eu-de", free=True),
    Region("uk-south", "eu-gb", "eu-gb", free=True),
    Region("us-east", "us-east", "ng", free=False),
    Region("us-south", "us-south", "ng", free=True),
)
_REGIONS = (AP_NORTH, *_REGIONS_2017)
_CLOUD_FOUNDRIES = ("ng", "eu-de", "eu-gb", "au-syd")

# Requests to the loopback address, which does not identify a region, go to this region and this Cloud Foundry instance.
HOME_REGION = "us-south"
HOME_CLOUD_FOUNDRY = "ng"

_LOGINS = frozenset({"password", "refresh_token", "apikey", "passcode"})
_DELEGATED = frozenset({"delegated-refresh-token"})
_KUBECONFIGS = frozenset({"getKubeconfig", "applyRBACAndGetKubeconfig"})
# The October 2017 version of IBM's page does not show a cluster record. This version predates service endpoints, zones, resource groups and
# OpenShift clusters [inferred].
_NEWER_THAN_2017 = frozenset(
    {
        *("type", "multiAzCapable", "workerZones", "resourceGroup", "resourceGroupName", "targetVersion", "versionEOS"),
        *("publicServiceEndpointEnabled", "publicServiceEndpointURL", "crn"),
        *("privateServiceEndpointEnabled", "privateServiceEndpointURL"),
    }
)


@dataclasses.dataclass(frozen=True)
class Generation:
    """One row of ``GENERATIONS``.

    If ``issuer`` or ``id_issuer`` is empty, the tokens contain the simulator's address as their issuer, so that clients can
    refresh tokens at the simulator. ``id_claims`` contains the prefixes of the ID token claims that identify the user in an
    account. A cluster reads the claim with the first prefix, or ``sub`` if ``id_claims`` is empty.
    """

    name: ApiGeneration
    hosts: t.Mapping[str, frozenset[str]]
    # IAM
    token_paths: tuple[str, ...] = ("/identity/token",)
    has_discovery: bool = True
    clients: frozenset[str] = frozenset({"bx", "kube", "default"})
    grants: frozenset[str] = _LOGINS | _DELEGATED
    uaa: bool = True
    delegates_api_keys: bool = False
    delegates_refresh_tokens: bool = True
    account_fields: tuple[str, ...] = ("bss_account",)
    returns_scope: bool = True
    issuer: str = ""
    id_issuer: str = ""
    kubeconfig_client: str = "kube"
    id_claims: tuple[str, ...] = ("realmed_sub_", "sub_")
    # Accounts and Cloud Foundry
    accounts_path: str = "/coe/v2/accounts"
    counts_pages: bool = False
    has_cloud_foundry: bool = False
    # Containers
    containers_base: str = "/global"
    v1_bases: tuple[str, ...] = ()
    requires_refresh_token: bool = False
    requires_region_header: bool = False
    v1_record_omits: frozenset[str] = frozenset()
    region_paths: tuple[str, ...] = ()
    regions: tuple[Region, ...] = _REGIONS
    region_extras: t.Mapping[str, t.Any] = dataclasses.field(default_factory=lambda: {"satellite": False})
    lists: tuple[str, ...] = ("classic", "vpc")
    operations: frozenset[str] = frozenset({"getCluster"}) | _KUBECONFIGS
    vpc_providers: tuple[str, ...] = ()
    providers: frozenset[str] = frozenset({"classic"})

    def user_claim(self, account: str) -> str:
        """Return the name of the ID token claim that identifies the user in this account's clusters."""
        return self.id_claims[0] + account if self.id_claims else "sub"

    def region(self, name_or_alias: str) -> Region | None:
        return next((region for region in self.regions if name_or_alias in (region.name, region.alias)), None)


def _hosts(iam: t.Iterable[str], accounts: t.Iterable[str], containers: t.Iterable[str]) -> dict[str, frozenset[str]]:
    return {
        "iam": frozenset(iam),
        "accounts": frozenset(accounts),
        "containers": frozenset(containers),
        "cloud_foundry": frozenset(),
    }


def regional_host(region: Region) -> str:
    """Return the host name that API generation ``2017`` uses for the clusters in this region."""
    return f"{region.name}.containers.bluemix.net"


def cloud_foundry_host(cloud_foundry: str) -> str:
    return f"api.{cloud_foundry}.bluemix.net"


_CLOUD_HOSTS = _hosts(["iam.cloud.ibm.com"], ["accounts.cloud.ibm.com"], ["containers.cloud.ibm.com"])

GENERATIONS: dict[str, Generation] = {
    "current": Generation(
        name="current",
        hosts=_CLOUD_HOSTS,
        token_paths=("/identity/token", "/oidc/token"),
        grants=_LOGINS | _DELEGATED | {"assume", "cr-token"},
        uaa=False,
        delegates_api_keys=True,
        account_fields=("account", "bss_account"),
        region_paths=("/global/v1/regions",),
        lists=("classic", "vpc", "satellite"),
        operations=frozenset({"getCluster", "applyRBAC", "getRBACStatus", "getCACert"}) | _KUBECONFIGS,
        vpc_providers=("vpc-gen2", "vpc-classic"),
        providers=frozenset({"classic", "vpc-gen2", "satellite"}),
    ),
    "2021": Generation(
        name="2021",
        hosts=_CLOUD_HOSTS,
        # IBM's page does not show this path. The prefix follows the page's table of API versions, and the rest follows IBM's generated client.
        region_paths=("/global/v1/regions",),
        vpc_providers=("vpc-gen2", "vpc-classic"),
        providers=frozenset({"classic", "vpc-gen2", "vpc-classic"}),
    ),
    "2020": Generation(
        name="2020",
        hosts=_hosts(["iam.bluemix.net"], ["accountmanagement.ng.bluemix.net"], ["containers.cloud.ibm.com"]),
        issuer="https://iam.bluemix.net/identity",
        id_issuer="https://iam.bluemix.net/identity",
        id_claims=("sub_",),
        accounts_path="/v1/accounts",
        counts_pages=True,
        containers_base="",
        # The table of API versions on IBM's page lists the prefix /global/v1, but the steps on the page do not use this prefix.
        v1_bases=("/v1", "/global/v1"),
        requires_refresh_token=True,
        requires_region_header=True,
        region_paths=("/v1/regions", "/global/v1/regions"),
        region_extras={},
        lists=("vpc",),
        # These v2 operations are for VPC clusters, because v1 rejects VPC clusters. IBM's page lists v2 in its table but does not show v2 requests [inferred].
        operations=frozenset({"getCluster", "getKubeconfig"}),
        vpc_providers=("vpc-classic",),
        providers=frozenset({"classic", "vpc-classic"}),
    ),
    "2017": Generation(
        name="2017",
        hosts={
            "iam": frozenset(f"iam.{cf}.bluemix.net" for cf in _CLOUD_FOUNDRIES),
            "accounts": frozenset(f"accountmanagement.{cf}.bluemix.net" for cf in _CLOUD_FOUNDRIES),
            "containers": frozenset(regional_host(region) for region in _REGIONS_2017),
            "cloud_foundry": frozenset(cloud_foundry_host(cf) for cf in _CLOUD_FOUNDRIES),
        },
        token_paths=("/oidc/token",),
        has_discovery=False,
        clients=frozenset({"bx", "default"}),
        grants=_LOGINS,
        delegates_refresh_tokens=False,
        returns_scope=False,
        issuer="https://iam.ng.bluemix.net/oidc/token",  # only the host and the period of its use are known [inferred]
        id_issuer="https://iam.ng.bluemix.net/kubernetes",
        kubeconfig_client="bx",
        id_claims=(),
        accounts_path="/v1/accounts",
        counts_pages=True,
        has_cloud_foundry=True,
        containers_base="",
        v1_bases=("/v1",),
        requires_refresh_token=True,
        v1_record_omits=_NEWER_THAN_2017,
        regions=_REGIONS_2017,
        lists=(),
        operations=frozenset(),
    ),
}

SERVICE_OF_HOST: dict[str, str] = {
    host: service for row in GENERATIONS.values() for service, hosts in row.hosts.items() for host in sorted(hosts)
}
"""Each host name in ``GENERATIONS``, and its service."""
