# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Render templates from the user's source file, and prevent Ansible from rendering strings from responses."""

from __future__ import annotations

import json
import re
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError

from ..module_utils._core.redaction import Redactor

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19, an unmarked string is a template
    from ansible.utils.unsafe_proxy import wrap_var as _marked

    trust_as_template = str
else:
    _marked = None

# Matches strings that cannot be templates, because they lack the characters that expressions and the #jinja2: header require.
_PLAIN = re.compile(r"[A-Za-z0-9 ._:/@+,=-]*")
# Options with expressions that Ansible evaluates for each host.
_EXPRESSIONS = ("compose", "groups", "keyed_groups")


def render_options(options: t.Mapping[str, t.Any], templar: t.Any) -> dict[str, t.Any]:
    """Render the templates in a source file's options, and return the options that are not null or empty.

    :raises AnsibleParserError: if a template cannot be rendered. The error contains the option's name, but not its value, because the
    value may be secret.
    """
    values = {name: value if name in _EXPRESSIONS else _filled(name, value, templar) for name, value in options.items()}
    return {name: value for name, value in values.items() if value not in ("", None)}


def _filled(name: str, value: t.Any, templar: t.Any) -> t.Any:
    try:
        # The conversion to JSON decrypts values and removes Ansible's tags.
        return json.loads(json.dumps(templar.template(value), default=str))
    except AnsibleError as exc:
        reason = str(exc)
    redactor = Redactor()
    redactor.add(value if isinstance(value, str) else None)
    raise AnsibleParserError(f"clusters: {name} cannot be rendered: {redactor.clean(reason)}")


def to_template(text: str) -> str:
    """Return a string from this collection as a template that Ansible renders."""
    return t.cast("str", trust_as_template(text))


def to_data(value: t.Any) -> t.Any:
    """Return a value from a response in a form whose strings Ansible does not render as templates.

    Before ansible-core 2.19, strings are marked as unsafe. Strings that cannot be templates are not marked, because
    ``ansible-inventory`` and AWX show the marks in their output.
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
