# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that belong to another identity or cluster, and a search for data of such responses in results."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import typing as t

import yaml

from simulator.openshift_tokens import object_name
from simulator.tokens import TokenError

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator
    from simulator.cluster_state import ClusterState
    from simulator.world import Identity

_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
Record = dict[str, t.Any]


def texts(value: t.Any) -> t.Iterator[str]:
    """Yield all strings in a value, including keys."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from (name, *texts(item))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def owner_of(sim: Simulator, text: str) -> Identity | None:
    """Return the identity to which the simulator has issued this token, or None."""
    cloud = sim.cloud
    if text in cloud.opaque_tokens:
        return cloud.opaque_tokens[text].session.identity
    iam_id = ""
    for state in cloud.clusters:
        token = state.tokens._tokens.get(object_name(text))
        iam_id = token.iam_id if token else iam_id
    if not iam_id and _JWT.fullmatch(text):
        try:
            iam_id = cloud.signer.read(text).get("iam_id", "")
        except TokenError:
            return None
    return cloud.identities.get(iam_id)


def swap_identity(sim: Simulator, body: str) -> str:
    """Return the body of a response as another user would receive it, with valid tokens."""
    cloud = sim.cloud
    ada, *others = sim.world.identities
    other = next((each for each in others if each.kind == "user" and each.accounts[0] in ada.accounts), others[0])
    words = {ada.iam_id: other.iam_id, ada.name: other.name, ada.subject: other.subject}
    words |= {ada.subject.lower(): other.subject.lower(), ada.realmed_subject: other.realmed_subject}

    def signed(found: re.Match[str]) -> str:
        try:
            claims = cloud.signer.read(found[0])
        except TokenError:
            return found[0]
        kind = cloud._live.get(claims["jti"], "access")
        claims = json.loads(_replace(words, json.dumps(claims)))
        return cloud.issue(kind, claims["iss"], claims, claims["exp"] - claims["iat"])

    return _JWT.sub(signed, _replace({**words, **_opaque_tokens(sim, body, other)}, body))


def _opaque_tokens(sim: Simulator, body: str, other: Identity) -> dict[str, str]:
    """Return a token of the other user for each unsigned token in the body."""
    cloud = sim.cloud
    found = {}
    for token, entry in list(cloud.opaque_tokens.items()):
        if token in body:
            session = dataclasses.replace(entry.session, identity=other)
            seconds = entry.expires - cloud.now()
            found[token] = cloud.issue_opaque_token(session, seconds, entry.receivers, prefix=token[:8])
    for state in cloud.clusters:
        for token in list(state.tokens.issued):
            live = state.tokens.live(token, cloud.now()) if token in body else None
            if live:
                found[token] = state.tokens.issue(other.iam_id, live.scopes, live.expires)
    return found


def _replace(words: t.Mapping[str, str], text: str) -> str:
    """Replace all words in a single pass, the longest words first."""
    pattern = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
    return pattern.sub(lambda found: words[found[0]], text)


def swap_clusters(one: ClusterState, other: ClusterState, body: str, *, every: bool) -> str:
    """Return the body of a response with the IDs of two clusters swapped.

    With ``every``, names and URLs are also swapped.
    """
    words = {one.cluster.id: other.cluster.id}
    if every:
        words |= {one.cluster.name: other.cluster.name, str(one.master_url): str(other.master_url)}
    return _replace({**words, **{value: key for key, value in words.items()}}, body)


@dataclasses.dataclass(frozen=True)
class Opened:
    """Connection settings that a module returned, with the requested name of the cluster."""

    cluster: str
    id: str
    host: str
    token: str
    ca: str
    user: str = ""


def opened(result: Record, kubeconfig: Path) -> t.Iterator[Opened]:
    """Yield the sessions in a result and in the kubeconfig that the module wrote."""
    for record in result.get("clusters", ()):
        auth = record.get("k8s_auth")
        if auth:
            yield Opened(
                *(record["cluster"], record["id"], auth["host"], auth["api_key"], record["ca_cert_data"]),
                record["user"],
            )
    if not kubeconfig.exists():
        return
    document = yaml.safe_load(kubeconfig.read_text())
    clusters, users = ({entry["name"]: entry for entry in document[kind]} for kind in ("clusters", "users"))
    for context in document["contexts"]:
        cluster = clusters[context["context"]["cluster"]]["cluster"]
        user = users[context["context"]["user"]]["user"]
        token = user.get("token") or user.get("auth-provider", {}).get("config", {}).get("id-token", "")
        name, _slash, identifier = context["name"].partition("/")
        ca = base64.b64decode(cluster.get("certificate-authority-data", "")).decode()
        yield Opened(name, identifier, cluster["server"], token, ca)


def mixed(sim: Simulator, result: Record, kubeconfig: Path) -> t.Iterator[str]:
    """Yield a description of each part of the result that belongs to another cluster or identity."""
    sessions = list(opened(result, kubeconfig))
    found = (*texts(result), *(session.token for session in sessions))
    owners = {owner.iam_id: owner for text in found if (owner := owner_of(sim, text))}
    if len(owners) > 1:
        yield f"tokens of several identities: {', '.join(owners)}"
    for session in sessions:
        owner = owner_of(sim, session.token)
        # The check skips user names in other forms, because the module accepts such names.
        if owner and session.user.startswith("IAM#") and session.user != f"IAM#{owner.realmed_subject}":
            yield f"a session of {session.user!r:.100} with the token of {owner.iam_id}"
        states = [state for state in sim.cloud.clusters if state.cluster.name == session.cluster]
        if not states:
            continue  # The entry is not named after a cluster.
        state = states[0]
        if session.id and session.id != state.cluster.id:
            yield f"the cluster {session.id} for {session.cluster}"
        if session.host not in state.urls.values():
            yield f"the host {session.host} for {session.cluster}"
        if session.ca and session.ca.strip() not in (
            state.ca_pem.decode().strip(),
            state.serving_ca_pem.decode().strip(),
        ):
            yield f"another CA for {session.cluster}"
        issuers = [each for each in sim.cloud.clusters if session.token in each.tokens.issued]
        if issuers and issuers != [state]:
            yield f"a token of {issuers[0].cluster.name} for {session.cluster}"
