# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Read all pages of a listing in which each page contains the URL of the next page.

All pages must have the same origin, and the total size of the listing is limited.
"""

from __future__ import annotations

import typing as t
import urllib.parse

from .._core.errors import Call, ResponseError
from .urls import origin

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON

# At 100 accounts per page, 200 pages are enough for 20,000 accounts.
MOST_PAGES = 200
# The limit for the estimated memory usage of all pages, in bytes. A listing of 20,000 accounts takes 30 MB. Without a limit, 120 large pages took 545 MB.
LARGEST_LISTING = 64 * 1024 * 1024


def iterate_pages(fetch: t.Callable[[str], dict[str, JSON]], first: str, *, step: str) -> t.Iterator[dict[str, JSON]]:
    """Yield the entries in the ``resources`` field of each page, in order.

    ``fetch`` takes a URL and returns the page. The page's ``resources`` field is a list or, as in IBM's older documentation, one object.
    The page's ``next_url`` field is a relative or absolute URL. On the last page, ``next_url`` is null, empty or missing.

    :raises ResponseError: if a page has a different origin or has already been read, if the listing is too large, or if a field has the wrong type.
    """
    url, seen = first, {first}
    size = 0
    for number in range(1, MOST_PAGES + 1):
        page = fetch(url)
        size += _memory(page)
        if size > LARGEST_LISTING:
            raise _invalid(url, step, f"page {number} makes the listing larger than {LARGEST_LISTING // 1024**2} MiB")
        yield from _entries(page, url, number, step)
        following = page.get("next_url")
        if following in (None, ""):
            return
        if not isinstance(following, str):
            raise _invalid(url, step, f"page {number} has a next_url that is not a string")
        address = _joined(url, following)
        if not _same_origin(address, first):
            parts = urllib.parse.urlsplit(address)
            where = f"{parts.netloc.rpartition('@')[2] or '?'} over {parts.scheme or '?'}"
            raise _invalid(url, step, f"page {number} continues at another origin, {where}", kind="untrusted_origin")
        if address in seen:
            raise _invalid(url, step, f"pagination loop: page {number} continues at an earlier page")
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
        raise _invalid(url, step, f"page {number} has resources that are not a list")
    for entry in resources:
        if not isinstance(entry, dict):
            raise _invalid(url, step, f"page {number} has an entry that is not an object")
        yield entry


def _memory(document: JSON) -> int:
    """Estimate a document's memory usage as 64 bytes per value and field name, plus the total length of all strings."""
    size, waiting = 0, [document]
    while waiting:
        value = waiting.pop()
        size += 64
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
    return size


def _joined(url: str, following: str) -> str:
    try:
        return urllib.parse.urljoin(url, following)
    except ValueError:
        return ""


def _same_origin(url: str, other: str) -> bool:
    # Some URL parsers drop control characters, so the compared URL could differ from the requested URL.
    if any(ord(char) < 33 for char in url) or "@" in urllib.parse.urlsplit(url).netloc:
        return False
    try:
        return origin(url) == origin(other)
    except ValueError:
        return False


def _invalid(url: str, step: str, outcome: str, *, kind: str = "response_invalid") -> ResponseError:
    return ResponseError(Call.at(url, step=step), outcome, kind=kind)
