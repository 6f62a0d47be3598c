# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the ``kubeconfig`` module and the file that it writes: accepted paths, the lock, and interrupted runs."""

from __future__ import annotations

import base64
import errno
import fcntl
import os
import random
import signal
import ssl
import subprocess
import sys
import tempfile
import textwrap
import time
import typing as t
import urllib.request

import pytest
import trustme
import yaml
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.private_files import locked
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.kubeconfig import MODULE
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import jwt

if t.TYPE_CHECKING:
    import pathlib

    from simulator import Simulator

URL = "https://c2.us-south.containers.cloud.ibm.com:30422"
Result = dict[str, t.Any]
BOTH_MODES = pytest.mark.parametrize("check_mode", [False, True])


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a separate folder, because other parts of the collection store files in the parent folder."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def _run(path: object, *, check_mode: bool = False, diff: bool = False, **given: t.Any) -> Result:
    defaults = {name: option.get("default") for name, option in MODULE.argument_spec.items()}
    options = {"path": str(path), "name": "shop", "master_url": URL, "openshift_token": "sha256~SECRET", **given}
    started = time.monotonic()
    result, _secrets = execute(
        MODULE, {**defaults, **options}, environ={}, check_mode=check_mode, diff=diff, warn=lambda _text: None
    )
    assert time.monotonic() - started < 5
    assert "SECRET" not in str(result)
    return result


def _names(path: pathlib.Path) -> set[str]:
    return {entry["name"] for entry in yaml.safe_load(path.read_text())["contexts"]}


# Files


@BOTH_MODES
def test_the_contexts_are_returned(folder: pathlib.Path, check_mode: bool) -> None:
    """The result contains the path under the key ``kubeconfig``, which is also the option's name in kubernetes.core."""
    result = _run(folder / "config", check_mode=check_mode)

    assert result == {"changed": True, "kubeconfig": str(folder / "config"), "contexts": ["shop"]}
    assert (folder / "config").exists() is not check_mode
    assert _run(folder / "config", check_mode=check_mode)["changed"] is check_mode
    assert _run(folder / "config", check_mode=check_mode, state="absent")["contexts"] == []


def test_the_diff_is_made_on_request(folder: pathlib.Path) -> None:
    """Without diff mode, the module does not create a diff, because a diff requires time and memory."""
    assert "diff" not in _run(folder / "config")
    diff = _run(folder / "config", diff=True, name="other")["diff"]

    assert "name: other" not in diff["before"]
    assert "name: other" in diff["after"]


@BOTH_MODES
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("device", "is not a regular file"),
        ("fifo", "is not a regular file"),
        ("folder", "is a folder"),
        ("below-a-file", "cannot be read: Not a directory"),
        ("list", "contains :. This character separates files in KUBECONFIG"),
        ("link-to-device", "is not a regular file"),
    ],
)
def test_a_path_that_is_not_a_regular_file_is_rejected(
    folder: pathlib.Path, kind: str, reason: str, state: str, check_mode: bool
) -> None:
    paths = {"device": "/dev/null", "below-a-file": folder / "file" / "config", "list": f"{folder}/a:{folder}/b"}
    path = paths.get(kind, folder / "config")
    (folder / "file").write_text("x")
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        (folder / "config").mkdir()
    elif kind == "link-to-device":
        (folder / "config").symlink_to("/dev/null")
    before = sorted(folder.rglob("*"))

    result = _run(path, check_mode=check_mode, state=state)

    assert (result["failed"], result["error"]["kind"]) == (True, "input")
    assert f"{path} {reason}" in result["msg"]
    assert sorted(folder.rglob("*")) == before


@BOTH_MODES
def test_a_write_protected_file_is_rejected(folder: pathlib.Path, check_mode: bool) -> None:
    """Check mode predicts the error. If the entry already exists, the module does not write to the file, so the task succeeds."""
    path = folder / "config"
    _run(path)
    path.chmod(0o400)

    assert _run(path, check_mode=check_mode)["changed"] is False
    result = _run(path, name="other", check_mode=check_mode)
    assert result["msg"] == f"kubeconfig: {path} is write-protected. The file was not changed."


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@BOTH_MODES
def test_a_file_of_another_user_is_rejected(folder: pathlib.Path, check_mode: bool) -> None:
    """In a shared folder such as /tmp, an attacker may have created the file to read root's token."""
    folder.chmod(0o1777)
    (folder / "config").write_text("")
    os.chown(folder / "config", 1000, 1000)

    assert "it belongs to user 1000" in _run(folder / "config", check_mode=check_mode)["msg"]
    assert (folder / "config").read_text() == ""


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [
        ("https://iam.cloud.ibm.com/identity", ""),
        ("https://iam.test/identity", ""),
        ("https://evil.example/identity", "auth=oidc requires an IAM ID token"),
        ("http://iam.test/identity", "auth=oidc requires an IAM ID token"),
    ],
)
def test_the_issuer_of_an_oidc_entry_must_be_iam(folder: pathlib.Path, issuer: str, reason: str) -> None:
    """kubectl sends the refresh token to the issuer of the ID token."""
    given = {"auth": "oidc", "kubernetes_refresh_token": "REFRESH", "id_token": jwt(iss=issuer, exp=1_900_000_000)}

    result = _run(folder / "config", openshift_token=None, iam_endpoint="https://iam.test", **given)

    assert reason in result.get("msg", "")
    assert bool(result.get("failed")) is bool(reason)
    assert (folder / "config").exists() is not bool(reason)


def test_the_content_of_a_ca_file_is_written(folder: pathlib.Path) -> None:
    """The kubeconfig must not depend on the CA file."""
    pem = trustme.CA().cert_pem.bytes().decode()
    (folder / "ca.pem").write_text(pem)

    _run(folder / "config", cluster_ca_file=str(folder / "ca.pem"))
    given = _run(folder / "config", ca_cert_data=pem)

    (entry,) = yaml.safe_load((folder / "config").read_text())["clusters"]
    assert base64.b64decode(entry["cluster"]["certificate-authority-data"]).decode() == pem
    assert given["changed"] is False
    both = _run(folder / "config", ca_cert_data=pem, cluster_ca_file=str(folder / "ca.pem"))
    assert "ca_cert_data" in both["msg"]
    assert "cluster_ca_file" in both["msg"]
    (folder / "ca.pem").write_text("no certificate")
    assert "cluster_ca_file" in _run(folder / "config", cluster_ca_file=str(folder / "ca.pem"))["msg"]


# Clusters by name


SHOP, LEGACY, DATA = "a1shop0dev0000000000", "0123456789abcdef0123456789abcdef", "a4data0dev0000000000"
# In this kubeconfig, another context uses the user entry of data-dev.
TAKEN = f"""
kind: Config
users: [{{name: data-dev/{DATA}, user: {{token: t}}}}]
contexts: [{{name: mine, context: {{cluster: mine, user: data-dev/{DATA}}}}}]
clusters: []
"""


def _clusters(
    fleet: Simulator,
    path: pathlib.Path | None,
    *,
    check_mode: bool = False,
    diff: bool = False,
    warn: t.Callable[[str], None] = lambda _text: None,
    **given: t.Any,
) -> Result:
    """Run the module with an API key in the environment."""
    defaults = {name: option.get("default") for name, option in MODULE.argument_spec.items()}
    options = {"path": str(path) if path else None, "wait_timeout": 20, "retries": 0, **given}
    result, _secrets = execute(
        MODULE,
        {**defaults, **options},
        environ=fleet.env,
        check_mode=check_mode,
        diff=diff,
        warn=warn,
    )
    for token in ("eyJ", "sha256~"):
        assert token not in str({name: value for name, value in result.items() if name != "kubeconfig_content"})
    return result


def _users(text: str) -> dict[str, str]:
    """Return the type of each user's credentials, keyed by the name of the user entry."""
    document = yaml.safe_load(text)
    return {entry["name"]: "token" if "token" in entry["user"] else "oidc" for entry in document["users"]}


def test_many_clusters_can_be_given_by_name(fleet: Simulator, folder: pathlib.Path) -> None:
    """The current context is the context of the first cluster."""
    result = _clusters(fleet, folder / "config", clusters=["shop-dev", "data-dev", LEGACY])

    names = [f"shop-dev/{SHOP}", f"data-dev/{DATA}", f"legacy-dev/{LEGACY}"]
    assert (result["changed"], result["contexts"], result["failures"]) == (True, names, [])
    assert result["kubeconfig"] == str(folder / "config")
    assert [(entry["cluster"], entry["id"], entry["auth"]) for entry in result["clusters"]] == [
        ("shop-dev", SHOP, "oidc"),
        ("data-dev", DATA, "token"),
        (LEGACY, LEGACY, "oidc"),
    ]
    text = (folder / "config").read_text()
    assert _users(text) == {names[0]: "oidc", names[1]: "token", names[2]: "oidc"}
    assert yaml.safe_load(text)["current-context"] == names[0]
    assert (folder / "config").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("given", "form"), [({"auth": "token"}, "token"), ({"auth": "oidc"}, "oidc"), ({"auth": None}, "oidc")]
)
def test_the_text_of_the_kubeconfig_is_returned(fleet: Simulator, given: Result, form: str) -> None:
    result = _clusters(fleet, None, cluster="shop-dev", name="shop", namespace="team", **given)

    assert result["contexts"] == ["shop"]
    assert "kubeconfig" not in result
    assert _users(result["kubeconfig_content"]) == {"shop": form}
    assert yaml.safe_load(result["kubeconfig_content"])["contexts"][0]["context"]["namespace"] == "team"


@pytest.mark.parametrize("continue_on_error", [False, True])
def test_failed_clusters_do_not_stop_the_others(
    fleet: Simulator, folder: pathlib.Path, continue_on_error: bool
) -> None:
    """For one of the failed clusters, another context already uses the user entry."""
    (folder / "config").write_text(TAKEN)

    names = ["shop-dev", "nowhere", "data-dev"]
    result = _clusters(fleet, folder / "config", clusters=names, continue_on_error=continue_on_error)

    assert result.get("failed", False) is not continue_on_error
    assert {entry["cluster"]: entry["error"]["kind"] for entry in result["failures"]} == {
        "nowhere": "not_found",
        "data-dev": "input",
    }
    assert result["contexts"] == [f"shop-dev/{SHOP}"]
    assert _names(folder / "config") == {"mine", f"shop-dev/{SHOP}"}


def test_an_error_does_not_contain_the_kubeconfig(fleet: Simulator) -> None:
    """Ansible prints the result of a failed task, so this result must not contain the kubeconfig."""
    result = _clusters(fleet, None, clusters=["shop-dev", "nowhere"])

    assert result["failed"] is True
    assert "kubeconfig_content" not in result


def test_check_mode_predicts_the_contexts(fleet: Simulator, folder: pathlib.Path) -> None:
    """Check mode does not synchronize RBAC, so the module cannot log in to the OpenShift cluster."""
    result = _clusters(fleet, folder / "config", clusters=["shop-dev", "data-dev"], check_mode=True, diff=True)

    assert (result["changed"], result["failures"]) == (True, [])
    assert result["contexts"] == [f"shop-dev/{SHOP}", f"data-dev/{DATA}"]
    assert f"name: data-dev/{DATA}" in result["diff"]["after"]
    assert not (folder / "config").exists()
    assert not any(entry.path.endswith("/applyRBAC") for entry in fleet.requests)


def test_sessions_are_written_without_a_login(fleet: Simulator, folder: pathlib.Path) -> None:
    """The sessions have the same form as the results of ``cluster_login``. A separate option contains the refresh token for the ID token."""
    url = fleet.cluster("shop-dev").master_url
    id_token = jwt(iss="https://iam.cloud.ibm.com/identity", exp=1_900_000_000)
    shop = {"id": SHOP, "name": "shop-dev", "type": "kubernetes", "master_url": url, "id_token": id_token}
    data = {"id": DATA, "name": "data-dev", "type": "openshift", "master_url": url, "openshift_token": "sha256~SECRET"}

    both = _clusters(fleet, folder / "config", clusters=[shop, data], id_token=id_token, kubernetes_refresh_token="R")
    one = _clusters(fleet, folder / "one", clusters=[shop], id_token=id_token)
    far = _clusters(fleet, folder / "far", clusters=[{**shop, "master_url": "https://evil.example"}])

    twins = _clusters(fleet, folder / "twins", clusters=[shop, {**data, "name": "shop-dev"}])

    assert [entry["auth"] for entry in both["clusters"]] == ["oidc", "token"]
    assert [entry["cluster"] for entry in twins["clusters"]] == ["shop-dev", DATA]
    assert twins["contexts"] == [f"shop-dev/{SHOP}", f"shop-dev/{DATA}"]
    assert [entry["auth"] for entry in one["clusters"]] == ["token"]
    assert "evil.example is not a host in the allowed domains" in far["msg"]
    assert fleet.requests == []
    assert not (folder / "far").exists()


def _openshift_logins(fleet: Simulator) -> tuple[int, int]:
    """Return how many tokens the OpenShift clusters issued and revoked."""
    issued = [entry for entry in fleet.requests if entry.path.endswith("/oauth/authorize") and entry.status == 302]
    revoked = [entry for entry in fleet.requests if entry.method == "DELETE" and entry.status == 200]
    return len(issued), len(revoked)


@pytest.mark.parametrize(
    ("given", "revoked"),
    [
        pytest.param({}, 0, id="written"),
        pytest.param({"path": None}, 0, id="returned"),
        pytest.param({"path": None, "check_mode": True}, 0, id="returned-in-check-mode"),
        pytest.param({"check_mode": True}, 1, id="check-mode"),
        pytest.param({"auth": "exec"}, 1, id="exec"),
        pytest.param({"content": TAKEN}, 1, id="entry-of-another-context"),
        pytest.param({"path": None, "clusters": ["data-dev", "nowhere"]}, 1, id="not-returned-with-a-failure"),
        pytest.param({"clusters": ["data-dev", "nowhere"]}, 0, id="written-with-a-failure"),
    ],
)
def test_an_openshift_token_that_is_not_stored_is_revoked(
    fleet: Simulator, folder: pathlib.Path, given: Result, revoked: int
) -> None:
    """An unused token would remain valid for a day."""
    fleet.cluster("data-dev").rbac.synchronized_for.add("IBMid-2700ABCDEF")
    if "content" in given:
        (folder / "config").write_text(given["content"])
    options = {"path": folder / "config", "cluster": None if "clusters" in given else "data-dev", **given}
    options.pop("content", None)

    _clusters(fleet, **options)

    assert _openshift_logins(fleet) == (1, revoked)


def test_a_given_session_is_not_closed(fleet: Simulator, folder: pathlib.Path) -> None:
    """Other tasks may use the given session."""
    url = fleet.cluster("data-dev").master_url
    given = {"id": DATA, "name": "data-dev", "type": "openshift", "master_url": url, "openshift_token": "sha256~SECRET"}

    _clusters(fleet, folder / "config", clusters=[given], auth="exec")

    assert fleet.requests == []


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        pytest.param({"master_url": URL}, [], id="default"),
        pytest.param(
            {"master_url": "https://a.example", "allowed_hosts": ["a.example", "b.example"]},
            ["--allowed-hosts=a.example,b.example"],
            id="domains",
        ),
        pytest.param({"master_url": "https://127.0.0.1", "allowed_hosts": []}, ["--allowed-hosts="], id="none"),
    ],
)
def test_the_exec_plugin_gets_the_allowed_hosts(
    fleet: Simulator, folder: pathlib.Path, given: Result, arguments: list[str]
) -> None:
    """The task's allowed hosts also apply to the exec plugin."""
    session = {
        "id": DATA,
        "type": "openshift",
        "master_url": given.pop("master_url"),
        "openshift_token": "sha256~SECRET",
    }

    _clusters(fleet, folder / "config", clusters=[session], auth="exec", exec_command=["plugin", "--no-cache"], **given)

    (user,) = yaml.safe_load((folder / "config").read_text())["users"]
    assert user["user"]["exec"]["args"] == ["--no-cache", *arguments, DATA]


@pytest.mark.parametrize("master_url", ["https://evil.example", "", None])
def test_an_unusable_session_fails_its_cluster_only(
    fleet: Simulator, folder: pathlib.Path, master_url: str | None
) -> None:
    good = {"id": DATA, "type": "openshift", "master_url": URL, "openshift_token": "sha256~SECRET"}
    bad = {**good, "id": SHOP, "name": "shop-dev", "master_url": master_url}

    result = _clusters(fleet, folder / "config", clusters=[bad, good], continue_on_error=True)

    assert [(entry["cluster"], entry["error"]["kind"]) for entry in result["failures"]] == [("shop-dev", "input")]
    assert _names(folder / "config") == {f"{DATA}/{DATA}"}


@pytest.mark.parametrize("auth", ["token", "oidc"])
def test_a_refresh_token_without_its_id_token_is_not_written(fleet: Simulator, folder: pathlib.Path, auth: str) -> None:
    """The given refresh token and the ID token that the module obtains may belong to different identities."""
    foreign = "FOREIGN-REFRESH-TOKEN"

    result = _clusters(fleet, folder / "config", cluster="shop-dev", auth=auth, kubernetes_refresh_token=foreign)

    assert [entry["auth"] for entry in result["clusters"]] == [auth]
    assert foreign not in (folder / "config").read_text()


def test_a_refresh_token_belongs_to_the_session_of_the_record(fleet: Simulator, folder: pathlib.Path) -> None:
    id_token = jwt(iss="https://iam.cloud.ibm.com/identity", exp=1_900_000_000)
    url = fleet.cluster("shop-dev").master_url
    shop = {"id": SHOP, "name": "shop-dev", "type": "kubernetes", "master_url": url, "id_token": id_token}

    _clusters(fleet, folder / "config", clusters=[shop], auth="oidc", kubernetes_refresh_token="GIVEN-REFRESH-TOKEN")

    (user,) = yaml.safe_load((folder / "config").read_text())["users"]
    config = user["user"]["auth-provider"]["config"]
    assert (config["id-token"], config["refresh-token"]) == (id_token, "GIVEN-REFRESH-TOKEN")


def test_an_empty_list_of_clusters_changes_nothing(fleet: Simulator, folder: pathlib.Path) -> None:
    result = _clusters(fleet, folder / "config", clusters=[])

    assert (result["changed"], result["contexts"], result["clusters"]) == (False, [], [])
    assert not (folder / "config").exists()
    assert fleet.requests == []


def test_clusters_are_removed_without_a_request(fleet: Simulator, folder: pathlib.Path) -> None:
    """Clusters can be given by name, by ID or as records. A name that matches several contexts is an error."""
    first, second, third = (f"b{number}{'0' * 18}" for number in (1, 2, 3))
    for name in (f"shop/{first}", f"shop/{second}", f"data/{third}", f"mesh/{LEGACY}", "mine"):
        _run(folder / "config", name=name)

    several = _clusters(fleet, folder / "config", cluster="shop", state="absent")
    removed = _clusters(fleet, folder / "config", clusters=[second, "data", {"id": LEGACY}, "mine"], state="absent")

    assert f"shop matches several contexts: shop/{first}, shop/{second}" in several["msg"]
    assert (removed["changed"], removed["contexts"]) == (True, [])
    assert _names(folder / "config") == {f"shop/{first}", "mine"}
    assert _clusters(fleet, folder / "config", cluster="data", state="absent")["changed"] is False
    assert fleet.requests == []


@pytest.mark.parametrize(
    ("context", "cluster", "is_admin"),
    [
        pytest.param("arn:aws:eks:eu-west-1:123456789012:cluster/prod", "prod", False, id="eks"),
        pytest.param(f"arn:aws:eks:eu-west-1:123456789012:cluster/{SHOP}", SHOP, False, id="eks-name-like-an-id"),
        pytest.param("default/api-shop:6443/admin", "api-shop:6443", True, id="oc-admin"),
        pytest.param("default/api-shop:6443", "default", False, id="oc"),
        pytest.param("shop/prod", "shop", False, id="no-id"),
    ],
)
def test_contexts_of_other_tools_are_not_removed(
    fleet: Simulator, folder: pathlib.Path, context: str, cluster: str, is_admin: bool
) -> None:
    """Like the context names of this collection, the names of these contexts contain a slash."""
    _run(folder / "config", name=context)

    removed = _clusters(fleet, folder / "config", cluster=cluster, admin=is_admin, state="absent")

    assert removed["changed"] is False
    assert _names(folder / "config") == {context}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "Set cluster, clusters or master_url"),
        ({"master_url": URL}, "name is required with master_url"),
        ({"cluster": "a", "clusters": ["a"]}, "Set cluster or clusters, not both"),
        ({"cluster": "a", "master_url": URL}, "cluster and master_url are mutually exclusive"),
        ({"clusters": ["a"], "openshift_token": "T"}, "clusters and openshift_token are mutually exclusive"),
        ({"clusters": ["a", "b"], "name": "c"}, "name cannot be set for several clusters"),
        ({"state": "absent"}, "state=absent requires name, cluster or clusters"),
        ({"state": "absent", "cluster": "a", "path": None}, "path is required with state=absent"),
    ],
)
def test_conflicting_options_are_rejected(fleet: Simulator, folder: pathlib.Path, given: Result, reason: str) -> None:
    path = None if "path" in given else folder / "config"
    result = _clusters(fleet, path, **{name: value for name, value in given.items() if name != "path"})

    assert reason in result["msg"]
    assert "\n" not in result["msg"]
    assert fleet.requests == []


# Entries of administrators


def _admin(fleet: Simulator, path: pathlib.Path | None, **given: t.Any) -> Result:
    """Run the module with ``admin=true``, and verify that the result does not contain the private key."""
    given = {"clusters": ["shop-dev", "data-dev"], **given}
    result = _clusters(fleet, path, admin=True, **{name: value for name, value in given.items() if value is not None})
    for secret in ("PRIVATE KEY", base64.b64encode(b"-----BEGIN EC PRIVATE").decode()):
        assert secret not in str(result)
    return result


def _can_list_namespaces(fleet: Simulator, path: pathlib.Path, context: str) -> bool:
    """Return whether the API server accepts the client certificate in the context's user entry."""
    document = yaml.safe_load(path.read_text())
    found = {
        kind: next(one[kind] for one in document[f"{kind}s"] if one["name"] == context) for kind in ("cluster", "user")
    }
    pems = {name: base64.b64decode(value).decode() for name, value in found["user"].items()}
    assert set(pems) == {"client-certificate-data", "client-key-data"}
    ca = base64.b64decode(found["cluster"].get("certificate-authority-data", "")).decode()
    client = ssl.create_default_context(cadata=ca or None, cafile=None if ca else str(fleet.ca_path))
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join(pems.values()))
        file.flush()
        client.load_cert_chain(file.name)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=client))
    with opener.open(f"{found['cluster']['server']}/api/v1/namespaces", timeout=10) as answer:
        return bool(answer.status == 200)


def test_an_administrator_needs_no_synchronization(fleet: Simulator, folder: pathlib.Path) -> None:
    """For each cluster, the module requests one kubeconfig from the containers API. The module does not send requests to the clusters."""
    path = folder / "config"
    user = _clusters(fleet, path, clusters=["shop-dev"], auth="token")["contexts"]
    fleet.reset()

    result = _admin(fleet, path, diff=True)

    names = [f"shop-dev/{SHOP}/admin", f"data-dev/{DATA}/admin"]
    assert (result["changed"], result["contexts"], result["failures"]) == (True, names, [])
    assert [(entry["cluster"], entry["auth"], entry["expires_at"]) for entry in result["clusters"]] == [
        ("shop-dev", "certificate", ""),
        ("data-dev", "certificate", ""),
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert _names(path) == {*user, *names}
    assert "client-key-data: (hidden)" in result["diff"]["after"]
    paths = [entry.path.rpartition("/")[2] for entry in fleet.requests if entry.service == "containers"]
    assert sorted(paths) == ["getClusters", "getClusters", "getKubeconfig", "getKubeconfig"]
    assert {entry.service for entry in fleet.requests} == {"iam", "containers"}
    assert all(_can_list_namespaces(fleet, path, name) for name in names)


def test_check_mode_does_not_store_an_administrators_key(fleet: Simulator, folder: pathlib.Path) -> None:
    """Check mode predicts the change, and fails for a cluster that is not found."""
    assert _admin(fleet, folder / "config", check_mode=True)["changed"] is True
    assert list(folder.iterdir()) == []
    failed = _admin(fleet, folder / "config", check_mode=True, clusters=["shop-dev", "nowhere"])
    assert [entry["cluster"] for entry in failed["failures"]] == ["nowhere"]
    assert failed["failed"] is True


def test_removal_separates_administrators_from_users(fleet: Simulator, folder: pathlib.Path) -> None:
    shop, admin = f"shop/{SHOP}", f"admin/{DATA}"
    for name in (shop, f"{shop}/admin", admin, f"{admin}/admin"):
        _run(folder / "config", name=name)

    assert _clusters(fleet, folder / "config", clusters=[SHOP], state="absent")["changed"] is True
    assert _names(folder / "config") == {f"{shop}/admin", admin, f"{admin}/admin"}
    assert _admin(fleet, folder / "config", clusters=["shop", "admin"], state="absent")["changed"] is True
    assert _names(folder / "config") == {admin}
    assert _clusters(fleet, folder / "config", clusters=["admin"], state="absent")["changed"] is True
    assert _names(folder / "config") == set()


def test_an_administrators_entry_is_a_warning(fleet: Simulator, folder: pathlib.Path) -> None:
    """A task emits one warning for all new entries."""
    warnings: list[str] = []
    for clusters in (["shop-dev", "data-dev"], ["nowhere"]):
        _admin(fleet, folder / "config", clusters=clusters, warn=warnings.append)

    (warning,) = warnings
    assert f"The new entries in {folder / 'config'} bypass IAM and RBAC, and neither can revoke them." in warning


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"auth": "exec"}, "admin and auth are mutually exclusive"),
        ({"auth": "oidc"}, "admin and auth are mutually exclusive"),
        ({"id_token": jwt(exp=1_900_000_000)}, "admin and id_token are mutually exclusive"),
        ({"path": False}, "path is required with admin. The private key is written only to a file."),
        ({"clusters": None, "name": "a", "master_url": URL}, "cluster or clusters is required with admin"),
    ],
)
def test_options_that_conflict_with_admin_are_rejected(
    fleet: Simulator, folder: pathlib.Path, given: Result, reason: str
) -> None:
    path = None if given.pop("path", True) is False else folder / "config"
    result = _admin(fleet, path, **given)

    assert reason in result["msg"]
    assert "\n" not in result["msg"]
    assert not (folder / "config").exists()
    assert fleet.requests == []


# The lock


def test_the_lock_of_kubectl_is_respected(folder: pathlib.Path) -> None:
    """kubectl creates the lock file with mode 0. The module never removes this file, because the lock may be in use."""
    lock = folder / "config.lock"
    lock.touch(mode=0)

    reason = r"config was not changed: .*config\.lock has existed for 0 s"
    with pytest.raises(InputError, match=reason) as caught, locked(str(folder / "config"), timeout=0.1):
        pass

    assert "If no program is changing it, remove the lock file." in str(caught.value)
    assert lock.exists()


def test_the_task_waits_for_the_lock_of_another_task(folder: pathlib.Path) -> None:
    path = str(folder / "config")
    with locked(path):
        assert (folder / "config.lock").exists()
        with pytest.raises(InputError, match="another task has held") as caught, locked(path, held_timeout=0.1):
            pass
    assert "remove" not in str(caught.value)
    assert list(folder.iterdir()) == []


def test_a_lock_of_another_program_is_not_removed(folder: pathlib.Path) -> None:
    """Another program may have replaced the lock file of this process."""
    path = str(folder / "config")
    with locked(path):
        (folder / "config.lock").unlink()
        (folder / "config.lock").touch(mode=0)
    assert (folder / "config.lock").exists()
    (folder / "config.lock").unlink()
    with locked(path):
        (folder / "config.lock").unlink()


def test_the_lock_works_without_flock(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without flock, the lock works as in kubectl: the process that created the lock file holds the lock."""

    def unsupported(_descriptor: int, _operation: int) -> t.NoReturn:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    path = str(folder / "config")
    with locked(path):
        with pytest.raises(InputError, match=r"config\.lock has existed for 0 s"), locked(path, timeout=0.1):
            pass
        assert (folder / "config.lock").exists()
    assert list(folder.iterdir()) == []


def test_an_error_releases_the_lock(folder: pathlib.Path) -> None:
    for error in (ValueError, KeyboardInterrupt, SystemExit):
        with pytest.raises(error), locked(str(folder / "config")):
            raise error
        assert list(folder.iterdir()) == []


HOLD = """
    with locked(PATH):
        print("held", flush=True)
        time.sleep(60)
"""
WRITE = """
    print("held", flush=True)
    while True:
        with locked(PATH):
            write(PATH, "token: SECRET\\n" * 20000)
"""


def _start(code: str, path: pathlib.Path) -> subprocess.Popen[str]:
    """Start a separate process and wait until it is running."""
    head = f"""
    import sys, time
    sys.path[:0] = {sys.path!r}
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.private_files import locked, write
    PATH = {str(path)!r}
    """
    program = textwrap.dedent(head) + textwrap.dedent(code)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _end(process: subprocess.Popen[str], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(20)
    finally:
        process.kill()
    assert process.stdout is not None
    process.stdout.close()


def test_the_lock_of_a_killed_process_is_taken_over(folder: pathlib.Path) -> None:
    """The operating system has released the lock of the killed process, so the task does not wait."""
    process = _start(HOLD, folder / "config")
    with pytest.raises(InputError, match="another task"), locked(str(folder / "config"), held_timeout=0.2):
        pass
    _end(process, signal.SIGKILL)
    assert (folder / "config.lock").exists()

    assert _run(folder / "config")["changed"] is True
    assert [file.name for file in folder.iterdir()] == ["config"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_no_lock_and_no_temporary_file(folder: pathlib.Path, how: signal.Signals) -> None:
    """The temporary file would contain a token."""
    chance = random.Random(int(how))
    for number in range(12):
        path = folder / f"{number}" / "config"
        process = _start(WRITE, path)
        time.sleep(chance.uniform(0, 0.03))
        _end(process, how)

        assert process.returncode != 0
        assert [file.name for file in path.parent.glob("*") if file.name != "config"] == []


def test_concurrent_processes_lose_no_change(folder: pathlib.Path) -> None:
    """Another process is killed while it holds the lock."""
    path = folder / "config"
    code = """
    from ansible_collections.ibmcloud.kubernetes.tests.unit.clusters.test_kubeconfig_module import _run
    print("held", flush=True)
    result = [_run(PATH, name=f"NAME-{number}") for number in range(10)]
    sys.exit(any(item.get("failed", False) for item in result))
    """
    processes = [_start(code.replace("NAME", f"p{number}"), path) for number in range(4)]
    victim = _start(HOLD, path)
    _end(victim, signal.SIGKILL)
    for process in processes:
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()

    # If the killed process was the last to hold the lock, its lock file still exists. The next change removes the file.
    _run(path, name="last")
    assert _names(path) == {"last", *(f"p{process}-{number}" for process in range(4) for number in range(10))}
    assert [file.name for file in folder.iterdir()] == ["config"]
