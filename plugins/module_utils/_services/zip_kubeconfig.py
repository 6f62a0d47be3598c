# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The kubeconfig of a classic cluster as the containers API of v1 sends it: a zip archive with the CA as a file of its own."""

from __future__ import annotations

import base64
import io
import re
import typing as t
import zipfile
import zlib

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON

# Far above a CA and a kubeconfig, and far below what an archive could unpack to.
_LARGEST_FILE = 1024 * 1024
_MOST_FILES = 100
# Only this one line is wanted of the YAML, and at run time there may be nothing that reads YAML.
_ID_TOKEN = re.compile(r"^\s*id-token:\s*[\"']?([A-Za-z0-9._~+/=-]+)[\"']?\s*$", re.MULTILINE)


class _TooLarge(Exception):
    """A file unpacks to more than it should."""


def read_zip(archive: bytes) -> JSON:
    """Return what the archive says of the CA and of the ID token, in the places in which a kubeconfig in JSON has them.

    The CA is the file ``ca-*.pem``, the kubeconfig the file ``*.yml`` or ``*.yaml``.

    :raises ValueError: when it is no archive, or one without a CA.
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
        raise ValueError("its archive holds a file that is too large") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        # The library's own words may quote anything.
        raise ValueError("it is no zip archive that can be read") from None
    if not pem:
        raise ValueError("its archive holds no CA (a file ca-*.pem)")
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
