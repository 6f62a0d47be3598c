# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Documentation of options for credentials."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ibmcloud_api_key:
    description:
      - An IBM Cloud API key of a user or a service ID. It works only in the account in which it was created.
      - If the value is C(@) followed by a path, the key is read from that file on the host that runs the module. The file must contain
        only the key, or the JSON document that C(ibmcloud iam api-key-create --file) writes. The module warns if other users can
        access the file.
      - Falls back to the environment variables E(IC_API_KEY) and E(IBMCLOUD_API_KEY), unless another credential is given.
      - If O(access_token) is also set, the key is used to obtain a new token when the given token is about to expire.
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
      - A one-time passcode. It is not sent again if the service may have received it, except after HTTP 429, or HTTP 503 with
        C(Retry-After).
    type: str
  access_token:
    description:
      - An IAM access token, with or without the C(Bearer) prefix, as returned by M(ibmcloud.kubernetes.iam_token).
      - All credentials and tokens in a task must belong to the same identity.
      - Falls back to the environment variables E(IC_IAM_TOKEN) and E(IBMCLOUD_IAM_TOKEN), unless any credential is given
        as an option.
    type: str
  refresh_token:
    description:
      - An IAM refresh token, as returned by M(ibmcloud.kubernetes.iam_token).
      - Falls back to the environment variables E(IC_IAM_REFRESH_TOKEN) and E(IBMCLOUD_IAM_REFRESH_TOKEN), unless any
        credential is given as an option.
    type: str
  account_id:
    description:
      - The ID of the account to work in. The module fails if a token belongs to another account.
      - Falls back to the environment variables E(IC_ACCOUNT_ID) and E(IBMCLOUD_ACCOUNT_ID).
    type: str
    aliases: [bss_account]
  account:
    description:
      - The name of the account to work in. The module looks it up in the list of accounts that the identity can see.
    type: str
  min_validity:
    description:
      - The minimum remaining lifetime of given tokens, in seconds. Tokens that expire sooner are renewed if a credential allows it.
        Values below 60 count as 60.
      - If all given tokens are valid for at least this long, the module does not log in.
    type: int
    default: 60
  profile_id:
    description:
      - The ID of the trusted profile to use, such as C(Profile-5f1c2d3e-1111-4222-8333-445566778899).
      - If another credential (an API key, a password, a passcode or a token) is given, its identity logs in first and then assumes the
        profile. The profile must trust that identity. A token of the profile itself is used unchanged.
      - If no other credential is given, the module assumes the profile as the pod (O(cr_token_file)) or the virtual server instance
        (O(vpc_instance)) on which it runs.
      - A trusted profile does not receive a refresh token and cannot log in to OpenShift clusters.
      - Falls back to the environment variables E(IC_IAM_PROFILE_ID) and E(IBMCLOUD_IAM_PROFILE_ID), even if a credential is given as an
        option. O(profile_id), O(profile_name) and O(profile_crn) are mutually exclusive.
    type: str
  profile_name:
    description:
      - The name of the trusted profile. If another credential is given, O(account_id) is required, and the profile is looked up in that
        account. Otherwise, it is looked up in the account of the pod's cluster.
      - Falls back to the environment variables E(IC_IAM_PROFILE_NAME) and E(IBMCLOUD_IAM_PROFILE_NAME).
    type: str
  profile_crn:
    description:
      - The CRN of the trusted profile.
    type: str
  cr_token_file:
    description:
      - The file with the token of the pod in which the module runs, to assume a trusted profile without any other credential. It must be
        a projected service account token with the audience C(iam), and the profile must trust the service account. The file is read for
        each login.
      - Falls back to the environment variable E(IBMCLOUD_CR_TOKEN), in the format C(@/path/of/file). The module fails if this variable
        contains a token.
      - By default, the module uses the first file that exists out of C(/var/run/secrets/tokens/vault-token),
        C(/var/run/secrets/tokens/sa-token) and C(/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token).
    type: path
  vpc_instance:
    description:
      - Whether to log in as the virtual server instance (VPC) on which the module runs, through its metadata service. Select the trusted
        profile by its ID or CRN. The default is the profile that was linked to the instance when it was created.
      - If V(true), credentials in environment variables are ignored.
    type: bool
    default: false
  metadata_endpoint:
    description:
      - The base URL of the instance's metadata service. Plain HTTP is accepted for C(http://169.254.169.254), for
        C(http://api.metadata.cloud.ibm.com) and for loopback addresses.
      - Falls back to the environment variable E(IBMCLOUD_CR_VPC_URL), then to V(http://169.254.169.254).
      - The service must not be called through a proxy. If C(HTTP_PROXY) is set, add the service's host to C(NO_PROXY).
    type: str
notes:
  - For every option and environment variable, null and the empty string mean "not given". A list can be given as a string in which
    commas or line breaks separate the items.
  - Provide only one credential. If no credential is given as an option, the environment variables are used.
"""
