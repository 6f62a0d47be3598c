# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find and read world files."""

from __future__ import annotations

import pathlib
import typing as t

import yaml

from .generations import GENERATIONS, Generation
from .world import (
    STARTUP_STATES,
    STATES,
    STATES_WITHOUT_MASTER,
    Account,
    ApiKey,
    Cluster,
    Identity,
    Rbac,
    ResourceGroup,
    Startup,
    World,
)
from .world_organizations import check_members, read_organizations
from .world_settings import read_settings
from .world_trust import check_trust, read_trust
from .yaml_section import WorldError, YamlSection

SHIPPED = pathlib.Path(__file__).parent / "worlds"

_HEX32 = "[0-9a-f]{32}"
_ENDPOINTS = ("public", "private", "vpe")
_PROVIDERS = ("classic", "vpc-gen2", "satellite", "vpc-classic")


def shipped_worlds() -> list[str]:
    """Return the names of the shipped worlds."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def load_world(name_or_path: str | pathlib.Path) -> World:
    """Read the shipped world with this name, or the world in this file.

    Raise WorldError with a one-line message if the file is missing, is not valid YAML, or contains an invalid value.
    """
    path = pathlib.Path(name_or_path)
    if str(name_or_path) in shipped_worlds():
        path = SHIPPED / f"{name_or_path}.yaml"
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(shipped_worlds())
        raise WorldError(f"{name_or_path} is not a shipped world or a file. Shipped worlds: {known}") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise WorldError(f"{path} cannot be read: {problem}") from None
    except yaml.YAMLError as problem:
        raise WorldError(f"{path} is not valid YAML: {' '.join(str(problem).split())}") from None
    return _world(YamlSection(raw, path.name), path.stem)


def _world(top: YamlSection, name: str) -> World:
    description = top.string("description", " ").strip()
    settings = read_settings(top.section("settings"))
    generation = GENERATIONS[settings.api_generation]
    accounts = tuple(_account(item) for item in top.sections("accounts"))
    account_ids = _unique("accounts", "id", [account.id for account in accounts])
    groups = tuple(_resource_group(item, account_ids) for item in top.sections("resource_groups"))
    _unique("resource_groups", "id", [group.id for group in groups])
    clusters = tuple(_cluster(item, account_ids, groups, generation) for item in top.sections("clusters"))
    cluster_ids = _unique("clusters", "id", [cluster.id for cluster in clusters])
    identities = tuple(_identity(item, account_ids, cluster_ids) for item in top.sections("identities"))
    iam_ids = _unique("identities", "iam_id", [identity.iam_id for identity in identities])
    _unique("identities", "email", [identity.email.lower() for identity in identities if identity.kind == "user"])
    _unique("identities", "api_keys", [key.key for identity in identities for key in identity.api_keys])
    _unique("identities", "passcodes", [code for identity in identities for code in identity.passcodes])
    check_trust(identities, clusters)
    organizations = read_organizations(top.sections("organizations"), generation)
    check_members(organizations, {identity.iam_id for identity in identities if identity.kind == "user"})
    for cluster in clusters:
        for iam_id in cluster.rbac.synchronized_for:
            if iam_id not in iam_ids:
                raise WorldError(
                    f"cluster {cluster.name}: rbac.synchronized_for: {iam_id} is not an identity of this world"
                )
    top.reject_unknown_keys()
    return World(name, description, settings, accounts, identities, groups, clusters, organizations)


def _unique(kind: str, key: str, values: list[str]) -> frozenset[str]:
    for value in values:
        if values.count(value) > 1:
            raise WorldError(f"{kind}: {key} occurs more than once: {value}")
    return frozenset(values)


def _reference(section: YamlSection, key: str, value: str, known: t.Collection[str], what: str) -> str:
    if value not in known:
        raise section.error(key, f"is not {what}: {value}")
    return value


def _account(section: YamlSection) -> Account:
    account_id = section.string("id", pattern=_HEX32)
    account = Account(
        id=account_id,
        name=section.string("name"),
        state=section.string("state", "ACTIVE"),
        created_at=section.string("created_at", "2019-02-11T09:00:00.000Z"),
        updated_at=section.string("updated_at", "2024-05-01T10:00:00.000Z"),
        anonymous_id=section.string("anonymous_id", account_id[::-1], pattern=_HEX32),
        entity=section.mapping("entity"),
    )
    section.reject_unknown_keys()
    return account


def _resource_group(section: YamlSection, accounts: t.Collection[str]) -> ResourceGroup:
    account = _reference(section, "account", section.string("account"), accounts, "an account of this world")
    group = ResourceGroup(id=section.string("id", pattern=_HEX32), name=section.string("name"), account=account)
    section.reject_unknown_keys()
    return group


def _identity(section: YamlSection, accounts: t.Collection[str], clusters: t.Collection[str]) -> Identity:
    kind = section.choice("kind", ("user", "service_id", "profile"), "user")
    prefix = {"user": "IBMid-", "service_id": "iam-ServiceId-", "profile": "iam-Profile-"}[kind]
    own = section.strings("accounts")
    for account in own:
        _reference(section, "accounts", account, accounts, "an account of this world")
    identity = Identity(
        iam_id=section.string("iam_id", pattern=prefix + "[0-9A-Za-z-]+"),
        kind=t.cast("t.Any", kind),
        name=section.string("name"),
        email=section.string("email", None if kind == "user" else "-").strip("-"),
        password=section.optional_string("password"),
        federated=section.boolean("federated", False),
        accounts=own,
        api_keys=tuple(_api_key(item, own) for item in section.sections("api_keys")),
        passcodes=section.strings("passcodes"),
        ims_user_id=section.integer("ims_user_id", 0),
        denied_clusters=section.strings("denied_clusters"),
        # The ``trust`` key is read only for profiles. For other kinds of identities, the key is rejected as unknown.
        trust=read_trust(section.section("trust")) if kind == "profile" else None,
    )
    for cluster in identity.denied_clusters:
        _reference(section, "denied_clusters", cluster, clusters, "a cluster ID of this world")
    if kind != "user" and (identity.password or identity.passcodes or identity.federated):
        raise section.error(
            "kind", "must be user, because only users can have a password or passcodes, or be federated"
        )
    if kind == "profile" and (identity.api_keys or len(own) != 1):
        raise section.error("kind", "is profile, which requires exactly one account and does not allow API keys")
    section.reject_unknown_keys()
    return identity


def _api_key(section: YamlSection, accounts: tuple[str, ...]) -> ApiKey:
    account = _reference(section, "account", section.string("account"), accounts, "one of the identity's accounts")
    key = ApiKey(key=section.string("key"), account=account)
    section.reject_unknown_keys()
    return key


def _cluster(
    section: YamlSection, accounts: t.Collection[str], groups: tuple[ResourceGroup, ...], generation: Generation
) -> Cluster:
    account = _reference(section, "account", section.string("account"), accounts, "an account of this world")
    provider = section.choice("provider", _PROVIDERS)
    region = section.string("region")
    if provider not in generation.providers:
        raise section.error("provider", f"is not available in the API generation {generation.name}: {provider}")
    if generation.v1_bases and generation.region(region) is None:
        raise section.error("region", f"is not a region of the API generation {generation.name}: {region}")
    own_groups = {group.name: group for group in groups if group.account == account}
    group_name = _reference(
        section, "resource_group", section.string("resource_group"), own_groups, "a resource group of its account"
    )
    kind = section.choice("type", ("kubernetes", "openshift"), "kubernetes")
    pattern = r"1\.\d+\.\d+(_\d+)?" if kind == "kubernetes" else r"4\.\d+\.\d+(_\d+)?_openshift"
    endpoints = section.section("endpoints")
    enabled = frozenset(name for name in _ENDPOINTS if endpoints.boolean(name, name == "public"))
    endpoints.reject_unknown_keys()
    cluster = Cluster(
        id=section.string("id", pattern="[0-9a-z]{20}|[0-9a-z]{32}"),
        name=section.string("name", pattern="[A-Za-z][A-Za-z0-9-]*"),
        account=account,
        provider=t.cast("t.Any", provider),
        type=t.cast("t.Any", kind),
        region=region,
        location=section.string("location"),
        datacenter=section.string("datacenter", " ").strip(),
        resource_group=own_groups[group_name],
        state=section.choice("state", STATES, "normal"),
        version=section.string("version", pattern=pattern),
        endpoints=enabled,
        version_answer=section.mapping("version_answer"),
        rbac=_rbac(section.section("rbac")),
        startup=_startup(section),
        record=section.mapping("record"),
        layout=t.cast(
            "t.Any",
            section.choice(
                "layout", ("nested", "top_level", "both"), "top_level" if provider == "classic" else "nested"
            ),
        ),
        # These keys are read only for OpenShift clusters. For Kubernetes clusters, the keys are rejected as unknown.
        own_ca=kind == "kubernetes" or section.boolean("own_ca", False),
        oauth_unsynchronized=t.cast("t.Any", _oauth_unsynchronized(section) if kind == "openshift" else "server_error"),
    )
    section.reject_unknown_keys()
    return cluster


def _oauth_unsynchronized(section: YamlSection) -> str:
    return section.choice("oauth_unsynchronized", ("server_error", "redirect"), "server_error")


def _startup(cluster: YamlSection) -> Startup:
    section = cluster.section("startup")
    names = ("seconds", "unavailable_seconds", "not_found_seconds")
    times = {name: section.seconds(name, 0.0) for name in names}
    startup = Startup(state=section.choice("state", STARTUP_STATES, "deploying"), **times)
    section.reject_unknown_keys()
    if startup.total and cluster.choice("state", STATES, "normal") in STATES_WITHOUT_MASTER:
        raise cluster.error("startup", "must not be set for a state without a reachable master")
    return startup


def _rbac(section: YamlSection) -> Rbac:
    rbac = Rbac(
        seconds=section.seconds("seconds", 1.0),
        outcome=t.cast("t.Any", section.choice("outcome", ("ok", "error", "never"), "ok")),
        synchronized_for=section.strings("synchronized_for"),
    )
    section.reject_unknown_keys()
    return rbac
