# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of a service that responds as if another user had logged in."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules import cluster_access_info, cluster_login, kubeconfig
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.foreign import mixed, swap_identity

from simulator.fault_injection import FaultInjector, Injection

if t.TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

    from simulator import Simulator

MODULES = {"login": cluster_login.MODULE, "access": cluster_access_info.MODULE, "kubeconfig": kubeconfig.MODULE}


class OfAnother(Injection):
    """An injection that replaces each token response from IAM with a response for another user."""

    def __init__(self, sim: Simulator) -> None:
        super().__init__()
        object.__setattr__(self, "sim", sim)

    async def send(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        body = getattr(response, "body", None)
        if request.path == "/identity/token" and isinstance(body, bytes):
            response.body = swap_identity(self.__dict__["sim"], body.decode()).encode()  # type: ignore[attr-defined]
        return response


class Swapping(FaultInjector):
    def __init__(self, sim: Simulator) -> None:
        super().__init__()
        self._sim = sim

    def plan(self, *_given: t.Any, **_more: t.Any) -> Injection:
        return OfAnother(self._sim)


@pytest.mark.parametrize("name", MODULES)
def test_an_api_key_that_logs_in_to_openshift_as_another_user_is_an_error(
    fleet: Simulator, name: str, tmp_path: Path
) -> None:
    """The tokens from IAM belong to one user, but the cluster's OAuth server identifies the owner of the API key as another user."""
    module = MODULES[name]
    spec = module.argument_spec
    given = {key: option["default"] for key, option in spec.items() if "default" in option}
    given |= {"clusters": ["shop-dev", "data-dev"], "concurrency": 1, "retries": 0, "continue_on_error": True}
    given |= {"ca_folder": str(tmp_path)} if "ca_folder" in spec else {}
    given |= {"path": str(tmp_path / "config")} if "path" in spec else {}
    for cluster in ("shop-dev", "data-dev"):
        fleet.cluster(cluster).rbac.synchronized_for |= set(fleet.cloud.identities)
    fleet.cloud.fault_injector = Swapping(fleet)

    result, _secrets = execute(module, given, environ=fleet.env, check_mode=False, warn=lambda _text: None)

    assert [failure["cluster"] for failure in result["failures"]] == ["data-dev"], result
    assert "The cluster identified the user as IAM#ada@example.com, but the token belongs to another" in str(result)
    assert list(mixed(fleet, result, tmp_path / "config")) == []
