# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The exceptions of this collection.

* IBMCloudError              base class with a reason, a kind and a hint; str() returns the message for users
  x InputError               an option is not valid, and no request was sent
  x MissingLibraryError      the ``requests`` library is not installed where the module runs
  x LookupFailed             an object was not found, is ambiguous or is not ready, or authentication failed
  x CallError                an HTTP call failed
    + NetworkError           no complete response was received: name resolution, connection, TLS, timeout, reset
    + ResponseError          the response does not match the documentation: not JSON, a missing field, a redirect
    + APIError               the service returned an error
  x RbacSyncError            the RBAC synchronization failed or did not finish in time
  x PartialFailure           one or more clusters failed
  x InternalError            a bug in this collection

``kind`` is one of: input, missing_library, ambiguous, not_found, not_ready, dns, connect, tls, proxy, timeout, reset,
protocol, deadline, redirect, untrusted_origin, response_invalid, auth, permission, conflict, throttled, server,
rbac_error, rbac_timeout, bug.
"""

from __future__ import annotations

import os
import traceback
import typing as t
import urllib.parse
from dataclasses import dataclass

from .redaction import shorten

# The maximum length of a message in characters. Terminals and AWX display a message of this length as one paragraph.
LONGEST_LINE = 600
# The maximum length of a service's message within an error message
_LONGEST_MESSAGE = 300
# The maximum number of clusters that are named in one message
_MOST_SHOWN = 10
# If at most this many characters are available for each cluster's message, only the cluster names are shown.
_LEAST_SHARE = 15
# The maximum number of frames in the trace of an internal error
_MOST_FRAMES = 8


@dataclass(frozen=True)
class Call:
    """The parts of an HTTP call that error messages may show. The query, headers, body and user information are excluded."""

    step: str
    method: str
    origin: str
    path: str
    attempts: int = 1
    allowed: int = 1
    elapsed: float = 0.0
    request_id: str = ""

    @classmethod
    def at(
        cls, url: str, *, step: str, method: str = "GET", attempts: int = 1, allowed: int = 1, request_id: str = ""
    ) -> Call:
        """Describe a call to ``url``, omitting the query and user information."""
        parts = urllib.parse.urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return cls(step, method, origin, parts.path, attempts, allowed, request_id=request_id)


@dataclass(frozen=True)
class ErrorDetails:
    """The details of an error response. Any field can be empty."""

    code: str = ""
    message: str = ""
    transaction_id: str = ""
    incident_id: str = ""
    hint: str = ""


class IBMCloudError(Exception):
    """Base class of all errors that are reported to users."""

    def __init__(self, reason: str, *, kind: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.hint = hint

    def details(self) -> dict[str, t.Any]:
        """Return the fields of the ``error`` dictionary other than ``kind`` and ``hint``."""
        return {}

    def partial(self) -> dict[str, t.Any]:
        """Return the result values that are valid despite the error, such as the results of other clusters."""
        return {}

    def to_result(self) -> dict[str, t.Any]:
        """Return the documented ``error`` dictionary without empty fields."""
        fields = {"kind": self.kind, **self.details(), "hint": self.hint}
        return {name: value for name, value in fields.items() if value not in ("", None)}

    def line(self, clean: t.Callable[[str], str] = str) -> str:
        """Return the one-line message for users. The message is redacted with ``clean`` and then shortened."""
        return shorten(self._abridged(clean), LONGEST_LINE)

    def text(self) -> str:
        """Return the complete message, neither redacted nor shortened."""
        return self.reason if not self.hint else f"{self.reason.rstrip('.')}. {self.hint}"

    def _abridged(self, clean: t.Callable[[str], str]) -> str:
        """Return the redacted message. Subclasses also shorten the longest parts to preserve the text after them."""
        return clean(self.text())

    def __str__(self) -> str:
        return self.line()


class InputError(IBMCloudError):
    """An option is not valid, and no request was sent."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason, kind="input", hint=hint)


class MissingLibraryError(IBMCloudError):
    """The Python library ``requests`` is not installed where the module runs."""

    def __init__(self, library: str) -> None:
        super().__init__(
            f"The Python library {library} is not installed for the Python that runs this task",
            kind="missing_library",
            hint=f"Install {library} for that Python (pip install {library}), or set ansible_python_interpreter to a Python that has it.",
        )


class LookupFailed(IBMCloudError):
    """An object was not found (not_found), is ambiguous (ambiguous) or is not ready (not_ready), or the login failed or has the wrong identity (auth)."""


class CallError(IBMCloudError):
    """An HTTP call failed."""

    def __init__(
        self,
        call: Call,
        outcome: str,
        *,
        kind: str,
        status: int | None = None,
        error_details: ErrorDetails | None = None,
        hint: str = "",
    ) -> None:
        self.call = call
        self.status = status
        self.error_details = error_details or ErrorDetails()
        super().__init__(self._compose(outcome), kind=kind, hint=hint or self.error_details.hint)

    def _compose(self, outcome: str) -> str:
        call, service = self.call, self.error_details
        message = ": ".join(part for part in (service.code, service.message) if part)
        facts = [f"attempt {call.attempts} of {call.allowed}, {call.elapsed:.1f} s"]
        for name, value in (
            ("request-id", call.request_id),
            ("transaction-id", service.transaction_id),
            ("incident-id", service.incident_id),
        ):
            if value:
                facts.append(f"{name} {value}")
        where = f"{call.method} {call.origin}{call.path}"
        return f"{call.step} failed: {where} -> {outcome}{f' [{message}]' if message else ''} ({'; '.join(facts)})"

    def _abridged(self, clean: t.Callable[[str], str]) -> str:
        return _abridge(clean(self.text()), clean(self.error_details.message))

    def details(self) -> dict[str, t.Any]:
        call, service = self.call, self.error_details
        return {
            "step": call.step,
            "method": call.method,
            "host": call.origin.split("://")[-1],
            "path": call.path,
            "status": self.status,
            "code": service.code,
            "message": service.message,
            "request_id": call.request_id,
            "transaction_id": service.transaction_id,
            "incident_id": service.incident_id,
            "attempts": call.attempts,
            "elapsed": round(call.elapsed, 3),
        }


class NetworkError(CallError):
    """No complete response was received."""


class ResponseError(CallError):
    """The response does not match the service's documentation."""

    @classmethod
    def unusable(cls, call: Call, problem: str) -> ResponseError:
        """Return the error for a well-formed response that cannot be used."""
        return cls(call, f"HTTP 200, but the response cannot be used: {problem}", kind="response_invalid", status=200)


class APIError(CallError):
    """The service returned an error."""


class RbacSyncError(IBMCloudError):
    """The RBAC synchronization of a cluster failed (rbac_error) or did not finish in time (rbac_timeout)."""


class InternalError(IBMCloudError):
    """A bug in this collection. The error contains the exception's type and location, but not the exception's message."""

    def __init__(self, exc: BaseException) -> None:
        frames = traceback.extract_tb(exc.__traceback__)[-_MOST_FRAMES:]
        self._trace = [f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        where = self._trace[-1] if self._trace else "?"
        super().__init__(
            f"A bug in this collection: {type(exc).__name__} at {where}",
            kind="bug",
            hint="Please report the bug with error.trace from the result. The trace contains only file names, line numbers and function names.",
        )

    def details(self) -> dict[str, t.Any]:
        return {"trace": self._trace}


def failure_entry(cluster: str, error: IBMCloudError, identifier: str = "") -> dict[str, t.Any]:
    """Return a cluster's entry for the documented ``failures`` list. The entry's strings are neither redacted nor shortened.

    ``identifier`` is the cluster's ID, or an empty string if the ID is unknown.
    """
    entry = {"cluster": cluster, "id": identifier, "msg": error.text(), "error": error.to_result()}
    return {name: value for name, value in entry.items() if value != ""}


def failure_line(entry: t.Mapping[str, t.Any], clean: t.Callable[[str], str]) -> str:
    """Return the ``msg`` of a ``failures`` entry, redacted with ``clean`` and then shortened."""
    text = _abridge(clean(str(entry["msg"])), clean(str(entry["error"].get("message", ""))))
    return shorten(text, LONGEST_LINE)


def _abridge(text: str, message: str) -> str:
    """Shorten ``message`` within ``text`` to preserve the text after the message."""
    return text.replace(message, shorten(message, _LONGEST_MESSAGE)) if message else text


class PartialFailure(IBMCloudError):
    """One or more clusters failed. ``failures`` contains the failed clusters' entries, and ``result`` contains the module's return values.

    If only one cluster was requested, the error's message is the message from that cluster's entry.
    """

    def __init__(self, failures: list[dict[str, t.Any]], *, total: int, result: dict[str, t.Any]) -> None:
        self._failures = failures
        self._alone = total == 1
        self._result = result
        reason = str(failures[0]["msg"]) if self._alone else f"{len(failures)} of {total} clusters failed"
        super().__init__(reason, kind=str(failures[0]["error"]["kind"]))

    def partial(self) -> dict[str, t.Any]:
        return self._result

    def to_result(self) -> dict[str, t.Any]:
        return dict(self._failures[0]["error"]) if self._alone else super().to_result()

    def _abridged(self, clean: t.Callable[[str], str]) -> str:
        if self._alone:
            return failure_line(self._failures[0], clean)
        shown = self._failures[:_MOST_SHOWN]
        names = [clean(str(failure["cluster"])) for failure in shown]
        messages = [failure_line(failure, clean) for failure in shown]
        head = f"{self.reason}: "
        rest = len(self._failures) - len(shown)
        tail = f"; and {rest} more" if rest else ""
        line = head + _listed(names, messages) + tail
        if len(line) <= LONGEST_LINE:
            return line
        # Each message gets an equal share of the line, so that a long message does not displace the other clusters' names.
        share = (LONGEST_LINE - len(head + tail + "; ".join(names))) // len(names) - len(": ")
        if share <= _LEAST_SHARE:
            return head + "; ".join(names) + tail
        return head + _listed(names, [shorten(message, share) for message in messages]) + tail


def _listed(names: list[str], messages: list[str]) -> str:
    return "; ".join(f"{name}: {message}" for name, message in zip(names, messages))
