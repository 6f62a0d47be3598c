# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the CA store: one file per cluster, bound to the endpoint and the account, in a private folder."""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import pwd
import stat
import tempfile
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.ca_store import CaStore, default_ca_folder
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError, LookupFailed

PEM, OTHER = (
    f"-----BEGIN CERTIFICATE-----\n{body}==\n-----END CERTIFICATE-----\n" for body in ("bWFkZSB1cA", "b3RoZXIgb25l")
)
ID = "c9k2m7q10h4v3x8s6t5g"
ENDPOINT = "https://containers.cloud.ibm.com/global"
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def _store(folder: pathlib.Path, endpoint: str = ENDPOINT, account: str = "ada") -> CaStore:
    return CaStore(str(folder), endpoint, lambda: account)


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "cache" / "ca"


@pytest.fixture
def store(folder: pathlib.Path) -> CaStore:
    return _store(folder)


@pytest.fixture(params=[0o022, 0o000, 0o077], ids=["usual-umask", "no-umask", "strict-umask"])
def _umask(request: pytest.FixtureRequest) -> t.Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def _mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _files(folder: pathlib.Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if not path.is_dir()]


# The default folder


@pytest.mark.parametrize(
    ("home", "cache", "expected"),
    [
        pytest.param("/home/ada", None, "/home/ada/.cache/ibmcloud.kubernetes/ca", id="home"),
        pytest.param("/home/ada", "", "/home/ada/.cache/ibmcloud.kubernetes/ca", id="empty-XDG"),
        pytest.param("/home/ada", "/cache", "/cache/ibmcloud.kubernetes/ca", id="XDG"),
        pytest.param("/home/ada", "cache", "/home/ada/.cache/ibmcloud.kubernetes/ca", id="relative-XDG"),
        pytest.param(None, "/cache", "/cache/ibmcloud.kubernetes/ca", id="XDG-without-home"),
        pytest.param(None, None, "TEMP", id="no-home"),
        pytest.param("", "", "TEMP", id="empty-home"),
        pytest.param("home", None, "TEMP", id="relative-home"),
    ],
)
def test_the_default_folder(
    monkeypatch: pytest.MonkeyPatch, home: str | None, cache: str | None, expected: str
) -> None:
    """Relative paths are ignored.

    Without a home directory in HOME or passwd, the default folder is in the folder for temporary files.
    """

    def no_entry(uid: int) -> t.NoReturn:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", no_entry)
    for name, value in (("HOME", home), ("XDG_CACHE_HOME", cache)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)

    temporary = f"{tempfile.gettempdir()}/ibmcloud.kubernetes-{os.geteuid()}/ca"
    assert default_ca_folder() == (temporary if expected == "TEMP" else expected)


# Storing and looking up CAs


@pytest.mark.usefixtures("_umask")
def test_a_ca_is_stored(store: CaStore, folder: pathlib.Path) -> None:
    path, created = store.store(PEM, ID, "service")

    file = pathlib.Path(path)
    assert (created, file.name, file.read_text()) == (True, f"{ID}.pem", PEM)
    assert _mode(file) == 0o600
    assert [_mode(made) for made in (file.parent, folder, folder.parent)] == [0o700] * 3
    assert _files(folder) == [f"{ID}.pem"]
    assert store.lookup(ID) == PEM
    assert (store.lookup("c0000000000000000000"), store.lookup("")) == (None, None)


def test_an_unchanged_ca_is_not_written_again(store: CaStore) -> None:
    path, _created = store.store(PEM, ID, "service")
    before = pathlib.Path(path).stat()

    assert store.store(PEM, ID, "service") == (path, False)
    assert pathlib.Path(path).stat() == before


def test_a_new_ca_replaces_the_old_one(store: CaStore, folder: pathlib.Path) -> None:
    path, _created = store.store(PEM, ID, "service")

    assert store.store(OTHER, ID, "service") == (path, True)
    assert store.lookup(ID) == OTHER
    assert len(_files(folder)) == 1


@pytest.mark.parametrize("pem", [PEM.replace("\n", "\r\n"), f"\n {PEM}\n", PEM.strip()])
def test_line_ends_are_normalized(store: CaStore, pem: str) -> None:
    path, _created = store.store(pem, ID, "service")

    assert store.store(pem, ID, "service") == (path, False)
    assert store.lookup(ID) == PEM


@pytest.mark.parametrize(
    ("endpoint", "account"),
    [("https://test.example/global", "ada"), (ENDPOINT, "grace"), (ENDPOINT, ""), ("", "")],
)
def test_a_ca_is_bound_to_the_endpoint_and_the_account(folder: pathlib.Path, endpoint: str, account: str) -> None:
    mine, other = _store(folder), _store(folder, endpoint, account)
    mine.store(PEM, ID, "service")

    assert other.lookup(ID) is None
    other.store(OTHER, ID, "service")
    assert (mine.lookup(ID), other.lookup(ID)) == (PEM, OTHER)


@pytest.mark.parametrize("source", ["given", "unverified"])
def test_only_cas_of_the_verified_service_are_cached(store: CaStore, source: str) -> None:
    """CAs from other sources have separate files and never replace a cached CA."""
    path, created = store.store(OTHER, ID, source)

    assert (created, pathlib.Path(path).read_text(), store.lookup(ID)) == (True, OTHER, None)
    store.store(PEM, ID, "service")
    assert (pathlib.Path(path).read_text(), store.lookup(ID)) == (OTHER, PEM)


def test_nothing_is_cached_without_an_account(folder: pathlib.Path) -> None:
    """For example, the account is unknown if only an ID token was given."""

    def unknown() -> str:
        raise LookupFailed("no credentials", kind="not_found")

    path, created = CaStore(str(folder), ENDPOINT, unknown).store(PEM, ID, "service")

    assert (created, pathlib.Path(path).read_text()) == (True, PEM)
    assert _store(folder).lookup(ID) is None


@pytest.mark.parametrize("content", ["", "no certificate", PEM[5:]])
def test_a_file_without_a_certificate_is_not_used(store: CaStore, content: str) -> None:
    path, _created = store.store(PEM, ID, "service")
    pathlib.Path(path).write_text(content)

    assert store.lookup(ID) is None
    assert store.store(PEM, ID, "service") == (path, True)
    assert store.lookup(ID) == PEM


def test_lookup_does_not_create_a_folder(tmp_path: pathlib.Path) -> None:
    """A missing folder is treated as an empty cache."""
    (tmp_path / "file").write_text("")

    for name in ("none", "file", "file/below"):
        assert _store(tmp_path / name).lookup(ID) is None
    assert _files(tmp_path) == ["file"]


@pytest.mark.parametrize(
    "cluster", ["../x", "/etc/passwd", "a/b", "..", ".", "", "a\0b", "a\nb", "\u00fc", "\ud800", "%2e", "x" * 300]
)
def test_no_id_leads_out_of_the_folder(store: CaStore, folder: pathlib.Path, cluster: str) -> None:
    """The IDs come from the service, so they can contain any path."""
    path, _created = store.store(PEM, cluster, "service")

    assert pathlib.Path(path).parent.parent == folder
    assert (store.lookup(cluster), store.lookup("a_b")) == (PEM, None)


def test_threads_and_processes_share_a_file(store: CaStore, folder: pathlib.Path) -> None:
    """A reader never sees an incomplete CA."""

    def work(number: int) -> str | None:
        store.store((PEM, OTHER)[number % 2], f"c{number % 4}", "service")
        return store.lookup(f"c{number % 4}")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(80)))

    assert set(found) <= {PEM, OTHER}
    assert sorted(_files(folder)) == [f"c{number}.pem" for number in range(4)]


# Folders


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o720, 0o702, 0o1777])
def test_a_folder_that_others_can_write_to_is_rejected(store: CaStore, folder: pathlib.Path, mode: int) -> None:
    """Another user could store a CA in the folder."""
    inner = pathlib.Path(store.store(PEM, ID, "service")[0]).parent
    inner.chmod(mode)

    for use in (lambda: store.lookup(ID), lambda: _store(folder).store(PEM, ID, "service")):
        with pytest.raises(InputError, match=f"^The folder {inner} cannot be used: other users can write to {inner}"):
            use()


@pytest.mark.parametrize(
    ("mode", "is_safe"), [(0o707, False), (0o777, False), (0o1777, True), (0o755, True), (0o711, True)]
)
def test_a_parent_folder_that_others_can_write_to_is_rejected(
    store: CaStore, folder: pathlib.Path, mode: int, is_safe: bool
) -> None:
    """Another user could replace the folder, unless its parent folder has the sticky bit."""
    store.store(PEM, ID, "service")
    folder.parent.chmod(mode)

    if is_safe:
        assert store.lookup(ID) == PEM
    else:
        with pytest.raises(InputError, match=f"other users can write to {folder.parent}\\. Use a folder"):
            store.lookup(ID)


@only_root
@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_folder_of_another_user_is_rejected(store: CaStore, level: int) -> None:
    """The owner of a folder can always make the folder writable."""
    inner = pathlib.Path(store.store(PEM, ID, "service")[0]).parent
    os.chown([inner, *inner.parents][level], 12345, 12345)

    with pytest.raises(InputError, match="other users can write to"):
        store.lookup(ID)


@only_root
@pytest.mark.parametrize(("gid", "is_safe"), [(0, True), (12345, False)])
def test_a_parent_folder_that_another_group_can_write_to_is_rejected(
    store: CaStore, folder: pathlib.Path, gid: int, is_safe: bool
) -> None:
    """In containers, users without a passwd entry belong to group 0. Other groups can have other members."""
    store.store(PEM, ID, "service")
    os.chown(folder.parent, -1, gid)
    folder.parent.chmod(0o775)

    if is_safe:
        assert store.lookup(ID) == PEM
    else:
        with pytest.raises(InputError, match="other users can write to"):
            store.lookup(ID)


def test_a_link_to_a_folder_that_others_can_write_to_is_rejected(store: CaStore, folder: pathlib.Path) -> None:
    shared = folder.parent.parent / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    folder.parent.mkdir()
    folder.symlink_to(shared)

    with pytest.raises(InputError, match=f"other users can write to {shared}"):
        store.store(PEM, ID, "service")
    assert _files(shared) == []


@pytest.mark.parametrize("name", ["file", "file/ca"])
def test_a_file_in_place_of_the_folder_is_rejected(tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match=f"^The folder {tmp_path / name}/ca-[0-9a-f]+ cannot be used: Not a directory"):
        _store(tmp_path / name).store(PEM, ID, "service")


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_an_invalid_path_of_the_folder_is_rejected(name: str) -> None:
    with pytest.raises(InputError, match="is not a valid path"):
        CaStore(name).store(PEM, ID, "service")


def test_a_fifo_in_place_of_the_file_is_rejected(store: CaStore) -> None:
    """Reading a FIFO would block."""
    path, _created = store.store(PEM, ID, "service")
    pathlib.Path(path).unlink()
    os.mkfifo(path)

    for use in (lambda: store.lookup(ID), lambda: store.store(PEM, ID, "service")):
        with pytest.raises(InputError, match="is not a regular file"):
            use()
