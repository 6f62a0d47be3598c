# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests with a local clock that differs from the token service's clock."""

from __future__ import annotations

import email.utils
import time
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.account_info import MODULE as ACCOUNT_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.iam_token import MODULE as IAM_TOKEN
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, access_token, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Script, answer, reset, silence

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module

HOUR = 3600


def _run(module: Module, server: Loopback, **given: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    """Run the module with this server in place of all services, and return the result and the warnings."""
    defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}
    names = ("IAM", "ACCOUNT_MANAGEMENT", "CS")
    environ = {f"IBMCLOUD_{name}_API_ENDPOINT": server.url for name in names}
    warnings: list[str] = []
    result, _secrets = execute(module, {**defaults, **given}, environ=environ, check_mode=False, warn=warnings.append)
    return result, warnings


def _discovery(ahead: float) -> bytes:
    """Return a response whose Date header is ``ahead`` seconds behind the local clock."""
    return answer({}, head={"Date": email.utils.formatdate(time.time() - ahead, usegmt=True)})


@pytest.mark.parametrize("option", ["access_token", "both"])
def test_a_new_token_is_used_if_the_local_clock_is_ahead(option: str) -> None:
    """The client cannot renew the token. Therefore, the client compares the token's expiry with the service's clock."""
    now = time.time() - HOUR
    token = access_token(expires=now + HOUR - 1, iat=now - 1)
    more = {"id_token": jwt(iat=now, exp=now + HOUR - 1)} if option == "both" else {}
    with Loopback(_discovery(HOUR)) as server:
        result, warnings = _run(IAM_TOKEN, server, access_token=token, **more)

        assert [seen.target for seen in server.seen] == ["/identity/.well-known/openid-configuration"]
    assert not result.get("failed"), result
    assert HOUR - 30 <= result["expires_in"] <= HOUR
    assert result.get("id_token", "") == more.get("id_token", "")
    (warning,) = warnings
    assert warning.startswith("This machine's clock is 3")
    assert "s ahead of the token service's clock. Correct this machine's clock" in warning


def test_a_token_that_is_expired_by_both_clocks_is_an_error() -> None:
    """The error message contains the clock difference, because the difference may cause other errors."""
    with Loopback(_discovery(HOUR)) as server:
        result, _warnings = _run(IAM_TOKEN, server, access_token=access_token(expires=time.time() - HOUR - 60))

    assert "The given access_token expired at" in result["msg"]
    assert "s ahead of the token service's clock" in result["msg"]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(lambda peer: peer.send(_discovery(0)), id="same-time"),
        pytest.param(answer({}), id="no-date"),
        pytest.param(answer({}, head={"Date": "yesterday"}), id="no-valid-date"),
        pytest.param(answer(status=503), id="unavailable"),
        pytest.param(reset, id="reset"),
    ],
)
def test_the_local_clock_is_used_without_a_date_of_the_service(script: Script | bytes) -> None:
    """The client sends one request for the service's time, and then uses the local clock."""
    with Loopback(script) as server:
        result, warnings = _run(IAM_TOKEN, server, access_token=access_token(expires=time.time() - 60))

        assert len(server.seen) == 1
    assert "The given access_token expired at" in result["msg"]
    assert "ahead" not in result["msg"]
    assert warnings == []


def test_a_service_that_does_not_respond_delays_the_error_briefly() -> None:
    with Loopback(silence) as server:
        began = time.monotonic()
        result, _warnings = _run(IAM_TOKEN, server, access_token=access_token(expires=time.time() - 60), timeout=30.0)

    assert result["failed"]
    assert time.monotonic() - began < 8


def test_a_token_that_expired_days_ago_is_rejected_without_a_request() -> None:
    with Loopback(_discovery(HOUR)) as server:
        result, _warnings = _run(IAM_TOKEN, server, access_token=access_token(expires=time.time() - 3 * 86400))

        assert server.seen == []
    assert "expired at" in result["msg"]


def test_a_response_without_expires_in_has_the_lifetime_of_its_claims() -> None:
    """The lifetime is the difference between the claims ``exp`` and ``iat``, because the local clock may be wrong."""
    now = time.time() - 2 * HOUR
    token = access_token(expires=now + HOUR, iat=now)
    with Loopback(answer({"access_token": token, "token_type": "Bearer"})) as server:
        result, _warnings = _run(IAM_TOKEN, server, ibmcloud_api_key="not-a-real-key")

    assert result["expires_in"] == HOUR


# The account list is optional


SIGNED_IN = {"access_token": access_token(expires=time.time() + HOUR), "account_id": ACCOUNT}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(answer({"message": "no"}, status=403), "HTTP 403", id="403"),
        pytest.param(answer({"message": "no"}, status=401), "HTTP 401", id="401"),
        pytest.param(answer(status=404), "HTTP 404", id="404"),
        pytest.param(answer(status=503), "HTTP 503", id="503"),
        pytest.param(answer(status=429, head={"Retry-After": "60"}), "HTTP 429", id="429"),
        pytest.param(answer(b"<html>"), "HTML", id="page"),
        pytest.param(reset, "", id="reset"),
        pytest.param(answer({"resources": [], "next_url": None}), "does not contain it", id="not-in-the-list"),
    ],
)
def test_a_failed_account_list_is_a_warning_if_the_id_is_known(script: Script | bytes, reason: str) -> None:
    """The access token contains the account's ID, so the module does not require the account list, and sends only one request for it."""
    with Loopback(script) as server:
        result, warnings = _run(ACCOUNT_INFO, server, **SIGNED_IN)

        assert len(server.seen) == 1
    assert result["account"] == {"id": ACCOUNT, "name": None}
    assert result["accounts"] == [result["account"]]
    (warning,) = warnings
    assert warning.startswith(f"The name of account {ACCOUNT} is unknown: ")
    assert reason in warning


def test_a_slow_account_list_delays_the_result_briefly() -> None:
    with Loopback(silence) as server:
        began = time.monotonic()
        result, warnings = _run(ACCOUNT_INFO, server, **SIGNED_IN, timeout=30.0)

    assert (result["account"], len(warnings)) == ({"id": ACCOUNT, "name": None}, 1)
    assert time.monotonic() - began < 8


def test_a_failed_account_list_is_an_error_without_account_id() -> None:
    """Without ``account_id``, the module must return the whole list."""
    with Loopback(answer({"message": "no"}, status=403)) as server:
        result, _warnings = _run(ACCOUNT_INFO, server, access_token=SIGNED_IN["access_token"])

    assert result["failed"]
    assert "HTTP 403" in result["msg"]
