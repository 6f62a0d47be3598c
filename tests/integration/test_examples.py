# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every example in the documentation unchanged."""

from __future__ import annotations

import functools
import importlib.util
import itertools
import json
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from simulator import Simulator

from .conftest import HERE, Ansible, ansible_beside, leaks

ROOT = HERE.parents[1]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
PAGES = sorted([ROOT / "README.md", ROOT / "roles" / "cluster_access" / "README.md", *(ROOT / "docs").glob("*.md")])
# A block after this comment requires AWX, or the result of an earlier example. The comment names the test that runs the block.
ELSEWHERE = "<!-- tried by tests/integration/test_awx.py -->\n"
BLOCK = re.compile(
    rf"(?:^<!-- not run: (?P<why>[^\n]+) -->\n)?(?<!{ELSEWHERE})^```yaml\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL
)
# An example that uses an older API generation runs in a simulated world of that generation.
GENERATION = re.compile(r"api_generation\W+([0-9]{4})")
# A guide uses this environment variable for an API key in another account.
OTHER_NAMES = {"PRODUCTION_API_KEY": "not-a-real-key/ada+prod="}
VAULT = {"vault_ibmcloud_api_key": "not-a-real-key/ada+prod=", "vault_ibmcloud_password": "not-a-real-password"}


@pytest.fixture
def documented(tmp_path: Path, request: pytest.FixtureRequest) -> t.Iterator[Ansible]:
    """Yield an ``Ansible`` object for the world that the example requires."""
    block = request.node.callspec.params.get("block", "") if hasattr(request.node, "callspec") else ""
    with ansible_beside(world_of(block), tmp_path) as found:
        yield found


def world_of(example: t.Any) -> str:
    """Return the name of the world that the example requires."""
    named = GENERATION.search(example if isinstance(example, str) else json.dumps(example))
    return f"document-{named[1]}" if named else "docs"


@functools.cache
def ansible_doc(kind: str, *names: str) -> dict[str, t.Any]:
    """Return the output of ``ansible-doc`` for each name."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("ansible-doc"),
            *("--json", "-t", kind, *(f"ibmcloud.kubernetes.{name}" for name in names)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, t.Any] = json.loads(done.stdout)
    return {name: found[f"ibmcloud.kubernetes.{name}"] for name in names}


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_a_module_run(documented: Ansible, module: str) -> None:
    """The examples run in order, and no other task runs before them."""
    shown = ansible_doc("module", *MODULES)[module]
    tasks = yaml.safe_load(shown["examples"])
    if "kubernetes.core" in shown["examples"] and not importlib.util.find_spec("ansible_collections.kubernetes"):
        pytest.skip("the example needs kubernetes.core, which is not installed for this ansible-core")
    assert len(tasks) >= 1
    assert all(option.get("description") for option in shown["doc"]["options"].values())
    for world, group in itertools.groupby(tasks, world_of):
        with ansible_beside(world, documented.folder) as beside:
            run = beside.play([*group], "-v", "-e", beside.variables(**VAULT))

            assert run.rc == 0, run.output
            assert leaks(run.output, beside.sim) == []


def blocks() -> list[t.Any]:
    """Return the YAML blocks of the README files and the guides."""
    found = []
    for page in PAGES:
        for number, match in enumerate(BLOCK.finditer(page.read_text())):
            # A skipped block requires collections or tools that are not installed here. Even a skipped block must be valid YAML.
            marks = [pytest.mark.skip(reason=match["why"])] if match["why"] and yaml.safe_load(match["block"]) else []
            found.append(pytest.param(match["block"], id=f"{page.stem}-{number}", marks=marks))
    return found


@pytest.mark.parametrize("block", blocks())
def test_examples_of_a_page_run(documented: Ansible, block: str) -> None:
    """Each YAML block must be a play that runs, or a valid inventory or world."""
    if "kubernetes.core" in block and not importlib.util.find_spec("ansible_collections.kubernetes"):
        pytest.skip("the example needs kubernetes.core, which is not installed for this ansible-core")
    if "command: kubectl" in block and not shutil.which("kubectl"):
        pytest.skip("the example needs kubectl, which is not on PATH")
    path = documented.folder / "page.yml"
    path.write_text(block)
    document = yaml.safe_load(block)
    if isinstance(document, dict) and "plugin" in document:
        inventory = path.rename(path.with_name("page.ibmcloud_clusters.yml"))
        run = documented.run("ibmcloud.kubernetes.each_cluster", "-i", str(inventory), "-v", env=OTHER_NAMES)
        assert run.rc == 0, run.output
        assert leaks(run.output, documented.sim) == []
        return
    if isinstance(document, dict):
        with Simulator(path) as sim:
            name = sim.world.clusters[0].name
            play = "ibmcloud.kubernetes.cluster_access"
            run = documented.run(play, "-e", f"cluster_access_cluster={name}", env=sim.env)
        assert run.rc == 0, run.output
        return
    run = documented.run(str(path), "-v")

    assert run.rc == 0, run.output
    assert leaks(run.output, documented.sim) == []


def test_the_readme_has_an_example() -> None:
    assert BLOCK.search((ROOT / "README.md").read_text())


def test_examples_of_the_role_run(documented: Ansible) -> None:
    """In ansible-core 2.19 and later, ``ansible-doc`` shows the examples of a role."""
    if not importlib.util.find_spec("ansible_collections.kubernetes"):
        pytest.skip("the example needs kubernetes.core, which is not installed for this ansible-core")
    shown = ansible_doc("role", "cluster_access")["cluster_access"]
    examples = [yaml.safe_load(shown["entry_points"][entry]["examples"]) for entry in ("main", "refresh")]
    # The last task of the first example logs out, so this task runs after the second example.
    run = documented.play([*examples[0][:-1], *examples[1], examples[0][-1]], "-v")

    assert run.rc == 0, run.output
    assert leaks(run.output, documented.sim) == []


def test_the_role_is_documented() -> None:
    shown = ansible_doc("role", "cluster_access")["cluster_access"]
    options = shown["entry_points"]["main"]["options"]
    defaults = yaml.safe_load((ROOT / "roles" / "cluster_access" / "defaults" / "main.yml").read_text())

    assert set(options) == set(defaults)
    assert not [name for name, option in options.items() if option.get("required")]
    assert {name: option["default"] for name, option in options.items() if "default" in option} == defaults


def test_the_rescue_example_handles_only_missing_clusters(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "errors.md").read_text()
    (block,) = (found["block"] for found in BLOCK.finditer(text) if "rescue:" in found["block"])
    with ansible_beside("docs", tmp_path) as ansible:
        path = tmp_path / "rescue.yml"
        path.write_text(block)
        run = ansible.run(str(path), env={"IC_API_KEY": "not-a-real-key/unknown="})

    assert run.rc == 2, run.output
    assert "IBM Cloud does not recognize this API key" in run.failures()[-1]
