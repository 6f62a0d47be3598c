# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of pagination: incomplete lists, pages from another origin, and loops of pages are errors."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import APIError, ResponseError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.pagination import (
    LARGEST_LISTING,
    MOST_PAGES,
    iterate_pages,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.accounts import Accounts
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient

HOST = "https://a.example"
FIRST = f"{HOST}/v2/accounts"
Page = dict[str, t.Any]


def _read(pages: dict[str, Page]) -> tuple[list[Page], list[str]]:
    """Return the entries of all pages, and the URLs that were requested."""
    asked: list[str] = []

    def fetch(url: str) -> Page:
        asked.append(url)
        return pages[url]

    return list(iterate_pages(fetch, FIRST, step="list")), asked


@pytest.mark.parametrize("last", [{}, {"next_url": None}, {"next_url": ""}], ids=["no-next_url", "null", "empty"])
def test_a_single_page_is_read(last: Page) -> None:
    """On the last page, next_url is missing, null or empty."""
    entries, asked = _read({FIRST: {"resources": [{"n": 1}, {"n": 2}], **last}})

    assert entries == [{"n": 1}, {"n": 2}]
    assert asked == [FIRST]


@pytest.mark.parametrize(
    ("following", "address"),
    [
        pytest.param("/v2/accounts?_start=x", f"{FIRST}?_start=x", id="F80-relative"),
        pytest.param(f"{FIRST}?_start=x", f"{FIRST}?_start=x", id="F80-absolute"),
        pytest.param("?_start=x", f"{FIRST}?_start=x", id="F80-query-only"),
        pytest.param(
            "https://A.EXAMPLE:443/v2/more", "https://A.EXAMPLE:443/v2/more", id="same-origin-written-otherwise"
        ),
    ],
)
def test_several_pages_are_read(following: str, address: str) -> None:
    """The URL of the next page can be relative or absolute."""
    pages: dict[str, Page] = {
        FIRST: {"resources": [{"n": 1}], "next_url": following},
        address: {"resources": [{"n": 2}]},
    }

    assert _read(pages) == ([{"n": 1}, {"n": 2}], [FIRST, address])


@pytest.mark.parametrize(
    ("resources", "entries"),
    [
        pytest.param({"n": 1}, [{"n": 1}], id="one-bare-object"),
        pytest.param({}, [], id="empty-object"),
        pytest.param([], [], id="empty-list"),
        pytest.param(None, [], id="null"),
    ],
)
def test_resources_can_have_several_shapes(resources: t.Any, entries: list[Page]) -> None:
    """Older versions of IBM's documentation show a single object instead of a list. The client treats null as an empty list."""
    assert _read({FIRST: {"resources": resources}})[0] == entries


@pytest.mark.parametrize(
    "following",
    [
        pytest.param("https://evil.example/v2/accounts", id="other-host"),
        pytest.param("//evil.example/x", id="no-scheme"),
        pytest.param("/\t/evil.example/x", id="tab-between-slashes"),
        pytest.param(" //evil.example/x", id="leading-blank"),
        pytest.param("https://a.example@evil.example/x", id="origin-as-user"),
        pytest.param("https://user@a.example/x", id="user-at-the-origin"),
        pytest.param("https://a.example:8443/x", id="other-port"),
        pytest.param("https://a.example:0/x", id="port-zero"),
        pytest.param("http://a.example/x", id="http"),
        pytest.param("https://a.example.evil.example/x", id="origin-as-prefix"),
        pytest.param("https://[evil", id="no-URL"),
        pytest.param("//[evil", id="no-URL-and-no-scheme"),
        pytest.param("https://a.example:port/x", id="no-port"),
        pytest.param("file:///etc/passwd", id="file"),
    ],
)
def test_a_next_url_of_another_origin_is_rejected(following: str) -> None:
    """F79: a request to the other origin would reveal the token."""
    with pytest.raises(ResponseError) as caught:
        _read({FIRST: {"resources": [], "next_url": following}})

    assert caught.value.kind == "untrusted_origin"
    assert "page 1 continues at another origin" in str(caught.value)


def test_the_error_has_the_origin_without_user_information() -> None:
    """Users need the host name to find the cause."""
    with pytest.raises(ResponseError, match=r"another origin, evil\.example:8443 ") as caught:
        _read({FIRST: {"next_url": "https://u:SECRET@evil.example:8443/x"}})

    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("pages", "reads"),
    [
        pytest.param({FIRST: {"next_url": FIRST}}, 1, id="itself"),
        pytest.param({FIRST: {"next_url": "/b"}, f"{HOST}/b": {"next_url": "/v2/accounts"}}, 2, id="A-B-A"),
        pytest.param({FIRST: {"next_url": "/b"}, f"{HOST}/b": {"next_url": "/b"}}, 2, id="A-B-B"),
    ],
)
def test_a_loop_of_pages_is_an_error(pages: dict[str, Page], reads: int) -> None:
    """F81: the client does not read a page twice."""
    asked: list[str] = []

    def fetch(url: str) -> Page:
        asked.append(url)
        return pages[url]

    with pytest.raises(ResponseError, match="pagination loop") as caught:
        list(iterate_pages(fetch, FIRST, step="list"))

    assert caught.value.kind == "response_invalid"
    assert len(asked) == reads


def test_an_endless_list_is_an_error() -> None:
    """F82: a real account list is not expected to reach the page limit."""
    asked: list[str] = []

    def fetch(url: str) -> Page:
        asked.append(url)
        return {"resources": [], "next_url": f"/page/{len(asked)}"}

    with pytest.raises(ResponseError, match=f"more than {MOST_PAGES} pages"):
        list(iterate_pages(fetch, FIRST, step="list"))

    assert len(asked) == MOST_PAGES == 200


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        pytest.param({"next_url": 7}, "a next_url that is not a string", id="F85-number"),
        pytest.param({"next_url": {}}, "a next_url that is not a string", id="F85-object"),
        pytest.param({"next_url": False}, "a next_url that is not a string", id="false"),
        pytest.param({"resources": "x"}, "resources that are not a list", id="text"),
        pytest.param({"resources": [{}, 7]}, "an entry that is not an object", id="entry"),
    ],
)
def test_pages_with_wrong_types_are_an_error(page: Page, reason: str) -> None:
    """The error contains the page number."""
    with pytest.raises(ResponseError, match=f"page 1 has {reason}") as caught:
        _read({FIRST: page})

    assert caught.value.kind == "response_invalid"


# Pages of account lists


def _account(guid: t.Any) -> Page:
    return {"metadata": {"guid": guid}, "entity": {"name": f"account {guid}"}}


def test_each_account_is_returned_once_and_in_order(http: HttpClient) -> None:
    """F83: if the list changes between two requests, two pages can contain the same account."""
    first = answer({"resources": [_account("a"), _account("b")], "next_url": "/coe/v2/accounts?_start=2"})
    second = answer({"resources": [_account("b"), _account("c"), _account(""), _account(7), {"metadata": None}]})
    with Loopback(first, second) as server:
        accounts = Accounts(http, server.url, BearerAuth(lambda: "token")).list_all()

        sent = [(request.target, request.headers["authorization"]) for request in server.seen]

    assert accounts == [_account("a"), _account("b"), _account("c")]
    assert sent == [("/coe/v2/accounts", "Bearer token"), ("/coe/v2/accounts?_start=2", "Bearer token")]


def test_an_incomplete_list_is_an_error(http: HttpClient) -> None:
    """F84: a page that cannot be read is an error."""
    with Loopback(answer({"resources": [_account("a")], "next_url": "?_start=2"}), answer(status=500)) as server:
        with pytest.raises(APIError):
            Accounts(http, server.url, BearerAuth(lambda: "token")).list_all()

        assert len(server.seen) == 1 + 5


def test_the_token_is_not_sent_to_another_host(http: HttpClient) -> None:
    """F79: the client does not even connect to the other host."""
    with Loopback() as decoy, Loopback(answer({"next_url": f"{decoy.url}/coe/v2/accounts"})) as server:
        with pytest.raises(ResponseError, match="another origin"):
            Accounts(http, server.url, BearerAuth(lambda: "token")).list_all()

        assert (len(server.seen), decoy.connections) == (1, 0)


@pytest.mark.parametrize(
    "entry", [{"name": "x" * 1_000_000}, {"list": [{}] * 10_000}, {str(number): 1 for number in range(10_000)}]
)
def test_the_size_of_all_pages_is_limited(entry: Page) -> None:
    """The size of each page is below the limit for a single page."""
    asked: list[str] = []

    def fetch(url: str) -> Page:
        asked.append(url)
        return {"resources": [entry], "next_url": f"?_start={len(asked)}"}

    with pytest.raises(ResponseError, match="makes the listing larger than 64 MiB"):
        list(iterate_pages(fetch, FIRST, step="list"))

    assert 10 < len(asked) < 110


def test_a_large_list_is_read() -> None:
    """The limits must allow a list of this size."""
    account = {"metadata": {"guid": "a" * 32}, "entity": {"name": "n" * 100, "owner": "o" * 32, "state": "ACTIVE"}}
    pages = ({"resources": [account] * 100, "next_url": f"?_start={number}"} for number in range(MOST_PAGES - 1))
    last: Page = {"resources": [account] * 100}

    entries = list(iterate_pages(lambda _url: next(pages, last), FIRST, step="list"))

    assert len(entries) == 100 * MOST_PAGES
    assert LARGEST_LISTING == 64 * 1024 * 1024
