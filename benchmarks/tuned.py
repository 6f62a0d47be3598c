# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An optimized script that logs in to clusters with the ``requests`` library. The script does not explain errors.

Usage: ``tuned.py VARIABLES``. VARIABLES is a JSON file whose ``clusters`` key lists the cluster names.

The script reuses connections. All connections to IBM's services share one TLS context. Each cluster has a separate TLS context
that loads only the cluster's CA. The ``requests`` library is configured not to read environment variables.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import sys
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

IAM = os.environ["IBMCLOUD_IAM_API_ENDPOINT"] + "/identity/token"
ACCOUNTS = os.environ["IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT"] + "/coe/v2/accounts"
CONTAINERS = os.environ["IBMCLOUD_CS_API_ENDPOINT"] + "/v2"
FOLDER = Path(os.environ["TMPDIR"]) / "tuned"
THREADS = 16
TIMEOUT = 30


class Adapter(HTTPAdapter):
    """An adapter whose connections share one TLS context. By default, the ``requests`` library loads the CA bundle for each connection."""

    def __init__(self, context: ssl.SSLContext, size: int) -> None:
        self.context = context
        super().__init__(pool_connections=4, pool_maxsize=size)

    def init_poolmanager(self, *arguments: t.Any, **options: t.Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self.context)

    def cert_verify(self, conn: t.Any, url: str, verify: t.Any, cert: t.Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"


def trusting(*, file: str | None = None, pem: str | None = None) -> ssl.SSLContext:
    """Return a context that trusts only these CAs and verifies the host name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=file, cadata=pem)
    return context


def http(context: ssl.SSLContext, size: int) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Adapter(context, size))
    return session


class Services:
    """A client for IBM's services, with one connection pool for all threads."""

    def __init__(self) -> None:
        self.http = http(trusting(file=os.environ["REQUESTS_CA_BUNDLE"]), THREADS)
        self.headers: dict[str, str] = {}

    def token(self, form: dict[str, str], client: str) -> dict[str, t.Any]:
        answer = self.http.post(IAM, data=form, auth=(client, client), timeout=TIMEOUT)
        answer.raise_for_status()
        found: dict[str, t.Any] = answer.json()
        return found

    def get(self, url: str, params: dict[str, str] | None = None) -> t.Any:
        answer = self.http.get(url, headers=self.headers, params=params, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()


def session(services: Services, cluster: dict[str, t.Any], id_token: str) -> dict[str, t.Any]:
    params = {"cluster": cluster["id"]}
    if not services.get(f"{CONTAINERS}/getRBACStatus", params)["synchronized"]:
        raise SystemExit(f"{cluster['name']} is not synchronized")
    pem = base64.b64decode(services.get(f"{CONTAINERS}/getCACert", params)["caCert"]).decode()
    ca, url = FOLDER / f"{cluster['id']}.pem", cluster["masterURL"]
    ca.write_text(pem, encoding="ascii")
    headers = {"Authorization": f"Bearer {id_token}"}
    question = {"verb": "list", "resource": "namespaces", "group": ""}
    with http(trusting(pem=pem), 1) as server:
        answers = [
            server.get(f"{url}/version", headers=headers, timeout=TIMEOUT),
            server.post(
                f"{url}/apis/authentication.k8s.io/v1/selfsubjectreviews",
                headers=headers,
                json={"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
                timeout=TIMEOUT,
            ),
            server.post(
                f"{url}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                headers=headers,
                json={
                    "apiVersion": "authorization.k8s.io/v1",
                    "kind": "SelfSubjectAccessReview",
                    "spec": {"resourceAttributes": question},
                },
                timeout=TIMEOUT,
            ),
        ]
    for answer in answers:
        answer.raise_for_status()
    version, who, may = (answer.json() for answer in answers)
    return {
        "master_url": url,
        "ca_cert": str(ca),
        "id_token": id_token,
        "version": version["gitVersion"],
        "user": who["status"]["userInfo"]["username"],
        "allowed": may["status"]["allowed"],
    }


def main() -> None:
    names = set(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["clusters"])
    FOLDER.mkdir(exist_ok=True)
    services = Services()
    grant = "urn:ibm:params:oauth:grant-type:"
    form = {"grant_type": f"{grant}apikey", "apikey": os.environ["IC_API_KEY"]}
    form |= {"response_type": "cloud_iam delegated_refresh_token", "receiver_client_ids": "kube"}
    login = services.token({**form, "delegated_refresh_token_expiry": "600"}, "bx")
    services.headers = {"Authorization": f"Bearer {login['access_token']}"}
    delegated = {"grant_type": f"{grant}delegated-refresh-token", "refresh_token": login["delegated_refresh_token"]}
    with ThreadPoolExecutor(THREADS) as pool:
        kube = pool.submit(services.token, delegated, "kube")
        accounts = pool.submit(services.get, ACCOUNTS)
        vpc = pool.submit(services.get, f"{CONTAINERS}/vpc/getClusters", {"provider": "vpc-gen2"})
        clusters = services.get(f"{CONTAINERS}/classic/getClusters") + vpc.result()
        accounts.result()
        id_token = kube.result()["id_token"]
        wanted = [cluster for cluster in clusters if cluster["name"] in names]
        sessions = list(pool.map(lambda cluster: session(services, cluster, id_token), wanted))
    if len(sessions) != len(names):
        raise SystemExit(f"Logged in to {len(sessions)} of {len(names)} clusters")


if __name__ == "__main__":
    main()
