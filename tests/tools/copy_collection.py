# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the checkout to TREE/ansible_collections/ibmcloud/kubernetes for ansible-test, which rejects symbolic links.

The copy contains all tracked files, and the untracked files that Git does not ignore.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def names_git_knows(root: Path) -> set[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE).stdout
    return {Path(os.fsdecode(name)) for name in listing.split(b"\0") if name}


def copy(target: Path) -> None:
    # The copy is updated in place, because ansible-test stores its environments in the copy's tests/output folder.
    names = {name for name in names_git_knows(ROOT) if (ROOT / name).is_file()}
    target.mkdir(parents=True, exist_ok=True)
    if not (target / ".git").exists():
        # The copy is a separate repository, so that ansible-test skips the files that .gitignore matches.
        subprocess.run(["git", "init", "--quiet"], cwd=target, check=True)
    for gone in names_git_knows(target) - names:
        (target / gone).unlink()
    for name in sorted(names):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name, follow_symlinks=False)


if __name__ == "__main__":
    copy(Path(sys.argv[1]) / "ansible_collections" / "ibmcloud" / "kubernetes")
