# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Read zip archives from the containers API: the kubeconfigs of API v1, and the kubeconfigs of administrators.

In an archive, the CA certificate and the administrator's client certificate and key are separate files.
"""

from __future__ import annotations

import base64
import io
import re
import typing as t
import zipfile
import zlib

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON

# The largest size in bytes. CA certificates and kubeconfigs are much smaller, but a malicious archive could expand to gigabytes.
_LARGEST_FILE = 1024 * 1024
_MOST_FILES = 100
# The kubeconfig is read with a regular expression, because PyYAML may not be installed.
_ID_TOKEN = re.compile(r"^\s*id-token:\s*[\"']?([A-Za-z0-9._~+/=-]+)[\"']?\s*$", re.MULTILINE)
_CERTIFICATE = rb"-----BEGIN CERTIFICATE-----"
_PRIVATE_KEY = rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"


class _TooLarge(Exception):
    """The error for an archive that contains a file larger than ``_LARGEST_FILE``."""


class AdminFiles(t.NamedTuple):
    """The parts of an administrator's kubeconfig in PEM format: the cluster's CA certificate, and the client certificate and key."""

    ca: str
    certificate: str
    key: str


def read_zip(archive: bytes) -> JSON:
    """Return the CA certificate and the ID token in the structure of a JSON kubeconfig.

    The CA certificate is in a file named ``ca*.pem``, and the kubeconfig is in a file named ``*.yml`` or ``*.yaml``.

    :raises ValueError: if the content is not an archive, or does not contain a CA certificate.
    """
    files = _read_files(archive)
    found = [_ID_TOKEN.search(text.decode("utf-8", "replace")) for name, text in files.items() if _is_yaml(name)]
    tokens = [match[1] for match in found if match]
    cluster: t.Any = {"certificate-authority-data": base64.b64encode(_ca(files)).decode()}
    return {
        "clusters": [{"cluster": cluster}],
        "users": [{"user": {"auth-provider": {"config": {"id-token": tokens[-1] if tokens else ""}}}}],
    }


def read_admin_zip(archive: bytes) -> AdminFiles:
    """Return the files ``ca*.pem``, ``admin.pem`` and ``admin-key.pem``.

    :raises ValueError: if the content is not an archive, or if a file is missing or does not have the expected type.
    """
    files = _read_files(archive)
    found = {"ca*.pem": _ca(files), **{name: files.get(name, b"") for name in ("admin.pem", "admin-key.pem")}}
    for name, content in found.items():
        if not re.search(_PRIVATE_KEY if name == "admin-key.pem" else _CERTIFICATE, content):
            raise ValueError(f"{name} in the archive is missing or not a PEM file")
    return AdminFiles(*(content.decode("ascii", "replace") for content in found.values()))


def _ca(files: t.Mapping[str, bytes]) -> bytes:
    for name, content in files.items():
        if name.startswith("ca") and name.endswith(".pem"):
            return content
    raise ValueError("the archive does not contain a CA certificate (a file ca*.pem)")


def _is_yaml(name: str) -> bool:
    return name.endswith((".yml", ".yaml"))


def _read_files(archive: bytes) -> dict[str, bytes]:
    """Return the archive's YAML and PEM files, keyed by file name without the folder.

    :raises ValueError: if the content is not an archive.
    """
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for entry in opened.infolist()[:_MOST_FILES]:
                name = entry.filename.rpartition("/")[2]
                is_readable = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
                if is_readable and (_is_yaml(name) or name.endswith(".pem")):
                    files[name] = _read(opened, entry)
    except _TooLarge:
        raise ValueError("the archive contains a file that is too large") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        # The library's error message is not used, because it may quote the content.
        raise ValueError("the content is not a readable zip archive") from None
    return files


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with opened.open(entry) as file:
        content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise _TooLarge
    return content
