# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a request that can be logged. A value is logged only if its field and format are known, because other values could be secrets."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from .generations import SERVICE_OF_HOST

if t.TYPE_CHECKING:
    from aiohttp import web

HIDDEN = "***"
_LOCAL = ("127.0.0.1", "localhost")

_ACCOUNT = "[0-9a-f]{32}"
_TYPES = "cloud_iam|uaa|delegated_refresh_token|ims_portal"
_GRANT_PREFIX = "urn:ibm:params:oauth:grant-type:"
# The expected format of each field's value, by lowercase field name. A value in a different format may be a secret in the wrong field.
_SHAPES = {
    "grant_type": f"password|refresh_token|authorization_code|{_GRANT_PREFIX}[a-z-]{{1,30}}",
    "response_type": f"({_TYPES})([ ,]+({_TYPES}))*",
    "uaa_client_id": "[a-z]{1,10}",
    "uaa_client_secret": "",
    "account": _ACCOUNT,
    "bss_account": _ACCOUNT,
    "receiver_client_ids": "[a-z]{1,10}([ ,]+[a-z]{1,10})*",
    "delegated_refresh_token_expiry": "[0-9]{1,9}",
    "profile_id": "Profile-[0-9A-Fa-f-]{1,36}",
    "profile_crn": rf"crn:v1:[a-z]+:public:iam-identity:[a-z-]*:a/{_ACCOUNT}::profile:Profile-[0-9A-Fa-f-]{{1,36}}",
    "scope": "[a-z: ]{1,39}",
    "client_id": "openshift-challenging-client",
}


def form_values(body: bytes) -> dict[str, str]:
    """Return the known fields of a form, without secrets. ``***`` replaces values in an unexpected format.

    Empty values, such as the value of ``uaa_client_secret``, are not secrets and are therefore returned.
    """
    pairs = urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    shapes = [(name, value, _SHAPES.get(name.lower())) for name, value in pairs]
    return {
        name: value if not value or re.fullmatch(shape, value) else HIDDEN
        for name, value, shape in shapes
        if shape is not None
    }


def form_fields(body: bytes) -> tuple[str, ...]:
    """Return the names of all form fields. Names with 40 or more characters are omitted, because they may be values."""
    pairs = urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return tuple(sorted({name for name, _value in pairs if len(name) < 40}))


def host_of(request: web.Request) -> str:
    """Return the host name if IBM documents the name or if it is a loopback name. Otherwise, return ``***``."""
    host = host_name(request)
    return host if host in SERVICE_OF_HOST or host in _LOCAL else HIDDEN


def host_name(request: web.Request) -> str:
    """Return the host name from the Host header, in lowercase.

    If the header is missing, the result is empty. aiohttp's ``Request.host`` would return this machine's name.
    """
    return request.headers.get("Host", "").lower().partition(":")[0]
