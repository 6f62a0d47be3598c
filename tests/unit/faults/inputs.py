# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module as its action plugin does, with one local server in place of all services."""

from __future__ import annotations

import importlib
import json
import types
import typing as t
import urllib.parse

from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.argument_specs import tidy_arguments
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import TOKENS
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.plugin_utils._in_process import InProcessAction
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

Given = dict[str, t.Any]
ACTIONS = "ansible_collections.ibmcloud.kubernetes.plugins.action"
KEY = "a-key_0123456789abcdefghijklmnopqrstuvwxyz-A"
# Each rejected secret contains this text, which must not occur in messages.
CANARY = "CANARY"


def run_input(module: str, given: Given, environ: t.Mapping[str, str]) -> Given:
    """Remove empty strings from the options, validate the options as Ansible and the module do, and run the module in this process."""
    kind: type[InProcessAction] = importlib.import_module(f"{ACTIONS}.{module}").ActionModule
    args = tidy_arguments(given, kind.MODULE.argument_spec)
    task = types.SimpleNamespace(args=args, action=f"ibmcloud.kubernetes.{module}", check_mode=False, diff=False)
    action = kind(t.cast("t.Any", task), *[t.cast("t.Any", None)] * 5)
    return action._run_here(dict(environ))


def places(server: Loopback) -> dict[str, str]:
    """Return environment variables that set the endpoints of all services to this server."""
    names = ("IAM", "ACCOUNT_MANAGEMENT", "CS")
    return {f"IBMCLOUD_{name}_API_ENDPOINT": server.url for name in names}


def refused(module: str, given: Given, environ: t.Mapping[str, str] | None = None) -> str:
    """Return the error message for these options. Verify that no request was sent and that the result does not contain a secret."""
    with Loopback() as server:
        result = run_input(module, given, {**places(server), **(environ or {})})

        assert server.connections == 0
    shown = json.dumps(result)
    assert (result.get("failed"), result["changed"]) == (True, False), shown
    # Errors of Ansible's validation do not have a kind.
    assert result.get("error", {}).get("kind", "input") == "input"
    assert "Traceback" not in shown
    assert CANARY not in shown
    return t.cast("str", result["msg"])


def accepted(
    module: str, given: Given, environ: t.Mapping[str, str] | None = None, *answers: bytes
) -> tuple[Given, list[Seen]]:
    """Return the result for valid options, and the requests that were sent. The services respond with tokens or with ``answers``."""
    with Loopback(*(answers or [answer(TOKENS)])) as server:
        result = run_input(module, given, {**places(server), **(environ or {})})
        seen = list(server.seen)
    assert not result.get("failed"), result
    return result, seen


def form(seen: Seen) -> dict[str, str]:
    """Return the form fields of a request."""
    return dict(urllib.parse.parse_qsl(seen.body.decode(), keep_blank_values=True))
