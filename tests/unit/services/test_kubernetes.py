# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of a cluster's API over verified TLS: version, user and permissions."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    LookupFailed,
    NetworkError,
    ResponseError,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.kubernetes import (
    AccessReview,
    Kubernetes,
    User,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient

    from simulator import Simulator


@pytest.fixture
def id_token(fleet: Simulator, fleet_http: HttpClient) -> str:
    iam = Iam(fleet_http, fleet.iam_url)
    token = iam.exchange(iam.delegate(iam.api_key("not-a-real-key/ada+dev=").refresh))
    fleet._running.log.reset()
    return token.id


def _cluster(http: HttpClient, fleet: Simulator, name: str, token: str, *, ca: str | None = None) -> Kubernetes:
    state = fleet.cluster(name)
    return Kubernetes(
        http, state.master_url or "", BearerAuth(lambda: token), ca=state.ca_pem.decode() if ca is None else ca or None
    )


def _scripted(http: HttpClient, server: Loopback) -> Kubernetes:
    return Kubernetes(http, server.url, BearerAuth(lambda: "token"), ca=None)


def test_version_and_user_are_read(fleet: Simulator, fleet_http: HttpClient, id_token: str) -> None:
    """A user in the response shows that the cluster has accepted the token."""
    cluster = _cluster(fleet_http, fleet, "shop-dev", id_token)

    assert cluster.version()["gitVersion"] == "v1.33.4+IKS"
    assert cluster.who_am_i() == User("IAM#ada@example.com", ("system:authenticated",))
    assert [(entry.service, entry.method, entry.path) for entry in fleet.requests] == [
        ("shop-dev", "GET", "/version"),
        ("shop-dev", "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews"),
    ]


def test_an_old_server_does_not_return_the_user(fleet: Simulator, fleet_http: HttpClient, id_token: str) -> None:
    """Kubernetes before 1.28 does not have the SelfSubjectReview API, so who_am_i() returns None."""
    cluster = _cluster(fleet_http, fleet, "legacy-dev", id_token)

    assert cluster.version()["minor"] == "27"
    assert cluster.who_am_i() is None


@pytest.mark.parametrize("call", ["version", "who_am_i"])
def test_an_expired_token_is_rejected(fleet: Simulator, fleet_http: HttpClient, id_token: str, call: str) -> None:
    """The token cannot be renewed, so the request is not retried."""
    fleet.cloud.expire_id_tokens()

    with pytest.raises(APIError, match="Unauthorized") as caught:
        getattr(_cluster(fleet_http, fleet, "shop-dev", id_token), call)()

    assert (caught.value.kind, len(fleet.requests)) == ("auth", 1)
    assert id_token not in str(caught.value)


def test_an_openshift_cluster_rejects_the_id_token(fleet: Simulator, fleet_http: HttpClient, id_token: str) -> None:
    """An OpenShift cluster accepts only tokens from its OAuth server."""
    with pytest.raises(APIError) as caught:
        _cluster(fleet_http, fleet, "data-dev", id_token, ca="").who_am_i()

    assert caught.value.kind == "auth"


def test_a_token_is_sent_only_to_the_cluster_of_the_ca(fleet: Simulator, fleet_http: HttpClient, id_token: str) -> None:
    """If the CA belongs to another cluster or to IBM's services, the cluster's certificate is not trusted."""
    for ca in (fleet.cluster("mesh-dev").ca_pem.decode(), fleet.ca_path.read_text()):
        with pytest.raises(NetworkError) as caught:
            _cluster(fleet_http, fleet, "shop-dev", id_token, ca=ca).version()

        assert caught.value.kind == "tls"

    assert fleet.requests == []


def test_the_review_is_json(http: HttpClient) -> None:
    with Loopback(answer({"status": {"userInfo": {"username": "u"}}}, status=201)) as server:
        assert _scripted(http, server).who_am_i() == User("u", ())

        seen = server.seen[0]

    assert seen.headers["authorization"] == "Bearer token"
    assert seen.body == b'{"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}'


@pytest.mark.parametrize(
    ("groups", "expected"), [(["a", 7, "b"], ("a", "b")), (None, ()), ("a", ())], ids=["mixed", "null", "text"]
)
def test_groups_are_strings(http: HttpClient, groups: t.Any, expected: tuple[str, ...]) -> None:
    """Groups that are not strings are skipped."""
    with Loopback(answer({"status": {"userInfo": {"username": "u", "groups": groups}}})) as server:
        assert _scripted(http, server).who_am_i() == User("u", expected)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": None},
        {"status": {}},
        {"status": {"userInfo": []}},
        {"status": {"userInfo": {}}},
        {"status": {"userInfo": {"username": ""}}},
        {"status": {"userInfo": {"username": 7}}},
    ],
    ids=str,
)
def test_a_review_without_a_user_is_an_error(http: HttpClient, body: dict[str, t.Any]) -> None:
    """A review without a user does not show that the token was accepted."""
    with Loopback(answer(body)) as server, pytest.raises(ResponseError, match="the user name is missing"):
        _scripted(http, server).who_am_i()


@pytest.mark.parametrize("body", [{}, {"gitVersion": None}, {"gitVersion": 1.33}], ids=str)
def test_a_response_without_a_version_is_an_error(http: HttpClient, body: dict[str, t.Any]) -> None:
    """A response without a version does not come from a Kubernetes API server."""
    with Loopback(answer(body)) as server, pytest.raises(ResponseError, match="gitVersion is missing"):
        _scripted(http, server).version()


@pytest.mark.parametrize("status", [403, 404])
def test_a_server_without_self_subject_reviews_returns_no_user(http: HttpClient, status: int) -> None:
    """Before Kubernetes 1.28, users with few permissions receive HTTP 403 for an API that does not exist."""
    body = {"kind": "Status", "message": 'forbidden: User "IAM#ada@example.com" cannot create', "code": status}
    with Loopback(answer(body, status=status)) as server:
        assert _scripted(http, server).who_am_i() is None


@pytest.mark.parametrize(("status", "kind"), [(401, "auth"), (500, "server")])
def test_other_errors_of_a_review_are_raised(http: HttpClient, status: int, kind: str) -> None:
    with Loopback(answer(status=status)) as server, pytest.raises(APIError) as caught:
        _scripted(http, server).who_am_i()

    assert caught.value.kind == kind


# Permissions


@pytest.mark.parametrize("synchronized", [False, True])
@pytest.mark.parametrize("namespace", ["", "default"])
def test_a_user_has_permissions_after_the_synchronization(
    fleet: Simulator, fleet_http: HttpClient, id_token: str, namespace: str, synchronized: bool
) -> None:
    """Before the synchronization, a user may send access reviews, but has no permissions."""
    if synchronized:
        fleet.cluster("shop-dev").rbac.synchronized_for.add("IBMid-2700ABCDEF")
    cluster = _cluster(fleet_http, fleet, "shop-dev", id_token)

    assert cluster.can(AccessReview("create", "pods", namespace=namespace)) is synchronized
    assert [(entry.method, entry.path) for entry in fleet.requests] == [
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
    ]


@pytest.mark.parametrize(
    ("access", "attributes"),
    [
        (AccessReview(), {"verb": "list", "resource": "namespaces", "group": ""}),
        (AccessReview("get", "deployments", "apps"), {"verb": "get", "resource": "deployments", "group": "apps"}),
        (
            AccessReview("*", "pods", namespace="team"),
            {"verb": "*", "resource": "pods", "group": "", "namespace": "team"},
        ),
    ],
)
def test_an_access_review_has_the_form_of_the_api(
    http: HttpClient, access: AccessReview, attributes: dict[str, str]
) -> None:
    """A review without a namespace is for all namespaces."""
    with Loopback(answer({"status": {"allowed": True}}, status=201)) as server:
        assert _scripted(http, server).can(access) is True

        document = json.loads(server.seen[0].body)

    assert document == {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": None},
        {"status": []},
        {"status": {}},
        {"status": {"allowed": False}},
        {"status": {"allowed": "true"}},
        {"status": {"allowed": 1}},
        {"status": {"denied": False}},
    ],
    ids=str,
)
def test_a_request_is_denied_unless_it_is_allowed(http: HttpClient, body: dict[str, t.Any]) -> None:
    """The user has the permission only if ``allowed`` is true."""
    with Loopback(answer(body)) as server:
        assert _scripted(http, server).can(AccessReview()) is False


# Users of OpenShift clusters


def test_the_user_is_read_from_an_openshift_cluster(http: HttpClient) -> None:
    """In OpenShift's response, the groups are not part of the metadata."""
    body = {"metadata": {"name": "IAM#ada@example.com"}, "groups": ["system:authenticated", 7]}
    with Loopback(answer(body)) as server:
        assert _scripted(http, server).openshift_user() == User("IAM#ada@example.com", ("system:authenticated",))

        assert (server.seen[0].method, server.seen[0].target) == ("GET", "/apis/user.openshift.io/v1/users/~")


@pytest.mark.parametrize(
    "body", [{}, {"metadata": None}, {"metadata": {}}, {"metadata": {"name": ""}}, {"metadata": {"name": 7}}], ids=str
)
def test_an_openshift_response_without_a_user_is_an_error(http: HttpClient, body: dict[str, t.Any]) -> None:
    """A response without a user does not show that the token was accepted."""
    with Loopback(answer(body)) as server, pytest.raises(ResponseError, match="the user name is missing"):
        _scripted(http, server).openshift_user()


# Tokens that do not arrive

ANONYMOUS = 'forbidden: User "system:anonymous" cannot create path "/x"'
QUESTIONS: list[t.Any] = [
    pytest.param(Kubernetes.who_am_i, id="who-am-i"),
    pytest.param(Kubernetes.openshift_user, id="openshift-user"),
    pytest.param(lambda cluster: cluster.can(AccessReview()), id="allows"),
]


@pytest.mark.parametrize("ask", QUESTIONS)
def test_a_token_that_did_not_arrive_is_an_error(http: HttpClient, ask: t.Callable[[Kubernetes], t.Any]) -> None:
    """HTTP 403 for the anonymous user does not mean that a role is missing. A proxy may have removed the Authorization header."""
    body = {"kind": "Status", "message": ANONYMOUS, "reason": "Forbidden", "code": 403}
    with (
        Loopback(answer(body, status=403)) as server,
        pytest.raises(LookupFailed, match="treated the request as anonymous") as caught,
    ):
        ask(_scripted(http, server))

    assert caught.value.kind == "auth"
    assert "HTTPS_PROXY" in caught.value.hint


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (Kubernetes.who_am_i, {"status": {"userInfo": {"username": "system:anonymous"}}}),
        (Kubernetes.openshift_user, {"metadata": {"name": "system:anonymous"}}),
    ],
    ids=["who-am-i", "openshift-user"],
)
def test_an_anonymous_user_is_an_error(
    http: HttpClient, ask: t.Callable[[Kubernetes], t.Any], body: dict[str, t.Any]
) -> None:
    """A successful response for the anonymous user does not prove a login."""
    with Loopback(answer(body)) as server, pytest.raises(LookupFailed, match="treated the request as anonymous"):
        ask(_scripted(http, server))


def test_a_removed_token_is_detected_with_the_simulator(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The cluster returns its version even without a token, but does not return a user."""
    state = fleet.cluster("shop-dev")
    cluster = Kubernetes(fleet_http, state.master_url or "", lambda prepared: prepared, ca=state.ca_pem.decode())

    assert cluster.version()["gitVersion"]
    with pytest.raises(LookupFailed, match="treated the request as anonymous"):
        cluster.who_am_i()


@pytest.mark.parametrize("ask", [*QUESTIONS, pytest.param(Kubernetes.version, id="version")])
@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [(401, "auth", "The cluster rejected the token"), (403, "permission", "The user lacks permissions")],
)
def test_the_errors_401_and_403_have_different_hints(
    http: HttpClient, ask: t.Callable[[Kubernetes], t.Any], status: int, kind: str, hint: str
) -> None:
    """HTTP 401 means that the token was rejected or did not arrive. HTTP 403 means that the user lacks permissions."""
    if (ask, status) == (Kubernetes.who_am_i, 403):
        return  # Here, HTTP 403 means that the API is missing. See test_a_server_without_self_subject_reviews_returns_no_user.
    body = {"kind": "Status", "message": 'forbidden: User "IAM#ada" cannot', "code": status}
    with Loopback(answer(body, status=status)) as server, pytest.raises(APIError) as caught:
        ask(_scripted(http, server))

    assert caught.value.kind == kind
    assert caught.value.hint.startswith(hint)


def test_a_rejected_token_may_not_have_arrived(http: HttpClient) -> None:
    """If anonymous access is disabled, a request without the Authorization header also receives HTTP 401."""
    with Loopback(answer(status=401)) as server, pytest.raises(APIError) as caught:
        _scripted(http, server).version()

    for words in ("expired", "removed the Authorization header", "HTTPS_PROXY"):
        assert words in caught.value.hint


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (Kubernetes.who_am_i, {"status": {"userInfo": {"username": "IAM#"}}}),
        (Kubernetes.openshift_user, {"metadata": {"name": "IAM#"}}),
    ],
    ids=["who-am-i", "openshift-user"],
)
def test_a_user_name_that_is_only_the_prefix_is_an_error(
    http: HttpClient, ask: t.Callable[[Kubernetes], t.Any], body: dict[str, t.Any]
) -> None:
    """The API server adds the prefix IAM# even to an empty user name."""
    with Loopback(answer(body)) as server, pytest.raises(LookupFailed, match="IAM# without a name") as caught:
        ask(_scripted(http, server))

    assert caught.value.kind == "auth"


@pytest.mark.parametrize("attribute", ["verb", "resource", "group", "namespace"])
def test_a_review_of_another_permission_is_an_error(http: HttpClient, attribute: str) -> None:
    """The response to an access review repeats the attributes of the request."""
    asked = {"verb": "list", "resource": "pods", "group": "apps", "namespace": "team"}
    for attributes, same in ((asked, True), ({"verb": "list"}, True), ({**asked, attribute: "x"}, False)):
        body = {"spec": {"resourceAttributes": attributes}, "status": {"allowed": True}}
        with Loopback(answer(body)) as server:
            cluster = _scripted(http, server)
            if same:
                assert cluster.can(AccessReview("list", "pods", "apps", "team")) is True
            else:
                with pytest.raises(ResponseError, match="the access review is for another permission"):
                    cluster.can(AccessReview("list", "pods", "apps", "team"))


# The user and the owner of the token

ADA: dict[str, t.Any] = {"iam_id": "IBMid-2700ABCDEF", "sub": "ada@example.com", "email": "Ada@Example.com"}
ADA_IN_ACCOUNT: dict[str, t.Any] = {
    "iam_id": "IBMid-2700ABCDEF",
    "realmed_sub_a1": "ada@example.com",
    "sub_a1": "Ada@x.org",
}
SERVICE: dict[str, t.Any] = {"iam_id": "iam-ServiceId-1f0c", "sub": "ServiceId-1f0c"}


@pytest.mark.parametrize(
    ("claims", "name", "identities", "another"),
    [
        pytest.param(ADA, "IAM#ada@example.com", [], False, id="sub"),
        pytest.param(ADA, "IAM#ADA@example.com", [], False, id="case"),
        pytest.param(ADA_IN_ACCOUNT, "IAM#ada@example.com", [], False, id="realmed-sub"),
        pytest.param(ADA_IN_ACCOUNT, "IAM#ada@x.org", [], False, id="sub-of-the-account"),
        pytest.param(ADA_IN_ACCOUNT, "IAM#realm:ada@example.com", [], False, id="realm"),
        pytest.param(ADA, "IAM#IBMid-2700ABCDEF", [], False, id="IAM-ID"),
        pytest.param(SERVICE, "IAM#iam-serviceid-1f0c", [], False, id="service-ID"),
        pytest.param(SERVICE, "IAM#ServiceId-1f0c", [], False, id="short-service-ID"),
        pytest.param(ADA, "IAM#old@example.com", ["IAM:IBMid-2700ABCDEF"], False, id="renamed-OpenShift-user"),
        pytest.param(ADA, "IAM#grace@example.com", [], True, id="other-user"),
        pytest.param(ADA, "IAM#grace@example.com", ["IAM:IBMid-550000GRACE"], True, id="other-OpenShift-user"),
        pytest.param(ADA, "IAM#iam-ServiceId-9999", [], True, id="a-service-ID-for-a-user"),
        pytest.param(SERVICE, "IAM#iam-ServiceId-9999", [], True, id="other-service-ID"),
        pytest.param(SERVICE, "IAM#iam-Profile-9999", [], True, id="a-profile-for-a-service-ID"),
        # Each of these users may be the owner of the token, so each user is accepted.
        pytest.param(SERVICE, "IAM#grace@example.com", [], False, id="unclear-e-mail-for-a-service-ID"),
        pytest.param(ADA, "IAM#deployer", [], False, id="unclear-name"),
        pytest.param(ADA, "grace@example.com", [], False, id="unclear-prefix"),
        pytest.param({}, "IAM#grace@example.com", [], False, id="no-claims"),
        pytest.param({"sub": None, "iam_id": 7}, "IAM#grace@example.com", [], False, id="wrong-types"),
        pytest.param(None, "IAM#grace@example.com", [], False, id="not-a-JWT"),
    ],
)
def test_the_user_must_be_the_owner_of_the_token(
    http: HttpClient, claims: dict[str, t.Any] | None, name: str, identities: list[str], another: bool
) -> None:
    """A user is rejected only if the user is certainly not the owner of the token."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    token = f"e30.{payload}.c2ln" if claims is not None else "sha256~opaque"
    kubernetes: t.Any = {"status": {"userInfo": {"username": name}}}
    openshift: t.Any = {"metadata": {"name": name}, "identities": identities}
    for ask, body in ((Kubernetes.who_am_i, kubernetes), (Kubernetes.openshift_user, openshift)):
        if identities and ask is Kubernetes.who_am_i:
            continue
        with Loopback(answer(body)) as server:
            cluster = Kubernetes(http, server.url, BearerAuth(lambda: "token"), ca=None, identity=token)
            if another:
                with pytest.raises(LookupFailed, match="belongs to another identity") as caught:
                    ask(cluster)
                assert caught.value.kind == "auth"
            else:
                assert ask(cluster).name == name
