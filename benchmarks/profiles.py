# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles for load runs. A profile sets the number of clusters and the simulated errors."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import yaml

from simulator import LOAD_LATENCY, Faults, Latency, RateLimit, Settings, World, generated_world

_DEFAULTS = Path(__file__).resolve().parent.parent / "roles" / "cluster_access" / "defaults" / "main.yml"


@dataclasses.dataclass(frozen=True)
class Profile:
    """The settings of a load run. ``wait_timeout`` and ``retries`` are passed to the role.

    ``retry_share`` is the largest allowed fraction of retries among all requests. ``peak_mb`` is the largest allowed peak memory of a process, in 10**6 bytes.
    """

    clusters: int
    latency: Latency
    faults: Faults
    sync_seconds: tuple[float, float]
    wait_timeout: int
    access_token_seconds: int = 120
    # The role requests the clusters' ID token only once, so the token must remain valid during the entire run.
    id_token_seconds: int = 1800
    error_share: float = 0.005
    never_share: float = 0.005
    retries: int = 4
    retry_share: float = 0.2
    peak_mb: float = 150.0

    def sized(self, clusters: int) -> Profile:
        """Return a copy of the profile with a different number of clusters."""
        return dataclasses.replace(self, clusters=clusters)

    def world(self) -> World:
        settings = Settings(
            access_token_seconds=self.access_token_seconds,
            id_token_seconds=self.id_token_seconds,
            latency=self.latency,
            rate_limit=RateLimit(requests=200, seconds=10),
            faults=self.faults,
        )
        return generated_world(
            self.clusters,
            settings=settings,
            synchronized=False,
            sync_seconds=self.sync_seconds,
            error_share=self.error_share,
            never_share=self.never_share,
        )

    def variables(self) -> dict[str, object]:
        """Return the playbook's variables, except the cluster names."""
        return {"cluster_access_wait_timeout": self.wait_timeout, "cluster_access_retries": self.retries}


def role_default(name: str) -> float:
    """Return a number from the role's defaults, such as ``cluster_access_rate_limit``."""
    return float(yaml.safe_load(_DEFAULTS.read_text(encoding="utf-8"))[name])


FULL = Profile(
    clusters=500,
    latency=LOAD_LATENCY,
    faults=Faults(unavailable=0.02, reset=0.01, truncated=0.005),
    sync_seconds=(5, 60),
    wait_timeout=180,
)
QUICK = dataclasses.replace(
    FULL, clusters=60, sync_seconds=(2, 10), wait_timeout=30, error_share=0.03, never_share=0.03
)
# The profile for tests has the same kinds of errors as the other profiles, but fewer clusters and shorter times.
SMALL = Profile(
    clusters=30,
    latency=Latency(median=0.02, minimum=0.005, maximum=0.1),
    faults=Faults(unavailable=0.08, reset=0.04, truncated=0.03),
    sync_seconds=(1, 3),
    wait_timeout=12,
    error_share=0.07,
    never_share=0.07,
    # About one in seven requests fails. With only four retries, about one in thirty test runs would fail.
    retries=8,
    retry_share=0.3,
)
