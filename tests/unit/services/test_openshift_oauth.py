# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the client for an OpenShift cluster's OAuth server: discovery, allowed hosts, login and logout."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
import typing as t

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    IBMCloudError,
    InputError,
    LookupFailed,
    NetworkError,
    ResponseError,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.allowed_hosts import CLUSTER_DOMAINS
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.kubernetes import Kubernetes
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.openshift_oauth import (
    OAuthServer,
    OAuthToken,
)
from ansible_collections.ibmcloud.kubernetes.plugins.modules.openshift_token import MODULE
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Script, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

    from simulator import Simulator

ADA, GRACE = "IBMid-2700ABCDEF", "IBMid-550000GRACE"
KEY, PASSCODE = "not-a-real-key/ada+dev=", "not-a-real-passcode-1"
DISCOVERY, AUTHORIZE = "/.well-known/oauth-authorization-server", "/oauth/authorize"
TOKEN = re.compile(r"sha256~[A-Za-z0-9_-]{43}")
GOOD = "#access_token=sha256~made-up&expires_in=86400&scope=user%3Afull&token_type=Bearer"


def _openshift(
    http: HttpClient, fleet: Simulator, name: str = "data-dev", *, synchronized: bool = True, **more: t.Any
) -> OAuthServer:
    """Return the OAuth server of a cluster. RBAC is synchronized for Ada and Grace unless ``synchronized`` is false."""
    state = fleet.cluster(name)
    if synchronized:
        state.rbac.synchronized_for |= {ADA, GRACE}
    ca = state.serving_ca_pem.decode() if state.cluster.own_ca else None
    return OAuthServer(http, state.master_url or "", ca=ca, allowed=CLUSTER_DOMAINS, **more)


def _calls(fleet: Simulator) -> list[tuple[str, str, int]]:
    return [(entry.client, entry.path, entry.status) for entry in fleet.requests]


# Login


@pytest.mark.parametrize("name", ["data-dev", "mesh-dev"])
@pytest.mark.parametrize(("user", "secret"), [("apikey", KEY), ("passcode", PASSCODE)])
def test_a_login_requires_two_requests(
    fleet: Simulator, fleet_http: HttpClient, name: str, user: str, secret: str
) -> None:
    """Only the second request contains the secret."""
    token = _openshift(fleet_http, fleet, name).log_in(user, secret)

    assert TOKEN.fullmatch(token.token)
    assert (token.expires_in, token.scope) == (86400, "user:full")
    assert _calls(fleet) == [("none", DISCOVERY, 200), ("basic", AUTHORIZE, 302)]
    assert fleet.requests[1].query == {"client_id": "openshift-challenging-client", "response_type": "token"}
    assert "X-CSRF-Token" in fleet.requests[1].header_names
    assert token.token not in repr(token)


def test_a_token_is_registered_as_a_secret_at_once(fleet: Simulator, fleet_http: HttpClient) -> None:
    """Later responses may contain the token. The token must be masked even if it does not look like an OpenShift token."""
    learned: list[str] = []
    token = _openshift(fleet_http, fleet, register_secret=learned.append).log_in("apikey", KEY)

    assert learned == [token.token]


def test_the_cluster_accepts_the_token(fleet: Simulator, fleet_http: HttpClient) -> None:
    token = _openshift(fleet_http, fleet).log_in("apikey", KEY)
    cluster = Kubernetes(
        fleet_http, fleet.cluster("data-dev").master_url or "", BearerAuth(lambda: token.token), ca=None
    )

    assert cluster.openshift_user().name == "IAM#ada@example.com"


@pytest.mark.parametrize("name", ["data-dev", "data-prod"])
@pytest.mark.parametrize(
    ("user", "secret"), [("apikey", "not-a-real-key/nobody"), ("passcode", "used"), ("apikey", "")]
)
def test_a_wrong_key_or_passcode_is_sent_once(
    fleet: Simulator, fleet_http: HttpClient, name: str, user: str, secret: str
) -> None:
    """The client does not retry. The hint in the error refers to the OAuth server, not to IAM."""
    with pytest.raises(APIError, match="log in to the OpenShift cluster failed") as caught:
        _openshift(fleet_http, fleet, name).log_in(user, secret)

    assert (caught.value.kind, caught.value.status) == ("auth", 401)
    assert "OAuth server rejected the API key or passcode" in caught.value.hint
    assert [status for _client, _path, status in _calls(fleet)] == [200, 401]


def test_a_passcode_is_valid_once(fleet: Simulator, fleet_http: HttpClient) -> None:
    cluster = _openshift(fleet_http, fleet)
    cluster.log_in("passcode", PASSCODE)

    with pytest.raises(APIError, match="401"):
        cluster.log_in("passcode", PASSCODE)


def test_a_login_of_an_unsynchronized_user_is_an_error(
    fleet: Simulator, fleet_http: HttpClient, fake_time: FakeTime
) -> None:
    """Most clusters respond with HTTP 400 and ``server_error``, and the client retries the request.

    The hint refers to the ``cluster_rbac_sync`` module.
    """
    with pytest.raises(APIError, match="unexpected condition") as caught:
        _openshift(fleet_http, fleet, synchronized=False).log_in("apikey", KEY)

    assert caught.value.status == 400
    assert "Run ibmcloud.kubernetes.cluster_rbac_sync first" in caught.value.hint
    assert KEY not in str(caught.value)
    assert len(fake_time.sleeps) == 4


def test_a_passcode_of_an_unsynchronized_user_is_sent_once(
    fleet: Simulator, fleet_http: HttpClient, fake_time: FakeTime
) -> None:
    """The client does not retry, because the first request may have used the passcode."""
    with pytest.raises(APIError) as caught:
        _openshift(fleet_http, fleet, synchronized=False).log_in("passcode", PASSCODE)

    assert (caught.value.status, fake_time.sleeps) == (400, [])
    assert [status for _client, _path, status in _calls(fleet)] == [200, 400]


def test_an_error_in_the_redirect_is_raised(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The cluster ``data-prod`` responds with HTTP 302 and an error in the query of the redirect."""
    with pytest.raises(
        LookupFailed, match=r"the OAuth server https://127\.0\.0\.1:\d+ reports server_error: "
    ) as caught:
        _openshift(fleet_http, fleet, "data-prod", synchronized=False).log_in("apikey", "not-a-real-key/ada+prod=")

    assert caught.value.kind == "auth"
    assert "Run ibmcloud.kubernetes.cluster_rbac_sync first" in caught.value.hint
    assert [status for _client, _path, status in _calls(fleet)] == [200, 302]


def test_a_login_succeeds_after_the_synchronization(fleet: Simulator, fleet_http: HttpClient) -> None:
    cluster = _openshift(fleet_http, fleet, "data-prod", synchronized=False)
    with pytest.raises(LookupFailed):
        cluster.log_in("apikey", "not-a-real-key/ada+prod=")
    fleet.cluster("data-prod").rbac.apply(ADA, fleet.cloud.now())
    fleet.cloud.advance(0.6)

    assert TOKEN.fullmatch(cluster.log_in("apikey", "not-a-real-key/ada+prod=").token)


def test_an_untrusted_certificate_is_an_error(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The cluster ``mesh-dev`` has its own CA. The client does not know this CA, so it does not send a request."""
    cluster = OAuthServer(fleet_http, fleet.cluster("mesh-dev").master_url or "", ca=None, allowed=CLUSTER_DOMAINS)

    with pytest.raises(NetworkError) as caught:
        cluster.log_in("apikey", KEY)

    assert (caught.value.kind, fleet.requests) == ("tls", [])


def test_a_kubernetes_cluster_has_no_oauth_server(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The response to the first request shows that the cluster does not have an OAuth server, so the client does not send the API key."""
    state = fleet.cluster("shop-dev")
    cluster = OAuthServer(fleet_http, state.master_url or "", ca=state.ca_pem.decode(), allowed=CLUSTER_DOMAINS)

    with pytest.raises(APIError, match="find the OAuth server of the cluster failed"):
        cluster.log_in("apikey", KEY)

    assert [client for client, _path, _status in _calls(fleet)] == ["none"]


# Allowed OAuth servers


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


class Bench:
    """An API server and an OAuth server with scripted responses over TLS."""

    def __init__(self, http: HttpClient, ca: trustme.CA) -> None:
        self.http = http
        self.pem = ca.cert_pem.bytes().decode()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("127.0.0.1").configure_cert(self.tls)

    def server(self, *scripts: Script | bytes) -> Loopback:
        return Loopback(*scripts, tls=self.tls)

    def cluster(self, server: Loopback, *allowed: str) -> OAuthServer:
        return OAuthServer(self.http, server.url, ca=self.pem, allowed=allowed or CLUSTER_DOMAINS)

    def log_in(self, *scripts: Script | bytes, user: str = "apikey") -> OAuthToken:
        """Log in to an OAuth server that sends these responses, and verify that the API server receives one request."""
        with (
            self.server(*scripts) as oauth,
            self.server(answer({"authorization_endpoint": oauth.url + AUTHORIZE})) as api,
        ):
            try:
                return self.cluster(api).log_in(user, "SECRET-key")
            finally:
                assert len(api.seen) == 1
                self.seen = oauth.seen


@pytest.fixture
def bench(http: HttpClient, ca: trustme.CA) -> Bench:
    return Bench(http, ca)


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        pytest.param("https://evil.example/oauth/authorize", "evil.example is not a host in the allowed", id="foreign"),
        pytest.param(
            "https://containers.cloud.ibm.com.evil.example/x",
            "is not a host in the allowed domains",
            id="domain-in-front",
        ),
        pytest.param(
            "https://evilcontainers.cloud.ibm.com/x", "is not a host in the allowed domains", id="no-label-border"
        ),
        pytest.param("https://evil.example\\.containers.cloud.ibm.com/x", "backslashes", id="backslash"),
        pytest.param("https://169.254.169.254/x", "is not a host in the allowed domains", id="address"),
        pytest.param("https://u:p@c1.containers.cloud.ibm.com/x", "user information", id="user"),
        pytest.param("http://c1.containers.cloud.ibm.com/oauth/authorize", "uses http", id="http"),
        pytest.param("http://127.0.0.1:8080/oauth/authorize", "uses http", id="http-here"),
        pytest.param("https://c1.containers.cloud.ibm.com:0/x", "port", id="port-0"),
        pytest.param("https://c1.containers.cloud.ibm.com:99999/x", "port", id="port-too-large"),
        pytest.param("https://c1.containers.cloud.ibm.com/x?y=z", "query", id="query"),
        pytest.param("https://[::1/x", "not a URL", id="no-URL"),
        pytest.param("/oauth/authorize", "https://", id="relative"),
        pytest.param("//evil.example/oauth/authorize", "https://", id="no-scheme"),
        pytest.param("file:///etc/passwd", "https://", id="file"),
    ],
)
def test_no_secret_is_sent_to_an_oauth_server_outside_of_the_allowed_domains(
    bench: Bench, endpoint: str, reason: str
) -> None:
    """Without this check, a cluster could redirect the login to any host."""
    with bench.server(answer({"authorization_endpoint": endpoint})) as api:
        with pytest.raises(InputError, match="The OAuth server that the cluster specifies cannot be used: ") as caught:
            bench.cluster(api).log_in("apikey", "SECRET-key")

        assert len(api.seen) == 1
        assert "authorization" not in api.seen[0].headers

    assert reason in caught.value.reason
    assert "SECRET" not in str(caught.value)


def test_an_oauth_server_in_allowed_hosts_is_called(bench: Bench) -> None:
    """The option ``allowed_hosts`` contains the server's full host name. The name cannot be resolved, so the request fails."""
    endpoint = "https://oauth.company.invalid/oauth/authorize"
    with bench.server(answer({"authorization_endpoint": endpoint})) as api, pytest.raises(NetworkError) as caught:
        bench.cluster(api, "oauth.company.invalid").log_in("apikey", "SECRET-key")

    assert caught.value.call.origin == "https://oauth.company.invalid"
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [{}, {"authorization_endpoint": None}, {"authorization_endpoint": ""}, {"issuer": "x"}]
)
def test_a_discovery_document_without_an_endpoint_is_an_error(bench: Bench, body: dict[str, t.Any]) -> None:
    """The client does not guess the URL of the OAuth server."""
    with bench.server(answer(body)) as api, pytest.raises(ResponseError, match="authorization_endpoint is missing"):
        bench.cluster(api).log_in("apikey", "SECRET-key")


# Another customer's host in the allowed domains. This host must not receive the API key.
CUSTOMER = "shop-1234567890abcdef-0000.eu-de.containers.appdomain.cloud"


@pytest.mark.parametrize(
    "name", [CUSTOMER, "c222-e.eu-de.containers.cloud.ibm.com", "x-ce00.us-east.satellite.appdomain.cloud"]
)
def test_no_secret_is_sent_to_another_host_of_the_allowed_domains(bench: Bench, name: str) -> None:
    """The host is in an allowed domain but does not belong to the cluster."""
    with bench.server(answer({"authorization_endpoint": f"https://{name}/oauth/authorize"})) as api:
        with pytest.raises(InputError, match=f"{name} is not a host of this cluster") as caught:
            bench.cluster(api).log_in("apikey", "SECRET-key")

        assert len(api.seen) == 1

    assert "allowed_hosts" in caught.value.hint


def test_an_issuer_of_another_server_is_an_error(bench: Bench) -> None:
    """The discovery document is inconsistent, so the client does not use it."""
    with bench.server() as oauth, bench.server() as api:
        document = {"issuer": "https://evil.example", "authorization_endpoint": oauth.url + AUTHORIZE}
        api._scripts[:] = [answer(document)]
        with pytest.raises(ResponseError, match="issuer and authorization_endpoint are on different servers"):
            bench.cluster(api).log_in("apikey", "SECRET-key")

        assert oauth.seen == []


# Requests to the OAuth server, and its responses


def test_a_login_sends_the_kind_of_the_secret_and_a_csrf_header(bench: Bench) -> None:
    """In Basic authentication, the user name is the type of the secret, ``apikey`` or ``passcode``.

    OAuth servers require the X-CSRF-Token header.
    """
    token = bench.log_in(answer(status=302, head={"Location": f"https://evil.example/oauth/token/implicit{GOOD}"}))

    (request,) = bench.seen
    assert token == OAuthToken("sha256~made-up", 86400, "user:full")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"apikey:SECRET-key").decode()
    assert request.headers["x-csrf-token"] == "1"
    assert request.target == f"{AUTHORIZE}?response_type=token&client_id=openshift-challenging-client"


@pytest.mark.parametrize(
    ("location", "expires_in", "scope"),
    [
        pytest.param(GOOD, 86400, "user:full", id="fragment-alone"),
        pytest.param("/oauth/token/implicit#access_token=sha256~made-up", 0, "", id="only-the-token"),
        pytest.param("#access_token=sha256~made-up&expires_in=", 0, "", id="empty-lifetime"),
        pytest.param("#access_token=sha256~made-up&expires_in=soon", 0, "", id="lifetime-in-words"),
        pytest.param("#access_token=sha256~made-up&expires_in=-5", 0, "", id="negative-lifetime"),
        pytest.param("#access_token=sha256~made-up&expires_in=%C2%B2", 0, "", id="digit-that-is-no-number"),
        pytest.param("#access_token=sha256~made-up&expires_in=999999999999999", 0, "", id="endless"),
        pytest.param("?access_token=sha256~made-up&expires_in=60", 60, "", id="query"),
    ],
)
@pytest.mark.parametrize("status", [302, 303])
def test_the_token_is_read_from_the_location(
    bench: Bench, location: str, expires_in: int, scope: str, status: int
) -> None:
    """The client does not follow the redirect, and treats an invalid lifetime as zero."""
    token = bench.log_in(answer(status=status, head={"Location": location}))

    assert token == OAuthToken("sha256~made-up", expires_in, scope)
    assert len(bench.seen) == 1


@pytest.mark.parametrize(
    "location",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("/oauth/token/implicit", id="no-fragment"),
        pytest.param("#expires_in=86400", id="no-token"),
        pytest.param("#access_token=", id="empty-token"),
        pytest.param("#access_token=SECRET%0d%0aX-Evil:%201", id="header-in-the-token"),
        pytest.param("#access_token=SEC%20RET", id="blank-in-the-token"),
        pytest.param("https://[::1#access_token=SECRET", id="no-URL"),
    ],
)
def test_a_location_without_a_token_is_an_error(bench: Bench, location: str | None) -> None:
    """The error message does not quote the response."""
    with pytest.raises(
        ResponseError, match="HTTP 302, but the Location header does not contain an access_token"
    ) as caught:
        bench.log_in(answer(status=302, head={} if location is None else {"Location": location}))

    assert caught.value.kind == "response_invalid"
    assert "SEC" not in str(caught.value)
    assert len(bench.seen) == 1


@pytest.mark.parametrize(
    "location",
    [
        "?error=access_denied&error_description=No",
        "#error=access_denied&error_description=No",
        "?error=access_denied&error_description=No#access_token=sha256~made-up",
    ],
)
def test_an_error_in_the_location_is_raised(bench: Bench, location: str) -> None:
    """An error takes precedence over a token, whether the error is in the query or in the fragment."""
    with pytest.raises(LookupFailed, match="reports access_denied: No") as caught:
        bench.log_in(answer(status=302, head={"Location": location}))

    assert caught.value.kind == "auth"
    assert "made-up" not in str(caught.value)


def test_a_long_error_is_shortened(bench: Bench) -> None:
    with pytest.raises(LookupFailed) as caught:
        bench.log_in(answer(status=302, head={"Location": f"?error=x&error_description={'y' * 5000}"}))

    assert len(caught.value.reason) < 450


@pytest.mark.parametrize("status", [200, 204, 301, 304, 307, 308])
def test_other_responses_than_the_expected_redirect_are_errors(bench: Bench, status: int) -> None:
    """A login page (HTTP 200) does not contain a token. Following a redirect with status 307 would send the secret to another server."""
    with pytest.raises(ResponseError, match=f"HTTP {status}, where a redirect was expected"):
        bench.log_in(answer(b"<html>", status=status, head={"Location": f"https://evil.example/{GOOD}"}))

    assert len(bench.seen) == 1


@pytest.mark.parametrize(("user", "attempts"), [("apikey", 2), ("passcode", 1)])
def test_a_key_is_resent_after_an_error_and_a_passcode_is_not(bench: Bench, user: str, attempts: int) -> None:
    """The client does not retry, because the first request may have used the passcode."""
    scripts = [answer(status=500), answer(status=302, head={"Location": GOOD})]
    if user == "apikey":
        assert bench.log_in(*scripts, user=user).token == "sha256~made-up"
    else:
        with pytest.raises(APIError, match="500") as caught:
            bench.log_in(*scripts, user=user)
        assert "cluster_rbac_sync" in caught.value.hint

    assert len(bench.seen) == attempts


# Logout


def test_a_logout_deletes_the_token(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The request is authenticated with the token that it deletes."""
    cluster = _openshift(fleet_http, fleet)
    token = cluster.log_in("apikey", KEY).token
    fleet._running.log.reset()

    assert cluster.revoke(token) is True
    (entry,) = fleet.requests
    assert (entry.method, entry.client, entry.status) == ("DELETE", "bearer", 200)


@pytest.mark.parametrize("later", [0.0, 130.0], ids=["at-once", "when-the-cache-has-forgotten"])
def test_a_second_logout_changes_nothing(fleet: Simulator, fleet_http: HttpClient, later: float) -> None:
    """The API server responds with HTTP 404 while it still accepts the deleted token, and later with HTTP 401."""
    cluster = _openshift(fleet_http, fleet)
    token = cluster.log_in("apikey", KEY).token
    cluster.revoke(token)
    fleet.cloud.advance(later)

    assert cluster.revoke(token) is False
    assert fleet.requests[-1].status == (401 if later else 404)


def test_a_logout_revokes_only_one_token(fleet: Simulator, fleet_http: HttpClient) -> None:
    cluster = _openshift(fleet_http, fleet)
    first, second = (cluster.log_in("apikey", KEY).token for _number in range(2))

    assert cluster.revoke(first) is True
    assert cluster.revoke(second) is True


@pytest.mark.parametrize("token", ["sha256~Zm9v_-x", "Zm9v_-x"])
def test_a_logout_uses_the_hash_of_the_token(bench: Bench, token: str) -> None:
    """The token object's name is ``sha256~`` and the hash of the token without its prefix, in base64url without padding."""
    with bench.server(answer(b"")) as api:
        assert bench.cluster(api).revoke(token) is True

        (request,) = api.seen
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"Zm9v_-x").digest()).decode().rstrip("=")
    assert request.target == f"/apis/oauth.openshift.io/v1/useroauthaccesstokens/sha256~{digest}"
    assert request.headers["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize(("status", "kind"), [(403, "permission"), (500, "server"), (307, "redirect")])
def test_a_failed_logout_is_an_error(bench: Bench, status: int, kind: str) -> None:
    """If the token object is missing, the client treats the logout as successful. Any other failure is an error."""
    with bench.server(answer(status=status)) as api, pytest.raises(IBMCloudError) as caught:
        bench.cluster(api).revoke("sha256~Zm9v_-x")

    assert caught.value.kind == kind
    assert "Zm9v" not in str(caught.value)


# The module


def _run(fleet: Simulator, *, check_mode: bool = False, **given: t.Any) -> dict[str, t.Any]:
    spec = MODULE.argument_spec
    defaults = {name: option["default"] for name, option in spec.items() if "default" in option}
    address = {"master_url": fleet.cluster("data-dev").master_url}
    environ = {name: value for name, value in fleet.env.items() if name != "IC_API_KEY"}
    result, _secrets = execute(
        MODULE,
        {**defaults, **address, **given},
        environ=environ,
        check_mode=check_mode,
        warn=lambda _text: None,
    )
    return result


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_module_logs_in_and_out(fleet: Simulator, check_mode: bool) -> None:
    """The module reports a change for a logout but not for a login. In check mode, the module logs in but does not log out."""
    fleet.cluster("data-dev").rbac.synchronized_for.add(ADA)

    login = _run(fleet, ibmcloud_api_key=KEY, check_mode=check_mode)
    logout = _run(fleet, openshift_token=login["openshift_token"], state="absent", check_mode=check_mode)

    assert (login["changed"], login["openshift_token_expires_in"], login["scope"]) == (False, 86400, "user:full")
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", login["openshift_token_expires_at"])
    assert logout == {"changed": True}
    assert [entry.method for entry in fleet.requests] == ["GET", "GET", *([] if check_mode else ["DELETE"])]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "An OpenShift login requires an API key or a one-time passcode"),
        ({"username": "ada", "password": "SECRET"}, "An OpenShift login requires an API key or a one-time passcode"),
        ({"state": "absent"}, "openshift_token is required with state=absent"),
        ({"ibmcloud_api_key": KEY, "master_url": None}, "master_url is required"),
        ({"ibmcloud_api_key": KEY, "master_url": "https://evil.example"}, "evil.example is not a host in the allowed"),
        (
            {"openshift_token": "sha256~SECRET ", "state": "absent", "master_url": "https://evil.example"},
            "is not a host",
        ),
    ],
)
def test_the_module_requires_a_url_and_credentials(fleet: Simulator, given: dict[str, t.Any], text: str) -> None:
    result = _run(fleet, **given)

    assert text in result["msg"]
    assert "SECRET" not in json.dumps(result)
    assert fleet.requests == []
