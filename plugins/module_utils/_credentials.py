# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What somebody gave to log in with."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """What was given to log in with; empty strings for what was not."""

    api_key: str = field(repr=False, default="")
    username: str = ""
    password: str = field(repr=False, default="")
    passcode: str = field(repr=False, default="")
    access_token: str = field(repr=False, default="")
    refresh_token: str = field(repr=False, default="")
    id_token: str = field(repr=False, default="")

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Credentials:
        """Return those that are among the resolved options (see _options.py)."""

        def given(name: str) -> str:
            return options.get(name) or ""

        return cls(
            api_key=given("ibmcloud_api_key"),
            username=given("username"),
            password=given("password"),
            passcode=given("passcode"),
            access_token=given("access_token"),
            refresh_token=given("refresh_token"),
            id_token=given("id_token"),
        )
