# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a release, tried with repositories of a few files; and what is said of a tarball and of an import."""

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
FILES = {
    "galaxy.yml": "namespace: ibmcloud\nname: kubernetes\nversion: 1.2.0\n",
    "plugins/module_utils/_http/transport.py": 'USER_AGENT = "ansible-collection-ibmcloud.kubernetes/1.2.0"\n',
    "changelogs/changelog.yaml": "releases: {1.1.0: {}}\n",
    FRAGMENT: "minor_changes: [something new]\n",
}


class Checkout:
    """A repository with one commit of these files, and the words with which it is refused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        # Whose machine this is must not matter: no settings, no hooks, no signatures.
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

    def refused(self, *arguments: str) -> str:
        """What the tool says, which ends before anything is built."""
        command = [sys.executable, str(TOOLS / "release.py"), *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.env, check=False, capture_output=True, text=True)
        assert done.returncode == 1, done
        assert not (self.folder / ".cache").exists()
        assert "Traceback" not in done.stderr
        return done.stdout


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_changes_that_no_commit_has(checkout: Checkout) -> None:
    """They would be in nobody's tarball."""
    checkout.commit()
    (checkout.folder / "notes.txt").write_text("mine")

    assert "changes that no commit has; commit them or put them aside:\n?? notes.txt" in checkout.refused()
    assert "?? notes.txt" in checkout.refused("--tag")


def test_a_tag_that_exists(checkout: Checkout) -> None:
    checkout.commit("v1.2.0")

    assert "the tag v1.2.0 exists: raise the version" in checkout.refused("--tag")


def test_a_version_that_is_in_the_changelog(checkout: Checkout) -> None:
    checkout.write("changelogs/changelog.yaml", "releases: {1.2.0: {}}\n")
    checkout.commit()

    assert "has 1.2.0 already" in checkout.refused()


def test_a_version_without_fragments(checkout: Checkout) -> None:
    checkout.git("rm", "--quiet", "-f", FRAGMENT)
    checkout.commit()

    assert "1.2.0 has nothing to say: changelogs/fragments is empty" in checkout.refused()


@pytest.mark.parametrize("version", ["1.2", "v1.2.0", "1.02.0", "1.2.0+build"])
def test_a_version_that_is_not_semantic(checkout: Checkout, version: str) -> None:
    checkout.write("galaxy.yml", FILES["galaxy.yml"].replace("1.2.0", version))
    checkout.commit()

    assert f"galaxy.yml says version {version}, which is not X.Y.Z" in checkout.refused()


def test_two_versions(checkout: Checkout) -> None:
    """What the services would see is not what people would have installed."""
    checkout.write(
        "plugins/module_utils/_http/transport.py", 'USER_AGENT = "ansible-collection-ibmcloud.kubernetes/1.1.0"\n'
    )
    checkout.commit()

    assert "let USER_AGENT in plugins/module_utils/_http/transport.py be" in checkout.refused()


def test_tags_that_name_no_release(checkout: Checkout) -> None:
    """Anybody who may push can push a tag; only that of the release's own commit gets to Galaxy."""
    checkout.commit("v9.9.9")

    assert "there is no tag v1.2.0 here" in checkout.refused("--tagged", "v1.2.0")
    checkout.git("tag", "v1.2.0")
    assert "the tag is v9.9.9 and galaxy.yml says version 1.2.0" in checkout.refused("--tagged", "v9.9.9")
    assert "changelogs/changelog.yaml has no 1.2.0" in checkout.refused("--tagged", "v1.2.0")

    checkout.write("changelogs/changelog.yaml", "releases: {1.1.0: {}, 1.2.0: {}}\n")
    checkout.commit()
    assert ", not at the commit that is checked out" in checkout.refused("--tagged", "v1.2.0")

    checkout.git("tag", "--force", "v1.2.0")
    assert "fragments were left out of 1.2.0: news.yml" in checkout.refused("--tagged", "v1.2.0")


def test_what_users_need_and_what_they_do_not() -> None:
    """A new file of the checkout is a stranger until somebody decides."""
    wanted = ["README.md", "docs/awx.md", "plugins/modules/iam_token.py", "tests/simulator/cli.py", "tests/config.yml"]
    unwanted = [
        ".github/workflows/ci.yml",
        "docs/site/conf.py",
        "docs/site/contents.md",
        "noxfile.py",
        "tests/unit/fakes.py",
    ]

    assert trial.strangers([*wanted, *unwanted]) == unwanted


def test_links_on_the_page_of_galaxy() -> None:
    """Those to files lead to the repository as of the release; all others stay what they are."""
    page = "[a](docs/awx.md#there) ![b](docs/images/x.svg) [c](#here) [d](https://example.com/x) [e](mailto:ada@example.com)"
    files = f"{trial.REPOSITORY}/blob/v1.2.0/docs"

    assert trial.absolute_links(page, "1.2.0") == (
        f"[a]({files}/awx.md#there) ![b]({files}/images/x.svg) [c](#here) [d](https://example.com/x) [e](mailto:ada@example.com)"
    )


def test_what_an_import_complains_of() -> None:
    """Anything at all, but for the ways of the formatter, and playbooks that are in the tarball."""
    formatted = "WARNING: plugins/a.py:3:9: W503 line break before binary operator"
    unused = "WARNING: plugins/a.py:1:1: F401 'os' imported but unused"
    there = "WARNING: ERROR    Failed to find ibmcloud.kubernetes.here playbook."
    gone = "WARNING: ERROR    Failed to find ibmcloud.kubernetes.gone playbook."
    log = f"Loading module a\n{formatted}\n{unused}\n{there}\n{gone}\nERROR: no\nDone"

    assert trial.complaints(log, ["playbooks/here.yml"]) == [unused, gone, "ERROR: no"]
