# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Store the CA certificates of clusters in a private folder, with one file for each cluster.

Other tools require the CA as a file, and later runs read the cached CA from the file. The files are not removed, because CA certificates
are not secrets and other runs may be using the files.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import tempfile
import typing as t
from dataclasses import dataclass, field

from .._core.errors import IBMCloudError
from .._core.private_files import private_folder, read, write

if t.TYPE_CHECKING:
    from .._cloud import Cloud

_BEGIN = "-----BEGIN CERTIFICATE-----"


def default_ca_folder() -> str:
    """Return the path of the folder for CA files.

    The folder is in the user's cache folder. If neither XDG_CACHE_HOME nor a home folder is known, the folder is in the temporary folder.
    """
    cache = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification requires applications to ignore relative paths.
    if not os.path.isabs(cache):
        home = _home()
        cache = os.path.join(home, ".cache") if home else ""
    folder = "ibmcloud.kubernetes" if cache else f"ibmcloud.kubernetes-{os.geteuid()}"
    return os.path.join(cache or tempfile.gettempdir(), folder, "ca")


def _home() -> str:
    """Return the user's home directory, or an empty string if the user does not have a home directory."""
    home = os.environ.get("HOME", "")
    if not home:
        try:
            home = pwd.getpwuid(os.geteuid()).pw_dir
        except KeyError:
            return ""
    return home if os.path.isabs(home) else ""


@dataclass(frozen=True)
class CaStore:
    """A store for CA files in one folder.

    CAs from the containers API are cached separately for each ``endpoint`` (the API's URL) and each ``account``. CAs from the caller
    and unverified CAs are stored in separate folders, which ``lookup`` does not read.
    """

    folder: str
    endpoint: str = ""
    account: t.Callable[[], str] = str
    _checked: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def for_cloud(cls, cloud: Cloud, folder: str) -> CaStore:
        """Build the store for the endpoint and the account of ``cloud``. If ``folder`` is empty, the default folder is used."""
        return cls(
            folder or default_ca_folder(),
            cloud.containers.endpoint,
            lambda: cloud.login.account_token().claims.account_id,
        )

    def store(self, pem: str, cluster: str, source: str) -> tuple[str, bool]:
        """Write the cluster's CA to its file. Return the file's path and whether the file was written.

        ``source`` is ``service`` (the containers API), ``given`` or ``unverified``. If the account is unknown (for example, if only an ID token
        was given), a CA from the containers API is not cached.

        :raises InputError: if the folder is not private or cannot be used.
        """
        text = _normalized(pem)
        if source not in self._checked:
            try:
                scope = self._scope(source)
            except IBMCloudError:
                scope = self._scope("given")
            # The folder is checked only once, because the check takes longer than writing a file.
            self._checked[source] = private_folder(os.path.join(self.folder, scope))
        path = os.path.join(self._checked[source], _file_name(cluster))
        if read(path) == text:
            return path, False
        write(path, text)
        return path, True

    def lookup(self, cluster: str) -> str | None:
        """Return the cluster's cached CA (PEM), or None if the CA is not cached.

        :raises InputError: if the folder is not private.
        """
        folder = os.path.join(self.folder, self._scope("service"))
        if not os.path.isdir(folder):
            return None
        text = read(os.path.join(private_folder(folder), _file_name(cluster)))
        return text if text is not None and text.startswith(_BEGIN) else None

    def _scope(self, source: str) -> str:
        """Return the name of the subfolder for CAs from this source."""
        parts = (source, self.endpoint, self.account() if source == "service" else "")
        return "ca-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _normalized(pem: str) -> str:
    """Return the text with Unix line endings and exactly one trailing newline."""
    return "\n".join(pem.split("\r\n")).strip() + "\n"


def _file_name(cluster: str) -> str:
    """Return the file name for a cluster ID. A string that cannot be an ID is hashed, because the string may be unsafe as a file name."""
    plain = re.fullmatch(r"[A-Za-z0-9-]{1,60}", cluster)
    return (cluster if plain else hashlib.sha256(cluster.encode("utf-8", "surrogatepass")).hexdigest()) + ".pem"
