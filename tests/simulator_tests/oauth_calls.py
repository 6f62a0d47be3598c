# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for the tests of OpenShift clusters and their OAuth servers."""

from __future__ import annotations

import types
import typing as t
import urllib.parse

from simulator_tests.calls import ADA_DEV_KEY, ADA_IAM_ID, Api, Response, ok

CHALLENGING = {"client_id": "openshift-challenging-client", "response_type": "token"}
CSRF = types.MappingProxyType({"X-CSRF-Token": "1"})


def discover(api: Api, cluster: str, **options: t.Any) -> dict[str, t.Any]:
    return ok(api.cluster(cluster, "/.well-known/oauth-authorization-server", **options))


def authorize(
    api: Api,
    cluster: str,
    auth: tuple[str, str] | None = ("apikey", ADA_DEV_KEY),
    *,
    query: t.Any = None,
    headers: t.Any = CSRF,
    method: str = "GET",
) -> Response:
    """Send a request to the authorization endpoint. ``query`` overrides the query fields, and a value of None removes a field."""
    url = discover(api, cluster)["authorization_endpoint"]
    params = {**CHALLENGING, **(query or {})}
    return api.send(method, url, ca=api.cluster_ca(cluster), params=params, auth=auth, headers=headers)


def synchronized(api: Api, *clusters: str, iam_id: str = ADA_IAM_ID) -> None:
    for cluster in clusters:
        api.sim.cluster(cluster).rbac.synchronized_for.add(iam_id)


def location(response: Response) -> urllib.parse.SplitResult:
    assert response.status_code == 302, response.text
    return urllib.parse.urlsplit(response.headers["Location"])


def query_of(response: Response) -> dict[str, str]:
    """Return the query fields of a redirect, and check that its fragment is empty."""
    found = location(response)
    assert not found.fragment
    return dict(urllib.parse.parse_qsl(found.query, keep_blank_values=True))


def fragment_of(response: Response) -> dict[str, str]:
    """Return the fragment fields of a redirect, and check that its query is empty."""
    found = location(response)
    assert not found.query
    return dict(urllib.parse.parse_qsl(found.fragment, keep_blank_values=True))


def login(api: Api, cluster: str, auth: tuple[str, str] = ("apikey", ADA_DEV_KEY)) -> str:
    """Log in to a cluster whose RBAC is synchronized, and return the access token."""
    return fragment_of(authorize(api, cluster, auth))["access_token"]


def exchange(api: Api, cluster: str, form: dict[str, str], auth: tuple[str, str] | None = None) -> Response:
    url = discover(api, cluster)["token_endpoint"]
    form = {"grant_type": "authorization_code", **form}
    auth = auth or (CHALLENGING["client_id"], "")
    return api.send("POST", url, ca=api.cluster_ca(cluster), data=form, auth=auth)
