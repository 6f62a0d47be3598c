# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""A client that reads a cluster's version, the authenticated user and the user's permissions from the API server."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._core.errors import APIError, Call, LookupFailed, ResponseError
from .._core.tokens import read_payload
from .._http.request import Auth, Request

if t.TYPE_CHECKING:
    from .._core.strict_json import JSON
    from .._http.client import HttpClient

_SELF_SUBJECT_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_SELF_SUBJECT_ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_OPENSHIFT_USER = "/apis/user.openshift.io/v1/users/~"
_ANONYMOUS = "system:anonymous"
# Clusters add this prefix to the value of an ID token's user claim.
USER_PREFIX = "IAM#"
# Matches the IAM IDs of users, service IDs and trusted profiles in the form that _comparable() returns.
_ID_NAME = re.compile(r"(?:ibmid|serviceid|profile)-")
# HTTP 401 means that the cluster did not authenticate the user. HTTP 403 means that the authenticated user lacks permissions.
_REMEDIES = {
    401: "The cluster rejected the token: the token has expired, or was issued for another account or cluster. If anonymous access "
    "is disabled, a proxy that removed the Authorization header can also be the cause. Check HTTPS_PROXY and NO_PROXY.",
    403: "The user lacks permissions in the cluster. Run ibmcloud.kubernetes.cluster_rbac_sync, or check the user's roles.",
}


@dataclass(frozen=True)
class User:
    """The user that a cluster's API server authenticated. Only OpenShift clusters return ``identities``."""

    name: str
    groups: tuple[str, ...]
    identities: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccessReview:
    """A permission to check. If ``namespace`` is empty, the permission is checked for all namespaces."""

    verb: str = "list"
    resource: str = "namespaces"
    group: str = ""
    namespace: str = ""


class Kubernetes:
    """A client of one cluster's API server. If ``ca`` (PEM) is given, the server's certificate is verified only with this CA.

    ``identity`` is an IAM token or an empty string. If ``identity`` is a token, the authenticated user must be the token's owner.
    """

    def __init__(self, http: HttpClient, master_url: str, auth: Auth, *, ca: str | None, identity: str = "") -> None:
        self._http = http
        self._base = master_url
        self._auth = auth
        self._ca = ca
        self._identity = identity

    def version(self) -> dict[str, JSON]:
        """Return the fields of the server's version, such as ``gitVersion``, ``major`` and ``minor``.

        Anonymous users can read the version, so a successful call does not prove authentication.
        """
        step = "get the Kubernetes version"
        answer = self._request(step, "GET", "/version")
        if not isinstance(answer.get("gitVersion"), str):
            raise ResponseError.unusable(Call.at(f"{self._base}/version", step=step), "gitVersion is missing")
        return answer

    def who_am_i(self) -> User | None:
        """Return the user that a Kubernetes server authenticated, or None if the server lacks SelfSubjectReview (before Kubernetes 1.28).

        :raises LookupFailed: if the user is anonymous or not the token's owner.
        """
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            answer = self._request("get the user from the cluster", "POST", _SELF_SUBJECT_REVIEWS, body=body)
        except APIError as exc:
            error = self._or_anonymous(exc)
            # A server without this API returns HTTP 404, or HTTP 403 if the user has few permissions. The caller then checks permissions with can().
            if error is exc and exc.status in (403, 404):
                return None
            raise error from None
        status = answer.get("status")
        info = status.get("userInfo") if isinstance(status, dict) else None
        return self._user(_SELF_SUBJECT_REVIEWS, info, lambda info: info.get("username"))

    def openshift_user(self) -> User:
        """Return the user that an OpenShift server authenticated.

        :raises LookupFailed: if the user is anonymous or not the token's owner.
        """
        try:
            answer = self._request("get the user from the cluster", "GET", _OPENSHIFT_USER)
        except APIError as exc:
            raise self._or_anonymous(exc) from None
        return self._user(_OPENSHIFT_USER, answer, _metadata_name)

    def can(self, access: AccessReview) -> bool:
        """Return whether the user has this permission.

        :raises LookupFailed: if the user is anonymous.
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
            answer = self._request(
                "check the permission in the cluster", "POST", _SELF_SUBJECT_ACCESS_REVIEWS, body=body
            )
        except APIError as exc:
            raise self._or_anonymous(exc) from None
        status, spec = answer.get("status"), answer.get("spec")
        reviewed = spec.get("resourceAttributes") if isinstance(spec, dict) else None
        if isinstance(reviewed, dict) and any(
            reviewed.get(name) not in (None, attributes[name]) for name in attributes
        ):
            call = Call.at(self._base + _SELF_SUBJECT_ACCESS_REVIEWS, step="check the permission in the cluster")
            raise ResponseError.unusable(call, "the access review is for another permission")
        return isinstance(status, dict) and status.get("allowed") is True

    def _user(self, path: str, info: JSON, name_in: t.Callable[[dict[str, JSON]], JSON]) -> User:
        name = name_in(info) if isinstance(info, dict) else None
        if not isinstance(info, dict) or not isinstance(name, str) or not name:
            call = Call.at(self._base + path, step="get the user from the cluster")
            raise ResponseError.unusable(call, "the user name is missing")
        if name == _ANONYMOUS:
            raise _anonymous_error()
        if name == USER_PREFIX:
            raise LookupFailed(
                f"The cluster identified the user as {USER_PREFIX} without a name: the token's user claim is null",
                kind="auth",
                hint="Log in with another identity, or get a new ID token.",
            )
        user = User(name, _texts(info.get("groups")), _texts(info.get("identities")))
        if belongs_to_another(user, self._identity):
            raise LookupFailed(
                f"The cluster identified the user as {name}, but the token belongs to another identity",
                kind="auth",
                hint="Check that all credentials belong to one user, and that master_url is the URL of the cluster's API server.",
            )
        return user

    def _or_anonymous(self, exc: APIError) -> APIError | LookupFailed:
        return _anonymous_error() if exc.status == 403 and _ANONYMOUS in exc.error_details.message else exc

    def _request(
        self, step: str, method: str, path: str, *, body: t.Mapping[str, t.Any] | None = None
    ) -> dict[str, JSON]:
        request = Request(
            step, method, self._base + path, auth=self._auth, json=body, cluster=True, ca=self._ca, remedies=_REMEDIES
        )
        return t.cast("dict[str, JSON]", self._http.send(request))


def belongs_to_another(user: User, token: str) -> bool:
    """Return whether a cluster user is definitely not the owner of an IAM token.

    The user name is ``IAM#`` followed by the lowercase value of the token's claim ``realmed_sub_ACCOUNT``, ``sub_ACCOUNT`` or ``sub``.
    The claim is an e-mail address or an IAM ID. For a service ID or a profile, the claim is the IAM ID [inferred: service-user-name].
    Return False if the user name has a different format or the token does not identify its owner.
    """
    claims = read_payload(token) or {}
    own = {value for name, claim in claims.items() if _is_identity(name) and (value := _comparable(claim))}
    prefix, _separator, name = user.name.partition("#")
    name = _comparable(name)
    # An OpenShift user's name and identity do not change when the user's e-mail address changes [inferred: openshift-identity].
    known = {name, *(_comparable(identity.partition(":")[2]) for identity in user.identities)}
    if f"{prefix}#" != USER_PREFIX or not own or own & known:
        return False
    # In the user name, a realm may precede the claim's value.
    if any(name.endswith(value) for value in own):
        return False
    if _ID_NAME.match(name):
        return True
    return "@" in name and any("@" in value for value in own)


def _is_identity(claim: str) -> bool:
    return claim in ("sub", "email", "iam_id", "id", "identifier") or claim.startswith(
        ("sub_", "realmed_sub_", "iam_id_")
    )


def _comparable(value: JSON) -> str:
    return value.lower().removeprefix("iam-") if isinstance(value, str) else ""


def _texts(values: JSON) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _metadata_name(document: dict[str, JSON]) -> JSON:
    metadata = document.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def _anonymous_error() -> LookupFailed:
    return LookupFailed(
        "The cluster treated the request as anonymous because the token did not arrive",
        kind="auth",
        hint="A proxy may have removed the Authorization header. Check HTTPS_PROXY and NO_PROXY.",
    )
