# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: start in the background, stop, run in the foreground, list the worlds."""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import time
import typing as t

from .state_dir import StateDir, StateDirError, default_directory
from .yaml_section import WorldError

_READY_SECONDS = 20.0


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Exit code 0 for success, 1 for an error, which is one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (StateDirError, WorldError) as problem:
        print(f"simulator: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description="A strict local stand-in for IBM Cloud's APIs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--dir", type=pathlib.Path, help="state directory (default: in the user's runtime directory)")
    what = argparse.ArgumentParser(add_help=False)
    what.add_argument("--world", default="document-2025", help="name of a shipped world, or a file")
    start = commands.add_parser("start", parents=[where, what], help="start in the background, print export lines")
    start.set_defaults(command=_start)
    stop = commands.add_parser("stop", parents=[where], help="stop what start has started")
    stop.set_defaults(command=_stop)
    run = commands.add_parser("run", parents=[where, what], help="run in the foreground until Ctrl-C")
    run.set_defaults(command=_run)
    # Not in a shared parent: the two would share one default as well.
    for command, seconds in ((start, 3600.0), (run, 0.0)):
        text = "seconds after which it ends by itself, 0 for never (default: %(default)s)"
        command.add_argument("--ttl", type=float, default=seconds, help=text)
    worlds = commands.add_parser("worlds", help="list the shipped worlds")
    worlds.set_defaults(command=_worlds)
    return parser


def _state_dir(options: argparse.Namespace) -> StateDir:
    return StateDir(options.dir.absolute() if options.dir else default_directory())


def _print_env(env: t.Mapping[str, str]) -> None:
    for name, value in env.items():
        quoted = value.replace("'", "'\\''")
        print(f"export {name}='{quoted}'")
    sys.stdout.flush()


def _start(options: argparse.Namespace) -> int:
    state_dir = _state_dir(options)
    state_dir.prepare()
    command = [sys.executable, str(pathlib.Path(__file__).parent), "run", "--world", _world_argument(options.world)]
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
            raise StateDirError(state_dir.take_last_log_line() or "the simulator ended at once, without a word")
        time.sleep(0.01)
    child.kill()
    child.wait()
    state_dir.clear()
    raise StateDirError(f"the simulator was not ready after {_READY_SECONDS:.0f} seconds")


def _world_argument(world: str) -> str:
    return str(pathlib.Path(world).absolute()) if pathlib.Path(world).exists() else world


def _stop(options: argparse.Namespace) -> int:
    _state_dir(options).stop()
    return 0


def _run(options: argparse.Namespace) -> int:
    # Imported here: start and stop need neither the server library nor its half a second.
    from .serve import run  # noqa: PLC0415  # the server library takes half a second, and only this needs it

    run(options.world, _state_dir(options), options.ttl, _print_env)
    return 0


def _worlds(_options: argparse.Namespace) -> int:
    from .world_file import load_world, shipped_worlds  # noqa: PLC0415  # only this command needs them

    for name in shipped_worlds():
        print(f"{name}: {load_world(name).description}")
    return 0
