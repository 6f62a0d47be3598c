# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the module runner: options, results, and secrets in errors."""

from __future__ import annotations

import base64
import json
import typing as t
from urllib.parse import quote

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._cloud import Cloud
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    InputError,
    LookupFailed,
    PartialFailure,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.options import CommonOptions
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.argument_specs import CONNECTION, CREDENTIALS
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, Result, Task, execute
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import access_token, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    from simulator import Simulator

KEY = "not-a-real-key/ada+dev="
Behaviour = t.Callable[[Task, Cloud], Result]


def _perform(
    behaviour: Behaviour,
    given: dict[str, t.Any] | None = None,
    environ: dict[str, str] | None = None,
    *,
    check_mode: bool = False,
    warnings: list[str] | None = None,
) -> tuple[Result, dict[str, str]]:
    module = Module(
        "made_up",
        behaviour,
        CommonOptions,
        options={"colour": {"type": "str"}, "id_token": {"type": "str", "no_log": True}},
    )
    defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}
    return execute(
        module,
        {**defaults, **(given or {})},
        environ=environ or {},
        check_mode=check_mode,
        warn=warnings.append if warnings is not None else lambda _text: None,
    )


def _login(task: Task, cloud: Cloud) -> Result:
    return {"account_id": cloud.login.token().claims.account_id}


def test_the_result_is_that_of_the_function() -> None:
    """In the result, ``changed`` is false unless the function sets it."""
    assert _perform(lambda task, _cloud: {"colour": task.options.colour}, {"colour": " red "})[0] == {
        "changed": False,
        "colour": "red",
    }
    assert _perform(lambda _task, _cloud: {"changed": True})[0] == {"changed": True}


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_function_gets_check_mode_and_can_warn(check_mode: bool) -> None:
    """The task provides check mode and ``warn``, so the function does not depend on the runner."""
    warnings: list[str] = []

    def behaviour(task: Task, _cloud: Cloud) -> Result:
        task.warn("careful")
        return {"mode": task.check_mode}

    assert _perform(behaviour, check_mode=check_mode, warnings=warnings)[0]["mode"] is check_mode
    assert warnings == ["careful"]


def test_each_module_has_the_shared_options() -> None:
    """A module can add options and override shared options."""
    module = Module("made_up", _login, CommonOptions, options={"colour": {"type": "str"}, "timeout": {"type": "int"}})

    assert set(module.argument_spec) == {*CREDENTIALS, *CONNECTION, "colour"}
    assert module.argument_spec["timeout"] == {"type": "int"}


def test_an_error_is_returned_as_a_failed_result() -> None:
    """The message is a single line that contains the module, the reason and the hint."""

    def behaviour(_task: Task, _cloud: Cloud) -> Result:
        raise LookupFailed("There is none", kind="not_found", hint="Look elsewhere.")

    result, _secrets = _perform(behaviour)

    assert result == {
        "changed": False,
        "failed": True,
        "msg": "made_up: There is none. Look elsewhere.",
        "error": {"kind": "not_found", "hint": "Look elsewhere."},
    }


def test_a_failed_result_contains_the_successful_clusters() -> None:
    """The failed result reports a change if some clusters were synchronized."""
    clusters = [{"cluster": "a", "applied": True}]

    def behaviour(_task: Task, _cloud: Cloud) -> Result:
        failures = [{"cluster": "b", "msg": "x", "error": {"kind": "rbac_error"}}]
        raise PartialFailure(failures, total=2, result={"changed": True, "clusters": clusters})

    result, _secrets = _perform(behaviour)

    assert (result["changed"], result["clusters"], result["failed"]) == (True, clusters, True)
    assert (result["msg"], result["error"]) == ("made_up: 1 of 2 clusters failed: b: x", {"kind": "rbac_error"})


def test_a_failed_result_keeps_line_ends_and_has_no_secret() -> None:
    """A CA certificate is invalid without its line endings. Text from a service can contain secrets."""
    pem = "-----BEGIN CERTIFICATE-----\nbWFkZSB1cA==\n-----END CERTIFICATE-----\n"

    def behaviour(task: Task, cloud: Cloud) -> Result:
        failures = [{"cluster": "b", "msg": f"no {KEY}\nhere", "error": {"kind": "auth", "message": f"\x1b{KEY}"}}]
        clusters = [{"ca_cert_data": pem, "note": f"a {KEY}", "other": jwt(sub="ada")}]
        raise PartialFailure(failures, total=2, result={"clusters": clusters, "failures": failures})

    result, _secrets = _perform(behaviour, {"ibmcloud_api_key": KEY})

    assert result["clusters"] == [{"ca_cert_data": pem, "note": "a ***", "other": "***"}]
    assert result["failures"][0]["msg"] == "no *** here"
    assert result["msg"] == "made_up: 1 of 2 clusters failed: b: no *** here"
    assert KEY not in json.dumps(result)


def test_failures_in_a_successful_result_are_masked() -> None:
    """A cluster can echo a secret, and the role's summary contains the cluster's message."""

    def behaviour(_task: Task, _cloud: Cloud) -> Result:
        failure = {"cluster": "a", "msg": f"HTTP 400 [no {KEY}]\x1b[31m", "error": {"message": KEY}}
        return {"failures": [failure], "summary": [f"Failed {KEY}\x1b[31m"]}

    result, _secrets = _perform(behaviour, {"ibmcloud_api_key": KEY})

    assert "failed" not in result
    assert result["failures"] == [{"cluster": "a", "msg": "HTTP 400 [no ***] ", "error": {"message": "***"}}]
    assert result["summary"] == ["Failed *** "]


def test_progress_messages_are_masked() -> None:
    """Progress messages are printed before the result is masked."""
    said: list[str] = []

    def behaviour(task: Task, _cloud: Cloud) -> Result:
        task.report_progress(f"1 of 2\x1b[31m {KEY}")
        return {}

    module = Module("made_up", behaviour, CommonOptions, options={})
    defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}

    execute(
        module,
        {**defaults, "ibmcloud_api_key": KEY},
        environ={},
        check_mode=False,
        warn=lambda _text: None,
        report_progress=said.append,
    )

    assert said == ["1 of 2  ***"]


def test_effective_secrets_are_returned() -> None:
    """The secrets from options and environment variables are keyed by option name. The runner uses these values to mask the secrets."""
    token = access_token()

    _result, secrets = _perform(
        lambda _task, _cloud: {},
        {"access_token": f"Bearer {token}", "account": "Example Development"},
        {"IC_API_KEY": f"{KEY}\n", "IC_REGION": "eu-de"},
    )

    assert secrets == {"access_token": token, "ibmcloud_api_key": KEY}


@pytest.mark.parametrize(("given", "warned"), [({"validate_certs": False}, True), ({}, False)])
def test_validate_certs_false_is_a_warning(given: dict[str, t.Any], warned: bool) -> None:
    """With ``validate_certs=false``, each task emits a single warning."""
    warnings: list[str] = []

    _perform(lambda _task, _cloud: {}, given, warnings=warnings)

    assert bool(warnings) is warned
    assert all(text.startswith("validate_certs is false") for text in warnings)


def test_no_request_is_sent_without_need(fleet: Simulator) -> None:
    _perform(lambda _task, _cloud: {}, environ=fleet.env)

    assert fleet.requests == []


def test_a_function_can_log_in(fleet: Simulator) -> None:
    """The environment variables determine the endpoints and the login."""
    assert _perform(_login, environ=fleet.env)[0] == {
        "changed": False,
        "account_id": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
    }


def test_endpoints_are_checked_before_the_function_runs() -> None:
    result, _secrets = _perform(lambda _task, _cloud: {}, {"visibility": "private"})

    assert "visibility=private requires a region" in result["msg"]
    assert result["error"]["kind"] == "input"


# Services that echo requests


def _echoes(text: str, status: int = 400) -> bytes:
    return answer({"errorCode": "BXNIM0415E", "errorMessage": text}, status=status)


ECHOES: dict[str, str] = {
    "F118-raw": f"key {KEY} not found",
    "F118-url-encoded": f"form apikey={quote(KEY, safe='')} not found",
    "F118-base64": f"body {base64.b64encode(KEY.encode()).decode()}",
    "F118-base64-of-more": f"body {base64.b64encode(f'{KEY}&more'.encode()).decode()}",
    "F118-token": f"token {jwt(secret='canary')}",
    "F118-bearer": "header Bearer canary-canary-canary",
    "F118-terminal": f"\x1b[31m{KEY}\x1b[0m\r\n",
    "F118-a-megabyte": f"{KEY} " * 50_000,
    "F118-without-a-blank": KEY * 50_000,
    **{f"F118-cut-{start}": "x" * (start - 20) + " key: " + KEY + " y" * 200 for start in range(270, 320, 5)},
}


@pytest.mark.parametrize("text", ECHOES.values(), ids=ECHOES.keys())
@pytest.mark.parametrize("place", ["option", "environment"])
def test_an_echoed_secret_is_masked(text: str, place: str) -> None:
    """Each encoding of the secret is masked, even if the message is truncated in the middle of the secret."""
    given, environ = ({"ibmcloud_api_key": KEY}, {}) if place == "option" else ({}, {"IC_API_KEY": KEY})
    with Loopback(_echoes(text)) as server:
        result, _secrets = _perform(_login, {**given, "iam_endpoint": server.url}, environ)

    shown = json.dumps(result)
    assert result["failed"] is True
    assert "BXNIM0415E" in result["msg"]
    assert len(result["msg"]) <= 620
    for secret in (
        KEY,
        KEY[:8],
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode()[:10],
        "canary",
        "\\u001b",
    ):
        assert secret not in shown
    assert "\\n" not in shown


def test_an_echoed_token_is_masked() -> None:
    """The account service echoes the token from IAM."""
    token = access_token(expires=4_000_000_000)
    opaque = "OKD-opaque-refresh-token/1="
    good = {"access_token": token, "refresh_token": opaque, "token_type": "Bearer", "expires_in": 3600}
    with Loopback(answer(good), _echoes(f"{token} {opaque}")) as server:
        result, _secrets = _perform(
            lambda _task, cloud: {"accounts": cloud.login.accounts.list_all()},
            {"ibmcloud_api_key": KEY, "iam_endpoint": server.url, "accounts_endpoint": server.url},
        )

        assert len(server.seen) == 2

    assert result["failed"] is True
    assert "OKD-opaque" not in json.dumps(result)
    assert token.split(".")[1][:12] not in json.dumps(result)


def test_a_rejected_secret_is_masked() -> None:
    """The secret is registered for masking before the first check."""

    def behaviour(_task: Task, _cloud: Cloud) -> Result:
        raise InputError(f"strange value {KEY}")

    result, _secrets = _perform(behaviour, {"ibmcloud_api_key": KEY})

    assert result["msg"] == "made_up: strange value ***"


@pytest.mark.parametrize("bug", [ZeroDivisionError, KeyError, OSError, ValueError])
def test_the_message_about_a_bug_has_the_line_and_no_values(bug: type[Exception]) -> None:
    """Python's exceptions and their causes can quote values."""

    def behaviour(_task: Task, _cloud: Cloud) -> Result:
        raise bug(KEY) from RuntimeError(KEY)

    result, _secrets = _perform(behaviour, {"ibmcloud_api_key": "another-key-of-nobody"})

    assert result["failed"]
    assert result["error"]["kind"] == "bug"
    assert result["msg"].startswith(f"made_up: A bug in this collection: {bug.__name__} at test_runner.py:")
    assert result["error"]["trace"][-1].endswith(" behaviour")
    assert KEY not in json.dumps(result)
