# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment variables that select a cloud, an account or a credential."""

from __future__ import annotations

import typing as t

PREFIXES = ("IC_", "IBMCLOUD_")


def without_cloud(environ: t.Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the variables for credentials and endpoints. A real API key must not reach the simulator."""
    return {name: value for name, value in environ.items() if not name.startswith(PREFIXES)}
