# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The inferred claims about IBM Cloud that this collection depends on.

Code that depends on a claim has a comment ``[inferred: ID]``. tests/tools/claims.py writes docs/verified.md from this file.
"""

from __future__ import annotations

import typing as t


class Claim(t.NamedTuple):
    """A claim. ``needs`` completes "Not checked, because the check needs ...". ``otherwise`` is the consequence if the claim is wrong."""

    id: str
    text: str
    source: str
    how: str  # how the live check tests it, or empty if it cannot test it
    needs: str
    otherwise: str


CLAIMS = (
    # Tokens and accounts
    Claim(
        "one-step-delegation",
        "A login with an API key can also request the delegated refresh token, for the client `kube`, that is exchanged for the Kubernetes ID token.",
        "IBM's IAM client sends such a request without a list of clients. IBM's page uses the client `kube` with refresh tokens.",
        "The login returns `delegated_refresh_token`.",
        "an API key",
        "The collection sends the two documented requests instead.",
    ),
    Claim(
        "account-fields",
        "IAM accepts a request that contains the account ID as both `account` and `bss_account`.",
        "IBM's page uses `bss_account`. IBM's IAM client and command line use `account`.",
        "A token is refreshed with both fields.",
        "a login with a refresh token",
        "Logins with a password, passcode or refresh token fail with HTTP 400.",
    ),
    Claim(
        "account-state",
        "An account can be used if its `state` is `ACTIVE` or missing.",
        "Recorded responses in the tests of IBM's Go client.",
        "The token's account has such a state.",
        "an identity that can list its account",
        "A usable account is rejected if it is selected by name. `account_id` is not affected.",
    ),
    Claim(
        "invalid-token-code",
        "IAM rejects an invalid refresh token with HTTP 400 and the code `BXNIM0407E`.",
        "IBM's Go client and command line contain the code, but not the status.",
        "A string that is not a token is sent as a refresh token.",
        "a connection to IAM",
        "The error has a different kind and hint.",
    ),
    Claim(
        "error-codes",
        "The codes that [Errors](errors.md) marks as inferred have the status in the list.",
        "The source code of IBM's clients contains these codes without a status.",
        "",
        "a login that fails in this way, which could lock a user out",
        "The error has a different kind and hint.",
    ),
    Claim(
        "passcode-once",
        "A one-time passcode works once. HTTP 400 with an unknown error code means that the passcode was used before or has expired.",
        'The term "one-time passcode". However, IBM\'s page uses the same passcode in two steps.',
        "",
        "two passcodes from one user",
        "The error's hint is misleading.",
    ),
    # Clusters
    Claim(
        "list-fields",
        "The records in cluster lists contain `masterURL` and `type`.",
        "The response type of IBM's generated client, in which all fields are optional.",
        "Each cluster in the lists that is in use has both fields.",
        "an account with a cluster in the state `normal` or `warning`",
        "Each cluster without `masterURL` requires one more request. An OpenShift cluster without `type` is treated as a Kubernetes cluster.",
    ),
    Claim(
        "usable-states",
        "A cluster's API server responds if the cluster's state is `normal`, `warning` or `unsupported`.",
        "IBM's page on cluster states describes them, but does not mention the API server.",
        "The cluster returns its version.",
        "a cluster in one of these states that can be reached",
        "`wait` ends before the cluster can be used.",
    ),
    Claim(
        "new-cluster",
        "If a cluster is in a list, but the request for its details fails with HTTP 404, the cluster is new.",
        "Public clients of the service retry HTTP 404.",
        "Such a cluster has the state of a new cluster.",
        "a cluster in a list for which `getCluster` returns HTTP 404",
        "`wait` waits for a cluster that never becomes ready.",
    ),
    Claim(
        "vpc-classic-empty",
        "The list for the retired provider `vpc-classic` is empty.",
        "IBM has retired this generation of VPC.",
        "The list is empty.",
        "an access token",
        "Such clusters are found only if `provider` contains `vpc-classic`.",
    ),
    Claim(
        "ca-role",
        "`getCACert` returns the CA certificate to a user with the Viewer role.",
        "IBM's table of API methods. However, IBM's page on the corresponding command requires the Administrator role.",
        "The call succeeds.",
        "a Kubernetes cluster",
        "The CA certificate is read from the kubeconfig instead.",
    ),
    Claim(
        "kubeconfig-ca",
        "The kubeconfig contains the same CA certificate that `getCACert` returns.",
        "A published kubeconfig, and the parser of IBM's Go client.",
        "The two certificates are the same.",
        "a Kubernetes cluster and access to `getCACert`",
        "After HTTP 403 or 404 from `getCACert`, the connection to the cluster fails.",
    ),
    Claim(
        "kubeconfig-name",
        "In a kubeconfig, the cluster is named NAME/ID.",
        "A published kubeconfig.",
        "The name ends with the cluster's ID.",
        "a Kubernetes cluster",
        "The collection does not detect another cluster's kubeconfig.",
    ),
    Claim(
        "rbac-request",
        "`applyRBAC` is available on the production host, and expects the cluster in a JSON body.",
        "IBM's page shows a staging host, but does not show the encoding. One of IBM's test scripts sends JSON.",
        "If `apply_rbac` is true, the call succeeds.",
        "a cluster and `apply_rbac`",
        "RBAC cannot be synchronized.",
    ),
    Claim(
        "rbac-both-flags",
        "A cluster whose RBAC status has `synchronized: true` and `error: true` accepts the user.",
        "IBM's Go client ignores `error` in this case.",
        "The cluster allows the user to list namespaces.",
        "a cluster with both flags",
        "A failed synchronization counts as successful.",
    ),
    Claim(
        "rbac-stale-error",
        "If the RBAC status contained an error before the request, the error can remain for up to 30 seconds.",
        "The service works asynchronously.",
        "",
        "a cluster whose last synchronization failed",
        "A new error is reported up to 30 seconds late.",
    ),
    Claim(
        "rbac-new-cluster",
        "The RBAC calls fail with HTTP 404 or 503 for a new cluster.",
        "Public clients of the service retry these statuses.",
        "For a cluster that is being created, the response has one of these statuses.",
        "a cluster in the state `requested`, `deploying` or `pending` whose RBAC call fails",
        "The synchronization of a new cluster fails immediately instead of being retried.",
    ),
    Claim(
        "cluster-token-delay",
        "A cluster that does not recognize a new token yet accepts it two seconds later.",
        "The caches in Kubernetes and OpenShift.",
        "A cluster rejects a token at first, and accepts it at the second attempt.",
        "a cluster that rejects a new token with HTTP 401",
        "The login to the cluster fails.",
    ),
    Claim(
        "service-user-name",
        "In a cluster, the user name of a service ID or trusted profile is `IAM#` and its IAM ID.",
        "The claims in ID tokens. IBM's page documents only the names of users.",
        "The cluster returns this name.",
        "a service ID or a trusted profile, and a cluster with Kubernetes 1.28 or later",
        "The login fails, because the user name seems to belong to another identity.",
    ),
    Claim(
        "openshift-certificate",
        "A public CA has signed the certificates of OpenShift clusters.",
        "IBM's Go client does not use a CA certificate for these clusters. However, a transcript in IBM's documentation shows an unknown CA.",
        "The certificate can be verified with the public CAs.",
        "a synchronized OpenShift cluster",
        "The login fails unless `ca_cert` or `cluster_ca_file` is set.",
    ),
    Claim(
        "admin-kubeconfig",
        "`getKubeconfig` with `admin=true` and `format=zip` returns `ca*.pem`, `admin.pem` and `admin-key.pem` for clusters of both types.",
        "IBM's Go client reads these files. IBM's command line supports `--admin` for both types.",
        "",
        "an administrator's private key, which this check does not request",
        "The module `kubeconfig` fails if `admin` is true.",
    ),
    Claim(
        "openshift-private-oauth",
        "The OAuth server of an OpenShift cluster is available at the private endpoint that is used for the cluster.",
        "IBM's Go client uses the private endpoint only if the public endpoint is disabled.",
        "If `endpoint` is `private` or `vpe`, the login succeeds.",
        "a connection to the private endpoint of a synchronized OpenShift cluster",
        "The login at the private endpoint fails.",
    ),
    Claim(
        "openshift-identity",
        "OpenShift users keep their name and identity when their e-mail address changes.",
        "OpenShift's identity mapping.",
        "",
        "a user whose e-mail address has changed",
        "The login fails, because the user name seems to belong to another identity.",
    ),
    # The rate limit
    Claim(
        "rate-limit",
        "The limit of 200 requests in ten seconds from one address applies to all requests to the containers API.",
        "One of IBM's pages about OpenShift. It does not name the API or the kind of time window.",
        "A response with HTTP 429 contradicts the claim, because this check sends few requests.",
        "many requests, which could disturb other clients at the same address",
        "Requests are retried after HTTP 429. To avoid this response, set a lower `rate_limit`.",
    ),
    # Trusted profiles
    Claim(
        "profile-id-token",
        "The kubeconfig that a trusted profile requests contains an ID token.",
        "The kubeconfigs of users contain one. However, some of IBM's commands do not work after a login as a VPC instance.",
        "The kubeconfig contains `id-token`.",
        "a trusted profile and a Kubernetes cluster",
        "The login fails, because the kubeconfig does not contain an ID token. Use an API key instead.",
    ),
    Claim(
        "profile-account",
        "IAM looks for a trusted profile in the account of the token that assumes it, unless the request contains the profile's name and account.",
        "The request fields in IBM's IAM client.",
        "",
        "a trusted profile in another account",
        "The login fails with HTTP 400.",
    ),
    Claim(
        "profile-rejected",
        "IAM rejects the login as a trusted profile with HTTP 400 if the token is not valid or the profile does not trust it.",
        "One published response.",
        "",
        "a login that fails",
        "The error has a different kind and hint.",
    ),
    Claim(
        "profile-openshift",
        "A trusted profile cannot log in to an OpenShift cluster, because the OAuth server accepts only API keys and passcodes.",
        "IBM's page on logging in to OpenShift clusters.",
        "",
        "a way to log in as a profile",
        "The collection does not try a login that is possible.",
    ),
    Claim(
        "metadata-version",
        "The metadata service of a VPC instance supports version 2022-03-01.",
        "IBM's Python client uses this version. IBM's page documents newer paths as of version 2025-08-26.",
        "The request for the identity token succeeds.",
        "a VPC instance",
        "After HTTP 404, version 2025-08-26 is used.",
    ),
    # Older API generations
    Claim(
        "older-generations",
        "The older [API generations](api-generations.md) work as IBM's 2017, 2020 and 2021 pages describe them.",
        "These pages.",
        "",
        "hosts that no longer exist or have changed",
        "The older generations cannot be used.",
    ),
)
