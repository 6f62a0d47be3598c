#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add a cluster to a kubeconfig, or remove it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeconfig
short_description: Add a cluster to a kubeconfig, or remove it
version_added: 0.1.0
description:
  - Writes a cluster, a user and a context of one name into a kubeconfig. All other entries stay. It replaces
    C(ibmcloud ks cluster config).
  - The file is replaced in one step, and only its owner can read it. Its content is never returned, and a diff hides secrets.
  - The file is not changed if it is not a kubeconfig or not a regular file.
  - The module takes the lock of kubectl (C(.lock) beside the file) while it replaces the file. A lock that a killed task left
    behind is taken over.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._cluster
  - ibmcloud.kubernetes._cluster.allowed_hosts
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._attributes
  - ibmcloud.kubernetes._attributes.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Secrets are shown as C((hidden)), so a new token alone does not change a line.
  idempotent:
    support: full
    details:
      - The same tokens give the same file. New tokens are a change.
requirements:
  - PyYAML, which is part of ansible-core's requirements for tasks that run on the controller
options:
  path:
    description:
      - Path of the kubeconfig. Missing folders are created with mode 0700. Comments in the file are lost when it changes.
      - A list of files, as E(KUBECONFIG) may contain, is rejected.
      - A link is followed if it belongs to the user of the task or to root. A file of another user is rejected, unless root
        writes into that user's own folder; the file then keeps its owner.
    type: path
    required: true
  name:
    description:
      - Name of the cluster, the user and the context in the file.
      - The module fails if the user or the cluster of this name belongs to another context of the file.
      - Settings of the cluster and the context that were made by hand stay, for example C(proxy-url), C(tls-server-name) and the
        context's namespace.
    type: str
    required: true
  cluster_ca_file:
    description:
      - PEM file with the CA certificate of the cluster's API server, instead of O(ca_cert_data). Its content is written into the
        kubeconfig.
    type: path
  auth:
    description:
      - Form of the credentials in the file.
      - V(token) writes the token. The entry works until the token expires.
      - V(oidc) writes the ID token and a refresh token, as IBM's CLI does for Kubernetes clusters. kubectl renews the ID token
        until the session expires, and writes both tokens back to the file. Some other tools do not support it.
      - With V(oidc) the issuer of the ID token must be IAM (C(https://iam.cloud.ibm.com/identity) or O(iam_endpoint)), because
        kubectl sends the refresh token there.
    type: str
    choices: [token, oidc]
    default: token
  kubernetes_refresh_token:
    description:
      - Refresh token for O(auth=oidc), as M(ibmcloud.kubernetes.iam_token) returns it with the ID token.
    type: str
  id_token:
    description:
      - If neither this nor O(openshift_token) is set, the module logs in with the given credentials and obtains its own tokens.
  namespace:
    description:
      - Namespace of the context.
    type: str
  set_current_context:
    description:
      - Whether to make the context the current one. If the file does not have a current context, it is always set.
    type: bool
    default: true
  state:
    description:
      - V(present) writes the entries.
      - V(absent) removes the context, and the cluster and the user of its name unless other contexts use them.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: ibmcloud.kubernetes.cluster_login
"""

EXAMPLES = r"""
- name: Write a kubeconfig whose tokens kubectl renews
  ibmcloud.kubernetes.kubeconfig:
    path: "{{ folder }}/kubeconfig"
    name: mycluster-vpc
    auth: oidc
    master_url: "{{ result.cluster.master_url }}"
    ca_cert_data: "{{ result.cluster.ca_cert_data }}"
    id_token: "{{ iam.id_token }}"
    kubernetes_refresh_token: "{{ iam.kubernetes_refresh_token }}"

- name: Remove the cluster
  ibmcloud.kubernetes.kubeconfig:
    path: "{{ folder }}/kubeconfig"
    name: mycluster-vpc
    state: absent
"""

RETURN = r"""
kubeconfig:
  description:
    - Path of the file, under the name of the option of M(kubernetes.core.k8s).
  returned: success
  type: str
  sample: /home/ada/.kube/config
contexts:
  description:
    - Names of the contexts that are in the file now because of this task. Empty with O(state=absent).
  returned: success
  type: list
  elements: str
  sample: [mycluster-vpc]
error:
  description:
    - Parts of the error; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: input}
"""

import os
import typing as t

from ..module_utils._cloud import ClusterEndpoint
from ..module_utils._clusters import kubeconfig as _kubeconfig
from ..module_utils._clusters.connection_settings import ConnectionSettings
from ..module_utils._core.errors import InputError
from ..module_utils._core.private_files import check_writable, is_private, locked, read, write
from ..module_utils._module.argument_specs import CLUSTER, at_most_one
from ..module_utils._module.runner import Module
from ..module_utils._module.target import run_module
from ..module_utils._services.endpoints import service_endpoints

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task

Entry = tuple[ConnectionSettings, dict[str, t.Any]]


class Update(t.NamedTuple):
    """The change of a file: its content before, the documents before and after, and whether it must be written."""

    text: str | None
    before: _kubeconfig.Document
    after: _kubeconfig.Document
    changed: bool


def update_kubeconfig(task: Task, cloud: Cloud) -> Result:
    params = task.params
    path = params["path"]
    if os.pathsep in path:
        hint = "KUBECONFIG separates several files with it. Give the path of one file."
        raise InputError(f"path {path} contains {os.pathsep}", hint=hint)
    entry = build_entry(task, cloud) if params["state"] == "present" else None
    update = prepare_update(params, entry)
    if update.changed and task.check_mode:
        check_writable(path)
    elif update.changed:
        # A large file takes seconds to prepare, so that is done before the file is locked.
        text = _kubeconfig.dump(update.after)
        with locked(path):
            if read(path) != update.text:
                update = prepare_update(params, entry)
                text = _kubeconfig.dump(update.after)
            if update.changed:
                write(path, text)
    result: Result = {
        "changed": update.changed,
        "kubeconfig": path,
        "contexts": [params["name"]] if entry else [],
    }
    if task.diff:
        shown = {name: _kubeconfig.redacted_text(getattr(update, name)) for name in ("before", "after")}
        result["diff"] = {"before_header": path, "after_header": path, **shown}
    return result


def prepare_update(params: t.Mapping[str, t.Any], entry: Entry | None) -> Update:
    """Return the update that adds the entry to the file, or removes it if ``entry`` is None."""
    path = params["path"]
    text = read(path)
    before = _kubeconfig.parse(text, path=path)
    if entry is None:
        after = _kubeconfig.remove_entries(before, params["name"])
        return Update(text, before, after, after != before)
    session, user = entry
    after = _kubeconfig.add_entries(
        before,
        params["name"],
        cluster=session.cluster_entry(),
        user=user,
        namespace=params["namespace"] or "",
        current=params["set_current_context"],
    )
    return Update(text, before, after, after != before or text is None or not is_private(path))


def build_entry(task: Task, cloud: Cloud) -> Entry:
    """Return the connection settings to write, and the user of the kubeconfig entry."""
    params = task.params
    at_most_one(params, "id_token", "openshift_token")
    at_most_one(params, "ca_cert_data", "cluster_ca_file")
    address = ClusterEndpoint.from_options(params)
    cluster_ca = read(params["cluster_ca_file"]) if params["cluster_ca_file"] else address.ca
    token, refresh = params["openshift_token"] or params["id_token"], params["kubernetes_refresh_token"]
    if not token:
        minted = cloud.id_tokens.required_session()
        token, refresh = minted.id, minted.kubernetes_refresh
    session = ConnectionSettings(address.master_url, token, ca=cluster_ca or "", ca_file=params["ca_cert"] or "")
    if params["auth"] == "token":
        return session, session.token_user()
    if not refresh:
        raise InputError(
            "auth=oidc requires kubernetes_refresh_token",
            hint="Take it from ibmcloud.kubernetes.iam_token, or omit id_token so that the module logs in.",
        )
    endpoints = service_endpoints(
        visibility=params["visibility"],
        region=params.get("region") or "",
        given=params,
        generation=cloud.generation,
    )
    return session, session.oidc_user(refresh, iam_endpoint=endpoints.iam, issuer_ca_file=params["ca_cert"] or "")


MODULE = Module(
    "kubeconfig",
    update_kubeconfig,
    options={
        **CLUSTER,
        "path": {"type": "path", "required": True},
        "name": {"type": "str", "required": True},
        "cluster_ca_file": {"type": "path"},
        "auth": {"type": "str", "choices": ["token", "oidc"], "default": "token"},
        "kubernetes_refresh_token": {"type": "str", "no_log": True},
        "namespace": {"type": "str"},
        "set_current_context": {"type": "bool", "default": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
