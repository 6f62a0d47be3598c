# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Pages that name the next one: all of them or an error, from one origin, never twice the same."""

from __future__ import annotations

import typing as t
import urllib.parse

from .._core.errors import Call, ResponseError
from .urls import origin

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON

# Far above any account list; a service that keeps inventing pages ends here.
MOST_PAGES = 1000


def iterate_pages(fetch: t.Callable[[str], dict[str, JSON]], first: str, *, step: str) -> t.Iterator[dict[str, JSON]]:
    """Yield the entries of ``resources`` of every page, in order.

    ``fetch`` gets a URL and returns a page with ``resources`` (a list, or one bare object as in IBM's older documents)
    and ``next_url`` (relative or absolute; null, empty or missing ends).

    :raises ResponseError: for a page of another origin, a loop, too many pages or fields of the wrong type.
    """
    url, seen = first, {first}
    for number in range(1, MOST_PAGES + 1):
        page = fetch(url)
        yield from _entries(page, url, number, step)
        following = page.get("next_url")
        if following in (None, ""):
            return
        if not isinstance(following, str):
            raise _invalid(url, step, f"page {number} has a next_url that is no text")
        address = _joined(url, following)
        if not _same_origin(address, first):
            parts = urllib.parse.urlsplit(address)
            where = f"{parts.netloc.rpartition('@')[2] or '?'} over {parts.scheme or '?'}"
            raise _invalid(url, step, f"page {number} continues at another origin, {where}", kind="untrusted_origin")
        if address in seen:
            raise _invalid(url, step, f"pagination loop: page {number} continues at a page that was read already")
        seen.add(address)
        url = address
    raise _invalid(url, step, f"more than {MOST_PAGES} pages")


def _entries(page: dict[str, JSON], url: str, number: int, step: str) -> t.Iterator[dict[str, JSON]]:
    resources = page.get("resources")
    if isinstance(resources, dict):
        resources = [resources] if resources else []
    if resources is None:
        resources = []
    if not isinstance(resources, list):
        raise _invalid(url, step, f"page {number} has resources that are no list")
    for entry in resources:
        if not isinstance(entry, dict):
            raise _invalid(url, step, f"page {number} has an entry that is no object")
        yield entry


def _joined(url: str, following: str) -> str:
    try:
        return urllib.parse.urljoin(url, following)
    except ValueError:
        return ""


def _same_origin(url: str, other: str) -> bool:
    # Control characters are dropped by some URL readers and not by others: what is compared must be what is sent.
    if any(ord(char) < 33 for char in url) or "@" in urllib.parse.urlsplit(url).netloc:
        return False
    try:
        return origin(url) == origin(other)
    except ValueError:
        return False


def _invalid(url: str, step: str, outcome: str, *, kind: str = "response_invalid") -> ResponseError:
    return ResponseError(Call.at(url, step=step), outcome, kind=kind)
