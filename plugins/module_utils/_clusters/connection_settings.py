# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What other collections and tools get: the same session as arguments, as environment variables and as a kubeconfig.

All forms are made here from one value, so that they cannot disagree.
"""

from __future__ import annotations

import base64
import os
import typing as t
from dataclasses import dataclass, field

from .._core.errors import InputError
from .._core.tokens import is_well_formed, read_claims

# IBM's public OAuth client for clusters; its password is its name and no secret (as in the kubeconfigs of IBM's CLI).
_OIDC_CLIENT = {"client-id": "kube", "client-secret": "kube"}


@dataclass(frozen=True)
class ConnectionSettings:
    """One cluster and one token for it. ``ca_file`` is what an HTTP client reads, ``ca`` the same as PEM."""

    master_url: str
    token: str = field(repr=False)
    ca_file: str = ""
    ca: str = ""

    def __post_init__(self) -> None:
        # kubernetes.core with an empty host or token silently takes another identity: a kubeconfig, or the pod's own.
        for name, value in (("master_url", self.master_url), ("token", self.token)):
            if not value:
                raise InputError(f"{name} is empty; a session without it would fall back to another identity")
        if os.path.isdir(self.ca_file):
            raise InputError(f"ca_cert {self.ca_file} is a folder, which other tools do not take", hint="Give a file.")
        if not is_well_formed(self.token):
            raise InputError("The token cannot stand in an Authorization header")

    def auth(self) -> dict[str, t.Any]:
        """Return the arguments that kubernetes.core (its helm modules too) and community.okd take."""
        arguments: dict[str, t.Any] = {"host": self.master_url, "api_key": self.token, "validate_certs": True}
        return {**arguments, **({"ca_cert": self.ca_file} if self.ca_file else {})}

    def environment(self) -> dict[str, str]:
        """Return the same as the variables that those collections read where there are no arguments."""
        names = {
            "host": "K8S_AUTH_HOST",
            "api_key": "K8S_AUTH_API_KEY",
            "ca_cert": "K8S_AUTH_SSL_CA_CERT",
            "validate_certs": "K8S_AUTH_VERIFY_SSL",
        }
        return {names[name]: "true" if value is True else str(value) for name, value in self.auth().items()}

    def cluster_entry(self) -> dict[str, t.Any]:
        """Return the ``cluster`` of a kubeconfig. The cluster's own CA is put in, so that the file stands alone."""
        entry = {"server": self.master_url}
        if self.ca:
            entry["certificate-authority-data"] = _base64(self.ca)
        elif self.ca_file:
            entry["certificate-authority"] = self.ca_file
        return entry

    def token_user(self) -> dict[str, t.Any]:
        """Return the ``user`` of a kubeconfig with the token as it is; it works until the token ends."""
        return {"token": self.token}

    def oidc_user(self, refresh_token: str, issuer_ca_file: str = "") -> dict[str, t.Any]:
        """Return the ``user`` that IBM's CLI writes: kubectl renews the ID token by itself at its issuer.

        ``issuer_ca_file`` is for networks in which IBM's services have a certificate of a CA of their own.

        :raises InputError: when the token names no issuer, as an OpenShift token does not.
        """
        claims = read_claims(self.token)
        if claims is None or not claims.issuer:
            raise InputError("auth=oidc needs the ID token of IAM, which names its issuer")
        config = {
            **_OIDC_CLIENT,
            "id-token": self.token,
            "idp-issuer-url": claims.issuer,
            "refresh-token": refresh_token,
            **({"idp-certificate-authority": issuer_ca_file} if issuer_ca_file else {}),
        }
        return {"auth-provider": {"name": "oidc", "config": config}}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
