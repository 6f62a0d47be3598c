# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the ``verify_live`` playbook: the announced requests, the comparison, and the report."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import time
import typing as t

import pytest
import yaml

from .conftest import Ansible, has_terminal, leaks

PLAYBOOK = "ibmcloud.kubernetes.verify_live"
REPORT = "verify_live_report.yml"
WHOLE = ("-e", "ibmcloud_clusters=shop-dev,data-dev", "-e", "ibmcloud_apply_rbac=true")
WRITE = ("-e", "ibmcloud_write_report=true")


@pytest.fixture(autouse=True)
def _folder_of_the_caller(fleet: Ansible) -> None:
    """Set ``PWD``, which contains the working directory of the user's shell."""
    fleet.env["PWD"] = str(fleet.folder)


def report_of(ansible: Ansible) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load((ansible.folder / REPORT).read_text()))


def test_check_mode_shows_versions_and_sends_no_request(fleet: Ansible) -> None:
    """The bug report form asks for the output of this command. The command does not require credentials."""
    run = fleet.run(PLAYBOOK, "--check", env={"IC_API_KEY": ""})

    assert run.rc == 0, run.output
    for word in ("ansible-core", "collection", "python", "requests", "urllib3", "openssl"):
        assert f"'{word}': '" in run.output
    assert "At most 16 requests, about 11 seconds. Nothing will be changed." in run.output
    assert fleet.sim.requests == []
    assert not (fleet.folder / REPORT).exists()


@pytest.mark.parametrize(
    ("variables", "rc", "text"),
    [
        (
            {"clusters": "shop-dev,data-dev", "apply_rbac": True},
            0,
            "The RBAC of these clusters will be synchronized: shop-dev, data-dev",
        ),
        ({"endpoint": "nearest"}, 2, "value of endpoint must be one of"),
        ({"compare": "missing.yml"}, 2, "/missing.yml was not found. Set ibmcloud_compare to a file that"),
        ({"compare": "text.yml"}, 2, "compare is not a report from this version"),
    ],
)
def test_mistakes_are_found_without_a_request(fleet: Ansible, variables: dict[str, t.Any], rc: int, text: str) -> None:
    (fleet.folder / "text.yml").write_text("Only text\n")
    given = fleet.variables(**{f"ibmcloud_{name}": value for name, value in variables.items()})
    run = fleet.run(PLAYBOOK, "--check", "-e", given)

    assert run.rc == rc, run.output
    assert text in run.output
    assert fleet.sim.requests == []


def test_without_an_answer_the_report_is_not_written(fleet: Ansible) -> None:
    """AWX and scripts do not have a terminal."""
    run = fleet.run(PLAYBOOK)

    assert run.rc == 0, run.output
    assert "identity: user" in run.output
    assert "The report was not written. To write it without a prompt, set ibmcloud_write_report=true." in run.output
    assert not (fleet.folder / REPORT).exists()


@pytest.mark.skipif(not has_terminal(), reason="no pseudo-terminal")
@pytest.mark.parametrize(("answer", "is_written"), [("yes", True), ("no", False)])
def test_the_answer_decides(fleet: Ansible, answer: str, is_written: bool) -> None:
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover  # another process
        os.chdir(fleet.folder)
        os.execvpe("ansible-playbook", ["ansible-playbook", PLAYBOOK], {**fleet.env, "TERM": "dumb"})
    output, deadline = b"", time.monotonic() + 120
    with contextlib.suppress(OSError):  # raised at the end of the output
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 1)[0]:
                part = os.read(terminal, 4096)
                output += part
                if not part:
                    break
            elif b"Enter yes to write" in output:
                # Ansible discards input that arrives too early, so the answer is sent repeatedly.
                os.write(terminal, answer.encode() + b"\r")
    if time.monotonic() >= deadline:
        os.kill(child, signal.SIGKILL)
    _child, status = os.waitpid(child, 0)
    os.close(terminal)

    assert status == 0, output.decode()
    assert (fleet.folder / REPORT).exists() == is_written


@pytest.mark.slow
def test_a_report_is_shown_and_written(fleet: Ansible) -> None:
    """The playbook shows the number of requests before it sends the first request, and shows the report before it writes the file."""
    run = fleet.run(PLAYBOOK, *WHOLE, *WRITE)
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
def test_a_failed_login_is_an_error(fleet: Ansible) -> None:
    run = fleet.run(PLAYBOOK, env={"IC_API_KEY": "no-such-key"})

    assert run.rc == 2
    assert "IBM Cloud does not recognize this API key" in run.failures()[-1]
    assert not (fleet.folder / REPORT).exists()
