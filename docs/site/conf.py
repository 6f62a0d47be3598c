# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Extend the Sphinx settings from antsibull-docs with settings for the guides."""

from __future__ import annotations

import pkgutil
import re
import runpy
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE.parents[1] / ".cache" / "docs"

globals().update(runpy.run_path(str(BUILT / "init" / "conf.py")))

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
myst_heading_anchors = 4  # as on GitHub
# The footer of each page contains this note, because search engines can lead readers to any page.
_NOTE = "Not affiliated with IBM, and not verified against the live service."
copyright = f"the ibmcloud.kubernetes contributors. {_NOTE}"  # noqa: A001  (the name is Sphinx's)
html_title = "ibmcloud.kubernetes"
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_favicon = str(HERE / "static" / "favicon.svg")
templates_path: list[str] = []


# The kind, name and page of each target in Ansible's documentation that the reference links to.
# Ansible's complete Sphinx inventory is not used, because the build would have to download it.
_ANSIBLE = (
    ("label", "action_plugins", "plugins/action.html"),
    ("label", "ansible_collections.kubernetes.core.k8s_module", "collections/kubernetes/core/k8s_module.html"),
    ("label", "ansible_configuration_settings", "reference_appendices/config.html"),
    ("label", "common_return_values", "reference_appendices/common_return_values.html"),
    ("envvar", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "reference_appendices/config.html"),
)


def _inventory() -> str:
    """Write the targets in _ANSIBLE to a Sphinx inventory, and return the inventory's path."""
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    anchors = {"label": lambda name: re.sub(r"[._]", "-", name), "envvar": "envvar-{}".format}
    lines = [f"{name} std:{kind} -1 {page}#{anchors[kind](name)} -\n" for kind, name, page in _ANSIBLE]
    path = BUILT / "ansible.inv"
    path.write_bytes(head.encode() + zlib.compress("".join(lines).encode()))
    return str(path)


intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/devel/", _inventory())}


def _colors(scheme: str) -> dict[str, str]:
    """Return antsibull-docs' table colors as theme variables, so that tables follow the theme's light and dark modes."""
    css = (pkgutil.get_data("sphinx_antsibull_ext", f"colors-{scheme}.css") or b"").decode()
    return dict(re.findall(r"--(antsibull-[\w-]+):([^;}]+)", css))


antsibull_ext_color_scheme = "none"
_TABLES = {
    "antsibull-table-border": "var(--color-background-border)",
    "antsibull-table-background-header": "var(--color-background-hover)",
    "antsibull-table-background-even": "var(--color-background-secondary)",
    "antsibull-table-background-odd": "var(--color-background-primary)",
}
html_theme_options = {
    "light_css_variables": {**_colors("default"), **_TABLES},
    "dark_css_variables": {**_colors("default-dark"), **_TABLES},
}
