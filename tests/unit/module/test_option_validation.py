# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of accepted and rejected option values, with a table for each kind of option."""

from __future__ import annotations

import base64
import typing as t

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.option_validation import (
    check_cluster,
    validate,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, access_token, jwt

if t.TYPE_CHECKING:
    import pathlib

TOKEN = access_token()
SECRETS = (
    *("ibmcloud_api_key", "password", "passcode"),
    *("access_token", "refresh_token", "id_token", "kubernetes_refresh_token", "openshift_token"),
)


@pytest.fixture(scope="module")
def pem() -> str:
    return trustme.CA().cert_pem.bytes().decode()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("ibmcloud_api_key", "not-a-real-key/ada+dev=", None, id="key"),
        pytest.param("ibmcloud_api_key", "k" * 1024, None, id="longest-key"),
        pytest.param("password", " p\u00e4ss w\u00f6rd\t", None, id="password-of-any-letters"),
        pytest.param("passcode", "aB3dE5fG7h", None, id="passcode"),
        pytest.param("refresh_token", "OKD-/+=._~" * 6000, None, id="long-refresh-token"),
        pytest.param("kubernetes_refresh_token", "OKD-x", None, id="kubernetes-refresh-token"),
        pytest.param("access_token", TOKEN, None, id="access-token"),
        pytest.param("id_token", jwt(), None, id="id-token"),
        pytest.param("openshift_token", "sha256~Zm9v_-x", None, id="openshift-token"),
        pytest.param("openshift_token", "opaque", None, id="older-openshift-token"),
        pytest.param("account_id", ACCOUNT.upper(), ACCOUNT, id="account-in-upper-case"),
        pytest.param("visibility", "private", None, id="visibility"),
        pytest.param("timeout", 0.001, None, id="shortest-timeout"),
        pytest.param("timeout", 3600, None, id="longest-timeout"),
        pytest.param("retries", 0, None, id="no-retries"),
        pytest.param("retries", 10, None, id="most-retries"),
        pytest.param("min_validity", 0, None, id="no-validity"),
        pytest.param("wait_timeout", 0, None, id="no-wait"),
        pytest.param("wait_sleep", 1, None, id="shortest-sleep"),
        pytest.param("rate_limit", 0, None, id="no-rate-limit"),
        pytest.param("rate_limit", 0.1, None, id="lowest-rate"),
        pytest.param("cluster", "  shop-dev\n", "shop-dev", id="cluster-with-blanks-around"),
        pytest.param("clusters", [" a ", "b b"], ["a", "b b"], id="clusters"),
        pytest.param("clusters", [], None, id="no-clusters"),
        pytest.param("namespace", "{{ anything }}", None, id="an-option-without-a-check"),
    ],
)
def test_valid_values_are_normalized(name: str, value: t.Any, expected: t.Any) -> None:
    assert validate(name, value) == (value if expected is None else expected)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    "mark",
    ["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********", "$encrypted$", "$ANSIBLE_VAULT;1.1", "!vault |", "{{ key }}"],
)
def test_masked_and_encrypted_values_are_rejected(name: str, mark: str) -> None:
    """I26 to I28: each ``mark`` is rejected, both as the whole value and within a longer value."""
    for value in (mark, f"x{mark}y"):
        with pytest.raises(InputError, match=f"^{name} is a masked, encrypted or unresolved value"):
            validate(name, value)


@pytest.mark.parametrize("name", ["ibmcloud_api_key", "passcode", "refresh_token", "kubernetes_refresh_token"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("SEC RET", "contains whitespace"),
        ("SEC\nRET", "contains whitespace"),
        ("SEC\u00a0RET", "contains whitespace"),
        ("SECRET\u00e9", "contains characters that are not allowed"),
        ("SECRET\u200b", "contains characters that are not allowed"),
        ("SECRET\x00", "contains characters that are not allowed"),
        ("SECRET\x7f", "contains characters that are not allowed"),
    ],
    ids=ascii,
)
def test_invalid_characters_of_a_secret_are_rejected(name: str, value: str, reason: str) -> None:
    """Secrets must consist of visible ASCII characters.

    The message distinguishes whitespace from other characters and does not contain the secret.
    """
    with pytest.raises(InputError, match=f"^{name} {reason}") as caught:
        validate(name, value)

    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "length"),
    [("ibmcloud_api_key", 1025), ("passcode", 1025), ("password", 1025), *[(name, 65537) for name in SECRETS[3:]]],
)
def test_a_secret_that_is_too_long_is_rejected(name: str, length: int) -> None:
    """I07: a value that is too long is probably the content of a file."""
    with pytest.raises(InputError, match=f"^{name} is longer than"):
        validate(name, "S" * length)


@pytest.mark.parametrize("name", ["refresh_token", "kubernetes_refresh_token"])
def test_the_placeholder_for_a_refresh_token_is_rejected(name: str) -> None:
    """I21: IAM can return the placeholder instead of a refresh token."""
    with pytest.raises(InputError, match=f"^{name} is the placeholder that the service returns") as caught:
        validate(name, "not_supported")

    assert "ibmcloud.kubernetes.iam_token" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "value", "source"),
    [
        pytest.param("access_token", "SECRET", "iam_token", id="opaque"),
        pytest.param("id_token", "sha256~SECRET", "iam_token", id="openshift-token-as-id-token"),
        pytest.param("id_token", f"{TOKEN}\r\nX: SECRET", "iam_token", id="header"),
        pytest.param("access_token", "a.SECRET.c", "iam_token", id="no-claims"),
        pytest.param("openshift_token", "sha256~SEC RET", "openshift_token", id="blank"),
        pytest.param("openshift_token", "SECRET\r\nX: y", "openshift_token", id="header-in-openshift-token"),
        pytest.param("openshift_token", "SECRET\u00e9", "openshift_token", id="accent-in-openshift-token"),
    ],
)
def test_invalid_tokens_are_rejected(name: str, value: str, source: str) -> None:
    """The hint names the module that returns valid tokens for the option."""
    with pytest.raises(InputError, match=f"^{name} is no") as caught:
        validate(name, value)

    assert caught.value.hint == f"Use the token that ibmcloud.kubernetes.{source} returns."
    assert "SEC" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        *[("timeout", value, "0.001 and 3600") for value in (0, -1, 3601, float("nan"), float("inf"))],
        *[("retries", value, "0 and 10") for value in (-1, 11, True)],
        *[("retry_budget", value, "1 and 86400") for value in (0.9, 86401)],
        *[("min_validity", value, "0 and 86400") for value in (-1, 86401, False)],
        *[("wait_timeout", value, "0 and 86400") for value in (-1, 86401)],
        *[("wait_sleep", value, "1 and 600") for value in (0, 601)],
    ],
)
def test_numbers_out_of_range_are_rejected(name: str, value: float, bounds: str) -> None:
    """The message contains both limits. Booleans are not numbers."""
    with pytest.raises(InputError) as caught:
        validate(name, value)

    assert str(caught.value) == f"{name} must be between {bounds}"


@pytest.mark.parametrize("value", [0.001, 0.05, 0.0999])
def test_a_rate_limit_below_one_request_in_ten_seconds_is_rejected(value: float) -> None:
    """The limiter counts requests per ten seconds, and the limit must be at least one request."""
    with pytest.raises(InputError, match=r"^rate_limit must be 0, or between 0\.1 and 1000$"):
        validate("rate_limit", value)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("account_id", "mine", "account_id must be 32 hexadecimal digits, not 'mine'"),
        ("account_id", f"{ACCOUNT}0", f"account_id must be 32 hexadecimal digits, not '{ACCOUNT}0'"),
        ("account_id", f"{ACCOUNT}\n", f"account_id must be 32 hexadecimal digits, not '{ACCOUNT}\\n'"),
        ("account_id", "x" * 200, f"account_id must be 32 hexadecimal digits, not '{'x' * 80}'"),
        ("visibility", "Private", "visibility must be public, private or public-and-private, not 'Private'"),
        ("visibility", "publicly", "visibility must be public, private or public-and-private, not 'publicly'"),
    ],
)
def test_values_of_another_format_are_rejected(name: str, value: str, line: str) -> None:
    """The value is not a secret, so the message quotes up to 80 characters of the value."""
    with pytest.raises(InputError) as caught:
        validate(name, value)

    assert str(caught.value) == line


@pytest.mark.parametrize("name", ["shop-dev", "a", "My cluster_1.0:x", "0" * 255, "-"])
def test_valid_cluster_names_are_accepted(name: str) -> None:
    assert check_cluster(f" {name}\t") == name


@pytest.mark.parametrize("value", ["", "  ", "a/b", "a\nb", "a&b=c", "\u00fc", "a" * 256, None, ["a"], True])
def test_invalid_cluster_names_are_rejected(value: t.Any) -> None:
    """For a list, the message contains the index of the invalid entry."""
    with pytest.raises(InputError, match=r"^cluster is not a valid cluster name or ID"):
        validate("cluster", value)
    with pytest.raises(InputError, match=r"^clusters\[1\] is not a valid cluster name or ID"):
        validate("clusters", ["fine", value])


def test_records_are_accepted_in_a_list_of_clusters() -> None:
    """Some modules accept records in a list. The ``cluster`` option does not accept records."""
    record = {"id": "c1", "name": "no/name"}

    assert validate("clusters", [" fine ", record]) == ["fine", record]
    with pytest.raises(InputError, match=r"^cluster is not a valid cluster name or ID"):
        validate("cluster", record)


# CA certificates


@pytest.mark.parametrize("name", ["ca_cert", "cluster_ca_file"])
def test_valid_ca_files_are_accepted(tmp_path: pathlib.Path, pem: str, name: str) -> None:
    """A file can contain several certificates, and comments in any encoding. A folder is also accepted."""
    path = tmp_path / "ca.pem"
    comment = "# F\u0151tan\u00fas\u00edtv\u00e1ny\n".encode()
    for content in (pem.encode(), pem.encode() * 2, comment + pem.encode(), b"# \xe9\xff\n" + pem.encode()):
        path.write_bytes(content)
        assert validate(name, str(path)) == str(path)
    assert validate(name, str(tmp_path)) == str(tmp_path)


def test_a_large_bundle_is_not_read(tmp_path: pathlib.Path) -> None:
    """Reading a system bundle would take longer than the request that needs the bundle."""
    path = tmp_path / "bundle.pem"
    path.write_text("# not a certificate\n" * 5000)

    assert validate("ca_cert", str(path)) == str(path)


@pytest.mark.parametrize("name", ["ca_cert", "cluster_ca_file"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"SECRET", id="text"),
        pytest.param(b"\x30\x82\xff\xfe\x00SECRET", id="binary"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n", id="private-key"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\n", id="cut-after-the-first-line"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\nSECRET\n-----END CERTIFICATE-----\n", id="no-certificate-inside"),
    ],
)
def test_a_file_without_a_ca_is_rejected(tmp_path: pathlib.Path, name: str, content: bytes) -> None:
    """I56: the message contains the path and the reason, but not the content."""
    path = tmp_path / "ca.pem"
    path.write_bytes(content)

    with pytest.raises(InputError) as caught:
        validate(name, str(path))

    assert caught.value.reason == f"{name} {path} does not contain a PEM certificate"
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("name", ["ca_cert", "cluster_ca_file"])
def test_a_missing_ca_file_is_rejected(tmp_path: pathlib.Path, name: str) -> None:
    """I56: the message contains the operating system's error."""
    path = tmp_path / "none.pem"

    with pytest.raises(InputError, match=f"^{name} {path} cannot be read: No such file or directory"):
        validate(name, str(path))


def test_a_certificate_in_der_format_is_rejected(tmp_path: pathlib.Path, pem: str) -> None:
    path = tmp_path / "ca.der"
    path.write_bytes(base64.b64decode("".join(pem.splitlines()[1:-1])))

    with pytest.raises(InputError, match="does not contain a PEM certificate"):
        validate("ca_cert", str(path))


def test_a_ca_certificate_as_text_is_accepted(pem: str) -> None:
    """The ``cluster_info`` module returns CA certificates in PEM format."""
    for text in (pem, f"# \u00fc\n{pem}"):
        assert validate("ca_cert_data", text) == text


@pytest.mark.parametrize("text", ["SECRET", "\u00fc", "-----BEGIN CERTIFICATE-----", "U0VDUkVU"], ids=ascii)
def test_a_text_without_a_ca_certificate_is_rejected(text: str) -> None:
    """Base64-encoded PEM, which the service returns, is not accepted."""
    with pytest.raises(InputError) as caught:
        validate("ca_cert_data", text)

    assert (
        str(caught.value)
        == "ca_cert_data does not contain a PEM certificate. It must start with -----BEGIN CERTIFICATE-----."
    )
