# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the options for trusted profiles:

environment variables, and combinations that are rejected before a request is sent.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.options import CommonOptions
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.argument_specs import (
    CONNECTION,
    CREDENTIALS,
    candidate_secrets,
    resolve_options,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, execute
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.endpoints import metadata_endpoint
from ansible_collections.ibmcloud.kubernetes.plugins.modules.account_info import MODULE as ACCOUNT_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_access_info import MODULE as CLUSTER_ACCESS_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.iam_token import MODULE as IAM_TOKEN
from ansible_collections.ibmcloud.kubernetes.plugins.modules.kubeconfig import MODULE as KUBECONFIG
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, access_token, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.profiles import (
    AUTOMATION,
    BY_CRN,
    DEPLOYER_KEY,
    PROD,
    READER,
    asked,
    pod_file,
)

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

Given = dict[str, t.Any]
ID, CRN, NAME = {"profile_id": AUTOMATION}, {"profile_crn": BY_CRN.crn}, {"profile_name": "automation"}
OWN = jwt(iam_id=f"iam-{AUTOMATION}", account={"bss": PROD}, exp=NOW)
OTHERS = access_token()
CR_TOKEN = jwt(exp=NOW, jti="SECRET-POD")


def effective(given: Given, **environ: str) -> dict[str, t.Any]:
    defaults = {name: option.get("default") for name, option in CREDENTIALS.items()}
    return vars(
        resolve_options(
            CommonOptions, {**defaults, "validate_certs": True, **given}, {**CREDENTIALS, **CONNECTION}, environ
        )
    )


def run(fleet: Simulator, module: Module, given: Given, **environ: str) -> dict[str, t.Any]:
    defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}
    around = {name: value for name, value in fleet.env.items() if name != "IC_API_KEY"}
    result, _secrets = execute(
        module, {**defaults, **given}, environ={**around, **environ}, check_mode=False, warn=lambda _text: None
    )
    return result


BAD: list[tuple[str, Given, dict[str, str], str]] = [
    ("two profiles", {**ID, **CRN}, {}, "profile_id and profile_crn are mutually exclusive"),
    ("all three", {**ID, **NAME, **CRN}, {}, "profile_id and profile_name and profile_crn are mutually exclusive"),
    (
        "two of the environment",
        {},
        {"IC_IAM_PROFILE_ID": AUTOMATION, "IBMCLOUD_IAM_PROFILE_NAME": "automation"},
        "profile_id and profile_name are mutually exclusive. Set only one of them, including IC_IAM_PROFILE_ID",
    ),
    ("a name and a key", {**NAME, "ibmcloud_api_key": "k"}, {}, "profile_name requires account_id"),
    (
        "a name and an account's name",
        {**NAME, "ibmcloud_api_key": "k", "account": "a"},
        {},
        "profile_name requires account_id",
    ),
    ("a name and a token", {**NAME, "access_token": OTHERS}, {}, "profile_name requires account_id"),
    ("a name and an environment's key", NAME, {"IC_API_KEY": "k"}, "profile_name requires account_id"),
    ("no ID", {"profile_id": "automation"}, {}, "profile_id must be Profile- and a UUID, not 'automation'"),
    ("an ID with more", {"profile_id": f"{AUTOMATION} x"}, {}, "profile_id must be Profile- and a UUID"),
    ("no CRN", {"profile_crn": AUTOMATION}, {}, "profile_crn must be a CRN that ends in :profile:Profile- and a UUID"),
    ("a name of two lines", {"profile_name": "a\nb"}, {}, "profile_name must be a name on one line"),
    (
        "a bad ID of the environment",
        {},
        {"IC_IAM_PROFILE_ID": "x"},
        "profile_id must be Profile- and a UUID, not 'x' (from the environment variable IC_IAM_PROFILE_ID)",
    ),
    ("a file for nobody", {"cr_token_file": "/a"}, {}, "cr_token_file requires a trusted profile"),
    (
        "a file and a key",
        {**ID, "cr_token_file": "/a", "ibmcloud_api_key": "k"},
        {},
        "cr_token_file and ibmcloud_api_key",
    ),
    (
        "a file and an instance",
        {**ID, "cr_token_file": "/a", "vpc_instance": True},
        {},
        "cr_token_file and vpc_instance",
    ),
    ("an instance and a key", {"vpc_instance": True, "ibmcloud_api_key": "k"}, {}, "vpc_instance and ibmcloud_api_key"),
    (
        "an instance and a passcode",
        {"vpc_instance": True, "passcode": "k"},
        {},
        "vpc_instance and passcode are mutually exclusive",
    ),
    (
        "an instance and a user's token",
        {"vpc_instance": True, "access_token": OTHERS},
        {},
        "vpc_instance and access_token",
    ),
    (
        "an instance and a refresh token",
        {"vpc_instance": True, "refresh_token": "k"},
        {},
        "vpc_instance and refresh_token",
    ),
    (
        "an instance and a name",
        {**NAME, "vpc_instance": True},
        {},
        "vpc_instance and profile_name are mutually exclusive",
    ),
]


@pytest.mark.parametrize(("given", "environ", "reason"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_conflicting_options_are_rejected(fleet: Simulator, given: Given, environ: dict[str, str], reason: str) -> None:
    """The message is a single line that contains the names of the options."""
    result = run(fleet, IAM_TOKEN, given, **environ)

    assert result["failed"]
    assert reason in result["msg"]
    assert (result["error"]["kind"], "\n" in result["msg"], asked(fleet)) == ("input", False, [])


@pytest.mark.parametrize("text", [CR_TOKEN, "SECRET", "@", "@ ", "/var/SECRET"])
def test_a_token_in_place_of_a_path_in_the_environment_is_rejected(fleet: Simulator, text: str) -> None:
    """In IBM's syntax, a file path starts with @. Any other value may be a token, so the message does not contain the value."""
    result = run(fleet, IAM_TOKEN, ID, IBMCLOUD_CR_TOKEN=text)

    assert (
        "The environment variable IBMCLOUD_CR_TOKEN must be @ followed by the path of a file, not a token"
        in result["msg"]
    )
    assert "IBMCLOUD_CR_TOKEN=@/path/of/file or cr_token_file" in result["msg"]
    if len(text) > 2:
        assert text not in str(result)
    assert asked(fleet) == []


def test_a_token_in_place_of_a_path_is_masked() -> None:
    """A token is a secret even if it is not used. The path of a file is not a secret."""
    for text, is_secret in ((CR_TOKEN, True), ("@/path/of/file", False)):
        known = set(candidate_secrets({}, CREDENTIALS, {"IBMCLOUD_CR_TOKEN": text}))
        assert known - {""} == ({text} if is_secret else set())


def test_the_variable_for_a_pods_token_is_ignored_if_it_is_not_needed() -> None:
    """IBM's CLI may use the token in this variable."""
    bare = {"IBMCLOUD_CR_TOKEN": CR_TOKEN}
    for given, environ in (
        ({"ibmcloud_api_key": "k"}, bare),
        ({}, {**bare, "IC_API_KEY": "k"}),
        ({**ID, "ibmcloud_api_key": "k"}, bare),
        ({**ID, "access_token": OTHERS}, bare),
        ({**ID, "vpc_instance": True}, bare),
        ({**ID, "cr_token_file": "/a"}, bare),
    ):
        assert effective(given, **environ)["cr_token_file"] == given.get("cr_token_file", "")
    with pytest.raises(InputError, match="IBMCLOUD_CR_TOKEN must be @ followed by the path"):
        effective({**ID, "access_token": OWN}, **bare)


def test_the_environment_adds_options() -> None:
    """A profile in the environment applies to every login. Credentials in the environment apply only if the task sets no credentials."""
    profile, key = {"IC_IAM_PROFILE_ID": AUTOMATION}, {"IC_API_KEY": "k", "IC_IAM_TOKEN": OTHERS}
    file = {"IBMCLOUD_CR_TOKEN": "@/a"}
    names = ("profile_id", "profile_name", "ibmcloud_api_key", "access_token", "cr_token_file", "vpc_instance")
    cases: list[tuple[Given, dict[str, str], Given]] = [
        ({}, profile | file, {"profile_id": AUTOMATION, "cr_token_file": "/a"}),
        ({}, profile | file | key, {"profile_id": AUTOMATION, "ibmcloud_api_key": "k", "access_token": OTHERS}),
        (ID, key, {"profile_id": AUTOMATION, "ibmcloud_api_key": "k", "access_token": OTHERS}),
        (ID, file, {"profile_id": AUTOMATION, "cr_token_file": "/a"}),
        ({"ibmcloud_api_key": "own"}, profile | key, {"profile_id": AUTOMATION, "ibmcloud_api_key": "own"}),
        ({"profile_id": READER}, profile, {"profile_id": READER}),
        (NAME, profile, {"profile_name": "automation"}),
        ({**ID, "cr_token_file": "/b"}, key | file, {"profile_id": AUTOMATION, "cr_token_file": "/b"}),
        ({"vpc_instance": True}, profile | key | file, {"profile_id": AUTOMATION, "vpc_instance": True}),
        ({"access_token": OWN, **ID}, file, {"access_token": OWN, "profile_id": AUTOMATION, "cr_token_file": "/a"}),
        (
            {"access_token": OWN, "profile_id": f"iam-{AUTOMATION}"},
            file,
            {"access_token": OWN, "profile_id": AUTOMATION, "cr_token_file": "/a"},
        ),
        ({"access_token": OWN, "vpc_instance": True}, key, {"access_token": OWN, "vpc_instance": True}),
        ({}, file, {}),
    ]
    for given, environ, expected in cases:
        found = effective(given, **environ)
        assert {name: found[name] for name in names if found[name]} == expected, (given, environ)


def test_an_iam_id_is_accepted_as_profile_id() -> None:
    """Tokens and results contain the profile's IAM ID."""
    assert effective({"profile_id": f"iam-{AUTOMATION}"})["profile_id"] == AUTOMATION


def test_a_path_in_the_environment_can_start_with_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")

    assert effective(ID, IBMCLOUD_CR_TOKEN="@~/token")["cr_token_file"] == "/home/ada/token"


@pytest.mark.parametrize("way", ["pod", "key", "instance"])
def test_iam_token_returns_no_id_token_for_a_profile(fleet: Simulator, tmp_path: Path, way: str) -> None:
    """A profile cannot get an ID token that works for all clusters. The module omits the ID token, but does not fail."""
    given: dict[str, t.Any] = {
        "pod": {**ID, "cr_token_file": pod_file(fleet, tmp_path)},
        "key": {**ID, "ibmcloud_api_key": DEPLOYER_KEY},
        "instance": {"vpc_instance": True},
    }[way]
    result = run(fleet, IAM_TOKEN, {**given, "kubernetes_id_token": True})

    assert not result.get("failed"), result
    assert (result["iam_id"], "id_token" in result) == (f"iam-{AUTOMATION}", False)


def test_modules_that_need_an_id_token_reject_a_profile(fleet: Simulator, tmp_path: Path) -> None:
    """A profile cannot get an ID token that works for all clusters."""
    file = {"cr_token_file": pod_file(fleet, tmp_path)}
    cluster = {"master_url": "https://127.0.0.1:1"}
    for module, given in (
        (CLUSTER_ACCESS_INFO, {**ID, **file, **cluster}),
        (KUBECONFIG, {**ID, **file, **cluster, "path": str(tmp_path / "config"), "name": "a"}),
    ):
        message = run(fleet, module, given)["msg"]
        assert "A trusted profile cannot get a Kubernetes ID token that works for all clusters" in message
        assert "cluster_login, which gets an ID token from each cluster's kubeconfig" in message
    assert asked(fleet) == []


def test_the_error_about_missing_credentials_lists_profiles(fleet: Simulator) -> None:
    message = run(fleet, IAM_TOKEN, {})["msg"]

    assert "No credentials were given" in message
    assert "vpc_instance, or profile_id and cr_token_file." in message


def test_a_profile_alone_uses_the_default_paths_of_token_files(fleet: Simulator) -> None:
    """The message lists the default paths and the options to set instead."""
    message = run(fleet, IAM_TOKEN, ID)["msg"]

    for word in (
        "/var/run/secrets/tokens/vault-token",
        "/var/run/secrets/tokens/sa-token",
        "cr_token_file",
        "vpc_instance",
    ):
        assert word in message
    assert "/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token" in message
    assert asked(fleet) == []


def test_a_profile_works_in_every_module(fleet: Simulator, tmp_path: Path) -> None:
    """All modules have the same options for trusted profiles."""
    result = run(fleet, ACCOUNT_INFO, {**ID, "cr_token_file": pod_file(fleet, tmp_path)})

    assert [account["id"] for account in result["accounts"]] == [PROD]


# The address of the metadata service


@pytest.mark.parametrize(
    ("given", "address"),
    [
        (None, "http://169.254.169.254"),
        ("", "http://169.254.169.254"),
        ("http://169.254.169.254/", "http://169.254.169.254"),
        ("http://api.metadata.cloud.ibm.com", "http://api.metadata.cloud.ibm.com"),
        ("https://api.metadata.cloud.ibm.com", "https://api.metadata.cloud.ibm.com"),
        ("https://metadata.example.com:8443", "https://metadata.example.com:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_loopback_and_metadata_addresses_are_accepted(given: str | None, address: str) -> None:
    assert metadata_endpoint(given) == address


@pytest.mark.parametrize(
    "given",
    [
        "http://metadata.example.com",
        "http://169.254.169.253",
        "http://169.254.169.254.example.com",
        "http://api.metadata.cloud.ibm.com.example.com",
        "http://user:SECRET@169.254.169.254",
        "169.254.169.254",
        "ftp://169.254.169.254",
    ],
)
def test_other_addresses_of_the_metadata_service_are_rejected(fleet: Simulator, given: str) -> None:
    """Responses contain tokens, so plain HTTP is accepted only for loopback addresses and the metadata service's own hosts."""
    with pytest.raises(InputError, match="metadata_endpoint cannot be used: ") as caught:
        metadata_endpoint(given)

    assert "SECRET" not in str(caught.value)
    assert (
        "metadata_endpoint cannot be used"
        in run(fleet, IAM_TOKEN, {"vpc_instance": True}, IBMCLOUD_CR_VPC_URL=given)["msg"]
    )
    # Without vpc_instance, any address is accepted.
    assert run(fleet, IAM_TOKEN, {"ibmcloud_api_key": DEPLOYER_KEY}, IBMCLOUD_CR_VPC_URL=given)["account_id"] == PROD
