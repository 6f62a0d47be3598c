# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of recording the types in a response, and of comparing these types with a documented shape."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._live.documented_shapes import BY_NAME
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._live.response_recorder import Exchange
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._live.shape_comparison import calls, compare

STATUS = {"synchronized": True, "error": False}
REGION = {"name": "us-south", "alias": "us-south"}
JSON_TYPE = {"Content-Type": "application/json"}
RBAC, REGIONS = "get the RBAC status", "list the regions"


def recorded(name: str, *documents: t.Any, status: int = 200, **headers: str) -> list[dict[str, t.Any]]:
    more = {**JSON_TYPE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    bodies = [document if isinstance(document, bytes) else json.dumps(document).encode() for document in documents]
    return calls([Exchange.of(BY_NAME[name], status, more, body) for body in bodies])


def test_a_recorded_call_has_types_and_no_values() -> None:
    (call,) = recorded(REGIONS, {"regions": [REGION, {**REGION, "alias": 7, "cfURL": "host", "satellite": True}]})

    assert call == {
        "call": REGIONS,
        "status": 200,
        "count": 1,
        "headers": {"content-type": "application/json"},
        "fields": {
            "": "object",
            "regions": "array",
            "regions[]": "object",
            "regions[].alias": "integer|text",
            "regions[].cfURL": "text",
            "regions[].name": "text",
            "regions[].satellite": "boolean",
        },
    }


@pytest.mark.parametrize(
    ("name", "document", "options", "difference"),
    [
        (RBAC, {**STATUS, "error": "false"}, {}, "error: text instead of boolean"),
        (RBAC, {"synchronized": True}, {}, "error: absent instead of boolean"),
        (RBAC, [STATUS], {}, "document: array instead of object"),
        (RBAC, b"<html>", {}, "document: text instead of object"),
        (RBAC, STATUS, {"status": 202}, "HTTP 202 instead of 200"),
        (RBAC, STATUS, {"Content_Type": "text/plain"}, "content-type: text/plain instead of application/json"),
        (RBAC, {}, {"status": 429}, "retry-after: the header is missing or has an unknown format"),
        (RBAC, {"errorCode": "X"}, {"status": 404}, "incidentID: absent instead of text"),
        (REGIONS, {"regions": {"us-south": REGION}}, {}, "regions: object instead of array"),
        (REGIONS, {"regions": ["us-south"]}, {}, "regions[]: text instead of object"),
        ("get the CA", {"caCert": "no certificate"}, {}, "caCert: text instead of pem"),
        ("list the accounts", {"next_url": "page 2"}, {}, "next_url: text instead of empty|null|path|url"),
    ],
)
def test_differences_from_a_shape_are_reported(
    name: str, document: t.Any, options: dict[str, t.Any], difference: str
) -> None:
    wrong, _new = compare(recorded(name, document, **options))

    assert any(line.endswith(f": {difference}") for line in wrong), wrong


def test_null_is_an_empty_list_of_clusters() -> None:
    assert compare(recorded("list the clusters", None, [])) == ([], [])


def test_a_new_field_is_not_a_difference() -> None:
    wrong, new = compare(recorded(REGIONS, {"regions": [{**REGION, "isEdge": True, "edge_zones": {"a": 1}}]}))

    assert wrong == []
    assert new == [f"{REGIONS}, HTTP 200: regions[].{name}" for name in ("edge_zones: object", "isEdge: boolean")]


@pytest.mark.parametrize(
    "name",
    [
        *("ada@example.com", "c9k2m7q10h4v3x8s6t5g", "prod-eu-1", "10.0.0.1", "sub_a1b2", "Ada", "Größe", "a" * 60, ""),
        # These names contain values: the region's name, or a name that the caller passed.
        *("south", "southName", "my_south", "shop", "shopState"),
    ],
)
def test_a_field_name_that_may_be_a_value_is_not_recorded(name: str) -> None:
    """The report contains ``*`` in place of the field's name."""
    document = {"regions": [{**REGION, name: {}}]}
    exchange = Exchange.of(BY_NAME[REGIONS], 200, {}, json.dumps(document).encode())
    (call,) = calls([exchange], private=["My Shop"])

    assert call["fields"]["regions[].*"] == "object"
    assert not [place for place in call["fields"] if name and name in place.removeprefix("regions[].")]


def test_keys_of_a_mapping_are_not_recorded() -> None:
    """An object without any documented field may be a mapping with names as keys."""
    (call,) = recorded(RBAC, {"ada": {"synchronized": True}, "grace": STATUS})

    assert call["fields"] == {"": "object", ".*": "object", "error": "absent", "synchronized": "absent"}
