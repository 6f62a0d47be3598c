# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs I43 to I61: URLs, numbers, certificates and booleans."""

from __future__ import annotations

import ssl
import typing as t

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE as CLUSTER_RBAC_SYNC
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import BEARER, CLUSTER, TOKENS
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
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.stage import NO, Stage, fails
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

SIGNED_IN: Given = {"access_token": BEARER}
ONE: Given = {**SIGNED_IN, "clusters": [{"id": CLUSTER}]}

# URLs


ADDRESSES = [
    # The message contains a URL with a sample host, because the given URL can contain a password.
    row("I43", "iam.example", "the URL does not start with https://", name="no-scheme"),
    row("I43", "iam.example:443/x", "the URL does not start with https://", name="port"),
    row("I43", "//iam.example", "the URL does not start with https://", name="slashes"),
    row("I44", "http://iam.example", "the URL uses http, which is not encrypted, instead of https", name="http"),
    row("I44", "http://127.0.0.1.iam.example", "the URL uses http", name="http-that-looks-local"),
    row("I47", f"https://iam.example?apikey={CANARY}", "the URL contains a query or a fragment", name="query"),
    row("I47", f"https://iam.example/#{CANARY}", "the URL contains a query or a fragment", name="fragment"),
    row("I48", f"https://ada:{CANARY}@iam.example", "the URL contains user information", name="password"),
    row("I48", f"https://{CANARY}@iam.example", "the URL contains user information", name="user"),
    row("I49", "https://iam.example:0", "port", name="0"),
    row("I49", "https://iam.example:99999", "a port between 1 and 65535", name="99999"),
    row("I49", "https://iam.example:https", "a port between 1 and 65535", name="text"),
    row("I49", "https://iam.example:", "no valid port after the colon", name="empty"),
    row("I50", "https://[::1", "the value is not a URL with a host", name="bracket"),
    row("I50", "https://iam .example", "the URL contains whitespace", name="blank"),
    row(
        "I50",
        f"https://{'a' * 64}.example",
        "a label of the host name is empty or longer than 63 characters",
        name="long-label",
    ),
    row("I51", "ftp://iam.example", "the URL does not start with https://", name="ftp"),
    row("I51", "file:///etc/passwd", "the URL does not start with https://", name="file"),
    row("I51", "javascript:alert(1)", "the URL does not start with https://", name="javascript"),
]


@pytest.mark.parametrize(("address", "reason"), ADDRESSES)
@pytest.mark.parametrize("option", ["iam_endpoint", "accounts_endpoint", "containers_endpoint"])
@pytest.mark.parametrize("place", ["option", "environment"])
def test_invalid_urls_are_rejected(option: str, address: str, reason: str, place: str) -> None:
    """The error message contains the option and the reason, but not the URL."""
    variable = {"iam_endpoint": "IAM", "accounts_endpoint": "ACCOUNT_MANAGEMENT", "containers_endpoint": "CS"}[option]
    given = {option: address} if place == "option" else {}
    environ = {f"IBMCLOUD_{variable}_API_ENDPOINT": address} if place == "environment" else {}
    message = refused("iam_token", {"ibmcloud_api_key": KEY, **given}, environ)

    assert f"{option} cannot be used: " in message
    assert reason in message
    assert "Use a URL such as https://host.example.com." in message


@pytest.mark.parametrize(
    ("address", "path"),
    [
        row("I44", "{url}", "/identity/token", name="loopback"),
        row("I45", "{url}/", "/identity/token", name="slash"),
        row("I45", "{url}///", "/identity/token", name="slashes"),
        row("I46", "{url}/iam/v1", "/iam/v1/identity/token", name="prefix"),
        row("I46", "{url}/iam/v1/", "/iam/v1/identity/token", name="prefix-with-slash"),
    ],
)
def test_valid_urls_are_used(address: str, path: str) -> None:
    """Trailing slashes are ignored, and a path becomes the prefix of the call's path.

    HTTP is accepted for loopback addresses.
    """
    with Loopback(answer(TOKENS)) as server:
        given = {"ibmcloud_api_key": KEY, "iam_endpoint": address.format(url=server.url)}
        result = run_input("iam_token", given, {})

        assert [seen.target for seen in server.seen] == [path]
    assert "failed" not in result


@case("I50")
def test_i50_an_internationalized_host_name_is_accepted() -> None:
    result, seen = accepted("iam_token", {**SIGNED_IN, "iam_endpoint": "https://b\u00fccher.example"})

    assert (result["access_token"], seen) == (BEARER, [])


# Numbers


NUMBERS = [
    *[row("I52", "timeout", value, name=str(value)) for value in (0, -1, 1e12, "nan", "inf", "-inf", "5s")],
    *[row("I52", "timeout", float(value), name=f"float-{value}") for value in ("nan", "inf")],
    *[row("I53", "retries", value, name=str(value)) for value in (-1, 1.5, 10_000, 11, True, "many")],
    *[row("I54", "wait_timeout", value, name=str(value)) for value in (-1, 86_401, "soon")],
    *[row("I55", "wait_sleep", value, name=str(value)) for value in (0, 0.001, "0", -1, 601)],
    *[row("I61", "concurrency", value, name=str(value)) for value in (0, -1, 65, 1000, "all")],
]


@pytest.mark.parametrize(("option", "value"), NUMBERS)
def test_invalid_numbers_are_rejected(option: str, value: t.Any) -> None:
    """The maximum value of the option concurrency is 64."""
    assert option in refused("cluster_rbac_sync", {**ONE, option: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        row("I52", "timeout", "5", name="text"),
        row("I52", "timeout", 0.5, name="fraction"),
        # Ansible's validation converts true to the number 1.
        row("I52", "timeout", True, name="true"),
        row("I53", "retries", 0, name="0"),
        row("I53", "retries", "10", name="10"),
        row("I54", "wait_timeout", 1, name="less-than-wait_sleep"),
        row("I55", "wait_sleep", 1, name="1"),
        row("I61", "concurrency", 1, name="1"),
        row("I61", "concurrency", 64, name="64"),
    ],
)
def test_valid_numbers_are_accepted(option: str, value: t.Any) -> None:
    """The values include the limits of the ranges, and numbers as strings, as AWX sends them."""
    with Stage() as stage:
        assert "failed" not in run_input("cluster_rbac_sync", {**ONE, option: value}, places(stage.server))


@pytest.mark.parametrize(
    ("timeout", "looks"), [row("I54", 0, 1, name="0"), row("I54", 2, 5, name="less-than-wait_sleep")]
)
def test_a_timeout_shorter_than_wait_sleep_is_respected(fake_time: FakeTime, timeout: int, looks: int) -> None:
    """The option wait_sleep sets the maximum pause. If wait_timeout is 0, the module checks the status once."""
    with Stage(getRBACStatus=NO) as stage:
        error = fails(CLUSTER_RBAC_SYNC, stage, fake_time, **ONE, wait_timeout=timeout, wait_sleep=5)

        assert stage.calls.index("applyRBAC") == 1
        assert len(stage.calls) == 2 + looks
    assert error.kind == "rbac_timeout"
    assert sum(fake_time.sleeps) == pytest.approx(timeout)


# Certificates


def _ca_file(folder: pathlib.Path, kind: str) -> str:
    """Create an invalid CA file, and return its path."""
    path = folder / "ca.pem"
    contents = {
        "empty": "",
        "text": CANARY,
        "private-key": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n",
    }
    if kind in contents:
        path.write_text(contents[kind])
    if kind == "unreadable":
        # Tests may run as root, who can read every file. A path below a regular file is unreadable even for root.
        path.write_text(CANARY)
        path /= "ca.pem"
    return str(path)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        row("I56", "missing", "cannot be read: No such file or directory", name="missing"),
        row("I56", "empty", "does not contain a PEM certificate", name="empty"),
        row("I56", "text", "does not contain a PEM certificate", name="text"),
        row("I56", "private-key", "does not contain a PEM certificate", name="private-key"),
        row("I56", "unreadable", "cannot be read: Not a directory", name="unreadable"),
    ],
)
@pytest.mark.parametrize("option", ["ca_cert", "cluster_ca_file"])
def test_invalid_ca_files_are_rejected(tmp_path: pathlib.Path, kind: str, reason: str, option: str) -> None:
    """The error message contains the path and the reason, but not the content of the file."""
    path = _ca_file(tmp_path, kind)

    assert f"{option} {path} {reason}" in refused("cluster_info", {**SIGNED_IN, option: path})


@case("I56")
def test_i56_a_folder_of_cas_is_accepted(tmp_path: pathlib.Path) -> None:
    """Like REQUESTS_CA_BUNDLE, ca_cert can be a folder that contains a file for each CA. If the folder is empty, no CA is trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(answer(TOKENS), tls=context) as server:
        given = {"ibmcloud_api_key": KEY, "retries": 0, "ca_cert": str(tmp_path)}
        result = run_input("iam_token", given, places(server))

        assert server.seen == []
    assert result["error"]["kind"] == "tls"


@pytest.fixture
def bundle(tmp_path: pathlib.Path) -> str:
    """Return the path of a valid CA file."""
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


@case("I57")
@pytest.mark.parametrize("value", [False, "no"])
def test_i57_validate_certs_false_and_a_ca_are_mutually_exclusive(bundle: str, value: t.Any) -> None:
    """If verification is disabled, the module ignores REQUESTS_CA_BUNDLE, because other programs also use this variable."""
    given = {"ibmcloud_api_key": KEY, "validate_certs": value}

    assert "validate_certs=false and ca_cert are mutually exclusive" in refused(
        "iam_token", {**given, "ca_cert": bundle}
    )
    accepted("iam_token", given, {"REQUESTS_CA_BUNDLE": bundle})


@pytest.mark.parametrize(
    ("value", "warns"),
    [row("I58", "no", True, name="no"), row("I58", "off", True, name="off"), row("I58", "yes", False, name="yes")],
)
def test_strings_are_accepted_as_booleans(value: str, warns: bool) -> None:
    """The module accepts the same strings as Ansible. Disabled verification causes a warning."""
    result, _seen = accepted("iam_token", {"ibmcloud_api_key": KEY, "validate_certs": value})

    assert any("validate_certs is false" in warning for warning in result.get("warnings", [])) is warns


@pytest.mark.parametrize(
    ("given", "text"),
    [
        row("I58", {"ibmcloud_api_key": KEY, "validate_certs": "maybe"}, "validate_certs", name="maybe"),
        row("I59", {"api_key": CANARY}, "Unsupported parameters for (ibmcloud.kubernetes.iam_token) module: api_key"),
        row("I59", {"ibmcloud_apikey": CANARY}, "module: ibmcloud_apikey. Supported parameters include", name="close"),
        row("I59", {"apikey": CANARY, "visibility": CANARY}, "visibility must be", name="secret-in-another-option"),
    ],
)
def test_errors_of_ansibles_validation_name_the_option(given: Given, text: str) -> None:
    """Ansible's validation messages quote values, so a value that is also a secret must be masked."""
    assert text in refused("iam_token", given)


@case("I59")
def test_i59_the_alias_of_the_key_is_accepted() -> None:
    _result, (seen,) = accepted("iam_token", {"apikey": KEY})

    assert form(seen)["apikey"] == KEY
