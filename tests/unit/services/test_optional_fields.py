# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of responses in which a field is missing, is null or has another type, for all modules that read lists."""

from __future__ import annotations

import copy
import json
import math
import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules import (
    account_info,
    cf_space_info,
    cluster_info,
    region_info,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import access_token
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Seen, answer, respond

Path = tuple[str | int, ...]

VALUES: dict[str, t.Any] = {
    "missing": ...,
    "null": None,
    "number": 7,
    "boolean": True,
    "text": "x",
    "empty": "",
    "list": [1],
    "object": {"a": 1},
    "nested": [[{"a": [None]}]],
}
GOOD: dict[str, t.Any] = {
    "id": "c1aaaaaaaaaaaaaaaaaa",
    "name": "shop",
    "region": "eu-de",
    "location": "Frankfurt",
    "resourceGroup": "0f1e2d3c",
    "resourceGroupName": "default",
    "state": "normal",
    "status": "All Workers Normal",
    "type": "kubernetes",
    "provider": "classic",
    "masterKubeVersion": "1.33.4_1543",
    "masterURL": "https://c105.eu-de.containers.cloud.ibm.com:30422",
    "serverURL": "",
    "crn": "crn:v1:x",
    "workerCount": 3,
    "ingress": {"hostname": "", "secretName": "", "status": "", "message": ""},
    "addons": [{"name": "a", "version": "1"}],
    "lifecycle": {"masterHealth": "normal", "masterState": "deployed", "masterStatus": "Ready"},
    "serviceEndpoints": {
        "publicServiceEndpointEnabled": True,
        "publicServiceEndpointURL": "https://c105.eu-de.containers.cloud.ibm.com:30422",
        "privateServiceEndpointEnabled": True,
        "privateServiceEndpointURL": "https://c105.private.eu-de.containers.cloud.ibm.com:30422",
    },
    "virtualPrivateEndpointURL": "https://x.vpe.private.eu-de.containers.cloud.ibm.com:30422",
}
OTHER: dict[str, t.Any] = {**GOOD, "id": "c2aaaaaaaaaaaaaaaaaa", "name": "data"}
REGION: dict[str, t.Any] = {"name": "us-east", "alias": "us-east", "cfURL": "api.ng.bluemix.net", "freeEnabled": True}
ACCOUNT: dict[str, t.Any] = {
    "metadata": {"guid": "a2", "url": "/y"},
    "entity": {"name": "Prod", "state": "ACTIVE", "type": "TRIAL"},
}
ORGANIZATION: dict[str, t.Any] = {
    "metadata": {"guid": "o2", "url": "/o"},
    "entity": {"name": "other", "status": "active"},
}
SPACE: dict[str, t.Any] = {"metadata": {"guid": "s2"}, "entity": {"name": "prod", "allow_ssh": True}}
CLUSTERS, DETAILS, REGIONS = "/global/v2/classic/getClusters", "/global/v2/getCluster", "/global/v1/regions"
ACCOUNTS, ORGANIZATIONS, SPACES = "/coe/v2/accounts", "/v2/organizations", "/v2/organizations/o1/spaces"
RESPONSES: dict[str, t.Any] = {
    CLUSTERS: [GOOD, OTHER],
    DETAILS: GOOD,
    REGIONS: {"regions": [{**REGION, "name": "eu-central", "alias": "eu-de"}]},
    ACCOUNTS: {
        "next_url": None,
        "total_results": 1,
        "resources": [{"metadata": {"guid": "a1" * 16}, "entity": {"name": "Dev", "state": "ACTIVE"}}],
    },
    ORGANIZATIONS: {
        "next_url": None,
        "resources": [{"metadata": {"guid": "o1"}, "entity": {"name": "example-org"}}],
    },
    SPACES: {
        "next_url": None,
        "resources": [{"metadata": {"guid": "s1"}, "entity": {"name": "dev", "organization_guid": "o1"}}],
    },
}


class Case(t.NamedTuple):
    """A module with its options, and the response that the test changes.

    ``place`` is the path of the list in the response, and ``record`` is an entry of the list.
    """

    module: Module
    path: str
    place: Path
    record: dict[str, t.Any]
    options: dict[str, t.Any]
    fails: bool = False


FILTERS = {
    "resource_group": "default",
    "regions": ["eu-de"],
    "states": ["normal"],
    "version": "1.33",
    "type": "kubernetes",
}
_CLUSTERS = (cluster_info.MODULE, CLUSTERS, (), GOOD)
_REGIONS = (region_info.MODULE, REGIONS, ("regions",), REGION)
_ACCOUNTS = (account_info.MODULE, ACCOUNTS, ("resources",), ACCOUNT)
_ORGANIZATIONS = (cf_space_info.MODULE, ORGANIZATIONS, ("resources",), ORGANIZATION)
_SPACES = (cf_space_info.MODULE, SPACES, ("resources",), SPACE)
CASES = {
    "list": Case(*_CLUSTERS, {}),
    "list-details": Case(*_CLUSTERS, {"details": True, "endpoint": "auto", "concurrency": 8}),
    "list-filters": Case(*_CLUSTERS, FILTERS),
    "by-name": Case(*_CLUSTERS, {"cluster": "shop", "endpoint": "auto"}),
    "by-id": Case(*_CLUSTERS, {"cluster": GOOD["id"], "details": True, "endpoint": "private"}),
    "unknown": Case(*_CLUSTERS, {"cluster": "nosuch"}, fails=True),
    "regions": Case(*_REGIONS, {}),
    "region": Case(*_REGIONS, {"name": "eu-de"}),
    "unknown-region": Case(*_REGIONS, {"name": "nosuch"}, fails=True),
    "accounts": Case(*_ACCOUNTS, {}),
    "account": Case(*_ACCOUNTS, {"account_id": "a1" * 16}),
    "account-by-name": Case(*_ACCOUNTS, {"account": "Dev"}),
    "unknown-account": Case(*_ACCOUNTS, {"account": "nosuch"}, fails=True),
    "organizations": Case(*_ORGANIZATIONS, {}),
    "unknown-organization": Case(*_ORGANIZATIONS, {"organization": "nosuch"}, fails=True),
    "spaces": Case(*_SPACES, {"organization": "o1", "space": "dev"}),
    "unknown-space": Case(*_SPACES, {"organization": "o1", "space": "nosuch"}, fails=True),
}


def _places(value: t.Any, path: Path = ()) -> t.Iterator[Path]:
    """Yield the path of each value in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*path, name)
        yield from _places(item, (*path, name))


def _changed(document: t.Any, path: Path, value: t.Any) -> t.Any:
    document = copy.deepcopy(document)
    parent = document
    for name in path[:-1]:
        parent = parent[name]
    if value is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return document


def _run(case: Case, url: str, **more: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    defaults = {name: option["default"] for name, option in case.module.argument_spec.items() if "default" in option}
    given = {
        **defaults,
        "access_token": access_token(expires=4_000_000_000),
        "containers_endpoint": url,
        "accounts_endpoint": url,
        "iam_endpoint": url,
        "retries": 0,
        "rate_limit": 0,
        **({"provider": ["classic"]} if case.module is cluster_info.MODULE else {}),
        **case.options,
        **more,
    }
    if case.module is cf_space_info.MODULE:
        given.update(api_generation="2017", region="us-south", uaa_token="uaa", cf_endpoint=url)
    warnings: list[str] = []
    result, _secrets = execute(case.module, given, environ={}, check_mode=False, warn=warnings.append)
    return result, warnings


def _serve(responses: dict[str, t.Any]) -> Loopback:
    """Serve these responses. For a cluster without details in ``responses``, return the cluster's record from the list."""

    def reply(request: Seen) -> bytes:
        path, _mark, query = request.target.partition("?")
        wanted = dict(urllib.parse.parse_qsl(query)).get("cluster")
        if path == DETAILS and wanted != responses[DETAILS].get("id"):
            return answer(next(record for record in responses[CLUSTERS] if record.get("id") == wanted))
        if path.endswith("/spaces") and path not in responses:
            return answer({"resources": []})
        return answer(responses[path]) if path in responses else answer({"code": "G0004"}, status=404)

    return Loopback(respond(reply))


def _bad_records(record: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return a changed record for each combination of a field and a value. The IDs are unique, except in records whose ID is changed."""
    texts = json.dumps(record)
    bad = []
    for path in _places(record):
        for value in VALUES.values():
            number = f"x{len(bad):04}"
            own = texts.replace(GOOD["id"], number).replace('"a2"', f'"{number}"').replace('"o2"', f'"{number}"')
            own = own.replace('"shop"', f'"n{number}"').replace('"us-east"', f'"r{number}"')
            bad.append(_changed(json.loads(own), path, value))
    return bad


def _check(result: dict[str, t.Any], warnings: list[str]) -> None:
    """Verify that the result is JSON without an internal error, and that no name is None."""
    shown = json.dumps([result.get("msg", ""), result.get("failures", ""), warnings])
    assert result.get("error", {}).get("kind") != "bug", result
    assert all(entry["error"]["kind"] != "bug" for entry in result.get("failures", ())), result
    assert "None" not in shown, shown
    assert all(cluster["cluster"] not in ("None", None, "") for cluster in result.get("clusters", ()))
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize("name", CASES)
def test_each_field_of_a_record_can_have_any_type(name: str) -> None:
    """Invalid records must not hide a valid record."""
    case = CASES[name]
    bad = _bad_records(case.record)
    responses = copy.deepcopy(RESPONSES)
    records = responses[case.path]
    for key in case.place:
        records = records[key]
    records += bad
    with _serve(responses) as server:
        result, warnings = _run(case, server.url)

    _check(result, warnings)
    if not case.fails:
        assert "failed" not in result, result["msg"]
    if name in ("list", "list-details"):
        assert len(result["clusters"]) + len(warnings) == len(records)
        # Only one of the VALUES is a valid ID.
        assert len(warnings) == len(VALUES) - 1


@pytest.mark.parametrize("path", [REGIONS, ACCOUNTS, ORGANIZATIONS, SPACES])
@pytest.mark.parametrize("kind", VALUES)
def test_each_field_around_a_list_can_have_any_type(path: str, kind: str) -> None:
    case = next(case for case in CASES.values() if case.path == path)
    places = [place for place in _places(RESPONSES[path]) if len(place) <= 2]
    for place in places:
        with _serve({**RESPONSES, path: _changed(RESPONSES[path], place, VALUES[kind])}) as server:
            _check(*_run(case, server.url))


@pytest.mark.parametrize("item", [None, 7, True, "x", [], [[]], {}])
def test_entries_that_are_not_records_are_skipped(item: t.Any) -> None:
    with _serve({**RESPONSES, CLUSTERS: [item, GOOD]}) as server:
        result, warnings = _run(CASES["list"], server.url)

    assert [cluster["id"] for cluster in result["clusters"]] == [GOOD["id"]]
    assert warnings == ["A classic cluster (without a name) was skipped: its record has no usable ID."]


def test_each_field_of_the_details_can_have_any_type() -> None:
    """The list contains valid records, and the details of each record contain an invalid value."""
    details = _bad_records(GOOD)
    records = [{**GOOD, "id": f"x{number:04}", "name": f"n{number}"} for number in range(len(details))]

    def reply(request: Seen) -> bytes:
        wanted = dict(urllib.parse.parse_qsl(request.target.partition("?")[2])).get("cluster")
        return answer(records if wanted is None else details[int(wanted[1:])])

    with Loopback(respond(reply)) as server:
        result, warnings = _run(CASES["list-details"], server.url)

    _check(result, warnings)
    # If the details contain no ID, the module compares the names. In this test, the names differ.
    assert len(result["clusters"]) == len(records) - len(VALUES)
    assert all("the record describes another cluster" in entry["msg"] for entry in result["failures"])


@pytest.mark.parametrize("kind", VALUES)
def test_an_invalid_record_does_not_hide_the_others(kind: str) -> None:
    """Records without a usable ID cause a warning. An ID in an unusual format is usable."""
    responses = {**RESPONSES, CLUSTERS: _changed([GOOD, OTHER], (0, "id"), VALUES[kind])}
    with _serve(responses) as server:
        result, warnings = _run(CASES["list"], server.url)

    if kind == "text":
        assert [cluster["id"] for cluster in result["clusters"]] == ["x", OTHER["id"]]
    else:
        assert [cluster["id"] for cluster in result["clusters"]] == [OTHER["id"]]
        assert warnings == ["A classic cluster (shop) was skipped: its record has no usable ID."]


@pytest.mark.parametrize("identifier", ["..", "../x", "a/b", "a b", "-x", "a\nb", "a" * 129, "{{ x }}"])
def test_an_id_with_path_characters_is_rejected(identifier: str) -> None:
    """If the module accepted the ID, the ID would change the meaning of URLs and file names."""
    with _serve({**RESPONSES, CLUSTERS: [{**GOOD, "id": identifier}, OTHER]}) as server:
        result, warnings = _run(CASES["list"], server.url)

    assert [cluster["id"] for cluster in result["clusters"]] == [OTHER["id"]]
    assert len(warnings) == 1


@pytest.mark.parametrize("kind", ["missing", "null", "number", "empty", "list", "object"])
def test_a_cluster_without_a_name_has_its_id_as_name(kind: str) -> None:
    """The ID replaces the name, with and without details."""
    records = [_changed(GOOD, ("name",), VALUES[kind]), _changed(OTHER, ("name",), VALUES[kind])]
    with _serve({**RESPONSES, CLUSTERS: records}) as server:
        result, _warnings = _run(CASES["list"], server.url)
        failed, _warnings = _run(CASES["list"], server.url, details=True)

    assert [cluster["cluster"] for cluster in result["clusters"]] == [GOOD["id"], OTHER["id"]]
    assert failed["clusters"][0]["cluster"] == GOOD["id"]


def test_a_cluster_name_can_be_the_id_of_another_cluster() -> None:
    """The result contains both clusters, each with its own ID."""
    with _serve({**RESPONSES, CLUSTERS: [{**GOOD, "name": OTHER["id"]}, {**OTHER, "name": None}]}) as server:
        result, _warnings = _run(CASES["list"], server.url)

    assert [cluster["cluster"] for cluster in result["clusters"]] == [GOOD["id"], OTHER["id"]]


def test_the_details_do_not_rename_a_cluster() -> None:
    """A cluster keeps the name from the list. A null value in the details does not replace a value from the list."""
    details = {**GOOD, "name": "other", "region": None, "crn": "crn:v1:y"}
    with _serve({**RESPONSES, DETAILS: details}) as server:
        result, _warnings = _run(CASES["by-name"], server.url, details=True)

    cluster = result["cluster"]
    assert (cluster["name"], cluster["region"], cluster["crn"]) == ("shop", "eu-de", "crn:v1:y")


def test_the_provider_of_the_list_replaces_null() -> None:
    with _serve({**RESPONSES, CLUSTERS: [{**GOOD, "provider": None}]}) as server:
        result, _warnings = _run(CASES["list"], server.url)

    assert result["clusters"][0]["provider"] == "classic"


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity", "9" * 400])
def test_numbers_of_a_result_are_finite(number: str) -> None:
    """JSON does not support infinity and NaN."""
    body = json.dumps([{**GOOD, "workerCount": 123456789}]).replace("123456789", number).encode()
    with Loopback(answer(body)) as server:
        result, _warnings = _run(CASES["list"], server.url)

    json.dumps(result, allow_nan=False)
    assert result.get("error", {}).get("kind", "") in ("", "response_invalid")
    numbers = [cluster.get("workerCount") for cluster in result.get("clusters", ())]
    assert all(isinstance(value, int) or value is None or math.isfinite(value) for value in numbers)


def test_a_space_of_another_organization_is_rejected() -> None:

    space = {"metadata": {"guid": "s1"}, "entity": {"name": "dev", "organization_guid": "o2"}}
    with _serve({**RESPONSES, SPACES: {"resources": [space]}}) as server:
        result, _warnings = _run(CASES["spaces"], server.url)

    assert result["error"]["kind"] == "response_invalid"
    assert "a space belongs to another organization" in result["msg"]


def test_details_of_too_many_clusters_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message contains options that select fewer clusters. Without details, the number of clusters is not limited."""
    many = [{**GOOD, "id": f"c{number}", "name": f"n{number}"} for number in range(5001)]
    with _serve({**RESPONSES, CLUSTERS: many}) as server:
        result, _warnings = _run(CASES["list"], server.url, details=True)
        assert len(server.seen) == 1
        listed, _warnings = _run(CASES["list"], server.url)

    assert result["error"]["kind"] == "input"
    assert "5001 clusters match, but details or CA certificates are read for at most 5000 in one run" in result["msg"]
    for option in ("resource_group", "regions", "states", "version"):
        assert option in result["msg"]
        assert option in cluster_info.MODULE.argument_spec
    assert len(listed["clusters"]) == 5001
