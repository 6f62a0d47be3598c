# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Define the options that several modules share, and resolve them from the task, the environment, files and defaults.

For every option, a null value or an empty string means "not given". AWX exports empty credential fields, and roles pass empty defaults
to modules. Therefore, this file reads the environment variables without Ansible's ``env_fallback``.
"""

from __future__ import annotations

import os
import re
import typing as t

from .._core.errors import InputError
from .._core.options import CommonOptions, is_given
from .._core.private_files import check_path
from .._services.allowed_hosts import CLUSTER_DOMAINS
from .._services.api_generations import CURRENT
from .credential_rules import CHOICES, check_credentials, check_profile, ignore_environment
from .environment_variables import ENVIRONMENT
from .option_files import ENDPOINTS_VARIABLE, read_api_key, read_endpoints
from .option_validation import is_account_id, validate

Spec = dict[str, dict[str, t.Any]]
Options = t.TypeVar("Options", bound=CommonOptions)
# A password in a URL.
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
    # cr_token_file comes last, because its environment variable is used only if no other credentials are given.
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
    "rate_limit": {"type": "float", "default": 15.0},
    "in_process": {"type": "bool", "default": True},
}
# Options that filter an account's clusters.
FILTERS: Spec = {
    "provider": {"type": "list", "elements": "str", "choices": ["classic", "vpc-gen2", "satellite", "vpc-classic"]},
    "resource_group": {"type": "str"},
    "regions": {"type": "list", "elements": "str"},
    "type": {"type": "str", "choices": ["kubernetes", "openshift"]},
    "states": {"type": "list", "elements": "str"},
    "version": {"type": "str"},
}
# Options of modules that process many clusters.
FLEET: Spec = {
    "continue_on_error": {"type": "bool", "default": False},
    "concurrency": {"type": "int", "default": 16},
}
# Options that select clusters by name, by ID, or by a record from another module's result.
CLUSTERS: Spec = {
    "cluster": {"type": "str", "aliases": ["cluster_name_or_id"]},
    "clusters": {"type": "list", "elements": "raw"},
}
ALLOWED_HOSTS: Spec = {"allowed_hosts": {"type": "list", "elements": "str", "default": list(CLUSTER_DOMAINS)}}
# Options of plugins that log in to clusters.
LOGIN: Spec = {
    **ALLOWED_HOSTS,
    "endpoint": {"type": "str", "choices": ["auto", "public", "private", "vpe"], "default": "auto"},
    "cluster_ca_file": {"type": "path"},
    "ca_folder": {"type": "path"},
}
# Options of modules that call one cluster's API server.
API_SERVER: Spec = {
    "master_url": {"type": "str"},
    "ca_cert_data": {"type": "str"},
    **ALLOWED_HOSTS,
    "id_token": {"type": "str", "no_log": True},
    "openshift_token": {"type": "str", "no_log": True},
}
# Environment variables take precedence over these defaults, so the argument specification cannot contain the defaults.
_DEFAULTS: dict[str, t.Any] = {"api_generation": "current", "visibility": "public", "timeout": 30.0}
# The empty value of each option type
_EMPTY: dict[str, t.Any] = {"str": "", "path": "", "list": ()}
_ENDPOINTS = ("iam_endpoint", "accounts_endpoint", "containers_endpoint")
# If no region is given, the endpoints of this region are read from the endpoints file, as in Terraform.
_FILE_REGION = "us-south"
_LIST_SEPARATOR = re.compile(r"[,\r\n]")


def tidy_arguments(given: t.Mapping[str, t.Any], spec: Spec) -> dict[str, t.Any]:
    """Return a task's arguments without null values and empty strings, which mean "not given".

    A list can be a string in which commas or line breaks separate the items. Empty items are dropped, except in ``clusters``, where an
    empty item is an error.
    """
    names = {alias: name for name, option in spec.items() for alias in option.get("aliases", ())}
    tidied = {}
    for key, value in given.items():
        name = names.get(key, key)
        kind = spec.get(name, {}).get("type", "str")
        kept = _tidy_list(name, value) if kind == "list" else value
        # A string of whitespace is kept, because it may be a password. Other strings are stripped later.
        blank = isinstance(kept, str) and not (kept if kind == "str" else kept.strip())
        # An empty list is kept, because it means "no clusters" or "no allowed hosts".
        if not (kept is None or blank or (isinstance(value, str) and kept == [])):
            tidied[key] = kept
    return tidied


def _tidy_list(name: str, value: t.Any) -> t.Any:
    if isinstance(value, str):
        items: list[t.Any] = [item.strip() for item in _LIST_SEPARATOR.split(value) if item.strip()]
        # A string such as "," in clusters must not select all clusters, so the string is kept and causes an error.
        return items or (value if name == "clusters" else [])
    if isinstance(value, list) and name != "clusters":
        return [item for item in value if not (item is None or (isinstance(item, str) and not item.strip()))]
    return value


def absolute_paths(arguments: t.Mapping[str, t.Any], spec: Spec, folder: str) -> dict[str, t.Any]:
    """Make the paths in the arguments absolute. Relative paths are relative to ``folder``."""
    paths = {
        key for name, option in spec.items() if option["type"] == "path" for key in (name, *option.get("aliases", ()))
    }
    keys = {"ibmcloud_api_key", *spec.get("ibmcloud_api_key", {}).get("aliases", ())}

    def absolute(path: str) -> str:
        # "~" and environment variables are expanded later.
        return path if path.startswith(("~", "$")) else os.path.join(folder, path)

    resolved = dict(arguments)
    for name, value in arguments.items():
        if name in paths and isinstance(value, str):
            resolved[name] = absolute(value.strip())
        elif name in keys and isinstance(value, str) and value.strip()[:1] == "@" and value.strip() != "@":
            resolved[name] = f"@{absolute(value.strip()[1:].strip())}"
    return resolved


def resolve_options(
    options_type: type[Options],
    given: t.Mapping[str, t.Any],
    spec: Spec,
    environ: t.Mapping[str, str],
    *,
    task_only: t.Collection[str] = (),
    warn: t.Callable[[str], None] = lambda _text: None,
) -> Options:
    """Resolve and validate the options from the task, the environment variables, files and defaults.

    Environment variables are ignored for the options in ``task_only``. If ``state`` is ``absent``, credentials and the endpoints file
    are ignored.

    :raises InputError: if an option is not valid. The error contains the name of the option, but never a secret.
    """
    # A task with state=absent removes the result of an earlier login. The credentials for this login may no longer exist.
    is_login = given.get("state") != "absent"
    ignored = () if is_login else CREDENTIALS
    task_only = (*task_only, *ignored)
    given = {name: option.get("default") if name in ignored else given.get(name) for name, option in spec.items()}
    options = {name: _tidy(name, _given_or_empty(name, given[name], option["type"])) for name, option in spec.items()}
    explicit = {name for name in CHOICES if options.get(name)}
    check_credentials(options)
    _recognize_account_id(options)
    sources: dict[str, str] = {}
    for name, option in spec.items():
        if not (is_given(options[name]) or name in task_only or ignore_environment(name, explicit, options)):
            variable, value = _from_environment(name, option, environ)
            if variable:
                options[name], sources[name] = value, f"from the environment variable {variable}"
        if not is_given(options[name]):
            options[name] = _DEFAULTS.get(name, options[name])
        if not is_given(options[name]) and option.get("required"):
            raise InputError(f"{name} is required")
    key = options["ibmcloud_api_key"]
    if key.startswith("@"):
        options["ibmcloud_api_key"] = read_api_key(key[1:].strip(), warn)
        sources["ibmcloud_api_key"] = f"from the file {key[1:].strip()}"
    for name, value in options.items():
        if is_given(value):
            options[name] = _validate(name, value, spec[name], sources.get(name, ""))
    check_profile(options)
    if not options["validate_certs"] and given.get("ca_cert"):
        raise InputError("validate_certs=false and ca_cert are mutually exclusive", hint="Set only one of them.")
    region = "" if sources.get("region") else options["region"]
    _resolve_endpoints(options, region, environ if is_login else {})
    return options_type(options)


def _recognize_account_id(options: dict[str, t.Any]) -> None:
    """If the ``account`` option contains an ID, move the ID to ``account_id``."""
    if is_account_id(options.get("account") or ""):
        options.update(account_id=options["account"], account="")


def _given_or_empty(name: str, value: t.Any, kind: str) -> t.Any:
    """Replace a null value with the empty value of the option's type.

    A null value of ``clusters`` is kept, because an empty list would mean "no clusters".
    """
    return _EMPTY.get(kind) if value is None and name != "clusters" else value


def _resolve_endpoints(options: dict[str, t.Any], given_region: str, environ: t.Mapping[str, str]) -> None:
    """Add the endpoints from the endpoints file to the options. Verify that a region that the task sets has an effect."""
    kind = environ.get("IC_PRIVATE_ENDPOINT_TYPE", "").strip()
    if kind not in ("", "vpe") and options["visibility"] != "public":
        raise InputError(
            "The environment variable IC_PRIVATE_ENDPOINT_TYPE must be vpe or empty",
            hint="Private requests use virtual private endpoints. For other hosts, set iam_endpoint, accounts_endpoint and "
            "containers_endpoint.",
        )
    path = environ.get(ENDPOINTS_VARIABLE, "").strip()
    if path:
        variables = {name: ENVIRONMENT[name][0] for name in _ENDPOINTS if not options[name]}
        region = options["region"] or _FILE_REGION
        options.update(read_endpoints(path, options["visibility"], region, variables))
    is_current = options["api_generation"] == CURRENT.name
    if given_region and is_current and options["visibility"] == "public" and not path:
        raise InputError(
            "region has no effect, because it selects private endpoints and visibility is public",
            hint="Omit region, or set visibility to private.",
        )


def effective_text(name: str, given: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> str:
    """Return an option's value from the task or the environment, or an empty string. Other options do not affect the result."""
    return str(_tidy(name, given.get(name)) or _from_environment(name, {}, environ)[1] or "")


def candidate_secrets(given: t.Mapping[str, t.Any], spec: Spec, environ: t.Mapping[str, str]) -> t.Iterator[str]:
    """Yield all values that may be secrets, including values that are not valid."""
    for variable in ENVIRONMENT["cr_token_file"]:
        # The environment variable may contain a token by mistake instead of a path. The error message must not show the token.
        yield "" if environ.get(variable, "").startswith("@") else environ.get(variable, "")
    if "clusters" in spec:
        yield from tokens_of_records(given.get("clusters"))
    for name, option in spec.items():
        if option.get("no_log"):
            values = [given.get(key) for key in (name, *option.get("aliases", ()))]
            values += [environ.get(variable) for variable in ENVIRONMENT.get(name, ())]
            for text in (str(value) for value in values if value is not None):
                # The path of a key file is not a secret.
                if name != "ibmcloud_api_key" or not text.strip().startswith("@"):
                    yield text
        elif name.endswith(("_endpoint", "_url")):
            # A URL with a password is rejected. Ansible shows the rejected URL, so the password must be masked.
            yield from _USERINFO.findall(str(given.get(name) or ""))


def secrets_in(options: CommonOptions, spec: Spec) -> dict[str, str]:
    """Return the effective secret options by name, and the tokens in the records of ``clusters``."""
    values = vars(options)
    secrets = {name: values[name] for name in spec if spec[name].get("no_log") and values[name]}
    tokens = enumerate(tokens_of_records(values["clusters"])) if "clusters" in spec else ()
    return {**{f"token {number} in clusters": token for number, token in tokens}, **secrets}


def tokens_of_records(clusters: t.Any) -> t.Iterator[str]:
    """Yield the tokens in records that ``cluster_login`` returned."""
    for record in clusters if isinstance(clusters, (list, tuple)) else ():
        for name in ("id_token", "openshift_token"):
            token = record.get(name) if isinstance(record, dict) else None
            if isinstance(token, str) and token:
                yield token


def _tidy(name: str, value: t.Any) -> t.Any:
    if not isinstance(value, str):
        return value
    if name == "password":
        # Trailing line breaks are removed, because they usually come from a file. Trailing spaces may be part of the password.
        return value.rstrip("\r\n")
    value = value.strip()
    if name in ("access_token", "id_token") and value[:7].lower() == "bearer ":
        value = value[7:].strip()
    return value


def _from_environment(name: str, option: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> tuple[str, t.Any]:
    """Return the name and value of the option's first environment variable that is not empty, or ``("", None)``."""
    for variable in ENVIRONMENT.get(name, ()):
        text = environ.get(variable, "").strip()
        if text:
            try:
                value = float(text) if option.get("type") == "float" else text
            except ValueError:
                raise InputError(f"{name} must be a number (from the environment variable {variable})") from None
            if name == "cr_token_file":
                value = _path_of(text, variable)
            return variable, _tidy(name, value)
    return "", None


def _validate(name: str, value: t.Any, option: t.Mapping[str, t.Any], source: str) -> t.Any:
    """Validate the value of an option, and return the result. Error messages contain ``source``."""
    try:
        paths = value if option.get("elements") == "path" else [value] if option.get("type") == "path" else ()
        for path in paths:
            check_path(path, name=name)
        return validate(name, value)
    except InputError as exc:
        if not source:
            raise
        reason, hint = exc.reason, exc.hint
    raise InputError(f"{reason} ({source})", hint=hint)


def _path_of(text: str, variable: str) -> str:
    """Return the path that an environment variable contains. IBM's tools use the format ``@/path/of/file``.

    :raises InputError: if the text has another format. The message does not contain the text, because the text may be a token.
    """
    path = text[1:].strip() if text.startswith("@") else ""
    if path:
        return os.path.expanduser(path)
    raise InputError(
        f"The environment variable {variable} must be @ followed by the path of a file, not a token",
        hint=f"Write the token to a file, and set {variable}=@/path/of/file or cr_token_file.",
    )
