# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults F124 to F126: errors that a module finds in options, records and files before it changes anything or waits."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_access_info import MODULE as ACCESS_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE as INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_login import MODULE as LOGIN
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE as SYNC
from ansible_collections.ibmcloud.kubernetes.plugins.modules.kubeconfig import MODULE as KUBECONFIG
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import API_KEY, TOKENS
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import case, row
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.stage import NO, YES, Stage, behave, fails, record
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import answer

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

Record = dict[str, t.Any]
ONE = {"cluster": "shop"}
NEW = {"cluster": "shop", "for_login": True, "wait": True, "endpoint": "auto", "ca": True}
FOREIGN = {"masterURL": "https://c1.us-south.containers.cloud.ibm.com.example.org:30000"}
OPENSHIFT = {"type": "openshift"}
# The calls that change a cluster, check its synchronization or read its details
CALLS = {"applyRBAC", "getRBACStatus", "getCluster", "getCACert"}
DOMAIN = "is not a host in the allowed domains"
NO_LOGIN = "An OpenShift login requires an API key, or a one-time passcode"


def _stage(*records: Record, **acts: t.Any) -> Stage:
    return Stage(**{"vpc": answer(list(records), keep=True), "getRBACStatus": NO, **acts})


@pytest.mark.parametrize(
    ("module", "found", "given", "message"),
    [
        row("F124", KUBECONFIG, FOREIGN, ONE, DOMAIN, name="host-kubeconfig"),
        row("F124", ACCESS_INFO, FOREIGN, ONE, DOMAIN, name="host-access-info"),
        row("F124", LOGIN, FOREIGN, ONE, DOMAIN, name="host-login"),
        row("F124", INFO, FOREIGN, NEW, DOMAIN, name="host-info"),
        row("F124", INFO, {**FOREIGN, "state": "deploying"}, NEW, DOMAIN, name="host-info-deploying"),
        row("F124", INFO, {**OPENSHIFT, "state": "deploying"}, NEW, NO_LOGIN, name="openshift-info-deploying"),
        row("F124", KUBECONFIG, OPENSHIFT, ONE, NO_LOGIN, name="openshift-kubeconfig"),
        row("F124", ACCESS_INFO, OPENSHIFT, ONE, NO_LOGIN, name="openshift-access-info"),
        row("F124", LOGIN, {**OPENSHIFT, "masterURL": None}, ONE, NO_LOGIN, name="openshift-login"),
        row("F124", KUBECONFIG, {}, {**ONE, "auth": "oidc"}, "auth=oidc requires", name="no-refresh-token"),
    ],
)
def test_a_cluster_that_cannot_be_opened(
    fake_time: FakeTime, tmp_path: pathlib.Path, module: Module, found: Record, given: Record, message: str
) -> None:
    """The options and the record in the cluster list are enough to find the error."""
    path = {"path": str(tmp_path / "config")} if module is KUBECONFIG else {}
    with _stage(record(**found)) as stage:
        error = fails(module, stage, fake_time, ca_folder=str(tmp_path / "ca"), **given, **path)

    assert message in str(error)
    assert CALLS.intersection(stage.calls) == set()
    assert fake_time.sleeps == []


@case("F124")
def test_f124_a_url_that_only_the_details_have(fake_time: FakeTime, tmp_path: pathlib.Path) -> None:
    """The module checks the URL before it requests the CA certificate."""
    details = answer(record(**FOREIGN), keep=True)
    with _stage(record(masterURL=None), getCluster=details) as stage:
        error = fails(KUBECONFIG, stage, fake_time, cluster="shop", path=str(tmp_path / "config"))

    assert DOMAIN in str(error)
    assert CALLS.intersection(stage.calls) == {"getCluster"}


@case("F124")
def test_f124_a_key_of_another_identity(fake_time: FakeTime, tmp_path: pathlib.Path) -> None:
    """The module compares the identities of the key and the tokens before it synchronizes RBAC."""
    token = answer({**TOKENS, "access_token": jwt(iam_id="IBMid-OTHER", exp=NOW + 3600)}, keep=True)
    given = {"ibmcloud_api_key": API_KEY, "path": str(tmp_path / "config")}
    with _stage(record(**OPENSHIFT), token=token) as stage:
        error = fails(KUBECONFIG, stage, fake_time, cluster="shop", **given)

    assert "The credentials belong to IBMid-OTHER" in str(error)
    assert CALLS.intersection(stage.calls) == set()


@case("F124")
@pytest.mark.parametrize("module", [INFO, LOGIN])
def test_f124_one_passcode_for_two_clusters(fake_time: FakeTime, tmp_path: pathlib.Path, module: Module) -> None:
    """The module uses the passcode for the first cluster in the list that passes the checks."""
    # The API server of cluster b does not respond.
    places: list[tuple[str, Record]] = [("a", FOREIGN), ("b", {"masterURL": "https://127.0.0.1:1"}), ("c", {})]
    records = [record(name, name=name, **OPENSHIFT, **more) for name, more in places]
    given = {"for_login": True, "endpoint": "auto"} if module is INFO else {}
    lines: list[str] = []
    with _stage(*records) as stage:
        options = {"clusters": ["a", "b", "c"], "openshift_passcode": "code", "ca_folder": str(tmp_path), **given}
        if module is INFO:
            result = behave(INFO, stage, fake_time, continue_on_error=True, lines=lines, **options)
        else:
            result = fails(LOGIN, stage, fake_time, **options).partial()

    messages = {failure["cluster"]: failure["msg"] for failure in result["failures"]}
    assert DOMAIN in messages["a"]
    assert messages["c"].startswith("The one-time passcode allows only one login, and OpenShift cluster b uses it")
    if module is INFO:
        assert [cluster["cluster"] for cluster in result["clusters"]] == ["b"]
    else:
        assert "b" in messages


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        row("F125", "not: a kubeconfig", 0o600, "is not a kubeconfig", name="content"),
        row("F125", "", 0o400, "is write-protected", name="mode"),
        row("F125", None, 0o700, "is a folder", name="folder"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_kubeconfig_that_cannot_be_written(
    fake_time: FakeTime, tmp_path: pathlib.Path, content: str | None, mode: int, message: str, check_mode: bool
) -> None:
    """The module checks the kubeconfig before it sends the first request."""
    path = tmp_path / "config"
    if content is None:
        path.mkdir()
    else:
        path.write_text(content)
    path.chmod(mode)
    with _stage(record()) as stage:
        error = fails(KUBECONFIG, stage, fake_time, cluster="shop", path=str(path), check_mode=check_mode)

    assert message in str(error)
    assert stage.calls == []


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    "state", [row("F126", state, name=state) for state in ("deleting", "deleted", "aborted", "deploy_failed")]
)
def test_a_synchronization_that_would_never_end(fake_time: FakeTime, state: str, check_mode: bool) -> None:
    """The message contains the state of the cluster, and the module does not request a synchronization."""
    with _stage(record(state=state)) as stage:
        error = fails(SYNC, stage, fake_time, cluster="shop", check_mode=check_mode)

    assert f"Cluster shop cannot be used: its state is {state}" in str(error)
    assert (error.kind, fake_time.sleeps) == ("not_ready", [])
    assert "applyRBAC" not in stage.calls


@case("F126")
def test_f126_a_cluster_that_is_synchronized_already(fake_time: FakeTime) -> None:
    """The module accepts the state "delete_failed", because a later login shows whether the API server responds."""
    with _stage(record(state="delete_failed"), getRBACStatus=YES) as stage:
        result = behave(SYNC, stage, fake_time, cluster="shop")

    assert (result["changed"], result["clusters"][0]["synchronized"]) == (False, True)


@pytest.mark.parametrize(
    ("state", "note"),
    [
        row("F126", "deploying", "; the cluster's state is deploying", name="not-ready"),
        row("F126", "normal", "", name="normal"),
        row("F126", None, "", name="unknown"),
    ],
)
def test_a_synchronization_that_does_not_end_in_time(fake_time: FakeTime, state: str | None, note: str) -> None:
    """The module waits for a cluster that may not be deployed yet. If the cluster is not ready, the message contains the state."""
    with _stage(record(state=state, masterURL=None)) as stage:
        error = fails(SYNC, stage, fake_time, cluster="shop", wait_timeout=20)

    checks = stage.calls.count("getRBACStatus")
    assert f"synchronized=false, error=false after {checks} checks{note}. The service continues" in str(error)
    assert (error.kind, sum(fake_time.sleeps)) == ("rbac_timeout", pytest.approx(20))
