# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator for use inside a Python process: ``with Simulator("fleet") as sim: ...``."""

from __future__ import annotations

import asyncio
import pathlib
import shutil
import tempfile
import threading
import typing as t

from .compute_identity import pod_token
from .listeners import Listeners
from .world import DEFAULT_WORLD, ServiceAccount, World
from .world_file import load_world

if t.TYPE_CHECKING:
    import types

    from .cloud import Cloud
    from .cluster_state import ClusterState
    from .request_log import Entry, RequestLog
    from .world import Outcome


# The time limit for starting and stopping, in seconds. This limit is sufficient for hundreds of clusters on a slow machine.
_SECONDS = 60.0


class Simulator:
    """A simulated IBM Cloud that runs in a thread of this process during the ``with`` block.

    ``world`` is the name of a shipped world, the path of a world file, or a World object. The CA file is written to
    ``directory``, which is a temporary directory by default. Raise WorldError if the world is invalid.
    """

    def __init__(
        self, world: str | pathlib.Path | World = DEFAULT_WORLD, *, directory: pathlib.Path | None = None
    ) -> None:
        self.world = world if isinstance(world, World) else load_world(world)
        self._given_directory = directory
        self._listeners: Listeners | None = None

    def __enter__(self) -> t.Self:
        self.directory = self._given_directory or pathlib.Path(tempfile.mkdtemp(prefix="ibmcloud-simulator-"))
        self._listeners = Listeners(self.world, self.directory)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ibmcloud-simulator", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listeners.open(), self._loop).result(timeout=_SECONDS)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _value: BaseException | None, _trace: types.TracebackType | None
    ) -> None:
        listeners = self._running
        asyncio.run_coroutine_threadsafe(listeners.close(), self._loop).result(timeout=_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=_SECONDS)
        self._loop.close()
        self._listeners = None
        if self._given_directory is None:
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _running(self) -> Listeners:
        if self._listeners is None:
            raise RuntimeError("The simulator runs only inside its with block.")
        return self._listeners

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that clients need. The ``start`` command prints the same variables."""
        return self._running.env

    @property
    def cloud(self) -> Cloud:
        """The cloud's state, which tests can read and change between two requests."""
        return self._running.cloud

    @property
    def requests(self) -> list[Entry]:
        """The logged requests, in the order of the responses."""
        return list(self.log.entries)

    @property
    def log(self) -> RequestLog:
        """The request log, which also counts connections. The log's ``reset()`` does not change the world's state."""
        return self._running.log

    @property
    def expected_failures(self) -> dict[str, Outcome]:
        """The outcome (``error`` or ``never``) for each cluster whose RBAC synchronization does not succeed, keyed by cluster name."""
        rbac = {state.cluster.name: state.rbac.outcome for state in self.cloud.clusters if state.cluster.has_master}
        return {name: outcome for name, outcome in rbac.items() if outcome != "ok"}

    @property
    def iam_url(self) -> str:
        return self._running.url("iam")

    @property
    def accounts_url(self) -> str:
        return self._running.url("accounts")

    @property
    def containers_url(self) -> str:
        """The base URL that clients use for the containers service. The URL ends in ``/global``, except in API generations without this path."""
        return self._running.containers_url

    @property
    def cloud_foundry_url(self) -> str:
        """The URL of the Cloud Foundry API, which returns HTTP 404 in API generations without Cloud Foundry."""
        return self._running.url("cloud_foundry")

    @property
    def proxy_url(self) -> str:
        """The URL of an HTTP proxy that connects the documented host names to the services and allows connections to the clusters.

        The services' certificates are valid for the documented names and signed by the CA in ``ca_path``.
        """
        return self._running.url("proxy")

    @property
    def control_url(self) -> str:
        return self._running.url("control")

    @property
    def ca_path(self) -> pathlib.Path:
        """The path of the CA certificate for IAM, accounts, containers, Cloud Foundry, and most OpenShift clusters.

        Each cluster also has its own CA (``cluster(name).ca_pem``). ``cluster(name).serving_ca_pem`` is the CA that signed the
        certificates of the cluster's endpoints.
        """
        return self._running.ca_path

    @property
    def secrets(self) -> dict[str, str]:
        """All secrets in the world and all issued secrets, keyed by description, so that tests can search for leaked secrets."""
        return self.cloud.secrets

    @property
    def metadata_url(self) -> str:
        """The URL of the VPC instance's metadata service. Raise KeyError if the world does not have a VPC instance."""
        return self._running.url("metadata")

    def cr_token(
        self, cluster: str, service_account: str, *, seconds: float | None = None, audience: str = "iam"
    ) -> str:
        """Return a new token for a pod with the service account ``NAMESPACE/NAME``. The world defines which profiles trust this service account."""
        namespace, _slash, name = service_account.partition("/")
        account = ServiceAccount(self.cluster(cluster).cluster.id, namespace, name)
        return pod_token(self.cloud, account, audience=audience, seconds=seconds)

    def cluster(self, name_or_id: str) -> ClusterState:
        """Return a cluster's state (``urls``, ``master_url``, ``serving_ca_pem``, ``rbac``, ``namespaces``, ``startup``).

        OpenShift clusters also have ``oauth_urls`` and ``tokens``. Raise KeyError unless exactly one cluster matches.
        """
        return self.cloud.cluster(name_or_id)

    def reset(self) -> None:
        """Restore the initial state and clear the request log. Addresses and certificates do not change."""
        self.cloud.reset()
        self.log.reset()
