# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the facts about clusters, including whether a cluster is usable."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.cluster_facts import (
    cluster_facts,
    master_url,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.cluster_states import final_state, is_usable
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError, LookupFailed

PUBLIC, PRIVATE, VPE = "https://pub.example:1", "https://priv.example:2", "https://vpe.example:3"
NESTED: dict[str, t.Any] = {
    "publicServiceEndpointEnabled": True,
    "publicServiceEndpointURL": PUBLIC,
    "privateServiceEndpointEnabled": True,
    "privateServiceEndpointURL": PRIVATE,
}


@pytest.mark.parametrize(
    ("record", "endpoints", "master"),
    [
        pytest.param(
            {"masterURL": PUBLIC, "serviceEndpoints": NESTED, "virtualPrivateEndpointURL": VPE},
            (PUBLIC, PRIVATE, VPE),
            PUBLIC,
            id="VPC",
        ),
        pytest.param({"masterURL": PUBLIC, **NESTED}, (PUBLIC, PRIVATE, ...), PUBLIC, id="classic"),
        pytest.param({"masterURL": PUBLIC}, (..., ..., ...), PUBLIC, id="list-entry"),
        pytest.param(
            {"serviceEndpoints": {**NESTED, "publicServiceEndpointEnabled": False}},
            (None, PRIVATE, ...),
            PRIVATE,
            id="public-disabled",
        ),
        pytest.param(
            {"serviceEndpoints": {"publicServiceEndpointURL": PUBLIC}}, (PUBLIC, ..., ...), PUBLIC, id="no-flags"
        ),
        pytest.param(
            {**NESTED, "serviceEndpoints": {**NESTED, "publicServiceEndpointEnabled": False}},
            (None, PRIVATE, ...),
            PRIVATE,
            id="disabled-below-and-enabled-above",
        ),
        pytest.param(
            {"privateServiceEndpointEnabled": False, "serviceEndpoints": NESTED},
            (PUBLIC, None, ...),
            PUBLIC,
            id="enabled-below-and-disabled-above",
        ),
        pytest.param(
            {"serviceEndpoints": {"publicServiceEndpointURL": ""}, "publicServiceEndpointURL": PUBLIC},
            (PUBLIC, ..., ...),
            PUBLIC,
            id="empty-below-and-set-above",
        ),
        pytest.param({"serverURL": PRIVATE, "masterURL": ""}, (..., ..., ...), PRIVATE, id="old-API"),
        pytest.param({"serverURL": PRIVATE, "masterURL": PUBLIC}, (..., ..., ...), PUBLIC, id="both-APIs"),
        pytest.param({"masterURL": f" {PUBLIC}\n"}, (..., ..., ...), PUBLIC, id="blanks"),
        pytest.param(
            {"masterURL": None, "serviceEndpoints": None, "virtualPrivateEndpointURL": ""},
            (..., ..., ...),
            None,
            id="none-yet",
        ),
        pytest.param({"masterURL": 7, "serviceEndpoints": []}, (..., ..., ...), None, id="wrong-types"),
    ],
)
def test_cluster_facts_have_endpoints_and_master_url(
    record: dict[str, t.Any], endpoints: tuple[t.Any, t.Any, t.Any], master: str | None
) -> None:
    """Disabled endpoints are null. Endpoints that the record does not contain are absent."""
    facts = cluster_facts({"id": "c1", **record})

    kinds = zip(("public", "private", "vpe"), endpoints, strict=True)
    assert facts["endpoints"] == {kind: url for kind, url in kinds if url is not ...}
    assert facts["master_url"] == master
    assert {name: facts[name] for name in record} == record


@pytest.mark.parametrize(
    ("endpoint", "url"), [("auto", PUBLIC), ("public", PUBLIC), ("private", PRIVATE), ("vpe", VPE)]
)
def test_the_chosen_endpoint_is_used(endpoint: str, url: str) -> None:
    """With ``auto``, the URL is the ``masterURL`` in the service's record."""
    facts = cluster_facts({"masterURL": PUBLIC, "serviceEndpoints": NESTED, "virtualPrivateEndpointURL": VPE})

    assert master_url(facts, endpoint) == url


@pytest.mark.parametrize("endpoint", ["private", "vpe"])
def test_a_missing_endpoint_is_an_error(endpoint: str) -> None:
    """F95: the error lists the available endpoints."""
    facts = cluster_facts({"name": "shop", "publicServiceEndpointURL": PUBLIC})

    with pytest.raises(InputError, match=f"Cluster shop has no {endpoint} endpoint") as caught:
        master_url(facts, endpoint)

    assert caught.value.hint == "Available endpoints: public."


@pytest.mark.parametrize("endpoint", ["auto", "public"])
@pytest.mark.parametrize(("state", "shown"), [("deploying", "deploying"), (None, "unknown")])
def test_a_cluster_without_an_endpoint_is_not_ready(endpoint: str, state: str | None, shown: str) -> None:
    """F93: the error contains the state of the cluster."""
    facts = cluster_facts({"id": "c1", "state": state})

    with pytest.raises(LookupFailed, match=f"Cluster c1 has no masterURL; its state is {shown}") as caught:
        master_url(facts, endpoint)

    assert caught.value.kind == "not_ready"
    # The hint names the module, because the other modules and the lookups cannot wait for the deployment.
    assert "set wait=true in ibmcloud.kubernetes.cluster_info" in caught.value.hint


FINAL = ("aborted", "deleted", "deleting", "delete_failed", "deploy_failed")
HEALTHY = {"masterState": "deployed", "masterHealth": "normal"}


@pytest.mark.parametrize("endpoint", ["auto", "public"])
@pytest.mark.parametrize("state", FINAL)
def test_the_hint_for_a_final_state_does_not_advise_to_wait(endpoint: str, state: str) -> None:
    with pytest.raises(LookupFailed, match=f"Cluster c1 has no masterURL; its state is {state}") as caught:
        master_url(cluster_facts({"id": "c1", "state": state}), endpoint)

    assert caught.value.kind == "not_ready"
    assert caught.value.hint.startswith("A cluster in this state never becomes ready.")


@pytest.mark.parametrize(
    ("record", "usable"),
    [
        *[pytest.param({"state": state}, True, id=state) for state in ("normal", "warning", "unsupported")],
        *[
            pytest.param({"state": state}, False, id=f"{state}-alone")
            for state in ("critical", "deploying", "pending", "requested", "updating", "new-state", None, ["normal"])
        ],
        *[
            pytest.param({"state": state, "lifecycle": HEALTHY}, True, id=f"{state}-healthy")
            for state in ("critical", "pending", "updating", None)
        ],
        pytest.param({"state": "pending", **HEALTHY}, True, id="v1"),
        *[
            pytest.param({"state": "critical", "lifecycle": {**HEALTHY, **other}}, False, id=f"critical-{other}")
            for other in ({"masterHealth": "error"}, {"masterState": "updating"}, {"masterState": ["deployed"]})
        ],
        pytest.param({"state": "critical", "lifecycle": "deployed"}, False, id="lifecycle-is-text"),
        pytest.param({"state": "normal", "masterURL": None}, False, id="no-address"),
        pytest.param({"state": "normal", "masterURL": " "}, False, id="blank-address"),
    ],
)
def test_usable_clusters(record: dict[str, t.Any], usable: bool) -> None:
    """A usable cluster has a URL, and its state or the state of its master shows that the API responds."""
    assert is_usable(cluster_facts({"masterURL": PUBLIC, **record})) is usable


@pytest.mark.parametrize(
    ("record", "state"),
    [
        *[pytest.param({"state": state}, state, id=state) for state in FINAL],
        *[
            pytest.param({"state": "pending", "lifecycle": {"masterState": state}}, state, id=f"master-{state}")
            for state in ("deleting", "delete_failed", "deploy_failed")
        ],
        pytest.param({"state": "deploying", "masterState": "deploy_failed"}, "deploy_failed", id="v1"),
        *[
            pytest.param({"state": state}, "", id=f"{state}-is-not")
            for state in ("critical", "deploying", "normal", "pending", "requested", "updating", "unsupported", None)
        ],
        *[
            pytest.param({"state": "normal", "lifecycle": {"masterState": state}}, "", id=f"master-{state}-is-not")
            for state in ("update_failed", "update_cancelled", "scaled down", None, ["deleting"])
        ],
    ],
)
def test_final_states(record: dict[str, t.Any], state: str) -> None:
    assert final_state(record) == state


LINK = "c03.private.eu-gb.link.satellite.cloud.ibm.com:32835"
HOST = "us-south.containers.cloud.ibm.com:30422"


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        pytest.param(
            f"https://c111.private.{HOST}", "openshift", f"https://c111-e.private.{HOST}", id="private-OpenShift"
        ),
        pytest.param(f"https://c111-e.private.{HOST}", "openshift", f"https://c111-e.private.{HOST}", id="has-it"),
        pytest.param(
            f"https://C111.Private.{HOST.upper()}",
            "openshift",
            f"https://C111-e.Private.{HOST.upper()}",
            id="upper-case",
        ),
        pytest.param(
            "https://c9.private.sjc03.containers.cloud.ibm.com:2",
            "openshift",
            "https://c9-e.private.sjc03.containers.cloud.ibm.com:2",
            id="zone",
        ),
        pytest.param(f"https://{LINK}", "openshift", f"https://{LINK}", id="Satellite-Link"),
        pytest.param("https://c1.private.example", "openshift", "https://c1.private.example", id="other-domain"),
        pytest.param(f"https://c111.private.{HOST}", "kubernetes", f"https://c111.private.{HOST}", id="Kubernetes"),
        pytest.param(f"https://c111.private.{HOST}", None, f"https://c111.private.{HOST}", id="no-type"),
        pytest.param(f"https://c111.{HOST}", "openshift", f"https://c111.{HOST}", id="public"),
        pytest.param(f"https://c111-e.{HOST}", "openshift", f"https://c111-e.{HOST}", id="public-that-has-it"),
        pytest.param(f"https://x1.private.{HOST}", "openshift", f"https://x1.private.{HOST}", id="other-name"),
        pytest.param(f"https://c1.x.private.{HOST}", "openshift", f"https://c1.x.private.{HOST}", id="further-right"),
    ],
)
@pytest.mark.parametrize("endpoint", ["auto", "private"])
def test_private_urls_of_openshift_have_the_host_name_with_a_signed_certificate(
    url: str, kind: str | None, expected: str, endpoint: str
) -> None:
    """The certificate contains the host name that IBM's clients use, but not the host name in the service's records."""
    facts = cluster_facts({"type": kind, "masterURL": url, "privateServiceEndpointURL": url})

    assert master_url(facts, endpoint) == expected
    assert facts["masterURL"] == url
