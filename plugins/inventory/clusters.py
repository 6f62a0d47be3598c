# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clusters of an account as the hosts of an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: clusters
short_description: The IBM Cloud Kubernetes Service and OpenShift clusters of an account as hosts
version_added: 0.1.0
description:
  - Makes each cluster of an account a host, so that a play works on them with forks, C(serial) and C(--limit), and AWX with
    job slices.
  - The name of the source file ends in C(ibmcloud_clusters.yml) or C(ibmcloud_clusters.yaml).
  - A host has these variables. C(ibmcloud_cluster) is what M(ibmcloud.kubernetes.cluster_info) returns of a cluster.
    C(cluster_access_cluster) is its ID and C(cluster_access_provider) a list of its provider, so that the role
    P(ibmcloud.kubernetes.cluster_access#role) opens it as it is. C(ansible_connection) is C(local) and
    C(ansible_python_interpreter) the Python that runs Ansible, because the work is done there; O(compose) can set others in
    their place. With another O(api_generation) than V(current) there are C(cluster_access_api_generation) and
    C(cluster_access_region) too.
  - All hosts are in the group C(ibmcloud_clusters), and in those that O(grouped_by) makes.
  - It asks for a token and for the lists of O(provider), and nothing of each cluster unless O(details=true).
  - No token, key or CA is among the variables or in the cache.
  - What it does was built from IBM's documentation and clients; it has not been verified against the live service.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._filters
  - ibmcloud.kubernetes._fleet
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - Says that the file is a source of this plugin.
    type: str
    required: true
    choices: [ibmcloud.kubernetes.clusters]
  provider:
    description:
      - Which lists to read. Each is one request. Without it those are V(classic) and V(vpc-gen2); before
        O(api_generation=2021) V(classic) only.
    type: list
    elements: str
    choices: [classic, vpc-gen2, satellite, vpc-classic]
  details:
    description:
      - Ask for everything about each cluster, with one more request each. The lists lack C(crn), C(lifecycle) and, for
        VPC clusters, the endpoints.
    type: bool
    default: false
  hostname:
    description:
      - What a host is called. The clusters that share a name, and one whose name is that of another source's cluster, are
        called by their IDs in any case, because a name must not stand for the wrong one.
    type: str
    default: name
    choices: [name, id]
  grouped_by:
    description:
      - What groups are made of. A cluster in C(us-south) is in the group C(ibmcloud_region_us_south) and one of version 1.33.4 in
        C(ibmcloud_version_1_33). An empty list makes none of them.
    type: list
    elements: str
    default: [region, provider, type, version, state]
    choices: [region, provider, type, version, state, resource_group]
  cache:
    description:
      - Keep what was found, in the cache of O(cache_plugin). The default one, V(memory), ends with the process.
      - What was kept is used for the same file, options and account only. Without O(account_id) a token is still asked for,
        which tells the account that the credentials belong to.
notes:
  - Values in the source file may be templates with lookups, and may be encrypted with Ansible Vault.
  - Ansible goes on without the hosts when a source fails. Set E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true) to stop then.
seealso:
  - module: ibmcloud.kubernetes.cluster_info
"""

EXAMPLES = r"""
# all.ibmcloud_clusters.yml: the classic and VPC clusters of the account that IC_API_KEY belongs to.
# The first line is all that is needed; the guide on clusters as hosts has more sources.
plugin: ibmcloud.kubernetes.clusters
# Groups and variables of your own
grouped_by: [region]
keyed_groups:
  - key: ibmcloud_cluster.resourceGroupName
    prefix: team
groups:
  old: ibmcloud_cluster.masterKubeVersion is version('1.30', '<')
compose:
  api_address: ibmcloud_cluster.master_url
# An answer that is kept for ten minutes
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
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._clusters.details import FactsReader
from ..module_utils._clusters.lookup import Filters, index_by_name, list_for
from ..module_utils._core.errors import PartialFailure
from ..module_utils._core.redaction import Redactor
from ..module_utils._module.argument_specs import FILTERS, FLEET, candidate_secrets
from ..module_utils._module.runner import Module, Result, Task, execute
from ..module_utils._services.api_generations import CURRENT
from ..plugin_utils._inventory_names import group_names, host_names
from ..plugin_utils._trusted_templates import render_options, to_data, to_template

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._clusters.facts import Record

FILES = ("ibmcloud_clusters.yml", "ibmcloud_clusters.yaml")
GROUP = "ibmcloud_clusters"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads a source file, asks the service, and makes hosts and groups of the answer."""

    NAME = "ibmcloud.kubernetes.clusters"

    def __init__(self) -> None:
        super().__init__()
        options = {**FILTERS, **FLEET, "details": {"type": "bool", "default": False}}
        self._module = Module("clusters", self._look_up, options)
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
        # Nothing is in the inventory before everything is known: some of the clusters would look like all of them.
        result, _secrets = execute(
            self._module, self._given, environ=os.environ, check_mode=False, warn=self.display.warning
        )
        if result.get("failed"):
            raise AnsibleParserError(result["msg"])
        by_name = self.get_option("hostname") == "name"
        hosts, shared = host_names(result["clusters"], by_name=by_name, is_taken=self._is_anothers)
        if shared:
            self.display.warning(f"clusters: called by their IDs, as others have the same names: {', '.join(shared)}")
        self.inventory.add_group(GROUP)
        for host, facts in hosts.items():
            self._add(host, facts)

    def set_options(
        self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Mapping[str, t.Any] | None = None
    ) -> None:
        """Take the options of a source file. Those that modules have too are taken as the modules take them.

        Ansible's own configuration knows no templates and no empty texts, and shows the values that it refuses.
        """
        given = render_options(direct or {}, self.templar)
        definitions = self.option_definitions
        known = {*definitions}.union(*(words.get("aliases", ()) for words in definitions.values()))
        unknown = sorted(str(name) for name in given.keys() - known)
        if unknown:
            # A filter that is misspelt would let in what it was to keep out.
            hint = f"ansible-doc -t inventory {self.NAME} names all."
            raise AnsibleParserError(f"clusters: there is no option {' or '.join(unknown)}. {hint}")
        spec = self._module.argument_spec
        ours = {name for option, words in spec.items() for name in (option, *words.get("aliases", ()))}
        checked = ArgumentSpecValidator(spec).validate({name: given[name] for name in ours & given.keys()})
        if checked.error_messages:
            redactor = Redactor()
            redactor.add(*candidate_secrets(given, spec, os.environ))
            raise AnsibleParserError(f"clusters: {redactor.clean(checked.errors.msg)}")
        self._given = checked.validated_parameters
        super().set_options(task_keys, var_options, {name: given[name] for name in given.keys() - ours})

    def _look_up(self, task: Task, cloud: Cloud) -> Result:
        self._generation = task.params["api_generation"]
        if not self.get_option("cache"):
            return {"clusters": found(task, cloud)}
        key = self._key(task, cloud)
        if not self._fresh:
            with contextlib.suppress(KeyError):  # nothing is kept, or it is too old
                return {"clusters": self._cache[key]}
        self._cache[key] = found(task, cloud)
        return {"clusters": self._cache[key]}

    def _key(self, task: Task, cloud: Cloud) -> str:
        """Return what the answer is kept under: another one for another account, and nothing of a secret."""
        account = task.params["account_id"] or cloud.login.account_token().claims.account_id
        spec = self._module.argument_spec
        open_options = {name: value for name, value in task.params.items() if not spec[name].get("no_log")}
        words = json.dumps([account, open_options], sort_keys=True)
        return f"{self.get_cache_key(self._path)}_{hashlib.sha256(words.encode()).hexdigest()[:16]}"

    def _is_anothers(self, name: str, identifier: str) -> bool:
        """Say whether the name is the host of another cluster already, of another source."""
        host = self.inventory.get_host(name)
        # A host of another source keeps its own connection.
        return host is not None and host.vars.get("cluster_access_cluster") != identifier

    def _add(self, host: str, facts: Record) -> None:
        self.inventory.add_host(host, group=GROUP)
        variables = to_data(
            {
                "ansible_connection": "local",
                "cluster_access_cluster": facts.get("id"),
                # The role then reads the list that the cluster is in, and no other.
                "cluster_access_provider": [facts.get("provider")],
                "ibmcloud_cluster": facts,
            }
        )
        if self._generation != CURRENT.name:
            # The role then speaks as this source did, and asks in the region that the cluster is in.
            variables["cluster_access_api_generation"] = self._generation
            variables["cluster_access_region"] = to_data(facts.get("region"))
        variables["ansible_python_interpreter"] = to_template("{{ ansible_playbook_python }}")
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        for name in group_names(facts, self.get_option("grouped_by")):
            group = self._sanitize_group_name(name)
            self.inventory.add_group(group)
            self.inventory.add_child(group, host)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)


def found(task: Task, cloud: Cloud) -> list[Record]:
    """Return the facts of the clusters that the options ask for."""
    pool = cloud.pool()
    records = Filters.from_options(task.params, cloud.generation).apply(
        list_for(cloud.containers, task.params["provider"], pool)
    )
    facts, failures = FactsReader(cloud.containers, everything=task.params["details"]).read_all(
        index_by_name(records), pool
    )
    if failures:
        raise PartialFailure(failures, total=len(records), result={})
    # What it was asked for as is the host's name here.
    return [{key: value for key, value in cluster.items() if key != "cluster"} for cluster in facts]
