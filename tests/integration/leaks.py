# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unique secrets for a run, and a search for all forms of these secrets in the run's output."""

from __future__ import annotations

import base64
import dataclasses
import re
import typing as t
import urllib.parse
from dataclasses import dataclass

from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import forms

from simulator import World, load_world

if t.TYPE_CHECKING:
    from simulator import Simulator

# Values that users enter, with characters that URLs, JSON, shells and Python's repr() encode differently
KEY = "CANARY-key/Dev4+q=%7E&'w\"9_mZ3kTvYx0RjLpHs5"
PASSWORD = "CANARY pass+word/=&%'z\"7"
PASSCODES = tuple(f"CANARY-passcode+{letter * 6}/=" for letter in "abcdefgh")
# Invalid credentials, which the services or the validation of the options reject
WRONG = {
    "key": "CANARY-wrong-key/Kx+1=%7E\"'",
    "password": "CANARY wrong+password/=&%'y\"6",
    "passcode": "CANARY-wrong-passcode+/=",
    "access_token": ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"a":1}', b'{"CANARY":2}')
    ),
    "refresh_token": "CANARY-wrong-refresh/+2=",
    "openshift_token": "sha256~CANARY0wrong0openshift0token0AAAAAAAAAAAAAA",
    "userinfo": "CANARYuserinfo5",
    "proxy_password": "CANARYproxy%2Bpassword%2F4",
    "dictionary": "CANARY-key-in-a-dictionary/+=%7E'x\"4",
    "number": "CANARY-key-for-a-number/+=%7E'x\"3",
    "url": "CANARY-key-in-an-address/+=x2",
    "base64": "CANARY-key-in-base64/+=x1",
    "cut": "CANARY-key-that-is-as-long-as-real-ones-0123456789",
}
# Characters that formatting and quoting add to a secret: color codes, line breaks and backslashes.
_QUOTING = re.compile(r"(?:\\u001b|\x1b)\[[0-9;]*m|\\+[nrt]|[\s\\]+")
# Each JWT starts with eyJ, and each OpenShift token starts with sha256~. ZXlK and c2hhMjU2f are the base64 forms of these prefixes.
# Certificates are not searched, because they can contain the prefixes by chance.
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_SHAPES = re.compile(
    r"(?<![\w+/-])(?:eyJ|ZXlK)[\w-]{12,}|(?:sha256~|c2hhMjU2f)[\w-]{20,}|(?:OKD|drt)-sim-[\w+/%=]{12,}"
)


def canary_world() -> World:
    """Return the world ``fleet`` with secrets that contain special characters."""
    world = load_world("fleet")
    keys, codes = iter((KEY, *(f"{number}-{KEY[::-1]}" for number in range(9)))), iter([PASSCODES, *[()] * 9])
    identities = tuple(
        dataclasses.replace(
            who,
            api_keys=tuple(dataclasses.replace(key, key=next(keys)) for key in who.api_keys),
            password=PASSWORD if who.password else None,
            passcodes=next(codes),
        )
        for who in world.identities
    )
    # A large page size avoids additional requests, which would only make the tests slower.
    settings = dataclasses.replace(world.settings, accounts_page_size=100)
    return dataclasses.replace(world, identities=identities, settings=settings)


def given_secrets(world: World) -> dict[str, str]:
    """Return the secrets that users enter, by name."""
    found = {f"wrong {name}": value for name, value in WRONG.items()}
    for who in world.identities:
        found |= {f"key {number} of {who.name}": key.key for number, key in enumerate(who.api_keys)}
        found |= {f"passcode {number} of {who.name}": code for number, code in enumerate(who.passcodes)}
        found |= {f"password of {who.name}": who.password} if who.password else {}
    return found


def watched(sim: Simulator) -> dict[str, str]:
    """Return a dictionary that collects, by name, the tokens that the simulator issues after this call."""
    issued: dict[str, str] = {}

    def noting(kind: str, issue: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def issue_and_note(*arguments: t.Any, **options: t.Any) -> t.Any:
            token = issue(*arguments, **options)
            issued[f"{kind} {len(issued)}"] = token.key.decode() if kind == "admin key" else token
            return token

        return issue_and_note

    cloud = sim.cloud
    for owner, name, kind in (
        (cloud, "access_token", "access token"),
        (cloud, "id_token", "ID token"),
        (cloud, "issue_opaque_token", "refresh or delegated token"),
        *((state.tokens, "issue", "OpenShift token") for state in cloud.clusters),
        *((state.tokens, "issue_code", "OpenShift code") for state in cloud.clusters),
        *((state, "admin_certificate", "admin key") for state in cloud.clusters),
    ):
        setattr(owner, name, noting(kind, getattr(owner, name)))
    return issued


def needles(secret: str) -> set[str]:
    """Return texts that would reveal the secret or half of the secret."""
    found = forms(secret) | forms(f"{secret}\n") | {repr(secret)[1:-1], urllib.parse.quote(secret)}
    # In a longer text, a secret has one of three base64 forms. The first and last characters are cut off, because they also encode
    # adjacent text.
    for shift, cut in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        found.add(encoded[cut : (shift + len(secret.encode())) * 8 // 6])
    if secret.count(".") == 2:
        # All signed tokens have the same header, so the header does not reveal a secret.
        found |= set(secret.split(".")[1:])
    else:
        found |= {secret[: len(secret) // 2], secret[len(secret) // 2 :]} if len(secret) >= 24 else set()
    return {_plain(form) for form in found}


def search(text: str, secrets: t.Mapping[str, str]) -> list[str]:
    """Return the names of the secrets that occur in the text in any form, and the parts of the text that look like tokens."""
    plain = _plain(text)
    found = {name for name, secret in secrets.items() if any(form in plain for form in needles(secret))}
    shapes = {match.group()[:20] for match in _SHAPES.finditer(_CERTIFICATE.sub("", text))}
    return sorted(found) + [f"looks like a token: {shape}..." for shape in sorted(shapes)]


def _plain(text: str) -> str:
    return _QUOTING.sub("", text)


@dataclass(frozen=True)
class Written:
    """The exit code of a run, the output by place, and the secrets that the run used."""

    rc: int
    places: dict[str, str]
    secrets: dict[str, str]

    def leaks(self, place: str) -> list[str]:
        return search(self.places[place], self.secrets)
