# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults F28 to F42: complete responses with an unexpected body."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, access_token
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import Case, Counts, Made, run
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import (
    ACCESS_2,
    API_KEY,
    CLUSTER,
    DELEGATED,
    E1A,
    E1C,
    E1D,
    E1K,
    E1P,
    E1R,
    E3,
    E4,
    E5,
    EVERY,
    READING,
    REFRESH,
    REFRESH_2,
    TOKENS,
    Endpoint,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import answer
from ansible_collections.ibmcloud.kubernetes.tests.unit.token_service import id_tokens

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
    from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import Trial

# The client sends one request, because a retry would not change these responses.
ASKED = Counts(1)
LOGINS = (E1A, E1P, E1C, E1R)
TOKEN_ANSWERS = (*LOGINS, E1K)
OBJECTS = tuple(endpoint for endpoint in READING if not endpoint.array)
# A captive portal's page, which can quote parts of the request
PAGE = f"<!DOCTYPE html><html>Please log in. {API_KEY} {ACCESS_2}</html>".encode()


def _bad(identifier: str, words: str, body: bytes | Made, name: str, at: t.Sequence[Endpoint] = READING) -> Case:
    """Return a case in which a response with HTTP 200 is rejected."""
    play = answer(body) if isinstance(body, bytes) else body
    return Case(identifier, words, (play,), ASKED, kind="response_invalid", names=(name,), at=tuple(at), status=200)


def _good(identifier: str, words: str, body: bytes | Made, at: t.Sequence[Endpoint]) -> Case:
    return Case(identifier, words, (answer(body) if isinstance(body, bytes) else body,), ASKED, at=tuple(at))


def _run(case: Case, endpoint: Endpoint) -> Trial:
    """Run the case with a long timeout, because the machine may be busy."""
    return run(case, endpoint, timeout=5.0)


def _unlabelled(endpoint: Endpoint) -> bytes:
    return answer(endpoint.good).replace(b"Content-Type: application/json\r\n", b"")


def _marked(endpoint: Endpoint) -> bytes:
    return answer(b"\xef\xbb\xbf" + json.dumps(endpoint.good).encode())


LABELLED = Made(lambda endpoint: answer(endpoint.good, head={"Content-Type": "text/plain"}))
NO_OBJECTS = {"null": "NoneType", "[]": "list", '"CANARY-refresh-2"': "str", "3": "int", "true": "bool"}
NO_ARRAYS = {"{}": "dict", '"CANARY-refresh-2"': "str", "3": "int"}
OUT_OF_RANGE = "JSON with a number that is out of range"
TOO_DEEP = "JSON that is nested more than 64 levels deep"
ODD_JSON = {
    "NaN": (b'{"id": NaN}', OUT_OF_RANGE),
    "Infinity": (b'{"id": [-Infinity]}', OUT_OF_RANGE),
    "1e999": (b'{"id": 1e999}', OUT_OF_RANGE),
    "400 digits": (b'{"id": %s}' % (b"9" * 400), OUT_OF_RANGE),
    "10 000 digits": (b'{"id": -%s}' % (b"9" * 10_000), OUT_OF_RANGE),
    "900 lists": (b'{"id": %s1%s}' % (b"[" * 900, b"]" * 900), TOO_DEEP),
    "200 000 lists": (b"[" * 200_000 + b"]" * 200_000, TOO_DEEP),
    "200 000 objects": (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, TOO_DEEP),
    "a million values": (b'{"id": [%s1]}' % (b"{}," * 1_000_000), "JSON with more than 250000 values"),
}

CASES = (
    Case(
        "F28",
        "page",
        (answer(PAGE, head={"Content-Type": "text/html"}),),
        ASKED,
        kind="response_invalid",
        names=(f"HTML page, {len(PAGE)} bytes", "proxy"),
        status=200,
    ),
    _bad("F28", "page that is labelled as JSON", b"\r\n" + PAGE, "HTML page", EVERY),
    _bad("F29", "nothing", b"", "an empty body"),
    _bad("F29", "blanks", b" \r\n", "an empty body"),
    # If a request starts the RBAC synchronization, the client uses only the status of the response.
    _good("F29", "nothing", b"", (E5,)),
    Case(
        "F30",
        "204",
        (answer(b"", status=204),),
        ASKED,
        kind="response_invalid",
        names=("HTTP 204, an empty body",),
        at=READING,
        status=204,
    ),
    Case("F30", "204", (answer(b"", status=204),), ASKED, at=(E5,)),
    _good("F31", "labelled as text", LABELLED, EVERY),
    _good("F31", "not labelled", Made(_unlabelled), EVERY),
    *(
        _bad("F32", body, body.encode(), f"JSON {kind} where object was expected", OBJECTS)
        for body, kind in NO_OBJECTS.items()
    ),
    *(
        _bad("F32", body, body.encode(), f"JSON {kind} where array was expected", (E3,))
        for body, kind in NO_ARRAYS.items()
    ),
    # Services in Go encode an empty list as null.
    *(_good("F32", body, body.encode(), (E3,)) for body in ("null", "[]")),
    *(_good("F32", body, body.encode(), (E5,)) for body in NO_OBJECTS),
    _bad("F40", "no UTF-8", b'{"id": "\xff\xfe"}', "not UTF-8, 12 bytes"),
    _bad("F40", "UTF-16", '{"id": "x"}'.encode("utf-16"), "not UTF-8"),
    _good("F40", "no UTF-8", b'{"id": "\xff\xfe"}', (E5,)),
    _good("F41", "byte order mark", Made(_marked), EVERY),
    *(_bad("F42", words, body, f"{name}, {len(body)} bytes") for words, (body, name) in ODD_JSON.items()),
)


def _rows(*cases: Case) -> list[t.Any]:
    return [
        row(case.id, case, endpoint, name=f"{case.words.replace(' ', '-')}-{endpoint}")
        for case in cases
        for endpoint in case.at
    ]


@pytest.mark.parametrize(("case", "endpoint"), _rows(*CASES))
def test_unexpected_bodies_are_not_retried(case: Case, endpoint: Endpoint) -> None:
    """The error does not quote the response."""
    assert _run(case, endpoint).time.sleeps == []


@pytest.mark.parametrize("endpoint", [row("F42", E3, name="list"), row("F42", E4, name="cluster")])
def test_an_unpaired_surrogate_is_replaced(endpoint: Endpoint) -> None:
    """An unpaired surrogate cannot be encoded in UTF-8."""
    body = b'{"id": "%s", "name": "a\\ud83d"}' % CLUSTER.encode()
    trial = _run(_good("F42", "half a pair", b"[%s]" % body if endpoint.array else body, (endpoint,)), endpoint)

    record = {"id": CLUSTER, "name": "a?"}
    assert trial.result == ([{"provider": "classic", **record}] if endpoint.array else record)


# Fields in token responses


def _changed(**changes: t.Any) -> Made:
    """Return a script that sends the valid response with these changes. The value ``...`` removes a field."""
    return Made(
        lambda endpoint: answer(
            {name: value for name, value in {**endpoint.good, **changes}.items() if value is not ...}
        )
    )


def _named(value: t.Any) -> str:
    return "missing" if value is ... else json.dumps(value)[:12]


NO_TOKENS: tuple[t.Any, ...] = (..., None, "", 7, [REFRESH_2], "not_supported")
MALFORMED = {
    "newline": "CANARY\nrefresh",
    "blank": "CANARY refresh",
    "NUL": "CANARY\x00",
    "no ASCII": "CANARY\u00e9",
    "half a pair": "CANARY\ud83d",
    "200 kB": "CANARY" * 33_334,
}
FIELDS = {
    "access_token": TOKEN_ANSWERS,
    "refresh_token": TOKEN_ANSWERS,
    "delegated_refresh_token": (*TOKEN_ANSWERS, E1D),
    "id_token": (E1K,),
}

TOKEN_CASES = (
    *(
        _bad("F33", _named(value), _changed(access_token=value), "its access_token is missing or not a string", LOGINS)
        for value in NO_TOKENS
    ),
    # The exchange returns an ID token. Clusters do not need the access token, so the access token can be missing.
    *(
        _good("F33", _named(value), _changed(access_token=value), (E1K,))
        for value in NO_TOKENS
        if not isinstance(value, (int, list))
    ),
    *(
        _bad("F33", _named(value), _changed(access_token=value), "its access_token is missing or not a string", (E1K,))
        for value in (7, [REFRESH_2])
    ),
    *(
        _bad("F36", _named(value), _changed(id_token=value), "its id_token is missing or not a string", (E1K,))
        for value in NO_TOKENS
    ),
    *(
        _bad("F38", value, _changed(token_type=value), f"its token_type is not Bearer but {value}", TOKEN_ANSWERS)
        for value in ("mac", "N_A", "bearer2")
    ),
    # The message does not contain the value, because it can be a token or a page.
    *(
        _bad("F38", _named(value), _changed(token_type=value), "its token_type is not Bearer", TOKEN_ANSWERS)
        for value in (None, "", 7, ["Bearer"], REFRESH_2, ACCESS_2)
    ),
    *(_good("F38", _named(value), _changed(token_type=value), TOKEN_ANSWERS) for value in ("Bearer", "BEARER", ...)),
    *(
        _bad("F39", f"{words} in {name}", _changed(**{name: value}), f"its {name} is a malformed token", at)
        for name, at in FIELDS.items()
        for words, value in MALFORMED.items()
    ),
)


@pytest.mark.parametrize(("case", "endpoint"), _rows(*TOKEN_CASES))
def test_unexpected_fields_of_token_responses_are_not_quoted(case: Case, endpoint: Endpoint) -> None:
    """The message contains the name of the field."""
    trial = _run(case, endpoint)

    assert trial.time.sleeps == []
    assert "CANARY" not in str(trial.error)


DELEGATED_ANSWERS = (
    ("own field", {"delegated_refresh_token": DELEGATED}, DELEGATED),
    ("field of the documentation", {"access_token": "a", "refresh_token": REFRESH_2}, REFRESH_2),
    ("both", {"delegated_refresh_token": DELEGATED, "refresh_token": REFRESH_2}, DELEGATED),
    ("own field empty", {"delegated_refresh_token": "", "refresh_token": REFRESH_2}, REFRESH_2),
    ("none", {"access_token": ACCESS_2}, ""),
    ("no text", {"delegated_refresh_token": 7, "refresh_token": "not_supported"}, ""),
)


@pytest.mark.parametrize(
    ("body", "token"),
    [row("F35", body, token, name=words.replace(" ", "-")) for words, body, token in DELEGATED_ANSWERS],
)
def test_both_fields_of_delegated_tokens_are_read(body: dict[str, t.Any], token: str) -> None:
    """IBM's clients read ``delegated_refresh_token``, and IBM's documentation shows ``refresh_token``.

    If both fields are missing, the message contains the names of both fields.
    """
    content = json.dumps(body).encode()
    lacking = "neither delegated_refresh_token nor a usable refresh_token"
    case = _good("F35", "good", content, (E1D,)) if token else _bad("F35", "bad", content, lacking, (E1D,))

    assert _run(case, E1D).result == (token or None)


# Lifetimes of tokens


OLD = access_token(jti="CANARY-2", expires=NOW - 1)
LIFETIMES: tuple[tuple[str, dict[str, t.Any], int], ...] = (
    ("text", {"expires_in": "900"}, 900),
    ("number", {"expires_in": 900}, 900),
    ("missing", {"expires_in": ...}, 3600),
    # IBM's documentation does not mention null, but JSON libraries often write null for a missing value.
    ("null", {"expires_in": None}, 3600),
    ("missing, and no expiration", {"expires_in": ..., "expiration": ...}, 3600),
    ("no expiration", {"expiration": ...}, 3600),
    # The local clock or the service's clock may be wrong, so expires_in takes precedence over expiration.
    ("expiration in the past", {"expiration": NOW - 5}, 3600),
    ("zero", {"expires_in": 0}, 0),
    ("negative", {"expires_in": -1}, 0),
    ("negative text", {"expires_in": "-1"}, 0),
    ("without end", {"expires_in": 1e99}, 0),
    ("words", {"expires_in": "an hour"}, 0),
    ("boolean", {"expires_in": True}, 0),
    ("missing, expiration in the past", {"expires_in": ..., "expiration": NOW - 5}, 0),
    ("missing, claim in the past", {"expires_in": ..., "expiration": ..., "access_token": OLD}, 0),
    ("missing, no claim", {"expires_in": ..., "expiration": ..., "access_token": "opaque"}, 0),
)


@pytest.mark.parametrize(
    ("changes", "seconds", "endpoint"),
    [
        row("F37", changes, seconds, endpoint, name=f"{words.replace(' ', '-')}-{endpoint}")
        for words, changes, seconds in LIFETIMES
        for endpoint in LOGINS
    ],
)
def test_a_token_response_must_contain_a_lifetime(changes: dict[str, t.Any], seconds: int, endpoint: Endpoint) -> None:
    """If ``expires_in`` is missing, the lifetime is computed from other fields. A response with an invalid lifetime is rejected."""
    body = _changed(**changes)
    if not seconds:
        _run(_bad("F37", "no lifetime", body, "it does not contain the token's lifetime", (endpoint,)), endpoint)
        return
    assert _run(_good("F37", "lifetime", body, (endpoint,)), endpoint).result.expires_in == seconds


# Missing refresh tokens


def _id_token(credentials: Credentials) -> t.Callable[[HttpClient, str], t.Any]:
    def call(http: HttpClient, url: str) -> t.Any:
        login = TokenManager(
            http,
            Iam(http, url),
            url,
            credentials,
            register_secret=lambda *_secrets: None,
            clock=LocalClock(lambda: float(NOW)),
        )
        return id_tokens(login).session()

    return call


WITH_KEY = Endpoint("E1a", _id_token(Credentials(api_key=API_KEY)), TOKENS)
WITH_REFRESH = Endpoint("E1r", _id_token(Credentials(refresh_token=REFRESH)), TOKENS)


def _lacking(value: t.Any, endpoint: Endpoint) -> None:
    """Verify that the client does not send another request if the response lacks a refresh token."""
    case = Case(
        "F34",
        "no refresh token",
        (_changed(refresh_token=value),),
        ASKED,
        kind="input",
        names=("A Kubernetes ID token requires", "the service did not return one"),
    )
    _run(case, endpoint)


@pytest.mark.parametrize("value", [row("F34", value, name=f"{_named(value)}-E1a") for value in (..., "not_supported")])
def test_a_login_with_a_key_without_a_refresh_token_is_an_error(value: t.Any) -> None:
    """The login used the required client ID, bx, so the message says that the service did not return a refresh token."""
    _lacking(value, WITH_KEY)


@pytest.mark.parametrize("value", [row("F34", value, name=f"{_named(value)}-E1r") for value in (..., "not_supported")])
def test_a_renewal_without_a_new_refresh_token_is_an_error(value: t.Any) -> None:
    """The service used the given refresh token and did not return a new refresh token."""
    _lacking(value, WITH_REFRESH)
