# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""From a service's answer to the documented result. Pure."""

from __future__ import annotations

import difflib
import re
import typing as t

from .._core.errors import InputError, LookupFailed
from .._core.strict_json import JSON

Record = dict[str, JSON]

# More names than this do not help somebody who mistyped one.
_MOST_NAMES = 10
# A list does not say which clusters it leaves out.
_UNSEEN = "If the name is right, it is in another account, or you lack the Viewer platform role on it."
# What the page of cluster_info lists of a cluster.
_BRIEF = (
    *("cluster", "id", "name", "type", "provider", "region", "resourceGroupName", "state", "masterKubeVersion"),
    *("masterURL", "master_url", "endpoints", "ca_cert_data", "ca_cert_from"),
)


def cluster_facts(record: Record, addresses: t.Sequence[str] = ("masterURL", "serverURL")) -> Record:
    """Return the service's record with ``master_url`` and ``endpoints`` added. ``addresses`` are the fields to take it from.

    ``endpoints`` has public, private and vpe, each the URL or null. The service puts them below ``serviceEndpoints``
    for VPC clusters and at the top level for classic ones; a flag that says "disabled" takes the URL away.
    """
    endpoints: dict[str, JSON] = {
        "public": _endpoint(record, "public"),
        "private": _endpoint(record, "private"),
        "vpe": _text(record.get("virtualPrivateEndpointURL")),
    }
    # That of an endpoint which is switched off is none.
    known = {**record, "publicServiceEndpointURL": endpoints["public"]}
    master = next((url for name in addresses if (url := _text(known.get(name)))), None)
    return {**record, "endpoints": endpoints, "master_url": master or endpoints["public"] or endpoints["private"]}


def documented_keys(facts: Record) -> Record:
    """Return the documented keys of a cluster's facts."""
    return {key: facts[key] for key in _BRIEF if key in facts}


def matching_clusters(records: t.Sequence[Record], cluster: str) -> list[Record]:
    """Return the records whose ID is ``cluster``, else those whose name it is. A name may be there more than once."""
    by_id = [record for record in records if record.get("id") == cluster]
    return by_id[:1] or [record for record in records if record.get("name") == cluster]


def find_cluster(records: t.Sequence[Record], cluster: str) -> Record:
    """Return the one record with that ID or name.

    :raises LookupFailed: when there is none (similar names are offered), or more than one (their IDs are named).
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
        hint = "Set cluster to the ID of the one that you mean, or set resource_group."
        raise LookupFailed(reason, kind="ambiguous", hint=hint)
    names = sorted({str(record.get("name")) for record in records if record.get("name")})
    similar = difflib.get_close_matches(cluster, names, n=3) or names[:_MOST_NAMES]
    hint = (
        f"Did you mean: {', '.join(similar)}? {_UNSEEN}" if similar else "This account has no cluster that you may see."
    )
    raise LookupFailed(f"No cluster {cluster} was found", kind="not_found", hint=hint)


def master_url(facts: Record, endpoint: str) -> str:
    """Return the URL of the cluster's API at the chosen endpoint: auto, public, private or vpe.

    :raises InputError: when the cluster does not have that endpoint, never another one in its place.
    :raises LookupFailed: when the cluster has none yet.
    """
    endpoints = t.cast("dict[str, str | None]", facts["endpoints"])
    name = facts.get("name") or facts.get("id")
    url = _text(facts.get("master_url")) if endpoint == "auto" else endpoints[endpoint]
    if url:
        return _with_signed_certificate(url) if facts.get("type") == "openshift" else url
    has = ", ".join(kind for kind, address in endpoints.items() if address)
    has = has or ("auto" if _text(facts.get("master_url")) else "")
    if endpoint != "auto" and has:
        raise InputError(f"Cluster {name} has no {endpoint} endpoint", hint=f"It has: {has}.")
    state = facts.get("state") or "unknown"
    raise LookupFailed(
        f"Cluster {name} has no masterURL; its state is {state}",
        kind="not_ready",
        hint="Wait until the cluster is deployed, then run this again.",
    )


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
