# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The API server of one cluster: does it answer, and whom does it take us for?"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ._errors import APIError, Call, ResponseError
from ._http import Auth, Http, Request

if t.TYPE_CHECKING:
    from ._json import JSON

_SELF_SUBJECT_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@dataclass(frozen=True)
class User:
    """Who the server says that the token belongs to."""

    name: str
    groups: tuple[str, ...]


class Kubernetes:
    """Calls of one cluster's API server, over TLS that is verified with ``ca`` (PEM) alone where one is given."""

    def __init__(self, http: Http, master_url: str, auth: Auth, *, ca: str | None) -> None:
        self._http = http
        self._base = master_url
        self._auth = auth
        self._ca = ca

    def version(self) -> dict[str, JSON]:
        """Return the server's build: ``gitVersion``, ``major``, ``minor`` and more, all text.

        Anonymous callers get this too: it proves reach, TLS and that the token is not refused, not that it was read.
        """
        answer = self._call("get the Kubernetes version", "GET", "/version")
        if not isinstance(answer.get("gitVersion"), str):
            url = f"{self._base}/version"
            raise ResponseError.unusable(Call.at(url, step="get the Kubernetes version"), "it has no gitVersion")
        return answer

    def who_am_i(self) -> User | None:
        """Return the user that the server takes the token's holder for; None where it cannot say (before 1.28)."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            answer = self._call("ask the cluster who we are", "POST", _SELF_SUBJECT_REVIEWS, body=body)
        except APIError as exc:
            if exc.status == 404:
                return None
            raise
        status = answer.get("status")
        info = status.get("userInfo") if isinstance(status, dict) else None
        name = info.get("username") if isinstance(info, dict) else None
        if not isinstance(info, dict) or not isinstance(name, str) or not name:
            call = Call.at(self._base + _SELF_SUBJECT_REVIEWS, step="ask the cluster who we are", method="POST")
            raise ResponseError.unusable(call, "it names no user")
        groups = info.get("groups")
        listed = groups if isinstance(groups, list) else []
        return User(name, tuple(group for group in listed if isinstance(group, str)))

    def _call(self, step: str, method: str, path: str, *, body: dict[str, str] | None = None) -> dict[str, JSON]:
        url = self._base + path
        return t.cast(
            "dict[str, JSON]", self._http.send(Request(step, method, url, auth=self._auth, json=body, ca=self._ca))
        )
