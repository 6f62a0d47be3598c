# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults F75 to F82: redirects, and pagination links to other servers. The other servers must not receive credentials."""

from __future__ import annotations

import ssl
import typing as t
import urllib.parse

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import ResponseError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.pagination import MOST_PAGES, iterate_pages
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import Case, Counts, attempt, check_error, run
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import API_KEY, E2, EVERY, PASSWORD, Endpoint
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Script, answer, respond

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

ACCOUNTS = "/coe/v2/accounts"
Page = dict[str, t.Any]


# Redirects


def _redirected(identifier: str, endpoint: Endpoint, status: int, location: str, *names: str) -> None:
    """Verify that the client sends one request and does not follow the redirect."""
    reply = answer(status=status, head={"Location": location})
    run(Case(identifier, "redirect", (reply,), Counts(1), "redirect", names=names, status=status), endpoint)


@pytest.mark.parametrize(
    ("identifier", "status", "endpoint"),
    [
        row(identifier, identifier, status, endpoint, name=f"{status}-{endpoint}")
        for identifier, statuses in (("F75", (301, 302, 303)), ("F76", (307, 308)))
        for status in statuses
        for endpoint in EVERY
    ],
)
def test_a_redirect_to_another_host_is_not_followed(identifier: str, status: int, endpoint: Endpoint) -> None:
    """If the client followed a 307 response, the other host would receive the form with the API key."""
    with Loopback() as decoy:
        secrets = f"ada:{urllib.parse.quote(PASSWORD, safe='')}@127.0.0.1:{decoy.port}/{API_KEY}?key={API_KEY}"

        _redirected(identifier, endpoint, status, f"http://{secrets}", f"HTTP {status} to 127.0.0.1:{decoy.port}")

        assert decoy.connections == 0


@pytest.mark.parametrize("form", ["path", "whole"])
@pytest.mark.parametrize("endpoint", [row("F77", endpoint, name=str(endpoint)) for endpoint in EVERY])
def test_a_redirect_to_the_same_host_is_not_followed(endpoint: Endpoint, form: str) -> None:
    """The services do not redirect these requests, but captive portals do."""

    def reply(seen: Seen) -> bytes:
        origin = f"http://{seen.headers['host']}" if form == "whole" else ""
        return answer(status=302, head={"Location": f"{origin}/elsewhere"})

    case = Case("F77", "same host", (respond(reply),), Counts(1), "redirect", names=("HTTP 302", "never followed"))
    run(case, endpoint)


@pytest.mark.parametrize(
    ("endpoint", "location"),
    [
        row("F78", endpoint, location, name=f"{name}-{endpoint}")
        for name, location in (
            ("no-URL", "http://[bad"),
            ("no-UTF-8", "http://\xff\xfe.example/"),
            ("no-port", "http://a.example:port/"),
            ("empty", ""),
            ("long", f"http://{'a' * 20_000}.example/"),
        )
        for endpoint in EVERY
    ],
)
def test_a_redirect_with_an_invalid_location_is_an_error(endpoint: Endpoint, location: str) -> None:
    """These headers cause errors in the HTTP libraries, even if the libraries do not follow redirects."""
    _redirected("F78", endpoint, 302, location, "HTTP 302 to ")


# Next pages


def _pages(*pages: Page | t.Callable[[Seen], Page]) -> list[Script]:
    """Return the server scripts that send these pages. A page can be a function of the request."""
    return [respond(lambda seen, page=page: answer(page(seen) if callable(page) else page)) for page in pages]


def _account(number: int) -> Page:
    return {"metadata": {"guid": f"{number:032}"}, "entity": {"name": f"account {number}"}}


DECOY = "{decoy} over http"


@pytest.mark.parametrize(
    ("following", "where"),
    [
        row("F79", "http://{decoy}" + ACCOUNTS, DECOY, name="other-port"),
        row("F79", "http://localhost:{port}" + ACCOUNTS, "localhost:{port} over http", name="other-host"),
        row("F79", "//{decoy}" + ACCOUNTS, DECOY, name="no-scheme"),
        row("F79", "/\t/{decoy}" + ACCOUNTS, DECOY, name="tab"),
        row("F79", " //{decoy}" + ACCOUNTS, DECOY, name="blank"),
        row("F79", "http://{good}@{decoy}" + ACCOUNTS, DECOY, name="origin-as-user"),
        row("F79", "http://{good}\\@{decoy}" + ACCOUNTS, DECOY, name="origin-and-backslash"),
        row("F79", "https://{good}" + ACCOUNTS, "{good} over https", name="other-scheme"),
        row("F79", "http://ada:secret@{good}" + ACCOUNTS, "{good} over http", name="user-at-the-origin"),
        row("F79", "http://[bad", "? over ?", name="no-URL"),
    ],
)
def test_a_page_at_another_origin_is_not_read(following: str, where: str) -> None:
    """If the client read the page, the other origin would receive the token. The message contains the origin and the page."""
    with Loopback() as decoy:
        names = {"decoy": f"127.0.0.1:{decoy.port}", "port": decoy.port}

        def first(seen: Seen) -> Page:
            names["good"] = seen.headers["host"]
            return {"resources": [_account(1)], "next_url": following.format(**names)}

        with Loopback(*_pages(first)) as server:
            trial = attempt(E2, server.url)

            assert (len(server.seen), decoy.connections) == (1, 0)

    assert (trial.kind, trial.result) == ("untrusted_origin", None)
    assert f"page 1 continues at another origin, {where.format(**names)} (" in str(trial.error)


@pytest.mark.parametrize("following", [row("F79", "\\\\{decoy}" + ACCOUNTS, name="backslashes")])
def test_backslashes_in_a_next_url_are_not_slashes(following: str) -> None:
    """A browser would send the request to the other host. The client treats the backslashes as a part of the path."""
    with (
        Loopback() as decoy,
        Loopback(
            *_pages({"next_url": following.format(decoy=f"127.0.0.1:{decoy.port}")}, {"resources": [_account(1)]})
        ) as server,
    ):
        trial = attempt(E2, server.url)

        assert (len(server.seen), decoy.connections) == (2, 0)
    assert trial.result == [_account(1)]


@pytest.mark.parametrize("scheme", [row("F79", "http")])
def test_a_page_without_tls_is_not_read(tmp_path: pathlib.Path, scheme: str) -> None:
    """The host and the port are the same, but the token would not be encrypted."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)

    with Loopback(
        *_pages(lambda seen: {"next_url": f"{scheme}://{seen.headers['host']}{ACCOUNTS}"}), tls=context
    ) as server:
        trial = attempt(E2, server.url, verify=str(tmp_path / "ca.pem"), timeout=5.0)

        assert (len(server.seen), server.connections) == (1, 1)
    assert trial.kind == "untrusted_origin"
    assert f"127.0.0.1:{server.port} over {scheme} (" in str(trial.error)


@pytest.mark.parametrize(
    ("following", "target"),
    [
        row("F80", f"{ACCOUNTS}?_start=2", f"{ACCOUNTS}?_start=2", name="path"),
        row("F80", "http://{host}" + ACCOUNTS + "?_start=2", f"{ACCOUNTS}?_start=2", name="whole"),
        row("F80", "//{host}" + ACCOUNTS + "?_start=2", f"{ACCOUNTS}?_start=2", name="no-scheme"),
        row("F80", "?_start=2", f"{ACCOUNTS}?_start=2", name="query"),
        row("F80", "?_start=a%2Bb%26c", f"{ACCOUNTS}?_start=a%2Bb%26c", name="query-as-it-is"),
        row("F80", "accounts/more", "/coe/v2/accounts/more", name="beside"),
    ],
)
def test_a_page_at_the_same_origin_is_read(following: str, target: str) -> None:
    """The URL can be absolute or relative. The query is sent unchanged."""

    def first(seen: Seen) -> Page:
        return {"resources": [_account(1)], "next_url": following.format(host=seen.headers["host"])}

    with Loopback(*_pages(first, {"resources": [_account(2)]})) as server:
        trial = attempt(E2, server.url)

        assert [seen.target for seen in server.seen] == [ACCOUNTS, target]
    assert trial.result == [_account(1), _account(2)]


@pytest.mark.parametrize(
    ("following", "reads"),
    [
        row("F81", [ACCOUNTS], 1, name="itself"),
        row("F81", [ACCOUNTS + "?"], 1, name="itself-with-a-mark"),
        row("F81", ["?b", ACCOUNTS], 2, name="A-B-A"),
        row("F81", ["?b", "?b"], 2, name="A-B-B"),
        row("F81", ["?b", "?c", "?b"], 3, name="A-B-C-B"),
    ],
)
def test_a_loop_of_pages_is_an_error(following: list[str], reads: int) -> None:
    with Loopback(*_pages(*({"resources": [_account(1)], "next_url": url} for url in following))) as server:
        trial = attempt(E2, server.url)

        assert len(server.seen) == reads
    assert (trial.kind, trial.result) == ("response_invalid", None)
    assert f"pagination loop: page {reads} " in str(trial.error)


@pytest.mark.parametrize("cap", [row("F82", 200)])
def test_an_endless_list_is_an_error(cap: int) -> None:
    """The test does not use HTTP, because 200 requests would be slow."""
    asked: list[str] = []

    def fetch(url: str) -> Page:
        asked.append(url)
        return {"resources": [_account(len(asked))], "next_url": f"?page={len(asked)}"}

    with pytest.raises(ResponseError, match=f"more than {cap} pages") as caught:
        list(iterate_pages(fetch, f"https://accounts.example{ACCOUNTS}", step="list the accounts"))

    check_error(caught.value)
    assert caught.value.kind == "response_invalid"
    assert len(asked) == len(set(asked)) == MOST_PAGES == cap
