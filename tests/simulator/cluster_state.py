# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changing part of one cluster: RBAC synchronisation per identity, namespaces, and OpenShift's tokens."""

from __future__ import annotations

import dataclasses
import typing as t

from .namespaces import Namespaces
from .openshift_tokens import OpenShiftTokens

if t.TYPE_CHECKING:
    from .world import Cluster, Outcome


@dataclasses.dataclass
class RbacSync:
    """The RBAC state machine: not requested, pending, then synchronized or in error, for each identity on its own.

    ``applied`` maps an IAM ID to the time of its applyRBAC, ``requests`` to how many of them the service has taken.
    A second applyRBAC of somebody who is synchronized or pending changes nothing; after an error it starts again
    [inferred].
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
        """``(synchronized, error)`` as getRBACStatus reports them."""
        if iam_id in self.synchronized_for:
            return True, False
        applied = self.applied.get(iam_id)
        if applied is None or self.outcome == "never" or now - applied < self.seconds:
            return False, False
        return self.outcome == "ok", self.outcome == "error"


class ClusterState:
    """A cluster with its addresses (``public``, ``private``, ``vpe``, those that are enabled) and its CA.

    An OpenShift cluster has an OAuth server behind each of its endpoints (``oauth_urls``). ``ca_pem`` is the cluster's
    own CA, ``serving_ca_pem`` the CA that has signed the certificates of its endpoints.
    """

    def __init__(
        self,
        cluster: Cluster,
        urls: t.Mapping[str, str],
        ca_pem: bytes,
        *,
        oauth_urls: t.Mapping[str, str],
        serving_ca_pem: bytes,
    ) -> None:
        self.cluster = cluster
        self.urls = dict(urls)
        self.ca_pem = ca_pem
        self.oauth_urls = dict(oauth_urls)
        self.serving_ca_pem = serving_ca_pem
        self.reset()

    def reset(self) -> None:
        rbac = self.cluster.rbac
        self.rbac = RbacSync(rbac.seconds, rbac.outcome, set(rbac.synchronized_for))
        self.namespaces = Namespaces()
        self.tokens = OpenShiftTokens()

    @property
    def master_url(self) -> str | None:
        """The default endpoint: the public one when it is enabled, else the private one, else the VPE gateway."""
        return next((self.urls[name] for name in ("public", "private", "vpe") if name in self.urls), None)
