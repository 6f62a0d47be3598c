# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The known error codes of IBM's services, each with its meaning and a hint. This file contains only data.

The sources are IBM's clients, specifications and issue trackers. Codes that begin with BX are from the token service. All
other codes are from the containers API. docs/errors.md contains the same table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """An error code. ``status`` is the HTTP status according to the sources. If ``inferred`` is true, the status is an assumption [inferred: error-codes]."""

    meaning: str
    remedy: str
    status: int = 400
    inferred: bool = False


_AGAIN = "log in again"
_WHICH = "Check the cluster's name, the account and the resource group."
CODES: dict[str, Code] = {
    "BXNIM0106E": Code("a login parameter was rejected", "Check the values of the login options."),
    "BXNIM0109E": Code(
        "a login parameter is missing or empty", "The message names the parameter. Check the corresponding option."
    ),
    "BXNIM0137E": Code(
        "the refresh token was issued to another client",
        "This refresh token was issued to another client; log in again with ibmcloud.kubernetes.iam_token.",
    ),
    "BXNIM0141E": Code(
        "the identity is not in the account",
        "Check account_id: this identity is not a member of that account.",
        inferred=True,
    ),
    "BXNIM0204E": Code("the user name was rejected", "Check username: it must be the e-mail address of an IBMid."),
    "BXNIM0308E": Code(
        "the login lacks client authentication", "The token service requires client authentication.", 401
    ),
    "BXNIM0400E": Code(
        "multi-factor authentication is required",
        "This login requires multi-factor authentication: use an API key instead.",
        inferred=True,
    ),
    # IBM's clients contain this code, but not its HTTP status [inferred: invalid-token-code].
    "BXNIM0407E": Code("the token is not valid", f"The token is no longer valid; {_AGAIN}.", inferred=True),
    "BXNIM0408E": Code("the refresh token has expired", f"The refresh token has expired; {_AGAIN}."),
    "BXNIM0415E": Code(
        "the API key is unknown", "Check ibmcloud_api_key (or IC_API_KEY): IBM Cloud does not recognize this API key."
    ),
    "BXNIM0430E": Code(
        "the login was rejected for this account or identity",
        "Check the account's policies and network restrictions, and whether the identity is allowed to log in.",
        401,
    ),
    "BXNIM0439E": Code("the session was inactive for too long", f"The session was inactive for too long; {_AGAIN}."),
    "BXNIM0602E": Code(
        "the user name or password is wrong",
        "Check username and password; repeated wrong attempts can lock the user out.",
        inferred=True,
    ),
    "BXNIM0608E": Code(
        "a federated user cannot log in with a password",
        "This is a federated user: use an API key or a one-time passcode instead of a password.",
    ),
    "BX0415EWQA": Code(
        "the API key is unknown (older responses)",
        "Check ibmcloud_api_key (or IC_API_KEY): IBM Cloud does not recognize this API key.",
    ),
    "A0002": Code(
        "the service could not reach its backend", "The service could not reach its own backend; try again later.", 500
    ),
    "A0003": Code(
        "the access token was not accepted", f"The access token is not valid for this service; {_AGAIN}.", 401
    ),
    "A0656": Code("access is missing", "Ask for the Viewer platform role on the cluster.", 403),
    "E0008": Code("the cluster was not found (older responses)", _WHICH, 404),
    "E0058": Code(
        "the organization and the space are missing (2017 API)",
        "The 2017 API requires an organization and a space in each request, which this collection does not send.",
        401,
    ),
    "G0004": Code("the cluster was not found", _WHICH, 404),
    "G3917": Code(
        "the call does not support the cluster's infrastructure",
        "This call does not work for the cluster's infrastructure provider.",
    ),
}
