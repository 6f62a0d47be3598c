# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the scripts that find broken links and write the first pages of the documentation site."""

from __future__ import annotations

import importlib.util
import sys
import typing as t

import pytest

from .conftest import ROOT

if t.TYPE_CHECKING:
    from pathlib import Path

PAGE = "# One page\n\n## A heading, with `code`\n\n## Twice\n\n## Twice\n\n"


def load(name: str) -> t.Any:
    """Load a script that builds the documentation site. The script is not part of a package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "site" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # the ``dataclasses`` module requires this entry
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("target", "broken"),
    [
        ("#a-heading-with-code", False),
        ("#twice-1", False),
        ("one.md#twice", False),
        ("folder/two.html#there", False),
        ("folder", False),
        ("https://example.com/nowhere", False),
        ("#twice-2", True),
        ("one.md#a-heading", True),
        ("folder/two.html#not-there", True),
        ("three.md", True),
        ("../one.md", True),
    ],
)
def test_links_are_checked(tmp_path: Path, target: str, broken: bool) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "two.html").write_text('<p id="there">')
    (tmp_path / "one.md").write_text(f"{PAGE}[a link]({target})\n")
    problems, others = load("links").followed([tmp_path / "one.md"])

    assert bool(problems) is broken
    assert others == ([target] if target.startswith("https:") else [])


def test_the_list_of_pages_has_descriptions() -> None:
    """The list shows each guide's description from the README, or the guide's title. The rest of the README is not changed."""
    assemble = load("assemble")
    guides = "".join(f"- [{number}](docs/{number}.md)\n" for number in range(5))
    readme = f"# Name\n\n## Install\n\npip\n\n## Docs\n\n- [Errors](docs/errors.md): codes\n{guides}\n## More\n\nend\n"
    page = assemble.first_page(readme)

    assert "- [Errors](docs/errors.md): codes\n" in page
    assert "- [Authentication](docs/authentication.md)\n" in page
    assert "## Docs" not in page
    assert page.endswith("## More\n\nend\n")
    assert assemble.install_page(readme) == "# Install\n\npip\n\n"


def test_links_to_files_become_links_of_the_site() -> None:
    assemble = load("assemble")
    page = assemble.Path("docs/errors.md")
    text = "[a](awx.md#x) [b](../README.md) [c](../plugins/modules/kubeconfig.py) [d](../playbooks) [e](https://example.com)"
    site = assemble.rewritten(text, page, assemble.pages())

    assert site == (
        "[a](awx.md#x) [b](../index.md) [c](../reference/kubeconfig_module.rst) "
        f"[d]({assemble.REPOSITORY}/tree/main/playbooks) [e](https://example.com)"
    )
    with pytest.raises(assemble.SourceError, match=r"nothing\.yml"):
        assemble.rewritten("[f](nothing.yml)", page, assemble.pages())
