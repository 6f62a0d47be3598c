# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""CA files of clusters, in a private folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading

from .._core.errors import InputError
from .._core.private_files import check_private_folder, read, write


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
    check_private_folder(folder)
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
    check_private_folder(folder)
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
