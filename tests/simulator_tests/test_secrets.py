# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of ``Simulator.secrets``, which contains every secret of the world and every issued secret."""

from __future__ import annotations

import re
import typing as t

import pytest
from simulator_tests.calls import ADA_DEV_KEY, ADA_PASSWORD, GRACE_PASSCODE, Api, Response, ok
from simulator_tests.container_calls import call
from simulator_tests.legacy_calls import UAA, kubeconfig, scoped, tokens, v1
from simulator_tests.oauth_calls import authorize, exchange, login, query_of, synchronized
from simulator_tests.profile_calls import AUTOMATION, iam_token, instance

# A JWT, a secret from an OAuth server, a refresh token of any kind, or a session cookie
SECRET = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+|sha256~[\w-]{43}|(?:OKD|drt|uaa)-sim-[\w+/=]+|(?<=ssn=)[\w-]+")


@pytest.fixture
def issued(fleet: Api, document_2020: Api) -> t.Iterator[set[str]]:
    """Collect all strings in the responses that look like secrets."""
    found: set[str] = set()

    def note(response: Response, **_options: t.Any) -> None:
        text = f"{response.text} {response.headers.get('Location', '')} {response.headers.get('Set-Cookie', '')}"
        found.update(SECRET.findall(text.replace("\\/", "/")))

    for api in (fleet, document_2020):
        api._session.hooks["response"] = [note]
    yield found
    for api in (fleet, document_2020):
        api._session.hooks["response"] = []


def test_issued_secrets_are_listed(fleet: Api, issued: set[str]) -> None:
    given = set(fleet.sim.secrets.values())
    assert {ADA_DEV_KEY, GRACE_PASSCODE, ADA_PASSWORD} <= given
    kube = fleet.kube_tokens()
    ok(call(fleet, fleet.access_token(), "getKubeconfig", "shop-dev"))
    synchronized(fleet, "data-dev")
    token = login(fleet, "data-dev")
    code = query_of(authorize(fleet, "data-dev", query={"response_type": "code"}))["code"]
    exchanged = ok(exchange(fleet, "data-dev", {"code": code}))["access_token"]
    identity = instance(fleet)
    profile = ok(iam_token(fleet, identity, {"trusted_profile": {"id": AUTOMATION}}))["access_token"]
    pod = fleet.sim.cr_token("shop-prod", "ansible/runner")

    assert {kube["id_token"], kube["refresh_token"], token, code, exchanged, identity, profile} <= issued
    assert issued | {pod} <= set(fleet.sim.secrets.values()) - given
    # The session cookies of the two logins
    assert len([secret for secret in issued if re.fullmatch(r"[\w-]{43}", secret)]) == 2


def test_issued_secrets_of_earlier_generations_are_listed(document_2020: Api, issued: set[str]) -> None:
    reply = tokens(document_2020, **UAA)
    config = kubeconfig(v1(document_2020, "/v1/clusters/mycluster/config", scoped(document_2020)))[0]
    settings = config["users"][0]["user"]["auth-provider"]["config"]
    in_zip = {settings["id-token"], settings["refresh-token"]}

    assert {reply["uaa_token"], reply["uaa_refresh_token"]} <= issued
    assert issued | in_zip <= set(document_2020.sim.secrets.values())


def test_a_reset_removes_issued_secrets(fleet: Api) -> None:
    synchronized(fleet, "data-dev")
    before = fleet.sim.secrets
    login(fleet, "data-dev")
    assert len(fleet.sim.secrets) == len(before) + 2
    fleet.sim.reset()
    assert fleet.sim.secrets == before
