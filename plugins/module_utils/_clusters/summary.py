# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What the role tells its user in the end, in lines that fit on a screen. Pure."""

from __future__ import annotations

import typing as t

from .._services.api_generations import CURRENT, ApiGeneration

if t.TYPE_CHECKING:
    from .facts import Record

_Sessions = t.Mapping[str, t.Mapping[str, t.Any]]


def ends_first(expires_at: str, sessions: _Sessions) -> str:
    """Return when the first of the tokens ends (ISO 8601); empty when nothing is known of any."""
    ends = {expires_at, *(str(session.get("expires_at") or "") for session in sessions.values())}
    return min(filter(None, ends), default="")


def summary(
    account: t.Mapping[str, str],
    sessions: _Sessions,
    failures: t.Sequence[Record],
    left_out: t.Sequence[str],
    expires_at: str,
    generation: ApiGeneration = CURRENT,
) -> list[str]:
    """Return the lines. One cluster alone is described, several are counted, and each that failed is named."""
    lines = [f"Account     {account['name'] or '(name not visible)'} ({account['id']})"]
    if len(sessions) == 1 and not failures and not left_out:
        (one,) = sessions.values()
        lines += [
            f"Cluster     {one['name']} ({one['id']}), {one['type']}, {one['provider']}, {one['region']}",
            f"masterURL   {one['master_url']}",
            f"Kubernetes  {one['version']}, where you are {one['user'] or 'authenticated'}",
        ]
    else:
        lines += [f"Clusters    {len(sessions)} open" + (f", {len(failures)} failed" if failures else "")]
    if left_out:
        names = ", ".join(left_out)
        lines += [
            f"Check mode ends here: {names} takes no login before it is synchronised, which would be requested now"
        ]
    if not generation.has_rbac:
        unsupported = generation.unsupported["cluster_rbac_sync"]
        by_kubeconfig = (
            ", with the call for the kubeconfig, which is made here too outside of check mode"
            * generation.kubeconfig_call_syncs_rbac
        )
        lines += [f"RBAC        left out: api_generation {generation.name} {unsupported}{by_kubeconfig}"]
    lines += [f"Tokens      good until {expires_at}"]
    return lines + [f"Failed      {failure['cluster']}: {failure['msg']}" for failure in failures]
