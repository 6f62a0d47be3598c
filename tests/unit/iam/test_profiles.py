# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of logins as a trusted profile: the requests for each login method, and rejected identities."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import (
    APIError,
    IBMCloudError,
    InputError,
    LookupFailed,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.client import Iam
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.credentials import Credentials, Profile
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.login_methods import ContainerAuth, TokenRequest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._iam.token_manager import TokenManager
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._services.containers import Containers
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import NOW, access_token, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer, respond
from ansible_collections.ibmcloud.kubernetes.tests.unit.profiles import (
    ADA,
    ADA_KEY,
    AUTOMATION,
    BY_CRN,
    BY_ID,
    BY_NAME,
    DEPLOYER_KEY,
    DEV,
    DEV_AUTOMATION,
    INSTANCE,
    NOBODY,
    PROD,
    READER,
    WallClock,
    asked,
    login_at,
    pod_file,
    token_of,
)

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.client import HttpClient
    from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Seen

    from simulator import Simulator

# Assuming a profile


@pytest.mark.parametrize("profile", [BY_ID, BY_CRN, BY_NAME], ids=["id", "crn", "name"])
def test_a_profile_with_an_api_key_requires_two_requests(
    fleet: Simulator, fleet_http: HttpClient, profile: Profile
) -> None:
    """The API key's owner logs in and assumes the profile. The resulting token has no refresh token."""
    token = login_at(fleet, fleet_http, api_key=DEPLOYER_KEY, profile=profile, account_id=PROD).account_token()

    assert asked(fleet) == ["bx apikey", "default assume"]
    assert (token.claims.iam_id, token.claims.account_id) == (f"iam-{AUTOMATION}", PROD)
    assert (token.refresh, token.delegated, token.id) == ("", "", "")
    assert 3590 <= token.expires_in <= 3600


def test_a_name_selects_a_profile_of_another_account(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The ``account_id`` option selects the profile's account, which differs from the API key's account."""
    token = login_at(fleet, fleet_http, api_key=ADA_KEY, profile=BY_NAME, account_id=DEV).account_token()

    assert (token.claims.iam_id, token.claims.account_id) == (f"iam-{DEV_AUTOMATION}", DEV)


def test_a_password_is_bound_to_the_account_of_a_profile_id(fleet: Simulator, fleet_http: HttpClient) -> None:
    """IAM searches for a profile ID only in the account of the user's token."""
    login = login_at(fleet, fleet_http, **ADA, profile=BY_ID, account_id=PROD)

    assert login.account_token().claims.iam_id == f"iam-{AUTOMATION}"
    assert asked(fleet) == ["bx password +account", "default assume"]


def test_a_password_is_not_bound_to_the_account_of_a_profile_name(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The request for the profile's token contains the account, so the login does not bind the user's token to an account."""
    login = login_at(fleet, fleet_http, **ADA, profile=BY_NAME, account_id=PROD)

    assert login.account_token().claims.iam_id == f"iam-{AUTOMATION}"
    assert asked(fleet) == ["bx password", "default assume"]


def test_a_profile_id_of_a_user_with_two_accounts_requires_an_account(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The error message lists the user's accounts."""
    with pytest.raises(IBMCloudError, match="Example Production"):
        login_at(fleet, fleet_http, **ADA, profile=BY_ID).account_token()

    assert "default assume" not in asked(fleet)


def test_the_account_of_a_profile_can_be_given_by_name(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The user's token is used to look up the account, because a profile might be unable to list accounts."""
    login = login_at(fleet, fleet_http, **ADA, profile=BY_ID, account="Example Production")

    assert login.account_token().claims.account_id == PROD
    assert asked(fleet) == ["bx password", "accounts", "accounts", "bx refresh_token +account", "default assume"]


def test_a_profile_with_an_access_token_requires_one_request(fleet: Simulator, fleet_http: HttpClient) -> None:
    given = token_of(fleet, fleet_http, api_key=DEPLOYER_KEY)

    token = login_at(fleet, fleet_http, access_token=given, profile=BY_ID).account_token()

    assert (asked(fleet), token.claims.iam_id) == (["default assume"], f"iam-{AUTOMATION}")


def test_an_access_token_of_the_profile_is_used_without_a_request(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The token's claims contain the profile's ID."""
    given = token_of(fleet, fleet_http, api_key=DEPLOYER_KEY, profile=BY_ID)
    ways: list[dict[str, t.Any]] = [{"profile": which} for which in (BY_ID, BY_CRN)]

    for more in (*ways, {"vpc_instance": True}, {}, {"profile": BY_ID, "api_key": DEPLOYER_KEY}):
        login = login_at(fleet, fleet_http, access_token=given, account_id=PROD, **more)
        assert (login.account_token().access, login.is_profile) == (given, True)

    assert asked(fleet) == []


def test_an_access_token_of_a_profile_is_not_used_with_a_profile_name(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The token may belong to another profile, so the token manager obtains a new token.

    Without other credentials, the login fails.
    """
    given = token_of(fleet, fleet_http, vpc_instance=True, profile=Profile(id=READER))
    named = {"access_token": given, "profile": BY_NAME, "account_id": PROD}

    token = login_at(fleet, fleet_http, api_key=DEPLOYER_KEY, **named).account_token()
    assert (asked(fleet), token.claims.iam_id) == (["bx apikey", "default assume"], f"iam-{AUTOMATION}")
    with pytest.raises(InputError, match="trusted profile cannot log in: no other credential"):
        login_at(fleet, fleet_http, **named).account_token()


def test_an_access_token_of_another_profile_is_rejected_by_the_service(
    fleet: Simulator, fleet_http: HttpClient
) -> None:
    """A profile cannot assume another profile."""
    given = token_of(fleet, fleet_http, vpc_instance=True, profile=Profile(id=READER))

    with pytest.raises(APIError, match="BXNIM0398E"):
        login_at(fleet, fleet_http, access_token=given, profile=BY_ID).account_token()


def test_an_expired_access_token_of_a_profile_is_replaced(
    fleet: Simulator, fleet_http: HttpClient, tmp_path: Path
) -> None:
    """A profile cannot assume itself, so other credentials are used."""
    clock = WallClock(fleet)
    given = token_of(fleet, fleet_http, api_key=DEPLOYER_KEY, profile=BY_ID)
    clock.advance(3590)
    ways: list[tuple[dict[str, t.Any], list[str]]] = [
        ({"profile": BY_ID, "api_key": DEPLOYER_KEY}, ["bx apikey", "default assume"]),
        ({"profile": BY_ID, "cr_token_file": pod_file(fleet, tmp_path)}, ["default cr_token"]),
        ({"vpc_instance": True}, INSTANCE),
    ]
    for more, calls in ways:
        fleet.log.reset()
        token = login_at(fleet, fleet_http, access_token=given, now=clock, **more).account_token()
        assert (asked(fleet), token.claims.iam_id) == (calls, f"iam-{AUTOMATION}")
        assert token.access != given


def test_an_access_token_of_a_profile_alone_cannot_be_renewed(fleet: Simulator, fleet_http: HttpClient) -> None:
    clock = WallClock(fleet)
    given = token_of(fleet, fleet_http, api_key=DEPLOYER_KEY, profile=BY_ID)
    clock.advance(3600)

    with pytest.raises(InputError, match=r"The given access_token expired at .* and cannot be renewed"):
        login_at(fleet, fleet_http, access_token=given, now=clock).account_token()


# Pods and instances


@pytest.mark.parametrize("profile", [BY_ID, BY_CRN, BY_NAME], ids=["id", "crn", "name"])
def test_a_login_of_a_pod_requires_one_request(
    fleet: Simulator, fleet_http: HttpClient, tmp_path: Path, profile: Profile
) -> None:
    """The token file can end with a line break. The token is registered as a secret before it is sent."""
    learnt: list[str] = []
    path = pod_file(fleet, tmp_path)
    login = login_at(
        fleet, fleet_http, profile=profile, cr_token_file=path, register_secret=lambda *new: learnt.extend(new)
    )

    token = login.account_token()

    assert asked(fleet) == ["default cr_token"]
    assert (token.claims.iam_id, token.claims.account_id, token.refresh) == (f"iam-{AUTOMATION}", PROD, "")
    assert learnt[0] == (tmp_path / "sa-token").read_text().strip()
    assert token.access in learnt


def test_default_paths_are_checked_in_order(fleet: Simulator, fleet_http: HttpClient, tmp_path: Path) -> None:
    """The client uses the first file that exists, even if its content is invalid."""
    places = [str(tmp_path / name) for name in ("vault-token", "sa-token", "token")]
    given = Credentials(profile=BY_ID)
    pod = ContainerAuth(
        Iam(fleet_http, fleet.iam_url), given, register_secret=lambda *_secrets: None, default_files=places
    )
    with pytest.raises(InputError, match=r"no compute resource token was found in .*vault-token, .*sa-token, .*token"):
        pod.request_token(TokenRequest())
    (tmp_path / "token").write_text("no token")
    with pytest.raises(InputError, match=r"The file .*/token does not contain a compute resource token"):
        pod.request_token(TokenRequest())
    pod_file(fleet, tmp_path)

    assert pod.request_token(TokenRequest()).claims.iam_id == f"iam-{AUTOMATION}"


def a_pod(fleet: Simulator, http: HttpClient, path: Path) -> TokenManager:
    return login_at(fleet, http, profile=BY_ID, cr_token_file=str(path))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty; it must contain a compute resource token"),
        (b" \n", "is empty; it must contain a compute resource token"),
        (b"SECRET-SECRET", "does not contain a compute resource token"),
        (b"a.SECRET!.c", "does not contain a compute resource token"),
        (b"\xff\xfeSECRET", "does not contain a compute resource token"),
        (b"a." + b"SECRET" * 20000 + b".c", "does not contain a compute resource token"),
    ],
    ids=["empty", "blank", "words", "garbled", "binary", "huge"],
)
def test_an_invalid_token_file_is_not_sent(
    fleet: Simulator, fleet_http: HttpClient, tmp_path: Path, content: bytes, reason: str
) -> None:
    """The message contains the file's path and does not quote its content."""
    path = tmp_path / "bad"
    path.write_bytes(content)

    with pytest.raises(InputError, match=reason) as caught:
        a_pod(fleet, fleet_http, path).account_token()

    assert str(path) in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content.decode("latin-1").strip()[:20] not in str(caught.value) or not content.strip()
    assert asked(fleet) == []


def test_an_expired_token_file_is_sent_and_is_in_the_error(
    fleet: Simulator, fleet_http: HttpClient, tmp_path: Path
) -> None:
    """The local clock may be wrong, so the client lets IAM decide whether the token has expired."""
    path = tmp_path / "old"
    path.write_text(jwt(exp=1767607683, jti="SECRET"))

    with pytest.raises(APIError, match=r"the token in .*/old expired at 2026-01-05T10:08:03Z") as caught:
        a_pod(fleet, fleet_http, path).account_token()

    assert caught.value.hint.startswith("Kubernetes rotates this file")
    assert "SECRET" not in str(caught.value)


def test_the_error_has_the_path_of_an_unreadable_token_file(
    fleet: Simulator, fleet_http: HttpClient, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"cr_token_file .*/missing does not exist"):
        a_pod(fleet, fleet_http, tmp_path / "missing").account_token()
    with pytest.raises(InputError, match=r"The compute resource token in .* is a folder"):
        a_pod(fleet, fleet_http, tmp_path).account_token()
    assert asked(fleet) == []


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (Profile(), AUTOMATION),
        (BY_ID, AUTOMATION),
        (Profile(id=READER), READER),
        (Profile(crn=f"crn:v1:bluemix:public:iam-identity::a/{PROD}::profile:{READER}"), READER),
    ],
)
def test_a_login_of_an_instance_requires_two_requests(
    fleet: Simulator, fleet_http: HttpClient, profile: Profile, expected: str
) -> None:
    """If no profile is requested, the instance's default profile is used. No request is sent to IAM."""
    learnt: list[str] = []
    login = login_at(
        fleet, fleet_http, vpc_instance=True, profile=profile, register_secret=lambda *new: learnt.extend(new)
    )

    token = login.account_token()

    assert asked(fleet) == INSTANCE
    assert (token.claims.iam_id, token.claims.account_id, token.refresh) == (f"iam-{expected}", PROD, "")
    assert 3590 <= token.expires_in <= 3600
    claims = [fleet.cloud.signer.read(secret) for secret in filter(None, learnt)]
    identity = [one for one in claims if one.get("aud") == "instance_identity"]
    assert (len(identity), token.access in learnt) == (1, True)


# Rejected identities


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"api_key": DEPLOYER_KEY, "profile": Profile(id=NOBODY)}, "BXNIM9908E"),
        ({"api_key": DEPLOYER_KEY, "profile": Profile(id=READER)}, "BXNIM0398E"),
        ({"api_key": DEPLOYER_KEY, "profile": Profile(id=DEV_AUTOMATION)}, "BXNIM9908E"),
        ({"pod": "ansible/runner", "profile": Profile(id=NOBODY)}, "BXNIM9908E"),
        ({"pod": "ansible/runner", "profile": Profile(id=READER)}, "BXNIM0398E"),
        ({"pod": "ansible/other", "profile": BY_ID}, "BXNIM0398E"),
        ({"vpc_instance": True, "profile": Profile(id=NOBODY)}, "not_found"),
        ({"vpc_instance": True, "profile": Profile(id=DEV_AUTOMATION)}, "profile_not_linked"),
    ],
    ids=[
        "key-nobody",
        "key-others",
        "key-account",
        "pod-nobody",
        "pod-others",
        "pod-other",
        "vpc-nobody",
        "vpc-unlinked",
    ],
)
def test_an_untrusted_identity_is_rejected_once(
    fleet: Simulator, fleet_http: HttpClient, tmp_path: Path, given: dict[str, t.Any], code: str
) -> None:
    """The error is stored, so only one login is attempted for any number of clusters."""
    if "pod" in given:
        (tmp_path / "pod").write_text(fleet.cr_token("shop-prod", given.pop("pod")))
        given["cr_token_file"] = str(tmp_path / "pod")
    login = login_at(fleet, fleet_http, **given)

    errors = []
    for _attempt in range(3):
        with pytest.raises(APIError) as caught:
            login.account_token()
        errors.append(caught.value)

    assert (errors[0].error_details.code, errors[0].kind, errors[0].status) == (code, "auth", 400)
    assert "Check " in errors[0].hint
    assert [error is errors[0] for error in errors] == [True] * 3
    assert len(asked(fleet)) == (1 if "cr_token_file" in given else 2)
    assert not [secret for secret in fleet.secrets.values() if secret in str(errors[0])]


def test_a_revoked_token_cannot_assume_a_profile(fleet: Simulator, fleet_http: HttpClient) -> None:
    """The token was revoked before its expiry."""
    given = token_of(fleet, fleet_http, api_key=DEPLOYER_KEY)
    fleet.cloud.expire_access_tokens()

    with pytest.raises(APIError, match=r"assume the trusted profile failed: .*BXNIM0407E") as caught:
        login_at(fleet, fleet_http, access_token=given, profile=BY_ID).account_token()

    assert caught.value.kind == "auth"


@pytest.mark.parametrize("way", ["key", "pod", "vpc", "given"])
def test_a_profile_of_another_account_is_rejected(
    fleet: Simulator, fleet_http: HttpClient, tmp_path: Path, way: str
) -> None:
    """The client does not send the profile's token to the containers service."""
    given: dict[str, t.Any] = {
        "key": {"api_key": DEPLOYER_KEY, "profile": BY_ID},
        "pod": {"cr_token_file": pod_file(fleet, tmp_path), "profile": BY_ID},
        "vpc": {"vpc_instance": True},
        "given": {"access_token": token_of(fleet, fleet_http, api_key=DEPLOYER_KEY, profile=BY_ID), "profile": BY_ID},
    }[way]
    login = login_at(fleet, fleet_http, account_id=DEV, **given)
    containers = Containers(fleet_http, fleet.containers_url, login.auth)

    with pytest.raises(LookupFailed, match=f"belongs to account {PROD}, but account {DEV} was requested") as caught:
        containers.clusters("classic")

    assert str(caught.value).startswith("The trusted profile")
    assert [entry.service for entry in fleet.requests if entry.service == "containers"] == []


def test_a_token_of_another_profile_than_requested_is_rejected(http: HttpClient) -> None:
    """If the profile is given by name, the client cannot check which profile the token is for. A refresh token in the response is ignored."""
    others = jwt(iam_id=f"iam-{READER}", account={"bss": PROD}, exp=NOW)
    tokens = {"access_token": others, "refresh_token": "x", "expires_in": 3600}

    def reply(seen: Seen) -> bytes:
        own = {**tokens, "access_token": access_token()}
        return answer(own if b"apikey" in seen.body else tokens)

    with Loopback(respond(reply)) as server:
        for profile, outcome in ((BY_ID, "refused"), (Profile(name="reader"), "taken")):
            given = Credentials(api_key="key", profile=profile)
            login = TokenManager(
                http, Iam(http, server.url), server.url, given, account_id="", register_secret=lambda *_s: None
            )
            if outcome == "refused":
                message = f"The login returned a token of iam-{READER}, not of the trusted profile iam-{AUTOMATION}"
                with pytest.raises(LookupFailed, match=message):
                    login.account_token()
            else:
                assert (login.account_token().claims.iam_id, login.account_token().refresh) == (f"iam-{READER}", "")


def test_requests_contain_only_documented_fields(http: HttpClient) -> None:
    """The requests contain no client credentials. The account is included only if the profile is given by name."""
    with Loopback(respond(lambda _seen: answer({"access_token": access_token(), "expires_in": 60}))) as server:
        iam = Iam(http, server.url)
        iam.assume("token", BY_ID.form())
        iam.compute_resource("token", BY_CRN.form())

    forms = [seen.body.decode() for seen in server.seen]
    assert forms[0].startswith(
        "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aassume&access_token=token&profile_id="
    )
    assert forms[1].startswith(
        "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Acr-token&cr_token=token&profile_crn="
    )
    assert ["authorization" in seen.headers for seen in server.seen] == [False, False]


def test_repr_of_credentials_has_no_secret() -> None:
    """A traceback can contain the repr of credentials and of token requests."""
    given = Credentials(api_key="SECRET", access_token="SECRET", profile=BY_ID)

    assert "SECRET" not in repr((given, given.without_profile(), TokenRequest(refresh="SECRET")))
    assert AUTOMATION in repr(given)
    assert json.dumps(Profile().form()) == "{}"
