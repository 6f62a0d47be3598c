# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Obtain a token for each cluster, test the token, and return connection settings for other tools."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t
from dataclasses import dataclass, field

from .._cloud import Cloud, ClusterEndpoint
from .._core.errors import APIError, IBMCloudError, NetworkError
from .._core.tokens import iso, read_claims
from .._services.kubernetes import AccessReview, Kubernetes
from .ca_store import CaStore
from .k8s_settings import ConnectionSettings
from .login_checks import LoginChecks

if t.TYPE_CHECKING:
    from .._core.options import AllowedHostsOptions
    from .._core.strict_json import JSON
    from .._services.cluster_records import Record
    from .._services.kubernetes import User
    from .._services.openshift_oauth import OAuthToken

    # A function that returns the session values from the cluster. The arguments are the client for the cluster, the cluster's version and the user.
    Report = t.Callable[[Kubernetes, dict[str, JSON], t.Optional[User]], dict[str, t.Any]]

Found = t.TypeVar("Found")

# The pause in seconds before a retry after HTTP 401 or 403 from a cluster. A cluster's caches may not yet contain a new token or
# user [inferred: cluster-token-delay].
_CACHE_DELAY = 2.0


@dataclass(frozen=True)
class OpenSession:
    """A token that the cluster accepted, and the session values that the cluster reported. ``expires`` is a Unix timestamp, or 0 if unknown."""

    endpoint: ClusterEndpoint
    token: str = field(repr=False)
    expires: float
    report: dict[str, t.Any]


def _report(api: Kubernetes, version: dict[str, JSON], user: User | None) -> dict[str, t.Any]:
    """Return the part of the ``cluster_login`` result that the cluster reports."""
    return {
        "version": version["gitVersion"],
        "user": user.name if user else "",
        "authorized": api.can(AccessReview()),
    }


class Sessions:
    """Logs in to and out of clusters with one identity.

    If a cluster's record does not contain a CA, the cluster's certificate is verified with the CAs in the ``ca_cert`` option. The first login
    to an OpenShift cluster uses ``passcode`` instead of the API key. If ``validate_certs`` is false, CAs are read over unverified connections and are
    not cached. ``report`` is a function that returns the session values from the cluster.
    """

    def __init__(
        self,
        cloud: Cloud,
        options: AllowedHostsOptions,
        *,
        ca_folder: str = "",
        passcode: str = "",
        report: Report = _report,
    ) -> None:
        self._cloud = cloud
        self._options = options
        self._ca_store = CaStore.for_cloud(cloud, ca_folder)
        self._passcode = passcode
        self.checks = LoginChecks(cloud.login, bool(options.ibmcloud_api_key), bool(passcode))
        self._report = report
        self._lock = threading.Lock()

    def open(self, cluster: Record) -> Record:
        """Log in to a cluster. Return the cluster's record with the result keys of ``cluster_login`` added."""
        openshift = cluster.get("type") == "openshift"
        pem = cluster.get("ca_cert_data")
        ca = str(pem) if pem else None
        source = self._source(cluster)
        try:
            opened = self.log_in(cluster, ca)
        except NetworkError as exc:
            # The service may have replaced the CA after the CA was cached. A CA from the caller is never replaced.
            new = self._new_ca(cluster) if exc.kind == "tls" and cluster.get("ca_cert_source") == "cache" else None
            if new is None or new == ca:
                raise
            ca = new
            opened = self.log_in(cluster, ca)
        path = self._options.ca_cert
        try:
            if ca:
                path, _created = self._ca_store.store(ca, str(cluster.get("id")), source)
            settings = ConnectionSettings(opened.endpoint.master_url, opened.token, ca_file=path)
        except IBMCloudError:
            if openshift:
                self._revoke(opened.endpoint, opened.token)
            raise
        return {
            **cluster,
            "master_url": opened.endpoint.master_url,
            "ca_cert_data": ca or "",
            "cluster_ca_file": path,
            "id_token": "" if openshift else opened.token,
            "openshift_token": opened.token if openshift else "",
            "expires_at": iso(opened.expires) if opened.expires else "",
            **opened.report,
            "k8s_auth": settings.k8s_auth(),
            "k8s_env": settings.k8s_env(),
        }

    def close(self, session: Record, *, check_mode: bool = False) -> bool:
        """Revoke the token of an OpenShift session. Return whether the token existed. In check mode, do not send a request."""
        if not session.get("openshift_token"):
            return False
        ca = session.get("ca_cert_data")
        endpoint = ClusterEndpoint.of(session.get("master_url"), str(ca) if ca else None, self._options.allowed_hosts)
        with self._cloud.http.use(endpoint.ca):
            return check_mode or self._cloud.openshift(endpoint).revoke(str(session["openshift_token"]))

    def _source(self, cluster: Record) -> str:
        """Return the source of the cluster's CA for the CA store: ``service``, ``unverified`` or ``given``."""
        source = cluster.get("ca_cert_source")
        if source in ("service", "cache"):
            return "service" if self._options.validate_certs else "unverified"
        return "unverified" if source == "unverified" else "given"

    def _new_ca(self, cluster: Record) -> str | None:
        """Return the CA from the service, or None if the request fails. The caller then reports the original error."""
        try:
            return self._cloud.containers.ca(str(cluster.get("id")), cluster)
        except IBMCloudError:
            return None

    def log_in(self, cluster: Record, ca: str | None) -> OpenSession:
        """Log in to a cluster, and verify its certificate with ``ca`` (PEM). No file is written."""
        endpoint = ClusterEndpoint.of(
            cluster.get("master_url"), ca, self._options.allowed_hosts, cluster.get("endpoints")
        )
        log_in = self._log_in_to_openshift if cluster.get("type") == "openshift" else self._log_in_to_kubernetes
        with self._cloud.http.use(ca):
            return log_in(cluster, endpoint)

    def _log_in_to_kubernetes(self, cluster: Record, endpoint: ClusterEndpoint) -> OpenSession:
        own = self._cloud.containers.id_token
        token = self._cloud.id_tokens.id_token() or own(str(cluster.get("id")), cluster)
        claims = read_claims(token)
        if claims:
            self._cloud.id_tokens.check(claims)
        report = self._read_report(self._cloud.kubernetes(endpoint, token), openshift=False)
        return OpenSession(endpoint, token, claims.expires if claims else 0, report)

    def _log_in_to_openshift(self, cluster: Record, endpoint: ClusterEndpoint) -> OpenSession:
        new = self._openshift_token(cluster, endpoint)
        try:
            api = self._cloud.kubernetes(endpoint, new.token, identity=self._cloud.login.current_access)
            report = self._read_report(api, openshift=True)
        except IBMCloudError:
            self._revoke(endpoint, new.token)
            raise
        return OpenSession(endpoint, new.token, time.time() + new.expires_in if new.expires_in else 0, report)

    def _openshift_token(self, cluster: Record, endpoint: ClusterEndpoint) -> OAuthToken:
        self.checks.check(cluster)
        server = self._cloud.openshift(endpoint)
        with self._lock:
            # The passcode takes precedence, because the API key may come from the environment and may not be intended for this login.
            passcode, self._passcode = self._passcode, ""
        if passcode:
            return server.log_in("passcode", passcode)
        # An API key from the environment and a token from the options may belong to different identities.
        self._cloud.login.check_key()
        return self._retry_once(lambda: server.log_in("apikey", self._options.ibmcloud_api_key))

    def _read_report(self, api: Kubernetes, *, openshift: bool) -> dict[str, t.Any]:
        version = self._retry_once(api.version)
        user = self._retry_once(api.openshift_user if openshift else api.who_am_i)
        return self._report(api, version, user)

    def _retry_once(self, call: t.Callable[[], Found]) -> Found:
        """Return the result of a call to a cluster. After HTTP 401 or 403, retry the call once."""
        try:
            return call()
        except APIError as exc:
            if exc.status not in (401, 403):
                raise
        self._cloud.clock.sleep(_CACHE_DELAY)
        return call()

    def _revoke(self, endpoint: ClusterEndpoint, token: str) -> None:
        """Revoke a token that is not returned to the caller. Errors are ignored so that the original error is reported."""
        with contextlib.suppress(IBMCloudError), self._cloud.http.use(endpoint.ca):
            self._cloud.openshift(endpoint).revoke(token)
