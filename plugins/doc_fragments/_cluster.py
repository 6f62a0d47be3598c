# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Options of modules that call the API of one cluster."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  master_url:
    description:
      - The address of the cluster's API, as M(ibmcloud.kubernetes.cluster_info) returns it. It must be C(https), have
        no path and no user information, and belong to one of O(allowed_hosts); else no token is sent there.
    type: str
  ca_cert_data:
    description:
      - The CA of the cluster's API in PEM, as M(ibmcloud.kubernetes.cluster_info) returns it. It alone is trusted.
      - Without it O(ca_cert) or the public CAs are. They vouch for OpenShift clusters, whose certificates are publicly
        signed, and not for Kubernetes clusters.
    type: str
  id_token:
    description:
      - The Kubernetes ID token, as M(ibmcloud.kubernetes.iam_token) returns it, for a Kubernetes cluster.
    type: str
  openshift_token:
    description:
      - The token of M(ibmcloud.kubernetes.openshift_token), for an OpenShift cluster.
    type: str
"""

    ALLOWED_HOSTS = r"""
options:
  allowed_hosts:
    description:
      - The domains to which tokens may be sent. Loopback addresses are always allowed.
      - The OAuth server of an OpenShift cluster must be on a host of the cluster itself. To allow another host, list its
        full name.
    type: list
    elements: str
    default:
      - containers.cloud.ibm.com
      - containers.appdomain.cloud
      - satellite.appdomain.cloud
      - link.satellite.cloud.ibm.com
"""
