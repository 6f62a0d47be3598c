# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the inferred claims, of the code that depends on them, and of the page that lists them."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._live.claims import CLAIMS
from ansible_collections.ibmcloud.kubernetes.tests.tools.claims import PAGE, ROOT, written

IDS = [claim.id for claim in CLAIMS]


def named(folder: str) -> set[str]:
    """Return the IDs in comments such as ``[inferred: a, b]`` in the files of a folder."""
    files = [path for path in (ROOT / folder).rglob("*.py") if path.parent.name != "_live"]
    texts = [re.sub(r"\s*\n\s*(# )?", " ", path.read_text(encoding="utf-8")) for path in files]
    lists = [match for text in texts for match in re.findall(r"\[inferred: ([^\]]+)\]", text)]
    return {name.strip() for names in lists for name in names.split(",")}


def test_code_depends_on_each_claim() -> None:
    """Each claim must be used in the code, and each comment must name existing claims."""
    assert len(set(IDS)) == len(IDS)
    assert named("plugins") == set(IDS)
    assert named("tests/simulator") <= set(IDS)


def test_plugins_name_the_claim_that_they_infer() -> None:
    files = (ROOT / "plugins").rglob("*.py")
    assert not [path for path in files if "[inferred]" in path.read_text(encoding="utf-8")]


def test_the_page_lists_the_claims() -> None:
    """To update the page, run ``python tests/tools/claims.py``."""
    page = Path(PAGE).read_text(encoding="utf-8")
    assert written(page, CLAIMS) == page
