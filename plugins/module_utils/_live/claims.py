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
    """A claim. ``needs`` completes "could not be tried: it needs". ``otherwise`` is the consequence if the claim is wrong."""

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
        "A login with an API key can also request the token that is exchanged for the Kubernetes ID token, for the client `kube`.",
        "IBM's IAM client has the form without a list of clients. IBM's page uses `kube` with refresh tokens.",
        "The login returns `delegated_refresh_token`.",
        "an API key",
        "The two documented requests are sent.",
    ),
    Claim(
        "account-fields",
        "IAM accepts the account as `account` and as `bss_account` in one request.",
        "IBM's page has `bss_account`. Its IAM client and command line have `account`.",
        "The refresh token is used with both fields.",
        "a login with a refresh token",
        "Logins with a password, passcode or refresh token fail with HTTP 400.",
    ),
    Claim(
        "account-state",
        "An account can be used if its `state` is `ACTIVE` or missing.",
        "Recorded responses in the tests of IBM's Go client.",
        "The account of the token has such a state.",
        "an identity that can list its account",
        "`account` by name reports a usable account as unusable. `account_id` is not affected.",
    ),
    Claim(
        "invalid-token-code",
        "IAM rejects an invalid refresh token with HTTP 400 and the code `BXNIM0407E`.",
        "IBM's Go client and command line name the code without the status.",
        "A text that is not a token is sent as a refresh token.",
        "a connection to IAM",
        "The error has another kind and another hint.",
    ),
    Claim(
        "error-codes",
        "The codes that [Errors](errors.md) marks as inferred have the status that is listed there.",
        "The sources of IBM's clients name them without a status.",
        "",
        "a login that fails in this way, which could lock a user out",
        "The error has another kind and another hint.",
    ),
    Claim(
        "passcode-once",
        "A one-time passcode works once. HTTP 400 with an unknown code means that it was used before or has expired.",
        "The name. IBM's page uses one passcode in two steps.",
        "",
        "two passcodes of a user",
        "The hint of the error is misleading.",
    ),
    # Clusters
    Claim(
        "list-fields",
        "The lists of clusters contain `masterURL` and `type`.",
        "The response type of IBM's generated client, in which all fields are optional.",
        "Each cluster in a list that is in use has both.",
        "an account with a cluster in the state `normal` or `warning`",
        "One more request for each cluster without `masterURL`. Without `type`, an OpenShift cluster is treated as a Kubernetes cluster.",
    ),
    Claim(
        "usable-states",
        "The API server of a cluster responds if the state is `normal`, `warning` or `unsupported`.",
        "IBM's page on the states describes them without the API server.",
        "The cluster returns its version.",
        "a cluster in one of these states that can be reached",
        "`wait` ends before the cluster can be used.",
    ),
    Claim(
        "new-cluster",
        "A cluster from a list that the service does not know when it is read alone (HTTP 404) is new.",
        "Public clients of the service retry HTTP 404.",
        "The state of such a cluster.",
        "a cluster in a list for which `getCluster` returns HTTP 404",
        "`wait` waits for a cluster that does not become ready.",
    ),
    Claim(
        "vpc-classic-empty",
        "The list of the retired provider `vpc-classic` is empty.",
        "IBM has retired this generation of VPC.",
        "The list is empty.",
        "an access token",
        "Such clusters are found only with `provider: [vpc-classic]`.",
    ),
    Claim(
        "ca-role",
        "`getCACert` returns the CA certificate to a user with the Viewer role.",
        "IBM's table of API methods. The page of the same command requires the Administrator role.",
        "The call succeeds.",
        "a Kubernetes cluster",
        "The CA comes from the kubeconfig.",
    ),
    Claim(
        "kubeconfig-ca",
        "The kubeconfig contains the CA certificate that `getCACert` returns.",
        "A published kubeconfig, and the parser of IBM's Go client.",
        "Both are compared.",
        "a Kubernetes cluster and access to `getCACert`",
        "After HTTP 403 or 404 from `getCACert`, the connection to the cluster fails.",
    ),
    Claim(
        "kubeconfig-name",
        "The name of the cluster in a kubeconfig is NAME/ID.",
        "A published kubeconfig.",
        "The name ends with the ID of the cluster.",
        "a Kubernetes cluster",
        "A kubeconfig of another cluster is not detected.",
    ),
    Claim(
        "rbac-request",
        "`applyRBAC` is called on the production host, with the cluster in a JSON body.",
        "IBM's page shows a staging host, but does not show the encoding. A test script of IBM sends JSON.",
        "The call succeeds, if `apply_rbac` is true.",
        "a cluster and `apply_rbac`",
        "RBAC cannot be synchronized.",
    ),
    Claim(
        "rbac-both-flags",
        "A cluster with `synchronized: true` and `error: true` accepts the user.",
        "IBM's Go client ignores `error` in this case.",
        "The cluster permits the user to list namespaces.",
        "a cluster with both flags",
        "A failed synchronization counts as successful.",
    ),
    Claim(
        "rbac-stale-error",
        "An RBAC error that was there before the request can remain for up to 30 seconds.",
        "The service works asynchronously.",
        "",
        "a cluster whose last synchronization failed",
        "A new error is reported 30 seconds late.",
    ),
    Claim(
        "rbac-new-cluster",
        "The calls about RBAC fail with HTTP 404 or 503 for a new cluster.",
        "Public clients of the service retry these statuses.",
        "The status of the response for a cluster that is being created.",
        "a cluster in the state `requested`, `deploying` or `pending` whose RBAC call fails",
        "The synchronization of a new cluster fails at once instead of being retried.",
    ),
    Claim(
        "cluster-token-delay",
        "A cluster that does not know a new token yet accepts it two seconds later.",
        "The caches of Kubernetes and OpenShift.",
        "The cluster rejects a token, and accepts it the second time.",
        "a cluster that rejects a new token with HTTP 401",
        "The login to the cluster fails.",
    ),
    Claim(
        "service-user-name",
        "The name of a service ID or trusted profile in a cluster is `IAM#` and its IAM ID.",
        "The claims of ID tokens. IBM's page has users only.",
        "The name that the cluster returns.",
        "a service ID or a trusted profile, and a cluster with Kubernetes 1.28 or later",
        "The login fails, because the cluster seems to know another user.",
    ),
    Claim(
        "openshift-certificate",
        "A public CA has signed the certificates of OpenShift clusters.",
        "IBM's Go client does not use a CA certificate for them. A transcript in IBM's documentation shows an unknown CA.",
        "The certificate is verified.",
        "a synchronized OpenShift cluster",
        "The login fails unless `ca_cert` or `cluster_ca_file` is set.",
    ),
    Claim(
        "admin-kubeconfig",
        "`getKubeconfig` with `admin=true` and `format=zip` returns the files `ca*.pem`, `admin.pem` and `admin-key.pem`, also for OpenShift clusters.",
        "IBM's Go client reads these files. IBM's command line has `--admin` for both types.",
        "",
        "the private key of an administrator, which this check does not request",
        "`admin: true` of the module `kubeconfig` fails.",
    ),
    Claim(
        "openshift-private-oauth",
        "The OAuth server of an OpenShift cluster is available at the private endpoint that is used for the cluster.",
        "IBM's Go client calls it there only if the public endpoint is disabled.",
        "The login succeeds, with `endpoint` set to `private` or `vpe`.",
        "a connection to the private endpoint of a synchronized OpenShift cluster",
        "The login at the private endpoint fails.",
    ),
    Claim(
        "openshift-identity",
        "An OpenShift user keeps its name and identity when the e-mail address changes.",
        "OpenShift's mapping of identities.",
        "",
        "a user whose e-mail address has changed",
        "The login fails, because the cluster seems to know another user.",
    ),
    # The rate limit
    Claim(
        "rate-limit",
        "The limit of 200 requests in ten seconds from one address applies to all requests to the containers API.",
        "A page about OpenShift. It does not name the API or the kind of window.",
        "HTTP 429 contradicts it, because this check sends few requests.",
        "many requests, which could disturb other clients at the same address",
        "Requests are retried after HTTP 429. `rate_limit` sets a lower rate.",
    ),
    # Trusted profiles
    Claim(
        "profile-id-token",
        "The kubeconfig that a trusted profile requests contains an ID token.",
        "The kubeconfig of users. After a login as a VPC instance some of IBM's commands do not work.",
        "The kubeconfig contains `id-token`.",
        "a trusted profile and a Kubernetes cluster",
        "The error says that the kubeconfig does not contain an ID token. Use an API key.",
    ),
    Claim(
        "profile-account",
        "A trusted profile is found in the account of the token that assumes it, unless it is given by name and account.",
        "The fields of the request in IBM's IAM client.",
        "",
        "a trusted profile in another account",
        "The login fails with HTTP 400.",
    ),
    Claim(
        "profile-rejected",
        "IAM rejects the login as a trusted profile with HTTP 400 if the token is not valid or the profile does not trust it.",
        "One quoted response.",
        "",
        "a login that fails",
        "The error has another kind and another hint.",
    ),
    Claim(
        "profile-openshift",
        "A trusted profile cannot log in to an OpenShift cluster, because the OAuth server accepts API keys and passcodes only.",
        "IBM's page on the login.",
        "",
        "a way to log in as a profile",
        "A possible login is not tried.",
    ),
    Claim(
        "metadata-version",
        "The metadata service of a VPC instance supports version 2022-03-01.",
        "IBM's Python client uses this version. IBM's page has newer paths since 2025-08-26.",
        "The call for the identity token succeeds.",
        "a VPC instance",
        "After HTTP 404, version 2025-08-26 is used.",
    ),
    # Older API generations
    Claim(
        "older-generations",
        "The older [API generations](api-generations.md) work as IBM's pages of 2017, 2020 and 2021 describe them.",
        "The pages.",
        "",
        "hosts that no longer exist or have changed",
        "The older generations cannot be used.",
    ),
)
