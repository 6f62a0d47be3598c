# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module kubeconfig and its file: which files it takes, its lock, and what an interrupted run leaves behind."""

from __future__ import annotations

import base64
import errno
import fcntl
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
import typing as t

import pytest
import trustme
import yaml
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.private_files import locked
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import execute
from ansible_collections.ibmcloud.kubernetes.plugins.modules.kubeconfig import MODULE
from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import jwt

if t.TYPE_CHECKING:
    import pathlib

URL = "https://c2.us-south.containers.cloud.ibm.com:30422"
Result = dict[str, t.Any]
BOTH_MODES = pytest.mark.parametrize("check_mode", [False, True])


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder of its own; other parts of the collection have files in the one above."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def _run(path: object, *, check_mode: bool = False, diff: bool = False, **given: t.Any) -> Result:
    defaults = {name: option.get("default") for name, option in MODULE.argument_spec.items()}
    options = {"path": str(path), "name": "shop", "master_url": URL, "openshift_token": "sha256~SECRET", **given}
    started = time.monotonic()
    result, _secrets = execute(
        MODULE, {**defaults, **options}, environ={}, check_mode=check_mode, diff=diff, warn=lambda _text: None
    )
    assert time.monotonic() - started < 5
    assert "SECRET" not in str(result)
    return result


def _names(path: pathlib.Path) -> set[str]:
    return {entry["name"] for entry in yaml.safe_load(path.read_text())["contexts"]}


# Which files


@BOTH_MODES
def test_the_contexts_are_returned(folder: pathlib.Path, check_mode: bool) -> None:
    """And the path, under the name of kubernetes.core's option."""
    result = _run(folder / "config", check_mode=check_mode)

    assert result == {"changed": True, "kubeconfig": str(folder / "config"), "contexts": ["shop"]}
    assert (folder / "config").exists() is not check_mode
    assert _run(folder / "config", check_mode=check_mode)["changed"] is check_mode
    assert _run(folder / "config", check_mode=check_mode, state="absent")["contexts"] == []


def test_the_diff_is_made_on_request(folder: pathlib.Path) -> None:
    """It costs time and space."""
    assert "diff" not in _run(folder / "config")
    diff = _run(folder / "config", diff=True, name="other")["diff"]

    assert "name: other" not in diff["before"]
    assert "name: other" in diff["after"]


@BOTH_MODES
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("device", "is not a regular file"),
        ("fifo", "is not a regular file"),
        ("folder", "is a folder"),
        ("below-a-file", "cannot be read: Not a directory"),
        ("list", "contains :. KUBECONFIG separates several files with it"),
        ("link-to-device", "is not a regular file"),
    ],
)
def test_what_is_not_a_file(folder: pathlib.Path, kind: str, reason: str, state: str, check_mode: bool) -> None:
    """It is rejected at once, and nothing is created."""
    paths = {"device": "/dev/null", "below-a-file": folder / "file" / "config", "list": f"{folder}/a:{folder}/b"}
    path = paths.get(kind, folder / "config")
    (folder / "file").write_text("x")
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        (folder / "config").mkdir()
    elif kind == "link-to-device":
        (folder / "config").symlink_to("/dev/null")
    before = sorted(folder.rglob("*"))

    result = _run(path, check_mode=check_mode, state=state)

    assert (result["failed"], result["error"]["kind"]) == (True, "input")
    assert f"{path} {reason}" in result["msg"]
    assert sorted(folder.rglob("*")) == before


@BOTH_MODES
def test_a_write_protected_file(folder: pathlib.Path, check_mode: bool) -> None:
    """Check mode predicts the failure. An entry that is there already is no reason to fail."""
    path = folder / "config"
    _run(path)
    path.chmod(0o400)

    assert _run(path, check_mode=check_mode)["changed"] is False
    result = _run(path, name="other", check_mode=check_mode)
    assert result["msg"] == f"kubeconfig: {path} is write-protected. The file was not changed."


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@BOTH_MODES
def test_a_file_of_another_user(folder: pathlib.Path, check_mode: bool) -> None:
    """A shared folder such as /tmp: whoever made the file first does not get the token of root."""
    folder.chmod(0o1777)
    (folder / "config").write_text("")
    os.chown(folder / "config", 1000, 1000)

    assert "it belongs to user 1000" in _run(folder / "config", check_mode=check_mode)["msg"]
    assert (folder / "config").read_text() == ""


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [
        ("https://iam.cloud.ibm.com/identity", ""),
        ("https://iam.test/identity", ""),
        ("https://evil.example/identity", "auth=oidc requires an ID token of IAM"),
        ("http://iam.test/identity", "auth=oidc requires an ID token of IAM"),
    ],
)
def test_the_issuer_of_an_oidc_entry(folder: pathlib.Path, issuer: str, reason: str) -> None:
    """It must be IAM, because kubectl sends the refresh token there."""
    given = {"auth": "oidc", "kubernetes_refresh_token": "REFRESH", "id_token": jwt(iss=issuer, exp=1_900_000_000)}

    result = _run(folder / "config", openshift_token=None, iam_endpoint="https://iam.test", **given)

    assert reason in result.get("msg", "")
    assert bool(result.get("failed")) is bool(reason)
    assert (folder / "config").exists() is not bool(reason)


def test_the_ca_of_a_file(folder: pathlib.Path) -> None:
    """Its content is written, so that the kubeconfig does not need the file."""
    pem = trustme.CA().cert_pem.bytes().decode()
    (folder / "ca.pem").write_text(pem)

    _run(folder / "config", cluster_ca_file=str(folder / "ca.pem"))
    given = _run(folder / "config", ca_cert_data=pem)

    (entry,) = yaml.safe_load((folder / "config").read_text())["clusters"]
    assert base64.b64decode(entry["cluster"]["certificate-authority-data"]).decode() == pem
    assert given["changed"] is False
    both = _run(folder / "config", ca_cert_data=pem, cluster_ca_file=str(folder / "ca.pem"))
    assert "ca_cert_data" in both["msg"]
    assert "cluster_ca_file" in both["msg"]
    (folder / "ca.pem").write_text("no certificate")
    assert "cluster_ca_file" in _run(folder / "config", cluster_ca_file=str(folder / "ca.pem"))["msg"]


# The lock


def test_the_lock_of_kubectl_is_respected(folder: pathlib.Path) -> None:
    """kubectl creates it with mode 0. It may be in use, so it is never removed."""
    lock = folder / "config.lock"
    lock.touch(mode=0)

    reason = r"config was not changed: .*config\.lock has existed for 0 s"
    with pytest.raises(InputError, match=reason) as caught, locked(str(folder / "config"), timeout=0.1):
        pass

    assert "If none is, remove the lock." in str(caught.value)
    assert lock.exists()


def test_the_lock_of_another_task_is_waited_for(folder: pathlib.Path) -> None:
    """A message about it does not advise to remove it."""
    path = str(folder / "config")
    with locked(path):
        assert (folder / "config.lock").exists()
        with pytest.raises(InputError, match="another task has held") as caught, locked(path, held_timeout=0.1):
            pass
    assert "remove" not in str(caught.value)
    assert list(folder.iterdir()) == []


def test_a_lock_that_disappears(folder: pathlib.Path) -> None:
    """Another program removed it, and may have made its own: that one stays."""
    path = str(folder / "config")
    with locked(path):
        (folder / "config.lock").unlink()
        (folder / "config.lock").touch(mode=0)
    assert (folder / "config.lock").exists()
    (folder / "config.lock").unlink()
    with locked(path):
        (folder / "config.lock").unlink()


def test_a_file_system_without_flock(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock works as kubectl's does: only its creator holds it, and nobody takes it over."""

    def unsupported(_descriptor: int, _operation: int) -> t.NoReturn:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    path = str(folder / "config")
    with locked(path):
        with pytest.raises(InputError, match=r"config\.lock has existed for 0 s"), locked(path, timeout=0.1):
            pass
        assert (folder / "config.lock").exists()
    assert list(folder.iterdir()) == []


def test_an_error_releases_the_lock(folder: pathlib.Path) -> None:
    """Whatever is raised."""
    for error in (ValueError, KeyboardInterrupt, SystemExit):
        with pytest.raises(error), locked(str(folder / "config")):
            raise error
        assert list(folder.iterdir()) == []


HOLD = """
    with locked(PATH):
        print("held", flush=True)
        time.sleep(60)
"""
WRITE = """
    print("held", flush=True)
    while True:
        with locked(PATH):
            write(PATH, "token: SECRET\\n" * 20000)
"""


def _start(code: str, path: pathlib.Path) -> subprocess.Popen[str]:
    """Start a process of its own, and wait until it has begun."""
    head = f"""
    import sys, time
    sys.path[:0] = {sys.path!r}
    from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.private_files import locked, write
    PATH = {str(path)!r}
    """
    program = textwrap.dedent(head) + textwrap.dedent(code)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _end(process: subprocess.Popen[str], how: signal.Signals) -> None:
    process.send_signal(how)
    process.wait(20)
    assert process.stdout is not None
    process.stdout.close()


def test_the_lock_of_a_killed_process_is_taken_over(folder: pathlib.Path) -> None:
    """It does not hold flock any more, so there is no wait."""
    process = _start(HOLD, folder / "config")
    with pytest.raises(InputError, match="another task"), locked(str(folder / "config"), held_timeout=0.2):
        pass
    _end(process, signal.SIGKILL)
    assert (folder / "config.lock").exists()

    assert _run(folder / "config")["changed"] is True
    assert [file.name for file in folder.iterdir()] == ["config"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_nothing_behind(folder: pathlib.Path, how: signal.Signals) -> None:
    """Neither the lock nor a temporary file with a token, at whatever moment it comes."""
    chance = random.Random(int(how))
    for number in range(12):
        path = folder / f"{number}" / "config"
        process = _start(WRITE, path)
        time.sleep(chance.uniform(0, 0.03))
        _end(process, how)

        assert process.returncode != 0
        assert [file.name for file in path.parent.glob("*") if file.name != "config"] == []


def test_many_processes_change_one_file(folder: pathlib.Path) -> None:
    """No change is lost, also when some of them are killed."""
    path = folder / "config"
    code = """
    from ansible_collections.ibmcloud.kubernetes.tests.unit.clusters.test_kubeconfig_module import _run
    print("held", flush=True)
    result = [_run(PATH, name=f"NAME-{number}") for number in range(10)]
    sys.exit(any(item.get("failed", False) for item in result))
    """
    processes = [_start(code.replace("NAME", f"p{number}"), path) for number in range(4)]
    victim = _start(HOLD, path)
    _end(victim, signal.SIGKILL)
    for process in processes:
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()

    assert _names(path) == {f"p{process}-{number}" for process in range(4) for number in range(10)}
    assert [file.name for file in folder.iterdir()] == ["config"]
