# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state directory of a simulator process. The directory identifies the process, so that a later command can stop the simulator.

A running simulator holds a lock in the directory. Only this lock shows whether a simulator is running, because the operating system releases the
lock when the process ends. The file that contains the process ID may remain after the process ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import signal
import stat
import tempfile
import time
import typing as t
import urllib.error
import urllib.request

_STOP_SECONDS = 10.0


class StateDirError(Exception):
    """A problem with the state directory or its simulator, described in one line."""


def default_directory() -> pathlib.Path:
    """Return ``ibmcloud-simulator`` in the user's runtime directory.

    Without a runtime directory, return a directory whose name contains the user ID, in the folder for temporary files.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and pathlib.Path(runtime).is_dir():
        return pathlib.Path(runtime) / "ibmcloud-simulator"
    return pathlib.Path(tempfile.gettempdir()) / f"ibmcloud-simulator-{os.getuid()}"


class StateDir:
    """A directory with ``state.json`` (process ID and environment variables), ``lock``, ``simulator.log``, the services' CA, and tokens."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.log_path = path / "simulator.log"
        self._state_path = path / "state.json"
        self._lock_path = path / "lock"
        self._lock: t.IO[bytes] | None = None

    def prepare(self) -> None:
        """Create the directory with mode 0700. Raise StateDirError if the directory's simulator is already running."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise StateDirError(f"{self.path} cannot be created: {problem.strerror}") from None
        found = self.path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise StateDirError(f"{self.path} is not a directory that belongs to this user")
        self.path.chmod(0o700)
        if self.is_running():
            raise self._already_running()

    def _already_running(self) -> StateDirError:
        return StateDirError(f"a simulator is already running in {self.path}. Stop it, or use another --dir")

    def is_running(self) -> bool:
        if not self._lock_path.exists():
            return False
        try:
            with self._lock_path.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def acquire(self) -> None:
        """Acquire the lock for the lifetime of this process. Raise StateDirError if another process holds the lock."""
        while True:
            lock = self._lock_path.open("wb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                raise self._already_running() from None
            # A simulator that was stopping may have removed the lock file. In this case, the lock applies to a deleted file, so the loop tries again.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock.fileno()), self._lock_path.stat()):
                    break
            lock.close()
        self._lock = lock

    def write(self, env: t.Mapping[str, str]) -> None:
        """Record that the simulator is ready. The state file is replaced atomically."""
        state = {"pid": os.getpid(), "env": dict(env)}
        new = self._state_path.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(state, file)
        new.replace(self._state_path)

    def read(self) -> dict[str, t.Any] | None:
        try:
            state: dict[str, t.Any] = json.loads(self._state_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return state

    def take_last_log_line(self) -> str:
        """Return the last log line of a simulator that failed to start, and remove the simulator's files."""
        try:
            lines = self.log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            lines = []
        if not self.is_running():  # another simulator may have started in the meantime
            self.clear()
        return lines[-1].removeprefix("simulator: ") if lines else ""

    def clear(self) -> None:
        """Remove the simulator's files, and also the directory if it is empty."""
        for name in ("state.json", "state.new", "service-ca.pem", "simulator.log", "lock"):
            (self.path / name).unlink(missing_ok=True)
        for token in self.path.glob("cr-token-*"):
            token.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # the directory is not empty, or it was already removed
            self.path.rmdir()

    def request_log(self) -> str:
        """Return the running simulator's request log, with one line per request. Raise StateDirError if no simulator is running."""
        state = self.read()
        if state is None or not self.is_running():
            raise StateDirError(f"no simulator is running in {self.path}")
        return _get_control(state, "/log")

    def stop(self) -> None:
        """Stop this directory's simulator and remove its files.

        Raise StateDirError if no simulator is running, or if the recorded process is not this directory's simulator. The operating system
        may have reused the process ID, so this method never signals a process that is not this directory's simulator.
        """
        state = self.read()
        if not self.is_running() or state is None:
            if self.path.is_dir() and not self.is_running():
                self.clear()
            raise StateDirError(f"no simulator is running in {self.path}")
        pid = int(state["pid"])
        said = json.loads(_get_control(state, "/state") or "{}")
        if said.get("pid") != pid or said.get("directory") != str(self.path):
            raise StateDirError(f"process {pid} does not respond as the simulator in {self.path}. It was not stopped")
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while self.is_running():
            if time.monotonic() > deadline:
                raise StateDirError(f"process {pid} did not end within {_STOP_SECONDS:.0f} seconds")
            time.sleep(0.01)
        self.clear()


def _get_control(state: t.Mapping[str, t.Any], path: str) -> str:
    """Return the response from the control address, or an empty string if the address does not respond."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(state["env"]["IBMCLOUD_SIMULATOR_CONTROL"] + path, timeout=5) as response:
            return str(response.read().decode())
    except (OSError, ValueError, urllib.error.URLError):
        return ""
