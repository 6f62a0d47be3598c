# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of modules that find a cluster, synchronize RBAC and log in within a single task."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_access_info import MODULE as ACCESS_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_login import MODULE as LOGIN
from ansible_collections.ibmcloud.kubernetes.plugins.modules.kubeconfig import MODULE as KUBECONFIG

from simulator import Simulator

if t.TYPE_CHECKING:
    import pathlib

Result = dict[str, t.Any]


def _run(sim: Simulator, module: Module, *, check_mode: bool = False, **given: t.Any) -> Result:
    defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}
    options = {**defaults, "retries": 0, **given}
    return execute(module, options, environ=sim.env, check_mode=check_mode, warn=lambda _text: None)[0]


@pytest.mark.parametrize("generation", ["2017", "2020"])
@pytest.mark.parametrize(
    ("module", "given", "synchronizes"),
    [
        pytest.param(KUBECONFIG, {"auth": "token"}, True, id="kubeconfig"),
        pytest.param(KUBECONFIG, {"auth": "token", "check_mode": True}, False, id="kubeconfig-in-check-mode"),
        pytest.param(ACCESS_INFO, {}, False, id="access-info"),
    ],
)
def test_older_generations_synchronize_with_the_request_for_a_kubeconfig(
    tmp_path: pathlib.Path, generation: str, module: Module, given: Result, synchronizes: bool
) -> None:
    """These API generations do not report an RBAC status, so the module requests the synchronization every time."""
    with Simulator(f"document-{generation}") as sim:
        result = _run(sim, module, **given, cluster="mycluster", ca_folder=str(tmp_path / "ca"))

        assert "failed" not in result, result["msg"]
        assert list(sim.cluster("mycluster").rbac.applied) == (["IBMid-2700ABCDEF"] if synchronizes else [])


@pytest.mark.parametrize("module", [KUBECONFIG, ACCESS_INFO, LOGIN])
def test_a_record_of_another_host_is_rejected_before_a_request(fleet: Simulator, module: Module) -> None:
    record = {"id": "a1shop0dev0000000000", "name": "shop-dev", "master_url": "https://evil.example"}

    result = _run(fleet, module, clusters=[record])

    assert "allowed_hosts" in result["msg"]
    assert [entry.path for entry in fleet.requests if entry.service == "containers"] == []


@pytest.mark.parametrize("module", [KUBECONFIG, ACCESS_INFO, LOGIN])
@pytest.mark.parametrize("lacking", ["master_url", "ca_cert_data"])
def test_a_fact_that_a_record_lacks_is_read(
    fleet: Simulator, tmp_path: pathlib.Path, module: Module, lacking: str
) -> None:
    """A record from ``cluster_info`` contains the URL only if ``endpoint`` is set, and the CA certificate only if ``ca`` is set."""
    state = fleet.cluster("shop-dev")
    record = {"id": state.cluster.id, "name": "shop-dev", "type": "kubernetes", "region": "us-south"}
    facts = {"master_url": state.master_url, "ca_cert_data": state.ca_pem.decode()}
    given = {**record, **facts}
    del given[lacking]

    result = _run(fleet, module, clusters=[given], ca_folder=str(tmp_path / "ca"))

    assert "failed" not in result, result["msg"]
    assert [cluster["master_url"] for cluster in result["clusters"]] == [state.master_url]
