# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look up connection settings for clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_access
author:
  - ibmcloud.kubernetes contributors (@ibmcloud-kubernetes)
short_description: Look up connection settings for clusters
version_added: 0.1.0
description:
  - Finds each cluster, synchronizes RBAC, logs in, and returns connection settings for other collections.
  - During a run of C(ansible-playbook), all lookups with the same options share one login for each cluster. A different O(output) does not cause another login.
  - If the remaining lifetime of the token is less than two minutes or less than O(min_validity), the next lookup logs in again.
  - The lookup reads credentials and endpoints from its options and from the environment variables of the C(ansible-playbook) process.
    The C(environment) keyword of a task does not affect the lookup.
  - A lookup cannot detect check mode, so it logs in and synchronizes RBAC even in check mode.
  - Ansible prints module arguments, for example with C(-vvv), and AWX stores the arguments in job events. The arguments include the value of
    the lookup, even if C(module_defaults) sets the arguments. Set C(no_log=true) on the tasks that use the lookup.
  - If E(KUBECONFIG), E(K8S_AUTH_KUBECONFIG), or E(K8S_AUTH_CERT_FILE) and E(K8S_AUTH_KEY_FILE) provide a client certificate,
    Kubernetes modules and Helm prefer the certificate to the token. Set these variables to empty strings in the C(environment) of the tasks.
extends_documentation_fragment:
  - ibmcloud.kubernetes._credentials
  - ibmcloud.kubernetes._connection
  - ibmcloud.kubernetes._cluster_selection.resource_group
options:
  _terms:
    description:
      - The names or IDs of clusters.
    required: true
    type: list
    elements: str
  output:
    description:
      - The value to return for each cluster.
      - V(k8s_auth) returns a dictionary of connection settings for the C(group/kubernetes.core.k8s) entry of C(module_defaults).
        V(k8s_env) returns a dictionary of environment variables that contain the connection settings.
      - V(token) returns the token, V(master_url) returns the URL of the API server, and V(kubeconfig) returns the text of a kubeconfig
        that contains the token.
    type: str
    choices: [k8s_auth, k8s_env, token, master_url, kubeconfig]
    default: k8s_auth
  endpoint:
    description:
      - The cluster endpoint to use.
    type: str
    choices: [auto, public, private, vpe]
    default: auto
  cluster_ca_file:
    description:
      - A PEM file with the CA certificate of the cluster's API server. The file is used if the service does not provide the certificate.
    type: path
  ca_folder:
    description:
      - The folder in which CA certificates are cached as files.
      - The default is C(ibmcloud.kubernetes/ca) in E(XDG_CACHE_HOME) or C(~/.cache), as in M(ibmcloud.kubernetes.cluster_login).
    type: path
  allowed_hosts:
    description:
      - The domains and hosts to which tokens may be sent. Loopback addresses are always allowed.
    type: list
    elements: str
    default: [containers.cloud.ibm.com, containers.appdomain.cloud, satellite.appdomain.cloud, link.satellite.cloud.ibm.com]
  wait_timeout:
    description:
      - How long to wait for the RBAC synchronization of each cluster, in seconds.
    type: int
    default: 300
notes:
  - During the run, the token is stored in a file in Ansible's local temporary folder. Only the owner can read the file. Ansible removes
    the file at the end of the run, but the file remains if the run is killed.
  - The lookup does not revoke OpenShift tokens. If OpenShift tokens must be revoked, use the role
    P(ibmcloud.kubernetes.cluster_access#role) instead of the lookup.
seealso:
  - module: ibmcloud.kubernetes.cluster_login
"""

EXAMPLES = r"""
- name: Create a namespace
  module_defaults:
    group/kubernetes.core.k8s: "{{ lookup('ibmcloud.kubernetes.cluster_access', 'mycluster-vpc') }}"
  kubernetes.core.k8s:
    kind: Namespace
    name: shop
    state: present
  environment:
    KUBECONFIG: ""
    K8S_AUTH_KUBECONFIG: ""
    K8S_AUTH_CERT_FILE: ""
    K8S_AUTH_KEY_FILE: ""
  no_log: true
"""

RETURN = r"""
_raw:
  description:
    - For each cluster, the value that O(output) selects.
  type: list
  elements: raw
"""

import datetime
import time
import typing as t

from ansible.errors import AnsibleError

from ..module_utils._clusters import kubeconfig
from ..module_utils._clusters.access_pipeline import get_access
from ..module_utils._clusters.cluster_facts import FactsReader
from ..module_utils._clusters.k8s_settings import ConnectionSettings
from ..module_utils._clusters.login import Sessions
from ..module_utils._clusters.rbac_sync import SyncOptions
from ..module_utils._core.errors import PartialFailure
from ..module_utils._core.options import LoginOptions
from ..module_utils._core.progress import Progress
from ..module_utils._core.tokens import read_claims
from ..module_utils._module.argument_specs import LOGIN
from ..plugin_utils._token_lookup import TokenLookup

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._clusters.token_cache import Entry
    from ..module_utils._module.argument_specs import Spec
    from ..module_utils._module.runner import Task
    from ..module_utils._services.cluster_records import Record

OUTPUTS = ("k8s_auth", "k8s_env", "token", "master_url", "kubeconfig")


class Options(LoginOptions):
    cluster: str
    output: str
    resource_group: str


class LookupModule(TokenLookup):
    """Lookup plugin that returns connection settings for clusters."""

    NAME = "cluster_access"
    OPTIONS: t.ClassVar[Spec] = {
        **LOGIN,
        "cluster": {"type": "str", "required": True},
        "output": {"type": "str", "choices": list(OUTPUTS), "default": "k8s_auth"},
        "resource_group": {"type": "str"},
        "wait_timeout": {"type": "int", "default": 300},
    }
    OPTIONS_TYPE = Options

    def run(self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:  # noqa: ARG002  # Ansible's interface
        names = [name for term in terms for name in (term if isinstance(term, list) else [term])]
        if not names or "cluster" in kwargs:
            raise AnsibleError("cluster_access: the names or IDs of clusters are required as terms")
        output = kwargs.get("output") or "k8s_auth"
        return [convert(self.get({**kwargs, "cluster": name})["session"], output) for name in names]

    def log_in(self, task: Task[Options], cloud: Cloud) -> Entry:
        options = task.options
        access = get_access(
            cloud,
            [options.cluster],
            reader=FactsReader.for_login(cloud, options),
            sessions=Sessions(cloud, options, ca_folder=options.ca_folder),
            sync=SyncOptions(wait_timeout=options.wait_timeout, rate_limit=options.rate_limit),
            progress=Progress(task.report_progress, cloud.clock),
            resource_group=options.resource_group,
        )
        if access.failures:
            raise PartialFailure(access.failures, total=1, result={})
        (session,) = access.sessions
        kept = ("name", "id", "master_url", "ca_cert_data", "cluster_ca_file")
        token = session["id_token"] or session["openshift_token"]
        return {
            "session": {**{key: session.get(key) for key in kept}, "token": token},
            "expires": expiry(str(token), str(session["expires_at"])),
        }


def convert(session: Record, output: str) -> t.Any:
    """Return the session value that ``output`` selects."""
    values = {key: str(value or "") for key, value in session.items()}
    settings = ConnectionSettings(
        values["master_url"], values["token"], ca_file=values["cluster_ca_file"], ca=values["ca_cert_data"]
    )
    if output == "kubeconfig":
        name = f"{values['name']}/{values['id']}"
        empty = kubeconfig.parse(None, path="")
        cluster, user = settings.cluster_entry(), settings.token_user()
        return kubeconfig.dump(
            kubeconfig.add_entries(empty, name, cluster=cluster, user=user, namespace="", current=True)
        )
    if output in ("k8s_auth", "k8s_env"):
        return getattr(settings, output)()
    return values[output]


def expiry(token: str, expires_at: str) -> float:
    """Return the token's expiry time on the local clock, or 0 if the time is unknown.

    The token's lifetime takes precedence over ``expires_at``, because the service's clock and the local clock may differ.
    """
    claims = read_claims(token)
    if claims and claims.life:
        return time.time() + claims.life
    if not expires_at:
        return 0.0
    return datetime.datetime.fromisoformat(expires_at.replace("Z", "+00:00")).timestamp()
