# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Files that nobody else may read or change: the CA of a cluster, and a kubeconfig."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
import typing as t

from .errors import InputError


def read(path: str) -> str | None:
    """Return the text of the file, or None when there is none.

    :raises InputError: when it cannot be read as text.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text file") from None
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}") from None


def write(path: str, text: str) -> None:
    """Put the text into the file, readable for its owner only; others see the old file or the new one, never half.

    :raises InputError: when it cannot be written.
    """
    # A link is followed, so that it stays one.
    target = os.path.realpath(path)
    try:
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        before = os.stat(target) if os.path.exists(target) else None
        if before is not None and not before.st_mode & stat.S_IWUSR:
            raise InputError(f"{path} is write-protected", hint="It was left as it is.")
        # mkstemp makes its file with mode 0600 from the start.
        descriptor, temporary = tempfile.mkstemp(prefix=".ibmcloud-", dir=os.path.dirname(target))
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                if before is not None and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                    # A file that root writes for a user stays the user's.
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
            os.replace(temporary, target)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as exc:
        raise InputError(
            f"{path} cannot be written: {exc.strerror}", hint="Give a path in a folder of your own."
        ) from None


@contextlib.contextmanager
def locked(path: str, *, timeout: float = 10.0) -> t.Iterator[None]:
    """Hold the lock that kubectl takes on a kubeconfig while it changes it: a file beside it, made by one only.

    :raises InputError: when somebody else holds it for ``timeout`` seconds.
    """
    lock = os.path.realpath(path) + ".lock"
    started = time.monotonic()
    while True:
        try:
            os.makedirs(os.path.dirname(lock), mode=0o700, exist_ok=True)
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            break
        except FileExistsError:
            if time.monotonic() - started > timeout:
                hint = "Another program is changing the file. If none is, remove the lock."
                raise InputError(f"{lock} was there for {timeout:g} s", hint=hint) from None
            time.sleep(0.05)
        except OSError as exc:
            raise InputError(
                f"{path} cannot be written: {exc.strerror}", hint="Give a path in a folder of your own."
            ) from None
    try:
        yield
    finally:
        os.unlink(lock)


def exists(path: str) -> bool:
    return os.path.exists(path)


def is_private(path: str) -> bool:
    """Say whether only the owner can read and write the file."""
    return not stat.S_IMODE(os.stat(path).st_mode) & 0o077


def check_private_folder(folder: str) -> None:
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        found = os.stat(folder)
    except OSError as exc:
        raise InputError(f"The folder {folder} cannot be used: {exc.strerror}") from None
    # Whoever can put a file there can make clients trust a CA of their own.
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise InputError(
            f"The folder {folder} can be written to by others", hint="Choose a folder of your own, with mode 0700."
        )
