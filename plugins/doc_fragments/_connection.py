# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Documentation of options for connections to IBM's services."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - python >= 3.9
  - requests >= 2.25
options:
  api_generation:
    description:
      - The API generation to use, one of V(current), V(2021), V(2020) and V(2017). Each older generation is named after the year in which IBM
        documented the generation. Use an older generation only for a service that is compatible with that generation. IBM has retired the
        hosts of V(2020) and V(2017). See the guide on API generations.
      - Falls back to the environment variable E(IBMCLOUD_API_GENERATION), then to V(current).
    type: str
  region:
    description:
      - The region that selects the private endpoint of the containers API if O(visibility) is V(private) or V(public-and-private).
        With O(api_generation=current), the module fails if this option is combined with O(visibility=public), because the region would
        have no effect. To select clusters by region, use the option C(regions).
      - O(api_generation=2017) requires a region, such as V(us-south) or V(eu-central), because each region has its own hosts.
        With O(api_generation=2020), only the clusters in this region are listed.
      - Falls back to the environment variables E(IC_REGION) and E(IBMCLOUD_REGION). The module ignores these variables if a
        region would have no effect.
    type: str
  visibility:
    description:
      - The kind of endpoints to use for IBM's services, one of V(public), V(private) and V(public-and-private). V(public-and-private)
        selects private endpoints where they exist, and public endpoints otherwise. This option does not affect cluster endpoints.
      - Falls back to the environment variables E(IC_VISIBILITY) and E(IBMCLOUD_VISIBILITY), then to V(public).
      - If E(IC_ENDPOINTS_FILE_PATH) is the path of a Terraform endpoints file, the module uses this file for services whose endpoint
        option is not set. For private endpoints, the environment variable E(IC_PRIVATE_ENDPOINT_TYPE) must be C(vpe) or empty,
        because the module supports only virtual private endpoints.
    type: str
  iam_endpoint:
    description:
      - The base URL of IAM.
      - Falls back to the environment variable E(IBMCLOUD_IAM_API_ENDPOINT). The default depends on O(visibility).
    type: str
  accounts_endpoint:
    description:
      - The base URL of the account service.
      - Falls back to the environment variable E(IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT). The default depends on O(visibility).
    type: str
  containers_endpoint:
    description:
      - The base URL of the containers API, with or without C(/global).
      - Falls back to the environment variable E(IBMCLOUD_CS_API_ENDPOINT). The default depends on O(visibility).
    type: str
  timeout:
    description:
      - The maximum time to wait for a connection or for the next part of a response, in seconds. The timeout applies to each attempt separately.
      - Falls back to the environment variables E(IC_TIMEOUT) and E(IBMCLOUD_TIMEOUT), then to V(30).
    type: float
  retries:
    description:
      - The maximum number of retries of a request after transient errors, from V(0) to V(10). A request that contains a one-time passcode
        is retried only if the service did not process the request.
    type: int
    default: 4
  retry_budget:
    description:
      - The maximum duration of a request in seconds, including all its retries.
    type: float
    default: 120.0
  proxy:
    description:
      - The URL of an HTTP proxy, such as V(http://proxy.example.com:3128), for all requests, including requests to clusters. The URL can
        contain a user name and a password.
      - Falls back to the environment variable C(HTTPS_PROXY). Requests to hosts in the environment variable C(NO_PROXY) always bypass the
        proxy.
    type: str
  rate_limit:
    description:
      - The maximum number of requests per second to the containers API, averaged over ten seconds.
      - The value must be between V(0.1) and V(1000), or V(0) to disable the limit.
      - The default is below IBM's documented limit of 200 requests per ten seconds for each IP address.
      - All tasks and forks that a user runs on one machine share the limit if they use the same runtime or temporary folder. If the service
        responds with HTTP 429, all these tasks wait for the time that C(Retry-After) specifies. If C(Retry-After) is longer than 60
        seconds, the tasks fail.
    type: float
    default: 15.0
  validate_certs:
    description:
      - Whether to verify the certificates of IBM's services. Cluster certificates are always verified. The value V(false) causes a
        warning. Use V(false) only to find the cause of an error.
    type: bool
    default: true
    aliases: [verify_ssl]
  ca_cert:
    description:
      - A PEM file with the CA certificates that the module uses to verify IBM's services. Use this option in networks with a private CA.
        Modules that call clusters have a separate option for a cluster's CA certificate.
      - Falls back to the environment variable E(REQUESTS_CA_BUNDLE), then to the CA certificates of the C(requests) library.
    type: path
    aliases: [ssl_ca_cert]
"""
