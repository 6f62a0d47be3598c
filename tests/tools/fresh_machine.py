# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ./dev in a minimal Debian or Ubuntu system with Python and Git, and list the files that changed outside the clone.

The system does not contain python3-venv, a compiler or curl, and does not provide a locale or a terminal. debootstrap, which requires root,
installs the system from this machine's apt mirror. The first argument is the system's folder, and all other arguments are passed to ./dev.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from copy_collection import names_git_knows
from get_pip import read_settings

ROOT = Path(__file__).resolve().parents[2]
# The git package only recommends ca-certificates, but "git clone https://..." requires this package.
PACKAGES = "python3,git,ca-certificates"
CLONE = "home/user/ibmcloud.kubernetes"
# The files and environment variables of this machine that may be required to reach the package index.
FILES = ("etc/resolv.conf", "etc/hosts", "etc/ssl/certs/ca-certificates.crt")
VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
# Kernel file systems and the clone itself are not compared.
NOT_COMPARED = ("proc", "sys", "dev", CLONE)
MOUNT_AND_RUN = """\
set -e
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/dev/shm"
root=$1
shift
exec setsid --wait chroot "$root" "$@" < /dev/null
"""


def mirror() -> tuple[str, str]:
    """Return the URL and the suite of the first package list in apt's configuration."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Identifier: Packages"]
    lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split("\n")
    uri, suite = lines[0].split()
    return uri, suite


def make_base(base: Path) -> None:
    """Install the minimal system once, so that later runs can copy it."""
    part = base.with_name("base.part")
    shutil.rmtree(part, ignore_errors=True)
    uri, suite = mirror()
    words = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(part), uri]
    print(f"fresh-machine: $ {' '.join(words)}", flush=True)
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    part.rename(base)


def copy_checkout(clone: Path) -> None:
    """Clone the checkout, and apply its uncommitted changes to the clone."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
    changed = subprocess.run(
        ["git", "diff", "--name-only", "-z", "HEAD"], cwd=ROOT, check=True, capture_output=True
    ).stdout.split(b"\0")
    known = names_git_knows(ROOT)
    new = known - names_git_knows(clone)
    for name in {*new, *(Path(os.fsdecode(name)) for name in changed if name)}:
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
        else:
            (clone / name).unlink(missing_ok=True)


def files_outside(root: Path) -> dict[str, tuple[int, int]]:
    """Return the size and modification time of each file outside the clone."""
    found = {}
    skipped = {str(root / name) for name in NOT_COMPARED}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if str(Path(folder) / name) not in skipped]
        for path in (Path(folder) / name for name in (*files, *folders)):
            status = path.lstat()
            is_file = not path.is_dir()
            found[str(path.relative_to(root))] = (status.st_size, status.st_mtime_ns) if is_file else (0, 0)
    return found


def environ() -> dict[str, str]:
    settings = read_settings()
    env = {"HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    env.update({name: os.environ[name] for name in VARIABLES if name in os.environ})
    if settings.get("index-url", "").startswith("http"):
        env["PIP_INDEX_URL"] = settings["index-url"]
    return env


def listed(names: list[str]) -> str:
    """Return the first 20 names, and the number of remaining names."""
    more = [f"and {len(names) - 20} more"] if len(names) > 20 else []
    return ", ".join([*names[:20], *more]) or "none"


def main(folder: Path, arguments: list[str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    base, root = folder / "base", folder / "root"
    if not base.exists():
        make_base(base)
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-a", str(base), str(root)], check=True)
    for name in FILES:
        if Path("/", name).exists():
            shutil.copyfile(Path("/", name), root / name)
    copy_checkout(root / CLONE)
    before = files_outside(root)
    command = ["env", "--chdir", f"/{CLONE}", "./dev", *arguments]
    print(f"fresh-machine: $ ./dev {' '.join(arguments)}", flush=True)
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", MOUNT_AND_RUN, "sh", str(root)]
    with subprocess.Popen([*words, *command], env=environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        assert child.stdout
        for line in child.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
    after = files_outside(root)
    left = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    print(f"fresh-machine: exit code {child.returncode}; files changed outside the clone: {listed(left)}")
    return 1 if child.returncode or left else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:] or ["demo"]))
