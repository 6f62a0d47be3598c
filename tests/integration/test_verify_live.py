# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook verify_live: it announces, compares, shows the report and writes it."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml

from .conftest import Ansible, leaks

PLAYBOOK = "ibmcloud.kubernetes.verify_live"
REPORT = "verify_live_report.yml"
WHOLE = ("-e", "ibmcloud_clusters=shop-dev,data-dev", "-e", "ibmcloud_apply_rbac=true")


@pytest.fixture(autouse=True)
def _folder_of_the_caller(fleet: Ansible) -> None:
    """Set what a shell sets for the folder in which a command is started."""
    fleet.env["PWD"] = str(fleet.folder)


def report_of(ansible: Ansible) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load((ansible.folder / REPORT).read_text()))


def test_check_mode_shows_versions_and_sends_nothing(fleet: Ansible) -> None:
    """The bug form asks for this output. It needs no credentials."""
    run = fleet.run(PLAYBOOK, "--check", env={"IC_API_KEY": ""})

    assert run.rc == 0, run.output
    for word in ("ansible-core", "collection", "python", "requests", "urllib3", "openssl"):
        assert f"'{word}': '" in run.output
    assert "At most 16 requests, about 11 seconds. Nothing is changed." in run.output
    assert fleet.sim.requests == []
    assert not (fleet.folder / REPORT).exists()


@pytest.mark.slow
def test_a_report(fleet: Ansible) -> None:
    """The number of requests is shown before the first one, and the report before it is written. It can be compared again."""
    run = fleet.run(PLAYBOOK, *WHOLE)
    report = report_of(fleet)
    sent = len(fleet.sim.requests)
    again = fleet.run(PLAYBOOK, "-e", f"ibmcloud_compare={REPORT}")

    assert (run.rc, again.rc) == (0, 0), run.output + again.output
    steps = ("At most ", "Compare the service with the claims]", "Confirmed     ", "versions:", "Write the report]")
    order = [run.output.index(step) for step in steps]
    assert order == sorted(order)
    assert len(fleet.sim.requests) == sent
    assert report["clusters"] == ["kubernetes classic", "openshift vpc-gen2"]
    for line in ("Confirmed     list-fields: ", "Not tried     metadata-version: "):
        assert line in run.output
        assert line in again.output
    assert "CONTRADICTED" not in run.output
    assert leaks(run.output + again.output, fleet.sim) == []
    assert "shop-dev" not in json.dumps(report)


@pytest.mark.slow
def test_a_failed_login(fleet: Ansible) -> None:
    run = fleet.run(PLAYBOOK, env={"IC_API_KEY": "no-such-key"})

    assert run.rc == 2
    assert "IBM Cloud does not recognize this API key" in run.failures()[-1]
    assert not (fleet.folder / REPORT).exists()
