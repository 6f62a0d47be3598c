#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List clusters or look up individual clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: List IBM Cloud Kubernetes Service and OpenShift clusters, or look up individual clusters
version_added: 0.1.0
description:
  - Returns the clusters in an account, with each cluster's endpoints and the URL of the cluster's API server (C(master_url)).
  - The module finds clusters by name or ID. If a name is ambiguous, the module reports an error that lists the matching IDs.
  - The module processes many clusters at the same time. A failed cluster does not stop the processing of other clusters.
  - With O(wait=true), the module waits until the clusters are ready. If the task runs locally, the task reports its progress at most every
    five seconds.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._cluster_selection
  - ibmcloud.kubernetes._cluster_selection.resource_group
  - ibmcloud.kubernetes._many_clusters
  - ibmcloud.kubernetes._many_clusters.clusters
  - ibmcloud.kubernetes._cluster.allowed_hosts
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.info_module
  - ibmcloud.kubernetes._attributes.actiongroup
options:
  cluster:
    description:
      - The name or ID of one cluster. This option is mutually exclusive with O(clusters). By default, all clusters that match the filters
        are returned.
  endpoint:
    description:
      - The cluster endpoint to return as RV(clusters[].master_url). If a cluster does not have this endpoint, the lookup of the cluster
        fails. The module does not fall back to another endpoint.
      - V(auto) selects the endpoint that the containers API prefers. The containers API prefers the public endpoint if this endpoint is enabled.
      - For the private endpoint of an OpenShift cluster, the module returns the host name that has a publicly signed certificate. The
        first label of this host name ends in C(-e).
      - If this option is not set, RV(clusters[].master_url) is the same as with V(auto), or null for a cluster without an endpoint.
    type: str
    choices: [auto, public, private, vpe]
  details:
    description:
      - Whether to return all keys that the containers API sends. This option requires one additional request per cluster. The cluster lists contain
        neither the keys C(crn) and C(lifecycle) nor the endpoints of VPC clusters.
      - If this option is V(false), the module returns only the documented keys of RV(clusters).
    type: bool
    default: false
  ca:
    description:
      - Whether to return the CA certificate of the cluster's API server in RV(clusters[].ca_cert_data). This option requires one
        additional request for each Kubernetes cluster.
      - If the containers API denies the request for the certificate, the module tries the cluster's kubeconfig, and then O(cluster_ca_file). If no
        source provides the certificate, the lookup of the cluster fails, because certificate verification is never disabled.
      - OpenShift clusters have publicly signed certificates. For OpenShift clusters, the module returns a CA certificate only
        if O(cluster_ca_file) is set.
    type: bool
    default: false
  cluster_ca_file:
    description:
      - A PEM file with the CA certificate of the cluster's API server. The file is used if the containers API does not provide
        the certificate. To set the CA certificates for IBM's services, use O(ca_cert).
    type: path
  use_cached_ca:
    description:
      - With O(ca=true), whether to return a cached CA certificate of the cluster's API server instead of requesting the certificate.
        M(ibmcloud.kubernetes.cluster_login) caches the certificate, and replaces a cached certificate that no longer matches the cluster.
    type: bool
    default: false
  ca_folder:
    description:
      - The folder in which CA certificates are cached as files.
      - The default is C(ibmcloud.kubernetes/ca) in E(XDG_CACHE_HOME) or C(~/.cache), as in M(ibmcloud.kubernetes.cluster_login).
    type: path
  for_login:
    description:
      - Whether the lookup of a cluster fails if M(ibmcloud.kubernetes.cluster_login) would be unable to log in to the cluster with the same
        options. The module checks the options before it waits for clusters. The module does not send requests to the clusters.
      - The lookup fails if the host of the cluster's URL does not match O(allowed_hosts). For an OpenShift cluster, the lookup also fails if
        neither an API key nor a passcode is given, or if the identity is a trusted profile. If no API key is given, O(openshift_passcode)
        is used only for the first OpenShift cluster.
    type: bool
    default: false
  openshift_passcode:
    description:
      - The one-time passcode for M(ibmcloud.kubernetes.cluster_login). With O(for_login=true), the module checks that the passcode is
        given, but does not send the passcode.
    type: str
  wait:
    description:
      - Whether to wait until each cluster is ready. By default, clusters are returned in any state.
      - A ready cluster has a URL. In addition, the cluster's state is V(normal), V(warning) or V(unsupported), or the cluster's master is
        deployed and healthy. A
        ready cluster may not have worker nodes yet.
      - If a cluster is not found, or if its state is V(aborted), V(deleted), V(deleting), V(delete_failed) or V(deploy_failed), the lookup
        of the cluster fails immediately.
      - This option is mutually exclusive with O(states).
    type: bool
    default: false
  wait_timeout:
    description:
      - With O(wait=true), how long to wait for all clusters together, in seconds. If the value is V(0), the module checks each cluster only
        once.
    type: int
    default: 1800
  wait_sleep:
    description:
      - With O(wait=true), the maximum pause between two checks of a cluster, in seconds. The first pauses last about half a second, and later
        pauses last about a tenth of the elapsed time. If the module waits for many clusters, the pauses can exceed this maximum, because
        O(rate_limit) takes precedence.
    type: int
    default: 20
seealso:
  - module: ibmcloud.kubernetes.cluster_rbac_sync
  - module: ibmcloud.kubernetes.cluster_login
"""

EXAMPLES = r"""
- name: List the classic and VPC clusters of the account
  ibmcloud.kubernetes.cluster_info:
  register: found

- name: List the healthy OpenShift clusters of two regions
  ibmcloud.kubernetes.cluster_info:
    type: openshift
    regions: [us-south, eu-de]
    states: [normal]
  register: found

- name: Look up several clusters
  ibmcloud.kubernetes.cluster_info:
    clusters:
      - mycluster-classic
      - mycluster-vpc
  register: found

- name: Look up one cluster with its CA certificate
  ibmcloud.kubernetes.cluster_info:
    cluster: mycluster-vpc
    endpoint: auto
    ca: true
  register: found

- name: Wait up to an hour until a new cluster is ready
  ibmcloud.kubernetes.cluster_info:
    cluster: mycluster-vpc
    wait: true
    wait_timeout: 3600
  register: found

- name: Show the URL of its API server
  ansible.builtin.debug:
    msg: "{{ found.cluster.master_url }}"

- name: Look up clusters for a login
  ibmcloud.kubernetes.cluster_info:
    clusters:
      - mycluster-vpc
      - myopenshift
    for_login: true
    continue_on_error: true
  register: found
"""

RETURN = r"""
clusters:
  description:
    - The clusters that were found. With O(details=true), each entry also contains all other keys that the containers API sent. If a record in
      O(clusters) contains a session, the module does not return the session.
  returned: always, unless the lists could not be read
  type: list
  elements: dict
  contains:
    cluster:
      description: The name or ID by which the cluster was requested. If clusters were not requested by name or ID, the value is the
        cluster's name, or the cluster's ID if two clusters have the same name.
      type: str
      sample: mycluster-vpc
    id:
      description: The cluster's ID.
      type: str
      sample: c9k2m7q10h4v3x8s6t5g
    name:
      description: The cluster's name.
      type: str
      sample: mycluster-vpc
    type:
      description: The cluster's type, V(kubernetes) or V(openshift).
      type: str
      sample: kubernetes
    provider:
      description: The cluster's provider, V(classic), V(vpc-gen2), V(satellite) or V(vpc-classic).
      type: str
      sample: vpc-gen2
    region:
      description: The cluster's region, such as V(us-south).
      type: str
      sample: us-south
    resourceGroup:
      description: The ID of the resource group.
      type: str
      sample: b2c3d4e5f60718293a4b5c6d7e8f90a1
    resourceGroupName:
      description: The name of the resource group.
      type: str
      sample: default
    state:
      description: The cluster's state, such as V(normal).
      type: str
      sample: normal
    masterKubeVersion:
      description: The version of the cluster's control plane. For an OpenShift cluster, the value is the OpenShift version.
      type: str
      sample: 1.33.4_1543
    versionEOS:
      description: The time at which support for the cluster's version ends, if the containers API reports that time.
      type: str
      sample: "2026-09-30T00:00:00Z"
    workerCount:
      description: The number of worker nodes.
      type: int
      sample: 3
    masterURL:
      description: The URL of the API server, as returned by the containers API. Older API generations send C(serverURL) or
        C(publicServiceEndpointURL) instead. The module returns RV(clusters[].master_url) for all API generations.
      type: str
      sample: https://c2.us-south.containers.cloud.ibm.com:30422
    master_url:
      description: The URL of the API server at the selected O(endpoint), or null if the cluster does not have a URL yet.
      type: str
      sample: https://c2.us-south.containers.cloud.ibm.com:30422
    endpoints:
      description: The URLs of the cluster's endpoints, keyed by endpoint type. The URL of a disabled endpoint is null. Endpoints that the
        containers API does not report are omitted, for example the endpoints of VPC clusters if O(details) is V(false).
      type: dict
      sample: {public: "https://c2.us-south.containers.cloud.ibm.com:30422", private: null}
    ca_cert_data:
      description: The CA certificate in PEM format, or an empty string if a public CA signed the server's certificate. The module returns this
        key only with O(ca=true).
      type: str
      sample: "-----BEGIN CERTIFICATE-----..."
    ca_cert_source:
      description:
        - The source of the CA certificate. The value is V(service) (the containers API), V(cache) (see O(use_cached_ca)), V(file), V(unverified)
          or an empty string.
        - V(unverified) means that the module read the certificate from the containers API with O(validate_certs=false). An unverified certificate
          is never read from the cache.
      type: str
      sample: service
cluster:
  description:
    - The requested cluster.
  returned: when O(cluster) is set and was found
  type: dict
failures:
  description:
    - The clusters that failed.
  returned: when clusters were processed
  type: list
  elements: dict
  contains:
    cluster:
      description: The name or ID by which the cluster was requested.
      type: str
      sample: mycluster-old
    id:
      description: The cluster's ID, if it is known.
      type: str
      sample: c9k2m7q10h4v3x8s6t5g
    msg:
      description: The error as one line of text.
      type: str
      sample: No cluster mycluster-old was found
    error:
      description: The error as structured data. The guide on errors describes the fields of an error.
      type: dict
      sample: {kind: not_found}
error:
  description:
    - The error as structured data. The guide on errors describes the fields of an error.
  returned: failure
  type: dict
  sample: {kind: not_found, hint: "Did you mean: mycluster?"}
"""

import typing as t

from ..module_utils._clusters.ca_store import CaStore
from ..module_utils._clusters.cluster_facts import FactsReader, documented_keys
from ..module_utils._clusters.cluster_lookup import Filters, Resolution, index_by_name, list_for, resolve_clusters
from ..module_utils._clusters.login_checks import LoginChecks
from ..module_utils._clusters.module_results import failure_entries, fleet_result, split_results
from ..module_utils._clusters.ready_waiter import ReadyWaiter, WaitOptions
from ..module_utils._core.errors import InputError
from ..module_utils._core.options import AllowedHostsOptions, ClustersOptions, FilterOptions, FleetOptions
from ..module_utils._core.progress import Progress
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.argument_specs import ALLOWED_HOSTS, CLUSTERS, FILTERS, FLEET
from ..module_utils._module.runner import Module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._core.errors import IBMCloudError
    from ..module_utils._module.runner import Result, Task
    from ..module_utils._services.cluster_records import Record


class Options(FilterOptions, FleetOptions, ClustersOptions, AllowedHostsOptions):
    endpoint: str
    details: bool
    ca: bool
    cluster_ca_file: str
    use_cached_ca: bool
    ca_folder: str
    for_login: bool
    openshift_passcode: str
    wait: bool
    wait_sleep: int


def find_clusters(task: Task[Options], cloud: Cloud) -> Result:
    options = task.options
    wanted = options.requested_clusters()
    if options.wait and options.states:
        raise InputError(
            "wait=true and states are mutually exclusive",
            hint="Omit states, because a cluster's state changes during the wait.",
        )

    def list_records(names: list[str]) -> list[Record]:
        pool = task.pool(cloud, "cluster lists read")
        return list_for(cloud.containers, options.provider, pool, names)

    filters = Filters.from_options(options, cloud.generation)
    if wanted is None:
        resolution = Resolution(index_by_name(filters.apply(list_records([]))), {})
    else:
        resolution = resolve_clusters(wanted, list_records, cloud.containers.region_note, filters)
    reader = facts_reader(options, cloud)
    checks = LoginChecks(cloud.login, bool(options.ibmcloud_api_key), bool(options.openshift_passcode))
    refused = checks.errors(resolution.found, reader) if options.for_login else {}
    records = {label: record for label, record in resolution.found.items() if label not in refused}
    found, errors = split_results(records, read_facts(records, reader, task, cloud))
    clusters = found if options.details else [documented_keys(facts) for facts in found]
    failures = failure_entries(resolution.missing) + failure_entries({**refused, **errors}, resolution.found)
    more = {"cluster": clusters[0]} if options.cluster and clusters else {}
    return fleet_result(clusters, failures, more, continue_on_error=options.continue_on_error, warn=task.warn)


def facts_reader(options: Options, cloud: Cloud) -> FactsReader:
    return FactsReader(
        cloud.containers,
        endpoint=options.endpoint,
        everything=options.details,
        ca=options.ca,
        ca_file=options.cluster_ca_file,
        ca_store=CaStore.for_cloud(cloud, options.ca_folder) if options.use_cached_ca else None,
        is_verified=options.validate_certs,
        allowed=options.allowed_hosts if options.for_login else None,
    )


def read_facts(
    records: dict[str, Record], reader: FactsReader, task: Task[Options], cloud: Cloud
) -> list[Record | IBMCloudError]:
    """Return the facts or the lookup error of each cluster. If ``wait`` is true, wait until each cluster is ready."""
    options = task.options
    if not options.wait:
        return reader.read_all(records, task.pool(cloud, "clusters read", records))
    wait = WaitOptions(timeout=options.wait_timeout, longest_pause=options.wait_sleep, rate_limit=options.rate_limit)
    progress = Progress(task.report_progress, cloud.clock)
    return ReadyWaiter(reader, wait, cloud.clock, progress).run(records, cloud.concurrency)


MODULE = Module(
    "cluster_info",
    find_clusters,
    Options,
    options={
        **FILTERS,
        **FLEET,
        **CLUSTERS,
        **ALLOWED_HOSTS,
        "endpoint": {"type": "str", "choices": ["auto", "public", "private", "vpe"]},
        "details": {"type": "bool", "default": False},
        "ca": {"type": "bool", "default": False},
        "cluster_ca_file": {"type": "path"},
        "use_cached_ca": {"type": "bool", "default": False},
        "ca_folder": {"type": "path"},
        "for_login": {"type": "bool", "default": False},
        "openshift_passcode": {"type": "str", "no_log": True},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 1800},
        "wait_sleep": {"type": "int", "default": 20},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
