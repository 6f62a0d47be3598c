# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``organizations`` section of a world file, which contains Cloud Foundry organizations and their spaces."""

from __future__ import annotations

import typing as t

from .world import Organization, Space
from .yaml_section import WorldError, YamlSection

if t.TYPE_CHECKING:
    from .generations import Generation

_GUID = "[0-9a-z-]{1,39}"


def read_organizations(sections: t.Iterable[YamlSection], generation: Generation) -> tuple[Organization, ...]:
    """Return the organizations. Raise WorldError for invalid values, or if the generation does not have Cloud Foundry."""
    organizations = tuple(_organization(section, generation) for section in sections)
    guids = [organization.guid for organization in organizations]
    guids += [space.guid for organization in organizations for space in organization.spaces]
    for guid in guids:
        if guids.count(guid) > 1:
            raise WorldError(f"organizations: guid occurs more than once: {guid}")
    return organizations


def check_members(organizations: t.Iterable[Organization], users: t.Collection[str]) -> None:
    """Raise WorldError for members that are not users. Cloud Foundry does not support service IDs or profiles."""
    for organization in organizations:
        for member in organization.members:
            if member not in users:
                raise WorldError(f"organization {organization.name}: the member {member} is not a user")


def _organization(section: YamlSection, generation: Generation) -> Organization:
    if not generation.has_cloud_foundry:
        raise WorldError(f"{section.where}: the API generation {generation.name} does not have Cloud Foundry")
    organization = Organization(
        guid=section.string("guid", pattern=_GUID),
        name=section.string("name"),
        cf=section.choice("cf", tuple(sorted({region.cf for region in generation.regions})), "ng"),
        created_at=section.string("created_at", "2016-01-07T18:55:19Z"),
        updated_at=section.optional_string("updated_at"),
        entity=section.mapping("entity"),
        members=section.strings("members"),
        spaces=tuple(_space(item) for item in section.sections("spaces")),
    )
    section.reject_unknown_keys()
    return organization


def _space(section: YamlSection) -> Space:
    space = Space(
        guid=section.string("guid", pattern=_GUID),
        name=section.string("name"),
        created_at=section.string("created_at", "2016-01-07T18:55:22Z"),
        updated_at=section.optional_string("updated_at"),
        entity=section.mapping("entity"),
    )
    section.reject_unknown_keys()
    return space
