# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the request log and the control address: the log and the responses must not contain secrets."""

from __future__ import annotations

import dataclasses
import json
import time

import requests
from simulator_tests.calls import ADA_DEV_KEY, APIKEY, Api, ok
from simulator_tests.legacy_calls import UAA


def test_each_request_has_an_entry(fleet: Api) -> None:
    token = fleet.access_token()
    fleet.iam({"grant_type": APIKEY, "apikey": "wrong"}, None)
    fleet.containers(token, "getCluster", params={"cluster": "shop-dev"})
    fleet.containers(token, "applyRBAC", json={"cluster": "shop-dev"})
    fleet.cluster("shop-dev", "/version")
    fleet.accounts(None)
    entries = fleet.sim.requests
    seen = [(entry.service, entry.method, entry.path, entry.client, entry.status) for entry in entries]
    assert seen == [
        ("iam", "POST", "/identity/token", "bx", 200),
        ("iam", "POST", "/identity/token", "default", 400),
        ("containers", "GET", "/global/v2/getCluster", "bearer", 200),
        ("containers", "POST", "/global/v2/applyRBAC", "bearer", 200),
        ("shop-dev", "GET", "/version", "none", 200),
        ("accounts", "GET", "/coe/v2/accounts", "none", 401),
    ]
    assert entries[0].form_fields == ("apikey", "grant_type")
    assert "Authorization" in entries[0].header_names
    assert entries[2].query == {"cluster": "shop-dev"}
    assert entries[3].json_keys == ("cluster",)
    assert entries[4].endpoint == "public"
    assert entries[0].connection == entries[1].connection != entries[2].connection == entries[3].connection


def test_an_entry_has_the_time_and_the_cluster(fleet: Api) -> None:
    before = time.monotonic()
    token = fleet.access_token()
    fleet.containers(token, "getCluster", params={"cluster": "a1shop0dev0000000000"})
    fleet.containers(token, "applyRBAC", json={"cluster": "shop-dev"})
    fleet.containers(token, "applyRBAC", json=["shop-dev"])
    fleet.containers(token, "classic/getClusters")
    fleet.containers(token, "applyRBAC", json={"cluster": token})
    fleet.cluster("shop-dev", "/version", params={"cluster": "shop-dev"})
    entries = fleet.sim.requests
    assert [entry.cluster for entry in entries] == ["", "a1shop0dev0000000000", "shop-dev", "", "", "***", ""]
    times = [before, *(entry.at for entry in entries), time.monotonic()]
    assert times == sorted(times)


def test_connections_have_numbers(fleet: Api) -> None:
    url = fleet.sim.iam_url + "/healthz"
    for _time in range(2):
        requests.get(url, verify=str(fleet.sim.ca_path), timeout=5)
    first, second = (entry.connection for entry in fleet.sim.requests)
    assert first != second


def test_no_secret_is_logged(fleet: Api) -> None:
    tokens = fleet.kube_tokens()
    secrets = [ADA_DEV_KEY, *(tokens[name] for name in ("access_token", "id_token", "refresh_token"))]
    for secret in secrets:
        fleet.iam({secret: secret}, params={"apikey": secret})
        fleet.iam(secret, headers={"Content-Type": "application/x-www-form-urlencoded"})
        fleet.containers(secret, "applyRBAC", json={secret + "x" * 40: secret}, params={"token": secret})
        fleet.cluster("shop-dev", "/version", secret, params={"access_token": secret})
    fleet.accounts(tokens["access_token"], "/coe/v2/accounts/" + tokens["access_token"])
    log = json.dumps([dataclasses.asdict(entry) for entry in fleet.sim.requests])
    for secret in secrets[1:]:
        assert secret not in log
        assert secret[:60] not in log


def test_hosts_and_form_values_are_logged_without_secrets(document_2020: Api) -> None:
    """A value is logged only if the value's field and format are known."""
    form = {
        "grant_type": "refresh_token",
        "response_type": "cloud_iam uaa",
        "refresh_token": "not-a-real-token",
        "uaa_client_ID": "cf",
        "uaa_client_secret": "",
        "bss_account": "1111a1aa1a1111a1aa11aa11111a1111",
    }
    document_2020.iam(form, headers={"Host": "IAM.bluemix.net:443"})
    entry = document_2020.sim.requests[-1]
    assert entry.host == "iam.bluemix.net"
    assert entry.form == {name: value for name, value in form.items() if name != "refresh_token"}
    assert entry.form_fields == tuple(sorted(form))

    document_2020.iam({"grant_type": APIKEY, "apikey": "x", "profile_id": "", "unknown": "y"})
    assert document_2020.sim.requests[-1].form == {"grant_type": APIKEY, "profile_id": ""}
    assert document_2020.sim.requests[-1].host == "127.0.0.1"
    document_2020.sim.log.reset()
    document_2020.send("GET", document_2020.sim.iam_url + "/healthz")
    assert document_2020.sim.requests[-1].form == {}


def test_a_secret_in_another_field_is_not_logged(document_2020: Api) -> None:
    reply = ok(document_2020.iam({"grant_type": APIKEY, "apikey": "not-a-real-api-key-of-ada", **UAA}))
    fields = ("grant_type", "response_type", "uaa_client_id", "uaa_client_secret", "account", "bss_account", "scope")
    others = ("receiver_client_ids", "delegated_refresh_token_expiry", "profile_id", "profile_crn", "client_id")
    secrets = document_2020.sim.secrets.values()
    assert {reply["uaa_token"], reply["uaa_refresh_token"]} <= set(secrets)
    for secret in secrets:
        for field in (*fields, *others):
            document_2020.iam({field: secret})
            assert document_2020.sim.requests[-1].form == {field: "***"}
    for token in (reply["access_token"], reply["uaa_token"]):
        document_2020.send("GET", document_2020.sim.containers_url + f"/v1/clusters/{token}")
        assert document_2020.sim.requests[-1].cluster == "***"
    host = reply["access_token"].replace("_", "-")
    document_2020.send("GET", document_2020.sim.iam_url + "/healthz", headers={"Host": host})
    assert document_2020.sim.requests[-1].host == "***"
    log = json.dumps([dataclasses.asdict(entry) for entry in document_2020.sim.requests])
    for secret in (reply["uaa_token"], reply["uaa_refresh_token"], reply["access_token"], host):
        assert secret not in log
        assert secret[:60] not in log


def test_the_cluster_of_a_v1_path_is_logged(document_2020: Api) -> None:
    for path in ("/v1/clusters/mycluster", "/global/v1/clusters/mycluster/config", "/v1/clusters", "/v1/regions"):
        document_2020.send("GET", document_2020.sim.containers_url + path)
    assert [entry.cluster for entry in document_2020.sim.requests] == ["mycluster", "mycluster", "", ""]


def test_the_control_address_returns_log_and_state(fleet: Api) -> None:
    fleet.synchronized("shop-dev")
    url = fleet.sim.control_url
    assert requests.get(url + "/requests", timeout=5).json() == [
        json.loads(json.dumps(dataclasses.asdict(entry))) for entry in fleet.sim.requests
    ]
    state = requests.get(url + "/state", timeout=5).json()
    assert (state["world"], state["generation"]) == ("fleet", "current")
    assert state["proxy"] == fleet.sim.proxy_url
    shop = next(cluster for cluster in state["clusters"] if cluster["name"] == "shop-dev")
    assert shop["urls"] == fleet.sim.cluster("shop-dev").urls
    assert shop["rbac"]["IBMid-2700ABCDEF"] == {"synchronized": True, "error": False}
    assert shop["rbac"]["IBMid-310000EDGER"] == {"synchronized": False, "error": False}
    assert requests.post(url + "/reset-log", timeout=5).status_code == 204
    assert fleet.sim.requests == []
    text = json.dumps(state)
    for identity in fleet.sim.world.identities:
        assert not any(key.key in text for key in identity.api_keys)


def test_reset_restores_the_world(fleet: Api) -> None:
    token = fleet.tokens()["refresh_token"]
    fleet.synchronized("shop-dev")
    fleet.sim.cloud.advance(1000)
    fleet.sim.reset()
    assert fleet.sim.requests == []
    assert fleet.sim.cluster("shop-dev").rbac.applied == {}
    assert fleet.iam({"grant_type": "refresh_token", "refresh_token": token}).json()["errorCode"] == "BXNIM0407E"
