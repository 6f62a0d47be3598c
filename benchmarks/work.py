# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the requests in the simulator's log, and compare the counts with the expected counts."""

from __future__ import annotations

import typing as t
from collections import Counter

if t.TYPE_CHECKING:
    from simulator.request_log import Entry

Kinds = Counter[str]

SERVICES = ("iam", "accounts", "containers")


def kind_of(entry: Entry) -> str:
    """Return a request's kind, such as ``containers GET /global/v2/getCACert``. The kind does not contain the cluster."""
    service = entry.service if entry.service in SERVICES else "cluster"
    client = f" as {entry.client}" if service == "iam" else ""
    return f"{service} {entry.method} {entry.path}{client}"


def counted(entries: t.Iterable[Entry]) -> Kinds:
    return Counter(kind_of(entry) for entry in entries)


def expected(clusters: int) -> Kinds:
    """Return the expected count of each kind of request.

    Synchronized clusters require two token requests, three list requests, and five requests per cluster.
    """
    once = (
        "iam POST /identity/token as bx",
        "iam POST /identity/token as kube",
        "accounts GET /coe/v2/accounts",
        "containers GET /global/v2/classic/getClusters",
        "containers GET /global/v2/vpc/getClusters",
    )
    each = (
        "containers GET /global/v2/getRBACStatus",
        "containers GET /global/v2/getCACert",
        "cluster GET /version",
        "cluster POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
        "cluster POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    )
    return Counter({**dict.fromkeys(once, 1), **dict.fromkeys(each, clusters)})


def differences(found: Kinds, wanted: Kinds) -> list[str]:
    """Return a description of each kind of request whose count differs from the expected count."""
    return [
        f"{kind}: {found[kind]} instead of {wanted[kind]}"
        for kind in sorted({*found, *wanted})
        if found[kind] != wanted[kind]
    ]
