# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The namespaces of one cluster, stored in memory in the format that the Kubernetes API returns."""

from __future__ import annotations

import copy
import datetime as dt
import re
import typing as t
import uuid

from .error_response import ErrorResponse

Namespace = dict[str, t.Any]

_FIRST = ("default", "ibm-system", "kube-node-lease", "kube-public", "kube-system")
_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


class Namespaces:
    """A cluster's namespaces, keyed by name. The namespaces never contain objects, so a deletion takes effect immediately."""

    def __init__(self) -> None:
        self._by_name: dict[str, Namespace] = {}
        self._version = 100
        for name in _FIRST:
            self.create({"metadata": {"name": name}})

    def listed(self) -> dict[str, t.Any]:
        """Return a NamespaceList whose items do not contain ``kind`` or ``apiVersion``."""
        items = [
            {key: value for key, value in namespace.items() if key not in ("kind", "apiVersion")}
            for _name, namespace in sorted(self._by_name.items())
        ]
        return {
            "kind": "NamespaceList",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": str(self._version)},
            "items": items,
        }

    def get(self, name: str) -> Namespace:
        """Return a namespace. Raise ErrorResponse 404 if the namespace does not exist."""
        if name not in self._by_name:
            raise ErrorResponse(404, "NotFound", f'namespaces "{name}" not found')
        return self._by_name[name]

    def create(self, body: t.Mapping[str, t.Any]) -> Namespace:
        """Create a namespace. Raise ErrorResponse 409 if the name already exists, or 422 if the name is not a DNS label."""
        given = body.get("metadata")
        metadata = given if isinstance(given, dict) else {}
        name = metadata.get("name")
        if not isinstance(name, str) or not re.fullmatch(_LABEL, name):
            text = (
                f'Namespace "{name or ""}" is invalid: metadata.name: Invalid value: must be a lowercase RFC 1123 label'
            )
            raise ErrorResponse(422, "Invalid", text)
        if name in self._by_name:
            raise ErrorResponse(409, "AlreadyExists", f'namespaces "{name}" already exists')
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._by_name[name] = {
            "kind": "Namespace",
            "apiVersion": "v1",
            "metadata": {
                "name": name,
                "uid": str(uuid.uuid4()),
                "resourceVersion": self._next_version(),
                "creationTimestamp": now,
                "labels": {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": name},
                **({"annotations": metadata["annotations"]} if metadata.get("annotations") else {}),
            },
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        return self._by_name[name]

    def patch(self, name: str, body: t.Mapping[str, t.Any]) -> Namespace:
        """Apply a merge patch to a namespace's labels and annotations. The value ``null`` removes a key. Other fields do not change."""
        namespace = self.get(name)
        metadata = namespace["metadata"]
        before = copy.deepcopy(metadata)
        changes = body.get("metadata") or {}
        for part in ("labels", "annotations"):
            merged = {**metadata.get(part, {}), **(changes.get(part) or {})}
            metadata[part] = {key: value for key, value in merged.items() if value is not None}
            if not metadata[part]:
                del metadata[part]
        if metadata != before:
            metadata["resourceVersion"] = self._next_version()
        return namespace

    def delete(self, name: str) -> Namespace:
        """Delete and return a namespace. Raise ErrorResponse 404 if the namespace does not exist, or 403 if it is a protected system namespace."""
        namespace = self.get(name)
        if name in ("default", "kube-public", "kube-system"):
            raise ErrorResponse(
                403, "Forbidden", f'namespaces "{name}" is forbidden: this namespace may not be deleted'
            )
        del self._by_name[name]
        self._next_version()
        return {**namespace, "status": {"phase": "Terminating"}}

    def _next_version(self) -> str:
        self._version += 1
        return str(self._version)
