# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A credential plugin that prints a cluster's token for kubectl and other Kubernetes clients.

The script imports the plugin's code from the collection that contains the script. The script requires Python 3.9 or newer and the ``requests`` library.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path

_PACKAGE = "ibmcloud_kubernetes"


def main() -> int:
    # The collection's modules use relative imports, which require a package. Any package name works except "ansible_collections", which would
    # require the folder structure of an installed collection.
    package = types.ModuleType(_PACKAGE)
    package.__path__ = [str(Path(__file__).resolve().parents[1] / "plugins")]
    sys.modules[_PACKAGE] = package
    return int(importlib.import_module(f"{_PACKAGE}.plugin_utils._kubectl_credential").main())


if __name__ == "__main__":
    sys.exit(main())
