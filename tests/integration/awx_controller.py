# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated AWX API for the requests that the awx.awx modules send during the AWX setup. Like AWX, the API rejects invalid requests."""

from __future__ import annotations

import json
import threading
import typing as t
import urllib.parse

from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Seen, answer, respond

from .awx_rules import survey_refusals, type_refusals

Item = dict[str, t.Any]

TOKEN = "CANARY-controller-token"
# The ID that every project update job has
UPDATE = 77
ENCRYPTED = "$encrypted$"
_TEMPLATES = ("job_templates", "inventory_sources", "projects", "workflow_job_templates")
# The lists in which a workflow node or a template refers to other objects
_LINKS = ("credentials", "success_nodes", "always_nodes", "failure_nodes")


class Refused(Exception):
    """An error response."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Controller:
    """Serves the API, and stores the created objects by kind. ``playbooks`` lists the playbooks of every project after its update.

    ``update_status`` is the final status of each project update. A new project stays pending until a client requests an update.
    """

    def __init__(self, playbooks: t.Collection[str]) -> None:
        self.playbooks = playbooks
        self.update_status = "successful"
        self.changes: list[str] = []
        self.items: dict[str, list[Item]] = {"organizations": [{"id": 1, "name": "Default"}], "credential_types": []}
        # This credential type exists in every AWX installation.
        self.add(
            "credential_types",
            {"name": "OpenShift or Kubernetes API Bearer Token", "kind": "kubernetes", "managed": True},
        )
        self.changes.clear()
        self._secrets: dict[int, Item] = {}
        self._lock = threading.Lock()
        self.loopback = Loopback(respond(self._reply))

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that connect the awx.awx modules to the API."""
        return {"CONTROLLER_HOST": self.loopback.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}

    def one(self, kind: str, name: str) -> Item:
        (found,) = [item for item in self.items.get(kind, []) if name in (item.get("name"), item.get("identifier"))]
        return found

    def names(self, kind: str) -> list[str]:
        return [str(item.get("name") or item["identifier"]) for item in self.items.get(kind, [])]

    def secret(self, credential: str) -> Item:
        """Return the inputs of a credential with its secrets in clear text, as a job receives them."""
        return self._secrets[self.one("credentials", credential)["id"]]

    def _reply(self, seen: Seen) -> bytes:
        head = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
        try:
            with self._lock:
                status, body = self._answer(seen)
        except Refused as exc:
            status, body = exc.status, {"detail": str(exc)}
        return answer(b"" if status == 204 else body, status=status, head=head)

    def _answer(self, seen: Seen) -> tuple[int, t.Any]:
        if seen.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "The token is not valid.")
        url = urllib.parse.urlsplit(seen.target)
        path = url.path.removeprefix("/api/v2/").strip("/").split("/")
        body = json.loads(seen.body or b"{}")
        if seen.method != "GET":
            self.changes.append(f"{seen.method} {url.path}")
        if len(path) == 1:
            if seen.method == "POST":
                return 201, self._shown(self.add(path[0], body))
            return 200, self._page(
                self._found(path[0], dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True)))
            )
        if path[0] == "project_updates":
            return 200, self._update(int(path[1]), self.update_status)
        item = next((item for item in self.items.get(path[0], []) if str(item["id"]) == path[1]), None)
        if item is None:
            raise Refused(404, "The object was not found.")
        if len(path) == 3:
            return self._below(seen.method, item, path[2], body)
        if seen.method == "PATCH":
            self._check(path[0], {**item, **body}, item)
            item.update(self._kept(path[0], body, item["id"]))
        return 200, self._shown(item)

    def _below(self, method: str, item: Item, what: str, body: Item) -> tuple[int, t.Any]:
        if what == "survey_spec":
            if method == "POST":
                refusals = survey_refusals(body)
                if refusals:
                    raise Refused(400, str(refusals))
                item["_survey"] = body
            return 200, item.get("_survey", {})
        if what == "update":
            revision = "a-revision" if self.update_status == "successful" else ""
            item.update(status=self.update_status, scm_revision=revision)
            return 202, self._update(UPDATE, "pending")
        if what not in _LINKS:
            raise Refused(404, f"The object does not have {what}.")
        linked = item.setdefault(f"_{what}", [])
        if method == "POST":
            linked.remove(body["id"]) if body.get("disassociate") else linked.append(body["id"])
            return 204, None
        return 200, self._page([{"id": number} for number in linked])

    @staticmethod
    def _update(number: int, status: str) -> Item:
        """Return the job that updates a project."""
        done = status != "pending"
        more = {"failed": status == "failed", "event_processing_finished": done, "scm_revision": "a-revision"}
        return {"id": number, "status": status, "url": f"/api/v2/project_updates/{number}/", **more}

    def _found(self, kind: str, query: Item) -> list[Item]:
        kinds = _TEMPLATES if kind == "unified_job_templates" else (kind,)
        found = [item for kind in kinds for item in self.items.get(kind, [])]
        for key, value in query.items():
            if key == "credential_type__name":
                wanted = [item["id"] for item in self.items["credential_types"] if item["name"] == value]
                found = [item for item in found if item["credential_type"] in wanted]
            else:
                found = [item for item in found if str(item.get(key)) == value]
        return found

    def add(self, kind: str, body: Item) -> Item:
        self._check(kind, body, None)
        kept = self.items.setdefault(kind, [])
        number = sum(map(len, self.items.values())) + 100
        url = f"/api/v2/{kind}/{number}/"
        item = {
            "id": number,
            "url": url,
            "type": kind.removesuffix("s"),
            "related": {"survey_spec": f"{url}survey_spec/", "update": f"{url}update/"},
            "summary_fields": {},
        }
        item |= {
            "projects": {"scm_revision": "", "status": "pending"},
            "inventories": {"kind": "", "host_filter": None},
        }.get(kind, {})
        kept.append(item | self._kept(kind, body, number))
        return kept[-1]

    def _kept(self, kind: str, body: Item, number: int) -> Item:
        """Save the inputs of a credential, and return the object without the secrets, because AWX never returns secrets."""
        if kind != "credentials" or "inputs" not in body:
            return body
        (of,) = [item for item in self.items["credential_types"] if item["id"] == body["credential_type"]]
        fields = of.get("inputs", {}).get("fields", [{"id": "bearer_token", "secret": True}])
        secret = {field["id"] for field in fields if field.get("secret")}
        old = self._secrets.get(number, {})
        self._secrets[number] = {
            name: old[name] if value == ENCRYPTED else value for name, value in body["inputs"].items()
        }
        return {
            **body,
            "inputs": {name: ENCRYPTED if name in secret else value for name, value in body["inputs"].items()},
        }

    def _check(self, kind: str, item: Item, before: Item | None) -> None:
        if kind == "credential_types" and not item.get("managed"):
            definition = {key: item[key] for key in ("name", "description", "kind", "inputs", "injectors")}
            refusals = type_refusals(definition)
            if refusals:
                raise Refused(400, str(refusals))
            in_use = before and any(
                item["credential_type"] == before["id"] for item in self.items.get("credentials", [])
            )
            if in_use and before and before["inputs"] != item["inputs"]:
                raise Refused(403, "Modifications to inputs are not allowed for credential types that are in use")
        if kind == "job_templates" and not self._has_playbook(item):
            raise Refused(400, f"Playbook {item['playbook']} not found for project.")
        if kind == "projects" and not item.get("scm_url"):
            raise Refused(400, "scm_url is required.")

    def _has_playbook(self, template: Item) -> bool:
        (project,) = [item for item in self.items["projects"] if item["id"] == template["project"]]
        return bool(project["scm_revision"]) and template["playbook"] in self.playbooks

    def _shown(self, item: Item) -> Item:
        return {key: value for key, value in item.items() if not key.startswith("_")}

    def _page(self, found: list[Item]) -> Item:
        return {"count": len(found), "next": None, "results": [self._shown(item) for item in found]}
