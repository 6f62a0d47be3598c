# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP client for the simulator tests."""

from __future__ import annotations

import typing as t

import requests

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

PREFIX = "urn:ibm:params:oauth:grant-type:"
APIKEY = PREFIX + "apikey"
PASSCODE = PREFIX + "passcode"
DELEGATED = PREFIX + "delegated-refresh-token"

DEV = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
PROD = "b2c3d4e5f60718293a4b5c6d7e8f90a1"
LAB = "c3d4e5f60718293a4b5c6d7e8f90a1b2"

ADA = "Ada@example.com"
ADA_IAM_ID = "IBMid-2700ABCDEF"
ADA_PASSWORD = "not/a+real=password"
ADA_DEV_KEY = "not-a-real-key/ada+dev="
ADA_PROD_KEY = "not-a-real-key/ada+prod="
DEPLOYER_KEY = "not-a-real-key/deployer+prod="
GRACE = "grace@example.com"
GRACE_PASSCODE = "not-a-real-passcode-1"

Response = requests.Response


class Api:
    """A client for one simulator."""

    def __init__(self, sim: Simulator, directory: Path) -> None:
        self.sim = sim
        self._directory = directory
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, method: str, url: str, *, ca: str = "", **options: t.Any) -> Response:
        options.setdefault("timeout", 10)
        options.setdefault("allow_redirects", False)
        return self._session.request(method, url, verify=ca or str(self.sim.ca_path), **options)

    def iam(self, form: t.Any, client: str | None = "bx", path: str = "/identity/token", **options: t.Any) -> Response:
        auth = (client, client) if client else None
        return self.send("POST", self.sim.iam_url + path, data=form, auth=auth, **options)

    def accounts(self, token: str | None, path: str = "/coe/v2/accounts", **headers: str) -> Response:
        return self.send("GET", self.sim.accounts_url + path, headers={**bearer(token), **headers})

    def containers(self, token: str | None, path: str, *, headers: t.Any = None, **options: t.Any) -> Response:
        method = "POST" if path.startswith("applyRBAC") else "GET"
        all_headers = {**bearer(token), **(headers or {})}
        return self.send(method, f"{self.sim.containers_url}/v2/{path}", headers=all_headers, **options)

    def cluster(
        self,
        name: str,
        path: str,
        token: str | None = None,
        *,
        method: str = "GET",
        headers: t.Any = None,
        **options: t.Any,
    ) -> Response:
        state = self.sim.cluster(name)
        url = options.pop("url", state.master_url)
        all_headers = {**bearer(token), **(headers or {})}
        return self.send(method, url + path, ca=self.cluster_ca(name), headers=all_headers, **options)

    def cluster_ca(self, name: str) -> str:
        path = self._directory / f"{name}.pem"
        path.write_bytes(self.sim.cluster(name).serving_ca_pem)
        return str(path)

    # Frequent requests

    def tokens(self, apikey: str = ADA_DEV_KEY, client: str | None = "bx") -> dict[str, t.Any]:
        return ok(self.iam({"grant_type": APIKEY, "apikey": apikey}, client))

    def access_token(self, apikey: str = ADA_DEV_KEY) -> str:
        return str(self.tokens(apikey)["access_token"])

    def delegated_token(self, apikey: str = ADA_DEV_KEY, receivers: str = "kube", expiry: str = "600") -> str:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.tokens(apikey)["refresh_token"],
            "response_type": "delegated_refresh_token",
            "receiver_client_ids": receivers,
            "delegated_refresh_token_expiry": expiry,
        }
        reply = ok(self.iam(form))
        return str(reply.get("delegated_refresh_token") or reply["refresh_token"])

    def kube_tokens(self, apikey: str = ADA_DEV_KEY) -> dict[str, t.Any]:
        return ok(self.iam({"grant_type": DELEGATED, "refresh_token": self.delegated_token(apikey)}, "kube"))

    def synchronized(self, name: str, apikey: str = ADA_DEV_KEY) -> str:
        """Synchronize a cluster's RBAC, and return an ID token."""
        rbac = self.sim.cluster(name).rbac
        rbac.seconds = 0
        assert self.containers(self.access_token(apikey), "applyRBAC", json={"cluster": name}).status_code == 200
        return str(self.kube_tokens(apikey)["id_token"])


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def ok(response: Response) -> dict[str, t.Any]:
    assert response.status_code == 200, response.text
    body = response.json()
    assert isinstance(body, dict)
    return body
