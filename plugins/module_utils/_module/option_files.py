# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Read the files that options and environment variables specify: API key files, and the endpoints file of Terraform and bluemix-go."""

from __future__ import annotations

import os
import typing as t

from .._core.errors import InputError
from .._core.private_files import check_path, read_bytes
from .._core.strict_json import JSON, NotJSON, parse

_MAX_KEY_FILE = 65536
_MAX_ENDPOINTS_FILE = 1_000_000
ENDPOINTS_VARIABLE = "IC_ENDPOINTS_FILE_PATH"
# The field names that IBM's CLI has used for the API key.
_KEY_FIELDS = ("apikey", "apiKey")
_KEY_HINT = (
    "Set ibmcloud_api_key to @ followed by the path of a file. The file must contain only the API key, or must be written by: "
    "ibmcloud iam api-key-create NAME --file FILE."
)


def read_api_key(path: str, warn: t.Callable[[str], None]) -> str:
    """Return the API key from a file that contains either only the key or the JSON document that IBM's CLI writes.

    ``warn`` is called if other users of this machine can access the file.

    :raises InputError: if the file does not contain an API key. The error message never contains the file's content.
    """
    check_path(path, name="The API key file")
    path = os.path.abspath(os.path.expanduser(path))
    where = f"The API key file {path}"

    def warn_of_mode() -> None:
        warn(f"{where} can be read or changed by other users of this machine. Run: chmod 600 {path}")

    try:
        data = read_bytes(path, _MAX_KEY_FILE + 1, on_shared=warn_of_mode)
    except InputError as exc:
        raise InputError(f"The API key file cannot be used: {exc.reason}", hint=_KEY_HINT) from None
    if data is None:
        raise InputError(f"{where} does not exist", hint=_KEY_HINT)
    if len(data) > _MAX_KEY_FILE:
        raise InputError(f"{where} is larger than {_MAX_KEY_FILE} bytes", hint=_KEY_HINT)
    # Some editors on Windows write a byte order mark.
    text = data.decode("utf-8-sig", "replace").strip()
    if text.startswith(("{", "[")):
        text = _key_of_document(data.decode("utf-8-sig", "replace").encode(), where)
    if not text:
        raise InputError(f"{where} is empty", hint=_KEY_HINT)
    return text


def _key_of_document(data: bytes, where: str) -> str:
    try:
        document = parse(data)
    except NotJSON:
        raise InputError(f"{where} is not a valid JSON document", hint=_KEY_HINT) from None
    fields = document if isinstance(document, dict) else {}
    for name in _KEY_FIELDS:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    raise InputError(f"{where} does not have the field apikey", hint=_KEY_HINT)


def read_endpoints(path: str, visibility: str, region: str, variables: t.Mapping[str, str]) -> dict[str, str]:
    """Return the endpoints file's base URLs for this visibility and region, keyed by option.

    The file has the format ``{"<variable>": {"public" or "private": {"<region>": "<URL>"}}}``.
    ``variables`` maps each option to the name of its variable in the file.

    :raises InputError: if the file cannot be read or does not have this format.
    """
    where = f"The file {path} (from the environment variable {ENDPOINTS_VARIABLE})"
    try:
        check_path(path, name=ENDPOINTS_VARIABLE)
        data = read_bytes(path, _MAX_ENDPOINTS_FILE)
    except InputError as exc:
        raise InputError(f"{ENDPOINTS_VARIABLE} cannot be used: {exc.reason}") from None
    if data is None:
        raise InputError(f"{where} does not exist")
    try:
        document = parse(data)
    except NotJSON:
        document = None
    if not isinstance(document, dict):
        raise InputError(f"{where} is not a JSON object")
    kinds = ("private", "public") if visibility == "public-and-private" else (visibility,)
    found: dict[str, str] = {}
    for option, variable in variables.items():
        urls = (_url(document.get(variable), kind, region, f"{where}: {variable}") for kind in kinds)
        url = next(filter(None, urls), "")
        if url:
            found[option] = url
    return found


def _url(entry: JSON, kind: str, region: str, where: str) -> str:
    regions = entry.get(kind) if isinstance(entry, dict) else entry
    if regions is None:
        return ""
    if not isinstance(regions, dict):
        raise InputError(f'{where} must have the format {{"public": {{"us-south": "https://..."}}}}')
    url = regions.get(region)
    if url is not None and not isinstance(url, str):
        raise InputError(f"{where}.{kind}.{region} must be a URL")
    return url or ""
