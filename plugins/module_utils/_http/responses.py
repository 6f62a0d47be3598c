# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Judge an answer, and read what a service says when it says no: codes, messages, identifiers, remedies. Pure.

Three body shapes are in use: IAM (``errorCode``, ``errorMessage``), the containers API (``code``, ``description``,
``incidentID``) and the platform services (``errors[0]`` or ``message``). Kubernetes answers with a ``Status`` object.
IAM's ``context`` holds the client's address and is never copied.
"""

from __future__ import annotations

import typing as t

from .._core.errors import ErrorDetails
from .._core.strict_json import JSON, NotJSON, parse
from .error_codes import CODES
from .retry import RETRIED_STATUSES, AttemptFailure, retry_after_seconds

_LONGEST_MESSAGE = 300

_STATUS_REMEDIES = {
    401: "Log in again; the token may be expired or belong to another account.",
    403: "The identity lacks the access that this call needs; check its IAM policies and network restrictions.",
    404: "Check the name, the account and the endpoint.",
    429: "Too many requests from this address; run fewer at once or try again later.",
}
# IAM's codes for credentials that it does not accept, among its other reasons for a 400.
_CREDENTIAL_CODES = ("BXNIM0137", "BXNIM0141", "BXNIM04", "BXNIM06")
PORTAL_HINT = "A proxy or portal may have answered; check the endpoint and the proxy settings."
# Besides the header names that IBM's SDK cores read.
_TRANSACTION_HEADERS = ("transaction-id", "x-global-transaction-id", "x-correlation-id", "x-request-id")
# OAuth words inside a 4xx that mean "not now" rather than "no".
_TEMPORARY = frozenset({"server_error", "temporarily_unavailable", "internal_failure"})


def parse_response(
    status: int, headers: t.Mapping[str, str], body: bytes, expect: str
) -> tuple[JSON, AttemptFailure | None]:
    """Return the document of a good answer, or the fault in a bad one.

    ``headers`` have lower-case names. ``expect`` is object, array (null counts as an empty one: Go services send it for
    "none"), nothing (any body is ignored), archive (its bytes as a latin-1 text) or location (the document is the target of a
    redirect).
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
    # An empty body may be labelled as a page by habit; a page in it is one that a portal or proxy has sent.
    if expect == "nothing" and not looks_like_html({}, body):
        return None, None
    wanted = "an archive" if expect == "archive" else "JSON"
    if looks_like_html(headers, body):
        return None, _invalid(f"HTML page, {len(body)} bytes, where {wanted} was expected", status)
    if not body.strip():
        return None, _invalid(f"an empty body where {wanted} was expected", status)
    return _read(status, body, expect)


def _read(status: int, body: bytes, expect: str) -> tuple[JSON, AttemptFailure | None]:
    """Return the document in the body of a good answer, or the fault in it."""
    if expect == "archive":
        # Bytes as a text of the same length, since all answers are JSON otherwise.
        return body.decode("latin-1"), None
    try:
        document = parse(body)
    except NotJSON as exc:
        # Cut JSON may be whole the next time; JSON that breaks our rules will break them again.
        return None, _invalid(f"{exc}, {len(body)} bytes", status, final=not exc.damaged)
    if expect == "array" and document is None:
        return [], None
    if isinstance(document, dict if expect == "object" else list):
        return document, None
    return None, _invalid(f"JSON {type(document).__name__} where {expect} was expected", status)


def _invalid(reason: str, status: int, *, final: bool = True) -> AttemptFailure:
    return AttemptFailure("response_invalid", reason, final=final, status=status)


def error_kind(status: int, code: str = "") -> str:
    """Return the error kind for an HTTP status and, where IAM answers every refusal with 400, for its code."""
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
    """Return what the service said, from an error answer of any of the known shapes."""
    lowered = {name.lower(): value for name, value in headers.items()}
    transaction = next((lowered[name] for name in _TRANSACTION_HEADERS if lowered.get(name)), "")
    code, message, incident, remedy = "", "", "", ""
    if looks_like_html(lowered, body):
        message = f"HTML page, {len(body)} bytes"
        remedy = PORTAL_HINT
    else:
        try:
            document = parse(body) if body.strip() else None
        except NotJSON:
            document = None
            message = body[: _LONGEST_MESSAGE * 4].decode("utf-8", "replace").strip()
        if isinstance(document, dict):
            code, message, incident, remedy = _from_document(document)
            transaction = transaction or _text(document.get("global_transaction_id"), document.get("trace"))
    return ErrorDetails(
        code=shorten(code, 40),
        message=shorten(message),
        transaction_id=shorten(transaction, 80),
        incident_id=shorten(incident, 80),
        hint=(CODES[code].remedy if code in CODES else "") or remedy or _STATUS_REMEDIES.get(status, ""),
    )


def shorten(message: str, longest: int = _LONGEST_MESSAGE) -> str:
    """Return the message, cut where it is longer than a line can hold."""
    # Cut between words: the redactor that comes later does not know half a secret.
    return message if len(message) <= longest else message[: longest - 3].rpartition(" ")[0] + "..."


def _temporary(body: bytes) -> bool:
    """Say whether a 400 is an OAuth "not now" (``temporarily_unavailable`` and the like)."""
    try:
        document = parse(body)
    except NotJSON:
        return False
    return isinstance(document, dict) and document.get("error") in _TEMPORARY


def looks_like_html(headers: t.Mapping[str, str], body: bytes) -> bool:
    """Say whether a page came where data was expected."""
    return "html" in headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<"


def _from_document(document: dict[str, JSON]) -> tuple[str, str, str, str]:
    errors = document.get("errors")
    inner = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = _text(document.get("errorCode"), inner.get("code"), document.get("code"), document.get("reason"))
    message = _text(
        document.get("errorMessage"),
        document.get("description"),
        inner.get("message"),
        document.get("message"),
        document.get("error_description"),
        document.get("error"),
    )
    more = _text(document.get("errorDetails"))
    if more and more not in message:
        message = f"{message} ({more})"
    needs = document.get("requirements")
    if isinstance(needs, dict):
        message = f"{message} ({_text(needs.get('code'), needs.get('error'))})"
    return code, message, _text(document.get("incidentID")), ""


def _text(*candidates: JSON) -> str:
    for value in candidates:
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""
