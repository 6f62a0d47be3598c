# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Options that several modules share: their specification, their environment variables, and what may stand in them.

An empty text is "not given", everywhere: AWX exports every field of a credential, also the empty ones, and roles pass
empty defaults on. That is why the fallback to the environment is our own and not Ansible's ``env_fallback``.
"""

from __future__ import annotations

import math
import os
import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ._errors import InputError
from ._tokens import NOT_SUPPORTED, read_claims, well_formed

Spec = dict[str, dict[str, t.Any]]

CREDENTIALS: Spec = {
    "ibmcloud_api_key": {"type": "str", "no_log": True, "aliases": ["apikey"]},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "passcode": {"type": "str", "no_log": True},
    "access_token": {"type": "str", "no_log": True},
    "refresh_token": {"type": "str", "no_log": True},
    "account_id": {"type": "str", "aliases": ["bss_account"]},
    "account": {"type": "str"},
}
CONNECTION: Spec = {
    "region": {"type": "str"},
    "visibility": {"type": "str"},
    "iam_endpoint": {"type": "str"},
    "accounts_endpoint": {"type": "str"},
    "containers_endpoint": {"type": "str"},
    "timeout": {"type": "float"},
    "retries": {"type": "int", "default": 4},
    "retry_budget": {"type": "float", "default": 120.0},
    "validate_certs": {"type": "bool", "default": True, "aliases": ["verify_ssl"]},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "in_process": {"type": "bool", "default": True},
}
# Option -> environment variables; the first that is not empty wins.
ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "ibmcloud_api_key": ("IC_API_KEY", "IBMCLOUD_API_KEY"),
    "access_token": ("IC_IAM_TOKEN", "IBMCLOUD_IAM_TOKEN"),
    "refresh_token": ("IC_IAM_REFRESH_TOKEN", "IBMCLOUD_IAM_REFRESH_TOKEN"),
    "account_id": ("IC_ACCOUNT_ID", "IBMCLOUD_ACCOUNT_ID"),
    "region": ("IC_REGION", "IBMCLOUD_REGION"),
    "resource_group": ("IC_RESOURCE_GROUP", "IBMCLOUD_RESOURCE_GROUP"),
    "visibility": ("IC_VISIBILITY", "IBMCLOUD_VISIBILITY"),
    "iam_endpoint": ("IBMCLOUD_IAM_API_ENDPOINT",),
    "accounts_endpoint": ("IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT",),
    "containers_endpoint": ("IBMCLOUD_CS_API_ENDPOINT",),
    "timeout": ("IC_TIMEOUT", "IBMCLOUD_TIMEOUT"),
    "ca_cert": ("REQUESTS_CA_BUNDLE",),
}
# Not in the specification, because a default there would hide the environment variable.
_DEFAULTS: dict[str, t.Any] = {"visibility": "public", "timeout": 30.0}

# At most one of these may be given: each is a whole way to log in.
_PRIMARY = ("ibmcloud_api_key", "password", "passcode")
_TOKENS = ("access_token", "refresh_token", "id_token")
_SHORT_SECRETS = ("ibmcloud_api_key", "passcode", "refresh_token")
_LONGEST_SECRET = {"ibmcloud_api_key": 1024, "passcode": 1024, "password": 1024, "refresh_token": 65536}
_RANGES: dict[str, tuple[float, float]] = {
    "timeout": (0.001, 3600),
    "retries": (0, 10),
    "retry_budget": (1, 86400),
    "min_validity": (0, 86400),
    "wait_timeout": (0, 86400),
    "wait_sleep": (1, 600),
}
# Option -> what its text must be.
_TEXTS = {
    "account_id": (re.compile(r"[0-9a-f]{32}"), "32 hexadecimal digits"),
    "visibility": (re.compile(r"public|private"), "public or private"),
}
# What IBM's Terraform provider allows in a cluster's name, and what IDs are made of.
_CLUSTER = re.compile(r"[A-Za-z0-9 ._:-]{1,255}")
# Traces of a value that was masked, encrypted or never filled in.
_PLACEHOLDERS = ("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********", "$encrypted$", "$ANSIBLE_VAULT", "!vault", "{{")


def resolve(given: t.Mapping[str, t.Any], spec: Spec, environ: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Return the options as they take effect: tidied, filled from the environment and from defaults, and checked.

    :raises InputError: with the option's name, never with a secret value.
    """
    options = {name: _tidy(name, given.get(name)) for name in spec}
    explicit = {name for name in (*_PRIMARY, "username", *_TOKENS) if options.get(name)}
    _check_combination(options)
    for name in spec:
        if options[name] is None and not _overruled(name, explicit):
            options[name] = _tidy(name, _from_environment(name, spec[name], environ))
        if options[name] is None:
            options[name] = _DEFAULTS.get(name)
        if options[name] is None and spec[name].get("required"):
            raise InputError(f"{name} is empty")
    for name, value in options.items():
        if value is not None:
            options[name] = _checked(name, value)
    if not options.get("validate_certs", True) and given.get("ca_cert"):
        raise InputError("validate_certs=false and ca_cert exclude each other", hint="Leave one of them out.")
    return options


def exactly_one(options: t.Mapping[str, t.Any], *names: str) -> str:
    """Return which one of these options was given.

    :raises InputError: when it is none or more than one.
    """
    found = [name for name in names if options[name] is not None]
    if len(found) == 1:
        return found[0]
    raise InputError(f"Give {' or '.join(names)}" + (", not both" if found else ""))


def secrets_in(options: t.Mapping[str, t.Any], spec: Spec) -> dict[str, str]:
    """Return the effective secret options by name."""
    return {name: str(options[name]) for name in spec if spec[name].get("no_log") and options.get(name)}


def _tidy(name: str, value: t.Any) -> t.Any:
    if not isinstance(value, str):
        return value
    if name == "password":
        # Blanks may belong to a password; the newline at the end of a file does not.
        return value.rstrip("\r\n") or None
    value = value.strip()
    if name in ("access_token", "id_token") and value[:7].lower() == "bearer ":
        value = value[7:].strip()
    return value or None


def _overruled(name: str, explicit: set[str]) -> bool:
    """Say whether the environment must not fill a credential, because the task chose another one."""
    if name in _TOKENS:
        return bool(explicit)
    return name in _PRIMARY and bool(explicit & {*_PRIMARY, "username"})


def _from_environment(name: str, option: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> t.Any:
    for variable in ENVIRONMENT.get(name, ()):
        text = environ.get(variable, "").strip()
        if text:
            try:
                return {"float": float, "bool": boolean}.get(option.get("type", "str"), str)(text)
            except (ValueError, TypeError):
                raise InputError(f"{variable} in the environment is no valid value for {name}") from None
    return None


def _check_combination(options: t.Mapping[str, t.Any]) -> None:
    ways = [name for name in _PRIMARY if options.get(name)]
    if options.get("username") and "password" not in ways:
        if ways:
            ways.insert(0, "username")
        else:
            raise InputError("username was given without password")
    if options.get("password") and not options.get("username"):
        raise InputError("password was given without username")
    if len(ways) > 1:
        raise InputError(f"{' and '.join(ways)} exclude each other", hint="Give one way to log in.")
    if options.get("account_id") and options.get("account"):
        raise InputError("account_id and account exclude each other", hint="Give the ID or the name.")


def _checked(name: str, value: t.Any) -> t.Any:
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
    elif name == "cluster":
        return check_cluster(value)
    elif name == "clusters":
        return [check_cluster(cluster, number) for number, cluster in enumerate(value)]
    elif name == "ca_cert":
        _check_ca_file(value)
    elif name == "ca_cert_data" and "-----BEGIN CERTIFICATE-----" not in value:
        raise InputError("ca_cert_data holds no PEM certificate")
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
    if name == "ibmcloud_api_key" and value.startswith("{"):
        raise InputError("ibmcloud_api_key holds a JSON text", hint="Give only its apikey field.")
    if name in _SHORT_SECRETS and not all("!" <= char <= "~" for char in value):
        what = "whitespace" if any(char.isspace() for char in value) else "characters that no such secret has"
        raise InputError(f"{name} contains {what}")
    if name == "refresh_token" and value == NOT_SUPPORTED:
        raise InputError(
            "refresh_token is the text not_supported, which the service gives in place of a usable one",
            hint="Log in with ibmcloud.kubernetes.iam_token, whose refresh tokens can be used.",
        )
    if name in ("access_token", "id_token") and (not well_formed(value) or read_claims(value) is None):
        raise InputError(f"{name} is not an IAM token")


def _check_ca_file(path: str) -> None:
    try:
        if os.path.isdir(path):
            # A folder of hashed certificates, as REQUESTS_CA_BUNDLE may name one.
            return
        with open(path, encoding="utf-8", errors="replace") as file:
            found = "-----BEGIN" in file.read() if os.path.getsize(path) else False
    except OSError as exc:
        raise InputError(f"ca_cert {path} cannot be read: {exc.strerror}") from None
    if not found:
        raise InputError(f"ca_cert {path} holds no PEM certificate")
