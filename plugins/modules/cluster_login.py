#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log in to clusters and return connection settings."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_login
short_description: Log in to clusters and return connection settings for other collections
version_added: 0.1.0
description:
  - Logs in to each cluster with the kind of token that it accepts. Kubernetes clusters accept the Kubernetes ID token of the
    identity. OpenShift clusters accept a token of their OAuth server.
  - Reads from each cluster, over verified TLS, its version, the user that the token authenticates as, and whether that user may list
    namespaces.
  - Returns connection settings for M(kubernetes.core.k8s), the other modules of C(kubernetes.core), C(community.okd), Helm and
    kubectl.
  - Many clusters are processed at the same time. A failing cluster does not stop the others.
  - For a trusted profile, the ID token comes from the kubeconfig of each cluster (inferred). A trusted profile cannot log in to
    OpenShift clusters.
  - After HTTP 401 or 403 from a cluster, the request is sent once more, because a cluster may not know a new token yet (inferred).
  - If a cached CA certificate does not match the cluster, a new one is requested from the service.
  - A successful result is never printed or stored in job events, with or without C(no_log) on the task.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._fleet
  - ibmcloud.kubernetes._fleet.clusters
  - ibmcloud.kubernetes._cluster.allowed_hosts
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - Logs in, because the tasks that follow need the session for their prediction. An OpenShift cluster whose record has
        C(synchronized=false) is listed in RV(skipped_clusters) instead. With O(state=absent) the logout is predicted.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Each login to an OpenShift cluster creates a new token.
options:
  id_token:
    description:
      - The Kubernetes ID token that M(ibmcloud.kubernetes.iam_token) returned. If it is missing or expired, the module logs in and
        obtains one.
    type: str
  openshift_passcode:
    description:
      - A one-time passcode for the OAuth server of one OpenShift cluster, for a login without an API key. O(passcode) is for IAM.
    type: str
  endpoint:
    description:
      - The cluster endpoint to use for clusters that are given by name or ID. A record keeps its own C(master_url).
    type: str
    choices: [auto, public, private, vpe]
    default: auto
  cluster_ca_file:
    description:
      - A PEM file with the CA certificate of the cluster's API server, for clusters that are given by name or ID, when the service
        does not provide it. O(ca_cert) is the CA of IBM's services.
    type: path
  ca_folder:
    description:
      - The folder in which CA certificates are cached as files, because other collections need a file. It is created with mode 0700;
        a folder that others can write to is an error.
      - The default is C(ibmcloud.kubernetes/ca) in E(XDG_CACHE_HOME) or C(~/.cache).
    type: path
  state:
    description:
      - V(present) logs in.
      - V(absent) revokes the tokens of OpenShift clusters. O(clusters) must be RV(clusters) of an earlier login; names, IDs and
        other records are an error. Tokens of Kubernetes clusters cannot be revoked; they expire.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - module: ibmcloud.kubernetes.cluster_rbac_sync
"""

EXAMPLES = r"""
- name: Synchronize RBAC, because the clusters deny access without it
  ibmcloud.kubernetes.cluster_rbac_sync:
    clusters:
      - mycluster-classic
      - mycluster-vpc
  register: sync

- name: Log in to the clusters
  ibmcloud.kubernetes.cluster_login:
    clusters: "{{ sync.clusters }}"
  register: login

- name: List the namespaces of each
  kubernetes.core.k8s_info:
    kind: Namespace
    host: "{{ item.k8s_auth.host }}"
    api_key: "{{ item.k8s_auth.api_key }}"
    ca_cert: "{{ item.k8s_auth.ca_cert | default(omit) }}"
    validate_certs: true
  # These variables of the caller's environment would take precedence over the session.
  environment: {KUBECONFIG: "", K8S_AUTH_KUBECONFIG: "", K8S_AUTH_CERT_FILE: "", K8S_AUTH_KEY_FILE: ""}
  loop: "{{ login.clusters }}"
  loop_control:
    label: "{{ item.cluster }}"
  no_log: true

- name: Log out again
  ibmcloud.kubernetes.cluster_login:
    clusters: "{{ login.clusters }}"
    state: absent
"""

RETURN = r"""
clusters:
  description:
    - The records of the clusters that succeeded, with the keys below added.
  returned: with O(state=present)
  type: list
  elements: dict
  contains:
    cluster:
      description: The name or ID by which the cluster was requested.
      type: str
      sample: mycluster-vpc
    id:
      description: The cluster's ID.
      type: str
      sample: c9k2m7q10h4v3x8s6t5g
    master_url:
      description: The URL of the cluster's API server.
      type: str
      sample: https://c2.us-south.containers.cloud.ibm.com:30422
    ca_cert_data:
      description: The CA certificate of the API server in PEM; empty if a public CA signed its certificate.
      type: str
      sample: "-----BEGIN CERTIFICATE-----..."
    cluster_ca_file:
      description: The file with that CA certificate, or O(ca_cert). Empty if neither exists.
      type: str
      sample: /home/ada/.cache/ibmcloud.kubernetes/ca/ca-9f86d081884c7d659a2feaa0c55ad015/c9k2m7q10h4v3x8s6t5g.pem
    id_token:
      description: The token for a Kubernetes cluster; empty for an OpenShift cluster.
      type: str
      sample: eyJraWQiOiIyMDI2...
    openshift_token:
      description: The token for an OpenShift cluster; empty for a Kubernetes cluster.
      type: str
      sample: sha256~...
    expires_at:
      description: The time at which the token expires, in UTC; empty if it is not known.
      type: str
      sample: "2026-01-05T10:08:03Z"
    version:
      description: The Kubernetes version that the cluster reports.
      type: str
      sample: v1.33.4+IKS
    user:
      description: The user that the token authenticates as in the cluster; empty before Kubernetes 1.28, which does not report it.
      type: str
      sample: IAM#ada@example.com
    authorized:
      description: Whether that user may list namespaces.
      type: bool
      sample: true
    k8s_auth:
      description: Connection arguments, for C(module_defaults) of C(group/kubernetes.core.k8s).
      type: dict
      sample: {host: "https://c2.us-south.containers.cloud.ibm.com:30422"}
    k8s_env:
      description: The same settings as environment variables.
      type: dict
      sample: {K8S_AUTH_HOST: "https://c2.us-south.containers.cloud.ibm.com:30422"}
cluster:
  description:
    - The cluster, if exactly one was requested.
  returned: with O(state=present), for one cluster that succeeded
  type: dict
k8s_auth:
  description:
    - The C(k8s_auth) of the cluster, if exactly one was requested and succeeded.
    - In all other cases, including failures, it contains the settings of a host that does not exist. Otherwise, tasks could fall
      back to another cluster.
  returned: with O(state=present)
  type: dict
  sample: {host: "https://no-session.cluster-access.invalid"}
k8s_env:
  description:
    - The same settings as environment variables.
  returned: with O(state=present)
  type: dict
  sample: {K8S_AUTH_HOST: "https://no-session.cluster-access.invalid"}
expires_at:
  description:
    - The time at which the first of the tokens expires, in UTC; empty if it is not known.
  returned: with O(state=present)
  type: str
  sample: "2026-01-05T10:08:03Z"
skipped_clusters:
  description:
    - OpenShift clusters that check mode skipped, because their RBAC is not synchronized yet.
  returned: with O(state=present)
  type: list
  elements: str
  sample: [myopenshift]
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
      description: The error in one line.
      type: str
      sample: No cluster mycluster-old was found
    error:
      description: The error as fields; see the guide on errors.
      type: dict
      sample: {kind: not_found}
error:
  description:
    - The error as fields; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: auth, status: 401}
"""

import typing as t

from ..module_utils._clusters.cluster_facts import FactsReader
from ..module_utils._clusters.cluster_lookup import check_record, list_for, record_label, resolve_clusters
from ..module_utils._clusters.k8s_settings import no_session_auth, no_session_env
from ..module_utils._clusters.login import Sessions
from ..module_utils._clusters.rbac_sync import needs_sync
from ..module_utils._clusters.results import failure_entries, fleet_result, split_results
from ..module_utils._core.errors import IBMCloudError, InputError, failure_entry
from ..module_utils._core.options import ClustersOptions, FleetOptions, LoginOptions
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.argument_specs import CLUSTERS, FLEET, LOGIN
from ..module_utils._module.runner import Module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task
    from ..module_utils._services.cluster_records import Record


class Options(FleetOptions, ClustersOptions, LoginOptions):
    openshift_passcode: str
    state: str


def log_in_or_out(task: Task[Options], cloud: Cloud) -> Result:
    options = task.options
    items = options.required_clusters()
    sessions = Sessions(cloud, options, ca_folder=options.ca_folder, passcode=options.openshift_passcode)
    if options.state == "absent":
        return log_out(items, sessions, task, cloud)
    if not all(is_openshift(item) for item in items):
        # One login can serve all requests, if the ID token is announced before the first one.
        cloud.id_tokens.expect()
    resolution = resolve_clusters(
        items,
        lambda names: list_for(cloud.containers, None, task.pool(cloud, "lists of clusters read"), names),
        cloud.containers.region_note,
    )
    records, errors = read_missing_facts(resolution.found, task, cloud)
    skipped = [label for label, record in records.items() if task.check_mode and needs_sync(record)]
    ready = {label: record for label, record in records.items() if label not in skipped}
    pool = task.pool(cloud, "clusters logged in to", ready)
    clusters, login_errors = split_results(ready, pool.map_errors(ready.values(), sessions.open))
    failures = failure_entries(resolution.missing) + failure_entries({**errors, **login_errors}, resolution.found)
    only = clusters[0] if len(clusters) == 1 and not failures and not skipped else None
    more = {
        # "skipped" is a boolean of Ansible itself.
        "skipped_clusters": skipped,
        "expires_at": min((str(cluster["expires_at"]) for cluster in clusters if cluster["expires_at"]), default=""),
        "k8s_auth": only["k8s_auth"] if only else no_session_auth(),
        "k8s_env": only["k8s_env"] if only else no_session_env(),
        **({"cluster": only} if only else {}),
    }
    return fleet_result(
        clusters,
        failures,
        more,
        continue_on_error=options.continue_on_error,
        warn=task.warn,
        skipped=skipped,
    )


def read_missing_facts(
    records: dict[str, Record], task: Task[Options], cloud: Cloud
) -> tuple[dict[str, Record], dict[str, IBMCloudError]]:
    """Return the records, with the URL and the CA of those that lack them, and the errors by label."""
    reader = FactsReader.for_login(cloud, task.options)
    pool = task.pool(cloud, "clusters read", records)
    complete, errors = split_results(records, pool.map_errors(records.values(), reader.complete))
    return {str(record["cluster"]): record for record in complete}, errors


def is_openshift(item: t.Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "openshift"


def log_out(items: list[t.Any], sessions: Sessions, task: Task[Options], cloud: Cloud) -> Result:
    """Revoke the tokens of sessions. Check mode revokes nothing and predicts the result."""
    for number, item in enumerate(items):
        check_session(item, number)
    pool = task.pool(cloud, "clusters logged out of", items)
    results = pool.map_errors(items, lambda session: sessions.close(session, check_mode=task.check_mode))
    done: list[Record] = []
    failures = []
    for session, result in zip(items, results):
        label, identifier = record_label(session), str(session["id"])
        if isinstance(result, IBMCloudError):
            failures.append(failure_entry(label, result, identifier))
        else:
            done.append({"cluster": label, "id": identifier})
    more = {"changed": any(result is True for result in results)}
    return fleet_result(done, failures, more, continue_on_error=task.options.continue_on_error, warn=task.warn)


def check_session(item: t.Any, number: int) -> None:
    """Check an item of ``clusters`` for a logout.

    :raises InputError: if it is not a record that ``cluster_login`` returned.
    """
    if not isinstance(item, dict) or "openshift_token" not in item:
        raise InputError(
            f"clusters[{number}] is not a session",
            hint="With state=absent, clusters must be the clusters that ibmcloud.kubernetes.cluster_login returned.",
        )
    check_record(item, number)


MODULE = Module(
    "cluster_login",
    log_in_or_out,
    Options,
    options={
        **FLEET,
        **CLUSTERS,
        **LOGIN,
        "id_token": {"type": "str", "no_log": True},
        "openshift_passcode": {"type": "str", "no_log": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
