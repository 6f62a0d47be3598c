# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the release tool: the conditions for a release, and the checks of the tarball and of galaxy-importer's log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "tools"
sys.path.append(str(TOOLS))

import trial

FRAGMENT = "changelogs/fragments/news.yml"
TRANSPORT = "plugins/module_utils/_http/transport.py"
FILES = {
    "galaxy.yml": "namespace: ibmcloud\nname: kubernetes\nversion: 1.2.0\n",
    TRANSPORT: 'USER_AGENT = "ansible-collection-ibmcloud.kubernetes/1.2.0"\n',
    "changelogs/changelog.yaml": "releases: {1.1.0: {}}\n",
    FRAGMENT: "minor_changes: [something new]\n",
}


class Checkout:
    """A repository that contains ``FILES``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        # The Git settings, hooks and signatures of this machine are not used.
        self.env.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
        self.git("init", "--quiet")
        for name, text in FILES.items():
            self.write(name, text)

    def git(self, *words: str) -> None:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        subprocess.run(["git", *who, *words], cwd=self.folder, env=self.env, check=True)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.git("add", name)

    def commit(self, *tags: str) -> None:
        self.git("commit", "--quiet", "--message", "What there is")
        for tag in tags:
            self.git("tag", tag)

    def error(self, *arguments: str) -> str:
        """Run the release tool, which must fail before the build, and return its error message."""
        command = [sys.executable, str(TOOLS / "release.py"), *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.env, check=False, capture_output=True, text=True)
        assert done.returncode == 1, done
        assert not (self.folder / ".cache").exists()
        assert "Traceback" not in done.stderr
        return done.stdout


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_uncommitted_changes_prevent_a_release(checkout: Checkout) -> None:
    checkout.commit()
    (checkout.folder / "notes.txt").write_text("mine")

    assert "not committed. Commit or stash them:\n?? notes.txt" in checkout.error()
    assert "?? notes.txt" in checkout.error("--tag")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("changelogs/changelog.yaml", "releases: {1.2.0: {}}\n", "already contains 1.2.0"),
        (FRAGMENT, "", "changelogs/fragments is empty"),
        ("galaxy.yml", FILES["galaxy.yml"].replace("1.2.0", "1.2"), "The version 1.2 in galaxy.yml must be X.Y.Z"),
        ("galaxy.yml", FILES["galaxy.yml"].replace("1.2.0", "1.2.0+build"), "The version 1.2.0+build in galaxy.yml"),
        (TRANSPORT, FILES[TRANSPORT].replace("1.2.0", "1.1.0"), f"USER_AGENT in {TRANSPORT} must be"),
    ],
)
def test_an_incomplete_commit_prevents_a_release(checkout: Checkout, name: str, text: str, message: str) -> None:
    if text:
        checkout.write(name, text)
    else:
        checkout.git("rm", "--quiet", "-f", name)
    checkout.commit()

    assert message in checkout.error()


def test_an_existing_tag_prevents_a_release(checkout: Checkout) -> None:
    checkout.commit("v1.2.0")

    assert "The tag v1.2.0 already exists. Increase the version" in checkout.error("--tag")


def test_only_the_tag_of_the_released_commit_is_published(checkout: Checkout) -> None:
    """Pushing a tag requires fewer permissions than publishing a release."""
    checkout.commit("v9.9.9")

    assert "The tag v1.2.0 was not found" in checkout.error("--tagged", "v1.2.0")
    checkout.git("tag", "v1.2.0")
    assert "The tag is v9.9.9 and the version in galaxy.yml is 1.2.0" in checkout.error("--tagged", "v9.9.9")
    assert "changelogs/changelog.yaml does not contain 1.2.0" in checkout.error("--tagged", "v1.2.0")

    checkout.write("changelogs/changelog.yaml", "releases: {1.1.0: {}, 1.2.0: {}}\n")
    checkout.commit()
    assert ", not to the commit that is checked out" in checkout.error("--tagged", "v1.2.0")

    checkout.git("tag", "--force", "v1.2.0")
    assert "lacks these fragments: news.yml" in checkout.error("--tagged", "v1.2.0")


def test_files_that_users_do_not_need_are_not_in_the_tarball() -> None:
    """The tarball may contain a new file only if trial.py lists the file or its folder."""
    needed = ["README.md", "docs/awx.md", "plugins/modules/iam_token.py", "tests/simulator/cli.py", "tests/config.yml"]
    unneeded = [".github/workflows/ci.yml", "docs/site/conf.py", "docs/site/contents.md", "tests/unit/fakes.py"]

    assert trial.unneeded([*needed, *unneeded]) == unneeded


def test_relative_links_of_the_galaxy_page_lead_to_the_tag() -> None:
    """Links that are not relative remain unchanged."""
    others = "[c](#here) [d](https://example.com/x) [e](mailto:ada@example.com)"
    files = f"{trial.REPOSITORY}/blob/v1.2.0/docs"

    assert trial.absolute_links(f"[a](docs/awx.md#there) ![b](docs/images/x.svg) {others}", "1.2.0") == (
        f"[a]({files}/awx.md#there) ![b]({files}/images/x.svg) {others}"
    )


def test_warnings_of_galaxy_importer_are_reported() -> None:
    """Warnings about formatting, and about playbooks that are in the tarball, are not reported."""
    formatted = "WARNING: plugins/a.py:3:9: W503 line break before binary operator"
    unused = "WARNING: plugins/a.py:1:1: F401 'os' imported but unused"
    there = "WARNING: ERROR    Failed to find ibmcloud.kubernetes.here playbook."
    gone = "WARNING: ERROR    Failed to find ibmcloud.kubernetes.gone playbook."
    log = f"Loading module a\n{formatted}\n{unused}\n{there}\n{gone}\nERROR: no\nDone"

    assert trial.complaints(log, ["playbooks/here.yml"]) == [unused, gone, "ERROR: no"]
