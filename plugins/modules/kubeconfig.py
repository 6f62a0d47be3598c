#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add clusters to a kubeconfig, or remove clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeconfig
short_description: Add clusters to a kubeconfig, or remove clusters
version_added: 0.1.0
description:
  - Finds clusters, synchronizes RBAC, logs in, and writes an entry (cluster, user and context) for each cluster to one kubeconfig.
    Other entries remain unchanged. This module replaces C(ibmcloud ks cluster config).
  - If O(master_url) is set instead of O(cluster) or O(clusters), the module writes one entry from the given values.
  - The context, the cluster and the user of an entry are named C(<name>/<ID>), as in kubeconfigs that IBM's CLI writes.
  - The module replaces the file atomically. Only the owner can read the file. Diffs do not show secrets.
  - The module does not change a file that is not a kubeconfig or is not a regular file.
  - The module revokes OpenShift tokens that it obtains but does not write, for example with O(auth=exec), or in check mode with
    O(path).
  - While the module replaces the file, it holds the same lock as kubectl. The lock is a file with the kubeconfig's name and the
    additional suffix C(.lock). If a killed task has left its lock behind, the module takes over the lock.
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
      - Logs in but does not synchronize RBAC. For an OpenShift cluster whose RBAC is not synchronized yet, the module predicts the change
        without a login.
      - With O(admin=true), the module requests the certificates to check your permission, but does not store them.
  diff_mode:
    support: full
    details:
      - Secrets are shown as C((hidden)), so a diff does not show whether a token has changed.
  idempotent:
    support: partial
    details:
      - If the tokens are unchanged, the file does not change. New tokens count as a change, so a task that logs in always reports a change.
requirements:
  - PyYAML (already installed on the controller, because ansible-core requires it)
options:
  cluster:
    description:
      - This option is also mutually exclusive with O(master_url).
  clusters:
    description:
      - A record that M(ibmcloud.kubernetes.cluster_login) returned contains a session. The module writes this session to the file without
        logging in again.
  path:
    description:
      - The path of the kubeconfig. Missing folders are created with mode 0700. Comments in the file are lost when the module changes the
        file.
      - If this option is not set, the module returns the text of a new kubeconfig in RV(kubeconfig_content).
      - Unlike E(KUBECONFIG), this option cannot be a list of files.
      - The module follows a symbolic link only if the link belongs to root or to the user who runs the task. A file that belongs to another user is
        rejected, unless the task runs as root and the file's owner also owns the file's folder. In this case, the file's owner does not change.
    type: path
  name:
    description:
      - The name of the cluster, the user and the context in the file. The name is required if O(master_url) is set. The name cannot be
        set for several clusters.
      - The default consists of the cluster's name and ID, C(<name>/<ID>). With O(admin=true), the default is C(<name>/<ID>/admin).
      - The module fails if it would break another context in the file. The module would break a context that uses a user with this name and
        a different cluster. With a new server URL, the module would also break a context that uses a cluster with this name and a different user.
      - The module keeps settings that you added manually to the cluster or the context, for example C(proxy-url), C(tls-server-name) and
        the context's namespace.
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
      - A PEM file with the CA certificate of the cluster's API server. The file is used if the service does not provide the certificate.
        The module writes the content of the file to the kubeconfig. This option is mutually exclusive with O(ca_cert_data).
    type: path
  ca_folder:
    description:
      - The folder in which CA certificates are cached as files.
      - The default is C(ibmcloud.kubernetes/ca) in E(XDG_CACHE_HOME) or C(~/.cache), as in M(ibmcloud.kubernetes.cluster_login).
    type: path
  auth:
    description:
      - The type of credentials to write for Kubernetes clusters. For OpenShift clusters, the module writes an OpenShift token, unless the
        type is V(exec).
      - V(token) writes only the ID token, without a refresh token. The entry works until the ID token expires.
      - V(oidc) writes the ID token and a refresh token, as IBM's CLI does for Kubernetes clusters. kubectl renews the ID token
        until the session expires, and writes both tokens back to the file. Some tools other than kubectl do not support V(oidc).
      - With V(oidc), the issuer of the ID token must be IAM (C(https://iam.cloud.ibm.com/identity) or O(iam_endpoint)), because
        kubectl sends the refresh token to the issuer.
      - V(exec) writes the command of this collection's credential plugin, which obtains tokens on demand. The entry does
        not contain tokens and never expires. Clients need your IBM Cloud credentials in their environment variables. See the guide on
        kubectl. The entry passes O(allowed_hosts) to the plugin in the argument C(--allowed-hosts).
      - The default is V(oidc) if the login provides a refresh token, as with API keys and passwords. In all other cases, the default is V(token).
    type: str
    choices: [token, oidc, exec]
  exec_command:
    description:
      - The command of the credential plugin for O(auth=exec), including any arguments that precede C(--allowed-hosts) and the cluster.
      - The default is the Python interpreter that runs the module, followed by the path of C(scripts/kubectl_credential.py) in the
        collection. This option is required if the module does not run in Ansible's own process, for example on another host.
    type: list
    elements: str
  admin:
    description:
      - Whether to write an administrator's client certificate and private key instead of a token. Use this option only in emergencies, for
        example if the RBAC synchronization fails.
      - The entry bypasses IAM and RBAC, and neither can revoke the entry. Anyone who can read the file has full control of the cluster.
        The module prints a warning about this risk. You need the Administrator platform role for the cluster.
      - O(path) is required, because the private key is written only to a file. Results and diffs do not contain the private key.
      - The module does not synchronize RBAC and does not send requests to the cluster. Each run requests a new certificate, so each run
        reports a change.
      - The context, the cluster and the user are named C(<name>/<ID>/admin). With O(state=absent), V(true) removes only the
        clusters' administrator entries, and V(false) removes only their other entries.
      - This option requires O(cluster) or O(clusters). This option is mutually exclusive with O(auth), O(exec_command), O(id_token) and
        O(kubernetes_refresh_token). OpenShift clusters are supported. Classic clusters are not supported with O(api_generation=2017) or
        O(api_generation=2020).
    type: bool
    default: false
  kubernetes_refresh_token:
    description:
      - The refresh token for O(auth=oidc), as returned by M(ibmcloud.kubernetes.iam_token) together with the ID token.
      - The module writes the refresh token together with O(id_token), or together with the ID tokens in records if O(id_token) is not set.
        The module does not use the refresh token for ID tokens that it obtains itself.
    type: str
  id_token:
    description:
      - If neither this option nor O(openshift_token) is set, the module logs in with the given credentials and obtains its own tokens.
  namespace:
    description:
      - The namespace to set in the contexts.
    type: str
  set_current_context:
    description:
      - Whether to make the first cluster's context the current context. If the file does not contain a current context, the module makes this change even
        with V(false).
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for the RBAC synchronization of each cluster, in seconds.
    type: int
    default: 300
  state:
    description:
      - V(present) writes the entries.
      - V(absent) removes the contexts, and removes their clusters and users unless other contexts use them. With V(absent), the module
        does not send requests.
        O(cluster) and O(clusters) match contexts whose name is C(<name>/<ID>), or C(<name>/<ID>/admin) with O(admin=true).
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: ibmcloud.kubernetes.cluster_login
"""

EXAMPLES = r"""
- name: Write a kubeconfig
  ibmcloud.kubernetes.kubeconfig:
    cluster: mycluster-vpc
    path: ~/.kube/config

- name: Add several clusters to it
  ibmcloud.kubernetes.kubeconfig:
    clusters: [mycluster-vpc, myopenshift]
    path: ~/.kube/config
    set_current_context: false

- name: Get the text of a kubeconfig
  ibmcloud.kubernetes.kubeconfig:
    cluster: mycluster-vpc
    auth: token
  register: text

- name: Write a kubeconfig without tokens
  ibmcloud.kubernetes.kubeconfig:
    clusters: [mycluster-vpc, myopenshift]
    path: ~/.kube/exec-config
    auth: exec

- name: Write a kubeconfig for an administrator in an emergency
  ibmcloud.kubernetes.kubeconfig:
    cluster: mycluster-vpc
    path: ~/.kube/emergency
    admin: true

- name: Remove the administrator's entry after the emergency
  ibmcloud.kubernetes.kubeconfig:
    cluster: mycluster-vpc
    path: ~/.kube/emergency
    admin: true
    state: absent

- name: Get an ID token
  ibmcloud.kubernetes.iam_token:
    kubernetes_id_token: true
  register: iam

- name: Find the cluster
  ibmcloud.kubernetes.cluster_info:
    cluster: mycluster-vpc
    ca: true
  register: found

- name: Write an entry from given values
  ibmcloud.kubernetes.kubeconfig:
    path: ~/.kube/mycluster-vpc
    name: mycluster-vpc
    auth: oidc
    master_url: "{{ found.cluster.master_url }}"
    ca_cert_data: "{{ found.cluster.ca_cert_data }}"
    id_token: "{{ iam.id_token }}"
    kubernetes_refresh_token: "{{ iam.kubernetes_refresh_token }}"

- name: Remove the cluster from the kubeconfig
  ibmcloud.kubernetes.kubeconfig:
    cluster: mycluster-vpc
    path: ~/.kube/config
    state: absent
"""

RETURN = r"""
kubeconfig:
  description:
    - The path of the kubeconfig. The option C(kubeconfig) of the C(kubernetes.core) modules accepts this path.
  returned: when O(path) is set
  type: str
  sample: /home/ada/.kube/config
kubeconfig_content:
  description:
    - The text of a kubeconfig that contains the clusters. A result with this text is never printed or stored in job events.
    - If tokens are given as options or in records, the text is returned only if the task runs in Ansible's own process.
  returned: success, when O(path) is not set
  type: str
contexts:
  description:
    - The names of the contexts that this task wrote, or an empty list if O(state=absent).
  returned: success
  type: list
  elements: str
  sample: [mycluster-vpc/c9k2m7q10h4v3x8s6t5g]
clusters:
  description:
    - The clusters that succeeded. The records do not contain tokens.
  returned: with O(cluster) or O(clusters) and O(state=present)
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
    context:
      description: The name of the context.
      type: str
      sample: mycluster-vpc/c9k2m7q10h4v3x8s6t5g
    master_url:
      description: The URL of the cluster's API server.
      type: str
      sample: https://c2.us-south.containers.cloud.ibm.com:30422
    auth:
      description: The credential type, one of V(oidc), V(token) and V(exec), or V(certificate) if O(admin=true).
      type: str
      sample: oidc
    expires_at:
      description: The time at which the token expires, in UTC, or an empty string if the time is unknown. With O(auth=oidc), kubectl renews
        the token.
      type: str
      sample: "2026-01-05T10:08:03Z"
failures:
  description:
    - The clusters that failed.
  returned: with O(cluster) or O(clusters) and O(state=present)
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
  sample: {kind: input}
"""

import os
import sys
import typing as t
from dataclasses import replace

from ..module_utils._cloud import ClusterEndpoint
from ..module_utils._clusters import kubeconfig as _kubeconfig
from ..module_utils._clusters.access_pipeline import Access, get_access, get_admin_access
from ..module_utils._clusters.cluster_facts import FactsReader, display_name
from ..module_utils._clusters.cluster_lookup import check_record
from ..module_utils._clusters.k8s_settings import ConnectionSettings, certificate_user, exec_user
from ..module_utils._clusters.login import Sessions
from ..module_utils._clusters.module_results import failure_entries, fleet_result
from ..module_utils._clusters.rbac_sync import SyncOptions
from ..module_utils._core.errors import IBMCloudError, InputError
from ..module_utils._core.options import ApiServerOptions, ClustersOptions, FleetOptions, LoginOptions, at_most_one
from ..module_utils._core.private_files import check_writable, is_private, locked, read, write
from ..module_utils._core.progress import Progress
from ..module_utils._module.ansible_module import run_module
from ..module_utils._module.argument_specs import API_SERVER, CLUSTERS, FLEET, LOGIN, tokens_of_records
from ..module_utils._module.runner import Module
from ..module_utils._services.allowed_hosts import CLUSTER_DOMAINS
from ..module_utils._services.kubeconfig_response import split_entry_name

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task
    from ..module_utils._services.cluster_records import Record

Errors = dict[str, IBMCloudError]
# The path of the credential plugin, relative to this file.
_PLUGIN = ("..", "..", "scripts", "kubectl_credential.py")
# The placeholder for a token if the module does not log in, for example when it predicts an entry in check mode
_NO_TOKEN = "no-session"  # noqa: S105  # not a token
# The credential types, keyed by the field of a user's entry that identifies the type.
_FORMS = {"exec": "exec", "auth-provider": "oidc", "client-key-data": "certificate"}
# The name suffix of administrator entries.
_ADMIN = "/admin"


class Options(ApiServerOptions, ClustersOptions, FleetOptions, LoginOptions):
    path: str
    name: str
    auth: str
    exec_command: t.Sequence[str]
    admin: bool
    kubernetes_refresh_token: str
    namespace: str
    set_current_context: bool
    state: str


class Entry(t.NamedTuple):
    """The kubeconfig entry of one cluster: the name of its context, its connection settings, and its user."""

    context: str
    settings: ConnectionSettings
    user: dict[str, t.Any]


class Update(t.NamedTuple):
    """A change to a file. ``errors`` maps the name of each failed context to its error. ``changed`` is true if the file must be written."""

    text: str | None
    before: _kubeconfig.Document
    after: _kubeconfig.Document
    errors: Errors
    changed: bool


Change = t.Callable[[_kubeconfig.Document], tuple[_kubeconfig.Document, Errors]]


def update_kubeconfig(task: Task[Options], cloud: Cloud) -> Result:
    options = task.options
    items = options.requested_clusters()
    check_options(options, items)
    if options.state == "absent":
        update = update_file(task, lambda document: (remove_contexts(document, options, items or []), {}))
        return {**file_result(task, update), "contexts": []}
    if items is not None:
        return add_clusters(items, task, cloud)
    entry = given_entry(options, cloud)
    update = update_file(task, lambda document: add_all(document, [entry], options), is_write=True)
    for error in update.errors.values():
        raise error
    return {**file_result(task, update), **content_result(options, update), "contexts": [entry.context]}


def check_options(options: Options, items: list[t.Any] | None) -> None:
    """Check the options that depend on each other.

    :raises InputError: if the options contradict each other.
    """
    path = options.path
    if os.pathsep in path:
        hint = "This character separates files in KUBECONFIG. Give the path of one file."
        raise InputError(f"path must be the path of one file: {path} contains {os.pathsep}", hint=hint)
    at_most_one(id_token=options.id_token, openshift_token=options.openshift_token)
    at_most_one(ca_cert_data=options.ca_cert_data, cluster_ca_file=options.cluster_ca_file)
    if items is not None:
        options.check_unused(because_of="cluster" if options.cluster else "clusters")
        if options.name and len(items) > 1:
            raise InputError("name cannot be set for several clusters", hint="Omit it.")
    if options.admin:
        check_admin(options, items)
    if options.state == "absent":
        if not path:
            raise InputError("path is required with state=absent")
        if items is None and not options.name:
            raise InputError("state=absent requires name, cluster or clusters")
    elif items is None:
        check_values(options)
    elif options.auth == "exec":
        plugin_command(options.exec_command)


def check_values(options: Options) -> None:
    """Check the options for an entry that is built from given values.

    :raises InputError: if a required option is missing or an option is not supported.
    """
    if not options.master_url:
        raise InputError("Set cluster, clusters or master_url")
    if not options.name:
        raise InputError("name is required with master_url")
    if options.auth == "exec":
        raise InputError("auth=exec requires cluster or clusters")


def check_admin(options: Options, items: list[t.Any] | None) -> None:
    """Check the options that are given together with ``admin``.

    :raises InputError: if an option is mutually exclusive with ``admin``, or a required option is missing.
    """
    others = {
        "auth": options.auth,
        "exec_command": options.exec_command,
        "id_token": options.id_token,
        "kubernetes_refresh_token": options.kubernetes_refresh_token,
    }
    for other, value in others.items():
        if value:
            raise InputError(
                f"admin and {other} are mutually exclusive",
                hint="An administrator's entry contains a client certificate, not a token.",
            )
    if options.state == "present" and not options.path:
        raise InputError("path is required with admin", hint="The private key is written only to a file.")
    if options.state == "present" and items is None:
        raise InputError("cluster or clusters is required with admin")


# The file


def update_file(task: Task[Options], change: Change, *, is_write: bool = False) -> Update:
    """Change the file, unless the task runs in check mode or ``path`` is not set.

    If ``is_write`` is true and no entry failed, a file that does not exist or that other users can read is written even without a change.
    """
    path = task.options.path
    if not path:
        before = _kubeconfig.parse(None, path="")
        return Update(None, before, *change(before), changed=False)
    update = prepare_update(path, change, is_write=is_write)
    if update.changed and task.check_mode:
        check_writable(path)
    elif update.changed:
        # Converting a large document to text takes seconds, so the text is prepared before the file is locked.
        text = _kubeconfig.dump(update.after)
        with locked(path):
            if read(path) != update.text:
                update = prepare_update(path, change, is_write=is_write)
                text = _kubeconfig.dump(update.after)
            if update.changed:
                write(path, text)
    return update


def prepare_update(path: str, change: Change, *, is_write: bool) -> Update:
    """Return the update for the current content of the file."""
    text = read(path)
    before = _kubeconfig.parse(text, path=path)
    after, errors = change(before)
    changed = after != before or (is_write and not errors and (text is None or not is_private(path)))
    return Update(text, before, after, errors, changed)


def check_file(path: str) -> None:
    """Check before the first request that the file can be changed.

    :raises InputError: if the file is not a kubeconfig or cannot be written.
    """
    if path:
        _kubeconfig.parse(read(path), path=path)
        check_writable(path)


def file_result(task: Task[Options], update: Update) -> Result:
    """Return the part of the result that describes the file."""
    path = task.options.path
    if not path:
        return {"changed": False}
    result: Result = {"changed": update.changed, "kubeconfig": path}
    if task.diff:
        shown = {name: _kubeconfig.redacted_text(getattr(update, name)) for name in ("before", "after")}
        result["diff"] = {"before_header": path, "after_header": path, **shown}
    return result


def content_result(options: Options, update: Update) -> Result:
    return {} if options.path else {"kubeconfig_content": _kubeconfig.dump(update.after)}


def add_all(
    document: _kubeconfig.Document, entries: t.Sequence[Entry], options: Options
) -> tuple[_kubeconfig.Document, Errors]:
    """Return the document with the entries added. For entries that could not be added, return the errors, keyed by context."""
    errors: Errors = {}
    is_current = options.set_current_context
    for entry in entries:
        added = try_add(document, entry, options.namespace, is_current=is_current)
        if isinstance(added, IBMCloudError):
            errors[entry.context] = added
        else:
            document, is_current = added, False
    return document, errors


def try_add(
    document: _kubeconfig.Document, entry: Entry, namespace: str, *, is_current: bool
) -> _kubeconfig.Document | InputError:
    """Return the document with the entry added, or the error that was raised."""
    cluster = entry.settings.cluster_entry()
    try:
        return _kubeconfig.add_entries(
            document, entry.context, cluster=cluster, user=entry.user, namespace=namespace, current=is_current
        )
    except InputError as exc:
        return exc


def remove_contexts(document: _kubeconfig.Document, options: Options, items: t.Sequence[t.Any]) -> _kubeconfig.Document:
    """Return the document without the context called ``name``, or without the contexts of the clusters.

    :raises InputError: if a cluster's name matches several contexts.
    """
    name = options.name
    names = [name] if name else []
    for number, item in enumerate([] if name else items):
        if not isinstance(item, str):
            check_record(item, number)
        wanted = item if isinstance(item, str) else str(item["id"])
        contexts = [str(entry["name"]) for entry in document["contexts"]]
        found = [context for context in contexts if is_context_of(context, wanted, is_admin=options.admin)]
        if len(found) > 1:
            raise InputError(f"{wanted} matches several contexts: {', '.join(found)}", hint="Use the cluster's ID.")
        names += found
    for one in names:
        document = _kubeconfig.remove_entries(document, one)
    return document


def is_context_of(context: str, cluster: str, *, is_admin: bool) -> bool:
    """Return whether ``context`` is the name that this module gives to the context of this cluster (a name or ID)."""
    label = context.removesuffix(_ADMIN)
    return (label != context) is is_admin and bool(cluster) and cluster in split_entry_name(label)


# The entries


def given_entry(options: Options, cloud: Cloud) -> Entry:
    """Return the entry for ``master_url`` and the other given values."""
    address = ClusterEndpoint.from_options(options)
    cluster_ca = read(options.cluster_ca_file) if options.cluster_ca_file else address.ca
    token, refresh = options.openshift_token or options.id_token, options.kubernetes_refresh_token
    if not token:
        minted = cloud.id_tokens.required_session()
        token, refresh = minted.id, minted.kubernetes_refresh
    settings = ConnectionSettings(address.master_url, token, ca=cluster_ca or "", ca_file=options.ca_cert)
    is_openshift = bool(options.openshift_token)
    return Entry(
        options.name, settings, build_user(settings, "" if is_openshift else refresh, options, cloud, is_openshift)
    )


def build_user(
    settings: ConnectionSettings, refresh: str, options: Options, cloud: Cloud, is_openshift: bool
) -> dict[str, t.Any]:
    """Return the entry's user. ``refresh`` is the refresh token that renews the ID token, or an empty string."""
    if is_openshift or options.auth == "token" or not (options.auth or refresh):
        return settings.token_user()
    if not refresh:
        raise no_refresh_token()
    return settings.oidc_user(refresh, iam_endpoint=cloud.endpoints.iam, issuer_ca_file=options.ca_cert)


def no_refresh_token() -> InputError:
    return InputError(
        "auth=oidc requires kubernetes_refresh_token",
        hint="Use the one that ibmcloud.kubernetes.iam_token returns, log in with an API key and omit id_token, or set auth=token.",
    )


def add_clusters(items: t.Sequence[t.Any], task: Task[Options], cloud: Cloud) -> Result:
    """Get access to the clusters, add the accessible clusters to the file, and revoke the tokens that were not stored."""
    stored: set[str] = set()
    if task.options.admin:
        return add_access(admin_access(items, task, cloud), task, cloud, stored)
    given, others = split_items(items)
    if not others:
        return add_access(Access(given, [], changed=False), task, cloud, stored)
    check_file(task.options.path)
    sessions = Sessions(cloud, task.options, ca_folder=task.options.ca_folder)
    access = open_sessions(others, sessions, task, cloud)
    try:
        return add_access(replace(access, sessions=given + access.sessions), task, cloud, stored)
    finally:
        unused = [session for session in access.sessions if session["openshift_token"] not in ("", *stored)]
        # A failed logout does not change the result of the task.
        task.pool(cloud, "logouts completed", unused).map_errors(unused, sessions.close)


def add_access(access: Access, task: Task[Options], cloud: Cloud, stored: set[str]) -> Result:
    """Add the clusters to the file, and add to ``stored`` the tokens that the file or the result contains."""
    options = task.options
    records: dict[str, Record] = {}
    for record in (*access.sessions, *access.skipped):
        # Sessions from two logins can have the same label. In this case, the label of the second session is its cluster's ID.
        records[str(record["id" if record["cluster"] in records else "cluster"])] = record
    tried = {label: try_entry(record, options, cloud) for label, record in records.items()}
    entries = {label: entry for label, entry in tried.items() if isinstance(entry, Entry)}
    errors: Errors = {label: error for label, error in tried.items() if isinstance(error, IBMCloudError)}
    update = update_file(task, lambda document: add_all(document, [*entries.values()], options), is_write=bool(entries))
    if options.path and not task.check_mode:
        stored.update(tokens_of_users(update.after))
    errors.update(
        {label: update.errors[entry.context] for label, entry in entries.items() if entry.context in update.errors}
    )
    done = {label: entry for label, entry in entries.items() if label not in errors}
    more = {**file_result(task, update), "contexts": [entry.context for entry in done.values()]}
    more["changed"] = access.changed or more["changed"]
    clusters = [cluster_result(label, records[label], entry) for label, entry in done.items()]
    failures = access.failures + failure_entries(errors, records)
    if options.admin and clusters:
        task.warn(
            f"The new entries in {options.path} bypass IAM and RBAC, and neither can revoke them. "
            "When you no longer need the entries, remove them with admin=true and state=absent."
        )
    result = fleet_result(clusters, failures, more, continue_on_error=options.continue_on_error, warn=task.warn)
    if not options.path:
        stored.update(tokens_of_users(update.after))
    return {**result, **content_result(options, update)}


def tokens_of_users(document: _kubeconfig.Document) -> set[str]:
    users = [entry.get("user") for entry in document["users"]]
    return {str(user["token"]) for user in users if isinstance(user, dict) and "token" in user}


def cluster_result(label: str, record: Record, entry: Entry) -> Record:
    return {
        "cluster": label,
        "id": record["id"],
        "context": entry.context,
        "master_url": entry.settings.master_url,
        "auth": next((form for key, form in _FORMS.items() if key in entry.user), "token"),
        "expires_at": record.get("expires_at") or "",
    }


def admin_access(items: t.Sequence[t.Any], task: Task[Options], cloud: Cloud) -> Access:
    """Return administrator certificates for the clusters."""
    options = task.options
    return get_admin_access(
        cloud,
        items,
        reader=replace(FactsReader.for_login(cloud, options), ca=False),
        allowed_hosts=options.allowed_hosts,
    )


def split_items(items: t.Sequence[t.Any]) -> tuple[list[Record], list[t.Any]]:
    """Return the records that contain a session, and the other items."""
    given: list[Record] = []
    others = []
    for number, item in enumerate(items):
        if isinstance(item, str) or not (item.get("id_token") or item.get("openshift_token")):
            others.append(item)
            continue
        check_record(item, number)
        given.append({**item, "cluster": str(item.get("cluster") or display_name(item))})
    return given, others


def open_sessions(items: t.Sequence[t.Any], sessions: Sessions, task: Task[Options], cloud: Cloud) -> Access:
    """Log in to the clusters and return the sessions."""
    options = task.options

    def check(record: Record) -> None:
        can_renew = options.kubernetes_refresh_token or cloud.id_tokens.can_mint
        if options.auth == "oidc" and record.get("type") != "openshift" and not can_renew:
            raise no_refresh_token()

    return get_access(
        cloud,
        items,
        check=check,
        reader=FactsReader.for_login(cloud, options),
        sessions=sessions,
        sync=SyncOptions(apply=not task.check_mode, wait_timeout=options.wait_timeout, rate_limit=options.rate_limit),
        progress=Progress(task.report_progress, cloud.clock),
    )


def try_entry(record: Record, options: Options, cloud: Cloud) -> Entry | IBMCloudError:
    """Return the entry for a session, or the error that was raised."""
    try:
        return session_entry(record, options, cloud)
    except IBMCloudError as exc:
        return exc


def session_entry(record: Record, options: Options, cloud: Cloud) -> Entry:
    """Return the entry for a session."""
    if options.admin:
        return admin_entry(record, options)
    master_url = ClusterEndpoint.of(record.get("master_url"), None, options.allowed_hosts).master_url
    is_openshift = record.get("type") == "openshift" or bool(record.get("openshift_token"))
    token, refresh = str(record.get("openshift_token") or record.get("id_token") or _NO_TOKEN), ""
    if not is_openshift:
        token, refresh = renewable_token(token, options, cloud)
    ca, ca_file = str(record.get("ca_cert_data") or ""), str(record.get("cluster_ca_file") or "")
    settings = ConnectionSettings(master_url, token, ca=ca, ca_file=ca_file)
    context = options.name or f"{display_name(record)}/{record['id']}"
    if options.auth == "exec":
        command = [*plugin_command(options.exec_command), *plugin_arguments(options)]
        return Entry(context, settings, exec_user(command, str(record["id"])))
    return Entry(context, settings, build_user(settings, refresh, options, cloud, is_openshift))


def admin_entry(record: Record, options: Options) -> Entry:
    """Return an administrator's entry for the cluster in this record."""
    ca, ca_file = str(record["ca_cert_data"]), options.ca_cert
    settings = ConnectionSettings(str(record["master_url"]), _NO_TOKEN, ca=ca, ca_file=ca_file)
    user = certificate_user(str(record["client_certificate"]), str(record["client_key"]))
    return Entry(options.name or f"{display_name(record)}/{record['id']}{_ADMIN}", settings, user)


def plugin_command(given: t.Sequence[str]) -> t.Sequence[str]:
    """Return the command that starts the credential plugin, without the arguments for the allowed hosts and the cluster.

    :raises InputError: if no command is given and the collection is not installed on the host that runs the module.
    """
    if given:
        return given
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), *_PLUGIN)
    if not os.path.isfile(script):
        raise InputError(
            "auth=exec requires exec_command when the module runs in a separate process",
            hint="Install the collection on the host. Set exec_command to the host's Python and the path of scripts/kubectl_credential.py.",
        )
    return [sys.executable, os.path.normpath(script)]


def plugin_arguments(options: Options) -> list[str]:
    """Return the arguments that restrict the plugin to the hosts that this task may use."""
    allowed = options.allowed_hosts
    return [] if allowed == list(CLUSTER_DOMAINS) else [f"--allowed-hosts={','.join(allowed)}"]


def renewable_token(token: str, options: Options, cloud: Cloud) -> tuple[str, str]:
    """Return the ID token to write for the session with this ``token``, and the matching refresh token or an empty string."""
    is_given = token in tokens_of_records(options.clusters)
    if options.id_token == token or (is_given and not options.id_token):
        return token, options.kubernetes_refresh_token
    # A given session may belong to another identity, so its ID token is not replaced.
    if is_given or options.auth in ("token", "exec") or not cloud.id_tokens.id_token():
        return token, ""
    session = cloud.id_tokens.session()
    return session.id, session.kubernetes_refresh


MODULE = Module(
    "kubeconfig",
    update_kubeconfig,
    Options,
    options={
        **API_SERVER,
        **CLUSTERS,
        **FLEET,
        **LOGIN,
        "path": {"type": "path"},
        "name": {"type": "str"},
        "auth": {"type": "str", "choices": ["token", "oidc", "exec"]},
        "exec_command": {"type": "list", "elements": "str"},
        "admin": {"type": "bool", "default": False},
        "kubernetes_refresh_token": {"type": "str", "no_log": True},
        "namespace": {"type": "str"},
        "set_current_context": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 300},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
