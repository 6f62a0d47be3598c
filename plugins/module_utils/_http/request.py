# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Describe a request, including the expected response and whether the request may be resent."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .retry import Resend

Auth = t.Callable[[t.Any], t.Any]


@dataclass(frozen=True)
class Request:
    """An HTTP request. ``step`` describes the request's purpose in error messages, such as "list the clusters"."""

    step: str
    method: str
    url: str
    auth: Auth | tuple[str, str] | None = field(repr=False, default=None)
    query: t.Mapping[str, str] | None = None
    form: t.Mapping[str, str] | None = field(repr=False, default=None)
    json: t.Mapping[str, t.Any] | None = None
    headers: t.Mapping[str, str] | None = field(repr=False, default=None)
    resend: Resend = Resend.ALWAYS
    # The expected kind of response (see parse_response)
    expect: str = "object"
    cluster: bool = False  # whether the request is sent to a cluster, whose certificate is always verified
    ca: str | None = None  # the only CA (PEM) that is trusted for this request, or None to use the transport's setting
    rate_limited: bool = False  # whether the rate limiter applies to the request
    remedies: t.Mapping[int, str] | None = None  # hints that replace the general hints, keyed by HTTP status
