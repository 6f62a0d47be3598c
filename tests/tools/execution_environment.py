# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepare a build context for the example execution environment that installs the collection from this checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "playbooks" / "files" / "awx" / "execution-environment.yml"
# These lines of the example specify the published collection.
PUBLISHED = """\
      - name: https://github.com/ibmcloud-kubernetes/ibmcloud.kubernetes.git
        type: git
        version: main
"""


def main(folder: Path) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", str(folder)], cwd=ROOT, check=True)
    (archive,) = folder.glob("*.tar.gz")
    head, published, tail = EXAMPLE.read_text(encoding="utf-8").partition(PUBLISHED)
    if not published:
        sys.exit(f"{EXAMPLE.name} must contain these lines:\n{PUBLISHED}")
    checkout = f"      - name: checkout/{archive.name}\n        type: file\n"
    files = f"\nadditional_build_files:\n  - src: {archive}\n    dest: checkout\n"
    definition = folder / "execution-environment.yml"
    definition.write_text(f"{head}{checkout}{tail}{files}", encoding="utf-8")
    context = ("--context", str(folder / "context"), "--output-filename", "Containerfile")
    return subprocess.call(["ansible-builder", "create", "--file", str(definition), *context])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
