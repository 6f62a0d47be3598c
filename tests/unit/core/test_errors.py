# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of how errors are shown: as a single line for users and as a dictionary for playbooks."""

from __future__ import annotations

import ast
import pathlib
import re
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core import errors as _errors
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    Call,
    CallError,
    ErrorDetails,
    IBMCloudError,
    InputError,
    LookupFailed,
    MissingLibraryError,
    NetworkError,
    PartialFailure,
    RbacSyncError,
    ResponseError,
    failure_entry,
)

CALL = Call("list the clusters", "GET", "https://c.example:8443", "/global/v2", 2, 5, 1.26, "r-1")


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        pytest.param("https://a.example/x/y", "https://a.example", "/x/y", id="plain"),
        pytest.param("https://a.example:8443/x?token=secret", "https://a.example:8443", "/x", id="query-left-out"),
        pytest.param("https://u:secret@a.example/x#secret", "https://a.example", "/x", id="user-and-fragment-left-out"),
        pytest.param("https://u:p@ss@a.example", "https://a.example", "", id="at-sign-in-password"),
    ],
)
def test_a_call_shows_origin_and_path_only(url: str, origin: str, path: str) -> None:
    """The query, the fragment and the user information of a URL can contain secrets."""
    call = Call.at(url, step="do it")

    assert (call.origin, call.path, call.method) == (origin, path, "GET")


@pytest.mark.parametrize(
    ("reason", "hint", "line"),
    [
        pytest.param("It broke", "", "It broke", id="no-hint"),
        pytest.param("It broke", "Mend it.", "It broke. Mend it.", id="hint"),
        pytest.param("It broke.", "Mend it.", "It broke. Mend it.", id="one-full-stop"),
    ],
)
def test_the_message_is_the_reason_and_the_hint(reason: str, hint: str, line: str) -> None:
    assert str(IBMCloudError(reason, kind="input", hint=hint)) == line


@pytest.mark.parametrize("length", [599, 600, 601, 5000])
def test_a_message_is_at_most_600_characters_long(length: int) -> None:
    """Terminals and job pages show a message on a single line."""
    line = str(IBMCloudError("x " * (length // 2) + "x" * (length % 2), kind="server"))

    assert len(line) <= 600
    assert line.endswith("...") == (length > 600)


def test_a_shortened_message_ends_with_a_whole_word() -> None:
    """A word must not be cut, because the redactor would not recognize a part of a secret."""
    line = str(IBMCloudError("word " * 118 + "SECRETSECRETSECRET", kind="server"))

    assert line.endswith("word...")


@pytest.mark.parametrize(
    ("error_details", "status", "line"),
    [
        pytest.param(
            ErrorDetails("G0004", "No such cluster.", "t-1", "i-1", "Check it."),
            404,
            "list the clusters failed: GET https://c.example:8443/global/v2 -> HTTP 404 [G0004: No such cluster.] "
            "(attempt 2 of 5, 1.3 s; request-id r-1; transaction-id t-1; incident-id i-1). Check it.",
            id="everything",
        ),
        pytest.param(
            ErrorDetails(message="Sorry"),
            500,
            "list the clusters failed: GET https://c.example:8443/global/v2 -> HTTP 500 [Sorry] "
            "(attempt 2 of 5, 1.3 s; request-id r-1)",
            id="message-without-code",
        ),
        pytest.param(
            None,
            401,
            "list the clusters failed: GET https://c.example:8443/global/v2 -> HTTP 401 "
            "(attempt 2 of 5, 1.3 s; request-id r-1)",
            id="nothing-said",
        ),
    ],
)
def test_the_message_of_a_call_error_has_the_request_and_the_response(
    error_details: ErrorDetails | None, status: int, line: str
) -> None:
    error = APIError(CALL, f"HTTP {status}", kind="server", status=status, error_details=error_details)

    assert str(error) == line


def test_a_hint_of_the_caller_overrides_that_of_the_service() -> None:
    """Only the caller knows the purpose of the request."""
    error = CallError(CALL, "x", kind="tls", error_details=ErrorDetails(hint="theirs"), hint="ours")

    assert error.hint == "ours"


def test_the_error_dictionary_has_all_parts() -> None:
    """Playbooks use the keys of the dictionary in conditions."""
    error = APIError(
        CALL,
        "HTTP 404",
        kind="not_found",
        status=404,
        error_details=ErrorDetails("G0004", "gone", "t-1", "i-1", "Look."),
    )

    assert error.to_result() == {
        "kind": "not_found",
        "step": "list the clusters",
        "method": "GET",
        "host": "c.example:8443",
        "path": "/global/v2",
        "status": 404,
        "code": "G0004",
        "message": "gone",
        "request_id": "r-1",
        "transaction_id": "t-1",
        "incident_id": "i-1",
        "attempts": 2,
        "elapsed": 1.26,
        "hint": "Look.",
    }


def test_the_error_dictionary_omits_unknown_values() -> None:
    """Zero is a known value, so the dictionary includes values of zero."""
    error = NetworkError(Call("step", "GET", "https://a.example", ""), "refused", kind="connect")

    assert error.to_result() == {
        "kind": "connect",
        "step": "step",
        "method": "GET",
        "host": "a.example",
        "attempts": 1,
        "elapsed": 0.0,
    }


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        pytest.param(InputError("x"), "input", id="InputError"),
        pytest.param(MissingLibraryError("requests"), "missing_library", id="MissingLibraryError"),
        pytest.param(LookupFailed("x", kind="ambiguous"), "ambiguous", id="LookupFailed"),
        pytest.param(ResponseError.unusable(CALL, "no id"), "response_invalid", id="ResponseError"),
        pytest.param(RbacSyncError("x", kind="rbac_error"), "rbac_error", id="RbacSyncError"),
        pytest.param(
            PartialFailure([{"cluster": "a", "msg": "x", "error": {"kind": "auth"}}], total=2, result={}),
            "auth",
            id="FleetError",
        ),
    ],
)
def test_every_error_has_the_base_class_and_a_kind(error: IBMCloudError, kind: str) -> None:
    """The code that runs modules catches only the base class."""
    assert isinstance(error, IBMCloudError)
    assert error.to_result()["kind"] == kind


def test_the_message_about_a_missing_library_has_its_name_and_the_pip_command() -> None:
    assert "requests" in str(MissingLibraryError("requests"))
    assert "pip install requests" in str(MissingLibraryError("requests"))


def test_the_error_of_an_unusable_response_has_its_status() -> None:
    """The response is well-formed but lacks a required value."""
    error = ResponseError.unusable(CALL, "it has no id")

    assert "HTTP 200, but the response cannot be used: it has no id" in str(error)
    assert error.to_result()["status"] == 200


# Errors of several clusters


NOT_FOUND = APIError(CALL, "HTTP 404", kind="not_found", status=404, error_details=ErrorDetails("G0004"), hint="Look.")


def _failed(count: int) -> list[dict[str, t.Any]]:
    return [failure_entry(f"c{number}", InputError(f"x{number}", hint="h")) for number in range(count)]


def test_the_entry_of_a_failed_cluster_has_message_and_error() -> None:
    assert failure_entry("c1", NOT_FOUND) == {
        "cluster": "c1",
        "msg": str(NOT_FOUND),
        "error": NOT_FOUND.to_result(),
    }


def test_the_message_about_a_single_cluster_is_that_of_its_error() -> None:
    error = PartialFailure([failure_entry("c1", NOT_FOUND)], total=1, result={"clusters": []})

    assert str(error) == str(NOT_FOUND)
    assert error.to_result() == NOT_FOUND.to_result()
    assert (error.kind, error.partial()) == ("not_found", {"clusters": []})


def test_the_message_names_the_only_failed_cluster_of_several() -> None:
    """The result of the module contains the outcome for the other clusters."""
    error = PartialFailure([failure_entry("c1", NOT_FOUND)], total=2, result={"changed": True})

    assert str(error) == f"1 of 2 clusters failed: c1: {NOT_FOUND}"
    assert error.to_result() == {"kind": "not_found"}
    assert error.partial() == {"changed": True}


@pytest.mark.parametrize(("count", "named"), [(2, 2), (10, 10), (11, 10), (500, 10)])
def test_the_message_names_ten_failed_clusters_at_most(count: int, named: int) -> None:
    """The message also states how many other clusters failed."""
    error = str(PartialFailure(_failed(count), total=500, result={}))

    assert error.startswith(f"{count} of 500 clusters failed: c0: x0. h; c1: x1. h")
    assert len(re.findall(r"c\d+: ", error)) == named
    assert error.endswith(f"; and {count - named} more" if count > named else f"c{count - 1}: x{count - 1}. h")


def test_the_message_about_many_failed_clusters_is_at_most_600_characters_long() -> None:
    """The result contains the complete message for each failed cluster."""
    failures = [failure_entry(f"c{number}", InputError("x " * 100)) for number in range(20)]

    assert len(str(PartialFailure(failures, total=20, result={}))) <= 600


def test_all_kinds_are_documented() -> None:
    """Playbooks compare the kinds of errors, so the docstring of errors.py lists every kind."""
    text = re.search(r"``kind`` is one of: (.*?)\.\n", _errors.__doc__ or "", re.DOTALL)
    documented = set(re.split(r",\s+", text.group(1))) if text else set()

    used: set[str] = set()
    for file in pathlib.Path(_errors.__file__).parents[2].rglob("*.py"):
        used |= _kinds(ast.parse(file.read_text(encoding="utf-8")))

    assert used == documented


def _kinds(tree: ast.AST) -> set[str]:
    """Return the kinds that the code of a module uses.

    Kinds are values of the keyword ``kind``, first arguments of AttemptFailure(), and results of error_kind().
    """
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found |= {_text(word.value) for word in node.keywords if word.arg == "kind"}
            if isinstance(node.func, ast.Name) and node.func.id == "AttemptFailure" and node.args:
                found.add(_text(node.args[0]))
        if isinstance(node, ast.FunctionDef) and node.name == "error_kind":
            returned = [value for part in ast.walk(node) if isinstance(part, ast.Return) for value in _ends(part.value)]
            mapped = [value for part in ast.walk(node) if isinstance(part, ast.Dict) for value in part.values]
            found |= {_text(value) for value in returned + mapped}
    return found - {""}


def _ends(node: ast.expr | None) -> list[ast.expr]:
    if isinstance(node, ast.IfExp):
        return [*_ends(node.body), *_ends(node.orelse)]
    return [node] if node else []


def _text(node: t.Any) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
