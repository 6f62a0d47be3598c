# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of access to clusters with IBM's host names, for each provider and type.

A CONNECT proxy forwards each name to a loopback server whose certificate contains the name. The tests do not resolve names.
"""

from __future__ import annotations

import dataclasses
import ssl
import typing as t

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._cloud import ClusterEndpoint
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.cluster_facts import (
    cluster_facts,
    master_url,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.allowed_hosts import CLUSTER_DOMAINS
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.kubernetes import AccessReview, Kubernetes
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.openshift_oauth import OAuthServer
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Peer, Seen, answer, respond, tunnel

if t.TYPE_CHECKING:
    import pathlib

IBM = "containers.cloud.ibm.com"
VPE = f"c9k2m7q10h4v3x8s6t5g.vpe.private.eu-de.{IBM}"
LOCATION = "r7c9749f6f30930d41eb1-6b64a6ccc9c596bf59a86625d8fa2202-ce00.eu-gb.satellite.appdomain.cloud"
LINK = "c-03.private.eu-gb.link.satellite.cloud.ibm.com"
USER = "IAM#ada@example.com"


@dataclasses.dataclass(frozen=True)
class Row:
    """The record of a cluster, the endpoint option, and the expected hosts of the API server and the OAuth server.

    ``named`` is the host in the cluster's OAuth document, if this host differs from the OAuth server's host.
    """

    record: dict[str, t.Any]
    api: str
    oauth: str = ""
    named: str = ""
    endpoint: str = "auto"


def _public(host: str, port: int = 30422, **more: t.Any) -> dict[str, t.Any]:
    return {"masterURL": f"https://{host}:{port}", **more}


def _private(host: str, **more: t.Any) -> dict[str, t.Any]:
    return {"serviceEndpoints": {"privateServiceEndpointURL": f"https://{host}:30422"}, **more}


ROWS = {
    "classic-kubernetes": Row(_public(f"c9.sjc03.{IBM}"), f"c9.sjc03.{IBM}:30422"),
    "classic-kubernetes-private": Row(
        {"privateServiceEndpointURL": f"https://c9.private.sjc03.{IBM}:30422"},
        f"c9.private.sjc03.{IBM}:30422",
        endpoint="private",
    ),
    "classic-openshift": Row(
        _public(f"c111-e.us-south.{IBM}"), f"c111-e.us-south.{IBM}:30422", f"c111-e.us-south.{IBM}:31264"
    ),
    "classic-openshift-private": Row(
        {"privateServiceEndpointURL": f"https://c111.private.us-south.{IBM}:30422"},
        f"c111-e.private.us-south.{IBM}:30422",
        f"c111-e.private.us-south.{IBM}:31264",
        f"c111-e.us-south.{IBM}:31264",
        "private",
    ),
    "vpc-gen2-kubernetes": Row(_public(f"c105.eu-de.{IBM}"), f"c105.eu-de.{IBM}:30422"),
    "vpc-gen2-kubernetes-private": Row(
        _private(f"c105.private.eu-de.{IBM}"), f"c105.private.eu-de.{IBM}:30422", endpoint="private"
    ),
    "vpc-gen2-kubernetes-vpe": Row(
        {"virtualPrivateEndpointURL": f"https://{VPE}:30422"}, f"{VPE}:30422", endpoint="vpe"
    ),
    "vpc-gen2-openshift": Row(_public(f"c111-e.eu-de.{IBM}"), f"c111-e.eu-de.{IBM}:30422", f"c111-e.eu-de.{IBM}:31264"),
    "vpc-gen2-openshift-private": Row(
        _private(f"c111.private.eu-de.{IBM}"),
        f"c111-e.private.eu-de.{IBM}:30422",
        f"c111-e.private.eu-de.{IBM}:31264",
        endpoint="private",
    ),
    "vpc-gen2-openshift-vpe": Row(
        {"virtualPrivateEndpointURL": f"https://{VPE}:30422"},
        f"{VPE}:30422",
        f"{VPE}:31264",
        f"c111-e.eu-de.{IBM}:31264",
        "vpe",
    ),
    "vpc-gen2-openshift-vpe-with-private-oauth": Row(
        _private(f"c111.private.eu-de.{IBM}", virtualPrivateEndpointURL=f"https://{VPE}:30422"),
        f"{VPE}:30422",
        f"c111-e.private.eu-de.{IBM}:31264",
        endpoint="vpe",
    ),
    "satellite-kubernetes": Row(_public(LOCATION, 32190), f"{LOCATION}:32190"),
    "satellite-openshift": Row(_public(LOCATION, 32190), f"{LOCATION}:32190", f"{LOCATION}:32191"),
    "satellite-openshift-link": Row(_public(LINK, 32835), f"{LINK}:32835", f"{LINK}:32836"),
    # The OAuth server's host is also the host of a cluster endpoint, so the client does not replace it with the Link host.
    "satellite-openshift-link-and-location": Row(
        _public(LINK, 32835, serviceEndpoints={"privateServiceEndpointURL": f"https://{LOCATION}:32190"}),
        f"{LINK}:32835",
        f"{LOCATION}:32191",
    ),
}


def _api(named: str) -> t.Callable[[Seen], bytes]:
    """Return a script that acts as an API server and as an OAuth server."""

    def reply(request: Seen) -> bytes:
        path = request.target.partition("?")[0]
        origin = f"https://{named}"
        if path == "/.well-known/oauth-authorization-server":
            return answer({"issuer": origin, "authorization_endpoint": f"{origin}/oauth/authorize"})
        if path == "/oauth/authorize" and request.headers.get("authorization", "").startswith("Basic "):
            return answer(
                status=302, head={"Location": "/oauth/token/implicit#access_token=sha256~made-up&expires_in=60"}
            )
        if path == "/version":
            return answer({"gitVersion": "v1.33.4+IKS"})
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return answer(status=401)
        if path.endswith("/selfsubjectreviews"):
            return answer({"status": {"userInfo": {"username": USER}}}, status=201)
        if path.endswith("/users/~"):
            return answer({"metadata": {"name": USER}})
        return answer({"status": {"allowed": True}}, status=201)

    return reply


@pytest.mark.parametrize("name", ROWS)
def test_clusters_can_be_accessed_with_real_host_names(name: str, tmp_path: pathlib.Path) -> None:
    """All connections use verified TLS, and no other host is called."""
    row, openshift = ROWS[name], "openshift" in name
    hosts = {address.partition(":")[0] for address in (row.api, row.oauth) if address}
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    public = tmp_path / "public.pem"
    (authority if openshift else trustme.CA()).cert_pem.write_to_path(str(public))
    facts = cluster_facts({"type": "openshift" if openshift else "kubernetes", **row.record})
    with Loopback(respond(_api(row.named or row.oauth)), tls=context) as server:

        def connect(peer: Peer) -> None:
            if peer.request.target in (row.api, row.oauth):
                peer.request = dataclasses.replace(peer.request, target=f"127.0.0.1:{server.port}")
                tunnel(peer)
            else:
                peer.send(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        with Loopback(connect) as proxy:
            http = HttpClient(cluster_verify=str(public), timeout=5.0, proxy=proxy.url)
            ca = None if openshift else authority.cert_pem.bytes().decode()
            cluster = ClusterEndpoint.of(master_url(facts, row.endpoint), ca, CLUSTER_DOMAINS, facts["endpoints"])
            token = "id-token"
            if openshift:
                oauth = OAuthServer(
                    http, cluster.master_url, ca=ca, allowed=cluster.allowed, endpoints=cluster.endpoints
                )
                token = oauth.log_in("apikey", "not-a-real-key").token
            api = Kubernetes(http, cluster.master_url, BearerAuth(lambda: token), ca=ca)
            user = api.openshift_user() if openshift else api.who_am_i()
            assert user is not None
            assert (api.version()["gitVersion"], user.name, api.can(AccessReview())) == ("v1.33.4+IKS", USER, True)
            http.close()
            called = {request.target for request in proxy.seen}

    assert called == {address for address in (row.api, row.oauth) if address}
