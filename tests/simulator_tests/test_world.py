# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of valid and invalid world files."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from simulator import LOAD_LATENCY, Faults, Latency, RateLimit, Simulator, WorldError, load_world, shipped_worlds

ID = "0" * 32

GOOD: dict[str, t.Any] = {
    "settings": {"access_token_seconds": 900},
    "accounts": [{"id": ID, "name": "One"}],
    "identities": [
        {
            "iam_id": "IBMid-1",
            "name": "Some One",
            "email": "one@example.com",
            "accounts": [ID],
            "api_keys": [{"key": "k", "account": ID}],
        }
    ],
    "resource_groups": [{"id": ID, "name": "default", "account": ID}],
    "clusters": [
        {
            "id": "a" * 20,
            "name": "one",
            "account": ID,
            "provider": "vpc-gen2",
            "region": "eu-de",
            "location": "Frankfurt",
            "resource_group": "default",
            "version": "1.33.4_1543",
        }
    ],
}


def changed(tmp_path: Path, where: str, value: t.Any) -> Path:
    """Return a world file with one changed value. ``where`` is a path such as ``clusters.0.name``."""
    world = yaml.safe_load(yaml.safe_dump(GOOD))
    *parents, last = where.split(".")
    place = world
    for key in parents:
        place = place[int(key)] if key.isdigit() else place.setdefault(key, {})
    place[int(last) if last.isdigit() else last] = value
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump(world))
    return path


def test_default_values(tmp_path: Path) -> None:
    world = load_world(changed(tmp_path, "description", "small"))
    assert (world.name, world.description, world.first_api_key) == ("world", "small", "k")
    assert world.settings.access_token_seconds == 900
    assert world.settings.refresh_token_seconds == 259200
    assert world.settings.delegated_reply == "delegated_refresh_token"
    cluster = world.clusters[0]
    assert (cluster.type, cluster.state, cluster.layout) == ("kubernetes", "normal", "nested")
    assert cluster.endpoints == frozenset({"public"})
    identity = world.identities[0]
    assert (identity.kind, identity.federated, world.accounts[0].state) == ("user", False, "ACTIVE")


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        ("colour", "blue", "world.yaml has unknown keys: colour"),
        ("settings.colour", "blue", "world.yaml.settings has unknown keys: colour"),
        ("settings.access_token_seconds", 0, "settings.access_token_seconds must be a whole number, 1 or more"),
        ("settings.access_token_seconds", True, "must be a whole number"),
        ("settings.ca_cert_denied", "yes please", "settings.ca_cert_denied must be true or false"),
        ("settings.delegated_reply", "x", "must be one of delegated_refresh_token, refresh_token, both"),
        ("accounts", {}, "world.yaml.accounts must be a list"),
        ("accounts.0", "x", "world.yaml.accounts[0] must be a mapping"),
        ("accounts.0.id", "short", "world.yaml.accounts[0].id must match"),
        ("accounts.0.name", None, "world.yaml.accounts[0].name is missing"),
        ("accounts.0.name", 7, "accounts[0].name must be a string and must not be empty"),
        ("accounts.0.entity", [], "accounts[0].entity must be a mapping"),
        ("identities.0.iam_id", "iam-ServiceId-1", "identities[0].iam_id must match IBMid-"),
        ("identities.0.email", None, "identities[0].email is missing"),
        ("identities.0.accounts", ["1" * 32], "identities[0].accounts is not an account of this world"),
        ("identities.0.api_keys.0.account", "1" * 32, "api_keys[0].account is not one of the identity's accounts"),
        ("identities.0.api_keys.0.keys", "x", "api_keys[0] has unknown keys: keys"),
        ("identities.0.passcodes", "x", "identities[0].passcodes must be a list of strings"),
        ("identities.0.denied_clusters", ["one"], "denied_clusters is not a cluster ID of this world: one"),
        ("clusters.0.account", "1" * 32, "clusters[0].account is not an account of this world"),
        ("clusters.0.resource_group", "x", "clusters[0].resource_group is not a resource group of its account"),
        ("clusters.0.provider", "aws", "clusters[0].provider must be one of classic, vpc-gen2, satellite"),
        ("clusters.0.version", "1.33", "clusters[0].version must match"),
        ("clusters.0.type", "openshift", "clusters[0].version must match"),
        ("clusters.0.endpoints", {"publik": True}, "clusters[0].endpoints has unknown keys: publik"),
        ("clusters.0.rbac", {"seconds": -1}, "clusters[0].rbac.seconds must be a number of seconds"),
        ("clusters.0.rbac", {"outcome": "maybe"}, "clusters[0].rbac.outcome must be one of ok, error, never"),
        ("clusters.0.rbac", {"synchronized_for": ["x"]}, "rbac.synchronized_for: x is not an identity of this world"),
        ("clusters.0.colour", "blue", "clusters[0] has unknown keys: colour"),
        ("clusters.0.state", "great", "clusters[0].state must be one of"),
        ("clusters.0.startup", {"seconds": -1}, "clusters[0].startup.seconds must be a number of seconds"),
        ("clusters.0.startup", {"state": "normal"}, "startup.state must be one of requested, deploying, pending"),
        ("clusters.0.startup", {"colour": 1}, "clusters[0].startup has unknown keys: colour"),
        (
            "clusters.0",
            {**GOOD["clusters"][0], "state": "aborted", "startup": {"seconds": 1}},
            "startup must not be set",
        ),
        ("clusters.0.own_ca", False, "clusters[0] has unknown keys: own_ca"),
        ("clusters.0.oauth_unsynchronized", "redirect", "clusters[0] has unknown keys: oauth_unsynchronized"),
        ("settings.openshift_token_seconds", 0, "settings.openshift_token_seconds must be a whole number, 1 or more"),
        ("settings.latency", {"colour": 1}, "settings.latency has unknown keys: colour"),
        ("settings.latency", {"seconds": -1}, "settings.latency.seconds must be a number of seconds, 0 or more"),
        ("settings.latency", {"slow_share": 2}, "settings.latency.slow_share must be a number between 0 and 1"),
        (
            "settings.latency",
            {"median": 1},
            "settings.latency must have minimum, median and maximum in ascending order",
        ),
        ("settings.rate_limit", {"requests": 0}, "settings.rate_limit.requests must be a whole number, 1 or more"),
        (
            "settings.rate_limit",
            {"seconds": 0},
            "settings.rate_limit must have requests of 1 or more and seconds above 0",
        ),
        ("settings.faults", {"reset": "often"}, "settings.faults.reset must be a number between 0 and 1"),
        (
            "settings.faults",
            {"reset": 0.6, "truncated": 0.6},
            "settings.faults must have shares of 0 or more that add up to at most 1",
        ),
        ("settings.openshift_token_cache_seconds", -1, "openshift_token_cache_seconds must be a whole number, 0 or"),
    ],
)
def test_invalid_values_are_rejected(tmp_path: Path, where: str, value: t.Any, message: str) -> None:
    with pytest.raises(WorldError) as caught:
        load_world(changed(tmp_path, where, value))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_fault_settings_are_read(tmp_path: Path) -> None:
    assert load_world(changed(tmp_path, "description", "none")).settings.rate_limit is None
    assert load_world(changed(tmp_path, "settings", {"rate_limit": {}})).settings.rate_limit == RateLimit(200, 10.0)
    latency = {"median": 0.14, "minimum": 0.05, "maximum": 0.4, "slow_share": 0.01, "slow_seconds": 5}
    values = {"latency": latency, "faults": {"unavailable": 0.1, "reset": 0.2, "truncated": 0.3, "seed": 7}}
    settings = load_world(changed(tmp_path, "settings", values)).settings
    assert settings.latency == LOAD_LATENCY
    assert settings.faults == Faults(unavailable=0.1, reset=0.2, truncated=0.3, seed=7)
    assert load_world(changed(tmp_path, "settings.latency", {"seconds": 1})).settings.latency == Latency(seconds=1)


def test_openshift_keys_are_read(tmp_path: Path) -> None:
    kind = {"type": "openshift", "version": "4.19.25_1572_openshift"}
    cluster = {**GOOD["clusters"][0], **kind}
    found = load_world(changed(tmp_path, "clusters", [cluster])).clusters[0]
    assert (found.own_ca, found.oauth_unsynchronized) == (False, "server_error")
    cluster.update(own_ca=True, oauth_unsynchronized="redirect")
    found = load_world(changed(tmp_path, "clusters", [cluster])).clusters[0]
    assert (found.own_ca, found.oauth_unsynchronized) == (True, "redirect")
    cluster.update(oauth_unsynchronized="never")
    with pytest.raises(WorldError, match="oauth_unsynchronized must be one of server_error, redirect"):
        load_world(changed(tmp_path, "clusters", [cluster]))
    assert load_world(changed(tmp_path, "description", "kubernetes")).clusters[0].own_ca


def test_duplicates_are_rejected(tmp_path: Path) -> None:
    for kind in ("accounts", "identities", "resource_groups", "clusters"):
        with pytest.raises(WorldError, match=f"{kind}: .* occurs more than once"):
            load_world(changed(tmp_path, kind, GOOD[kind] * 2))


def test_only_users_have_passwords(tmp_path: Path) -> None:
    identity = {"iam_id": "iam-ServiceId-1", "kind": "service_id", "name": "s", "accounts": [], "password": "x"}
    with pytest.raises(WorldError, match="must be user, because only users"):
        load_world(changed(tmp_path, "identities", [identity]))


def test_invalid_files_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=f"Shipped worlds: {', '.join(shipped_worlds())}"):
        load_world("nowhere")
    path = tmp_path / "world.yaml"
    for content in (b"a: [", b"\xff\xfe\xff", b"[]", b""):
        path.write_bytes(content)
        with pytest.raises(WorldError):
            load_world(path)
    with pytest.raises(WorldError, match="cannot be read"):
        load_world(tmp_path)


@pytest.mark.parametrize("name", shipped_worlds())
def test_shipped_worlds_are_valid(name: str) -> None:
    world = load_world(name)
    assert world.description
    assert world.first_api_key
    for identity in world.identities:
        for secret in (identity.password, *identity.passcodes, *(key.key for key in identity.api_keys)):
            assert secret is None or secret.startswith("not")


def test_the_default_world_has_the_clusters_of_the_documentation() -> None:
    root = Path(__file__).resolve().parents[2]
    patterns = ("README.md", "docs/*.md", "playbooks/*.yml", "plugins/*/*.py", "roles/*/*.md", "roles/*/meta/*.yml")
    text = "\n".join(page.read_text() for pattern in patterns for page in root.glob(pattern))
    named = set(re.findall(r"\bmy-?(?:cluster|openshift)(?:-[a-z]+)?\b", text))
    # Names that are not in the world: a missing cluster, a sample return value, and a cluster in a guide's own world
    elsewhere = {"mycluster-old", "mycluster-openshift", "my-cluster"}
    assert "mycluster-vpc" in named
    assert named - elsewhere <= {cluster.name for cluster in load_world("docs").clusters}


def test_an_empty_world_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "world.yaml"
    path.write_text("description: nothing in it\n")
    with Simulator(path) as sim:
        assert "IC_API_KEY" not in sim.env
        assert Path(sim.env["REQUESTS_CA_BUNDLE"]).is_file()
        directory = sim.directory
    assert not directory.exists()
    with pytest.raises(RuntimeError):
        sim.requests  # noqa: B018  # reading it is what fails


def test_the_world_of_the_guide_is_valid(tmp_path: Path) -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "testing-offline.md"
    path = tmp_path / "guide.yaml"
    path.write_text(guide.read_text().partition("```yaml\n")[2].partition("```")[0])
    assert [cluster.name for cluster in load_world(path).clusters] == ["my-cluster", "my-openshift"]


def test_records_can_be_overridden(tmp_path: Path) -> None:
    world = load_world(changed(tmp_path, "clusters.0.record", {"workerCount": 7, "monitoringURL": "x"}))
    assert world.clusters[0].record["workerCount"] == 7
