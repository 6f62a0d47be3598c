# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publish the only tarball in a folder to Galaxy. The Galaxy token is read from the GALAXY_TOKEN environment variable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main(folder: Path) -> int:
    from ansible.constants import GALAXY_SERVER  # noqa: PLC0415  (slow, and not needed for --help or an error)

    token, archives = os.environ.get("GALAXY_TOKEN"), [*folder.glob("*.tar.gz")]
    if not token:
        sys.exit("publish: GALAXY_TOKEN is required. The release workflow reads it from the GitHub environment galaxy.")
    if len(archives) != 1:
        sys.exit(f"publish: {folder} must contain one tarball, not {len(archives)}. Run ./dev nox -s release first.")
    # Other users of the machine can see a process's arguments, but not its environment variables.
    env = {
        **os.environ,
        "ANSIBLE_GALAXY_SERVER_LIST": "galaxy",
        "ANSIBLE_GALAXY_SERVER_GALAXY_URL": os.environ.get("GALAXY_URL") or GALAXY_SERVER,
        "ANSIBLE_GALAXY_SERVER_GALAXY_TOKEN": token,
    }
    return subprocess.call(["ansible-galaxy", "collection", "publish", str(archives[0])], env=env)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
