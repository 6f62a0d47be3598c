# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Validate the values of options. Each error message names the option and explains how to correct the value, but does not contain secrets."""

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
# In bytes. Larger files are usually the system's CA bundles, which are not checked, because parsing a bundle takes 20 ms.
_LARGE_BUNDLE = 100_000
_SHORT_SECRETS = ("ibmcloud_api_key", "passcode", "openshift_passcode", *_REFRESH_TOKENS)
_MAX_LENGTH = {
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
    "rate_limit": (0, 1000),
    "concurrency": (1, 64),
    "min_validity": (0, 86400),
    "wait_timeout": (0, 86400),
    "wait_sleep": (1, 600),
}
# The rate limiter counts the requests in a window of ten seconds, so the lowest rate is one request per ten seconds.
_LOWEST_RATE = 0.1
# Option -> the pattern that its value must match, and a description of valid values.
_TEXTS = {
    "account_id": (re.compile(r"[0-9a-f]{32}"), "32 hexadecimal digits"),
    "visibility": (re.compile(r"public|private|public-and-private"), "public, private or public-and-private"),
    "api_generation": (re.compile("|".join(GENERATIONS)), f"one of {', '.join(GENERATIONS)}"),
    "profile_id": (re.compile(r"(?:iam-)?Profile-[0-9A-Za-z-]{1,64}"), "Profile- and a UUID"),
    "profile_crn": (
        re.compile(r"crn:[!-~]{1,300}:profile:Profile-[0-9A-Za-z-]{1,64}"),
        "a CRN that ends in :profile:Profile- and a UUID",
    ),
    "profile_name": (re.compile(r"[^\x00-\x1f\x7f]{1,300}"), "a name on one line"),
}
# Matches cluster IDs, and the cluster names that IBM's Terraform provider accepts.
_CLUSTER = re.compile(r"[A-Za-z0-9 ._:-]{1,255}")
# Strings that occur in masked, encrypted and unresolved values.
_PLACEHOLDERS = ("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********", "$encrypted$", "$ANSIBLE_VAULT", "!vault", "{{")


def validate(name: str, value: t.Any) -> t.Any:
    """Return an option's value in its canonical form.

    :raises InputError: if the value is not valid.
    """
    if name in _MAX_LENGTH or name in _TOKENS:
        _check_secret(name, value)
    elif name in _RANGES:
        _check_range(name, value)
    elif name in _TEXTS:
        pattern, meaning = _TEXTS[name]
        value = value.lower() if name == "account_id" else value
        if not pattern.fullmatch(value):
            raise InputError(f"{name} must be {meaning}, not {value[:80]!r}")
        # A profile's IAM ID is the profile's ID with the prefix "iam-".
        value = value.removeprefix("iam-") if name == "profile_id" else value
    elif name == "cluster":
        return check_cluster(value)
    elif name == "clusters":
        # A module that accepts records validates the records itself.
        return [item if isinstance(item, dict) else check_cluster(item, number) for number, item in enumerate(value)]
    elif name in ("ca_cert", "cluster_ca_file"):
        _check_ca_file(name, value)
        # The path must be absolute, because processes with other working directories also use the path.
        return os.path.abspath(value)
    elif name == "ca_cert_data":
        _check_pem(name, value)
    return value


def is_account_id(text: str) -> bool:
    """Return whether the text has the format of an account ID, in upper or lower case."""
    return bool(_TEXTS["account_id"][0].fullmatch(text.lower()))


def _check_range(name: str, value: float) -> None:
    low, high = _RANGES[name]
    if isinstance(value, bool) or not math.isfinite(value) or not low <= value <= high:
        raise InputError(f"{name} must be between {low:g} and {high:g}")
    if name == "rate_limit" and 0 < value < _LOWEST_RATE:
        raise InputError(f"{name} must be 0, or between {_LOWEST_RATE:g} and {high:g}")


def check_cluster(value: t.Any, number: int | None = None) -> str:
    """Return a cluster's name or ID without surrounding whitespace.

    :raises InputError: if the name or ID is not valid.
    """
    where = "cluster" if number is None else f"clusters[{number}]"
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # YAML reads a name that consists of digits as a number
    text = value.strip() if isinstance(value, str) else ""
    if not _CLUSTER.fullmatch(text):
        raise InputError(
            f"{where} is not a valid cluster name or ID",
            hint="Use 1 to 255 letters, digits, spaces, dots, underscores, colons or hyphens.",
        )
    return text


def _check_secret(name: str, value: str) -> None:
    if any(mark in value for mark in _PLACEHOLDERS):
        raise InputError(f"{name} is a masked, encrypted or unresolved value, not the secret itself")
    limit = _MAX_LENGTH.get(name, 65536)
    if len(value) > limit:
        raise InputError(f"{name} is longer than {limit} characters")
    if name == "ibmcloud_api_key" and value.startswith(("{", "[")):
        raise InputError(
            "ibmcloud_api_key is a JSON document or a list, not an API key",
            hint="Set ibmcloud_api_key to the value of the apikey field.",
        )
    if name == "ibmcloud_api_key" and value in ("True", "False"):
        # Ansible converts booleans to strings.
        raise InputError("ibmcloud_api_key is a boolean, not an API key")
    if name in _SHORT_SECRETS and not all("!" <= char <= "~" for char in value):
        what = "whitespace" if any(char.isspace() for char in value) else "characters that are not allowed"
        raise InputError(
            f"{name} contains {what}", hint="Copy the value again. Only surrounding whitespace is ignored."
        )
    if name in _REFRESH_TOKENS and value == NOT_SUPPORTED:
        raise InputError(
            f"{name} is the placeholder that the service returns instead of a usable token",
            hint="Log in with ibmcloud.kubernetes.iam_token, which returns usable refresh tokens.",
        )
    if name in ("access_token", "id_token") and (not is_well_formed(value) or read_claims(value) is None):
        raise InputError(
            f"{name} is not an IAM token", hint="Use the token that ibmcloud.kubernetes.iam_token returns."
        )
    if name in ("openshift_token", "uaa_token") and not is_well_formed(value):
        source = "openshift_token" if name == "openshift_token" else "iam_token"
        raise InputError(
            f"{name} is not a valid token", hint=f"Use the token that ibmcloud.kubernetes.{source} returns."
        )


def _check_ca_file(name: str, path: str) -> None:
    if os.path.isdir(path):
        # REQUESTS_CA_BUNDLE may be a folder in which files are named after hashes of the certificates.
        return
    try:
        data = read_bytes(path)
    except InputError as exc:
        raise InputError(f"{name} {exc.reason}", hint="Specify the path of a PEM file.") from None
    if data is None:
        reason = f"{name} {path} cannot be read: No such file or directory"
        raise InputError(reason, hint="Specify the path of a PEM file.")
    if len(data) < _LARGE_BUNDLE:
        _check_pem(f"{name} {path}", data.decode("utf-8", "replace"))


def _check_pem(where: str, text: str) -> None:
    try:
        # Certificates are ASCII, but comments in a bundle may contain other characters.
        pem = text.encode("ascii", "ignore").decode()
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (OSError, ValueError):
        raise InputError(
            f"{where} does not contain a PEM certificate", hint="It must start with -----BEGIN CERTIFICATE-----."
        ) from None
