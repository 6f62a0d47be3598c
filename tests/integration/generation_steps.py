# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the requests and results of modules with the requests and example outputs in IBM's documentation."""

from __future__ import annotations

import base64
import json
import time
import typing as t
import urllib.parse
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from simulator import Simulator
    from simulator.request_log import Entry

Reasons = t.Mapping[str, str]
# Headers that a page may omit, because every client sends them or because they have no effect. IBM's own CLI also sends a request ID.
TRANSPORT = frozenset(
    {
        *("host", "user-agent", "accept-encoding", "connection", "content-length"),
        *("accept", "content-type", "cache-control", "x-request-id"),
    }
)
# Placeholders for tokens on the pages, and the kinds of token that the simulated IAM issues for them
KINDS = {
    **dict.fromkeys(("<iam_token>", "<iam_access_token>"), "access token"),
    "<iam_id_token>": "id token",
    "<uaa_token>": "uaa token",
    "<iam_refresh_token>": "refresh token for bx",
    "<kube_refresh_token>": "refresh token for kube",
    "<uaa_refresh_token>": "refresh token for cf",
}


@dataclass(frozen=True)
class Step:
    """A request on a page of IBM's documentation, and the example output on this page.

    In ``body``, fields are separated by semicolons, and a field without a value is sent empty. Text in angle brackets is a
    placeholder for a user's value. ``json`` contains the keys of a JSON body. ``result`` is the path of the result in the play's
    output, or an empty string if no module returns the result. ``names`` maps field names on the page to different field names
    of the module.

    Some fields intentionally differ from the page. ``added`` and ``skipped`` map such request fields to the reasons, and
    ``not_returned`` and ``other`` map such response fields to the reasons. ``why`` is the reason for a request that is not on
    the page. ``note`` is a fact that the request log does not show.
    """

    title: str
    request: str
    headers: tuple[str, ...] = ()
    body: str = ""
    output: t.Any = None
    result: str = ""
    json: str = ""
    names: Reasons = field(default_factory=dict)
    added: Reasons = field(default_factory=dict)
    skipped: Reasons = field(default_factory=dict)
    not_returned: Reasons = field(default_factory=dict)
    other: Reasons = field(default_factory=dict)
    why: str = ""
    note: str = ""
    status: int = 200

    def fields(self) -> dict[str, str]:
        """Return the fields of the body by name."""
        pairs = (line.partition(":") for line in self.body.split("; ") if line)
        return {name: value.strip() for name, _colon, value in pairs}

    def header_values(self) -> dict[str, str]:
        """Return the headers by name in lower case."""
        pairs = (line.partition(":") for line in self.headers)
        return {name.lower(): value.strip() for name, _colon, value in pairs}


class Comparison:
    """Compares requests and results with a page. Each method yields a description of each difference, without secret values.

    ``places`` maps placeholders in angle brackets to their values. Other placeholders stand for a user's secret or a token.
    """

    def __init__(self, sim: Simulator, found: dict[str, t.Any], places: t.Mapping[str, str]) -> None:
        self._sim = sim
        self._found = found
        self._places = places

    def of_request(self, step: Step, entry: Entry) -> t.Iterator[str]:
        """Compare the URL, headers and body of a request with the request on the page."""
        method, _blank, url = step.request.partition(" ")
        wanted = urllib.parse.urlsplit(self._filled(url))
        made = (entry.method, entry.host, entry.path, entry.query, entry.status)
        expected = (method, wanted.hostname, wanted.path, dict(urllib.parse.parse_qsl(wanted.query)), step.status)
        if made != expected:
            yield f"requested {made} where the page has {expected}"
        yield from self._of_headers(step, {name.lower() for name in entry.header_names})
        yield from _of_client(step.header_values().get("authorization", ""), entry.client)
        fields = {*step.fields(), *step.added} - set(step.skipped)
        if fields != set(entry.form_fields):
            yield f"sent the fields {sorted(entry.form_fields)} where the page has {sorted(fields)}"
        for name, text in step.fields().items():
            value = self._filled(text)
            if name not in step.skipped and "<" not in value and entry.form.get(name) != value:
                yield f"sent {name} = {entry.form.get(name)!r} where the page has {value!r}"
        if set(step.json.split()) != set(entry.json_keys):
            yield f"sent a body of {entry.json_keys} where the page has {step.json}"

    @staticmethod
    def _of_headers(step: Step, sent: set[str]) -> t.Iterator[str]:
        on_the_page = set(step.header_values())
        if on_the_page - sent:
            yield f"lacks the headers {sorted(on_the_page - sent)}"
        if sent - on_the_page - TRANSPORT:
            yield f"has the headers {sorted(sent - on_the_page - TRANSPORT)}, which the page does not show"

    def of_result(self, step: Step) -> t.Iterator[str]:
        """Compare the module's result with the page's example output, field by field."""
        if not step.result:
            return
        result = _at(self._found, step.result)
        for name, example in (step.output or {}).items() if isinstance(step.output, dict) else ():
            place = step.names.get(name, name)
            if name in step.not_returned:
                if place in result:
                    yield f"returns {place}, which is listed as not returned"
            else:
                yield from self._differences(step, place, example, _at(result, place), result)

    def _differences(self, step: Step, place: str, example: t.Any, value: t.Any, around: t.Any) -> t.Iterator[str]:
        if place.rpartition(".")[2] in step.other:
            if value in (example, "", None, "missing"):
                yield f"{place} is listed as different from the value on the page, but is {value!r}"
        elif isinstance(example, (dict, list)):
            # A page that shortens a list shows the first entries.
            pairs = example.items() if isinstance(example, dict) else enumerate(example)
            for name, inner in pairs:
                yield from self._differences(step, f"{place}.{name}", inner, _at(value, str(name)), value)
        elif place.endswith("expiration"):
            # The expiration time on a page is an example. expires_in is in whole seconds.
            if (
                value != claims(around["access_token"])["exp"]
                or not 0 < value - time.time() <= around["expires_in"] + 1
            ):
                yield f"{place} is not the expiration time of the token"
        elif isinstance(example, str) and "<" in example:
            yield from self._of_placeholder(place, example, value)
        elif value != example or type(value) is not type(example):
            yield f"{place} is {value!r} where the page has {example!r}"

    def _of_placeholder(self, place: str, example: str, value: t.Any) -> t.Iterator[str]:
        filled = self._filled(example)
        if "<" not in filled:
            if value != filled:
                yield f"{place} is {value!r} where the page has {filled!r}"
        elif not value or value == "missing":
            yield f"{place} is missing"
        elif example in KINDS and self._kind(value) != KINDS[example]:
            yield f"{place} is {self._kind(value)} where the page has {KINDS[example]}"

    def _kind(self, value: str) -> str:
        """Return the kind of a token that the simulated IAM issued.

        The kind of a refresh token contains the token's receivers or, if there are none, the client of the token's session.
        """
        opaque = self._sim.cloud.opaque_tokens.get(value)
        if opaque:
            return f"refresh token for {', '.join(opaque.receivers) or opaque.session.client}"
        good = claims(value)["exp"] > time.time() if value.count(".") == 2 else False
        return f"{self._sim.cloud._live.get(claims(value)['jti'])} token" if good else "no token"

    def _filled(self, text: str) -> str:
        for place, value in self._places.items():
            text = text.replace(place, value)
        return text


def _of_client(authorization: str, client: str) -> t.Iterator[str]:
    """Compare the client that sent the request with the client in the page's ``Authorization`` header."""
    scheme, _blank, rest = authorization.partition(" ")
    wanted = base64.b64decode(rest).decode().partition(":")[0] if scheme == "Basic" else scheme.lower()
    if wanted != client:
        yield f"was sent by {client} where the page has {wanted}"


def claims(token: str) -> dict[str, t.Any]:
    """Return the claims of a JWT."""
    payload = token.split(".")[1]
    return t.cast("dict[str, t.Any]", json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def _at(value: t.Any, place: str) -> t.Any:
    """Return the value at a path such as ``spaces.organizations.0``, or the string "missing"."""
    for name in place.split("."):
        if isinstance(value, list):
            value = value[int(name)] if name.isdigit() and int(name) < len(value) else "missing"
        else:
            value = value.get(name, "missing") if isinstance(value, dict) else "missing"
    return value
