# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON Web Tokens signed with one RSA key (RS256), and the claims of access tokens and ID tokens.

The claims are based on the IBM Cloud CLI (IBM-Cloud/ibm-cloud-cli-sdk, ``bluemix/configuration/core_config/iam_token.go``). The
claims that clusters read are based on IBM's page on access in clusters (ibm-cloud-docs/openshift, ``access-iam-rbac.md``).
"""

from __future__ import annotations

import functools
import json
import secrets
import typing as t

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

if t.TYPE_CHECKING:
    from .generations import Generation
    from .world import Identity

Claims = dict[str, t.Any]


class TokenError(Exception):
    """An error for a token that is not trusted. The error's text is the reason, and does not contain any part of the token."""


class Signer:
    """The simulated IAM's signing key. The key is generated on first use, which takes about 0.1 s."""

    def __init__(self) -> None:
        self.kid = f"sim-{secrets.token_hex(4)}"
        # Results are cached, because verifying a signature takes longer than the rest of a request.
        self._verified: dict[str, Claims] = {}

    @functools.cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @functools.cached_property
    def _public_key(self) -> rsa.RSAPublicKey:
        return self._key.public_key()

    def jwks(self) -> dict[str, t.Any]:
        """Return the JSON Web Key Set that IAM serves at ``/identity/keys``."""
        key = dict(jwt.algorithms.RSAAlgorithm.to_jwk(self._public_key, as_dict=True))
        return {"keys": [{"kid": self.kid, "kty": "RSA", "alg": "RS256", "use": "sig", "n": key["n"], "e": key["e"]}]}

    def sign(self, claims: Claims) -> str:
        # The headers of IAM tokens contain only the key ID and the algorithm.
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.kid, "typ": None})

    def read(self, token: str) -> Claims:
        """Return the claims of a token that this key signed with RS256. The caller must perform all other checks.

        Raise TokenError for a different algorithm (including ``none``), a different key, or a text that is not a token.
        """
        if token not in self._verified:
            self._verified[token] = self._verify(token)
        return dict(self._verified[token])

    def _verify(self, token: str) -> Claims:
        try:
            if jwt.get_unverified_header(token).get("kid", self.kid) != self.kid:
                raise TokenError("unknown key ID")
            # This method verifies only the signature, because the services check exp, iat and aud differently from PyJWT.
            claims = json.loads(jwt.PyJWS().decode(token, self._public_key, algorithms=["RS256"]))
        except (jwt.PyJWTError, ValueError):
            raise TokenError("it is not a token of this issuer") from None
        if not isinstance(claims, dict):
            raise TokenError("it is not a token of this issuer")
        return claims


def access_claims(
    identity: Identity, account: str | None, *, client: str, grant_type: str, scope: str, session_id: str
) -> Claims:
    """Return the claims of an access token, except for the times and the issuer.

    If no account is selected, the ``account`` claim does not contain ``bss`` [inferred].
    """
    realm, _sep, identifier = identity.iam_id.partition("-")
    given_name, _sep, family_name = identity.name.partition(" ")
    person = {"name": identity.name, "given_name": given_name, "family_name": family_name, "email": identity.email}
    who: Claims = person if identity.kind == "user" else {"name": identity.name}
    claims: Claims = {
        "iam_id": identity.iam_id,
        "id": identity.iam_id,
        "realmid": realm,
        "session_id": session_id,
        "identifier": identifier,
        **who,
        "sub": identity.subject,
        "authn": {"sub": identity.subject, "iam_id": identity.iam_id, **who},
        "account": {"boundary": "global"},
        "grant_type": grant_type,
        "scope": scope,
        "client_id": client,
        "acr": 1,
        "amr": ["pwd"],
    }
    if identity.kind != "user":
        claims["sub_type"] = {"service_id": "ServiceId", "profile": "Profile"}[identity.kind]
    if grant_type.endswith(":cr-token"):
        # Published examples of tokens from this grant type contain this value. The tokens of VPC instances contain the same value [inferred].
        claims["sub_type"] = "ComputeResource"
    if account is not None:
        claims["account"].update(valid=True, bss=account, ims_user_id=str(identity.ims_user_id), frozen=True)
    return claims


def id_claims(identity: Identity, account: str | None, generation: Generation) -> Claims:
    """Return the claims of an ID token, except for the times and the issuer.

    If no account is selected, the token does not contain a user name that a cluster recognizes [inferred]. The audience and the claims
    that contain the user name depend on the API generation.
    """
    claims: Claims = {"aud": generation.kubeconfig_client, "sub": identity.subject, "iam_id": identity.iam_id}
    subjects = {"realmed_sub_": identity.realmed_subject, "sub_": identity.subject.lower()}
    if account is not None:
        claims.update({prefix + account: subjects[prefix] for prefix in generation.id_claims})
    return claims
