# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the rows of the fault and input tables that each test covers, and summarize the results."""

from __future__ import annotations

import collections
import typing as t

import pytest

# Rows that the collected tests cover
TRIED = pytest.StashKey[set[str]]()
_WORDS = {"F": "faults", "I": "inputs"}


def case(*ids: str) -> pytest.MarkDecorator:
    """Mark a test with the IDs of the rows that the test covers."""
    return pytest.mark.case(*ids)


def row(identifier: str, *values: t.Any, name: str = "") -> t.Any:
    """Return a set of test parameters for this row. The ID of the set starts with the ID of the row."""
    return pytest.param(*values, id="-".join(filter(None, (identifier, name))), marks=pytest.mark.case(identifier))


def ids_of(item: pytest.Item) -> list[str]:
    """Return the IDs of the rows that a test covers."""
    return sorted({identifier for mark in item.iter_markers("case") for identifier in mark.args})


def summary(reports: t.Iterable[tuple[t.Sequence[str], str, str]]) -> list[str]:
    """Return a summary line for each table. A row passes unless one of its tests failed or all of its tests were skipped.

    Each entry in ``reports`` contains the row IDs of a test, the outcome, and the reason for skipping the test.
    """
    outcomes: dict[str, set[str]] = collections.defaultdict(set)
    reasons: dict[str, str] = {}
    for ids, outcome, reason in reports:
        for identifier in ids:
            outcomes[identifier].add(outcome)
            if outcome == "skipped":
                reasons[identifier] = reason
    lines = []
    for letter, word in _WORDS.items():
        found = {identifier: seen for identifier, seen in outcomes.items() if identifier.startswith(letter)}
        if not found:
            continue
        failed = sorted(identifier for identifier, seen in found.items() if "failed" in seen)
        skipped = sorted(identifier for identifier, seen in found.items() if seen == {"skipped"})
        # Some, but not all, tests of these rows were skipped.
        in_part = sorted(identifier for identifier in found if identifier in reasons and identifier not in skipped)
        passed = len(found) - len(failed) - len(skipped)
        which = f" ({', '.join(failed)})" if failed else ""
        line = f"{word}: {len(found)} cases run, {passed} passed, {len(failed)} failed{which}, {len(skipped)} skipped"
        if in_part:
            line += f", {len(in_part)} in part"
        why = "; ".join(f"{identifier}: {reasons[identifier]}" for identifier in (*skipped, *in_part))
        lines.append(f"{line} ({why})" if why else line)
    return lines
