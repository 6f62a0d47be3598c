# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the client of a VPC instance's metadata service: requests, proxies and errors."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    InputError,
    NetworkError,
    ResponseError,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RetryPolicy
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Profile
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.vpc_metadata import VpcMetadata, check_no_proxy
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.iam_token import MODULE
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, FakeTime, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, respond, silence
from ansible_collections.ibmcloud.kubernetes.tests.unit.profiles import AUTOMATION, BY_CRN, BY_ID

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

    from simulator import Simulator

IDENTITY = jwt(jti="SECRET-IDENTITY", exp=NOW + 300)
TOKEN = jwt(iam_id=f"iam-{AUTOMATION}", account={"bss": "a" * 32}, iat=NOW, exp=NOW + 3600, jti="SECRET-TOKEN")
GOOD = {"access_token": TOKEN, "created_at": "2026-03-05T10:15:00Z", "expires_at": "2026-03-05T11:15:00Z"}


def reply(**last: t.Any) -> t.Callable[[Seen], bytes]:
    """Return a script that responds with an identity token, and then with an access token and these fields."""

    def answered(seen: Seen) -> bytes:
        return answer({"access_token": IDENTITY, "expires_in": 300} if seen.method == "PUT" else {**GOOD, **last})

    return answered


def metadata(http: HttpClient, url: str, learnt: list[str] | None = None) -> VpcMetadata:
    return VpcMetadata(http, url, register_secret=(learnt if learnt is not None else []).append, now=lambda: float(NOW))


@pytest.mark.parametrize(
    ("profile", "named"),
    [(Profile(), {}), (BY_ID, {"id": AUTOMATION}), (BY_CRN, {"crn": BY_CRN.crn})],
    ids=["default", "id", "crn"],
)
def test_requests_to_the_metadata_service_are_documented(
    http: HttpClient, profile: Profile, named: dict[str, str]
) -> None:
    """The requests match IBM's documentation. If a profile is given, ``trusted_profile`` in the second request is an object."""
    learnt: list[str] = []
    with Loopback(respond(reply(expires_in=3600))) as server:
        token = metadata(http, server.url, learnt).token(profile)

    first, second = server.seen
    assert [(seen.method, seen.target) for seen in server.seen] == [
        ("PUT", "/instance_identity/v1/token?version=2022-03-01"),
        ("POST", "/instance_identity/v1/iam_token?version=2022-03-01"),
    ]
    assert (first.headers["metadata-flavor"], json.loads(first.body)) == ("ibm", {"expires_in": 300})
    assert "authorization" not in first.headers
    assert second.headers["authorization"] == f"Bearer {IDENTITY}"
    assert json.loads(second.body) == ({"trusted_profile": named} if named else {})
    assert (token.access, token.expires_in, token.expiration) == (TOKEN, 3600, NOW + 3600)
    assert learnt == [IDENTITY, TOKEN]


@pytest.mark.parametrize(("status", "requests"), [(404, 3), (400, 1), (403, 1)])
def test_the_newer_version_is_used_if_the_older_one_is_missing(http: HttpClient, status: int, requests: int) -> None:
    """API version 2025-08-26 uses different paths. Only HTTP 404 means that the service does not support the older version."""

    def answered(seen: Seen) -> bytes:
        return reply(expires_in=3600)(seen) if seen.target.startswith("/identity/") else refusal("not_found", status)

    with Loopback(respond(answered)) as server:
        if status == 404:
            assert metadata(http, server.url).token(BY_ID).access == TOKEN
            assert [(seen.method, seen.target) for seen in server.seen] == [
                ("PUT", "/instance_identity/v1/token?version=2022-03-01"),
                ("PUT", "/identity/v1/token?version=2025-08-26"),
                ("POST", "/identity/v1/iam_tokens?version=2025-08-26"),
            ]
        else:
            with pytest.raises(APIError):
                metadata(http, server.url).token(BY_ID)
        assert len(server.seen) == requests


@pytest.mark.parametrize("lifetime", [None, "3600", True, 3600.5])
def test_the_lifetime_is_read_from_the_token_if_the_response_lacks_it(http: HttpClient, lifetime: t.Any) -> None:
    with Loopback(respond(reply(expires_in=lifetime))) as server:
        token = metadata(http, server.url).token(BY_ID)

    assert (token.expires_in, token.expiration) == (3600, NOW + 3600)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"access_token": None}, "its access_token is missing or malformed"),
        ({"access_token": ""}, "its access_token is missing or malformed"),
        ({"access_token": "SECRET two"}, "its access_token is missing or malformed"),
        ({"access_token": {"SECRET": 1}}, "its access_token is missing or malformed"),
        ({"access_token": "opaque"}, "it does not contain the token's lifetime"),
        ({"expires_in": 0}, "it does not contain the token's lifetime"),
        ({"expires_in": -5}, "it does not contain the token's lifetime"),
    ],
)
def test_an_invalid_response_is_an_error(http: HttpClient, fields: dict[str, t.Any], problem: str) -> None:
    """The message contains the step, but does not quote the response."""
    with Loopback(respond(reply(**fields))) as server, pytest.raises(ResponseError) as caught:
        metadata(http, server.url).token(BY_ID)

    assert str(caught.value).startswith("log in as the VPC instance failed: POST http://127.0.0.1:")
    assert problem in str(caught.value)
    assert "SECRET" not in str(caught.value)


def refusal(code: str, status: int) -> bytes:
    body = {"errors": [{"code": code, "message": f"no: {code}"}], "status_code": status, "trace": "t-1"}
    return answer(body, status=status)


@pytest.mark.parametrize(
    ("status", "code", "kind", "hint"),
    [
        (400, "profile_not_linked", "auth", "is linked to this virtual server instance"),
        (400, "missing_field", "auth", "is linked to this virtual server instance"),
        (401, "unauthenticated", "auth", "Log in again"),
    ],
)
def test_error_codes_have_hints(http: HttpClient, status: int, code: str, kind: str, hint: str) -> None:
    def answered(seen: Seen) -> bytes:
        return reply()(seen) if seen.method == "PUT" else refusal(code, status)

    with Loopback(respond(answered)) as server, pytest.raises(APIError) as caught:
        metadata(http, server.url).token(BY_ID)

    error = caught.value
    assert (error.status, error.kind, error.error_details.code, error.error_details.transaction_id) == (
        status,
        kind,
        code,
        "t-1",
    )
    assert hint in str(error)
    assert len(server.seen) == 2


@pytest.mark.parametrize(("status", "code"), [(403, "unauthorized"), (404, "not_found")])
def test_a_disabled_metadata_service_is_an_error(http: HttpClient, status: int, code: str) -> None:
    with Loopback(respond(lambda _seen: refusal(code, status))) as server, pytest.raises(APIError) as caught:
        metadata(http, server.url).token(BY_ID)

    assert str(caught.value).startswith("get the identity token of the instance failed: PUT http://127.0.0.1:")
    assert "with an enabled metadata service" in str(caught.value)


def test_a_redirect_is_not_followed(http: HttpClient) -> None:
    """In other clouds, a different service may respond at the address of the metadata service."""
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with Loopback(respond(lambda _seen: moved)) as server, pytest.raises(ResponseError, match="HTTP 302"):
        metadata(http, server.url).token(BY_ID)


def test_a_metadata_service_that_does_not_respond_is_an_error(fake_time: FakeTime) -> None:
    """A metadata service that is disabled for the instance does not respond."""
    http = HttpClient(timeout=0.2, policy=RetryPolicy(attempts=2), clock=fake_time.clock)
    with Loopback(silence) as server, pytest.raises(NetworkError) as caught:
        metadata(http, server.url).token(BY_ID)
    http.close()

    assert "get the identity token of the instance failed: " in str(caught.value)
    assert "vpc_instance works only on an IBM Cloud VPC virtual server instance" in str(caught.value)


def test_a_missing_metadata_service_is_reported_soon(fleet: Simulator) -> None:
    """For this service, the client makes fewer attempts and uses a shorter timeout."""
    defaults = {name: option["default"] for name, option in MODULE.argument_spec.items() if "default" in option}
    given = {**defaults, "vpc_instance": True, "metadata_endpoint": "http://127.0.0.1:1", "timeout": 30.0}
    for retries, attempts in ((4, 3), (0, 1)):
        more = {**given, "retries": retries}
        result, _secrets = execute(MODULE, more, environ=fleet.env, check_mode=False, warn=lambda _text: None)
        assert f"connection refused (attempt {attempts} of {attempts}" in result["msg"]
        assert "with an enabled metadata service" in result["msg"]
        assert (result["error"]["kind"], "\n" in result["msg"]) == ("connect", False)
    assert fleet.requests == []


# Proxies


@pytest.mark.parametrize(
    ("proxies", "stands_before"),
    [
        ({}, False),
        ({"HTTPS_PROXY": "http://proxy:3128"}, False),
        ({"HTTP_PROXY": "http://user:SECRET@proxy:3128"}, True),
        ({"http_proxy": "http://proxy:3128"}, True),
        ({"ALL_PROXY": "http://proxy:3128"}, True),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "example.com"}, True),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "169.254.169.254"}, False),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "a,169.254.0.0/16, b"}, False),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "10.0.0.0/8,nonsense/99"}, True),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, False),
    ],
)
def test_a_proxy_for_the_metadata_service_is_rejected(
    monkeypatch: pytest.MonkeyPatch, proxies: dict[str, str], stands_before: bool
) -> None:
    """A proxy could read the tokens, or could return the token of another machine."""
    for name, value in proxies.items():
        monkeypatch.setenv(name, value)

    if not stands_before:
        check_no_proxy("http://169.254.169.254")
        return
    with pytest.raises(InputError, match=r"Add 169\.254\.169\.254 to NO_PROXY") as caught:
        check_no_proxy("http://169.254.169.254")
    assert "SECRET" not in str(caught.value)


def test_a_proxy_is_detected_before_the_first_request(fleet: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client rejects a proxy only for the metadata service, not for other services."""
    defaults = {name: option["default"] for name, option in MODULE.argument_spec.items() if "default" in option}
    with Loopback(silence) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        given = {**defaults, "vpc_instance": True, "metadata_endpoint": "http://169.254.169.254"}
        result, _secrets = execute(MODULE, given, environ=fleet.env, check_mode=False, warn=lambda _text: None)
        assert "The metadata service 169.254.169.254 would be called through a proxy" in result["msg"]
        assert proxy.seen == []

    monkeypatch.delenv("HTTP_PROXY")
    given = {**defaults, "vpc_instance": True, "proxy": "http://127.0.0.1:1"}
    result, _secrets = execute(MODULE, given, environ=fleet.env, check_mode=False, warn=lambda _text: None)
    assert result["iam_id"] == f"iam-{AUTOMATION}"
