# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Choose the host of each call and check that it may be used. No I/O. The host names are in api_generations.py."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import urllib.parse
from dataclasses import dataclass

from .._core.errors import InputError
from .api_generations import CURRENT, ApiGeneration

# Metadata service of a virtual server instance (VPC): a link-local address, or its host name.
METADATA = "http://169.254.169.254"
_METADATA_HOSTS = ("169.254.169.254", "api.metadata.cloud.ibm.com")
# A host name (also an international one), an IPv4 address, or an IPv6 address in brackets, with an optional port.
_NETLOC = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::[0-9]*)?")
# Part of a host name. Any region is accepted: IBM opens new ones, and an unknown host name fails in DNS.
_REGION = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
AllowedHosts = t.Sequence[str]
# Domains of API servers and OAuth servers: classic and VPC clusters, then Satellite clusters (location and Link hosts).
CLUSTER_DOMAINS = (
    "containers.cloud.ibm.com",
    "containers.appdomain.cloud",
    "satellite.appdomain.cloud",
    "link.satellite.cloud.ibm.com",
)
# One master has several names: c111.eu-de, c111-e.eu-de, c111.private.eu-de, c111-e.private.eu-de, c111-private.eu-de.
_MASTER = re.compile(r"(c[0-9]+)(?:-e)?(?P<private>[.-]private)?(\.[a-z0-9.-]+\.containers\.cloud\.ibm\.com)")
_VPE = re.compile(r"\.vpe\.private\.[a-z0-9-]+\.containers\.cloud\.ibm\.com$")


@dataclass(frozen=True)
class Endpoints:
    """Base URLs without a trailing slash; ``containers`` ends in ``/global`` where the generation has that."""

    iam: str
    accounts: str
    containers: str


def service_endpoints(
    *, visibility: str, region: str | None, given: t.Mapping[str, str | None], generation: ApiGeneration = CURRENT
) -> Endpoints:
    """Return the base URLs of IBM's services.

    ``given`` has the options iam_endpoint, accounts_endpoint and containers_endpoint, which override ``visibility``.

    :raises InputError: if a URL is not valid, or the generation does not have the endpoint or the region.
    """
    if region:
        generation.region(region)
    found = {}
    for name in ("iam", "accounts", "containers"):
        override = given.get(f"{name}_endpoint")
        if override:
            found[name] = _validate(override, option=f"{name}_endpoint")
        elif visibility == "private" or (visibility == "public-and-private" and _has_private(name, region, generation)):
            found[name] = _private(name, region, generation)
        else:
            found[name] = generation.host(getattr(generation, name), region or "", f"{name}_endpoint")
    prefix = "/global" if generation.containers.endswith("/global") else ""
    found["containers"] = found["containers"].removesuffix("/global") + prefix
    return Endpoints(**found)


def _has_private(name: str, region: str | None, generation: ApiGeneration) -> bool:
    """Return whether the service has a private endpoint, for the region if that is needed (as in bluemix-go)."""
    template = generation.private.get(name, "")
    return bool(template) and ("{region}" not in template or bool(region))


def cf_endpoint(*, region: str | None, given: str | None, generation: ApiGeneration) -> str:
    """Return the base URL of Cloud Foundry, in a generation that has it.

    :raises InputError: if the URL is not valid, or the region that it depends on is missing.
    """
    if given:
        return _validate(given, option="cf_endpoint")
    return generation.host(generation.cf, region or "", "cf_endpoint")


def check_cluster_url(url: str, allowed: AllowedHosts, *, what: str = "master_url", path: bool = False) -> str:
    """Return a cluster's URL without a trailing slash, if a token may be sent there.

    It must use https, have no user information and no path (unless ``path``), and its host must be in one of the
    ``allowed`` domains. Loopback addresses are always allowed.

    :raises InputError: for any other URL, because the token would be sent there.
    """
    problem = _problem(url, loopback_http=False)
    parts = urllib.parse.urlsplit("" if problem else url)
    if not problem and not path and parts.path not in ("", "/"):
        problem = "it has a path"
    host = (parts.hostname or "").lower()
    if not problem and not _is_loopback(host) and not any(_ends_in(host, suffix) for suffix in allowed):
        problem = f"{host} is not a host of the allowed domains {', '.join(allowed) or '(none)'}"
    if problem:
        raise InputError(
            f"{what} cannot be used: {problem}",
            hint="No token was sent there. If the address is right, add its domain to allowed_hosts.",
        )
    return url.rstrip("/")


def oauth_url(named: str, master_url: str, allowed: AllowedHosts, endpoints: t.Iterable[str] = ()) -> str:
    """Return the URL of a cluster's OAuth server, if the API key may be sent there.

    ``named`` is the URL in the cluster's well-known document, and ``endpoints`` are the cluster's other URLs according to
    the containers API. Only the cluster's own hosts are accepted, at any port: customers can have hosts in the same
    domains. Another host must be in ``allowed`` in full.

    A public host name is replaced by the private host name of ``master_url``: with a disabled public endpoint it does not
    work, and both servers have the same host there (as in bluemix-go).

    :raises InputError: for any other host.
    """
    what = "The OAuth server that the cluster names"
    check_cluster_url(named, allowed, what=what, path=True)
    parts = urllib.parse.urlsplit(named)
    host, ours = _host(named), _host(master_url)
    if _is_public_name_of(host, ours):
        return parts._replace(netloc=f"{ours}:{parts.port or 443}").geturl()
    own = {_master(_host(url)) for url in (master_url, *endpoints)}
    explicit = {name.lower() for name in allowed}.difference(CLUSTER_DOMAINS)
    if _master(host) not in own and host not in explicit and not (_is_loopback(host) and _is_loopback(ours)):
        raise InputError(
            f"{what} cannot be used: {host} is not a host of this cluster ({ours})",
            hint="No API key or passcode was sent there. If the address is right, add this host name to allowed_hosts.",
        )
    return named


def check_proxy(address: str) -> str:
    """Return the URL of a proxy. It may contain a user and a password.

    :raises InputError: if it is not valid. The message does not contain the URL, because of the password.
    """
    scheme, _colon, rest = address.partition("://")
    host = rest.rpartition("@")[2]
    problem = "it does not start with http:// or https://" if scheme not in ("http", "https") else ""
    problem = problem or _problem(f"https://{host}", loopback_http=False)
    if not problem and urllib.parse.urlsplit(address).path not in ("", "/"):
        problem = "it has a path"
    if problem:
        raise InputError(
            f"proxy cannot be used: {problem}", hint="Give an address such as http://proxy.example.com:3128."
        )
    return address


def metadata_endpoint(given: str | None) -> str:
    """Return the URL of the metadata service, without a trailing slash.

    :raises InputError: if it is not valid. Plain http is accepted for the service's own hosts and loopback addresses only.
    """
    return _validate(given or METADATA, option="metadata_endpoint", http_hosts=_METADATA_HOSTS)


def _host(url: str) -> str:
    return (urllib.parse.urlsplit(url).hostname or "").lower()


def _master(host: str) -> str:
    """Return one name for all names of a classic or VPC master, and any other host unchanged."""
    match = _MASTER.fullmatch(host)
    return match[1] + match[3] if match else host


def _is_public_name_of(host: str, private: str) -> bool:
    """Return whether ``host`` is the public name of the master with this private or VPE host name."""
    public, ours = _MASTER.fullmatch(host), _MASTER.fullmatch(private)
    if not public or public["private"]:
        return False
    # A VPE host name does not contain the name of the master.
    return bool(_VPE.search(private) or (ours and ours["private"] and _master(host) == _master(private)))


def _ends_in(host: str, suffix: str) -> bool:
    domain = suffix.lower().lstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _private(name: str, region: str | None, generation: ApiGeneration) -> str:
    template = generation.private.get(name, "")
    if not template:
        raise InputError(
            f"api_generation {generation.name} has no private endpoints",
            hint=f"Leave visibility out, or set {name}_endpoint.",
        )
    if "{region}" not in template:
        return template
    if not region or not _REGION.fullmatch(region):
        raise InputError(
            f"visibility=private requires a region, not {region or 'none'}",
            hint=f"Set region to a region such as us-south or eu-de, or set {name}_endpoint.",
        )
    return template.format(region=region)


def _validate(address: str, *, option: str, http_hosts: t.Collection[str] = ()) -> str:
    problem = _problem(address, loopback_http=True, http_hosts=http_hosts)
    if problem:
        # The address may contain a user name and a password, so it is not part of the message.
        raise InputError(
            f"{option} cannot be used: {problem}", hint="Give an address such as https://host.example.com."
        )
    return address.rstrip("/")


def _problem(url: str, *, loopback_http: bool, http_hosts: t.Collection[str] = ()) -> str:
    """Return what is wrong with a URL, or an empty string."""
    # urllib3 ends the host at a backslash and urlsplit does not: the checked host would not be the called host.
    if any(char.isspace() or ord(char) < 33 or char == "\\" for char in url):
        return "it contains blanks, backslashes or control characters"
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "it is not a URL with a host and a port between 1 and 65535"
    if parts.scheme not in ("http", "https"):
        return "it does not start with https://"
    if "@" in parts.netloc:
        return "it contains user information"
    if not _NETLOC.fullmatch(parts.netloc):
        return "its host is not valid"
    if not host or port == 0 or parts.netloc.endswith(":"):
        return "it has no host, or no port after the colon"
    if any(not 0 < len(label) < 64 for label in host.rstrip(".").split(".")):
        return "its host name is not valid"
    if parts.query or parts.fragment or "?" in url or "#" in url:
        return "it contains a query or a fragment"
    if parts.scheme == "http" and not (loopback_http and _is_loopback(host)) and host not in http_hosts:
        return "it uses http, which sends secrets in clear; use https"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
