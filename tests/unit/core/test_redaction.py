# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that secrets are masked in every encoding that services and libraries use."""

from __future__ import annotations

import base64
import html
import json
import random
import re
import string
import time
import typing as t
from urllib.parse import quote, quote_plus, unquote_plus

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.redaction import MASK, Redactor, mask_quoted
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import jwt

SECRET = 'Ab+c/d=e&f%g"h\\i-j_k'


def _redactor(*secrets: str) -> Redactor:
    redactor = Redactor()
    redactor.add(*secrets)
    return redactor


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _unpadded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


FORMS: dict[str, t.Callable[[str], str]] = {
    "raw": str,
    "url-encoded": lambda secret: quote(secret, safe=""),
    "form-encoded": quote_plus,
    "url-encoded-in-lower-case": lambda secret: re.sub("%..", lambda found: found[0].lower(), quote(secret, safe="")),
    "json": json.dumps,
    "base64": _base64,
    "base64-url": _unpadded,
    "base64-with-line-end": lambda secret: _base64(secret + "\n"),
    "basic-as-user": lambda secret: _base64(f"{secret}:"),
    "base64-with-more": lambda secret: _base64(f"{secret}~and more"),
    "basic-apikey": lambda secret: _base64(f"apikey:{secret}"),
    "basic-passcode": lambda secret: _base64(f"passcode:{secret}"),
    "url-encoded-twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "form-encoded-twice": lambda secret: quote_plus(quote_plus(secret)),
    "html": html.escape,
    "html-of-go": lambda secret: html.escape(secret).replace("&quot;", "&#34;").replace("+", "&#43;"),
    "json-of-go": lambda secret: json.dumps(secret).replace("&", "\\u0026"),
    "hex": lambda secret: secret.encode().hex(),
    "hex-in-capitals": lambda secret: secret.encode().hex().upper(),
    "inside-a-word": lambda secret: f"x{secret}y",
    "twice": lambda secret: f"{secret},{secret}",
}


@pytest.mark.parametrize("length", [18, 19, 20])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_a_known_secret_is_masked(form: t.Callable[[str], str], length: int) -> None:
    """The length of the secret determines the base64 padding."""
    secret = SECRET[:length]
    shown = form(secret)

    cleaned = _redactor(secret).clean(f"before {shown} after")

    assert MASK in cleaned
    assert secret[:4] not in cleaned
    assert secret not in unquote_plus(cleaned)
    assert _unpadded(secret)[:8] not in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


def test_a_secret_with_a_line_end_is_masked_without_it() -> None:
    """Requests contain the secret without its trailing line break."""
    assert _redactor("not-a-real-key\n").clean("no key not-a-real-key here") == f"no key {MASK} here"


def test_a_secret_that_contains_another_one_is_masked_completely() -> None:
    assert _redactor("secret", "secret-and-more").clean("a secret-and-more b secret c") == f"a {MASK} b {MASK} c"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        pytest.param(f"token {jwt(sub='ada')} end", f"token {MASK} end", id="JWT"),
        pytest.param(f"token {jwt(sub='ada')[:40]}", f"token {MASK}", id="cut-JWT"),
        pytest.param("token eyJhbGciOiJydCJ9.rest", f"token {MASK}", id="two-part-token"),
        pytest.param("sha256~AbCdEfGhIjKl0123", MASK, id="OpenShift"),
        pytest.param("Authorization: Bearer abcdefgh12345678", f"Authorization: {MASK}", id="bearer"),
        pytest.param("authorization: basic Yng6YnhZWFlaYWJj", f"authorization: {MASK}", id="basic"),
        pytest.param("the bearer of news", "the bearer of news", id="plain-words-stay"),
        pytest.param("basic authentication", "basic authentication", id="longer-words-stay"),
        pytest.param("HTTP 404 for mycluster", "HTTP 404 for mycluster", id="messages-stay"),
    ],
)
def test_unregistered_tokens_are_masked(text: str, cleaned: str) -> None:
    assert Redactor().clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        pytest.param("a\nb", "a b", id="line-end"),
        pytest.param("a\r\n\t\x00b", "a b", id="run-of-controls"),
        pytest.param("a\x1b[31mred\x1b[0m", "a red ", id="terminal-colours"),
        pytest.param("a\x9b31mb", "a 31mb", id="eight-bit-control"),
        pytest.param("a\u2028b\u2029c", "a b c", id="line-separators"),
        pytest.param("a\u202eb\u2066c", "a b c", id="bidirectional"),
        pytest.param("a\u200bb\ufeffc\u00add", "a b c d", id="format"),
        pytest.param("a\ud83db", "a b", id="surrogate"),
        pytest.param("a\ue000b\U000f0000c", "a b c", id="private-use"),
        pytest.param("größe 🚢", "größe 🚢", id="letters-stay"),
    ],
)
def test_control_characters_are_replaced(text: str, cleaned: str) -> None:
    """Text from a service must not add lines or change terminal colors."""
    assert Redactor().clean(text) == cleaned


@pytest.mark.parametrize("secret", ["", "ibm", None])
def test_very_short_values_are_not_masked(secret: str | None) -> None:
    """Ordinary words can contain short values by chance."""
    redactor = Redactor()
    redactor.add(secret)

    assert redactor.clean("ibm cloud") == "ibm cloud"


def test_clean_tree_masks_nested_values() -> None:
    """Dictionary keys, and values that are not strings, are not masked."""
    tree = {"key-1234": ["a key-1234", {"n": "key-1234"}], "number": 7, "none": None, "flag": True}

    cleaned = _redactor("key-1234").clean_tree(tree)

    assert cleaned == {"key-1234": [f"a {MASK}", {"n": MASK}], "number": 7, "none": None, "flag": True}


def test_mask_tree_keeps_line_ends() -> None:
    """Later tasks need the original line breaks."""
    tree = {"key-1234": ["a\nkey-1234\t", {"n": jwt(sub="ada")}], "number": 7, "none": None, "flag": True}

    masked = _redactor("key-1234").mask_tree(tree)

    assert masked == {"key-1234": [f"a\n{MASK}\t", {"n": MASK}], "number": 7, "none": None, "flag": True}


BEGIN, END = "-----BEGIN CERTIFICATE-----\n", "\n-----END CERTIFICATE-----\n"


def test_a_certificate_is_not_masked() -> None:
    """The base64 text of a certificate can look like the beginning of a token, and a damaged CA would be useless."""
    pem = f"{BEGIN}MIIBeyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\nQUJD+/w=={END}"

    assert Redactor().mask_tree({"ca_cert_data": pem + pem}) == {"ca_cert_data": pem + pem}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{BEGIN}key-1234{END}", id="known-secret-in-a-certificate"),
        pytest.param(f"{BEGIN}QUJD{END}{jwt(sub='ada')}", id="token-after-it"),
        pytest.param(f"{jwt(sub='ada')}{BEGIN}QUJD{END}", id="token-before-it"),
        pytest.param(f"{BEGIN}{jwt(sub='ada')}", id="no-end"),
        pytest.param(f"{BEGIN}{jwt(sub='ada')}{END}", id="token-with-dots-in-it"),
        pytest.param(f"{BEGIN}QUJD-----END X----- {jwt(sub='ada')} {BEGIN}{END}", id="token-between-two"),
    ],
)
def test_secrets_around_certificate_markers_are_masked(text: str) -> None:
    """Only the base64 text of a certificate is excluded from masking."""
    masked = _redactor("key-1234").mask_tree(text)

    assert MASK in masked
    assert "key-1234" not in masked
    assert "eyJ" not in masked


def test_a_secret_that_is_added_later_is_masked() -> None:
    """A module registers each token that it obtains."""
    redactor = _redactor("first-secret")
    redactor.add("second-secret")

    assert redactor.clean("first-secret second-secret") == f"{MASK} {MASK}"


def test_repr_of_the_redactor_has_no_secret() -> None:
    """A traceback can contain the redactor's ``repr``."""
    assert "not-a-real-key" not in repr(_redactor("not-a-real-key"))


def test_random_secrets_are_masked_in_every_form() -> None:
    chance = random.Random(20260101)  # The seed is fixed, so that each run tests the same texts.
    for _round in range(300):
        secret = "".join(chance.choices(string.printable[:94], k=chance.randint(8, 60)))
        form = chance.choice([*FORMS.values()])
        noise = "".join(chance.choices(string.ascii_letters + " ", k=40))

        assert secret not in _redactor(secret).clean(noise + form(secret) + noise)
        assert secret not in unquote_plus(_redactor(secret).clean(noise + form(secret) + noise))


def test_a_secret_is_masked_before_the_text_is_shortened() -> None:
    """If the text were shortened first, a part of a secret that contains spaces could remain."""
    secret = "first second third fourth"
    for length in range(30, 60):
        cleaned = _redactor(secret).clean_tree("x" * 20 + f" {secret} and more words until the end", length)

        assert len(cleaned) <= length
        assert not any(word in cleaned for word in secret.split())


KEY = "Zx9-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-ab"  # This key has 44 characters, like an IAM API key.


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"refresh_token": "CANARY"}', '{"refresh_token": "***"}'),
        ('sent {"apikey":"CAN\\"ARY", "a": 1}', 'sent {"apikey":"***", "a": 1}'),
        ('{\\"access_token\\":\\"CANARY1\\"}', '{\\"access_token\\":\\"***\\"}'),
        ("grant_type=x&refresh_token=CANARY&b=2", "grant_type=x&refresh_token=***&b=2"),
        ("password=canary", "password=***"),
        ("passcode: CANARY1", "passcode: ***"),
        ("client_secret='CANARY x'", "client_secret='***'"),
        ("assertion=CANARY", "assertion=***"),
        (f"the value {KEY} is wrong", "the value *** is wrong"),
        (f"token {jwt(sub='ada')}", "token ***"),
        ("Invalid token: expired", "Invalid token: expired"),
        ("Provided API key could not be found.", "Provided API key could not be found."),
        ("cluster c1a2b3c4d5e6f7a8b9c0, account 0123456789abcdef0123456789abcdef", None),
        ("The resource group Default-Resource-Group-Of-The-Second-Account-Of-Ada", None),
    ],
)
def test_quoted_text_is_masked_where_it_may_be_a_secret(text: str, masked: str | None) -> None:
    """Values are masked if their field has the name of a secret, or if they look like a token."""
    assert mask_quoted(text) == (text if masked is None else masked)


@pytest.mark.parametrize("text", ["a" * 16_384, "key=" * 4096, '"' * 16_384, "token" * 3000, "\\" * 16_384])
def test_masking_of_repetitive_text_is_fast(text: str) -> None:
    """The patterns must not backtrack over the whole text."""
    started = time.process_time()
    mask_quoted(text)

    assert time.process_time() - started < 2.0
