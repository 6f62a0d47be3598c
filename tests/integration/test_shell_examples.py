# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the shell and Python blocks of the README and the guides. ``NOT_RUN`` lists the lines that are not run, with reasons."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field

import pytest

from .conftest import HERE, ansible_beside, leaks

if t.TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
ROOT = HERE.parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?P<kind>sh|bash|python)\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)
# Lines that are not run, with the reason
NOT_RUN = {
    r"git clone |python3 -m venv |\. ~/|pip install |pipx |ansible-galaxy collection install ": "it needs the network",
    r"\./dev (demo|test)": "CI runs it, and it would run this test",
    r"cd playbooks/files/awx$|curl --fail |awx |export CONTROLLER_HOST=|\S* \S*awx_setup ": "it needs an AWX; test_awx_setup.py does the same with its modules",
    r"ansible-builder build |podman push ": "it needs podman; the nox session ee prepares it",
    r"read -rs GALAXY_TOKEN|\./dev nox |unset GALAXY_TOKEN|git (show|push|tag) ": "it is for maintainers, and needs a token",
}
# Scripts that are not run: the beginning of each script, and the reason
SCRIPTS = {"from simulator import LOAD_LATENCY": "it waits for minutes; test_load.py does this with fewer clusters"}


@dataclass(frozen=True)
class AuthMethod:
    """Settings for a block: the world, the files, and the replacements for placeholders."""

    world: str = "docs"
    files: t.Mapping[str, str] = field(default_factory=dict)
    instead: t.Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    in_collection: bool = False


def yaml_of(page: str) -> str:
    """Return the first YAML block of a page."""
    return (ROOT / page).read_text().partition("```yaml\n")[2].partition("```")[0]


KEY = "not-a-real-key/ada+prod="
RUN_AS = {
    "README-0": AuthMethod(
        files={"access.yml": yaml_of("README.md")}, instead={"IC_API_KEY=... ": f"IC_API_KEY={KEY} "}
    ),
    "getting-started-1": AuthMethod(
        instead={"<your IBM Cloud API key>": KEY, "<your cluster>": "mycluster-vpc"},
    ),
    "inventory-0": AuthMethod(
        world="fleet",
        files={"all.ibmcloud_clusters.yml": yaml_of("docs/inventory.md")},
        instead={"export IC_API_KEY=...\n": ""},
    ),
    "inventory-1": AuthMethod(),
    "kubectl-0": AuthMethod(
        instead={
            "<your IBM Cloud API key>": KEY,
            "~/.ansible/collections/ansible_collections/ibmcloud/kubernetes/": f"{ROOT}/",
        },
    ),
    "playbooks-0": AuthMethod(instead={"IC_API_KEY=... ": f"IC_API_KEY={KEY} "}),
    **{f"playbooks-{number}": AuthMethod() for number in range(1, 9)},
    "rbac-sync-0": AuthMethod(world="fleet"),
    "secrets-0": AuthMethod(
        files={"vault-password": "not-a-real-vault-password"},
        instead={"--ask-vault-pass": "--vault-password-file vault-password"},
        stdin="not-a-real-key",
    ),
    "testing-offline-0": AuthMethod(in_collection=True),
    "testing-offline-1": AuthMethod(in_collection=True),
    "testing-offline-2": AuthMethod(in_collection=True),
    "testing-offline-3": AuthMethod(),
    "testing-offline-4": AuthMethod(
        world="fleet",
        files={
            "site.yml": "- hosts: localhost\n  connection: local\n  gather_facts: false\n  roles:\n"
            "    - {role: ibmcloud.kubernetes.cluster_access, cluster_access_cluster: shop-dev}\n"
        },
    ),
    "verified-0": AuthMethod(
        instead={
            "IC_API_KEY=... ": f"IC_API_KEY={KEY} ",
            # The test has no terminal in which to answer the playbook's question.
            "myopenshift\nansible": "myopenshift -e ibmcloud_write_report=true\nansible",
        },
    ),
}


def blocks() -> dict[str, tuple[str, str]]:
    """Return the kind and the code of each block, keyed by page and number."""
    return {
        f"{page.stem}-{number}": (match["kind"], match["code"])
        for page in PAGES
        for number, match in enumerate(BLOCK.finditer(page.read_text()))
    }


def to_run(code: str) -> str:
    return "\n".join(line for line in code.splitlines() if not any(re.match(words, line) for words in NOT_RUN))


def test_each_block_is_run_or_has_a_reason() -> None:
    """Each pattern in ``NOT_RUN`` must match a line."""
    found = blocks()
    lines = [line for _kind, code in found.values() for line in code.splitlines()]
    left = {name for name, (_kind, code) in found.items() if to_run(code).strip()}
    excused = {name for name in left for words in SCRIPTS if found[name][1].startswith(words)}

    assert left - excused == {*RUN_AS}
    assert [words for words in NOT_RUN if not any(re.match(words, line) for line in lines)] == []
    assert len(excused) == len(SCRIPTS)


@pytest.mark.parametrize("name", RUN_AS)
def test_a_block_of_a_page_runs(tmp_path: Path, name: str) -> None:
    kind, code = blocks()[name]
    way = RUN_AS[name]
    for words, instead in way.instead.items():
        assert words in code
        code = code.replace(words, instead)
    script = to_run(code)
    for file, text in way.files.items():
        (tmp_path / file).write_text(text)
    with ansible_beside(way.world, tmp_path) as beside:
        env = {**beside.env, "XDG_RUNTIME_DIR": str(tmp_path), "PYTHONPATH": str(ROOT / "tests")}
        if way.in_collection:
            # The page starts its own simulator.
            env = {key: value for key, value in env.items() if not key.startswith(("IBMCLOUD_", "IC_", "REQUESTS_"))}
        shell = ["bash", "-euo", "pipefail", "-c", script] if kind != "python" else [sys.executable, "-c", script]
        done = subprocess.run(
            shell,
            cwd=ROOT if way.in_collection else tmp_path,
            env=env,
            input=way.stdin,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        output = done.stdout + done.stderr

        assert done.returncode == 0, output
        assert leaks(output, beside.sim) == []
        assert KEY not in output
        assert not way.stdin or way.stdin not in output
