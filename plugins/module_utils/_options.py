# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Options that several modules share: their specification, their environment variables, and what may stand in them.

An empty text is "not given", everywhere: AWX exports every field of a credential, also the empty ones, and roles pass
empty defaults on. That is why the fallback to the environment is our own and not Ansible's ``env_fallback``.
"""

from __future__ import annotations

import typing as t

from ._checks import checked
from ._endpoints import CLUSTER_DOMAINS
from ._errors import InputError

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
    "min_validity": {"type": "int", "default": 60},
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
    "proxy": {"type": "str", "no_log": True},
    "pace": {"type": "float", "default": 15.0},
    "in_process": {"type": "bool", "default": True},
}
# Which clusters of an account are meant.
FILTERS: Spec = {
    "provider": {"type": "list", "elements": "str", "choices": ["classic", "vpc-gen2", "satellite"]},
    "resource_group": {"type": "str"},
    "regions": {"type": "list", "elements": "str"},
    "type": {"type": "str", "choices": ["kubernetes", "openshift"]},
    "states": {"type": "list", "elements": "str"},
    "version": {"type": "str"},
}
# For modules that work on many clusters.
FLEET: Spec = {"concurrency": {"type": "int", "default": 16}}
ALLOWED_HOSTS: Spec = {"allowed_hosts": {"type": "list", "elements": "str", "default": list(CLUSTER_DOMAINS)}}
# For modules that call the API of one cluster.
CLUSTER: Spec = {
    "master_url": {"type": "str"},
    "ca_cert_data": {"type": "str"},
    **ALLOWED_HOSTS,
    "id_token": {"type": "str", "no_log": True},
    "openshift_token": {"type": "str", "no_log": True},
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


def resolve(
    given: t.Mapping[str, t.Any],
    spec: Spec,
    environ: t.Mapping[str, str],
    *,
    task_only: t.Collection[str] = (),
) -> dict[str, t.Any]:
    """Return the options as they take effect: tidied, filled from the environment and from defaults, and checked.

    ``task_only`` are options that the environment does not fill.

    :raises InputError: with the option's name, never with a secret value.
    """
    options = {name: _tidy(name, given.get(name)) for name in spec}
    explicit = {name for name in (*_PRIMARY, "username", *_TOKENS, "account") if options.get(name)}
    _check_combination(options)
    sources: dict[str, str] = {}
    for name in spec:
        if options[name] is None and name not in task_only and not _overruled(name, explicit):
            sources[name], options[name] = _from_environment(name, spec[name], environ)
        if options[name] is None:
            options[name] = _DEFAULTS.get(name)
        if options[name] is None and spec[name].get("required"):
            raise InputError(f"{name} is empty")
    for name, value in options.items():
        if value is not None:
            options[name] = _checked(name, value, sources.get(name, ""))
    if not options.get("validate_certs", True) and given.get("ca_cert"):
        raise InputError("validate_certs=false and ca_cert exclude each other", hint="Leave one of them out.")
    return options


def given_text(name: str, given: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> str:
    """Return the text of one option as it takes effect, without looking at the others; empty when there is none."""
    return str(_tidy(name, given.get(name)) or _from_environment(name, {}, environ)[1] or "")


def possible_secrets(given: t.Mapping[str, t.Any], spec: Spec, environ: t.Mapping[str, str]) -> t.Iterator[str]:
    """Yield every value that is or may become a secret option, before anything is known to be right."""
    for name, option in spec.items():
        if option.get("no_log"):
            for key in (name, *option.get("aliases", ())):
                if given.get(key) is not None:
                    yield str(given[key])
            for variable in ENVIRONMENT.get(name, ()):
                yield environ.get(variable, "")


def exactly_one(options: t.Mapping[str, t.Any], *names: str) -> str:
    """Return which one of these options was given.

    :raises InputError: when it is none or more than one.
    """
    found = [name for name in names if options[name] is not None]
    if len(found) == 1:
        return found[0]
    raise InputError(f"Give {' or '.join(names)}" + (", not both" if found else ""))


def at_most_one(options: t.Mapping[str, t.Any], *names: str) -> None:
    """Check that no two of these options were given.

    :raises InputError: when they were.
    """
    if sum(options[name] is not None for name in names) > 1:
        raise InputError(f"Give {' or '.join(names)}, not both")


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
    """Say whether the environment must not fill a credential or an account, because the task chose another one."""
    if name == "account_id":
        return "account" in explicit
    if name in _TOKENS:
        return bool(explicit - {"account"})
    return name in _PRIMARY and bool(explicit & {*_PRIMARY, "username"})


def _from_environment(name: str, option: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> tuple[str, t.Any]:
    """Return the variable that fills the option, and its value; empty and None when there is none."""
    for variable in ENVIRONMENT.get(name, ()):
        text = environ.get(variable, "").strip()
        if text:
            try:
                value = float(text) if option.get("type") == "float" else text
            except ValueError:
                raise InputError(f"{name} must be a number (from the environment variable {variable})") from None
            return variable, _tidy(name, value)
    return "", None


def _checked(name: str, value: t.Any, variable: str) -> t.Any:
    try:
        return checked(name, value)
    except InputError as exc:
        if not variable:
            raise
        reason, hint = exc.reason, exc.hint
    raise InputError(f"{reason} (from the environment variable {variable})", hint=hint)


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
