# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""How fast requests may leave this machine for one service, shared by all threads and processes of a user.

IBM refuses more than 200 requests in 10 seconds from one address (ibm-cloud-docs/openshift, limitations.md). A playbook
is many processes: each task is one, and with forks each host has its own. That is why the times of the last requests
are kept in a small file instead of in memory.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import stat
import tempfile
import threading
import typing as t
from dataclasses import dataclass, field

from .._core.clock import Clock

# The length of the service's window, in seconds.
_WINDOW = 10.0
# Beyond the burst, so much more than it fits into one window: 187 requests at the pace of 15.
_HEADROOM = 1.25
# After a refusal the full pace is back within this many seconds.
_RECOVERY = 60.0
_SLOWEST = 1.0
# No pause that is waited for is longer, in seconds (LONGEST_RETRY_AFTER): a record that says so is damaged.
_LONGEST_PAUSE = 60.0
# Whoever waits looks again at least so often, because a refusal may have changed the pace.
_MAX_SLEEP = 1.0
_LOCK_TIMEOUT = 10.0
_LOCK_POLL = 0.002


@dataclass
class RateState:
    """What is remembered of one service. Times are of the machine's monotonic clock, in seconds."""

    sent: list[float] = field(default_factory=list)
    reduced: float = 0.0  # the pace that a refusal left, in requests per second
    refused: float = 0.0  # when that was; 0 for never
    closed_until: float = 0.0

    def forget(self, now: float) -> None:
        """Drop what is out of the window, and everything when the clock has begun anew (a restart of the machine)."""
        if any(at > now for at in (*self.sent, self.refused)) or self.closed_until > now + _LONGEST_PAUSE:
            self.sent, self.refused, self.closed_until = [], 0.0, 0.0
        self.sent = [at for at in self.sent if now - at < _WINDOW]

    def pace(self, full: float, now: float) -> float:
        """Return the pace that holds now: halved by a refusal, then slowly on its way back."""
        if not self.refused:
            return full
        return min(full, self.reduced + full * (now - self.refused) / _RECOVERY)

    def delay(self, full: float, now: float) -> float:
        """Return how long a request must wait, in seconds; 0 when it may go.

        A burst of a window's worth goes at once. After it one request goes for each ``1 / pace`` seconds, and never
        more than the service takes in any window.
        """
        if now < self.closed_until:
            return self.closed_until - now
        pace = self.pace(full, now)
        burst = max(1, int(pace * _WINDOW))
        count = len(self.sent)
        if count < burst:
            return 0.0
        most = max(burst, int(burst * _HEADROOM))
        if count < most:
            return max(0.0, self.sent[-1] + 1.0 / pace - now)
        return self.sent[count - most] + _WINDOW - now

    def slow_down(self, full: float, sent: float, now: float, pause: float) -> None:
        """Note a refusal of a request that was ``sent`` then: half the pace, and a pause for all.

        Refusals of requests that were under way together count once.
        """
        if not self.refused or sent > self.refused:
            self.reduced = max(_SLOWEST, self.pace(full, now) / 2)
            self.refused = now
        self.closed_until = max(self.closed_until, now + pause)


class RateLimiter:
    """Lets requests through at ``full`` requests per second. ``name`` is the service, such as its address."""

    def __init__(self, name: str, full: float, clock: Clock = Clock(), *, folder: str | None = None) -> None:
        self._full = full
        self._clock = clock
        self._line = threading.Lock()
        file = hashlib.sha256(name.encode()).hexdigest()[:32] + ".json"
        self._path = os.path.join(folder or _folder(), file)

    def wait(self) -> float:
        """Return when the request may go, having waited for that; the time is what ``refused`` wants to hear."""
        # The others of this process stand in line: one of them looking at the file is enough.
        with self._line:
            while True:
                delay = self._changed(self._take)
                if delay <= 0:
                    return self._clock.now()
                self._clock.sleep(min(delay, _MAX_SLEEP))

    def refused(self, sent: float, pause: float) -> None:
        """Take note of an answer 429 to a request that was sent then. ``pause`` is what the service asks for, in seconds."""

        def note(record: RateState, now: float) -> float:
            record.slow_down(self._full, sent, now, pause)
            return 0.0

        self._changed(note)

    def _take(self, record: RateState, now: float) -> float:
        delay = record.delay(self._full, now)
        if delay <= 0:
            record.sent.append(now)
        return delay

    def _changed(self, change: t.Callable[[RateState, float], float]) -> float:
        """Change the record under its lock, and return what the change returns.

        Without a file that can be written and locked the request is not held back: the service's own limit remains.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            return 0.0
        # Also what is no file, or a disk that is full, holds nothing back.
        with contextlib.suppress(OSError), open(descriptor, "r+", encoding="ascii") as file:
            if not self._locked(file):
                return 0.0
            record = _read(file)
            now = self._clock.now()
            record.forget(now)
            result = change(record, now)
            file.seek(0)
            file.truncate()
            json.dump(vars(record), file)
            # The lock ends with the file, after its content has left the buffer.
            return result
        return 0.0

    def _locked(self, file: t.TextIO) -> bool:
        """Lock the file, unless somebody who was stopped holds on to it."""
        started = self._clock.now()
        while self._clock.now() - started < _LOCK_TIMEOUT:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            self._clock.sleep(_LOCK_POLL)
        return False


def _folder() -> str:
    """Return a folder of the user's own on this machine, as short-lived as the machine's temporary files."""
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()):
        folder = os.path.join(parent or os.devnull, f"ibmcloud.kubernetes-{os.getuid()}")
        with contextlib.suppress(OSError):  # it is there, or cannot be
            os.mkdir(folder, 0o700)
        with contextlib.suppress(OSError):
            status = os.lstat(folder)
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022:
                return folder
    return os.devnull


def _read(file: t.TextIO) -> RateState:
    """Return what the file says; what cannot be read counts as nothing."""
    try:
        document = json.load(file)
        return RateState(
            sent=sorted(float(at) for at in document["sent"]),
            reduced=float(document["reduced"]),
            refused=float(document["refused"]),
            closed_until=float(document["closed_until"]),
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return RateState()
