# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Files that nobody else may read or change: the CA of a cluster, and a kubeconfig."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile

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


def remove(path: str) -> bool:
    """Remove the file, and say whether it was there.

    :raises InputError: when it cannot be removed.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise InputError(f"{path} cannot be removed: {exc.strerror}") from None
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
        # mkstemp makes its file with mode 0600 from the start.
        descriptor, temporary = tempfile.mkstemp(prefix=".ibmcloud-", dir=os.path.dirname(target))
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, target)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as exc:
        raise InputError(f"{path} cannot be written: {exc.strerror}") from None


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
