# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What is sent: one request, and how it may be treated."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .retry import Resend

Auth = t.Callable[[t.Any], t.Any]


@dataclass(frozen=True)
class Request:
    """What to send. ``step`` says in plain words what for, as it will stand in an error message."""

    step: str
    method: str
    url: str
    auth: Auth | tuple[str, str] | None = field(repr=False, default=None)
    query: t.Mapping[str, str] | None = None
    form: t.Mapping[str, str] | None = field(repr=False, default=None)
    json: t.Mapping[str, t.Any] | None = None
    headers: t.Mapping[str, str] | None = field(repr=False, default=None)
    resend: Resend = Resend.ALWAYS
    expect: str = (
        "object"  # object, array (null counts as an empty one), nothing (any body), archive, location (a redirect's)
    )
    cluster: bool = False  # goes to a cluster, whose certificate is verified whatever holds for IBM's services
    ca: str | None = None  # PEM text that alone is trusted for this call; None: as the transport is set
    paced: bool = False  # goes to the service that limits how often it may be asked
    remedies: t.Mapping[int, str] | None = None  # status -> hint, where this call knows better than the general table
