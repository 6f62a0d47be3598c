# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the commands start, stop, serve and worlds as processes."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import requests

from simulator import cli, shipped_worlds

SIMULATOR = str(Path(__file__).resolve().parent.parent / "simulator")
NAMES = [
    "IBMCLOUD_IAM_API_ENDPOINT",
    "IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT",
    "IBMCLOUD_CS_API_ENDPOINT",
    "REQUESTS_CA_BUNDLE",
    "IC_API_KEY",
    "IBMCLOUD_CR_VPC_URL",
    "IBMCLOUD_SIMULATOR_CONTROL",
    "IBMCLOUD_SIMULATOR_DIR",
]


FAILED = "".join(
    f"export {name}='https://127.0.0.1:1'\n"
    for name in (*NAMES[:3], "IBMCLOUD_MCCP_API_ENDPOINT", "IBMCLOUD_CR_VPC_URL")
)
FAILED += "false\n"


def command(*arguments: str, **options: t.Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SIMULATOR, *arguments], capture_output=True, text=True, timeout=30, check=False, **options
    )


def exports(stdout: str) -> dict[str, str]:
    env = {}
    for line in stdout.splitlines():
        match = re.fullmatch(r"export ([A-Z_]+)=('.*')", line)
        assert match, line
        env[match[1]] = shlex.split(match[2])[0]
    return env


def control(env: dict[str, str], path: str) -> t.Any:
    return requests.get(env["IBMCLOUD_SIMULATOR_CONTROL"] + path, timeout=5, proxies={"http": ""}).json()


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        # A zombie process has ended, but its parent has not read the exit code.
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


@pytest.fixture
def directory(tmp_path: Path) -> t.Iterator[Path]:
    path = tmp_path / "it's a state directory"
    yield path
    if path.exists():
        command("stop", "--dir", str(path))


def start(directory: Path, *arguments: str) -> dict[str, str]:
    done = command("start", "--dir", str(directory), *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return exports(done.stdout)


def test_a_simulator_can_be_started_and_stopped(directory: Path) -> None:
    begun = time.monotonic()
    env = start(directory)
    assert time.monotonic() - begun < 5
    assert list(env) == NAMES
    assert env["IBMCLOUD_CS_API_ENDPOINT"].endswith("/global")
    assert env["IBMCLOUD_SIMULATOR_DIR"] == str(directory)
    assert directory.stat().st_mode & 0o777 == 0o700
    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": env["IC_API_KEY"]}
    url = env["IBMCLOUD_IAM_API_ENDPOINT"] + "/identity/token"
    assert requests.post(url, data=form, verify=env["REQUESTS_CA_BUNDLE"], timeout=5).status_code == 200
    pid = control(env, "/state")["pid"]
    assert os.getsid(pid) == pid

    again = command("start", "--dir", str(directory))
    assert (again.returncode, again.stdout) == (1, FAILED)
    assert again.stderr.startswith("simulator: a simulator is already running in ")
    assert is_alive(pid)

    done = command("stop", "--dir", str(directory))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert wait_for_end(pid)
    assert not directory.exists()
    done = command("stop", "--dir", str(directory))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("simulator: no simulator is running in ")


def test_a_shell_can_evaluate_the_output(directory: Path) -> None:
    start_it = shlex.join([sys.executable, SIMULATOR, "start", "--dir", str(directory)])
    script = f'eval "$({start_it})" && printf %s "$IBMCLOUD_SIMULATOR_DIR"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == str(directory)


def test_other_files_in_the_directory_are_kept(directory: Path) -> None:
    directory.mkdir()
    (directory / "mine").write_text("kept")
    start(directory)
    assert command("stop", "--dir", str(directory)).returncode == 0
    assert [path.name for path in directory.iterdir()] == ["mine"]


def test_the_simulator_ends_after_its_ttl(directory: Path) -> None:
    env = start(directory, "--ttl", "2")
    pid = int((directory / "state.json").read_text().partition('"pid": ')[2].partition(",")[0])
    assert env
    assert wait_for_end(pid)
    assert not directory.exists()


def test_the_default_ttl() -> None:
    assert cli._parser().parse_args(["start"]).ttl == 3600
    assert cli._parser().parse_args(["serve"]).ttl == 0


def test_the_simulator_starts_again_after_a_crash(directory: Path) -> None:
    pid = control(start(directory), "/state")["pid"]
    os.kill(pid, signal.SIGKILL)
    assert wait_for_end(pid)
    assert command("stop", "--dir", str(directory)).returncode == 1
    assert not directory.exists()
    start(directory)


def test_another_process_gets_no_signal(directory: Path) -> None:
    """The test replaces the recorded process ID with the ID of another process."""
    env = start(directory)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        state = directory / "state.json"
        real = state.read_text()
        pid = control(env, "/state")["pid"]
        state.write_text(real.replace(f'"pid": {pid}', f'"pid": {stranger.pid}'))
        done = command("stop", "--dir", str(directory))
        assert (done.returncode, stranger.poll()) == (1, None)
        assert "It was not stopped" in done.stderr
        state.write_text(real)
        stranger.terminate()
    assert is_alive(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_runs_until_a_signal(directory: Path, number: signal.Signals) -> None:
    arguments = [sys.executable, SIMULATOR, "serve", "--world", "fleet", "--dir", str(directory)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        env = exports("".join(process.stdout.readline() for _name in NAMES))
        assert list(env) == NAMES
        assert control(env, "/state")["world"] == "fleet"
        tokens = {path.name: path.stat().st_mode & 0o777 for path in directory.glob("cr-token-*")}
        assert tokens == {"cr-token-ansible-runner": 0o600, "cr-token-ansible-builder": 0o600}
        process.send_signal(number)
        _out, err = process.communicate(timeout=10)
        assert (process.returncode, err) == (0, "")
    assert not directory.exists()


def test_errors_are_a_single_line(directory: Path, tmp_path: Path) -> None:
    world = tmp_path / "bad.yaml"
    world.write_text("clusterz: []\n")
    for verb, name, text in (
        ("start", str(world), "bad.yaml has unknown keys: clusterz"),
        ("serve", "nowhere", "nowhere is not a shipped world or a file"),
    ):
        done = command(verb, "--world", name, "--dir", str(directory))
        assert (done.returncode, done.stdout) == (1, FAILED if verb == "start" else "")
        assert done.stderr.startswith(f"simulator: {text}")
        assert done.stderr.count("\n") == 1
        assert not directory.exists()


def test_worlds_lists_the_shipped_worlds() -> None:
    done = command("worlds")
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()] == shipped_worlds()
    assert {"docs", "document-2025", "fleet", "lifecycle"} < set(shipped_worlds())


def test_default_directory_is_in_the_runtime_directory(tmp_path: Path) -> None:
    env = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = command("start", env=env)
    try:
        assert exports(done.stdout)["IBMCLOUD_SIMULATOR_DIR"] == str(tmp_path / "ibmcloud-simulator")
    finally:
        assert command("stop", env=env).returncode == 0


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux' list of sockets")
def test_nothing_listens_beyond_loopback(directory: Path) -> None:
    env = start(directory, "--world", "fleet")
    pid = control(env, "/state")["pid"]
    links = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a connection that was closed in the meantime
            links.append(str(path.readlink()))
    inodes = {match[1] for link in links if (match := re.fullmatch(r"socket:\[(\d+)\]", link))}
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and fields[3] in ("0A", "07"):
                listening.append(fields[1].partition(":")[0])
    # Three services, the control address, and at least one endpoint for each of the thirteen clusters that have a master
    assert len(listening) > 4 + 13
    assert set(listening) == {"0100007F"}
