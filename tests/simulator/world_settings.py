# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``settings`` section of a world file."""

from __future__ import annotations

import typing as t

from .broken_claims import CERTIFICATE, CHANGES
from .fault_settings import Faults, Latency, RateLimit
from .generations import GENERATIONS
from .world import Settings
from .yaml_section import WorldError, YamlSection

_T = t.TypeVar("_T", Latency, RateLimit, Faults)


def read_settings(section: YamlSection) -> Settings:
    """Return the settings. Raise WorldError for invalid values."""
    default = Settings()
    settings = Settings(
        api_generation=t.cast("t.Any", section.choice("api_generation", tuple(GENERATIONS), default.api_generation)),
        access_token_seconds=section.integer("access_token_seconds", default.access_token_seconds, minimum=1),
        id_token_seconds=section.integer("id_token_seconds", default.id_token_seconds, minimum=1),
        refresh_token_seconds=section.integer("refresh_token_seconds", default.refresh_token_seconds, minimum=1),
        delegated_reply=t.cast(
            "t.Any",
            section.choice(
                "delegated_reply", ("delegated_refresh_token", "refresh_token", "both"), default.delegated_reply
            ),
        ),
        combined_delegation=section.boolean("combined_delegation", default.combined_delegation),
        accounts_page_size=section.integer("accounts_page_size", default.accounts_page_size, minimum=1),
        accounts_resources_object=section.boolean("accounts_resources_object", default.accounts_resources_object),
        organizations_page_size=section.integer("organizations_page_size", default.organizations_page_size, minimum=1),
        ca_cert_denied=section.boolean("ca_cert_denied", default.ca_cert_denied),
        list_has_master_url=section.boolean("list_has_master_url", default.list_has_master_url),
        openshift_token_seconds=section.integer("openshift_token_seconds", default.openshift_token_seconds, minimum=1),
        openshift_token_cache_seconds=section.integer(
            "openshift_token_cache_seconds", default.openshift_token_cache_seconds
        ),
        cr_token_seconds=section.integer("cr_token_seconds", default.cr_token_seconds, minimum=1),
        profile_id_tokens=section.boolean("profile_id_tokens", default.profile_id_tokens),
        latency=_latency(section.section("latency")),
        rate_limit=_rate_limit(section.section("rate_limit")) if section.has("rate_limit") else None,
        faults=_faults(section.section("faults")),
        broken_claims=section.strings("broken_claims"),
    )
    unknown = set(settings.broken_claims) - {CERTIFICATE, *CHANGES}
    if unknown:
        raise section.error("broken_claims", f"has unknown claims: {', '.join(sorted(unknown))}")
    section.reject_unknown_keys()
    return settings


def _latency(section: YamlSection) -> Latency:
    default = Latency()
    pauses = {name: section.seconds(name, 0.0) for name in ("seconds", "median", "minimum", "maximum")}
    slow_seconds = section.seconds("slow_seconds", default.slow_seconds)
    share = section.fraction("slow_share", default.slow_share)
    return _validated(
        section,
        Latency,
        **pauses,
        slow_share=share,
        slow_seconds=slow_seconds,
        seed=section.integer("seed", default.seed),
    )


def _rate_limit(section: YamlSection) -> RateLimit:
    default = RateLimit()
    requests = section.integer("requests", default.requests, minimum=1)
    return _validated(section, RateLimit, requests=requests, seconds=section.seconds("seconds", default.seconds))


def _faults(section: YamlSection) -> Faults:
    shares = {name: section.fraction(name, 0.0) for name in ("unavailable", "reset", "truncated")}
    return _validated(section, Faults, **shares, seed=section.integer("seed", Faults().seed))


def _validated(section: YamlSection, kind: t.Callable[..., _T], **values: t.Any) -> _T:
    """Return a ``kind`` object with these values. Raise WorldError for unknown keys or invalid values."""
    section.reject_unknown_keys()
    try:
        return kind(**values)
    except ValueError as problem:
        raise WorldError(f"{section.where} {problem}") from None
