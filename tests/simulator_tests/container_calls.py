# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for the tests of the containers service."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from simulator_tests.calls import Api

GETS = ["getCluster", "getRBACStatus", "getCACert", "getKubeconfig"]
POSTS = ["applyRBAC", "applyRBACAndGetKubeconfig"]


def error(response: t.Any) -> tuple[int, str]:
    body = response.json()
    assert {"incidentID", "code", "description", "type"} <= set(body)
    return response.status_code, body["code"]


def call(api: Api, token: str | None, path: str, cluster: str, **options: t.Any) -> t.Any:
    """Call an operation of the containers service for a cluster. The HTTP method depends on the operation."""
    if path in POSTS:
        return api.containers(token, path, json={"cluster": cluster}, **options)
    return api.containers(token, path, params={"cluster": cluster}, **options)
