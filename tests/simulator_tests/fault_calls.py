# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for the tests of latency, the rate limit and faults."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from simulator_tests.calls import Api


def configure_faults(api: Api, **settings: t.Any) -> None:
    """Change the simulator's settings until the next test."""
    api.sim.cloud.settings = dataclasses.replace(api.sim.cloud.settings, **settings)


def faults(api: Api) -> list[str]:
    return [entry.fault for entry in api.sim.requests]
