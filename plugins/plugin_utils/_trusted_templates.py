# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Which texts of an inventory are templates: those of the user's file, and none of a service's answer."""

from __future__ import annotations

import json
import re
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError

from ..module_utils._core.redaction import Redactor

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19 every text is a template, unless it is marked
    from ansible.utils.unsafe_proxy import wrap_var as _marked

    trust_as_template = str
else:
    _marked = None

# What every template has: its brackets, or a head (#jinja2:) that says what they are.
# Nothing that a template or a bare expression of a condition could do something with.
_PLAIN = re.compile(r"[A-Za-z0-9 ._:/@+,=-]*")
# Options that are expressions, which Ansible evaluates for each host.
_EXPRESSIONS = ("compose", "groups", "keyed_groups")


def render_options(options: t.Mapping[str, t.Any], templar: t.Any) -> dict[str, t.Any]:
    """Return the options of a source file that are given, with their templates filled in. An empty text is not given.

    :raises AnsibleParserError: with the option's name and none of its text, which may hold a secret.
    """
    values = {name: value if name in _EXPRESSIONS else _filled(name, value, templar) for name, value in options.items()}
    return {name: value for name, value in values.items() if value not in ("", None)}


def _filled(name: str, value: t.Any, templar: t.Any) -> t.Any:
    try:
        # By way of JSON it is what a module on a target gets: decrypted, and without Ansible's marks.
        return json.loads(json.dumps(templar.template(value), default=str))
    except AnsibleError as exc:
        reason = str(exc)
    redactor = Redactor()
    redactor.add(value if isinstance(value, str) else None)
    raise AnsibleParserError(f"clusters: {name} cannot be filled in: {redactor.clean(reason)}")


def to_template(text: str) -> str:
    """Return a text of ours so that Ansible fills it in."""
    return t.cast("str", trust_as_template(text))


def to_data(value: t.Any) -> t.Any:
    """Return a value of an answer so that Ansible takes no text in it for a template.

    A text that cannot be one is treated as ours: ``ansible-inventory``, and AWX after it, show a mark on all others.
    """
    if isinstance(value, dict):
        return {key: to_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_data(item) for item in value]
    if not isinstance(value, str):
        return value
    if not _PLAIN.fullmatch(value):
        return _marked(value) if _marked else value
    return trust_as_template(value)
