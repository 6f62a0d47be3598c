# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The environment variables that set options, in the order in which the modules read them."""

from __future__ import annotations

# Option -> environment variables. The first variable that is not empty is used.
ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "ibmcloud_api_key": ("IC_API_KEY", "IBMCLOUD_API_KEY"),
    "access_token": ("IC_IAM_TOKEN", "IBMCLOUD_IAM_TOKEN"),
    "refresh_token": ("IC_IAM_REFRESH_TOKEN", "IBMCLOUD_IAM_REFRESH_TOKEN"),
    "account_id": ("IC_ACCOUNT_ID", "IBMCLOUD_ACCOUNT_ID"),
    "profile_id": ("IC_IAM_PROFILE_ID", "IBMCLOUD_IAM_PROFILE_ID"),
    "profile_name": ("IC_IAM_PROFILE_NAME", "IBMCLOUD_IAM_PROFILE_NAME"),
    "metadata_endpoint": ("IBMCLOUD_CR_VPC_URL",),
    "cr_token_file": ("IBMCLOUD_CR_TOKEN",),
    "api_generation": ("IBMCLOUD_API_GENERATION",),
    "region": ("IC_REGION", "IBMCLOUD_REGION"),
    "resource_group": ("IC_RESOURCE_GROUP", "IBMCLOUD_RESOURCE_GROUP"),
    "visibility": ("IC_VISIBILITY", "IBMCLOUD_VISIBILITY"),
    "iam_endpoint": ("IBMCLOUD_IAM_API_ENDPOINT",),
    "accounts_endpoint": ("IBMCLOUD_ACCOUNT_MANAGEMENT_API_ENDPOINT",),
    "containers_endpoint": ("IBMCLOUD_CS_API_ENDPOINT",),
    "cf_endpoint": ("IBMCLOUD_MCCP_API_ENDPOINT",),
    "timeout": ("IC_TIMEOUT", "IBMCLOUD_TIMEOUT"),
    "ca_cert": ("REQUESTS_CA_BUNDLE",),
}
