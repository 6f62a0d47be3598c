# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventory plugin that adds each cluster in an account as a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: clusters
short_description: IBM Cloud Kubernetes Service and OpenShift clusters as hosts
version_added: 0.1.0
description:
  - Adds each cluster in an account as a host. Plays can then use forks, C(serial) and C(--limit) for clusters, and AWX can use job slices.
  - The name of the source file must end in C(ibmcloud_clusters.yml) or C(ibmcloud_clusters.yaml).
  - Each host has the variable C(ibmcloud_cluster), which contains the facts that M(ibmcloud.kubernetes.cluster_info) returns.
    C(cluster_access_cluster) contains the cluster's ID, and C(cluster_access_provider) contains a list with the cluster's provider. The
    role P(ibmcloud.kubernetes.cluster_access#role) reads C(cluster_access_cluster) and C(cluster_access_provider).
  - Tasks for these hosts run on the controller, because the plugin sets C(ansible_connection) to C(local) and C(ansible_python_interpreter)
    to Ansible's Python interpreter. O(compose) can override these two variables.
  - If O(api_generation) is not V(current), each host also has the variables C(cluster_access_api_generation) and
    C(cluster_access_region).
  - Each host is a member of the group C(ibmcloud_clusters) and of the groups that O(group_by) creates.
  - The plugin requests a token and the cluster lists that O(provider) selects. The plugin requests the details of individual clusters only
    if O(details) is V(true).
  - The variables and the cache do not contain tokens, API keys or CA certificates.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._cluster_selection
  - ibmcloud.kubernetes._cluster_selection.resource_group
  - ibmcloud.kubernetes._many_clusters
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - The name of this plugin. The value marks the file as a source for the plugin.
    type: str
    required: true
    choices: [ibmcloud.kubernetes.clusters]
  provider:
    description:
      - The providers whose cluster lists the plugin reads, with one request for each list. The defaults are V(classic) and V(vpc-gen2).
        If O(api_generation) is V(2020) or V(2017), the default is V(classic).
    type: list
    elements: str
    choices: [classic, vpc-gen2, satellite, vpc-classic]
  details:
    description:
      - Whether to read the details of each cluster, with one additional request per cluster. If V(false), the facts lack the keys
        C(crn) and C(lifecycle), and the endpoints of VPC clusters.
      - If this option is V(true) and more than 5,000 clusters match, the plugin reports an error. Use the filters to select fewer clusters.
    type: bool
    default: false
  hostnames:
    description:
      - The cluster properties to use as the host name, in order of preference. The plugin uses the first property whose value is a valid
        and unique host name.
      - The plugin uses a cluster's ID instead of its name if the name is not a valid host name. The plugin also uses the ID if another
        cluster, a group, or a host from another source has this name.
    type: list
    elements: str
    default: [name, id]
    choices: [name, id]
  group_by:
    description:
      - The cluster properties for which the plugin creates groups. For example, a cluster in C(us-south) is in the group
        C(ibmcloud_region_us_south), and a cluster with version 1.33.4 is in C(ibmcloud_version_1_33). If the list is empty, the plugin does
        not create groups for properties.
    type: list
    elements: str
    default: [region, provider, type, version, state]
    choices: [region, provider, type, version, state, resource_group]
  cache:
    description:
      - Whether to store the result in the cache that O(cache_plugin) selects. The default cache plugin, V(memory), keeps the result
        only until the process ends.
      - The plugin uses a cached result only for the same file, options and account. If O(account_id) is not set, the plugin requests a token to
        determine the account.
notes:
  - Values in the source file can contain templates with lookups, and can be encrypted with Ansible Vault.
  - If an inventory source fails, Ansible continues without the hosts from this source. To stop Ansible in this case, set
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true).
seealso:
  - module: ibmcloud.kubernetes.cluster_info
"""

EXAMPLES = r"""
# all.ibmcloud_clusters.yml: the classic and VPC clusters of the account to which IC_API_KEY belongs.
# Only the "plugin" line is required. For more examples, see the guide "Clusters as hosts".
plugin: ibmcloud.kubernetes.clusters
# Your own groups and variables
group_by: [region]
keyed_groups:
  - key: ibmcloud_cluster.resourceGroupName
    prefix: team
groups:
  old: ibmcloud_cluster.masterKubeVersion is version('1.30', '<')
compose:
  api_address: ibmcloud_cluster.master_url
# Cache the result for ten minutes
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
cache_timeout: 600
"""

import contextlib
import hashlib
import json
import os
import typing as t

from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._clusters.cluster_facts import FactsReader
from ..module_utils._clusters.cluster_lookup import Filters, index_by_name, list_for
from ..module_utils._clusters.module_results import failure_entries, split_results
from ..module_utils._core.errors import PartialFailure
from ..module_utils._core.options import FilterOptions, FleetOptions
from ..module_utils._core.redaction import Redactor
from ..module_utils._module.argument_specs import FILTERS, FLEET, candidate_secrets, tidy_arguments
from ..module_utils._module.runner import Module, Result, Task, execute
from ..module_utils._services.api_generations import CURRENT
from ..plugin_utils._inventory_names import group_names, host_names, visible
from ..plugin_utils._inventory_templates import render_options, to_data, to_template

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._services.cluster_records import Record

FILES = ("ibmcloud_clusters.yml", "ibmcloud_clusters.yaml")
GROUP = "ibmcloud_clusters"


class Options(FilterOptions, FleetOptions):
    details: bool


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """An inventory plugin that reads a source file, requests the cluster lists, and adds hosts and groups."""

    NAME = "ibmcloud.kubernetes.clusters"
    inventory: t.Any

    def __init__(self) -> None:
        super().__init__()
        options = {**FILTERS, **FLEET, "details": {"type": "bool", "default": False}}
        self._module = Module("clusters", self._look_up, Options, options)
        self._given: dict[str, t.Any] = {}
        self._path = ""
        self._fresh = False
        self._generation = ""

    def verify_file(self, path: str) -> bool:
        return path.endswith(FILES) and bool(super().verify_file(path))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._path, self._fresh = path, not cache
        self._read_config_data(path)
        # The plugin changes the inventory only after it has read all clusters, so that an error does not leave an incomplete inventory.
        result, _secrets = execute(self._module, self._given, environ=os.environ, check_mode=False, warn=self._warn)
        if result.get("failed"):
            raise AnsibleParserError(result["msg"])
        clusters = result["clusters"]
        groups = {*self.inventory.groups, *self._new_groups(clusters)}
        for identifier in (str(facts.get("id")) for facts in clusters):
            if identifier in groups:
                raise AnsibleParserError(f"clusters: {identifier} is both the ID of a cluster and the name of a group")
        hosts, renamed = host_names(
            clusters,
            hostnames=self.get_option("hostnames"),
            is_taken=lambda name, identifier: name in groups or self._is_other_host(name, identifier),
        )
        if renamed:
            reason = "another cluster, a group, or a host from another source has the same name"
            self._warn(f"clusters: these clusters have their IDs as host names, because {reason}: {', '.join(renamed)}")
        self.inventory.add_group(GROUP)
        for host, facts in hosts.items():
            self._add(host, facts)

    def _warn(self, line: str) -> None:
        self.display.warning(visible(line))

    def _new_groups(self, clusters: t.Iterable[Record]) -> set[str]:
        """Add the clusters to a temporary inventory, and return the names of its groups."""
        inventory, self.inventory = self.inventory, InventoryData()
        try:
            self.inventory.add_group(GROUP)
            for facts in clusters:
                self._add(str(facts.get("id")), facts)
            return set(self.inventory.groups)
        finally:
            self.inventory = inventory

    def set_options(
        self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Mapping[str, t.Any] | None = None
    ) -> None:
        """Validate the options of a source file. Options that modules also support are validated in the same way as in modules.

        Ansible's own validation does not render templates, accepts empty strings, and prints invalid values.
        """
        given = render_options(direct or {}, self.templar)
        definitions = self.option_definitions
        known = {*definitions}.union(*(words.get("aliases", ()) for words in definitions.values()))
        unknown = sorted(str(name) for name in given.keys() - known)
        if unknown:
            # If the plugin ignored a misspelled filter name, it would select too many clusters.
            hint = f"See ansible-doc -t inventory {self.NAME}."
            raise AnsibleParserError(f"clusters: unknown option {', '.join(unknown)}. {hint}")
        spec = self._module.argument_spec
        ours = {name for option, words in spec.items() for name in (option, *words.get("aliases", ()))}
        tidied = tidy_arguments({name: given[name] for name in ours & given.keys()}, spec)
        checked = ArgumentSpecValidator(spec).validate(tidied)
        if checked.error_messages:
            redactor = Redactor()
            redactor.add(*candidate_secrets(given, spec, os.environ))
            raise AnsibleParserError(f"clusters: {redactor.clean(checked.errors.msg)}")
        self._given = checked.validated_parameters
        super().set_options(task_keys, var_options, {name: given[name] for name in given.keys() - ours})

    def _look_up(self, task: Task[Options], cloud: Cloud) -> Result:
        self._generation = task.options.api_generation
        if not self.get_option("cache"):
            return {"clusters": found(task, cloud)}
        key = self._key(task, cloud)
        if not self._fresh:
            with contextlib.suppress(KeyError):  # The result is not cached, or the cached result has expired.
                return {"clusters": self._cache[key]}
        self._cache[key] = found(task, cloud)
        return {"clusters": self._cache[key]}

    def _key(self, task: Task[Options], cloud: Cloud) -> str:
        """Return the cache key, which depends on the account and on the options that are not secret."""
        account = task.options.account_id or cloud.login.account_token().claims.account_id
        spec = self._module.argument_spec
        open_options = {name: value for name, value in vars(task.options).items() if not spec[name].get("no_log")}
        words = json.dumps([account, open_options], sort_keys=True)
        return f"{self.get_cache_key(self._path)}_{hashlib.sha256(words.encode()).hexdigest()[:16]}"

    def _is_other_host(self, name: str, identifier: str) -> bool:
        """Return whether this name belongs to a host from another source."""
        host = self.inventory.get_host(name)
        return host is not None and host.vars.get("cluster_access_cluster") != identifier

    def _add(self, host: str, facts: Record) -> None:
        self.inventory.add_host(host, group=GROUP)
        variables = to_data(
            {
                "ansible_connection": "local",
                "cluster_access_cluster": facts.get("id"),
                # With this variable, the role reads the cluster list of a single provider.
                "cluster_access_provider": [facts.get("provider")],
                "ibmcloud_cluster": facts,
            }
        )
        if self._generation != CURRENT.name:
            variables["cluster_access_api_generation"] = self._generation
            variables["cluster_access_region"] = to_data(facts.get("region"))
        variables["ansible_python_interpreter"] = to_template("{{ ansible_playbook_python }}")
        for name, value in variables.items():
            # If a group has the same name as the host, inventory.set_variable() would change the group instead of the host.
            self.inventory.get_host(host).set_variable(name, value)
        for name in group_names(facts, self.get_option("group_by")):
            group = self._sanitize_group_name(name)
            self.inventory.add_group(group)
            self.inventory.add_child(group, host)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)


def found(task: Task[Options], cloud: Cloud) -> list[Record]:
    """Return the facts of the clusters that the options select."""
    pool = cloud.pool()
    records = Filters.from_options(task.options, cloud.generation).apply(
        list_for(cloud.containers, task.options.provider, pool)
    )
    named = index_by_name(records)
    reader = FactsReader(cloud.containers, everything=task.options.details)
    facts, errors = split_results(named, reader.read_all(named, pool))
    if errors:
        raise PartialFailure(failure_entries(errors, named), total=len(records), result={})
    return [{key: value for key, value in cluster.items() if key != "cluster"} for cluster in facts]
