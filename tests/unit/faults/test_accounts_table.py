# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of faults F83 to F90: the list of accounts, and the account that a run uses."""

from __future__ import annotations

import typing as t
import urllib.parse
from dataclasses import dataclass, field

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.clock_skew import LocalClock
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import ACCOUNT, NOW, OTHER_ACCOUNT, access_token
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import ATTEMPTS, Trial, attempt
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import (
    API_KEY,
    BEARER,
    CLUSTER,
    E2,
    PASSCODE,
    PASSWORD,
    REFRESH,
    TOKENS,
    Endpoint,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import row
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Script, answer, reset, respond
from ansible_collections.ibmcloud.kubernetes.tests.unit.token_service import id_tokens

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

LIST = "/coe/v2/accounts"
THIRD = "c3d4e5f60718293a4b5c6d7e8f90a1b2"
IAM_ID = "IBMid-2700ABCDEF"  # The IAM ID of the user who owns the simulated tokens
# The token of a user who has not selected an account
UNBOUND = access_token("", jti="CANARY-unbound")
Record = dict[str, t.Any]


def record(guid: str, name: str = "Dev", **entity: t.Any) -> Record:
    return {"metadata": {"guid": guid}, "entity": {"name": name, **entity}}


def page(*guids: str, **more: t.Any) -> bytes:
    return answer({"resources": [record(guid) for guid in guids], **more})


# The account list


@pytest.mark.parametrize(
    ("pages", "guids"),
    [
        row("F83", [["a", "b"], ["b", "c"]], ["a", "b", "c"], name="the-last-one-again"),
        row("F83", [["c", "a"], ["a", "b"], ["b", "c", "d"]], ["c", "a", "b", "d"], name="on-three-pages"),
        row("F83", [["a", "a"], ["a"]], ["a"], name="one-all-the-time"),
    ],
)
def test_each_account_is_returned_once_if_pages_overlap(pages: list[list[str]], guids: list[str]) -> None:
    following = [*(f"?_start={number}" for number in range(1, len(pages))), None]
    with Loopback(*(page(*some, next_url=url) for some, url in zip(pages, following, strict=True))) as server:
        trial = attempt(E2, server.url)

        assert len(server.seen) == len(pages)
    assert trial.result == [record(guid) for guid in guids]


@pytest.mark.parametrize(
    ("number", "fault", "kind", "requests"),
    [
        row("F84", 2, answer(status=500), "server", ATTEMPTS, name="500"),
        row("F84", 2, reset, "reset", ATTEMPTS, name="reset"),
        row("F84", 3, answer(status=500), "server", ATTEMPTS, name="500-on-page-3"),
        row("F84", 3, answer(status=403), "permission", 1, name="403-on-page-3"),
        row("F84", 2, answer([]), "response_invalid", 1, name="no-page"),
        row("F84", 2, answer({"resources": 7}), "response_invalid", 1, name="no-list"),
    ],
)
def test_a_failed_page_is_an_error(number: int, fault: bytes | Script, kind: str, requests: int) -> None:
    """The error message contains the number of the failed page."""
    good = [page(f"{before}", next_url=f"?_start={before}") for before in range(1, number)]
    with Loopback(*good, fault) as server:
        trial = attempt(E2, server.url)

        assert len(server.seen) == len(good) + requests
    assert (trial.kind, trial.result) == (kind, None)
    assert f"page {number}" in str(trial.error)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        row("F85", {"next_url": ""}, "ok", name="empty"),
        row("F85", {}, "ok", name="missing"),
        row("F85", {"next_url": 7}, "response_invalid", name="number"),
        row("F85", {"next_url": {}}, "response_invalid", name="object"),
        row("F85", {"next_url": ["/x"]}, "response_invalid", name="list"),
        # IBM's client ignores total_results, and the documentation does not define this field. The number of accounts
        # can change between two pages.
        row("F85", {"total_results": 2, "next_url": None}, "ok", name="total-more"),
        row("F85", {"total_results": 0}, "ok", name="total-less"),
        row("F85", {"total_results": "one"}, "ok", name="total-in-words"),
    ],
)
def test_the_list_ends_without_a_next_url(more: Record, kind: str) -> None:
    """If ``next_url`` is neither a string nor null, the response is invalid."""
    with Loopback(page("a", **more)) as server:
        trial = attempt(E2, server.url)

        assert len(server.seen) == 1
    assert (trial.kind, trial.result) == (kind, [record("a")] if kind == "ok" else None)
    if trial.error:
        assert "page 1 has a next_url that is not a string" in str(trial.error)


# The account that a run uses


@dataclass
class Services:
    """The responses of IAM and of the account list.

    IAM binds a token to the requested account or to the API key's account.
    """

    accounts: list[Record] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def reply(self, seen: Seen) -> bytes:
        form = dict(urllib.parse.parse_qsl(seen.body.decode()))
        if seen.target == "/identity/token":
            self.calls.append(form["grant_type"].rpartition(":")[2])
            bound = ACCOUNT if "apikey" in form else form.get("account", "")
            token = access_token(bound, jti="CANARY-bound") if bound else UNBOUND
            return answer({**TOKENS, "access_token": token})
        self.calls.append(seen.target.partition("?")[0])
        return answer({"resources": self.accounts, "next_url": None})


Work = t.Callable[[TokenManager, Containers], t.Any]


def bound(login: TokenManager, _service: Containers) -> str:
    return login.account_token().claims.account_id


def try_it(services: Services, work: Work = bound, *, account_id: str = "", account: str = "", **given: str) -> Trial:
    """Run a function that logs in to these services with the real client."""

    def call(http: HttpClient, url: str) -> t.Any:
        login = TokenManager(
            http,
            Iam(http, url, now=lambda: float(NOW)),
            url,
            Credentials(**given),
            account_id=account_id,
            account=account,
            register_secret=lambda *_secrets: None,
            clock=LocalClock(lambda: float(NOW)),
        )
        return work(login, Containers(http, url, login.auth))

    with Loopback(respond(services.reply)) as server:
        trial = attempt(Endpoint("login", call, None), server.url)
    assert UNBOUND not in str(trial.error)
    return trial


USER = {"username": "ada@example.com", "password": PASSWORD}
USERS = {"password": USER, "passcode": {"passcode": PASSCODE}, "refresh_token": {"refresh_token": REFRESH}}
DEV, PROD = record(ACCOUNT), record(OTHER_ACCOUNT, "Prod")


@pytest.mark.parametrize(
    ("grant", "account", "words"),
    [
        row("F86", grant, account, words, name=f"{grant}-{name}")
        for grant in USERS
        for name, account, words in (
            ("none-asked-for", "", f"The identity {IAM_ID} has no accounts"),
            ("by-name", "Prod", f"No account Prod is visible to the identity {IAM_ID}"),
        )
    ],
)
def test_an_identity_without_accounts_is_an_error(grant: str, account: str, words: str) -> None:
    """The message contains the identity, because users often use another identity's API key or token by mistake."""
    services = Services()

    trial = try_it(services, account=account, **USERS[grant])

    assert (trial.kind, services.calls) == ("not_found", [grant, LIST])
    assert words in str(trial.error)


@pytest.mark.parametrize("grant", [row("F87", grant, name=grant) for grant in USERS])
def test_several_accounts_are_an_error(grant: str) -> None:
    """The message lists all accounts and contains the option ``account_id``."""
    services = Services([DEV, PROD])

    trial = try_it(services, **USERS[grant])

    assert (trial.kind, services.calls) == ("ambiguous", [grant, LIST])
    for words in ("has 2 accounts", f"Dev ({ACCOUNT})", f"Prod ({OTHER_ACCOUNT})", "account_id"):
        assert words in str(trial.error)


@pytest.mark.parametrize("grant", [row("F88", grant, name=grant) for grant in USERS])
def test_two_accounts_with_the_same_name_are_an_error(grant: str) -> None:
    """The message contains the IDs of the two accounts with this name, but not the ID of the third account."""
    services = Services([record(ACCOUNT, "Prod"), PROD, record(THIRD, "Lab")])

    trial = try_it(services, account="Prod", **USERS[grant])

    assert (trial.kind, services.calls) == ("ambiguous", [grant, LIST])
    for words in ("2 accounts are named Prod", ACCOUNT, OTHER_ACCOUNT, "account_id"):
        assert words in str(trial.error)
    assert THIRD not in str(trial.error)


@pytest.mark.parametrize(
    ("accounts", "account", "kind", "words"),
    [
        row("F89", [DEV], "Lab", "not_found", ("No account Lab", f"Visible accounts: Dev ({ACCOUNT})"), name="missing"),
        row(
            "F89",
            [record(ACCOUNT, state="SUSPENDED"), record(OTHER_ACCOUNT, "Prod", state="ACTIVE")],
            "Lab",
            "not_found",
            (f"Dev ({ACCOUNT}, SUSPENDED)", f"Prod ({OTHER_ACCOUNT})"),
            name="missing-beside-a-suspended-one",
        ),
        *(
            row(
                "F89", accounts, account, "not_ready", (f"Dev ({ACCOUNT})", f"state is {state}"), name=f"{name}-{state}"
            )
            for state in ("SUSPENDED", "PENDING")
            for name, accounts, account in (
                ("by-name", [record(ACCOUNT, state=state), PROD], "Dev"),
                ("the-only-one", [record(ACCOUNT, state=state)], ""),
            )
        ),
    ],
)
def test_a_missing_or_inactive_account_is_an_error(
    accounts: list[Record], account: str, kind: str, words: tuple[str, ...]
) -> None:
    """The client checks the account's state before it binds the token to the account."""
    services = Services(accounts)

    trial = try_it(services, account=account, **USER)

    assert (trial.kind, services.calls) == (kind, ["password", LIST])
    assert [word for word in words if word not in str(trial.error)] == []


@pytest.mark.parametrize(
    "entity",
    [
        row("F89", {"state": "ACTIVE"}, name="active"),
        row("F89", {"state": "Active"}, name="active-in-other-letters"),
        # Some of IBM's documents do not contain the field state.
        row("F89", {}, name="unknown"),
        row("F89", {"state": None}, name="null"),
        row("F89", {"state": ""}, name="empty"),
    ],
)
def test_an_account_without_an_inactive_state_is_used(entity: Record) -> None:
    services = Services([record(ACCOUNT, **entity), PROD])

    trial = try_it(services, account="Dev", **USER)

    assert (trial.result, services.calls) == (ACCOUNT, ["password", LIST, "refresh_token"])


@pytest.mark.parametrize("account_id", [row("F89", ACCOUNT, name="by-ID")])
def test_an_account_by_id_is_used_in_any_state(account_id: str) -> None:
    """IAM decides whether the account can be used, so users can override a state that the collection misinterprets."""
    services = Services([record(ACCOUNT, state="SUSPENDED")])

    trial = try_it(services, account_id=account_id, **USER)

    assert (trial.result, services.calls) == (ACCOUNT, ["password"])


# The account of an API key

# The request for the account list is not in this table, because the list does not depend on the account that a run uses.
WORK: dict[str, Work] = {
    "token": lambda login, _service: login.token(),
    "bound": bound,
    "id-token": lambda login, _service: id_tokens(login).id_token(),
    "key-and-session": lambda login, _service: id_tokens(login).session(),
    "E3": lambda _login, service: service.clusters("classic"),
    "E4": lambda _login, service: service.cluster(CLUSTER),
    "E5": lambda _login, service: service.apply_rbac(CLUSTER),
    "E6": lambda _login, service: service.rbac_status(CLUSTER),
}


@pytest.mark.parametrize("work", [row("F90", work, name=name) for name, work in WORK.items()])
def test_a_key_of_another_account_is_rejected(work: Work) -> None:
    """The token that IAM issues for the API key contains the key's account, so no other request is sent."""
    services = Services()

    trial = try_it(services, work, account_id=OTHER_ACCOUNT, api_key=API_KEY)

    assert (trial.kind, services.calls) == ("auth", ["apikey"])
    assert f"The API key belongs to account {ACCOUNT}, but account {OTHER_ACCOUNT} was requested" in str(trial.error)


@pytest.mark.parametrize("work", [row("F90", work, name=f"token-{name}") for name, work in WORK.items()])
def test_a_token_of_another_account_is_rejected(work: Work) -> None:
    """The claims of the token contain the account, so no request is sent."""
    services = Services()

    trial = try_it(services, work, account_id=OTHER_ACCOUNT, access_token=BEARER)

    assert (trial.kind, services.calls) == ("auth", [])
    assert f"The token belongs to account {ACCOUNT}, but account {OTHER_ACCOUNT} was requested" in str(trial.error)


@pytest.mark.parametrize("work", [row("F90", bound, name="right")])
def test_a_key_of_the_requested_account_is_accepted(work: Work) -> None:
    services = Services()

    assert try_it(services, work, account_id=ACCOUNT, api_key=API_KEY).result == ACCOUNT
    assert services.calls == ["apikey"]
