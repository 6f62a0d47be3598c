# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""From clusters to sessions: the token that each takes, the proof that it does, and what other tools need of it."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t
from dataclasses import dataclass, field

from .._cloud import Cloud, ClusterEndpoint
from .._core.errors import IBMCloudError, InputError, NetworkError, failure_entry
from .._core.tokens import iso, read_claims
from .._iam.identity import no_openshift_for_a_profile
from .._services.kubernetes import AccessReview, Kubernetes
from .ca_store import CaStore
from .connection_settings import ConnectionSettings

if t.TYPE_CHECKING:
    from .._services.endpoints import AllowedHosts
    from .._services.openshift_oauth import OAuthToken
    from .facts import Record

Found = t.TypeVar("Found")


@dataclass(frozen=True)
class OpenSession:
    """A token that the cluster takes, and what the cluster said of it. ``ends`` is in seconds since 1970, 0 for unknown."""

    address: ClusterEndpoint
    token: str = field(repr=False)
    ends: float
    answers: dict[str, t.Any]


class Sessions:
    """Opens the sessions of one identity with clusters, and closes them.

    ``ca_file`` verifies clusters that have no CA of their own; empty for the public CAs. ``passcode`` is for one OpenShift
    cluster, instead of an ``api_key``. A CA from services that are not verified is trusted for this run only.
    """

    def __init__(
        self,
        cloud: Cloud,
        *,
        allowed: AllowedHosts,
        ca_store: CaStore,
        ca_file: str = "",
        api_key: str = "",
        passcode: str = "",
        is_verified: bool = True,
        access_token: str = "",
    ) -> None:
        self._cloud = cloud
        self._allowed = allowed
        self._ca_store = ca_store
        self._ca_file = ca_file
        self._api_key = api_key
        self._passcode = passcode
        self._is_verified = is_verified
        self._access_token = access_token
        self._lock = threading.Lock()

    @classmethod
    def from_options(cls, cloud: Cloud, options: t.Mapping[str, t.Any]) -> Sessions:
        """Build it from the resolved options of ``cluster_login``."""
        return cls(
            cloud,
            allowed=options["allowed_hosts"],
            ca_store=CaStore.for_cloud(cloud, options["ca_folder"]),
            ca_file=options["ca_cert"] or "",
            api_key=options["ibmcloud_api_key"] or "",
            passcode=options["openshift_passcode"] or "",
            is_verified=options["validate_certs"],
            access_token=options["access_token"] or "",
        )

    def open_all(self, clusters: t.Mapping[str, Record]) -> tuple[dict[str, t.Any], list[dict[str, t.Any]]]:
        """Open a session with each cluster. Return the sessions by name, and the entries of those that failed."""
        return _sorted(clusters, self._cloud.pool().map_errors(clusters.values(), self.open))

    def close_all(self, sessions: t.Mapping[str, t.Mapping[str, t.Any]]) -> tuple[bool, list[dict[str, t.Any]]]:
        """Revoke the tokens of the sessions. Return whether there were any, and the entries of those that failed."""
        revoked, failures = _sorted(sessions, self._cloud.pool().map_errors(sessions.values(), self.close))
        return any(revoked.values()), failures

    def open(self, cluster: Record) -> dict[str, t.Any]:
        """Log in to the cluster and return the documented session. ``cluster`` is a record of ``cluster_info``."""
        openshift = cluster.get("type") == "openshift"
        pem = cluster.get("ca_cert_data")
        given = ca = str(pem) if pem else None
        from_service = cluster.get("ca_cert_from") in ("service", "kept")
        try:
            opened = self._opened(cluster, ca, openshift=openshift)
        except NetworkError as exc:
            # A CA that is held may have been replaced since.
            new = self._new_ca(cluster) if exc.kind == "tls" and ca else None
            if new is None or new == ca:
                raise
            ca, from_service = new, True
            opened = self._opened(cluster, ca, openshift=openshift)
        finally:
            for used in filter(None, (given, ca)):
                self._cloud.http.release(used)
        path, made = self._ca_file, False
        try:
            if ca:
                source = "unverified" if not self._is_verified else "service" if from_service else "given"
                path, made = self._ca_store.store(ca, str(cluster.get("id")), source)
            session = ConnectionSettings(opened.address.master_url, opened.token, ca_file=path)
        except IBMCloudError:
            if openshift:
                self._forget(opened.address, opened.token)
            raise
        return {
            **{name: cluster.get(name) for name in ("id", "name", "type", "provider", "region")},
            "master_url": opened.address.master_url,
            "ca_cert_data": ca or "",
            "ca_cert_file": path,
            "ca_cert_made": made,
            "id_token": "" if openshift else opened.token,
            "openshift_token": opened.token if openshift else "",
            "expires_at": iso(opened.ends) if opened.ends else "",
            **opened.answers,
            "k8s_auth": session.auth(),
            "k8s_env": session.environment(),
        }

    def close(self, session: t.Mapping[str, t.Any]) -> bool:
        """Revoke the token of an OpenShift cluster's session, and say whether there was one."""
        if not session.get("openshift_token"):
            return False
        address = ClusterEndpoint.of(session.get("master_url"), session.get("ca_cert_data") or None, self._allowed)
        return self._cloud.openshift(address).revoke(str(session["openshift_token"]))

    def _new_ca(self, cluster: Record) -> str | None:
        """Ask the service for the CA; None when it has none for us, so that the first failure is the one that is told."""
        try:
            return self._cloud.containers.ca(str(cluster.get("id")), cluster)
        except IBMCloudError:
            return None

    def _opened(self, cluster: Record, ca: str | None, *, openshift: bool) -> OpenSession:
        address = ClusterEndpoint.of(cluster.get("master_url"), ca, self._allowed, cluster.get("endpoints"))
        if not openshift:
            own = self._cloud.containers.id_token
            token = self._cloud.id_tokens.id_token() or own(str(cluster.get("id")), cluster)
            claims = read_claims(token)
            if claims:
                self._cloud.id_tokens.check(claims)
            api = self._cloud.kubernetes(address, token)
            return OpenSession(address, token, claims.expires if claims else 0, _answers(api, openshift=False))
        made = self._openshift_token(address)
        try:
            api = self._cloud.kubernetes(address, made.token, identity=self._access_token)
            answers = _answers(api, openshift=True)
        except IBMCloudError:
            self._forget(address, made.token)
            raise
        return OpenSession(address, made.token, time.time() + made.expires_in if made.expires_in else 0, answers)

    def _openshift_token(self, address: ClusterEndpoint) -> OAuthToken:
        if self._cloud.login.is_profile:
            raise no_openshift_for_a_profile(has_other=bool(self._api_key or self._passcode))
        cluster = self._cloud.openshift(address)
        if self._api_key:
            # A key of the environment must not carry a run that one identity began on as another.
            self._cloud.login.check_key()
            return cluster.log_in("apikey", self._api_key)
        with self._lock:
            # Two clusters must not get the same one.
            passcode, self._passcode = self._passcode, ""
        if passcode:
            return cluster.log_in("passcode", passcode)
        raise InputError(
            "An OpenShift login needs an API key, or a one-time passcode for each cluster",
            hint="Give ibmcloud_api_key (or IC_API_KEY), or openshift_passcode.",
        )

    def _forget(self, address: ClusterEndpoint, token: str) -> None:
        """Revoke a token that nobody will hear of. That this fails too is no news."""
        with contextlib.suppress(IBMCloudError):
            self._cloud.openshift(address).revoke(token)


def _sorted(
    names: t.Iterable[str], results: t.Iterable[Found | IBMCloudError]
) -> tuple[dict[str, Found], list[dict[str, t.Any]]]:
    done: dict[str, Found] = {}
    failures = []
    for name, result in zip(names, results):
        if isinstance(result, IBMCloudError):
            failures.append(failure_entry(name, result))
        else:
            done[name] = result
    return done, failures


def _answers(api: Kubernetes, *, openshift: bool) -> dict[str, t.Any]:
    version = api.version()
    user = api.openshift_user() if openshift else api.who_am_i()
    return {
        "version": version["gitVersion"],
        "user": user.name if user else "",
        "authorized": api.can(AccessReview()),
    }
