# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Classes that provide the resolved options as typed values: one class for each group of shared options.

argument_specs.py defines the names, types and defaults of the options. An unset string or list option has an empty value. Only an unset
``clusters`` option is None, because an empty list selects zero clusters.
"""

from __future__ import annotations

import typing as t

from .errors import InputError


class CommonOptions:
    """The options that all modules share. Subclasses add the other options of a module."""

    ibmcloud_api_key: str
    username: str
    password: str
    passcode: str
    access_token: str
    refresh_token: str
    account_id: str
    account: str
    min_validity: int
    profile_id: str
    profile_name: str
    profile_crn: str
    vpc_instance: bool
    metadata_endpoint: str
    cr_token_file: str
    api_generation: str
    region: str
    visibility: str
    iam_endpoint: str
    accounts_endpoint: str
    containers_endpoint: str
    timeout: float
    retries: int
    retry_budget: float
    validate_certs: bool
    ca_cert: str
    proxy: str
    rate_limit: float
    in_process: bool
    # Values for modules that do not have these options.
    id_token: str = ""
    concurrency: int = 1
    wait_timeout: int = 0

    def __init__(self, values: t.Mapping[str, t.Any]) -> None:
        vars(self).update(values)


class FilterOptions(CommonOptions):
    """Options that filter an account's clusters."""

    provider: t.Sequence[str]
    resource_group: str
    regions: t.Sequence[str]
    type: str
    states: t.Sequence[str]
    version: str


class FleetOptions(CommonOptions):
    """Options of modules that process many clusters."""

    continue_on_error: bool


class ClustersOptions(CommonOptions):
    """Options that specify clusters by name, by ID, or by a record from another module's result."""

    cluster: str
    clusters: list[t.Any] | None

    def requested_clusters(self) -> list[t.Any] | None:
        """Return the clusters that ``cluster`` or ``clusters`` specifies, or None if neither is given.

        :raises InputError: if both are given.
        """
        at_most_one(cluster=self.cluster, clusters=self.clusters)
        return [self.cluster] if self.cluster else self.clusters

    def required_clusters(self) -> list[t.Any]:
        """Return the clusters that ``cluster`` or ``clusters`` specifies.

        :raises InputError: if neither or both are given.
        """
        items = self.requested_clusters()
        if items is None:
            raise InputError("Set cluster or clusters")
        return items


class AllowedHostsOptions(CommonOptions):
    """The option that lists the domains and hosts to which tokens may be sent."""

    allowed_hosts: t.Sequence[str]


class ApiServerOptions(AllowedHostsOptions):
    """Options of modules that call one cluster's API server."""

    master_url: str
    ca_cert_data: str
    openshift_token: str

    def check_unused(self, *, because_of: str) -> None:
        """Check that the options that describe a single cluster are not set. ``because_of`` names the option that excludes these options.

        :raises InputError: if one of these options is set.
        """
        described = (
            ("master_url", self.master_url),
            ("ca_cert_data", self.ca_cert_data),
            ("openshift_token", self.openshift_token),
        )
        for name, value in described:
            if value:
                raise InputError(f"{because_of} and {name} are mutually exclusive", hint="Set only one of them.")


class LoginOptions(AllowedHostsOptions):
    """Options of plugins that log in to clusters."""

    endpoint: str
    cluster_ca_file: str
    ca_folder: str


def at_most_one(**given: object) -> None:
    """Check that at most one of the options is given. An empty list counts as given.

    :raises InputError: if more than one is given.
    """
    if sum(is_given(value) for value in given.values()) > 1:
        raise InputError(f"Set {' or '.join(given)}, not both")


def is_given(value: object) -> bool:
    """Return whether an option with this value counts as given. None and the empty string do not count."""
    return value is not None and value != ""
