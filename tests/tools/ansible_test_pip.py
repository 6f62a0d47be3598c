# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let ansible-test --venv work where only a package index is reachable.

It makes environments without pip and downloads a get-pip script into a cache in the user's home. A file that is in the
cache already is used instead: https://github.com/ansible/ansible/issues/77304.
"""

from __future__ import annotations

import shutil
from pathlib import Path

# The name holds the version of pip that an ansible-core asks for (get_venv_packages in python_requirements.py).
NAMES = (
    "get_pip_23_1_2.py",  # 2.16, 2.17
    "get_pip_24_2.py",  # 2.18, 2.19
    "get_pip_25_2.py",  # 2.20, 2.21
)

if __name__ == "__main__":
    cache = Path("~/.ansible/test/cache").expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        if not (cache / name).exists():
            shutil.copy(Path(__file__).with_name("get_pip.py"), cache / name)
