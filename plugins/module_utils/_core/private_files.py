# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Read files that the user specifies, and write files that only their owner can read.

To read a file, this module opens the file once and checks the open descriptor, so that the file cannot be replaced after the check.
To write a file, this module opens and checks each folder in the path. It does not follow other users' links or replace other
users' files.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import signal
import stat
import time
import typing as t

from .errors import InputError

_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
# With O_NONBLOCK, opening a FIFO without a writer does not block.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_LINKS = 40
# Some network file systems do not support flock.
_NO_FLOCK = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
_LOCK_POLL = 0.05
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_OWN_FOLDER = "Use a path in a folder that you own."


def check_path(path: str, *, name: str = "The path") -> None:
    """Raise InputError if ``path`` is not a valid path."""
    try:
        valid = "\0" not in path and bool(path.encode())
    except UnicodeEncodeError:
        valid = False
    if not valid:
        raise InputError(f"{name} {path!a} is not a valid path", hint="Specify the path of a file.")
    if path.startswith("~"):
        # Ansible does not expand "~" for a user without a home directory, so "~" would be used as a folder name.
        reason = f"{name} {path!a} cannot be used: the home directory is unknown"
        raise InputError(reason, hint="Set HOME, or use an absolute path.")


def read(path: str) -> str | None:
    """Return the text of the file, or None if the file does not exist.

    :raises InputError: if the path is not a regular file or cannot be read as text.
    """
    data = read_bytes(path)
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text file") from None


def read_bytes(path: str, limit: int = -1, *, on_shared: t.Callable[[], None] | None = None) -> bytes | None:
    """Return at most ``limit`` bytes of the file, or None if the file does not exist.

    ``on_shared`` is called if other users can read or change the file.

    :raises InputError: if the path is not a regular file or cannot be read.
    """
    with _as_input_errors(path, "read"):
        try:
            descriptor = os.open(path, _READ)
        except FileNotFoundError:
            return None
        try:
            found = os.fstat(descriptor)
            _check_regular(path, found)
            if on_shared and stat.S_IMODE(found.st_mode) & 0o077:
                on_shared()
            with open(descriptor, "rb", closefd=False) as file:
                return file.read(limit)
        finally:
            os.close(descriptor)


def write(path: str, text: str) -> None:
    """Replace the file atomically with a file that only its owner can read. Missing folders are created with mode 0700.

    If the path is a link that belongs to this user or to root, the link's target is replaced. Interrupt signals are
    delayed until the file is complete.

    :raises InputError: if the file cannot be written, or if the file or a link in its path belongs to another user.
    """
    with _as_input_errors(path, "written"), _no_signals(), _folder_of(path, create=True) as (folder, name):
        before = _check_replaceable(path, folder, name)
        temporary = f".{name[:200]}.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, _CREATE | os.O_WRONLY, 0o600, dir_fd=folder)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                if before is not None and before.st_uid != os.geteuid():
                    # If root replaces a user's file in the user's folder, the new file must also belong to the user.
                    os.fchown(descriptor, before.st_uid, before.st_gid)
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise


def check_writable(path: str) -> None:
    """Raise the InputError that ``write`` would raise for the file in its current state."""
    with _as_input_errors(path, "written"), contextlib.suppress(FileNotFoundError), _folder_of(path) as (folder, name):
        _check_replaceable(path, folder, name)
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def is_private(path: str) -> bool:
    """Return whether the file exists and is accessible only to its owner."""
    with _as_input_errors(path, "read"), contextlib.suppress(FileNotFoundError):
        return not stat.S_IMODE(os.stat(path).st_mode) & 0o077
    return False


@contextlib.contextmanager
def locked(path: str, *, timeout: float = 10.0, held_timeout: float = 300.0) -> t.Iterator[None]:
    """Hold the lock file ``<path>.lock``. kubectl holds the same lock file while it changes a kubeconfig.

    This collection also locks its lock files with ``flock``. If one of these files exists without an ``flock`` lock, a killed process has
    left the file behind, and the lock is taken over. kubectl creates its lock file with mode 0 and does not use ``flock``. Interrupt
    signals are delayed until the lock is released, because kubectl does not take over leftover lock files.

    :raises InputError: if another program holds the lock for ``timeout`` seconds, or another task of this collection holds the
        lock for ``held_timeout`` seconds.
    """
    lock = path + ".lock"
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        with _as_input_errors(path, "locked"):
            folder, name = stack.enter_context(_folder_of(lock, create=True))
        while True:
            with _no_signals():
                with _as_input_errors(path, "locked"):
                    descriptor, is_own = _take_lock(folder, name)
                if descriptor >= 0:
                    try:
                        yield
                    finally:
                        _release_lock(descriptor, folder, name)
                    return
            waited = time.monotonic() - started
            if is_own and waited > held_timeout:
                raise InputError(f"{path} was not changed: another task has held {lock} for {waited:.0f} s")
            if not is_own and waited > timeout:
                hint = "Another program, such as kubectl, may be changing the file. If no program is changing it, remove the lock file."
                raise InputError(f"{path} was not changed: {lock} has existed for {waited:.0f} s", hint=hint)
            time.sleep(_LOCK_POLL)


@contextlib.contextmanager
def interruptible() -> t.Iterator[None]:
    """Allow interrupt signals during a long operation inside a ``locked`` block."""
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _take_lock(folder: int, name: str) -> tuple[int, bool]:
    """Return the lock file's descriptor (-1 if another process holds the lock) and whether this collection created the lock file."""
    is_new = True
    try:
        descriptor = os.open(name, _CREATE | os.O_RDWR, 0o600, dir_fd=folder)
        os.fchmod(descriptor, 0o600)
    except FileExistsError:
        is_new = False
        try:
            descriptor = os.open(name, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except OSError:
            return -1, False
    found = os.fstat(descriptor)
    is_own = stat.S_IMODE(found.st_mode) == 0o600 and stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
    try:
        if is_own:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(found, os.stat(name, dir_fd=folder, follow_symlinks=False)):
                return descriptor, True
    except OSError as exc:  # another process holds the lock or has just released it
        if exc.errno in _NO_FLOCK:
            # If the file system does not support flock, the process that created the lock file holds the lock, as with kubectl.
            is_own = False
            if is_new:
                return descriptor, True
    os.close(descriptor)
    return -1, is_own


def _release_lock(descriptor: int, folder: int, name: str) -> None:
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(descriptor), os.stat(name, dir_fd=folder, follow_symlinks=False)):
            os.unlink(name, dir_fd=folder)
    os.close(descriptor)


def private_folder(folder: str) -> str:
    """Create the folder with mode 0700 if it is missing, and return the folder's path with all links resolved.

    :raises InputError: if another user can write to the folder or to one of its parent folders. Parent folders with the sticky bit are allowed.
    """
    check_path(folder, name="The folder")
    current, *below = _parents(os.path.realpath(folder))
    try:
        for inner in below:
            with contextlib.suppress(FileExistsError):
                os.mkdir(inner, 0o700)
            found = os.stat(inner, follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            is_last = inner == below[-1]
            is_shared = found.st_mode & 0o022 if is_last else _is_shared(found) and not found.st_mode & stat.S_ISVTX
            if is_shared or found.st_uid not in (os.geteuid(), *([] if is_last else [0])):
                raise InputError(
                    f"The folder {folder} cannot be used: other users can write to {inner}",
                    hint="Use a folder that you own, with mode 0700.",
                )
            current = inner
    except OSError as exc:
        raise InputError(f"The folder {folder} cannot be used: {exc.strerror}", hint=_OWN_FOLDER) from None
    return current


def _parents(path: str) -> list[str]:
    """Return the path and all folders above it, starting with the root folder."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[:length]) for length in range(len(parts) + 1)]


def _is_shared(folder: os.stat_result) -> bool:
    """Return whether users other than the owner can write to the folder.

    Write permission for the owner's private group or for root's group is ignored.
    """
    return bool(folder.st_mode & 0o002 or (folder.st_mode & 0o020 and folder.st_gid not in (0, folder.st_uid)))


@contextlib.contextmanager
def _folder_of(path: str, *, create: bool = False) -> t.Iterator[tuple[int, str]]:
    """Open the folder that contains the file, and yield the folder's descriptor and the file's name."""
    pending = os.path.join(os.getcwd(), path).split("/")[::-1]
    folder = os.open("/", _FOLDER)
    links = 0
    try:
        while True:
            part = pending.pop()
            if part in ("", ".") and pending:
                continue
            link = _link_of_own(path, folder, part)
            if link is not None:
                links += 1
                if links > _MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                pending += link.split("/")[::-1]
                if link.startswith("/"):
                    os.close(folder)
                    folder = os.open("/", _FOLDER)
                continue
            if not pending:
                yield folder, part or "."
                return
            inner = _open_folder(folder, part, create=create)
            os.close(folder)
            folder = inner
    finally:
        os.close(folder)


def _open_folder(folder: int, name: str, *, create: bool) -> int:
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
    return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)


def _link_of_own(path: str, folder: int, name: str) -> str | None:
    """Return the target of a link that belongs to this user or to root, or None if ``name`` is not a link."""
    try:
        found = os.stat(name or ".", dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISLNK(found.st_mode):
        return None
    if found.st_uid not in (0, os.geteuid()):
        raise InputError(
            f"{path} was not changed: {name} is a link that belongs to user {found.st_uid}", hint=_OWN_FOLDER
        )
    return os.readlink(name, dir_fd=folder)


def _check_regular(path: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{path} is a folder", hint="Specify the path of a file.")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{path} is not a regular file", hint="Specify the path of a file.")


def _check_replaceable(path: str, folder: int, name: str) -> os.stat_result | None:
    """Return the status of the file, or None if the file does not exist.

    :raises InputError: if the file must not be replaced.
    """
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    _check_regular(path, found)
    if not found.st_mode & stat.S_IWUSR:
        raise InputError(f"{path} is write-protected", hint="The file was not changed.")
    if found.st_uid != os.geteuid():
        # Another user may have created the file in order to read the data that root will write.
        around = os.fstat(folder)
        if os.geteuid() != 0 or around.st_uid != found.st_uid or _is_shared(around):
            reason = f"{path} was not changed: it belongs to user {found.st_uid}"
            raise InputError(reason, hint="Use a path in a folder that you own, or change the file's owner.")
    return found


@contextlib.contextmanager
def _as_input_errors(path: str, done: str) -> t.Iterator[None]:
    """Convert OSError to InputError."""
    check_path(path)
    try:
        yield
    except OSError as exc:
        hint = "" if done == "read" else _OWN_FOLDER
        raise InputError(f"{path} cannot be {done}: {exc.strerror}", hint=hint) from None


@contextlib.contextmanager
def _no_signals() -> t.Iterator[None]:
    """Delay interrupt signals, so that locks and temporary files are not left behind."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
