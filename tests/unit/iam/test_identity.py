# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the check that all tokens of a session belong to the same identity and account."""

from __future__ import annotations

import typing as t
import urllib.parse

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import LookupFailed
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials, Profile
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.id_token_provider import IdTokenProvider
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, respond
from ansible_collections.ibmcloud.kubernetes.tests.unit.profiles import AUTOMATION, BY_CRN, BY_ID, DEV, PROD, login_at

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

    from simulator import Simulator

ADA, GRACE = "IBMid-2700ABCDEF", "IBMid-2700FEDCBA"
OTHER_ACCOUNT = "c3d4e5f60718293a4b5c6d7e8f90a1b2"


def access(iam_id: str = ADA, account: str = ACCOUNT) -> str:
    return jwt(iam_id=iam_id, account={"bss": account}, iat=NOW, exp=NOW + 3600, jti="SECRET")


def id_token(iam_id: str = ADA, account: str = ACCOUNT) -> str:
    more = {f"realmed_sub_{account}": "who@example.com"} if account else {}
    return jwt(iam_id=iam_id, iat=NOW, exp=NOW + 3600, jti="SECRET", **more)


def service(*, key: str = ADA, refreshed: str = ADA, exchanged: str = ADA, id_account: str = ACCOUNT) -> t.Any:
    """Return a token service. Each option selects the identity of the tokens that a grant returns."""

    def reply(seen: Seen) -> bytes:
        form = dict(urllib.parse.parse_qsl(seen.body.decode()))
        grant = form["grant_type"].rpartition(":")[2]
        body: dict[str, t.Any] = {"token_type": "Bearer", "expires_in": 3600, "refresh_token": "refresh-SECRET"}
        if grant == "delegated-refresh-token":
            body.update(access_token=access(exchanged), id_token=id_token(exchanged, id_account))
        elif "receiver_client_ids" in form and grant == "refresh_token":
            body = {"delegated_refresh_token": "delegated-SECRET"}
        else:
            body.update(access_token=access(key if grant == "apikey" else refreshed))
        return answer(body)

    return Loopback(respond(reply))


def manager_of(http: HttpClient, url: str, account_id: str = "", **given: t.Any) -> TokenManager:
    return TokenManager(
        http,
        Iam(http, url, now=lambda: float(NOW)),
        url,
        Credentials(**given),
        account_id=account_id,
        register_secret=lambda *_secrets: None,
        clock=LocalClock(lambda: float(NOW)),
    )


def tokens_of(http: HttpClient, url: str, **given: str) -> IdTokenProvider:
    return IdTokenProvider(manager_of(http, url, **given))


@pytest.mark.parametrize(
    ("given", "services"),
    [
        pytest.param({"api_key": "k", "id_token": id_token(GRACE)}, {}, id="key-beside-an-id-token"),
        pytest.param({"access_token": access(), "id_token": id_token(GRACE)}, {}, id="access-token-beside-an-id-token"),
        pytest.param({"refresh_token": "r", "id_token": id_token(GRACE)}, {}, id="session-beside-an-id-token"),
        pytest.param({"api_key": "k"}, {"exchanged": GRACE}, id="exchanged-for-a-key"),
        pytest.param({"refresh_token": "r"}, {"exchanged": GRACE}, id="exchanged-for-a-session"),
        pytest.param({"access_token": access(), "refresh_token": "r"}, {"exchanged": GRACE}, id="refresh-token"),
        pytest.param({"access_token": access(), "api_key": "k"}, {"key": GRACE}, id="access-token-beside-a-key"),
    ],
)
def test_an_id_token_of_another_identity_is_an_error(
    http: HttpClient, given: dict[str, str], services: dict[str, str]
) -> None:
    """The error contains both identities, but does not contain a token."""
    with service(**services) as server, pytest.raises(LookupFailed, match="belong") as caught:
        tokens_of(http, server.url, **given).id_token()

    assert ADA in str(caught.value)
    assert GRACE in str(caught.value)
    assert caught.value.kind == "auth"
    assert "SECRET" not in str(caught.value)


def test_iam_token_checks_a_given_id_token(http: HttpClient) -> None:
    """The module must check the given ID token, because it returns this token in the session."""
    with service() as server, pytest.raises(LookupFailed, match=f"belongs to {GRACE}"):
        tokens_of(http, server.url, access_token=access(), id_token=id_token(GRACE)).session()


@pytest.mark.parametrize("given", [{"api_key": "k"}, {"access_token": access()}])
def test_an_id_token_of_another_account_is_an_error(http: HttpClient, given: dict[str, str]) -> None:
    """One claim contains the account in its name, not in its value."""
    with service() as server, pytest.raises(LookupFailed) as caught:
        tokens_of(http, server.url, id_token=id_token(ADA, OTHER_ACCOUNT), **given).id_token()

    assert f"is for account {OTHER_ACCOUNT}, not for account {ACCOUNT}" in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"id_token": id_token(GRACE)}, id="alone"),
        pytest.param({"id_token": id_token(), "access_token": access()}, id="same-identity"),
        pytest.param({"id_token": id_token(account=""), "access_token": access()}, id="no-account"),
        pytest.param({"id_token": id_token(""), "access_token": access()}, id="no-identity"),
    ],
)
def test_a_matching_id_token_needs_no_request(http: HttpClient, given: dict[str, str]) -> None:
    """The client compares a claim only if both tokens contain the claim."""
    with service() as server:
        assert tokens_of(http, server.url, **given).id_token() == given["id_token"]
        assert server.seen == []


def test_binding_to_an_account_must_not_change_the_identity(http: HttpClient) -> None:
    """For the given refresh token, the service returns another identity's token."""
    with service(refreshed=GRACE) as server:
        manager = manager_of(http, server.url, ACCOUNT, access_token=access(account=""), refresh_token="r")
        with pytest.raises(LookupFailed, match=f"belong to {GRACE}, but .* {ADA}"):
            manager.account_token()


# Accounts of profiles


@pytest.mark.parametrize("profile", [BY_ID, BY_CRN])
@pytest.mark.parametrize("wanted", [{"account_id": PROD}, {"account": "Example Production"}])
def test_the_owner_of_a_profile_may_belong_to_another_account(
    fleet: Simulator, fleet_http: HttpClient, profile: Profile, wanted: dict[str, str]
) -> None:
    """The client does not compare the accounts, because the service decides whether the owner may assume the profile.

    The simulator denies the request, because it looks for the profile in the key's account.
    """
    login = login_at(fleet, fleet_http, api_key="not-a-real-key/ada+dev=", profile=profile, **wanted)

    with pytest.raises(Exception, match="assume the trusted profile failed"):
        login.account_token()

    assert any("profile_id" in entry.form_fields or "profile_crn" in entry.form_fields for entry in fleet.requests)


def test_a_profile_can_be_in_another_account_than_its_owner(http: HttpClient) -> None:
    """The client compares the selected account with the account in the profile's token."""
    profile = access(f"iam-{AUTOMATION}", PROD)
    tokens = {"token_type": "Bearer", "expires_in": 3600}

    def reply(seen: Seen) -> bytes:
        return answer({**tokens, "access_token": profile if b"assume" in seen.body else access(ADA, DEV)})

    with Loopback(respond(reply)) as server:
        for account, refused in ((PROD, False), (DEV, True)):
            login = manager_of(http, server.url, account, api_key="k", profile=BY_ID)
            if refused:
                with pytest.raises(LookupFailed, match=f"profile belongs to account {PROD}, but account {DEV}"):
                    login.account_token()
            else:
                assert login.account_token().access == profile
