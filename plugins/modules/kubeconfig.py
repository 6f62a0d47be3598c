#!/usr/bin/python
# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the session of one cluster into a kubeconfig, or take it out."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeconfig
short_description: Put a cluster into a kubeconfig, or take it out
version_added: 0.1.0
description:
  - Writes a cluster, a user and a context of one name into a kubeconfig, beside whatever is there, and keeps the file
    readable for its owner only. It takes the place of C(ibmcloud ks cluster config).
  - The file is replaced in one step. What is in it is never returned, and a diff hides its secrets.
  - A file that is no kubeconfig is left alone.
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
extends_documentation_fragment:
  - ibmcloud.kubernetes._cluster
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
      - Tokens are shown as C((hidden)), so that a change of a token alone shows no lines.
  idempotent:
    support: full
    details:
      - The same tokens give the same file. New tokens are a change.
requirements:
  - PyYAML, which ansible-core brings along for tasks that run in its own process
options:
  path:
    description:
      - The kubeconfig. A folder that is not there is made, with mode 0700. Comments in the file are lost when it changes.
    type: path
    required: true
  name:
    description:
      - The name of the entries, such as the cluster's name.
    type: str
    required: true
  auth:
    description:
      - V(token) writes the token as it is; the entry works until the token ends.
      - V(oidc) writes what IBM's CLI writes, for Kubernetes clusters. kubectl then renews the ID token by itself with
        the refresh token, for as long as the session lasts, and writes both back into the file. Some other tools do not
        know this form.
    type: str
    choices: [token, oidc]
    default: token
  kubernetes_refresh_token:
    description:
      - The refresh token for O(auth=oidc), as M(ibmcloud.kubernetes.iam_token) returns it beside the ID token.
    type: str
  id_token:
    description:
      - Without it and without O(openshift_token) the module logs in with the given credentials and gets its own tokens.
  namespace:
    description:
      - The namespace of the context.
    type: str
  current:
    description:
      - Make the context the current one. A file that has none gets it in any case.
    type: bool
    default: true
  state:
    description:
      - V(present) writes the entries, V(absent) removes them.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: ibmcloud.kubernetes.cluster_session
"""

EXAMPLES = r"""
- name: Write a kubeconfig whose tokens kubectl renews by itself
  ibmcloud.kubernetes.kubeconfig:
    path: "{{ folder }}/kubeconfig"
    name: mycluster-vpc
    auth: oidc
    master_url: "{{ result.cluster.master_url }}"
    ca_cert_data: "{{ result.cluster.ca_cert_data }}"
    id_token: "{{ iam.id_token }}"
    kubernetes_refresh_token: "{{ iam.kubernetes_refresh_token }}"

- name: Take the cluster out again
  ibmcloud.kubernetes.kubeconfig:
    path: "{{ folder }}/kubeconfig"
    name: mycluster-vpc
    state: absent
"""

RETURN = r"""
kubeconfig:
  description:
    - The path of the file, under the name of the option that kubernetes.core takes it with.
  returned: success
  type: str
  sample: /home/ada/.kube/config
error:
  description:
    - What went wrong, in parts; see the guide on errors.
  returned: failure
  type: dict
  sample: {kind: input}
"""

import typing as t

from ..module_utils._cloud import ClusterEndpoint
from ..module_utils._clusters import kubeconfig as _kubeconfig
from ..module_utils._clusters.connection_settings import ConnectionSettings
from ..module_utils._core.errors import InputError
from ..module_utils._core.private_files import exists, is_private, locked, read, write
from ..module_utils._module.argument_specs import CLUSTER, at_most_one
from ..module_utils._module.runner import Module
from ..module_utils._module.target import run_module

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._module.runner import Result, Task


def update_kubeconfig(task: Task, cloud: Cloud) -> Result:
    params = task.params
    # Before the lock, because a login may take its time.
    wanted = build_entry(task, cloud) if params["state"] == "present" else None
    # Where there is no file there is nothing to take out, and no lock or folder to make for that.
    if task.check_mode or (wanted is None and not exists(params["path"])):
        return update_document(params, wanted)[0]
    with locked(params["path"]):
        result, text = update_document(params, wanted)
        if result["changed"]:
            write(params["path"], text)
    return result


def update_document(
    params: t.Mapping[str, t.Any], wanted: tuple[ConnectionSettings, dict[str, t.Any]] | None
) -> tuple[Result, str]:
    """Return the result of putting the entry in (or taking it out, without one), and the text of the new file."""
    path = params["path"]
    text = read(path)
    before = _kubeconfig.parse(text, path=path)
    if wanted is None:
        after = _kubeconfig.remove_entries(before, params["name"])
    else:
        session, user = wanted
        after = _kubeconfig.add_entries(
            before,
            params["name"],
            cluster=session.cluster_entry(),
            user=user,
            namespace=params["namespace"] or "",
            current=params["current"],
        )
    changed = after != before or (wanted is not None and (text is None or not is_private(path)))
    shown = {"before": _kubeconfig.redacted_text(before), "after": _kubeconfig.redacted_text(after)}
    diff = {"before_header": path, "after_header": path, **shown}
    return {"changed": changed, "kubeconfig": path, "diff": diff}, _kubeconfig.dump(after)


def build_entry(task: Task, cloud: Cloud) -> tuple[ConnectionSettings, dict[str, t.Any]]:
    """Return the session to write, and the user of its kubeconfig entry."""
    params = task.params
    at_most_one(params, "id_token", "openshift_token")
    address = ClusterEndpoint.from_options(params)
    token, refresh = params["openshift_token"] or params["id_token"], params["kubernetes_refresh_token"]
    if not token:
        minted = cloud.login.token(kubernetes=True)
        token, refresh = minted.id, minted.kubernetes_refresh
    session = ConnectionSettings(address.master_url, token, ca=address.ca or "", ca_file=params["ca_cert"] or "")
    if params["auth"] == "token":
        return session, session.token_user()
    if not refresh:
        raise InputError(
            "auth=oidc needs kubernetes_refresh_token",
            hint="Take it from ibmcloud.kubernetes.iam_token, or leave id_token out so that new tokens are got.",
        )
    return session, session.oidc_user(refresh, issuer_ca_file=params["ca_cert"] or "")


MODULE = Module(
    "kubeconfig",
    update_kubeconfig,
    options={
        **CLUSTER,
        "path": {"type": "path", "required": True},
        "name": {"type": "str", "required": True},
        "auth": {"type": "str", "choices": ["token", "oidc"], "default": "token"},
        "kubernetes_refresh_token": {"type": "str", "no_log": True},
        "namespace": {"type": "str"},
        "current": {"type": "bool", "default": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
