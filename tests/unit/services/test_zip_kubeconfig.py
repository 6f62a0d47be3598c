# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of zip archives that contain kubeconfigs of API v1 or of administrators."""

from __future__ import annotations

import base64
import io
import typing as t
import zipfile

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services import zip_kubeconfig as _archive
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.zip_kubeconfig import (
    AdminFiles,
    read_admin_zip,
    read_zip,
)

PEM = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
FOLDER = "kubeConfig123/"
KUBECONFIG = """\
users:
- name: ada@example.com
  user:
    auth-provider:
      config:
        id-token: {token}
        refresh-token: not-this-one
"""


def _archive_of(files: dict[str, bytes | str]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(FOLDER + name, content)
    return memory.getvalue()


def _read(content: bytes) -> tuple[str, str]:
    found = t.cast("dict[str, t.Any]", read_zip(content))
    ca = found["clusters"][0]["cluster"]["certificate-authority-data"]
    return base64.b64decode(ca).decode(), found["users"][0]["user"]["auth-provider"]["config"]["id-token"]


@pytest.mark.parametrize("written", ["a.b-_.c", '"a.b-_.c"', "'a.b-_.c'", "  a.b-_.c  "])
@pytest.mark.parametrize("name", ["kube-config-dal10-mycluster.yml", "kube-config.yaml"])
def test_the_ca_and_the_id_token_are_read(written: str, name: str) -> None:
    content = _archive_of(
        {name: KUBECONFIG.format(token=written), "ca-dal10-mycluster.pem": PEM, "admin.pem": b"no CA"}
    )

    assert _read(content) == (PEM.decode(), "a.b-_.c")


def test_a_kubeconfig_without_an_id_token_has_none() -> None:
    assert _read(_archive_of({"kube-config.yml": "users: []\n", "ca.pem": PEM}))[1] == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "not a readable zip archive", id="nothing"),
        pytest.param(b"PK\x03\x04 and no more", "not a readable zip archive", id="head-only"),
        pytest.param(_archive_of({"ca.pem": PEM, "kube.yml": "a" * 999})[:-30], "not a readable zip archive", id="cut"),
        pytest.param(_archive_of({"kube-config.yml": "users: []\n"}), "does not contain a CA certificate", id="no-ca"),
    ],
)
def test_unusable_archives_are_errors(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_zip(content)


def test_a_damaged_file_in_an_archive_is_an_error() -> None:
    """The list of files at the end of the archive is intact."""
    content = bytearray(_archive_of({"ca.pem": PEM * 40}))
    start = len(content) // 3
    content[start : start + 20] = b"\xff" * 20

    with pytest.raises(ValueError, match="not a readable zip archive"):
        read_zip(bytes(content))


def test_an_archive_with_another_compression_is_an_error() -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("ca.pem", PEM)

    with pytest.raises(ValueError, match="does not contain a CA certificate"):
        read_zip(memory.getvalue())


def test_a_file_that_is_too_large_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_archive, "_LARGEST_FILE", 1000)

    with pytest.raises(ValueError, match="too large"):
        read_zip(_archive_of({"ca.pem": b"\0" * 2000}))


KEY = b"-----BEGIN EC PRIVATE KEY-----\nBBBB\n-----END EC PRIVATE KEY-----\n"
ADMIN: dict[str, bytes | str] = {"kube.yaml": "users: []\n", "ca-x.pem": PEM, "admin.pem": PEM, "admin-key.pem": KEY}


def test_files_of_an_administrator_are_read() -> None:
    assert read_admin_zip(_archive_of(ADMIN)) == AdminFiles(PEM.decode(), PEM.decode(), KEY.decode())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ca-x.pem": None}, "does not contain a CA certificate"),
        ({"admin.pem": None}, r"^admin\.pem in the archive is missing or not a PEM file$"),
        ({"admin-key.pem": None}, r"^admin-key\.pem in the archive is missing or not a PEM file$"),
        ({"admin-key.pem": PEM}, r"^admin-key\.pem in the archive is missing or not a PEM file$"),
        ({"ca-x.pem": b"SECRET"}, r"^ca\*\.pem in the archive is missing or not a PEM file$"),
    ],
)
def test_an_archive_without_a_file_of_an_administrator_is_an_error(
    changed: dict[str, bytes | None], message: str
) -> None:
    files = {name: content for name, content in {**ADMIN, **changed}.items() if content is not None}

    with pytest.raises(ValueError, match=message):
        read_admin_zip(_archive_of(files))
