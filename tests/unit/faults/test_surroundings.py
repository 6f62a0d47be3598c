# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults F113 to F119: the environment of a module, and values in responses. The tests of the playbooks cover F120."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import typing as t

import pytest
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.ansible_module import (
    GIVEN_TOKENS,
    restore_given_tokens,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module, execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.account_info import MODULE as ACCOUNT_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE as CLUSTER_INFO
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_rbac_sync import MODULE as CLUSTER_RBAC_SYNC
from ansible_collections.ibmcloud.kubernetes.plugins.modules.iam_token import MODULE as IAM_TOKEN
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import access_token, jwt
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.bench import ATTEMPTS, attempt, forms
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import (
    API_KEY,
    BEARER,
    CLUSTER,
    E1K,
    E4,
    EVERY,
    ONE_OF_EACH,
    PASSCODE,
    PASSWORD,
    REFRESH,
    TOKEN_CALLS,
    TOKENS,
    Endpoint,
)
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.report import case, row
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.stage import NO, Stage, defaults, record
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, answer

Given = dict[str, t.Any]
MODULES = "ansible_collections.ibmcloud.kubernetes.plugins.modules"


def _execute(module: Module, server: Loopback, given: Given, environ: dict[str, str] | None = None) -> Given:
    """Run a module with the real clock. ``server`` replaces all services."""
    places = {f"{name}_endpoint": server.url for name in ("iam", "accounts", "containers")}
    options = {**defaults(module), **places, "retries": 0, **given}
    return execute(module, options, environ=environ or {}, check_mode=False, warn=lambda _text: None)[0]


# Proxies


@pytest.fixture
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[str]:
    """Set an unreachable proxy with a secret password, and return the proxy's address."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{place.getsockname()[1]}"
        monkeypatch.setenv("HTTP_PROXY", f"http://ada:{PASSCODE}@{host}")
        yield host


@pytest.mark.parametrize("endpoint", [row("F113", endpoint, name=f"dead-{endpoint}") for endpoint in ONE_OF_EACH])
def test_an_unreachable_proxy_is_an_error(dead_proxy: str, endpoint: Endpoint) -> None:
    """No attempt reaches the service, so even a request with a passcode is retried. The output does not contain the proxy's password."""
    trial = attempt(endpoint, "http://service.test", timeout=5.0)

    assert len(trial.time.sleeps) == ATTEMPTS - 1
    assert trial.kind == "proxy"
    assert "HTTPS_PROXY" in str(trial.error)


@case("F113")
def test_f113_the_message_has_the_proxy(dead_proxy: str) -> None:
    """The message contains the proxy's host and port, but not the user information."""
    assert dead_proxy in str(attempt(E4, "http://iam.example.com").error)


@pytest.mark.parametrize("endpoint", [row("F113", endpoint, name=f"407-{endpoint}") for endpoint in ONE_OF_EACH])
def test_a_proxy_that_requires_authentication_is_an_error(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> None:
    """The request is not retried, because the error comes from the proxy and not from the service."""
    with Loopback(answer(status=407)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("://", f"://ada:{PASSCODE}@"))
        trial = attempt(endpoint, "http://service.test", timeout=5.0)

        assert len(proxy.seen) == 1
    assert trial.kind == "proxy"
    assert "HTTP 407" in str(trial.error)


@pytest.mark.parametrize("endpoint", [row("F113", endpoint, name=f"NO_PROXY-{endpoint}") for endpoint in ONE_OF_EACH])
def test_no_proxy_is_respected(monkeypatch: pytest.MonkeyPatch, dead_proxy: str, endpoint: Endpoint) -> None:
    """The client does not use the proxy, so it resolves the host name itself."""
    monkeypatch.setenv("NO_PROXY", ".test")
    assert attempt(endpoint, "http://service.test", timeout=5.0).kind == "dns"


# Files and libraries on the machine


@pytest.mark.parametrize("endpoint", [row("F114", endpoint, name=str(endpoint)) for endpoint in EVERY])
def test_a_netrc_file_with_a_default_entry_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, endpoint: Endpoint
) -> None:
    """By default, the ``requests`` library replaces the Authorization header with the credentials in the file."""
    file = tmp_path / ".netrc"
    file.write_text("default login evil password evil\n")
    file.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    with Loopback(answer(endpoint.good)) as server:
        assert attempt(endpoint, server.url, timeout=5.0).kind == "ok"
        headers = [seen.headers["authorization"] for seen in server.seen]

    client = b"kube:kube" if endpoint is E1K else b"bx:bx"
    basic = f"Basic {base64.b64encode(client).decode()}"
    assert headers == [basic if endpoint in TOKEN_CALLS else f"Bearer {BEARER}"]


@pytest.mark.parametrize(
    ("given", "result"),
    [
        row("F115", {"ca_cert": "{right}"}, "", name="right-option"),
        row("F115", {"validate_certs": False}, "", name="no-verification"),
        row("F115", {}, "tls", name="nothing-but-the-bundle"),
    ],
)
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_wrong_bundle_in_the_environment_is_overridden(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, given: Given, result: str, variable: str
) -> None:
    """By default, the ``requests`` library trusts the bundle in the environment."""
    right, wrong = trustme.CA(organization_name="right"), trustme.CA(organization_name="wrong")
    for name, ca in (("right", right), ("wrong", wrong)):
        ca.cert_pem.write_to_path(str(tmp_path / f"{name}.pem"))
    monkeypatch.setenv(variable, str(tmp_path / "wrong.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    right.issue_cert("127.0.0.1").configure_cert(context)
    options = {name: value.format(right=tmp_path / "right.pem") if value else value for name, value in given.items()}
    with Loopback(answer(TOKENS), tls=context) as server:
        done = _execute(IAM_TOKEN, server, {"ibmcloud_api_key": API_KEY, **options}, dict(os.environ))

        assert len(server.seen) == (0 if result else 1)
    assert done.get("error", {}).get("kind", "") == result


def _python(code: str, folder: pathlib.Path, given: Given) -> subprocess.CompletedProcess[str]:
    """Run Python code with minimal environment variables, and with a module's options on standard input."""
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0],
        **dict.fromkeys(("HOME", "TMPDIR", "XDG_RUNTIME_DIR"), str(folder)),
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _as_on_a_target(module: str, folder: pathlib.Path, given: Given, before: str = "") -> Given:
    """Run a module in a separate process, and return the printed result."""
    code = f"{before}\nimport runpy, sys\nrunpy.run_module('{MODULES}.{module}', run_name='__main__')"
    done = _python(code, folder, given)
    assert "Traceback" not in done.stderr + done.stdout
    return t.cast("Given", json.loads(done.stdout))


@case("F116")
def test_f116_a_missing_requests_library_is_reported(tmp_path: pathlib.Path) -> None:
    result = _as_on_a_target(
        "iam_token", tmp_path, {"ibmcloud_api_key": API_KEY}, "import sys\nsys.modules['requests'] = None"
    )

    assert (result["failed"], result["error"]["kind"]) == (True, "missing_library")
    assert "The Python library requests is not installed" in result["msg"]
    assert API_KEY not in json.dumps(result)


# pip includes an older urllib3 and a matching version of the requests library.
_OLD = r"""
import sys
sys.path.insert(0, WHEEL)
import pip._vendor.requests
for name, module in list(sys.modules.items()):
    if name.startswith("pip._vendor."):
        sys.modules[name[len("pip._vendor."):]] = module
sys.path.remove(WHEEL)
import requests, urllib3
if not urllib3.__version__.startswith("1.26."):
    print("urllib3 is " + urllib3.__version__)
    sys.exit(3)
"""
_OLD_RUN = r"""
import json
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.cluster_info import MODULE
defaults = {name: option["default"] for name, option in MODULE.argument_spec.items() if "default" in option}
given = {**defaults, **json.load(sys.stdin)["ANSIBLE_MODULE_ARGS"]}
print(json.dumps(execute(MODULE, given, environ={}, check_mode=False, warn=lambda text: None)[0]))
"""


@pytest.mark.parametrize("damage", [row("F116", 0, name="complete"), row("F116", 9, name="cut-off")])
def test_an_older_requests_library_works(tmp_path: pathlib.Path, damage: int) -> None:
    """The older urllib3 in pip does not detect truncated bodies."""
    spec = importlib.util.find_spec("ensurepip")
    wheels = sorted(pathlib.Path(spec.origin).parent.glob("_bundled/pip-*.whl")) if spec and spec.origin else []
    if not wheels:
        pytest.skip("this Python has no ensurepip, or it has no wheel of pip, whose urllib3 would be 1.26")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    body = json.dumps([record()]).encode()
    lists = [answer(body, length=len(body) + damage), *[answer([record()])] * 9]
    with Loopback(answer(TOKENS), *lists, tls=context) as server:
        places = {f"{name}_endpoint": server.url for name in ("iam", "accounts", "containers")}
        given = {**places, "ibmcloud_api_key": API_KEY, "ca_cert": str(tmp_path / "ca.pem"), "provider": ["classic"]}
        done = _python(f"WHEEL = {str(wheels[-1])!r}\n{_OLD}{_OLD_RUN}", tmp_path, given)
        if done.returncode == 3:
            pytest.skip(f"this Python's pip is too new: {done.stdout.strip()}")

        assert done.returncode == 0, done.stderr
        assert [cluster["name"] for cluster in json.loads(done.stdout)["clusters"]] == ["shop"]
        assert len(server.seen) == (3 if damage else 2)


# Results


@pytest.mark.parametrize(
    "place", [row("F117", place, name=f"same-refresh-token-{place}") for place in ("here", "there")]
)
def test_a_given_token_in_the_result_is_restored(tmp_path: pathlib.Path, place: str) -> None:
    """On a remote host, Ansible would mask the token in the result.

    The module returns a marker, and the action plugin replaces the marker with the token.
    """
    with Loopback(answer({**TOKENS, "refresh_token": REFRESH})) as server:
        if place == "here":
            result = _execute(IAM_TOKEN, server, {"refresh_token": REFRESH})
        else:
            result = _as_on_a_target("iam_token", tmp_path, {"refresh_token": REFRESH, "iam_endpoint": server.url})
            assert REFRESH not in json.dumps(result)
            assert result[GIVEN_TOKENS] == ["refresh_token"]
            result = restore_given_tokens(result, {"refresh_token": REFRESH})

    assert result["refresh_token"] == REFRESH


@pytest.mark.parametrize("place", ["here", "there"])
@pytest.mark.parametrize(
    "password",
    [
        row("F117", "1111a1aa1a11", name="part-of-a-result"),
        row("I19", "IBMid", name="part-of-a-result"),
    ],
)
def test_a_password_that_is_part_of_the_result_fails_on_a_remote_host(
    tmp_path: pathlib.Path, password: str, place: str
) -> None:
    """On a remote host, Ansible would mask the password in every string.

    In the controller's process, Ansible masks nothing.
    """
    token = {**TOKENS, "access_token": access_token("1111a1aa1a1111a1aa11aa11111a1111", jti="CANARY")}
    with Loopback(answer(token)) as server:
        given = {"username": "ada@example.com", "password": password, "iam_endpoint": server.url}
        result = (
            _execute(IAM_TOKEN, server, given) if place == "here" else _as_on_a_target("iam_token", tmp_path, given)
        )

    if place == "here":
        assert result["account_id"] == "1111a1aa1a1111a1aa11aa11111a1111"
        assert (result["token_type"], result["iam_id"][:6]) == ("Bearer", "IBMid-")
    else:
        assert result.get("failed") is True
        assert "The value of password occurs in the result" in result["msg"]
        assert "access_token" not in result


@case("F117")
def test_f117_a_password_that_equals_a_value_of_the_result_fails(tmp_path: pathlib.Path) -> None:
    """Markers replace only tokens, so the action plugin could not restore the password."""
    with Loopback(answer(TOKENS)) as server:
        given = {"username": "ada@example.com", "password": "Bearer", "iam_endpoint": server.url}
        result = _as_on_a_target("iam_token", tmp_path, given)

    assert "The value of password occurs in the result" in result.get("msg", "")


# Text from services


SECRET = ("ibmcloud_api_key", "password", "passcode", "refresh_token", "access_token")
SIGNED_IN = {"access_token": BEARER}
ECHOING: dict[str, tuple[Module, str, Given]] = {
    "E1a": (IAM_TOKEN, "token", {"ibmcloud_api_key": API_KEY}),
    "E1p": (IAM_TOKEN, "token", {"username": "ada@example.com", "password": PASSWORD}),
    "E1c": (IAM_TOKEN, "token", {"passcode": PASSCODE}),
    "E1r": (IAM_TOKEN, "token", {"refresh_token": REFRESH}),
    "E2": (ACCOUNT_INFO, "accounts", SIGNED_IN),
    "E3": (CLUSTER_INFO, "vpc", SIGNED_IN),
    "E4": (CLUSTER_INFO, "getCluster", {**SIGNED_IN, "details": True}),
    "E5": (CLUSTER_RBAC_SYNC, "applyRBAC", {**SIGNED_IN, "clusters": [{"id": CLUSTER}]}),
    "E6": (CLUSTER_RBAC_SYNC, "getRBACStatus", {**SIGNED_IN, "clusters": [{"id": CLUSTER}]}),
}


@pytest.mark.parametrize(("module", "call", "given"), [row("F118", *each, name=name) for name, each in ECHOING.items()])
def test_echoed_secrets_are_masked(module: Module, call: str, given: Given) -> None:
    """The responses contain each encoding of the secret, alone and repeated a thousand times."""
    secrets = [value for name, value in given.items() if name in SECRET]
    token = jwt(sub="CANARY-echo")
    words = [*sorted(forms(*secrets)), token, f"Bearer {token[:30]}", "\x1b[31mred\x1b[0m\r\n\x07"]
    for text in (*(f"before {word} after" for word in words), " ".join(words) * 1000, "".join(words) * 1000):
        echo = answer({"errorCode": "X1", "errorMessage": text, "code": "X1"}, status=400, keep=True)
        with Stage(**{"getRBACStatus": NO, call: echo}) as stage:
            result = _execute(module, stage.server, given)
        shown = json.dumps(result)

        assert result["failed"] is True
        assert "[X1: " in result["msg"]
        assert [form for form in (*forms(*secrets), token.split(".")[1]) if form in shown] == []
        assert [sign for sign in ("\\u001b", "\\r", "\\n", "\\u0007") if sign in shown] == []
        # Without the module's name, the message has at most 600 characters.
        assert len(result["msg"].removeprefix(f"{module.name}: ")) <= 600


@case("F118")
def test_f118_an_email_address_is_not_masked() -> None:
    """An email address identifies the user and is not a secret."""
    with Loopback(answer({"errorCode": "X1", "errorMessage": "no ada@example.com"}, status=400)) as server:
        result = _execute(IAM_TOKEN, server, {"username": "ada@example.com", "password": PASSWORD})

    assert "[X1: no ada@example.com]" in result["msg"]


NAMES = {
    "template": "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}{% for x in y %}",
    "lines": "first\nsecond\r\nthird\x1b[31m",
    "emoji": "\U0001f6a2 \u202eshop",
    "10kB": "x y " * 2560,
}


@pytest.mark.parametrize("name", [row("F119", text, name=name) for name, text in NAMES.items()])
def test_unusual_names_are_returned_unchanged(name: str) -> None:
    """An error message about an unusual name is a single short line."""
    accounts = [{"metadata": {"guid": f"{number}" * 32}, "entity": {"name": name}} for number in (1, 2)]
    listed = answer({"resources": accounts, "next_url": None}, keep=True)
    clusters = answer([record(name=name, resourceGroupName=name)], keep=True)
    with Stage(accounts=listed, vpc=clusters) as stage:
        found = _execute(ACCOUNT_INFO, stage.server, SIGNED_IN)
        known = _execute(CLUSTER_INFO, stage.server, SIGNED_IN)
        failures = [
            _execute(ACCOUNT_INFO, stage.server, {**SIGNED_IN, "account": "shop"}),
            _execute(CLUSTER_INFO, stage.server, {**SIGNED_IN, "cluster": "shop"}),
            _execute(CLUSTER_INFO, stage.server, {**SIGNED_IN, "resource_group": "shop"}),
        ]

    assert [account["name"] for account in found["accounts"]] == [name, name]
    assert [cluster["name"] for cluster in known["clusters"]] == [name]
    for failure in failures:
        assert failure["error"]["kind"] == "not_found"
        line = failure["msg"]
        assert len(line) <= 620
        assert [char for char in line if char < " " or "\x7f" <= char <= "\x9f"] == []
