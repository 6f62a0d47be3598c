# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs I01 to I28: credentials and tokens."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import access_token
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import TOKENS
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.inputs import (
    CANARY,
    KEY,
    Given,
    accepted,
    form,
    places,
    refused,
    run_input,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import case, row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    import pathlib

TOKEN = access_token()
AWKWARD = "+/=&%" + KEY
NO_CREDENTIALS = "Set ibmcloud_api_key (or IC_API_KEY in the environment), username and password, passcode, "


def _key(value: t.Any, **more: t.Any) -> Given:
    return {"ibmcloud_api_key": value, **more}


BAD = [
    # Empty strings count as unset, because AWX also sets variables for the empty fields of a credential.
    row("I01", _key(""), NO_CREDENTIALS, name="empty"),
    row("I02", _key("  "), NO_CREDENTIALS, name="blanks"),
    row("I02", _key("\t\r\n"), NO_CREDENTIALS, name="line-ends"),
    row("I04", _key(f"{CANARY}\nB"), "ibmcloud_api_key contains whitespace", name="line-end"),
    row("I04", _key(f"{CANARY}\tB"), "ibmcloud_api_key contains whitespace", name="tab"),
    row("I04", _key(f"{CANARY} B"), "ibmcloud_api_key contains whitespace", name="blank"),
    row("I05", _key(f"{CANARY}\u00e9"), "ibmcloud_api_key contains characters", name="accent"),
    row("I05", _key(f"{CANARY}\u200b"), "ibmcloud_api_key contains characters", name="zero-width"),
    row("I05", _key(f"{CANARY}\x00"), "ibmcloud_api_key contains characters", name="NUL"),
    row("I07", _key(CANARY * 1707), "ibmcloud_api_key is longer than 1024", name="10kB"),
    *[row("I08", _key(value), "ibmcloud_api_key is a boolean", name=str(value)) for value in (True, False)],
    row("I08", _key([CANARY]), "ibmcloud_api_key is a JSON document or a list", name="list"),
    row("I08", _key([CANARY, "b"]), "ibmcloud_api_key", name="longer-list"),
    row("I08", _key({"apikey": CANARY}), "ibmcloud_api_key is a", name="dict"),
    row(
        "I09",
        _key(f'{{"name": "a", "apikey": "{CANARY}"}}'),
        "Set ibmcloud_api_key to the value of the apikey field",
        name="key-file",
    ),
    row("I10", _key(CANARY, passcode=CANARY), "ibmcloud_api_key and passcode are mutually exclusive"),
    row(
        "I11",
        _key(CANARY, username="a", password=CANARY),
        "ibmcloud_api_key and password are mutually exclusive",
        name="password",
    ),
    row("I11", _key(CANARY, username="a"), "username and ibmcloud_api_key are mutually exclusive", name="username"),
    row("I12", {"username": "a"}, "username requires password", name="no-password"),
    row("I12", {"username": "a", "password": "\n"}, "username requires password", name="empty-password"),
    row("I12", {"password": CANARY}, "password requires username", name="no-username"),
    row("I12", {"password": CANARY, "username": " "}, "password requires username", name="blank-username"),
    row("I13", {}, NO_CREDENTIALS),
    row("I17", {"passcode": f"{CANARY} B"}, "passcode contains whitespace", name="blank"),
    row("I17", {"passcode": f"{CANARY}\nB"}, "passcode contains whitespace", name="line-end"),
    row("I21", {"refresh_token": "not_supported"}, "refresh_token is the placeholder"),
    row("I24", {"access_token": CANARY}, "access_token is not an IAM token", name="opaque"),
    row("I24", {"access_token": f"{CANARY}.b"}, "access_token is not an IAM token", name="two-parts"),
    row("I24", {"access_token": f"a.{CANARY}!.c"}, "access_token is not an IAM token", name="base64"),
    row("I24", {"access_token": f"a.{CANARY}.c"}, "access_token is not an IAM token", name="no-JSON"),
    row("I24", {"access_token": f"{TOKEN}\n{CANARY}"}, "access_token is not an IAM token", name="line-end"),
    row("I24", {"access_token": f"Basic {CANARY}"}, "access_token is not an IAM token", name="other-scheme"),
    row("I24", _key(KEY, id_token=CANARY), "id_token is not an IAM token", name="id_token"),
    row("I25", {"access_token": access_token(expires=1767607683)}, "access_token expired at 2026-01-05T10:08:03Z"),
]
# Secret options, and the other options that they require
SECRETS: dict[str, Given] = {
    "ibmcloud_api_key": {},
    "password": {"username": "a"},
    "passcode": {},
    "access_token": {},
    "refresh_token": {},
    "id_token": {"ibmcloud_api_key": KEY},
}
TRACES = [
    ("I26", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "placeholder"),
    ("I26", "********", "stars"),
    ("I26", f"{CANARY}********", "stars-in-a-text"),
    ("I27", "$encrypted$", "AWX"),
    ("I27", f"$ANSIBLE_VAULT;1.1;AES256\n{CANARY}", "vault"),
    ("I27", f"!vault |\n{CANARY}", "vault-tag"),
    ("I28", f"{{{{ {CANARY} }}}}", "template"),
]
BAD += [
    row(number, {**more, option: value}, f"{option} is a masked, encrypted or unresolved", name=f"{name}-{option}")
    for number, value, name in TRACES
    for option, more in SECRETS.items()
]


@pytest.mark.parametrize(("given", "text"), BAD)
def test_invalid_credentials_are_rejected(given: Given, text: str) -> None:
    """The message contains the option's name and the reason, but not the option's value."""
    assert text in refused("iam_token", given)


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        row("I04", "IC_API_KEY", f"{CANARY}\tB", "ibmcloud_api_key contains whitespace", name="environment"),
        row(
            "I09", "IC_API_KEY", f'{{"apikey": "{CANARY}"}}', "ibmcloud_api_key is a JSON document", name="environment"
        ),
        row("I21", "IC_IAM_REFRESH_TOKEN", "not_supported", "refresh_token is the placeholder", name="environment"),
        row("I24", "IC_IAM_TOKEN", CANARY, "access_token is not an IAM token", name="environment"),
        row("I27", "IBMCLOUD_API_KEY", "$encrypted$", "ibmcloud_api_key is a masked", name="environment"),
    ],
)
def test_invalid_credentials_of_the_environment_are_rejected(variable: str, text: str, words: str) -> None:
    """The playbook does not contain the value, so the message also contains the environment variable's name."""
    message = refused("iam_token", {}, {variable: text})

    assert words in message
    assert f"(from the environment variable {variable})" in message


@pytest.mark.parametrize(
    ("given", "environ", "sent"),
    [
        row("I03", _key(f"{KEY}\n"), {}, {"apikey": KEY}, name="line-end"),
        row("I03", _key(f" {KEY}\r\n"), {}, {"apikey": KEY}, name="blanks"),
        row("I03", {}, {"IC_API_KEY": f"{KEY}\n"}, {"apikey": KEY}, name="environment"),
        row("I06", _key(AWKWARD), {}, {"apikey": AWKWARD}),
        row("I08", _key(1234567890123), {}, {"apikey": "1234567890123"}, name="int"),
        row("I14", {}, {"IC_API_KEY": "", "IBMCLOUD_API_KEY": KEY}, {"apikey": KEY}, name="second-variable"),
        row("I14", {"passcode": "code"}, {"IC_API_KEY": "", "IC_IAM_TOKEN": " "}, {"passcode": "code"}, name="blank"),
        row("I15", _key(KEY), {"IC_API_KEY": f"{CANARY}1", "IBMCLOUD_API_KEY": f"{CANARY}2"}, {"apikey": KEY}),
        row("I15", {"passcode": "code"}, {"IC_API_KEY": CANARY}, {"passcode": "code"}, name="another-way"),
        row("I16", {"passcode": " code\n"}, {}, {"passcode": "code"}),
        row("I18", {"username": "a", "password": " p "}, {}, {"username": "a", "password": " p "}, name="blanks"),
        row("I18", {"username": "a", "password": " p\r\n"}, {}, {"username": "a", "password": " p"}, name="line-end"),
    ],
)
def test_valid_credentials_are_sent(given: Given, environ: dict[str, str], sent: dict[str, str]) -> None:
    """The module sends one request. Ignored environment variables do not cause a warning."""
    result, (seen,) = accepted("iam_token", given, environ)

    names = ("apikey", "passcode", "username", "password", "refresh_token")
    assert {name: value for name, value in form(seen).items() if name in names} == sent
    assert "warnings" not in result
    assert CANARY.encode() not in seen.body
    if given.get("ibmcloud_api_key") == AWKWARD:
        assert b"apikey=%2B%2F%3D%26%25a-key" in seen.body


@case("I14")
def test_i14_empty_variables_are_unset() -> None:
    assert NO_CREDENTIALS in refused("iam_token", {}, {"IC_API_KEY": "", "IBMCLOUD_API_KEY": " \n"})


@case("I20")
@pytest.mark.parametrize("code", ["BXNIM0407E", "BXNIM0408E"])
def test_i20_an_expired_refresh_token_is_an_error(code: str) -> None:
    """Only the service can detect the expiry. The module does not retry the request."""
    with Loopback(answer({"errorCode": code, "errorMessage": "No."}, status=400)) as server:
        result = run_input("iam_token", {"refresh_token": f"{CANARY}-refresh"}, places(server))

        assert len(server.seen) == 1
    assert (result["failed"], result["error"]["kind"]) == (True, "auth")
    assert f"[{code}: No.]" in result["msg"]
    assert "log in again" in result["msg"]
    assert CANARY not in result["msg"]


@pytest.mark.parametrize(
    "text",
    [
        row("I22", f"Bearer {TOKEN}", name="Bearer"),
        row("I22", f"bearer {TOKEN}", name="bearer"),
        row("I22", f"BEARER   {TOKEN}", name="BEARER"),
        row("I23", f"{TOKEN}\n", name="line-end"),
        row("I23", f" Bearer {TOKEN} \r\n", name="both"),
    ],
)
@pytest.mark.parametrize("place", ["option", "environment"])
def test_scheme_and_line_end_of_a_copied_token_are_removed(text: str, place: str) -> None:
    """The Authorization header contains the scheme only once."""
    given, environ = ({"access_token": text}, {}) if place == "option" else ({}, {"IC_IAM_TOKEN": text})
    _result, (seen,) = accepted("account_info", given, environ, answer({"resources": [], "next_url": None}))

    assert seen.headers["authorization"] == f"Bearer {TOKEN}"


@case("I24")
def test_i24_a_token_without_claims_is_accepted_as_openshift_token(tmp_path: pathlib.Path) -> None:
    """The ``openshift_token`` option accepts any valid header value."""
    master = "https://c1.us-south.containers.cloud.ibm.com:30000"
    result, seen = accepted(
        "kubeconfig",
        {"master_url": master, "openshift_token": "sha256~opaque", "name": "x", "path": str(tmp_path / "config")},
    )

    assert ("sha256~opaque" in (tmp_path / "config").read_text(), result["changed"], seen) == (True, True, [])
    given = {"name": "x", "path": str(tmp_path / "config"), "master_url": master, "openshift_token": f"{CANARY} opaque"}
    assert "openshift_token is not a valid token" in refused("kubeconfig", given)


@pytest.mark.parametrize("left", [row("I25", -3600, name="expired"), row("I25", -1, name="just-expired")])
def test_an_expired_token_is_replaced_with_the_key(left: int) -> None:
    old = access_token(expires=int(time.time()) + left)
    _result, (seen,) = accepted("iam_token", _key(KEY, access_token=old))

    assert form(seen)["apikey"] == KEY
    assert old not in str(seen)


@case("I26")
def test_i26_a_masked_result_of_another_task_is_rejected() -> None:
    """Ansible masked the token in the result that the playbook registered."""
    masked = {"access_token": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "refresh_token": TOKENS["refresh_token"]}

    assert "access_token is a masked" in refused("cluster_info", masked)
