# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Limit the rate of requests to a service across all threads and processes of a user on this machine.

IBM accepts 200 requests per 10 seconds from each IP address (ibm-cloud-docs/openshift, limitations.md) [inferred: rate-limit]. A playbook runs many
processes, so the processes share the limiter's state in a small file. A process that cannot use the file limits only its own requests.
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
from .._core.errors import InputError
from .._core.private_files import private_folder
from .retry import LONGEST_RETRY_AFTER

# The length of the service's rate-limit window, in seconds
_WINDOW = 10.0
# The longest pause, in seconds, that a Retry-After header can cause
_MAX_PAUSE = 600.0
# The pause after HTTP 429 without Retry-After, in seconds
_DEFAULT_PAUSE = 1.0
# The longest sleep in seconds. The state is read again after each sleep, because another process may have changed it.
_MAX_SLEEP = 1.0
_LOCK_TIMEOUT = 10.0
_LOCK_POLL = 0.002
# Without O_NONBLOCK, opening a FIFO would block.
_OPEN = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


class ServicePaused(Exception):
    """The service requires a pause that is longer than a call may wait. ``seconds`` is the remaining length of the pause."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class RateState:
    """The state of the rate limiter for one service. Times are in seconds on the machine's monotonic clock."""

    sent: list[float] = field(default_factory=list)
    paused_until: float = 0.0

    def forget(self, now: float) -> None:
        """Drop the request times outside the window, or the whole state if the clock has restarted after a reboot."""
        if any(at > now for at in self.sent) or not self.paused_until <= now + _MAX_PAUSE:  # also NaN
            self.sent, self.paused_until = [], 0.0
        self.sent = [at for at in self.sent if now - at < _WINDOW]

    def delay(self, limit: float, now: float) -> float:
        """Return how many seconds a request must wait. ``limit`` is the allowed number of requests per second, or 0 for no limit."""
        if now < self.paused_until:
            return self.paused_until - now
        most = max(1, int(limit * _WINDOW))
        if not limit or len(self.sent) < most:
            return 0.0
        return self.sent[-most] + _WINDOW - now


class RateLimiter:
    """Delays requests so that a service receives at most ``limit`` requests per second (averaged over 10 seconds) and none during a pause.

    ``name`` identifies the service, for example by its URL. If the limit is 0, requests are delayed only by pauses, and processes do not
    share their state.
    """

    def __init__(self, name: str, limit: float, clock: Clock = Clock(), *, folder: str | None = None) -> None:
        self._limit = limit
        self._clock = clock
        self._line = threading.Lock()
        self._own = RateState()  # the state in memory, for a process that cannot use the file
        self._own_lock = threading.Lock()
        folder = (folder or _folder()) if limit else ""
        file = hashlib.sha256(name.encode()).hexdigest()[:32] + ".json"
        self._path = os.path.join(folder, file) if folder else ""

    def wait(self) -> float:
        """Wait until a request may be sent, and return the current time.

        :raises ServicePaused: if the required pause is longer than a call may wait.
        """
        # Only one thread of a process polls the file at a time. The other threads wait for this lock.
        with self._line:
            while True:
                delay = self._change(self._take)
                if delay <= 0:
                    return self._clock.now()
                if delay > LONGEST_RETRY_AFTER:
                    raise ServicePaused(delay)
                self._clock.sleep(min(delay, _MAX_SLEEP))

    def pause(self, seconds: float | None) -> None:
        """Delay all requests after HTTP 429. ``seconds`` is the value of Retry-After, or None if the service did not send this header."""
        length = min(_MAX_PAUSE, _DEFAULT_PAUSE if seconds is None else seconds)

        def note(state: RateState, now: float) -> float:
            state.paused_until = max(state.paused_until, now + length)
            return 0.0

        self._change(note)

    def _take(self, state: RateState, now: float) -> float:
        delay = state.delay(self._limit, now)
        if delay <= 0 and self._limit:
            state.sent.append(now)
        return delay

    def _change(self, change: t.Callable[[RateState, float], float]) -> float:
        """Apply ``change`` to the state and return the result. The state is stored in the locked file, or in memory if the file cannot be used."""
        with contextlib.suppress(OSError), self._open() as file:
            state = _read(file)
            now = self._clock.now()
            state.forget(now)
            result = change(state, now)
            file.seek(0)
            file.truncate()
            json.dump(vars(state), file)
            file.flush()
            return result
        with self._own_lock:
            now = self._clock.now()
            self._own.forget(now)
            return change(self._own, now)

    @contextlib.contextmanager
    def _open(self) -> t.Iterator[t.TextIO]:
        """Open and lock the file.

        :raises OSError: if the file is not a regular file that this user owns, or if another process does not release the lock.
        """
        with open(os.open(self._path, _OPEN, 0o600), "r+", encoding="ascii") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
                raise FileNotFoundError
            started = self._clock.now()
            while True:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if self._clock.now() - started >= _LOCK_TIMEOUT:
                    self._path = ""
                    raise TimeoutError
                self._clock.sleep(_LOCK_POLL)
            # Closing the file releases the lock.
            yield file


def _folder() -> str:
    """Return a temporary folder that only this user can change, or an empty string if no such folder can be used."""
    for parent in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
        # The XDG specification requires applications to ignore relative paths.
        if os.path.isabs(parent) and os.path.isdir(parent):
            folder = os.path.join(os.path.realpath(parent), f"ibmcloud.kubernetes-{os.geteuid()}")
            with contextlib.suppress(InputError):
                # If the folder is a link, private_folder() returns a different path, and the folder is not used.
                if private_folder(folder) == folder:
                    return folder
    return ""


def _read(file: t.TextIO) -> RateState:
    """Return the state in the file, or an empty state if the file's content is not valid."""
    try:
        document = json.load(file)
        return RateState(
            sent=sorted(float(at) for at in document["sent"]), paused_until=float(document["paused_until"])
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return RateState()
