#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read each cluster's version, the authenticated user, and this user's permissions in the cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_access_info
short_description: Show each cluster's version, your user in the cluster, and whether the user has a permission
version_added: 0.1.0
description:
  - Calls the API of each cluster over verified TLS. Returns the cluster's version, the authenticated user, and whether this user is allowed
    to perform an action.
  - If O(cluster) or O(clusters) is set, the module finds the clusters and logs in to them, but does not synchronize RBAC. If
    O(master_url) is set, the module calls the API server at this URL.
  - The module fails if a cluster treats the request as anonymous. A version in the response does not prove that the cluster accepted the
    token, because Kubernetes API servers also return their version to anonymous callers.
  - If a cluster rejects the token (HTTP 401), the module reports an error of kind V(auth). If the user does not have the permission,
    RV(authorized) is V(false).
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._cluster
  - ibmcloud.kubernetes._cluster.allowed_hosts
  - ibmcloud.kubernetes._many_clusters
  - ibmcloud.kubernetes._many_clusters.clusters
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - Works the same way with and without check mode. For clusters that are given by name, ID or record, the module logs in, caches CA
        certificates, and creates and revokes OpenShift tokens.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing in a cluster except its own OpenShift tokens.
  idempotent:
    support: full
    details:
      - The module never reports a change.
options:
  cluster:
    description:
      - This option is also mutually exclusive with O(master_url).
  id_token:
    description:
      - If neither this option nor O(openshift_token) is set, the module logs in with the given credentials and obtains its own tokens.
        Afterward, the module revokes the OpenShift tokens that it obtained.
  endpoint:
    description:
      - The cluster endpoint to use for clusters that are given by name or ID. For a cluster that is given as a record, the record's
        C(master_url) is used.
    type: str
    choices: [auto, public, private, vpe]
    default: auto
  cluster_ca_file:
    description:
      - A PEM file with the CA certificate of the cluster's API server. With O(cluster) or O(clusters), the file is used if the containers
        API does not provide the certificate.
    type: path
  ca_folder:
    description:
      - The folder in which CA certificates are cached as files.
      - The default is C(ibmcloud.kubernetes/ca) in E(XDG_CACHE_HOME) or C(~/.cache), as in M(ibmcloud.kubernetes.cluster_login).
    type: path
  verb:
    description:
      - The verb of the action to check, such as V(get), V(list) or V(create).
    type: str
    default: list
  resource:
    description:
      - The resource of the action to check, such as V(namespaces), V(pods) or V(deployments).
    type: str
    default: namespaces
  api_group:
    description:
      - The API group of O(resource), such as V(apps). For the core group, use an empty string.
    type: str
    default: ""
  namespace:
    description:
      - The namespace of the action to check. By default, the check covers all namespaces, or the whole cluster if O(resource) is
        cluster-scoped.
    type: str
  wait:
    description:
      - Whether to wait until the user is allowed to perform the action.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait for the permission, in seconds. If the value is V(0), the module checks the permission only once.
    type: int
    default: 120
  wait_sleep:
    description:
      - The maximum pause between two checks of the permission, in seconds.
    type: int
    default: 5
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - module: ibmcloud.kubernetes.iam_token
  - module: ibmcloud.kubernetes.openshift_token
"""

EXAMPLES = r"""
# On the command line: ansible localhost -m ibmcloud.kubernetes.cluster_access_info -a cluster=mycluster-vpc
- name: Show my user in a cluster
  ibmcloud.kubernetes.cluster_access_info:
    cluster: mycluster-vpc

- name: Synchronize RBAC
  ibmcloud.kubernetes.cluster_rbac_sync:
    clusters: [mycluster-vpc, myopenshift]
  register: synchronized

- name: Show whether I can create pods in two clusters
  ibmcloud.kubernetes.cluster_access_info:
    clusters: "{{ synchronized.clusters }}"
    verb: create
    resource: pods
    namespace: default

- name: Wait until I can create pods in the namespace default
  ibmcloud.kubernetes.cluster_access_info:
    cluster: mycluster-vpc
    verb: create
    resource: pods
    namespace: default
    wait: true

- name: Log in
  ibmcloud.kubernetes.iam_token:
    kubernetes_id_token: true
  register: iam

- name: Find the cluster
  ibmcloud.kubernetes.cluster_info:
    cluster: mycluster-vpc
    endpoint: auto
    ca: true
  register: result

- name: Get my user from the API server at a given URL
  ibmcloud.kubernetes.cluster_access_info:
    master_url: "{{ result.cluster.master_url }}"
    ca_cert_data: "{{ result.cluster.ca_cert_data }}"
    id_token: "{{ iam.id_token }}"
"""

RETURN = r"""
version:
  description:
    - The version information that the cluster reports, unchanged.
  returned: success, for one cluster
  type: dict
  sample: {gitVersion: v1.33.4+IKS, major: "1", minor: "33", platform: linux/amd64}
authenticated:
  description:
    - Whether the cluster accepted the token. The value is always V(true), because the module fails if the cluster rejects the token.
  returned: success, for one cluster
  type: bool
  sample: true
authorized:
  description:
    - Whether the user is allowed to perform the action that O(verb), O(resource), O(api_group) and O(namespace) specify.
  returned: success, for one cluster
  type: bool
  sample: true
user:
  description:
    - The authenticated user. API servers before Kubernetes 1.28 do not report the user.
  returned: when the server reports it, for one cluster
  type: str
  sample: IAM#ada@example.com
groups:
  description:
    - The user's groups in the cluster.
  returned: when the server reports them, for one cluster
  type: list
  elements: str
  sample: [system:authenticated]
clusters:
  description:
    - The clusters that succeeded. Each entry contains C(cluster), C(id), C(master_url), and the same keys as the result for one cluster,
      such as RV(version). The entries do not contain tokens.
  returned: with O(cluster) or O(clusters)
  type: list
  elements: dict
failures:
  description:
    - The clusters that failed.
  returned: with O(cluster) or O(clusters)
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
  sample: {kind: auth, status: 401}
"""

import contextlib
import functools
import typing as t

from ..module_utils._cloud import ClusterEndpoint
from ..module_utils._clusters.access_pipeline import get_access
from ..module_utils._clusters.cluster_facts import FactsReader
from ..module_utils._clusters.login import Sessions
from ..module_utils._clusters.module_results import failure_entries, fleet_result, split_results
from ..module_utils._clusters.rbac_sync import SyncOptions, wait_until_authorized
from ..module_utils._core.errors import IBMCloudError, InputError, RbacSyncError
from ..module_utils._core.options import ApiServerOptions, ClustersOptions, FleetOptions, LoginOptions, at_most_one
from ..module_utils._core.progress import Progress
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.argument_specs import API_SERVER, CLUSTERS, FLEET, LOGIN
from ..module_utils._module.runner import Module
from ..module_utils._services.kubernetes import AccessReview

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._core.strict_json import JSON
    from ..module_utils._module.runner import Result, Task
    from ..module_utils._services.cluster_records import Record
    from ..module_utils._services.kubernetes import Kubernetes, User


# The result keys whose values come from the cluster.
REPORTED = ("version", "authenticated", "authorized", "user", "groups")


class Options(ApiServerOptions, ClustersOptions, FleetOptions, LoginOptions):
    verb: str
    resource: str
    api_group: str
    namespace: str
    wait: bool
    wait_sleep: int


def check_access(task: Task[Options], cloud: Cloud) -> Result:
    options = task.options
    items = options.requested_clusters()
    at_most_one(id_token=options.id_token, openshift_token=options.openshift_token)
    if items is None:
        return check_given_url(options, cloud)
    options.check_unused(because_of="cluster" if options.cluster else "clusters")
    return check_clusters(items, task, cloud)


def check_given_url(options: Options, cloud: Cloud) -> Result:
    """Return the version, the user and the permission that the cluster at ``master_url`` reports for the token."""
    if not options.master_url:
        raise InputError("Set cluster, clusters or master_url")
    address = ClusterEndpoint.from_options(options)
    token = options.openshift_token or options.id_token or cloud.id_tokens.required_session().id
    api = cloud.kubernetes(address, token)
    version = api.version()
    user = api.openshift_user() if options.openshift_token else api.who_am_i()
    return without_nulls(report(options, cloud, api, version, user))


def report(options: Options, cloud: Cloud, api: Kubernetes, version: dict[str, JSON], user: User | None) -> Result:
    """Return the result for one cluster. ``user`` and ``groups`` are null if the server does not report them."""
    authorized = wait_until_authorized(
        api,
        AccessReview(options.verb, options.resource, options.api_group, options.namespace),
        wait_timeout=options.wait_timeout if options.wait else None,
        longest_pause=options.wait_sleep,
        clock=cloud.clock,
    )
    return {
        "version": version,
        "authenticated": True,
        "authorized": authorized,
        "user": user.name if user else None,
        "groups": list(user.groups) if user else None,
    }


def without_nulls(reported: t.Mapping[str, t.Any]) -> Result:
    return {key: reported[key] for key in REPORTED if reported[key] is not None}


def check_clusters(items: t.Sequence[t.Any], task: Task[Options], cloud: Cloud) -> Result:
    """Log in to the clusters and return the result for each cluster."""
    options = task.options
    sessions = Sessions(cloud, options, ca_folder=options.ca_folder, report=functools.partial(report, options, cloud))
    access = get_access(
        cloud,
        items,
        reader=FactsReader.for_login(cloud, options),
        sessions=sessions,
        sync=SyncOptions(apply=False, rate_limit=options.rate_limit),
        progress=Progress(task.report_progress, cloud.clock),
    )

    def close(session: Record) -> Result:
        # The session is closed, because the result does not contain the session's token. A failed logout does not change the cluster's result.
        with contextlib.suppress(IBMCloudError):
            sessions.close(session)
        return {"id": session["id"], "master_url": session["master_url"], **without_nulls(session)}

    opened = {str(session["cluster"]): session for session in access.sessions}
    clusters, errors = split_results(
        opened, task.pool(cloud, "logouts completed", opened).map_errors(opened.values(), close)
    )
    hint = "Run ibmcloud.kubernetes.cluster_rbac_sync."
    skipped = {str(record["cluster"]): record for record in access.skipped}
    for label in skipped:
        errors[label] = RbacSyncError(
            "RBAC is not synchronized, so the cluster rejects the login", kind="rbac_error", hint=hint
        )
    failures = access.failures + failure_entries(errors, {**opened, **skipped})
    only = clusters[0] if len(items) == 1 and clusters else {}
    more: Result = {key: only[key] for key in REPORTED if key in only}
    return fleet_result(clusters, failures, more, continue_on_error=options.continue_on_error, warn=task.warn)


MODULE = Module(
    "cluster_access_info",
    check_access,
    Options,
    options={
        **API_SERVER,
        **CLUSTERS,
        **FLEET,
        **LOGIN,
        "verb": {"type": "str", "default": "list"},
        "resource": {"type": "str", "default": "namespaces"},
        "api_group": {"type": "str", "default": ""},
        "namespace": {"type": "str"},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 120},
        "wait_sleep": {"type": "int", "default": 5},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
