# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the simulator as a tool: ``exec``, a failed start, the request log, the help, and the pytest plugin."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from simulator_tests.test_command import NAMES, SIMULATOR, command

TESTS = str(Path(__file__).resolve().parent.parent)
REAL = {"IC_API_KEY": "the-real-key", "IBMCLOUD_API_KEY": "the-real-key", "IC_IAM_TOKEN": "a-real-token"}
SHOW = "import os; print(*(f'{k}={v}' for k, v in os.environ.items() if k.startswith(('IC_', 'IBMCLOUD_'))), sep='\\n')"
LOG_IN = (
    "import os, requests; requests.post(os.environ['IBMCLOUD_IAM_API_ENDPOINT'] + '/identity/token', "
    "data={'grant_type': 'urn:ibm:params:oauth:grant-type:apikey', 'apikey': os.environ['IC_API_KEY']})"
)


def run_python(code: str, *options: str, **more: t.Any) -> subprocess.CompletedProcess[str]:
    return command("exec", *options, "--", sys.executable, "-c", code, **more)


def test_exec_sets_the_environment_and_cleans_up(tmp_path: Path) -> None:
    """The command does not receive the environment variables of a real account."""
    done = run_python(SHOW, env={**os.environ, **REAL, "TMPDIR": str(tmp_path)})
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert (done.returncode, done.stderr) == (0, "")
    assert {*found, "REQUESTS_CA_BUNDLE"} == {*NAMES}
    assert found["IC_API_KEY"] == "not-a-real-key/ada+prod="
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("pass", 0),
        ("raise SystemExit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137),
    ],
)
def test_exec_returns_the_exit_code(code: str, expected: int) -> None:
    assert run_python(code).returncode == expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_exec_forwards_signals(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\n"
        "time.sleep(30)"
    )
    arguments = [sys.executable, SIMULATOR, "exec", "--", sys.executable, "-c", code]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=env, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(timeout=10) == 7
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--world", "nosuch", "--", "true"], 1, "nosuch is not a shipped world or a file"),
        (["--", "/no/such/command"], 127, "/no/such/command cannot be run: No such file or directory"),
        (["--", TESTS], 126, "cannot be run: Permission denied"),
        (["--log", "/no/such/folder/log", "--", "true"], 1, "--log /no/such/folder/log cannot be written: No such"),
    ],
)
def test_errors_of_exec_are_a_single_line(arguments: list[str], code: int, message: str) -> None:
    done = command("exec", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_exec_keeps_double_dashes_of_the_command() -> None:
    done = command("exec", "--", "echo", "--world", "--", "x")
    assert done.stdout == "--world -- x\n"


@pytest.mark.parametrize("target", ["-", "file"])
def test_exec_writes_a_request_log(tmp_path: Path, target: str) -> None:
    path = tmp_path / "requests.log"
    done = run_python(LOG_IN, "--log", "-" if target == "-" else str(path))
    text = done.stderr if target == "-" else path.read_text()
    assert re.fullmatch(r" +\d\.\d{3} iam +200 POST /identity/token client=default grant=apikey\n", text)


def test_log_prints_the_requests_of_a_running_simulator(tmp_path: Path) -> None:
    where = ("--dir", str(tmp_path / "state"))
    assert command("log", *where).stderr.startswith("simulator: no simulator is running in ")
    started = command("start", *where)
    try:
        script = f'{started.stdout}\n{sys.executable} -c "{LOG_IN}"'
        subprocess.run(["sh", "-c", script], check=True, timeout=30)
        done = command("log", *where)
        assert (done.returncode, done.stdout.count("\n")) == (0, 1)
        assert "200 POST /identity/token" in done.stdout
    finally:
        command("stop", *where)


@pytest.mark.parametrize(
    "arguments",
    [["start", "--world", "nosuch"], ["start", "--wrold", "docs"], ["start", "--dir", "/proc/nosuch"]],
    ids=["world", "option", "directory"],
)
def test_a_failed_start_cannot_reach_the_real_cloud(arguments: list[str]) -> None:
    """With ``set -e``, the shell exits. Without ``set -e``, every endpoint is a closed loopback port."""
    line = f'eval "$({sys.executable} {SIMULATOR} {" ".join(arguments)})"'
    show = f'{sys.executable} -c "{SHOW}"'
    strict = subprocess.run(["sh", "-ec", f"{line}\n{show}"], capture_output=True, text=True, check=False, timeout=30)
    assert (strict.returncode, strict.stdout) == (1, "")
    chained = ["sh", "-c", f"{line} && echo reached"]
    assert subprocess.run(chained, capture_output=True, text=True, check=False, timeout=30).stdout == ""
    env = {**os.environ, **REAL}
    loose = subprocess.run(
        ["sh", "-c", f"{line}\n{show}"], capture_output=True, text=True, env=env, check=False, timeout=30
    )
    found = dict(each.split("=", 1) for each in loose.stdout.splitlines())
    assert {value for name, value in found.items() if name not in REAL} == {"https://127.0.0.1:1"}
    assert set(NAMES[:3]) < set(found)


@pytest.mark.parametrize(
    ("arguments", "module", "package"),
    [
        (["worlds"], "yaml", "PyYAML"),
        (["exec", "--", "true"], "yaml", "PyYAML"),
        (["exec", "--", "true"], "jwt", "PyJWT[crypto]"),
        (["serve"], "aiohttp", "aiohttp"),
        (["start"], "yaml", "PyYAML"),
    ],
)
def test_the_error_names_a_missing_package(tmp_path: Path, arguments: list[str], module: str, package: str) -> None:
    (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError('No module named {module}', name='{module}')\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    done = command(*arguments, env=env)
    assert done.returncode == 1
    expected = (
        f"simulator: the Python package {package} is not installed for {sys.executable}. Run: {sys.executable} -m pip"
    )
    assert done.stderr.startswith(expected)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("verb", "defaults"),
    [
        ("exec", ["(default: docs)", "(default: no log)"]),
        ("start", ["(default: docs)", "(default: 3600.0)", "ibmcloud-simulator"]),
        ("serve", ["(default: docs)", "(default: 0.0)", "ibmcloud-simulator"]),
        ("stop", ["ibmcloud-simulator"]),
        ("log", ["ibmcloud-simulator"]),
    ],
)
def test_the_help_has_every_default(verb: str, defaults: list[str]) -> None:
    text = " ".join(command(verb, "--help", env={**os.environ, "COLUMNS": "500"}).stdout.split())
    assert [default for default in defaults if default not in text] == []
    # All options except --help have a default.
    options = set(re.findall(r"--[a-z]+(?= [A-Z])", text.partition("options:")[2]))
    assert text.count("(default: ") == len(options)


def test_the_pytest_plugin_provides_a_simulator(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {TESTS}\n")
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["simulator.pytest_plugin"]\n')
    (tmp_path / "test_it.py").write_text(
        "import os, pytest\n"
        "def test_default(ibmcloud):\n"
        "    assert os.environ['IC_API_KEY'] == 'not-a-real-key/ada+prod=' and 'IC_IAM_TOKEN' not in os.environ\n"
        "    ibmcloud.cluster('mycluster-vpc').rbac.outcome = 'error'\n"
        "def test_reset(ibmcloud):\n"
        "    assert ibmcloud.cluster('mycluster-vpc').rbac.outcome == 'ok'\n"
        "@pytest.mark.ibmcloud_world('fleet')\n"
        "def test_world(ibmcloud):\n"
        "    assert ibmcloud.cluster('shop-dev')\n"
        "def test_after():\n"
        "    assert os.environ['IC_IAM_TOKEN'] == 'a-real-token'\n"
    )
    arguments = [sys.executable, "-m", "pytest", "-q", "--strict-markers"]
    env = {**os.environ, **REAL}
    done = subprocess.run(arguments, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert "4 passed" in done.stdout, done.stdout + done.stderr
