# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the guide on errors lists exactly the error codes and kinds that the code defines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core import errors as _errors
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.ibm_error_codes import CODES
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.responses import error_kind, parse_error_body
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RETRIED_STATUSES

PAGE = Path(__file__).absolute().parents[3] / "docs" / "errors.md"


def catalogue() -> list[str]:
    """Return the rows that the table of error codes in the guide must contain."""
    lines = ["| Code | Status | Kind | Meaning | Retried | What to do |", "|---|---|---|---|---|---|"]
    for name, code in CODES.items():
        seen = f"{code.status}{' (inferred)' if code.inferred else ''}"
        repeated = "yes" if code.status in RETRIED_STATUSES else "no"
        lines += [
            f"| `{name}` | {seen} | `{error_kind(code.status, name)}` | {code.meaning} | {repeated} | {code.remedy} |"
        ]
    return lines


def test_the_guide_lists_every_code() -> None:
    """To update the guide, insert the output of catalogue()."""
    shown = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| (Code|`[A-Z]+\d)", line)]

    assert shown == [catalogue()[0], *catalogue()[2:]]


def test_the_guide_lists_every_kind() -> None:
    """The test reads the kinds from the docstring of errors.py."""
    listed = (_errors.__doc__ or "").partition("is one of:")[2]
    kinds = set(re.findall(r"[a-z_]+", listed))
    rows = [line.split("|")[1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    shown = {kind for row in rows for kind in re.findall(r"`([a-z_]+)`", row)}

    assert kinds
    assert kinds <= shown


@pytest.mark.parametrize("name", CODES)
def test_the_hint_of_each_code_is_in_the_error(name: str) -> None:
    body = f'{{"errorCode": "{name}", "errorMessage": "no"}}' if name.startswith("BXN") else f'{{"code": "{name}"}}'

    assert parse_error_body(400, {}, body.encode()).hint == CODES[name].remedy
