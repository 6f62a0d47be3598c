# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the values and sources of options. If an option is invalid, no request is sent."""

from __future__ import annotations

import json
import typing as t

import pytest
import trustme
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.options import CommonOptions
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.argument_specs import (
    CONNECTION,
    CREDENTIALS,
    candidate_secrets,
    resolve_options,
    secrets_in,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.environment_variables import ENVIRONMENT
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cf_space_info import MODULE as CF_SPACE_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_access_info import MODULE as CLUSTER_ACCESS_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE as CLUSTER_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE as CLUSTER_RBAC_SYNC
from ansible_collections.ibmcloud.kubernetes.plugins.modules.iam_token import MODULE as IAM_TOKEN
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, OTHER_ACCOUNT, access_token

if t.TYPE_CHECKING:
    import pathlib

    from simulator import Simulator

KEY = "not-a-real-key/ada+dev="
TOKEN = access_token()
Given = dict[str, t.Any]


def _run(module: Module, given: Given, environ: dict[str, str]) -> dict[str, t.Any]:
    """Run a module as its action plugin does: remove empty strings, validate the options, and run the function."""
    checked = ArgumentSpecValidator(module.argument_spec).validate(
        {name: value for name, value in given.items() if value != ""}
    )
    if checked.error_messages:
        return {"failed": True, "msg": f"{module.name}: {checked.errors.msg}"}
    result, _secrets = execute(
        module, checked.validated_parameters, environ=environ, check_mode=False, warn=lambda _text: None
    )
    return result


def _resolve(given: Given, environ: Given | None = None, **more: t.Any) -> Given:
    """Return the resolved options by name, including values from environment variables."""
    spec = {**CREDENTIALS, **CONNECTION, **CLUSTER_INFO.options, **CF_SPACE_INFO.options}
    return vars(resolve_options(CommonOptions, {"validate_certs": True, **given}, spec, environ or {}, **more))


def _environ(simulator: Simulator, **more: str) -> dict[str, str]:
    """Return the environment variables of the simulator without the API key."""
    return {**{name: value for name, value in simulator.env.items() if name != "IC_API_KEY"}, **more}


def _key(value: t.Any, **more: t.Any) -> Given:
    return {"ibmcloud_api_key": value, **more}


BAD: list[t.Any] = [
    # Credentials. I01 and I02 have the same result as I13, because an empty option counts as not given.
    pytest.param(IAM_TOKEN, _key(""), "No credentials were given", id="I01-empty-key"),
    pytest.param(IAM_TOKEN, _key(" \t\n"), "No credentials were given", id="I02-blank-key"),
    pytest.param(IAM_TOKEN, _key("SEC\nRET"), "ibmcloud_api_key contains whitespace", id="I04-line-end-in-key"),
    pytest.param(IAM_TOKEN, _key("SEC\tRET"), "ibmcloud_api_key contains whitespace", id="I04-tab-in-key"),
    pytest.param(IAM_TOKEN, _key("SECR\u00c9T"), "ibmcloud_api_key contains characters", id="I05-accent-in-key"),
    pytest.param(IAM_TOKEN, _key("SECR\u200bT"), "ibmcloud_api_key contains characters", id="I05-zero-width-in-key"),
    pytest.param(IAM_TOKEN, _key("SECR\x00T"), "ibmcloud_api_key contains characters", id="I05-NUL-in-key"),
    pytest.param(IAM_TOKEN, _key("SECRET" * 1700), "ibmcloud_api_key is longer than 1024", id="I07-10kB-key"),
    pytest.param(IAM_TOKEN, _key(["SECRET"]), "ibmcloud_api_key is a", id="I08-list-as-key"),
    pytest.param(IAM_TOKEN, _key(["SECRET", "b"]), "ibmcloud_api_key", id="I08-long-list-as-key"),
    pytest.param(IAM_TOKEN, _key({"a": "SECRET"}), "ibmcloud_api_key is a", id="I08-dict-as-key"),
    pytest.param(
        IAM_TOKEN,
        _key('{"apikey": "SECRET"}'),
        "Set ibmcloud_api_key to the value of the apikey field",
        id="I09-key-file",
    ),
    pytest.param(
        IAM_TOKEN, _key("SECRET", passcode="SECRET2"), "ibmcloud_api_key and passcode are mutually exclusive", id="I10"
    ),
    pytest.param(
        IAM_TOKEN,
        _key("SECRET", username="a", password="SECRET2"),
        "ibmcloud_api_key and password are mutually exclusive",
        id="I11",
    ),
    pytest.param(
        IAM_TOKEN,
        _key("SECRET", username="a"),
        "username and ibmcloud_api_key are mutually exclusive",
        id="I11-user-only",
    ),
    pytest.param(
        IAM_TOKEN,
        {"username": "a", "password": "SECRET", "passcode": "SECRET2"},
        "password and passcode are mutually exclusive",
        id="I11-password-and-passcode",
    ),
    pytest.param(IAM_TOKEN, {"username": "a"}, "username requires password", id="I12-no-password"),
    pytest.param(IAM_TOKEN, {"username": "a", "password": ""}, "username requires", id="I12-empty-password"),
    pytest.param(IAM_TOKEN, {"password": "SECRET"}, "password requires username", id="I12-no-username"),
    pytest.param(
        IAM_TOKEN,
        {"password": "SECRET", "username": " "},
        "password requires username",
        id="I12-blank-username",
    ),
    pytest.param(IAM_TOKEN, {}, "ibmcloud_api_key (or IC_API_KEY in the environment), username", id="I13"),
    pytest.param(IAM_TOKEN, {"passcode": "SEC RET"}, "passcode contains whitespace", id="I17-blank-in-passcode"),
    pytest.param(
        IAM_TOKEN,
        {"refresh_token": "not_supported"},
        "refresh_token is the placeholder that the service returns",
        id="I21",
    ),
    pytest.param(IAM_TOKEN, {"access_token": "SECRET"}, "access_token is not an IAM token", id="I24-opaque"),
    pytest.param(IAM_TOKEN, {"access_token": "SECRET.b"}, "access_token is not an IAM token", id="I24-two-parts"),
    pytest.param(IAM_TOKEN, {"access_token": "a.SECRET!.c"}, "access_token is not an IAM token", id="I24-base64"),
    pytest.param(IAM_TOKEN, {"access_token": f"{TOKEN}\nx"}, "access_token is not an IAM token", id="I24-line-end"),
    pytest.param(IAM_TOKEN, _key(KEY, id_token="SECRET"), "id_token is not an IAM token", id="I24-id_token"),
    pytest.param(
        IAM_TOKEN,
        {"access_token": access_token(expires=1767607683)},
        "access_token expired at 2026-01-05T10:08:03Z",
        id="I25",
    ),
    *[
        pytest.param(IAM_TOKEN, {**more, option: value}, f"{option} is a masked, encrypted", id=f"{number}-{option}")
        for option, more in (
            ("ibmcloud_api_key", {}),
            ("password", {"username": "a"}),
            ("passcode", {}),
            ("access_token", {}),
            ("refresh_token", {}),
        )
        for number, value in (
            ("I26-placeholder", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"),
            ("I26-stars", "a********b"),
            ("I27-awx", "$encrypted$"),
            ("I27-vault", "$ANSIBLE_VAULT;1.1;AES256"),
            ("I27-vault-tag", "!vault |"),
            ("I28-template", "{{ my_key }}"),
        )
    ],
    # Accounts
    pytest.param(IAM_TOKEN, _key(KEY, account_id="a1b2"), "account_id must be 32 hex", id="I30-short"),
    pytest.param(IAM_TOKEN, _key(KEY, account_id="g" * 32), "not 'gggggg", id="I30-not-hex"),
    pytest.param(
        IAM_TOKEN,
        _key(KEY, account_id=ACCOUNT, account="Dev"),
        "account_id and account are mutually exclusive",
        id="I32",
    ),
    # Clusters
    pytest.param(CLUSTER_RBAC_SYNC, _key(KEY, cluster=" "), "Set cluster or clusters", id="I34-blank-cluster"),
    pytest.param(CLUSTER_RBAC_SYNC, _key(KEY), "Set cluster or clusters", id="I34-no-cluster"),
    pytest.param(
        CLUSTER_RBAC_SYNC, _key(KEY, cluster="a", clusters=["b"]), "Set cluster or clusters, not both", id="I34-both"
    ),
    *[
        pytest.param(
            CLUSTER_INFO, _key(KEY, cluster=text), "cluster is not a valid cluster name or ID", id=f"I35-{text!a}"
        )
        for text in ("a&b", "a=b", "a#b", "a?b", "a/b", "a%2fb", "a\nb", "a\tb")
    ],
    *[
        pytest.param(
            CLUSTER_INFO, _key(KEY, cluster=text), "cluster is not a valid cluster name or ID", id=f"I36-{text!a}"
        )
        for text in ("\U0001f6a2", "a\u200fb", "a\x00b", "m\u00fcller")
    ],
    pytest.param(CLUSTER_INFO, _key(KEY, cluster="a" * 300), "cluster is not a valid cluster name or ID", id="I37"),
    pytest.param(
        CLUSTER_RBAC_SYNC, _key(KEY, clusters=["a", None]), "clusters[1] is not a valid cluster", id="I42-null"
    ),
    pytest.param(CLUSTER_RBAC_SYNC, _key(KEY, clusters=["a", {}]), "clusters[1] has no id", id="I42-dict"),
    pytest.param(CLUSTER_RBAC_SYNC, _key(KEY, clusters=[["a"]]), "clusters[0] is not a valid cluster", id="I42-list"),
    pytest.param(
        CLUSTER_RBAC_SYNC, _key(KEY, clusters=["a", " "]), "clusters[1] is not a valid cluster", id="I42-blank"
    ),
    # URLs: one case for each option. test_endpoints.py contains the complete table.
    pytest.param(IAM_TOKEN, _key(KEY, iam_endpoint="iam.example"), "iam_endpoint cannot be used", id="I43"),
    pytest.param(IAM_TOKEN, _key(KEY, iam_endpoint="http://iam.example"), "iam_endpoint cannot be used", id="I44"),
    pytest.param(
        IAM_TOKEN, _key(KEY, accounts_endpoint="https://u:SECRET@a.example"), "accounts_endpoint cannot", id="I48"
    ),
    pytest.param(
        IAM_TOKEN, _key(KEY, containers_endpoint="https://a.example:0"), "containers_endpoint cannot be used", id="I49"
    ),
    # Numbers
    *[
        pytest.param(IAM_TOKEN, _key(KEY, timeout=value), "timeout", id=f"I52-{value!r}")
        for value in (0, -1, float("nan"), float("inf"), "inf", 1e12, "5s", "-inf")
    ],
    *[
        pytest.param(IAM_TOKEN, _key(KEY, retries=value), "retries", id=f"I53-{value!r}")
        for value in (-1, 1.5, 11, 10_000, True, "many")
    ],
    pytest.param(IAM_TOKEN, _key(KEY, retry_budget=0), "retry_budget", id="retry_budget-0"),
    pytest.param(IAM_TOKEN, _key(KEY, min_validity=-1), "min_validity", id="min_validity-negative"),
    pytest.param(CLUSTER_RBAC_SYNC, _key(KEY, cluster="a", wait_timeout=-1), "wait_timeout", id="I54-negative"),
    *[
        pytest.param(CLUSTER_RBAC_SYNC, _key(KEY, cluster="a", wait_sleep=value), "wait_sleep", id=f"I55-{value}")
        for value in (0, 0.001, 601)
    ],
    # Other options
    pytest.param(
        IAM_TOKEN,
        _key(KEY, visibility="secret"),
        "visibility must be public, private or public-and-private",
        id="visibility",
    ),
    pytest.param(IAM_TOKEN, _key(KEY, validate_certs="maybe"), "validate_certs", id="I58-maybe"),
    pytest.param(IAM_TOKEN, {"api_key": "SECRET"}, "api_key", id="I59-misspelt"),
    pytest.param(CLUSTER_INFO, _key(KEY, endpoint="secret"), "endpoint", id="endpoint-of-no-kind"),
    pytest.param(CLUSTER_INFO, _key(KEY, provider=["azure"]), "provider", id="provider-of-no-kind"),
    pytest.param(CLUSTER_ACCESS_INFO, _key(KEY, master_url=" "), "clusters or master_url", id="blank-master_url"),
    pytest.param(CLUSTER_ACCESS_INFO, _key(KEY), "clusters or master_url", id="no-master_url"),
    pytest.param(
        CLUSTER_ACCESS_INFO, _key(KEY, master_url="http://a.example"), "master_url cannot be used", id="http-master_url"
    ),
    pytest.param(
        CLUSTER_ACCESS_INFO,
        _key(KEY, master_url="https://a.example", ca_cert_data="SECRET"),
        "ca_cert_data does not contain a PEM certificate",
        id="no-PEM",
    ),
]


@pytest.mark.parametrize(("module", "given", "text"), BAD)
def test_invalid_options_are_rejected_before_any_request(
    fleet: Simulator, module: Module, given: Given, text: str
) -> None:
    """The message contains the option and the reason, but no secret."""
    result = _run(module, given, _environ(fleet))

    assert result.get("failed") is True
    assert text in result["msg"]
    assert result["msg"].startswith(f"{module.name}: ")
    assert fleet.requests == []
    shown = json.dumps(result)
    assert "SECRET" not in shown
    assert "Traceback" not in shown
    for option in ("ibmcloud_api_key", "password", "passcode", "refresh_token"):
        value = given.get(option)
        assert not (isinstance(value, str) and len(value) > 13 and value in shown)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(None, "No such file", id="I56-missing"),
        pytest.param("", "does not contain a PEM certificate", id="I56-empty"),
        pytest.param("SECRET", "does not contain a PEM certificate", id="I56-text"),
        pytest.param(
            "-----BEGIN PRIVATE KEY-----\nSECRET\n", "does not contain a PEM certificate", id="I56-private-key"
        ),
    ],
)
@pytest.mark.parametrize("place", ["option", "environment"])
def test_an_invalid_ca_file_is_rejected(
    fleet: Simulator, tmp_path: pathlib.Path, content: str | None, text: str, place: str
) -> None:
    """I56: the message contains the path and the reason."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    given = {"ca_cert": str(path)} if place == "option" else {}
    environ = _environ(fleet, **({"REQUESTS_CA_BUNDLE": str(path)} if place == "environment" else {}))

    result = _run(IAM_TOKEN, _key(KEY, **given), environ)

    assert f"ca_cert {path}" in result["msg"]
    assert text in result["msg"]
    assert "SECRET" not in result["msg"]
    assert fleet.requests == []


def test_validate_certs_false_and_a_ca_are_mutually_exclusive(fleet: Simulator) -> None:
    """I57: the error is reported before any request."""
    result = _run(IAM_TOKEN, _key(KEY, validate_certs=False, ca_cert=str(fleet.ca_path)), _environ(fleet))

    assert "validate_certs=false and ca_cert are mutually exclusive" in result["msg"]
    assert fleet.requests == []
    assert not _run(IAM_TOKEN, _key(KEY, retries=0), _environ(fleet)).get("failed")


@pytest.mark.parametrize(
    ("given", "environ"),
    [
        pytest.param(_key(KEY), {}, id="I06-awkward-characters"),
        pytest.param(_key(f"{KEY}\n"), {}, id="I03-line-end"),
        pytest.param(_key(f"  {KEY}\r\n"), {}, id="I03-blanks"),
        pytest.param({"apikey": KEY}, {}, id="I59-alias"),
        pytest.param({}, {"IC_API_KEY": KEY}, id="environment"),
        pytest.param({}, {"IC_API_KEY": f"{KEY}\n"}, id="environment-with-line-end"),
        pytest.param({}, {"IC_API_KEY": "", "IBMCLOUD_API_KEY": KEY}, id="I14-first-that-is-not-empty"),
        pytest.param(_key(""), {"IC_API_KEY": KEY}, id="empty-option-is-not-given"),
        pytest.param(_key(KEY), {"IC_API_KEY": "wrong", "IBMCLOUD_API_KEY": "wrong"}, id="I15-option-wins"),
        pytest.param({"passcode": " not-a-real-passcode-1 "}, {"IC_API_KEY": "wrong"}, id="I16-blanks-around-passcode"),
        pytest.param(
            {"username": "ada@example.com", "password": "not/a+real=password\r\n"}, {}, id="I18-line-end-after-password"
        ),
        pytest.param(_key(KEY, account_id=ACCOUNT.upper()), {}, id="I31-upper-case-account"),
        pytest.param(_key(KEY, account_id=" "), {}, id="I29-blank-account"),
        pytest.param(_key(KEY, bss_account=ACCOUNT), {}, id="bss_account"),
        pytest.param(_key(KEY, timeout="5"), {}, id="I52-number-as-text"),
        pytest.param(_key(KEY), {"IC_TIMEOUT": "5"}, id="timeout-from-environment"),
        pytest.param(_key(KEY, validate_certs="yes"), {}, id="I58-yes"),
    ],
)
def test_valid_options_are_accepted(fleet: Simulator, given: Given, environ: dict[str, str]) -> None:
    """The module logs in with a single request."""
    result = _run(IAM_TOKEN, given, _environ(fleet, **environ))

    assert not result.get("failed"), result["msg"]
    assert [entry.status for entry in fleet.requests] == [200]


@pytest.mark.parametrize("password", [" not/a+real=password", "not/a+real=password "])
def test_blanks_are_part_of_a_password(fleet: Simulator, password: str) -> None:
    """I18: the blanks are sent with the password, so the service rejects the password."""
    result = _run(IAM_TOKEN, {"username": "ada@example.com", "password": password}, _environ(fleet))

    assert result["error"]["code"] == "BXNIM0602E"
    assert len(fleet.requests) == 1


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}", "BEARER  {}", "{}\n", " Bearer {} \n"])
def test_the_scheme_before_a_token_is_removed(form: str) -> None:
    """I22, I23: a token from a header or a file can begin with Bearer or end with a line break."""
    options = _resolve({"access_token": form.format(TOKEN)})

    assert options["access_token"] == TOKEN


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [
        pytest.param({}, {"IC_API_KEY": "e"}, {"ibmcloud_api_key": "e"}, id="key-from-environment"),
        pytest.param(
            {"passcode": "p"}, {"IC_API_KEY": "e", "IC_IAM_TOKEN": TOKEN}, {"passcode": "p"}, id="passcode-alone"
        ),
        pytest.param(
            {"username": "u", "password": "p"},
            {"IC_API_KEY": "e"},
            {"username": "u", "password": "p"},
            id="password-alone",
        ),
        pytest.param(
            {"ibmcloud_api_key": "o"},
            {"IC_API_KEY": "e", "IC_IAM_TOKEN": TOKEN, "IC_IAM_REFRESH_TOKEN": "r"},
            {"ibmcloud_api_key": "o"},
            id="key-without-tokens-of-somebody-else",
        ),
        pytest.param(
            {"access_token": TOKEN},
            {"IC_API_KEY": "e", "IC_IAM_REFRESH_TOKEN": "r"},
            {"access_token": TOKEN, "ibmcloud_api_key": "e"},
            id="token-renewed-by-the-key-but-not-by-another-session",
        ),
        pytest.param({"refresh_token": "r"}, {"IC_IAM_TOKEN": TOKEN}, {"refresh_token": "r"}, id="refresh-token-alone"),
        pytest.param(
            {},
            {"IC_API_KEY": "e", "IBMCLOUD_IAM_TOKEN": TOKEN, "IBMCLOUD_IAM_REFRESH_TOKEN": "r"},
            {"ibmcloud_api_key": "e", "access_token": TOKEN, "refresh_token": "r"},
            id="all-from-environment",
        ),
        pytest.param(
            {"account": "Dev"}, {"IC_ACCOUNT_ID": ACCOUNT}, {"account": "Dev"}, id="account-name-over-environment"
        ),
        pytest.param({}, {"IBMCLOUD_ACCOUNT_ID": ACCOUNT}, {"account_id": ACCOUNT}, id="account-from-environment"),
    ],
)
def test_credentials_of_task_and_environment_are_not_combined(
    given: Given, environ: dict[str, str], expected: Given
) -> None:
    options = _resolve(given, environ)

    assert {name: options[name] for name in CREDENTIALS if options[name]} == expected


CASES = [(option, variable) for option, variables in ENVIRONMENT.items() for variable in variables]
VALUES = {
    "access_token": TOKEN,
    "account_id": ACCOUNT,
    "visibility": "private",
    "api_generation": "2020",
    "timeout": "7.5",
    "profile_id": "Profile-5f1c2d3e-1111-4222-8333-445566778899",
    # IBM's tools write a path with the prefix @.
    "cr_token_file": "@/some/file",
}


@pytest.mark.parametrize(("option", "variable"), CASES, ids=[variable for _option, variable in CASES])
def test_every_environment_variable_sets_its_option(option: str, variable: str, tmp_path: pathlib.Path) -> None:
    """Whitespace around the value is removed."""
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    text = VALUES.get(option, str(tmp_path / "ca.pem") if option == "ca_cert" else "some-text")
    # The cr_token_file option requires a profile.
    profile = {"profile_name": "a"} if option == "cr_token_file" else {}

    options = _resolve(profile, {variable: f" {text}\n"})

    assert options[option] == (7.5 if option == "timeout" else text.removeprefix("@"))


@pytest.mark.parametrize(
    ("variable", "text", "reason"),
    [
        ("IC_TIMEOUT", "soon", "timeout must be a number"),
        ("IC_TIMEOUT", "nan", "timeout must be between 0.001 and 3600"),
        ("IBMCLOUD_ACCOUNT_ID", "mine", "account_id must be 32 hexadecimal digits, not 'mine'"),
        ("IC_VISIBILITY", "hidden", "visibility must be public, private or public-and-private, not 'hidden'"),
        ("IC_API_KEY", "SEC RET", "ibmcloud_api_key contains whitespace"),
        ("IC_IAM_TOKEN", "SECRET", "access_token is not an IAM token"),
        ("REQUESTS_CA_BUNDLE", "/no/such/file", "ca_cert /no/such/file cannot be read: No such file or directory"),
    ],
)
def test_an_invalid_environment_variable_is_rejected(variable: str, text: str, reason: str) -> None:
    """Users cannot find the value in the playbook, so the message contains the name of the environment variable."""
    with pytest.raises(InputError) as caught:
        _resolve({}, {variable: text})

    assert caught.value.reason == f"{reason} (from the environment variable {variable})"
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("task_only", "account"), [((), ACCOUNT), (("account_id",), ""), (("region",), ACCOUNT)], ids=str
)
def test_task_only_options_are_not_read_from_the_environment(task_only: tuple[str, ...], account: str) -> None:
    """For example, a list of all accounts must not depend on an account ID in the environment."""
    options = _resolve({}, {"IC_ACCOUNT_ID": ACCOUNT}, task_only=task_only)

    assert options["account_id"] == account
    assert _resolve({"account_id": ACCOUNT}, task_only=task_only)["account_id"] == ACCOUNT


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (ACCOUNT, (ACCOUNT, "")),
        (ACCOUNT.upper(), (ACCOUNT, "")),
        ("Dev", ("", "Dev")),
        (ACCOUNT[:-1], ("", ACCOUNT[:-1])),
    ],
)
def test_account_is_a_name_or_an_id(account: str, expected: tuple[str, str]) -> None:
    """If ``account`` is given, the environment variable of ``account_id`` is ignored."""
    options = _resolve(_key(KEY, account=account), {"IC_ACCOUNT_ID": OTHER_ACCOUNT})
    assert (options["account_id"], options["account"]) == expected


def test_options_with_variables_have_their_default_elsewhere() -> None:
    """Defaults in the specification would override the environment variables."""
    options = _resolve({})

    assert (options["visibility"], options["timeout"]) == ("public", 30.0)


def test_candidate_secrets_include_all_sources() -> None:
    """The function finds secrets under every alias and in every environment variable, even if a value is invalid."""
    given = {"apikey": "k", "password": 7, "passcode": None, "username": "u"}

    found = set(candidate_secrets(given, CREDENTIALS, {"IC_API_KEY": "e", "IBMCLOUD_API_KEY": "f", "IC_REGION": "r"}))

    assert found - {""} == {"k", "7", "e", "f"}


def test_secrets_are_the_effective_values_of_secret_options() -> None:
    """The function does not return empty values or options without no_log."""
    spec = {"key": {"no_log": True}, "empty": {"no_log": True}, "name": {}}

    assert secrets_in(CommonOptions({"key": "k", "empty": "", "name": "n"}), spec) == {"key": "k"}


@pytest.mark.parametrize("name", sorted({**CREDENTIALS, **IAM_TOKEN.options}))
def test_secret_options_have_no_log(name: str) -> None:
    """Ansible does not log the values of options with no_log."""
    secret = {"ibmcloud_api_key", "password", "passcode", "access_token", "refresh_token", "id_token"}

    assert bool({**CREDENTIALS, **IAM_TOKEN.options}[name].get("no_log")) is (name in secret)
