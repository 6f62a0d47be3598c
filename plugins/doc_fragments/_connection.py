# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Options that say how and where the services are reached."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - python >= 3.9
  - requests >= 2.25
options:
  api_generation:
    description:
      - Which generation of IBM's API is spoken, V(current), V(2021), V(2020) or V(2017), after the years of its documentation. The
        older ones are for services that are compatible with them; IBM has retired the hosts of V(2020) and V(2017). See the guide on
        API generations.
      - Falls back to the environment variable E(IBMCLOUD_API_GENERATION), then to V(current).
    type: str
  region:
    description:
      - The region whose private endpoint of the containers API is used with O(visibility=private) or O(visibility=public-and-private).
        With O(visibility=public) and O(api_generation=current) it has no effect and is an error. C(regions) selects clusters by region.
      - With O(api_generation=2017) it is required and selects the hosts, such as V(us-south) or V(eu-central). With
        O(api_generation=2020) only the clusters of this region are listed.
      - Falls back to the environment variables E(IC_REGION) and E(IBMCLOUD_REGION), which may be set without effect.
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
      - The base address of the token service, in place of the one that O(visibility) stands for.
      - Falls back to the environment variable E(IBMCLOUD_IAM_API_ENDPOINT).
    type: str
  accounts_endpoint:
    description:
      - The base address of the account service, in place of the one that O(visibility) stands for.
      - Falls back to the environment variable E(IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT).
    type: str
  containers_endpoint:
    description:
      - The base address of the containers API, with or without C(/global), in place of the one that O(visibility) stands
        for.
      - Falls back to the environment variable E(IBMCLOUD_CS_API_ENDPOINT).
    type: str
  timeout:
    description:
      - How long one attempt may wait for a connection, and for more of an answer, in seconds.
      - Falls back to the environment variables E(IC_TIMEOUT) and E(IBMCLOUD_TIMEOUT), then to V(30).
    type: float
  retries:
    description:
      - How often a call is repeated after a fault that may pass, V(0) to V(10). What must not be sent twice, such as a
        one-time passcode, is not.
    type: int
    default: 4
  retry_budget:
    description:
      - How long one call may take with all its repetitions, in seconds.
    type: float
    default: 120.0
  proxy:
    description:
      - The address of an HTTP proxy for all calls, those to clusters too, such as V(http://proxy.example.com:3128). It may have a user
        and a password in it.
      - Without it the environment decides, by C(HTTPS_PROXY). C(NO_PROXY) names hosts that are called directly in both cases.
    type: str
  rate_limit:
    description:
      - Largest number of requests per second to the containers API, on average over ten seconds.
        V(15) stays below the 200 requests in ten seconds that IBM documents for one address. V(0) is no limit.
      - All tasks and forks that share a user, a machine and a runtime or temporary folder share the limit.
        After a response HTTP 429, all of them wait as long as the service asks for. If that is longer than 60 seconds, they fail.
    type: float
    default: 15.0
  validate_certs:
    description:
      - Whether the certificates of IBM's services are verified. That of a cluster always is. V(false) warns, and is for the short time of a search for
        an error only.
    type: bool
    default: true
    aliases: [verify_ssl]
  ca_cert:
    description:
      - A file with the CAs that sign the certificates of IBM's services, in PEM, for networks that have their own.
      - Falls back to the environment variable E(REQUESTS_CA_BUNDLE), then to the CAs that C(requests) brings along.
    type: path
    aliases: [ssl_ca_cert]
"""
