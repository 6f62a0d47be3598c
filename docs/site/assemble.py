# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the sources of the site to .cache/docs/source: the guides, and the README as its first page.

The folders are those of the checkout, so that links between pages work unchanged. Links to other files lead to the
repository, and links to a module's source lead to its page in the reference.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPOSITORY = "https://github.com/ibmcloud-kubernetes/ibmcloud.kubernetes"

# The README's list of guides. The site's list replaces it.
LIST = re.compile(r"^## Where the docs are\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
MODULE = re.compile(r"plugins/modules/(\w+)\.py")
# The theme lists the sections of a page in its margin and shows an error if the page has a list too.
SECTIONS = re.compile(r"^\.\. contents::\n(?: {2,}.*\n)+", re.MULTILINE)
ENTRY = re.compile(r"^( {4})((\w+)_(module|role|inventory))$", re.MULTILINE)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class SourceError(Exception):
    """The site cannot be built. The text is the whole message."""


def pages() -> list[Path]:
    """Return the Markdown files that are pages of the site, relative to the checkout."""
    guides = sorted((ROOT / "docs").glob("*.md"))
    others = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "benchmarks" / "README.md"]
    return [path.relative_to(ROOT) for path in [*others, *guides]]


def rewritten(text: str, page: Path, known: list[Path]) -> str:
    """Return a page with links that work on the site."""

    def target(found: re.Match[str]) -> str:
        path = Path(os.path.normpath(page.parent / found[1]))
        if path == Path("README.md"):
            return os.path.relpath("index.md", page.parent)
        if path in known or path.is_relative_to("docs/images"):
            return found[1]
        module = MODULE.fullmatch(path.as_posix())
        if module:
            return os.path.relpath(f"reference/{module[1]}_module.rst", page.parent)
        if not (ROOT / path).exists():
            raise SourceError(f"{page} links to {found[1]}, which does not exist")
        return f"{REPOSITORY}/{'tree' if (ROOT / path).is_dir() else 'blob'}/main/{path.as_posix()}"

    return LINK.sub(target, text)


def contents(readme: str) -> str:
    """Return the list of all pages: the order of contents.md, the descriptions of the README."""
    lists = (HERE / "contents.md").read_text()
    words = {target: line for line, target in re.findall(r"^(- \[[^]]+\]\(([^)]+)\.md\).*)$", readme, re.MULTILINE)}

    def described(found: re.Match[str]) -> str:
        entries = [line for line in found[1].split() if line.startswith("docs/") and f"({line}.md)" not in lists]
        missing = [entry for entry in entries if entry not in words]
        if missing:
            raise SourceError(
                f"The README's list of guides lacks {', '.join(missing)}, which docs/site/contents.md has."
            )
        return "".join(f"{words[entry]}\n" for entry in entries) + f"\n{found[0]}"

    return TOCTREE.sub(described, lists)


def first_page(readme: str) -> str:
    page, places = LIST.subn(lambda _found: contents(readme), readme)
    if places != 1:
        raise SourceError("The README lacks the section that lists the guides (GUIDES in docs/site/assemble.py).")
    return page


def finish_reference(folder: Path) -> None:
    """Adapt the pages of antsibull-docs to the theme, and shorten their names in the navigation."""
    for page in sorted(folder.glob("*.rst")):
        page.write_text(SECTIONS.sub("", page.read_text()))
    index = folder / "index.rst"
    text = re.sub(r"^Ibmcloud\.Kubernetes\n=+$", "Reference\n=========", index.read_text(), flags=re.MULTILINE)
    kinds = {"module": "", "role": " (role)", "inventory": " (inventory)"}
    index.write_text(ENTRY.sub(lambda found: f"{found[1]}{found[3]}{kinds[found[4]]} <{found[2]}>", text))


def main(source: Path) -> None:
    known = pages()
    for page in known:
        written = source / ("index.md" if page == Path("README.md") else page)
        written.parent.mkdir(parents=True, exist_ok=True)
        text = rewritten((ROOT / page).read_text(), page, known)
        written.write_text(first_page(text) if page == Path("README.md") else text)
    finish_reference(source / "reference")
    shutil.copytree(ROOT / "docs" / "images", source / "docs" / "images")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except SourceError as error:
        sys.exit(f"docs: {error}")
