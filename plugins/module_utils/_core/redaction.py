# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Mask secrets in output.

Known secrets are masked in every encoding that services and libraries use. Unknown tokens are recognized by their format.
Mask a text before you shorten it, because a truncated secret is not recognized.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
import typing as t
import urllib.parse

MASK = "***"
# Shorter values are not masked, because they occur in ordinary words.
_MIN_LENGTH = 4
_TERMINAL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ESCAPE = re.compile("%[0-9A-F]{2}")
# The characters that different URL encoders do not encode. The last three entries are from RFC 3986, JavaScript and Go.
_UNQUOTED = ("", "/", "/:@!$&'()*+,;=", "!'()*", "$&+=:@")
_SHAPES = re.compile(
    # Certificates are not masked. By chance, the base64 text of about one in 300 certificates contains the prefix of a JWT.
    r"(?P<kept>-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----)"
    r"|eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,2}"  # a JWT or a part of one
    r"|sha256~[A-Za-z0-9_-]{8,}"  # an OpenShift OAuth token
    r"|(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{16,}"
)
# IAM API keys have 44 characters, and refresh tokens are longer. Cluster and account IDs have 32 characters and no capital letters.
_OPAQUE = re.compile(r"[A-Za-z0-9_~+/-]{40,}=*")
_NAMED = re.compile(
    r"""(?P<name>["']?[\w.-]{0,40}(?:token|api_?key|key|passw(?:or)?d|passcode|secret|assertion)[\w.-]{0,40}(?P<quote>\\?["']?))"""
    r"""(?P<sign>\s*[:=]\s*)(?P<value>\\"[^"\\]*(?:\\")?|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"'&,;{}\[\]()]+)""",
    re.IGNORECASE,
)


class Redactor:
    """Masks known secrets and strings that look like tokens.

    Callers can add secrets, such as the tokens of a login, during a run.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()

    def add(self, *secrets: str | None) -> None:
        forms = {form for secret in secrets for form in _forms(secret or "") if len(form) >= _MIN_LENGTH}
        # This assignment creates a new set, because another thread may be iterating over the old set.
        with self._lock:
            self._forms |= forms

    def clean(self, text: str) -> str:
        """Mask the secrets in ``text``, and replace nonprintable characters with spaces."""
        return self._mask(printable(self._mask(text)))

    def clean_tree(self, value: t.Any, longest: int | None = None) -> t.Any:
        """Clean and then shorten each string in ``value``. ``value`` can contain dictionaries, lists and scalars."""
        return _map_strings(value, lambda text: shorten(self.clean(text), longest))

    def mask_tree(self, value: t.Any) -> t.Any:
        """Mask the secrets in each string in ``value``, but keep line breaks and other nonprintable characters."""
        return _map_strings(value, self._mask)

    def _mask(self, text: str) -> str:
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
        return _SHAPES.sub(lambda found: found["kept"] or MASK, text)

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"


def printable(text: str) -> str:
    """Replace nonprintable characters in ``text`` with spaces.

    Nonprintable characters are control, format (such as bidirectional), surrogate, private-use and unassigned characters, and all
    separators except the space.
    """
    if text.isprintable():
        return text
    text = _TERMINAL.sub(" ", text)
    pieces = "".join(char if char.isprintable() else "\0" for char in text)
    return re.sub("\0+", " ", pieces)


def shorten(text: str, longest: int | None) -> str:
    """Shorten ``text`` to at most ``longest`` characters at a word boundary. The caller must clean the text first."""
    if longest is None or len(text) <= longest:
        return text
    return text[: longest - 3].rpartition(" ")[0] + "..."


def mask_quoted(text: str) -> str:
    """Mask possible secrets in a text from a service: long opaque strings, and the values of fields such as ``refresh_token``.

    Use this function for a text that may contain secrets that a ``Redactor`` does not know.
    """
    return _OPAQUE.sub(_mask_opaque, _NAMED.sub(_mask_value, _SHAPES.sub(lambda found: found["kept"] or MASK, text)))


def _mask_opaque(found: re.Match[str]) -> str:
    value = found[0]
    return MASK if all(any(test(char) for char in value) for test in (str.isupper, str.islower, str.isdigit)) else value


def _mask_value(found: re.Match[str]) -> str:
    value = found["value"]
    if "=" not in found["sign"] and not found["quote"] and value.isalpha() and value.islower():
        return found[0]  # prose, such as "Invalid token: expired"
    mark = re.match(r"""\\?["']?""", value)
    return f"{found['name']}{found['sign']}{mark[0] if mark else ''}{MASK}{mark[0] if mark else ''}"


def _map_strings(value: t.Any, change: t.Callable[[str], str]) -> t.Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _map_strings(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [_map_strings(item, change) for item in value]
    return value


def _forms(secret: str) -> t.Iterator[str]:
    for text in dict.fromkeys((secret, secret.strip())):
        yield text
        for quoted in (urllib.parse.quote_plus(text), *(urllib.parse.quote(text, safe=safe) for safe in _UNQUOTED)):
            # URL-encoded once, and URL-encoded twice
            for form in (quoted, urllib.parse.quote(quoted, safe="")):
                yield form
                yield _ESCAPE.sub(lambda found: found[0].lower(), form)
        yield from _escaped(text)
        raw = text.encode("utf-8", "replace")
        yield raw.hex()
        yield raw.hex().upper()
        # Base64 encodes groups of three bytes, so the base64 form of a secret depends on the secret's offset in the text. The first and
        # last characters of the two shifted forms are cut off, because they also encode adjacent bytes.
        for shift, cut in ((1, 2), (2, 3)):
            yield base64.b64encode(b"\0" * shift + raw).decode()[cut : (shift + len(raw)) * 8 // 6]
        for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
            yield encoded.decode().rstrip("=")
            # The last characters are cut off, because they also encode any text that follows the secret.
            yield encoded.decode()[: len(raw) // 3 * 4]
        # In HTTP Basic authentication, clients send one of these user names with the secret.
        for user in ("apikey", "passcode"):
            yield base64.b64encode(f"{user}:{text}".encode()).decode().rstrip("=")


def _escaped(text: str) -> t.Iterator[str]:
    as_json = json.dumps(text)[1:-1]
    yield as_json
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    # Go's encoding/json
    yield as_json.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    # Ansible quotes a rejected option value with repr().
    yield repr(text)[1:-1]
    yield html.escape(text)
    # Go's html/template
    yield html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;").replace("+", "&#43;")
    yield html.escape(text, quote=False)
