# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast requests may leave: never more than the service takes, and slower once it has refused one."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.rate_limiter import RateLimiter, RateState

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

# What the service takes within ten seconds (IBM's own number), and what it gets.
LIMIT, MOST = 200, 187
FULL = 15.0


@pytest.fixture
def pace(fake_time: FakeTime, tmp_path: pathlib.Path) -> RateLimiter:
    return RateLimiter("https://c.example", FULL, fake_time.clock, folder=str(tmp_path))


def _greedy(record: RateState, start: float, end: float, full: float = FULL) -> list[float]:
    """Send as fast as the record allows, without files and their cost; return when each request went."""
    sent, now = [], start
    while now < end:
        record.forget(now)
        delay = record.delay(full, now)
        if delay > 0:
            now += min(delay, 1.0)
        else:
            record.sent.append(now)
            sent.append(now)
    return sent


def _most_within(sent: list[float], seconds: float) -> int:
    """The largest number of requests in any window of that length, its end not included."""
    return max(sum(1 for at in sent[first:] if at - start < seconds) for first, start in enumerate(sent))


def _rate(sent: list[float], start: float, end: float) -> float:
    return sum(1 for at in sent if start <= at < end) / (end - start)


def test_a_burst_goes_at_once(pace: RateLimiter, fake_time: FakeTime) -> None:
    """Ten seconds' worth: a playbook for a few clusters waits for nothing."""
    assert [pace.wait() for _number in range(150)] == [1000.0] * 150
    assert fake_time.sleeps == []


def test_after_the_burst_requests_are_spaced(pace: RateLimiter) -> None:
    """One for each fifteenth of a second."""
    sent = [pace.wait() for _number in range(MOST)]

    gaps = [after - before for before, after in itertools.pairwise(sent[149:])]
    assert gaps == [pytest.approx(1 / FULL)] * 37


def test_no_window_holds_more_than_the_service_takes() -> None:
    """Whoever sends as fast as he is let for a minute is never refused, wherever the service's window begins."""
    sent = _greedy(RateState(), 1000.0, 1060.0)

    assert _most_within(sent, 10.0) <= MOST < LIMIT


def test_a_window_holds_no_more_than_that_with_files(pace: RateLimiter, fake_time: FakeTime) -> None:
    """The record is what decides, also when it comes out of a file each time."""
    sent = [pace.wait() for _number in range(400)]

    assert sent == _greedy(RateState(), 1000.0, sent[-1] + 0.001)[:400]


def test_the_pace_is_kept_up() -> None:
    """Being careful does not cost what the service would give: what leaves in a minute is the pace, and the burst."""
    sent = _greedy(RateState(), 1000.0, 1060.0)

    assert 60 * FULL <= len(sent) <= 60 * FULL + MOST


def test_whoever_sends_slowly_never_waits(pace: RateLimiter, fake_time: FakeTime) -> None:
    """Below the pace there is nothing to hold back."""
    for _request in range(200):
        pace.wait()
        fake_time.seconds += 1 / FULL

    assert fake_time.sleeps == []


@pytest.mark.parametrize("full", [0.05, 0.5, 1.0, 1.5, 25.0])
def test_any_pace_lets_requests_through(full: float) -> None:
    """Slow ones too; a window never holds more than a quarter above the pace."""
    sent = _greedy(RateState(), 1000.0, 1060.0, full)

    assert len(sent) >= 60 * full
    assert _most_within(sent, 10.0) <= max(1, full * 12.5)


# Refusals


def _refusals(pace: RateLimiter, at: t.Iterable[float], pause: float = 0.0) -> None:
    for sent in at:
        pace.refused(sent, pause)


def test_refusals_of_requests_that_were_under_way_together_count_once() -> None:
    """Sixteen threads hear it at once: that is one message, not sixteen."""
    record = RateState()
    for number in range(16):
        record.slow_down(FULL, 100.0 + number / 100, 101.0 + number / 100, 0.0)

    assert (record.reduced, record.refused) == (7.5, 101.0)


def test_a_refusal_of_a_later_request_counts_again() -> None:
    """Half the pace was still too fast; but some requests always go."""
    record = RateState()
    paces = []
    for number in range(6):
        record.slow_down(FULL, number + 1.5, number + 2.0, 0.0)
        paces.append(record.pace(FULL, number + 2.0))

    assert paces[:2] == [7.5, pytest.approx((7.5 + 0.25) / 2)]
    assert paces == sorted(paces, reverse=True)
    assert 1.0 <= paces[-1] < 1.5


@pytest.mark.parametrize("refusals", [1, 2, 20])
def test_the_full_pace_is_back_within_a_minute(refusals: int) -> None:
    """However far it was reduced; on the way it only grows."""
    record = RateState()
    for number in range(refusals):
        record.slow_down(FULL, number + 1.5, number + 2.0, 0.0)
    ends = refusals + 1.0

    paces = [record.pace(FULL, ends + second) for second in range(61)]

    assert paces == sorted(paces)
    assert paces[0] < FULL
    assert paces[60] == FULL


@pytest.mark.parametrize("busy", [0.0, 5.0, 20.0, 27.0])
def test_after_a_refusal_less_is_sent_and_after_a_minute_as_much_as_before(busy: float) -> None:
    """Halving and recovery are seen in what leaves, however long it has been busy before."""
    record = RateState()
    refused = 1000.0 + busy
    before = _greedy(record, 1000.0, refused)
    record.slow_down(FULL, refused, refused, 0.0)

    after = _greedy(record, refused, refused + 80)

    assert max(before[-1:], default=0.0) <= refused
    assert _rate(after, refused, refused + 10) <= 10 * 1.25
    assert _rate(after, refused + 60, refused + 80) == pytest.approx(FULL, rel=0.05)


def test_a_pause_that_the_service_asks_for_is_one_for_all(fake_time: FakeTime, tmp_path: pathlib.Path) -> None:
    """Also for those who have not been refused."""
    first, second = (RateLimiter("x", FULL, fake_time.clock, folder=str(tmp_path)) for _number in range(2))
    _refusals(first, [first.wait()], pause=7.0)

    assert second.wait() == pytest.approx(1007.0)
    assert first.wait() == pytest.approx(1007.0)


def test_a_shorter_pause_does_not_end_a_longer_one(pace: RateLimiter) -> None:
    """The services' words may arrive in any order."""
    sent = pace.wait()
    for pause in (2.0, 7.0, 0.0, 1.0):
        _refusals(pace, [sent], pause)

    assert pace.wait() == pytest.approx(1007.0)


def test_whoever_waits_hears_of_a_refusal(fake_time: FakeTime, tmp_path: pathlib.Path) -> None:
    """A wait looks at the record again and again: the pause of another one reaches it in the middle."""
    waiting, other = (RateLimiter("x", 0.1, fake_time.clock, folder=str(tmp_path)) for _number in range(2))
    sent = waiting.wait()
    started = fake_time.seconds
    fake_time.on_sleep = lambda _seconds: other.refused(sent, 30.0) if fake_time.seconds < started + 2 else None

    assert waiting.wait() >= started + 30.0
    assert max(fake_time.sleeps) <= 1.0


# The clock


@pytest.mark.parametrize("pause", [0.0, 60.0])
@pytest.mark.parametrize("refused", [False, True])
def test_a_machine_that_was_started_again(
    fake_time: FakeTime, tmp_path: pathlib.Path, refused: bool, pause: float
) -> None:
    """Its clock begins anew; times of before say nothing, and nobody waits for them to come."""
    fake_time.seconds = 1_000_000.0
    before = RateLimiter("x", FULL, fake_time.clock, folder=str(tmp_path))
    for _request in range(0 if refused else 150):
        before.wait()
    _refusals(before, [fake_time.seconds] if refused else [], pause=pause)

    fake_time.seconds = 5.0
    after = RateLimiter("x", FULL, fake_time.clock, folder=str(tmp_path))

    assert [after.wait() for _number in range(150)] == [5.0] * 150


def test_what_left_the_window_is_forgotten() -> None:
    """The file does not grow."""
    record = RateState(sent=[1.0, 2.0, 11.5, 12.0])
    record.forget(12.0)

    assert record.sent == [11.5, 12.0]
