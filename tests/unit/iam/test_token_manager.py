# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the grants for each kind of credentials. The tests read the grants from the simulator's request log."""

from __future__ import annotations

import dataclasses
import time
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    IBMCloudError,
    InputError,
    LookupFailed,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.tokens import Token, read_claims
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime, access_token
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer
from ansible_collections.ibmcloud.kubernetes.tests.unit.token_service import id_tokens

if t.TYPE_CHECKING:
    from simulator import Simulator

DEV = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
PROD = "b2c3d4e5f60718293a4b5c6d7e8f90a1"
LAB = "c3d4e5f60718293a4b5c6d7e8f90a1b2"
DEV_KEY, PROD_KEY = "not-a-real-key/ada+dev=", "not-a-real-key/ada+prod="
DEPLOYER = "iam-ServiceId-0b1c2d3e-1111-4222-8333-445566778899"
DEPLOYER_KEY = "not-a-real-key/deployer+prod="
ADA = {"username": "ada@example.com", "password": "not/a+real=password"}
EDSGER = {"username": "edsger@example.com", "password": "not-a-real-password"}
GRACE = {"passcode": "not-a-real-passcode-1"}


class LogIn(t.Protocol):
    """A function that returns a TokenManager for a simulator and credentials."""

    def __call__(self, simulator: Simulator, **options: t.Any) -> TokenManager:
        """Return a manager that logs in to the simulator."""


def _token(login: TokenManager, *, kubernetes: bool) -> Token:
    return id_tokens(login).session() if kubernetes else login.token()


@pytest.fixture
def log_in(fake_time: FakeTime) -> t.Iterator[LogIn]:
    clients: list[HttpClient] = []

    def make(
        simulator: Simulator,
        *,
        account_id: str = "",
        account: str = "",
        min_validity: int = 60,
        later: float = 0.0,
        register_secret: t.Callable[..., None] = lambda *_secrets: None,
        **credentials: str,
    ) -> TokenManager:
        http = HttpClient(verify=str(simulator.ca_path), timeout=5.0, clock=fake_time.clock)
        clients.append(http)
        return TokenManager(
            http,
            Iam(http, simulator.iam_url),
            simulator.accounts_url,
            Credentials(**credentials),
            account_id=account_id,
            account=account,
            min_validity=min_validity,
            register_secret=register_secret,
            clock=LocalClock(lambda: time.time() + later),
        )

    yield make
    for client in clients:
        client.close()


def _calls(simulator: Simulator) -> list[str]:
    """Return a summary of each request: the client ID and the grant for IAM, or the name of any other service."""
    return [_call(entry.service, entry.client, entry.form_fields) for entry in simulator.requests]


def _call(service: str, client: str, fields: tuple[str, ...]) -> str:
    if service != "iam":
        return service
    grant = next(name for name in ("apikey", "passcode", "password", "refresh_token") if name in fields)
    delegate = " +delegate" if "receiver_client_ids" in fields else ""
    account = " +account" if {"account", "bss_account"} <= set(fields) else ""
    return f"{client} {grant}{delegate}{account}"


TWO_STEPS = ["bx apikey +delegate", "kube refresh_token"]
DOCUMENTED = ["bx apikey", "bx refresh_token +delegate", "kube refresh_token"]


# API keys


def test_an_api_key_requires_one_request(fleet: Simulator, log_in: LogIn) -> None:
    """The token is bound to the API key's account."""
    token = log_in(fleet, api_key=DEV_KEY).token()

    assert _calls(fleet) == ["bx apikey"]
    assert (token.claims.account_id, token.id) == (DEV, "")
    assert token.refresh.startswith("OKD-sim-")
    assert 3590 <= token.expires_in <= 3600


def test_an_id_token_requires_two_requests(fleet: Simulator, log_in: LogIn) -> None:
    """The one-step request returns a delegated token, and the second request exchanges this token."""
    token = id_tokens(log_in(fleet, api_key=DEV_KEY)).session()

    assert _calls(fleet) == TWO_STEPS
    claims = fleet.cloud.signer.read(token.id)
    assert (claims["aud"], claims[f"realmed_sub_{DEV}"]) == ("kube", "ada@example.com")
    assert token.claims.account_id == DEV


@pytest.mark.parametrize("reply", ["delegated_refresh_token", "refresh_token", "both"])
def test_the_documented_requests_are_the_fallback(document: Simulator, log_in: LogIn, reply: t.Any) -> None:
    """F35: after IAM rejects the one-step request, the client sends the three documented requests.

    The response to the delegation request can contain the token in either of two fields, or in both.
    """
    document.cloud.settings = dataclasses.replace(document.cloud.settings, delegated_reply=reply)

    token = id_tokens(log_in(document, api_key="not-a-real-api-key-of-ada")).session()

    assert _calls(document) == ["bx apikey +delegate", *DOCUMENTED]
    assert [entry.status for entry in document.requests] == [400, 200, 200, 200]
    assert document.cloud.signer.read(token.id)["aud"] == "kube"


def test_each_token_is_requested_once(fleet: Simulator, log_in: LogIn) -> None:
    login = log_in(fleet, api_key=DEV_KEY)

    tokens = [id_tokens(login).session(), login.token(), login.account_token(), id_tokens(login).session()]

    assert len({(token.access, token.id) for token in tokens}) == 1
    assert _calls(fleet) == TWO_STEPS


def test_an_id_token_after_a_login_uses_the_session(fleet: Simulator, log_in: LogIn) -> None:
    login = log_in(fleet, api_key=DEV_KEY)
    login.token()

    assert id_tokens(login).session().id
    assert _calls(fleet) == DOCUMENTED


@pytest.mark.parametrize("kubernetes", [False, True])
@pytest.mark.parametrize("key", [DEV_KEY, PROD_KEY])
def test_a_key_of_another_account_is_rejected_first(
    fleet: Simulator, log_in: LogIn, key: str, kubernetes: bool
) -> None:
    """F90, I33: no second request is sent, and the message contains both accounts."""
    has, wanted = (DEV, PROD) if key == DEV_KEY else (PROD, DEV)

    with pytest.raises(LookupFailed, match=f"The API key belongs to account {has}, but account {wanted}") as caught:
        _token(log_in(fleet, api_key=key, account_id=wanted), kubernetes=kubernetes)

    assert caught.value.kind == "auth"
    assert len(fleet.requests) == 1


@pytest.mark.parametrize(("name", "ok"), [("Example Development", True), ("Example Production", False)])
def test_an_account_name_is_compared_with_the_account_of_the_key(
    fleet: Simulator, log_in: LogIn, name: str, ok: bool
) -> None:
    """The client searches for the name on both pages of the account list."""
    login = log_in(fleet, api_key=DEV_KEY, account=name)

    if ok:
        assert login.token().claims.account_id == DEV
    else:
        with pytest.raises(LookupFailed, match="The API key belongs to account"):
            login.token()

    assert _calls(fleet) == ["bx apikey", "accounts", "accounts"]


@pytest.mark.parametrize("kubernetes", [False, True])
def test_an_unknown_key_is_sent_once(fleet: Simulator, log_in: LogIn, kubernetes: bool) -> None:
    """F43: after IAM rejects the key, the client does not send the key in another kind of request."""
    with pytest.raises(APIError, match="BXNIM0415E") as caught:
        _token(log_in(fleet, api_key="not-a-real-key/nobody"), kubernetes=kubernetes)

    assert caught.value.kind == "auth"
    assert len(fleet.requests) == 1


# Users


@pytest.mark.parametrize(
    ("credentials", "grant"), [pytest.param(ADA, "password", id="password"), pytest.param(GRACE, "passcode", id="code")]
)
def test_the_login_of_a_user_contains_the_account_id(
    fleet: Simulator, log_in: LogIn, credentials: dict[str, str], grant: str
) -> None:
    """The request contains the account in both fields, ``account`` and ``bss_account``."""
    token = log_in(fleet, **credentials, account_id=DEV).token()

    assert _calls(fleet) == [f"bx {grant} +account"]
    assert token.claims.account_id == DEV


@pytest.mark.parametrize(
    ("credentials", "grant", "name", "account"),
    [
        pytest.param(ADA, "password", "Example Production", PROD, id="password"),
        pytest.param(GRACE, "passcode", "Example Lab", LAB, id="passcode"),
    ],
)
def test_the_session_of_a_user_is_bound_to_an_account_by_name(
    fleet: Simulator, log_in: LogIn, credentials: dict[str, str], grant: str, name: str, account: str
) -> None:
    """A passcode cannot be used twice, so the client uses the refresh token to bind the session to the account."""
    token = log_in(fleet, **credentials, account=name).token()

    assert _calls(fleet) == [f"bx {grant}", "accounts", "accounts", "bx refresh_token +account"]
    assert token.claims.account_id == account


def test_a_user_without_an_account_gets_an_unbound_token(fleet: Simulator, log_in: LogIn) -> None:
    """A token that is not bound to an account can list accounts."""
    login = log_in(fleet, **ADA)

    assert login.token().claims.account_id == ""
    assert len(login.accounts.list_all()) == 2
    assert _calls(fleet) == ["bx password", "accounts", "accounts"]


def test_the_only_account_of_a_user_is_chosen_if_one_is_needed(fleet: Simulator, log_in: LogIn) -> None:
    assert log_in(fleet, **EDSGER).account_token().claims.account_id == LAB
    assert _calls(fleet) == ["bx password", "accounts", "bx refresh_token +account"]


@pytest.mark.parametrize("kubernetes", [False, True])
def test_several_accounts_are_an_error_that_lists_them(fleet: Simulator, log_in: LogIn, kubernetes: bool) -> None:
    """F87: the client does not choose one of several accounts."""
    login = log_in(fleet, **ADA)

    with pytest.raises(LookupFailed) as caught:
        id_tokens(login).session() if kubernetes else login.account_token()

    assert caught.value.kind == "ambiguous"
    assert f"Example Development ({DEV}), Example Production ({PROD})" in str(caught.value)
    assert _calls(fleet) == ["bx password", "accounts", "accounts"]


def test_an_unknown_account_name_is_an_error(fleet: Simulator, log_in: LogIn) -> None:
    """F89: the message lists the available accounts."""
    with pytest.raises(LookupFailed, match="No account Example Lab is visible") as caught:
        log_in(fleet, **ADA, account="Example Lab").token()

    assert caught.value.kind == "not_found"
    assert f"Example Production ({PROD})" in caught.value.hint


def test_an_unknown_account_id_is_an_error(fleet: Simulator, log_in: LogIn) -> None:
    """F49: IAM reports the error, and the client does not read the account list."""
    with pytest.raises(APIError, match="BXNIM0141E") as caught:
        log_in(fleet, **ADA, account_id=LAB).token()

    assert caught.value.kind == "auth"
    assert len(fleet.requests) == 1


def test_a_user_gets_an_id_token(fleet: Simulator, log_in: LogIn) -> None:
    """The client sends three requests: a login with the account, a delegation and an exchange."""
    token = id_tokens(log_in(fleet, **ADA, account_id=PROD)).session()

    assert _calls(fleet) == ["bx password +account", "bx refresh_token +delegate", "kube refresh_token"]
    assert fleet.cloud.signer.read(token.id)[f"realmed_sub_{PROD}"] == "ada@example.com"


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        pytest.param({**ADA, "password": "wrong"}, "BXNIM0602E", id="F48-wrong-password"),
        pytest.param({"username": "grace@example.com", "password": "x"}, "BXNIM0608E", id="F47-federated"),
        pytest.param({"passcode": "used"}, "BXNIM9903E", id="F50-passcode"),
    ],
)
def test_a_rejected_user_is_not_retried(
    fleet: Simulator, log_in: LogIn, credentials: dict[str, str], code: str
) -> None:
    """Several rejected attempts would lock the user out."""
    with pytest.raises(APIError, match=code):
        log_in(fleet, **credentials).token()

    assert len(fleet.requests) == 1


def test_a_passcode_is_valid_once(fleet: Simulator, log_in: LogIn) -> None:
    """F50: a second login with the same passcode is rejected."""
    log_in(fleet, **GRACE, account_id=DEV).token()

    with pytest.raises(APIError, match="BXNIM9903E"):
        log_in(fleet, **GRACE, account_id=DEV).token()


# Given tokens


@pytest.fixture
def given(fleet: Simulator, log_in: LogIn) -> dict[str, str]:
    """Return the tokens of an earlier run as options, and empty the request log."""
    token = id_tokens(log_in(fleet, api_key=DEV_KEY)).session()
    fleet._running.log.reset()
    return {"access_token": token.access, "refresh_token": token.refresh, "id_token": token.id}


@pytest.mark.parametrize("kubernetes", [False, True])
@pytest.mark.parametrize("account", ["", DEV])
def test_valid_given_tokens_are_used(
    fleet: Simulator, log_in: LogIn, given: dict[str, str], account: str, kubernetes: bool
) -> None:
    token = _token(log_in(fleet, **given, account_id=account), kubernetes=kubernetes)

    assert _calls(fleet) == []
    assert (token.access, token.refresh, token.id) == tuple(given.values())
    assert 3500 < token.expires_in <= 3600


def test_only_the_id_token_is_renewed_if_it_expires_soon(
    fleet: Simulator, log_in: LogIn, given: dict[str, str]
) -> None:
    """An ID token is valid for 20 minutes, and an access token is valid for an hour."""
    token = id_tokens(log_in(fleet, **given, later=1150.0)).session()

    assert _calls(fleet) == ["bx refresh_token +delegate", "kube refresh_token"]
    assert token.access == given["access_token"]
    assert token.id not in ("", given["id_token"])


LATE = 3550.0  # 50 seconds before the token expires


@pytest.mark.parametrize(
    ("keep", "more", "calls"),
    [
        pytest.param(("access_token", "refresh_token"), {}, ["bx refresh_token"], id="refresh-token"),
        pytest.param(("access_token",), {"api_key": DEV_KEY}, ["bx apikey"], id="key"),
        pytest.param(("access_token", "refresh_token"), {"api_key": DEV_KEY}, ["bx apikey"], id="key-before-refresh"),
        pytest.param(("access_token",), {**ADA, "account_id": DEV}, ["bx password +account"], id="password"),
        pytest.param(("refresh_token",), {}, ["bx refresh_token"], id="refresh-token-only"),
        pytest.param(("refresh_token",), {"account_id": DEV}, ["bx refresh_token +account"], id="refresh-and-account"),
    ],
)
def test_a_token_that_expires_soon_is_renewed(
    fleet: Simulator,
    log_in: LogIn,
    given: dict[str, str],
    keep: tuple[str, ...],
    more: dict[str, str],
    calls: list[str],
) -> None:
    """F110: the client treats a token that expires in less than a minute as expired."""
    token = log_in(fleet, **{name: given[name] for name in keep}, **more, later=LATE).token()

    assert _calls(fleet) == calls
    assert token.access != given["access_token"]
    assert token.claims.account_id == DEV


@pytest.mark.parametrize(
    ("later", "min_validity", "again"),
    [
        pytest.param(3530.0, 60, True, id="70-left"),
        pytest.param(3550.0, 60, False, id="50-left"),
        pytest.param(3550.0, 0, False, id="never-less-than-60"),
        pytest.param(3000.0, 900, False, id="600-left-of-900"),
        pytest.param(3000.0, 300, True, id="600-left-of-300"),
    ],
)
def test_min_validity_is_at_least_a_minute(
    fleet: Simulator, log_in: LogIn, given: dict[str, str], later: float, min_validity: int, again: bool
) -> None:
    """Values of min_validity below 60 seconds are treated as 60 seconds."""
    token = log_in(fleet, **given, later=later, min_validity=min_validity).token()

    assert (token.access == given["access_token"]) is again
    assert len(fleet.requests) == (0 if again else 1)


@pytest.mark.parametrize(("later", "word"), [(LATE, "expires"), (3700.0, "expired")])
def test_an_expired_token_that_cannot_be_renewed_is_an_error(
    fleet: Simulator, log_in: LogIn, given: dict[str, str], later: float, word: str
) -> None:
    """I25: the error message contains the expiry, and no request is sent."""
    with pytest.raises(InputError, match=rf"The given access_token {word} at 20..-..-..T..:..:..Z"):
        log_in(fleet, access_token=given["access_token"], later=later).token()

    assert _calls(fleet) == []


def test_a_given_token_of_another_account_is_an_error(fleet: Simulator, log_in: LogIn, given: dict[str, str]) -> None:
    """F90: the client must not use a refresh token to change the account of the given access token."""
    with pytest.raises(LookupFailed, match=f"The token belongs to account {DEV}, but account {PROD}") as caught:
        log_in(fleet, **given, account_id=PROD).token()

    assert caught.value.kind == "auth"
    assert _calls(fleet) == []


def test_an_unbound_given_token_is_bound_with_its_refresh_token(fleet: Simulator, log_in: LogIn) -> None:
    """A user can log in first and select an account later."""
    unbound = log_in(fleet, **ADA).token()
    fleet._running.log.reset()

    token = log_in(fleet, access_token=unbound.access, refresh_token=unbound.refresh, account_id=PROD).token()

    assert _calls(fleet) == ["bx refresh_token +account"]
    assert token.claims.account_id == PROD


def test_an_unbound_given_token_without_refresh_token_is_an_error(fleet: Simulator, log_in: LogIn) -> None:
    unbound = log_in(fleet, **ADA).token()

    with pytest.raises(LookupFailed, match="The token is not bound to an account"):
        log_in(fleet, access_token=unbound.access, account_id=PROD).token()


@pytest.mark.parametrize("given_token", ["refresh_token"])
def test_an_expired_session_is_an_error(
    fleet: Simulator, log_in: LogIn, given: dict[str, str], given_token: str
) -> None:
    """I20, F44: the client does not retry the request."""
    fleet.cloud.expire_refresh_tokens()

    with pytest.raises(APIError, match="BXNIM0408E") as caught:
        log_in(fleet, refresh_token=given[given_token]).token()

    assert caught.value.kind == "auth"
    assert len(fleet.requests) == 1


def test_an_access_token_is_not_sufficient_for_an_id_token(
    fleet: Simulator, log_in: LogIn, given: dict[str, str]
) -> None:
    """The message says which credentials are missing."""
    with pytest.raises(InputError, match="requires an API key or a refresh token"):
        id_tokens(log_in(fleet, access_token=given["access_token"])).session()

    assert _calls(fleet) == []


def test_an_access_token_and_a_key_are_sufficient_for_an_id_token(
    fleet: Simulator, log_in: LogIn, given: dict[str, str]
) -> None:
    """The client uses the API key to open a separate session for the ID token."""
    login = log_in(fleet, access_token=given["access_token"], api_key=DEV_KEY)

    assert id_tokens(login).session().id
    assert _calls(fleet) == TWO_STEPS


def test_missing_credentials_are_an_error(fleet: Simulator, log_in: LogIn) -> None:
    """I13: the message lists the possible credentials."""
    with pytest.raises(InputError) as caught:
        log_in(fleet).token()

    for way in ("ibmcloud_api_key", "IC_API_KEY", "username", "passcode", "refresh_token", "access_token"):
        assert way in caught.value.hint
    assert _calls(fleet) == []


# Expiry during a run


@pytest.mark.parametrize(
    ("credentials", "first", "renewal"),
    [
        pytest.param({"api_key": DEV_KEY}, ["bx apikey"], ["bx apikey"], id="key"),
        pytest.param(
            {**ADA, "account_id": DEV}, ["bx password +account"], ["bx refresh_token +account"], id="password"
        ),
        pytest.param(
            {**GRACE, "account_id": DEV}, ["bx passcode +account"], ["bx refresh_token +account"], id="passcode"
        ),
        pytest.param(
            EDSGER,
            ["bx password", "accounts", "bx refresh_token +account"],
            ["bx refresh_token +account"],
            id="account-found-on-the-way",
        ),
    ],
)
def test_a_401_renews_the_token_once(
    fleet: Simulator,
    log_in: LogIn,
    fleet_http: HttpClient,
    credentials: dict[str, str],
    first: list[str],
    renewal: list[str],
) -> None:
    """F52: the client renews a session with its refresh token.

    A passcode cannot be used again, and a login with a password would open another session.
    """
    containers = Containers(fleet_http, fleet.containers_url, log_in(fleet, **credentials).auth)
    before = containers.clusters("classic")
    fleet.cloud.expire_access_tokens()

    assert containers.clusters("classic") == before
    assert containers.clusters("classic") == before
    assert _calls(fleet) == [*first, "containers", "containers", *renewal, "containers", "containers"]


def test_a_401_for_a_token_that_cannot_be_renewed_is_an_error(
    fleet: Simulator, log_in: LogIn, fleet_http: HttpClient, given: dict[str, str]
) -> None:
    """F54: the client does not retry the request."""
    login = log_in(fleet, access_token=given["access_token"])
    fleet.cloud.expire_access_tokens()

    with pytest.raises(APIError, match="A0003") as caught:
        Containers(fleet_http, fleet.containers_url, login.auth).clusters("classic")

    assert caught.value.kind == "auth"
    assert _calls(fleet) == ["containers"]


def test_the_account_list_renews_the_token(fleet: Simulator, log_in: LogIn) -> None:
    """F52: the token has expired, so the client renews it and then repeats the request."""
    login = log_in(fleet, api_key=DEV_KEY)
    login.token()
    fleet.cloud.expire_access_tokens()

    assert len(login.accounts.list_all()) == 2
    assert _calls(fleet) == ["bx apikey", "accounts", "bx apikey", "accounts", "accounts"]


@pytest.mark.parametrize("later", [0.0, LATE], ids=["after-a-401", "before-its-end"])
def test_a_renewal_does_not_change_the_account(
    fleet: Simulator, log_in: LogIn, fleet_http: HttpClient, given: dict[str, str], later: float
) -> None:
    """A run must not continue in the account of an API key from the environment."""
    login = log_in(fleet, access_token=given["access_token"], api_key=PROD_KEY, later=later)
    fleet.cloud.expire_access_tokens()

    with pytest.raises(LookupFailed, match=f"belongs to account {PROD}, but account {DEV}") as caught:
        Containers(fleet_http, fleet.containers_url, login.auth).clusters("classic")

    assert caught.value.kind == "auth"
    assert _calls(fleet)[-1] == "bx apikey"


@pytest.mark.parametrize(
    ("key", "credentials", "later", "owner"),
    [
        pytest.param(PROD_KEY, {"api_key": DEPLOYER_KEY}, 0.0, DEPLOYER, id="key-after-a-401"),
        pytest.param(PROD_KEY, {"api_key": DEPLOYER_KEY}, LATE, DEPLOYER, id="key-before-its-end"),
        pytest.param(DEV_KEY, {**GRACE, "account_id": DEV}, LATE, "IBMid-550000GRACE", id="passcode-before-its-end"),
    ],
)
def test_a_renewal_does_not_change_the_identity(
    fleet: Simulator,
    log_in: LogIn,
    fleet_http: HttpClient,
    key: str,
    credentials: dict[str, str],
    later: float,
    owner: str,
) -> None:
    """A run must not continue as another identity, even if this identity belongs to the same account."""
    token = log_in(fleet, api_key=key).token().access
    fleet._running.log.reset()
    login = log_in(fleet, access_token=token, **credentials, later=later)
    fleet.cloud.expire_access_tokens()

    with pytest.raises(
        LookupFailed, match=f"belong to {owner}, but the access_token belongs to IBMid-2700ABCDEF"
    ) as caught:
        Containers(fleet_http, fleet.containers_url, login.auth).clusters("classic")

    assert caught.value.kind == "auth"
    assert token not in str(caught.value)
    assert len([call for call in _calls(fleet) if call.startswith("bx ")]) == 1


@pytest.mark.parametrize("credentials", [{"api_key": DEV_KEY}, {**ADA, "account_id": DEV}])
def test_a_renewal_by_the_same_identity_is_accepted(
    fleet: Simulator, log_in: LogIn, fleet_http: HttpClient, given: dict[str, str], credentials: dict[str, str]
) -> None:
    """The token can be renewed with any login method."""
    login = log_in(fleet, access_token=given["access_token"], **credentials)
    fleet.cloud.expire_access_tokens()

    assert Containers(fleet_http, fleet.containers_url, login.auth).clusters("classic")


def test_an_id_token_has_a_separate_refresh_token_for_kubectl(fleet: Simulator, log_in: LogIn) -> None:
    """IAM issues this refresh token to the client ID ``kube``. The token is registered as a secret."""
    learnt: set[str] = set()

    token = id_tokens(log_in(fleet, api_key=DEV_KEY, register_secret=lambda *secrets: learnt.update(secrets))).session()

    assert token.kubernetes_refresh not in ("", token.refresh)
    assert token.kubernetes_refresh in learnt
    assert log_in(fleet, api_key=DEV_KEY).token().kubernetes_refresh == ""


@pytest.mark.parametrize(
    ("credentials", "calls"),
    [
        pytest.param({**ADA, "password": "wrong"}, ["bx password"], id="wrong-password"),
        pytest.param({"api_key": "not-a-real-key/nobody"}, ["bx apikey"], id="unknown-key"),
        pytest.param(ADA, ["bx password", "accounts", "accounts"], id="several-accounts"),
    ],
)
def test_a_failed_login_is_not_retried_for_the_next_cluster(
    fleet: Simulator, log_in: LogIn, fleet_http: HttpClient, credentials: dict[str, str], calls: list[str]
) -> None:
    """Otherwise, the client would send a wrong password for each cluster, and the service would lock the user out."""
    containers = Containers(fleet_http, fleet.containers_url, log_in(fleet, **credentials).auth)
    problems = []
    for number in range(3):
        with pytest.raises(IBMCloudError) as caught:
            containers.rbac_status(f"c{number}")
        problems.append(str(caught.value))

    assert _calls(fleet) == calls
    assert len(set(problems)) == 1


def test_a_failed_renewal_is_not_retried(
    fleet: Simulator, log_in: LogIn, fleet_http: HttpClient, given: dict[str, str]
) -> None:
    """F56: the session has ended, so a second renewal would also fail."""
    login = log_in(fleet, access_token=given["access_token"], refresh_token=given["refresh_token"])
    containers = Containers(fleet_http, fleet.containers_url, login.auth)
    fleet.cloud.expire_access_tokens()
    fleet.cloud.expire_refresh_tokens()
    for number in range(3):
        with pytest.raises(APIError, match="BXNIM0408E"):
            containers.rbac_status(f"c{number}")

    assert _calls(fleet).count("bx refresh_token") == 1


# Registered secrets, and missing refresh tokens


@pytest.mark.parametrize("credentials", [{"api_key": DEV_KEY}, {**ADA, "account": "Example Production"}])
def test_every_token_is_registered_as_a_secret(fleet: Simulator, log_in: LogIn, credentials: dict[str, str]) -> None:
    learnt: set[str] = set()

    token = id_tokens(log_in(fleet, **credentials, register_secret=lambda *secrets: learnt.update(secrets))).session()

    assert {token.access, token.refresh, token.id} <= learnt
    assert set(fleet.cloud.opaque_tokens) <= learnt


@pytest.mark.parametrize("delegation_refused", [False, True])
def test_a_service_without_refresh_tokens_is_an_error(http: HttpClient, delegation_refused: bool) -> None:
    """F34: the client never sends the text ``not_supported`` as a token."""
    token = answer(
        {
            "access_token": access_token(expires=time.time() + 3600),
            "refresh_token": "not_supported",
            "token_type": "Bearer",
            "expires_in": 3600,
        }
    )
    refusal = answer({"errorCode": "BXNIM0106E", "errorMessage": "No."}, status=400)
    with Loopback(*([refusal, token] * 9 if delegation_refused else [token])) as server:
        iam = Iam(http, server.url)
        login = TokenManager(
            http, iam, server.url, Credentials(api_key=DEV_KEY), register_secret=lambda *_secrets: None
        )
        with pytest.raises(InputError, match="A Kubernetes ID token requires a refresh token") as caught:
            id_tokens(login).session()

        assert "ibmcloud_api_key" not in str(caught.value)
        assert all(b"not_supported" not in request.body for request in server.seen)
        assert all(request.target == "/identity/token" for request in server.seen)

    assert login.token().refresh == ""


def test_repr_of_credentials_has_no_secret() -> None:
    """A traceback can contain the repr of credentials."""
    secrets = ("api_key", "password", "passcode", "access_token", "refresh_token", "id_token")

    shown = repr(Credentials(username="ada", **dict.fromkeys(secrets, "SECRET")))

    assert "SECRET" not in shown
    assert "ada" in shown


def test_claims_of_the_returned_token_are_those_of_the_service(
    fleet: Simulator, log_in: LogIn, fleet_http: HttpClient
) -> None:
    """The simulator verifies the token's signature. The collection reads the claims without verification."""
    token = log_in(fleet, api_key=DEV_KEY).token()

    claims = fleet.cloud.read_access_token(token.access)
    read = read_claims(token.access)

    assert read is not None
    assert (read.account_id, read.expires) == (claims["account"]["bss"], claims["exp"])
