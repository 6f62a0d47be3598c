# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``settings`` of a world file."""

from __future__ import annotations

import typing as t

from .conditions import Faults, Latency, RateLimit
from .generations import GENERATIONS
from .section import Section, WorldError
from .world import Settings

_T = t.TypeVar("_T", Latency, RateLimit, Faults)


def read_settings(section: Section) -> Settings:
    """Raises WorldError for each value that makes no sense."""
    default = Settings()
    settings = Settings(
        api_generation=t.cast("t.Any", section.choice("api_generation", tuple(GENERATIONS), default.api_generation)),
        access_token_seconds=section.whole("access_token_seconds", default.access_token_seconds, minimum=1),
        id_token_seconds=section.whole("id_token_seconds", default.id_token_seconds, minimum=1),
        refresh_token_seconds=section.whole("refresh_token_seconds", default.refresh_token_seconds, minimum=1),
        delegated_reply=t.cast(
            "t.Any",
            section.choice(
                "delegated_reply", ("delegated_refresh_token", "refresh_token", "both"), default.delegated_reply
            ),
        ),
        combined_delegation=section.flag("combined_delegation", default.combined_delegation),
        accounts_page_size=section.whole("accounts_page_size", default.accounts_page_size, minimum=1),
        accounts_resources_object=section.flag("accounts_resources_object", default.accounts_resources_object),
        organizations_page_size=section.whole("organizations_page_size", default.organizations_page_size, minimum=1),
        ca_cert_refused=section.flag("ca_cert_refused", default.ca_cert_refused),
        list_has_master_url=section.flag("list_has_master_url", default.list_has_master_url),
        openshift_token_seconds=section.whole("openshift_token_seconds", default.openshift_token_seconds, minimum=1),
        openshift_token_cache_seconds=section.whole(
            "openshift_token_cache_seconds", default.openshift_token_cache_seconds
        ),
        cr_token_seconds=section.whole("cr_token_seconds", default.cr_token_seconds, minimum=1),
        profile_id_tokens=section.flag("profile_id_tokens", default.profile_id_tokens),
        latency=_latency(section.section("latency")),
        rate_limit=_rate_limit(section.section("rate_limit")) if section.has("rate_limit") else None,
        faults=_faults(section.section("faults")),
    )
    section.close()
    return settings


def _latency(section: Section) -> Latency:
    default = Latency()
    pauses = {name: section.seconds(name, 0.0) for name in ("seconds", "median", "lowest", "highest")}
    slow = section.seconds("slow", default.slow)
    share = section.share("slow_share", default.slow_share)
    return _sensible(section, Latency, **pauses, slow_share=share, slow=slow, seed=section.whole("seed", default.seed))


def _rate_limit(section: Section) -> RateLimit:
    default = RateLimit()
    requests = section.whole("requests", default.requests, minimum=1)
    return _sensible(section, RateLimit, requests=requests, seconds=section.seconds("seconds", default.seconds))


def _faults(section: Section) -> Faults:
    shares = {name: section.share(name, 0.0) for name in ("unavailable", "reset", "cut")}
    return _sensible(section, Faults, **shares, seed=section.whole("seed", Faults().seed))


def _sensible(section: Section, kind: t.Callable[..., _T], **values: t.Any) -> _T:
    """The values together, once each of them has been found good on its own."""
    section.close()
    try:
        return kind(**values)
    except ValueError as problem:
        raise WorldError(f"{section.where} {problem}") from None
