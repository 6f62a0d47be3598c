# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Convert a session's connection settings to arguments, environment variables and kubeconfig entries for other tools.

All formats are built from the same object, so their values cannot differ.
"""

from __future__ import annotations

import base64
import os
import re
import typing as t
from dataclasses import dataclass, field

from .._core.errors import InputError
from .._core.tokens import is_well_formed, read_claims
from .._http.urls import origin

# IBM's public OAuth client for clusters. IBM's CLI writes the same client secret to kubeconfigs, so the secret does not need protection.
_OIDC_CLIENT = {"client-id": "kube", "client-secret": "kube"}

_IAM_ISSUER = "https://iam.cloud.ibm.com/identity"
# An issuer's URL must not contain user information or special characters, because clients interpret such URLs differently.
_ISSUER = re.compile(r"https://[A-Za-z0-9.\[\]:-]+(/[A-Za-z0-9._~/-]*)?")
# A host name under .invalid cannot exist (RFC 2606). Clients show the host name in their error messages.
_NO_SESSION = "https://no-session.cluster-access.invalid"


@dataclass(frozen=True)
class ConnectionSettings:
    """The settings for connections to a cluster's API server: the URL, a token and CA certificates.

    ``ca`` (PEM) is the cluster's own CA certificate. ``ca_file`` is the path of a file that contains this certificate. If ``ca`` is empty,
    the file contains the CA certificates that are used to verify the cluster.
    """

    master_url: str
    token: str = field(repr=False)
    ca_file: str = ""
    ca: str = ""

    def __post_init__(self) -> None:
        # If the host or the token is empty, kubernetes.core uses the identity in a kubeconfig or the pod's service account.
        for name, value in (("master_url", self.master_url), ("token", self.token)):
            if not value:
                raise InputError(f"{name} is empty, so other tools would use another identity")
        if os.path.isdir(self.ca_file):
            raise InputError(
                f"ca_cert {self.ca_file} is a folder, which other tools do not support", hint="Set ca_cert to a file."
            )
        if not is_well_formed(self.token):
            raise InputError("The token contains characters that are not allowed in an Authorization header")

    def k8s_auth(self) -> dict[str, t.Any]:
        """Return the arguments for the modules of kubernetes.core (including helm) and community.okd."""
        arguments: dict[str, t.Any] = {"host": self.master_url, "api_key": self.token, "validate_certs": True}
        return {**arguments, **({"ca_cert": self.ca_file} if self.ca_file else {})}

    def k8s_env(self) -> dict[str, str]:
        """Return the environment variables that kubernetes.core and community.okd read if the arguments are not set."""
        names = {
            "host": "K8S_AUTH_HOST",
            "api_key": "K8S_AUTH_API_KEY",
            "ca_cert": "K8S_AUTH_SSL_CA_CERT",
            "validate_certs": "K8S_AUTH_VERIFY_SSL",
        }
        return {names[name]: "true" if value is True else str(value) for name, value in self.k8s_auth().items()}

    def cluster_entry(self) -> dict[str, t.Any]:
        """Return a kubeconfig's ``cluster`` entry. The cluster's own CA is embedded, so that no CA file is needed."""
        entry = {"server": self.master_url}
        if self.ca:
            entry["certificate-authority-data"] = _base64(self.ca.strip() + "\n")
        elif self.ca_file:
            entry["certificate-authority"] = self.ca_file
        return entry

    def token_user(self) -> dict[str, t.Any]:
        """Return a kubeconfig's ``user`` entry with the token. The entry works until the token expires."""
        return {"token": self.token}

    def oidc_user(self, refresh_token: str, *, iam_endpoint: str = "", issuer_ca_file: str = "") -> dict[str, t.Any]:
        """Return a ``user`` entry like those that IBM's CLI writes. With this entry, kubectl renews the ID token at the token's issuer.

        kubectl sends the refresh token to the issuer, so the issuer must be the public IAM endpoint or ``iam_endpoint``.
        ``issuer_ca_file`` is required if no public CA signed the issuer's certificate.

        :raises InputError: if the token is not an ID token, or if another endpoint issued the token.
        """
        claims = read_claims(self.token)
        if claims is None or not claims.issuer:
            raise InputError("auth=oidc requires an IAM ID token with an issuer")
        if not _is_iam(claims.issuer, iam_endpoint):
            raise InputError(
                f"auth=oidc requires an IAM ID token, but the issuer of this token is {claims.issuer[:200]!a}",
                hint="Use the id_token that ibmcloud.kubernetes.iam_token returns, or set iam_endpoint.",
            )
        config = {
            **_OIDC_CLIENT,
            "id-token": self.token,
            "idp-issuer-url": claims.issuer,
            "refresh-token": refresh_token,
            **({"idp-certificate-authority": issuer_ca_file} if issuer_ca_file else {}),
        }
        return {"auth-provider": {"name": "oidc", "config": config}}


def certificate_user(certificate: str, key: str) -> dict[str, t.Any]:
    """Return a kubeconfig's ``user`` entry with an embedded client certificate and its private key (PEM)."""
    return {"client-certificate-data": _base64(certificate), "client-key-data": _base64(key)}


def exec_user(command: t.Sequence[str], cluster: str) -> dict[str, t.Any]:
    """Return a kubeconfig's ``user`` entry that runs the credential plugin to get a token. The entry never expires.

    ``command`` is the program with its arguments, and ``cluster`` is the cluster's name or ID.
    """
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": command[0],
            "args": [*command[1:], cluster],
            "interactiveMode": "Never",
            # For the login, the credential plugin uses the URL and the CA certificate from the kubeconfig.
            "provideClusterInfo": True,
        }
    }


def _is_iam(issuer: str, iam_endpoint: str) -> bool:
    """Return whether an IAM refresh token may be sent to the issuer."""
    if issuer == _IAM_ISSUER:
        return True
    if not iam_endpoint or not _ISSUER.fullmatch(issuer):
        return False
    try:
        return origin(issuer) == origin(iam_endpoint)
    except ValueError:  # the port is not a number below 65536
        return False


def no_session_auth() -> dict[str, t.Any]:
    """Return connection arguments that make every connection fail.

    ``cluster_login`` returns these arguments unless it returns exactly one session and no cluster failed or was skipped.
    If the arguments were empty, other collections would use ``~/.kube/config`` or the pod's service account.
    """
    return {"host": _NO_SESSION, "api_key": "no-session", "validate_certs": True}


def no_session_env() -> dict[str, str]:
    """Return the arguments of ``no_session_auth`` as environment variables."""
    return {"K8S_AUTH_HOST": _NO_SESSION, "K8S_AUTH_API_KEY": "no-session", "K8S_AUTH_VERIFY_SSL": "true"}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
