# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Read the kubeconfig of a classic cluster that API v1 returns: a zip archive with the CA certificate in a separate file."""

from __future__ import annotations

import base64
import io
import re
import typing as t
import zipfile
import zlib

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON

# Bytes. A CA certificate and a kubeconfig are much smaller; a malicious archive could unpack to gigabytes.
_LARGEST_FILE = 1024 * 1024
_MOST_FILES = 100
# Read with a regular expression, because PyYAML may not be installed.
_ID_TOKEN = re.compile(r"^\s*id-token:\s*[\"']?([A-Za-z0-9._~+/=-]+)[\"']?\s*$", re.MULTILINE)


class _TooLarge(Exception):
    """A file of the archive is larger than _LARGEST_FILE."""


def read_zip(archive: bytes) -> JSON:
    """Return the CA certificate and the ID token in the structure of a kubeconfig in JSON.

    The CA certificate is the file ``ca*.pem``, the kubeconfig the file ``*.yml`` or ``*.yaml``.

    :raises ValueError: if the content is not an archive, or does not contain a CA certificate.
    """
    pem, token = b"", ""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for entry in opened.infolist()[:_MOST_FILES]:
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    continue
                name = entry.filename.rpartition("/")[2]
                if name.startswith("ca") and name.endswith(".pem"):
                    pem = _read(opened, entry)
                elif name.endswith((".yml", ".yaml")):
                    found = _ID_TOKEN.search(_read(opened, entry).decode("utf-8", "replace"))
                    token = found[1] if found else token
    except _TooLarge:
        raise ValueError("its archive contains a file that is too large") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        # The library's message may quote the content.
        raise ValueError("it is not a readable zip archive") from None
    if not pem:
        raise ValueError("its archive does not contain a CA certificate (a file ca*.pem)")
    cluster: t.Any = {"certificate-authority-data": base64.b64encode(pem).decode()}
    return {
        "clusters": [{"cluster": cluster}],
        "users": [{"user": {"auth-provider": {"config": {"id-token": token}}}}],
    }


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with opened.open(entry) as file:
        content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise _TooLarge
    return content
