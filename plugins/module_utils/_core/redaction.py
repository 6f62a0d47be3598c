# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Keep secrets out of text: by value, in every form in which services and libraries echo them, and by shape."""

from __future__ import annotations

import base64
import json
import re
import threading
import typing as t
import urllib.parse

MASK = "***"
# Shorter values occur by chance in ordinary words; masking them would make messages unreadable.
_SHORTEST = 4
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ESCAPE = re.compile("%[0-9A-F]{2}")
# What clients and services leave as it is when they write a text into an address: nothing, a path, RFC 3986, JavaScript, Go.
_UNQUOTED = ("", "/", "/:@!$&'()*+,;=", "!'()*", "$&+=:@")
_SHAPES = re.compile(
    # Not in a certificate: one of three hundred has the beginning of a JWT in its base64.
    r"(?P<kept>-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----)"
    r"|eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,2}"  # a JWT, also a cut one
    r"|sha256~[A-Za-z0-9_-]{8,}"  # an OpenShift OAuth token
    r"|(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{16,}"
)


class Redactor:
    """Replaces known secrets and everything that looks like a token.

    Secrets can be added while a module runs, because what it obtains is as secret as what it was given.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()

    def add(self, *secrets: str | None) -> None:
        forms = {form for secret in secrets for form in _forms(secret or "") if len(form) >= _SHORTEST}
        # Another set in place of a changed one: some other thread may be reading it.
        with self._lock:
            self._forms |= forms

    def clean(self, text: str) -> str:
        """Return ``text`` without secrets and without control characters."""
        return _CONTROL.sub(" ", self._masked(text))

    def clean_tree(self, value: t.Any) -> t.Any:
        """Clean every string below ``value`` (dictionaries, lists, scalars)."""
        return _each(value, self.clean)

    def mask_tree(self, value: t.Any) -> t.Any:
        """Take the secrets out of every string below ``value``, and leave what else is in it: lines, for one."""
        return _each(value, self._masked)

    def _masked(self, text: str) -> str:
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
        return _SHAPES.sub(lambda found: found["kept"] or MASK, text)

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"


def _each(value: t.Any, change: t.Callable[[str], str]) -> t.Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _each(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [_each(item, change) for item in value]
    return value


def _forms(secret: str) -> t.Iterator[str]:
    for text in dict.fromkeys((secret, secret.strip())):
        yield text
        for quoted in (urllib.parse.quote_plus(text), *(urllib.parse.quote(text, safe=safe) for safe in _UNQUOTED)):
            yield quoted
            yield _ESCAPE.sub(lambda found: found[0].lower(), quoted)
        yield json.dumps(text)[1:-1]
        # As Ansible quotes a value that it refuses.
        yield repr(text)[1:-1]
        raw = text.encode("utf-8", "replace")
        # In the middle of a text base64 has two more ways to write it; the characters at the ends hold bits of others too.
        for shift, cut in ((1, 2), (2, 3)):
            yield base64.b64encode(b"\0" * shift + raw).decode()[cut : (shift + len(raw)) * 8 // 6]
        for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
            yield encoded.decode().rstrip("=")
            # At the head of a longer encoded text the last characters differ, as they hold bits of what follows.
            yield encoded.decode()[: len(raw) // 3 * 4]
        # The user names with which our clients send a secret by HTTP Basic.
        for user in ("apikey", "passcode"):
            yield base64.b64encode(f"{user}:{text}".encode()).decode().rstrip("=")
