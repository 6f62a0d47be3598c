# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the simulator as a process until it receives SIGINT (Ctrl-C) or SIGTERM, or until its lifetime ends."""

from __future__ import annotations

import asyncio
import signal
import typing as t

from .compute_identity import write_pod_tokens
from .listeners import Listeners
from .world_file import load_world

if t.TYPE_CHECKING:
    from .state_dir import StateDir


def serve(world: str, state_dir: StateDir, ttl: float, announce: t.Callable[[t.Mapping[str, str]], None]) -> None:
    """Run a world. ``announce`` receives the environment variables when all services are ready.

    ``ttl`` is the lifetime in seconds, or 0 for no limit. WorldError and StateDirError are raised before any service is ready.
    """
    loaded = load_world(world)
    state_dir.prepare()
    state_dir.acquire()
    try:
        asyncio.run(_serve(Listeners(loaded, state_dir.path), state_dir, ttl, announce))
    finally:
        state_dir.clear()


async def _serve(
    listeners: Listeners, state_dir: StateDir, ttl: float, announce: t.Callable[[t.Mapping[str, str]], None]
) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    await listeners.open()
    write_pod_tokens(listeners.cloud, state_dir.path)
    state_dir.write(listeners.env)
    announce(listeners.env)
    try:
        await asyncio.wait_for(ended.wait(), ttl or None)
    except TimeoutError:
        pass
    finally:
        await listeners.close()
