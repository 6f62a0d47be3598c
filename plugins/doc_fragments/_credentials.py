# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Documentation of the options for credentials."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ibmcloud_api_key:
    description:
      - An IBM Cloud API key of a user or a service ID. It works only in the account in which it was created.
      - With C(@) and the path of a file, the key is read from that file on the host that runs the module. The file contains only the
        key, or the JSON document that C(ibmcloud iam api-key-create --file) writes. The module warns if other users can access the file.
      - Falls back to the environment variables E(IC_API_KEY) and E(IBMCLOUD_API_KEY), unless another credential is given.
      - With O(access_token), the key is used to obtain a new token when the given token is about to expire.
    type: str
    aliases: [apikey]
  username:
    description:
      - The user name for a login with O(password).
    type: str
  password:
    description:
      - The password of a user who is not federated and does not need a second factor. A line break at its end is ignored.
    type: str
  passcode:
    description:
      - A one-time passcode, which works once. It is not sent again if the service may have received it, except after HTTP 429 or 503
        with C(Retry-After).
    type: str
  access_token:
    description:
      - An IAM access token, with or without C(Bearer), as M(ibmcloud.kubernetes.iam_token) returns it.
      - All credentials and tokens of a task must belong to the same identity.
      - Falls back to the environment variables E(IC_IAM_TOKEN) and E(IBMCLOUD_IAM_TOKEN), unless any credential is given
        as an option.
    type: str
  refresh_token:
    description:
      - An IAM refresh token, as M(ibmcloud.kubernetes.iam_token) returns it.
      - Falls back to the environment variables E(IC_IAM_REFRESH_TOKEN) and E(IBMCLOUD_IAM_REFRESH_TOKEN), unless any
        credential is given as an option.
    type: str
  account_id:
    description:
      - The ID of the account to work in. A token of another account is an error.
      - Falls back to the environment variables E(IC_ACCOUNT_ID) and E(IBMCLOUD_ACCOUNT_ID).
    type: str
    aliases: [bss_account]
  account:
    description:
      - The name of the account to work in. It is looked up in the list of accounts that the identity can see.
    type: str
  min_validity:
    description:
      - The minimum remaining lifetime of given tokens, in seconds. Tokens that expire sooner are renewed if a credential allows it.
        Values below 60 count as 60.
      - If all given tokens are valid for that long, the module does not log in.
    type: int
    default: 60
  profile_id:
    description:
      - The ID of the trusted profile to use, such as C(Profile-5f1c2d3e-1111-4222-8333-445566778899).
      - With another credential (an API key, a password, a passcode or a token), that identity logs in first and assumes the profile. The
        profile must trust it. A token of the profile itself is used unchanged.
      - Without another credential, the profile is that of the pod (O(cr_token_file)) or of the virtual server instance
        (O(vpc_instance)) on which the module runs.
      - A profile does not get a refresh token, and cannot log in to OpenShift clusters.
      - Falls back to the environment variables E(IC_IAM_PROFILE_ID) and E(IBMCLOUD_IAM_PROFILE_ID), even if a credential is given as an
        option. O(profile_id), O(profile_name) and O(profile_crn) are mutually exclusive.
    type: str
  profile_name:
    description:
      - The name of the trusted profile. With another credential, O(account_id) is required, and the profile is looked up in that
        account. Otherwise it is looked up in the account of the pod's cluster.
      - Falls back to the environment variables E(IC_IAM_PROFILE_NAME) and E(IBMCLOUD_IAM_PROFILE_NAME).
    type: str
  profile_crn:
    description:
      - The CRN of the trusted profile.
    type: str
  cr_token_file:
    description:
      - The file with the token of the pod in which the module runs, for a profile without any other credential. The token must be a
        projected token with the audience C(iam), of a service account that the profile trusts. The file is read for each login.
      - Falls back to the environment variable E(IBMCLOUD_CR_TOKEN) in the form C(@/path/of/file). A token in this variable is an error.
      - The default is the first existing file of C(/var/run/secrets/tokens/vault-token), C(/var/run/secrets/tokens/sa-token) and
        C(/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token).
    type: path
  vpc_instance:
    description:
      - Log in as the virtual server instance (VPC) on which the module runs, through its metadata service. The profile is selected by
        its ID or CRN. By default it is the one that was linked when the instance was created.
      - With V(true), credentials in environment variables are ignored.
    type: bool
    default: false
  metadata_endpoint:
    description:
      - The base URL of the metadata service of the instance, C(http://169.254.169.254) by default. Plain http is accepted for that
        address, for C(http://api.metadata.cloud.ibm.com) and for loopback addresses.
      - Falls back to the environment variable E(IBMCLOUD_CR_VPC_URL).
      - The service must not be called through a proxy. If C(HTTP_PROXY) is set, add the host of the service to C(NO_PROXY).
    type: str
notes:
  - Null and empty text mean "not given", for every option and every environment variable. Lists may be given as text with commas or
    line breaks.
  - Give one credential. If no credential is given as an option, the environment variables are used.
"""
