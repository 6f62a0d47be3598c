# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log in to clusters with the ``requests`` library, as a typical script does.

Usage: ``plain.py VARIABLES``. VARIABLES is a JSON file whose ``clusters`` key lists the cluster names. The endpoints, the API key and the
services' CA bundle are read from environment variables.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

IAM = os.environ["IBMCLOUD_IAM_API_ENDPOINT"] + "/identity/token"
ACCOUNTS = os.environ["IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT"] + "/coe/v2/accounts"
CONTAINERS = os.environ["IBMCLOUD_CS_API_ENDPOINT"] + "/v2"
# The CA bundle for IBM's services. Requests to a cluster use the cluster's own CA.
SERVICES_CA = os.environ["REQUESTS_CA_BUNDLE"]
FOLDER = Path(os.environ["TMPDIR"]) / "plain"
TIMEOUT = 30


def token(form: dict[str, str], client: str) -> dict[str, t.Any]:
    answer = requests.post(IAM, data=form, auth=(client, client), verify=SERVICES_CA, timeout=TIMEOUT)
    answer.raise_for_status()
    found: dict[str, t.Any] = answer.json()
    return found


def get(url: str, bearer: str, ca: str = SERVICES_CA, params: dict[str, str] | None = None) -> t.Any:
    headers = {"Authorization": f"Bearer {bearer}"}
    answer = requests.get(url, headers=headers, params=params, verify=ca, timeout=TIMEOUT)
    answer.raise_for_status()
    return answer.json()


def post(url: str, bearer: str, ca: str, body: dict[str, t.Any]) -> t.Any:
    headers = {"Authorization": f"Bearer {bearer}"}
    answer = requests.post(url, headers=headers, json=body, verify=ca, timeout=TIMEOUT)
    answer.raise_for_status()
    return answer.json()


def session(cluster: dict[str, t.Any], access: str, id_token: str) -> dict[str, t.Any]:
    params = {"cluster": cluster["id"]}
    if not get(f"{CONTAINERS}/getRBACStatus", access, params=params)["synchronized"]:
        raise SystemExit(f"{cluster['name']} is not synchronized")
    ca = FOLDER / f"{cluster['id']}.pem"
    ca.write_bytes(base64.b64decode(get(f"{CONTAINERS}/getCACert", access, params=params)["caCert"]))
    url = cluster["masterURL"]
    version = get(f"{url}/version", id_token, str(ca))
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    who = post(f"{url}/apis/authentication.k8s.io/v1/selfsubjectreviews", id_token, str(ca), review)
    question = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "list", "resource": "namespaces", "group": ""}},
    }
    may = post(f"{url}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", id_token, str(ca), question)
    return {
        "master_url": url,
        "ca_cert": str(ca),
        "id_token": id_token,
        "version": version["gitVersion"],
        "user": who["status"]["userInfo"]["username"],
        "allowed": may["status"]["allowed"],
    }


def main() -> None:
    names = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["clusters"]
    FOLDER.mkdir(exist_ok=True)
    grant = "urn:ibm:params:oauth:grant-type:"
    form = {"grant_type": f"{grant}apikey", "apikey": os.environ["IC_API_KEY"]}
    form |= {"response_type": "cloud_iam delegated_refresh_token", "receiver_client_ids": "kube"}
    login = token({**form, "delegated_refresh_token_expiry": "600"}, "bx")
    delegated = {"grant_type": f"{grant}delegated-refresh-token", "refresh_token": login["delegated_refresh_token"]}
    kube = token(delegated, "kube")
    access, id_token = login["access_token"], kube["id_token"]
    get(ACCOUNTS, access)
    clusters = get(f"{CONTAINERS}/classic/getClusters", access)
    clusters += get(f"{CONTAINERS}/vpc/getClusters", access, params={"provider": "vpc-gen2"})
    wanted = [cluster for cluster in clusters if cluster["name"] in names]
    with ThreadPoolExecutor(10) as pool:
        sessions = list(pool.map(lambda cluster: session(cluster, access, id_token), wanted))
    if len(sessions) != len(names):
        raise SystemExit(f"Logged in to {len(sessions)} of {len(names)} clusters")


if __name__ == "__main__":
    main()
