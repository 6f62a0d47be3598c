# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for the tests of the API servers."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from simulator_tests.calls import Api

NAMESPACES = "/api/v1/namespaces"
REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def review(api: Api, cluster: str, token: str | None, **options: t.Any) -> t.Any:
    body = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
    return api.cluster(cluster, REVIEW, token, method="POST", **{"json": body, **options})
