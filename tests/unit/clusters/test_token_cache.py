# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of logins that several processes share."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.token_cache import Entry, TokenCache

if t.TYPE_CHECKING:
    import pathlib

PROGRAM = f"""
import sys, time
sys.path[:0] = {sys.path!r}
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.token_cache import TokenCache

def log_in():
    print("logging in", flush=True)
    time.sleep(20)

TokenCache(sys.argv[1], print).get("key", log_in)
"""


@pytest.fixture
def login(tmp_path: pathlib.Path) -> t.Iterator[subprocess.Popen[str]]:
    """Return a process whose login takes 20 seconds."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path / "tokens")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "logging in\n"
        yield process
        process.kill()


def _entry() -> Entry:
    return {"token": "mine", "expires": time.time() + 3600}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_login_can_be_interrupted(tmp_path: pathlib.Path, login: subprocess.Popen[str], how: signal.Signals) -> None:
    """The lock of the interrupted login does not delay the next login."""
    login.send_signal(how)
    assert login.wait(5) != 0

    warnings: list[str] = []
    assert TokenCache(str(tmp_path / "tokens"), warnings.append).get("key", _entry)["token"] == "mine"
    assert warnings == []
    assert [file.suffix for file in (tmp_path / "tokens").iterdir()] == [".json"]


def test_an_error_of_a_login_is_not_reported_as_an_error_of_the_lock(tmp_path: pathlib.Path) -> None:
    """A login can raise the same operating system errors as the lock."""

    def log_in() -> Entry:
        raise FileNotFoundError("ca.pem")

    with pytest.raises(FileNotFoundError, match=r"^ca\.pem$"):
        TokenCache(str(tmp_path / "tokens"), print).get("key", log_in)


def test_the_wait_for_the_login_of_another_process_is_limited(
    tmp_path: pathlib.Path, login: subprocess.Popen[str]
) -> None:
    """After the wait, the second process logs in without the cache."""
    assert login.poll() is None
    warnings: list[str] = []

    entry = TokenCache(str(tmp_path / "tokens"), warnings.append, longest_login=0.2).get("key", _entry)

    assert entry["token"] == "mine"
    (warning,) = warnings
    assert warning.startswith("The token is not cached: ")
    assert "another task has held" in warning
