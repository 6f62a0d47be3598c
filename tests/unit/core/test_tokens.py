# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of claims that are read without verification, and of requests that are authenticated with a token."""

from __future__ import annotations

import base64
import typing as t

import pytest
import requests
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.tokens import (
    Claims,
    Token,
    is_well_formed,
    iso,
    read_claims,
    token_facts,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, access_token, jwt


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param(
            {"iam_id": "IBMid-1", "account": {"bss": ACCOUNT}, "iss": "https://iam.example/identity", "exp": NOW},
            Claims(ACCOUNT, "IBMid-1", "https://iam.example/identity", NOW, accounts=(ACCOUNT,)),
            id="all",
        ),
        pytest.param({"account": {"boundary": "global"}, "exp": NOW}, Claims(expires=NOW), id="unbound"),
        pytest.param({"exp": NOW + 0.9}, Claims(expires=NOW), id="fraction"),
        pytest.param({}, Claims(), id="none"),
        pytest.param({"account": ACCOUNT, "iam_id": 7, "iss": ["i"], "exp": "soon"}, Claims(), id="wrong-types"),
        pytest.param({"account": {"bss": None}, "exp": -1}, Claims(), id="null-and-negative"),
        pytest.param({"exp": 1e12}, Claims(), id="milliseconds"),
        pytest.param({"exp": 1e308}, Claims(), id="far-too-large"),
    ],
)
def test_claims_are_read(claims: dict[str, t.Any], expected: Claims) -> None:
    """Missing claims and claims of the wrong type are read as empty values."""
    assert read_claims(jwt(**claims)) == expected


@pytest.mark.parametrize("text", ["ä" * 20, "größe, Sørensen, 東京 ???>>>"])
def test_claims_in_base64url_are_read(text: str) -> None:
    """JWTs use base64url without padding, in which - and _ replace + and /."""
    assert read_claims(jwt(name=text, iam_id=text)) == Claims(iam_id=text)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param("opaque", id="opaque"),
        pytest.param("a.b", id="two-parts"),
        pytest.param("a.b.c.d", id="four-parts"),
        pytest.param("a.!!!.c", id="no-base64"),
        pytest.param("a.ä.c", id="not-ascii"),
        pytest.param(f"a.{base64.b64encode(b'no json').decode()}.c", id="no-json"),
        pytest.param(f"a.{base64.b64encode(b'[]').decode()}.c", id="no-object"),
        pytest.param(f"a.{base64.b64encode(bytes([255, 254, 253])).decode()}.c", id="no-text"),
    ],
)
def test_a_text_that_is_not_a_jwt_has_no_claims(token: str) -> None:
    assert read_claims(token) is None


@pytest.mark.parametrize(
    ("token", "good"),
    [
        (access_token(), True),
        ("aZ09._~+/=-", True),
        ("a" * 65536, True),
        ("a" * 65537, False),
        ("", False),
        ("a b", False),
        ("a\n", False),
        ("a\r\nX-Evil: 1", False),
        ("a\x00", False),
        ("ä", False),
        ("a,b", False),
    ],
)
def test_tokens_must_be_well_formed(token: str, good: bool) -> None:
    """RFC 6750 defines the valid characters."""
    assert is_well_formed(token) is good


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1767607683, "2026-01-05T10:08:03Z"), (1767607683.9, "2026-01-05T10:08:03Z")],
)
def test_times_are_utc(seconds: float, text: str) -> None:
    """The time zone of the controller does not affect the result."""
    assert iso(seconds) == text


def test_repr_of_a_token_has_no_secret() -> None:
    """A traceback can contain the token."""
    shown = repr(
        Token("access-secret", "refresh-secret", "delegated-secret", "id-secret", kubernetes_refresh="kube-secret")
    )

    assert "secret" not in shown


def test_bearer_auth_gets_the_token_for_each_request() -> None:
    """The token may have been renewed since the last request."""
    tokens = iter(["first", "second"])
    auth = BearerAuth(lambda: next(tokens))

    sent = [requests.Request("GET", "https://a.example", auth=auth).prepare() for _attempt in range(2)]

    assert [request.headers["Authorization"] for request in sent] == ["Bearer first", "Bearer second"]
    assert repr(auth) == "BearerAuth()"


def test_token_facts_are_option_names_of_the_next_module() -> None:
    id_token = jwt(exp=1767607683)
    claims = Claims(ACCOUNT, "IBMid-1")
    token = Token(
        "a", "r", "d", id_token, expires_in=3600, expiration=1767611283, claims=claims, kubernetes_refresh="k"
    )

    assert token_facts(token) == {
        "access_token": "a",
        "refresh_token": "r",
        "id_token": id_token,
        "kubernetes_refresh_token": "k",
        "token_type": "Bearer",
        "expires_in": 3600,
        "expiration": 1767611283,
        "expires_at": "2026-01-05T11:08:03Z",
        "id_token_expires_at": "2026-01-05T10:08:03Z",
        "account_id": ACCOUNT,
        "iam_id": "IBMid-1",
    }


def test_token_facts_omit_missing_values() -> None:
    facts = token_facts(Token("a", expires_in=1, expiration=NOW))

    assert set(facts) == {"access_token", "token_type", "expires_in", "expiration", "expires_at"}
