# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one cluster, including its startup, namespaces, OpenShift tokens, and each identity's RBAC synchronization."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .namespaces import Namespaces
from .openshift_tokens import OpenShiftTokens

if t.TYPE_CHECKING:
    import trustme

    from .world import Cluster, Outcome

ADMIN_NAME = "admin"
ADMIN_GROUP = "system:masters"


@dataclasses.dataclass
class RbacSync:
    """The state of each identity's RBAC synchronization (not requested, pending, synchronized or failed).

    ``applied`` maps each IAM ID to the time of the applyRBAC call that took effect. ``requests`` maps each IAM ID to a number of applyRBAC calls.
    A later call does not change a pending or finished synchronization. After an error, a later call starts a new synchronization [inferred].
    """

    seconds: float
    outcome: Outcome
    synchronized_for: set[str]
    applied: dict[str, float] = dataclasses.field(default_factory=dict)
    requests: dict[str, int] = dataclasses.field(default_factory=dict)

    def apply(self, iam_id: str, now: float) -> None:
        self.requests[iam_id] = self.requests.get(iam_id, 0) + 1
        _synchronized, error = self.status(iam_id, now)
        if error or iam_id not in self.applied:
            self.applied[iam_id] = now

    def status(self, iam_id: str, now: float) -> tuple[bool, bool]:
        """Return ``synchronized`` and ``error`` as getRBACStatus reports them."""
        if iam_id in self.synchronized_for:
            return True, False
        applied = self.applied.get(iam_id)
        if applied is None or self.outcome == "never" or now - applied < self.seconds:
            return False, False
        return self.outcome == "ok", self.outcome == "error"


class AdminCertificate(t.NamedTuple):
    """An administrator's client certificate and its private key, in PEM format."""

    certificate: bytes
    key: bytes


class ClusterState:
    """A cluster, the URLs of its enabled endpoints (``public``, ``private``, ``vpe``), and its CA.

    Each endpoint of an OpenShift cluster has an OAuth server (``oauth_urls``). ``ca`` is the cluster's CA, which also
    signs client certificates. ``ca`` is None for a cluster without a master. ``serving_ca_pem`` is the CA that signed the
    certificates of the cluster's endpoints.
    """

    def __init__(
        self,
        cluster: Cluster,
        urls: t.Mapping[str, str],
        ca: trustme.CA | None,
        *,
        oauth_urls: t.Mapping[str, str],
        serving_ca_pem: bytes,
    ) -> None:
        self.cluster = cluster
        self.urls = dict(urls)
        self._ca = ca
        self.ca_pem = ca.cert_pem.bytes() if ca else b""
        self.oauth_urls = dict(oauth_urls)
        self.serving_ca_pem = serving_ca_pem
        self.reset(time.time)

    def reset(self, clock: t.Callable[[], float]) -> None:
        """Restore the initial state that the world defines, and restart the startup phases. ``clock`` returns the services' current time."""
        self._clock = clock
        self._created = clock()
        self.startup = self.cluster.startup
        rbac = self.cluster.rbac
        self.rbac = RbacSync(rbac.seconds, rbac.outcome, set(rbac.synchronized_for))
        self.namespaces = Namespaces()
        self.tokens = OpenShiftTokens()
        self.admin_keys: list[bytes] = []

    def admin_certificate(self) -> AdminCertificate:
        """Return a new client certificate for the group ``system:masters``, which has full control of the cluster.

        Every request creates a new certificate [inferred]. The certificate's user name is ``ADMIN_NAME`` [inferred].
        """
        assert self._ca is not None  # a cluster without a master does not have a kubeconfig
        leaf = self._ca.issue_cert("admin@simulator.invalid", common_name=ADMIN_NAME, organization_name=ADMIN_GROUP)
        found = AdminCertificate(leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes())
        self.admin_keys.append(found.key)
        return found

    @property
    def age(self) -> float:
        """The number of seconds since the cluster was created. Clusters are created when the world is started or reset."""
        return self._clock() - self._created

    @property
    def is_starting(self) -> bool:
        """Whether the cluster is still waiting for its master."""
        return self.age < self.startup.seconds

    @property
    def state(self) -> str:
        """The state that the containers API reports."""
        return self.startup.state if self.is_starting else self.cluster.state

    @property
    def enabled_urls(self) -> dict[str, str]:
        """The URLs that the containers API reports. The dictionary is empty until the master is ready."""
        return {} if self.is_starting else self.urls

    @property
    def master_url(self) -> str | None:
        """The URL of the first enabled endpoint (in the order public, private, VPE), or None if the cluster does not have a master."""
        urls = self.enabled_urls
        return next((urls[name] for name in ("public", "private", "vpe") if name in urls), None)

    def rbac_status_code(self) -> int:
        """Return the HTTP status for RBAC requests. After the cluster is created, the status is first 503, then 404, then 200."""
        if self.age < self.startup.seconds + self.startup.unavailable_seconds:
            return 503
        return 404 if self.age < self.startup.total else 200
