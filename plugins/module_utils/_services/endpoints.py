# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Which host a call goes to, and whether it may. String work; no I/O. The hosts are in api_generations.py."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import urllib.parse
from dataclasses import dataclass

from .._core.errors import InputError
from .api_generations import CURRENT, ApiGeneration

# Regions that have a private host of the containers API (bluemix-go, endpoints).
_PRIVATE_REGIONS = ("us-south", "us-east", "eu-gb", "eu-de", "jp-tok", "au-syd", "jp-osa", "ca-tor")


# Where a virtual server instance (VPC) finds its metadata service: an address that never leaves the machine, or its name.
METADATA = "http://169.254.169.254"
_METADATA_HOSTS = ("169.254.169.254", "api.metadata.cloud.ibm.com")
# A name (also an international one), an IPv4 address, or an IPv6 address in brackets; and a port.
_NETLOC = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::[0-9]*)?")
AllowedHosts = t.Sequence[str]
# Domains of the API servers and of OpenShift's OAuth servers (IBM's documentation of cluster access).
CLUSTER_DOMAINS = ("containers.cloud.ibm.com", "containers.appdomain.cloud")


@dataclass(frozen=True)
class Endpoints:
    """Base URLs without a trailing slash; ``containers`` ends in ``/global`` where the generation has that."""

    iam: str
    accounts: str
    containers: str


def service_endpoints(
    *, visibility: str, region: str | None, given: t.Mapping[str, str | None], generation: ApiGeneration = CURRENT
) -> Endpoints:
    """Return where IBM's services are called.

    ``given`` has the options iam_endpoint, accounts_endpoint and containers_endpoint; each wins over ``visibility``.

    :raises InputError: for an address that cannot be used, or an endpoint or a region that the generation does not have.
    """
    if region:
        generation.region(region)
    found = {}
    for name in ("iam", "accounts", "containers"):
        override = given.get(f"{name}_endpoint")
        if override:
            found[name] = _validate(override, option=f"{name}_endpoint")
        elif visibility == "private":
            found[name] = _private(name, region, generation)
        else:
            found[name] = generation.host(getattr(generation, name), region or "", f"{name}_endpoint")
    prefix = "/global" if generation.containers.endswith("/global") else ""
    found["containers"] = found["containers"].removesuffix("/global") + prefix
    return Endpoints(**found)


def cf_endpoint(*, region: str | None, given: str | None, generation: ApiGeneration) -> str:
    """Return where Cloud Foundry is called, in a generation that has it.

    :raises InputError: for an address that cannot be used, or without the region that it depends on.
    """
    if given:
        return _validate(given, option="cf_endpoint")
    return generation.host(generation.cf, region or "", "cf_endpoint")


def check_cluster_url(url: str, allowed: AllowedHosts, *, what: str = "master_url", path: bool = False) -> str:
    """Return an address of a cluster if a token may be sent there, without a slash at its end.

    That is https, no user information, no path (unless ``path``), and a host that ends in one of ``allowed``. This
    machine itself is always allowed: what listens here is no stranger.

    :raises InputError: for any other, because the token would go there too.
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


def check_proxy(address: str) -> str:
    """Return the address of a proxy, which may have a user and a password in it.

    :raises InputError: when it is none; without the address, for the sake of the password.
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
    """Return the address of the metadata service, without a slash at its end.

    :raises InputError: for one that cannot be used. Plain http is for the service's own hosts and this machine only.
    """
    return _validate(given or METADATA, option="metadata_endpoint", http_hosts=_METADATA_HOSTS)


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
    if region not in _PRIVATE_REGIONS:
        raise InputError(
            f"visibility=private needs a region that has a private endpoint, not {region or 'none'}",
            hint=f"Set region to one of: {', '.join(_PRIVATE_REGIONS)}; or set {name}_endpoint.",
        )
    return template.format(region=region)


def _validate(address: str, *, option: str, http_hosts: t.Collection[str] = ()) -> str:
    problem = _problem(address, loopback_http=True, http_hosts=http_hosts)
    if problem:
        # The address is not shown: somebody may have put a user name and a password into it.
        raise InputError(
            f"{option} cannot be used: {problem}", hint="Give an address such as https://host.example.com."
        )
    return address.rstrip("/")


def _problem(url: str, *, loopback_http: bool, http_hosts: t.Collection[str] = ()) -> str:
    """Say what is wrong with an address, or return an empty string."""
    # urllib3 ends the host at a backslash and urlsplit does not: what is checked must be what is called.
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
