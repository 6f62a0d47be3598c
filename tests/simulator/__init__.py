# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A strict local simulator of IBM Cloud: the IAM, accounts and containers services, and the API server of each cluster."""

from __future__ import annotations

import importlib
import typing as t

if t.TYPE_CHECKING:
    from .fault_settings import LOAD_LATENCY, Faults, Latency, RateLimit
    from .server import Simulator
    from .world import Settings, World
    from .world_file import load_world, shipped_worlds
    from .world_generator import generated_world
    from .yaml_section import WorldError

__all__ = [
    "LOAD_LATENCY",
    "Faults",
    "Latency",
    "RateLimit",
    "Settings",
    "Simulator",
    "World",
    "WorldError",
    "generated_world",
    "load_world",
    "shipped_worlds",
]

_HOMES = {
    "LOAD_LATENCY": "fault_settings",
    "Faults": "fault_settings",
    "Latency": "fault_settings",
    "RateLimit": "fault_settings",
    "Settings": "world",
    "Simulator": "server",
    "World": "world",
    "WorldError": "yaml_section",
    "generated_world": "world_generator",
    "load_world": "world_file",
    "shipped_worlds": "world_file",
}


def __getattr__(name: str) -> t.Any:
    """Import the attribute on first use. The commands ``start`` and ``stop`` do not need the server library, whose import takes 0.5 s."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
