# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report words that texts for users and contributors should not contain.

The script checks Markdown, YAML and text files, and the comments, docstrings and strings in Python files. Lines with the comment "style: ok
(REASON)" are skipped.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    *("plugins/", "roles/", "playbooks/", "docs/", "tests/simulator/", "tests/tools/", "tests/requirements/"),
    *("benchmarks/", "changelogs/fragments/", ".github/"),
)
FILES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "dev", "noxfile.py")
# This file is not checked, because it contains the listed words.
SELF = "tests/tools/style.py"
EXCUSED = re.compile(r"style: ok \(.+\)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`|\b[CVOEMRPL]\([^)\n]*\)|https?://\S+")

# Pattern -> replacement.
WORDS = {
    r"\b(is|are|was|were|be) no (?!longer|more\b|less\b|later|earlier)": "is not a",
    r"\b(holds?|takes?|makes?|knows?|gives?) (no|none|nothing|nobody)\b(?! longer)": "does not",
    r"\b(whoever|whomever|whom)\b": "a noun: user, caller, request",
    r"\b(nobody|somebody|anybody|no one|strangers?)\b": "a noun: user, caller, process",
    r"\bvouch\w*": "verify, sign",
    r"\banew\b": "again, new",
    r"\bof (its|their|one's) own\b": "its own, separate",
    r"\bin step\b": "synchronized",
    r"\b(is|are|was|be) had\b": "is available",
    r"(?<!connection )\brefus(e|es|ed|al|als|ing)\b": "reject, deny, error",
    r"\btrouble\b": "error, failure",
    r"\b(said|says?|told|tells?|hears?|heard) (by|of|so|who|what|which|nothing|yes|no)\b": "reports, returns",
    r"\b(lie|lies|lay) about\b": "exists",
    r"\b(this|the) house\b": "repository",
    r"\bleft out\b": "skipped",
    r"\bexcludes? each other\b": "are mutually exclusive",
    r"\bthere (is|are|was|were) none\b": "name what is missing: X was not found",
    r"\bbesides\b": "also",
    r"\b[a-z]+(isation|isations|ise|ised|ises|ising)\b": "American spelling: -ize",
    r"\b(behaviour|colour|favour|honour|neighbour|labour|licence|centre|catalogue|labelled|travelled)\w*": (
        "American spelling"
    ),
}
PATTERNS = [(re.compile(pattern, re.IGNORECASE), hint) for pattern, hint in WORDS.items()]
# Words that end in -ise even in American spelling, such as promise, raise, otherwise and exercise.
AMERICAN = re.compile(
    r"(adv|compr|comprom|conc|dev|enterpr|exerc|expert|na|no|prec|prem|prom|ra|rev|superv|surpr|[a-z]*w|^r|^ar)is(e|ed|es|ing)$",
    re.IGNORECASE,
)


def pieces(path: str, text: str) -> t.Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that is checked."""
    if not path.endswith((".py", "dev")):
        blank = CODE.sub(lambda found: "\n" * found[0].count("\n"), text) if path.endswith(".md") else text
        yield from enumerate(blank.splitlines(), 1)
        return
    wanted = (tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in wanted:
            yield from enumerate(token.string.splitlines(), token.start[0])


def findings(path: str, text: str) -> list[str]:
    """Return a message for each occurrence of a listed word."""
    found: list[str] = []
    lines = text.splitlines()
    for number, line in pieces(path, text):
        if EXCUSED.search(lines[number - 1]):
            continue
        prose = INLINE_CODE.sub("", line)
        words = [(match[0], hint) for pattern, hint in PATTERNS for match in pattern.finditer(prose)]
        found += [f"{path}:{number}: {word!r}: write {hint}" for word, hint in words if not AMERICAN.search(word)]
    return found


def checked_files(root: Path) -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()
    endings = (".md", ".yml", ".yaml", ".py", ".txt")
    return [
        name
        for name in names
        if (name in FILES or (name.startswith(FOLDERS) and name.endswith(endings)))
        and name != SELF
        and (root / name).is_file()
    ]


def main() -> int:
    files = checked_files(ROOT)
    errors = [line for name in files for line in findings(name, (ROOT / name).read_text(encoding="utf-8"))]
    print("\n".join([*errors, f"style: {len(files)} files, {len(errors)} errors"]))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
