# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of request URLs, and of URLs that are rejected before a request is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.urls import origin
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.allowed_hosts import (
    CLUSTER_DOMAINS,
    check_cluster_url,
    oauth_url,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.endpoints import (
    Endpoints,
    check_proxy,
    service_endpoints,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

PUBLIC = Endpoints(
    "https://iam.cloud.ibm.com", "https://accounts.cloud.ibm.com", "https://containers.cloud.ibm.com/global"
)


def _endpoints(
    *, visibility: str = "public", region: str = "", iam: str = "", accounts: str = "", containers: str = ""
) -> Endpoints:
    return service_endpoints(visibility=visibility, region=region, given=Endpoints(iam, accounts, containers))


def test_public_is_the_default() -> None:
    """IBM's documentation contains these hosts."""
    assert _endpoints(region="eu-de") == PUBLIC
    assert service_endpoints(visibility="public", region="") == PUBLIC


@pytest.mark.parametrize("region", ["us-south", "eu-gb", "jp-osa", "br-sao", "ca-mon", "eu-es", "eu-fr2"])
def test_private_endpoints_have_the_documented_hosts(region: str) -> None:
    """IAM and the account service each have one private host. The containers API has one private host per region."""
    assert _endpoints(visibility="private", region=region) == Endpoints(
        "https://private.iam.cloud.ibm.com",
        "https://private.accounts.cloud.ibm.com",
        f"https://private.{region}.containers.cloud.ibm.com/global",
    )


@pytest.mark.parametrize("region", ["", "eu-de.evil.example", "eu-de/x", "a@b", "-", "eu_de"])
def test_private_needs_a_region(region: str) -> None:
    """The region is part of the host name."""
    with pytest.raises(InputError, match="visibility=private requires a region") as caught:
        _endpoints(visibility="private", region=region)

    assert "eu-de" in caught.value.hint
    assert "containers_endpoint" in caught.value.hint


def test_a_given_endpoint_needs_no_region() -> None:
    """The given endpoint replaces the endpoint that visibility selects."""
    found = _endpoints(visibility="private", containers="https://c.example")

    assert found.containers == "https://c.example/global"
    assert found.iam == "https://private.iam.cloud.ibm.com"


@pytest.mark.parametrize(
    ("address", "base"),
    [
        pytest.param("https://c.example", "https://c.example/global", id="plain"),
        pytest.param("https://c.example/global", "https://c.example/global", id="with-global"),
        pytest.param("https://c.example/global/", "https://c.example/global", id="I45-slash"),
        pytest.param("https://c.example///", "https://c.example/global", id="I45-slashes"),
        pytest.param("https://c.example:8443/prefix", "https://c.example:8443/prefix/global", id="I46-prefix"),
        pytest.param("https://[::1]:8443", "https://[::1]:8443/global", id="IPv6"),
        pytest.param("https://b\u00fccher.example", "https://b\u00fccher.example/global", id="I50-IDN"),
        pytest.param("https://c.example.", "https://c.example./global", id="root-dot"),
        pytest.param("http://127.0.0.1:8080", "http://127.0.0.1:8080/global", id="I44-loopback"),
        pytest.param("http://127.9.9.9", "http://127.9.9.9/global", id="I44-loopback-network"),
        pytest.param("http://localhost:8080", "http://localhost:8080/global", id="I44-localhost"),
        pytest.param("http://[::1]:8080", "http://[::1]:8080/global", id="I44-loopback-IPv6"),
    ],
)
def test_valid_endpoints_are_accepted(address: str, base: str) -> None:
    """Trailing slashes are ignored, and /global is optional. HTTP is accepted only for loopback addresses."""
    assert _endpoints(containers=address).containers == base


BAD = [
    pytest.param("iam.example", "https://", id="I43-no-scheme"),
    pytest.param("iam.example:443", "https://", id="I43-no-scheme-with-port"),
    pytest.param("//iam.example", "https://", id="I43-slashes-only"),
    pytest.param("http://iam.example", "not encrypted", id="I44-http"),
    pytest.param("http://localhost.evil.example", "not encrypted", id="I44-http-that-looks-local"),
    pytest.param("http://128.0.0.1", "not encrypted", id="I44-http-number"),
    pytest.param("https://iam.example?apikey=SECRET", "query", id="I47-query"),
    pytest.param("https://iam.example/x?", "query", id="I47-empty-query"),
    pytest.param("https://iam.example#SECRET", "fragment", id="I47-fragment"),
    pytest.param("https://iam.example/#", "fragment", id="I47-empty-fragment"),
    pytest.param("https://ada:SECRET@iam.example", "user information", id="I48-password"),
    pytest.param("https://SECRET@iam.example", "user information", id="I48-user"),
    pytest.param("https://@iam.example", "user information", id="I48-empty-user"),
    pytest.param("https://iam.example:0", "port", id="I49-zero"),
    pytest.param("https://iam.example:99999", "port", id="I49-too-large"),
    pytest.param("https://iam.example:-1", "port", id="I49-negative"),
    pytest.param("https://iam.example:https", "port", id="I49-text"),
    pytest.param("https://iam.example:", "port", id="I49-empty"),
    pytest.param("https://[::1", "host", id="I50-open-bracket"),
    pytest.param("https://iam .example", "whitespace", id="I50-blank"),
    pytest.param("https://iam.example\n", "whitespace", id="I50-line-end"),
    pytest.param("https://iam.exam\tple", "control", id="I50-tab"),
    pytest.param("https://iam.example\x00", "control", id="I50-NUL"),
    pytest.param("https://iam.example\\.x", "backslashes", id="I50-backslash"),
    pytest.param("https://" + "a" * 64 + ".example", "host name", id="I50-long-label"),
    pytest.param("https://iam..example", "host name", id="I50-empty-label"),
    pytest.param("https://", "host", id="I50-no-host"),
    pytest.param("https:///path", "host", id="I50-path-only"),
    pytest.param("ftp://iam.example", "https://", id="I51-ftp"),
    pytest.param("file:///etc/passwd", "https://", id="I51-file"),
    pytest.param("javascript:alert(1)", "https://", id="I51-javascript"),
]


@pytest.mark.parametrize(("address", "reason"), BAD)
@pytest.mark.parametrize("option", ["iam", "accounts", "containers"])
def test_invalid_endpoints_are_rejected(option: str, address: str, reason: str) -> None:
    """The message does not contain the URL, which can contain a password."""
    with pytest.raises(InputError, match=f"{option}_endpoint cannot be used: .*{reason}") as caught:
        _endpoints(**{option: address})

    assert "SECRET" not in str(caught.value)
    assert "https://host.example.com" in caught.value.hint


OURS = CLUSTER_DOMAINS
LOCATION = "r7c9749f6f30930d41eb1-6b64a6ccc9c596bf59a86625d8fa2202-ce00.eu-gb.satellite.appdomain.cloud"
LINK = "c-03.private.eu-gb.link.satellite.cloud.ibm.com"
VPE = "c9k2m7q10h4v3x8s6t5g.vpe.private.eu-de.containers.cloud.ibm.com"
# Hosts in IBM's formats: classic with a zone, public, -e, private, old private, VPE, Satellite location and Link
REAL_HOSTS = [
    "c9.sjc03.containers.cloud.ibm.com",
    "c105.eu-de.containers.cloud.ibm.com",
    "c111-e.us-south.containers.cloud.ibm.com",
    "c105.private.eu-de.containers.cloud.ibm.com",
    "c111-e.private.eu-de.containers.cloud.ibm.com",
    "c105-private.eu-de.containers.cloud.ibm.com",
    "c9.private.sjc03.containers.cloud.ibm.com",
    VPE,
    LOCATION,
    "p1iuql40jam23qiuxt833-q9err0fiffbsar61e78vv6e7ds8ne1tx-c000.us-east.satellite.appdomain.cloud",
    LINK,
    "c-01.us-east.link.satellite.cloud.ibm.com",
]


@pytest.mark.parametrize("port", ["", ":30000", ":32190"])
@pytest.mark.parametrize("host", REAL_HOSTS)
def test_hosts_of_real_clusters_are_allowed(host: str, port: str) -> None:
    """The case of the host name does not matter.

    The OAuth server has the same host and a different port.
    """
    for name in (host, host.upper()):
        url = f"https://{name}{port}"
        assert check_cluster_url(url, OURS) == url
        assert oauth_url(f"https://{name}:31264/oauth/authorize", f"https://{host}{port}", OURS)


def _master(name: str) -> str:
    return f"https://{name}.containers.cloud.ibm.com:31100"


@pytest.mark.parametrize(
    ("master_url", "named", "expected"),
    [
        pytest.param(_master("c111-e.eu-de"), "c111-e.eu-de", "c111-e.eu-de", id="same"),
        pytest.param(_master("c111-e.eu-de"), "c111.eu-de", "c111.eu-de", id="without-e"),
        pytest.param(_master("c111.eu-de"), "c111-e.eu-de", "c111-e.eu-de", id="with-e"),
        pytest.param(_master("c111-e.eu-de"), "c111-e.private.eu-de", "c111-e.private.eu-de", id="private-for-public"),
        pytest.param(_master("c111-e.private.eu-de"), "c111.private.eu-de", "c111.private.eu-de", id="private-both"),
        pytest.param(_master("c111-e.private.eu-de"), "c111-e.eu-de", "c111-e.private.eu-de", id="public-for-private"),
        pytest.param(_master("C111-E.Private.EU-DE"), "c111-e.eu-de", "c111-e.private.eu-de", id="case"),
        pytest.param(_master("c9.private.sjc03"), "C9.sjc03", "c9.private.sjc03", id="zone"),
        pytest.param(f"https://{VPE}:31100", "c111-e.eu-de", VPE.partition(".containers")[0], id="public-for-VPE"),
        pytest.param(_master("c111-e.eu-de"), "c112-e.eu-de", None, id="other-cluster"),
        pytest.param(_master("c111-e.eu-de"), "c111-e.us-south", None, id="other-region"),
        pytest.param(_master("c111-e.private.eu-de"), "c112-e.eu-de", None, id="other-cluster-for-private"),
        pytest.param(_master("c111-e.private.eu-de"), VPE.partition(".containers")[0], None, id="VPE-of-any-cluster"),
        pytest.param(f"https://{LINK}:32835", "c111-e.eu-gb", None, id="not-rewritten-to-Link"),
    ],
)
def test_the_host_of_the_oauth_server_belongs_to_the_cluster(master_url: str, named: str, expected: str | None) -> None:
    """If the API server's host is private, a private host replaces the OAuth server's public host. The port and the path are kept."""
    url = f"https://{named}.containers.cloud.ibm.com:31264/oauth/authorize"
    if expected is None:
        with pytest.raises(InputError, match="is not a host of this cluster"):
            oauth_url(url, master_url, OURS)
    else:
        assert oauth_url(url, master_url, OURS) == f"https://{expected}.containers.cloud.ibm.com:31264/oauth/authorize"


@pytest.mark.parametrize(
    ("master", "other"), [(LINK, LOCATION), (LOCATION, LINK), ("c111-e.private.eu-de.containers.cloud.ibm.com", VPE)]
)
def test_an_oauth_server_at_another_endpoint_is_accepted(master: str, other: str) -> None:
    """The service must list the other endpoint, or the user must allow the full host name."""
    url = f"https://{other}:32191/oauth/authorize"
    with pytest.raises(InputError, match="is not a host of this cluster"):
        oauth_url(url, f"https://{master}:32190", OURS)

    assert oauth_url(url, f"https://{master}:32190", OURS, [f"https://{other}:32190"]) == url
    assert oauth_url(url, f"https://{master}:32190", [*OURS, other.upper()]) == url


@pytest.mark.parametrize(
    ("url", "allowed", "checked"),
    [
        pytest.param("https://c1.x.containers.cloud.ibm.com", OURS, "", id="domain"),
        pytest.param("https://c2.us-south.containers.cloud.ibm.com:30422", OURS, "", id="port"),
        pytest.param("https://c111-e.private.eu-de.containers.cloud.ibm.com:31264", OURS, "", id="private"),
        pytest.param("https://abc.vpe.private.eu-de.containers.cloud.ibm.com:31264", OURS, "", id="vpe"),
        pytest.param("https://c1.us-east.containers.appdomain.cloud", OURS, "", id="other-domain"),
        pytest.param("https://containers.cloud.ibm.com", OURS, "", id="the-domain-itself"),
        pytest.param("https://C1.X.Containers.Cloud.IBM.com", OURS, "", id="upper-case"),
        pytest.param(
            "https://c1.x.containers.cloud.ibm.com/", OURS, "https://c1.x.containers.cloud.ibm.com", id="slash"
        ),
        pytest.param("https://c1.example:30422", ["example"], "", id="allowed"),
        pytest.param("https://c1.example", ["EXAMPLE"], "", id="allowed-in-upper-case"),
        pytest.param("https://c1.example", [".example"], "", id="allowed-with-a-dot"),
        pytest.param("https://c1.example", ["other.example", "c1.example"], "", id="allowed-as-a-whole"),
        pytest.param("https://10.1.2.3:30422", ["10.1.2.3"], "", id="allowed-address"),
        pytest.param("https://[fd00::1]:30422", ["fd00::1"], "", id="allowed-IPv6"),
        pytest.param("https://127.0.0.1:30422", OURS, "", id="loopback"),
        pytest.param("https://127.9.9.9", [], "", id="loopback-network"),
        pytest.param("https://localhost:30422", [], "", id="localhost"),
        pytest.param("https://[::1]:30422", [], "", id="loopback-IPv6"),
    ],
)
def test_urls_of_clusters_in_allowed_domains_are_accepted(url: str, allowed: Sequence[str], checked: str) -> None:
    """HTTPS is required. The host must be in an allowed domain or be a loopback address."""
    assert check_cluster_url(url, allowed) == (checked or url)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        pytest.param("https://evilcontainers.cloud.ibm.com", OURS, id="no-label-border"),
        pytest.param("https://containers.cloud.ibm.com.evil.example", OURS, id="domain-in-front"),
        pytest.param("https://containers.cloud.ibm.com.", OURS, id="trailing-dot"),
        pytest.param("https://c1.containers.cloud.ibm.com.", OURS, id="trailing-dot-below"),
        pytest.param("https://cloud.ibm.com", OURS, id="above"),
        pytest.param("https://evil.example", OURS, id="stranger"),
        pytest.param("https://evil.example", [], id="nothing-allowed"),
        pytest.param("https://evil.example", [""], id="empty-text-allowed"),
        pytest.param("https://evil.example", ["."], id="dot-allowed"),
        pytest.param("https://c1.example", ["1.example"], id="half-a-label-allowed"),
        pytest.param("https://c1.example", ["*.example"], id="no-wildcards"),
        pytest.param("https://10.1.2.3:30422", OURS, id="address"),
        pytest.param("https://169.254.169.254", OURS, id="metadata-address"),
        pytest.param("https://0.0.0.0", OURS, id="any-address"),
        pytest.param("https://[fd00::1]:30422", OURS, id="IPv6"),
        pytest.param("https://2130706433", OURS, id="loopback-as-a-number"),
        pytest.param("https://127.1", OURS, id="short-loopback"),
        pytest.param("https://127.0.0.1.evil.example", OURS, id="name-like-loopback"),
        pytest.param("https://localhost.evil.example", OURS, id="name-like-localhost"),
        pytest.param("https://c1.x.containers.cloud.ibm.co\u217f", OURS, id="look-alike"),
    ],
)
def test_a_token_is_not_sent_to_other_hosts(url: str, allowed: Sequence[str]) -> None:
    """The message contains the host and explains how to allow the host."""
    with pytest.raises(
        InputError, match=r"master_url cannot be used: .* is not a host in the allowed domains "
    ) as caught:
        check_cluster_url(url, allowed)

    assert "No token was sent" in caught.value.hint
    assert "allowed_hosts" in caught.value.hint


def test_ambiguous_urls_are_rejected() -> None:
    """For this URL, ``urlsplit()`` returns an IBM host, but the ``requests`` library would connect to evil.example."""
    url = "https://evil.example\\.containers.cloud.ibm.com"

    assert requests.Request("GET", url).prepare().url == "https://evil.example/%5C.containers.cloud.ibm.com"
    with pytest.raises(InputError, match="backslashes"):
        check_cluster_url(url, OURS)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        *BAD,
        pytest.param("http://c1.containers.cloud.ibm.com", "not encrypted", id="http"),
        pytest.param("http://127.0.0.1:8080", "not encrypted", id="http-on-loopback"),
        pytest.param("https://c1.containers.cloud.ibm.com:0", "port", id="port-0"),
        pytest.param("https://u:SECRET@c1.containers.cloud.ibm.com", "user information", id="user-at-IBM"),
        pytest.param("https://c1.containers.cloud.ibm.com@evil.example", "user information", id="IBM-as-user"),
        pytest.param("https://c2.example/path", "path", id="path"),
        pytest.param("https://c2.example//", "path", id="two-slashes"),
    ],
)
def test_a_token_is_not_sent_to_urls_with_additional_parts(url: str, reason: str) -> None:
    """Paths, queries and user information are rejected even if the host is allowed."""
    allowed = (*OURS, "example")
    with pytest.raises(InputError, match=f"master_url cannot be used: .*{reason}") as caught:
        check_cluster_url(url, allowed)

    assert "SECRET" not in str(caught.value)
    assert "No token was sent" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://c1.containers.cloud.ibm.com:31264/oauth/authorize", True),
        ("https://c1.containers.cloud.ibm.com:31264", True),
        ("https://evil.example/oauth/authorize", False),
        ("http://c1.containers.cloud.ibm.com/oauth/authorize", False),
        ("https://c1.containers.cloud.ibm.com/oauth?next=x", False),
        ("https://c1.containers.cloud.ibm.com/oauth#x", False),
        ("/oauth/authorize", False),
    ],
)
def test_a_url_with_a_path_is_accepted_for_the_oauth_server(url: str, good: bool) -> None:
    """Only the URL of the OAuth server can contain a path."""
    if good:
        assert check_cluster_url(url, OURS, what="It", path=True) == url
    else:
        with pytest.raises(InputError, match=r"^It cannot be used: "):
            check_cluster_url(url, OURS, what="It", path=True)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://A.Example/x", ("https", "a.example", 443)),
        ("https://a.example:443", ("https", "a.example", 443)),
        ("http://a.example", ("http", "a.example", 80)),
        ("https://u:p@a.example:8443", ("https", "a.example", 8443)),
        ("https://a.example:0", ("https", "a.example", 0)),
        ("//a.example", ("", "a.example", 443)),
    ],
)
def test_the_origin_of_a_url_is_normalized(url: str, expected: tuple[str, str, int]) -> None:
    """The origin consists of the scheme, the host in lower case and the effective port."""
    assert origin(url) == expected


@pytest.mark.parametrize("url", ["https://a.example:x", "https://[::1", "https://a.example:99999"])
def test_invalid_urls_have_no_origin(url: str) -> None:
    """The caller turns the ValueError into a message."""
    with pytest.raises(ValueError):
        origin(url)


@pytest.mark.parametrize(
    "address",
    [
        "http://proxy.example.com:3128",
        "https://proxy.example.com",
        "http://ada:SECRET@10.1.2.3:8080/",
        "http://[::1]:8080",
    ],
)
def test_valid_proxies_are_accepted(address: str) -> None:
    check_proxy(address)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("proxy.example.com:3128", "does not start with"),
        ("socks5://ada:SECRET@proxy.example.com", "does not start with"),
        ("http://ada:SECRET@", "host"),
        ("http://ada:SECRET@proxy.example.com/path", "has a path"),
        ("http://ada:SECRET@proxy.example.com:99999", "port"),
        ("http://ada:SECRET@proxy example.com", "whitespace"),
        ("http://ada:SECRET@proxy.example.com?x", "query"),
    ],
)
def test_invalid_proxies_are_rejected(address: str, problem: str) -> None:
    """The message does not contain the URL, which can contain a password."""
    with pytest.raises(InputError, match=problem) as caught:
        check_proxy(address)
    assert "SECRET" not in str(caught.value)
