# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""From a service's answer to the documented result. Pure."""

from __future__ import annotations

import difflib
import re
import typing as t

from ._errors import InputError, LookupFailed
from ._json import JSON
from ._tokens import Claims, Token, iso, read_claims

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


def token_facts(token: Token) -> dict[str, t.Any]:
    """Return the result of ``iam_token``; what there is none of is absent."""
    id_claims = (read_claims(token.id) if token.id else None) or Claims()
    facts = {
        "access_token": token.access,
        "refresh_token": token.refresh,
        "id_token": token.id,
        "kubernetes_refresh_token": token.kubernetes_refresh,
        "uaa_token": token.uaa,
        "uaa_refresh_token": token.uaa_refresh,
        "token_type": token.token_type,
        "expires_in": token.expires_in,
        "expiration": token.expiration,
        "expires_at": iso(token.expiration),
        "id_token_expires_at": iso(id_claims.expires) if id_claims.expires else "",
        "account_id": token.claims.account_id,
        "iam_id": token.claims.iam_id,
    }
    return {name: value for name, value in facts.items() if value != ""}


def account_facts(record: Record) -> dict[str, JSON]:
    """Return ``id``, ``name``, ``state`` and ``type`` of an account, and the service's own record parts unchanged."""
    facts = entity_facts(record)
    entity = t.cast("Record", facts["entity"])
    return {**facts, "state": entity.get("state"), "type": entity.get("type")}


def entity_facts(record: Record) -> dict[str, JSON]:
    """Return ``id`` and ``name`` of an account, an organization or a space, and the service's own record parts unchanged."""
    metadata, entity = record.get("metadata"), record.get("entity")
    metadata = metadata if isinstance(metadata, dict) else {}
    entity = entity if isinstance(entity, dict) else {}
    return {"id": metadata.get("guid"), "name": entity.get("name"), "metadata": metadata, "entity": entity}


def only_one(records: t.Sequence[Record], word: str, keys: tuple[str, str], what: str) -> Record:
    """Return the record that the word means: the first of ``keys`` decides, then the second.

    :raises LookupFailed: when there is none (the others are named), or more than one.
    """
    first, second = keys
    found = [record for record in records if record.get(first) == word][:1]
    found = found or [record for record in records if record.get(second) == word]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(str(record.get(first)) for record in found)
        raise LookupFailed(
            f"{len(found)} {what}s are called {word}: {shown}", kind="ambiguous", hint="Use one of these."
        )
    names = ", ".join(str(record.get(second)) for record in records[:_MOST_NAMES])
    raise LookupFailed(f"No {what} {word} was found", kind="not_found", hint=f"There are: {names}." if names else "")


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


def brief(facts: Record) -> Record:
    """Return the documented keys of a cluster's facts."""
    return {key: facts[key] for key in _BRIEF if key in facts}


def choose_account(accounts: list[dict[str, JSON]], *, account_id: str = "", name: str = "") -> list[dict[str, JSON]]:
    """Return the accounts with that ID or name; all of them when neither is given."""
    if account_id:
        return [account for account in accounts if account["id"] == account_id]
    if name:
        return [account for account in accounts if account["name"] == name]
    return accounts


def only_account(accounts: list[dict[str, JSON]], *, account_id: str = "", name: str = "", identity: str = "") -> str:
    """Return the ID of the one account that is meant. ``identity`` is whose accounts they are, for the message.

    :raises LookupFailed: when there is none, or more than one.
    """
    found = choose_account(accounts, account_id=account_id, name=name)
    if len(found) == 1:
        return str(found[0]["id"])
    wanted = account_id or name
    this, who = ("The", f"identity {identity}") if identity else ("This", "identity")
    shown = ", ".join(_account_in_words(account) for account in (found or accounts)[:_MOST_NAMES])
    if not found:
        what = f"No account {wanted} is visible to {this.lower()} {who}" if wanted else f"{this} {who} sees no account"
        raise LookupFailed(what, kind="not_found", hint=f"It sees: {shown}." if shown else "")
    what = f"{len(found)} accounts are named {name}" if name else f"{this} {who} sees {len(found)} accounts"
    raise LookupFailed(f"{what}: {shown}", kind="ambiguous", hint="Set account_id to the one that you mean.")


def account_to_use(records: t.Iterable[Record], identity: str, name: str = "") -> str:
    """Return the ID of the account that a run of this identity works in: the one with that name, or the only one.

    :raises LookupFailed: as above, and when the service says of the account that it is in another state than ACTIVE.
    """
    accounts = [account_facts(record) for record in records]
    identifier = only_account(accounts, name=name, identity=identity)
    (account,) = choose_account(accounts, account_id=identifier)
    state = _out_of_use(account)
    if state:
        raise LookupFailed(
            f"Account {account['name']} ({identifier}) is not active: its state is {state}",
            kind="not_ready",
            hint="If it can be used all the same, set account_id to its ID.",
        )
    return identifier


def _account_in_words(account: dict[str, JSON]) -> str:
    state = _out_of_use(account)
    return f"{account['name']} ({account['id']}{f', {state}' if state else ''})"


def _out_of_use(account: dict[str, JSON]) -> str:
    """Return the state of an account that is not active; empty too when the service does not say."""
    state = account.get("state")
    return state if isinstance(state, str) and state.upper() != "ACTIVE" else ""


def matching_clusters(records: t.Sequence[Record], cluster: str) -> list[Record]:
    """Return the records whose ID is ``cluster``, else those whose name it is. A name may be there more than once."""
    by_id = [record for record in records if record.get("id") == cluster]
    return by_id[:1] or [record for record in records if record.get("name") == cluster]


def only_cluster(records: t.Sequence[Record], cluster: str) -> Record:
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
    """Return the private address of an OpenShift cluster under the name for which it has a publicly signed certificate.

    The service reports ``c111.private...``; ``c111-e.private...`` is what IBM's own clients call.
    """
    return re.sub(r"^(https://c[0-9]+)(\.private\.)", r"\1-e\2", url)


def _endpoint(record: Record, kind: str) -> str | None:
    nested = record.get("serviceEndpoints")
    places = (nested if isinstance(nested, dict) else {}, record)
    if any(place.get(f"{kind}ServiceEndpointEnabled") is False for place in places):
        return None
    return next((url for place in places if (url := _text(place.get(f"{kind}ServiceEndpointURL")))), None)


def _text(value: JSON) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
