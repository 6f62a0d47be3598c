# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that replaces all services, and functions that run modules with this server and fake time."""

from __future__ import annotations

import threading
import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._cloud import Cloud
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import IBMCloudError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RetryPolicy
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.argument_specs import resolve_options
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Task
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, FakeTime
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import ATTEMPTS, BUDGET, check_error
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import BEARER, CLUSTER, TOKENS
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Peer, Script, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module

Act = bytes | Script
MASTER = "https://c1.us-south.containers.cloud.ibm.com:30000"
YES = answer({"synchronized": True, "error": False}, keep=True)
NO = answer({"synchronized": False, "error": False}, keep=True)
ERROR = answer({"synchronized": False, "error": True}, keep=True)
FORBIDDEN = answer(
    {
        "incidentID": "0d1e2f3a-1111-4222-8333-445566778899",
        "code": "A0656",
        "description": "You are not authorized to complete this action on the cluster.",
    },
    status=403,
    keep=True,
)
UNKNOWN = answer({"code": "G0004", "description": "No such cluster."}, status=404, keep=True)


def record(identifier: str = CLUSTER, **more: t.Any) -> dict[str, t.Any]:
    """Return a cluster's record as it appears in a list."""
    known = {"id": identifier, "name": "shop", "type": "kubernetes", "provider": "vpc-gen2", "state": "normal"}
    return {**known, "resourceGroupName": "default", "masterURL": MASTER, **more}


class Stage:
    """A server that plays each call's scripts in order, and repeats the last script.

    The name of a call is the last segment of its path. For lists of clusters, the name is the provider. ``calls`` contains
    the received calls.
    """

    def __init__(self, **acts: Act | t.Sequence[Act]) -> None:
        good: dict[str, Act] = {
            "token": answer(TOKENS, keep=True),
            "accounts": answer({"resources": [], "next_url": None}, keep=True),
            "applyRBAC": answer(b"", keep=True),
            "getRBACStatus": YES,
            "classic": answer([], keep=True),
            "vpc": answer([record()], keep=True),
            "satellite": answer([], keep=True),
            "getCluster": answer(record(), keep=True),
        }
        given = {name: [act] if isinstance(act, bytes) or callable(act) else list(act) for name, act in acts.items()}
        self._acts: dict[str, list[Act]] = {**{name: [act] for name, act in good.items()}, **given}
        self._lock = threading.Lock()
        self.calls: list[str] = []
        self.server = Loopback(self._play, keep=True)

    def __enter__(self) -> t.Self:
        self.server.__enter__()
        return self

    def __exit__(self, *_how: object) -> None:
        self.server.__exit__(None, None, None)

    @property
    def headers(self) -> list[str]:
        """Return the Authorization headers of the received requests."""
        return [seen.headers.get("authorization", "") for seen in self.server.seen]

    def _play(self, peer: Peer) -> None:
        *_start, provider, call = cluster_and_path(peer)[1].split("/")
        name = provider if call == "getClusters" else call
        with self._lock:
            self.calls.append(name)
            acts = self._acts[name]
            act = acts.pop(0) if len(acts) > 1 else acts[0]
        if isinstance(act, bytes):
            peer.send(act)
        else:
            act(peer)


def cluster_and_path(peer: Peer) -> tuple[str, str]:
    """Return the cluster from the request's query (or an empty string), and the request's path."""
    url = urllib.parse.urlsplit(peer.request.target)
    return dict(urllib.parse.parse_qsl(url.query)).get("cluster", ""), url.path


def defaults(module: Module) -> dict[str, t.Any]:
    """Return the default values that Ansible sets before the module runs."""
    return {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}


def behave(
    module: Module,
    stage: Stage,
    fake: FakeTime,
    *,
    check_mode: bool = False,
    patience: float = 5.0,
    now: t.Callable[[], float] = lambda: float(NOW),
    lines: list[str] | None = None,
    **given: t.Any,
) -> dict[str, t.Any]:
    """Run the module's function with a valid token and fake time, and return its result.

    ``now`` returns the time of the wall clock, and ``patience`` is the timeout of a request in real seconds.

    :raises IBMCloudError: if the module's function raises this error.
    """
    given = {**defaults(module), "access_token": BEARER, **given}
    options = resolve_options(module.options_type, given, module.argument_spec, {})
    policy = RetryPolicy(attempts=ATTEMPTS, budget=BUDGET)
    http = HttpClient(timeout=patience, policy=policy, clock=fake.clock)
    url = stage.server.url
    login = TokenManager(
        http,
        Iam(http, url, now=now),
        url,
        Credentials.from_options(options),
        account_id=options.account_id,
        register_secret=lambda *_secrets: None,
        clock=LocalClock(now),
    )
    cloud = Cloud(http, login, Containers(http, url, login.auth), 1, fake.clock)
    said = lines if lines is not None else []
    try:
        result = module.function(Task(options, check_mode, said.append, said.append), cloud)
    finally:
        cloud.close()
    return {"changed": False, **result}


def fails(module: Module, stage: Stage, fake: FakeTime, **given: t.Any) -> IBMCloudError:
    """Run a module that must fail, verify the rules for all errors, and return the error."""
    with pytest.raises(IBMCloudError) as caught:
        behave(module, stage, fake, **given)
    check_error(caught.value)
    return caught.value
