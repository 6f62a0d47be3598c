# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the ``live_check`` module with the unchanged simulator, and with simulators that each break one claim."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._live.claim_checks import CHECKS
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._live.claims import CLAIMS
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.live_check import MODULE

from simulator import Simulator, load_world
from simulator.broken_claims import CERTIFICATE, CHANGES

if t.TYPE_CHECKING:
    import pathlib

PROFILE = {"ibmcloud_api_key": "", "vpc_instance": True}


class Scenario(t.NamedTuple):
    """A run and the claims that it confirms.

    The run cannot confirm the claims in ``only_broken``, but contradicts each of these claims that the simulator breaks.
    """

    world: str
    options: dict[str, t.Any]
    confirmed: tuple[str, ...]
    only_broken: tuple[str, ...] = ()


SCENARIOS = {
    "user": Scenario(
        "fleet",
        {"clusters": ["shop-dev", "data-dev"], "apply_rbac": True},
        (
            *("one-step-delegation", "account-fields", "account-state", "invalid-token-code", "list-fields"),
            *(
                "vpc-classic-empty",
                "ca-role",
                "kubeconfig-ca",
                "kubeconfig-name",
                "rbac-request",
                CERTIFICATE,
                "usable-states",
            ),
        ),
        ("rbac-both-flags", "cluster-token-delay", "rate-limit", "new-cluster"),
    ),
    "service ID": Scenario(
        "fleet",
        {"clusters": ["shop-prod"], "ibmcloud_api_key": "not-a-real-key/deployer+prod="},
        ("service-user-name",),
    ),
    "profile": Scenario("fleet", {**PROFILE, "clusters": ["shop-prod"]}, ("profile-id-token", "metadata-version")),
    "private endpoint": Scenario(
        "fleet",
        {"clusters": ["data-dev"], "apply_rbac": True, "endpoint": "private"},
        ("openshift-private-oauth",),
    ),
    "new cluster": Scenario("lifecycle", {"clusters": ["new-dev"]}, ("rbac-new-cluster",)),
}
SHOWN = {claim: name for name, one in SCENARIOS.items() for claim in (*one.confirmed, *one.only_broken)}


def run(sim: Simulator, *, check_mode: bool = False, **given: t.Any) -> dict[str, t.Any]:
    for state in sim.cloud.clusters:
        state.rbac.seconds = 0
    options = MODULE.argument_spec
    defaults = {name: option["default"] for name, option in options.items() if "default" in option}
    environ = dict(sim.env)
    if given.get("vpc_instance"):
        del environ["IC_API_KEY"]
    given = {**defaults, "retries": 0, "rate_limit": 0, **given}
    result, _secrets = execute(MODULE, given, environ=environ, check_mode=check_mode, warn=lambda _text: None)
    return result


def outcomes(result: dict[str, t.Any], outcome: str) -> set[str]:
    return {claim["id"] for claim in result["claims"] if claim["outcome"] == outcome}


def test_each_check_has_a_broken_world() -> None:
    assert set(CHECKS) == {CERTIFICATE, *CHANGES} == set(SHOWN)
    assert {claim.id for claim in CLAIMS if claim.how} == set(CHECKS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_claims_are_confirmed(name: str) -> None:
    """All responses match the documented shapes, and a run sends at most the number of requests that check mode announces."""
    scenario = SCENARIOS[name]
    with Simulator(scenario.world) as sim:
        announced = run(sim, check_mode=True, **scenario.options)
        assert sim.requests == []
        result = run(sim, **scenario.options)
        paths = [entry.path for entry in sim.requests]

    assert "failed" not in result, result["msg"]
    assert (outcomes(result, "contradicted"), result["failures"]) == (set(), [])
    assert outcomes(result, "confirmed") >= set(scenario.confirmed)
    assert not outcomes(result, "confirmed") & set(scenario.only_broken)
    assert (result["differences"], result["new_fields"]) == ([], [])
    assert (result["requests"], announced["changed"]) == (len(paths), result["changed"])
    assert announced["requests"] / 4 < len(paths) <= announced["requests"]
    assert ("/global/v2/applyRBAC" in paths) is result["changed"]


@pytest.mark.parametrize("claim", SHOWN)
def test_a_broken_claim_is_contradicted(claim: str) -> None:
    """Only the broken claim is contradicted. If the option ``compare`` contains the report, the module returns the same result."""
    scenario = SCENARIOS[SHOWN[claim]]
    world = load_world(scenario.world)
    settings = dataclasses.replace(world.settings, broken_claims=(claim,))
    with Simulator(dataclasses.replace(world, settings=settings)) as sim:
        result = run(sim, **scenario.options)
        again = run(sim, compare=json.loads(json.dumps(result["report"])))

    assert outcomes(result, "contradicted") == {claim}
    assert [line for line in result["summary"] if line.startswith("CONTRADICTED")]
    assert (again["claims"], again["summary"]) == (result["claims"], result["summary"])


def needles(sim: Simulator) -> dict[str, str]:
    """Return the simulated world's values that a report must not contain, keyed by description."""
    world = sim.world
    texts = {
        **sim.secrets,
        **{f"account {one.id}": one.id for one in world.accounts},
        **{f"name of account {one.id}": one.name for one in world.accounts},
        **{f"IAM ID of {who.name}": who.iam_id for who in world.identities},
        **{f"name of {who.name}": who.name for who in world.identities},
        **{f"e-mail of {who.name}": who.email for who in world.identities if who.email},
        **{f"group {one.id}": one.id for one in world.resource_groups},
        **{f"group {one.id} by name": one.name for one in world.resource_groups if one.name != "default"},
        "loopback": "127.0.0.1",
    }
    for state in sim.cloud.clusters:
        cluster = state.cluster
        texts |= {f"{cluster.id} {kind}": url.removeprefix("https://") for kind, url in state.urls.items()}
        values = {"id": cluster.id, "name": cluster.name, "region": cluster.region, "CA": state.ca_pem.decode()}
        texts |= {f"{cluster.id} {name}": value for name, value in values.items() if value}
    parts = {
        f"{name}, part {number}": part
        for name, text in texts.items()
        for number, part in enumerate(re.split(r"[.@ /+=-]", text))
        if len(part) > 4 and name.startswith(("e-mail", "IAM ID", "name", "signed"))
    }
    return {**texts, **parts}


def forms(text: str) -> set[str]:
    data = text.encode()
    digests = [hashlib.new(kind, data, usedforsecurity=False).hexdigest() for kind in ("md5", "sha1", "sha256")]
    encoded = [base64.b64encode(data).decode().rstrip("="), base64.urlsafe_b64encode(data).decode().rstrip("=")]
    quoted = [urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text), json.dumps(text)[1:-1], data.hex()]
    return {form.lower() for form in (text, *digests, *encoded, *quoted)}


def leaks(report: t.Any, sim: Simulator) -> list[str]:
    """Return the descriptions of the values that the report contains in any form.

    The word ``Profile``, which is part of the profiles' IAM IDs, is not a leak.
    """
    text = json.dumps(report).lower()
    words = {"profile"}
    return [
        name
        for name, needle in needles(sim).items()
        if needle.lower() not in words and any(form in text for form in forms(needle))
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_report_contains_no_value(name: str) -> None:
    scenario = SCENARIOS[name]
    with Simulator(scenario.world) as sim:
        report = run(sim, **scenario.options)["report"]

        assert leaks(report, sim) == []
        assert leaks({**report, "x": "see ada@example.com"}, sim) != []


def test_names_of_new_fields_are_reported() -> None:
    """The report does not contain keys that may be names, email addresses or IDs."""
    world = load_world("fleet")
    people = {
        "ada@example.com": 1,
        "Ada": 2,
        "ada": 3,
        "a1shop0dev0000000000": 4,
        "shop-dev": 5,
        "shopDev": 6,
        "isNew": True,
    }
    clusters = tuple(dataclasses.replace(one, record={**people, "owners": people}) for one in world.clusters)
    with Simulator(dataclasses.replace(world, clusters=clusters)) as sim:
        result = run(sim, clusters=["shop-dev"])

        assert "get a cluster, HTTP 200: isNew: boolean" in result["new_fields"]
        assert "get a cluster, HTTP 200: owners: object" in result["new_fields"]
        assert leaks(result["report"], sim) == []


def test_a_failed_login_fails_the_module(fleet: Simulator) -> None:
    result = run(fleet, ibmcloud_api_key="wrong")

    assert (result["failed"], result["error"]["kind"]) == (True, "auth")
    assert len(fleet.requests) == 1


def test_failed_steps_are_returned(fleet: Simulator) -> None:
    """The cluster ``nowhere`` does not exist, and the RBAC of the OpenShift cluster ``data-dev`` is not synchronized."""
    result = run(fleet, clusters=["nowhere", "data-dev"])

    messages = {failure["cluster"]: failure["msg"] for failure in result["failures"]}
    assert list(messages) == ["nowhere: find the cluster", "data-dev: log in to the cluster"]
    assert messages["data-dev: log in to the cluster"] == (
        "The login to cluster data-dev was skipped, because its RBAC is not synchronized. Set apply_rbac=true, or synchronize RBAC with "
        "ansible-playbook ibmcloud.kubernetes.rbac_sync."
    )
    assert result["report"]["errors"] == [
        {"step": "find the cluster", "cluster": "", "kind": "not_found", "status": 0},
        {"step": "log in to the cluster", "cluster": "openshift vpc-gen2", "kind": "not_ready", "status": 0},
    ]
    assert not [entry for entry in fleet.requests if entry.path == "/oauth/authorize"]


@pytest.mark.parametrize(
    "report", [{}, {"claims": [], "calls": [{}]}, {"claims": [{"id": "x"}], "calls": []}, {"claims": 1}]
)
def test_a_file_that_is_not_a_report_is_rejected(fleet: Simulator, report: dict[str, t.Any]) -> None:
    assert "compare is not a report" in run(fleet, compare=report)["msg"]
    assert fleet.requests == []


def test_the_version_check_needs_no_credentials(fleet: Simulator, tmp_path: pathlib.Path) -> None:
    fleet.env.pop("IC_API_KEY", None)
    result = run(fleet, check_mode=True, ibmcloud_api_key="")

    assert set(result["versions"]) == {"collection", "python", "openssl", "requests", "urllib3"}
