# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of how responses are classified, and of the error details in responses."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import ErrorDetails, ResponseError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.ibm_error_codes import CODES
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.responses import (
    PORTAL_HINT,
    error_kind,
    parse_error_body,
    parse_response,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient

HTML = b"<!DOCTYPE html><html>Please log in. SECRET</html>"


@pytest.mark.parametrize(
    ("expect", "body", "document"),
    [
        pytest.param("object", b'{"a": 1}', {"a": 1}, id="object"),
        pytest.param("array", b"[1]", [1], id="array"),
        pytest.param("array", b"null", [], id="null-list"),
        pytest.param("nothing", b"", None, id="nothing-and-empty"),
        pytest.param("nothing", b"OK", None, id="nothing-and-text"),
        pytest.param("nothing", b'{"a": 1}', None, id="nothing-and-json"),
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202])
def test_expected_responses_are_accepted(status: int, expect: str, body: bytes, document: t.Any) -> None:
    """Every 2xx status is a success."""
    assert parse_response(status, {}, body, expect) == (document, None)


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", ""])
def test_json_is_accepted_with_any_content_type(content_type: str) -> None:
    """Proxies and older services send JSON with other content types."""
    assert parse_response(200, {"content-type": content_type}, b"{}", "object") == ({}, None)


@pytest.mark.parametrize(
    ("expect", "headers", "body", "reason", "final"),
    [
        pytest.param("object", {}, HTML, f"HTML page, {len(HTML)} bytes", True, id="page"),
        pytest.param("object", {}, b"  \n" + HTML, "HTML page", True, id="page-after-blanks"),
        pytest.param("object", {"content-type": "text/HTML; charset=utf-8"}, b"oops", "HTML page", True, id="labelled"),
        pytest.param(
            "nothing",
            {},
            HTML,
            f"HTML page, {len(HTML)} bytes, where no body was expected",
            True,
            id="page-where-nothing-was-expected",
        ),
        pytest.param("object", {}, b"", "an empty body", True, id="empty"),
        pytest.param("array", {}, b" \n", "an empty body", True, id="blank"),
        pytest.param("object", {}, b'{"a": ', "invalid JSON, 6 bytes", False, id="cut"),
        pytest.param("object", {}, b'{"a": NaN}', "out of range, 10 bytes", True, id="not-our-json"),
        pytest.param("object", {}, b'{"a": "\xff"}', "not UTF-8, 10 bytes", True, id="not-utf-8"),
        pytest.param("object", {}, b"null", "NoneType where object", True, id="null-for-object"),
        pytest.param("object", {}, b"[]", "list where object", True, id="list-for-object"),
        pytest.param("object", {}, b'"x"', "str where object", True, id="text-for-object"),
        pytest.param("object", {}, b"3", "int where object", True, id="number-for-object"),
        pytest.param("array", {}, b"{}", "dict where array", True, id="object-for-list"),
    ],
)
def test_invalid_responses_are_rejected(
    expect: str, headers: dict[str, str], body: bytes, reason: str, final: bool
) -> None:
    """The error does not quote the response. Only a truncated response is retried."""
    document, fault = parse_response(200, headers, body, expect)

    assert document is None
    assert fault is not None
    assert (fault.kind, fault.final, fault.status) == ("response_invalid", final, 200)
    assert reason in fault.reason
    assert "SECRET" not in fault.reason


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_a_permanent_error(status: int) -> None:
    """A retry would return the same redirect."""
    fault = parse_response(status, {"location": "https://elsewhere.example"}, b"", "object")[1]

    assert fault is not None
    assert (fault.kind, fault.final) == ("redirect", True)


@pytest.mark.parametrize("status", [302, 303])
@pytest.mark.parametrize("headers", [{"location": "https://a.example/#x=y"}, {}], ids=["with-location", "without"])
def test_an_expected_redirect_is_returned(status: int, headers: dict[str, str]) -> None:
    """The function does not verify the redirect's target, because the caller verifies the target."""
    assert parse_response(status, headers, HTML, "location") == (headers.get("location", ""), None)


@pytest.mark.parametrize("status", [200, 201, 204, 300, 301, 304, 307, 308])
def test_another_response_than_an_expected_redirect_is_an_error(status: int) -> None:
    """A login page does not contain a token. Following a redirect with status 307 would send the secret to another server."""
    fault = parse_response(status, {"location": "https://a.example/#x=y"}, HTML, "location")[1]

    assert fault is not None
    assert (fault.kind, fault.reason, fault.final) == ("response_invalid", "where a redirect was expected", True)


@pytest.mark.parametrize(("status", "kind"), [(400, "input"), (401, "auth"), (403, "permission"), (500, "server")])
def test_an_error_instead_of_an_expected_redirect_is_raised(status: int, kind: str) -> None:
    fault = parse_response(status, {}, b"", "location")[1]

    assert fault is not None
    assert fault.kind == kind


@pytest.mark.parametrize(
    ("status", "kind", "final"),
    [
        (400, "input", True),
        (401, "auth", True),
        (403, "permission", True),
        (404, "not_found", True),
        (405, "conflict", True),
        (407, "proxy", True),
        (408, "timeout", False),
        (409, "conflict", True),
        (412, "conflict", True),
        (418, "conflict", True),
        (422, "conflict", True),
        (429, "throttled", False),
        (451, "conflict", True),
        (500, "server", False),
        (501, "server", True),
        (502, "server", False),
        (503, "server", False),
        (504, "server", False),
        (505, "server", True),
        (520, "server", False),
        (599, "server", False),
    ],
)
def test_each_status_has_a_kind(status: int, kind: str, final: bool) -> None:
    fault = parse_response(status, {}, b"", "nothing")[1]

    assert fault is not None
    assert (fault.kind, fault.final, fault.status) == (kind, final, status)


@pytest.mark.parametrize(
    ("body", "final"),
    [
        pytest.param({"error": "temporarily_unavailable"}, False, id="temporarily_unavailable"),
        pytest.param({"error": "server_error"}, False, id="server_error"),
        pytest.param({"error": "internal_failure"}, False, id="internal_failure"),
        pytest.param({"error": "invalid_grant"}, True, id="invalid_grant"),
        pytest.param(["server_error"], True, id="list"),
    ],
)
def test_transient_oauth_errors_with_the_status_400_are_retried(body: t.Any, final: bool) -> None:
    """OAuth servers can use status 400 even for transient errors."""
    fault = parse_response(400, {}, json.dumps(body).encode(), "object")[1]

    assert fault is not None
    assert fault.final is final


@pytest.mark.parametrize(("status", "pause"), [(429, 7.0), (503, 7.0), (404, None)])
def test_retry_after_is_read_only_if_the_call_is_retried(status: int, pause: float | None) -> None:
    fault = parse_response(status, {"retry-after": "7"}, b"", "object")[1]

    assert fault is not None
    assert fault.retry_after == pause


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("BXNIM0415E", "auth"),
        ("BXNIM0407E", "auth"),
        ("BXNIM0602E", "auth"),
        ("BXNIM0137E", "auth"),
        ("BXNIM0141E", "auth"),
        ("BXNIM0106E", "input"),
        ("BXNIM0109E", "input"),
        ("G3917", "input"),
        ("", "input"),
    ],
)
def test_codes_of_iam_decide_about_the_status_400(code: str, kind: str) -> None:
    """IAM uses status 400 for nearly all errors, but only some of these errors concern the credentials."""
    assert error_kind(400, code) == kind
    assert error_kind(404, code) == "not_found"


IAM = {
    "context": {"clientIp": "192.0.2.10", "requestId": "c1"},
    "errorCode": "BXNIM0415E",
    "errorMessage": "Provided API key could not be found.",
}


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        pytest.param(
            400,
            {"Transaction-Id": "t-1"},
            IAM,
            ErrorDetails(
                "BXNIM0415E",
                "Provided API key could not be found.",
                "t-1",
                "",
                "Check ibmcloud_api_key (or IC_API_KEY): IBM Cloud does not recognize this API key.",
            ),
            id="IAM",
        ),
        pytest.param(
            400,
            {},
            {"errorCode": "BXNIM0109E", "errorMessage": "Property missing.", "errorDetails": "Property 'x'."},
            ErrorDetails(
                "BXNIM0109E",
                "Property missing. (Property 'x'.)",
                hint="The message names the parameter. Check the corresponding option.",
            ),
            id="IAM-with-details",
        ),
        pytest.param(
            400,
            {},
            {"errorCode": "E", "errorMessage": "Property 'x'.", "errorDetails": "Property 'x'."},
            ErrorDetails("E", "Property 'x'."),
            id="IAM-with-details-that-say-the-same",
        ),
        pytest.param(
            400,
            {},
            {"errorCode": "BXNIM0400E", "errorMessage": "More.", "requirements": {"error": "mfa", "code": "TOTP"}},
            ErrorDetails(
                "BXNIM0400E",
                "More. (TOTP)",
                hint="This login requires multi-factor authentication: use an API key instead.",
            ),
            id="IAM-wants-a-second-factor",
        ),
        pytest.param(
            404,
            {"X-Request-Id": "r-9"},
            {"incidentID": "i-1", "code": "G0004", "description": "Not found.", "type": "General", "recoveryCLI": "ls"},
            ErrorDetails(
                "G0004",
                "Not found. (recovery: ls)",
                "r-9",
                "i-1",
                "Check the cluster's name, the account and the resource group.",
            ),
            id="containers",
        ),
        pytest.param(
            401,
            {"X-Global-Transaction-ID": "g-1"},
            {"trace": "t-2", "errors": [{"code": "unauthorized", "message": "No."}], "status_code": 401},
            ErrorDetails(
                "unauthorized", "No.", "g-1", "", "Log in again. The token may be expired or belong to another account."
            ),
            id="platform",
        ),
        pytest.param(
            401,
            {},
            {"message": "Token expired", "code": 401, "global_transaction_id": "g-2"},
            ErrorDetails(
                "401",
                "Token expired",
                "g-2",
                "",
                "Log in again. The token may be expired or belong to another account.",
            ),
            id="accounts",
        ),
        pytest.param(
            403,
            {},
            {"kind": "Status", "reason": "Forbidden", "code": 403, "message": "User cannot list."},
            ErrorDetails(
                "403",
                "User cannot list.",
                hint="The identity lacks the access that this call requires. "
                "Check its IAM policies and network restrictions.",
            ),
            id="Kubernetes",
        ),
        pytest.param(
            400, {}, {"error": "invalid_grant", "error_description": "Bad."}, ErrorDetails("", "Bad."), id="OAuth"
        ),
        pytest.param(500, {}, b"", ErrorDetails(), id="empty"),
        pytest.param(500, {}, [], ErrorDetails(), id="list"),
        pytest.param(500, {}, {"errors": [7], "code": None, "message": 8}, ErrorDetails("", "8"), id="odd-types"),
        pytest.param(
            429,
            {},
            b"Passcode API is not intended to be used with high frequency\n",
            ErrorDetails(
                "",
                "Passcode API is not intended to be used with high frequency",
                hint="Too many requests came from this address. Run fewer tasks at the same time, or try again later.",
            ),
            id="plain-text",
        ),
        pytest.param(404, {}, HTML, ErrorDetails("", f"HTML page, {len(HTML)} bytes", hint=PORTAL_HINT), id="page"),
    ],
)
def test_error_details_of_services_are_read(
    status: int, headers: dict[str, str], body: t.Any, expected: ErrorDetails
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    assert parse_error_body(status, headers, content) == expected


def test_the_clients_address_is_never_copied() -> None:
    """The ``context`` field in IAM's errors contains the client's IP address."""
    assert "192.0.2.10" not in str(parse_error_body(400, {}, json.dumps(IAM).encode()))


LONG = ErrorDetails("X1", "word " * 400 + "end")
SHAPES: dict[str, tuple[t.Any, ErrorDetails]] = {
    "numeric code": ({"errorCode": 4711, "errorMessage": "No."}, ErrorDetails("4711", "No.")),
    "error object": ({"error": {"code": "X1", "message": "No."}}, ErrorDetails("X1", "No.")),
    "error object with numeric code": ({"error": {"code": 17, "description": "No."}}, ErrorDetails("17", "No.")),
    "errors object": ({"errors": {"code": "X1", "message": "No."}}, ErrorDetails("X1", "No.")),
    "errors text": ({"errors": "No."}, ErrorDetails("", "No.")),
    "errors texts": ({"errors": ["No.", "Never."]}, ErrorDetails("", "No.")),
    "error text": ({"error": "No."}, ErrorDetails("", "No.")),
    "list of objects": ([{"code": "X1", "message": "No."}], ErrorDetails("X1", "No.")),
    "list of texts": (["No."], ErrorDetails("", "No.")),
    "text": ("No.", ErrorDetails("", "No.")),
    "plain text": (b"No.\n", ErrorDetails("", "No.")),
    "incident inside": (
        {"error": {"code": "X1", "message": "No.", "incident_id": "i-1"}},
        ErrorDetails("X1", "No.", "", "i-1"),
    ),
    "recovery": (
        {"code": "X1", "description": "No.", "recoveryCLI": "ibmcloud ks cluster ls"},
        ErrorDetails("X1", "No. (recovery: ibmcloud ks cluster ls)"),
    ),
    "older code of an unknown key": (
        {"errorCode": "BX0415EWQA", "errorMessage": "No."},
        ErrorDetails("BX0415EWQA", "No.", hint=CODES["BX0415EWQA"].remedy),
    ),
    "invalid JSON": (b'{"refresh_token": "CANARY', ErrorDetails("", "a body that cannot be read, 25 bytes")),
    "form": (b"grant_type=x&refresh_token=CANARY", ErrorDetails("", "a body that cannot be read, 33 bytes")),
    "deep JSON": (b"[" * 900 + b"]" * 900, ErrorDetails("", "a body that cannot be read, 1800 bytes")),
    "nothing known": ({"refresh_token": "CANARY"}, ErrorDetails()),
    "codes and identifiers of another form": (
        {"code": "c " * 1000, "message": "m", "incidentID": "i" * 1000},
        ErrorDetails("", "m"),
    ),
    "a long message": ({"code": LONG.code, "message": LONG.message}, LONG),
}


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize(("body", "expected"), SHAPES.values(), ids=SHAPES)
def test_each_shape_of_an_error_is_read(status: int, body: t.Any, expected: ErrorDetails) -> None:
    """If the structure of a body is unknown, the error describes the body but does not quote it."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    assert parse_error_body(status, {}, content) == expected


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_unknown_code_gets_no_hint_of_its_status(status: int) -> None:
    """The hint for the status could contradict an error such as "multi-factor authentication is required"."""
    assert parse_error_body(status, {}, b'{"code": "X1", "message": "No."}').hint == ""
    assert parse_error_body(status, {}, b'{"code": %d, "message": "No."}' % status).hint != ""
    assert parse_error_body(429, {}, b'{"code": "X1", "message": "No."}').hint != ""


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        ({"errorCode": "BXNIM0415E", "errorMessage": "Unknown key."}, "BXNIM0415E", "Unknown key."),
        ({"incidentID": "i", "code": "G0004", "description": "Not found."}, "G0004", "Not found."),
        ({"errors": [{"code": "X1", "message": "No."}]}, "X1", "No."),
        ({"error": {"code": "X1", "message": "No."}}, "X1", "No."),
        ({"error": "invalid_grant", "error_description": "No."}, "", "No."),
    ],
)
@pytest.mark.parametrize("expect", ["object", "array"])
def test_an_error_with_the_status_200_is_raised(
    http: HttpClient, expect: str, document: t.Any, code: str, message: str
) -> None:
    with Loopback(answer(document)) as server, pytest.raises(ResponseError) as caught:
        http.send(Request("read", "GET", server.url, expect=expect))

    assert (caught.value.error_details.code, caught.value.error_details.message) == (code, message)
    assert "HTTP 200, an error in the body" in str(caught.value)
