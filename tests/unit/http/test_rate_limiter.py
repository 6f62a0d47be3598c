# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the rate limiter: the sliding window, and the pauses that processes share through a file."""

from __future__ import annotations

import concurrent.futures
import fcntl
import json
import os
import stat
import subprocess
import sys
import tempfile
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.rate_limiter import (
    RateLimiter,
    RateState,
    ServicePaused,
    _folder,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

if t.TYPE_CHECKING:
    import pathlib

Limiters = t.Callable[..., RateLimiter]


@pytest.fixture
def limiter(fake_time: FakeTime, tmp_path: pathlib.Path) -> Limiters:
    """Return a factory for limiters that share a folder and by default allow a burst of ten requests."""
    (tmp_path / "limits").mkdir()

    def make(limit: float = 1.0, name: str = "x", folder: pathlib.Path = tmp_path / "limits") -> RateLimiter:
        return RateLimiter(name, limit, fake_time.clock, folder=str(folder))

    return make


@pytest.fixture
def file(limiter: Limiters, tmp_path: pathlib.Path) -> pathlib.Path:
    """Return the path of an empty state file."""
    limiter().wait()
    (file,) = (tmp_path / "limits").iterdir()
    file.write_text("")
    return file


def _burst(limiter: RateLimiter, fake_time: FakeTime) -> int:
    """Return the number of requests that can be sent before the next request waits."""
    slept = len(fake_time.sleeps)
    count = -1
    while len(fake_time.sleeps) == slept and count < 40:
        limiter.wait()
        count += 1
    return count


# The sliding window


@pytest.mark.parametrize(("limit", "burst"), [(0.05, 1), (0.5, 5), (1.0, 10), (1.5, 15), (15.0, 150), (25.0, 250)])
def test_no_window_has_more_requests_than_the_limit(
    limiter: Limiters, fake_time: FakeTime, limit: float, burst: int
) -> None:
    """One burst is sent immediately, and the next burst is sent 10 s later."""
    limited = limiter(limit)
    sent = [limited.wait() for _request in range(3 * burst + 1)]

    assert sent == pytest.approx([1000.0] * burst + [1010.0] * burst + [1020.0] * burst + [1030.0])
    assert max(fake_time.sleeps) <= 1.0


def test_requests_below_the_limit_do_not_wait(limiter: Limiters, fake_time: FakeTime) -> None:
    limited = limiter()
    for _request in range(100):
        limited.wait()
        fake_time.seconds += 1.001

    assert fake_time.sleeps == []


def test_without_a_limit_no_request_waits_and_there_is_no_file(
    limiter: Limiters, fake_time: FakeTime, tmp_path: pathlib.Path
) -> None:
    assert _burst(limiter(0), fake_time) == 40
    assert list((tmp_path / "limits").iterdir()) == []


@pytest.mark.parametrize(
    ("first", "second", "left"), [("x", "x", 4), ("x", "y", 10)], ids=["one-service", "two-services"]
)
def test_limiters_of_one_service_share_its_limit(
    limiter: Limiters, fake_time: FakeTime, first: str, second: str, left: int
) -> None:
    other = limiter(name=first)
    for _request in range(6):
        other.wait()

    assert _burst(limiter(name=second), fake_time) == left


# Pauses


@pytest.mark.parametrize(
    ("pauses", "until"),
    [
        pytest.param([7.0], 1007.0, id="as-long-as-the-service-asks-for"),
        pytest.param([None], 1001.0, id="a-second-without-Retry-After"),
        pytest.param([0.0], 1000.0, id="none"),
        pytest.param([2.0, 7.0, None, 0.0, 1.0], 1007.0, id="the-longest-of-several"),
        pytest.param([60.0], 1060.0, id="the-longest-that-a-call-waits"),
    ],
)
@pytest.mark.parametrize("limit", [0.0, 1.0])
def test_all_requests_wait_for_a_pause(
    limiter: Limiters, limit: float, pauses: list[float | None], until: float
) -> None:
    """If a rate limit is set, limiters in other processes also wait."""
    first = limiter(limit)
    for pause in pauses:
        first.pause(pause)

    assert first.wait() == pytest.approx(until)
    assert limiter(limit).wait() == pytest.approx(until)


@pytest.mark.parametrize(
    ("pause", "waited", "left"),
    [(61.0, 0.5, 60.5), (600.0, 0.0, 600.0), (600.0, 500.0, 100.0), (86400.0, 0.0, 600.0)],
)
def test_no_request_waits_for_a_long_pause(
    limiter: Limiters, fake_time: FakeTime, pause: float, waited: float, left: float
) -> None:
    """A pause lasts at most ten minutes."""
    limiter().pause(pause)
    fake_time.seconds += waited

    for limited in (limiter(), limiter()):
        with pytest.raises(ServicePaused) as caught:
            limited.wait()
        assert caught.value.seconds == pytest.approx(left)
    assert fake_time.sleeps == []
    fake_time.seconds += left - 59.0
    assert limiter().wait() == pytest.approx(1000.0 + waited + left)


def test_a_waiting_request_notices_a_pause(limiter: Limiters, fake_time: FakeTime) -> None:
    waiting, other = limiter(0.1), limiter(0.1)
    waiting.wait()
    fake_time.on_sleep = lambda _seconds: other.pause(30.0) if fake_time.seconds < 1002 else None

    assert waiting.wait() >= 1031.0


# State


@pytest.mark.parametrize("paused", [False, True])
def test_the_state_is_dropped_after_a_reboot(limiter: Limiters, fake_time: FakeTime, paused: bool) -> None:
    """After a reboot, the monotonic clock starts at zero."""
    fake_time.seconds = 1_000_000.0
    for _request in range(10):
        limiter().wait()
    if paused:
        limiter().pause(600.0)

    fake_time.seconds = 5.0

    assert _burst(limiter(), fake_time) == 10


def test_requests_outside_of_the_window_are_dropped() -> None:
    state = RateState(sent=[1.0, 2.0, 11.5, 12.0])
    state.forget(12.0)

    assert state.sent == [11.5, 12.0]


def test_threads_share_the_state(tmp_path: pathlib.Path) -> None:
    """The test uses the real clock."""
    limited = RateLimiter("x", 10.0, folder=str(tmp_path))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: limited.wait(), range(96)))

    (file,) = tmp_path.iterdir()
    assert len(json.loads(file.read_text())["sent"]) == 96


IMPORTS = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.rate_limiter import RateLimiter
"""
PROCESS = (
    IMPORTS
    + """
limiter = RateLimiter("x", 2.0, folder=sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(10):
    print(limiter.wait(), flush=True)
"""
)


def test_processes_share_the_state(tmp_path: pathlib.Path) -> None:
    """Two processes send ten requests each. The limit allows a burst of 20 requests for both processes together."""
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
    # The limiter stores the time of a request shortly before wait() returns.
    assert json.loads(file.read_text())["sent"] == pytest.approx(sent, abs=0.5)
    later = FakeTime(seconds=max(sent))
    RateLimiter("x", 2.0, later.clock, folder=str(tmp_path)).wait()
    assert sum(later.sleeps) == pytest.approx(10.0 - (sent[-1] - sent[0]), abs=0.5)


# The state file


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_user_can_read_the_file(tmp_path: pathlib.Path, fake_time: FakeTime, umask: int) -> None:
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
    "no-numbers": b'{"sent": ["x"], "paused_until": 0}',
    "no-list": b'{"sent": 7, "paused_until": 0}',
    "NaN": b'{"sent": [NaN], "paused_until": NaN}',
    "infinite": b'{"sent": [Infinity, -Infinity], "paused_until": -Infinity}',
    "paused-for-ever": b'{"sent": [], "paused_until": Infinity}',
    "paused-for-years": b'{"sent": [], "paused_until": 1e9}',
    "number-beyond-floats": b'{"sent": [], "paused_until": 1' + b"0" * 400 + b"}",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_a_damaged_file_is_replaced(limiter: Limiters, file: pathlib.Path, fake_time: FakeTime, junk: bytes) -> None:
    file.write_bytes(junk)

    assert _burst(limiter(), fake_time) == 10
    document = json.loads(file.read_text())
    assert (len(document["sent"]), document["paused_until"] <= 1000) == (1, True)
    limiter().pause(30.0)
    assert json.loads(file.read_text())["paused_until"] == pytest.approx(fake_time.seconds + 30.0)


def _link(file: pathlib.Path) -> None:
    (file.parent / "target").write_text("precious")
    file.symlink_to("target")


def _of_another_user(file: pathlib.Path) -> None:
    file.write_text("precious")
    os.chown(file, 12345, 12345)


only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
OBSTACLES = [
    pytest.param(lambda file: file.mkdir(), id="folder"),
    pytest.param(_link, id="link"),
    pytest.param(lambda file: file.symlink_to("nothing"), id="link-to-nothing"),
    pytest.param(os.mkfifo, id="FIFO"),
    pytest.param(_of_another_user, id="another-user", marks=only_root),
    pytest.param(lambda file: file.parent.rmdir(), id="folder-missing"),
    pytest.param(lambda file: (file.parent.rmdir(), file.parent.write_text("precious")), id="folder-is-a-file"),
]


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_without_a_usable_file_the_limit_applies_within_the_process(
    limiter: Limiters, file: pathlib.Path, fake_time: FakeTime, obstacle: t.Callable[[pathlib.Path], t.Any]
) -> None:
    """The limiter must not create or change a file, follow a link, or block."""
    file.unlink()
    obstacle(file)
    before = {
        entry: stat.S_ISREG(entry.lstat().st_mode) and entry.read_text() for entry in file.parent.parent.rglob("*")
    }
    limited = limiter()

    assert (_burst(limited, fake_time), _burst(limiter(), fake_time)) == (10, 10)
    limited.pause(30.0)
    assert limited.wait() == pytest.approx(fake_time.seconds)
    assert sum(fake_time.sleeps) == pytest.approx(10.0 + 10.0 + 30.0)
    after = {
        entry: stat.S_ISREG(entry.lstat().st_mode) and entry.read_text() for entry in file.parent.parent.rglob("*")
    }
    assert after == before


FULL_DISK = (
    IMPORTS
    + """
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
limiter = RateLimiter("x", 3.0, folder=sys.argv[1])
for _ in range(30):
    limiter.wait()
limiter.pause(30.0)
print("done")
"""
)


def test_a_full_disk_is_not_an_error(tmp_path: pathlib.Path) -> None:
    """If the file size limit is 0, the process can open and lock the file, but cannot write to the file."""
    path = next(entry for entry in sys.path if entry.endswith("collections"))

    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), path], capture_output=True, text=True, timeout=30, check=False
    )

    assert (result.stdout, result.stderr) == ("done\n", "")


def test_a_stopped_process_with_the_lock_delays_others_once(
    limiter: Limiters, file: pathlib.Path, fake_time: FakeTime
) -> None:
    """Only the first request waits ten seconds for the lock."""
    limited = limiter()
    with file.open() as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        for _request in range(3):
            limited.wait()

    assert sum(fake_time.sleeps) == pytest.approx(10.0, abs=0.01)


# The folder

OURS = f"ibmcloud.kubernetes-{os.geteuid()}"
Places = tuple["pathlib.Path", "pathlib.Path"]


@pytest.fixture
def places(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Return the paths of the limiter's folders: one in the runtime folder, and one in the temporary folder."""
    runtime, temporary = tmp_path / "run", tmp_path / "tmp"
    runtime.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return runtime / OURS, temporary / OURS


def test_the_runtime_folder_is_used_first(places: Places) -> None:
    assert [_folder(), _folder()] == [str(places[0])] * 2
    assert not places[1].exists()


@pytest.mark.parametrize("runtime", [None, "", "/dev/null", "/nowhere", "run", "./run", "~"])
def test_without_a_runtime_folder_the_temporary_folder_is_used(
    places: Places, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, runtime: str | None
) -> None:
    """Containers and services often do not have a runtime folder. A relative path is ignored."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    if runtime is not None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)

    assert _folder() == str(places[1])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run", "tmp"]


def _writable(mode: int) -> t.Callable[[pathlib.Path], None]:
    def make(place: pathlib.Path) -> None:
        place.mkdir()
        place.chmod(mode)

    return make


def _linked(place: pathlib.Path) -> None:
    elsewhere = place.parent / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    place.symlink_to(elsewhere)


def _owned_by_another_user(place: pathlib.Path) -> None:
    place.mkdir(mode=0o700)
    os.chown(place, 12345, 12345)


UNSAFE = [
    *(pytest.param(_writable(mode), id=f"mode-{mode:o}") for mode in (0o770, 0o707, 0o777, 0o720, 0o702, 0o1777)),
    pytest.param(lambda place: place.parent.chmod(0o777), id="parent-mode-777"),
    pytest.param(_linked, id="link"),
    pytest.param(lambda place: place.write_text(""), id="file"),
    pytest.param(_owned_by_another_user, id="another-user", marks=only_root),
]


@pytest.mark.parametrize("make", UNSAFE)
def test_an_unsafe_folder_is_not_used(
    places: Places, fake_time: FakeTime, make: t.Callable[[pathlib.Path], t.Any]
) -> None:
    """If both folders are unsafe, each process has a separate limit."""
    make(places[0])
    assert _folder() == str(places[1])

    places[1].rmdir()
    make(places[1])

    assert _folder() == ""
    assert _burst(RateLimiter("x", 1.0, fake_time.clock), fake_time) == 10
    assert [file for place in places for file in place.parent.rglob("*.json")] == []
