# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Choose and validate the host for each call, without I/O. api_generations.py defines the host names."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import urllib.parse
from dataclasses import dataclass

from .._core.errors import InputError
from .api_generations import CURRENT, ApiGeneration

# The metadata service of a VPC instance has a link-local address and a host name.
METADATA = "http://169.254.169.254"
_METADATA_HOSTS = ("169.254.169.254", "api.metadata.cloud.ibm.com")
# A host name (which can be internationalized), an IPv4 address, or an IPv6 address in brackets, with an optional port.
_NETLOC = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::[0-9]*)?")
# A region's name becomes part of a host name. Any name is accepted, because IBM can add regions. The host name of an unknown region does
# not resolve.
_REGION = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Endpoints:
    """The services' base URLs without trailing slashes. ``containers`` ends with ``/global`` if the API generation uses this path prefix."""

    iam: str = ""
    accounts: str = ""
    containers: str = ""


def service_endpoints(
    *, visibility: str, region: str, given: Endpoints = Endpoints(), generation: ApiGeneration = CURRENT
) -> Endpoints:
    """Return the base URLs of IBM's services.

    ``given`` contains the URLs from the options, which override ``visibility``. URLs that are not given are empty.

    :raises InputError: if a URL is not valid, or if the API generation lacks the endpoint or the region.
    """
    if region:
        generation.region(region)
    found = {}
    for name in ("iam", "accounts", "containers"):
        override = getattr(given, name)
        if override:
            found[name] = _validate(override, option=f"{name}_endpoint")
        elif visibility == "private" or (visibility == "public-and-private" and _has_private(name, region, generation)):
            found[name] = _private(name, region, generation)
        else:
            found[name] = generation.host(getattr(generation, name), region, f"{name}_endpoint")
    prefix = "/global" if generation.containers.endswith("/global") else ""
    found["containers"] = found["containers"].removesuffix("/global") + prefix
    return Endpoints(**found)


def _has_private(name: str, region: str, generation: ApiGeneration) -> bool:
    """Return whether the service has a private endpoint. As in bluemix-go, a regional private endpoint requires a region."""
    template = generation.private.get(name, "")
    return bool(template) and ("{region}" not in template or bool(region))


def cf_endpoint(*, region: str, given: str, generation: ApiGeneration) -> str:
    """Return Cloud Foundry's base URL in an API generation that supports Cloud Foundry.

    :raises InputError: if the URL is not valid, or if the URL requires a region and ``region`` is empty.
    """
    if given:
        return _validate(given, option="cf_endpoint")
    return generation.host(generation.cf, region, "cf_endpoint")


def check_proxy(address: str) -> None:
    """Check a proxy's URL, which may contain a user name and a password.

    :raises InputError: if the URL is not valid. The message does not contain the URL, because the URL may contain a password.
    """
    scheme, _colon, rest = address.partition("://")
    host = rest.rpartition("@")[2]
    problem = "the URL does not start with http:// or https://" if scheme not in ("http", "https") else ""
    problem = problem or url_problem(f"https://{host}", loopback_http=False)
    if not problem and urllib.parse.urlsplit(address).path not in ("", "/"):
        problem = "the URL has a path"
    if problem:
        raise InputError(f"proxy cannot be used: {problem}", hint="Use a URL such as http://proxy.example.com:3128.")


def metadata_endpoint(given: str) -> str:
    """Return the URL of the metadata service, without a trailing slash.

    :raises InputError: if the URL is not valid. Plain http is accepted only for the service's own hosts and loopback addresses.
    """
    return _validate(given or METADATA, option="metadata_endpoint", http_hosts=_METADATA_HOSTS)


def _private(name: str, region: str, generation: ApiGeneration) -> str:
    template = generation.private.get(name, "")
    if not template:
        raise InputError(
            f"api_generation {generation.name} does not have private endpoints",
            hint=f"Omit visibility, or set {name}_endpoint.",
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
    problem = url_problem(address, loopback_http=True, http_hosts=http_hosts)
    if problem:
        # The message does not contain the address, because the address may contain a user name and a password.
        raise InputError(f"{option} cannot be used: {problem}", hint="Use a URL such as https://host.example.com.")
    return address.rstrip("/")


def url_problem(url: str, *, loopback_http: bool, http_hosts: t.Collection[str] = ()) -> str:
    """Return the reason why a URL is not valid, or an empty string if the URL is valid."""
    # urllib3 ends the host at a backslash, but urlsplit does not, so urllib3 would send the request to an unchecked host.
    if any(char.isspace() or ord(char) < 33 or char == "\\" for char in url):
        return "the URL contains whitespace, backslashes or control characters"
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "the value is not a URL with a host and a port between 1 and 65535"
    if parts.scheme not in ("http", "https"):
        return "the URL does not start with https://"
    if "@" in parts.netloc:
        return "the URL contains user information"
    if not _NETLOC.fullmatch(parts.netloc):
        return "the host contains characters that are not allowed"
    if not host or port == 0 or parts.netloc.endswith(":"):
        return "the URL has no host, or no valid port after the colon"
    if any(not 0 < len(label) < 64 for label in host.rstrip(".").split(".")):
        return "a label of the host name is empty or longer than 63 characters"
    if parts.query or parts.fragment or "?" in url or "#" in url:
        return "the URL contains a query or a fragment"
    if parts.scheme == "http" and not (loopback_http and is_loopback(host)) and host not in http_hosts:
        return "the URL uses http, which is not encrypted, instead of https"
    return ""


def is_loopback(host: str) -> bool:
    """Return whether the host is localhost or a loopback address in the usual notation. Tokens may be sent to such a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
