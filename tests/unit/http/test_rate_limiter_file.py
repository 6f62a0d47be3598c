# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that threads and processes share a pace through, and everything that may be wrong with it."""

from __future__ import annotations

import concurrent.futures
import fcntl
import json
import os
import stat
import subprocess
import sys
import textwrap
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.rate_limiter import RateLimiter
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

if t.TYPE_CHECKING:
    import pathlib


def _pace(folder: pathlib.Path, fake_time: FakeTime, full: float = 1.0, name: str = "x") -> RateLimiter:
    """A pace whose burst is ten requests."""
    return RateLimiter(name, full, fake_time.clock, folder=str(folder))


def _file(folder: pathlib.Path, fake_time: FakeTime) -> pathlib.Path:
    """The file of the pace, empty."""
    _pace(folder, fake_time).wait()
    (file,) = folder.iterdir()
    file.write_text("")
    return file


def _burst(pace: RateLimiter, fake_time: FakeTime) -> int:
    """How many requests go before one has to wait."""
    slept = len(fake_time.sleeps)
    count = -1
    while len(fake_time.sleeps) == slept and count < 20:
        pace.wait()
        count += 1
    return count


# Sharing


def test_two_of_one_name_share_the_pace(tmp_path: pathlib.Path, fake_time: FakeTime) -> None:
    """What the one has sent, the other does not send."""
    first, second = _pace(tmp_path, fake_time), _pace(tmp_path, fake_time)
    for _request in range(6):
        first.wait()

    assert _burst(second, fake_time) == 4


def test_services_do_not_share_it(tmp_path: pathlib.Path, fake_time: FakeTime) -> None:
    """Each has its own limit."""
    first, second = _pace(tmp_path, fake_time, name="x"), _pace(tmp_path, fake_time, name="y")

    assert (_burst(first, fake_time), _burst(second, fake_time)) == (10, 10)


def test_threads_share_it(tmp_path: pathlib.Path) -> None:
    """Between each look and what is made of it there is a lock: no request is lost from the record. By the real clock."""
    pace = RateLimiter("x", 10.0, folder=str(tmp_path))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: pace.wait(), range(96)))

    (file,) = tmp_path.iterdir()
    assert len(json.loads(file.read_text())["sent"]) == 96


PROCESS = textwrap.dedent(
    """
    import sys
    sys.path.insert(0, sys.argv[2])
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.rate_limiter import RateLimiter
    pace = RateLimiter("x", 2.0, folder=sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(10):
        print(pace.wait(), flush=True)
    """
)


def test_processes_share_it(tmp_path: pathlib.Path) -> None:
    """Two with ten requests each: the burst is twenty for both together, and the next request waits."""
    path = next(entry for entry in sys.path if entry.endswith("collections"))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(tmp_path), path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _number in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=30)[0] for process in processes]

    sent = sorted(float(line) for output in outputs for line in output.splitlines())
    (file,) = tmp_path.iterdir()
    assert len(sent) == 20
    # The record is of before the request may go, and what was written to it is what the processes were told.
    assert json.loads(file.read_text())["sent"] == pytest.approx(sent, abs=0.5)
    later = FakeTime(seconds=max(sent))
    RateLimiter("x", 2.0, later.clock, folder=str(tmp_path)).wait()
    assert sum(later.sleeps) == pytest.approx(0.5, abs=0.1)


# The file


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_file_is_the_owners_alone(
    tmp_path: pathlib.Path, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    """Whoever could write to it could stop the owner's playbooks."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    before = os.umask(umask)
    try:
        RateLimiter("https://secret.example/x", 1.0, fake_time.clock).wait()
    finally:
        os.umask(before)

    (folder,) = tmp_path.iterdir()
    (file,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "secret" not in file.name + file.read_text()


JUNK: dict[str, bytes] = {
    "empty": b"",
    "half": b'{"sent": [1000.0, 10',
    "binary": b"\xff\xfe\x00",
    "list": b"[]",
    "null": b"null",
    "text": b'"sent"',
    "no-fields": b"{}",
    "no-numbers": b'{"sent": ["x"], "reduced": 0, "refused": 0, "closed_until": 0}',
    "no-list": b'{"sent": 7, "reduced": 0, "refused": 0, "closed_until": 0}',
    "NaN": b'{"sent": [NaN], "reduced": NaN, "refused": NaN, "closed_until": NaN}',
    "infinite": b'{"sent": [Infinity], "reduced": -Infinity, "refused": -Infinity, "closed_until": 0}',
    "closed-for-ever": b'{"sent": [], "reduced": 0, "refused": 0, "closed_until": Infinity}',
    "closed-for-years": b'{"sent": [], "reduced": 1, "refused": 1, "closed_until": 1e9}',
    "number-beyond-floats": b'{"sent": [], "reduced": 0, "refused": 0, "closed_until": 1' + b"0" * 400 + b"}",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_a_file_that_makes_no_sense_counts_as_none(tmp_path: pathlib.Path, fake_time: FakeTime, junk: bytes) -> None:
    """Nobody fails or waits for what is in it, and after the first request it is as it should be."""
    _file(tmp_path, fake_time).write_bytes(junk)

    assert _burst(_pace(tmp_path, fake_time), fake_time) == 10
    (file,) = tmp_path.iterdir()
    assert len(json.loads(file.read_text())["sent"]) == 10 + 1


def _link(file: pathlib.Path) -> None:
    (file.parent / "target").write_text("precious")
    file.symlink_to("target")


OBSTACLES: dict[str, t.Callable[[pathlib.Path], t.Any]] = {
    "folder": lambda file: file.mkdir(),
    "link": _link,
    "link-to-nothing": lambda file: file.symlink_to("nothing"),
    "pipe": os.mkfifo,
}


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=OBSTACLES.keys())
def test_something_else_in_its_place_does_no_harm(
    tmp_path: pathlib.Path, fake_time: FakeTime, obstacle: t.Callable[[pathlib.Path], t.Any]
) -> None:
    """Requests go unpaced, as the service's own limit remains; a link is not followed."""
    file = _file(tmp_path, fake_time)
    file.unlink()
    obstacle(file)
    others = {entry for entry in tmp_path.iterdir() if entry != file}

    pace = _pace(tmp_path, fake_time)
    for _request in range(30):
        pace.wait()
    pace.refused(fake_time.seconds, 30.0)

    assert fake_time.sleeps == []
    assert {entry for entry in tmp_path.iterdir() if entry != file} == others
    assert all(entry.read_text() == "precious" for entry in others)


@pytest.mark.parametrize("folder", ["missing", "file/below"])
def test_a_folder_that_is_none_does_no_harm(tmp_path: pathlib.Path, fake_time: FakeTime, folder: str) -> None:
    """It is not made either: whoever gives it has made it."""
    (tmp_path / "file").write_text("")

    pace = _pace(tmp_path / folder, fake_time)
    for _request in range(30):
        pace.wait()

    assert fake_time.sleeps == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


FULL_DISK = textwrap.dedent(
    """
    import resource, sys
    sys.path.insert(0, sys.argv[2])
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.rate_limiter import RateLimiter
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    pace = RateLimiter("x", 1.0, folder=sys.argv[1])
    for _ in range(30):
        pace.wait()
    pace.refused(0.0, 30.0)
    print("done")
    """
)


def test_a_full_disk_does_no_harm(tmp_path: pathlib.Path) -> None:
    """A limit on the size of files stands for it: the file can be opened and locked, and not written."""
    path = next(entry for entry in sys.path if entry.endswith("collections"))

    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), path], capture_output=True, text=True, timeout=30, check=False
    )

    assert (result.stdout, result.stderr) == ("done\n", "")


def test_somebody_who_was_stopped_with_the_lock_holds_nobody_back(tmp_path: pathlib.Path, fake_time: FakeTime) -> None:
    """A suspended process may hold it for ever; ten seconds are waited for it, and no more."""
    file = _file(tmp_path, fake_time)
    with file.open() as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        _pace(tmp_path, fake_time).wait()

    assert sum(fake_time.sleeps) == pytest.approx(10.0, abs=0.01)
