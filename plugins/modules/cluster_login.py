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
  - Logs in to each cluster with the kind of token that the cluster accepts. Kubernetes clusters accept the identity's Kubernetes ID token.
    OpenShift clusters accept tokens from their own OAuth servers.
  - Reads the version of each cluster and the authenticated user, and checks whether this user is allowed to list namespaces. The requests
    to the cluster use verified TLS.
  - Returns connection settings for M(kubernetes.core.k8s), the other modules of C(kubernetes.core), C(community.okd), Helm and
    kubectl.
  - Processes many clusters at the same time. A failed cluster does not stop the processing of other clusters.
  - For a trusted profile, the module reads the ID token from the kubeconfig of each cluster. IBM does not document this
    login. A trusted profile cannot log in to OpenShift clusters.
  - If a cluster responds with HTTP 401 or 403, the module retries the request once, because the cluster may not recognize a new token
    yet. IBM does not document this delay.
  - If a cached CA certificate does not match the cluster, the module requests the certificate from the service again.
  - A successful result is never printed or stored in job events, with or without C(no_log) on the task.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._many_clusters
  - ibmcloud.kubernetes._many_clusters.clusters
  - ibmcloud.kubernetes._cluster.allowed_hosts
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - Logs in, because subsequent tasks need the session for their predictions. If the record of an OpenShift cluster contains
        C(synchronized=false), the module skips the cluster and lists it in RV(skipped_clusters). With O(state=absent), the module only
        predicts the logout.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Each login to an OpenShift cluster creates a new token.
options:
  id_token:
    description:
      - The Kubernetes ID token, as returned by M(ibmcloud.kubernetes.iam_token). If the token is missing or expired, the module logs in and
        obtains a new token.
    type: str
  openshift_passcode:
    description:
      - A one-time passcode for the OAuth server of one OpenShift cluster. The passcode is required if the login does not use an API key. To
        log in to IAM with a one-time passcode, use O(passcode).
    type: str
  endpoint:
    description:
      - The cluster endpoint to use for clusters that are given by name or ID. For a cluster that is given as a record, the record's
        C(master_url) is used.
    type: str
    choices: [auto, public, private, vpe]
    default: auto
  cluster_ca_file:
    description:
      - A PEM file with the CA certificate of the cluster's API server, for clusters that are given by name or ID. The file is used if the
        service does not provide the certificate. To set the CA certificates for IBM's services, use O(ca_cert).
    type: path
  ca_folder:
    description:
      - The folder in which CA certificates are cached as files. Other collections require a CA certificate in a file. The module creates the folder with
        mode 0700. If other users can write to the folder, the module fails.
      - The default is C(ibmcloud.kubernetes/ca) in E(XDG_CACHE_HOME) or C(~/.cache).
    type: path
  state:
    description:
      - V(present) logs in.
      - V(absent) revokes OpenShift tokens. With O(state=absent), O(clusters) must contain entries of RV(clusters) from an earlier login.
        Names, IDs and other records are rejected. The ID tokens for Kubernetes clusters cannot be revoked, so these tokens remain valid
        until they expire.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: ibmcloud.kubernetes.cluster_info
  - module: ibmcloud.kubernetes.cluster_rbac_sync
"""

EXAMPLES = r"""
- name: Synchronize RBAC, so that the clusters grant access
  ibmcloud.kubernetes.cluster_rbac_sync:
    clusters:
      - mycluster-classic
      - mycluster-vpc
  register: sync

- name: Log in to the clusters
  ibmcloud.kubernetes.cluster_login:
    clusters: "{{ sync.clusters }}"
  register: login

- name: List the namespaces of each cluster
  kubernetes.core.k8s_info:
    kind: Namespace
    host: "{{ item.k8s_auth.host }}"
    api_key: "{{ item.k8s_auth.api_key }}"
    ca_cert: "{{ item.k8s_auth.ca_cert | default(omit) }}"
    validate_certs: true
  # Without these values, the caller's environment variables would take precedence over the session.
  environment: {KUBECONFIG: "", K8S_AUTH_KUBECONFIG: "", K8S_AUTH_CERT_FILE: "", K8S_AUTH_KEY_FILE: ""}
  loop: "{{ login.clusters }}"
  loop_control:
    label: "{{ item.cluster }}"
  no_log: true

- name: Log out of the clusters
  ibmcloud.kubernetes.cluster_login:
    clusters: "{{ login.clusters }}"
    state: absent
"""

RETURN = r"""
clusters:
  description:
    - The records of the clusters that succeeded, with the following keys added.
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
      description: The CA certificate in PEM format, or an empty string if a public CA signed the server's certificate.
      type: str
      sample: "-----BEGIN CERTIFICATE-----..."
    cluster_ca_file:
      description: The path of the file that contains C(ca_cert_data). If C(ca_cert_data) is empty, this key contains the value of
        O(ca_cert), or an empty string if O(ca_cert) is not set.
      type: str
      sample: /home/ada/.cache/ibmcloud.kubernetes/ca/ca-9f86d081884c7d659a2feaa0c55ad015/c9k2m7q10h4v3x8s6t5g.pem
    id_token:
      description: The token for a Kubernetes cluster, or an empty string for an OpenShift cluster.
      type: str
      sample: eyJraWQiOiIyMDI2...
    openshift_token:
      description: The token for an OpenShift cluster, or an empty string for a Kubernetes cluster.
      type: str
      sample: sha256~...
    expires_at:
      description: The time at which the token expires, in UTC, or an empty string if the time is unknown.
      type: str
      sample: "2026-01-05T10:08:03Z"
    version:
      description: The Kubernetes version that the cluster reports.
      type: str
      sample: v1.33.4+IKS
    user:
      description: The authenticated user in the cluster. The value is empty if the API server is older than Kubernetes 1.28, because older
        API servers do not report the user.
      type: str
      sample: IAM#ada@example.com
    authorized:
      description: Whether the user is allowed to list namespaces.
      type: bool
      sample: true
    k8s_auth:
      description: The cluster's connection settings for the C(group/kubernetes.core.k8s) entry of C(module_defaults).
      type: dict
      sample: {host: "https://c2.us-south.containers.cloud.ibm.com:30422"}
    k8s_env:
      description: The connection settings as environment variables.
      type: dict
      sample: {K8S_AUTH_HOST: "https://c2.us-south.containers.cloud.ibm.com:30422"}
cluster:
  description:
    - The cluster's entry in RV(clusters), if exactly one cluster was requested.
  returned: with O(state=present), if exactly one cluster was requested and succeeded
  type: dict
k8s_auth:
  description:
    - The cluster's C(k8s_auth), if exactly one cluster was requested and its login succeeded.
    - In all other cases, including failures, the settings contain the name of a host that does not exist. Subsequent tasks then fail
      instead of falling back to another cluster.
  returned: with O(state=present)
  type: dict
  sample: {host: "https://no-session.cluster-access.invalid"}
k8s_env:
  description:
    - The connection settings in RV(k8s_auth) as environment variables.
  returned: with O(state=present)
  type: dict
  sample: {K8S_AUTH_HOST: "https://no-session.cluster-access.invalid"}
expires_at:
  description:
    - The time at which the first of the tokens expires, in UTC, or an empty string if no time is known.
  returned: with O(state=present)
  type: str
  sample: "2026-01-05T10:08:03Z"
skipped_clusters:
  description:
    - The OpenShift clusters that check mode skipped because their RBAC is not synchronized yet.
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

import typing as t

from ..module_utils._clusters.cluster_facts import FactsReader
from ..module_utils._clusters.cluster_lookup import check_record, list_for, record_label, resolve_clusters
from ..module_utils._clusters.k8s_settings import no_session_auth, no_session_env
from ..module_utils._clusters.login import Sessions
from ..module_utils._clusters.module_results import failure_entries, fleet_result, split_results
from ..module_utils._clusters.rbac_sync import needs_sync
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
        # The call to expect() precedes the first request, so that one login can provide the tokens for all requests.
        cloud.id_tokens.expect()
    resolution = resolve_clusters(
        items,
        lambda names: list_for(cloud.containers, None, task.pool(cloud, "cluster lists read"), names),
        cloud.containers.region_note,
    )
    records, errors = read_missing_facts(resolution.found, sessions, task, cloud)
    skipped = [label for label, record in records.items() if task.check_mode and needs_sync(record)]
    ready = {label: record for label, record in records.items() if label not in skipped}
    pool = task.pool(cloud, "logins completed", ready)
    clusters, login_errors = split_results(ready, pool.map_errors(ready.values(), sessions.open))
    failures = failure_entries(resolution.missing) + failure_entries({**errors, **login_errors}, resolution.found)
    only = clusters[0] if len(clusters) == 1 and not failures and not skipped else None
    more = {
        # The key is not named "skipped", because Ansible expects a boolean in a key with that name.
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
    records: dict[str, Record], sessions: Sessions, task: Task[Options], cloud: Cloud
) -> tuple[dict[str, Record], dict[str, IBMCloudError]]:
    """Add any missing URLs and CA certificates to the records. Return the completed records and the errors, both keyed by cluster."""
    reader = FactsReader.for_login(cloud, task.options)
    known = sessions.checks.errors(records, reader)
    records = {label: record for label, record in records.items() if label not in known}
    pool = task.pool(cloud, "clusters read", records)
    complete, errors = split_results(records, pool.map_errors(records.values(), reader.complete))
    return {str(record["cluster"]): record for record in complete}, {**known, **errors}


def is_openshift(item: t.Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "openshift"


def log_out(items: list[t.Any], sessions: Sessions, task: Task[Options], cloud: Cloud) -> Result:
    """Revoke the tokens of sessions. In check mode, predict the result without revoking any token."""
    for number, item in enumerate(items):
        check_session(item, number)
    pool = task.pool(cloud, "logouts completed", items)
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
    """Check that an item of ``clusters`` is a session that can be closed.

    :raises InputError: if the item is not a record that ``cluster_login`` returned.
    """
    if not isinstance(item, dict) or "openshift_token" not in item:
        raise InputError(
            f"clusters[{number}] is not a session",
            hint="If state is absent, clusters must contain records that ibmcloud.kubernetes.cluster_login returned.",
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
