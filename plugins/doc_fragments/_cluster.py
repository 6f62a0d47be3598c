# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Documentation of options for modules that call the API server of one cluster."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  master_url:
    description:
      - The URL of the cluster's API server, as returned by M(ibmcloud.kubernetes.cluster_info).
      - The URL must use C(https) and must not contain a path or user information. The host of the URL must match O(allowed_hosts). If the
        URL does not meet these conditions, the module fails before it sends a token.
    type: str
  ca_cert_data:
    description:
      - The CA certificate of the cluster's API server in PEM format, as returned by M(ibmcloud.kubernetes.cluster_info). If this option is
        set, no other CA is trusted.
      - By default, the module trusts the CAs in O(ca_cert), or the public CAs if O(ca_cert) is not set. Kubernetes clusters require
        a CA certificate, because public CAs do not sign the certificates of these clusters.
    type: str
  id_token:
    description:
      - The ID token for a Kubernetes cluster, as returned by M(ibmcloud.kubernetes.iam_token).
    type: str
  openshift_token:
    description:
      - The token for an OpenShift cluster, as returned by M(ibmcloud.kubernetes.openshift_token).
    type: str
"""

    ALLOWED_HOSTS = r"""
options:
  allowed_hosts:
    description:
      - The domains and hosts to which tokens may be sent. Loopback addresses are always allowed.
      - The OAuth server of an OpenShift cluster must run on one of the cluster's own hosts. To allow an OAuth server on another host, add
        the full name of that host to this list.
    type: list
    elements: str
    default:
      - containers.cloud.ibm.com
      - containers.appdomain.cloud
      - satellite.appdomain.cloud
      - link.satellite.cloud.ibm.com
"""
