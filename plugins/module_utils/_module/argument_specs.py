# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Options that several modules share: their specification, their environment variables, and what may stand in them.

An empty text is "not given", everywhere: AWX exports every field of a credential, also the empty ones, and roles pass
empty defaults on. That is why the fallback to the environment is our own and not Ansible's ``env_fallback``.
"""

from __future__ import annotations

import os
import re
import typing as t

from .._core.errors import InputError
from .._core.private_files import check_path
from .._services.endpoints import CLUSTER_DOMAINS
from .credential_rules import CHOICES, check_credentials, check_profile, ignore_environment
from .option_validation import validate

Spec = dict[str, dict[str, t.Any]]
# The password in an address.
_USERINFO = re.compile(r"//[^/@:]*:([^/@]+)@")

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
    "profile_id": {"type": "str"},
    "profile_name": {"type": "str"},
    "profile_crn": {"type": "str"},
    "vpc_instance": {"type": "bool", "default": False},
    "metadata_endpoint": {"type": "str"},
    # After all other credentials, which decide whether the environment has a say here.
    "cr_token_file": {"type": "path", "no_log": False},
}
CONNECTION: Spec = {
    "api_generation": {"type": "str"},
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
    "provider": {"type": "list", "elements": "str", "choices": ["classic", "vpc-gen2", "satellite", "vpc-classic"]},
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
    "profile_id": ("IC_IAM_PROFILE_ID", "IBMCLOUD_IAM_PROFILE_ID"),
    "profile_name": ("IC_IAM_PROFILE_NAME", "IBMCLOUD_IAM_PROFILE_NAME"),
    "metadata_endpoint": ("IBMCLOUD_CR_VPC_URL",),
    "cr_token_file": ("IBMCLOUD_CR_TOKEN",),
    "api_generation": ("IBMCLOUD_API_GENERATION",),
    "region": ("IC_REGION", "IBMCLOUD_REGION"),
    "resource_group": ("IC_RESOURCE_GROUP", "IBMCLOUD_RESOURCE_GROUP"),
    "visibility": ("IC_VISIBILITY", "IBMCLOUD_VISIBILITY"),
    "iam_endpoint": ("IBMCLOUD_IAM_API_ENDPOINT",),
    "accounts_endpoint": ("IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT",),
    "containers_endpoint": ("IBMCLOUD_CS_API_ENDPOINT",),
    "cf_endpoint": ("IBMCLOUD_MCCP_API_ENDPOINT",),
    "timeout": ("IC_TIMEOUT", "IBMCLOUD_TIMEOUT"),
    "ca_cert": ("REQUESTS_CA_BUNDLE",),
}
# Not in the specification, because a default there would hide the environment variable.
_DEFAULTS: dict[str, t.Any] = {"api_generation": "current", "visibility": "public", "timeout": 30.0}


def resolve_options(
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
    explicit = {name for name in CHOICES if options.get(name)}
    check_credentials(options)
    sources: dict[str, str] = {}
    for name in spec:
        if options[name] is None and name not in task_only and not ignore_environment(name, explicit, options):
            sources[name], options[name] = _from_environment(name, spec[name], environ)
        if options[name] is None:
            options[name] = _DEFAULTS.get(name)
        if options[name] is None and spec[name].get("required"):
            raise InputError(f"{name} is empty")
    for name, value in options.items():
        if value is not None:
            if "path" in (spec[name].get("type"), spec[name].get("elements")):
                for path in value if isinstance(value, list) else [value]:
                    check_path(path, name=name)
            options[name] = _validate(name, value, sources.get(name, ""))
    check_profile(options)
    if not options.get("validate_certs", True) and given.get("ca_cert"):
        raise InputError("validate_certs=false and ca_cert are mutually exclusive", hint="Leave one of them out.")
    return options


def effective_text(name: str, given: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> str:
    """Return the text of one option as it takes effect, without looking at the others; empty when there is none."""
    return str(_tidy(name, given.get(name)) or _from_environment(name, {}, environ)[1] or "")


def candidate_secrets(given: t.Mapping[str, t.Any], spec: Spec, environ: t.Mapping[str, str]) -> t.Iterator[str]:
    """Yield every value that is or may become a secret option, before anything is known to be right."""
    for variable in ENVIRONMENT["cr_token_file"]:
        # A token in place of its file is refused.
        yield "" if environ.get(variable, "").startswith("@") else environ.get(variable, "")
    for name, option in spec.items():
        if option.get("no_log"):
            for key in (name, *option.get("aliases", ())):
                if given.get(key) is not None:
                    yield str(given[key])
            for variable in ENVIRONMENT.get(name, ()):
                yield environ.get(variable, "")
        elif name.endswith(("_endpoint", "_url")):
            # No address may hold a password, and one that does is shown beside the refusal.
            yield from _USERINFO.findall(str(given.get(name) or ""))


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


def _from_environment(name: str, option: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> tuple[str, t.Any]:
    """Return the variable that fills the option, and its value; empty and None when there is none."""
    for variable in ENVIRONMENT.get(name, ()):
        text = environ.get(variable, "").strip()
        if text:
            try:
                value = float(text) if option.get("type") == "float" else text
            except ValueError:
                raise InputError(f"{name} must be a number (from the environment variable {variable})") from None
            if name == "cr_token_file":
                value = _file_named(text, variable)
            return variable, _tidy(name, value)
    return "", None


def _validate(name: str, value: t.Any, variable: str) -> t.Any:
    try:
        return validate(name, value)
    except InputError as exc:
        if not variable:
            raise
        reason, hint = exc.reason, exc.hint
    raise InputError(f"{reason} (from the environment variable {variable})", hint=hint)


def _file_named(text: str, variable: str) -> str:
    """Return the path in IBM's own form of it, ``@/path/of/file``.

    :raises InputError: for anything else, which is not shown: it may be a token.
    """
    path = text[1:].strip() if text.startswith("@") else ""
    if path:
        return os.path.expanduser(path)
    raise InputError(
        f"The environment variable {variable} holds no file, and a token itself is not taken from it",
        hint=f"Put the token into a file, and give its path: {variable}=@/path/of/file, or cr_token_file.",
    )
