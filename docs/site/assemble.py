# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the guides to .cache/docs/source, with the README as the first page of the site.

The folder structure is the same as in the checkout, so that links between pages work unchanged. A link to a module's source file leads to
the module's page in the reference. All other links to files outside the site lead to the repository.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPOSITORY = "https://github.com/ibmcloud-kubernetes/ibmcloud.kubernetes"

# A section of the README, from its heading to the next heading.
SECTION = re.compile(r"^## (.*)\n((?:(?!## ).*\n)*)", re.MULTILINE)
# The README section with at least this many links to guides is the list of guides.
MANY_LINKS = 5
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
MODULE = re.compile(r"plugins/modules/(\w+)\.py")
# The theme lists a page's sections in the margin, and shows an error if the page contains a ``contents`` directive.
SECTIONS = re.compile(r"^\.\. contents::\n(?: {2,}.*\n)+", re.MULTILINE)
ENTRY = re.compile(r"^( {4})((\w+)_(module|role|inventory))$", re.MULTILINE)
# An entry point on a role's page.
ENTRY_POINT = re.compile(
    r"^\.\. _[\w.]+_role__entrypoint-(\w+):\n.*?(?=^\.\. _[\w.]+_role__entrypoint-|^\.\. Extra links)",
    re.MULTILINE | re.DOTALL,
)
# A row of a parameter table on a role's page.
PARAMETER = re.compile(r'^  \* - [^*]*?id="parameter-\w+--(\w+)".*?(?=^  \* - |^\.\. )', re.MULTILINE | re.DOTALL)
FACTS = re.compile(r"^\| Fact .*\n\|---.*\n((?:\|.*\n)+)", re.MULTILINE)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)

ENVIRONMENT_PAGE = """\
# Environment variables

If an option is not set, the modules, the role and the inventory plugin read the option's environment variable. If an option has two
variables, the first non-empty variable is used. The [reference](reference/index.rst) describes exceptions to these rules.

| Option | Variables and description |
| --- | --- |
"""


class SourceError(Exception):
    """An error in the source files of the site."""


def pages() -> list[Path]:
    """Return the paths, relative to the checkout, of the Markdown files that are pages of the site."""
    guides = sorted((ROOT / "docs").glob("*.md"))
    others = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "benchmarks" / "README.md"]
    return [path.relative_to(ROOT) for path in [*others, *guides]]


def rewritten(text: str, page: Path, known: list[Path]) -> str:
    """Return a page's text with links that work on the site."""

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


def title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def contents(readme: str) -> str:
    """Return the list of all pages in the order of contents.md, with the README's descriptions."""
    lists = (HERE / "contents.md").read_text(encoding="utf-8")
    described = {
        target: line for line, target in re.findall(r"^(- \[[^]]+\]\((docs/[^)]+)\.md\).*)$", readme, re.MULTILINE)
    }

    def entries(found: re.Match[str]) -> str:
        names = [name for name in re.findall(r"docs/[\w-]+", found[1]) if f"({name}.md)" not in lists]
        lines = [described.get(name, f"- [{title(ROOT / f'{name}.md')}]({name}.md)") for name in names]
        return "".join(f"{line}\n" for line in lines) + f"\n{found[0]}"

    return TOCTREE.sub(entries, lists)


def first_page(readme: str) -> str:
    """Replace the README's list of guides with the list of all pages."""
    guides = [found for found in SECTION.finditer(readme) if len(re.findall(r"\]\(docs/", found[2])) >= MANY_LINKS]
    if not guides:
        return f"{readme}\n{contents(readme)}"
    return readme[: guides[0].start()] + contents(readme) + readme[guides[0].end() :]


def install_page(readme: str) -> str:
    """Return the README's installation section as a separate page for the navigation."""
    sections = {found[1]: found[2] for found in SECTION.finditer(readme)}
    if "Install" not in sections:
        raise SourceError("The README does not contain the section Install.")
    return f"# Install\n{sections['Install']}"


def option_descriptions() -> dict[str, str]:
    """Return the first sentence of each option's description in the documentation fragments, as Markdown."""
    found = {}
    for path in sorted((ROOT / "plugins" / "doc_fragments").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                document = yaml.safe_load(node.value.value)
                options = document.get("options") if isinstance(document, dict) else None
                for name, option in (options or {}).items():
                    words = option.get("description", "")
                    text = words if isinstance(words, str) else words[0]
                    sentence = re.split(r"(?<=\.)\s", text.strip(), maxsplit=1)[0]
                    found[name] = re.sub(r"\b[A-Z]\(([^)]*)\)", r"`\1`", sentence)
    return found


def environment_page() -> str:
    """Return the page about environment variables, generated from ENVIRONMENT in environment_variables.py."""
    source = ROOT / "plugins" / "module_utils" / "_module" / "environment_variables.py"
    tree = ast.parse(source.read_text(encoding="utf-8"))
    assigned = [node for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
    (value,) = (node.value for node in assigned if ast.unparse(node.target) == "ENVIRONMENT" and node.value)
    descriptions = option_descriptions()
    rows = [
        f"| `{option}` | {', '.join(f'`{name}`' for name in names)}<br>{descriptions.get(option, '')} |\n"
        for option, names in ast.literal_eval(value).items()
    ]
    return ENVIRONMENT_PAGE + "".join(rows)


def in_order(pattern: re.Pattern[str], names: list[str], text: str) -> str:
    """Return the text with the pattern's matches, which must be adjacent, in the order of ``names``."""
    parts = list(pattern.finditer(text))
    ordered = sorted(parts, key=lambda part: names.index(part[1]))
    return text[: parts[0].start()] + "".join(part[0] for part in ordered) + text[parts[-1].end() :]


def facts_section(guide: str) -> str:
    """Convert the table of facts in the getting-started guide to a reStructuredText section for the role's page."""
    table = FACTS.search(guide)
    if not table:
        raise SourceError("docs/getting-started.md does not contain the table of facts.")
    lines = [
        "Facts",
        "^^^^^",
        "",
        ".. list-table::",
        "  :header-rows: 1",
        "",
        "  * - Fact",
        "    - Content",
        "    - For several clusters",
    ]
    for row in table[1].splitlines():
        cells = [
            re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cell).replace("`", "``") for cell in row.strip("| ").split(" | ")
        ]
        lines += [f"{'  * -' if number == 0 else '    -'} {cell}" for number, cell in enumerate(cells)]
    return "\n".join(lines) + "\n\n\n"


def arrange_role_page(text: str, specs: dict[str, Any], facts: str) -> str:
    """Sort the variables on the role's page in the order of the specification, and add the facts. antsibull-docs sorts variables by name."""
    text = in_order(ENTRY_POINT, list(specs), text)

    def arrange(entry: re.Match[str]) -> str:
        section = in_order(PARAMETER, list(specs[entry[1]]["options"]), entry[0])
        return section.replace("Examples\n^^^", f"{facts}Examples\n^^^", 1) if entry[1] == "main" else section

    return ENTRY_POINT.sub(arrange, text)


def finish_reference(folder: Path) -> None:
    """Adapt the pages from antsibull-docs to the theme, and shorten the page names in the navigation."""
    for page in sorted(folder.glob("*.rst")):
        page.write_text(SECTIONS.sub("", page.read_text()))
    role = ROOT / "roles" / "cluster_access"
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    facts = facts_section((ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8"))
    page = folder / f"{role.name}_role.rst"
    page.write_text(arrange_role_page(page.read_text(), specs, facts))
    index = folder / "index.rst"
    text = re.sub(r"^Ibmcloud\.Kubernetes\n=+$", "Reference\n=========", index.read_text(), flags=re.MULTILINE)
    kinds = {"module": "", "role": " (role)", "inventory": " (inventory)"}
    index.write_text(ENTRY.sub(lambda found: f"{found[1]}{found[3]}{kinds[found[4]]} <{found[2]}>", text))


def main(source: Path) -> None:
    known = pages()
    for page in known:
        written = source / ("index.md" if page == Path("README.md") else page)
        written.parent.mkdir(parents=True, exist_ok=True)
        text = rewritten((ROOT / page).read_text(encoding="utf-8"), page, known)
        if page == Path("README.md"):
            (source / "install.md").write_text(install_page(text), encoding="utf-8")
            (source / "environment.md").write_text(environment_page(), encoding="utf-8")
            text = first_page(text)
        written.write_text(text, encoding="utf-8")
    finish_reference(source / "reference")
    shutil.copytree(ROOT / "docs" / "images", source / "docs" / "images")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except SourceError as error:
        sys.exit(f"docs: {error}")
