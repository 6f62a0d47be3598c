# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Return the origin of a URL, and recognize hosts that refer to this machine."""

from __future__ import annotations

import ipaddress
import socket
import urllib.parse


def origin(url: str) -> tuple[str, str, int]:
    """Return the scheme, host and port of a URL. A missing port is replaced with the scheme's default port.

    Raises:
        ValueError: if the port is not a number.
    """
    parts = urllib.parse.urlsplit(url)
    port = parts.port if parts.port is not None else 80 if parts.scheme == "http" else 443
    return parts.scheme, (parts.hostname or "").lower(), port


def reaches_this_machine(host: str) -> bool:
    """Return whether a connection to the host would reach this machine.

    Such hosts are localhost and its subdomains, ::1, unspecified addresses, and 127.0.0.0/8 addresses in any notation that the C library accepts.
    The stricter ``is_loopback`` in _services/endpoints.py decides whether a token may be sent to a host.
    """
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        try:
            # 127.1 and 2130706433 are other notations of 127.0.0.1.
            address = ipaddress.ip_address(socket.inet_aton(name))
        except (OSError, UnicodeError):
            return False
    address = getattr(address, "ipv4_mapped", None) or address
    # On Linux, a connection to 0.0.0.0 or :: reaches the machine itself.
    return address.is_loopback or address.is_unspecified
