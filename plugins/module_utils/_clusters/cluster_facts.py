# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Convert cluster records of the service to the documented facts, and find clusters by name or ID. No I/O."""

from __future__ import annotations

import difflib
import re
import typing as t

from .._core.errors import InputError, LookupFailed
from .._core.strict_json import JSON

Record = dict[str, JSON]

# Names in one message.
_MOST_NAMES = 10
# The number of clusters whose details are read in one run. The service allows 200 requests in 10 s, so more would take over
# four minutes. Each record needs about 30 kB of memory.
MOST_DETAILS = 5000
# https://cloud.ibm.com/docs/containers?topic=containers-cluster-states-reference describes the states. An unsupported cluster has an
# old version, and its health is not monitored. That its API can be used is [inferred: usable-states].
USABLE_STATES = ("normal", "warning", "unsupported")
_FINAL_STATES = ("aborted", "deleted", "deleting", "delete_failed", "deploy_failed")
FINAL_STATE_HINT = "A cluster in this state does not become ready. Use another cluster, or create it again."
_UNSEEN = "If the name is right, it is in another account, or you lack the Viewer platform role on it."
# The keys of a cluster that the documentation of cluster_info lists.
_DOCUMENTED = (
    *("cluster", "id", "name", "type", "provider", "region", "resourceGroup", "resourceGroupName", "state"),
    *("masterKubeVersion", "versionEOS", "workerCount", "masterURL", "master_url", "endpoints"),
    *("ca_cert_data", "ca_cert_source"),
)
# The keys of a record that cluster_login adds for its token.
_SESSION = ("id_token", "openshift_token", "expires_at", "k8s_auth", "k8s_env")


def cluster_facts(record: Record, addresses: t.Sequence[str] = ("masterURL", "serverURL")) -> Record:
    """Return the service's record with ``master_url`` and ``endpoints`` added.

    ``addresses`` are the fields that can contain the master URL. ``endpoints`` has ``public``, ``private`` and ``vpe``, each
    a URL or null. The service returns them in ``serviceEndpoints`` for VPC clusters, and at the top level for classic
    clusters. The URL of a disabled endpoint is null.
    """
    endpoints: dict[str, JSON] = {
        "public": _endpoint(record, "public"),
        "private": _endpoint(record, "private"),
        "vpe": _text(record.get("virtualPrivateEndpointURL")),
    }
    known = {**record, "publicServiceEndpointURL": endpoints["public"]}
    master = next((url for name in addresses if (url := _text(known.get(name)))), None)
    return {**record, "endpoints": endpoints, "master_url": master or endpoints["public"] or endpoints["private"]}


def merge_details(record: Record, details: Record) -> Record:
    """Return a cluster's list record with its details.

    The ID and the name of the list record are kept. A null in the details does not replace a value.
    """
    values = {name: value for name, value in details.items() if value is not None or name not in record}
    found = {name: record[name] for name in ("id", "name") if record.get(name) is not None}
    return {**record, **values, **found}


def display_name(record: Record) -> str:
    """Return the cluster's name, or its ID if it does not have a name."""
    return _text(record.get("name")) or str(record.get("id"))


def check_detail_count(count: int) -> None:
    """Check that the details of this many clusters can be read in one run.

    :raises InputError: for more than MOST_DETAILS.
    """
    if count > MOST_DETAILS:
        raise InputError(
            f"{count} clusters match, but details or CA certificates are read for at most {MOST_DETAILS} in one run",
            hint="Set resource_group, regions, type, states or version to select fewer.",
        )


def documented_keys(facts: Record) -> Record:
    """Return the documented keys of a cluster's facts."""
    return {key: facts[key] for key in _DOCUMENTED if key in facts}


def without_session(record: Record) -> Record:
    """Return a record without the token of a login, and without all keys that belong to the token."""
    return {key: value for key, value in record.items() if key not in _SESSION}


def matching_clusters(records: t.Sequence[Record], cluster: str) -> list[Record]:
    """Return the record with this ID or, without one, all records with this name. Several clusters can have the same name."""
    by_id = [record for record in records if record.get("id") == cluster]
    return by_id[:1] or [record for record in records if record.get("name") == cluster]


def find_cluster(records: t.Sequence[Record], cluster: str) -> Record:
    """Return the record with this ID or name.

    :raises LookupFailed: if it was not found (the message suggests similar names), or is ambiguous (it lists the IDs).
    """
    found = matching_clusters(records, cluster)
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(
            f"{record.get('id')} (resource group {record.get('resourceGroupName') or '?'}, {record.get('provider')})"
            for record in found
        )
        reason = f"{len(found)} clusters are named {cluster}: {shown}"
        hint = "Set cluster to the ID of one of them, or find it with the resource_group of ibmcloud.kubernetes.cluster_info."
        raise LookupFailed(reason, kind="ambiguous", hint=hint)
    names = sorted({display_name(record) for record in records})
    similar = difflib.get_close_matches(cluster, names, n=3) or names[:_MOST_NAMES]
    hint = (
        f"Did you mean: {', '.join(similar)}? {_UNSEEN}"
        if similar
        else "This account has no clusters that are visible to you."
    )
    raise LookupFailed(f"No cluster {cluster} was found", kind="not_found", hint=hint)


def master_url(facts: Record, endpoint: str) -> str:
    """Return the URL of the cluster's API at this endpoint: auto, public, private or vpe.

    :raises InputError: if the cluster does not have this endpoint.
    :raises LookupFailed: if the cluster does not have any endpoint yet.
    """
    endpoints = t.cast("dict[str, str | None]", facts["endpoints"])
    name = display_name(facts)
    url = _text(facts.get("master_url")) if endpoint == "auto" else endpoints[endpoint]
    if url:
        return _with_signed_certificate(url) if facts.get("type") == "openshift" else url
    has = ", ".join(kind for kind, address in endpoints.items() if address)
    has = has or ("auto" if _text(facts.get("master_url")) else "")
    if endpoint != "auto" and has:
        raise InputError(f"Cluster {name} has no {endpoint} endpoint", hint=f"It has: {has}.")
    final = final_state(facts)
    state = final or facts.get("state") or "unknown"
    raise LookupFailed(
        f"Cluster {name} has no masterURL; its state is {state}",
        kind="not_ready",
        hint=FINAL_STATE_HINT
        if final
        else "Wait until the cluster is deployed, then try again. With wait=true ibmcloud.kubernetes.cluster_info waits.",
    )


def is_usable(facts: Record) -> bool:
    """Return whether the API of the cluster can be used: it has a URL, and the cluster or its master is healthy."""
    if not _text(facts.get("master_url")):
        return False
    if facts.get("state") in USABLE_STATES:
        return True
    return (_of_master(facts, "masterState"), _of_master(facts, "masterHealth")) == ("deployed", "normal")


def final_state(record: Record) -> str:
    """Return the state of a cluster that never becomes ready, such as ``aborted``. It is empty for other clusters."""
    states = (_text(record.get("state")), _of_master(record, "masterState"))
    return next((state for state in states if state and state in _FINAL_STATES), "")


def _of_master(record: Record, name: str) -> str | None:
    """Return a field about the master. Records of v2 have it in ``lifecycle``, those of v1 at the top level."""
    nested = record.get("lifecycle")
    return _text(nested.get(name)) if isinstance(nested, dict) else _text(record.get(name))


def _with_signed_certificate(url: str) -> str:
    """Return the private URL of an OpenShift cluster with the host name that has a publicly signed certificate.

    The service returns ``c111.private...``. IBM's own clients call ``c111-e.private...``.
    """
    return re.sub(
        r"^(https://c[0-9]+)(\.private\.[a-z0-9.-]+\.containers\.cloud\.ibm\.com)", r"\1-e\2", url, flags=re.IGNORECASE
    )


def _endpoint(record: Record, kind: str) -> str | None:
    nested = record.get("serviceEndpoints")
    places = (nested if isinstance(nested, dict) else {}, record)
    if any(place.get(f"{kind}ServiceEndpointEnabled") is False for place in places):
        return None
    return next((url for place in places if (url := _text(place.get(f"{kind}ServiceEndpointURL")))), None)


def _text(value: JSON) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
