# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of progress messages: at most one message every five seconds, and only after a change."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.progress import Progress

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime


def _said(fake_time: FakeTime, states: t.Iterable[tuple[float, str]]) -> list[str]:
    """Report each state at its time (in seconds after the start), and return the messages."""
    lines: list[str] = []
    started = fake_time.seconds
    progress = Progress(lines.append, fake_time.clock)
    for seconds, state in states:
        fake_time.seconds = started + seconds
        progress.show(state)
    return lines


@pytest.mark.parametrize(
    ("states", "lines"),
    [
        pytest.param([(0.0, "a"), (4.9, "b")], [], id="over-within-seconds"),
        pytest.param([(5.0, "a")], ["a, 5 s"], id="after-five-seconds"),
        pytest.param([(5.0, "a"), (9.9, "b")], ["a, 5 s"], id="not-more-often"),
        pytest.param([(5.0, "a"), (9.9, "b"), (10.0, "b")], ["a, 5 s", "b, 10 s"], id="late-but-not-lost"),
        pytest.param([(5.0, "a"), (60.0, "a"), (600.0, "a")], ["a, 5 s"], id="no-news"),
        pytest.param([(5.0, "a"), (10.0, "b"), (15.0, "a")], ["a, 5 s", "b, 10 s", "a, 15 s"], id="as-before"),
        pytest.param([(125.4, "a")], ["a, 125 s"], id="whole-seconds"),
    ],
)
def test_messages_follow_changes(fake_time: FakeTime, states: list[tuple[float, str]], lines: list[str]) -> None:
    assert _said(fake_time, states) == lines


def test_there_is_at_most_one_message_in_five_seconds(fake_time: FakeTime) -> None:
    """Messages must be rare, because the job log contains every message."""
    lines = _said(fake_time, ((number / 10, f"{number}") for number in range(601)))

    times = [int(line.rpartition(", ")[2].removesuffix(" s")) for line in lines]
    assert times == list(range(5, 61, 5))
