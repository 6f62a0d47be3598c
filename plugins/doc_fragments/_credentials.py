# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Documentation of the credential options."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ibmcloud_api_key:
    description:
      - An IBM Cloud API key of a user or a service ID. An API key works only in the account in which it was created.
      - If the value is C(@) followed by a path, the key is read from the file at this path on the host that runs the module. The file must
        contain either the key alone or the JSON document that C(ibmcloud iam api-key-create --file) writes. The module warns if other users
        can access the file.
      - Falls back to the environment variables E(IC_API_KEY) and E(IBMCLOUD_API_KEY), unless another credential is given.
      - If O(access_token) is also set, the module uses the key to obtain a new token when the given token is about to expire.
    type: str
    aliases: [apikey]
  username:
    description:
      - The user name for a login with O(password).
    type: str
  password:
    description:
      - The password of a user who is not federated and does not need a second factor. A trailing line break is ignored.
    type: str
  passcode:
    description:
      - A one-time passcode. If the service may have received the passcode, the module sends the passcode again only after a
        response with status 429 or 503 and a C(Retry-After) header.
    type: str
  access_token:
    description:
      - An IAM access token, with or without the C(Bearer) prefix, as returned by M(ibmcloud.kubernetes.iam_token).
      - All credentials and tokens in a task must belong to the same identity.
      - Falls back to the environment variables E(IC_IAM_TOKEN) and E(IBMCLOUD_IAM_TOKEN), unless a credential is given
        as an option.
    type: str
  refresh_token:
    description:
      - An IAM refresh token, as returned by M(ibmcloud.kubernetes.iam_token).
      - Falls back to the environment variables E(IC_IAM_REFRESH_TOKEN) and E(IBMCLOUD_IAM_REFRESH_TOKEN), unless a
        credential is given as an option.
    type: str
  account_id:
    description:
      - The ID of the account to use. The module fails if a token belongs to another account.
      - Falls back to the environment variables E(IC_ACCOUNT_ID) and E(IBMCLOUD_ACCOUNT_ID).
    type: str
    aliases: [bss_account]
  account:
    description:
      - The name or ID of the account to use. The module looks up a name in the list of accounts that the identity can see.
      - This option and O(account_id) are mutually exclusive.
    type: str
  min_validity:
    description:
      - The minimum remaining lifetime of the given tokens, in seconds. Values below 60 are treated as 60.
      - If a credential that can renew the tokens is also given, the module renews tokens that expire sooner.
      - If all given tokens remain valid for at least this time, the module does not log in.
    type: int
    default: 60
  profile_id:
    description:
      - The ID of the trusted profile to use, such as C(Profile-5f1c2d3e-1111-4222-8333-445566778899).
      - If another credential (an API key, a password, a passcode or a token) is given, the identity of that credential logs in first and
        then assumes the profile. The profile must trust that identity. If the given token already belongs to the profile, the module uses
        the token unchanged.
      - If no other credential is given, the pod (O(cr_token_file)) or the virtual server instance (O(vpc_instance)) that runs the module
        assumes the profile.
      - A trusted profile does not receive a refresh token and cannot log in to OpenShift clusters.
      - Falls back to the environment variables E(IC_IAM_PROFILE_ID) and E(IBMCLOUD_IAM_PROFILE_ID), even if a credential is given as an
        option. O(profile_id), O(profile_name) and O(profile_crn) are mutually exclusive.
    type: str
  profile_name:
    description:
      - The name of the trusted profile. If another credential is given, O(account_id) is required, and the profile is looked up in that
        account. If no other credential is given, the profile is looked up in the account of the pod's cluster.
      - Falls back to the environment variables E(IC_IAM_PROFILE_NAME) and E(IBMCLOUD_IAM_PROFILE_NAME).
    type: str
  profile_crn:
    description:
      - The CRN of the trusted profile.
    type: str
  cr_token_file:
    description:
      - The file that contains the token of the pod in which the module runs. With this token, the module assumes a trusted profile without
        any other credential. The token must be a projected service account token with the audience C(iam), and the profile must trust the
        service account. The module reads the file for each login, because Kubernetes rotates the token.
      - Falls back to the environment variable E(IBMCLOUD_CR_TOKEN), in the format C(@/path/of/file). The module fails if this environment
        variable contains a token instead of a path.
      - By default, the module tries C(/var/run/secrets/tokens/vault-token), C(/var/run/secrets/tokens/sa-token) and
        C(/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token), in this order, and uses the first file that exists.
    type: path
  vpc_instance:
    description:
      - Whether to log in as the VPC virtual server instance on which the module runs, through the instance's metadata service.
        Select the trusted profile with O(profile_id) or O(profile_crn). By default, the module assumes the profile that was linked to the
        instance when the instance was created.
      - If this option is V(true), credentials in environment variables are ignored.
    type: bool
    default: false
  metadata_endpoint:
    description:
      - The base URL of the instance's metadata service. Plain HTTP is accepted for C(http://169.254.169.254), for
        C(http://api.metadata.cloud.ibm.com) and for loopback addresses.
      - Falls back to the environment variable E(IBMCLOUD_CR_VPC_URL), then to V(http://169.254.169.254).
      - Requests to the metadata service must not pass through a proxy, because the proxy could read the tokens. If C(HTTP_PROXY) is set,
        add the host of the metadata service to C(NO_PROXY).
    type: str
notes:
  - For every option and environment variable, a null value or an empty string means "not given". A list can be given as a string in which
    commas or line breaks separate the items.
  - O(ibmcloud_api_key), O(password) and O(passcode) are mutually exclusive. If no credential is given as an option, the module uses the
    credentials in environment variables.
"""
