# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Documentation of the options for the connections to the services."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - python >= 3.9
  - requests >= 2.25
options:
  api_generation:
    description:
      - The generation of IBM's API, V(current), V(2021), V(2020) or V(2017), named after the years of its documentation. The older
        ones are for compatible services; IBM has retired the hosts of V(2020) and V(2017). See the guide on API generations.
      - Falls back to the environment variable E(IBMCLOUD_API_GENERATION), then to V(current).
    type: str
  region:
    description:
      - The region whose private endpoint of the containers API is used with O(visibility=private) or O(visibility=public-and-private).
        With O(visibility=public) and O(api_generation=current) it would have no effect, so the module fails. C(regions) selects clusters by region.
      - With O(api_generation=2017) it is required and selects the hosts, such as V(us-south) or V(eu-central). With
        O(api_generation=2020) only the clusters of this region are listed.
      - Falls back to the environment variables E(IC_REGION) and E(IBMCLOUD_REGION). These may be set even if they have no effect.
    type: str
  visibility:
    description:
      - Which endpoints of IBM's services are used, V(public), V(private), or V(public-and-private) for private endpoints where
        they exist. It does not affect the endpoint of a cluster.
      - Falls back to the environment variables E(IC_VISIBILITY) and E(IBMCLOUD_VISIBILITY), then to V(public).
      - The endpoints file of Terraform in E(IC_ENDPOINTS_FILE_PATH) is used for services whose endpoint is not set. E(IC_PRIVATE_ENDPOINT_TYPE)
        must be C(vpe) or empty.
    type: str
  iam_endpoint:
    description:
      - The base URL of IAM.
      - Falls back to the environment variable E(IBMCLOUD_IAM_API_ENDPOINT). By default it depends on O(visibility).
    type: str
  accounts_endpoint:
    description:
      - The base URL of the account service.
      - Falls back to the environment variable E(IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT). By default it depends on O(visibility).
    type: str
  containers_endpoint:
    description:
      - The base URL of the containers API, with or without C(/global).
      - Falls back to the environment variable E(IBMCLOUD_CS_API_ENDPOINT). By default it depends on O(visibility).
    type: str
  timeout:
    description:
      - How long one attempt of a request waits for the connection and for each part of the response, in seconds.
      - Falls back to the environment variables E(IC_TIMEOUT) and E(IBMCLOUD_TIMEOUT), then to V(30).
    type: float
  retries:
    description:
      - How often a request is retried after a transient error, V(0) to V(10). A request with a one-time passcode is retried only if
        the service did not process it.
    type: int
    default: 4
  retry_budget:
    description:
      - How long one request may take with all its retries, in seconds.
    type: float
    default: 120.0
  proxy:
    description:
      - The URL of an HTTP proxy for all requests, including those to clusters, such as V(http://proxy.example.com:3128). It can contain
        a user and a password.
      - The default is the environment variable C(HTTPS_PROXY). In both cases, hosts in C(NO_PROXY) are called directly.
    type: str
  rate_limit:
    description:
      - The largest number of requests per second to the containers API, on average over ten seconds. V(0) disables the limit.
      - Other values must be between V(0.1) and V(1000).
      - The default is below IBM's documented limit of 200 requests in ten seconds for one address.
      - All tasks and forks of one user on one machine share the limit, if they have the same runtime or temporary folder. After
        HTTP 429, all of them wait for the time in C(Retry-After). If it is longer than 60 seconds, they fail.
    type: float
    default: 15.0
  validate_certs:
    description:
      - Whether to verify the certificates of IBM's services. The certificate of a cluster is always verified. V(false) causes a
        warning; use it only to find the cause of an error.
    type: bool
    default: true
    aliases: [verify_ssl]
  ca_cert:
    description:
      - A PEM file with the CA certificates of IBM's services, for networks with a private CA. It is not the CA of a cluster.
      - Falls back to the environment variable E(REQUESTS_CA_BUNDLE), then to the CA certificates of C(requests).
    type: path
    aliases: [ssl_ca_cert]
"""
