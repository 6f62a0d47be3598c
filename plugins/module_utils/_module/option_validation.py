# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What may stand in an option, before it becomes a header, an address or a file that is trusted.

Each check names the option and says what to do; none shows a secret.
"""

from __future__ import annotations

import math
import os
import re
import ssl
import typing as t

from .._core.errors import InputError
from .._core.private_files import read_bytes
from .._core.tokens import NOT_SUPPORTED, is_well_formed, read_claims
from .._services.api_generations import GENERATIONS

_TOKENS = ("access_token", "id_token", "openshift_token", "uaa_token")
_REFRESH_TOKENS = ("refresh_token", "kubernetes_refresh_token")
# A system's own bundle, which takes 20 ms to read as certificates and is sound; files made by hand are smaller.
_LARGE_BUNDLE = 100_000
_SHORT_SECRETS = ("ibmcloud_api_key", "passcode", "openshift_passcode", *_REFRESH_TOKENS)
_LONGEST_SECRET = {
    "ibmcloud_api_key": 1024,
    "passcode": 1024,
    "openshift_passcode": 1024,
    "password": 1024,
    **dict.fromkeys(_REFRESH_TOKENS, 65536),
}
_RANGES: dict[str, tuple[float, float]] = {
    "timeout": (0.001, 3600),
    "retries": (0, 10),
    "retry_budget": (1, 86400),
    "pace": (0, 1000),
    "concurrency": (1, 64),
    "min_validity": (0, 86400),
    "wait_timeout": (0, 86400),
    "wait_sleep": (1, 600),
}
# Option -> what its text must be.
_TEXTS = {
    "account_id": (re.compile(r"[0-9a-f]{32}"), "32 hexadecimal digits"),
    "visibility": (re.compile(r"public|private"), "public or private"),
    "api_generation": (re.compile("|".join(GENERATIONS)), f"one of {', '.join(GENERATIONS)}"),
    "profile_id": (re.compile(r"(?:iam-)?Profile-[0-9A-Za-z-]{1,64}"), "Profile- and a UUID"),
    "profile_crn": (
        re.compile(r"crn:[!-~]{1,300}:profile:Profile-[0-9A-Za-z-]{1,64}"),
        "a CRN that ends in :profile:Profile- and a UUID",
    ),
    "profile_name": (re.compile(r"[^\x00-\x1f\x7f]{1,300}"), "a name in one line"),
}
# What IBM's Terraform provider allows in a cluster's name, and what IDs are made of.
_CLUSTER = re.compile(r"[A-Za-z0-9 ._:-]{1,255}")
# Traces of a value that was masked, encrypted or never filled in.
_PLACEHOLDERS = ("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********", "$encrypted$", "$ANSIBLE_VAULT", "!vault", "{{")


def validate(name: str, value: t.Any) -> t.Any:
    """Return the value of an option, in its one spelling."""
    if name in _LONGEST_SECRET or name in _TOKENS:
        _check_secret(name, value)
    elif name in _RANGES:
        _check_range(name, value)
    elif name in _TEXTS:
        pattern, meaning = _TEXTS[name]
        value = value.lower() if name == "account_id" else value
        if not pattern.fullmatch(value):
            raise InputError(f"{name} must be {meaning}, not {value[:80]!r}")
        # The IAM ID, as tokens have it, stands for the same profile.
        value = value[4:] if name == "profile_id" and value.startswith("iam-") else value
    elif name == "cluster":
        return check_cluster(value)
    elif name == "clusters":
        # Records of clusters, which one module takes, are that module's own matter.
        return [item if isinstance(item, dict) else check_cluster(item, number) for number, item in enumerate(value)]
    elif name in ("ca_cert", "cluster_ca_cert"):
        _check_ca_file(name, value)
        # Others take it over, and may work in another folder.
        return os.path.abspath(value)
    elif name == "ca_cert_data":
        _check_pem(name, value)
    return value


def _check_range(name: str, value: float) -> None:
    low, high = _RANGES[name]
    if isinstance(value, bool) or not math.isfinite(value) or not low <= value <= high:
        raise InputError(f"{name} must be between {low:g} and {high:g}")


def check_cluster(value: t.Any, number: int | None = None) -> str:
    """Return a cluster's name or ID, stripped.

    :raises InputError: for anything that can be neither.
    """
    where = "cluster" if number is None else f"clusters[{number}]"
    text = value.strip() if isinstance(value, str) else ""
    if not _CLUSTER.fullmatch(text):
        raise InputError(
            f"{where} is no cluster name or ID",
            hint="Use 1 to 255 of: letters, digits, blank, dot, underscore, colon, hyphen.",
        )
    return text


def _check_secret(name: str, value: str) -> None:
    if any(mark in value for mark in _PLACEHOLDERS):
        raise InputError(f"{name} holds a masked, encrypted or unresolved value instead of the secret itself")
    if len(value) > _LONGEST_SECRET.get(name, 65536):
        raise InputError(f"{name} is too long to be one")
    if name == "ibmcloud_api_key" and value.startswith(("{", "[")):
        raise InputError("ibmcloud_api_key holds a JSON text or a list", hint="Give only its apikey field.")
    if name == "ibmcloud_api_key" and value in ("True", "False"):
        # Ansible makes texts of them, as of numbers.
        raise InputError("ibmcloud_api_key holds a truth value instead of the secret itself")
    if name in _SHORT_SECRETS and not all("!" <= char <= "~" for char in value):
        what = "whitespace" if any(char.isspace() for char in value) else "characters that no such secret has"
        raise InputError(f"{name} contains {what}", hint="Copy it again; a line end after it does no harm.")
    if name in _REFRESH_TOKENS and value == NOT_SUPPORTED:
        raise InputError(
            f"{name} holds no token, but the text that the service gives in place of a usable one",
            hint="Log in with ibmcloud.kubernetes.iam_token, whose refresh tokens can be used.",
        )
    if name in ("access_token", "id_token") and (not is_well_formed(value) or read_claims(value) is None):
        raise InputError(f"{name} is not an IAM token", hint="Take it from ibmcloud.kubernetes.iam_token.")
    if name in ("openshift_token", "uaa_token") and not is_well_formed(value):
        source = "openshift_token" if name == "openshift_token" else "iam_token"
        raise InputError(f"{name} is no token", hint=f"Take it from ibmcloud.kubernetes.{source}.")


def _check_ca_file(name: str, path: str) -> None:
    if os.path.isdir(path):
        # A folder of hashed certificates, as REQUESTS_CA_BUNDLE may name one.
        return
    try:
        data = read_bytes(path)
    except InputError as exc:
        raise InputError(f"{name} {exc.reason}", hint="Give the path of a PEM file.") from None
    if data is None:
        reason = f"{name} {path} cannot be read: No such file or directory"
        raise InputError(reason, hint="Give the path of a PEM file.")
    if len(data) < _LARGE_BUNDLE:
        _check_pem(f"{name} {path}", data.decode("utf-8", "replace"))


def _check_pem(where: str, text: str) -> None:
    try:
        # A comment in a bundle may be in any language; the certificates are ASCII.
        pem = text.encode("ascii", "ignore").decode()
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (OSError, ValueError):
        raise InputError(
            f"{where} holds no PEM certificate", hint="It starts with -----BEGIN CERTIFICATE-----."
        ) from None
