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
    """A claim. ``needs`` completes "The claim is not checked, because the check needs ...". ``otherwise`` is the consequence if the claim is wrong."""

    id: str
    text: str
    source: str
    how: str  # how the live check tests the claim, or empty if the live check cannot test the claim
    needs: str
    otherwise: str


CLAIMS = (
    # Tokens and accounts
    Claim(
        "one-step-delegation",
        "A login with an API key can also request a delegated refresh token for the `kube` client. "
        "The collection exchanges the delegated refresh token for a Kubernetes ID token.",
        "IBM's IAM client requests a delegated refresh token at login, but does not name a client. "
        "IBM's API page names the client `kube`, but only in a request with a refresh token.",
        "The response to the login contains `delegated_refresh_token`.",
        "an API key",
        "The collection logs in first, and then obtains the delegated refresh token with a separate request, as IBM documents.",
    ),
    Claim(
        "account-fields",
        "IAM accepts a request that contains the account ID in both `account` and `bss_account`.",
        "IBM's API page uses `bss_account`. IBM's IAM client and command line use `account`.",
        "The check refreshes a token with a request that contains `account` and `bss_account`.",
        "a login that returns a refresh token",
        "Logins with a password, passcode or refresh token fail with HTTP 400.",
    ),
    Claim(
        "account-state",
        "An account can be used if its `state` is `ACTIVE` or missing.",
        "The claim is based on recorded responses in the tests of IBM's Go client.",
        "The `state` of the token's account is `ACTIVE` or missing.",
        "an identity whose account list contains the token's account",
        "The collection rejects a usable account, unless you select the account with `account_id`.",
    ),
    Claim(
        "invalid-token-code",
        "IAM rejects an invalid refresh token with HTTP 400 and the code `BXNIM0407E`.",
        "The source code of IBM's Go client and command line contains the error code, but not the HTTP status.",
        "The check sends an invalid refresh token.",
        "a connection to IAM",
        "The collection reports the error with the wrong kind and hint.",
    ),
    Claim(
        "error-codes",
        "For each error code that [Errors](errors.md) marks as inferred, IAM returns the HTTP status that is listed there.",
        "The source code of IBM's clients contains the error codes, but not the HTTP statuses.",
        "",
        "logins that fail with these codes and could lock out a user",
        "The collection reports the error with the wrong kind and hint.",
    ),
    Claim(
        "passcode-once",
        "A one-time passcode works only once. HTTP 400 with an unknown error code means that the passcode has already been used or has expired.",
        'The term "one-time passcode" implies a single use. However, IBM\'s API page uses the same passcode in two steps.',
        "",
        "two passcodes of the same user",
        "The hint in the login error is misleading.",
    ),
    # Clusters
    Claim(
        "list-fields",
        "The records in cluster lists contain `masterURL` and `type`.",
        "The response type in IBM's generated client contains `masterURL` and `type`, but all fields of this type are optional.",
        "Each listed cluster in the state `normal` or `warning` has both fields.",
        "an account with a cluster in the state `normal` or `warning`",
        "Each cluster without `masterURL` requires an additional request. The collection treats an OpenShift cluster without `type` as a Kubernetes cluster.",
    ),
    Claim(
        "usable-states",
        "A cluster's API server responds if the cluster's state is `normal`, `warning` or `unsupported`.",
        "IBM's page on cluster states describes these states, but does not mention the API server.",
        "The cluster's API server returns its version.",
        "a reachable cluster in the state `normal`, `warning` or `unsupported`",
        "If `wait` is true, the `cluster_info` module stops waiting before the cluster can be used.",
    ),
    Claim(
        "new-cluster",
        "If the request for a listed cluster's details fails with HTTP 404, the cluster is new.",
        "Published open-source clients of the containers API retry requests after HTTP 404.",
        "In the list, the cluster has the state `requested`, `deploying` or `pending`.",
        "a listed cluster for which `getCluster` returns HTTP 404",
        "If `wait` is true, the `cluster_info` module waits for a cluster that never becomes ready.",
    ),
    Claim(
        "vpc-classic-empty",
        "The cluster list for the retired `vpc-classic` provider is empty.",
        "IBM has retired the `vpc-classic` infrastructure.",
        "The containers API returns an empty list.",
        "an access token",
        "The collection finds `vpc-classic` clusters only if the `provider` option contains `vpc-classic`.",
    ),
    Claim(
        "ca-role",
        "`getCACert` returns the CA certificate to a user with the Viewer role.",
        "The claim is based on IBM's table of API methods. However, IBM's page on the corresponding command says that the Administrator role is required.",
        "The `getCACert` call succeeds.",
        "a Kubernetes cluster",
        "The collection reads the CA certificate from the kubeconfig instead.",
    ),
    Claim(
        "kubeconfig-ca",
        "The kubeconfig contains the same CA certificate that `getCACert` returns.",
        "The claim is based on a published kubeconfig and the parser in IBM's Go client.",
        "The two CA certificates are identical.",
        "a Kubernetes cluster and access to `getCACert`",
        "If `getCACert` returns HTTP 403 or 404, the collection uses the wrong CA certificate and cannot connect to the cluster.",
    ),
    Claim(
        "kubeconfig-name",
        "In a kubeconfig, the cluster's entry is named `NAME/ID`.",
        "A published kubeconfig contains an entry with a name in this format.",
        "The name of the entry ends with a slash and the cluster's ID.",
        "a Kubernetes cluster",
        "The collection does not detect when the containers API returns the kubeconfig of another cluster.",
    ),
    Claim(
        "rbac-request",
        "`applyRBAC` is available on the production host and expects the cluster's ID in a JSON body.",
        "IBM's API page shows a staging host, but does not show how the request body is encoded. One of IBM's test scripts sends JSON.",
        "The `applyRBAC` call succeeds. The check sends this call only if `apply_rbac` is true.",
        "a cluster, and the value true for `apply_rbac`",
        "The collection cannot synchronize RBAC.",
    ),
    Claim(
        "rbac-both-flags",
        "A cluster whose RBAC status has `synchronized: true` and `error: true` accepts the user.",
        "IBM's Go client ignores `error` if `synchronized` is true.",
        "The cluster allows the user to list namespaces.",
        "a cluster whose RBAC status has `synchronized: true` and `error: true`",
        "The collection treats a failed synchronization as successful.",
    ),
    Claim(
        "rbac-stale-error",
        "After a request for a synchronization, the RBAC status can still contain an earlier error for up to 30 seconds.",
        "The containers API synchronizes RBAC asynchronously.",
        "",
        "a cluster whose last synchronization failed",
        "The collection reports a new error up to 30 seconds late.",
    ),
    Claim(
        "rbac-new-cluster",
        "RBAC calls for a new cluster fail with HTTP 404 or 503.",
        "Published open-source clients of the containers API retry requests after HTTP 404 and 503.",
        "If an RBAC call fails for a cluster that is being created, the HTTP status is 404 or 503.",
        "a failed RBAC call for a cluster in the state `requested`, `deploying` or `pending`",
        "The synchronization of a new cluster fails immediately, because the collection does not retry the request.",
    ),
    Claim(
        "cluster-token-delay",
        "If a cluster rejects a new token at first, the cluster accepts the token two seconds later.",
        "The claim is based on how Kubernetes and OpenShift cache tokens and users.",
        "A cluster rejects a token with HTTP 401, but accepts the token on the second attempt.",
        "a cluster that rejects a new token with HTTP 401",
        "The login to the cluster fails, although the token is valid.",
    ),
    Claim(
        "service-user-name",
        "In a cluster, the user name of a service ID or trusted profile is `IAM#` followed by the IAM ID.",
        "The claim is based on the contents of ID tokens. IBM's API page documents the user name only for users.",
        "The cluster returns `IAM#` followed by the IAM ID as the user name.",
        "a service ID or a trusted profile, and a cluster with Kubernetes 1.28 or later",
        "The login fails, because the collection assumes that the user name belongs to another identity.",
    ),
    Claim(
        "openshift-certificate",
        "The certificates of OpenShift clusters are signed by a public CA.",
        "IBM's Go client does not use a CA certificate for OpenShift clusters. "
        "However, a transcript in IBM's documentation shows a certificate that was signed by an unknown CA.",
        "The cluster's certificate can be verified with the public CAs.",
        "a synchronized OpenShift cluster",
        "The login to an OpenShift cluster fails unless `ca_cert` or `cluster_ca_file` is set.",
    ),
    Claim(
        "admin-kubeconfig",
        "`getKubeconfig` with `admin=true` and `format=zip` returns `ca*.pem`, `admin.pem` and `admin-key.pem` for Kubernetes and OpenShift clusters.",
        "IBM's Go client reads the three files. IBM's command line supports `--admin` for both types of clusters.",
        "",
        "an administrator's private key, which `verify_live` does not request",
        "The `kubeconfig` module fails if `admin` is true.",
    ),
    Claim(
        "openshift-private-oauth",
        "The OAuth server of an OpenShift cluster is available at the same private endpoint as the cluster's API server.",
        "IBM's Go client uses the private endpoint only if the public endpoint is disabled.",
        "If `endpoint` is `private` or `vpe`, the login to the OpenShift cluster succeeds.",
        "a connection to the private endpoint of a synchronized OpenShift cluster",
        "The login to an OpenShift cluster through the private endpoint fails.",
    ),
    Claim(
        "openshift-identity",
        "OpenShift users keep their name and identity when their e-mail address changes.",
        "The claim is based on OpenShift's identity mapping.",
        "",
        "a user whose e-mail address has changed",
        "The login fails, because the collection assumes that the user name belongs to another identity.",
    ),
    # The rate limit
    Claim(
        "rate-limit",
        "The limit of 200 requests per ten seconds for each client IP address applies to all requests to the containers API.",
        "One of IBM's pages about OpenShift documents the rate limit, but does not name the API or the type of time window.",
        "A response with HTTP 429 contradicts the claim, because `verify_live` sends few requests.",
        "many requests, which could disturb other clients at the same IP address",
        "The containers API returns HTTP 429, and the collection retries the requests. To avoid HTTP 429, set a lower `rate_limit`.",
    ),
    # Trusted profiles
    Claim(
        "profile-id-token",
        "A kubeconfig that a trusted profile requests contains an ID token.",
        "A kubeconfig that a user requests contains an ID token. However, some of IBM's commands do not work after a login as a VPC instance.",
        "The kubeconfig contains `id-token`.",
        "a trusted profile and a Kubernetes cluster",
        "The login with a trusted profile fails, because the kubeconfig does not contain an ID token. Use an API key instead.",
    ),
    Claim(
        "profile-account",
        "IAM looks up a trusted profile in the token's account, unless the request contains the profile's name and account.",
        "The claim is based on the request fields in IBM's IAM client.",
        "",
        "a trusted profile in another account",
        "A login as a trusted profile fails with HTTP 400.",
    ),
    Claim(
        "profile-rejected",
        "A login as a trusted profile fails with HTTP 400 if the token is not valid or the profile does not trust the token.",
        "The claim is based on one published response.",
        "",
        "a failed login as a trusted profile",
        "The collection reports the error with the wrong kind and hint.",
    ),
    Claim(
        "profile-openshift",
        "A trusted profile cannot log in to an OpenShift cluster, because the OAuth server accepts only API keys and passcodes.",
        "The claim is based on IBM's page about logging in to OpenShift clusters.",
        "",
        "a way to log in to OpenShift as a trusted profile",
        "The collection does not attempt a login that would succeed.",
    ),
    Claim(
        "metadata-version",
        "The metadata service of a VPC instance supports version 2022-03-01.",
        "IBM's Python client uses version 2022-03-01. IBM's page about the metadata service documents newer paths for version 2025-08-26 and later.",
        "The request for the identity token succeeds.",
        "a VPC instance",
        "After HTTP 404, the collection uses version 2025-08-26.",
    ),
    # Older API generations
    Claim(
        "older-generations",
        "The older [API generations](api-generations.md) work as described on IBM's pages from the years 2017, 2020 and 2021.",
        "The claim is based only on IBM's pages.",
        "",
        "hosts that no longer exist or have changed",
        "The collection cannot use the older API generations.",
    ),
)
