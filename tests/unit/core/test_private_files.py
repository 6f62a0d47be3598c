# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of reading regular files, and of writing files that only their owner can read."""

from __future__ import annotations

import importlib
import os
import pathlib
import socket
import stat
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins import modules
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.private_files import (
    check_writable,
    is_private,
    locked,
    private_folder,
    read,
    write,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.connections import preload_ca_bundle
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.inputs import refused

MODULE_FOLDER = pathlib.Path(next(iter(modules.__path__)))
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root ignores file modes")


def _mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o000], ids=["usual-umask", "no-umask"])
def _umask(request: pytest.FixtureRequest) -> t.Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


# All files


@pytest.mark.usefixtures("_umask")
@pytest.mark.parametrize("mode", [None, 0o644, 0o666, 0o600])
def test_only_the_owner_can_read_a_written_file(tmp_path: pathlib.Path, mode: int | None) -> None:
    """``mode`` is the mode of the existing file, or None if the file is new."""
    path = tmp_path / "config"
    if mode is not None:
        path.write_text("old")
        path.chmod(mode)

    write(str(path), "n\u00e4w\n")

    assert read(str(path)) == "n\u00e4w\n"
    assert _mode(path) == 0o600
    assert is_private(str(path)) is True
    assert is_private(str(path) + "-missing") is False
    assert [file.name for file in tmp_path.iterdir()] == ["config"]


def test_an_open_file_keeps_its_content_when_the_path_is_written(tmp_path: pathlib.Path) -> None:
    """A write replaces the file and does not change the content of the old file."""
    path = tmp_path / "config"
    path.write_text("old")
    with path.open() as reader:
        write(str(path), "new")

        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_write_through_a_link_replaces_the_target(tmp_path: pathlib.Path) -> None:
    """The target of a link can be another link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "config").write_text("old")
    (tmp_path / "first").symlink_to("real/config")
    (tmp_path / "second").symlink_to(tmp_path / "first")

    write(str(tmp_path / "second"), "new")

    assert (tmp_path / "second").is_symlink()
    assert (tmp_path / "first").is_symlink()
    assert (tmp_path / "real" / "config").read_text() == "new"
    assert _mode(tmp_path / "real" / "config") == 0o600


def test_a_failed_write_leaves_no_temporary_file(tmp_path: pathlib.Path) -> None:
    """The write fails because a file cannot replace a folder."""
    (tmp_path / "config").mkdir()

    with pytest.raises(InputError, match=f"^{tmp_path / 'config'} is a folder"):
        write(str(tmp_path / "config"), "SECRET")

    assert [file.name for file in tmp_path.iterdir()] == ["config"]


@pytest.mark.parametrize(("name", "reason"), [("file/config", "Not a directory")])
def test_the_error_of_a_write_has_the_path_and_the_reason(tmp_path: pathlib.Path, name: str, reason: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match=f"^{tmp_path / name} cannot be written: {reason}"):
        write(str(tmp_path / name), "SECRET")


@not_root
def test_a_write_into_a_read_only_folder_fails(tmp_path: pathlib.Path) -> None:
    """A write replaces the file, so the folder must be writable."""
    tmp_path.chmod(0o500)

    with pytest.raises(InputError, match="cannot be written: Permission denied"):
        write(str(tmp_path / "config"), "x")


def test_read_returns_none_for_a_missing_file(tmp_path: pathlib.Path) -> None:
    """A dangling link counts as a missing file."""
    (tmp_path / "link").symlink_to("nowhere")

    for name in ("none", "link"):
        assert read(str(tmp_path / name)) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "is a folder", id="folder"),
        pytest.param(b"\xff\xfe", "is not a text file", id="binary"),
    ],
)
def test_the_error_of_a_read_has_the_path_and_the_reason(
    tmp_path: pathlib.Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "config"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    with pytest.raises(InputError, match=f"^{path} {reason}"):
        read(str(path))


def _special(folder: pathlib.Path, kind: str) -> str:
    """Create a file that is not a regular file, and return its path."""
    path = folder / "special"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif kind == "link-to-fifo":
        os.mkfifo(folder / "fifo")
        path.symlink_to(folder / "fifo")
    else:
        return "/dev/null"
    return str(path)


@pytest.mark.parametrize("kind", ["fifo", "socket", "link-to-fifo", "device"])
def test_only_regular_files_are_read_and_written(tmp_path: pathlib.Path, kind: str) -> None:
    """A write must not replace a device, and a read from a FIFO would block."""
    path = _special(tmp_path, kind)
    before = pathlib.Path(path).stat()

    for use in (read, lambda given: write(given, "SECRET"), check_writable):
        with pytest.raises(InputError, match=f"^{path} (is not a regular file|cannot be read: No such device)"):
            use(path)
    assert pathlib.Path(path).stat().st_mode == before.st_mode


def test_a_fifo_as_ca_bundle_of_the_environment_does_not_block(tmp_path: pathlib.Path) -> None:
    """Ansible loads the action plugins before the first task, so a FIFO would block the whole run."""
    preload_ca_bundle({"REQUESTS_CA_BUNDLE": _special(tmp_path, "fifo")})


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b", "\udcff", "", "a/\0"])
def test_invalid_paths_are_rejected(path: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message must be printable, even if the path contains unprintable characters."""
    monkeypatch.chdir(tmp_path)
    for use in (read, lambda given: write(given, "x"), check_writable):
        with pytest.raises(InputError, match=r"^The path '.*' is not a valid path") as caught:
            use(path)
        assert str(caught.value).isprintable()
    with pytest.raises(InputError), locked(path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["~", "~/config", "~nobody-of-this-name/config"])
def test_an_unknown_home_directory_is_rejected(
    path: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ansible normally expands ~. A module must not create a folder with the name ~."""
    monkeypatch.chdir(tmp_path)
    for use in (read, lambda given: write(given, "x"), check_writable, private_folder):
        with pytest.raises(InputError, match="cannot be used: the home directory is unknown"):
            use(path)
    assert list(tmp_path.iterdir()) == []


MODULES = [file.stem for file in sorted(MODULE_FOLDER.glob("*.py")) if file.stem != "__init__"]


def _path_options() -> list[tuple[str, str, bool]]:
    """Return each path option of each module, and whether the option is a list."""
    specs = {name: importlib.import_module(f"{modules.__name__}.{name}").MODULE.argument_spec for name in MODULES}
    return [
        (name, option, "elements" in content)
        for name, spec in specs.items()
        for option, content in spec.items()
        if "path" in (content.get("type"), content.get("elements"))
    ]


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
@pytest.mark.parametrize(("module", "option", "is_list"), _path_options())
def test_each_path_option_must_be_a_path(module: str, option: str, is_list: bool, text: str) -> None:
    spec = importlib.import_module(f"{modules.__name__}.{module}").MODULE.argument_spec
    fillers: dict[str, t.Any] = {"str": "x", "path": "/x", "list": [], "dict": {}}
    given = {name: fillers[content["type"]] for name, content in spec.items() if content.get("required")}

    message = refused(module, {**given, option: [text] if is_list else text})

    assert message == f"{module}: {option} {text!a} is not a valid path. Specify the path of a file."


@pytest.mark.parametrize("kind", ["fifo", "device"])
@pytest.mark.parametrize(
    ("module", "option", "more"),
    [
        ("account_info", "ca_cert", {"ibmcloud_api_key": "key"}),
        ("kubeconfig", "cluster_ca_file", {"path": "/x", "name": "x"}),
        ("cluster_info", "cluster_ca_file", {"ibmcloud_api_key": "key"}),
        ("account_info", "cr_token_file", {"profile_id": "Profile-9fd84246-7df4-4667-94e4-8ecde51d5ac5"}),
    ],
)
def test_options_that_name_a_file_require_a_regular_file(
    tmp_path: pathlib.Path, module: str, option: str, more: dict[str, str], kind: str
) -> None:
    """Reading a FIFO would block."""
    path = _special(tmp_path, kind)

    assert f"{path} is not a regular file" in refused(module, {**more, option: path})


def test_a_missing_folder_is_created_for_the_owner_only(tmp_path: pathlib.Path) -> None:
    """kubectl creates the folder ~/.kube with the same mode (0700)."""
    write(str(tmp_path / "kube" / "config"), "new")

    assert (tmp_path / "kube" / "config").read_text() == "new"
    assert (tmp_path / "kube").stat().st_mode & 0o777 == 0o700


def test_a_write_protected_file_is_not_changed(tmp_path: pathlib.Path) -> None:
    """A replacement of the file would bypass the write protection."""
    path = tmp_path / "config"
    path.write_text("old")
    path.chmod(0o400)

    with pytest.raises(InputError, match="is write-protected"):
        write(str(path), "new")

    assert path.read_text() == "old"


@only_root
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_root_keeps_the_owner_of_a_file_in_the_owners_folder(tmp_path: pathlib.Path, mode: int) -> None:
    """The user can still read the file after root has replaced it."""
    path = tmp_path / "config"
    path.write_text("old")
    tmp_path.chmod(mode)
    for given in (path, tmp_path):
        os.chown(given, 1000, 1001)
    write(str(path), "new")

    assert (path.stat().st_uid, path.stat().st_gid) == (1000, 1001)
    assert path.read_text() == "new"


@only_root
@pytest.mark.parametrize(("owner", "mode"), [(0, 0o1777), (0, 0o700), (1001, 0o755), (1000, 0o1777), (1000, 0o777)])
def test_root_does_not_replace_another_users_file_in_a_shared_folder(
    tmp_path: pathlib.Path, owner: int, mode: int
) -> None:
    """Another user may have created the file in order to read the token."""
    path = tmp_path / "config"
    path.write_text("old")
    os.chown(path, 1000, 1000)
    os.chown(tmp_path, owner, owner)
    tmp_path.chmod(mode)

    for use in (lambda: write(str(path), "SECRET"), lambda: check_writable(str(path))):
        with pytest.raises(InputError, match=f"^{path} was not changed: it belongs to user 1000"):
            use()
    assert [file.name for file in tmp_path.iterdir()] == ["config"]
    assert path.read_text() == "old"


@only_root
@pytest.mark.parametrize("where", ["file", "folder"])
def test_a_link_of_another_user_is_not_followed(tmp_path: pathlib.Path, where: str) -> None:
    """The owner of a link can change its target at any time."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "config").write_text("old")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "theirs" / ("config" if where == "file" else ""))
    os.chown(link, 1000, 1000, follow_symlinks=False)
    path = str(link if where == "file" else link / "config")

    for use in (lambda: write(path, "SECRET"), lambda: check_writable(path)):
        with pytest.raises(InputError, match="link is a link that belongs to user 1000"):
            use()
    assert (tmp_path / "theirs" / "config").read_text() == "old"
