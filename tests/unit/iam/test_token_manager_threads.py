# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of a login that many threads share during a long run. One thread renews the tokens for all threads."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.clock import Clock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    IBMCloudError,
    InputError,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.worker_pool import WorkerPool
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.retry import RetryPolicy
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, access_token, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.token_service import TokenService, id_tokens

MANY = 12


@pytest.fixture
def http() -> t.Iterator[HttpClient]:
    """Yield a client that many threads can share. The client uses the real clock, but the tests do not wait for it."""
    client = HttpClient(timeout=10.0, concurrency=MANY, policy=RetryPolicy(attempts=1))
    yield client
    client.close()


def _many(work: t.Callable[[], t.Any]) -> list[t.Any]:
    """Call the function in many threads at the same time, and return the results and errors."""
    barrier = threading.Barrier(MANY)

    def one(_number: int) -> t.Any:
        barrier.wait(10.0)
        return work()

    return WorkerPool(MANY, Clock()).map_errors(range(MANY), one)


def test_a_pending_id_token_does_not_delay_other_requests(http: HttpClient) -> None:
    """Another thread renews the access token during the request for the ID token. The older access token must not replace the new one."""
    arrived = threading.Event()
    service = TokenService(life=300, hold=arrived)

    def others() -> str:
        try:
            service.clock += 300  # The access token expires during the request for the ID token.
            return login.account_token().access
        finally:
            arrived.set()

    with service.server:
        login = service.login(http)
        id_tokens(login).expect()
        first = login.account_token().access
        got, renewed = WorkerPool(2, Clock()).map([lambda: id_tokens(login).session(), others], lambda call: call())

    assert renewed != first
    assert (bool(got.id), got.access) == (True, renewed)
    assert service.grants == ["apikey", "apikey", "delegated-refresh-token"]


# Renewal before the expiry


@pytest.mark.parametrize(
    ("life", "left", "renewed"),
    [
        pytest.param(3600, 11, False, id="an-hour-11-s-left"),
        pytest.param(3600, 9, True, id="an-hour-9-s-left"),
        pytest.param(3600, -5, True, id="an-hour-over"),
        pytest.param(50, 6, False, id="50-s-6-left"),
        pytest.param(50, 4, True, id="50-s-4-left"),
    ],
)
def test_a_token_is_renewed_shortly_before_it_expires(http: HttpClient, life: int, left: int, renewed: bool) -> None:
    """The client renews a token ten seconds or a tenth of the lifetime before the expiry, whichever is shorter."""
    service = TokenService(life=life)
    with service.server:
        login = service.login(http)
        first = login.account_token()
        service.clock += life - left
        second, third = login.account_token(), login.account_token()

    assert (second.access != first.access) is renewed
    assert third == second
    assert len(service.grants) == 1 + renewed


def test_a_renewed_token_is_valid_as_long_as_the_first(http: HttpClient) -> None:
    """In three hours, the client renews the token three times."""
    service = TokenService()
    with service.server:
        login = service.login(http)
        for _minute in range(181):
            login.account_token()
            service.clock += 60

    assert len(service.grants) == 4


def test_the_lifetime_does_not_depend_on_the_local_clock(http: HttpClient) -> None:
    """The lifetime starts when the client receives the token.

    The local clock can differ from the clock that IAM uses to set the ``exp`` claim.
    """
    service = TokenService()
    with service.server:
        login = TokenManager(
            http,
            Iam(http, service.server.url),
            service.server.url,
            Credentials(api_key="key"),
            register_secret=lambda *_secrets: None,
            clock=LocalClock(lambda: service.clock + 1e7),
        )
        for _call in range(5):
            login.account_token()

    assert len(service.grants) == 1


@pytest.mark.parametrize(
    ("credentials", "grants"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"refresh_token": "refresh"}, ["refresh_token"], id="refresh-token"),
        pytest.param({"api_key": "key"}, ["apikey"], id="key"),
    ],
)
def test_a_given_token_is_renewed_if_possible(http: HttpClient, credentials: dict[str, str], grants: list[str]) -> None:
    """If the client cannot renew a token, the client uses the token even after its expiry, and the service reports the error."""
    service = TokenService()
    with service.server:
        login = service.login(http, access_token=access_token(expires=NOW + 100), **credentials)
        first = login.account_token()
        service.clock += 95
        second = login.account_token()

    assert service.grants == grants
    assert (second == first) is (not grants)


@pytest.mark.parametrize(("left", "renewed"), [(11, False), (9, True), (-5, True), (-1000, True)])
def test_an_id_token_is_renewed_before_it_expires(http: HttpClient, left: int, renewed: bool) -> None:
    """The ID token is valid for 20 minutes, the access token for an hour, and the delegated refresh token for ten minutes."""
    service = TokenService()
    with service.server:
        login = service.login(http)
        first = id_tokens(login).session()
        service.clock += 1200 - left
        second, third = id_tokens(login).session(), id_tokens(login).session()

    assert (second.id != first.id) is renewed
    assert (third.id, third.access) == (second.id, first.access)
    assert service.grants.count("apikey") == 1


# A single thread


def test_one_thread_logs_in_for_all(http: HttpClient) -> None:
    """All threads need the first token at the same time."""
    service = TokenService()
    with service.server:
        login = service.login(http)
        tokens = _many(lambda: login.account_token().access)

    assert (set(tokens), service.grants) == ({service.newest}, ["apikey"])


def test_one_thread_renews_for_all(http: HttpClient) -> None:
    """All threads detect the expiry at the same time."""
    service = TokenService()
    with service.server:
        login = service.login(http)
        login.account_token()
        service.clock += 3595
        tokens = _many(lambda: login.account_token().access)

    assert (set(tokens), service.grants) == ({service.newest}, ["apikey"] * 2)


def test_one_thread_gets_the_id_token_for_all(http: HttpClient) -> None:
    """All Kubernetes clusters accept the same ID token."""
    service = TokenService()
    with service.server:
        login = service.login(http)
        tokens = _many(lambda: id_tokens(login).session().id)

    assert len(set(tokens)) == 1
    assert service.grants == ["apikey", "delegated-refresh-token"]


def test_many_rejected_requests_cause_one_renewal(http: HttpClient) -> None:
    """F52: the token was revoked during the run, and all calls are retried with the same new token."""
    service = TokenService(together=MANY)
    with service.server as server:
        login = service.login(http)
        login.account_token()
        service.newest = "taken back"
        request = Request("look", "GET", f"{server.url}/x", auth=login.auth)
        answers = _many(lambda: http.send(request))

    assert answers == [{"a": 1}] * MANY
    assert service.grants == ["apikey"] * 2


def test_a_rejected_older_token_causes_no_renewal(http: HttpClient) -> None:
    """Another thread has already renewed the token."""
    service = TokenService()
    with service.server:
        login = service.login(http)
        before = login.account_token().access
        assert login.renew(f"Bearer {before}") is True
        assert login.renew(f"Bearer {before}") is True

        assert service.grants == ["apikey"] * 2


def test_a_rejected_new_token_causes_no_renewal(http: HttpClient) -> None:
    """The service would also reject the token from another login."""
    service = TokenService()
    with service.server:
        login = service.login(http)
        before = login.account_token().access
        assert login.renew(f"Bearer {before}") is True
        assert login.renew(f"Bearer {service.newest}") is False
        assert service.grants == ["apikey"] * 2


def test_a_clock_that_is_set_back_does_not_prevent_a_renewal(http: HttpClient) -> None:
    """After the clock is set back, the time since the last renewal is unknown."""
    service = TokenService()
    with service.server:
        login = service.login(http)
        before = login.account_token().access
        assert login.renew(f"Bearer {before}") is True
        service.clock -= 7200
        assert login.renew(f"Bearer {service.newest}") is True


def test_a_given_token_alone_is_not_renewed(http: HttpClient) -> None:
    service = TokenService()
    with service.server:
        given = access_token(expires=NOW + 1000)
        login = service.login(http, access_token=given)
        login.account_token()

        assert login.renew(f"Bearer {given}") is False
    assert service.grants == []


# Failures


def test_only_one_thread_sends_a_rejected_login(http: HttpClient) -> None:
    """If each thread sent the wrong key, IAM would lock the user."""
    service = TokenService(refused=["apikey"])
    with service.server:
        login = service.login(http)
        errors = _many(lambda: login.account_token().access)

    assert service.grants == ["apikey"]
    assert all(isinstance(error, APIError) for error in errors)
    assert len({str(error) for error in errors}) == 1


def test_only_one_thread_sends_a_rejected_login_for_id_tokens(http: HttpClient) -> None:
    """The threads must not send the user's password for each cluster."""
    service = TokenService(refused=["password"])
    with service.server:
        login = service.login(http, username="ada", password="password")
        errors = _many(lambda: id_tokens(login).session().id) + _many(login.account_token)

    assert service.grants == ["password"]
    assert len({str(error) for error in errors}) == 1


def test_a_rejected_id_token_is_requested_once(http: HttpClient) -> None:
    """The login succeeds, and only the request for the ID token fails."""
    service = TokenService(refused=["delegated-refresh-token"])
    with service.server:
        login = service.login(http)
        errors = _many(lambda: id_tokens(login).session().id)

        assert login.account_token().claims.account_id == ACCOUNT
    assert service.grants == ["apikey", "delegated-refresh-token"]
    assert len({str(error) for error in errors}) == 1


@pytest.mark.parametrize(
    ("credentials", "grant", "times"),
    [
        pytest.param({"api_key": "key"}, "apikey", 3, id="key"),
        pytest.param({"refresh_token": "refresh"}, "refresh_token", 3, id="refresh-token"),
        pytest.param({"username": "ada", "password": "password"}, "password", 1, id="password"),
    ],
)
@pytest.mark.parametrize("kubernetes", [False, True])
def test_a_login_is_tried_again_after_an_outage(
    http: HttpClient, credentials: dict[str, str], grant: str, times: int, kubernetes: bool
) -> None:
    """The client does not send a password again, because the service may have received it, and the password may be wrong."""
    service = TokenService(down=2)
    with service.server:
        login = service.login(http, **credentials)
        results = WorkerPool(1, Clock()).map_errors(
            range(4), lambda _number: id_tokens(login).session() if kubernetes else login.account_token()
        )

    worked = [not isinstance(result, IBMCloudError) for result in results]
    assert worked == [False, False, times > 1, times > 1]
    # The request for the delegated refresh token also has the grant type refresh_token.
    assert service.grants.count(grant) == times + (kubernetes and grant == "refresh_token")


def test_a_missing_id_token_does_not_prevent_other_requests(http: HttpClient) -> None:
    """OpenShift clusters and the containers API do not need an ID token."""
    service = TokenService()
    with service.server:
        login = service.login(http, access_token=access_token(expires=NOW + 1000))
        for _cluster in range(2):
            with pytest.raises(InputError, match="A Kubernetes ID token requires"):
                id_tokens(login).session()

        assert login.account_token().claims.account_id == ACCOUNT


def test_identities_of_a_key_and_a_token_are_compared_once(http: HttpClient) -> None:
    """One comparison is enough, because its result applies to all clusters."""
    service = TokenService()
    with service.server:
        login = service.login(http, api_key="key", access_token=access_token(expires=NOW + 1000))
        results = _many(login.check_key)

    assert (results, service.grants) == ([None] * MANY, ["apikey"])


def test_a_key_of_another_identity_is_detected_once(http: HttpClient) -> None:
    """The client reports the same error for all clusters."""
    service = TokenService()
    given = jwt(iam_id="IBMid-other", account={"bss": ACCOUNT}, exp=NOW + 1000)
    with service.server:
        login = service.login(http, api_key="key", access_token=given)
        errors = _many(login.check_key)

    assert service.grants == ["apikey"]
    assert all(isinstance(error, IBMCloudError) and "belong to" in str(error) for error in errors)
