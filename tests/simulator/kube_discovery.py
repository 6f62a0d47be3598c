# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The discovery documents of a simulated cluster, which describe the cluster's version, API groups and resources."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .world import Cluster

Body = dict[str, t.Any]


def version(cluster: Cluster) -> Body:
    """Return the body of ``/version``. All values are strings. The world's ``version_answer`` overrides individual fields."""
    patch = cluster.version.partition("_")[0].split(".")[2]
    minor = cluster.kubernetes_minor
    body = {
        "major": "1",
        "minor": str(minor),
        "gitVersion": f"v1.{minor}.{patch}+IKS" if cluster.type == "kubernetes" else f"v1.{minor}.0",
        "gitCommit": "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334",
        "gitTreeState": "clean",
        "buildDate": "2026-01-05T10:08:03Z",
        "goVersion": "go1.24.5",
        "compiler": "gc",
        "platform": "linux/amd64",
    }
    return {**body, **cluster.version_answer}


def has_self_subject_review(cluster: Cluster) -> bool:
    """Return whether the cluster supports SelfSubjectReview, which Kubernetes 1.28 introduced."""
    return cluster.kubernetes_minor >= 28


def api_versions() -> Body:
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def group_list(cluster: Cluster) -> Body:
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in _kinds(cluster)]}


def group(name: str, cluster: Cluster) -> Body | None:
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name)} if name in _kinds(cluster) else None


def _group(name: str) -> Body:
    version_v1 = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version_v1], "preferredVersion": version_v1}


def core_resources() -> Body:
    namespaces = {
        "name": "namespaces",
        "singularName": "namespace",
        "namespaced": False,
        "kind": "Namespace",
        "verbs": ["create", "delete", "get", "list", "patch"],
        "shortNames": ["ns"],
    }
    return {"kind": "APIResourceList", "groupVersion": "v1", "resources": [namespaces]}


def group_resources(name: str, cluster: Cluster) -> Body | None:
    """Return the resources of version v1 of an API group, or None if the cluster does not have this group."""
    kinds = _kinds(cluster).get(name)
    if kinds is None:
        return None
    resources = [
        {
            "name": f"{kind.lower()}s",
            "singularName": kind.lower(),
            "namespaced": False,
            "kind": kind,
            "verbs": verbs,
        }
        for kind, verbs in kinds.items()
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{name}/v1", "resources": resources}


def _kinds(cluster: Cluster) -> dict[str, dict[str, list[str]]]:
    """Return the kinds in each API group, and the verbs that the simulator supports for each kind."""
    kinds: dict[str, dict[str, list[str]]] = {
        "authentication.k8s.io": {"SelfSubjectReview": ["create"]} if has_self_subject_review(cluster) else {},
        "authorization.k8s.io": {"SelfSubjectAccessReview": ["create"]},
    }
    if cluster.type == "openshift":
        kinds["oauth.openshift.io"] = {"OAuthAccessToken": ["delete"], "UserOAuthAccessToken": ["delete"]}
        kinds["project.openshift.io"] = {"Project": ["get", "list"]}
        kinds["user.openshift.io"] = {"User": ["get"]}
    return kinds
