# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python files that are named in guides, comments and docstrings must exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"))
CODE = tuple(
    path for name in ("plugins", "tests", "benchmarks", "docs", "scripts") for path in (ROOT / name).rglob("*.py")
)
# Files of other projects, and examples
FOREIGN = {
    *(
        "container_token_manager.py",
        "awx/main/tasks/jobs.py",
        "awx/main/fields.py",
        "python_requirements.py",
        "pip/__main__.py",
    ),
    *("test_it.py", "plugins/a.py"),
    *("get_pip_23_1_2.py", "get_pip_24_2.py", "get_pip_25_2.py"),
}


def test_named_files_exist() -> None:
    files = [f"/{path.relative_to(ROOT).as_posix()}" for path in (*CODE, ROOT / "noxfile.py")]
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (*PAGES, *CODE)
        if path != Path(__file__)
        for name in re.findall(r"(?<![\w./*{}-])[a-z_][\w/]*\.py\b", path.read_text(encoding="utf-8"))
        if name not in FOREIGN and not any(file.endswith(f"/{name}") for file in files)
    ]
    assert not missing
