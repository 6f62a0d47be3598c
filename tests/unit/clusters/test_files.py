# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that nobody else may read or change."""

from __future__ import annotations

import hashlib
import os
import stat
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.ca_store import (
    default_ca_folder,
    keep_ca,
    remove_ca,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.private_files import (
    exists,
    is_private,
    locked,
    read,
    write,
)

if t.TYPE_CHECKING:
    import pathlib

PEM = "-----BEGIN CERTIFICATE-----\nbWFkZSB1cA==\n-----END CERTIFICATE-----\n"
NAME = hashlib.sha256(PEM.encode()).hexdigest() + ".pem"
# Root may do what the modes forbid.
not_root = pytest.mark.skipif(os.geteuid() == 0, reason="modes do not bind root")


def _mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o000], ids=["usual-umask", "no-umask"])
def _umask(request: pytest.FixtureRequest) -> t.Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


# The CA of a cluster


def test_the_folder_is_in_the_user_s_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the XDG rules say; an empty variable is none."""
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert default_ca_folder() == "/home/ada/.cache/ibmcloud.kubernetes/ca"

    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert default_ca_folder() == "/home/ada/.cache/ibmcloud.kubernetes/ca"

    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert default_ca_folder() == "/cache/ibmcloud.kubernetes/ca"


@pytest.mark.usefixtures("_umask")
def test_a_ca_is_kept(tmp_path: pathlib.Path) -> None:
    """In a folder and a file of the owner alone, named by its content."""
    folder = tmp_path / "cache" / "ca"

    path, made = keep_ca(PEM, str(folder))

    assert (path, made) == (str(folder / NAME), True)
    assert (folder / NAME).read_text() == PEM
    assert (_mode(folder), _mode(folder / NAME)) == (0o700, 0o600)
    assert [file.name for file in folder.iterdir()] == [NAME]


def test_a_ca_that_is_there_is_used_again(tmp_path: pathlib.Path) -> None:
    """The file is not touched; another CA gets another one."""
    path, _made = keep_ca(PEM, str(tmp_path / "ca"))
    before = os.stat(path)  # noqa: PTH116  # the path is a text

    again = keep_ca(PEM, str(tmp_path / "ca"))
    other, made = keep_ca(f"{PEM}{PEM}", str(tmp_path / "ca"))

    assert again == (path, False)
    assert (before.st_ino, before.st_mtime_ns) == ((tmp_path / "ca" / NAME).stat().st_ino, before.st_mtime_ns)
    assert (other != path, made) == (True, True)


@pytest.mark.parametrize("content", ["", PEM[:40], PEM.replace("bWFk", "ZXZp"), f"{PEM}{PEM}"])
def test_a_ca_that_somebody_changed_is_written_anew(tmp_path: pathlib.Path, content: str) -> None:
    """The name alone proves nothing."""
    (tmp_path / "ca").mkdir(mode=0o700)
    (tmp_path / "ca" / NAME).write_text(content)

    path, made = keep_ca(PEM, str(tmp_path / "ca"))

    assert made is True
    assert read(path) == PEM


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o720, 0o702, 0o1777])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: pathlib.Path, mode: int) -> None:
    """Whoever can put a file there can make clients trust a CA of their own."""
    folder = tmp_path / "ca"
    folder.mkdir()
    (folder / NAME).write_text(PEM)
    folder.chmod(mode)

    with pytest.raises(InputError, match=f"^The folder {folder} can be written to by others") as caught:
        keep_ca(PEM, str(folder))

    assert "0700" in caught.value.hint


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o750, 0o711])
def test_a_folder_that_others_can_read_is_good_enough(tmp_path: pathlib.Path, mode: int) -> None:
    """A CA is no secret."""
    folder = tmp_path / "ca"
    folder.mkdir(mode=mode)

    assert keep_ca(PEM, str(folder))[1] is True
    assert _mode(folder) == mode


def test_a_link_to_a_folder_that_others_can_write_to_is_refused(tmp_path: pathlib.Path) -> None:
    """What counts is where the file would be."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "ca").symlink_to(tmp_path / "open")

    with pytest.raises(InputError, match="can be written to by others"):
        keep_ca(PEM, str(tmp_path / "ca"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: pathlib.Path) -> None:
    """Its owner can write to it."""
    (tmp_path / "ca").mkdir(mode=0o755)
    os.chown(tmp_path / "ca", 12345, 12345)

    with pytest.raises(InputError, match="can be written to by others"):
        keep_ca(PEM, str(tmp_path / "ca"))


@pytest.mark.parametrize("below", ["file", "file/ca"])
def test_a_file_in_the_place_of_the_folder(tmp_path: pathlib.Path, below: str) -> None:
    """The system's words, and the path."""
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match=f"{tmp_path / below} cannot be used: "):
        keep_ca(PEM, str(tmp_path / below))


# Any file


@pytest.mark.usefixtures("_umask")
@pytest.mark.parametrize("mode", [None, 0o644, 0o666, 0o600])
def test_a_file_is_written_for_its_owner(tmp_path: pathlib.Path, mode: int | None) -> None:
    """A new one, and one that was open to others before."""
    path = tmp_path / "config"
    if mode is not None:
        path.write_text("old")
        path.chmod(mode)

    write(str(path), "n\u00e4w\n")

    assert read(str(path)) == "n\u00e4w\n"
    assert _mode(path) == 0o600
    assert is_private(str(path)) is True
    assert [file.name for file in tmp_path.iterdir()] == ["config"]


def test_a_reader_never_sees_half_a_file(tmp_path: pathlib.Path) -> None:
    """Whoever has the old file open keeps it: the new one takes its place in one step."""
    path = tmp_path / "config"
    path.write_text("old")
    with path.open() as reader:
        write(str(path), "new")

        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_link_stays_a_link(tmp_path: pathlib.Path) -> None:
    """Also through a second one; the file at its end is written, in its own folder."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "config").write_text("old")
    (tmp_path / "first").symlink_to("real/config")
    (tmp_path / "second").symlink_to(tmp_path / "first")

    write(str(tmp_path / "second"), "new")

    assert (tmp_path / "second").is_symlink()
    assert (tmp_path / "first").is_symlink()
    assert (tmp_path / "real" / "config").read_text() == "new"
    assert _mode(tmp_path / "real" / "config") == 0o600


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: pathlib.Path) -> None:
    """A folder cannot be replaced by a file; no half file stays beside it."""
    (tmp_path / "config").mkdir()

    with pytest.raises(InputError, match=f"^{tmp_path / 'config'} cannot be written: Is a directory"):
        write(str(tmp_path / "config"), "SECRET")

    assert [file.name for file in tmp_path.iterdir()] == ["config"]


@pytest.mark.parametrize(("name", "reason"), [("file/config", "File exists")])
def test_a_file_that_cannot_be_written(tmp_path: pathlib.Path, name: str, reason: str) -> None:
    """The path that was given, and why."""
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match=f"^{tmp_path / name} cannot be written: {reason}"):
        write(str(tmp_path / name), "SECRET")


@not_root
def test_a_folder_that_is_read_only(tmp_path: pathlib.Path) -> None:
    """The folder decides, because the file is replaced."""
    tmp_path.chmod(0o500)

    with pytest.raises(InputError, match="cannot be written: Permission denied"):
        write(str(tmp_path / "config"), "x")


def test_what_is_not_there_is_none(tmp_path: pathlib.Path) -> None:
    """And no error; a link to nothing neither."""
    (tmp_path / "link").symlink_to("nowhere")

    for name in ("none", "link"):
        assert read(str(tmp_path / name)) is None
        assert exists(str(tmp_path / name)) is False
    assert remove_ca(str(tmp_path / "none")) is False


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "cannot be read: Is a directory", id="folder"),
        pytest.param(b"\xff\xfe", "is no text file", id="binary"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: pathlib.Path, content: bytes | None, reason: str) -> None:
    """The path, and why."""
    path = tmp_path / "config"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    with pytest.raises(InputError, match=f"^{path} {reason}$"):
        read(str(path))


def test_a_kept_ca_is_removed_once(tmp_path: pathlib.Path) -> None:
    """The second time there is nothing to do."""
    path, _made = keep_ca(PEM, str(tmp_path / "ca"))

    assert exists(path) is True
    assert [remove_ca(path), remove_ca(path)] == [True, False]
    assert exists(path) is False


@pytest.mark.parametrize("name", ["ca.pem", "0" * 64 + ".pem"])
def test_another_file_is_not_removed(tmp_path: pathlib.Path, name: str) -> None:
    """A mistyped path costs nothing: only a file that is named by its content is ours."""
    (tmp_path / name).write_text(PEM)

    with pytest.raises(InputError, match="is no CA file that this collection has made"):
        remove_ca(str(tmp_path / name))

    assert (tmp_path / name).exists()


def test_a_missing_folder_is_made_for_the_owner_only(tmp_path: pathlib.Path) -> None:
    """As kubectl and its users expect of ~/.kube."""
    write(str(tmp_path / "kube" / "config"), "new")

    assert (tmp_path / "kube" / "config").read_text() == "new"
    assert (tmp_path / "kube").stat().st_mode & 0o777 == 0o700


def test_a_write_protected_file_is_left_alone(tmp_path: pathlib.Path) -> None:
    """Whoever protected it meant that; replacing it would get around it."""
    path = tmp_path / "config"
    path.write_text("old")
    path.chmod(0o400)

    with pytest.raises(InputError, match="is write-protected"):
        write(str(path), "new")

    assert path.read_text() == "old"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_stays_its_owners(tmp_path: pathlib.Path) -> None:
    """Root that writes for a user does not lock the user out."""
    path = tmp_path / "config"
    path.write_text("old")
    os.chown(path, 1000, 1001)
    write(str(path), "new")

    assert (path.stat().st_uid, path.stat().st_gid) == (1000, 1001)
    assert path.read_text() == "new"


def test_one_writer_at_a_time(tmp_path: pathlib.Path) -> None:
    """The lock is kubectl's: a file beside it, which is gone afterwards, also after a failure."""
    path = str(tmp_path / "config")
    with locked(path):
        assert (tmp_path / "config.lock").exists()
        with pytest.raises(InputError, match=r"config\.lock was there for 0\.1 s"), locked(path, timeout=0.1):
            pass
    with pytest.raises(ValueError, match="inside"), locked(path):
        raise ValueError("inside")

    assert not (tmp_path / "config.lock").exists()
