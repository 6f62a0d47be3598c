# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``trust`` sections of the trusted profiles in a world file."""

from __future__ import annotations

import typing as t

from .world import Cluster, Identity, ServiceAccount, Trust
from .yaml_section import WorldError, YamlSection

_NAME = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


def read_trust(section: YamlSection) -> Trust:
    """Return the trust section of a profile. Raise WorldError if a value is invalid."""
    trust = Trust(
        identities=section.strings("identities"),
        service_accounts=tuple(_service_account(item) for item in section.sections("service_accounts")),
        vpc_instance=t.cast("t.Any", section.choice("vpc_instance", ("no", "linked", "default"), "no")),
    )
    section.reject_unknown_keys()
    return trust


def _service_account(section: YamlSection) -> ServiceAccount:
    account = ServiceAccount(
        cluster=section.string("cluster"),
        namespace=section.string("namespace", pattern=_NAME),
        name=section.string("name", pattern=_NAME),
    )
    section.reject_unknown_keys()
    return account


def check_trust(identities: t.Sequence[Identity], clusters: t.Sequence[Cluster]) -> None:
    """Raise WorldError if a profile's trust section refers to missing objects or contradicts the trust section of another profile.

    According to IAM's specification, a service account's cluster and the VPC instance must be in the profile's account.
    """
    others = {who.iam_id for who in identities if who.kind != "profile"}
    accounts = {cluster.id: cluster.account for cluster in clusters}
    instance = [who for who in identities if who.trust is not None and who.trust.vpc_instance != "no"]
    for who in identities:
        trust = who.trust or Trust()
        for iam_id in trust.identities:
            if iam_id not in others:
                raise WorldError(f"profile {who.name}: trust.identities: {iam_id} is not a user or service ID")
        for account in trust.service_accounts:
            if accounts.get(account.cluster) not in who.accounts:
                what = f"{account.cluster} is not the ID of a cluster in the profile's account"
                raise WorldError(f"profile {who.name}: trust.service_accounts: {what}")
    if len({who.accounts for who in instance}) > 1:
        raise WorldError("identities: trust.vpc_instance can be used in only one account")
    if sum(who.trust is not None and who.trust.vpc_instance == "default" for who in instance) > 1:
        raise WorldError("identities: trust.vpc_instance must be default for only one profile")
    names = [(who.name, who.accounts) for who in identities if who.kind == "profile"]
    for name, own in names:
        if names.count((name, own)) > 1:
            raise WorldError(f"identities: more than one profile in an account has the name {name}")
