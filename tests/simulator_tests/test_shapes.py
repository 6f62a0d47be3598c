# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the simulator's responses with the response shapes that the live check expects from the service."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._live.documented_shapes import (
    ENDPOINTS,
    find_endpoint,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._live.response_recorder import Exchange
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._live.shape_comparison import calls, compare
from simulator_tests.calls import (
    ADA,
    ADA_DEV_KEY,
    ADA_PASSWORD,
    ADA_PROD_KEY,
    APIKEY,
    DELEGATED,
    DEV,
    GRACE_PASSCODE,
    PASSCODE,
    Api,
    Response,
)
from simulator_tests.cluster_calls import review
from simulator_tests.oauth_calls import authorize, login, synchronized
from simulator_tests.profile_calls import ASSUME, AUTOMATION, CR_TOKEN, iam_token, identity_token, instance

from simulator.fault_settings import RateLimit

SHOP, OPENSHIFT = "shop-dev", "data-dev"
KUBE = {"response_type": "delegated_refresh_token", "receiver_client_ids": "kube"}
USER = "/apis/user.openshift.io/v1/users/~"
TOKENS = "/apis/oauth.openshift.io/v1/useroauthaccesstokens"


def key(api: Api, client: str | None = "bx", apikey: str = ADA_DEV_KEY, **more: str) -> Response:
    return api.iam({"grant_type": APIKEY, "apikey": apikey, **more}, client)


def refresh(api: Api, token: str = "", **more: str) -> Response:
    return api.iam({"grant_type": "refresh_token", "refresh_token": token or api.tokens()["refresh_token"], **more})


def exchange(api: Api) -> Response:
    return api.iam({"grant_type": DELEGATED, "refresh_token": api.delegated_token()}, "kube")


def assume(api: Api) -> Response:
    token = api.access_token(ADA_PROD_KEY)
    return api.iam({"grant_type": ASSUME, "access_token": token, "profile_id": AUTOMATION}, None)


def pod(api: Api) -> Response:
    form = {"cr_token": api.sim.cr_token("d1shop0prod000000000", "ansible/runner"), "profile_id": AUTOMATION}
    return api.iam({"grant_type": CR_TOKEN, **form}, None)


def containers(path: str, **options: t.Any) -> t.Callable[[Api], Response]:
    return lambda api: api.containers(api.access_token(), path, **options)


def of_shop(path: str) -> t.Callable[[Api], Response]:
    return containers(path, params={"cluster": SHOP})


def permission(api: Api) -> Response:
    spec = {"resourceAttributes": {"verb": "list", "resource": "namespaces"}}
    body = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": spec}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    return api.cluster(SHOP, path, api.synchronized(SHOP), method="POST", json=body)


def openshift(path: str, method: str = "GET") -> t.Callable[[Api], Response]:
    def call(api: Api) -> Response:
        synchronized(api, OPENSHIFT)
        return api.cluster(OPENSHIFT, path, login(api, OPENSHIFT), method=method)

    return call


def authorized(api: Api) -> Response:
    synchronized(api, OPENSHIFT)
    return authorize(api, OPENSHIFT)


def revoke(api: Api) -> Response:
    synchronized(api, OPENSHIFT)
    token = login(api, OPENSHIFT)
    digest = base64.urlsafe_b64encode(hashlib.sha256(token.removeprefix("sha256~").encode()).digest()).decode()
    return api.cluster(OPENSHIFT, f"{TOKENS}/sha256~{digest.rstrip('=')}", token, method="DELETE")


def limited(api: Api) -> Response:
    api.sim.cloud.settings = dataclasses.replace(api.sim.cloud.settings, rate_limit=RateLimit(requests=1))
    containers("vpc/getClusters")(api)
    return containers("vpc/getClusters")(api)


SUCCESSES: dict[str, list[t.Callable[[Api], Response]]] = {
    "log in with an API key": [key, lambda api: key(api, None)],
    "log in with an API key and delegate": [
        lambda api: key(api, **{**KUBE, "response_type": "cloud_iam delegated_refresh_token"})
    ],
    "log in with a password": [
        lambda api: api.iam({"grant_type": "password", "username": ADA, "password": ADA_PASSWORD})
    ],
    "log in with a passcode": [lambda api: api.iam({"grant_type": PASSCODE, "passcode": GRACE_PASSCODE})],
    "refresh a token": [refresh, lambda api: refresh(api, account=DEV, bss_account=DEV)],
    "delegate with a refresh token": [lambda api: refresh(api, **KUBE)],
    "get a Kubernetes ID token": [exchange],
    "assume a trusted profile": [assume],
    "log in as a pod": [pod],
    "read the OpenID configuration": [
        lambda api: api.send("GET", f"{api.sim.iam_url}/identity/.well-known/openid-configuration")
    ],
    "get an instance token": [lambda api: identity_token(api, **{"Metadata-Flavor": "ibm"})],
    "log in as an instance": [lambda api: iam_token(api, instance(api), {})],
    "list the accounts": [lambda api: api.accounts(api.access_token())],
    "list the clusters": [containers(f"{kind}/getClusters") for kind in ("classic", "vpc", "satellite")],
    "get a cluster": [containers("getCluster", params={"cluster": name}) for name in (SHOP, OPENSHIFT, "legacy-dev")],
    "get the CA": [of_shop("getCACert")],
    "get the kubeconfig": [of_shop("getKubeconfig"), containers("getKubeconfig", params={"cluster": OPENSHIFT})],
    "list the regions": [
        lambda api: api.send(
            "GET",
            f"{api.sim.containers_url}/v1/regions",
            headers={"Authorization": f"Bearer {api.access_token()}"},
        )
    ],
    "request the RBAC synchronization": [containers("applyRBAC", json={"cluster": SHOP})],
    "get the RBAC status": [of_shop("getRBACStatus")],
    "get the version of a cluster": [lambda api: api.cluster(SHOP, "/version")],
    "get the user": [lambda api: review(api, SHOP, api.synchronized(SHOP))],
    "check a permission": [permission],
    "get the OpenShift user": [openshift(USER)],
    "find the OAuth server": [lambda api: api.cluster(OPENSHIFT, "/.well-known/oauth-authorization-server")],
    "log in to OpenShift": [authorized],
    "revoke an OpenShift token": [revoke],
}
ERRORS: dict[str, tuple[int, t.Callable[[Api], Response]]] = {
    "unknown API key": (400, lambda api: key(api, apikey="wrong")),
    "invalid refresh token": (400, lambda api: refresh(api, "wrong")),
    "no client": (401, lambda api: api.iam({"grant_type": "password"}, None)),
    "accounts without a token": (401, lambda api: api.accounts(None)),
    "containers without a token": (401, lambda api: api.containers(None, "vpc/getClusters")),
    "containers with a wrong token": (401, lambda api: api.containers("wrong", "vpc/getClusters")),
    "unknown cluster": (404, containers("getCluster", params={"cluster": "nowhere"})),
    "rate limit": (429, limited),
    "metadata without a flavor": (400, identity_token),
    "cluster with a wrong token": (401, lambda api: api.cluster(SHOP, "/version", "wrong")),
    "OpenShift without a key": (401, lambda api: authorize(api, OPENSHIFT, None)),
    "OpenShift before the synchronization": (400, lambda api: authorize(api, OPENSHIFT)),
}


def recorded(response: Response) -> Exchange:
    """Return the response as the live check records it."""
    request = response.request
    form = dict(urllib.parse.parse_qsl(str(request.body))) if "form" in request.headers.get("Content-Type", "") else {}
    endpoint = find_endpoint(str(request.method), str(request.url), form)
    assert endpoint, request.url
    return Exchange.of(endpoint, response.status_code, response.headers, response.content)


def test_each_call_is_compared() -> None:
    assert list(SUCCESSES) == [endpoint.name for endpoint in ENDPOINTS]


@pytest.mark.parametrize("name", SUCCESSES)
def test_successful_responses_match_their_shapes(fleet: Api, name: str) -> None:
    for call in SUCCESSES[name]:
        exchange = recorded(call(fleet))
        assert (exchange.endpoint.name, compare(calls([exchange]))) == (name, ([], []))


@pytest.mark.parametrize("name", ERRORS)
def test_error_responses_match_their_shapes(fleet: Api, name: str) -> None:
    status, call = ERRORS[name]
    exchange = recorded(call(fleet))
    assert (exchange.status, compare(calls([exchange]))) == (status, ([], []))
