# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the file of the pace is: in a folder that nobody else has a say in, or nowhere."""

from __future__ import annotations

import os
import tempfile
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.rate_limiter import RateLimiter, _folder

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def places(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> tuple[pathlib.Path, pathlib.Path]:
    """Where the folder may be: in the user's runtime folder, and else in that of temporary files."""
    runtime, temporary = tmp_path / "run", tmp_path / "tmp"
    runtime.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return runtime / OURS, temporary / OURS


OURS = f"ibmcloud.kubernetes-{os.getuid()}"
Places = tuple["pathlib.Path", "pathlib.Path"]


def test_the_runtime_folder_comes_first(places: Places) -> None:
    """It is the user's own, and gone with the session."""
    assert _folder() == str(places[0])
    assert _folder() == str(places[0])
    assert not places[1].exists()


@pytest.mark.parametrize("runtime", [None, "", "/dev/null", "/nowhere"])
def test_without_it_the_temporary_folder_does(
    places: Places, monkeypatch: pytest.MonkeyPatch, runtime: str | None
) -> None:
    """Containers and services have no runtime folder."""
    if runtime is None:
        monkeypatch.delenv("XDG_RUNTIME_DIR")
    else:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)

    assert _folder() == str(places[1])


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o720, 0o702, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_used(places: Places, fake_time: FakeTime, mode: int) -> None:
    """Somebody has made it first, to have a say in our pace or to place links in it."""
    for folder in places:
        folder.mkdir()
        folder.chmod(mode)

    pace = RateLimiter("x", 1.0, fake_time.clock)
    for _request in range(30):
        pace.wait()

    assert fake_time.sleeps == []
    assert [list(folder.iterdir()) for folder in places] == [[], []]


@only_root
def test_a_folder_of_somebody_else_is_not_used(places: Places) -> None:
    """Its owner can write to it; the other place may still be ours."""
    places[0].mkdir(mode=0o700)
    os.chown(places[0], 12345, 12345)

    assert _folder() == str(places[1])


def test_a_link_to_a_folder_is_not_used(places: Places, tmp_path: pathlib.Path) -> None:
    """Whoever has made it can change where it leads."""
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    places[0].symlink_to(tmp_path / "elsewhere")

    assert _folder() == str(places[1])


def test_a_file_in_the_place_of_the_folder_is_not_used(places: Places, fake_time: FakeTime) -> None:
    """In both places: then there is none, and nothing is held back."""
    for place in places:
        place.write_text("")
    pace = RateLimiter("x", 1.0, fake_time.clock)
    for _request in range(30):
        pace.wait()

    assert fake_time.sleeps == []
