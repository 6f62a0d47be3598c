# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Define the shape (fields, types and formats) of each call's response, based on IBM's documentation and clients.

A shape maps the path of each value in a response to the value's possible types. ``items[].name`` is the field ``name`` of each object in the list
``items``, and ``token.exp`` is the claim ``exp`` of the JWT in the field ``token``. Types are separated by ``|``, and a final ``?`` means that the
field can be missing. The types are the JSON types (text, integer, number, boolean, null, object, array) and the formats in shape_comparison.py. The
live check compares the service's responses with the shapes. Tests compare the simulator's responses with the shapes.
"""

from __future__ import annotations

import re
import typing as t
import urllib.parse

Shape = t.Mapping[str, str]

_GRANT = "urn:ibm:params:oauth:grant-type:"


class Endpoint(t.NamedTuple):
    """A call and the shapes of its responses.

    ``path`` is a regular expression for the end of the URL path. ``kind`` is the grant type of a token request, with ``+delegated`` if the
    request asks for a delegated refresh token.
    """

    name: str
    method: str
    path: str
    shape: Shape
    errors: Shape
    kind: str = ""
    status: int = 200


def _fields(kind: str, names: str, prefix: str = "") -> dict[str, str]:
    return {prefix + name: kind for name in names.split()}


def _under(prefix: str, shape: Shape) -> dict[str, str]:
    return {f"{prefix}.{name}": kind for name, kind in shape.items()}


# Sources for IAM: IBM-Cloud/ibm-cloud-sdk-ruby (TokenResponse.md, OidcExceptionResponse.md), IBM-Cloud/ibm-cloud-cli-sdk (iam_token.go)
_ACCESS_CLAIMS = {
    **_fields("text", "iam_id id realmid identifier sub grant_type scope client_id jti"),
    **_fields("text?", "given_name family_name name email session_id sub_type authn.name authn.email"),
    **_fields("text?", "authn.given_name authn.family_name authn.sub authn.iam_id"),
    "authn": "object?",
    "account": "object?",
    **_fields("text?", "account.boundary account.ims_user_id account.ims"),
    **_fields("boolean?", "account.valid account.frozen"),
    "account.bss": "id?",
    **_fields("epoch", "iat exp"),
    "iss": "url",
    "acr": "integer?",
    "amr": "array?",
    "amr[]": "text",
}
_ID_CLAIMS = {
    **_fields("text", "aud sub iam_id"),
    **_fields("text?", "jti realmed_sub_{account} sub_{account} iam_id_{account}"),
    **_fields("epoch", "iat exp"),
    "iss": "url",
}
_TOKENS = {
    "access_token": "jwt",
    **_under("access_token", _ACCESS_CLAIMS),
    "refresh_token": "token?",
    "token_type": "bearer",
    "expires_in": "integer",
    "expiration": "epoch",
    **_fields("text?", "scope session_id"),
    "ims_user_id": "integer?",
    "refresh_token_expiration": "epoch?",
}
_IAM_ERROR = {
    "errorCode": "code",
    "errorMessage": "text",
    "errorDetails": "text?",
    "requirements": "object?",
    **_fields("text?", "requirements.error requirements.code requirements.authorizationToken"),
    "context": "object?",
    **_fields(
        "text?",
        "requestId requestType userAgent clientIp url instanceId threadId host startTime endTime elapsedTime locale clusterName",
        "context.",
    ),
}
_DISCOVERY = {
    **_fields("url", "issuer token_endpoint"),
    **_fields("url?", "authorization_endpoint passcode_endpoint userinfo_endpoint jwks_uri"),
    **_fields("array?", "response_types_supported grant_types_supported id_token_signing_alg_values_supported"),
    **_fields("array?", "subject_types_supported token_endpoint_auth_methods_supported"),
}
# Source for the metadata service: ibm-cloud-docs/vpc, page imd-identity-operations
_INSTANCE_TOKEN = {"access_token": "token", **_fields("time", "created_at expires_at"), "expires_in": "integer"}
_PLATFORM_ERROR = {
    "errors": "array",
    **_fields("text", "errors[].code errors[].message"),
    "status_code": "integer?",
    "trace": "text?",
}

# Sources for accounts: IBM-Cloud/bluemix-go (accounts_test.go), the October 2025 version of IBM's API page
_ENTITY = {
    "name": "text",
    **_fields(
        "text?", "type state owner owner_userid owner_unique_id owner_iam_id customer_id country_code currency_code"
    ),
    **_fields("text?", "billing_country_code subscription_id"),
    "configuration_id": "text|null?",
    "terms_and_conditions": "object?",
    **_fields("array?", "tags organizations_region linkages bluemix_subscriptions"),
    "team_directory_enabled": "boolean?",
    "onboarded": "integer?",
}
_ACCOUNTS = {
    "next_url": "path|url|null|empty",
    "total_results": "integer",
    "resources": "array",
    "resources[].metadata.guid": "id",
    "resources[].metadata.url": "path",
    **_fields("time", "created_at updated_at", "resources[].metadata."),
    "resources[].metadata.anonymousId": "text?",
    **_under("resources[].entity", _ENTITY),
}
# IBM does not document the error format of the account service, so this shape follows the error format of similar services.
_ACCOUNTS_ERROR = {"message": "text", "code": "integer?", "global_transaction_id": "text?"}

# Sources for containers: IBM-Cloud/container-services-go-sdk (GetClustersResponse, GetClusterResponse), IBM-Cloud/bluemix-go (clusters.go)
_CLUSTER = {
    "id": "cluster-id",
    "name": "text",
    **_fields("text?", "region location datacenter resourceGroup resourceGroupName status targetVersion versionEOS"),
    **_fields("text?", "etcdPort podSubnet serviceSubnet entitlement createdDate"),
    "state": "state?",
    "type": "cluster-type?",
    "provider": "provider?",
    "masterKubeVersion": "version?",
    "masterURL": "url|empty|null?",
    **_fields("boolean?", "multiAzCapable imageSecurityEnabled isPaid"),
    "workerCount": "integer?",
    "ingress": "object?",
    **_fields("text?", "ingress.hostname ingress.secretName ingress.status ingress.message"),
    "addons": "array|null?",
    **_fields("text?", "addons[].name addons[].version"),
    "caCertRotationStatus": "object?",
    **_fields("text?", "status actionTriggerDate actionCompletedDate", "caCertRotationStatus."),
}
_ENDPOINTS = {
    **_fields("boolean?", "privateServiceEndpointEnabled publicServiceEndpointEnabled"),
    **_fields("url|empty?", "privateServiceEndpointURL publicServiceEndpointURL"),
}
_DETAILS = {
    **_CLUSTER,
    "crn": "crn?",
    "disableAutoUpdate": "boolean?",
    "features": "object?",
    **_fields("boolean?", "features.keyProtectEnabled features.pullSecretApplied"),
    "lifecycle": "object?",
    "lifecycle.masterState": "master-state|empty?",
    "lifecycle.masterHealth": "master-health|empty?",
    **_fields("text?", "masterStatus masterStatusModifiedDate modifiedDate", "lifecycle."),
    **_fields("array|null?", "locationZones workerZones vlans worker_vlans vpcs"),
    **_fields("text?", "monitoringURL infrastructureTopology ownerEmail apiUser networkPlugin offering"),
    **_fields("text?", "masterHealth masterStatus"),
    **_fields("url|empty?", "virtualPrivateEndpointURL serverURL"),
    "serviceEndpoints": "object?",
    **_under("serviceEndpoints", _ENDPOINTS),
    **_ENDPOINTS,
}
# If the token is missing, the response is plain text (IBM-Cloud/terraform-provider-ibm#2826).
_CONTAINERS_ERROR = {
    "": "object|text",
    "incidentID": "text",
    "code": "code",
    "description": "text",
    **_fields("text?", "type recoveryCLI terseDescription"),
}
_KUBECONFIG = {
    **_fields("text", "kind apiVersion current-context"),
    "preferences": "object?",
    "clusters": "array",
    "clusters[].name": "text",
    "clusters[].cluster.server": "url",
    "clusters[].cluster.certificate-authority-data": "pem?",
    "users": "array",
    "users[].name": "text",
    "users[].user.auth-provider.name": "text?",
    **_fields("text?", "client-id client-secret", "users[].user.auth-provider.config."),
    "users[].user.auth-provider.config.id-token": "jwt?",
    **_under("users[].user.auth-provider.config.id-token", _ID_CLAIMS),
    "users[].user.auth-provider.config.refresh-token": "token?",
    "users[].user.auth-provider.config.idp-issuer-url": "url?",
    "contexts": "array",
    "contexts[].name": "text",
    **_fields("text", "cluster user", "contexts[].context."),
    "contexts[].context.namespace": "text?",
}
_REGIONS = {
    "regions": "array",
    **_fields("text", "regions[].name regions[].alias"),
    "regions[].cfURL": "text?",
    **_fields("boolean?", "regions[].freeEnabled regions[].satellite"),
}

# Responses from the API servers of Kubernetes and OpenShift clusters
_STATUS = {
    **_fields("text", "kind apiVersion status"),
    "metadata": "object",
    **_fields("text?", "message reason"),
    "code": "integer?",
    "details": "object?",
}
_VERSION = {
    **_fields("text", "major minor gitVersion"),
    **_fields("text?", "gitCommit gitTreeState buildDate goVersion compiler platform"),
}
_REVIEW = {**_fields("text", "kind apiVersion"), "metadata": "object"}
_USER = {
    **_REVIEW,
    "status.userInfo.username": "user",
    "status.userInfo.groups": "array",
    "status.userInfo.groups[]": "text",
    "status.userInfo.uid": "text?",
    "status.userInfo.extra": "object?",
}
_ACCESS = {
    **_REVIEW,
    "spec": "object",
    "status.allowed": "boolean",
    "status.denied": "boolean?",
    "status.reason": "text?",
}
_OPENSHIFT_USER = {
    **_fields("text", "kind apiVersion"),
    "metadata.name": "user",
    **_fields("text?", "metadata.uid metadata.creationTimestamp fullName"),
    **_fields("array|null?", "identities groups"),
}
_OAUTH_SERVER = {
    **_fields("url", "issuer authorization_endpoint token_endpoint"),
    **_fields(
        "array?", "scopes_supported response_types_supported grant_types_supported code_challenge_methods_supported"
    ),
}
_OAUTH_TOKEN = {"access_token": "openshift-token", "expires_in": "digits", "token_type": "bearer", "scope": "text?"}
_OAUTH_ERROR = {"": "object|text|empty", "error": "text?", "error_description": "text?"}
_TOKEN_PATH = "/identity/token"  # noqa: S105  # a path

ENDPOINTS = (
    Endpoint("log in with an API key", "POST", _TOKEN_PATH, _TOKENS, _IAM_ERROR, "apikey"),
    Endpoint(
        "log in with an API key and delegate",
        *("POST", _TOKEN_PATH, {**_TOKENS, "delegated_refresh_token": "token"}, _IAM_ERROR, "apikey+delegated"),
    ),
    Endpoint("log in with a password", "POST", _TOKEN_PATH, _TOKENS, _IAM_ERROR, "password"),
    Endpoint("log in with a passcode", "POST", _TOKEN_PATH, _TOKENS, _IAM_ERROR, "passcode"),
    Endpoint("refresh a token", "POST", _TOKEN_PATH, _TOKENS, _IAM_ERROR, "refresh_token"),
    Endpoint(
        "delegate with a refresh token",
        *("POST", _TOKEN_PATH),
        # IBM's clients read delegated_refresh_token, but IBM's API page (October 2025) documents access_token and refresh_token.
        {**_fields("token?", "delegated_refresh_token access_token refresh_token"), "token_type": "bearer?"},
        *(_IAM_ERROR, "refresh_token+delegated"),
    ),
    Endpoint(
        "get a Kubernetes ID token",
        *("POST", _TOKEN_PATH, {**_TOKENS, "id_token": "jwt", **_under("id_token", _ID_CLAIMS)}),
        *(_IAM_ERROR, "delegated-refresh-token"),
    ),
    Endpoint("assume a trusted profile", "POST", _TOKEN_PATH, _TOKENS, _IAM_ERROR, "assume"),
    Endpoint("log in as a pod", "POST", _TOKEN_PATH, _TOKENS, _IAM_ERROR, "cr-token"),
    Endpoint(
        "read the OpenID configuration", "GET", "/identity/.well-known/openid-configuration", _DISCOVERY, _IAM_ERROR
    ),
    Endpoint("get an instance token", "PUT", "/(instance_)?identity/v1/token", _INSTANCE_TOKEN, _PLATFORM_ERROR),
    Endpoint("log in as an instance", "POST", "/(instance_)?identity/v1/iam_tokens?", _INSTANCE_TOKEN, _PLATFORM_ERROR),
    Endpoint("list the accounts", "GET", "/coe/v2/accounts", _ACCOUNTS, _ACCOUNTS_ERROR),
    Endpoint(
        "list the clusters",
        *(
            "GET",
            "/v2/(classic|vpc|satellite)/getClusters",
            {"": "array|null", **_under("[]", _CLUSTER)},
            _CONTAINERS_ERROR,
        ),
    ),
    Endpoint("get a cluster", "GET", "/v2/getCluster", _DETAILS, _CONTAINERS_ERROR),
    Endpoint("get the CA", "GET", "/v2/getCACert", {"caCert": "pem"}, _CONTAINERS_ERROR),
    Endpoint("get the kubeconfig", "GET", "/v2/getKubeconfig", _KUBECONFIG, _CONTAINERS_ERROR),
    Endpoint("list the regions", "GET", "/v1/regions", _REGIONS, _CONTAINERS_ERROR),
    Endpoint("request the RBAC synchronization", "POST", "/v2/applyRBAC", {"": "empty|object|text"}, _CONTAINERS_ERROR),
    Endpoint(
        "get the RBAC status",
        *("GET", "/v2/getRBACStatus", _fields("boolean", "synchronized error"), _CONTAINERS_ERROR),
    ),
    Endpoint("get the version of a cluster", "GET", "/version", _VERSION, _STATUS),
    Endpoint("get the user", "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", _USER, _STATUS, status=201),
    Endpoint(
        "check a permission",
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        _ACCESS,
        _STATUS,
        status=201,
    ),
    Endpoint("get the OpenShift user", "GET", "/apis/user.openshift.io/v1/users/~", _OPENSHIFT_USER, _STATUS),
    Endpoint("find the OAuth server", "GET", "/.well-known/oauth-authorization-server", _OAUTH_SERVER, _STATUS),
    Endpoint("log in to OpenShift", "GET", "/oauth/authorize", _OAUTH_TOKEN, _OAUTH_ERROR, status=302),
    Endpoint(
        "revoke an OpenShift token",
        *("DELETE", "/apis/oauth.openshift.io/v1/useroauthaccesstokens/[^/]+", {"": "object|empty"}, _STATUS),
    ),
)
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}


def find_endpoint(method: str, url: str, form: t.Mapping[str, str] | None = None) -> Endpoint | None:
    """Return the endpoint that a request calls, or None if no shape is defined for the request. ``form`` contains the form fields of a token request."""
    path, form = urllib.parse.urlsplit(url).path, form or {}
    kind = form.get("grant_type", "").replace(_GRANT, "")
    if "delegated_refresh_token" in form.get("response_type", ""):
        kind += "+delegated"
    found = (
        endpoint
        for endpoint in ENDPOINTS
        if endpoint.method == method and endpoint.kind == kind and re.fullmatch(f".*{endpoint.path}", path)
    )
    return next(found, None)
