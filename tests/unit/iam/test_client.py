# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the IAM grants: each grant's request, and the fields that the response must contain."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import APIError, ResponseError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.tokens import Claims
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, access_token, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient

TOKEN = access_token()
GOOD = {
    "access_token": TOKEN,
    "refresh_token": "OKD+a/b=",
    "token_type": "Bearer",
    "expires_in": 3600,
    "expiration": NOW + 3600,
    "ims_user_id": 8812345,
    "scope": "ibm openid",
}
BX, KUBE = "Basic Yng6Yng=", "Basic a3ViZTprdWJl"
GRANT = "urn:ibm:params:oauth:grant-type:"
DELEGATION = {"receiver_client_ids": "kube", "delegated_refresh_token_expiry": "600"}
BOTH_ACCOUNTS = {"account": ACCOUNT, "bss_account": ACCOUNT}


NO_TEXTS: tuple[t.Any, ...] = (None, "", 7, ["SECRET"], {})
NO_SECONDS: tuple[t.Any, ...] = (None, 0, -1, 1e99, True, "soon", "-5", "9" * 12, [])


def _iam(http: HttpClient, server: Loopback) -> Iam:
    return Iam(http, server.url, now=lambda: NOW)


@pytest.mark.parametrize(
    ("call", "client", "form"),
    [
        pytest.param(lambda iam: iam.api_key("k+/="), BX, {"grant_type": f"{GRANT}apikey", "apikey": "k+/="}, id="key"),
        pytest.param(
            lambda iam: iam.api_key_with_delegation("k"),
            BX,
            {
                "grant_type": f"{GRANT}apikey",
                "apikey": "k",
                "response_type": "cloud_iam delegated_refresh_token",
                **DELEGATION,
            },
            id="key-and-delegate",
        ),
        pytest.param(
            lambda iam: iam.password("ada@example.com", " p&w "),
            BX,
            {"grant_type": "password", "username": "ada@example.com", "password": " p&w "},
            id="password",
        ),
        pytest.param(
            lambda iam: iam.password("a", "p", ACCOUNT),
            BX,
            {"grant_type": "password", "username": "a", "password": "p", **BOTH_ACCOUNTS},
            id="password-and-account",
        ),
        pytest.param(
            lambda iam: iam.passcode("c"), BX, {"grant_type": f"{GRANT}passcode", "passcode": "c"}, id="passcode"
        ),
        pytest.param(
            lambda iam: iam.passcode("c", ACCOUNT),
            BX,
            {"grant_type": f"{GRANT}passcode", "passcode": "c", **BOTH_ACCOUNTS},
            id="passcode-and-account",
        ),
        pytest.param(
            lambda iam: iam.refresh("r"), BX, {"grant_type": "refresh_token", "refresh_token": "r"}, id="refresh"
        ),
        pytest.param(
            lambda iam: iam.refresh("r", ACCOUNT),
            BX,
            {"grant_type": "refresh_token", "refresh_token": "r", **BOTH_ACCOUNTS},
            id="refresh-and-account",
        ),
        pytest.param(
            lambda iam: iam.delegate("r"),
            BX,
            {
                "grant_type": "refresh_token",
                "refresh_token": "r",
                "response_type": "delegated_refresh_token",
                **DELEGATION,
            },
            id="delegate",
        ),
        pytest.param(
            lambda iam: iam.exchange("d"),
            KUBE,
            {"grant_type": f"{GRANT}delegated-refresh-token", "refresh_token": "d"},
            id="exchange",
        ),
    ],
)
def test_each_grant_sends_the_documented_request(
    http: HttpClient, call: t.Callable[[Iam], t.Any], client: str, form: dict[str, str]
) -> None:
    with Loopback(answer({**GOOD, "id_token": jwt(exp=NOW + 1200)})) as server:
        call(_iam(http, server))

        (seen,) = server.seen

    assert (seen.method, seen.target) == ("POST", "/identity/token")
    assert seen.headers["authorization"] == client
    assert seen.headers["cache-control"] == "no-cache"
    assert dict(urllib.parse.parse_qsl(seen.body.decode(), keep_blank_values=True)) == form


def test_a_valid_response_is_returned(http: HttpClient) -> None:
    """Unknown fields are ignored."""
    with Loopback(answer({**GOOD, "session_id": "C-1", "new_field": {}})) as server:
        token = _iam(http, server).api_key("k")

    assert (token.access, token.refresh, token.delegated, token.id) == (TOKEN, "OKD+a/b=", "", "")
    assert (token.token_type, token.expires_in, token.expiration) == ("Bearer", 3600, NOW + 3600)
    assert token.claims == Claims(ACCOUNT, "IBMid-2700ABCDEF", expires=NOW + 3600, accounts=(ACCOUNT,))


@pytest.mark.parametrize(
    ("changes", "expires_in", "expiration"),
    [
        pytest.param({"expires_in": "3600"}, 3600, NOW + 3600, id="F37-text"),
        pytest.param({"expires_in": None}, 3600, NOW + 3600, id="F37-only-expiration"),
        pytest.param({"expires_in": 900.7}, 900, NOW + 3600, id="fraction"),
        pytest.param({"expiration": None}, 3600, NOW + 3600, id="F37-only-expires_in-and-claim"),
        pytest.param({"expiration": NOW - 5}, 3600, NOW - 5, id="F108-local-clock-is-off"),
        pytest.param({"expires_in": None, "expiration": None}, 3600, NOW + 3600, id="F37-only-the-claim"),
        pytest.param({"access_token": "opaque", "expiration": None}, 3600, NOW + 3600, id="no-claim-and-no-expiration"),
        pytest.param({"access_token": "opaque", "expires_in": None}, 3600, NOW + 3600, id="no-claim-and-no-expires_in"),
    ],
)
def test_lifetimes_are_read_or_computed(
    http: HttpClient, changes: dict[str, t.Any], expires_in: int, expiration: int
) -> None:
    """Missing values are computed from other fields. If both ``expires_in`` and ``expiration`` are present, each keeps its value."""
    with Loopback(answer({**GOOD, **changes})) as server:
        token = _iam(http, server).api_key("k")

    assert (token.expires_in, token.expiration) == (expires_in, expiration)


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER", None])
def test_the_token_type_must_be_bearer(http: HttpClient, token_type: str | None) -> None:
    """The token type can be missing, and its case does not matter."""
    body = {name: value for name, value in {**GOOD, "token_type": token_type}.items() if value is not None}
    with Loopback(answer(body)) as server:
        assert _iam(http, server).api_key("k").token_type == "Bearer"


@pytest.mark.parametrize("value", [None, "", "not_supported"])
def test_the_refresh_token_not_supported_is_ignored(http: HttpClient, value: str | None) -> None:
    with Loopback(answer({**GOOD, "refresh_token": value})) as server:
        assert _iam(http, server).api_key("k").refresh == ""


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        *[
            pytest.param({"access_token": value}, "its access_token is missing or not a string", id=f"F33-{value!r}")
            for value in NO_TEXTS
        ],
        *[
            pytest.param({"access_token": value}, "its access_token is a malformed token", id=f"F39-{value[:9]!a}")
            for value in ("SEC\nRET", "SEC RET", "SECRET\x00", "SECR\u00c9T", "SECRET" * 40_000)
        ],
        pytest.param({"access_token": "not_supported"}, "its access_token is missing or not a string", id="F33-word"),
        pytest.param({"refresh_token": 7}, "its refresh_token is missing or not a string", id="F34-number"),
        pytest.param({"refresh_token": "SEC\nRET"}, "its refresh_token is a malformed token", id="F39-refresh"),
        pytest.param({"token_type": "mac"}, "its token_type is not Bearer", id="F38-type"),
        pytest.param({"token_type": None}, "its token_type is not Bearer", id="F38-null"),
        pytest.param({"token_type": 7}, "its token_type is not Bearer", id="F38-number"),
        *[
            pytest.param(
                {"access_token": "opaque", "expires_in": value, "expiration": None},
                "the token's lifetime",
                id=f"F37-{value!r}",
            )
            for value in NO_SECONDS
        ],
        pytest.param(
            {"access_token": access_token(expires=NOW - 1), "expires_in": None, "expiration": None},
            "the token's lifetime",
            id="F37-claim-in-the-past",
        ),
    ],
)
def test_unusable_responses_are_errors(http: HttpClient, changes: dict[str, t.Any], problem: str) -> None:
    """The message contains the name of the field and does not quote the response."""
    with Loopback(answer({**GOOD, **changes})) as server:
        with pytest.raises(ResponseError) as caught:
            _iam(http, server).api_key("k")

        assert len(server.seen) == 1

    assert caught.value.kind == "response_invalid"
    assert problem in str(caught.value)
    assert "SEC" not in str(caught.value) + json.dumps(caught.value.to_result())


def test_an_empty_response_is_an_error(http: HttpClient) -> None:
    """F33: an empty response does not cause a KeyError."""
    with Loopback(answer({})) as server, pytest.raises(ResponseError, match="its access_token is missing"):
        _iam(http, server).api_key("k")


# Delegation


@pytest.mark.parametrize(
    ("body", "token"),
    [
        pytest.param({"delegated_refresh_token": "d"}, "d", id="F35-own-field"),
        pytest.param({"access_token": "a", "refresh_token": "d"}, "d", id="F35-2025-page"),
        pytest.param({"delegated_refresh_token": "d", "refresh_token": "r"}, "d", id="F35-both"),
        pytest.param({"delegated_refresh_token": "", "refresh_token": "r"}, "r", id="empty-and-other"),
        pytest.param({"delegated_refresh_token": "not_supported", "refresh_token": "r"}, "r", id="word-and-other"),
    ],
)
def test_both_shapes_of_a_delegation_response_are_read(http: HttpClient, body: dict[str, str], token: str) -> None:
    """IBM's clients read the token from one field, but IBM's documentation shows the token in another field."""
    with Loopback(answer(body)) as server:
        assert _iam(http, server).delegate("r") == token


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"refresh_token": "not_supported"},
        {"delegated_refresh_token": 7, "refresh_token": None},
        {"access_token": "a"},
    ],
)
def test_a_delegation_response_without_a_token_is_an_error(http: HttpClient, body: dict[str, t.Any]) -> None:
    """F35: the message contains the names of both fields."""
    with (
        Loopback(answer(body)) as server,
        pytest.raises(ResponseError, match="neither delegated_refresh_token nor a usable refresh_token"),
    ):
        _iam(http, server).delegate("r")


@pytest.mark.parametrize("value", [None, "", 7, "not_supported"])
def test_an_exchange_without_an_id_token_is_an_error(http: HttpClient, value: t.Any) -> None:
    """F36: an access token cannot replace the ID token, because clusters do not accept access tokens."""
    with Loopback(answer({**GOOD, "id_token": value})) as server, pytest.raises(ResponseError) as caught:
        _iam(http, server).exchange("d")

    assert "get the Kubernetes ID token failed" in str(caught.value)
    assert "its id_token is missing or not a string" in str(caught.value)


def _refusal(code: str, status: int = 400) -> bytes:
    return answer({"errorCode": code, "errorMessage": "No."}, status=status)


@pytest.mark.parametrize("code", ["BXNIM0106E", "BXNIM0109E", "BXNIM9902E", ""])
def test_a_rejected_one_step_request_is_not_an_error(http: HttpClient, code: str) -> None:
    """The method returns None, so that the caller sends the separate requests that IBM documents."""
    with Loopback(_refusal(code)) as server:
        assert _iam(http, server).api_key_with_delegation("k") is None
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("code", "status"), [("BXNIM0415E", 400), ("BXNIM0400E", 400), ("BXNIM0106E", 401), ("BXNIM0106E", 403)]
)
def test_a_rejected_key_is_not_sent_in_another_request(http: HttpClient, code: str, status: int) -> None:
    """IAM has rejected the key itself, so other requests would also fail."""
    with Loopback(_refusal(code, status)) as server:
        with pytest.raises(APIError) as caught:
            _iam(http, server).api_key_with_delegation("k")

        assert len(server.seen) == 1

    assert caught.value.error_details.code == code


@pytest.mark.parametrize(
    ("call", "code", "hint"),
    [
        pytest.param(lambda iam: iam.api_key("k"), "BXNIM0415E", "ibmcloud_api_key", id="F43"),
        pytest.param(lambda iam: iam.refresh("r"), "BXNIM0407E", "log in again", id="F44-invalid"),
        pytest.param(lambda iam: iam.delegate("r"), "BXNIM0408E", "log in again", id="F44-expired"),
        pytest.param(lambda iam: iam.refresh("r"), "BXNIM0439E", "inactive", id="F45"),
        pytest.param(lambda iam: iam.password("u", "p"), "BXNIM0400E", "API key", id="F46"),
        pytest.param(lambda iam: iam.password("u", "p"), "BXNIM0608E", "federated", id="F47"),
        pytest.param(lambda iam: iam.password("u", "p"), "BXNIM0602E", "username and password", id="F48"),
        pytest.param(lambda iam: iam.refresh("r"), "BXNIM0137E", "another client", id="client-mismatch"),
    ],
)
def test_the_message_of_an_iam_error_has_the_code_and_a_hint(
    http: HttpClient, call: t.Callable[[Iam], t.Any], code: str, hint: str
) -> None:
    """The client does not retry the request, because these errors concern the credentials."""
    with Loopback(_refusal(code)) as server:
        with pytest.raises(APIError) as caught:
            call(_iam(http, server))

        assert len(server.seen) == 1

    assert (caught.value.kind, caught.value.error_details.code) == ("auth", code)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("call", "requests"),
    [
        pytest.param(lambda iam: iam.api_key("k"), 5, id="key"),
        pytest.param(lambda iam: iam.api_key_with_delegation("k"), 5, id="key-and-delegate"),
        pytest.param(lambda iam: iam.refresh("r"), 5, id="refresh"),
        pytest.param(lambda iam: iam.delegate("r"), 5, id="delegate"),
        pytest.param(lambda iam: iam.exchange("d"), 5, id="exchange"),
        pytest.param(lambda iam: iam.password("u", "p"), 2, id="password"),
        pytest.param(lambda iam: iam.passcode("c"), 1, id="passcode"),
    ],
)
def test_each_grant_has_its_number_of_retries(http: HttpClient, call: t.Callable[[Iam], t.Any], requests: int) -> None:
    """F70: in this test, IAM responds to every request with HTTP 500."""
    with Loopback(answer(status=500)) as server:
        with pytest.raises(APIError):
            call(_iam(http, server))

        assert len(server.seen) == requests
