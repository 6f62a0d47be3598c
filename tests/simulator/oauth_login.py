# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins to a cluster's OAuth server. The requests use HTTP Basic authentication with the user name ``apikey`` or ``passcode``."""

from __future__ import annotations

import typing as t

from . import oauth_errors as errors
from .oauth_errors import RedirectedError
from .service import basic_credentials

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from .cloud import Cloud
    from .cluster_state import ClusterState
    from .world import Identity


def identity_of(headers: Mapping[str, str], cloud: Cloud, state: ClusterState) -> Identity:
    """Return the identity that logs in. Raise ErrorResponse 401 for an invalid credential.

    Before the RBAC synchronization, the cluster does not recognize the user. The login then fails in the way that the world specifies. Even a
    failed login uses up a passcode, because IAM has already checked the passcode [inferred].
    """
    identity = _authenticated(headers.get("Authorization", ""), cloud, state.cluster.account)
    if identity is None:
        raise errors.challenge(headers)
    synchronized, _error = state.rbac.status(identity.iam_id, cloud.now())
    if not synchronized:
        if state.cluster.oauth_unsynchronized == "redirect":
            raise RedirectedError("server_error")  # [inferred]
        raise errors.server_error()
    return identity


def _authenticated(header: str, cloud: Cloud, account: str) -> Identity | None:
    """Return the owner of the API key or the passcode, or None if the credential is not valid for the cluster's account.

    A credential for a different account is rejected in the same way as an invalid credential [inferred]. A trusted profile
    does not have API keys or passcodes [inferred: profile-openshift].
    """
    name, secret = basic_credentials(header) or ("", "")
    if name == "apikey":
        found = cloud.api_key_owner(secret)
        return found[0] if found and found[1].account == account and found[0].kind != "profile" else None
    if name == "passcode" and secret in cloud.passcodes:
        identity = cloud.identities[cloud.passcodes.pop(secret)]
        return identity if account in identity.accounts else None
    return None
