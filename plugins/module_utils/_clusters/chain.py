# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The whole way, from credentials to sessions with clusters, in one process: one login, one pool, one pace for all steps."""

from __future__ import annotations

import typing as t

from .._core.errors import IBMCloudError, PartialFailure, failure_entry
from .._core.progress import Progress
from .._core.tokens import token_facts
from .._services.selection import account_facts, choose_account
from .details import FactsReader
from .lookup import Filters, list_for, resolve_names
from .outcomes import Batch
from .rbac_sync import ClusterSync, Synchronizer, SyncOptions
from .sessions import Sessions
from .summary import ends_first, summary

if t.TYPE_CHECKING:
    from .._cloud import Cloud
    from .._services.cluster_records import Record

# What an identity may lack that can do everything else: listing accounts is for the name only.
_NO_NAME = ("auth", "permission", "not_found")


def open_clusters(
    cloud: Cloud,
    wanted: t.Sequence[str],
    options: t.Mapping[str, t.Any],
    *,
    check_mode: bool,
    report_progress: t.Callable[[str], None],
) -> dict[str, t.Any]:
    """Log in, find the clusters, synchronise the access, and open a session with each. Return the result of ``cluster_access``.

    :raises IBMCloudError: when the login or a list fails.
    :raises FleetError: when no cluster could be opened.
    """
    cloud.id_tokens.expect()
    # None of them needs another, and each takes as long as the way to the service and back.
    _token, account, records = cloud.pool().run_parallel(
        cloud.id_tokens.session,
        lambda: _account(cloud),
        lambda: list_for(cloud.containers, options["provider"], cloud.pool(), wanted),
    )
    filters = Filters(resource_group=options["resource_group"] or "")
    choice = resolve_names(filters.apply(records), wanted, cloud.containers.region_note)
    # Where the call for the CA can synchronise the access too, it is made each time.
    by_ca = cloud.generation.kubeconfig_call_syncs_rbac
    asked = {"details": False, "ca": True, "ca_held": not by_ca, "synchronise": by_ca and not check_mode}
    details = FactsReader.from_options(cloud, {**options, **asked})
    found, failures = details.read_all(choice.found, cloud.pool())
    failures = [failure_entry(cluster, error) for cluster, error in choice.missing.items()] + failures
    syncs = (
        _synchronized(cloud, found, options, check_mode=check_mode, report_progress=report_progress)
        if cloud.generation.has_rbac
        else []
    )
    outcomes = [sync.to_result() for sync in syncs]
    batch = Batch.of(found, outcomes, check_mode=check_mode)
    opened, unopened = Sessions.from_options(cloud, options).open_all(batch.wanted)
    failures += batch.failures + unopened
    total = len(failures) + len(opened) + len(batch.left_out)
    changed = any(sync.applied or (check_mode and sync.needs_sync) for sync in syncs)
    if failures and len(failures) == total:
        raise PartialFailure(failures, total=total, result={"changed": changed, "failures": failures})
    # As they are now: the first ones may have ended while clusters were waited for.
    tokens = token_facts(cloud.id_tokens.session())
    first_end = ends_first(tokens["expires_at"], opened)
    result = {
        "changed": changed,
        "account": account,
        **tokens,
        "sessions": opened,
        "failures": failures,
        "left_out": batch.left_out,
        "ends_first": first_end,
        "summary": summary(account, opened, failures, batch.left_out, first_end, cloud.generation),
    }
    if total == 1 == len(opened):
        (result["session"],) = opened.values()
        # The CA that was held may have been replaced; the session has the one that fits.
        result["cluster"] = {**found[0], "ca_cert_data": result["session"]["ca_cert_data"]}
    return result


def _account(cloud: Cloud) -> dict[str, t.Any]:
    """Return the ID and the name of the account that the token is bound to; the name is empty when it is not visible."""
    identifier = cloud.login.account_token().claims.account_id
    try:
        accounts = [account_facts(record) for record in cloud.login.accounts.list_all()]
    except IBMCloudError as exc:
        if exc.kind not in _NO_NAME:
            raise
        accounts = []
    names = [account["name"] for account in choose_account(accounts, account_id=identifier)]
    return {"id": identifier, "name": names[0] if names else ""}


def _synchronized(
    cloud: Cloud,
    found: list[Record],
    options: t.Mapping[str, t.Any],
    *,
    check_mode: bool,
    report_progress: t.Callable[[str], None],
) -> list[ClusterSync]:
    rules = SyncOptions(
        apply=not check_mode,
        wait_timeout=options["wait_timeout"],
        longest_pause=options["wait_sleep"],
        pace=options["pace"],
    )
    synchroniser = Synchronizer(cloud.containers, rules, cloud.clock, Progress(report_progress, cloud.clock))
    return synchroniser.run({str(record["cluster"]): str(record["id"]) for record in found}, cloud.concurrency)
