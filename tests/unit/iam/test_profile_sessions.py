# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of a trusted profile's sessions: ID tokens from kubeconfigs, and rejected logins to OpenShift clusters."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import LookupFailed, ResponseError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.auth import BearerAuth
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, execute
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE as INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_login import MODULE as LOGIN
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE as SYNC
from ansible_collections.ibmcloud.kubernetes.plugins.modules.iam_token import MODULE as IAM_TOKEN
from ansible_collections.ibmcloud.kubernetes.plugins.modules.openshift_token import MODULE as OPENSHIFT_TOKEN
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, respond
from ansible_collections.ibmcloud.kubernetes.tests.unit.profiles import (
    ADA_KEY,
    AUTOMATION,
    DEPLOYER_KEY,
    asked,
    pod_file,
)

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient

    from simulator import Simulator

Result = dict[str, t.Any]
SHOP, PAY, DATA = "shop-prod", "pay-prod", "data-prod"
ME = f"IAM#iam-{AUTOMATION}".lower().replace("iam#", "IAM#")


class Desk:
    """Runs modules against the simulated fleet, without the API key in the environment."""

    def __init__(self, fleet: Simulator, folder: Path) -> None:
        for name in (SHOP, PAY, DATA):
            fleet.cluster(name).rbac.synchronized_for.add(f"iam-{AUTOMATION}")
        self.fleet = fleet
        self.folder = folder
        self.ways: dict[str, Result] = {
            "key": {"ibmcloud_api_key": DEPLOYER_KEY, "profile_id": AUTOMATION},
            "pod": {"cr_token_file": pod_file(fleet, folder), "profile_id": AUTOMATION},
            "vpc": {"vpc_instance": True},
        }

    def run(self, module: Module, given: Result) -> Result:
        defaults = {name: option["default"] for name, option in module.argument_spec.items() if "default" in option}
        around = {name: value for name, value in self.fleet.env.items() if name != "IC_API_KEY"}
        folder = {"ca_folder": str(self.folder / "ca")} if "ca_folder" in module.options else {}
        result, _secrets = execute(
            module, {**defaults, **folder, **given}, environ=around, check_mode=False, warn=lambda _text: None
        )
        return result

    def clusters(self, *names: str) -> list[Result]:
        found = self.run(INFO, {"clusters": list(names), "ca": True, "endpoint": "auto", **self.ways["pod"]})
        self.fleet.log.reset()
        return t.cast("list[Result]", found["clusters"])


@pytest.fixture
def desk(fleet: Simulator, tmp_path: Path) -> Desk:
    return Desk(fleet, tmp_path)


@pytest.mark.parametrize("way", ["key", "pod", "vpc"])
def test_each_cluster_has_a_separate_id_token(desk: Desk, way: str) -> None:
    """Each cluster reports the profile as the user."""
    result = desk.run(LOGIN, {"clusters": desk.clusters(SHOP, PAY), **desk.ways[way]})

    sessions = {session["cluster"]: session for session in result["clusters"]}
    assert {name: (session["user"], session["authorized"]) for name, session in sessions.items()} == {
        SHOP: (ME, True),
        PAY: (ME, True),
    }
    assert len({session["id_token"] for session in sessions.values()}) == 2
    assert all(session["expires_at"] for session in sessions.values())
    wanted = {entry.cluster for entry in desk.fleet.requests if entry.path.endswith("/getKubeconfig")}
    assert wanted == {"d1shop0prod000000000", "d2pay0prod0000000000"}
    assert asked(desk.fleet).count("getKubeconfig") == 2


@pytest.mark.parametrize("way", ["key", "pod", "vpc"])
def test_cluster_login_logs_in_once_for_all_clusters(desk: Desk, way: str) -> None:
    result = desk.run(LOGIN, {"clusters": [SHOP, PAY], **desk.ways[way]})

    assert {session["user"] for session in result["clusters"]} == {ME}
    grants = [call for call in asked(desk.fleet) if call.startswith(("bx", "kube", "default", "token", "iam_token"))]
    assert (
        grants
        == {"key": ["bx apikey", "default assume"], "pod": ["default cr_token"], "vpc": ["token", "iam_token"]}[way]
    )


def test_a_valid_given_id_token_is_used(desk: Desk) -> None:
    """If the given ID token is valid, the module does not request the kubeconfig."""
    clusters = desk.clusters(SHOP)
    first = desk.run(LOGIN, {"clusters": clusters, **desk.ways["pod"]})["cluster"]
    desk.fleet.log.reset()

    again = desk.run(LOGIN, {"clusters": clusters, **desk.ways["pod"], "id_token": first["id_token"]})["cluster"]

    assert again["id_token"] == first["id_token"]
    assert "getKubeconfig" not in asked(desk.fleet)


def test_an_access_token_of_a_profile_is_sufficient(desk: Desk) -> None:
    """The token's claims show the module that the token belongs to a profile."""
    first = desk.run(IAM_TOKEN, {**desk.ways["pod"]})
    desk.fleet.log.reset()

    result = desk.run(LOGIN, {"cluster": SHOP, "access_token": first["access_token"]})

    assert result["cluster"]["user"] == ME
    assert not [entry for entry in desk.fleet.requests if entry.service in ("iam", "metadata")]


@pytest.mark.parametrize("way", ["key", "pod", "vpc", "passcode"])
def test_a_login_to_openshift_is_rejected(desk: Desk, way: str) -> None:
    """A profile cannot log in to an OpenShift cluster, and an API key would log in as a different identity."""
    given = dict(desk.ways["pod" if way == "passcode" else way])
    if way == "passcode":
        given["openshift_passcode"] = "not-a-real-passcode-1"

    result = desk.run(LOGIN, {"cluster": DATA, **given})

    words = (
        "An OpenShift login with an API key or a passcode uses the identity of that credential's owner, not the trusted profile"
        if way in ("key", "passcode")
        else "A trusted profile cannot log in to an OpenShift cluster, which accepts only an API key or a one-time passcode"
    )
    assert words in result["msg"]
    assert (result["error"]["kind"], "\n" in result["msg"]) == ("input", False)
    assert not [entry for entry in desk.fleet.requests if entry.service == DATA]


def test_a_rejected_cluster_does_not_stop_the_others(desk: Desk) -> None:
    result = desk.run(LOGIN, {"clusters": [SHOP, DATA], **desk.ways["pod"], "continue_on_error": True})

    assert [session["cluster"] for session in result["clusters"]] == [SHOP]
    assert [failure["cluster"] for failure in result["failures"]] == [DATA]


def test_openshift_token_rejects_a_profile(desk: Desk) -> None:
    url = desk.fleet.cluster(DATA).master_url
    for given, words in (
        (
            {"ibmcloud_api_key": ADA_KEY, "profile_id": AUTOMATION},
            "uses the identity of that credential's owner, not the trusted profile",
        ),
        (desk.ways["pod"], "An OpenShift login requires an API key or a one-time passcode"),
    ):
        assert words in desk.run(OPENSHIFT_TOKEN, {"master_url": url, **given})["msg"]
    assert desk.fleet.requests == []


# Kubeconfigs without an ID token


def test_a_service_without_id_tokens_for_profiles_is_an_error(desk: Desk) -> None:
    """Whether IBM's service issues ID tokens to profiles has not been verified."""
    desk.fleet.cloud.settings = dataclasses.replace(desk.fleet.cloud.settings, profile_id_tokens=False)

    result = desk.run(LOGIN, {"clusters": desk.clusters(SHOP), **desk.ways["pod"]})

    assert "The kubeconfig of cluster d1shop0prod000000000 does not contain an ID token" in result["msg"]
    assert "Use the API key of a user or a service ID instead" in result["msg"]
    assert not [entry for entry in desk.fleet.requests if entry.service == SHOP]


def containers(http: HttpClient, url: str, learnt: list[str]) -> Containers:
    return Containers(http, url, BearerAuth(lambda: "token"), register_secret=learnt.append)


def kubeconfig(config: t.Any) -> dict[str, t.Any]:
    return {"users": [{"name": "me", "user": {"auth-provider": {"name": "oidc", "config": config}}}]}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"users": None},
        {"users": []},
        {"users": ["me"]},
        {"users": [{"user": {"token": "x"}}]},
        {"users": [{"user": {"auth-provider": "oidc"}}]},
        kubeconfig(None),
        kubeconfig({"id-token": None}),
        kubeconfig({"id-token": ""}),
        kubeconfig({"id-token": ["x"]}),
    ],
)
def test_a_kubeconfig_without_an_id_token_is_an_error(http: HttpClient, document: dict[str, t.Any]) -> None:
    with Loopback(respond(lambda _seen: answer(document))) as server, pytest.raises(LookupFailed) as caught:
        containers(http, server.url, []).id_token("one")

    assert (caught.value.kind, str(caught.value).partition(".")[0]) == (
        "not_found",
        "The kubeconfig of cluster one does not contain an ID token",
    )


@pytest.mark.parametrize("token", ["SECRET two", "SECRET", "a.SECRET!.c"])
def test_an_invalid_id_token_in_a_kubeconfig_is_an_error(http: HttpClient, token: str) -> None:
    """The client registers the token as a secret, and the error does not contain the token."""
    learnt: list[str] = []
    document = kubeconfig({"id-token": token})
    with Loopback(respond(lambda _seen: answer(document))) as server, pytest.raises(ResponseError) as caught:
        containers(http, server.url, learnt).id_token("one")

    assert "get the kubeconfig of cluster one failed: " in str(caught.value)
    assert "id-token in the kubeconfig is not a token" in str(caught.value)
    assert ("SECRET" in str(caught.value), learnt) == (False, [token])


def test_the_id_token_is_read_from_the_kubeconfig(http: HttpClient) -> None:
    learnt: list[str] = []
    token = jwt(exp=NOW)
    with Loopback(respond(lambda _seen: answer(kubeconfig({"id-token": token})))) as server:
        assert containers(http, server.url, learnt).id_token("one") == token

    assert [seen.target for seen in server.seen] == ["/v2/getKubeconfig?cluster=one&format=json"]
    assert learnt == [token]


# Secrets


@pytest.mark.parametrize("way", ["key", "pod", "vpc"])
@pytest.mark.parametrize("trouble", ["none", "refused", "expired", "id", "rbac"])
def test_messages_contain_no_secret(desk: Desk, way: str, trouble: str) -> None:
    """Tokens appear only in the documented results of a successful run."""
    cloud = desk.fleet.cloud
    if trouble == "refused":
        who = cloud.identities[f"iam-{AUTOMATION}"]
        cloud.identities[who.iam_id] = dataclasses.replace(
            who, trust=dataclasses.replace(who.trust, identities=(), service_accounts=(), vpc_instance="no")
        )
    elif trouble == "expired":
        cloud.expire_compute_tokens()
        cloud.identities = {name: dataclasses.replace(who, api_keys=()) for name, who in cloud.identities.items()}
    elif trouble == "id":
        cloud.settings = dataclasses.replace(cloud.settings, profile_id_tokens=False)
    elif trouble == "rbac":
        desk.fleet.cluster(SHOP).rbac.synchronized_for.clear()
        desk.fleet.cluster(SHOP).rbac.outcome = "error"

    result = desk.run(SYNC if trouble == "rbac" else LOGIN, {"cluster": SHOP, **desk.ways[way]})

    shown = {name: value for name, value in result.items() if name in ("msg", "error", "failures")}
    if trouble != "none" and not (trouble == "expired" and way == "vpc"):
        assert result["failed"]
    assert [name for name, secret in desk.fleet.secrets.items() if secret in str(shown)] == []
    assert "eyJ" not in str(shown)
