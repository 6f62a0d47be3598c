# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Options with which a module logs in to IBM Cloud."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ibmcloud_api_key:
    description:
      - An IBM Cloud API key of a user or a service ID. It works only in the account that it was made in.
      - Falls back to the environment variables E(IC_API_KEY) and E(IBMCLOUD_API_KEY), unless another way to log in is
        given.
      - Beside O(access_token) it serves to get a new token when that one is about to end.
    type: str
    aliases: [apikey]
  username:
    description:
      - The user name for a login with O(password).
    type: str
  password:
    description:
      - The password of a user who is not federated and needs no second factor. A line end after it is dropped.
    type: str
  passcode:
    description:
      - A one-time passcode. It is used up by the login, and is never sent twice when it may have arrived.
    type: str
  access_token:
    description:
      - An IAM access token, with or without C(Bearer), as M(ibmcloud.kubernetes.iam_token) returns it.
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
      - The ID of the account to work in. A token of another account is refused before anything else is asked.
      - Falls back to the environment variables E(IC_ACCOUNT_ID) and E(IBMCLOUD_ACCOUNT_ID).
    type: str
    aliases: [bss_account]
  account:
    description:
      - The name of the account to work in. It is looked up in the list of accounts that the identity can see.
    type: str
  min_validity:
    description:
      - How long tokens that are given must still last to be used as they are, in seconds; else they are renewed, where there is
        something to renew them with. Values below 60 count as 60.
      - When all given tokens are good for that long, no request is made for another.
    type: int
    default: 60
  profile_id:
    description:
      - The ID of the trusted profile to act as, such as C(Profile-5f1c2d3e-1111-4222-8333-445566778899).
      - With another credential (an API key, a password, a passcode or a token) that is logged in with first, and the profile is
        assumed; it must trust that identity, and be in its account. A token of the profile itself is used as it is.
      - Without one the profile is that of the pod (O(cr_token_file)) or the virtual server instance (O(vpc_instance)) that this
        runs on.
      - A profile has no refresh token, and cannot log in to OpenShift clusters.
      - Falls back to the environment variables E(IC_IAM_PROFILE_ID) and E(IBMCLOUD_IAM_PROFILE_ID), also beside a credential that
        is given as an option. At most one of O(profile_id), O(profile_name) and O(profile_crn) can be given.
    type: str
  profile_name:
    description:
      - The name of the trusted profile. With another credential it is looked up in the account O(account_id), which must be given
        then, and else in the account of the pod's cluster.
      - Falls back to the environment variables E(IC_IAM_PROFILE_NAME) and E(IBMCLOUD_IAM_PROFILE_NAME).
    type: str
  profile_crn:
    description:
      - The CRN of the trusted profile.
    type: str
  cr_token_file:
    description:
      - A file with the token of the pod that this runs in, for a profile without any other credential. That is the projected token
        of a service account with the audience C(iam), which the profile trusts. It is read whenever a token is made.
      - Falls back to the environment variable E(IBMCLOUD_CR_TOKEN) in the form C(@/path/of/file). A token itself is not taken from
        there.
      - Without it that is the first that exists of C(/var/run/secrets/tokens/vault-token), C(/var/run/secrets/tokens/sa-token) and
        C(/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token).
    type: path
  vpc_instance:
    description:
      - Log in as the virtual server instance (VPC) that this runs on, through its metadata service. The profile may be named by its
        ID or CRN; without that it is the one that was linked when the instance was made.
      - Credentials of the environment are not looked at then.
    type: bool
    default: false
  metadata_endpoint:
    description:
      - Where the metadata service of the instance is. Without it that is C(http://169.254.169.254). Plain http is possible for that
        address, for C(http://api.metadata.cloud.ibm.com) and for this machine.
      - Falls back to the environment variable E(IBMCLOUD_CR_VPC_URL).
      - No proxy may stand before it. Where C(HTTP_PROXY) is set, name its host in C(NO_PROXY).
    type: str
notes:
  - An empty text counts as not given, for every option and every environment variable.
  - Use one way to log in. Where none is given as an option, the environment variables decide.
"""
