# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command-line interface with the commands ``exec``, ``start``, ``stop``, ``serve``, ``log`` and ``worlds``."""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import time
import typing as t

from .state_dir import StateDir, StateDirError, default_directory
from .world import DEFAULT_WORLD
from .yaml_section import WorldError

OLDEST_PYTHON = (3, 11)
_READY_SECONDS = 20.0
_HERE = pathlib.Path(__file__).parent
_PACKAGES = {"yaml": "PyYAML", "jwt": "PyJWT[crypto]", "cryptography": "PyJWT[crypto]"}
# No service listens on this port, and unprivileged processes cannot bind to it.
_NOWHERE = "https://127.0.0.1:1"
_ENDPOINTS = (
    "IBMCLOUD_IAM_API_ENDPOINT",
    "IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT",
    "IBMCLOUD_CS_API_ENDPOINT",
    "IBMCLOUD_MCCP_API_ENDPOINT",
    "IBMCLOUD_CR_VPC_URL",
)


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Run one command. Return 0 on success, or write an error message to standard error and return 1.

    ``exec`` returns the exit code of the command that it runs.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    code = 1
    try:
        code = _run(arguments)
    except SystemExit as end:  # argparse exits with 0 after --help, or with 2 after an invalid option
        code = int(end.code or 0)
        raise
    finally:
        if code and arguments[:1] == ["start"]:
            _print_failed_start()
    return code


def _run(arguments: t.Sequence[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        return _fail(
            f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is required, but this is {sys.version.split()[0]}"
        )
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (StateDirError, WorldError) as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        name = str(error.name).partition(".")[0]
        requirements = _HERE.parent / "requirements" / "simulator.txt"
        return _fail(
            f"the Python package {_PACKAGES.get(name, name)} is not installed for {sys.executable}. "
            f"Run: {sys.executable} -m pip install -r {requirements}"
        )


def _fail(message: str) -> int:
    print(f"simulator: {message}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulator", description="A local simulator of IBM Cloud's APIs. It listens only on 127.0.0.1."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "--dir", type=pathlib.Path, default=default_directory(), help="state directory (default: %(default)s)"
    )
    what = argparse.ArgumentParser(add_help=False)
    what.add_argument(
        "--world", default=DEFAULT_WORLD, help="name of a shipped world, or a YAML file (default: %(default)s)"
    )
    run = commands.add_parser(
        "exec",
        parents=[what],
        usage="simulator exec [--world WORLD] [--log FILE] -- COMMAND [ARGUMENT ...]",
        help="run a command with a new simulator",
        description="Start a simulator, run the command with the simulator's variables, stop the simulator, and return "
        "the command's exit code.",
    )
    run.add_argument(
        "--log", metavar="FILE", help="write one line per request to FILE, or to stderr if FILE is - (default: no log)"
    )
    run.add_argument("arguments", nargs="+", metavar="COMMAND", help="the command and its arguments")
    run.set_defaults(command=_exec)
    start = commands.add_parser(
        "start", parents=[where, what], help="start a simulator in the background and print export lines"
    )
    start.set_defaults(command=_start)
    stop = commands.add_parser("stop", parents=[where], help="stop the simulator that the start command started")
    stop.set_defaults(command=_stop)
    serve = commands.add_parser("serve", parents=[where, what], help="run a simulator in the foreground until Ctrl-C")
    serve.set_defaults(command=_serve)
    # A parent parser cannot define this option, because start and serve have different default values.
    for command, seconds in ((start, 3600.0), (serve, 0.0)):
        text = "stop after this many seconds, or never if 0 (default: %(default)s)"
        command.add_argument("--ttl", type=float, default=seconds, metavar="SECONDS", help=text)
    log = commands.add_parser("log", parents=[where], help="print the request log of a running simulator")
    log.set_defaults(command=_log)
    worlds = commands.add_parser("worlds", help="list the shipped worlds")
    worlds.set_defaults(command=_worlds)
    return parser


def _state_dir(options: argparse.Namespace) -> StateDir:
    return StateDir(options.dir.absolute())


def _print_env(env: t.Mapping[str, str]) -> None:
    for name, value in env.items():
        quoted = value.replace("'", "'\\''")
        print(f"export {name}='{quoted}'")
    sys.stdout.flush()


def _print_failed_start() -> None:
    """Make ``eval "$(... start)"`` fail, and direct later commands to a closed port instead of the real cloud."""
    _print_env(dict.fromkeys(_ENDPOINTS, _NOWHERE))
    print("false")


def _exec(options: argparse.Namespace) -> int:
    from .execute import execute  # noqa: PLC0415  # importing the server library takes 0.5 s

    log = sys.stderr if options.log == "-" else None
    try:
        if options.log and not log:
            log = pathlib.Path(options.log).open("w", encoding="utf-8")  # noqa: SIM115  # open until the process ends
    except OSError as error:
        return _fail(f"--log {options.log} cannot be written: {error.strerror}")
    return execute(_world_argument(options.world), options.arguments, log)


def _start(options: argparse.Namespace) -> int:
    state_dir = _state_dir(options)
    state_dir.prepare()
    command = [sys.executable, str(_HERE), "serve", "--world", _world_argument(options.world)]
    command += ["--dir", str(state_dir.path), "--ttl", str(options.ttl)]
    with state_dir.log_path.open("wb") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, cwd="/", start_new_session=True
        )
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        state = state_dir.read()
        if state is not None and state["pid"] == child.pid:
            _print_env(state["env"])
            return 0
        if child.poll() is not None:
            raise StateDirError(state_dir.take_last_log_line() or "the simulator ended without a message")
        time.sleep(0.01)
    child.kill()
    child.wait()
    state_dir.clear()
    raise StateDirError(f"the simulator was not ready after {_READY_SECONDS:.0f} seconds")


def _world_argument(world: str) -> str:
    """Return the name of a shipped world, even if a file or folder has the same name. For other worlds, return an absolute path."""
    if (_HERE / "worlds" / f"{world}.yaml").exists() or not pathlib.Path(world).exists():
        return world
    return str(pathlib.Path(world).absolute())


def _stop(options: argparse.Namespace) -> int:
    _state_dir(options).stop()
    return 0


def _serve(options: argparse.Namespace) -> int:
    from .serve import serve  # noqa: PLC0415  # importing the server library takes 0.5 s

    serve(_world_argument(options.world), _state_dir(options), options.ttl, _print_env)
    return 0


def _log(options: argparse.Namespace) -> int:
    sys.stdout.write(_state_dir(options).request_log())
    return 0


def _worlds(_options: argparse.Namespace) -> int:
    from .world_file import load_world, shipped_worlds  # noqa: PLC0415  # only this command needs them

    for name in shipped_worlds():
        print(f"{name}: {load_world(name).description}")
    return 0
