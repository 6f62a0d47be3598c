# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The credential plugin for kubectl and other Kubernetes clients. The plugin works without Ansible, so this file does not import Ansible.

A client starts the plugin with the name of a cluster, and reads a token from the plugin's standard output:
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import sys
import time
import typing as t

from ..module_utils._clusters.ca_store import default_ca_folder
from ..module_utils._clusters.cluster_facts import FactsReader
from ..module_utils._clusters.cluster_lookup import list_for, resolve_clusters
from ..module_utils._clusters.login import Sessions
from ..module_utils._clusters.token_cache import TokenCache
from ..module_utils._core.errors import InputError
from ..module_utils._core.options import AllowedHostsOptions
from ..module_utils._core.strict_json import NotJSON, parse
from ..module_utils._core.tokens import iso, read_claims
from ..module_utils._module.argument_specs import ALLOWED_HOSTS
from ..module_utils._module.runner import Module, execute
from ..module_utils._services.allowed_hosts import CLUSTER_DOMAINS

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._clusters.login import OpenSession
    from ..module_utils._clusters.token_cache import Entry
    from ..module_utils._module.runner import Result, Task
    from ..module_utils._services.cluster_records import Record

NAME = "kubectl_credential"
# The environment variable that contains the client's request.
EXEC_INFO = "KUBERNETES_EXEC_INFO"
API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")

_OPTIONS = {
    **ALLOWED_HOSTS,
    "cluster": {"type": "str", "required": True},
    "server": {"type": "str"},
    "ca_data": {"type": "str"},
}


class Options(AllowedHostsOptions):
    cluster: str
    server: str
    ca_data: str


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Write an ExecCredential to standard output and return 0, or an error to standard error and return 1."""
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="A kubectl credential plugin that prints a token for a cluster. The plugin reads credentials and endpoints from "
        "environment variables such as IC_API_KEY.",
    )
    parser.add_argument("cluster", help="name or ID of the cluster")
    parser.add_argument("--no-cache", action="store_true", help="log in for each call instead of caching the token")
    parser.add_argument(
        "--allowed-hosts",
        metavar="DOMAINS",
        default=",".join(CLUSTER_DOMAINS),
        help="allowed domains of cluster endpoints, separated by commas (default: IBM's domains)",
    )
    given = parser.parse_args(arguments)
    cached = not given.no_cache
    # An empty string does not allow any domain.
    domains = [domain.strip() for domain in given.allowed_hosts.split(",") if domain.strip()]

    def get_token(task: Task[Options], cloud: Cloud) -> Result:
        return token_for(task, cloud, cached=cached)

    try:
        info = read_exec_info(os.environ)
    except InputError as exc:
        print_error(str(exc))
        return 1
    result, _secrets = execute(
        Module(NAME, get_token, Options, _OPTIONS),
        {**defaults(), "cluster": given.cluster, "allowed_hosts": domains, **info},
        environ=os.environ,
        check_mode=False,
        warn=lambda line: print_error(f"{NAME}: {line}"),
    )
    if result.get("failed"):
        print_error(result["msg"])
        return 1
    sys.stdout.write(json.dumps(exec_credential(info["api_version"], result["token"], result["expires"])) + "\n")
    return 0


def defaults() -> dict[str, t.Any]:
    """Return the options' default values. In a module, Ansible sets these defaults."""
    spec = Module(NAME, token_for, Options, _OPTIONS).argument_spec
    return {name: option["default"] for name, option in spec.items() if "default" in option}


def print_error(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def read_exec_info(environ: t.Mapping[str, str]) -> dict[str, str]:
    """Return the API version that the client expects, and each connection setting (URL, CA certificate) that the client provides from the kubeconfig.

    :raises InputError: if the client expects an unsupported version, or if ``KUBERNETES_EXEC_INFO`` cannot be parsed.
    """
    text = environ.get(EXEC_INFO, "")
    if not text:
        return {"api_version": API_VERSIONS[0]}
    try:
        info = parse(text.encode("utf-8", "replace"))
    except NotJSON as exc:
        raise InputError(f"{NAME}: {EXEC_INFO} cannot be read: {exc}") from None
    if not isinstance(info, dict) or info.get("apiVersion") not in API_VERSIONS:
        raise InputError(
            f"{NAME}: the apiVersion of exec in the kubeconfig is not supported",
            hint=f"Set apiVersion to {' or '.join(API_VERSIONS)}.",
        )
    spec = info.get("spec")
    cluster = spec.get("cluster") if isinstance(spec, dict) else None
    cluster = cluster if isinstance(cluster, dict) else {}
    found = {"api_version": str(info["apiVersion"])}
    if isinstance(cluster.get("server"), str):
        found["server"] = str(cluster["server"])
    if isinstance(cluster.get("certificate-authority-data"), str):
        try:
            found["ca_data"] = base64.b64decode(str(cluster["certificate-authority-data"]), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise InputError(
                f"{NAME}: certificate-authority-data in the kubeconfig is not a base64-encoded PEM certificate"
            ) from None
    return found


def exec_credential(api_version: str, token: str, expires: float) -> dict[str, t.Any]:
    """Return the response to the client. If ``expires`` is 0, the client uses the token until the cluster rejects the token."""
    status = {"token": token, **({"expirationTimestamp": iso(expires)} if expires else {})}
    return {"apiVersion": api_version, "kind": "ExecCredential", "status": status}


def token_for(task: Task[Options], cloud: Cloud, *, cached: bool = True) -> Result:
    """Return a token from the cache or from a new login, and the token's expiry time."""
    if not cached:
        return log_in(task, cloud)
    folder = os.path.join(os.path.dirname(default_ca_folder()), "tokens")
    # The cache key contains all options, because a token depends on the credential, the endpoint and the server. A login with an ambiguous
    # cluster name fails, so the cache cannot contain a token for such a name.
    key = json.dumps([NAME, vars(task.options)], sort_keys=True, default=str)

    def create() -> Entry:
        return log_in(task, cloud)

    return TokenCache(folder, task.warn).get(key, create, client=os.getppid())


def log_in(task: Task[Options], cloud: Cloud) -> Result:
    options = task.options
    cloud.id_tokens.expect()
    resolution = resolve_clusters(
        [options.cluster],
        lambda names: list_for(cloud.containers, None, cloud.pool(), names),
        cloud.containers.region_note,
    )
    for error in resolution.missing.values():
        raise error
    (record,) = resolution.found.values()
    sessions = Sessions(cloud, options)
    sessions.checks.check(record)
    record = with_endpoint(record, options, cloud)
    session = sessions.log_in(record, str(record["ca_cert_data"] or "") or None)
    return {"token": session.token, "expires": expiry(session)}


def with_endpoint(record: Record, options: Options, cloud: Cloud) -> Record:
    """Return the record with the URL and CA certificate from the kubeconfig, or from the service if the client does not provide them."""
    if options.server:
        facts = FactsReader(cloud.containers).read(record)
        return {**facts, "master_url": options.server, "ca_cert_data": options.ca_data}
    return FactsReader(cloud.containers, endpoint="auto", ca=True).read(record)


def expiry(session: OpenSession) -> float:
    """Return the token's expiry time on the local clock as a Unix timestamp, or 0 if the expiry time is unknown.

    The local clock may differ from the services' clocks.
    """
    claims = read_claims(session.token)
    return time.time() + claims.life if claims and claims.life else session.expires
