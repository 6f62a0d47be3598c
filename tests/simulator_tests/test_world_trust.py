# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of valid and invalid world files with trusted profiles."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from simulator_tests.test_world import GOOD, ID

from simulator import WorldError, load_world
from simulator.world import ServiceAccount, Trust

if t.TYPE_CHECKING:
    from pathlib import Path

OTHER = "1" * 32
ACCOUNT = {"cluster": "a" * 20, "namespace": "ansible", "name": "runner"}


def world(tmp_path: Path, *profiles: dict[str, t.Any]) -> Path:
    """Return the path of a world file with these profiles. The keys of a profile override the defaults."""
    found = yaml.safe_load(yaml.safe_dump(GOOD))
    found["accounts"].append({"id": OTHER, "name": "Two"})
    for number, given in enumerate(profiles):
        profile = {
            "iam_id": f"iam-Profile-{number}",
            "kind": "profile",
            "name": f"p{number}",
            "accounts": [ID],
            **given,
        }
        found["identities"].append(profile)
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump(found))
    return path


def test_trust_is_read(tmp_path: Path) -> None:
    trust = {"identities": ["IBMid-1"], "service_accounts": [ACCOUNT], "vpc_instance": "linked"}
    found = load_world(world(tmp_path, {"trust": trust}, {}))
    accounts = (ServiceAccount("a" * 20, "ansible", "runner"),)
    assert found.identities[1].trust == Trust(("IBMid-1",), accounts, "linked")
    assert (found.identities[2].trust, found.identities[0].trust) == (Trust(), None)
    assert found.has_vpc_instance
    assert not load_world(world(tmp_path, {})).has_vpc_instance


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({"trust": {"everybody": True}}, "identities[1].trust has unknown keys: everybody"),
        ({"trust": {"vpc_instance": "yes"}}, "trust.vpc_instance must be one of no, linked, default"),
        (
            {"trust": {"identities": ["IBMid-2"]}},
            "profile p0: trust.identities: IBMid-2 is not a user or service ID",
        ),
        (
            {"trust": {"identities": ["iam-Profile-0"]}},
            "trust.identities: iam-Profile-0 is not a user or service ID",
        ),
        (
            {"trust": {"service_accounts": [{**ACCOUNT, "cluster": "x"}]}},
            "not the ID of a cluster in the profile's account",
        ),
        (
            {"accounts": [OTHER], "trust": {"service_accounts": [ACCOUNT]}},
            "not the ID of a cluster in the profile's account",
        ),
        ({"trust": {"service_accounts": [{**ACCOUNT, "name": "Bad Name"}]}}, "service_accounts[0].name must match"),
        ({"trust": {"service_accounts": [{**ACCOUNT, "pod": "x"}]}}, "service_accounts[0] has unknown keys: pod"),
        (
            {"accounts": [ID, OTHER]},
            "identities[1].kind is profile, which requires exactly one account and does not allow API keys",
        ),
        (
            {"api_keys": [{"key": "p", "account": ID}]},
            "identities[1].kind is profile, which requires exactly one account and does not allow API keys",
        ),
        ({"kind": "service_id", "iam_id": "iam-ServiceId-1", "trust": {}}, "identities[1] has unknown keys: trust"),
    ],
)
def test_invalid_values_are_rejected(tmp_path: Path, profile: dict[str, t.Any], message: str) -> None:
    with pytest.raises(WorldError) as caught:
        load_world(world(tmp_path, profile))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_there_is_one_instance_at_most(tmp_path: Path) -> None:
    """The VPC instance belongs to one account and has one default profile. Profile names are unique in an account."""
    default, linked = {"trust": {"vpc_instance": "default"}}, {"trust": {"vpc_instance": "linked"}}
    assert load_world(world(tmp_path, default, linked)).has_vpc_instance
    for profiles, message in (
        ((default, default), "must be default for only one profile"),
        ((default, {**linked, "accounts": [OTHER]}), "used in only one account"),
        (({"name": "same"}, {"name": "same"}), "more than one profile in an account has the name same"),
    ):
        with pytest.raises(WorldError, match=message):
            load_world(world(tmp_path, *profiles))
    assert load_world(world(tmp_path, {"name": "same"}, {"name": "same", "accounts": [OTHER]}))
