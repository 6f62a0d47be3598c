# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that contradict inferred claims. The setting ``broken_claims`` of a world lists the IDs of the claims that are wrong in this world.

:data:`CHANGES` defines the changed responses for each claim that the live check can test, except ``openshift-certificate``, which ``listeners.py`` handles.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import typing as t
import urllib.parse

from aiohttp import web

if t.TYPE_CHECKING:
    from .cloud import Cloud

CERTIFICATE = "openshift-certificate"
Answer = tuple[int, t.Any]


@dataclasses.dataclass(frozen=True)
class Reply:
    """A response before any changes, and its request. ``form`` contains the form fields of the request."""

    cloud: Cloud
    request: web.Request
    endpoint: str
    form: dict[str, str]
    status: int
    document: t.Any


class Change(t.NamedTuple):
    """A change to the responses for a path. ``change`` returns the new status and document, or None for no change."""

    path: str
    change: t.Callable[[Reply], Answer | None]


def _iam_error(when: t.Callable[[Reply], bool], code: str = "BXNIM0106E") -> Change:
    error = {"errorCode": code, "errorMessage": "This claim is broken."}
    return Change("/identity/token", lambda reply: (400, error) if when(reply) else None)


def _containers_error(path: str, status: int, when: t.Callable[[Reply], bool] = lambda _reply: True) -> Change:
    error = {"incidentID": "broken", "code": f"SIM0{status}", "description": "This claim is broken.", "type": "General"}
    return Change(path, lambda reply: (status, error) if when(reply) else None)


def _edit(path: str, edit: t.Callable[[t.Any], None]) -> Change:
    """Return a change that edits the documents of successful responses."""

    def change(reply: Reply) -> Answer | None:
        if reply.status >= 300:
            return None
        edit(reply.document)
        return reply.status, reply.document

    return Change(path, change)


def _each_state(document: t.Any) -> None:
    for record in document["resources"]:
        record["entity"]["state"] = "SUSPENDED"


def _without_master_url(document: t.Any) -> None:
    for record in document:
        record.pop("masterURL", None)


def _retired_cluster(reply: Reply) -> Answer | None:
    record = {"id": "f0retired0cluster000", "name": "retired", "state": "normal", "type": "kubernetes"}
    record["masterURL"] = "https://127.0.0.1:1"
    return (200, [record]) if reply.request.query.get("provider") == "vpc-classic" else None


def _other_ca(reply: Reply) -> Answer:
    cluster = reply.document["clusters"][0]["cluster"]
    own = base64.b64decode(cluster["certificate-authority-data"])
    other = next(state.ca_pem for state in reply.cloud.clusters if state.ca_pem not in (b"", own))
    cluster["certificate-authority-data"] = base64.b64encode(other).decode()
    return reply.status, reply.document


def _without_id_token(document: t.Any) -> None:
    del document["users"][0]["user"]["auth-provider"]["config"]["id-token"]


def _closed_oauth(reply: Reply) -> Answer | None:
    if reply.endpoint == "public":
        return None
    names = ("issuer", "authorization_endpoint", "token_endpoint")
    return 200, {**reply.document, **dict.fromkeys(names, "https://127.0.0.1:1")}


_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_UNAUTHORIZED = {
    "kind": "Status",
    "apiVersion": "v1",
    "metadata": {},
    "status": "Failure",
    "message": "Unauthorized",
    "reason": "Unauthorized",
    "code": 401,
}

CHANGES: dict[str, list[Change]] = {
    "one-step-delegation": [_iam_error(lambda reply: reply.form.get("response_type", "").startswith("cloud_iam d"))],
    "account-fields": [_iam_error(lambda reply: {"account", "bss_account"} <= set(reply.form))],
    "account-state": [_edit("/coe/v2/accounts", _each_state)],
    "invalid-token-code": [
        _iam_error(lambda reply: "BXNIM0407E" in json.dumps(reply.document), "BXNIM9910E"),
    ],
    "list-fields": [_edit("/getClusters", _without_master_url)],
    "usable-states": [Change("/version", lambda _reply: (503, {**_UNAUTHORIZED, "code": 503}))],
    "new-cluster": [_containers_error("/getCluster", 404, lambda reply: reply.status == 200)],
    "vpc-classic-empty": [Change("/getClusters", _retired_cluster)],
    "ca-role": [_containers_error("/getCACert", 403)],
    "kubeconfig-ca": [Change("/getKubeconfig", _other_ca)],
    "kubeconfig-name": [_edit("/getKubeconfig", lambda config: config["clusters"][0].update(name="mycluster"))],
    "rbac-request": [_containers_error("/applyRBAC", 400)],
    "rbac-both-flags": [
        _edit("/getRBACStatus", lambda status: status.update(synchronized=True, error=True)),
        _edit(_ACCESS_REVIEWS, lambda review: review["status"].update(allowed=False)),
    ],
    "rbac-new-cluster": [_containers_error("/getRBACStatus", 409, lambda reply: reply.status in (404, 503))],
    "cluster-token-delay": [
        Change("/version", lambda reply: (401, _UNAUTHORIZED) if "Authorization" in reply.request.headers else None)
    ],
    "service-user-name": [_edit(_REVIEWS, lambda review: review["status"]["userInfo"].update(username="IAM#deployer"))],
    "openshift-private-oauth": [Change("/.well-known/oauth-authorization-server", _closed_oauth)],
    "rate-limit": [_containers_error("/v1/regions", 429)],
    "profile-id-token": [_edit("/getKubeconfig", _without_id_token)],
    "metadata-version": [
        Change("/instance_identity/v1/token", lambda _reply: (404, {"errors": [{"code": "not_found", "message": "-"}]}))
    ],
}


def changed(cloud: Cloud, request: web.Request, body: bytes, endpoint: str, response: web.StreamResponse) -> t.Any:
    """Change the response so that it contradicts the broken claims, and return the changed response."""
    changes = [one for claim in cloud.settings.broken_claims for one in CHANGES.get(claim, ())]
    for path, change in changes:
        if not (re.search(f"{path}$", request.path) and isinstance(response, web.Response)):
            continue
        form = dict(urllib.parse.parse_qsl(body.decode("ascii", "replace"))) if b"grant_type=" in body else {}
        document = json.loads(response.text or "null") if response.content_type == "application/json" else None
        answer = change(Reply(cloud, request, endpoint, form, response.status, document))
        if answer is not None:
            headers = {"Retry-After": "1"} if answer[0] == 429 else {}
            response = web.json_response(answer[1], status=answer[0], headers=headers)
    return response
