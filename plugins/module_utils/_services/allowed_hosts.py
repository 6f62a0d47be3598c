# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Decide which cluster hosts may receive tokens and API keys. The functions do not send requests or read files."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from .._core.errors import InputError
from .endpoints import is_loopback, url_problem

AllowedHosts = t.Sequence[str]


# The domains of API servers and OAuth servers. The first two belong to classic and VPC clusters, and the last two to Satellite clusters
# (location and Link hosts).
CLUSTER_DOMAINS = (
    "containers.cloud.ibm.com",
    "containers.appdomain.cloud",
    "satellite.appdomain.cloud",
    "link.satellite.cloud.ibm.com",
)


# A cluster's master has several host names: c111.eu-de, c111-e.eu-de, c111.private.eu-de, c111-e.private.eu-de, c111-private.eu-de.
_MASTER = re.compile(r"(c[0-9]+)(?:-e)?(?P<private>[.-]private)?(\.[a-z0-9.-]+\.containers\.cloud\.ibm\.com)")


_VPE = re.compile(r"\.vpe\.private\.[a-z0-9-]+\.containers\.cloud\.ibm\.com$")


def check_cluster_url(url: str, allowed: AllowedHosts, *, what: str = "master_url", path: bool = False) -> str:
    """Return a cluster's URL without a trailing slash if tokens may be sent to this URL.

    The URL must use https and must not contain user information. The URL must not contain a path unless ``path`` is true. The URL's host must be in one of the
    ``allowed`` domains. Loopback addresses are always allowed.

    :raises InputError: if the URL does not meet these conditions.
    """
    problem = url_problem(url, loopback_http=False)
    parts = urllib.parse.urlsplit("" if problem else url)
    if not problem and not path and parts.path not in ("", "/"):
        problem = "the URL has a path"
    host = (parts.hostname or "").lower()
    if not problem and not is_loopback(host) and not any(_ends_in(host, suffix) for suffix in allowed):
        problem = f"{host} is not a host in the allowed domains {', '.join(allowed) or '(none)'}"
    if problem:
        raise InputError(
            f"{what} cannot be used: {problem}",
            hint="No token was sent to this URL. If the URL is correct, add its domain to allowed_hosts.",
        )
    return url.rstrip("/")


def oauth_url(named: str, master_url: str, allowed: AllowedHosts, endpoints: t.Iterable[str] = ()) -> str:
    """Return the URL of a cluster's OAuth server if the API key may be sent to this server.

    ``named`` is the authorization endpoint in the cluster's well-known OAuth document, and ``endpoints`` contains the cluster's other
    URLs from the containers API. Only the cluster's own hosts are accepted, on any port, because customers can have hosts in the same
    domains. Any other host must be listed in ``allowed`` by its full name.

    If ``master_url`` is private, the OAuth server's public host name is replaced with the private host name. The public host name
    does not work if the public endpoint is disabled. The API server and the OAuth server have the same private host name [inferred: openshift-private-oauth].

    :raises InputError: if the host is neither one of the cluster's own hosts nor listed in ``allowed``.
    """
    what = "The OAuth server that the cluster specifies"
    check_cluster_url(named, allowed, what=what, path=True)
    parts = urllib.parse.urlsplit(named)
    host, ours = _host(named), _host(master_url)
    if _is_public_name_of(host, ours):
        return parts._replace(netloc=f"{ours}:{parts.port or 443}").geturl()
    own = {_master(_host(url)) for url in (master_url, *endpoints)}
    explicit = {name.lower() for name in allowed}.difference(CLUSTER_DOMAINS)
    if _master(host) not in own and host not in explicit and not (is_loopback(host) and is_loopback(ours)):
        raise InputError(
            f"{what} cannot be used: {host} is not a host of this cluster ({ours})",
            hint="No API key or passcode was sent to this host. If the host is correct, add its name to allowed_hosts.",
        )
    return named


def _host(url: str) -> str:
    return (urllib.parse.urlsplit(url).hostname or "").lower()


def _master(host: str) -> str:
    """Return the same name for all host names of a classic or VPC cluster's master. Return any other host name unchanged."""
    match = _MASTER.fullmatch(host)
    return match[1] + match[3] if match else host


def _is_public_name_of(host: str, private: str) -> bool:
    """Return whether ``host`` is the public host name of the master whose private or VPE host name is ``private``."""
    public, ours = _MASTER.fullmatch(host), _MASTER.fullmatch(private)
    if not public or public["private"]:
        return False
    # A VPE host name does not contain the master's name.
    return bool(_VPE.search(private) or (ours and ours["private"] and _master(host) == _master(private)))


def _ends_in(host: str, suffix: str) -> bool:
    domain = suffix.lower().lstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))
