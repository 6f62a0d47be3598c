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
notes:
  - An empty text counts as not given, for every option and every environment variable.
  - Use one way to log in. Where none is given as an option, the environment variables decide.
"""
