# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of connection settings as module arguments, environment variables and kubeconfig entries."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.k8s_settings import ConnectionSettings
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import access_token, jwt

URL = "https://c2.us-south.containers.cloud.ibm.com:30422"
ISSUER = "https://iam.cloud.ibm.com/identity"
ID_TOKEN = jwt(iss=ISSUER, exp=1_900_000_000)
OPENSHIFT = "sha256~Zm9v_-x"
PEM = "-----BEGIN CERTIFICATE-----\nbWFkZSB1cA==\n-----END CERTIFICATE-----\n"

SESSIONS = [
    pytest.param(ConnectionSettings(URL, ID_TOKEN, ca_file="/ca.pem", ca=PEM), id="with-a-CA"),
    pytest.param(ConnectionSettings(URL, ID_TOKEN, ca_file="/ca.pem"), id="with-a-CA-file"),
    pytest.param(ConnectionSettings(URL, OPENSHIFT), id="without-a-CA"),
]


@pytest.mark.parametrize("session", SESSIONS)
def test_arguments_have_the_names_of_kubernetes_core(session: ConnectionSettings) -> None:
    """Certificate verification is never disabled, and no argument is empty."""
    arguments = session.k8s_auth()

    assert arguments["host"] == URL
    assert arguments["api_key"] == session.token
    assert arguments["validate_certs"] is True
    assert set(arguments) == {"host", "api_key", "validate_certs", *(["ca_cert"] if session.ca_file else [])}
    assert all(arguments.values())


@pytest.mark.parametrize("session", SESSIONS)
def test_arguments_and_environment_have_the_same_values(session: ConnectionSettings) -> None:
    names = {
        "K8S_AUTH_HOST": "host",
        "K8S_AUTH_API_KEY": "api_key",
        "K8S_AUTH_SSL_CA_CERT": "ca_cert",
        "K8S_AUTH_VERIFY_SSL": "validate_certs",
    }

    found = {names[name]: True if text == "true" else text for name, text in session.k8s_env().items()}

    assert found == session.k8s_auth()
    assert all(isinstance(text, str) for text in session.k8s_env().values())


@pytest.mark.parametrize(
    ("master_url", "token", "reason"),
    [
        ("", ID_TOKEN, "master_url is empty"),
        (URL, "", "token is empty"),
        ("", "", "master_url is empty"),
        (URL, "SECRET\n", "that are not allowed in an Authorization header"),
        (URL, "SEC RET", "that are not allowed in an Authorization header"),
        (URL, " ", "that are not allowed in an Authorization header"),
    ],
)
def test_an_empty_or_invalid_host_or_token_is_rejected(master_url: str, token: str, reason: str) -> None:
    """With an empty host or token, kubernetes.core would use a kubeconfig or the service account of the pod."""
    with pytest.raises(InputError, match=reason) as caught:
        ConnectionSettings(master_url, token)

    assert "SEC" not in str(caught.value)


def test_repr_of_a_session_has_no_token() -> None:
    """A traceback can contain the repr() of a session."""
    assert ID_TOKEN not in repr(ConnectionSettings(URL, ID_TOKEN))


@pytest.mark.parametrize(
    ("ca", "ca_file", "expected"),
    [
        (PEM, "/ca.pem", {"certificate-authority-data": base64.b64encode(PEM.encode()).decode()}),
        (PEM, "", {"certificate-authority-data": base64.b64encode(PEM.encode()).decode()}),
        ("", "/ca.pem", {"certificate-authority": "/ca.pem"}),
        ("", "", {}),
    ],
)
def test_the_cluster_entry_of_a_kubeconfig(ca: str, ca_file: str, expected: dict[str, str]) -> None:
    assert ConnectionSettings(URL, ID_TOKEN, ca_file=ca_file, ca=ca).cluster_entry() == {"server": URL, **expected}


@pytest.mark.parametrize("token", [ID_TOKEN, OPENSHIFT])
def test_the_user_entry_with_a_token(token: str) -> None:
    assert ConnectionSettings(URL, token).token_user() == {"token": token}


@pytest.mark.parametrize(
    ("issuer", "endpoint"),
    [
        (ISSUER, ""),
        (ISSUER, "https://private.us-south.iam.cloud.ibm.com"),
        ("https://iam.test.cloud.ibm.com/identity", "https://iam.test.cloud.ibm.com"),
        ("https://iam.bluemix.net/identity", "https://iam.bluemix.net"),
        ("https://127.0.0.1:1/identity", "https://127.0.0.1:1"),
        ("https://IAM.test:443", "https://iam.test"),
    ],
)
def test_the_user_entry_that_kubectl_renews(issuer: str, endpoint: str) -> None:
    """client-go defines the names of the keys."""
    token = jwt(iss=issuer)

    assert ConnectionSettings(URL, token).oidc_user("OKD-refresh", iam_endpoint=endpoint) == {
        "auth-provider": {
            "name": "oidc",
            "config": {
                "client-id": "kube",
                "client-secret": "kube",
                "id-token": token,
                "idp-issuer-url": issuer,
                "refresh-token": "OKD-refresh",
            },
        }
    }


@pytest.mark.parametrize(
    "issuer",
    [
        "https://evil.example/identity",
        "http://iam.cloud.ibm.com/identity",
        "http://iam.test/identity",
        "https://iam.cloud.ibm.com.evil.example/identity",
        "https://iam.cloud.ibm.com:8443/identity",
        "https://iam.cloud.ibm.com/other",
        "https://iam.test:1/identity",
        "https://iam.test:99999/identity",
        "https://ada:x@iam.test/identity",
        "https://evil.example\\@iam.test/identity",
        "https://iam.test/identity?x",
        "https://iam.test/identity\n",
        "iam.test",
    ],
)
def test_a_refresh_token_requires_iam_as_the_issuer(issuer: str) -> None:
    """kubectl would send the refresh token to the issuer, and no service has verified the issuer."""
    session = ConnectionSettings(URL, jwt(iss=issuer))

    with pytest.raises(
        InputError, match=r"^auth=oidc requires an IAM ID token, but the issuer of this token is"
    ) as caught:
        session.oidc_user("SECRET", iam_endpoint="https://iam.test")

    assert "SECRET" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(OPENSHIFT, id="OpenShift"),
        pytest.param(jwt(sub="x"), id="no-issuer"),
        pytest.param(jwt(iss=""), id="empty-issuer"),
        pytest.param(jwt(iss=7), id="issuer-that-is-no-text"),
        pytest.param(access_token(), id="made-up-access-token"),
    ],
)
def test_a_refresh_token_requires_an_issuer(token: str) -> None:
    """Without an issuer, kubectl could not renew the token."""
    session: t.Any = ConnectionSettings(URL, token)

    with pytest.raises(InputError, match="auth=oidc requires an IAM ID token") as caught:
        session.oidc_user("SECRET")

    assert token not in str(caught.value)
    assert "SECRET" not in str(caught.value)
