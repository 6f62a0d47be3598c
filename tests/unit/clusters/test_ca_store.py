# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CA of a cluster that an earlier run has kept: taken only as it was, and from nowhere else."""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import pathlib
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.ca_store import (
    held_ca,
    hold_ca,
    keep_ca,
    remove_ca,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError

PEM, OTHER = (
    f"-----BEGIN CERTIFICATE-----\n{body}==\n-----END CERTIFICATE-----\n" for body in ("bWFkZSB1cA", "b3RoZXIgb25l")
)
ID = "c9k2m7q10h4v3x8s6t5g"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "ca"
    folder.mkdir(mode=0o700)
    return folder


def _hold(folder: pathlib.Path, pem: str = PEM, cluster: str = ID) -> pathlib.Path:
    path, _made = keep_ca(pem, str(folder))
    hold_ca(cluster, path)
    return pathlib.Path(path)


def _link(folder: pathlib.Path) -> pathlib.Path:
    (link,) = (entry for entry in folder.iterdir() if entry.is_symlink())
    return link


def test_what_was_held_is_found(folder: pathlib.Path) -> None:
    """For its cluster, and for no other."""
    _hold(folder)

    assert held_ca(ID, str(folder)) == PEM
    assert held_ca("c0000000000000000000", str(folder)) is None
    assert held_ca("", str(folder)) is None


def test_holding_it_again_changes_nothing(folder: pathlib.Path) -> None:
    """It is what most runs do."""
    _hold(folder)
    before = _link(folder).lstat()
    _hold(folder)

    assert _link(folder).lstat() == before
    assert len(list(folder.iterdir())) == 2


def test_a_new_ca_takes_the_place_of_the_old_one(folder: pathlib.Path) -> None:
    """The old file stays for whoever uses it."""
    old = _hold(folder)
    _hold(folder, OTHER)

    assert held_ca(ID, str(folder)) == OTHER
    assert old.read_text() == PEM


def test_clusters_may_share_a_ca(folder: pathlib.Path) -> None:
    """One file, a note for each."""
    _hold(folder)
    _hold(folder, cluster="c2")

    assert (held_ca(ID, str(folder)), held_ca("c2", str(folder))) == (PEM, PEM)
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("content", ["", PEM + PEM, PEM.replace("bWFk", "ZXZp"), OTHER, PEM.strip()])
def test_a_file_that_somebody_changed_is_not_taken(folder: pathlib.Path, content: str) -> None:
    """Its name says what was in it; the CA is asked for again."""
    _hold(folder).write_text(content)

    assert held_ca(ID, str(folder)) is None


def test_a_file_that_has_gone_is_none(folder: pathlib.Path) -> None:
    """The note alone is worth nothing."""
    _hold(folder).unlink()

    assert held_ca(ID, str(folder)) is None


def test_no_folder_is_no_mistake(tmp_path: pathlib.Path) -> None:
    """Nothing has been held yet; none is made by looking."""
    (tmp_path / "file").write_text("")

    for name in ("none", "file", "file/below"):
        assert held_ca(ID, str(tmp_path / name)) is None
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_folder_that_others_can_write_to_is_refused(folder: pathlib.Path, mode: int) -> None:
    """Whoever can put a file there can make us trust a CA of his own: it is not even read."""
    _hold(folder)
    folder.chmod(mode)

    with pytest.raises(InputError, match="can be written to by others"):
        held_ca(ID, str(folder))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(folder: pathlib.Path) -> None:
    """Its owner can write to it."""
    _hold(folder)
    os.chown(folder, 12345, 12345)

    with pytest.raises(InputError, match="can be written to by others"):
        held_ca(ID, str(folder))


def _elsewhere(folder: pathlib.Path, pem: str) -> pathlib.Path:
    """A file with a right name in a folder that is not ours."""
    (folder.parent / "elsewhere").mkdir()
    path = folder.parent / "elsewhere" / (hashlib.sha256(pem.encode()).hexdigest() + ".pem")
    path.write_text(pem)
    return path


@pytest.mark.parametrize("relative", [False, True])
def test_a_note_that_leads_elsewhere_is_not_followed(folder: pathlib.Path, relative: bool) -> None:
    """Only files of the folder are taken."""
    _hold(folder)
    link, target = _link(folder), _elsewhere(folder, OTHER)
    link.unlink()
    link.symlink_to(os.path.relpath(target, folder) if relative else target)

    assert held_ca(ID, str(folder)) is None


def test_a_file_in_the_place_of_the_note_is_none(folder: pathlib.Path) -> None:
    """Whatever is in it."""
    _hold(folder)
    link = _link(folder)
    link.unlink()
    link.write_text(PEM)

    assert held_ca(ID, str(folder)) is None


@pytest.mark.parametrize("cluster", ["../x", "/etc/passwd", "a/b", "..", ".", "a\0b", "a\nb", "\u00fc", "%2e%2e"])
def test_an_odd_id_is_no_path(folder: pathlib.Path, cluster: str) -> None:
    """IDs come from a service; whatever it sends, the note is in the folder."""
    before = {entry.name for entry in folder.parent.iterdir()}
    _hold(folder, cluster=cluster)

    assert held_ca(cluster, str(folder)) == PEM
    assert {entry.name for entry in folder.parent.iterdir()} == before
    assert _link(folder).parent == folder


def test_a_note_that_cannot_be_written(folder: pathlib.Path) -> None:
    """The path, and why."""
    path = _hold(folder)
    link = _link(folder)
    link.unlink()
    link.mkdir()

    with pytest.raises(InputError, match=f"^{link} cannot be written: "):
        hold_ca(ID, str(path))
    assert {entry.name for entry in folder.iterdir()} == {path.name, link.name}


def test_many_at_once(folder: pathlib.Path) -> None:
    """Threads and forks hold the same cluster and others: whoever looks finds an old note or a new one, never half."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: _work(folder, number), range(80)))

    assert all(pem in (PEM, OTHER) for pem in found)
    assert {entry.name.partition("-")[0] for entry in folder.iterdir() if entry.is_symlink()} == {"of"}
    assert len(list(folder.iterdir())) == 2 + 4


def _work(folder: pathlib.Path, number: int) -> str | None:
    cluster = f"c{number % 4}"
    _hold(folder, (PEM, OTHER)[number // 4 % 2 if number % 4 == 0 else 0], cluster)
    return held_ca(cluster, str(folder))


# Removing


def test_notes_go_with_the_file(folder: pathlib.Path) -> None:
    """Those that led to it, and no other."""
    path = _hold(folder)
    _hold(folder, cluster="c2")
    _hold(folder, OTHER, cluster="c3")

    assert remove_ca(str(path)) is True
    assert (held_ca(ID, str(folder)), held_ca("c2", str(folder)), held_ca("c3", str(folder))) == (None, None, OTHER)
    assert [entry.readlink().name for entry in folder.iterdir() if entry.is_symlink()] == [_name(OTHER)]


def _name(pem: str) -> str:
    return hashlib.sha256(pem.encode()).hexdigest() + ".pem"


def test_a_file_of_the_folder_that_one_works_in(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name alone is a path too."""
    path = _hold(folder)
    monkeypatch.chdir(folder)

    assert remove_ca(path.name) is True
    assert list(folder.iterdir()) == []


def test_many_remove_at_once(folder: pathlib.Path) -> None:
    """Forks clean up at the same time: each file is removed by one of them, and nobody fails."""
    paths = [_hold(folder, f"{PEM}{number}\n", f"c{number}") for number in range(12)]

    def remove(_worker: int) -> list[bool]:
        return [_removed(path) for path in paths]

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        results: list[t.Any] = list(pool.map(remove, range(6)))

    assert [sum(result[number] for result in results) for number in range(12)] == [1] * 12
    assert list(folder.iterdir()) == []


def _removed(path: pathlib.Path) -> bool:
    return remove_ca(str(path))
