# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of single HTTP calls: requests, the interpretation of responses, and retries."""

from __future__ import annotations

import json
import re
import time
import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import APIError, CallError, ResponseError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import Resend, RetryPolicy
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.transport import LARGEST_BODY, USER_AGENT
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

AWKWARD = "a&b=c#d?e/f%g/../h+i j\u00e4"


def _get(server: Loopback, path: str = "/x", **more: t.Any) -> Request:
    return Request("look at it", "GET", server.url + path, **more)


def _fails(http: HttpClient, request: Request) -> CallError:
    with pytest.raises(CallError) as caught:
        http.send(request)
    return caught.value


# Requests


def test_every_request_has_the_standard_headers(http: HttpClient) -> None:
    """Each attempt has a new request ID."""
    with Loopback(answer(status=503), answer()) as server:
        http.send(_get(server, headers={"X-Region": "eu-de"}))

        first, second = (request.headers for request in server.seen)

    assert (first["user-agent"], first["accept"], first["x-region"]) == (USER_AGENT, "application/json", "eu-de")
    assert re.fullmatch("[0-9a-f]{32}", first["x-request-id"])
    assert first["x-request-id"] != second["x-request-id"]
    assert "authorization" not in first


def test_values_are_encoded_in_a_query(http: HttpClient) -> None:
    """I35: the value must not add a query parameter."""
    with Loopback() as server:
        http.send(_get(server, "/v2/getCluster", query={"cluster": AWKWARD}))

        path, _mark, query = server.seen[0].target.partition("?")

    assert path == "/v2/getCluster"
    assert urllib.parse.parse_qsl(query) == [("cluster", AWKWARD)]


def test_values_are_encoded_in_a_form(http: HttpClient) -> None:
    """I06: keys and passwords can contain plus signs, slashes and equals signs."""
    with Loopback() as server:
        http.send(Request("log in", "POST", server.url, form={"apikey": AWKWARD}))

        seen = server.seen[0]

    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.headers["content-length"] == str(len(seen.body))
    assert urllib.parse.parse_qsl(seen.body.decode()) == [("apikey", AWKWARD)]


def test_a_json_body_has_the_content_type_of_json(http: HttpClient) -> None:
    with Loopback() as server:
        http.send(Request("ask", "POST", server.url, json={"cluster": AWKWARD}))

        seen = server.seen[0]

    assert seen.headers["content-type"] == "application/json"
    assert json.loads(seen.body) == {"cluster": AWKWARD}


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        pytest.param(BearerAuth(lambda: "token-1"), "Bearer token-1", id="bearer"),
        pytest.param(("bx", "bx"), "Basic Yng6Yng=", id="basic"),
        pytest.param(None, None, id="none"),
    ],
)
@pytest.mark.parametrize("place", ["no-netrc", "NETRC", "home"])
def test_a_netrc_file_is_ignored(
    http: HttpClient,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    auth: t.Any,
    header: str | None,
    place: str,
) -> None:
    """F114: for a host in .netrc, the ``requests`` library would add or replace the Authorization header."""
    if place != "no-netrc":
        file = tmp_path / ".netrc"
        file.write_text("machine 127.0.0.1 login evil password evil\ndefault login evil password evil\n")
        file.chmod(0o600)
        monkeypatch.setenv(*("NETRC", str(file)) if place == "NETRC" else ("HOME", str(tmp_path)))
    with Loopback() as server:
        http.send(_get(server, auth=auth))

        assert server.seen[0].headers.get("authorization") == header


def test_a_closed_connection_is_opened_again(http: HttpClient, fake_time: FakeTime) -> None:
    """The server may have closed a persistent connection since the last call."""
    with Loopback(answer(keep=True)) as server:
        for call in range(3):
            http.send(_get(server))
            while server.ended <= call:
                time.sleep(0.001)

        assert (len(server.seen), fake_time.sleeps) == (3, [])


# Responses


@pytest.mark.parametrize(
    ("body", "expect", "document"),
    [
        pytest.param(b'{"a": [1]}', "object", {"a": [1]}, id="object"),
        pytest.param(b"\xef\xbb\xbf{}", "object", {}, id="F41-byte-order-mark"),
        pytest.param(b"null", "array", [], id="null-list"),
        pytest.param(b"", "nothing", None, id="F97-empty"),
    ],
)
def test_a_valid_response_is_returned(http: HttpClient, body: bytes, expect: str, document: t.Any) -> None:
    """The client ignores the content type."""
    with Loopback(answer(body, head={"Content-Type": "text/plain"})) as server:
        assert http.send(_get(server, expect=expect)) == document
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("body", "requests", "text"),
    [
        pytest.param(b"<html>SECRET</html>", 1, "HTML page, 19 bytes", id="F28-page"),
        pytest.param(b"", 1, "an empty body", id="F29-empty"),
        pytest.param(b"[]", 1, "list where object was expected", id="F32-list"),
        pytest.param(b"null", 1, "NoneType where object was expected", id="F32-null"),
        pytest.param(b'{"a": "SECRET\xff"}', 1, "not UTF-8", id="F40-not-utf-8"),
        pytest.param(b'{"SECRET": NaN}', 1, "out of range", id="F42-NaN"),
        pytest.param(b"[" * 200_000, 1, "nested more than 64 levels", id="F42-deep"),
        pytest.param(b'{"key": "SECR', 5, "invalid JSON, 13 bytes", id="F22-truncated"),
    ],
)
def test_an_invalid_response_is_an_error(http: HttpClient, body: bytes, requests: int, text: str) -> None:
    """The error does not quote the body. Only truncated responses are retried."""
    with Loopback(answer(body)) as server:
        error = _fails(http, _get(server))

        assert len(server.seen) == requests

    assert isinstance(error, ResponseError)
    assert (error.kind, error.status) == ("response_invalid", 200)
    assert text in str(error)
    assert "SECR" not in str(error)


def test_a_truncated_response_is_retried(http: HttpClient) -> None:
    """F21: the body has the announced length, but the document is incomplete."""
    with Loopback(answer(b'{"a": '), answer({"a": 1})) as server:
        assert http.send(_get(server)) == {"a": 1}
        assert len(server.seen) == 2


def test_a_huge_body_is_rejected(http: HttpClient) -> None:
    """F25: the client does not read the rest of the body."""
    with Loopback(answer(b'"' + b" " * (LARGEST_BODY + 1))) as server:
        error = _fails(http, _get(server))

        assert len(server.seen) == 1

    assert isinstance(error, ResponseError)
    assert error.kind == "response_invalid"
    assert "larger than 8 MiB" in str(error)


def test_a_body_of_the_maximum_size_is_accepted(http: HttpClient) -> None:
    body = b'{"a":"' + b"x" * (LARGEST_BODY - 8) + b'"}'

    with Loopback(answer(body)) as server:
        assert http.send(_get(server)) == {"a": "x" * (LARGEST_BODY - 8)}


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(http: HttpClient, status: int) -> None:
    """F75, F76: if the client followed an HTTP 307 redirect, the other host would receive the form with the API key."""
    with Loopback() as decoy, Loopback(answer(status=status, head={"Location": f"{decoy.url}/SECRET"})) as server:
        error = _fails(http, Request("log in", "POST", server.url, auth=("bx", "bx"), form={"apikey": "SECRET"}))

        assert (len(server.seen), decoy.connections) == (1, 0)

    assert isinstance(error, ResponseError)
    assert (error.kind, error.status) == ("redirect", status)
    assert f"HTTP {status} to 127.0.0.1:{decoy.port}" in str(error)
    assert "SECRET" not in str(error)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        pytest.param("/elsewhere", "nowhere", id="F77-same-origin"),
        pytest.param("", "nowhere", id="empty"),
        pytest.param("http://[bad", "nowhere", id="F78-no-URL"),
        pytest.param("http://\xff\xfe.example/", "\xff\xfe.example", id="F78-not-utf-8"),
        pytest.param("https://u:SECRET@h.example/", "h.example", id="user-information"),
    ],
)
def test_a_redirect_with_an_invalid_location_is_an_error(http: HttpClient, location: str, target: str) -> None:
    """The ``requests`` library parses the Location header even if redirects are disabled, and fails for an invalid value."""
    with Loopback(answer(status=302, head={"Location": location})) as server:
        error = _fails(http, _get(server))

        assert len(server.seen) == 1

    assert error.kind == "redirect"
    assert f"HTTP 302 to {target} " in str(error)
    assert "SECRET" not in str(error)


@pytest.mark.parametrize("status", [302, 303])
def test_an_expected_redirect_is_returned_and_not_followed(http: HttpClient, status: int) -> None:
    """The target of the redirect is the result of the call."""
    with Loopback() as decoy:
        target = f"{decoy.url}/x#access_token=y"
        with Loopback(answer(status=status, head={"Location": target})) as server:
            assert http.send(_get(server, auth=("apikey", "SECRET"), expect="location")) == target
            assert (len(server.seen), decoy.connections) == (1, 0)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_hints_of_a_call_override_general_hints(http: HttpClient, status: int) -> None:
    """If the call has no hint for a status, the error contains the general hint."""
    with Loopback(answer({"code": "A0656", "description": "no"}, status=status)) as server:
        default_providers = _fails(http, _get(server))
        known = _fails(http, _get(server, remedies={status: "Do this.", 404: "Do that."}))
        other = _fails(http, _get(server, remedies={404: "Do that."}))

    assert known.hint == "Do this."
    assert default_providers.hint == other.hint == "Ask for the Viewer platform role on the cluster."
    assert known.error_details == default_providers.error_details


# 401


class _Session:
    """A session that records the Authorization headers passed to ``renew``."""

    def __init__(self, *, renewable: bool = True) -> None:
        self.renewals = 0
        self.refused: list[str] = []
        self._renewable = renewable
        self.auth = BearerAuth(lambda: f"token-{self.renewals}", self._renew)

    def _renew(self, refused: str) -> bool:
        self.refused.append(refused)
        self.renewals += self._renewable
        return self._renewable


def test_a_401_renews_the_token_once(http: HttpClient, fake_time: FakeTime) -> None:
    """F52: the retry with the new token is immediate."""
    session = _Session()
    with Loopback(answer(status=401), answer({"a": 1})) as server:
        assert http.send(_get(server, auth=session.auth)) == {"a": 1}

        sent = [request.headers["authorization"] for request in server.seen]

    assert sent == ["Bearer token-0", "Bearer token-1"]
    assert session.refused == ["Bearer token-0"]
    assert (session.renewals, fake_time.sleeps) == (1, [])


def test_a_second_401_is_an_error(http: HttpClient) -> None:
    """F53: the token is renewed only once."""
    session = _Session()
    with Loopback(answer({"code": "A0003", "description": "no"}, status=401)) as server:
        error = _fails(http, _get(server, auth=session.auth))

        assert len(server.seen) == 2

    assert isinstance(error, APIError)
    assert session.renewals == 1
    assert (error.kind, error.error_details.code) == ("auth", "A0003")
    assert "HTTP 401 after one token refresh [A0003: no]" in str(error)


@pytest.mark.parametrize(
    "auth",
    [
        pytest.param(BearerAuth(lambda: "token"), id="no-way-to-renew"),
        pytest.param(_Session(renewable=False).auth, id="nothing-to-renew-with"),
        pytest.param(("bx", "bx"), id="basic"),
        pytest.param(None, id="unsigned"),
    ],
)
def test_a_401_without_renewal_is_an_error(http: HttpClient, auth: t.Any) -> None:
    """F54: without a new token, a retry would fail again."""
    with Loopback(answer(status=401)) as server:
        error = _fails(http, _get(server, auth=auth))

        assert len(server.seen) == 1

    assert error.kind == "auth"
    assert "refresh" not in str(error).split("(attempt", maxsplit=1)[0]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 418, 501])
def test_other_errors_are_not_retried_and_do_not_renew_the_token(http: HttpClient, status: int) -> None:
    """F57-F61, F73: these errors are permanent, and a 403 does not mean that the token has expired."""
    session = _Session()
    with Loopback(answer({"code": "X1", "description": "no"}, status=status)) as server:
        error = _fails(http, _get(server, auth=session.auth))

        assert (len(server.seen), session.renewals) == (1, 0)

    assert isinstance(error, APIError)
    assert (error.status, error.error_details.code) == (status, "X1")


# Retries


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 599])
def test_a_transient_error_is_retried(http: HttpClient, fake_time: FakeTime, status: int) -> None:
    """F62-F71: the client retries the call after a short pause."""
    with Loopback(answer(status=status), answer({"a": 1})) as server:
        assert http.send(_get(server)) == {"a": 1}
        assert len(server.seen) == 2

    assert fake_time.sleeps == [0.5]


@pytest.mark.parametrize(("status", "kind"), [(429, "throttled"), (500, "server"), (503, "server"), (408, "timeout")])
def test_an_error_is_raised_after_five_attempts(http: HttpClient, fake_time: FakeTime, status: int, kind: str) -> None:
    """F67, F70-F72: the pauses grow, and the last response determines the error."""
    scripts = [answer({"message": f"no {number}"}, status=status) for number in range(5)]
    with Loopback(*scripts) as server:
        error = _fails(http, _get(server))

        assert len(server.seen) == 5
        assert error.call.request_id == server.seen[4].headers["x-request-id"]

    assert fake_time.sleeps == [0.5, 1.0, 2.0, 4.0]
    assert (error.kind, error.status, error.error_details.message) == (kind, status, "no 4")
    assert "(attempt 5 of 5, 7.5 s; " in str(error)


def test_pauses_have_jitter(fake_time: FakeTime) -> None:
    """The pause is a random time up to the maximum."""
    fake_time.chance = 0.1
    http = HttpClient(clock=fake_time.clock, policy=RetryPolicy(attempts=3))
    with Loopback(answer(status=500)) as server:
        _fails(http, _get(server))

    http.close()
    assert fake_time.sleeps == pytest.approx([0.05, 0.1])


@pytest.mark.parametrize(("attempts", "requests"), [(1, 1), (2, 2), (11, 11)])
def test_the_policy_sets_the_number_of_attempts(fake_time: FakeTime, attempts: int, requests: int) -> None:
    """The number of attempts is the value of the ``retries`` option plus one."""
    http = HttpClient(clock=fake_time.clock, policy=RetryPolicy(attempts=attempts))
    with Loopback(answer(status=500)) as server:
        _fails(http, _get(server))

        assert len(server.seen) == requests
    http.close()


def test_no_pause_exceeds_the_budget(fake_time: FakeTime) -> None:
    """A pause beyond the budget would only delay the error."""
    http = HttpClient(clock=fake_time.clock, policy=RetryPolicy(budget=3.0))
    with Loopback(answer(status=500)) as server:
        _fails(http, _get(server))

        assert len(server.seen) == 3
    http.close()
    assert fake_time.sleeps == [0.5, 1.0]


SKEWED = {"Date": "Fri, 02 Jan 1998 03:04:05 GMT"}


@pytest.mark.parametrize(
    ("head", "sleeps"),
    [
        pytest.param({"Retry-After": "2"}, [2.0, 2.0], id="F63-seconds"),
        pytest.param({"Retry-After": "0"}, [0.5, 1.0], id="zero-still-backs-off"),
        pytest.param({"Retry-After": "60"}, [60.0], id="the-longest"),
        pytest.param({"Retry-After": "Fri, 02 Jan 1998 03:04:08 GMT", **SKEWED}, [3.0, 3.0], id="F64-date"),
        *[
            pytest.param({"Retry-After": value}, [0.5, 1.0], id=f"F66-{value[:10]}")
            for value in ("soon", "-5", "1.5", "", "1" * 30, "Fri, 02 Jan 99999 03:04:08 GMT")
        ],
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_pauses_follow_retry_after(
    http: HttpClient, fake_time: FakeTime, head: dict[str, str], sleeps: list[float], status: int
) -> None:
    """The client compares dates with the service's clock, and ignores invalid values."""
    with Loopback(*[answer(status=status, head=head)] * len(sleeps), answer({"a": 1})) as server:
        assert http.send(_get(server)) == {"a": 1}
        assert len(server.seen) == len(sleeps) + 1

    assert fake_time.sleeps == sleeps


@pytest.mark.parametrize(
    ("head", "budget", "said"),
    [
        pytest.param({"Retry-After": "61"}, 120.0, "retry after 61 s", id="61-seconds"),
        pytest.param({"Retry-After": "86400"}, 120.0, "retry after 86400 s", id="F65-a-day"),
        pytest.param(
            {"Retry-After": "Thu, 01 Jan 2099 00:00:00 GMT", **SKEWED}, 120.0, "retry after 3187198555 s", id="F65-2099"
        ),
        pytest.param({"Retry-After": "30"}, 10.0, "retry after 30 s", id="more-than-is-left"),
    ],
)
def test_a_long_retry_after_is_an_error(fake_time: FakeTime, head: dict[str, str], budget: float, said: str) -> None:
    """F65: the client reports the error without a pause."""
    http = HttpClient(clock=fake_time.clock, policy=RetryPolicy(budget=budget))
    with Loopback(answer(status=429, head=head)) as server:
        error = _fails(http, _get(server))

        assert len(server.seen) == 1
    http.close()
    assert fake_time.sleeps == []
    assert error.kind == "throttled"
    assert said in str(error)


GOOD = answer({"a": 1})


@pytest.mark.parametrize(
    ("scripts", "resend", "requests", "ok"),
    [
        pytest.param([answer(status=500), GOOD], Resend.AT_MOST_ONCE, 2, True, id="F69-password-500-once"),
        pytest.param([answer(status=500), GOOD], Resend.NEVER, 1, False, id="F69-passcode-500-once"),
        pytest.param([answer(status=500)], Resend.AT_MOST_ONCE, 2, False, id="F70-password-500-always"),
        pytest.param(
            [answer(status=500), answer(status=502), GOOD], Resend.AT_MOST_ONCE, 2, False, id="password-two-faults"
        ),
        pytest.param([answer(status=408), GOOD], Resend.NEVER, 1, False, id="F62-passcode-408"),
        pytest.param([answer(status=429)], Resend.AT_MOST_ONCE, 5, False, id="F67-password-429-always"),
        pytest.param([answer(status=429), GOOD], Resend.NEVER, 1, False, id="F68-passcode-429-without-Retry-After"),
        pytest.param(
            [answer(status=429, head={"Retry-After": "1"}), GOOD], Resend.NEVER, 2, True, id="passcode-429-Retry-After"
        ),
        pytest.param([answer(b'{"a": '), GOOD], Resend.AT_MOST_ONCE, 2, True, id="F21-password-truncated-once"),
        pytest.param([answer(b'{"a": ')], Resend.AT_MOST_ONCE, 2, False, id="F22-password-truncated-always"),
        pytest.param([answer(b'{"a": '), GOOD], Resend.NEVER, 1, False, id="F21-passcode-truncated"),
        *[
            pytest.param([answer(status=status), GOOD], resend, 1, False, id=f"F48-{resend.value}-{status}")
            for status in (400, 401, 403)
            for resend in (Resend.AT_MOST_ONCE, Resend.NEVER)
        ],
    ],
)
def test_passwords_and_passcodes_have_limited_retries(
    http: HttpClient, scripts: list[bytes], resend: Resend, requests: int, ok: bool
) -> None:
    """Several attempts with a wrong password lock the user. A passcode is valid for a single request."""
    with Loopback(*scripts) as server:
        request = Request("log in", "POST", server.url, auth=("bx", "bx"), form={"x": "y"}, resend=resend)
        if ok:
            assert http.send(request) == {"a": 1}
        else:
            _fails(http, request)

        assert len(server.seen) == requests


# Secrets in errors


SECRET = "s3cr+t/Key=äöü"


@pytest.mark.parametrize(
    "request_parts",
    [
        pytest.param({"auth": BearerAuth(lambda: "SECRET-token\nwith-line-end")}, id="F39-line-end-in-token"),
        pytest.param({"auth": BearerAuth(lambda: "SECRET-t\u20acken")}, id="F39-no-latin-1-in-token"),
        pytest.param({"headers": {"X-Auth-Refresh-Token": "SECRET\r\nX: y"}}, id="line-end-in-header"),
        pytest.param({"headers": {"X-Auth-Refresh-Token": "SECRET \u20ac"}}, id="no-latin-1-in-header"),
    ],
)
def test_invalid_header_values_are_not_sent(http: HttpClient, request_parts: dict[str, t.Any]) -> None:
    """The exception that the ``requests`` library raises would contain the token."""
    with Loopback() as server:
        error = _fails(http, _get(server, **request_parts))

        assert (server.connections, error.kind) == (0, "input")

    assert "SECRET" not in str(error) + repr(error) + json.dumps(error.to_result())
    assert (error.__cause__, error.__context__) == (None, None)


def test_repr_of_a_request_has_no_secret() -> None:
    """A traceback can contain the ``repr`` of a request."""
    request = Request("log in", "POST", "https://a.example", auth=("SECRET", "x"), form={"apikey": "SECRET"})

    assert "SECRET" not in repr(request) + repr(Request("x", "GET", "y", headers={"X-Auth-Refresh-Token": "SECRET"}))


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        pytest.param(answer({"errorCode": "BXNIM0415E", "errorMessage": "no"}, status=400), "auth", id="400"),
        pytest.param(answer(status=500), "server", id="500"),
        pytest.param(answer(b"<html>"), "response_invalid", id="page"),
        pytest.param(answer(status=307, head={"Location": "/x"}), "redirect", id="redirect"),
        pytest.param(answer(b"{}", length=99), "protocol", id="cut"),
        pytest.param(b"what?\r\n\r\n", "protocol", id="not-http"),
    ],
)
def test_an_error_contains_no_part_of_the_request(http: HttpClient, script: bytes, kind: str) -> None:
    """The test checks the text, the result and the causes of the error."""
    with Loopback(script) as server:
        error = _fails(
            http,
            Request(
                "log in",
                "POST",
                server.url,
                auth=BearerAuth(lambda: "c2VjcmV0LXRva2Vu"),
                query={"secret-query": SECRET},
                form={"secret-form": SECRET},
                headers={"X-Auth-Refresh-Token": "secret-header"},
            ),
        )

    shown = str(error) + repr(error) + json.dumps(error.to_result(), ensure_ascii=False)
    assert error.kind == kind
    assert (error.__cause__, error.__context__) == (None, None)
    for part in (SECRET, urllib.parse.quote_plus(SECRET), "s3cr", "secret", "c2VjcmV0LXRva2Vu"):
        assert part not in shown
