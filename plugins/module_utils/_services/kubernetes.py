# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The API server of one cluster: does it answer, whom does it take us for, and may that user do anything?"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import APIError, Call, LookupFailed, ResponseError
from .._http.request import Auth, Request

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient

_SELF_SUBJECT_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_SELF_SUBJECT_ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_OPENSHIFT_USER = "/apis/user.openshift.io/v1/users/~"
_ANONYMOUS = "system:anonymous"
# 401 and 403 say opposite things: the token was not taken, or it was and its user may not do this.
_REMEDIES = {
    401: "The cluster refuses the token: it is expired, of another issuer or account, or was not meant for this cluster.",
    403: "The cluster knows the user, who may not do this yet: run ibmcloud.kubernetes.cluster_rbac_sync, or check its roles.",
}


@dataclass(frozen=True)
class User:
    """Who the server says that the token belongs to."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class AccessReview:
    """A question to the server's authorisation: may we ``verb`` the ``resource``? Without namespace: in all of them."""

    verb: str = "list"
    resource: str = "namespaces"
    group: str = ""
    namespace: str = ""


class Kubernetes:
    """Calls of one cluster's API server, over TLS that is verified with ``ca`` (PEM) alone where one is given."""

    def __init__(self, http: HttpClient, master_url: str, auth: Auth, *, ca: str | None) -> None:
        self._http = http
        self._base = master_url
        self._auth = auth
        self._ca = ca

    def version(self) -> dict[str, JSON]:
        """Return the server's build: ``gitVersion``, ``major``, ``minor`` and more, all text.

        Anonymous callers get this too: it proves reach, TLS and that the token is not refused, not that it was read.
        """
        step = "get the Kubernetes version"
        answer = self._request(step, "GET", "/version")
        if not isinstance(answer.get("gitVersion"), str):
            raise ResponseError.unusable(Call.at(f"{self._base}/version", step=step), "it has no gitVersion")
        return answer

    def who_am_i(self) -> User | None:
        """Return the user that a Kubernetes server takes us for; None where it cannot say (before 1.28).

        :raises LookupFailed: when it takes us for nobody, because the token did not reach it.
        """
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            answer = self._request("ask the cluster who we are", "POST", _SELF_SUBJECT_REVIEWS, body=body)
        except APIError as exc:
            if exc.status == 404:
                return None
            raise self._or_anonymous(exc) from None
        status = answer.get("status")
        info = status.get("userInfo") if isinstance(status, dict) else None
        return self._user(_SELF_SUBJECT_REVIEWS, info, lambda info: info.get("username"))

    def openshift_user(self) -> User:
        """Return the user that an OpenShift server takes us for.

        :raises LookupFailed: when it takes us for nobody, because the token did not reach it.
        """
        try:
            answer = self._request("ask the cluster who we are", "GET", _OPENSHIFT_USER)
        except APIError as exc:
            raise self._or_anonymous(exc) from None
        return self._user(_OPENSHIFT_USER, answer, _metadata_name)

    def can(self, access: AccessReview) -> bool:
        """Return whether the server lets us do this.

        :raises LookupFailed: when it takes us for nobody, because the token did not reach it.
        """
        attributes = {"verb": access.verb, "resource": access.resource, "group": access.group}
        if access.namespace:
            attributes["namespace"] = access.namespace
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        try:
            answer = self._request("ask the cluster what we may do", "POST", _SELF_SUBJECT_ACCESS_REVIEWS, body=body)
        except APIError as exc:
            raise self._or_anonymous(exc) from None
        status = answer.get("status")
        return isinstance(status, dict) and status.get("allowed") is True

    def _user(self, path: str, info: JSON, name_in: t.Callable[[dict[str, JSON]], JSON]) -> User:
        name = name_in(info) if isinstance(info, dict) else None
        if not isinstance(info, dict) or not isinstance(name, str) or not name:
            call = Call.at(self._base + path, step="ask the cluster who we are")
            raise ResponseError.unusable(call, "it names no user")
        if name == _ANONYMOUS:
            raise _anonymous_error()
        groups = info.get("groups")
        listed = groups if isinstance(groups, list) else []
        return User(name, tuple(group for group in listed if isinstance(group, str)))

    def _or_anonymous(self, exc: APIError) -> APIError | LookupFailed:
        return _anonymous_error() if exc.status == 403 and _ANONYMOUS in exc.error_details.message else exc

    def _request(
        self, step: str, method: str, path: str, *, body: t.Mapping[str, t.Any] | None = None
    ) -> dict[str, JSON]:
        request = Request(
            step, method, self._base + path, auth=self._auth, json=body, cluster=True, ca=self._ca, remedies=_REMEDIES
        )
        return t.cast("dict[str, JSON]", self._http.send(request))


def _metadata_name(document: dict[str, JSON]) -> JSON:
    metadata = document.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def _anonymous_error() -> LookupFailed:
    return LookupFailed(
        "The cluster takes us for an anonymous caller: the token did not reach it",
        kind="auth",
        hint="A proxy may have taken the Authorization header away; check HTTPS_PROXY and NO_PROXY.",
    )
