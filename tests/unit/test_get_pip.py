# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of get_pip.py, which downloads only the pinned wheel of pip from the configured index."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import os
import subprocess
import sys
import threading
import typing as t
import zipfile
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "get_pip.py"
WHEEL = "pip-1.2-py3-none-any.whl"
USER = base64.b64encode(b"ada:not-a-real-password").decode()


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Path:
    """Return a checkout that contains the tool and an index. The pip in this index prints its arguments."""
    tool = tmp_path / "tests" / "tools" / TOOL.name
    tool.parent.mkdir(parents=True)
    tool.write_bytes(TOOL.read_bytes())
    files = tmp_path / "index" / "pip"
    files.mkdir(parents=True)
    with zipfile.ZipFile(files / WHEEL, "w") as wheel:
        wheel.writestr("pip/__main__.py", "import sys\nprint('pip', *sys.argv[1:])\n")
    pin(tmp_path, hashlib.sha256((files / WHEEL).read_bytes()).hexdigest())
    (files / "index.html").write_text(f'<a href="{WHEEL}#sha256=0">{WHEEL}</a><a href="other.whl">other</a>')
    return tmp_path


def pin(checkout: Path, sha256: str) -> None:
    folder = checkout / "tests" / "requirements"
    folder.mkdir(exist_ok=True)
    (folder / "pip.txt").write_text(f"# the pin\npip==1.2 --hash=sha256:{sha256}\n")


def run(checkout: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the tool without the pip settings of this machine."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "XDG_"))}
    clean.update(HOME=str(checkout / "home"), XDG_CONFIG_DIRS=str(checkout / "etc"), **env)
    command = [sys.executable, str(checkout / "tests" / "tools" / TOOL.name), *arguments]
    return subprocess.run(command, env=clean, capture_output=True, text=True, check=False, timeout=60)


class Index(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.headers["Authorization"] != f"Basic {USER}":
            self.send_error(401)
            return
        super().do_GET()

    def log_message(self, *_arguments: t.Any) -> None:
        pass


@pytest.fixture(name="address")
def _address(checkout: Path) -> t.Iterator[str]:
    """Start an HTTP index that requires a user name and a password, and return the server's host and port."""
    handler = functools.partial(Index, directory=str(checkout))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_user_of_an_index_is_sent_with_each_request(checkout: Path, address: str) -> None:
    """The second run does not need the index."""
    index = f"http://ada:not-a-real-password@{address}/index"
    first = run(checkout, "--no-setuptools", "uv", PIP_INDEX_URL=index)
    second = run(checkout, PIP_NO_INDEX="1")

    assert first.stdout == "pip install --quiet uv\n", first
    assert second.stdout == f"pip install --quiet --no-index --no-compile {checkout / '.cache' / WHEEL}\n", second


@pytest.mark.parametrize("setting", ["index-url", "extra-index-url", "find-links"])
@pytest.mark.parametrize("file", ["etc/pip/pip.conf", "home/.config/pip/pip.conf", "home/.pip/pip.conf"])
def test_the_index_is_read_from_a_configuration_file(checkout: Path, file: str, setting: str) -> None:
    """Files and folders are accepted as indexes. If a folder has no index page, the tool lists the folder's files."""
    index = (checkout / "index").as_uri()
    value = f"{index}/pip" if setting == "find-links" else index
    others = "index-url = file:///nowhere\n" if setting != "index-url" else ""
    if setting == "find-links":
        (checkout / "index" / "pip" / "index.html").unlink()
    path = checkout / file
    path.parent.mkdir(parents=True)
    path.write_text(f"[global]\n{others}{setting} = {value}\n")

    assert run(checkout, "uv").stdout == "pip install --quiet uv\n"


def test_a_wheel_with_another_hash_is_rejected(checkout: Path) -> None:
    """The wheel is neither run nor stored."""
    pin(checkout, "0" * 64)
    done = run(checkout, PIP_INDEX_URL=(checkout / "index").as_uri())

    assert done.returncode == 1
    assert done.stdout == ""
    assert "its SHA-256 hash does not match" in done.stderr
    assert not (checkout / ".cache").exists()


def test_the_error_lists_each_index_without_the_wheel(checkout: Path, address: str) -> None:
    """The message contains the URL of each page, but no password."""
    index = f"http://ada:wrong-password@{address}/index"
    done = run(checkout, PIP_INDEX_URL=index, PIP_EXTRA_INDEX_URL=(checkout / "empty").as_uri())

    assert done.returncode == 1
    assert done.stderr.startswith(f"get_pip: Download of {WHEEL} failed: http://{address}/index/pip/: HTTP Error 401")
    assert "empty/pip/" in done.stderr
    assert "password" not in done.stderr
    assert "Traceback" not in done.stderr
