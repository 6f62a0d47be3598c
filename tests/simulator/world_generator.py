# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds for load tests and benchmarks, with one user, one API key, and any number of clusters and accounts.

The same arguments always generate the same world.
"""

from __future__ import annotations

import random
import typing as t

from .world import Account, ApiKey, Cluster, Identity, Rbac, ResourceGroup, Settings, World
from .yaml_section import WorldError

if t.TYPE_CHECKING:
    from .world import Outcome

IAM_ID = "IBMid-1100FLEET0"
API_KEY = "not-a-real-key/fleet="

# Regions with their locations and data centers.
_PLACES = (
    ("us-south", "Dallas", "dal10"),
    ("eu-de", "Frankfurt", "fra02"),
    ("jp-tok", "Tokyo", "tok02"),
    ("au-syd", "Sydney", "syd01"),
)
_KUBERNETES = ("1.32.9_1570", "1.33.4_1543")
_OPENSHIFT = ("4.18.24_1568_openshift", "4.18.26_1571_openshift")


def generated_world(
    clusters: int,
    *,
    accounts: int = 1,
    settings: Settings = Settings(),
    synchronized: bool = True,
    sync_seconds: tuple[float, float] = (0, 0),
    error_share: float = 0.0,
    never_share: float = 0.0,
    openshift_share: float = 0.0,
    without_master: bool = False,
    seed: int = 1,
) -> World:
    """Return a world whose first account has the clusters ``fleet-0001``, ``fleet-0002``, ..., each with a public endpoint.

    The clusters alternate between classic and vpc-gen2. ``seed`` determines the region, resource group and version of each cluster. ``seed``
    also selects the OpenShift clusters and the clusters whose synchronization fails or never ends. Each of these groups contains ``round(share *
    clusters)`` clusters. If ``synchronized`` is true, RBAC is synchronized from the start in all clusters whose synchronization can succeed. Otherwise, the
    synchronization takes ``sync_seconds`` (minimum, maximum) after applyRBAC. If ``without_master`` is true, all clusters are still being deployed, so the
    simulator does not open sockets for them.

    The user belongs to all accounts. Raise WorldError for invalid counts and shares.
    """
    bad, never, openshift = (round(share * clusters) for share in (error_share, never_share, openshift_share))
    if clusters < 0 or accounts < 1 or min(bad, never, openshift) < 0 or max(bad + never, openshift) > clusters:
        raise WorldError(
            "clusters must be 0 or more, accounts must be 1 or more, and shares must be between 0 and 1 in total"
        )
    draw = random.Random(seed)
    every = tuple(_account(number) for number in range(1, accounts + 1))
    home = every[0].id
    groups = (ResourceGroup("1" * 32, "default", home), ResourceGroup("2" * 32, "team-b", home))
    numbers = range(1, clusters + 1)
    outcomes: dict[int, Outcome] = dict.fromkeys(draw.sample(numbers, bad + never), "error")
    outcomes.update(dict.fromkeys(list(outcomes)[bad:], "never"))
    with_openshift = frozenset(draw.sample(numbers, openshift))
    fleet = []
    for number in numbers:
        outcome: Outcome = outcomes.get(number, "ok")
        rbac = Rbac(draw.uniform(*sync_seconds), outcome, (IAM_ID,) if synchronized and outcome == "ok" else ())
        state = "deploying" if without_master else "normal"
        fleet.append(_cluster(number, draw, draw.choice(groups), rbac, state, openshift=number in with_openshift))
    description = f"{clusters} generated clusters, {accounts} accounts"
    return World("generated", description, settings, every, (_user(every),), groups, tuple(fleet))


def _account(number: int) -> Account:
    return Account(
        id=f"{number:032x}",
        name=f"Fleet {number:05d}",
        state="ACTIVE",
        created_at="2019-02-11T09:00:00.000Z",
        updated_at="2024-05-01T10:00:00.000Z",
        anonymous_id=f"{number:032x}"[::-1],
        entity={"type": "SUBSCRIPTION", "owner_iam_id": IAM_ID},
    )


def _user(accounts: tuple[Account, ...]) -> Identity:
    return Identity(
        iam_id=IAM_ID,
        kind="user",
        name="Fleet Example",
        email="fleet@example.com",
        password=None,
        federated=False,
        accounts=tuple(account.id for account in accounts),
        api_keys=(ApiKey(API_KEY, accounts[0].id),),
        passcodes=(),
        ims_user_id=8810001,
        denied_clusters=(),
    )


def _cluster(
    number: int, draw: random.Random, group: ResourceGroup, rbac: Rbac, state: str, *, openshift: bool
) -> Cluster:
    region, location, datacenter = draw.choice(_PLACES)
    classic = number % 2 == 1
    return Cluster(
        id=f"f{number:04d}fleet".ljust(20, "0"),
        name=f"fleet-{number:04d}",
        account=group.account,
        provider="classic" if classic else "vpc-gen2",
        type="openshift" if openshift else "kubernetes",
        region=region,
        location=location,
        datacenter=datacenter if classic else "",
        resource_group=group,
        state=state,
        version=draw.choice(_OPENSHIFT if openshift else _KUBERNETES),
        endpoints=frozenset({"public"}),
        version_answer={},
        rbac=rbac,
        record={},
        layout="top_level" if classic else "nested",
        own_ca=not openshift,
        oauth_unsynchronized="server_error",
    )
