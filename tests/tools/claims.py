# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the table of inferred claims to docs/verified.md."""

from __future__ import annotations

import runpy
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = ROOT / "plugins" / "module_utils" / "_live" / "claims.py"
PAGE = ROOT / "docs" / "verified.md"
BEGIN, END = "<!-- claims: written by tests/tools/claims.py -->\n", "<!-- end of claims -->\n"


def table(claims: t.Iterable[t.Any]) -> str:
    """Return the claims as a Markdown table."""
    head = "| Claim | Source | Check by `verify_live` | Consequence if the claim is wrong |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{claim.id}`<br>{claim.text} | {claim.source} "
        f"| {claim.how or f'The claim is not checked, because the check needs {claim.needs}.'} | {claim.otherwise} |\n"
        for claim in claims
    )


def written(page: str, claims: t.Iterable[t.Any]) -> str:
    """Return the page with the new table."""
    before, _begin, rest = page.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(claims)}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), runpy.run_path(str(CLAIMS))["CLAIMS"]), encoding="utf-8")
