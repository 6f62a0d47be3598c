# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Read the CA certificate, the ID token and the cluster ID from a kubeconfig that the containers API returned as JSON."""

from __future__ import annotations

import base64
import binascii
import re
import typing as t

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON

# In IBM's kubeconfigs, a cluster's entry is named NAME/ID [inferred: kubeconfig-name]. A cluster ID
# consists of 20 characters, which are lowercase letters or digits. The ID of an older cluster consists of 32 hexadecimal digits.
_ENTRY_NAME = re.compile(r"(?P<name>[^/:]+)/(?P<id>[a-z0-9]{20}|[0-9a-f]{32})")


def ca_data(kubeconfig: JSON) -> JSON:
    """Return the ``certificate-authority-data`` of the first cluster, or None if the field is missing."""
    return dig(kubeconfig, "clusters", 0, "cluster", "certificate-authority-data")


def id_token(kubeconfig: JSON) -> JSON:
    """Return the first user's ID token, or None if the token is missing."""
    return dig(kubeconfig, "users", 0, "user", "auth-provider", "config", "id-token")


def cluster_id(kubeconfig: JSON) -> str:
    """Return the cluster ID in the name of the first cluster's entry, or an empty string if the name does not contain an ID."""
    name = dig(kubeconfig, "clusters", 0, "name")
    return split_entry_name(name)[1] if isinstance(name, str) else ""


def split_entry_name(entry: str) -> tuple[str, str]:
    """Split an entry's name ``NAME/ID`` into the cluster's name and ID. For any other name, return two empty strings."""
    match = _ENTRY_NAME.fullmatch(entry)
    return (match["name"], match["id"]) if match else ("", "")


def decode_pem(encoded: str) -> str:
    """Return the PEM text of a base64-encoded certificate, or an empty string if the value is not a certificate."""
    try:
        pem = base64.b64decode(encoded, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return pem if "-----BEGIN CERTIFICATE-----" in pem else ""


def dig(document: JSON, *keys: str | int) -> JSON:
    """Return the value at this path in a document, or None if the path does not exist."""
    for key in keys:
        if isinstance(key, int):
            document = document[key] if isinstance(document, list) and len(document) > key else None
        else:
            document = document.get(key) if isinstance(document, dict) else None
    return document
