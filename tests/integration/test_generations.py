# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow each edition of IBM's page "Setting up the API" with the modules, and compare the requests and results with the page.

The requests use the page's host names over verified TLS, through the simulator's proxy.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from simulator import Simulator
from simulator.request_log import Entry

from .conftest import HERE, Ansible, ansible_beside, leaks
from .generation_steps import Comparison, claims
from .generation_tables import CLUSTER_V1, PAGES

if t.TYPE_CHECKING:
    from pathlib import Path

ENDPOINTS = (
    *("IBMCLOUD_IAM_API_ENDPOINT", "IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT", "IBMCLOUD_CS_API_ENDPOINT"),
    *("IBMCLOUD_MCCP_API_ENDPOINT", "IBMCLOUD_API_GENERATION", "IC_REGION", "IC_API_KEY"),
)
# The value of the placeholder <region> in each edition of the page
REGIONS = {"2017": "ng", "2020": "us-south"}
# The clusters in each simulated world, because the pages do not show cluster lists. In API generation 2017, each region has its own list.
LISTED = {
    "2017": {"us-south mycluster classic", "eu-central mycluster-eu classic"},
    "2020": {"us-south mycluster classic"},
    "2021": {"us-south mycluster classic", "us-south myvpccluster vpc-gen2"},
    "2025": {"us-south mycluster classic", "us-south myvpccluster vpc-gen2"},
}


def on_documented_hosts(ansible: Ansible) -> str:
    """Remove the simulator's URLs from the environment, and return the URL of the proxy for the documented hosts."""
    for name in ENDPOINTS:
        ansible.env.pop(name, None)
    return ansible.sim.proxy_url


def walked(ansible: Ansible, page: str) -> dict[str, t.Any]:
    """Run the page's playbook, and return the results of the playbook's modules."""
    sim = ansible.sim
    user = next(who for who in sim.world.identities if who.password)
    for state in sim.cloud.clusters:
        state.rbac.seconds = 0
    variables = {
        "proxy": on_documented_hosts(ansible),
        "username": user.email,
        "password": user.password,
        "api_key": user.api_keys[0].key,
        "first_code": user.passcodes[0],
        "second_code": user.passcodes[1],
    }
    run = ansible.run(str(HERE / "plays" / f"walk-{page}.yml"), "-vvvv", "-e", ansible.variables(**variables))
    assert run.rc == 0, run.output
    assert leaks(run.output, sim) == []
    return run.found


def places(sim: Simulator, found: dict[str, t.Any], page: str) -> dict[str, str]:
    """Return the values for the placeholders on the page."""
    account, cluster = sim.world.identities[0].api_keys[0].account, sim.cluster("mycluster")
    known = {
        "<account_ID>": account,
        "<account_name>": sim.cloud.accounts[account].name,
        "<cluster_ID>": cluster.cluster.id,
        "<masterURL>": cluster.master_url or "",
        "<region>": REGIONS.get(page, ""),
    }
    if "spaces" in found:
        organization = sim.world.organizations[0]
        space = organization.spaces[0]
        known.update(
            {
                "<bluemix_org_id>": organization.guid,
                "<bluemix_org_name>": organization.name,
                "<bluemix_space_id>": space.guid,
                "<bluemix_space_name>": space.name,
            }
        )
    return known


@pytest.mark.parametrize("page", list(PAGES))
def test_requests_and_results_match_the_page(tmp_path: Path, page: str) -> None:
    """Only the differences that ``PAGES`` lists are allowed."""
    with ansible_beside(f"document-{page}", tmp_path) as ansible:
        found = walked(ansible, page)
        sim, steps = ansible.sim, PAGES[page]
        made = [entry for entry in sim.requests if entry.service != "control"]
        comparison = Comparison(sim, found, places(sim, found, page))

        titles = [f"{entry.method} {entry.host}{entry.path}" for entry in made]
        assert len(made) == len(steps), titles
        differences = []
        for step, entry in zip(steps, made, strict=True):
            said = [*comparison.of_request(step, entry), *comparison.of_result(step)]
            differences += [f"{step.title}: {words}" for words in said]
        assert differences == []
        lists = found["listed"].get("results", [found["listed"]])
        listed = [(each.get("item"), cluster) for each in lists for cluster in each["clusters"]]
        assert {f"{of['region']} {of['name']} {of['provider']}" for _item, of in listed} == LISTED[page]
        assert all(item in (None, of["region"]) for item, of in listed)
        # Check the page's statements about the two logins, and facts that the example outputs do not show.
        account = sim.world.identities[0].api_keys[0].account
        for way in ("password", "key", "passcode"):
            bound = claims(found[f"second_{way}"]["access_token"])["account"]["bss"]
            assert bound == account == found[f"second_{way}"]["account_id"]
        assert "account_id" not in found["first_password"]
        assert claims(found["renewed"]["access_token"])["account"]["bss"] == account
        assert found["renewed"]["access_token"] != found["second_password"]["access_token"]


@pytest.mark.parametrize("page", list(PAGES))
def test_each_difference_has_a_reason(page: str) -> None:
    """Added fields must not be on the page, and skipped fields must be on the page."""
    for step in PAGES[page]:
        fields, output = set(step.fields()), set(step.output or ())
        assert fields.isdisjoint(step.added), step.title
        assert fields.issuperset(step.skipped), step.title
        assert output >= {*step.not_returned, *step.other}, step.title
        reasons = [*step.added.values(), *step.skipped.values(), *step.not_returned.values(), *step.other.values()]
        assert all(len(reason.split()) >= 3 for reason in reasons), step.title


# The request for a login with a password on the 2017 page
PRINTED = Entry(
    service="iam",
    endpoint="",
    method="POST",
    path="/oidc/token",
    query={},
    client="bx",
    header_names=("Accept", "Authorization", "Content-Type", "Host"),
    form_fields=("grant_type", "password", "response_type", "uaa_client_id", "uaa_client_secret", "username"),
    json_keys=(),
    status=200,
    connection=1,
    at=0.0,
    fault="",
    cluster="",
    host="iam.ng.bluemix.net",
    form={
        "grant_type": "password",
        "response_type": "cloud_iam, uaa",
        "uaa_client_id": "cf",
        "uaa_client_secret": "",
    },
)
OTHERWISE: dict[str, dict[str, t.Any]] = {
    "another method": {"method": "PUT"},
    "another host": {"host": "iam.bluemix.net"},
    "another path": {"path": "/identity/token"},
    "a query": {"query": {"cluster": "mycluster"}},
    "another status": {"status": 400},
    "another client": {"client": "default"},
    "a header too few": {"header_names": ("Content-Type", "Host")},
    "a header too many": {"header_names": (*PRINTED.header_names, "X-Region")},
    "a field too few": {"form_fields": PRINTED.form_fields[:-1]},
    "a field too many": {"form_fields": (*PRINTED.form_fields, "bss_account")},
    "another spelling": {"form_fields": tuple(name.replace("_id", "_ID") for name in PRINTED.form_fields)},
    "another value": {"form": {**PRINTED.form, "response_type": "cloud_iam uaa"}},
    "a secret where none was": {"form": {**PRINTED.form, "uaa_client_secret": "***"}},
    "a body in JSON": {"json_keys": ("grant_type",)},
}


def test_a_different_request_is_reported() -> None:
    step = PAGES["2017"][0]
    with Simulator("document-2017") as sim:
        comparison = Comparison(sim, {}, {"<region>": "ng"})

        for name, change in {"nothing": {}, **OTHERWISE}.items():
            said = list(comparison.of_request(step, dataclasses.replace(PRINTED, **change)))
            assert len(said) == (1 if change else 0), (name, said)


def test_a_different_result_is_reported() -> None:
    cluster = {**CLUSTER_V1, "publicServiceEndpointURL": "https://127.0.0.1:27078"}
    step = next(step for step in PAGES["2020"] if step.result == "detail.cluster")
    changes = [{"name": "other"}, {"vlans": []}, {"multiAzCapable": 1}, {"workerZones": []}, {"id": "missing"}]
    changes += [{"publicServiceEndpointURL": CLUSTER_V1["publicServiceEndpointURL"]}]
    with Simulator("document-2020") as sim:
        for change in ({}, *changes):
            comparison = Comparison(sim, {"detail": {"cluster": {**cluster, **change}}}, {})

            assert len(list(comparison.of_result(step))) == len(change), change
