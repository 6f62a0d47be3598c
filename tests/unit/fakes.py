# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake clock, and tokens with invalid signatures."""

from __future__ import annotations

import base64
import json
import typing as t
from dataclasses import dataclass, field

from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock

# The time is far from the present, so that tests fail if they use the real clock by mistake.
NOW = 1_900_000_000
ACCOUNT = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
OTHER_ACCOUNT = "b2c3d4e5f60718293a4b5c6d7e8f90a1"


@dataclass
class FakeTime:
    """A clock that advances only when sleep() is called. Every random number equals ``chance``."""

    chance: float = 1.0
    seconds: float = 1000.0
    sleeps: list[float] = field(default_factory=list)
    on_sleep: t.Callable[[float], None] = lambda _seconds: None

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds
        self.on_sleep(seconds)

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.seconds, sleep=self.sleep, random=lambda: self.chance)


def jwt(**claims: t.Any) -> str:
    """Return a token with these claims and an invalid signature."""
    return f"{_part({'kid': 'made-up', 'alg': 'RS256'})}.{_part(claims)}.c2lnbmF0dXJl"


def access_token(account: str = ACCOUNT, *, expires: float = NOW + 3600, **claims: t.Any) -> str:
    """Return an access token in IAM's format. If ``account`` is empty, the token is not bound to an account."""
    bound = {"bss": account} if account else {}
    return jwt(iam_id="IBMid-2700ABCDEF", account={"boundary": "global", **bound}, exp=expires, **claims)


def _part(value: dict[str, t.Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
