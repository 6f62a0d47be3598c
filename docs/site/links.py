# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify, without network access, that links in the Markdown files and on the built site lead to existing files, pages and anchors.

Usage: ``links.py CHECKOUT SITE``. Links to other sites are not checked, but are written to external-links.txt in the parent folder of SITE.
``./dev nox -s docs-links`` requests the external links on the site.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import typing as t
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin

if t.TYPE_CHECKING:
    from collections.abc import Iterable

# The prefixes of links that contain a scheme or a host.
EXTERNAL = ("http:", "https:", "mailto:", "data:", "//")


@dataclass(frozen=True)
class Link:
    """A link on a page."""

    page: Path
    target: str

    @property
    def external(self) -> bool:
        return self.target.startswith(EXTERNAL)


@functools.cache
def read(page: Path) -> BeautifulSoup:
    """Parse a page. Markdown is rendered as on GitHub, with an anchor for each heading."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        text = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=6).render(text)
    return BeautifulSoup(text, "html.parser")


@functools.cache
def anchors(page: Path) -> set[str]:
    named = [tag.get(name) for name in ("id", "name") for tag in read(page).find_all(True, {name: True})]
    return {str(name) for name in named}


def links(page: Path) -> list[Link]:
    """Return the links on a page, including links to images, styles and scripts."""
    attributes = (("a", "href"), ("img", "src"), ("link", "href"), ("script", "src"))
    found = [tag[name] for element, name in attributes for tag in read(page).find_all(element) if tag.get(name)]
    return [Link(page, str(target)) for target in found]


def problem(link: Link) -> str | None:
    """Return the reason why a link is broken, or None if the link works."""
    path, _hash, anchor = link.target.partition("#")
    path = urllib.parse.unquote(path.partition("?")[0])
    place = link.page if not path else Path(os.path.normpath(link.page.parent / path))
    if not place.exists():
        return f"{link.page}: {link.target}: {path} does not exist"
    if not anchor or place.suffix not in (".md", ".html"):
        return None
    if urllib.parse.unquote(anchor) in anchors(place):
        return None
    return f"{link.page}: {link.target}: {place.name} has no anchor {anchor}"


def followed(pages: Iterable[Path]) -> tuple[list[str], list[str]]:
    """Return the broken links on the pages, and the links to other sites."""
    every = [link for page in pages for link in links(page)]
    problems = [problem(link) for link in every if not link.external]
    return [one for one in problems if one], sorted({link.target for link in every if link.external})


def main(root: Path, site: Path) -> int:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")  # noqa: S603
    # contents.md is not a separate page, because the first page includes it.
    sources = [root / name for name in names if name and not name.startswith("docs/site/") and (root / name).exists()]
    built = sorted(site.rglob("*.html"))
    problems, others = followed([*sources, *built])
    (site.parent / "external-links.txt").write_text("".join(f"{target}\n" for target in others))
    counts = (
        f"{len(sources)} Markdown files, {len(built)} pages, {len(problems)} broken links, {len(others)} external links"
    )
    sys.stdout.write("\n".join([*problems, counts, ""]))
    return 1 if problems or not sources or not built else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
