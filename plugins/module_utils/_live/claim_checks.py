# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Compare each claim with the recorded responses, without I/O.

A check returns whether its claim is confirmed, and the reason. If the claim could not be tested, the check returns None. Reasons are
published, so they contain only statuses, error codes and field names.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._clusters.cluster_states import USABLE_STATES
from .._services import kubeconfig_response
from .._services.kubeconfig_response import dig
from .claims import CLAIMS

if t.TYPE_CHECKING:
    from .._core.errors import IBMCloudError
    from .._core.strict_json import JSON
    from .response_recorder import Exchange

Verdict = t.Optional[tuple[bool, str]]

STARTING = ("requested", "deploying", "pending")
_CODE = re.compile(r"[A-Z]+\d{4,}E?")
LOG_IN = "log in to the cluster"


@dataclass(frozen=True)
class Evidence:
    """The recorded data from a run.

    ``clusters`` maps each label to a record from a cluster list. ``errors`` maps each pair of a step and a label to an error.
    """

    exchanges: t.Sequence[Exchange]
    clusters: t.Mapping[str, t.Mapping[str, JSON]]
    errors: t.Mapping[tuple[str, str], IBMCloudError]
    endpoint: str = "auto"
    account_id: str = ""
    iam_id: str = ""

    @property
    def identity(self) -> str:
        """The type of the identity: user, service_id or profile."""
        prefixes = {"iam-serviceid-": "service_id", "iam-profile-": "profile"}
        return next((kind for prefix, kind in prefixes.items() if self.iam_id.lower().startswith(prefix)), "user")

    def all(self, *calls: str, cluster: str | None = None) -> list[Exchange]:
        """Return the recorded exchanges of these calls. If ``cluster`` is given, return only that cluster's exchanges."""
        return [one for one in self.exchanges if one.endpoint.name in calls and cluster in (None, one.cluster)]

    def of(self, *calls: str, cluster: str | None = None) -> list[Exchange]:
        """Return the exchanges that ``all`` returns, except exchanges with HTTP 429 or 5xx. Such responses do not test most claims."""
        return [one for one in self.all(*calls, cluster=cluster) if one.status < 500 and one.status != 429]

    def labels(self, kind: str) -> list[str]:
        """Return the labels of all clusters of this type."""
        return [label for label, record in self.clusters.items() if record.get("type") == kind]


def _items(document: JSON) -> list[JSON]:
    return document if isinstance(document, list) else []


def _seen(exchange: Exchange) -> str:
    code = dig(exchange.document, "errorCode") or dig(exchange.document, "code")
    return f"HTTP {exchange.status}" + (f" {code}" if isinstance(code, str) and _CODE.fullmatch(code) else "")


def _first(verdicts: t.Iterable[Verdict]) -> Verdict:
    """Return the first contradiction. Without a contradiction, return the first confirmation, or None."""
    found = [verdict for verdict in verdicts if verdict]
    return next((verdict for verdict in found if not verdict[0]), found[0] if found else None)


def _differs(is_same: bool, what: str) -> Verdict:
    return is_same, "" if is_same else what


def _success(exchanges: t.Iterable[Exchange]) -> Verdict:
    return _first((one.status < 400, _seen(one)) for one in exchanges)


def _one_step_delegation(seen: Evidence) -> Verdict:
    calls = seen.of("log in with an API key and delegate")
    # If IAM rejects the API key itself, the response does not show whether IAM accepts this kind of request.
    if not any(one.status == 200 for one in (*calls, *seen.of("log in with an API key"))):
        return None
    return _first((bool(dig(one.document, "delegated_refresh_token")), _seen(one)) for one in calls)


def _account_fields(seen: Evidence) -> Verdict:
    return _success(one for one in seen.of("refresh a token") if {"account", "bss_account"} <= set(one.form))


def _invalid_token_code(seen: Evidence) -> Verdict:
    calls = [one for one in seen.of("refresh a token") if "account" not in one.form]
    return _first((_seen(one) == "HTTP 400 BXNIM0407E", _seen(one)) for one in calls)


def _account_state(seen: Evidence) -> Verdict:
    records = [record for one in seen.of("list the accounts") for record in _items(dig(one.document, "resources"))]
    own = [record for record in records if seen.account_id and dig(record, "metadata", "guid") == seen.account_id]
    states = [dig(record, "entity", "state") for record in own]
    return _first(_differs(state is None or str(state).upper() == "ACTIVE", "another state") for state in states)


def _list_fields(seen: Evidence) -> Verdict:
    items = [item for one in seen.of("list the clusters") for item in _items(one.document)]
    used = [item for item in items if dig(item, "state") in ("normal", "warning")]
    names = ("masterURL", "type")
    missing = [[name for name in names if not isinstance(dig(item, name), str)] for item in used]
    return _first(_differs(not absent, f"without {', '.join(absent)}") for absent in missing)


def _usable_states(seen: Evidence) -> Verdict:
    used = [label for label, record in seen.clusters.items() if record.get("state") in USABLE_STATES]
    calls = [one for label in used for one in seen.all("get the version of a cluster", cluster=label)]
    return _first((one.status < 500, _seen(one)) for one in calls)


def _new_cluster(seen: Evidence) -> Verdict:
    unknown = [label for label in seen.clusters for one in seen.of("get a cluster", cluster=label) if one.status == 404]
    return _first((seen.clusters[label].get("state") in STARTING, "HTTP 404") for label in unknown)


def _vpc_classic_empty(seen: Evidence) -> Verdict:
    lists = [one for one in seen.of("list the clusters") if one.query.get("provider") == "vpc-classic"]
    return _first((one.status == 200 and not one.document, _seen(one)) for one in lists)


def _kubeconfig_ca(seen: Evidence) -> Verdict:
    def same(label: str) -> Verdict:
        given = [dig(one.document, "caCert") for one in seen.of("get the CA", cluster=label) if one.status == 200]
        configs = [one for one in seen.of("get the kubeconfig", cluster=label) if one.status == 200]
        if not given or not configs:
            return None
        both = [
            kubeconfig_response.decode_pem(str(text))
            for text in (given[0], kubeconfig_response.ca_data(configs[0].document))
        ]
        return _differs(both[0].split() == both[1].split(), "two CA certificates")

    return _first(same(label) for label in seen.labels("kubernetes"))


def _kubeconfig_name(seen: Evidence) -> Verdict:
    calls = [one for one in seen.of("get the kubeconfig") if one.status == 200]
    names = [
        (str(dig(one.document, "clusters", 0, "name")), str(seen.clusters[one.cluster].get("id"))) for one in calls
    ]
    return _first(_differs(name.endswith(f"/{cluster}"), "another name") for name, cluster in names)


def _rbac_both_flags(seen: Evidence) -> Verdict:
    def verdict(label: str) -> Verdict:
        states = [one.document for one in seen.of("get the RBAC status", cluster=label) if one.status == 200]
        if not states or not (dig(states[-1], "synchronized") is True and dig(states[-1], "error") is True):
            return None
        reviews = seen.of("check a permission", cluster=label)
        return _differs(dig(reviews[-1].document, "status", "allowed") is True, "no permission") if reviews else None

    return _first(verdict(label) for label in seen.clusters)


def _rbac_new_cluster(seen: Evidence) -> Verdict:
    new = [label for label, record in seen.clusters.items() if record.get("state") in STARTING]
    failed = [one for label in new for one in seen.all("get the RBAC status", cluster=label) if one.status >= 400]
    return _first((one.status in (404, 503), _seen(one)) for one in failed)


def _cluster_token_delay(seen: Evidence) -> Verdict:
    def verdict(label: str, call: str) -> Verdict:
        statuses = [one.status for one in seen.of(call, cluster=label)]
        return (
            (statuses[1] != 401, f"HTTP 401, then HTTP {statuses[1]}")
            if statuses[:1] == [401] and statuses[1:]
            else None
        )

    calls = ("get the version of a cluster", "get the user", "get the OpenShift user")
    return _first(verdict(label, call) for label in seen.clusters for call in calls)


def _service_user_name(seen: Evidence) -> Verdict:
    if seen.identity == "user":
        return None
    users = [one for one in seen.of("get the user", "get the OpenShift user") if one.status < 300]
    names = [
        dig(one.document, "status", "userInfo", "username") or dig(one.document, "metadata", "name") for one in users
    ]
    return _first(_differs(str(name).lower() == f"iam#{seen.iam_id}".lower(), "another name") for name in names)


def _openshift_certificate(seen: Evidence) -> Verdict:
    def verdict(label: str) -> Verdict:
        error = seen.errors.get((LOG_IN, label))
        if error and error.kind == "tls":
            return False, "the certificate cannot be verified"
        return (True, "") if seen.of("find the OAuth server", cluster=label) else None

    return _first(verdict(label) for label in seen.labels("openshift"))


def _openshift_private_oauth(seen: Evidence) -> Verdict:
    def verdict(label: str) -> Verdict:
        if not seen.of("find the OAuth server", cluster=label) or seen.endpoint not in ("private", "vpe"):
            return None
        if any(one.status == 302 for one in seen.of("log in to OpenShift", cluster=label)):
            return True, ""
        error = seen.errors.get((LOG_IN, label))
        unreachable = error is not None and error.kind in ("connect", "dns", "timeout", "tls")
        return (False, "the OAuth server cannot be reached") if unreachable else None

    return _first(verdict(label) for label in seen.labels("openshift"))


def _rate_limit(seen: Evidence) -> Verdict:
    limited = [one for one in seen.exchanges if one.status == 429 and "incidentID" in one.endpoint.errors]
    return (False, "HTTP 429") if limited else None


def _profile_id_token(seen: Evidence) -> Verdict:
    if seen.identity != "profile":
        return None
    calls = [one for label in seen.labels("kubernetes") for one in seen.of("get the kubeconfig", cluster=label)]
    return _first((bool(kubeconfig_response.id_token(one.document)), _seen(one)) for one in calls if one.status == 200)


def _metadata_version(seen: Evidence) -> Verdict:
    return _success(seen.of("get an instance token")[:1])


CHECKS: dict[str, t.Callable[[Evidence], Verdict]] = {
    "one-step-delegation": _one_step_delegation,
    "account-fields": _account_fields,
    "account-state": _account_state,
    "invalid-token-code": _invalid_token_code,
    "list-fields": _list_fields,
    "usable-states": _usable_states,
    "new-cluster": _new_cluster,
    "vpc-classic-empty": _vpc_classic_empty,
    "ca-role": lambda seen: _success(seen.of("get the CA")),
    "kubeconfig-ca": _kubeconfig_ca,
    "kubeconfig-name": _kubeconfig_name,
    "rbac-request": lambda seen: _success(seen.of("request the RBAC synchronization")),
    "rbac-both-flags": _rbac_both_flags,
    "rbac-new-cluster": _rbac_new_cluster,
    "cluster-token-delay": _cluster_token_delay,
    "service-user-name": _service_user_name,
    "openshift-certificate": _openshift_certificate,
    "openshift-private-oauth": _openshift_private_oauth,
    "rate-limit": _rate_limit,
    "profile-id-token": _profile_id_token,
    "metadata-version": _metadata_version,
}


def outcomes(seen: Evidence) -> list[dict[str, str]]:
    """Return the outcome of each claim (confirmed, contradicted or not_tried) and the reason."""
    found = []
    for claim in CLAIMS:
        verdict = CHECKS[claim.id](seen) if claim.id in CHECKS else None
        if verdict is None:
            found.append({"id": claim.id, "outcome": "not_tried", "reason": f"needs {claim.needs}"})
        else:
            found.append(
                {"id": claim.id, "outcome": "confirmed" if verdict[0] else "contradicted", "reason": verdict[1]}
            )
    return found
