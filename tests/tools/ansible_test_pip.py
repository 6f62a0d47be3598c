# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make ansible-test --venv work on a machine that can reach only a package index.

ansible-test creates environments without pip and downloads a get-pip script to its cache in the home folder. If the cache
already contains the script, ansible-test uses it (https://github.com/ansible/ansible/issues/77304).
"""

from __future__ import annotations

from pathlib import Path

# Each ansible-core release requires a specific version of pip (get_venv_packages in python_requirements.py).
NAMES = (
    "get_pip_23_1_2.py",  # 2.16, 2.17
    "get_pip_24_2.py",  # 2.18, 2.19
    "get_pip_25_2.py",  # 2.20, 2.21
)
SCRIPT = """\
import runpy

runpy.run_path({path!r}, run_name="__main__")
"""

if __name__ == "__main__":
    cache = Path("~/.ansible/test/cache").expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (cache / name).write_text(SCRIPT.format(path=str(Path(__file__).resolve().with_name("get_pip.py"))))
