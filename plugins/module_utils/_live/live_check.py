# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Make each of this collection's calls once, and compare the responses with the claims in claims.py and the shapes in documented_shapes.py.

The live check uses the same clients as the other modules. Only a failed login to IBM Cloud stops the run.
"""

from __future__ import annotations

import functools
import math
import platform
import typing as t

from .._clusters.cluster_facts import FactsReader
from .._clusters.cluster_lookup import resolve_clusters
from .._clusters.login import Sessions
from .._clusters.module_results import failure_entries
from .._clusters.rbac_sync import Synchronizer, SyncOptions
from .._core.errors import APIError, IBMCloudError, InputError, LookupFailed
from .._core.options import AllowedHostsOptions
from .._core.progress import Progress
from .._core.tokens import Claims
from .._http.transport import USER_AGENT, library_versions
from .claim_checks import LOG_IN, STARTING, Evidence, outcomes
from .claims import CLAIMS
from .response_recorder import Recorder
from .shape_comparison import calls, compare

if t.TYPE_CHECKING:
    from .._cloud import Cloud
    from .._services.cluster_records import Record

Result = dict[str, t.Any]
Found = t.TypeVar("Found")

# The maximum numbers of requests for the account and for each cluster, not counting retries
_ACCOUNT_REQUESTS, _CLUSTER_REQUESTS = 16, 10
_SECONDS_PER_REQUEST = 0.7
# An invalid token and the ID of a cluster that does not exist.
_INVALID_TOKEN, _UNKNOWN_CLUSTER = "invalid", "00000000000000000000"
_TEXTS = {claim.id: claim.text for claim in CLAIMS}
_TITLES = {"confirmed": "Confirmed", "contradicted": "CONTRADICTED", "not_tried": "Not tried"}


def versions() -> dict[str, str]:
    """Return the versions of this collection and of the software that the collection uses."""
    return {"collection": USER_AGENT.rpartition("/")[2], "python": platform.python_version(), **library_versions()}


def plan(clusters: int, *, apply: bool, wait_timeout: int) -> Result:
    """Return the maximum number of requests, not counting retries, and the maximum expected duration of a run in seconds."""
    requests = _ACCOUNT_REQUESTS + clusters * _CLUSTER_REQUESTS
    seconds = requests * _SECONDS_PER_REQUEST
    if apply and clusters:
        # The pause between two requests for the RBAC status is half a second at first, and later a tenth of the elapsed time.
        checks = 12 + 11 * math.log(max(wait_timeout, 5) / 5)
        requests, seconds = requests + round(clusters * checks), seconds + clusters * wait_timeout
    return {"requests": requests, "seconds": round(seconds)}


class LiveCheckOptions(AllowedHostsOptions):
    clusters: list[str]
    apply_rbac: bool
    endpoint: str
    compare: dict[str, t.Any] | None


class LiveCheck:
    """A live check of one identity and the selected clusters."""

    def __init__(self, cloud: Cloud, options: LiveCheckOptions, report_progress: t.Callable[[str], None]) -> None:
        self._cloud = cloud
        self._options = options
        self._progress = Progress(report_progress, cloud.clock)
        self._errors: dict[tuple[str, str], IBMCloudError] = {}
        self._clusters: dict[str, Record] = {}
        self._claims = Claims()
        self._applied = False
        self._recorder = Recorder()
        for http in (cloud.http, *cloud.others):
            http.observe = self._recorder

    def run(self) -> Result:
        """Make the calls. Return the outcomes, the report and the errors.

        :raises IBMCloudError: if the login failed and no claim was contradicted.
        """
        if self._check_account():
            for label, record in self._clusters.items():
                self._recorder.cluster = label
                self._check_cluster(label, record)
        evidence = Evidence(
            *(self._recorder.exchanges, self._clusters, self._errors, self._options.endpoint),
            *(self._claims.account_id, self._claims.iam_id),
        )
        claims = outcomes(evidence)
        login_error = self._errors.get(("log in", ""))
        if login_error and not any(claim["outcome"] == "contradicted" for claim in claims):
            raise login_error
        report = self._report(evidence, claims)
        labels = {(f"{label}: " if label else "") + step: error for (step, label), error in self._errors.items()}
        return {
            "changed": self._applied,
            **summary(report),
            "report": report,
            "failures": failure_entries(labels),
            "requests": self._recorder.requests,
        }

    def _step(
        self, name: str, call: t.Callable[[], Found], cluster: str = "", expected: t.Collection[int] = ()
    ) -> Found | None:
        """Return the result of a call, or None if the call fails. An error with an ``expected`` status is not recorded."""
        try:
            return call()
        except IBMCloudError as exc:
            if not (isinstance(exc, APIError) and exc.status in expected):
                self._errors[name, cluster] = exc
        return None

    def _check_account(self) -> bool:
        """Make the calls that do not depend on a cluster. Return whether the login succeeded."""
        cloud, login, containers = self._cloud, self._cloud.login, self._cloud.containers
        cloud.id_tokens.expect()
        token = self._step("log in", login.account_token)
        if token is None:
            return False
        self._claims = token.claims
        self._step("get a Kubernetes ID token", cloud.id_tokens.session)
        # IAM may replace a refresh token when the token is used, so this step does not use a refresh token from the user.
        if token.refresh and not login.credentials.refresh_token:
            renewed = self._step("refresh the token", lambda: login.iam.refresh(token.refresh, token.claims.account_id))
            cloud.register_secret(*(renewed.secrets if renewed else ()))
        self._step("use an invalid token", lambda: login.iam.refresh(_INVALID_TOKEN), expected=(400, 401))
        self._step("read the OpenID configuration", login.iam.service_date)
        self._step("list the accounts", login.accounts.list_all)
        lists = [
            self._step(f"list the {provider} clusters", functools.partial(containers.clusters, provider))
            for provider in containers.generation.providers
        ]
        records = [record for listed in lists for record in listed or ()]
        self._step("list the regions", containers.regions)
        self._step("get an unknown cluster", lambda: containers.cluster(_UNKNOWN_CLUSTER), expected=(400, 403, 404))
        resolution = resolve_clusters(self._options.clusters, lambda _names: records)
        self._clusters = resolution.found
        self._errors.update({("find the cluster", label): error for label, error in resolution.missing.items()})
        return True

    def _check_cluster(self, label: str, record: Record) -> None:
        """Make the calls for one cluster."""
        cloud, containers, identifier = self._cloud, self._cloud.containers, str(record["id"])
        is_starting = record.get("state") in STARTING
        is_synchronized = self._check_rbac(label, record, expected=(404, 503) if is_starting else ())
        if is_starting:
            self._step("get the cluster", lambda: containers.cluster(identifier, record), label, (404, 503))
            return
        reader = FactsReader(containers, endpoint=self._options.endpoint, everything=True)
        facts = self._step("get the cluster", lambda: reader.read(record), label)
        if facts is None:
            return
        is_openshift = facts.get("type") == "openshift"
        ca = None
        if not is_openshift:
            ca = self._step("get the CA", lambda: containers.ca(identifier, facts), label)
            self._step("get the kubeconfig", lambda: containers.id_token(identifier, facts), label)
        elif not is_synchronized:
            self._add_missing_login(label)
            return
        sessions = Sessions(cloud, self._options)
        opened = self._step(LOG_IN, lambda: sessions.log_in(facts, ca), label)
        if opened and is_openshift:
            self._step("revoke the token", lambda: cloud.openshift(opened.endpoint).revoke(opened.token), label)

    def _add_missing_login(self, label: str) -> None:
        """Record that the login was skipped, unless an RBAC error is already recorded."""
        if not {("get the RBAC status", label), ("synchronize RBAC", label)} & set(self._errors):
            self._errors[LOG_IN, label] = LookupFailed(
                f"The login to cluster {label} was skipped, because its RBAC is not synchronized",
                kind="not_ready",
                hint="Set apply_rbac=true, or synchronize RBAC with ansible-playbook ibmcloud.kubernetes.rbac_sync.",
            )

    def _check_rbac(self, label: str, record: Record, expected: t.Collection[int]) -> bool:
        """Return whether RBAC is synchronized. Request the synchronization if ``apply_rbac`` is true."""
        containers = self._cloud.containers
        if not self._options.apply_rbac or expected:
            status = self._step(
                "get the RBAC status", lambda: containers.rbac_status(str(record["id"])), label, expected
            )
            return status is not None and status.synchronized
        options = SyncOptions(force=True, wait_timeout=self._options.wait_timeout)
        (sync,) = Synchronizer(containers, options, self._cloud.clock, self._progress).run({label: record}, 1)
        self._applied = self._applied or sync.applied
        if sync.failure:
            self._errors["synchronize RBAC", label] = sync.failure
        return sync.status.synchronized

    def _report(self, evidence: Evidence, claims: list[dict[str, str]]) -> Result:
        """Return a report that can be published."""
        errors = [(step, self._kind(label), error) for (step, label), error in self._errors.items()]
        return {
            "versions": versions(),
            "identity": evidence.identity if self._claims.iam_id else "",
            "clusters": sorted(self._kind(label) for label in self._clusters),
            "endpoint": evidence.endpoint,
            "apply_rbac": self._options.apply_rbac,
            "claims": claims,
            "errors": [
                {"step": step, "cluster": cluster, "kind": error.kind, "status": getattr(error, "status", None) or 0}
                for step, cluster, error in errors
            ],
            "calls": calls(self._recorder.exchanges, self._options.clusters),
        }

    def _kind(self, label: str) -> str:
        """Return a cluster's type and provider. A value that IBM does not document is replaced with "other"."""
        record = self._clusters.get(label, {})
        known = (("kubernetes", "openshift"), ("classic", "vpc-gen2", "vpc-classic", "satellite"))
        words = [
            value if value in names else "other"
            for value, names in zip((record.get("type"), record.get("provider")), known)
        ]
        return " ".join(str(word) for word in words) if record else ""


def summary(report: t.Mapping[str, t.Any]) -> Result:
    """Return the claims, differences and new fields of a report, as data and as lines of text.

    :raises InputError: if ``report`` is not a report from this version of the collection.
    """
    try:
        claims = [{"text": _TEXTS[claim["id"]], **claim} for claim in report["claims"]]
        titles = [(_TITLES[claim["outcome"]], claim["reason"] and f" ({claim['reason']})") for claim in claims]
        differences, new = compare(report["calls"])
    except (KeyError, TypeError, ValueError, AttributeError):
        hint = "Set compare to the content of a file that ibmcloud.kubernetes.verify_live wrote."
        raise InputError("compare is not a report from this version of the collection", hint=hint) from None
    lines = [
        *(f"{title:13} {claim['id']}: {claim['text']}{reason}" for claim, (title, reason) in zip(claims, titles)),
        *(f"Difference    {line}" for line in differences),
        *(f"New field     {line}" for line in new),
    ]
    return {"claims": claims, "differences": differences, "new_fields": new, "summary": lines}
