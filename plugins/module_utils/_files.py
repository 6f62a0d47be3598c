# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Files that nobody else may read or change: the CA of a cluster, and a kubeconfig."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import tempfile
import threading
import time
import typing as t

from ._errors import InputError


def default_ca_folder() -> str:
    """Return the folder for CA files in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "ibmcloud.kubernetes", "ca")


def keep_ca(pem: str, folder: str) -> tuple[str, bool]:
    """Make sure that the PEM text is in a file of the folder, named by its content. Return its path, and whether it is new.

    A file that is there already is used again if it holds just this text.

    :raises InputError: when the folder is not safe or cannot be used.
    """
    pem = pem.strip() + "\n"
    path = os.path.join(folder, hashlib.sha256(pem.encode()).hexdigest() + ".pem")
    _private_folder(folder)
    if read(path) == pem:
        return path, False
    write(path, pem)
    return path, True


def hold_ca(cluster_id: str, path: str) -> None:
    """Note that the file of ``keep_ca`` is the CA of this cluster, for ``held_ca`` of a later run.

    :raises InputError: when that cannot be written.
    """
    link = _link(cluster_id, os.path.dirname(path))
    target = os.path.basename(path)
    with contextlib.suppress(OSError):
        if os.readlink(link) == target:
            return
    new = f"{link}.{os.getpid()}.{threading.get_ident()}"
    try:
        os.symlink(target, new)
        os.replace(new, link)
    except OSError as exc:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise InputError(f"{link} cannot be written: {exc.strerror}") from None


def held_ca(cluster_id: str, folder: str) -> str | None:
    """Return the CA (PEM) that ``hold_ca`` has noted for the cluster, if its file is still what it was.

    :raises InputError: when the folder is not safe.
    """
    if not os.path.isdir(folder):
        return None
    _private_folder(folder)
    link = _link(cluster_id, folder)
    path = os.path.join(folder, os.path.basename(os.path.realpath(link)))
    return read(path) if os.path.islink(link) and is_kept_ca(path) else None


def _link(cluster_id: str, folder: str) -> str:
    # IDs are letters and digits; whatever else a service might send must not become a path.
    return os.path.join(folder, "of-" + re.sub("[^A-Za-z0-9-]", "_", cluster_id))


def is_kept_ca(path: str) -> bool:
    """Say whether the file is there and is one that ``keep_ca`` makes: named by its content."""
    text = read(path)
    return text is not None and _is_named_by(path, text)


def _is_named_by(path: str, text: str) -> bool:
    return os.path.basename(path) == hashlib.sha256(text.encode()).hexdigest() + ".pem"


def remove_ca(path: str) -> bool:
    """Remove a file that ``keep_ca`` has made, and say whether it was there.

    :raises InputError: when it is another file, or cannot be removed.
    """
    # One look at the file: between two of them another fork may remove it.
    text = read(path)
    if text is None and not os.path.islink(path):
        return False
    if text is None or not _is_named_by(path, text):
        raise InputError(f"{path} is no CA file that this collection has made", hint="It was left as it is.")
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise InputError(f"{path} cannot be removed: {exc.strerror}") from None
    # The notes of whose CA it was lead nowhere now.
    for entry in os.scandir(os.path.dirname(path) or os.curdir):
        with contextlib.suppress(OSError):  # another fork was first
            if entry.is_symlink() and os.readlink(entry.path) == os.path.basename(path):
                os.unlink(entry.path)
    return True


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


def _private_folder(folder: str) -> None:
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
