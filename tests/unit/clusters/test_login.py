# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of logins to many clusters, and of logouts."""

from __future__ import annotations

import dataclasses
import pathlib
import ssl
import time
import typing as t

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._cloud import ClusterEndpoint
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.login import OpenSession, Sessions
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, execute
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.allowed_hosts import CLUSTER_DOMAINS
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_access_info import MODULE as ACCESS_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE as INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_login import MODULE as LOGIN
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE as SYNC
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, respond

from simulator import broken_claims
from simulator.fault_settings import Latency

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._cloud import Cloud
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Task
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

    from simulator import Simulator

ADA = "IBMid-2700ABCDEF"
SHOP, DATA, MESH, LEGACY = "shop-dev", "data-dev", "mesh-dev", "legacy-dev"
OTHER_CA = trustme.CA(organization_name="other").cert_pem.bytes().decode()
Result = dict[str, t.Any]


class Desk:
    """Runs modules against the fleet in the same way as the role, with a CA folder for each test."""

    def __init__(self, fleet: Simulator, tmp_path: pathlib.Path) -> None:
        for name in (SHOP, DATA, MESH, LEGACY):
            fleet.cluster(name).rbac.synchronized_for.add(ADA)
        self.fleet = fleet
        self.folder = tmp_path / "ca"

    def cached(self, cluster: str, **given: t.Any) -> str | None:
        """Return the CA from the cache, or None if the next run would request the CA from the service."""
        wanted = {"clusters": [cluster], "ca": True, "use_cached_ca": True, "ca_folder": str(self.folder), **given}
        (record,) = self.run(INFO, wanted)["clusters"]
        return record["ca_cert_data"] if record["ca_cert_source"] == "cache" else None

    def clusters(self, *names: str, **given: t.Any) -> list[Result]:
        result = self.run(INFO, {"clusters": list(names), "ca": True, "endpoint": "auto", **given})
        found: list[Result] = result["clusters"]
        # As in the test with kubectl, the certificate of one OpenShift cluster is signed by the cluster's CA.
        own = [state for state in self.fleet.cloud.clusters if state.cluster.own_ca]
        pems = {state.cluster.id: state.serving_ca_pem.decode() for state in own}
        for record in found:
            record["ca_cert_data"] = record["ca_cert_data"] or pems.get(record["id"], "")
        self.fleet.log.reset()
        return found

    def log_in(self, clusters: list[Result], **given: t.Any) -> Result:
        """Return the module's result. The additional key ``sessions`` maps cluster names to sessions."""
        options = {"clusters": clusters, "ca_folder": str(self.folder), "continue_on_error": True, **given}
        result = self.run(LOGIN, options)
        return {**result, "sessions": {session["cluster"]: session for session in result["clusters"]}}

    def log_out(self, sessions: Result, **given: t.Any) -> Result:
        return self.run(LOGIN, {"clusters": list(sessions.values()), "state": "absent", **given})

    def run(self, module: Module, given: Result) -> Result:
        check_mode = given.pop("check_mode", False)
        environ = {**self.fleet.env, **({"IC_API_KEY": ""} if "openshift_passcode" in given else {})}
        return _performed(module, given, environ, check_mode=check_mode)

    def open_connections(self, name: str) -> int:
        """Return the number of open connections to a cluster, after waiting up to two seconds for connections to close."""
        ends = time.monotonic() + 2.0
        while (count := self.fleet.log.open_connections.get(name, 0)) and time.monotonic() < ends:
            time.sleep(0.01)
        return count

    @property
    def paths(self) -> list[str]:
        return [entry.path for entry in self.fleet.requests]


def _performed(module: Module, given: Result, environ: dict[str, str], *, check_mode: bool = False) -> Result:
    defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}
    return execute(module, {**defaults, **given}, environ=environ, check_mode=check_mode, warn=lambda _text: None)[0]


@pytest.fixture
def desk(fleet: Simulator, tmp_path: pathlib.Path) -> Desk:
    return Desk(fleet, tmp_path)


# Login


def test_a_login_returns_a_session_for_each_cluster(desk: Desk) -> None:
    """A Kubernetes cluster accepts the ID token. An OpenShift cluster issues a separate token."""
    result = desk.log_in(desk.clusters(MESH, SHOP, DATA, "0123456789abcdef0123456789abcdef"))

    assert result["failures"] == []
    sessions = result["sessions"]
    assert list(sessions) == [MESH, SHOP, DATA, "0123456789abcdef0123456789abcdef"]
    assert sessions["0123456789abcdef0123456789abcdef"]["name"] == LEGACY
    for name, session in sessions.items():
        state = desk.fleet.cluster(name)
        kinds = (bool(session["id_token"]), bool(session["openshift_token"]))
        assert kinds == ((False, True) if session["type"] == "openshift" else (True, False))
        assert session["k8s_auth"]["api_key"] == session["id_token"] + session["openshift_token"]
        assert session["master_url"] == session["k8s_auth"]["host"]
        assert session["id"] == state.cluster.id
        assert session["authorized"] is True
    # Both Kubernetes clusters accept the same ID token.
    assert len({session["id_token"] for session in sessions.values()}) == 2


def test_the_ca_is_written_to_a_file_and_cached(desk: Desk) -> None:
    """Other tools read the file. The next run reads the CA from the cache."""
    (session,) = desk.log_in(desk.clusters(SHOP))["sessions"].values()

    path = pathlib.Path(session["cluster_ca_file"])
    assert path.parent.parent == desk.folder
    assert path.read_text().strip() == session["ca_cert_data"].strip()
    assert session["k8s_auth"]["ca_cert"] == str(path)
    assert desk.cached(session["id"]) == path.read_text()


@pytest.mark.parametrize("unverified", ["cluster_info", "cluster_login"])
def test_a_ca_from_an_unverified_connection_is_not_cached(desk: Desk, unverified: str) -> None:
    """Later runs must not trust the CA of an attacker between this machine and the service."""
    records = desk.clusters(SHOP, validate_certs=unverified != "cluster_info")
    (session,) = desk.log_in(records, validate_certs=unverified != "cluster_login")["sessions"].values()

    assert records[0]["ca_cert_source"] == ("unverified" if unverified == "cluster_info" else "service")
    assert desk.cached(session["id"]) is None


def test_a_ca_of_the_user_is_not_cached(desk: Desk) -> None:
    """A later run must not use the CA file that the user specified for an earlier run."""
    clusters = [{**record, "ca_cert_source": "file"} for record in desk.clusters(SHOP)]
    (session,) = desk.log_in(clusters)["sessions"].values()

    assert desk.cached(session["id"]) is None


def test_no_ca_is_cached_for_a_cluster_without_a_separate_ca(desk: Desk) -> None:
    """In this test, the services' CA also signs the cluster's certificate."""
    (session,) = desk.log_in(desk.clusters(DATA))["sessions"].values()

    assert session["ca_cert_data"] == ""
    assert session["cluster_ca_file"] == str(desk.fleet.ca_path)
    assert not desk.folder.exists()


def test_a_failed_cluster_does_not_stop_the_others(desk: Desk) -> None:
    records = desk.clusters(SHOP, DATA, LEGACY, MESH)
    records[0]["master_url"] = "https://evil.example"
    records[2]["ca_cert_data"] = "no certificate"
    desk.fleet.cluster(MESH).rbac.synchronized_for.clear()

    result = desk.log_in(records, retries=0)

    assert "failed" not in result
    assert list(result["sessions"]) == [DATA]
    assert [failure["cluster"] for failure in result["failures"]] == [SHOP, LEGACY, MESH]
    assert [failure["error"]["kind"] for failure in result["failures"]][:2] == ["input", "input"]
    assert "allowed_hosts" in result["failures"][0]["msg"]
    assert "ca_cert_data" in result["failures"][1]["msg"]


def test_the_module_fails_if_all_clusters_failed(desk: Desk) -> None:
    """With a single cluster, the message is that cluster's error."""
    records = desk.clusters(SHOP, LEGACY)
    for record in records:
        record["master_url"] = "https://evil.example"

    both = desk.log_in(records)
    one = desk.log_in(records[:1])

    assert both["msg"].startswith("cluster_login: 2 of 2 clusters failed: shop-dev: master_url cannot be used")
    assert [failure["cluster"] for failure in both["failures"]] == [SHOP, LEGACY]
    assert one["msg"].startswith("cluster_login: master_url cannot be used")


def test_check_mode_skips_a_cluster_that_is_not_synchronized(desk: Desk) -> None:
    """OpenShift clusters do not accept logins before the synchronization. Kubernetes clusters are not skipped."""
    records = [{**record, "synchronized": False} for record in desk.clusters(SHOP, DATA)]

    result = desk.log_in(records, check_mode=True)

    assert (list(result["sessions"]), result["skipped_clusters"]) == ([SHOP], [DATA])
    assert result["k8s_auth"]["host"] == "https://no-session.cluster-access.invalid"


def test_names_are_looked_up(desk: Desk) -> None:
    result = desk.log_in([SHOP, "nowhere"])  # type: ignore[list-item]  # names in place of records

    assert result["sessions"][SHOP]["k8s_auth"]["host"] == desk.fleet.cluster(SHOP).master_url
    assert [failure["error"]["kind"] for failure in result["failures"]] == ["not_found"]


@pytest.mark.parametrize("names", [[], [SHOP, LEGACY], ["nowhere"], [SHOP, "nowhere"]])
def test_without_exactly_one_session_the_settings_have_an_invalid_host(desk: Desk, names: list[str]) -> None:
    result = desk.log_in(names)  # type: ignore[arg-type]  # names in place of records

    assert result["k8s_auth"] == {
        "host": "https://no-session.cluster-access.invalid",
        "api_key": "no-session",
        "validate_certs": True,
    }
    assert result["k8s_env"]["K8S_AUTH_HOST"] == "https://no-session.cluster-access.invalid"


def test_a_passcode_is_used_for_one_cluster(desk: Desk) -> None:
    """A passcode can be used only once. For the next OpenShift cluster, no request is sent to the OAuth server."""
    grace = "IBMid-550000GRACE"
    for name in (DATA, MESH):
        desk.fleet.cluster(name).rbac.synchronized_for.add(grace)

    result = desk.log_in(desk.clusters(DATA, MESH), openshift_passcode="not-a-real-passcode-1", concurrency=1)

    assert list(result["sessions"]) == [DATA]
    assert result["sessions"][DATA]["user"]
    (failure,) = result["failures"]
    assert "The one-time passcode allows only one login, and OpenShift cluster data-dev uses it" in failure["msg"]
    assert desk.paths.count("/oauth/authorize") == 1


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        (SHOP, "/version", 401),
        (SHOP, "/version", 403),
        (SHOP, "/selfsubjectreviews", 401),
        (DATA, "/version", 401),
        (DATA, "/users/~", 403),
        (DATA, "/oauth/authorize", 401),
    ],
)
def test_a_rejection_right_after_a_login(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, path: str, status: int, times: int
) -> None:
    """The cluster's caches may not contain the token yet, so the module retries the request once with the same token."""
    rejected: list[str] = []

    def reject(reply: broken_claims.Reply) -> broken_claims.Answer | None:
        if len(rejected) == times or "Authorization" not in reply.request.headers:
            return None
        rejected.append(reply.request.path)
        return status, {"kind": "Status", "status": "Failure", "message": "No.", "code": status}

    records = desk.clusters(name)
    monkeypatch.setitem(broken_claims.CHANGES, "rejection", [broken_claims.Change(path, reject)])
    settings = dataclasses.replace(desk.fleet.cloud.settings, broken_claims=("rejection",))
    monkeypatch.setattr(desk.fleet.cloud, "settings", settings)
    monkeypatch.setattr(f"{Sessions.__module__}._CACHE_DELAY", 0.1)
    result = desk.log_in(records)

    assert len(rejected) == times
    assert desk.paths.count("/identity/token") == (2 if name == SHOP else 0)
    if times == 1:
        assert list(result["sessions"]) == [name]
    else:
        (failure,) = result["failures"]
        assert failure["error"]["status"] == status


@pytest.mark.parametrize(
    ("module", "given"),
    [
        pytest.param(SYNC, {"force": True}, id="rbac-sync"),
        pytest.param(SYNC, {"check_mode": True}, id="rbac-sync-in-check-mode"),
        pytest.param(INFO, {"details": True}, id="info"),
        pytest.param(INFO, {"details": False}, id="info-without-details"),
        pytest.param(ACCESS_INFO, {}, id="access-info"),
    ],
)
def test_other_modules_return_sessions_as_records_without_tokens(desk: Desk, module: Module, given: Result) -> None:
    """Ansible prints the results of these modules."""
    sessions = desk.log_in(desk.clusters(SHOP, DATA))["sessions"]

    result = desk.run(module, {"clusters": list(sessions.values()), **given})

    assert [(record["cluster"], record["id"]) for record in result["clusters"]] == [
        (name, session["id"]) for name, session in sessions.items()
    ]
    assert not {"id_token", "openshift_token", "k8s_auth", "k8s_env"}.intersection(*result["clusters"])
    assert [name for name, session in sessions.items() if session["k8s_auth"]["api_key"] in str(result)] == []
    assert [record["master_url"] for record in result["clusters"]] == [
        session["master_url"] for session in sessions.values()
    ]


# Replaced CAs


def test_a_replaced_ca_is_requested_again(desk: Desk) -> None:
    (record,) = desk.clusters(SHOP)
    current = record["ca_cert_data"]
    record.update(ca_cert_data=OTHER_CA, ca_cert_source="cache")

    (session,) = desk.log_in([record])["sessions"].values()

    assert session["ca_cert_data"] == current
    assert sum("getCACert" in path for path in desk.paths) == 1
    assert (desk.cached(record["id"]) or "").strip() == current.strip()


def _stranger(**more: t.Any) -> Loopback:
    """Return a server that uses a certificate from an unknown CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return Loopback(tls=context, **more)


@pytest.mark.parametrize(("source", "requests"), [("service", 0), ("file", 0), ("cache", 1), ("", 0)])
def test_the_ca_is_requested_again_only_if_it_was_cached(desk: Desk, source: str, requests: int) -> None:
    """A CA that the caller specified is never replaced."""
    (record,) = desk.clusters(SHOP)
    record.update(ca_cert_data=record["ca_cert_data"] if source else "", ca_cert_source=source)
    with _stranger() as server:
        record["master_url"] = server.url

        result = desk.log_in([record])

        assert (server.connections, server.seen) == (1, [])
    assert result["error"]["kind"] == "tls"
    assert sum("getCACert" in path for path in desk.paths) == requests


def test_the_ca_is_not_requested_again_after_a_failed_connection(desk: Desk) -> None:
    (record,) = desk.clusters(SHOP)
    with _stranger(asleep=True) as server:
        record["master_url"] = server.url

        result = desk.log_in([record], retries=0)

    assert result["error"]["kind"] == "connect"
    assert not any("getCACert" in path for path in desk.paths)


# Connections


def _connections(desk: Desk, name: str) -> int:
    """Return the number of connections that the last run made to a cluster."""
    return len({entry.connection for entry in desk.fleet.requests if entry.service == name})


def test_connections_of_another_login_with_the_same_ca_stay_open(desk: Desk) -> None:
    records = desk.clusters(SHOP, MESH)
    id_token = desk.log_in(records[:1])["sessions"][SHOP]["id_token"]
    shared = "".join(record["ca_cert_data"] for record in records)
    records = [{**record, "ca_cert_data": shared, "ca_cert_source": "file"} for record in records]
    cloud = desk.fleet.cloud
    cloud.settings = dataclasses.replace(cloud.settings, latency=Latency(seconds=0.1))
    desk.fleet.log.reset()
    desk.log_in(records[1:])
    alone = _connections(desk, MESH)
    desk.fleet.log.reset()

    result = desk.log_in(records, id_token=id_token)

    assert list(result["sessions"]) == [SHOP, MESH]
    assert _connections(desk, MESH) == alone


def test_no_connection_is_open_after_a_login_or_a_logout(desk: Desk) -> None:
    """A run with many clusters would otherwise have many open connections."""
    (record,) = desk.clusters(MESH)
    left: list[int] = []

    def log_in_and_out(task: Task, cloud: Cloud) -> Result:
        sessions = Sessions(cloud, task.options, ca_folder=task.options.ca_folder)
        session = sessions.open(record)
        left.append(desk.open_connections(MESH))
        assert sessions.close(session)
        left.append(desk.open_connections(MESH))
        return {}

    desk.run(
        Module("cluster_login", log_in_and_out, LOGIN.options_type, LOGIN.options), {"ca_folder": str(desk.folder)}
    )

    assert left == [0, 0]


# Logout


def _is_good(desk: Desk, name: str, session: Result) -> bool:
    """Return whether the session's token will be valid in an hour.

    The cluster accepts a token for a short time after the token is deleted.
    """
    return desk.fleet.cluster(name).tokens.live(session["openshift_token"], desk.fleet.cloud.now() + 3600) is not None


def test_a_logout_revokes_openshift_tokens(desk: Desk) -> None:
    """ID tokens cannot be revoked."""
    sessions = desk.log_in(desk.clusters(SHOP, DATA, MESH))["sessions"]
    files = [session["cluster_ca_file"] for session in sessions.values() if session["ca_cert_data"]]
    assert len(files) == 2

    assert desk.log_out(sessions, check_mode=True)["changed"] is True
    assert [pathlib.Path(file).exists() for file in files] == [True, True]
    assert [_is_good(desk, name, session) for name, session in sessions.items() if name != SHOP] == [True, True]
    desk.fleet.log.reset()
    assert desk.log_out(sessions)["changed"] is True
    assert {entry.service for entry in desk.fleet.requests} == {DATA, MESH}
    # Another run may use the CA files.
    assert [pathlib.Path(file).exists() for file in files] == [True, True]
    assert desk.log_out(sessions)["changed"] is False
    assert [_is_good(desk, name, session) for name, session in sessions.items() if name != SHOP] == [False, False]


def test_a_failed_logout_does_not_stop_the_others(desk: Desk) -> None:
    sessions = desk.log_in(desk.clusters(DATA, MESH))["sessions"]
    sessions[DATA]["master_url"] = "https://evil.example"

    result = desk.log_out(sessions)

    assert (result["failed"], result["changed"]) == (True, True)
    assert [failure["cluster"] for failure in result["failures"]] == [DATA]
    assert not _is_good(desk, MESH, sessions[MESH])
    assert sessions[DATA]["openshift_token"] not in str(result)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    "item",
    [
        pytest.param(DATA, id="name"),
        pytest.param({"id": "a4data0dev0000000000", "name": DATA, "type": "openshift"}, id="record"),
        pytest.param({"openshift_token": "sha256~made-up"}, id="no-id"),
    ],
)
def test_a_logout_requires_sessions(desk: Desk, item: t.Any, check_mode: bool) -> None:
    """A logout requires a token, so a name or a record without a token is rejected."""
    sessions = desk.log_in(desk.clusters(DATA))["sessions"]
    desk.fleet.log.reset()

    result = desk.log_out({**sessions, "other": item}, check_mode=check_mode)

    assert (result["failed"], result["changed"], result["error"]["kind"]) == (True, False, "input")
    assert result["msg"].startswith("cluster_login: clusters[1] ")
    assert desk.fleet.requests == []


def test_check_mode_predicts_a_failed_logout(desk: Desk) -> None:
    sessions = desk.log_in(desk.clusters(DATA, MESH))["sessions"]
    sessions[DATA]["master_url"] = "https://evil.example"
    desk.fleet.log.reset()

    result = desk.log_out(sessions, check_mode=True)

    assert (result["failed"], result["changed"]) == (True, True)
    assert [failure["cluster"] for failure in result["failures"]] == [DATA]
    assert desk.fleet.requests == []


def test_both_sessions_with_a_cluster_are_closed(desk: Desk) -> None:
    clusters = desk.clusters(DATA)
    (first,), (second,) = (desk.log_in(clusters)["sessions"].values() for _login in range(2))

    result = desk.log_out({"first": first, "second": second})

    assert (result["changed"], [entry["cluster"] for entry in result["clusters"]]) == (True, [DATA, DATA])
    assert [_is_good(desk, DATA, session) for session in (first, second)] == [False, False]


def test_a_token_that_is_not_returned_is_revoked(public_ca: trustme.CA) -> None:
    """The cluster issued the token, but the request for the user's name failed."""
    calls: list[str] = []

    def reply(seen: Seen) -> bytes:
        path = seen.target.partition("?")[0]
        calls.append(f"{seen.method} {path}")
        if path == "/.well-known/oauth-authorization-server":
            return answer({"authorization_endpoint": f"{server.url}/oauth/authorize", "issuer": server.url})
        if path == "/oauth/authorize":
            target = (
                f"{server.url}/oauth/token/implicit#access_token=sha256~made-up-token&expires_in=60&token_type=Bearer"
            )
            return answer(status=302, head={"Location": target})
        return answer(status=403 if seen.method == "GET" else 200)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    public_ca.issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(respond(reply), tls=context) as server:
        record = {"id": "c1", "name": "c1", "type": "openshift", "master_url": server.url}
        given = {"clusters": [record], "ibmcloud_api_key": "key", "retries": 0, "ca_folder": "/nowhere"}
        result = _performed(LOGIN, given, {})

    assert result["error"]["kind"] == "permission"
    assert calls[-1].startswith("DELETE ")
    assert "made-up-token" not in str(result)


def test_repr_of_an_open_session_has_no_token() -> None:
    """A traceback can contain the object's ``repr``."""
    address = ClusterEndpoint("https://a.example", None, CLUSTER_DOMAINS)

    assert "SECRET" not in repr(OpenSession(address, "SECRET", 0.0, {}))
