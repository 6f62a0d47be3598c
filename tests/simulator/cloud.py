# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a simulated cloud, including issued tokens, clusters and the services' clock.

Tests can read and change the state between two requests::

    sim.cloud.expire_access_tokens()       # expire all access tokens issued so far
    sim.cloud.advance(3600)                # move the services' clock forward by one hour
    sim.cloud.cluster("prod").rbac.outcome = "error"
"""

from __future__ import annotations

import base64
import dataclasses
import secrets
import time
import typing as t

from .fault_injection import FaultInjector
from .generations import GENERATIONS
from .tokens import Claims, Signer, TokenError, access_claims, id_claims

if t.TYPE_CHECKING:
    from .cluster_state import ClusterState
    from .world import Account, ApiKey, Identity, World


@dataclasses.dataclass(frozen=True)
class Session:
    """The data that all tokens from one login share.

    After a login with an API key, ``key_account`` is the only account for which the key is valid.
    """

    identity: Identity
    account: str | None
    key_account: str | None
    client: str
    grant_type: str
    id: str


@dataclasses.dataclass(frozen=True)
class RefreshToken:
    """The session and the expiry time of an opaque token.

    ``receivers`` contains the clients that may use a delegated token. For an ordinary refresh token, it is empty.
    """

    session: Session
    expires: float
    receivers: frozenset[str] = frozenset()


class Cloud:
    """The state of all services. The services run in one event loop. Tests can change the state between two requests.

    ``identity_url`` is the URL of the simulated IAM, including ``/identity``. This URL is also the issuer of tokens, unless the API
    generation defines a different issuer.
    """

    def __init__(self, world: World, clusters: t.Sequence[ClusterState], identity_url: str) -> None:
        self.world = world
        self.settings = world.settings
        self.generation = GENERATIONS[world.settings.api_generation]
        self.identity_url = identity_url
        self.issuer = self.generation.issuer or identity_url
        self.id_issuer = self.generation.id_issuer or identity_url
        self.clusters = list(clusters)
        self._by_name: dict[str, list[ClusterState]] = {}
        for state in self.clusters:
            for name in dict.fromkeys((state.cluster.id, state.cluster.name)):
                self._by_name.setdefault(name, []).append(state)
        self.signer = Signer()
        self.reset()

    def reset(self) -> None:
        """Restore the world's initial state. Addresses, certificates and the signing key do not change."""
        self.settings = self.world.settings
        self.accounts: dict[str, Account] = {account.id: account for account in self.world.accounts}
        self.identities: dict[str, Identity] = {identity.iam_id: identity for identity in self.world.identities}
        self.passcodes = {code: who.iam_id for who in self.world.identities for code in who.passcodes}
        self.opaque_tokens: dict[str, RefreshToken] = {}
        self.cursors: dict[str, tuple[str, int]] = {}
        self.fault_injector = FaultInjector()
        self._offset = 0.0
        self._live: dict[str, str] = {}
        self._signed: list[str] = []
        self._expired: set[str] = set()
        for cluster in self.clusters:
            cluster.reset(self.now)

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets of all identities and all issued secrets, keyed by description."""
        found = {
            f"API key {n} of {who.name}": key.key for who in self._all_identities for n, key in enumerate(who.api_keys)
        }
        found |= {f"password of {who.name}": who.password for who in self._all_identities if who.password}
        found |= {
            f"passcode {n} of {who.name}": code for who in self._all_identities for n, code in enumerate(who.passcodes)
        }
        found |= {f"opaque token {number}": value for number, value in enumerate(self.opaque_tokens)}
        for cluster in self.clusters:
            issued = enumerate(cluster.tokens.issued)
            found |= {f"OAuth secret {number} of {cluster.cluster.id}": value for number, value in issued}
            keys = enumerate(cluster.admin_keys)
            found |= {f"admin key {number} of {cluster.cluster.id}": key.decode() for number, key in keys}
        return found | {f"signed token {number}": value for number, value in enumerate(self._signed)}

    @property
    def _all_identities(self) -> t.Collection[Identity]:
        return self.identities.values()

    def profile(self, *, iam_id: str = "", name: str = "", account: str = "") -> Identity | None:
        """Return the trusted profile with this IAM ID, or with this name in this account."""
        for who in self.identities.values():
            if who.kind == "profile" and (
                who.iam_id == iam_id if iam_id else (name, (account,)) == (who.name, who.accounts)
            ):
                return who
        return None

    def api_key_owner(self, key: str) -> tuple[Identity, ApiKey] | None:
        """Return the owner and the record of an API key."""
        found = ((who, item) for who in self.identities.values() for item in who.api_keys if item.key == key)
        return next(found, None)

    # The clock

    def now(self) -> float:
        """Return the services' current time as a Unix timestamp."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the services' clock forward. The clients' clocks do not change."""
        self._offset += seconds

    # Signed tokens

    def access_token(self, session: Session, scope: str) -> str:
        claims = access_claims(
            session.identity,
            session.account,
            client=session.client,
            grant_type=session.grant_type,
            scope=scope,
            session_id=session.id,
        )
        return self.issue("access", self.issuer, claims, self.settings.access_token_seconds)

    def id_token(self, identity: Identity, account: str | None) -> str:
        claims = id_claims(identity, account, self.generation)
        return self.issue("id", self.id_issuer, claims, self.settings.id_token_seconds)

    def issue(self, kind: str, issuer: str, claims: Claims, seconds: float) -> str:
        """Return a new token. All issuers share one signing key, so only ``iss`` distinguishes their tokens."""
        now = int(self.now())
        jti = secrets.token_hex(16)
        self._live[jti] = kind
        token = self.signer.sign({**claims, "jti": jti, "iat": now, "exp": now + int(seconds), "iss": issuer})
        self._signed.append(token)
        return token

    def is_expired(self, claims: Claims) -> bool:
        """Return whether the time in ``exp`` has passed (without leeway), or whether a test has expired the token."""
        expires = claims.get("exp")
        return not isinstance(expires, (int, float)) or expires < self.now() or claims.get("jti") in self._expired

    def read_access_token(self, token: str) -> Claims:
        """Return the claims of a valid access token, even if the token is not bound to an account.

        Raise TokenError for malformed tokens, expired tokens, ID tokens, and tokens from other issuers.
        """
        claims = self.signer.read(token)
        if claims.get("iss") != self.issuer or "client_id" not in claims or claims.get("iam_id") not in self.identities:
            raise TokenError("it is not an access token of this issuer")
        if self.is_expired(claims):
            raise TokenError("expired")
        return claims

    def expire_access_tokens(self) -> None:
        """Expire all access tokens issued so far."""
        self._expired.update(jti for jti, kind in self._live.items() if kind == "access")

    def expire_id_tokens(self) -> None:
        """Expire all ID tokens issued so far."""
        self._expired.update(jti for jti, kind in self._live.items() if kind == "id")

    def expire_uaa_tokens(self) -> None:
        """Expire all Cloud Foundry (UAA) tokens issued so far."""
        self._expired.update(jti for jti, kind in self._live.items() if kind == "uaa")

    def expire_compute_tokens(self) -> None:
        """Expire all tokens of pods and of the VPC instance issued so far."""
        self._expired.update(jti for jti, kind in self._live.items() if kind in ("pod", "instance"))

    # Opaque tokens

    def issue_opaque_token(
        self, session: Session, seconds: float, receivers: t.Iterable[str] = (), *, prefix: str = ""
    ) -> str:
        """Return a new refresh token, or a delegated refresh token if ``receivers`` is not empty.

        The token always contains ``+``, ``/`` or ``=``, which clients must percent-encode in forms.
        """
        prefix = prefix or ("drt-sim-" if receivers else "OKD-sim-")
        value = prefix + base64.b64encode(b"\xfb\xef" + secrets.token_bytes(32)).decode()
        self.opaque_tokens[value] = RefreshToken(session, self.now() + seconds, frozenset(receivers))
        return value

    def expire_refresh_tokens(self) -> None:
        """Expire all refresh tokens and delegated refresh tokens issued so far."""
        for value, token in self.opaque_tokens.items():
            self.opaque_tokens[value] = dataclasses.replace(token, expires=0.0)

    # Clusters

    def expire_openshift_tokens(self) -> None:
        """Expire all access tokens and authorization codes from the clusters' OAuth servers."""
        for cluster in self.clusters:
            cluster.tokens.expire()

    def clusters_named(self, name_or_id: str) -> list[ClusterState]:
        """Return the clusters with this name or ID in all accounts."""
        return self._by_name.get(name_or_id, [])

    def cluster(self, name_or_id: str) -> ClusterState:
        """Return the cluster with this name or ID in any account. Raise KeyError unless exactly one cluster matches."""
        found = self.clusters_named(name_or_id)
        if len(found) != 1:
            raise KeyError(f"{len(found)} clusters have the name or ID {name_or_id}")
        return found[0]
