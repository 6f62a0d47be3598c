# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""In error messages, replace the names of options with the names of the role's variables."""

from __future__ import annotations

import re
import typing as t

ROLE = "ibmcloud.kubernetes.cluster_access"
_PREFIX = "cluster_access_"
# Options whose role variable is not named cluster_access_OPTION.
_OTHER_NAMES = {
    "account_id": "cluster_access_account",
    "access_token": "cluster_access_tokens.access_token",
    "refresh_token": "cluster_access_tokens.refresh_token",
    "id_token": "cluster_access_tokens.id_token",
    "path": "cluster_access_kubeconfig",
}


def role_variables(defaults: t.Iterable[str]) -> dict[str, str]:
    """Return the names of the role's variables, keyed by option name."""
    own = {name[len(_PREFIX) :]: name for name in defaults if name.startswith(_PREFIX)}
    return {**own, **_OTHER_NAMES}


def name_role_variables(result: dict[str, t.Any], variables: t.Mapping[str, str]) -> None:
    """Replace option names with the role's variables in the messages and hints of a result, including those for failed clusters."""
    for entry in (result if result.get("failed") else {}, *(result.get("failures") or ())):
        error = entry.get("error")
        quoted = str(error.get("message") or "") if isinstance(error, dict) else ""
        for place, name in ((entry, "msg"), (error, "hint")):
            if isinstance(place, dict) and isinstance(place.get(name), str):
                place[name] = _rename(place[name], quoted, variables)


def _rename(text: str, quoted: str, variables: t.Mapping[str, str]) -> str:
    """Replace the option names in a message, except in text that the message quotes from a service."""
    if quoted and quoted in text:
        return quoted.join(_rename(part, "", variables) for part in text.split(quoted))
    names = sorted(variables, key=len, reverse=True)
    # A message may refer to an option of another module. In the role, one variable sets the option of all modules.
    every_name = "|".join(names)
    text = re.sub(
        rf"(?<![\w./@?&-])({every_name})((?:=\w+)?) in ibmcloud\.kubernetes\.\w+",
        lambda found: variables[found[1]] + found[2],
        text,
    )
    # The name of an option without an underscore can also be an ordinary word. Such a name is replaced only in the list of credentials,
    # at the start of the message, before a value, and where the message tells the user to set, omit or check the option.
    text = re.sub(
        r"\b(username) and (password), (passcode)\b",
        lambda found: "{} and {}, {}".format(*(variables[name] for name in found.groups())),
        text,
    )
    words = "|".join(name for name in names if "_" not in name)
    text = re.sub(
        rf"^((?:\w+: )?(?:argument ')?)({words})(?=\[\d|' is|(?: must| requires| is not| cannot be used| has no effect)\b)",
        lambda found: found[1] + variables[found[2]],
        text,
    )
    text = re.sub(rf"(?<![\w./@?&-])(?:{words})(?==\w)", lambda found: variables[found.group()], text)
    text = re.sub(
        rf"\b((?:[Ss]et|[Oo]mit|[Cc]heck) )({words})((?: (?:and|or) (?:{words}))?)(?=[.,:;]| (?:to|or|and)\b)",
        lambda found: found[1] + variables[found[2]] + re.sub(words, lambda name: variables[name.group()], found[3]),
        text,
    )
    # The name of the option must not be part of another word, path, URL or address.
    long_names = "|".join(name for name in names if "_" in name)
    return re.sub(rf"(?<![\w./@?&-])(?:{long_names})(?![\w/-]|\.\w)", lambda found: variables[found.group()], text)
