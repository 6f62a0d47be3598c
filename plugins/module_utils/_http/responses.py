# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Classify responses. Read the code, message and identifiers from an error response, and find the remedy.

Each service has its own error format: IAM (``errorCode``, ``errorMessage``), the containers API (``code``, ``description``,
``incidentID``), the platform services (``errors[0]`` or ``message``), and Kubernetes (a ``Status`` object). The ``context`` field of
IAM's errors is not copied, because this field contains the client's address.
"""

from __future__ import annotations

import re
import typing as t

from .._core.errors import ErrorDetails
from .._core.redaction import mask_quoted
from .._core.strict_json import JSON, NotJSON, parse
from .ibm_error_codes import CODES
from .retry import RETRIED_STATUSES, AttemptFailure, retry_after_seconds

# The maximum length of a service's message before redaction, in characters
_LONGEST_QUOTE = 16 * 1024

STATUS_REMEDIES = {
    401: "Log in again. The token may be expired or belong to another account.",
    403: "The identity lacks the access that this call requires. Check its IAM policies and network restrictions.",
    404: "Check the name, the account and the endpoint.",
    429: "Too many requests came from this address. Run fewer tasks at the same time, or try again later.",
}
# The prefixes of the codes that IAM sends with status 400 for rejected credentials
_CREDENTIAL_CODES = ("BXNIM0137", "BXNIM0141", "BXNIM04", "BXNIM06", "BX0415EWQA")
PORTAL_HINT = "A proxy or portal may have responded. Check the endpoint and the proxy settings."
ERROR_BODY = "an error in the body"
# The headers that can contain a transaction ID. IBM's SDK cores read the first three headers.
_TRANSACTION_HEADERS = ("transaction-id", "x-global-transaction-id", "x-correlation-id", "x-request-id")
# OAuth errors with status 400 that are transient
_TEMPORARY = frozenset({"server_error", "temporarily_unavailable", "internal_failure"})
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,80}")
# Error codes that only repeat the status in words, such as the reasons in Kubernetes errors
_STATUS_WORDS = frozenset(
    ("unauthorized", "unauthenticated", "forbidden", "notfound", "not_found", "toomanyrequests", "too_many_requests")
)
# Matches the start of JSON or XML, or a complete URL-encoded form.
_STRUCTURED = re.compile(r"\s*(?:[{\[<]|[\w.-]+=[^\s&]*(?:&[\w.-]+=[^\s&]*)*\s*$)")
_INNER = ("error", "errors")


def parse_response(
    status: int, headers: t.Mapping[str, str], body: bytes, expect: str
) -> tuple[JSON, AttemptFailure | None]:
    """Return the document of a valid response, or the failure for any other response.

    ``headers`` must have lowercase names. ``expect`` is one of:

    * object: the document is a JSON object
    * array: the document is a JSON array. A null counts as an empty array, because services written in Go send null for an empty list
    * nothing: the document is None. An HTML page is a failure, because only a portal or proxy sends HTML
    * archive: the document is the body, decoded as Latin-1
    * location: the document is the target of a redirect
    * date: the document is the Date header of a response with any status
    """
    if expect == "date":
        return headers.get("date", ""), None
    if expect == "location" and status < 400:
        found = status in (302, 303)
        return headers.get("location", ""), None if found else _invalid("where a redirect was expected", status)
    if 300 <= status < 400:
        return None, AttemptFailure("redirect", "redirect", final=True, status=status)
    if not 200 <= status < 300:
        retried = status in RETRIED_STATUSES or (status == 400 and _temporary(body))
        pause = retry_after_seconds(headers.get("retry-after"), headers.get("date")) if retried else None
        return None, AttemptFailure(
            error_kind(status), f"HTTP {status}", final=not retried, status=status, retry_after=pause
        )
    # Some services label an empty body as HTML. If the body itself is HTML, a portal or proxy sent the response.
    if expect == "nothing" and not looks_like_html({}, body):
        return None, None
    wanted = {"archive": "an archive", "nothing": "no body"}.get(expect, "JSON")
    if looks_like_html(headers, body):
        return None, _invalid(f"HTML page, {len(body)} bytes, where {wanted} was expected", status)
    if not body.strip():
        return None, _invalid(f"an empty body where {wanted} was expected", status)
    return _read(status, body, expect)


def _read(status: int, body: bytes, expect: str) -> tuple[JSON, AttemptFailure | None]:
    if expect == "archive":
        return body.decode("latin-1"), None
    try:
        document = parse(body)
    except NotJSON as exc:
        # If the document may be truncated, the request is retried.
        return None, _invalid(f"{exc}, {len(body)} bytes", status, final=not exc.damaged)
    if expect == "array" and document is None:
        return [], None
    if isinstance(document, dict) and _is_error(document):
        return None, _invalid(ERROR_BODY, status)
    if isinstance(document, dict if expect == "object" else list):
        return document, None
    return None, _invalid(f"JSON {type(document).__name__} where {expect} was expected", status)


def _invalid(reason: str, status: int, *, final: bool = True) -> AttemptFailure:
    return AttemptFailure("response_invalid", reason, final=final, status=status)


def error_kind(status: int, code: str = "") -> str:
    """Return the error kind for an HTTP status and an error code. The code is necessary, because IAM sends most errors with status 400."""
    if status == 400 and code.startswith(_CREDENTIAL_CODES):
        return "auth"
    kinds = {
        101: "protocol",
        400: "input",
        401: "auth",
        403: "permission",
        404: "not_found",
        407: "proxy",
        408: "timeout",
        429: "throttled",
    }
    if status in kinds:
        return kinds[status]
    return "server" if status >= 500 else "conflict"


def parse_error_body(status: int, headers: t.Mapping[str, str], body: bytes) -> ErrorDetails:
    """Return the error fields of a response in any known format. Possible secrets are masked."""
    lowered = {name.lower(): value for name, value in headers.items()}
    transaction = next((lowered[name] for name in _TRANSACTION_HEADERS if lowered.get(name)), "")
    code, message, incident, hint = "", "", "", ""
    if looks_like_html(lowered, body):
        message, hint = f"HTML page, {len(body)} bytes", PORTAL_HINT
    elif body.strip():
        try:
            document = parse(body)
        except NotJSON:
            document = _plain_text(body)
        found = _from_document(document)
        code, message, incident = found.code, found.message, found.incident_id
        transaction = transaction or found.transaction_id
    return ErrorDetails(
        code=code if _CODE.fullmatch(code) else "",
        message=quoted(message),
        transaction_id=transaction if _IDENTIFIER.fullmatch(transaction) else "",
        incident_id=incident if _IDENTIFIER.fullmatch(incident) else "",
        hint=hint or _remedy(status, code),
    )


def _remedy(status: int, code: str) -> str:
    """If the code is known, return its remedy. Otherwise, return the remedy for the status.

    For an unknown code that is more specific than the status, return an empty string unless the status is 429.
    """
    if code in CODES:
        return CODES[code].remedy
    says_more = code and code != str(status) and code.lower() not in _STATUS_WORDS
    return "" if says_more and status != 429 else STATUS_REMEDIES.get(status, "")


def quoted(text: str) -> str:
    """Mask possible secrets in a text from a service, and shorten the text."""
    return mask_quoted(text[:_LONGEST_QUOTE].strip())


def _plain_text(body: bytes) -> str:
    """Return the text of a body that is not JSON. For a structured body, which may contain secrets, return only the length."""
    text = body[: _LONGEST_QUOTE * 4].decode("utf-8", "replace")
    return f"a body that cannot be read, {len(body)} bytes" if _STRUCTURED.match(text) else text


def _temporary(body: bytes) -> bool:
    """Return whether the body of a 400 response contains a transient OAuth error, such as ``temporarily_unavailable``."""
    try:
        document = parse(body)
    except NotJSON:
        return False
    return isinstance(document, dict) and _text(document.get("error")) in _TEMPORARY


def looks_like_html(headers: t.Mapping[str, str], body: bytes) -> bool:
    """Return whether the response is an HTML page."""
    return "html" in headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<"


def _is_error(document: dict[str, JSON]) -> bool:
    """Return whether the document of a 2xx response reports an error. Successful results, such as cluster records, do not contain error fields."""
    if any(_text(document.get(name)) for name in ("errorCode", "errorMessage", "incidentID")):
        return True
    if _text(document.get("error")):
        return bool(_text(document.get("error_description")))
    return any(isinstance(document.get(name), (dict, list)) and document.get(name) for name in _INNER)


def _from_document(document: JSON) -> ErrorDetails:
    """Return the error fields of a document. The fields can be in the document itself or in a nested error."""
    if isinstance(document, str):
        return ErrorDetails(message=document)
    if isinstance(document, list):
        return _from_document(document[0]) if document else ErrorDetails()
    if not isinstance(document, dict):
        return ErrorDetails()
    inner = next(
        (_from_document(value) for name in _INNER if isinstance(value := document.get(name), (dict, list))), None
    )
    inner = inner or ErrorDetails()
    code = _text(document.get("errorCode"), inner.code, document.get("code"), document.get("reason"))
    message = _text(
        document.get("errorMessage"),
        document.get("description"),
        inner.message,
        document.get("message"),
        document.get("error_description"),
        *(document.get(name) for name in _INNER),
    )
    for more in (_text(document.get("errorDetails")), _requirements(document.get("requirements"))):
        if more and more not in message:
            message = f"{message} ({more})"
    recovery = _text(document.get("recoveryCLI"))
    return ErrorDetails(
        code=code,
        message=f"{message} (recovery: {recovery})" if recovery else message,
        transaction_id=_text(document.get("global_transaction_id"), document.get("trace"), inner.transaction_id),
        incident_id=_text(*(document.get(name) for name in _INCIDENTS), inner.incident_id),
    )


_INCIDENTS = ("incidentID", "incidentId", "incident_id")


def _requirements(value: JSON) -> str:
    return _text(value.get("code"), value.get("error")) if isinstance(value, dict) else ""


def _text(*candidates: JSON) -> str:
    for value in candidates:
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""
