# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The short cluster records in lists, the detailed records from getCluster, and the flat records from v1.

The fields follow IBM's generated client (IBM-Cloud/container-services-go-sdk, ``GetClustersResponse`` and
``GetClusterResponse``) and Terraform's client (IBM-Cloud/bluemix-go, ``containerv2/clusters.go``).
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .cluster_state import ClusterState

Record = dict[str, t.Any]

_STATUS = {
    "normal": "All Workers Normal",
    "warning": "Some Workers Critical",
    "critical": "All Workers Critical",
    "deploying": "Deploy in progress.",
}
# Cluster state -> the master's state. For all other cluster states, the master's state is "deployed".
_MASTER_STATE = {
    "requested": "deploying",
    "aborted": "deploy_failed",
    "deleted": "deleting",
    **{state: state for state in ("deploying", "deploy_failed", "deleting", "delete_failed", "updating")},
}
_CREATED = "2026-01-10T08:00:00+0000"
_IN_V1_TOO = (
    *("resourceGroup", "resourceGroupName", "targetVersion", "versionEOS", "etcdPort", "podSubnet", "serviceSubnet"),
    *("imageSecurityEnabled", "isPaid", "workerCount", "createdDate"),
)


def list_item(state: ClusterState, *, with_master_url: bool) -> Record:
    """Return the cluster's short record for the getClusters response. A short record lacks ``crn``, ``lifecycle``, ``serviceEndpoints`` and other details."""
    record = _common(state)
    if not with_master_url:
        record.pop("masterURL", None)
    record.update({key: value for key, value in state.cluster.record.items() if key in record})
    return record


def detail(state: ClusterState) -> Record:
    """Return the cluster's record in the getCluster response."""
    cluster = state.cluster
    ready = state.master_url is not None
    zone = cluster.datacenter or f"{cluster.region}-1"
    record = _common(state)
    record.update(
        crn=_crn(state),
        disableAutoUpdate=False,
        features={"keyProtectEnabled": False, "pullSecretApplied": ready},
        lifecycle={
            "modifiedDate": _CREATED,
            "masterStatus": "Ready" if ready else _STATUS.get(state.state, ""),
            "masterStatusModifiedDate": _CREATED,
            "masterHealth": "normal" if ready else "unavailable",
            "masterState": _master_state(state),
        },
        workerZones=[zone],
    )
    if cluster.provider == "classic":
        record.update(vlans=None, worker_vlans=None)
    if cluster.provider == "vpc-gen2":
        record.update(vpcs=[f"r010-{cluster.id}"], virtualPrivateEndpointURL=state.enabled_urls.get("vpe", ""))
    endpoints = _endpoints(state)
    if cluster.layout in ("nested", "both"):
        record["serviceEndpoints"] = endpoints
    if cluster.layout in ("top_level", "both"):
        record.update(endpoints)
    record.update(cluster.record)
    return record


def v1_record(state: ClusterState, without: t.Collection[str]) -> Record:
    """Return a classic cluster's v1 record without the fields in ``without``. List and detail responses use the same record.

    The February 2020 version of IBM's page shows some of the fields, in this order. The other fields follow IBM's generated client. A v1 record
    contains ``serverURL`` instead of ``masterURL``, and does not contain ``provider``.
    """
    cluster = state.cluster
    common, ready = _common(state), state.master_url is not None
    record: Record = {
        "location": cluster.location,
        "dataCenter": cluster.datacenter,
        "multiAzCapable": True,
        "vlans": None,
        "worker_vlans": None,
        "workerZones": [cluster.datacenter],
        **{name: common[name] for name in ("id", "name", "region", "state", "status", "type", "masterKubeVersion")},
        "masterHealth": "normal" if ready else "unavailable",
        "masterState": _master_state(state),
        "masterStatus": "Ready" if ready else _STATUS.get(state.state, ""),
        "serverURL": state.master_url or "",
        **{name: common[name] for name in _IN_V1_TOO},
        **{f"ingress{name.capitalize()}": common["ingress"][name] for name in ("hostname", "status", "message")},
        "ingressSecretName": common["ingress"]["secretName"],
        "modifiedDate": _CREATED,
        "crn": _crn(state),
        "disableAutoUpdate": False,
        "keyProtectEnabled": False,
        "pullSecretApplied": ready,
        **_endpoints(state),
        **cluster.record,
    }
    return {name: value for name, value in record.items() if name not in without}


def _master_state(state: ClusterState) -> str:
    return "deploying" if state.is_starting else _MASTER_STATE.get(state.state, "deployed")


def _crn(state: ClusterState) -> str:
    cluster = state.cluster
    return f"crn:v1:bluemix:public:containers-kubernetes:{cluster.region}:a/{cluster.account}:{cluster.id}::"


def _endpoints(state: ClusterState) -> Record:
    enabled = state.cluster.endpoints
    return {
        "publicServiceEndpointEnabled": "public" in enabled,
        "publicServiceEndpointURL": state.enabled_urls.get("public", ""),
        "privateServiceEndpointEnabled": "private" in enabled,
        "privateServiceEndpointURL": state.enabled_urls.get("private", ""),
    }


def _common(state: ClusterState) -> Record:
    cluster = state.cluster
    ready = state.master_url is not None
    record: Record = {
        "id": cluster.id,
        "name": cluster.name,
        "region": cluster.region,
        "location": cluster.location,
        "datacenter": cluster.datacenter,
        "resourceGroup": cluster.resource_group.id,
        "resourceGroupName": cluster.resource_group.name,
        "state": state.state,
        "status": _STATUS.get(state.state, ""),
        "type": cluster.type,
        "provider": cluster.provider,
        "masterKubeVersion": cluster.version,
        "targetVersion": cluster.version,
        "versionEOS": "",
        "etcdPort": "31593",
        "masterURL": state.master_url,
        "ingress": {
            "hostname": f"{cluster.name}.{cluster.region}.containers.appdomain.cloud".lower() if ready else "",
            "secretName": cluster.name.lower() if ready else "",
            "status": "healthy" if ready else "",
            "message": "All Ingress components are healthy." if ready else "",
        },
        "podSubnet": "172.17.0.0/18",
        "serviceSubnet": "172.21.0.0/16",
        "multiAzCapable": True,
        "imageSecurityEnabled": False,
        "isPaid": True,
        "entitlement": "",
        "workerCount": 3,
        "createdDate": _CREATED,
        "addons": [],
        "caCertRotationStatus": {"status": "", "actionTriggerDate": "", "actionCompletedDate": ""},
    }
    # masterURL is missing if the cluster does not have a master, and null while the cluster is starting [inferred].
    if record["masterURL"] is None and not state.is_starting:
        del record["masterURL"]
    return record
