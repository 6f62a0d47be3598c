# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test common errors in a first run of the shipped playbook. Each error is a single line with a hint."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import sys
import typing as t

import pytest

from .conftest import HERE, Ansible, ansible_beside, leaks

if t.TYPE_CHECKING:
    from pathlib import Path

PLAYBOOK = "ibmcloud.kubernetes.cluster_access"
# The modules that the role uses. Each error message begins with the module's name.
MODULES = ("iam_token", "account_info", "cluster_info", "cluster_rbac_sync", "cluster_login")
ADA = "not-a-real-key/ada+dev="
DEPLOYER = "not-a-real-key/deployer+prod="
DEVELOPMENT, PRODUCTION = "a1b2c3d4e5f60718293a4b5c6d7e8f90", "b2c3d4e5f60718293a4b5c6d7e8f90a1"
# The maximum lengths of messages: about five lines in a terminal. Messages about requests can be longer, because they contain request IDs.
LONGEST, LONGEST_OF_A_CALL = 420, 480


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Ansible]:
    """Yield Ansible with a single simulator for all tests, because failed runs change nothing."""
    folder: Path = tmp_path_factory.mktemp("quickstart")
    with ansible_beside("fleet", folder) as found:
        yield found


def said(beside: Ansible, cluster: str, *arguments: str, key: str = ADA, **env: str) -> str:
    """Run the playbook as in the README, and return its last error message.

    The message must be a single line without a secret.
    """
    named = ["-e", f"cluster_access_cluster={cluster}"] if cluster else []
    before = len(beside.sim.requests)
    run = beside.run(PLAYBOOK, *named, *arguments, env={"IC_API_KEY": key, "IBMCLOUD_API_KEY": "", **env})

    assert run.rc == 2, run.output
    assert leaks(run.output, beside.sim) == []
    assert not any(part in run.output for part in ("Traceback", "MODULE FAILURE", "A bug in this collection"))
    message = run.failures()[-1]
    message = message.removeprefix(f"{message.split(': ')[0]}: ") if message.split(": ")[0] in MODULES else message
    is_about_a_call = " -> " in message
    assert len(message) <= (LONGEST_OF_A_CALL if is_about_a_call else LONGEST)
    assert "\n" not in message
    # Invalid input does not cause retries.
    assert is_about_a_call or len(beside.sim.requests) - before <= 8
    return message


def test_a_missing_key_is_an_error(beside: Ansible) -> None:
    """No request is sent."""
    before = len(beside.sim.requests)
    message = said(beside, "shop-dev", key="")

    assert message.startswith(
        "No credentials were given. Set cluster_access_ibmcloud_api_key (or IC_API_KEY in the environment)"
    )
    assert len(beside.sim.requests) == before


def test_a_wrong_key_is_an_error(beside: Ansible) -> None:
    """The request is not retried."""
    message = said(beside, "shop-dev", key=ADA.replace("dev", "dve"))

    assert "log in with the API key failed" in message
    assert "attempt 1 of 5" in message
    assert message.endswith(
        "Check cluster_access_ibmcloud_api_key (or IC_API_KEY): IBM Cloud does not recognize this API key."
    )


def test_a_key_of_another_account_is_an_error(beside: Ansible) -> None:
    message = said(beside, "shop-dev", "-e", '{"cluster_access_account": "Example Production"}')

    assert f"belongs to account {DEVELOPMENT}, but account {PRODUCTION} was requested" in message
    assert "cluster_access_account" in message


def test_a_missing_cluster_variable_is_an_error(beside: Ansible) -> None:
    assert "cluster_access_cluster" in said(beside, "")


def test_the_error_about_an_unknown_cluster_lists_similar_names(beside: Ansible) -> None:
    """The most similar name is listed first."""
    message = said(beside, "shop-dve")

    assert message.startswith("No cluster shop-dve was found. Did you mean: shop-dev, ")


def test_a_cluster_without_permission_is_reported_as_not_found(beside: Ansible) -> None:
    """The service does not list the cluster, so the message contains both possible causes."""
    message = said(beside, "pay-prod", key=DEPLOYER)

    assert message.startswith("No cluster pay-prod was found. ")
    assert "another account" in message
    assert "Viewer" in message


def test_a_cluster_that_is_deploying_is_an_error(beside: Ansible) -> None:
    message = said(beside, "fresh-dev")

    assert message.startswith("Cluster fresh-dev has no masterURL; its state is deploying. Wait until")


@contextlib.contextmanager
def private(beside: Ansible, *, silent: bool) -> t.Iterator[None]:
    """Move the private cluster to an unreachable address. Connections time out if ``silent`` is true, and otherwise fail at once."""
    (cluster,) = (state for state in beside.sim.cloud.clusters if state.cluster.name == "private-dev")
    known = dict(cluster.urls)
    with contextlib.ExitStack() as ends:
        place = ends.enter_context(socket.socket())
        place.bind(("127.0.0.1", 0))
        if silent:
            # This connection fills the listener's queue.
            place.listen(0)
            ends.enter_context(socket.create_connection(place.getsockname()))
        address = f"https://127.0.0.1:{place.getsockname()[1]}"
        cluster.urls.update(dict.fromkeys(known, address))
        try:
            yield
        finally:
            cluster.urls.update(known)


@pytest.mark.parametrize(
    "silent",
    [
        pytest.param(False, id="refused"),
        pytest.param(
            True,
            id="silent",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux ignores connections to a full queue"),
        ),
    ],
)
def test_an_unreachable_private_cluster_is_an_error(beside: Ansible, *, silent: bool) -> None:
    limits = ("-e", "cluster_access_retries=0", "-e", "cluster_access_timeout=3")
    with private(beside, silent=silent):
        message = said(beside, "private-dev", *limits)

    assert ("no connection within 3 s" if silent else "connection refused") in message
    assert "get the Kubernetes version failed" in message
    assert all(word in message for word in ("VPN", "VPE", "To use another endpoint, set the endpoint option"))


def test_an_unknown_ca_of_a_proxy_is_an_error(beside: Ansible) -> None:
    """An unknown CA signed the services' certificates, as if a proxy intercepted the connections."""
    message = said(beside, "shop-dev", REQUESTS_CA_BUNDLE="", CURL_CA_BUNDLE="")

    assert "certificate is not trusted" in message
    assert "attempt 1 of 5" in message
    assert all(word in message for word in ("proxy", "ca_cert", "REQUESTS_CA_BUNDLE"))
    assert "validate_certs" not in message


def test_the_next_steps_of_the_demo_run(beside: Ansible) -> None:
    """``./dev demo`` prints a playbook and the environment variables for this playbook."""
    spec = importlib.util.spec_from_file_location("demo", HERE.parents[1] / "tests" / "tools" / "demo.py")
    demo = importlib.util.module_from_spec(t.cast("t.Any", spec))
    t.cast("t.Any", spec).loader.exec_module(demo)
    text: str = demo.next_steps()
    playbook = beside.folder / "access.yml"
    playbook.write_text(text[text.index("- name:") : text.index("Then set two")])
    named = [line.partition("=")[0].split()[1] for line in text.splitlines() if line.startswith("export ")]
    run = beside.run(str(playbook), env={"IC_API_KEY": ADA, "CLUSTER": "shop-dev"})

    assert named == ["IC_API_KEY", "CLUSTER", "REQUESTS_CA_BUNDLE"]
    assert run.rc == 0, run.output
    assert "shop-dev (a1shop0dev0000000000)" in run.output
