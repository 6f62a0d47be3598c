# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grant types of IAM's token endpoint. :data:`GRANTS` has one row per grant type.

Fields and clients follow the October 2025 version of IBM's page "Setting up the API". The field specification is part of IBM's generated SDK
(IBM-Cloud/ibm-cloud-sdk-ruby, ``ibm_cloud_iam/docs/TokenRetrievalApi.md``). ``generations.py`` describes earlier versions of the page.
"""

from __future__ import annotations

import dataclasses
import secrets
import typing as t

from . import iam_errors as errors
from . import profiles, uaa
from .cloud import Cloud, RefreshToken, Session
from .token_request import DELEGATED, UAA, TokenRequest

if t.TYPE_CHECKING:
    from .generations import Generation
    from .world import ApiKey, Identity

Reply = dict[str, t.Any]

PREFIX = "urn:ibm:params:oauth:grant-type:"
# The client "default" receives this value instead of a refresh token.
NOT_SUPPORTED = "not_supported"


@dataclasses.dataclass(frozen=True)
class Grant:
    """A row of :data:`GRANTS`. Only ``clients`` may use the grant. If ``needs_client`` is true, the request must specify a client."""

    clients: frozenset[str]
    handler: t.Callable[[Cloud, TokenRequest], Reply]
    needs_client: bool = False


def token_reply(cloud: Cloud, request: TokenRequest) -> Reply:
    """Return the body of the response to a successful token request. Raise ErrorResponse for all other requests."""
    grant_type = request.required("grant_type")
    grants = supported(cloud.generation)
    grant = grants.get(grant_type)
    if grant is None:
        raise errors.invalid("grant_type", grant_type[:80], ", ".join(f"'{name}'" for name in grants))
    if grant.needs_client and request.client == "default":
        raise errors.no_authorization_header()
    if request.client not in grant.clients:
        raise errors.client_may_not(request.client, grant_type)
    return grant.handler(cloud, request)


def supported(generation: Generation) -> dict[str, Grant]:
    """Return the grants that an API generation supports."""
    return {name: grant for name, grant in GRANTS.items() if name.removeprefix(PREFIX) in generation.grants}


def _password(cloud: Cloud, request: TokenRequest) -> Reply:
    username, password = request.required("username"), request.required("password")
    types = request.response_types(delegation=False)
    users = [who for who in cloud.identities.values() if who.kind == "user" and who.email.lower() == username.lower()]
    if users and users[0].federated:
        raise errors.federated_user(username)
    if not users or users[0].password != password:
        raise errors.wrong_password(username)
    return _tokens(cloud, _session(request, users[0]), types)


def _passcode(cloud: Cloud, request: TokenRequest) -> Reply:
    passcode = request.required("passcode")
    types = request.response_types(delegation=False)
    if passcode not in cloud.passcodes:
        raise errors.wrong_passcode()
    session = _session(request, cloud.identities[cloud.passcodes[passcode]])
    # A passcode works only once [inferred: passcode-once]. A rejected request does not use up the passcode [inferred].
    del cloud.passcodes[passcode]
    return _tokens(cloud, session, types)


def _api_key(cloud: Cloud, request: TokenRequest) -> Reply:
    key = request.required("apikey")
    types = request.response_types(delegation=cloud.generation.delegates_api_keys)
    found = cloud.api_key_owner(key)
    if found is None:
        raise errors.no_such_api_key()
    session = _session(request, *found)
    request.check_uaa(types, session.identity)
    if DELEGATED not in types:
        return _tokens(cloud, session, types)
    if not cloud.settings.combined_delegation and "kube" in request.receivers():
        raise errors.invalid("response_type", f"[{', '.join(sorted(types))}]", "'cloud_iam'")
    return _delegation(cloud, request, session, types)


def _refresh(cloud: Cloud, request: TokenRequest) -> Reply:
    if request.form.get("refresh_token") == NOT_SUPPORTED and request.client != "default":
        raise errors.other_client("default", request.client)
    token = _opaque_token(cloud, request)
    if token.receivers:
        raise errors.invalid_token()
    types = request.response_types(delegation=cloud.generation.delegates_refresh_tokens)
    old = token.session
    if old.client != request.client:
        raise errors.other_client(old.client, request.client)
    account = request.account(old.identity, old.key_account) or old.account
    request.check_tenants(account)
    request.check_uaa(types, old.identity)
    session = dataclasses.replace(old, account=account, grant_type=request.form["grant_type"])
    if DELEGATED not in types:
        return _tokens(cloud, session, types)
    if request.client != "bx":
        raise errors.client_may_not(request.client, f"refresh_token for {DELEGATED}")
    return _delegation(cloud, request, session, types)


def _delegated(cloud: Cloud, request: TokenRequest) -> Reply:
    # A delegated token can be reused until it expires [inferred]. IBM does not document a restriction to a single use.
    token = _opaque_token(cloud, request)
    if request.client not in token.receivers:
        raise errors.invalid_token()
    session = dataclasses.replace(token.session, client=request.client, grant_type=request.form["grant_type"])
    return _tokens(cloud, session)


def _assume(cloud: Cloud, request: TokenRequest) -> Reply:
    return _tokens(cloud, profiles.assumed(cloud, request))


def _compute_resource(cloud: Cloud, request: TokenRequest) -> Reply:
    return _tokens(cloud, profiles.of_compute_resource(cloud, request))


GRANTS: dict[str, Grant] = {
    "password": Grant(frozenset({"bx"}), _password, needs_client=True),
    "refresh_token": Grant(frozenset({"bx", "kube", "default"}), _refresh),
    f"{PREFIX}apikey": Grant(frozenset({"bx", "default"}), _api_key),
    f"{PREFIX}passcode": Grant(frozenset({"bx"}), _passcode, needs_client=True),
    f"{PREFIX}delegated-refresh-token": Grant(frozenset({"kube"}), _delegated, needs_client=True),
    f"{PREFIX}assume": Grant(frozenset({"bx", "default"}), _assume),
    # IBM's own services may use an OAuth client for this grant, but customers do not have such a client.
    f"{PREFIX}cr-token": Grant(frozenset({"default"}), _compute_resource),
}


def _session(request: TokenRequest, identity: Identity, api_key: ApiKey | None = None) -> Session:
    key_account = api_key.account if api_key else None
    account = request.account(identity, key_account)
    request.check_tenants(account)
    grant_type = request.form["grant_type"]
    return Session(identity, account, key_account, request.client, grant_type, f"C-{secrets.token_hex(16)}")


def _opaque_token(cloud: Cloud, request: TokenRequest) -> RefreshToken:
    token = cloud.opaque_tokens.get(request.required("refresh_token"))
    if token is None:
        raise errors.invalid_token()
    if token.expires < cloud.now():
        raise errors.expired_token()
    return token


def _delegation(cloud: Cloud, request: TokenRequest, session: Session, types: frozenset[str]) -> Reply:
    """Return a delegated refresh token. If the response types include ``cloud_iam``, also return the ordinary tokens.

    Without ``cloud_iam``, the world's setting ``delegated_reply`` selects the response fields that contain the delegated token. IBM's
    clients read the field ``delegated_refresh_token``, and the 2025 version of IBM's page shows the field ``refresh_token``.
    """
    delegated = cloud.issue_opaque_token(session, request.delegated_seconds(), request.receivers())
    if "cloud_iam" in types:
        return {**_tokens(cloud, session), DELEGATED: delegated}
    shape = cloud.settings.delegated_reply
    reply: Reply = {}
    if shape != "refresh_token":
        reply[DELEGATED] = delegated
    if shape != "delegated_refresh_token":
        reply["access_token"] = cloud.access_token(session, "ibm openid")
        reply["refresh_token"] = delegated
    return reply


def _tokens(cloud: Cloud, session: Session, types: frozenset[str] = frozenset({"cloud_iam"})) -> Reply:
    """Return the ordinary tokens.

    Only the client ``kube`` receives an ID token. The client ``default`` and trusted profiles do not receive a refresh token.
    A refresh issues a new refresh token, but the old refresh token remains valid until it expires [inferred].
    """
    scope = "ibm openid containers-kubernetes" if session.client == "kube" else "ibm openid"
    expiration = int(cloud.now()) + cloud.settings.access_token_seconds
    reply: Reply = {"access_token": cloud.access_token(session, scope)}
    if session.client == "kube":
        reply["id_token"] = cloud.id_token(session.identity, session.account)
    refreshable = session.client != "default" and session.identity.kind != "profile"
    seconds = cloud.settings.refresh_token_seconds
    reply["refresh_token"] = cloud.issue_opaque_token(session, seconds) if refreshable else NOT_SUPPORTED
    if UAA in types:
        reply.update(uaa.tokens(cloud, session))
    if session.identity.ims_user_id:
        reply["ims_user_id"] = session.identity.ims_user_id
    reply.update(token_type="Bearer", expires_in=cloud.settings.access_token_seconds, expiration=expiration)
    return {**reply, "scope": scope} if cloud.generation.returns_scope else reply
