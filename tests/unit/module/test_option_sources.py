# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of unset options, of files that options refer to, and of settings for Terraform and IBM's CLI."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.argument_specs import tidy_arguments
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, execute
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

KEY = "not-a-real-key_0123456789abcdefghijklmnopqrs"
MODULES_PACKAGE = "ansible_collections.ibmcloud.kubernetes.plugins.modules"
NAMES = sorted(
    path.stem
    for path in pathlib.Path(importlib.import_module(f"{MODULES_PACKAGE}.iam_token").__file__ or "").parent.glob("*.py")
    if not path.stem.startswith("_")
)
MODULES: dict[str, Module] = {name: importlib.import_module(f"{MODULES_PACKAGE}.{name}").MODULE for name in NAMES}
Given = dict[str, t.Any]
TOKEN = {
    "access_token": jwt(iam_id="IBMid-1", account={"bss": ACCOUNT}, iat=NOW, exp=NOW + 3600),
    "token_type": "Bearer",
    "expires_in": 3600,
}


class Refused(Exception):
    """The error that a module reports for invalid options."""


def resolve(module: Module, given: Given, environ: Given | None = None) -> Given:
    """Return the effective options of the module."""
    checked = ArgumentSpecValidator(module.argument_spec).validate(tidy_arguments(given, module.argument_spec))
    if checked.error_messages:
        raise Refused(checked.errors.msg)
    seen: Given = {}
    probe = Module(
        module.name,
        lambda task, _cloud: seen.update(vars(task.options)) or {},
        module.options_type,
        module.options,
        module.task_only,
    )  # type: ignore[func-returns-value]
    result, _secrets = execute(
        probe, checked.validated_parameters, environ=environ or {}, check_mode=False, warn=lambda _text: None
    )
    if result.get("failed"):
        raise Refused(result["msg"])
    return seen


def required(module: Module) -> Given:
    values = {
        "master_url": "https://127.0.0.1:1",
        "name": "a",
        "path": "/tmp/config",
    }  # The tests never use these values.
    return {name: values[name] for name, option in module.argument_spec.items() if option.get("required")}


OPTIONS = [(name, option) for name in NAMES for option in MODULES[name].argument_spec]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("empty", [None, ""], ids=["null", "empty"])
def test_null_and_empty_strings_are_unset(name: str, empty: str | None) -> None:
    """The test covers all options of all modules. A required option that is empty is reported as missing."""
    module = MODULES[name]
    given = required(module)
    region = {"region": "us-south"} if name == "cf_space_info" else {}
    usual = resolve(module, {**given, **region, **_generation(name)})
    for option in module.argument_spec:
        if option in given:
            with pytest.raises(Refused, match=option):
                resolve(module, {**given, option: empty})
        elif option not in {**region, **_generation(name)}:
            assert resolve(module, {**given, **region, **_generation(name), option: empty}) == usual, option


def _generation(name: str) -> Given:
    return {"api_generation": "2017"} if name == "cf_space_info" else {}


LISTS = [
    (name, option)
    for name in NAMES
    for option, spec in MODULES[name].argument_spec.items()
    if spec["type"] == "list" and spec.get("elements") == "str"
]
ITEMS = {"provider": ("classic", "satellite")}


@pytest.mark.parametrize(("name", "option"), LISTS)
def test_strings_are_split_into_lists(name: str, option: str) -> None:
    """Answers in AWX surveys and values of extra variables are strings. A comma or a line break at the end does not add an item."""
    module = MODULES[name]
    one, two = ITEMS.get(option, ("mine", "other"))
    for text in (f"{one},", f"{one}\n", f" {one} ,\n"):
        assert resolve(module, {**required(module), option: text})[option] == [one]
    assert resolve(module, {**required(module), option: f"{one}, {two}\n"})[option] == [one, two]
    if option != "clusters":
        assert resolve(module, {**required(module), option: [one, "", None, " "]})[option] == [one]


@pytest.mark.parametrize("name", [name for name, option in LISTS if option == "clusters"])
@pytest.mark.parametrize("value", [",", "\n,", ["a", ""], ["a", None]])
def test_clusters_without_a_name_are_errors(name: str, value: t.Any) -> None:
    """An empty list of names must never select all clusters."""
    with pytest.raises(Refused, match="clusters"):
        resolve(MODULES[name], {**required(MODULES[name]), "clusters": value})


# Paths

PATHS = [
    (name, option)
    for name in NAMES
    for option, spec in MODULES[name].argument_spec.items()
    if "path" in (spec["type"], spec.get("elements"))
]


@pytest.mark.parametrize("text", ["/a\0b", "~\0", "/a\ud800b"], ids=["NUL", "NUL-in-user", "surrogate"])
@pytest.mark.parametrize(("name", "option"), PATHS)
def test_invalid_paths_are_rejected(name: str, option: str, text: str) -> None:
    """The test covers all path options of all modules."""
    more = {"profile_id": "Profile-5f1c2d3e-1111-4222-8333-445566778899"} if option == "cr_token_file" else {}
    with pytest.raises(Refused, match=option) as caught:
        resolve(MODULES[name], {**required(MODULES[name]), **more, option: text})

    assert "bug" not in str(caught.value)
    str(caught.value).encode()


# API keys in files


def _log_in(given: Given, environ: Given | None = None) -> tuple[Given, list[str], list[str]]:
    """Return the result of iam_token, the warnings, and the request bodies that the service received."""
    module = MODULES["iam_token"]
    warnings: list[str] = []
    with Loopback(answer(TOKEN)) as server:
        defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}
        result, _secrets = execute(
            module,
            {**defaults, **given},
            environ={"IBMCLOUD_IAM_API_ENDPOINT": server.url, **(environ or {})},
            check_mode=False,
            warn=warnings.append,
        )
        keys = [seen.body.decode() for seen in server.seen]
    return result, warnings, keys


CLI_FILE = {"name": "ci", "description": "", "apikey": KEY, "createdAt": "2026-01-05T10:08+0000", "locked": False}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(KEY, id="key"),
        pytest.param(f"{KEY}\r\n", id="line-break"),
        pytest.param(f"\ufeff{KEY}", id="byte-order-mark"),
        pytest.param(json.dumps(CLI_FILE, indent=1), id="CLI"),
        pytest.param("\ufeff" + json.dumps({"apiKey": f" {KEY}\n"}), id="CLI-older"),
    ],
)
@pytest.mark.parametrize("place", ["option", "IC_API_KEY", "IBMCLOUD_API_KEY"])
def test_an_api_key_is_read_from_a_file(tmp_path: pathlib.Path, content: str, place: str) -> None:
    """The contents include both formats of key files from IBM's CLI."""
    path = tmp_path / "key"
    path.write_text(content)
    path.chmod(0o600)
    text = f"@{path}"
    result, warnings, (body,) = _log_in({"ibmcloud_api_key": text}) if place == "option" else _log_in({}, {place: text})

    assert not result.get("failed"), result
    assert f"apikey={KEY}" in body
    assert warnings == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "does not exist", id="missing"),
        pytest.param(b" \n", "is empty", id="empty"),
        pytest.param(b"{SECRET", "is not a valid JSON document", id="broken-JSON"),
        pytest.param(b'{"name": "SECRET"}', "does not have the field apikey", id="no-key"),
        pytest.param(b'["SECRET"]', "does not have the field apikey", id="list"),
        pytest.param(b'{"apikey": {"a": "SECRET"}}', "does not have the field apikey", id="no-text"),
        pytest.param(b"SECRET one\nSECRET two", "ibmcloud_api_key contains whitespace (from the file", id="two-lines"),
        pytest.param(b"SECRET" * 20000, "is larger than 65536 bytes", id="large"),
        pytest.param(b"\xff\xfeSECRET", "ibmcloud_api_key contains characters", id="binary"),
    ],
)
def test_a_file_without_an_api_key_is_rejected(tmp_path: pathlib.Path, content: bytes | None, reason: str) -> None:
    """The message contains the path, but not the content of the file."""
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    result, _warnings, keys = _log_in({"ibmcloud_api_key": f"@{path}"})

    assert reason in result["msg"]
    assert str(path) in result["msg"]
    assert "SECRET" not in json.dumps(result)
    assert keys == []


@pytest.mark.parametrize("kind", ["folder", "fifo", "device"])
def test_an_api_key_file_must_be_a_regular_file(tmp_path: pathlib.Path, kind: str) -> None:
    """A read from a FIFO would block the module."""
    path = tmp_path / "key" if kind != "device" else pathlib.Path("/dev/zero")
    if kind == "folder":
        path.mkdir()
    if kind == "fifo":
        os.mkfifo(path)
    result, _warnings, keys = _log_in({"ibmcloud_api_key": f"@{path}"})

    assert str(path) in result["msg"]
    assert keys == []


@pytest.mark.parametrize(("mode", "warns"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_an_api_key_file_that_others_can_read_is_a_warning(tmp_path: pathlib.Path, mode: int, warns: bool) -> None:
    """The module only warns, because the secrets that Kubernetes mounts are often readable by all users."""
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    result, warnings, _keys = _log_in({"ibmcloud_api_key": f"@{path}"})

    assert not result.get("failed")
    assert [f"Run: chmod 600 {path}" in warning for warning in warnings] == [True] * warns


def test_a_key_of_a_file_is_masked_in_errors(tmp_path: pathlib.Path) -> None:
    """The key is also in the returned secrets, so the caller can mask the key."""
    path = tmp_path / "key"
    path.write_text(KEY)
    module = MODULES["iam_token"]
    defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}
    with Loopback(answer({"errorCode": "X", "errorMessage": f"no {KEY}"}, status=400)) as server:
        result, secrets = execute(
            module,
            {**defaults, "ibmcloud_api_key": f"@{path}"},
            environ={"IBMCLOUD_IAM_API_ENDPOINT": server.url},
            check_mode=False,
            warn=lambda _text: None,
        )

    assert KEY not in json.dumps(result)
    assert KEY in secrets.values()


# Settings for Terraform


def _hosts(environ: Given, **given: t.Any) -> list[str]:
    """Return the effective hosts of IAM, the account service and the containers API."""
    module = MODULES["account_info"]
    seen: list[str] = []
    probe = Module(
        module.name,
        lambda _task, cloud: (
            seen.extend([cloud.login.iam._url, cloud.endpoints.accounts, cloud.containers._base]) or {}
        ),  # type: ignore[func-returns-value]
        module.options_type,
        module.options,
    )
    defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}
    result, _secrets = execute(probe, {**defaults, **given}, environ=environ, check_mode=False, warn=lambda _text: None)
    if result.get("failed"):
        raise Refused(result["msg"])
    return [url.removeprefix("https://").partition("/")[0] for url in seen]


def test_public_and_private_prefers_private_endpoints() -> None:
    """Without a region, the containers API does not have a private endpoint."""
    environ = {"IC_VISIBILITY": "public-and-private"}
    private = ["private.iam.cloud.ibm.com", "private.accounts.cloud.ibm.com"]

    assert _hosts(environ) == [*private, "containers.cloud.ibm.com"]
    assert _hosts({**environ, "IC_REGION": "eu-de"}) == [*private, "private.eu-de.containers.cloud.ibm.com"]


@pytest.mark.parametrize(("kind", "refused"), [("vpe", False), ("", False), ("cse", True)])
def test_private_endpoints_must_be_of_the_type_vpe(kind: str, refused: bool) -> None:
    """The collection supports only virtual private endpoints (vpe)."""
    environ = {"IC_VISIBILITY": "private", "IC_REGION": "eu-de", "IC_PRIVATE_ENDPOINT_TYPE": kind}
    if refused:
        with pytest.raises(Refused, match="IC_PRIVATE_ENDPOINT_TYPE must be vpe or empty"):
            _hosts(environ)
    else:
        assert _hosts(environ)[0] == "private.iam.cloud.ibm.com"


ENDPOINTS = {
    "IBMCLOUD_IAM_API_ENDPOINT": {"public": {"us-south": "https://iam.example", "eu-de": "https://iam.eu.example"}},
    "IBMCLOUD_CS_API_ENDPOINT": {"private": {"eu-de": "https://cs.eu.example"}},
}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, ["iam.example", "accounts.cloud.ibm.com", "containers.cloud.ibm.com"], id="default-region"),
        pytest.param(
            {"IC_REGION": "eu-de"},
            ["iam.eu.example", "accounts.cloud.ibm.com", "containers.cloud.ibm.com"],
            id="region",
        ),
        pytest.param(
            {"IC_REGION": "eu-de", "IC_VISIBILITY": "public-and-private"},
            ["iam.eu.example", "private.accounts.cloud.ibm.com", "cs.eu.example"],
            id="both",
        ),
        pytest.param(
            {"IBMCLOUD_IAM_API_ENDPOINT": "https://mine.example"},
            ["mine.example", "accounts.cloud.ibm.com", "containers.cloud.ibm.com"],
            id="variable-first",
        ),
    ],
)
def test_the_endpoints_file_sets_endpoints(tmp_path: pathlib.Path, environ: Given, expected: list[str]) -> None:
    """An endpoint's environment variable takes precedence over the file. The file takes precedence over the ``visibility`` option."""
    path = tmp_path / "endpoints.json"
    path.write_text(json.dumps(ENDPOINTS))

    assert _hosts({"IC_ENDPOINTS_FILE_PATH": str(path), **environ}) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "does not exist"),
        ("[]", "is not a JSON object"),
        ("{", "is not a JSON object"),
        ('{"IBMCLOUD_IAM_API_ENDPOINT": "https://a.example"}', "IBMCLOUD_IAM_API_ENDPOINT must have the form"),
        ('{"IBMCLOUD_IAM_API_ENDPOINT": {"public": {"us-south": 1}}}', "us-south must be a URL"),
        ('{"IBMCLOUD_IAM_API_ENDPOINT": {"public": {"us-south": "http://a.example"}}}', "iam_endpoint cannot be used"),
    ],
)
def test_an_unusable_endpoints_file_is_an_error(tmp_path: pathlib.Path, content: str | None, reason: str) -> None:
    path = tmp_path / "endpoints.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Refused) as caught:
        _hosts({"IC_ENDPOINTS_FILE_PATH": str(path)})

    assert reason in str(caught.value)


def test_a_region_without_effect_is_an_error() -> None:
    """Otherwise, users might expect the option to filter clusters. A region in the environment is allowed, because other tools may use it."""
    with pytest.raises(Refused, match=r"region has no effect, because .* Omit region, or set visibility"):
        _hosts({}, region="us-south")
    assert _hosts({"IC_REGION": "us-south"})
    assert _hosts({}, region="us-south", visibility="private")
    assert _hosts({}, region="us-south", api_generation="2020")
